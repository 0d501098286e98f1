"""How far do people agree who judge the same calls blind, who is strict, and which question is understood in several ways?

Agreement comes from `scoring.agreement`: whole calls are drawn for its intervals, as answers about one call hang together.
From few calls nothing is claimed. Strictness is the mean, over the same questions of the same calls, of what somebody gives
less than the others do, with its bootstrap interval (Efron and Tibshirani 1993).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.agreement import LEVEL, RESAMPLES, SEED, Agreement

FEWEST_CALLS = 5
"""With fewer calls than this no interval is given and nothing is said of a person or a question."""


@dataclass(frozen=True)
class Judged:
    """One answer of one person to one question of one call.

    answer: what was answered, as a name that two people share when they answered alike. points: the share of the weight that
    it earns, None where it does not count. at: when it was given.
    """

    reviewer: int
    call: str
    criterion: str
    answer: str
    points: float | None
    at: datetime


@dataclass(frozen=True)
class Difference:
    """How many points somebody gives more (above 0) or fewer than the others on the same questions of the same calls.

    value, low and high are shares of a question's points with the 90 % interval, None from too few calls. `items` is how
    many answers were compared.
    """

    value: float | None
    low: float | None
    high: float | None
    items: int

    @property
    def lenient(self) -> bool:
        """Whether somebody clearly gives more than the others."""
        return self.low is not None and self.low > 0

    @property
    def strict(self) -> bool:
        """Whether somebody clearly gives less than the others."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True)
class OfQuestion:
    """How far everybody agrees on one question. agreement: of any two people; alpha: beyond chance (Krippendorff).

    with_expert: of the reviewers with the expert, where there is one. wording: the question itself seems to be understood in
    several ways, see `trouble_with_wording`.
    """

    criterion: str
    agreement: Agreement
    alpha: Agreement
    with_expert: Agreement | None
    wording: bool


@dataclass(frozen=True)
class OfReviewer:
    """How far one person agrees with the others, the expert, and their own earlier answers, and how strict they are.

    with_expert is None where there is no expert, again where they judged none of the calls before.
    """

    reviewer: int
    with_others: Agreement
    with_expert: Agreement | None
    difference: Difference
    again: Agreement | None


@dataclass(frozen=True)
class Results:
    """What a session says: all questions together, each question in the order given, and each reviewer."""

    calls: int
    agreement: Agreement
    alpha: Agreement
    questions: tuple[OfQuestion, ...]
    reviewers: tuple[OfReviewer, ...]


def results(
    judged: Sequence[Judged], criteria: Sequence[str], expert: int | None, earlier: Sequence[Judged], days: int
) -> Results:
    """What the answers of a session say.

    criteria: the questions in their order. expert: whose answers are the reference; they are no reviewer then. earlier:
    answers that the same people gave before to questions of these calls, of which those at least `days` older count.
    """
    reference = [one for one in judged if one.reviewer == expert]
    reviewers = [one for one in judged if one.reviewer != expert]
    people = sorted({one.reviewer for one in reviewers})
    suspected = trouble_with_wording(judged, criteria)

    def question(criterion: str) -> OfQuestion:
        own = [one for one in reviewers if one.criterion == criterion]
        told = [one for one in reference if one.criterion == criterion]
        return OfQuestion(
            criterion,
            among(own),
            _alpha(own),
            between(own, told) if expert is not None else None,
            criterion in suspected,
        )

    def reviewer(person: int) -> OfReviewer:
        own = [one for one in reviewers if one.reviewer == person]
        others = [one for one in reviewers if one.reviewer != person]
        again = before(own, [one for one in earlier if one.reviewer == person], days)
        return OfReviewer(
            person,
            between(own, others),
            between(own, reference) if expert is not None else None,
            difference(own, others),
            between(own, again) if again else None,
        )

    return Results(
        calls=len({one.call for one in judged}),
        agreement=among(reviewers),
        alpha=_alpha(reviewers),
        questions=tuple(map(question, criteria)),
        reviewers=tuple(map(reviewer, people)),
    )


def among(judged: Sequence[Judged]) -> Agreement:
    """The share of answers alike over every two people who answered the same question of the same call."""
    pairs = [pair for item in _by_item(judged).values() for pair in combinations(item, 2)]
    return _percent(pairs)


def between(own: Sequence[Judged], others: Sequence[Judged]) -> Agreement:
    """The share of one side's answers that are those of the other side, over the same questions of the same calls."""
    theirs = _by_item(others)
    return _percent([(one, other) for one in own for other in theirs.get((one.call, one.criterion), ())])


