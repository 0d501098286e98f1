"""Does our score go with what customers say when they are asked?

Spearman's rank correlation of score and answer, with the 95 % interval of Fisher's transformation and the variance of Bonett
and Wright, (1 + r² / 2) / (n - 3) ("Sample size requirements for estimating Pearson, Kendall and Spearman correlations",
Psychometrika 65, 2000, formula 6). It supposes that the pairs have nothing to do with one another, so of a customer only the
latest answer counts (`latest_of_each`). Few customers answer, and those who do are not like the others: a correlation of
those who answered says nothing of the rest, and from fewer than `FEWEST_ANSWERS` nothing is said at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # who takes calls in knows the kinds of answers, and loads nothing that takes seconds for it
    import pandas as pd

FEWEST_ANSWERS = 30
"""With thirty pairs the interval is still wider than half a point; below, it says nothing that chance does not."""


class AnswerKind(StrEnum):
    """What customers were asked."""

    CSAT = "csat"  # how satisfied they were
    NPS = "nps"  # how likely they are to recommend the company


RANGE = {AnswerKind.CSAT: (1, 5), AnswerKind.NPS: (0, 10)}
"""The lowest and the highest answer of each."""


@dataclass(frozen=True)
class Agreement:
    """How far two rankings agree: r from -1 to 1, its 95 % interval, and from how many pairs."""

    pairs: int
    r: float
    low: float
    high: float


def agreement(ours: Sequence[float], theirs: Sequence[float]) -> Agreement | None:
    """How far our figures rank as the customers' answers do, pair by pair; None below `FEWEST_ANSWERS` pairs, and where one
    of the two is always the same, so that there is nothing to rank."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    if len(ours) < FEWEST_ANSWERS:
        return None
    a, b = rankdata(np.asarray(ours, np.float64)), rankdata(np.asarray(theirs, np.float64))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))
    if abs(r) > 1 - 1e-12:  # ranked exactly alike: the transformation has no end there
        return Agreement(len(a), math.copysign(1.0, r), math.copysign(1.0, r), math.copysign(1.0, r))
    half = float(ndtri(0.975)) * math.sqrt((1 + r * r / 2) / (len(a) - 3))
    return Agreement(len(a), r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def latest_of_each(answers: "pd.DataFrame") -> "pd.DataFrame":
    """One row a customer: the latest of the columns `customer` (empty where nobody knows whose it is: each is another) and
    `answered_at`, so that nobody counts twice."""
    import pandas as pd

    known = answers["customer"] != ""
    latest = answers[known].sort_values("answered_at", kind="stable").drop_duplicates("customer", keep="last")
    return pd.concat([latest, answers[~known]]).sort_index()
