"""Which behaviours are there, and which sentences show what each of them is?

Every behaviour is a file in `corpus/`: what it is in two sentences, who shows it, where the definition comes from, then
examples in scenes. All of them were written for Attune; the people and companies in them are invented.

    title: Apology
    speaker: agent
    definition: The agent says sorry for … . A sorry that only asks to repeat does not count.
    source: …
    related: empathy, takes_ownership
    ---
    # telecoms, phone, warm
    + I'm ever so sorry about that.
    - [A: Can I take your name? | C: It's Fenwick.] Sorry, was that with an F or an S?

A `+` line shows the behaviour and a `-` line doesn't, though it looks like it. What stands in brackets came before, oldest
first. Lines under one heading belong together: teaching never learns from one and checks itself on another.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from errors import InputError
from transcripts.model import Speaker

FOLDER = Path(__file__).parent / "corpus"
DIALOGUES = Path(__file__).parent / "dialogues"
"""Lines of whole dialogues, with what each speaker feels. They teach the two answers of feeling and nothing else."""
NOTHING = "nothing"
"""The file of turns that show none of the behaviours."""

_DIVIDE = "---"
_FIELDS = frozenset({"title", "speaker", "definition", "source", "related"})
_CONTEXT = re.compile(r"\[((?:[AC]: )[^\]]*)\]\s*")
_SIDES = {"A": Speaker.AGENT, "C": Speaker.CUSTOMER}


@dataclass(frozen=True)
class Said:
    """A turn as its words alone."""

    speaker: Speaker
    text: str


@dataclass(frozen=True)
class Example:
    """A turn, the turns before it with the oldest first, and whether it shows a behaviour. Examples of one `group` are kept
    together when teaching checks itself."""

    said: Said
    before: tuple[Said, ...]
    present: bool
    group: str


@dataclass(frozen=True)
class Behaviour:
    """Something that a speaker does in a turn, with its definition and the examples that teach it.

    related: other behaviours that the same turn may well show too, so that one's examples say nothing about the other.
    path: the file that it stands in.
    """

    name: str
    title: str
    speaker: Speaker
    definition: str
    source: str
    related: frozenset[str]
    path: Path

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Read when they are first asked for: judging needs none of them.

        Raises InputError that names the line which does not fit.
        """
        lines = _lines(self.path)
        return tuple(_examples(self.path, lines, lines.index(_DIVIDE) + 1, self.speaker))


@lru_cache(maxsize=1)
def behaviours() -> Mapping[str, Behaviour]:
    """Every behaviour by name, in alphabetical order."""
    return {path.stem: _described(path) for path in sorted(FOLDER.glob("*.txt")) if path.stem != NOTHING}


def nothing() -> tuple[Example, ...]:
    """Turns that show none of the behaviours."""
    return read_behaviour(FOLDER / f"{NOTHING}.txt").examples


def corpus_hash() -> str:
    """SHA-256 of every file of the corpus, in alphabetical order: what a judge's layers were taught from."""
    return _hash_of(FOLDER)


def dialogues_hash() -> str:
    """SHA-256 of the dialogues' files: what its answers of feeling were taught from besides."""
    return _hash_of(DIALOGUES)


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.txt")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_behaviour(path: Path) -> Behaviour:
    """The behaviour in that file, with its examples. Raises InputError that names the line which does not fit."""
    behaviour = _described(path)
    if not behaviour.examples:
        raise InputError(f"{path.name}: there is no example below the line `{_DIVIDE}`.")
    return behaviour


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _described(path: Path) -> Behaviour:
    lines = _lines(path)
    if _DIVIDE not in lines:
        raise InputError(f"{path.name}: a line `{_DIVIDE}` has to divide the description from the examples.")
    divide = lines.index(_DIVIDE)
    fields = _fields(path, lines[:divide])
    try:
        speaker = Speaker(fields["speaker"])
    except ValueError as wrong:
        raise InputError(f"{path.name}: `speaker` is agent or customer, not {fields['speaker']!r}.") from wrong
    return Behaviour(
        name=path.stem,
        title=fields["title"],
        speaker=speaker,
        definition=fields["definition"],
        source=fields["source"],
        related=frozenset(name.strip() for name in fields.get("related", "").split(",") if name.strip()),
        path=path,
    )


def _fields(path: Path, lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if not colon or name not in _FIELDS:
            raise InputError(f"{path.name} line {number}: one of {', '.join(sorted(_FIELDS))} with a colon is needed here.")
        fields[name] = value.strip()
    if missing := _FIELDS - {"related"} - fields.keys():
        raise InputError(f"{path.name}: {', '.join(sorted(missing))} is missing above the line `---`.")
    return fields


def _examples(path: Path, lines: list[str], first: int, speaker: Speaker) -> Iterator[Example]:
    scene = ""
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        mark, text = line[0], line[1:].strip()
        if mark == "#":
            scene = f"{path.stem}: {number} {text}"
        elif mark in "+-" and text:
            before: tuple[Said, ...] = ()
            if context := _CONTEXT.match(text):
                before = tuple(_said(path, number, turn) for turn in context[1].split("|"))
                text = text[context.end() :].strip()
            if not text:
                raise InputError(f"{path.name} line {number}: nothing is said after the brackets.")
            yield Example(Said(speaker, text), before, mark == "+", scene)
        else:
            raise InputError(f"{path.name} line {number}: an example begins with + or -, a scene with #.")


def _said(path: Path, number: int, turn: str) -> Said:
    side, colon, text = turn.strip().partition(":")
    if side not in _SIDES or not colon:
        raise InputError(f"{path.name} line {number}: a turn in brackets begins with `A:` or `C:`.")
    return Said(_SIDES[side], text.strip())
