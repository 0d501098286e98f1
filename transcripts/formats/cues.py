"""How do the cues of subtitles become what each speaker said?

WebVTT and SRT share this: the time line, `Name: text` as a speaker's tag, and that subtitles cut sentences to the width
of a screen, so that cues of one speaker are joined until the sentence ends.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from errors import TranscriptError
from transcripts.formats.fields import MOST_SECONDS, clean
from transcripts.formats.lines import Heard, Line, side_of

TIMES = re.compile(
    r"^\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})(?=\s|$)"
)
"""A cue's time line, hours optional, with a point or a comma; what follows it (settings) is not read."""

JOIN_SECONDS = 1.0
"""Cues of one speaker closer than this are one line while the sentence goes on."""

MOST_JOINED = 600
"""Characters beyond which a line takes in no further cue, however long its sentence."""

_BRACKETED = re.compile(r"^(?:\[([^\[\]:]{1,40})\]|\(([^():]{1,40})\)):?\s*(?=\S)")
_NAMED = re.compile(r"^(?:>{1,3}|-)?\s*([^\W_][^:<>\[\]]{0,39}):\s+(?=\S)")
_NUMBERED = re.compile(r"^(?:speaker|spk|voice|person|channel)[ _-]*\w{1,3}$", re.IGNORECASE)


@dataclass(frozen=True)
class Cue:
    """What is shown at one time; `voice` is the speaker's tag where the file has one, `number` the line it stands on."""

    start: float
    end: float
    text: str
    number: int
    voice: str = ""


def cue_times(line: str, number: int, file: str) -> tuple[float, float] | None:
    """Start and end in seconds of a time line; None where the line is not one.

    Raises TranscriptError naming the line where it has the arrow but no times that fit.
    """
    if "-->" not in line:
        return None
    found = TIMES.match(line)
    if found is None:
        raise TranscriptError(f'{file}: line {number}: times have to read like "00:01:02.500 --> 00:01:04.000".')
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    if max(start, end) > MOST_SECONDS:
        raise TranscriptError(f"{file}: line {number}: the time lies more than a week after the start of the call.")
    return start, max(start, end)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return round(whole + float(f"0.{fraction}"), 3)


def read_cues(cues: Sequence[Cue], engine: str, language: str = "") -> list[Heard]:
    """The one conversation that these cues are: tags become voices, and cut sentences are whole again."""
    lines: list[Line] = []
    for cue in _split_tags(cues):
        text = clean(cue.text)
        last = lines[-1] if lines else None
        if last is not None and _goes_on(last, cue):
            lines[-1] = replace(last, text=f"{last.text} {text}".strip(), end=max(last.end or 0.0, cue.end))
        else:
            lines.append(Line(text, cue.start, cue.end, side=side_of(cue.voice) if cue.voice else None, voice=cue.voice))
    return [Heard(tuple(lines), engine, channels=1, language=language)]


def _goes_on(last: Line, cue: Cue) -> bool:
    finished = last.text.endswith((".", "?", "!", "…", "。", "？", "！", '."', '?"', '!"'))
    near = abs(cue.start - (last.end or 0.0)) < JOIN_SECONDS
    return last.voice == cue.voice and near and not finished and len(last.text) < MOST_JOINED


def _split_tags(cues: Sequence[Cue]) -> list[Cue]:
    """The cues with `Name: text` taken apart, where the names prove to be speakers; an untagged cue goes on with the last.

    A name is a speaker where it names a side or a number (`Agent`, `Speaker 2`), opens at least two cues, or stands in a
    file in which a third of the cues open with names.
    """
    if any(cue.voice for cue in cues):
        return list(cues)
    tags = [_tag(cue.text) for cue in cues]
    often = Counter(name for name, _ in tags if name)
    usual = often.total() * 3 >= len(cues)
    speakers = {name for name in often if usual or _is_speaker(name) or often[name] >= 2}
    split: list[Cue] = []
    voice = ""
    for cue, (name, length) in zip(cues, tags, strict=True):
        tagged = name in speakers
        voice = name if tagged else voice
        split.append(replace(cue, text=cue.text[length:] if tagged else cue.text, voice=voice))
    return split


def _tag(text: str) -> tuple[str, int]:
    """The name that a cue may open with, and how many characters it takes; what is in brackets has to be a speaker's."""
    bracketed = _BRACKETED.match(text)
    name = (bracketed[1] or bracketed[2]).strip() if bracketed else ""
    if bracketed and _is_speaker(name):
        return name, bracketed.end()
    named = _NAMED.match(text)
    return (named[1].strip(), named.end()) if named else ("", 0)


def _is_speaker(name: str) -> bool:
    return side_of(name) is not None or bool(_NUMBERED.match(name))
