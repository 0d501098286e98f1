"""Which files does Attune keep of a call, and how do they go?

The recording, what was converted of it for browsers, its waveform, the vCon that the call came in, and where originals are
kept the call as it came.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from errors import StorageError
from pipeline.originals import vcon_of
from settings import settings
from storage.originals import original_file


@dataclass(frozen=True)
class Gone:
    """A file that was deleted: which sort, how large, and the SHA-256 of it as it lay there (empty where nobody asked)."""

    sort: str
    bytes: int
    sha256: str = ""


def audio_files(call_id: str, recording: str | None) -> Iterator[tuple[str, Path]]:
    """Each file with the sound of a call that is there, with its sort.

    A vCon and an original may hold the sound, so that they go with it.
    """
    home = settings().home
    found = [("vcon", vcon_of(call_id)), ("original", original_file(call_id))]
    if recording is not None:
        stem = Path(recording).stem
        found += [("converted", home / "playable" / f"{stem}.wav"), ("waveform", home / "waveforms" / f"{stem}.json")]
        found += [("recording", settings().recordings / recording)]  # last: by it the others are found again
    yield from ((sort, path) for sort, path in found if path.is_file())


def word_files(call_id: str) -> Iterator[tuple[str, Path]]:
    """Each file with the words of a call that is there, with its sort."""
    return audio_files(call_id, None)


def delete_files(files: Iterable[tuple[str, Path]], hashed: bool = False) -> list[Gone]:
    """Delete them; what they were. Raises StorageError where one stays."""
    gone = []
    for sort, path in files:
        try:
            size = path.stat().st_size
            digest = _sha256(path) if hashed else ""
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as wrong:
            raise StorageError(f"{path} cannot be deleted: {wrong.strerror}.") from wrong
        gone.append(Gone(sort, size, digest))
    return gone


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
