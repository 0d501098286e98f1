"""What does a transcript of our own say?

One JSON object a conversation, alone in a file or a line each: what `cli.py transcribe --format jsonl` prints, or a whole
`Transcript` as `to_dict` writes it.
"""

import json
from pathlib import Path
from typing import Any

from errors import TranscriptError
from transcripts.identify import call_id
from transcripts.model import Sides, Transcript


def read(path: Path, text: str) -> list[Transcript]:
    """Every conversation in the text of this file. Raises TranscriptError naming the line or the field that does not fit."""
    try:
        given = [(None, json.loads(text))]
    except json.JSONDecodeError:
        given = [(n, _line(path, n, line)) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    alone = len(given) == 1
    return [_conversation(path, line, data, alone) for line, data in given]


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as wrong:
        raise TranscriptError(f"{path} line {number}: this is not JSON ({wrong.msg}).") from wrong


def _conversation(path: Path, line: int | None, data: Any, alone: bool) -> Transcript:
    place = f"{path} line {line}" if line else str(path)
    if not isinstance(data, dict) or not isinstance(data.get("turns"), list):
        raise TranscriptError(f"{place}: a transcript is a JSON object with a list of `turns`.")
    identity = call_id(path) if alone else f"{call_id(path)}-{line}"
    timed = all(isinstance(turn, dict) and turn.get("start") is not None for turn in data["turns"])
    filled = {"call_id": identity, "duration_seconds": 0.0, "channels": 1 if timed and data["turns"] else 0, **data}
    filled.setdefault("sides", Sides.GIVEN)
    try:
        return Transcript.from_dict(filled)
    except TranscriptError as wrong:
        raise TranscriptError(f"{place}: {wrong}.") from wrong
