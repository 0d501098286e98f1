"""Do our scores go with what customers say? Puts answers beside the scores of the conversations that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from coaching.satisfaction import Agreement, AnswerKind, agreement, latest_of_each

ENDED = "ended"
"""What the customer's sentiment at the end is called among the scorecards."""


@dataclass(frozen=True)
class Compared:
    """One scorecard, or the sentiment at the end (`ENDED`), beside the answers of one kind. answers: of how many customers;
    agreement: None where that is too few, or one of the two is always the same."""

    kind: AnswerKind
    scorecard: str
    title: str
    answers: int
    agreement: Agreement | None


def compare(rows: pd.DataFrame) -> list[Compared]:
    """What can be said of each kind of answer and each scorecard, the sentiment at the end last of its kind.

    rows: as from `storage.queries.satisfaction`. An answer about several conversations is held against the mean of their
    totals, and against the sentiment at the end of the last of them.
    """
    found = []
    for kind in AnswerKind:
        own = rows[rows["kind"] == kind.value]
        judged = own[own["scorecard"] != ""].dropna(subset=["total"])
        for (scorecard, title), some in judged.groupby(["scorecard", "title"], sort=True):
            pairs = latest_of_each(
                some.groupby("answer").agg(
                    ours=("total", "mean"), score=("score", "first"), customer=("customer", "first"),
                    answered_at=("answered_at", "max"),
                )
            )  # fmt: skip
            found.append(_compared(kind, str(scorecard), str(title), pairs))
        felt = own.dropna(subset=["ended"]).sort_values("started_at", kind="stable").drop_duplicates("answer", keep="last")
        if not felt.empty:
            pairs = latest_of_each(felt.rename(columns={"ended": "ours"}).set_index("answer"))
            found.append(_compared(kind, ENDED, "Sentiment at the end", pairs))
    return found


def _compared(kind: AnswerKind, scorecard: str, title: str, pairs: pd.DataFrame) -> Compared:
    ours: Sequence[float] = pairs["ours"].tolist()
    return Compared(kind, scorecard, title, len(pairs), agreement(ours, pairs["score"].tolist()))
