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

from errors import InputError
from scorecards.answers import YES_NO, Answer, Answers, AnswerType, AnyAnswers, Decided, Option, Verdict

__all__ = [
    "Answers",
    "AskedWhen",
    "Band",
    "Criterion",
    "Fails",
    "Rule",
    "Scorecard",
    "Section",
    "behaviours_of",
    "circle_of",
]


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
class AskedWhen:
    """A question is asked only where another criterion was answered with one of these.

    `answers` are values of the other's options, `not_applicable`, or for a number `met`, `partly` and `not_met`.
    """

    criterion: str
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", tuple(self.answers))

    def holds(self, verdict: Verdict, answer: Answer | None) -> bool:
        """Whether the other criterion, answered so, makes this question be asked."""
        if not verdict.counts:
            return verdict.value in self.answers
        if isinstance(answer, str | tuple):
            given = {answer} if isinstance(answer, str) else set(answer)
            return not given.isdisjoint(self.answers)
        return verdict.value in self.answers


@dataclass(frozen=True)
class Criterion:
    """One question about a conversation.

    `applies_when` is a rule of its own: where its verdict is not met the criterion does not apply. `target` is the share
    of calls in which it should be met (None: the setting `agent_target`). `tip` is what a coach would say. What a `bonus`
    earns stands above the line of the total and its weight not below it. `comment_required` are the answers that nobody
    gives without a word why: values of options, verdicts, or `not_applicable`.
    """

    id: str
    question: str
    rule: Rule
    weight: float = 1.0
    answers: AnyAnswers = YES_NO
    applies_when: Rule | None = None
    fails: Fails = Fails.NOTHING
    tip: str = ""
    target: float | None = None
    bonus: bool = False
    asked_when: AskedWhen | None = None
    comment_required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fails", Fails(self.fails))
        object.__setattr__(self, "comment_required", tuple(self.comment_required))
        if not self.weight > 0:
            raise ValueError(f"criterion {self.id}: a weight is above 0, not {self.weight}")

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be answered, in the order of the scorecard: value, label, points, verdict. For a number, its steps."""
        return self.answers.options

    def decide(self, verdict: Verdict | None = None, answer: Answer | None = None) -> Decided:
        """What an answer comes to, or a verdict where that is all there is.

        A verdict that counts is the answer that stands for it. Raises InputError where the answer is none of the
        criterion's, and where the scorecard names no answer for the verdict.
        """
        if answer is not None:
            return self.answers.given(answer)
        if verdict is None:
            raise ValueError(f"criterion {self.id}: there is neither a verdict nor an answer to decide by")
        if not verdict.counts:
            return Decided(verdict, None, None)
        standing = self.answers.standing_for(verdict)
        if standing is None:
            how = "a number" if self.type is AnswerType.NUMBER else "one of " + ", ".join(o.label for o in self.options)
            raise InputError(f"“{self.question}” is answered with {how}, and nothing of that stands for “{verdict.value}”.")
        return self.answers.given(standing)

    @property
    def type(self) -> AnswerType:
        """In which way the question is answered."""
        return self.answers.type

    def needs_comment(self, verdict: Verdict, answer: Answer | None = None) -> bool:
        """Whether nobody gives this answer without a word why."""
        given = {answer} if isinstance(answer, str) else set(answer) if isinstance(answer, tuple) else set()
        return not {*given, verdict.value}.isdisjoint(self.comment_required)


@dataclass(frozen=True)
class Section:
    """Criteria that belong together under a title."""

    id: str
    title: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Band:
    """A name for totals from `lowest` (0 to 100) up to the next band."""

    lowest: float
    name: str


@dataclass(frozen=True)
class Scorecard:
    """A whole scorecard. `pass_mark` is the total, 0 to 100, from which a call passes; `language` is what it can judge.

    `bands` name totals beside the pass mark, in any order.
    """

    id: str
    version: int
    title: str
    pass_mark: float
    sections: tuple[Section, ...]
    description: str = ""
    language: str = "en"
    bands: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.pass_mark <= 100:
            raise ValueError(f"a pass mark lies between 0 and 100, not at {self.pass_mark}")
        seen: set[str] = set()
        for _, criterion in self:
            if criterion.id in seen:
                raise ValueError(f"two criteria are called {criterion.id}")
            seen.add(criterion.id)
        asked_when = {criterion.id: criterion.asked_when.criterion for _, criterion in self if criterion.asked_when}
        for criterion_id, other in asked_when.items():
            if other not in seen:
                raise ValueError(f"criterion {criterion_id} is asked by the answer to {other}, which there is not")
            if circle := circle_of(criterion_id, asked_when):
                raise ValueError(f"criteria are asked by each other's answers in a circle: {' → '.join(circle)}")

    def __iter__(self) -> Iterator[tuple[Section, Criterion]]:
        """Every criterion with its section, in order."""
        return ((section, criterion) for section in self.sections for criterion in section.criteria)

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id; KeyError where there is none."""
        return self._by_id[criterion_id]

    def band(self, total: float | None) -> str:
        """The name of the band that a total lies in; empty below the lowest one, and without a total."""
        reached = [band for band in self.bands if total is not None and total >= band.lowest]
        return max(reached, key=lambda band: band.lowest).name if reached else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, the form that is stored and hashed.

        What came to scorecards later is left out where it says nothing, so that earlier ones keep their hash.
        """
        data = asdict(self)
        _leave_out(data, "bands")
        if self.bands:
            data["bands"] = [{"from": band.lowest, "name": band.name} for band in self.bands]
        pairs = zip(data["sections"], self.sections, strict=True)
        for into, criterion in ((i, c) for d, s in pairs for i, c in zip(d["criteria"], s.criteria, strict=True)):
            into["answers"] = criterion.answers.to_dict()
            _leave_out(into, "bonus", "asked_when", "comment_required")
        return data

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of everything in it, so that a version that has scored anything can be shown to be unchanged."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def _by_id(self) -> dict[str, Criterion]:
        return {criterion.id: criterion for _, criterion in self}


def behaviours_of(criterion: Criterion) -> tuple[str, ...]:
    """The behaviours that a criterion's rule asks about, each once, also where rules stand within rules."""
    found: dict[str, None] = {}

    def look(params: Any) -> None:
        if isinstance(params, Mapping):
            named = params.get("behaviour", ())
            found.update(dict.fromkeys([named] if isinstance(named, str) else named))
            for value in params.values():
                look(value)
        elif isinstance(params, list | tuple):
            for value in params:
                look(value)

    look(criterion.rule.params)
    return tuple(found)


def circle_of(criterion_id: str, asked_when: Mapping[str, str]) -> list[str]:
    """The way back to a criterion along what each is asked by, itself first and last; empty where there is none."""
    way = [criterion_id]
    while (following := asked_when.get(way[-1])) is not None:
        way.append(following)
        if following == criterion_id:
            return way
        if following in way[:-1]:
            return []  # another circle, which is its own members' problem
    return []


def _leave_out(data: dict[str, Any], *names: str) -> None:
    for name in names:
        if not data[name]:
            del data[name]
