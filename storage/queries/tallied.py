"""How often was each question answered how, by agent, team, week, queue or channel, whatever a filter asks?

Everything that shows how often a criterion was met is counted here, from `storage.tallies`: the database puts together the
short values of the evaluations in question, and numpy adds up.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from errors import StorageError
from scorecards.definition import Scorecard
from storage.access import Asker
from storage.mapping import scorecard_of
from storage.queries.conditions import COUNT, DAY, ID, NUMBER, TEXT, chosen_calls, counts_once
from storage.records import CallFilter
from storage.tables import CallRow, EvaluationRow, ScorecardVersionRow
from storage.tallies import ANSWER, VERDICTS, joined_values, unpack
from storage.tally_tables import TallyRow

_K = TypeVar("_K")

Dimension = Literal["agent_id", "team_id", "week", "queue", "channel"]
"""What calls can be told apart by. The team is that of the time; the week is its Monday; the channel is `CallKind`."""

_COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "agent_id": CallRow.agent_id,
    "team_id": CallRow.team_id,
    "week": CallRow.week,
    "queue": CallRow.queue,
    "channel": CallRow.kind,
}
_TYPES: Mapping[str, str] = {"agent_id": ID, "team_id": ID, "week": DAY, "queue": TEXT, "channel": TEXT}

VERDICT_COUNTS: Mapping[str, str] = {
    "scorecard": TEXT,
    "criterion": TEXT,
    **{verdict.value: COUNT for verdict in VERDICTS},
    "points": NUMBER,
    "counted": COUNT,
}


def verdict_counts(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Sequence[Dimension] = (),
    scorecard: str | None = None,
    criterion: str | None = None,
) -> pd.DataFrame:
    """How often each question was answered how, for every group of calls: the columns `by` and then `VERDICT_COUNTS`.

    `points` is the sum of the shares of the weight earned, 0 to 1 a call, where what takes away earns nothing, over the
    `counted` answers. A bonus is left out: to miss it is no gap. A call counts once per scorecard, under the newest version
    that has judged it; what its versions asked alike is added up. Calls without an agent, a team, are in groups of their
    own, whose `agent_id`, `team_id` is missing. In the order of the columns `by`, what is missing last.

    scorecard, criterion: only that one's questions, only that question, of the same calls. Raises StorageError where what
    is counted from is damaged.
    """
    versions = _versions(session, scorecard, filter)
    told_apart = [_COLUMNS[name] for name in by]
    size = func.length(TallyRow.packed)
    rows = session.connection().execute(
        select(EvaluationRow.scorecard_version_id, joined_values(session), func.min(size), func.max(size), *told_apart)
        .select_from(CallRow)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(TallyRow, TallyRow.evaluation_id == EvaluationRow.id)
        .where(
            *chosen_calls(asker, filter),
            *counts_once(asker),
            EvaluationRow.scorecard_version_id.in_(versions),
        )
        .group_by(EvaluationRow.scorecard_version_id, *told_apart)
    )
    widths = {version_id: sum(1 for _ in card) for version_id, card in versions.items()}
    groups: dict[tuple[Any, ...], int] = {}
    of_version: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for version_id, joined, shortest, longest, *group in rows:
        if not shortest == longest == widths[version_id] * ANSWER.itemsize:
            raise StorageError("What pages count from does not fit its scorecard; run `cli.py recount` to make it anew.")
        of_version[version_id].append((groups.setdefault(tuple(group), len(groups)), joined))
    questions: dict[tuple[str, str], int] = {}
    parts: list[_Part] = []
    for version_id, own in of_version.items():
        card = versions[version_id]
        wanted = [
            (place, questions.setdefault((card.id, asked.id), len(questions)))
            for place, (_, asked) in enumerate(card)
            if not asked.bonus and criterion in (None, asked.id)
        ]
        answers = unpack(b"".join(joined for _, joined in own), widths[version_id])
        evaluations = [len(joined) // (widths[version_id] * ANSWER.itemsize) for _, joined in own]
        whose = np.repeat(np.array([number for number, _ in own], np.int64), evaluations)
        chosen = answers[:, [place for place, _ in wanted]]
        parts.append(_count(whose, chosen, np.array([question for _, question in wanted], np.int64)))
    whose, asked, counted = _added_up(parts, _ranks(groups, _missing_last), _ranks(questions, lambda question: question))
    return _frame(by, sorted(groups, key=_missing_last), sorted(questions), whose, asked, counted)


_Part = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Groups and questions, one number for each pair of them; and what was counted: verdicts, points, counted."""


