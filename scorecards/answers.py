"""How can a question be answered, and what does each answer earn?

    yes/no    met, partly or not met (`Answers`)
    scale     one of some whole numbers, each with a label (`Options`)
    choice    one of some named options (`Options`)
    several   any of some named options, their points added up to a bound (`Options`)
    number    a number, which steps turn into points (`Steps`)

Points are the share of the criterion's weight that an answer earns, 1 for all of it; below 0 it takes away. What an answer
means as a verdict follows from its points, so that rates of met and not met can be counted over every type alike: the most
that any answer of the question earns is met, else nothing or less is not met, and all between is partly. For yes/no the
answer is the verdict itself.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from errors import InputError

LEAST_POINTS, MOST_POINTS = -1.0, 1.0
_DIGITS = 9
"""Sums of points are rounded to so many decimals: three tenths and seven are the whole."""


class Verdict(StrEnum):
    """The answer to a criterion's question. Not applicable and unsure leave the denominator."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    UNSURE = "unsure"

    @property
    def counts(self) -> bool:
        """Whether it is in the denominator of the total."""
        return self not in (Verdict.NOT_APPLICABLE, Verdict.UNSURE)


DECISIVE = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET)
"""The verdicts that count."""


class AnswerType(StrEnum):
    """In which way a question is answered."""

    YES_NO = "yes_no"
    SCALE = "scale"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"


Answer = str | float | tuple[str, ...]
"""An answer as it is kept: an option's value, a number, or the values of several options in the order of the scorecard."""


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen. `points` is the share of the weight, -1 to 1; `verdict` what it counts as.

    `stands_for` is the verdict of a machine that this answer is given for; None where only a person gives it.
    """

    value: str
    label: str
    points: float
    verdict: Verdict
    stands_for: Verdict | None = None


@dataclass(frozen=True)
class Decided:
    """An answer with its verdict and the share of the weight that it earns; None where it does not count."""

    verdict: Verdict
    points: float | None
    answer: Answer | None


@dataclass(frozen=True)
class Answers:
    """Yes/no: the share of a criterion's weight that each verdict earns, -1 to 1, upwards from not met to met."""

    met: float = 1.0
    partly: float = 0.5
    not_met: float = 0.0

    def __post_init__(self) -> None:
        if not LEAST_POINTS <= self.not_met <= self.partly <= self.met <= MOST_POINTS:
            raise ValueError("points run from not_met over partly to met, each between -1 and 1")

    @property
    def type(self) -> AnswerType:
        """Yes or no."""
        return AnswerType.YES_NO

    @property
    def options(self) -> tuple[Option, ...]:
        """Met, partly, not met."""
        labels = zip(DECISIVE, ("Met", "Partly", "Not met"), (self.met, self.partly, self.not_met), strict=True)
        return tuple(Option(verdict.value, label, points, verdict, verdict) for verdict, label, points in labels)

    @property
    def most(self) -> float:
        """The most points that an answer earns."""
        return self.met

    def given(self, answer: Answer) -> Decided:
        """What this answer comes to. Raises InputError where it is none of the three."""
        option = _option(self.options, answer)
        return Decided(option.verdict, float(option.points), option.value)

    def standing_for(self, verdict: Verdict) -> Answer | None:
        """The answer that a machine's verdict is: itself."""
        return verdict.value

    def label(self, answer: Answer) -> str:
        """The answer in words."""
        return _option(self.options, answer).label

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `answers_of` reads them."""
        return asdict(self)


YES_NO = Answers()
"""What a question has that says nothing of its answers."""


@dataclass(frozen=True)
class Choice:
    """An option as a scorecard defines it; see `Option`."""

    value: str
    label: str
    points: float
    stands_for: Verdict | None = None

    def __post_init__(self) -> None:
        if not LEAST_POINTS <= self.points <= MOST_POINTS:
            raise ValueError(f"option {self.value}: points lie between -1 and 1, not at {self.points}")
        if self.stands_for is not None:
            object.__setattr__(self, "stands_for", Verdict(self.stands_for))


@dataclass(frozen=True)
class Options:
    """A scale, a choice, or several of a set of options. `at_most`, for several: the most that their points add up to."""

    type: AnswerType
    choices: tuple[Choice, ...]
    at_most: float = MOST_POINTS

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", AnswerType(self.type))
        if self.type not in (AnswerType.SCALE, AnswerType.CHOICE, AnswerType.SEVERAL):
            raise ValueError(f"options belong to a scale, a choice or several, not to {self.type}")
        if not self.choices:
            raise ValueError("there is at least one option")
        if len({choice.value for choice in self.choices}) < len(self.choices):
            raise ValueError("two options have one value")

    @property
    def options(self) -> tuple[Option, ...]:
        """Each option with what it counts as where it is the whole answer."""
        return tuple(
            Option(c.value, c.label, c.points, verdict_of(min(c.points, self.at_most), self.most), c.stands_for)
            for c in self.choices
        )

    @property
    def most(self) -> float:
        """The most points that an answer earns; ticking nothing earns 0."""
        if self.type is AnswerType.SEVERAL:
            return min(self.at_most, _sum(max(choice.points, 0.0) for choice in self.choices))
        return max(choice.points for choice in self.choices)

    def given(self, answer: Answer) -> Decided:
        """What this answer comes to. Raises InputError where it is none of the options."""
        if self.type is AnswerType.SEVERAL:
            ticked = {_option(self.options, value).value for value in _values(answer)}
            chosen = [choice for choice in self.choices if choice.value in ticked]
            points = max(LEAST_POINTS, min(self.at_most, _sum(choice.points for choice in chosen)))
            return Decided(verdict_of(points, self.most), points, tuple(choice.value for choice in chosen))
        option = _option(self.options, answer)
        return Decided(option.verdict, float(option.points), option.value)

    def standing_for(self, verdict: Verdict) -> Answer | None:
        """The answer that the scorecard names for a machine's verdict; None where it names none."""
        values = tuple(choice.value for choice in self.choices if choice.stands_for is verdict)
        if self.type is AnswerType.SEVERAL:
            return values or None
        return values[0] if values else None

    def label(self, answer: Answer) -> str:
        """The answer in words."""
        if self.type is AnswerType.SEVERAL:
            return ", ".join(_option(self.options, value).label for value in _values(answer)) or "None of these"
        return _option(self.options, answer).label

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `answers_of` reads them."""
        bound = {"at_most": self.at_most} if self.type is AnswerType.SEVERAL else {}
        return {"type": self.type.value, "options": [asdict(choice) for choice in self.choices], **bound}


@dataclass(frozen=True)
class Step:
    """Numbers up to and including `up_to` earn these points, if no earlier step has them; None is without end."""

    up_to: float | None
    points: float

    def __post_init__(self) -> None:
        if not LEAST_POINTS <= self.points <= MOST_POINTS:
            raise ValueError(f"a step's points lie between -1 and 1, not at {self.points}")


@dataclass(frozen=True)
class Steps:
    """A number, turned into points by steps that run upwards; the last one has no end. `unit` is what is counted."""

    steps: tuple[Step, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        bounds = [step.up_to for step in self.steps]
        if not bounds or bounds[-1] is not None or None in bounds[:-1]:
            raise ValueError("the last step, and it alone, has no `up_to`, so that every number has its points")
        known = [bound for bound in bounds if bound is not None]
        if any(low >= high for low, high in pairwise(known)):
            raise ValueError("steps run upwards")

    @property
    def type(self) -> AnswerType:
        """A number."""
        return AnswerType.NUMBER

    @property
    def options(self) -> tuple[Option, ...]:
        """Each step, its place as its value; an answer is the number itself."""
        made: list[Option] = []
        below: float | None = None
        for place, step in enumerate(self.steps, start=1):
            over = "" if below is None else f"over {below:g}"
            to = "" if step.up_to is None else f"up to {step.up_to:g}"
            label = " ".join(part for part in (over, to, self.unit) if part) or "any number"
            made.append(Option(str(place), label, step.points, verdict_of(step.points, self.most)))
            below = step.up_to
        return tuple(made)

    @property
    def most(self) -> float:
        """The most points that an answer earns."""
        return max(step.points for step in self.steps)

    def given(self, answer: Answer) -> Decided:
        """What this number comes to. Raises InputError where it is none."""
        number = _number(answer)
        step = next(step for step in self.steps if step.up_to is None or number <= step.up_to)
        return Decided(verdict_of(step.points, self.most), float(step.points), number)

    def standing_for(self, verdict: Verdict) -> Answer | None:
        """A verdict is no number."""
        return None

    def label(self, answer: Answer) -> str:
        """The number with its unit, to two decimals."""
        return f"{round(_number(answer), 2):g} {self.unit}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `answers_of` reads them."""
        return {"type": self.type.value, "steps": [asdict(step) for step in self.steps], "unit": self.unit}


