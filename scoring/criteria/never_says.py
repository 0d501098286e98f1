"""Was something never said that must not be?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, Who, unsure
from scoring.criteria.said import Pattern, Phrase, Said, probability_of, quote_all
from scoring.criteria.says import count_said
from scoring.criteria.stretch import EVERYWHERE, Stretch
from scoring.result import Verdict


@dataclass(frozen=True)
class NeverSays:
    """Words that are not to be said.

        kind: never_says.v1
        with:
          speaker: agent                      # agent (unless given), customer, other, anyone
          phrases: ["calm down", "that is not my problem"]
          patterns: ['you (have|need) to listen']
          tolerance: 0.1                      # share of a phrase's letters that a recogniser may have got wrong
          named: a reference number            # what these words are, for a reader, in the place of patterns
          within: {last_turns: 3}             # see the stretches

    Met names what was looked through, and the nearest thing found. Not met quotes the words.
    """

    name: ClassVar[str] = "never_says.v1"
    placed: ClassVar[bool] = False

    speaker: Who = "agent"
    phrases: tuple[Phrase, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    tolerance: float = 0.1
    named: str = ""
    within: Stretch = EVERYWHERE

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the words."""
        yield from self._said.problems()

    @cached_property
    def _said(self) -> Said:
        return Said(self.speaker, self.phrases, self.patterns, self.tolerance, self.named)

    def judge(self, context: Context) -> Judgement:
        """Look for the words; where only words in doubt were found, a person decides."""
        count = count_said(context, self._said, self.within, enough=1)
        if isinstance(count, Judgement):
            return count
        if count.sure:
            probability = max(probability_of(context, found) for found in count.sure)
            return Judgement(Verdict.NOT_MET, probability, quote_all(context, count.sure))
        if count.doubtful:
            why = "Whether this was never said rests on words that are in doubt."
            return unsure(why, 0.5, quote_all(context, count.doubtful))
        return Judgement(Verdict.MET, 1.0, searched=count.searched)
