"""What does every query share: whose calls it may read, which of them it is about, and how its rows become a frame?

`chosen_calls` always begins with the rule of `storage.access`, so that a query that uses it cannot leave the rule out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Integer, Select, SQLColumnExpression, case, cast, exists, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from scorecards.definition import Criterion, Scorecard, Section
from storage.access import Asker, blind_calls, visible_calls
from storage.mapping import fold, scorecard_of
from storage.records import CallFilter
from storage.sealed_words import are_said_by_few, may_be_said, said
from storage.tables import CallRow, EvaluationRow, ResultRow, ScorecardVersionRow, TurnRow

# Column types of the frames: the same with rows and without.
TEXT = "str"
COUNT = "int64"
ID = "Int64"  # may be missing
NUMBER = "float64"  # NaN where there is none
FLAG = "bool"
MAYBE = "boolean"  # may be missing
MOMENT = "datetime64[us, UTC]"
DAY = "datetime64[us]"  # midnight, without a time zone
THINGS = "object"

EARNED = case((ResultRow.points < 0, 0.0), else_=ResultRow.points)
"""The share of the weight that was earned: an answer that takes away earns nothing, which is what a rate can hold."""


def chosen_calls(asker: Asker, filter: CallFilter, *, few: bool | None = None) -> list[ColumnElement[bool]]:
    """The conditions on `calls`: what this person may see, and of that what the filter asks for.

    few: whether few calls have the filter's words, where that is known (`said_by_few`).
    """
    conditions = [visible_calls(asker)]
    if filter.start is not None:
        conditions.append(CallRow.started_at >= _midnight(filter.start))
    if filter.end is not None:
        conditions.append(CallRow.started_at < _midnight(filter.end + timedelta(days=1)))
    if filter.team_ids:
        conditions.append(CallRow.team_id.in_(filter.team_ids))
    if filter.agent_ids:
        conditions.append(CallRow.agent_id.in_(filter.agent_ids))
    if filter.queues:
        conditions.append(CallRow.queue.in_(filter.queues))
    if filter.valence_max is not None:
        conditions.append(CallRow.customer_valence <= filter.valence_max)
        conditions.append(CallRow.id.not_in(blind_calls(asker)))
    if filter.words.strip():
        # Not `id IN (…)`, for which SQLite would look through everything ever said before it looks at the first call.
        said = exists().where(TurnRow.call_id == CallRow.id, *turns_with(filter.words))
        conditions += calls_with(filter.words, few=few)
        conditions.append(said.correlate(CallRow))  # also where a query has turns of its own
    conditions += [
        _evaluations(asker, filter).where(EvaluationRow.call_id == CallRow.id, *which).exists() for which in _has_one(filter)
    ]
    scored = _scored_as(filter)
    if scored:
        evaluated = _evaluations(asker, filter).group_by(EvaluationRow.call_id).having(*scored)
        conditions.append(CallRow.id.in_(evaluated))
    return conditions


class OfACall(FunctionElement[Any]):
    """A column by which rows are not to be looked for: of results, as the call they belong to is known; of people's
    changes, as they are few and everything else is found from them.

    SQLite that knows nothing of how the values are spread, or something old, takes an index of all results of a verdict for
    as good as one of those of an evaluation, and goes through the former once for each call; and a table that was empty
    when it looked for a large one. By an expression it looks for nothing
    (https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_). PostgreSQL learns by itself how
    values are spread, and is told nothing.
    """

    name = "of_a_call"
    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(OfACall)
def _as_it_is(element: OfACall, compiler: Any, **more: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **more))


@compiles(OfACall, "sqlite")
def _as_an_expression(element: OfACall, compiler: Any, **more: Any) -> str:
    return f"+{compiler.process(next(iter(element.clauses)), **more)}"


def latest_with(asker: Asker, filter: CallFilter, limit: int, *which: ColumnElement[bool]) -> Select[str]:
    """The ids of the latest calls of the filter that have such a result; `which` are conditions on results in force,
    whose columns are `OfACall`.

    The calls are walked along the order of time until there are enough, so a short list need not sort all of them. Each is
    asked for the first such result, not whether there is any: the latter PostgreSQL turns into a join of all calls with all
    results, which it takes for far fewer than they are.
    """
    return (
        select(CallRow.id)
        .where(
            *chosen_calls(asker, filter),
            select(ResultRow.id)
            .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
            .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
            .where(EvaluationRow.call_id == CallRow.id, *which)
            .limit(1)
            .scalar_subquery()
            .is_not(None),
        )
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(limit)
    )


def _evaluations(asker: Asker, filter: CallFilter) -> Select[str]:
    """The calls of the evaluations in force that the filter is about."""
    return (
        select(EvaluationRow.call_id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(*in_force(asker, filter))
    )


def counts_once(asker: Asker) -> list[ColumnElement[bool]]:
    """The conditions on evaluations by which a call counts once per scorecard, and not while the asker judges it blind."""
    return [~EvaluationRow.superseded, EvaluationRow.call_id.not_in(blind_calls(asker))]


def in_force(asker: Asker, filter: CallFilter) -> list[ColumnElement[bool]]:
    """The conditions on evaluations and their scorecards: a call counts once per scorecard, under its newest version.

    Evaluations of a call that the asker is judging blind are left out until they are done.
    """
    conditions = counts_once(asker)
    if filter.scorecard is not None:
        conditions.append(ScorecardVersionRow.scorecard == filter.scorecard)
    return conditions


def terms_of(words: str) -> list[str]:
    """What is looked for, without distinctions of case: each word, and each stretch within double quotes.

    The character 0 parts words: nothing that was said holds one, and PostgreSQL refuses to look for it.
    """
    return [fold(quoted or word) for quoted, word in re.findall(r'"([^"]+)"|([^\s"]+)', words.replace("\0", " "))]


def turns_with(words: str) -> list[ColumnElement[bool]]:
    """The conditions on `turns` for a search: all of its terms, in any order.

    Of encrypted words whole ones are found, and of a stretch within double quotes all of its words
    (`storage.sealed_words.said`).
    """
    return [said(TurnRow.folded, term) for term in terms_of(words)]


def calls_with(words: str, *, few: bool | None = None) -> list[ColumnElement[bool]]:
    """The conditions on `calls` that a call fulfils which has such a turn, and few others: not every call's turns are
    looked into then."""
    return may_be_said(CallRow.id, terms_of(words), by_few=few)


def said_by_few(session: Session, words: str) -> bool:
    """Whether it is known that few calls have such a turn, so that these are gone through and not all of them."""
    return are_said_by_few(session, terms_of(words))


def count_where(condition: SQLColumnExpression[bool]) -> ColumnElement[int]:
    """How many rows of a group fulfil the condition."""
    return func.coalesce(func.sum(cast(condition, Integer)), 0)


def frame(rows: Iterable[Sequence[Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """A data frame with exactly these columns and types, also where there are no rows."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {name: pd.Series(list(column), dtype=dtype) for (name, dtype), column in zip(columns.items(), values, strict=True)}
    )