AnyAnswers = Answers | Options | Steps


def verdict_of(points: float, most: float) -> Verdict:
    """What an answer with these points counts as, where the best answer of its question earns `most`."""
    if points >= most:
        return Verdict.MET
    return Verdict.NOT_MET if points <= 0 else Verdict.PARTLY


def answers_of(data: Mapping[str, Any]) -> AnyAnswers:
    """Read what `to_dict` wrote."""
    if "steps" in data:
        return Steps(tuple(Step(**step) for step in data["steps"]), data["unit"])
    if "options" in data:
        choices = tuple(Choice(**option) for option in data["options"])
        return Options(AnswerType(data["type"]), choices, data.get("at_most", MOST_POINTS))
    return Answers(**data)


def answer_of(data: Any) -> Answer | None:
    """An answer from plain JSON values, where several options are a list."""
    return tuple(data) if isinstance(data, list) else data


def _option(options: Sequence[Option], answer: Answer) -> Option:
    value = f"{answer:g}" if isinstance(answer, int | float) and not isinstance(answer, bool) else answer
    for option in options:
        if option.value == value:
            return option
    known = ", ".join(option.value for option in options)
    raise InputError(f"{value!r} is no answer to this question; it is one of {known}.")


def _values(answer: Answer) -> tuple[str, ...]:
    """The options ticked; a single one may stand for itself."""
    return answer if isinstance(answer, tuple) else tuple(answer) if isinstance(answer, list) else (str(answer),)


def _number(answer: Answer) -> float:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
        raise InputError(f"This question is answered with a number, not with {answer!r}.")
    return float(answer)


def _sum(points: Any) -> float:
    return round(math.fsum(points), _DIGITS)
