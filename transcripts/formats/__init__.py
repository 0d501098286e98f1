"""Which transcript is in a file that somebody made elsewhere, or that we wrote?

A file is known by its own shape, never by its name alone. One module a format.
"""

from pathlib import Path

from errors import TranscriptError
from transcripts.formats import ours
from transcripts.model import Transcript

LARGEST_BYTES = 256 * 1024 * 1024
_SUFFIXES = frozenset({".json", ".jsonl"})


def is_transcript(path: str | Path) -> bool:
    """Whether a file holds text that has the look of a transcript, rather than sound. A file that is not there does not."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return False
    return head[:1] in (b"{", b"[") or path.suffix.lower() in _SUFFIXES


def read_transcripts(path: str | Path) -> list[Transcript]:
    """Every conversation in a file. Raises TranscriptError with one sentence where it cannot be read."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise TranscriptError(f"{path}: a file of transcripts has at most 256 MB; cut it into several.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise TranscriptError(f"{path} cannot be read: {wrong.strerror}.") from wrong
    except UnicodeDecodeError as wrong:
        raise TranscriptError(f"{path}: this is not UTF-8 text, so it is no transcript that can be read.") from wrong
    if not text.strip():
        raise TranscriptError(f"{path}: the file is empty.")
    return ours.read(path, text)
