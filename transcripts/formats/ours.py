"""What does a transcript of our own say?

One JSON object a conversation, alone in a file or a line each: what `cli.py transcribe --format jsonl` prints, or a whole
`Transcript` as `to_dict` writes it.
"""

import math
from pathlib import Path
from typing import Any

from errors import TranscriptError
from transcripts.formats.fields import MOST_SECONDS
from transcripts.formats.files import parse_first, parse_json
from transcripts.identify import call_id
from transcripts.model import Sides, Transcript

NAME = "Attune"
LONGEST_REASON = 300
"""Characters of a reason that are shown; it may quote a text of any length."""


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: an object with `turns`."""
    return isinstance(data, dict) and "turns" in data


def read(path: Path, text: str) -> list[Transcript]:
    """Every conversation in the text of this file. Raises TranscriptError naming the line or the field that does not fit."""
    first, alone = parse_first(text, str(path))
    given: list[tuple[int | None, Any]] = [(None, first)]
    if not alone:
        lines = enumerate(text.split("\n"), 1)
        given = [(n, parse_json(line, f"{path} line {n}")) for n, line in lines if line.strip()]
    return [_conversation(path, line, data, alone) for line, data in given]


def _conversation(path: Path, line: int | None, data: Any, alone: bool) -> Transcript:
    place = f"{path} line {line}" if line else str(path)
    if not isinstance(data, dict) or not isinstance(data.get("turns"), list):
        raise TranscriptError(f"{place}: a transcript is a JSON object with a list of `turns`.")
    identity = call_id(path) if alone else f"{call_id(path)}-{line}"
    timed = all(isinstance(turn, dict) and turn.get("start") is not None for turn in data["turns"])
    filled = {"call_id": identity, "duration_seconds": 0.0, "channels": 1 if timed and data["turns"] else 0, **data}
    filled.setdefault("sides", Sides.GIVEN)
    try:
        transcript = Transcript.from_dict(filled)
    except (TranscriptError, OverflowError) as wrong:
        raise TranscriptError(f"{place}: {' '.join(str(wrong)[:LONGEST_REASON].split())}.") from wrong
    check(transcript, place)
    return transcript


def check(transcript: Transcript, place: str) -> None:
    """See that a transcript can be kept: times that a call can have, and text that can be written down.

    Raises TranscriptError naming the turn.
    """
    if not 0 <= transcript.duration_seconds <= MOST_SECONDS or not 0 <= transcript.channels <= 64:
        raise TranscriptError(f"{place}: `duration_seconds` and `channels` are not those of a call.")
    for index, turn in enumerate(transcript.turns):
        times = [turn.end or 0.0, *(word.end for word in turn.words)]
        if not all(math.isfinite(at) and at <= MOST_SECONDS for at in times):
            raise TranscriptError(f"{place}: turns[{index}] ends more than a week after the start of the call.")
    for index, sound in enumerate(transcript.sounds):
        if not sound.end <= MOST_SECONDS:
            raise TranscriptError(f"{place}: sounds[{index}] ends more than a week after the start of the call.")
    try:
        transcript.content_hash.encode()
        transcript.call_id.encode()
    except UnicodeEncodeError as wrong:
        raise TranscriptError(f"{place}: a text in it holds half a character (a surrogate without its pair).") from wrong