def difference(own: Sequence[Judged], others: Sequence[Judged]) -> Difference:
    """How much more than the mean of the others somebody gives, over the answers that count for both."""
    theirs = _by_item(others)
    by_call: dict[str, list[float]] = defaultdict(list)
    for one in own:
        given = [other.points for other in theirs.get((one.call, one.criterion), ()) if other.points is not None]
        if one.points is not None and given:
            by_call[one.call].append(one.points - sum(given) / len(given))
    items = sum(map(len, by_call.values()))
    value, low, high = _mean(by_call)
    return Difference(value if low is not None else None, low, high, items)


def trouble_with_wording(judged: Sequence[Judged], criteria: Iterable[str]) -> frozenset[str]:
    """The questions on which everybody, the expert too, disagrees with everybody, while the same people agree elsewhere.

    The interval of agreement on the question lies wholly below that on all others, and no single person explains it: it does
    so too when any one of three or more people is left out.
    """
    people = {one.reviewer for one in judged}
    left_out = [None, *people] if len(people) > 2 else [None]

    def apart(criterion: str, without: int | None) -> bool:
        kept = [one for one in judged if one.reviewer != without]
        here = among([one for one in kept if one.criterion == criterion])
        elsewhere = among([one for one in kept if one.criterion != criterion])
        return here.high is not None and elsewhere.low is not None and here.high < elsewhere.low

    return frozenset(criterion for criterion in criteria if all(apart(criterion, without) for without in left_out))


def before(own: Sequence[Judged], earlier: Sequence[Judged], days: int) -> list[Judged]:
    """Of somebody's earlier answers the last one to each question, if it is at least `days` older than the one now."""
    now = {(one.call, one.criterion): one.at for one in own}
    last: dict[tuple[str, str], Judged] = {}
    for one in sorted(earlier, key=lambda one: one.at):
        item = (one.call, one.criterion)
        if item in now and now[item] - one.at >= timedelta(days=days):
            last[item] = one
    return list(last.values())


def _by_item(judged: Iterable[Judged]) -> Mapping[tuple[str, str], list[Judged]]:
    found: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        found[one.call, one.criterion].append(one)
    return found


def _percent(pairs: Sequence[tuple[Judged, Judged]]) -> Agreement:
    """As `scoring.agreement.percent_agreement` with calls as groups, all draws at once: a session has many such figures."""
    by_call: dict[str, list[float]] = defaultdict(list)
    for one, other in pairs:
        by_call[one.call].append(float(one.answer == other.answer))
    mean = _mean(by_call)
    return Agreement(*mean, len(pairs))


def _mean(by_call: Mapping[str, Sequence[float]]) -> tuple[float | None, float | None, float | None]:
    """The mean of all values with its bootstrap interval over whole calls; no interval from too few calls."""
    if not by_call:
        return None, None, None
    sums, counts = np.array([sum(of) for of in by_call.values()]), np.array([len(of) for of in by_call.values()])
    value, n = round(float(sums.sum() / counts.sum()), 4), len(by_call)
    if n < FEWEST_CALLS:
        return value, None, None
    times = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    low, high = np.quantile((times @ sums) / (times @ counts), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return value, round(float(low), 4), round(float(high), 4)


def _alpha(judged: Sequence[Judged]) -> Agreement:
    """Krippendorff's alpha for answers without an order; people need not have answered everything.

    As `scoring.agreement.krippendorff_alpha` with calls as groups (Krippendorff 2011, from coincidences), all draws at once.
    """
    items = {item: [one.answer for one in of] for item, of in _by_item(judged).items() if len(of) > 1}
    calls = {call: place for place, call in enumerate(dict.fromkeys(call for call, _ in items))}
    if len(calls) < FEWEST_CALLS:
        return Agreement(None, None, None, len(items))
    codes: dict[tuple[str, str], int] = {}
    for (_, criterion), given in items.items():
        for answer in given:
            codes.setdefault((criterion, answer), len(codes))
    times_given, alike = np.zeros((len(calls), len(codes))), np.zeros(len(calls))
    for (call, criterion), given in items.items():
        for answer, often in Counter(given).items():
            times_given[calls[call], codes[criterion, answer]] += often
            alike[calls[call]] += often * (often - 1) / (len(given) - 1)

    def figures(times: NDArray[Any]) -> NDArray[Any]:
        given = times @ times_given
        n = given.sum(axis=1)
        expected = n**2 - (given**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 0, 1 - (n - 1) * (n - times @ alike) / expected, np.nan)

    n = len(calls)
    (value,) = figures(np.ones((1, n)))
    if np.isnan(value):
        return Agreement(None, None, None, len(items))
    drawn = figures(np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES))
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Agreement(round(float(value), 4), round(float(low), 4), round(float(high), 4), len(items))
