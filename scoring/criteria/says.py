"""Was a phrase said: by whom, in which stretch, how often?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

from scoring.criteria.base import UNSEARCHED, Context, Judgement, Who, counted, unsure
from scoring.criteria.said import Found, Pattern, Phrase, Said, evidence_of, probability_of, quote_all
from scoring.criteria.stretch import EVERYWHERE, Bounds, Stretch
from scoring.result import Searched, Verdict


class Count(NamedTuple):
    """What was found in a stretch: for sure, in doubt, and what was looked through."""

    sure: tuple[Found, ...]
    doubtful: tuple[Found, ...]
    searched: Searched


@dataclass(frozen=True)
class Says:
    """Words that are to be said.

        kind: says.v1
        with:
          speaker: agent                      # agent (unless given), customer, other, anyone
          phrases: ["thank you for calling", "thanks for calling"]
          patterns: ['this is \\w+ speaking']  # regular expressions, on the words as written, without regard to capitals
          tolerance: 0.1                      # share of a phrase's letters that a recogniser may have got wrong
          named: a reference number            # what these words are, for a reader, in the place of patterns
          within: {first_turns: 2}            # see the stretches
          at_least: 1                         # so many times …
          at_most: 3                          # … and not more often

    probability: of the words that decide, the recogniser's confidence times the share of letters that agree; 1 for an
    absence, though a recogniser can also have missed what was said.
    """

    name: ClassVar[str] = "says.v1"
    placed: ClassVar[bool] = True

    speaker: Who = "agent"
    phrases: tuple[Phrase, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    tolerance: float = 0.1
    named: str = ""
    within: Stretch = EVERYWHERE
    at_least: int = 1
    at_most: int | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the words, and counts that cannot be."""
        yield from self._said.problems()
        if self.at_least < 0:
            yield "at_least", f"a number of times, not {self.at_least}"
        if self.at_most is not None and self.at_most < max(self.at_least, 0):
            yield "at_most", f"at least {self.at_least}, like `at_least`, not {self.at_most}"
        if self.at_least == 0 and self.at_most is None:
            yield "at_least", "with 0 and no `at_most` every conversation would do"

    @cached_property
    def _said(self) -> Said:
        return Said(self.speaker, self.phrases, self.patterns, self.tolerance, self.named)

    def judge(self, context: Context) -> Judgement:
        """Count what was said; where words in doubt decide, a person has to."""
        enough = self.at_least if self.at_most is None else None
        count = count_said(context, self._said, self.within, enough)
        if isinstance(count, Judgement):
            return count
        sure, possible = len(count.sure), len(count.sure) + len(count.doubtful)
        everything = (*count.sure, *count.doubtful)
        if self.at_most is not None and sure > self.at_most:
            surest = min(probability_of(context, found) for found in count.sure[: self.at_most + 1])
            return Judgement(Verdict.NOT_MET, surest, quote_all(context, count.sure), count.searched)
        if possible < self.at_least:
            return Judgement(Verdict.NOT_MET, 1.0, quote_all(context, everything), count.searched)
        if sure < self.at_least or (self.at_most is not None and possible > self.at_most):
            times = counted(self.at_least, "time") if sure < self.at_least else f"more than {self.at_most}"
            why = f"Whether this was said {times} rests on words that are in doubt."
            return unsure(why, 0.5, quote_all(context, count.doubtful))
        if not self.at_least:
            return Judgement(Verdict.MET, 1.0, quote_all(context, count.sure), count.searched)
        probability = min(probability_of(context, found) for found in count.sure[: self.at_least])
        place = count.sure[self.at_least - 1].place
        return Judgement(Verdict.MET, probability, quote_all(context, count.sure), place=place)


def count_said(context: Context, said: Said, within: Stretch, enough: int | None = None) -> Count | Judgement:
    """What was said within the stretch, or why that cannot be told.

    enough: so many for sure decide; where only a verdict is wanted, nothing is looked for beyond them.
    """
    if refused := context.cannot_tell(said.speaker):
        return refused
    bounds = within.find(context, said.speaker)
    if isinstance(bounds, Judgement):
        return bounds
    if enough == 1 and not context.quoting and bounds.whole_turns:
        found = said.first_or_none(context, bounds.turns)
        if found is not None:
            return Count(found, (), UNSEARCHED)
    looked = said.look(context)
    sure: list[Found] = []
    doubtful: list[Found] = []
    for item in looked.found(bounds.turns):
        if _lies_in(bounds, item, context):
            (doubtful if item.doubt else sure).append(item)
            if len(sure) == enough and not context.quoting:
                break
    if looked.too_slow:
        return unsure(f"The pattern “{looked.too_slow}” took too long on this conversation.")
    near = looked.nearest
    nearest = evidence_of(context, near)[0] if near is not None and _lies_in(bounds, near, context) else None
    return Count(tuple(sure), tuple(doubtful), bounds.searched(context, said.sought, nearest))


def _lies_in(bounds: Bounds, found: Found, context: Context) -> bool:
    return bounds.holds(found.place, lambda: context.conversation.heard(*found.parts[0]).start)
