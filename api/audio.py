"""What did this call sound like?

`GET /audio/{call_id}` plays a recording to someone who may hear it, by byte ranges, so that a player can jump. To
everyone else the call does not exist. A recording in a form that browsers do not play, such as telephone mu-law, is
converted once to 16-bit WAV with the same channels and rate, piece by piece, and kept under the home folder.
`GET /waveform/{call_id}` gives what is drawn of it, to the same people. No decoder runs in the process that serves: that is
done within bounds (`pipeline.bounded`), so much of it at once (`api.places`), and once for each recording.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from api.guard import asker_at
from api.places import COME_BACK_SECONDS, Crowded, OneAtATime, Places
from errors import AttuneError, Busy, InputError, RecordingError
from pipeline.bounded import run
from settings import settings
from storage import queries
from storage.access import Asker
from storage.audit import What
from storage.database import reading
from storage.sealed import CLEAR_PREFIX, PIECE, read_kept, seal_again, write_kept
from storage.store import Folder, KeptFile, is_within, recording_file
from transcripts.playing import convert_to_wav, form_of
from transcripts.waveform import Waveform, kept_waveform, waveform_values

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
_UNREADABLE = "The recording cannot be read; Attune's log says why."
_ALL_YOURS = "You have asked for more recordings at once than are made ready for one person; try again in a few seconds."
_CROWDED = "So many recordings are being made ready just now that this one has to wait; try again in a few seconds."
_HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@lru_cache(maxsize=512)
def _media_type(kept: KeptFile, changed: float) -> str | None:
    """The media type of a recording that browsers play as it is; None where it has to be converted.

    `changed` is when the file last changed, so that a replaced file is looked at again.
    """
    with kept.in_the_clear() as clear:
        container, codec = run(form_of, clear)
    return next((_PLAYS[form, codec] for form in container.split(",") if (form, codec) in _PLAYS), None)


def _drawn(path: Path) -> Waveform:
    return Waveform.from_dict(run(waveform_values, path))


_AT = OneAtATime()
"""Which recordings are being looked at, converted or drawn."""


def _make_room(folder: Path, keep: Path) -> None:
    """Delete the converted recordings that were not heard for longest, until the rest fits."""
    with _AT.holding(folder):
        oldest_first = sorted(folder.glob("*.wav"), key=lambda path: path.stat().st_mtime)
        taken = sum(path.stat().st_size for path in oldest_first)
        for path in oldest_first:
            if taken <= MOST_CONVERTED_BYTES:
                return
            if path != keep:
                taken -= path.stat().st_size
                path.unlink(missing_ok=True)


def playable(kept: KeptFile, converted: Path) -> tuple[KeptFile, str]:
    """A file that browsers play, with its media type: `kept` itself, or its conversion in the folder `converted`.

    Raises RecordingError where it is no recording, StorageError where it cannot be read, OSError where there is no room.
    """
    with _AT.holding(("heard", kept.name)):
        return _playable(kept, converted)


def _playable(kept: KeptFile, converted: Path) -> tuple[KeptFile, str]:
    about = kept.about()
    if about is None:
        raise RecordingError(f"{kept.name} cannot be opened for playing: it is no longer there")
    media_type = _media_type(kept, about.changed)
    if media_type:
        return kept, media_type
    target = converted / f"{kept.stem}.wav"
    if target.exists() and target.stat().st_mtime >= about.changed:
        os.utime(target)
    else:
        converted.mkdir(parents=True, exist_ok=True)
        with kept.in_the_clear() as clear, TemporaryDirectory(prefix=CLEAR_PREFIX, dir=converted.parent) as folder:
            run(convert_to_wav, clear, Path(folder) / target.name, written_bytes=MOST_CONVERTED_BYTES)
            seal_again(Path(folder) / target.name)
            os.replace(Path(folder) / target.name, target)
        os.utime(target)
        _make_room(converted, keep=target)
    return KeptFile(Folder(converted), target.name), "audio/wav"


def _sent(request: Request, kept: KeptFile, media_type: str) -> Response:
    """A recording, or the bytes of it that are asked for, in the clear as they are sent."""
    path = kept.plain_path()
    if path is not None:
        return FileResponse(path, headers=_HEADERS, media_type=media_type)
    file = kept.open()
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
    places = Places()

    def find(asker: Asker, call_id: str, what: What) -> KeptFile | None:
        with reading(engine) as session:
            relative = queries.recording_path(session, asker, call_id, what)
        if relative is None:
            return None
        if not is_within(relative) or not recording_file(relative).exists():
            _log.warning("the recording of call %s is not in the store of recordings", call_id)
            return None
        return recording_file(relative)

    def heard(asker: Asker, call_id: str, request: Request) -> Response | None:
        kept = find(asker, call_id, What.CALL_HEARD)
        return None if kept is None else _sent(request, *playable(kept, settings().home / "playable"))

    def seen(asker: Asker, call_id: str) -> Waveform | None:
        kept = find(asker, call_id, What.CALL_OPENED)
        about = None if kept is None else kept.about()
        if kept is None or about is None:
            return None
        with _AT.holding(("seen", kept.name)):
            return kept_waveform(
                Path(kept.name),
                settings().home / "waveforms",
                changed=about.changed,
                in_the_clear=lambda _: kept.in_the_clear(),
                read=read_kept,
                write=write_kept,
                draw=_drawn,
            )

    async def ask(request: Request, what: Callable[[Asker, str], _Found | None]) -> _Found | Response:
        """What is asked for of the call in the address, or the answer that there is none for whoever asks."""
        asker = await asker_at(request, engine, cookie, in_use=True)
        call_id = request.path_params["call_id"]
        if asker is None or not call_id.isprintable():
            return PlainTextResponse(_NOT_FOUND, 404, _HEADERS)
        try:
            found = await places.run(asker.user_id, partial(what, asker, call_id))
        except Crowded as no_place:
            answer = (_ALL_YOURS, 429) if no_place.mine else (_CROWDED, 503)
            return PlainTextResponse(*answer, {**_HEADERS, "Retry-After": str(COME_BACK_SECONDS)})
        except Busy:
            return PlainTextResponse(_CROWDED, 503, {**_HEADERS, "Retry-After": str(COME_BACK_SECONDS)})
        except InputError as wrong:
            return PlainTextResponse(str(wrong), 415, _HEADERS)
        except FileNotFoundError:  # it was removed meanwhile
            return PlainTextResponse(_NOT_FOUND, 404, _HEADERS)
        except (AttuneError, OSError) as wrong:  # as where the disk is full, or may only be read
            _log.error("%s", wrong)
            return PlainTextResponse(_UNREADABLE, 503, _HEADERS)
        return PlainTextResponse(_NOT_FOUND, 404, _HEADERS) if found is None else found

    async def audio(request: Request) -> Response:
        return await ask(request, partial(heard, request=request))

    async def waveform(request: Request) -> Response:
        found = await ask(request, seen)
        return found if isinstance(found, Response) else JSONResponse(found.to_dict(), headers=_HEADERS)

    return [
        Route("/audio/{call_id}", audio, methods=["GET"]),
        Route("/waveform/{call_id}", waveform, methods=["GET"]),
    ]
