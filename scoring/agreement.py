"""How far do two or more judges agree, people or the machine, and how sure is that figure?

Percent agreement says how often; kappa and alpha say how much more often than chance would. Each comes with a bootstrap
interval, drawn over whole groups (calls, say) where answers of one group hang together.

Sources: Cohen, "A coefficient of agreement for nominal scales" (1960) and "Weighted kappa" (1968); Krippendorff, "Content
Analysis" (2004), computed by the package `krippendorff`; Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
percentile intervals.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weights = Literal["linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval", "ratio"]

Table = NDArray[np.float64]
POWERS: dict[Weights, int] = {"linear": 1, "quadratic": 2}

RESAMPLES = 1_000
LEVEL = 0.90
SEED = 20_260


@dataclass(frozen=True)
class Agreement:
    """A figure of agreement with the interval that holds it with a probability of 90 %, and the number of items behind it.

    `value` and the interval are None where it is not defined: nothing was judged, or both always gave the same one answer
    (chance alone would then agree as well).
    """

    value: float | None
    low: float | None
    high: float | None
    items: int


def percent_agreement(a: Sequence[Hashable], b: Sequence[Hashable], groups: Sequence[Hashable] | None = None) -> Agreement:
    """The share of items on which two judges gave the same answer, 0 to 1. `groups` names what each item belongs to.

    Raises ValueError where the two do not judge the same number of items.
    """
    return _of_two(a, b, groups, _share_alike)


def cohens_kappa(a: Sequence[Hashable], b: Sequence[Hashable], groups: Sequence[Hashable] | None = None) -> Agreement:
    """Agreement of two judges beyond chance: 1 is always, 0 is as often as chance. Raises ValueError as above."""
    return _of_two(a, b, groups, lambda table: _kappa(table, None))


def gain_in_kappa(
    truth: Sequence[Hashable],
    before: Sequence[Hashable],
    after: Sequence[Hashable],
    groups: Sequence[Hashable] | None = None,
) -> Agreement:
    """How much better `after` agrees with `truth` than `before` does: kappa minus kappa, drawn together, so that what is
    hard for both does not widen the interval. Raises ValueError as above.
    """
    members = _members(len(truth), groups)
    old, new = _tables(truth, before, members), _tables(truth, after, members)

    def gain(times: NDArray[np.int_]) -> float:
        return _kappa(np.tensordot(times, new, axes=1), None) - _kappa(np.tensordot(times, old, axes=1), None)

    return _with_interval(len(truth), len(members), gain)


def weighted_kappa(
    a: Sequence[float], b: Sequence[float], weights: Weights = "quadratic", groups: Sequence[Hashable] | None = None
) -> Agreement:
    """Cohen's kappa for answers in an order, where a near miss counts as less than a far one. Raises ValueError as above.

    The distance of two answers is that of their ranks among all the answers given.
    """
    return _of_two(a, b, groups, lambda table: _kappa(table, POWERS[weights]))


def krippendorff_alpha(
    judgements: Sequence[Sequence[float | None]], level: Level = "nominal", groups: Sequence[Hashable] | None = None
) -> Agreement:
    """Agreement beyond chance of any number of judges, who need not all judge everything.

    `judgements` has a row for each judge and a column for each item; None where a judge did not judge an item. Raises
    ValueError where the rows have different lengths.
    """
    table = np.array([[np.nan if value is None else float(value) for value in row] for row in judgements], float)
    if table.ndim != 2:
        raise ValueError("every judge needs an entry for every item, None where there is no answer")
    members = _members(table.shape[1], groups)
    return _with_interval(
        table.shape[1],
        len(members),
        lambda times: _alpha(table[:, [p for places, n in zip(members, times, strict=True) for p in places * n]], level),
    )


def _of_two(
    a: Sequence[Hashable],
    b: Sequence[Hashable],
    groups: Sequence[Hashable] | None,
    figure: Callable[[Table], float],
) -> Agreement:
    """A figure of the table that says how often one gave this answer and the other that, with its interval."""
    members = _members(len(a), groups)
    tables = _tables(a, b, members)
    return _with_interval(len(a), len(members), lambda times: figure(np.tensordot(times, tables, axes=1)))


def _tables(a: Sequence[Hashable], b: Sequence[Hashable], members: Sequence[Sequence[int]]) -> Table:
    """For each group how often one gave this answer and the other that, shape (groups, answers, answers)."""
    if len(a) != len(b):
        raise ValueError(f"two judges have to judge the same items; these gave {len(a)} and {len(b)} answers")
    answers = {value: rank for rank, value in enumerate(_in_order({*a, *b}))}
    tables = np.zeros((len(members), len(answers), len(answers)))
    for number, places in enumerate(members):
        for place in places:
            tables[number, answers[a[place]], answers[b[place]]] += 1
    return tables


def _members(items: int, groups: Sequence[Hashable] | None) -> list[list[int]]:
    """The places of the items of each group."""
    if groups is not None and len(groups) != items:
        raise ValueError(f"{items} items need as many groups, not {len(groups)}")
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups if groups is not None else range(items)):
        members.setdefault(group, []).append(place)
    return list(members.values())


def _in_order(values: set[Hashable]) -> list[Hashable]:
    """In their own order where they have one, else in that of their names."""
    try:
        return sorted(values)  # type: ignore[type-var]
    except TypeError:
        return sorted(values, key=str)


def _with_interval(items: int, groups: int, figure: Callable[[NDArray[np.int_]], float]) -> Agreement:
    """`figure` is given how many times each group is drawn."""
    value = figure(np.ones(groups, int)) if items else float("nan")
    if not np.isfinite(value):
        return Agreement(None, None, None, items)
    chance = np.random.default_rng(SEED)
    drawn = [figure(times) for times in chance.multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)]
    known = [one for one in drawn if np.isfinite(one)]
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Agreement(round(value, 4), round(float(low), 4), round(float(high), 4), items)


def _share_alike(table: Table) -> float:
    return float(np.trace(table) / table.sum())


def _kappa(table: Table, power: int | None) -> float:
    """One minus the disagreement seen over that expected by chance; a power of the distance weighs it, None all alike."""
    ranks = np.arange(len(table))
    distance = np.abs(ranks[:, None] - ranks)
    weights = (distance > 0).astype(float) if power is None else distance.astype(float) ** power
    share = table / table.sum()
    expected = (weights * np.outer(share.sum(axis=1), share.sum(axis=0))).sum()
    # Where both always give one answer chance agrees always, and more than always there is not.
    return float(1 - (weights * share).sum() / expected) if expected else float("nan")


def _alpha(table: Table, level: Level) -> float:
    pairable = table[:, (~np.isnan(table)).sum(axis=0) >= 2]
    if len(np.unique(pairable[~np.isnan(pairable)])) < 2:
        return float("nan")
    import krippendorff

    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))
