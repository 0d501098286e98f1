"""How do the tests of formats read an example, whole or with something changed in it? The people in them are invented."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transcripts.formats import read_conversations
from transcripts.formats.lines import Conversation
from transcripts.model import Transcript

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> Transcript:
    """The one conversation of an example file."""
    (only,) = read_conversations(EXAMPLES / name)
    return only.transcript


def data_of(name: str) -> Any:
    """An example's JSON."""
    return json.loads((EXAMPLES / name).read_text())


def changed(name: str, folder: Path, change: Callable[[Any], object]) -> Path:
    """A copy of a JSON example in which something was changed."""
    data = data_of(name)
    change(data)
    path = folder / "changed.json"
    path.write_text(json.dumps(data))
    return path


def read_text(text: str, folder: Path, name: str = "call.txt") -> list[Conversation]:
    """The conversations of a file with this text."""
    path = folder / name
    path.write_text(text)
    return read_conversations(path)


def spoken(transcript: Transcript) -> list[tuple[str, float | None, float | None, str]]:
    """Who said what, and when."""
    return [(str(turn.speaker), turn.start, turn.end, turn.text) for turn in transcript.turns]


THE_CALL = [
    ("agent", 0.52, 3.9, "Good morning, Larkspur Energy, this is Dana speaking."),
    ("customer", 4.31, 8.74, "Hi Dana. My bill went up by 40 pounds and nobody told me why."),
    ("agent", 8.2, 11.05, "I am sorry about that, it must have been a shock."),
    ("customer", 11.6, 13.2, "It was. Can you look into it?"),
    ("agent", 13.48, 16.0, "Of course. May I have your account number, please?"),
]
"""What is said in every example of the one invented call."""