def _versions(session: Session, scorecard: str | None, filter: CallFilter) -> dict[int, Scorecard]:
    """The versions of the scorecards that are asked for, by their ids."""
    rows = session.execute(select(ScorecardVersionRow.id, ScorecardVersionRow.definition, ScorecardVersionRow.scorecard))
    return {
        row.id: scorecard_of(row.definition)
        for row in rows
        if scorecard in (None, row.scorecard) and filter.scorecard in (None, row.scorecard)
    }


def _count(whose: NDArray[np.int64], answers: NDArray[Any], questions: NDArray[np.int64]) -> _Part:
    """The counts of one version's answers, by the groups that have some."""
    groups, own = np.unique(whose, return_inverse=True)
    width, kinds = len(questions), len(VERDICTS)
    cell = (own[:, None] * width + np.arange(width)).ravel()
    size = len(groups) * width
    points = answers["points"].ravel()
    counts = np.isfinite(points)
    counted = np.empty((size, kinds + 2))
    verdicts = np.bincount(cell * kinds + answers["verdict"].ravel(), minlength=size * kinds)
    counted[:, :kinds] = verdicts.reshape(size, kinds)
    counted[:, kinds] = np.bincount(cell, np.where(counts, np.maximum(points, 0.0), 0.0), minlength=size)
    counted[:, kinds + 1] = np.bincount(cell, counts, minlength=size)
    return np.repeat(groups, width), np.tile(questions, len(groups)), counted


def _missing_last(group: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple((value is None, value) for value in group)


def _ranks(numbered: Mapping[_K, int], key: Callable[[_K], Any]) -> NDArray[np.int64]:
    """For each number the place that what it stands for has in the order."""
    ranks = np.empty(len(numbered), np.int64)
    ranks[[numbered[one] for one in sorted(numbered, key=key)]] = np.arange(len(numbered))
    return ranks


def _added_up(parts: Sequence[_Part], groups: NDArray[np.int64], questions: NDArray[np.int64]) -> _Part:
    """One row for each group and question, whichever version asked it, in their order.

    groups, questions: for each number its place in the order.
    """
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, len(VERDICTS) + 2))
    whose, asked, counted = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    width = max(1, len(questions))
    keys, place = np.unique(groups[whose] * width + questions[asked], return_inverse=True)
    total = np.zeros((len(keys), counted.shape[1]))
    np.add.at(total, place, counted)
    return keys // width, keys % width, total


def _frame(
    by: Sequence[Dimension],
    groups: Sequence[tuple[Any, ...]],
    questions: Sequence[tuple[str, str]],
    whose: NDArray[np.int64],
    asked: NDArray[np.int64],
    counted: NDArray[np.float64],
) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for place, name in enumerate(by):
        own = pd.Series([group[place] for group in groups], dtype=_TYPES[name])
        columns[name] = own.take(whose).reset_index(drop=True)
    for place, label in enumerate(("scorecard", "criterion")):
        columns[label] = (
            pd.Series([question[place] for question in questions], dtype=TEXT).take(asked).reset_index(drop=True)
        )
    for place, label in enumerate((*(verdict.value for verdict in VERDICTS), "points", "counted")):
        columns[label] = counted[:, place]
    return pd.DataFrame(columns).astype(dict(VERDICT_COUNTS))
