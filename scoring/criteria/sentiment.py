"""How did one side feel: over the call, by its end, and did it change?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from scoring.criteria.bands import Band, asked, verdict_in
from scoring.criteria.base import Context, Judgement, does_not_apply, unsure
from scoring.criteria.measured import sides_in_doubt
from scoring.result import Evidence

_LAST_TURNS = 2  # as the measure customer_valence_end


@dataclass(frozen=True)
class Sentiment:
    """The sentiment of a side in bands, from -1 (negative) over 0 to 1 (positive).

        kind: sentiment.v1
        with:
          speaker: customer                   # customer (unless given) or agent
          of: change                          # level; change, last third less first; or end, the last two turns
          over: call                          # for level: call, first_third, middle_third or last_third
          met: [0.1, null]                    # from and to, both included; null is without end
          partly: [-0.1, null]

    The evidence quotes the most positive turn where the answer is met, else the most negative. probability: 1, the
    number is read off; how well the number tells feelings is another matter (see the documentation).
    """

    name: ClassVar[str] = "sentiment.v1"
    placed: ClassVar[bool] = False

    met: Band
    speaker: Literal["customer", "agent"] = "customer"
    of: Literal["level", "change", "end"] = "level"
    over: Literal["call", "first_third", "middle_third", "last_third"] = "call"
    partly: Band | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """A third of the call where none is asked for."""
        if self.of != "level" and self.over != "call":
            yield "over", f"`over` goes with `of: level`; `of: {self.of}` is about the whole call"

    def judge(self, context: Context) -> Judgement:
        """Put the sentiment into its band."""
        if context.other_language:
            return unsure(context.other_language)
        if doubt := sides_in_doubt(context):
            return unsure(doubt)
        number = self._number(context)
        if number is None:
            return does_not_apply(f"The {self.speaker} said too little to measure {self._what}.")
        verdict = verdict_in(number, self.met, self.partly)
        why = f"{self._what.capitalize()} is {round(number, 2):+g} ({asked(self.met, self.partly)})."
        evidence = (Evidence(why), *self._most(context, highest=number in self.met))
        return Judgement(verdict, 1.0, evidence, number=number)

    @property
    def _what(self) -> str:
        if self.of == "change":
            return f"the change of the {self.speaker}'s sentiment from the first to the last third"
        if self.of == "end":
            return f"the {self.speaker}'s sentiment in their last {_LAST_TURNS} turns"
        part = "the call" if self.over == "call" else f"the {self.over.replace('_', ' ')}"
        return f"the {self.speaker}'s sentiment over {part}"

    def _number(self, context: Context) -> float | None:
        measures, side = context.signals.measures, self.speaker
        if self.of == "change":
            first, last = measures.get(f"{side}_valence_first_third"), measures.get(f"{side}_valence_last_third")
            return last - first if first is not None and last is not None else None
        if self.of == "end":
            valences = [context.signals.valence[turn] for turn in context.turns_of(side)[-_LAST_TURNS:]]
            return sum(valences) / len(valences) if valences else None
        return measures.get(f"{side}_valence" if self.over == "call" else f"{side}_valence_{self.over}")

    def _most(self, context: Context, highest: bool) -> tuple[Evidence, ...]:
        """The most positive or most negative turn of the stretch the number is about."""
        turns = context.turns_of(self.speaker)
        if self.of == "end":
            turns = turns[-_LAST_TURNS:]
        elif self.of == "change" or self.over != "call":
            turns = self._in_third(context, turns) or turns
        if not turns:
            return ()
        valence = context.signals.valence
        index = max(turns, key=lambda turn: valence[turn] if highest else -valence[turn])
        turn = context.transcript.turns[index]
        kind = "most positive" if highest else "most negative"
        why = f"The {kind} of the {self.speaker}'s turns there ({valence[index]:+.2f})."
        return (Evidence(why, index, turn.start, turn.end, turn.text),)

    def _in_third(self, context: Context, turns: tuple[int, ...]) -> tuple[int, ...]:
        """The turns whose middle lies in the third of the call; by their count where no times are known."""
        third = 2 if self.of == "change" else ("first_third", "middle_third", "last_third").index(self.over)
        transcript = context.transcript
        if not transcript.timed or not transcript.duration_seconds:
            count = len(transcript.turns)
            return tuple(turn for turn in turns if min(3 * turn // count, 2) == third)
        found = []
        for index in turns:
            span = transcript.turns[index].span
            if span and min(int(3 * (span.start + span.end) / 2 / transcript.duration_seconds), 2) == third:
                found.append(index)
        return tuple(found)
