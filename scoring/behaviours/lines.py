"""Which turns does another program ask about, or teach with?

They come as JSON Lines, an object a line: the turn as `speaker` and `text`, the turns before it with the oldest first as
`before`. A line that teaches also says whether the behaviour is there (`present`) and which call or agent it comes from
(`group`), since turns that belong together are kept together when teaching checks itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import InputError
from scoring.behaviours.corpus import Said
from scoring.behaviours.turns import Heard
from transcripts.model import Speaker

_SIDES = ", ".join(speaker.value for speaker in Speaker)


@dataclass(frozen=True)
class Label:
    """A turn with what a person says of it. `group` is what it hangs together with: its call, its agent."""

    heard: Heard
    present: bool
    group: str


def objects(stream: Iterable[str], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line's JSON object with the line's place for a message; `name` is that of the file. Empty lines are passed over.

    Raises InputError where a line is none.
    """
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        place = f"{name} line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as wrong:
            raise InputError(f"{place}: this is not JSON ({wrong.msg}).") from wrong
        if not isinstance(value, dict):
            raise InputError(f'{place}: a JSON object such as {{"speaker": "agent", "text": "…"}} is needed.')
        yield place, value


def heard_of(value: Mapping[str, Any], place: str) -> Heard:
    """The turn of a line. Raises InputError that names the place where it isn't one; `before` may be left out."""
    before = value.get("before") or []
    if not isinstance(before, list) or not all(isinstance(turn, dict) for turn in before):
        raise InputError(f"{place}: `before` is a list of turns, each with `speaker` and `text`.")
    return Heard(_said(value, place), tuple(_said(turn, f"{place}, `before`") for turn in before))


def read_labels(path: Path) -> tuple[Label, ...]:
    """The labels of a file. Raises InputError where it cannot be read, or a line does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(f"The labels in {path} cannot be read: {wrong}.") from wrong
    return tuple(_label(value, place) for place, value in objects(text.split("\n"), path.name))


def _label(value: Mapping[str, Any], place: str) -> Label:
    if not isinstance(value.get("present"), bool):
        raise InputError(f"{place}: `present` is true or false.")
    group = value.get("group")
    if isinstance(group, bool) or not isinstance(group, str | int):
        raise InputError(f"{place}: `group` names the call or the agent that the turn comes from.")
    return Label(heard_of(value, place), value["present"], str(group))


def _said(value: Mapping[str, Any], place: str) -> Said:
    try:
        speaker = Speaker(str(value.get("speaker")))
    except ValueError as wrong:
        raise InputError(f"{place}: `speaker` is one of {_SIDES}, not {value.get('speaker')!r}.") from wrong
    return Said(speaker, text_of(value, place))


def text_of(value: Mapping[str, Any], place: str) -> str:
    """The words of a line. Raises InputError that names the place where it has none."""
    text = value.get("text")
    if not isinstance(text, str):
        raise InputError(f"{place}: a text is needed in `text`.")
    return text
