"""How do several judgements become one?

Three-valued logic: a part that is unsure makes the whole unsure only where it could change the answer. Parts that do not
apply are left out; where none applies, the whole does not.
"""

from collections.abc import Callable, Iterable, Sequence

from scoring.criteria.base import MOST_EVIDENCE, Judgement, Place
from scoring.result import Evidence, Searched, Verdict

_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(count: int) -> str:
    """`one`, `two`, up to `twelve`; figures from there on."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def every(count: int) -> str:
    """All of so many: `both`, `all three`."""
    return "both" if count == 2 else f"all {in_words(count)}"


def so_many(count: int, total: int, noun: str, singular: str, plural: str) -> str:
    """How a sentence about so many of all begins, with the verb in its number.

    `Neither of the two signs of this was found`, `One of the three …`, `Both signs of this were found`, `No sign of this …`
    """
    if total == 1:
        return f"{'The one' if count else 'No'} {noun} of this {singular}"
    if count == total:
        return f"{every(total).capitalize()} {noun}s of this {plural}"
    some = "neither" if (count, total) == (0, 2) else in_words(count)
    return f"{some.capitalize()} of the {in_words(total)} {noun}s of this {singular if count < 2 else plural}"


def in_doubt(count: int) -> str:
    """`one is in doubt`, `two are in doubt`."""
    return f"{in_words(count)} {'is' if count == 1 else 'are'} in doubt"


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
        sought=", and for ".join(dict.fromkeys(item.sought for item in found)),
        nearest=next((item.nearest for item in found if item.nearest), None),
    )
