"""Which conversation is in a file that somebody made elsewhere, or that we wrote?

A file is known by its own shape, never by its name alone. One module a format: it has a `NAME`, `recognises` its shape, and
`read`s what was said; a new one is entered in `JSON_FORMATS` or `TEXT_FORMATS` here and described in docs/formats.md.
"""

from pathlib import Path

from errors import TranscriptError
from transcripts.formats import (
    amazon,
    assemblyai,
    azure,
    deepgram,
    genesys,
    mailbox,
    messages,
    ours,
    srt,
    vcon,
    webvtt,
    whisperx,
)
from transcripts.formats.fields import Field
from transcripts.formats.files import parse_first, read_head, read_text
from transcripts.formats.lines import Conversation, Heard, JsonFormat, TextFormat, conversation
from transcripts.identify import call_id
from transcripts.model import Transcript

__all__ = ["NAMES", "Conversation", "is_transcript", "read_conversations", "read_transcripts"]


JSON_FORMATS: tuple[JsonFormat, ...] = (vcon, amazon, genesys, deepgram, assemblyai, azure, whisperx)
TEXT_FORMATS: tuple[TextFormat, ...] = (webvtt, srt, messages)
NAMES = (ours.NAME, *(form.NAME for form in JSON_FORMATS), *(form.NAME for form in TEXT_FORMATS), mailbox.NAME)
"""Every format that is read, by its name."""

_SUFFIXES = frozenset({".json", ".jsonl", ".vcon", ".vtt", ".srt", ".csv", ".mbox", ".eml"})


def is_transcript(path: str | Path) -> bool:
    """Whether a file holds text that has the look of a transcript, rather than sound. A file that is not there does not."""
    path = Path(path)
    if mailbox.recognises(path):
        return True
    head = read_head(path)
    if head is None:
        return False
    looks = head.startswith(("{", "[")) or any(known.recognises(head) for known in TEXT_FORMATS)
    return looks or path.suffix.lower() in _SUFFIXES


def read_transcripts(path: str | Path) -> list[Transcript]:
    """Every conversation in a file. Raises TranscriptError with one sentence where it cannot be read."""
    return [found.transcript for found in read_conversations(path)]


def read_conversations(path: str | Path) -> list[Conversation]:
    """Every conversation in a file, with when it began and who took part where the file says so.

    Raises TranscriptError with one sentence that names the file, and the field or the line that does not fit.
    """
    path = Path(path)
    heard = mailbox.read(path) if mailbox.recognises(path) else _read_text_file(path)
    identity = call_id(path)
    ids = [identity, *(f"{identity}-{number}" for number in range(2, len(heard) + 1))]
    return [conversation(each, str(path), ids[number]) for number, each in enumerate(heard)]


def _read_text_file(path: Path) -> list[Heard]:
    text = read_text(path)
    start = text[:65536].lstrip()
    if not start:
        raise TranscriptError(f"{path}: the file is empty.")
    known = next((form for form in TEXT_FORMATS if form.recognises(text)), None)
    if known is not None:
        return known.read(text, str(path))
    if start.startswith(("{", "[")):
        data, alone = parse_first(text, str(path))
        if ours.recognises(data):
            return [Heard((), t.engine, t.channels, complete=t) for t in ours.read(path, text)]
        form = next((form for form in JSON_FORMATS if form.recognises(data)), None) if alone else None
        if form is None:
            raise TranscriptError(f"{path}: this JSON has the shape of no transcript that is known ({', '.join(NAMES)}).")
        return form.read(Field(data, str(path)))
    raise TranscriptError(f"{path}: this is no transcript of a kind that is known ({', '.join(NAMES)}).")
