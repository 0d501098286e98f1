"""In how many turns does something show, for each turn in which another thing does?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from scoring.behaviours.judge import DOUBT
from scoring.criteria.bands import Band, asked, verdict_in
from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, counted, does_not_apply, unsure
from scoring.criteria.shown import Behaviours, Showing, Sighting, side_problem, sighted_all
from scoring.criteria.shows import see
from scoring.criteria.stretch import EVERYWHERE, Stretch
from scoring.result import Evidence, Verdict


@dataclass(frozen=True)
class Ratio:
    """How often one behaviour is shown, relative to another.

        kind: ratio.v1
        with:
          of: reflection                      # one, or a list of which any counts
          to: question
          met: [0.5, null]                    # at least one for every two; null is without end
          partly: [0.25, null]
          to_at_least: 3                      # does not apply where `to` is shown in fewer turns
          within: {last_turns: 20}            # see the stretches

    Counted are turns. Each may or may not show it, with the probability that the judge gives, so that both counts have a
    probability too: the verdict is the likeliest, and a person's where it is not likely enough. A turn that was hardly heard
    or whose side is in doubt may as well count as not.
    """

    name: ClassVar[str] = "ratio.v1"
    placed: ClassVar[bool] = False

    of: Behaviours
    to: Behaviours
    met: Band
    partly: Band | None = None
    to_at_least: int = 1
    within: Stretch = EVERYWHERE

    def problems(self) -> Iterator[tuple[str, str]]:
        """Behaviours of both sides in one list, and a count that cannot be."""
        yield from side_problem("of", self.of)
        yield from side_problem("to", self.to)
        if self.to_at_least < 1:
            yield "to_at_least", f"a number of turns from 1 on, not {self.to_at_least}"

    @cached_property
    def _of(self) -> Showing:
        return Showing(self.of)

    @cached_property
    def _to(self) -> Showing:
        return Showing(self.to)

    def judge(self, context: Context) -> Judgement:
        """Give the verdict that the counts most likely come to; a person decides where that is not likely enough."""
        to = see(context, self._to, self.within)
        if isinstance(to, Judgement):
            return to
        of = see(context, self._of, self.within)
        if isinstance(of, Judgement):
            return of
        likely = self._likely(_count(of.found), _count(to.found))
        verdict = max(likely, key=lambda one: likely[one])
        shown, base = _about(of.found), _about(to.found)
        counts = f"{self._of.titles} in {counted(shown, 'turn')} and {self._to.titles} in {base}"
        if likely[verdict] < 1 - DOUBT:
            why = f"About {counts}: too close to tell what that comes to ({asked(self.met, self.partly)})."
            return unsure(why, likely[Verdict.MET], sighted_all(context, (*of.possible, *to.possible)))
        if verdict is Verdict.NOT_APPLICABLE:
            why = f"The {self._to.speaker} shows {self._to.titles} in {counted(base, 'turn')}, too few to compare with."
            return does_not_apply(why, to.searched, likely[verdict])
        share = f", a ratio of {shown / base:.2f}" if base else ""
        evidence = (Evidence(f"{counts}{share} ({asked(self.met, self.partly)})."), *sighted_all(context, of.possible))
        return Judgement(verdict, likely[verdict], evidence[:MOST_EVIDENCE], of.searched)

    def _likely(self, of: NDArray[np.float64], to: NDArray[np.float64]) -> dict[Verdict, float]:
        """How likely each verdict is, from how likely each count is. The two counts are taken as independent."""
        likely = dict.fromkeys((Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.NOT_APPLICABLE), 0.0)
        for base, probability in enumerate(to):
            if base < self.to_at_least:
                likely[Verdict.NOT_APPLICABLE] += float(probability)
                continue
            for shown, share in enumerate(of):
                likely[verdict_in(shown / base, self.met, self.partly)] += float(probability * share)
        return {verdict: round(min(share, 1.0), 4) for verdict, share in likely.items()}


def _count(found: Sequence[Sighting]) -> NDArray[np.float64]:
    """How likely it is shown in 0, 1, 2, … turns, each turn by itself (the Poisson binomial distribution)."""
    counts = np.ones(1)
    for item in found:
        probability = _probability(item)
        counts = np.convolve(counts, [1 - probability, probability])
    return counts


def _about(found: Sequence[Sighting]) -> int:
    """In how many turns it is more likely than not."""
    return sum(_probability(item) >= 0.5 for item in found)


def _probability(item: Sighting) -> float:
    return 0.5 if item.doubt and item.possible else item.probability
