"""Was a behaviour never shown that must not be?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, unsure
from scoring.criteria.shown import Behaviours, Showing, sighted_all
from scoring.criteria.shows import see, unlikely
from scoring.criteria.stretch import EVERYWHERE, Stretch
from scoring.result import Verdict


@dataclass(frozen=True)
class NeverShows:
    """A behaviour that is not to be shown.

        kind: never_shows.v1
        with:
          behaviour: [threatens, rude]        # one, or a list of which none may be shown; it says whose it is
          within: {last_turns: 3}             # see the stretches

    Met names what was looked through, and the nearest thing found. Not met quotes the words. probability: of not met, that
    of the likeliest turn; of met, that the likeliest turn does not show it.
    """

    name: ClassVar[str] = "never_shows.v1"
    placed: ClassVar[bool] = False

    behaviour: Behaviours
    within: Stretch = EVERYWHERE

    def problems(self) -> Iterator[tuple[str, str]]:
        """Behaviours of both sides."""
        yield from self._showing.problems()

    @cached_property
    def _showing(self) -> Showing:
        return Showing(self.behaviour)

    def judge(self, context: Context) -> Judgement:
        """Look for it; where only turns in doubt may show it, a person decides."""
        seen = see(context, self._showing, self.within)
        if isinstance(seen, Judgement):
            return seen
        likeliest = seen.likely(1)
        if seen.sure:
            return Judgement(Verdict.NOT_MET, likeliest, sighted_all(context, seen.sure))
        if seen.possible:
            why = f"Whether the {self._showing.speaker} never shows {self._showing.titles} is too close to tell."
            return unsure(why, unlikely(likeliest), sighted_all(context, seen.possible))
        return Judgement(Verdict.MET, unlikely(likeliest), searched=seen.searched)
