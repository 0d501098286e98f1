"""What does the whole corpus say about each behaviour, turn by turn?

Three kinds of material become rows of one form: single examples of one behaviour, which say nothing about most others;
whole conversations, whose labels say everything; and lines of sentiment. A row's label is its target, and its weight is how
much the corpus says about it: 0 where it says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from errors import InputError
from scoring.behaviours.corpus import DIALOGUES, FOLDER, Behaviour, Said, behaviours, nothing
from scoring.behaviours.turns import Heard
from transcripts.model import Speaker

CONVERSATIONS = FOLDER / "conversations"
SENTIMENT = FOLDER / "sentiment"
POSITIVE, NEGATIVE = "feels_positive", "feels_negative"
# An example of one behaviour says a little about those of the same side that are not its neighbours: they are rarely there.
ELSEWHERE = 0.15

_TURN = re.compile(r"([AC]) \[([a-z_, ]*)\]: (.+)")
_LINE = re.compile(r"([+0-]) ([ACX]): (.+)")
_SIDES = {"A": Speaker.AGENT, "C": Speaker.CUSTOMER, "X": Speaker.CUSTOMER}


@dataclass(frozen=True)
class Row:
    """A turn with what is known of it: `target` and `weight` by output, and the group that is kept together."""

    heard: Heard
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
    group: str
    kind: str


def outputs() -> tuple[str, ...]:
    """What a judge answers, in order: every behaviour, then the two of sentiment."""
    return (*behaviours(), POSITIVE, NEGATIVE)


def all_rows() -> list[Row]:
    """The whole corpus in a fixed order. Raises InputError that names the line which does not fit."""
    return [*_examples(), *_nothing(), *_conversations(), *_feelings(SENTIMENT)]


def dialogue_rows() -> list[Row]:
    """The lines of whole dialogues, in which feelings are as frequent as they are there. Raises InputError as `all_rows`."""
    return list(_feelings(DIALOGUES))


def feeling_of(rows: Sequence[Row]) -> NDArray[np.int_]:
    """What is felt in each line of sentiment: 1 for pleasure, -1 for displeasure, 0 for neither."""
    target, _ = targets(rows)
    return (target[:, outputs().index(POSITIVE)] - target[:, outputs().index(NEGATIVE)]).astype(int)


def targets(rows: Sequence[Row]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is known of every row, as two arrays of shape (rows, outputs): targets and weights."""
    return np.stack([row.target for row in rows]), np.stack([row.weight for row in rows])


def _examples() -> Iterator[Row]:
    for behaviour in behaviours().values():
        for example in behaviour.examples:
            target, weight = _blank()
            place = outputs().index(behaviour.name)
            for other in _strangers(behaviour):
                weight[outputs().index(other)] = ELSEWHERE
            target[place], weight[place] = float(example.present), 1.0
            if behaviour.name == "open_question" and example.present:
                target[outputs().index("question")] = weight[outputs().index("question")] = 1.0
            if behaviour.name == "question" and not example.present:
                weight[outputs().index("open_question")] = 1.0
            yield Row(Heard(example.said, example.before), target, weight, example.group, behaviour.name)


def _strangers(behaviour: Behaviour) -> Iterator[str]:
    for other in behaviours().values():
        same_side = other.speaker is behaviour.speaker and other.name != behaviour.name
        related = other.name in behaviour.related or behaviour.name in other.related
        # Any turn may also ask something.
        if same_side and not related and "question" not in other.name:
            yield other.name


def _nothing() -> Iterator[Row]:
    for example in nothing():
        target, weight = _blank()
        for name, behaviour in behaviours().items():
            weight[outputs().index(name)] = float(behaviour.speaker is Speaker.AGENT)
        yield Row(Heard(example.said, example.before), target, weight, example.group, "nothing")


def _conversations() -> Iterator[Row]:
    for path in sorted(CONVERSATIONS.glob("*.txt")):
        group = ""
        before: list[Said] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#"):
                group, before = f"{path.name}: {number} {line[1:].strip()}", []
            elif line.strip():
                row, said = _turn(path, number, line, group, before)
                before.append(said)
                yield row


def _turn(path: Path, number: int, line: str, group: str, before: list[Said]) -> tuple[Row, Said]:
    found = _TURN.fullmatch(line.strip())
    if not found:
        raise InputError(f"{path.name} line {number}: a turn reads `A [question, thanks]: what was said`.")
    side, names, text = _SIDES[found[1]], [n.strip() for n in found[2].split(",") if n.strip()], found[3].strip()
    target, weight = _blank()
    for name, behaviour in behaviours().items():
        weight[outputs().index(name)] = float(behaviour.speaker is side)
    for name in names:
        if name not in behaviours() or behaviours()[name].speaker is not side:
            raise InputError(f"{path.name} line {number}: {name!r} is no behaviour of the {side.value}.")
        target[outputs().index(name)] = 1.0
    said = Said(side, text)
    return Row(Heard(said, tuple(before[-3:])), target, weight, group, "conversation"), said


def _feelings(folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.txt")):
        group = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#"):
                group = f"{path.name}: {number} {line[1:].strip()}"
            elif line.strip():
                found = _LINE.fullmatch(line.strip())
                if not found:
                    raise InputError(f"{path.name} line {number}: a line of sentiment reads `+ C: what was said`.")
                target, weight = _blank()
                weight[-2:] = 1.0
                target[-2:] = found[1] == "+", found[1] == "-"
                yield Row(Heard(Said(_SIDES[found[2]], found[3])), target, weight, group, "sentiment")


def _blank() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.zeros(len(outputs()), np.float32), np.zeros(len(outputs()), np.float32)
