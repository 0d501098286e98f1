"""What did this call sound like?

`GET /audio/{call_id}` plays a recording to someone who may hear it, by byte ranges, so that a player can jump. To
everyone else the call does not exist. A recording in a form that browsers do not play, such as telephone mu-law, is
converted once to 16-bit WAV with the same channels and rate, piece by piece, and kept under the home folder.
`GET /waveform/{call_id}` gives what is drawn of it, to the same people.
"""

import logging
import os
import re
import tempfile
import wave
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import av
from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from api.guard import asker_at
from errors import RecordingError, SettingsError, StorageError
from settings import settings
from storage import queries
from storage.access import Asker
from storage.audit import What
from storage.database import reading
from storage.sealed import CLEAR_PREFIX, PIECE, in_the_clear, open_kept, read_kept, seal_again, sealed_with, write_kept
from transcripts.waveform import Waveform, kept_waveform

_log = logging.getLogger(__name__)

_Found = TypeVar("_Found")

_PLAYS = {
    ("wav", "pcm_s16le"): "audio/wav",
    ("wav", "pcm_u8"): "audio/wav",
    ("mp3", "mp3"): "audio/mpeg",
    ("mp3", "mp3float"): "audio/mpeg",
    ("ogg", "opus"): "audio/ogg",
    ("ogg", "vorbis"): "audio/ogg",
    ("flac", "flac"): "audio/flac",
}
"""What every current browser plays, by container and codec, with its media type."""

MOST_CONVERTED_BYTES = 2_000_000_000
"""How much room converted recordings may take under the home folder; the ones not heard for longest go first."""

_NOT_FOUND = "There is no such recording, or it is not yours to hear."
_HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@lru_cache(maxsize=512)
def _media_type(path: Path, changed: float) -> str | None:
    """The media type of a recording that browsers play as it is; None where it has to be converted.

    `changed` is when the file last changed, so that a replaced file is looked at again.
    """
    with open_kept(path) as file, av.open(file) as container:
        codec = container.streams.audio[0].codec_context.name
        return next((_PLAYS[form, codec] for form in container.format.name.split(",") if (form, codec) in _PLAYS), None)


