"""Did one thing come before another?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, Kind, does_not_apply, for_its_place, unsure
from scoring.result import Evidence, Verdict

Missing = Literal["not_met", "not_applicable"]


@dataclass(frozen=True)
class InOrder:
    """One thing before another, each a rule of its own.

        kind: in_order.v1
        with:
          first:
            kind: says.v1
            with: {speaker: agent, phrases: ["date of birth", "confirm your address"]}
          then:
            kind: says.v1
            with: {speaker: agent, phrases: ["outstanding balance", "you owe"]}
          first_missing: not_met              # where the first never came, though the other did
          then_missing: not_applicable        # where the other never came, so that there was nothing to come before

    Compared is where each first held (with `at_least: 2`, where it did so for the second time). probability: that of the
    less sure of the two.
    """

    name: ClassVar[str] = "in_order.v1"
    placed: ClassVar[bool] = False

    first: Kind
    then: Kind
    first_missing: Missing = "not_met"
    then_missing: Missing = "not_applicable"

    def problems(self) -> Iterator[tuple[str, str]]:
        """Rules that hold of the whole conversation and so come neither before nor after anything."""
        for key, rule in (("first", self.first), ("then", self.then)):
            if not rule.placed:
                yield key, f"{rule.name} has no place in the conversation; says.v1 and means.v1 do"

    def judge(self, context: Context) -> Judgement:
        """Find both and compare their places."""
        context = for_its_place(context)
        then = self.then.judge(context)
        if then.verdict is Verdict.UNSURE:
            return then
        if then.place is None:
            no_order = ", so there was no order to keep" if self.then_missing == "not_applicable" else ""
            return _missing(then, self.then_missing, f"What should come second never came{no_order}.")
        first = self.first.judge(context)
        if first.verdict is Verdict.UNSURE:
            return first
        if first.place is None:
            missing = _missing(
                first, self.first_missing, "What should have come first never came; what should have followed it did."
            )
            return Judgement(
                missing.verdict,
                min(missing.probability, then.probability),
                (*missing.evidence, *then.evidence)[:MOST_EVIDENCE],
                missing.searched,
            )
        probability = min(first.probability, then.probability)
        both = (*first.evidence[:2], *then.evidence[:2])
        if first.place < then.place:
            why = "What should come first came first."
            return Judgement(Verdict.MET, probability, (Evidence(why), *both))
        why = "What should have come second came first."
        return Judgement(Verdict.NOT_MET, probability, (Evidence(why), *both))


def _missing(part: Judgement, verdict: Missing, why: str) -> Judgement:
    if part.verdict in (Verdict.MET, Verdict.PARTLY):
        # A part can hold and yet name no place: says.v1 with nothing but `at_most`.
        return unsure("A part of this holds, but nothing shows where in the conversation.", evidence=part.evidence)
    if verdict == "not_applicable" or part.verdict is Verdict.NOT_APPLICABLE:
        absent = does_not_apply(why)
        return Judgement(absent.verdict, part.probability, absent.evidence, part.searched)
    return Judgement(Verdict.NOT_MET, part.probability, (Evidence(why),), part.searched)
