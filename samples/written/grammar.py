"""How does one pattern become many sentences?

A pattern is a sentence with alternatives and slots, `(Thanks|Thank you) for waiting, <customer_call>.` An alternative
may be empty, and may hold others. A slot's value is a pattern itself, or a list of them to choose from; `<slot_cap>` is
the same with a capital.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from ruamel.yaml import YAML

Slots = Mapping[str, str | Sequence[str]]

_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"<(\w+?)(_cap)?>")
_EMPTY_ADDRESS = re.compile(r",\s*(?=[,.?!])")
_SPACES = re.compile(r"\s+")
_SENTENCE_START = re.compile(r"(^|[.?!]\s+)([a-z])")

_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio]|u(?!ni|s))")

_SHORT_FORMS = (
    (re.compile(r"\b([Ww])on't\b"), r"\1ill not"),
    (re.compile(r"\b([Cc])an't\b(?! (I|you|we|it|they)\b)"), r"\1annot"),
    (re.compile(r"\b(\w+)n't\b(?<!won't)(?<!can't)(?! (I|you|we|it|they|there)\b)"), r"\1 not"),
    (re.compile(r"\b(\w+)'m\b"), r"\1 am"),
    (re.compile(r"\b(you|we|they|You|We|They)'re\b"), r"\1 are"),
    (re.compile(r"\b(\w+)'ll\b"), r"\1 will"),
    (re.compile(r"\b(I|you|we|they|You|We|They)'ve\b"), r"\1 have"),
)


@lru_cache
def read_data(name: str) -> Any:
    """The values of one of the generator's own YAML files, read once."""
    return YAML(typ="safe").load((Path(__file__).parent / name).read_text(encoding="utf-8"))


def say(pattern: str, random: Random, slots: Slots) -> str:
    """One sentence of a pattern, with a capital after each full stop.

    Raises KeyError where the pattern has a slot that nobody filled.
    """
    text = pattern
    while True:
        if "(" in text:
            text = _ALTERNATIVES.sub(lambda found: random.choice(found[1].split("|")), text)
        elif "<" in text:
            text = _SLOT.sub(lambda found: _fill(found, random, slots), text)
        else:
            break
    text = _EMPTY_ADDRESS.sub("", _SPACES.sub(" ", text).replace(" ,", ",").replace(" .", ".").replace(" ?", "?")).strip()
    text = _ARTICLE.sub(r"\1n ", text)
    return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)


def _fill(found: re.Match[str], random: Random, slots: Slots) -> str:
    value = slots[found[1]]
    chosen = value if isinstance(value, str) else random.choice(list(value))
    return chosen[:1].upper() + chosen[1:] if found[2] else chosen


def spell_out(text: str) -> str:
    """A formal speaker's version: "I am" for "I'm", "cannot" for "can't"; question tags stay as they are."""
    for short, long in _SHORT_FORMS:
        text = short.sub(long, text)
    return text


@dataclass(frozen=True)
class Chosen:
    """A sentence and the pattern that it came from."""

    text: str
    pattern: str


class Voice:
    """One person's way of talking: patterns they lean to, and whether they shorten their words.

    Each person has favourites, drawn once from their name, so that two agents who do the same do not sound the same.
    """

    def __init__(self, name: str, formal: bool = False) -> None:
        self._name = name
        self._formal = formal
        self._leanings: dict[str, float] = {}

    def choose(self, patterns: Sequence[str | None], random: Random, slots: Slots) -> Chosen:
        """One of the patterns, as this person would say it; an empty one (None) is saying nothing."""
        known = [pattern or "" for pattern in patterns]
        pattern = random.choices(known, [self._leaning(pattern) for pattern in known])[0]
        text = say(pattern, random, slots)
        return Chosen(spell_out(text) if self._formal else text, pattern)

    def _leaning(self, pattern: str) -> float:
        if pattern not in self._leanings:
            self._leanings[pattern] = 0.5 + Random(f"{self._name}|{pattern}").random()
        return self._leanings[pattern]
