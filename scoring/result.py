"""What was found in a conversation, by which words, and how sure is it?

A score is a claim; these are the values that carry its evidence and its doubt.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from scorecards.answers import Answer, Verdict, answer_of
from scorecards.definition import Fails

__all__ = [
    "CriterionResult",
    "Evaluation",
    "Evidence",
    "IfAsked",
    "Searched",
    "SectionScore",
    "Stamp",
    "Verdict",
]


@dataclass(frozen=True)
class Evidence:
    """The words, or the stretch, that a verdict rests on.

    `turn` is an index into the transcript's turns, None where it is about the whole. `start` and `end` are seconds, None
    where no times are known. `quote` is verbatim from that turn, empty for a measurement. `why` is a sentence.
    """

    why: str
    turn: int | None = None
    start: float | None = None
    end: float | None = None
    quote: str = ""


@dataclass(frozen=True)
class Searched:
    """For "was never said": what was looked through. Turns by index, seconds where known, whose, and for what."""

    speaker: str
    turns: int
    start: float | None
    end: float | None
    sought: str
    nearest: Evidence | None = None


@dataclass(frozen=True)
class IfAsked:
    """What the answer is where a question is asked: kept while another answer keeps the question from being asked.

    `why` is the sentence that says so; the rest is as in `CriterionResult`.
    """

    why: str
    verdict: Verdict
    probability: float
    points: float | None
    judged_by: str
    answer: Answer | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", Verdict(self.verdict))
        object.__setattr__(self, "answer", answer_of(self.answer))


@dataclass(frozen=True)
class CriterionResult:
    """One criterion's answer. `probability` is that of the verdict given, 0 to 1; 1 where it was read off, not guessed.

    `points` is the share of the weight earned, -1 to 1, None where the verdict does not count. `judged_by` is the kind's
    versioned name, or `person`. `answer` is what was answered, which for yes/no is the verdict; None where it does not
    count. Where `if_asked` is set the question is not asked, or waits for what decides that; the first piece of evidence
    says so, and the others are those of the answer that holds once it is asked.
    """

    section: str
    criterion: str
    verdict: Verdict
    probability: float
    points: float | None
    weight: float
    fails: Fails
    evidence: tuple[Evidence, ...] = ()
    searched: Searched | None = None
    judged_by: str = ""
    answer: Answer | None = None
    bonus: bool = False
    if_asked: IfAsked | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", Verdict(self.verdict))
        object.__setattr__(self, "fails", Fails(self.fails))
        object.__setattr__(self, "evidence", tuple(self.evidence))
        if not 0 <= self.probability <= 1:
            raise ValueError(f"{self.criterion}: a probability of {self.probability} lies outside 0 to 1")
        if not self.evidence and self.searched is None:
            raise ValueError(f"{self.criterion}: no verdict without evidence or what was searched")
        if (self.points is not None) != self.verdict.counts:
            raise ValueError(f"{self.criterion}: points stand exactly where the verdict counts")
        if self.answer is None and self.verdict.counts:
            object.__setattr__(self, "answer", self.verdict.value)
        object.__setattr__(self, "answer", answer_of(self.answer))

    @property
    def own(self) -> "CriterionResult":
        """The answer to the question itself, whether or not it is asked."""
        held = self.if_asked
        if held is None:
            return self
        values = {field.name: getattr(held, field.name) for field in fields(held) if field.name != "why"}
        return replace(self, **values, evidence=self.evidence[1:], if_asked=None)


@dataclass(frozen=True)
class SectionScore:
    """A section's score, 0 to 100, before and after automatic failure; None where nothing in it could be scored."""

    section: str
    before: float | None
    after: float | None
    failed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stamp:
    """What made an evaluation: the same stamp means the same evaluation, byte for byte."""

    transcript_hash: str
    scorecard_hash: str
    models: Mapping[str, str] = field(default_factory=dict)
    program: str = ""


@dataclass(frozen=True)
class Evaluation:
    """A conversation judged by one version of one scorecard.

    `total_before` and `total` are 0 to 100, before and after automatic failure; None where nothing could be scored.
    `failed_by` names the criteria that failed the whole. `passed` is None where there is no total.
    """

    call_id: str
    scorecard: str
    version: int
    results: tuple[CriterionResult, ...]
    sections: tuple[SectionScore, ...]
    total_before: float | None
    total: float | None
    passed: bool | None
    failed_by: tuple[str, ...]
    stamp: Stamp

    @property
    def unsure(self) -> tuple[CriterionResult, ...]:
        """The results that wait for a person."""
        return tuple(result for result in self.results if result.verdict is Verdict.UNSURE)

    def result(self, criterion_id: str) -> CriterionResult:
        """The result of that criterion; KeyError where there is none."""
        for result in self.results:
            if result.criterion == criterion_id:
                return result
        raise KeyError(criterion_id)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives an equal evaluation back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""

        def evidence(item: Mapping[str, Any]) -> Evidence:
            return Evidence(**item)

        def result(item: Mapping[str, Any]) -> CriterionResult:
            searched = item["searched"]
            if searched is not None:
                nearest = searched["nearest"]
                searched = Searched(**{**searched, "nearest": evidence(nearest) if nearest else None})
            held = IfAsked(**item["if_asked"]) if item.get("if_asked") else None
            found = tuple(map(evidence, item["evidence"]))
            return CriterionResult(**{**item, "evidence": found, "searched": searched, "if_asked": held})

        return cls(
            call_id=data["call_id"],
            scorecard=data["scorecard"],
            version=data["version"],
            results=tuple(map(result, data["results"])),
            sections=tuple(SectionScore(**{**s, "failed_by": tuple(s["failed_by"])}) for s in data["sections"]),
            total_before=data["total_before"],
            total=data["total"],
            passed=data["passed"],
            failed_by=tuple(data["failed_by"]),
            stamp=Stamp(**data["stamp"]),
        )
