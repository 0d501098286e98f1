"""Each time one side showed something, did the other answer it soon?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, Who, counted, does_not_apply, unsure
from scoring.criteria.shown import Behaviours, Showing, Sighting, nearest, side_problem, sighted
from scoring.criteria.shows import see, unlikely
from scoring.criteria.stretch import EVERYWHERE, Stretch, following
from scoring.result import Evidence, Searched, Verdict


class Call(NamedTuple):
    """A turn that asks for an answer, and the likeliest answer in the turns that follow it; None where none comes near."""

    cause: Sighting
    answer: Sighting | None

    @property
    def answered(self) -> bool:
        """Whether it was answered for sure."""
        return self.answer is not None and self.answer.sure

    @property
    def answerable(self) -> bool:
        """Whether it was answered, or may have been."""
        return self.answer is not None and self.answer.possible

    @property
    def certainty(self) -> float:
        """How likely what is taken for so is so: that it was called for, and that it was answered or was not."""
        likely = self.answer.probability if self.answer else 0.0
        return min(self.cause.probability, likely if self.answered else unlikely(likely))


@dataclass(frozen=True)
class Responds:
    """A behaviour of one side that calls for a behaviour of the other.

        kind: responds.v1
        with:
          to: distress                        # one, or a list of which any counts; it says whose it is
          by: [empathy, reflection]           # the same, of the other side
          turns: 2                            # so many turns of the other side may pass until it comes
          within: {first_turns: 10}           # where `to` is looked for; see the stretches

    Met where every time was answered, partly where some were, not met where none was. Does not apply where `to` never came,
    or only when the other side had no turn left. A mere "mhm" does not count as a turn. probability: that of the least sure
    of all the times and answers it rests on.
    """

    name: ClassVar[str] = "responds.v1"
    placed: ClassVar[bool] = False

    to: Behaviours
    by: Behaviours
    turns: int = 2
    within: Stretch = EVERYWHERE

    def problems(self) -> Iterator[tuple[str, str]]:
        """Behaviours of the wrong side, and no turns."""
        yield from side_problem("to", self.to)
        yield from side_problem("by", self.by)
        if self._to.speaker is self._by.speaker:
            yield "by", f"a behaviour of the other side; `to` is one of the {self._to.speaker}'s as well"
        if self.turns < 1:
            yield "turns", f"a number of turns from 1 on, not {self.turns}"

    @cached_property
    def _to(self) -> Showing:
        return Showing(self.to)

    @cached_property
    def _by(self) -> Showing:
        return Showing(self.by)

    def judge(self, context: Context) -> Judgement:
        """Look for an answer each time; where a turn in doubt could change the verdict, a person decides."""
        causes = see(context, self._to, self.within)
        if isinstance(causes, Judgement):
            return causes
        answers = self._by.find(context)
        if isinstance(answers, Judgement):
            return answers
        if not causes.possible:
            why = f"The {self._to.speaker} was never judged to show {self._to.titles}, so there was nothing to answer."
            return does_not_apply(why, causes.searched, unlikely(causes.likely(1)))
        calls = list(self._calls(context, causes.possible, answers))
        if not calls:
            why = f"The {self._to.speaker} showed {self._to.titles} only when the {self._by.speaker} had no turn left."
            return does_not_apply(why, causes.searched)
        return self._verdict(context, calls)

    def _calls(self, context: Context, causes: Sequence[Sighting], answers: Sequence[Sighting]) -> Iterator[Call]:
        who: Who = self._by.speaker.value
        for cause in causes:
            if any(turn > cause.turn and not context.conversation.is_backchannel(turn) for turn in context.turns_of(who)):
                soon = following(context, who, cause.turn, self.turns)
                yield Call(cause, nearest(tuple(a for a in answers if a.turn in soon and a.place > cause.place)))

    def _verdict(self, context: Context, calls: list[Call]) -> Judgement:
        sure = [call for call in calls if call.cause.sure]
        maybe = [call for call in calls if not call.cause.sure]
        evidence = self._evidence(context, calls)
        if not sure:
            why = f"Whether the {self._to.speaker} showed {self._to.titles} at all is too close to tell."
            return unsure(why, evidence=evidence)
        # What is in doubt, once as badly as it can be and once as well.
        worst = _outcome(sum(call.answered for call in sure), len(sure) + sum(not call.answered for call in maybe))
        hopeful = [*sure, *(call for call in maybe if call.answerable)]
        best = _outcome(sum(call.answerable for call in hopeful), len(hopeful))
        answered = sum(call.answered for call in sure)
        why = (
            f"The {self._to.speaker} showed {self._to.titles} {counted(len(sure), 'time')}; the {self._by.speaker} answered"
            f" {answered if answered else 'none'} of them with {self._by.titles} within {counted(self.turns, 'turn')}"
        )
        if worst is not best:
            likely = min((call.answer.probability for call in sure if call.answer), default=0.0)
            return unsure(f"{why} for certain; whether that is all is too close to tell.", likely, evidence)
        searched = None if worst is Verdict.MET else self._searched(context, sure)
        return Judgement(
            worst, min(call.certainty for call in sure), (Evidence(f"{why}."), *evidence)[:MOST_EVIDENCE], searched
        )

    def _evidence(self, context: Context, calls: list[Call]) -> tuple[Evidence, ...]:
        """Each time with its answer or what comes nearest; those without an answer first, for they are the news."""
        pieces: list[Evidence] = []
        for call in sorted(calls, key=lambda call: (call.answered, call.cause.place)):
            pieces.append(sighted(context, call.cause))
            if call.answer:
                pieces.append(sighted(context, call.answer))
        return tuple(pieces[: MOST_EVIDENCE - 1])

    def _searched(self, context: Context, calls: list[Call]) -> Searched:
        """The turns that were looked through for an answer that did not come."""
        missed = [call for call in calls if not call.answered]
        who: Who = self._by.speaker.value
        soon = {t for call in missed for t in following(context, who, call.cause.turn, self.turns)}
        turns = [context.transcript.turns[turn] for turn in sorted(soon & context.turns_of_set(who))]
        near = nearest(tuple(call.answer for call in missed if call.answer))
        return Searched(
            who,
            len(turns),
            min((turn.start for turn in turns if turn.start is not None), default=None),
            max((turn.end for turn in turns if turn.end is not None), default=None),
            self._by.sought,
            sighted(context, near) if near else None,
        )


def _outcome(answered: int, asked: int) -> Verdict:
    if answered == asked:
        return Verdict.MET
    return Verdict.PARTLY if answered else Verdict.NOT_MET
