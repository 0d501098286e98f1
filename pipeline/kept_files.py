"""Which files does Attune keep of a call, and how do they go?

The recording, what was converted of it for browsers, its waveform, the vCon that the call came in, and where originals are
kept the call as it came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.originals import vcon_of
from settings import settings
from storage.originals import original_file
from storage.store import Folder, KeptFile, recording_file


@dataclass(frozen=True)
class Gone:
    """A file that was deleted: which sort, how large, and the SHA-256 of it as it lay there (empty where nobody asked)."""

    sort: str
    bytes: int
    sha256: str = ""


def audio_files(call_id: str, recording: str | None) -> Iterator[tuple[str, KeptFile]]:
    """Each file with the sound of a call that is there, with its sort.

    A vCon and an original may hold the sound, so that they go with it.
    """
    home = Folder(settings().home)
    found = [("vcon", vcon_of(call_id)), ("original", original_file(call_id))]
    if recording is not None:
        stem = PurePosixPath(recording).stem
        found += [("converted", KeptFile(home, f"playable/{stem}.wav"))]
        found += [("waveform", KeptFile(home, f"waveforms/{stem}.json"))]
        found += [("recording", recording_file(recording))]  # last: by it the others are found again
    yield from ((sort, file) for sort, file in found if file.exists())


def word_files(call_id: str) -> Iterator[tuple[str, KeptFile]]:
    """Each file with the words of a call that is there, with its sort."""
    return audio_files(call_id, None)


def delete_files(files: Iterable[tuple[str, KeptFile]], hashed: bool = False) -> list[Gone]:
    """Delete them; what they were. Raises StorageError where one stays."""
    gone = []
    for sort, file in files:
        try:
            about = file.about()
            digest = file.sha256() if hashed else ""
        except FileNotFoundError:
            continue
        if about is not None and file.delete():
            gone.append(Gone(sort, about.size, digest))
    return gone
