"""What does good look like, written down as data?

A scorecard can be read, shown, compared and versioned without loading a model: the kind of a criterion is only a name
here, and its parameters are plain values; `scoring.criteria` gives both their meaning.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class Fails(StrEnum):
    """What else is lost when a criterion is not met."""

    NOTHING = "nothing"
    SECTION = "section"
    SCORECARD = "scorecard"


@dataclass(frozen=True)
class Rule:
    """A kind of judgement by its versioned name (`says.v1`) and its parameters as plain JSON values."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """The share of a criterion's weight that each answer earns, 0 to 1. Not applicable and unsure earn and cost nothing."""

    met: float = 1.0
    partly: float = 0.5
    not_met: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.not_met <= self.partly <= self.met <= 1:
            raise ValueError("points run from not_met over partly to met, each between 0 and 1")


@dataclass(frozen=True)
class Criterion:
    """One question about a conversation.

    `applies_when` is a rule of its own: where its verdict is not met the criterion does not apply. `target` is the share
    of calls in which it should be met (None: the setting `agent_target`). `tip` is what a coach would say.
    """

    id: str
    question: str
    rule: Rule
    weight: float = 1.0
    answers: Answers = Answers()
    applies_when: Rule | None = None
    fails: Fails = Fails.NOTHING
    tip: str = ""
    target: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fails", Fails(self.fails))
        if not self.weight > 0:
            raise ValueError(f"criterion {self.id}: a weight is above 0, not {self.weight}")


@dataclass(frozen=True)
class Section:
    """Criteria that belong together under a title."""

    id: str
    title: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Scorecard:
    """A whole scorecard. `pass_mark` is the total, 0 to 100, from which a call passes; `language` is what it can judge."""

    id: str
    version: int
    title: str
    pass_mark: float
    sections: tuple[Section, ...]
    description: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        if not 0 <= self.pass_mark <= 100:
            raise ValueError(f"a pass mark lies between 0 and 100, not at {self.pass_mark}")
        seen: set[str] = set()
        for _, criterion in self:
            if criterion.id in seen:
                raise ValueError(f"two criteria are called {criterion.id}")
            seen.add(criterion.id)

    def __iter__(self) -> Iterator[tuple[Section, Criterion]]:
        """Every criterion with its section, in order."""
        return ((section, criterion) for section in self.sections for criterion in section.criteria)

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id; KeyError where there is none."""
        for _, criterion in self:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, the form that is stored and hashed."""
        return asdict(self)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of everything in it, so that a version that has scored anything can be shown to be unchanged."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
