"""How often was each question answered how, by agent, team, week, queue or channel, whatever a filter asks?

Everything that shows how often a criterion was met is counted here, from the sums by day or call by call
(`storage.queries.summed`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from storage.access import Asker
from storage.cells import ALL_CALLS, MILLIONTHS, WIDTH
from storage.packed import VERDICTS
from storage.queries.conditions import COUNT, DAY, ID, NUMBER, TEXT
from storage.queries.summed import Dimension, summed
from storage.records import CallFilter

_K = TypeVar("_K")

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
    asked_for = {only for only in (scorecard, filter.scorecard) if only is not None}
    scorecards = asked_for or ({card for card, _ in questions} if questions is not None else None)
    found = summed(session, asker, filter, by, scorecards=scorecards if len(asked_for) < 2 else ())
    wanted: dict[int, list[tuple[int, str]]] = {}
    for version_id in sorted(found.cells.keys() - {ALL_CALLS}):
        card = found.cards[version_id]
        wanted[version_id] = [
            (n, asked)
            for n, (asked, is_bonus) in enumerate(card.bonus.items())
            if not is_bonus and criterion in (None, asked) and (questions is None or (card.scorecard, asked) in questions)
        ]
    asked_of = {id_: [(found.cards[id_].scorecard, asked) for _, asked in own] for id_, own in wanted.items()}
    numbers = {question: n for n, question in enumerate(sorted({one for own in asked_of.values() for one in own}))}
    every: dict[tuple[Any, ...], int] = {}
    whose, asked, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty((0, WIDTH), np.int64)]
    for version_id, own in wanted.items():
        group = np.array([every.setdefault(one, len(every)) for one in found.groups(version_id, by)], np.int64)
        answers = found.cells[version_id].answers.reshape(len(group), len(found.cards[version_id].bonus), WIDTH)[
            :, [n for n, _ in own]
        ]
        asks = np.array([numbers[question] for question in asked_of[version_id]], np.int64)
        whose.append(np.repeat(group, len(asks)))
        asked.append(np.tile(asks, len(group)))
        counts.append(answers.reshape(-1, WIDTH))
    return _told_apart(
        list(every), len(by), list(numbers), np.concatenate(whose), np.concatenate(asked), np.concatenate(counts)
    )


def _told_apart(
    groups: Sequence[tuple[Any, ...]],
    width: int,
    questions: Sequence[tuple[str, str]],
    whose: NDArray[np.int64],
    asked: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Tallied:
    """With what several versions asked alike added up, without what nobody was asked, and groups and questions in order."""
    cell = whose * max(1, len(questions)) + asked
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(cell[order]) != 0)) if len(cell) else np.empty(0, np.int64)
    numbers = np.add.reduceat(counts[order], starts, axis=0) if len(cell) else counts
    there = numbers[:, : len(VERDICTS)].any(axis=1)
    figures = numbers[there].astype(np.float64)
    figures[:, -2] /= MILLIONTHS
    whose, asked = whose[order][starts][there], asked[order][starts][there]
    groups_there, whose = np.unique(whose, return_inverse=True)
    questions_there, asked = np.unique(asked, return_inverse=True)
    own = [groups[n] for n in groups_there]
    in_order = _order(own, width)
    return Tallied(
        [own[n] for n in in_order], [questions[n] for n in questions_there], _inverse(in_order)[whose], asked, figures
    )


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