class Definitions:
    """The scorecards that a query's rows speak of, for their titles and questions; not personal, and read once each."""

    def __init__(self, session: Session, scorecards: Iterable[str]) -> None:
        rows = session.scalars(
            select(ScorecardVersionRow)
            .where(ScorecardVersionRow.scorecard.in_(sorted(set(scorecards))))
            .order_by(ScorecardVersionRow.scorecard, ScorecardVersionRow.version)
        )
        self._newest: dict[str, Scorecard] = {}
        self._criteria: dict[tuple[str, str], tuple[int, Section, Criterion]] = {}
        for row in rows:  # a newer version's words replace an older one's, and what it no longer asks is kept
            scorecard = scorecard_of(row.definition)
            self._newest[scorecard.id] = scorecard
            for position, (section, criterion) in enumerate(scorecard):
                self._criteria[scorecard.id, criterion.id] = (position, section, criterion)

    def scorecard(self, scorecard_id: str) -> Scorecard:
        """Its newest version."""
        return self._newest[scorecard_id]

    def section(self, scorecard_id: str, criterion_id: str) -> Section:
        """The section that the criterion stands in."""
        return self._criteria[scorecard_id, criterion_id][1]

    def criterion(self, scorecard_id: str, criterion_id: str) -> Criterion:
        """The criterion as its newest version words it."""
        return self._criteria[scorecard_id, criterion_id][2]

    def place(self, scorecard_id: str, criterion_id: str) -> tuple[str, int]:
        """Where it stands, for putting rows into the order of the scorecard."""
        return self._newest[scorecard_id].title, self._criteria[scorecard_id, criterion_id][0]


def _has_one(filter: CallFilter) -> list[list[ColumnElement[bool]]]:
    """Of what kinds a call must have an evaluation; found without looking at all of them."""
    asked: list[list[ColumnElement[bool]]] = []
    if filter.failed_only:
        asked.append([EvaluationRow.failed.is_(True)])
    if filter.unsure_only:
        asked.append([EvaluationRow.unsure > 0])
    if filter.scorecard is not None:
        asked.append([])
    return asked


def _scored_as(filter: CallFilter) -> list[ColumnElement[bool]]:
    """What the filter asks of a call's evaluations taken together; nothing where it does not ask."""
    total = func.avg(EvaluationRow.total)
    asked: list[ColumnElement[bool]] = []
    if filter.total_min is not None:
        asked.append(total >= filter.total_min)
    if filter.total_max is not None:
        asked.append(total <= filter.total_max)
    return asked


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
