"""How do several judgements become one?

Three-valued logic: a part that is unsure makes the whole unsure only where it could change the answer. Parts that do not
apply are left out; where none applies, the whole does not.
"""

from collections.abc import Callable, Iterable, Sequence

from scoring.criteria.base import MOST_EVIDENCE, Judgement, Place
from scoring.result import Evidence, Searched, Verdict


def applying(parts: Iterable[Judgement]) -> list[Judgement]:
    """The parts whose question arises."""
    return [part for part in parts if part.verdict is not Verdict.NOT_APPLICABLE]


def having(parts: Sequence[Judgement], *verdicts: Verdict) -> list[Judgement]:
    """The parts with one of these verdicts."""
    return [part for part in parts if part.verdict in verdicts]


def concluded(
    verdict: Verdict,
    deciding: Sequence[Judgement],
    probability: Callable[[Iterable[float]], float],
    why: str,
    place: Place | None = None,
) -> Judgement:
    """A judgement that rests on the parts which decided it, with their evidence and what they looked through."""
    pieces = [piece for part in deciding for piece in part.evidence[:2]]
    return Judgement(
        verdict,
        probability(part.probability for part in deciding),
        (Evidence(why), *pieces)[:MOST_EVIDENCE],
        _searched([part.searched for part in deciding if part.searched]),
        place,
    )


def _searched(found: Sequence[Searched]) -> Searched | None:
    """One account of everything that was looked through."""
    if not found:
        return None
    speakers = {item.speaker for item in found}
    return Searched(
        speaker=found[0].speaker if len(speakers) == 1 else "anyone",
        turns=max(item.turns for item in found),
        start=min((item.start for item in found if item.start is not None), default=None),
        end=max((item.end for item in found if item.end is not None), default=None),
        sought="; ".join(dict.fromkeys(item.sought for item in found)),
        nearest=next((item.nearest for item in found if item.nearest), None),
    )