def convert_to_wav(source: Path, target: Path) -> None:
    """Write `source` as 16-bit WAV with its own rate and up to two channels, holding one frame at a time.

    Raises RecordingError where it cannot be decoded. `target` appears whole or not at all.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    try:
        with av.open(str(source)) as container, wave.open(unfinished, "wb") as wav:
            stream = container.streams.audio[0]
            channels = min(2, stream.codec_context.channels)
            wav.setnchannels(channels)
            wav.setsampwidth(2)
            wav.setframerate(stream.codec_context.sample_rate)
            resampler = av.AudioResampler("s16", "mono" if channels == 1 else "stereo", stream.codec_context.sample_rate)
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    wav.writeframesraw(piece.to_ndarray().tobytes())
            for piece in resampler.resample(None):
                wav.writeframesraw(piece.to_ndarray().tobytes())
        os.replace(unfinished, target)
    except (av.FFmpegError, IndexError) as wrong:
        raise RecordingError(f"{source.name} cannot be decoded for playing: {wrong}") from wrong
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _make_room(folder: Path, keep: Path) -> None:
    """Delete the converted recordings that were not heard for longest, until the rest fits."""
    oldest_first = sorted(folder.glob("*.wav"), key=lambda path: path.stat().st_mtime)
    taken = sum(path.stat().st_size for path in oldest_first)
    for path in oldest_first:
        if taken <= MOST_CONVERTED_BYTES:
            return
        if path != keep:
            taken -= path.stat().st_size
            path.unlink(missing_ok=True)


def playable(path: Path, converted: Path) -> tuple[Path, str]:
    """A file that browsers play, with its media type: `path` itself, or its conversion in the folder `converted`.

    Raises RecordingError where it is no recording.
    """
    try:
        media_type = _media_type(path, path.stat().st_mtime)
    except (av.FFmpegError, IndexError, OSError) as wrong:
        raise RecordingError(f"{path.name} cannot be opened for playing: {wrong}") from wrong
    if media_type:
        return path, media_type
    target = converted / f"{path.stem}.wav"
    if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
        os.utime(target)
    else:
        converted.mkdir(parents=True, exist_ok=True)
        with in_the_clear(path) as clear, TemporaryDirectory(prefix=CLEAR_PREFIX, dir=converted.parent) as folder:
            convert_to_wav(clear, Path(folder) / target.name)
            seal_again(Path(folder) / target.name)
            os.replace(Path(folder) / target.name, target)
        os.utime(target)
        _make_room(converted, keep=target)
    return target, "audio/wav"


def _piece(request: Request, path: Path, media_type: str) -> Response:
    """An encrypted recording, or the bytes of it that are asked for, in the clear as they are sent."""
    file = open_kept(path)
    size = file.seek(0, os.SEEK_END)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    start, end = 0, size - 1
    if asked and (asked[1] or asked[2]):
        start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        end = min(size - 1, int(asked[2])) if asked[1] and asked[2] else size - 1
        if start > end:
            file.close()
            return Response(status_code=416, headers={**_HEADERS, "Content-Range": f"bytes */{size}"})
    headers = {**_HEADERS, "Accept-Ranges": "bytes", "Content-Length": str(end - start + 1)}
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"

    def pieces() -> Iterator[bytes]:
        with file:
            file.seek(start)
            left = end - start + 1
            while left and (piece := file.read(min(left, PIECE))):
                left -= len(piece)
                yield piece

    return StreamingResponse(pieces(), 206 if asked else 200, headers, media_type)


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def audio_routes(engine: Engine, cookie: str) -> list[BaseRoute]:
    """`GET /audio/{call_id}` and `GET /waveform/{call_id}`."""

    def find(asker: Asker, call_id: str, what: What) -> Path | None:
        with reading(engine) as session:
            relative = queries.recording_path(session, asker, call_id, what)
        if relative is None:
            return None
        store = settings().recordings.resolve()
        path = (store / relative).resolve()
        if not path.is_relative_to(store) or not path.is_file():
            _log.warning("the recording of call %s is not in the store of recordings", call_id)
            return None
        return path

    def heard(asker: Asker, call_id: str) -> tuple[Path, str] | None:
        path = find(asker, call_id, What.CALL_HEARD)
        return None if path is None else playable(path, settings().home / "playable")

    def seen(asker: Asker, call_id: str) -> Waveform | None:
        path = find(asker, call_id, What.CALL_OPENED)
        if path is None:
            return None
        folder = settings().home / "waveforms"
        return kept_waveform(path, folder, in_the_clear=in_the_clear, read=read_kept, write=write_kept)

    async def ask(request: Request, what: Callable[[Asker, str], _Found | None]) -> _Found | Response:
        """What is asked for of the call in the address, or the answer that there is none for whoever asks."""
        asker = await asker_at(request, engine, cookie, in_use=True)
        call_id = request.path_params["call_id"]
        if asker is None or not call_id.isprintable():
            return PlainTextResponse(_NOT_FOUND, 404, _HEADERS)
        try:
            found = await to_thread.run_sync(what, asker, call_id)
        except RecordingError as wrong:
            return PlainTextResponse(str(wrong), 415, _HEADERS)
        except (StorageError, SettingsError) as wrong:
            _log.error("%s", wrong)
            return PlainTextResponse("The recording cannot be read; Attune's log says why.", 503, _HEADERS)
        return PlainTextResponse(_NOT_FOUND, 404, _HEADERS) if found is None else found

    async def audio(request: Request) -> Response:
        found = await ask(request, heard)
        if isinstance(found, Response):
            return found
        if sealed_with(found[0]) is None:
            return FileResponse(found[0], headers=_HEADERS, media_type=found[1])
        return _piece(request, *found)

    async def waveform(request: Request) -> Response:
        found = await ask(request, seen)
        return found if isinstance(found, Response) else JSONResponse(found.to_dict(), headers=_HEADERS)

    return [
        Route("/audio/{call_id}", audio, methods=["GET"]),
        Route("/waveform/{call_id}", waveform, methods=["GET"]),
    ]
