"""What does a WebVTT file say, who says it, and when?

Cues with or without hours, names, settings and notes; `<v Name>` tells the speakers apart, else `Name: text` does. Styles,
regions and notes are skipped, other tags are taken off. Shape: the W3C's "WebVTT: The Web Video Text Tracks Format".
"""

import html
import re

from transcripts.formats.cues import Cue, cue_times, read_cues
from transcripts.formats.lines import Heard

NAME = "WebVTT"

_VOICE = re.compile(r"<v(?:\.[^\s>]{0,100})?(?:\s([^>]{0,200}))?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[^<>]{0,200}>")
_LANGUAGE = re.compile(r"^Language:\s*(\S+)", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Whether a text has this shape: its first word is WEBVTT."""
    return re.match(r"WEBVTT(?=\s|$)", text) is not None


def read(text: str, file: str) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the line that does not fit."""
    cues: list[Cue] = []
    language = ""
    lines = text.split("\n")
    at = 0
    while at < len(lines) and lines[at].strip():
        stated = _LANGUAGE.match(lines[at].strip())
        language = stated[1] if stated else language
        at += 1
    while at < len(lines):
        block_starts = at
        while at < len(lines) and lines[at].strip():
            at += 1
        cues.extend(_cues_of(lines[block_starts:at], block_starts + 1, file))
        at += 1
    return read_cues(cues, NAME, language)


def _cues_of(block: list[str], number: int, file: str) -> list[Cue]:
    """The cues of one block: none of a note or a style, one for each voice of a cue."""
    if not block or re.match(r"(NOTE|STYLE|REGION)(?=\s|$)", block[0]):
        return []
    for index in range(min(2, len(block))):
        times = cue_times(block[index], number + index, file)
        if times:
            text = " ".join(line.strip() for line in block[index + 1 :])
            return [Cue(*times, _plain(part), number + index, voice) for voice, part in _voices(text)]
    return []


def _voices(text: str) -> list[tuple[str, str]]:
    """A cue's text cut at its `<v Name>` tags; what stands before the first has no name."""
    marks = list(_VOICE.finditer(text))
    if not marks:
        return [("", text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [("", text[: marks[0].start()])] if text[: marks[0].start()].strip() else []
    return parts + [(_plain(mark[1] or ""), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _plain(text: str) -> str:
    """A cue's text without tags, its character references read."""
    return " ".join(html.unescape(_ANY_TAG.sub("", text)).split())
