"""Is a question met, by what reviewers' answers have taught?"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scorecards.definition import Rule
from scoring.behaviours.judge import DOUBT
from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, Kind, in_full
from scoring.criteria.call_looks import CallLooks, Moved, look_at, widths
from scoring.criteria.shown import titled
from scoring.result import Evidence, Verdict
from scoring.signals.model import BEHAVIOURS

LEARNED = "learned.v1"
MOST_TURNS = 3  # so many of the turns that moved an answer most are shown

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LearnedRule:
    """A rule that was taught from what reviewers answered. `cli.py learn` and the page Teach the machine write it.

        kind: learned.v1
        with:
          rule: {kind: shows.v1, with: {behaviour: empathy}}   # the rule that it was taught on top of
          weights: AACAPwAA…                  # one for each number that is seen, in base 64
          bias: -0.31
          stands_on: 9f2c…                    # SHA-256 of the judge of behaviours
          labels: 51ab…                       # SHA-256 of the answers that it was taught from

    A logistic regression over what `scoring.criteria.call_looks` sees of a conversation. Where the rule beneath says that
    the question does not apply, that stands; and so does all it says where the sides were not told apart, or where the
    conversation's behaviours were found by another judge than this stands on. probability: that of the verdict; between
    DOUBT and 1 - DOUBT a person decides.
    """

    name: ClassVar[str] = LEARNED
    placed: ClassVar[bool] = False

    rule: Kind
    weights: str
    bias: float
    stands_on: str
    labels: str

    def problems(self) -> Iterator[tuple[str, str]]:
        """Weights that are none, or of another number than is seen."""
        try:
            count = len(self._weights)
        except (ValueError, binascii.Error):
            count = 0
        if count != sum(widths()):
            yield "weights", "these do not fit this version of Attune; teach the question again from the same answers"

    @cached_property
    def _weights(self) -> Array:
        return np.frombuffer(base64.b64decode(self.weights, validate=True), "<f2").astype(float)

    def judge(self, context: Context) -> Judgement:
        """What the answers taught, on top of what the rule says."""
        context = in_full(context)
        before = self.rule.judge(context)
        if before.verdict is Verdict.NOT_APPLICABLE or not stands(context, self.stands_on):
            return before
        looks = look_at(context, before)
        odds = float(np.einsum("n,n->", looks.numbers, self._weights)) + self.bias
        met = round(1 / (1 + float(np.exp(-np.clip(odds, -30, 30)))), 4)
        verdict = Verdict.MET if met >= 1 - DOUBT else Verdict.NOT_MET if met <= DOUBT else Verdict.UNSURE
        probability = round(1 - met, 4) if verdict is Verdict.NOT_MET else met
        evidence = (_summary(met, before), *self._turns(looks, verdict), *_by_the_rule(before))
        return Judgement(verdict, probability, evidence[:MOST_EVIDENCE], before.searched)

    def _turns(self, looks: CallLooks, verdict: Verdict) -> tuple[Evidence, ...]:
        """The turns that moved the answer most: towards the verdict, or either way where there is none."""
        moved = looks.moved_by_turn(self._weights)
        side = {Verdict.MET: 1.0, Verdict.NOT_MET: -1.0}.get(verdict)
        counted = [one for one in moved if (abs(one.by) if side is None else one.by * side) > 0]
        most = sorted(counted, key=lambda one: (-abs(one.by), one.turn))[:MOST_TURNS]
        return tuple(_said(looks.context, one) for one in sorted(most, key=lambda one: one.turn))


def stands(context: Context, judge: str) -> bool:
    """Whether what was taught on that judge of behaviours can be asked about this conversation."""
    return context.cannot_tell("agent") is None and context.signals.models.get(BEHAVIOURS) == judge


def packed(weights: Array) -> str:
    """Weights as a scorecard keeps them: two bytes a number, in base 64."""
    return base64.b64encode(weights.astype("<f2").tobytes()).decode()


def untaught(rule: Rule) -> Rule:
    """The rule that a question was asked by before it was taught; the same where it was not."""
    if rule.kind != LEARNED:
        return rule
    inner: Mapping[str, Any] = rule.params["rule"]
    return Rule(inner["kind"], inner.get("with") or {})


def _summary(met: float, before: Judgement) -> Evidence:
    said = {
        Verdict.MET: "says “met”",
        Verdict.PARTLY: "says “partly”",
        Verdict.NOT_MET: "says “not met”",
        Verdict.UNSURE: "leaves it open",
    }[before.verdict]
    return Evidence(f"By what reviewers' answers taught, this is met with {met:.0%}; the rule of the scorecard {said}.")


def _by_the_rule(before: Judgement) -> tuple[Evidence, ...]:
    """What the rule itself rests on."""
    found = next((piece for piece in before.evidence if piece.quote), before.evidence[0] if before.evidence else None)
    if found is None:
        return ()
    why = f"By the rule of the scorecard: {found.why[0].lower()}{found.why[1:]}"
    return (Evidence(why, found.turn, found.start, found.end, found.quote),)


def _said(context: Context, moved: Moved) -> Evidence:
    """The words of a turn that moved the answer, which way and why."""
    turn = context.transcript.turns[moved.turn]
    shown = next((item for item in context.shown(moved.behaviour) if item.turn == moved.turn), None)
    if shown is not None:
        start, end, because = shown.start, shown.end, f"as it may show {titled(moved.behaviour)}"
    else:
        quote = context.signals.sentences[moved.sentence].text if moved.sentence is not None else turn.text
        start = max(0, turn.text.find(quote))
        end, because = start + len(quote), "by what it means"
    heard = context.conversation.heard(moved.turn, start, end)
    towards = "for" if moved.by > 0 else "against"
    why = f"{context.who_said(moved.turn)} said this, which counted much {towards} “met”, {because}."
    return Evidence(why, moved.turn, heard.start, heard.end, turn.text[start:end])
