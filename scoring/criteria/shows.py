"""Did a side show a behaviour: in which stretch, in how many turns?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

from scoring.criteria.base import Context, Judgement, counted, unsure
from scoring.criteria.shown import Behaviours, Showing, Sighting, nearest, sighted, sighted_all
from scoring.criteria.stretch import EVERYWHERE, Stretch
from scoring.result import Searched, Verdict


class Seen(NamedTuple):
    """What was found in a stretch, likely or not, and what was looked through."""

    found: tuple[Sighting, ...]
    searched: Searched

    @property
    def sure(self) -> tuple[Sighting, ...]:
        """The turns that show it."""
        return tuple(item for item in self.found if item.sure)

    @property
    def possible(self) -> tuple[Sighting, ...]:
        """The turns that show it or may do so."""
        return tuple(item for item in self.found if item.possible)

    def likely(self, count: int) -> float:
        """How likely so many turns show it: the probability of the so many-th likeliest."""
        likeliest = sorted((item.probability for item in self.found), reverse=True)
        return likeliest[count - 1] if len(likeliest) >= count else 0.0


@dataclass(frozen=True)
class Shows:
    """A behaviour that is to be shown.

        kind: shows.v1
        with:
          behaviour: [empathy, reflection]    # one, or a list of which any counts; it says whose it is
          within: {after: {behaviour: distress}, turns_after: 2}    # see the stretches
          at_least: 1                         # in so many turns …
          at_most: 3                          # … and not in more

    A turn counts once, however much of it shows the behaviour. probability: that of the turn which decides.
    """

    name: ClassVar[str] = "shows.v1"
    placed: ClassVar[bool] = True

    behaviour: Behaviours
    within: Stretch = EVERYWHERE
    at_least: int = 1
    at_most: int | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Behaviours of both sides, and counts that cannot be."""
        yield from self._showing.problems()
        if self.at_least < 0:
            yield "at_least", f"a number of turns, not {self.at_least}"
        if self.at_most is not None and self.at_most < max(self.at_least, 0):
            yield "at_most", f"at least {self.at_least}, like `at_least`, not {self.at_most}"
        if self.at_least == 0 and self.at_most is None:
            yield "at_least", "with 0 and no `at_most` every conversation would do"

    @cached_property
    def _showing(self) -> Showing:
        return Showing(self.behaviour)

    def judge(self, context: Context) -> Judgement:
        """Count the turns that show it; where a turn in doubt decides, a person has to."""
        seen = see(context, self._showing, self.within)
        if isinstance(seen, Judgement):
            return seen
        sure, possible = len(seen.sure), len(seen.possible)
        if self.at_most is not None and sure > self.at_most:
            evidence = sighted_all(context, seen.sure)
            return Judgement(Verdict.NOT_MET, seen.likely(self.at_most + 1), evidence, seen.searched)
        if possible < self.at_least:
            evidence = sighted_all(context, seen.possible)
            return Judgement(Verdict.NOT_MET, unlikely(seen.likely(self.at_least)), evidence, seen.searched)
        if sure < self.at_least:
            return self._unsure(context, seen, counted(self.at_least, "turn"), seen.likely(self.at_least))
        if self.at_most is not None and possible > self.at_most:
            more = f"more than {counted(self.at_most, 'turn')}"
            return self._unsure(context, seen, more, unlikely(seen.likely(self.at_most + 1)))
        evidence = sighted_all(context, seen.sure)
        if self.at_least:
            return Judgement(Verdict.MET, seen.likely(self.at_least), evidence, place=seen.sure[self.at_least - 1].place)
        return Judgement(Verdict.MET, unlikely(seen.likely((self.at_most or 0) + 1)), evidence, seen.searched)

    def _unsure(self, context: Context, seen: Seen, turns: str, met: float) -> Judgement:
        why = f"Whether {turns} of the {self._showing.speaker} show {self._showing.titles} is too close to tell."
        return unsure(why, met, sighted_all(context, tuple(item for item in seen.possible if not item.sure)))


def unlikely(probability: float) -> float:
    """The probability of the contrary, rounded as probabilities are."""
    return round(1 - probability, 4)


def see(context: Context, showing: Showing, within: Stretch) -> Seen | Judgement:
    """Which turns of the stretch show it, or why that cannot be told."""
    if refused := context.cannot_tell(showing.speaker.value):
        return refused
    bounds = within.find(context, showing.speaker.value)
    if isinstance(bounds, Judgement):
        return bounds
    found = showing.find(context, bounds)
    if isinstance(found, Judgement):
        return found
    near = nearest(found)
    return Seen(found, bounds.searched(context, showing.sought, sighted(context, near) if near else None))
