"""How often was each question answered how, by agent, team, week, queue or channel, whatever a filter asks?

Everything that shows how often a criterion was met is counted here, from `storage.tallies`: the database finds the short
values of the calls in question, and numpy adds up.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from errors import StorageError
from storage.access import Asker, blind_calls
from storage.queries.conditions import COUNT, DAY, ID, NUMBER, TEXT, chosen_calls
from storage.records import CallFilter
from storage.tables import CallRow, ScorecardVersionRow
from storage.tallies import ANSWER, VERDICTS, unpack
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


@dataclass(frozen=True, eq=False)
class Tallied:
    """What was counted, as arrays with one entry for each group of calls and each question that it was asked.

    `groups` are the values of what calls are told apart by, and `questions` scorecard and criterion, each in its order;
    `whose` and `asked` are their places for each entry, in no order of their own. `counts` has a row an entry: a column for
    each of `VERDICTS`, one for the points and one for the answers that count.
    """

    groups: Sequence[tuple[Any, ...]]
    questions: Sequence[tuple[str, str]]
    whose: NDArray[np.int64]
    asked: NDArray[np.int64]
    counts: NDArray[np.float64]


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
    found = tallied(session, asker, filter, by, scorecard, criterion)
    order = np.argsort(found.whose * len(found.questions) + found.asked)
    whose, asked, counts = found.whose[order], found.asked[order], found.counts[order]
    columns: dict[str, Any] = {}
    for place, name in enumerate(by):
        own = pd.Series([group[place] for group in found.groups], dtype=_TYPES[name])
        columns[name] = own.take(whose).reset_index(drop=True)
    for place, label in enumerate(("scorecard", "criterion")):
        words = pd.Series([question[place] for question in found.questions], dtype=TEXT)
        columns[label] = words.take(asked).reset_index(drop=True)
    for place, label in enumerate((*(verdict.value for verdict in VERDICTS), "points", "counted")):
        columns[label] = counts[:, place]
    return pd.DataFrame(columns).astype(dict(VERDICT_COUNTS))


def tallied(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Sequence[Dimension] = (),
    scorecard: str | None = None,
    criterion: str | None = None,
    questions: Collection[tuple[str, str]] | None = None,
) -> Tallied:
    """As `verdict_counts`, for what goes on counting; `questions` are the only ones counted, each by its scorecard."""
    cards = _cards(session)
    asked_for = [only for only in (scorecard, filter.scorecard) if only is not None]
    rows = (
        session.connection()
        .execute(
            select(TallyRow.versions, TallyRow.packed, *(_COLUMNS[name] for name in by))
            .select_from(CallRow)
            .join(TallyRow, TallyRow.call_id == CallRow.id)
            .where(*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker)))
        )
        .all()
    )
    every = [tuple(row[2:]) for row in rows]
    groups = list(dict.fromkeys(every))
    number_of = {group: number for number, group in enumerate(groups)}
    whose = np.array([number_of[group] for group in every], np.int64)
    alike: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        alike[row[0]].append(place)
    numbers: dict[tuple[str, str], int] = {}
    sheets: dict[str, list[_Sheet]] = defaultdict(list)
    for judged_by, here in alike.items():
        judges = [cards[int(version_id)] for version_id in judged_by.split(",") if version_id]
        values = [rows[place][1] for place in here]
        for card, answers in zip(judges, _answers(values, [len(card.bonus) for card in judges]), strict=True):
            if any(card.scorecard != only for only in asked_for):
                continue
            wanted = [
                (n, (card.scorecard, asked))
                for n, (asked, is_bonus) in enumerate(card.bonus.items())
                if not is_bonus
                and criterion in (None, asked)
                and (questions is None or (card.scorecard, asked) in questions)
            ]
            if not wanted:
                continue
            asks = [numbers.setdefault(key, len(numbers)) for _, key in wanted]
            sheets[card.scorecard].append((whose[here], np.array(asks, np.int64), answers[:, [n for n, _ in wanted]]))
    group, asked, counts = (
        np.concatenate(parts) for parts in zip(_NONE, *(_count(own) for own in sheets.values()), strict=True)
    )
    order, of_questions = _order(groups, len(by)), places(list(numbers), lambda question: question)
    return Tallied([groups[n] for n in order], sorted(numbers), _inverse(order)[group], of_questions[asked], counts)


def places(values: Sequence[_K], key: Callable[[_K], Any]) -> NDArray[np.int64]:
    """For each value its place in their order."""
    return _inverse(np.array(sorted(range(len(values)), key=lambda n: key(values[n])), np.int64))


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each thing its place, from the things by their places."""
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order))
    return found


def _order(groups: Sequence[tuple[Any, ...]], width: int) -> NDArray[np.int64]:
    """The places of groups in their order, by one value after the other, what is missing last.

    There may be nearly as many groups as calls: only the few different values are compared, and then numbers sorted.
    """
    columns = []
    for place in range(width):
        values = [group[place] for group in groups]
        different = set(values)
        numbers = {value: n for n, value in enumerate(sorted(different - {None}))}
        columns.append([numbers.get(value, len(numbers)) for value in values])
    return np.lexsort(columns[::-1]) if columns else np.arange(len(groups))


class _Card(NamedTuple):
    """Which scorecard a version is of, and of each of its questions, in order, whether it is a bonus."""

    scorecard: str
    bonus: Mapping[str, bool]


_Sheet = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]
"""For each call its group, for each question its number, and the answers: a row a call, a column a question."""

_Counted = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Groups, questions and counts, as in `Tallied`."""

_NONE: _Counted = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, len(VERDICTS) + 2)))


def _cards(session: Session) -> dict[int, _Card]:
    """Every version of every scorecard, by its id."""
    rows = session.execute(select(ScorecardVersionRow.id, ScorecardVersionRow.scorecard, ScorecardVersionRow.definition))
    return {
        id_: _Card(
            card, {asked["id"]: asked.get("bonus", False) for part in sections["sections"] for asked in part["criteria"]}
        )
        for id_, card, sections in rows
    }


def _answers(values: Sequence[bytes], widths: Sequence[int]) -> list[NDArray[Any]]:
    """What stands in values that the same versions make up, version by version: a row a call, a column a question.

    widths: how many questions each version has.
    """
    size = sum(widths) * ANSWER.itemsize
    if set(map(len, values)) - {size}:
        raise StorageError("What pages count from does not fit its scorecard; run `cli.py recount` to make it anew.")
    if not widths:
        return []
    return np.split(unpack(b"".join(values), sum(widths)), np.cumsum(widths)[:-1], axis=1)


def _count(sheets: Sequence[_Sheet]) -> _Counted:
    """How often each question of one scorecard was answered how, in each group that has calls judged by it."""
    groups, own = np.unique(np.concatenate([whose for whose, _, _ in sheets]), return_inverse=True)
    asked = np.unique(np.concatenate([asks for _, asks, _ in sheets]))
    kinds, size = len(VERDICTS), len(groups) * len(asked)
    counts, first = np.zeros((size, kinds + 2)), 0
    for whose, asks, answers in sheets:
        cell = (own[first : first + len(whose), None] * len(asked) + np.searchsorted(asked, asks)).ravel()
        first += len(whose)
        verdicts = np.bincount(cell * kinds + answers["verdict"].ravel(), minlength=size * kinds)
        points = answers["points"].ravel()
        counts[:, :kinds] += verdicts.reshape(size, kinds)
        counts[:, kinds] += np.bincount(cell, np.fmax(points, 0.0), size)  # NaN, where nothing counts, earns nothing
        counts[:, kinds + 1] += np.bincount(cell, ~np.isnan(points), size)
    there = counts[:, :kinds].any(axis=1)
    return np.repeat(groups, len(asked))[there], np.tile(asked, len(groups))[there], counts[there]
