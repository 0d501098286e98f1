"""How much was said, how well, and how does it develop? Everything comes from the sums by day where they can answer
(`storage.queries.summed`).

Weeks begin on Monday in UTC and are given as midnight of that day. Verdicts and totals are those that hold now, after
people's corrections. A call counts once per scorecard: under the newest version that has judged it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching.peers import expected_of_teams, expected_rates
from storage.access import Asker
from storage.cells import ALL_CALLS
from storage.packed import VERDICTS
from storage.queries.conditions import COUNT, DAY, ID, NUMBER, TEXT, Definitions, frame
from storage.queries.summed import summed
from storage.queries.tallied import Tallied, places, tallied
from storage.records import CallFilter
from storage.tables import AgentRow, TeamRow

SCORES_BY_WEEK: Mapping[str, str] = {
    "week": DAY,
    "scorecard": TEXT,
    "title": TEXT,
    "pass_mark": NUMBER,
    "calls": COUNT,
    "mean_total": NUMBER,
    "passed": COUNT,
}


def scores_by_week(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The mean total and how many passed, per scorecard and week, with the columns `SCORES_BY_WEEK`.

    `calls` counts those that have a total; one in which nothing could be scored is in no figure. Title and pass mark are
    those of the scorecard's newest version; whether a call passed was decided by the version that judged it.
    """
    found = summed(session, asker, filter, ("week",), scorecards=_only(filter), answers=False)
    added: dict[tuple[date, str], list[int]] = {}
    for version_id in found.cells.keys() - {ALL_CALLS}:
        card, names = found.cards[version_id].scorecard, ("scored", "total", "passed")
        for (week,), *numbers in zip(found.groups(version_id, ("week",)), *found.heads(version_id, names), strict=True):
            own = added.setdefault((week, card), [0, 0, 0])
            own[:] = [one + more for one, more in zip(own, numbers, strict=True)]
    rows = sorted((week, card, numbers) for (week, card), numbers in added.items() if numbers[0])
    definitions = Definitions(session, (card for _, card, _ in rows))
    return frame(
        (
            (
                week,
                card,
                definitions.scorecard(card).title,
                definitions.scorecard(card).pass_mark,
                scored,
                _mean(total, scored),
                passed,
            )
            for week, card, (scored, total, passed) in rows
        ),
        SCORES_BY_WEEK,
    )


def _only(filter: CallFilter) -> list[str] | None:
    """The scorecards that a filter is about; None for all."""
    return None if filter.scorecard is None else [filter.scorecard]


def _mean(hundredths: int, scored: int) -> float:
    """The mean of totals that were added up in hundredths."""
    return hundredths / (100 * scored)


MEAN_TOTALS: Mapping[str, str] = {
    "name": TEXT,
    "calls": COUNT,
    "scorecard": TEXT,
    "title": TEXT,
    "pass_mark": NUMBER,
    "scored": COUNT,
    "mean_total": NUMBER,
}


def mean_totals(session: Session, asker: Asker, filter: CallFilter, by: Literal["agent", "team"] = "agent") -> pd.DataFrame:
    """The mean total of each agent, or each team, on each scorecard, with the columns `MEAN_TOTALS`, in the order of names.

    `calls` counts somebody's calls that have a total by any scorecard, `scored` those that have one by this scorecard. Title
    and pass mark are those of the scorecard's newest version.
    """
    table = AgentRow if by == "agent" else TeamRow
    found = summed(session, asker, filter, (_WHOM[by],), scorecards=_only(filter), answers=False)
    totals: dict[tuple[int, str], list[int]] = {}
    for version_id in found.cells.keys() - {ALL_CALLS}:
        card, names = found.cards[version_id].scorecard, ("scored", "total")
        for (whose,), scored, total in zip(
            found.groups(version_id, (_WHOM[by],)), *found.heads(version_id, names), strict=True
        ):
            own = totals.setdefault((whose, card), [0, 0])
            own[0], own[1] = own[0] + scored, own[1] + total
    calls: dict[int, int] = {}
    for version_id in found.versions(filter.scorecard):
        for (whose,), scored in zip(
            found.groups(version_id, (_WHOM[by],)), *found.heads(version_id, ("scored",)), strict=True
        ):
            calls[whose] = calls.get(whose, 0) + scored
    names_of: dict[Any, str] = {row.id: row.name for row in session.execute(select(table.id, table.name))}
    definitions = Definitions(session, {card for _, card in totals})
    in_order = sorted(
        (
            names_of[whose],
            calls[whose],
            card,
            definitions.scorecard(card).title,
            definitions.scorecard(card).pass_mark,
            scored,
            _mean(total, scored),
        )
        for (whose, card), (scored, total) in totals.items()
        if whose is not None and scored
    )
    return frame(in_order, MEAN_TOTALS)


VOLUME_BY_WEEK: Mapping[str, str] = {"week": DAY, "calls": COUNT, "hours": NUMBER}


def volume_by_week(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """How many calls began in each week, and their length together, with the columns `VOLUME_BY_WEEK`."""
    found = summed(session, asker, filter, ("week",), scorecards=_only(filter), answers=False, blind=True)
    weeks: dict[date, list[int]] = {}
    for version_id in found.versions(filter.scorecard):
        names = ("calls", "length")
        for (week,), calls, length in zip(found.groups(version_id, ("week",)), *found.heads(version_id, names), strict=True):
            own = weeks.setdefault(week, [0, 0])
            own[0], own[1] = own[0] + calls, own[1] + length
    rows = [(week, calls, length / _MILLISECONDS_AN_HOUR) for week, (calls, length) in sorted(weeks.items()) if calls]
    return frame(rows, VOLUME_BY_WEEK)


_MILLISECONDS_AN_HOUR = 3_600_000

WORD = "category"
"""Text that stands in many rows, and is kept once."""

CRITERION_COUNTS: Mapping[str, str] = {
    "id": COUNT,
    "name": WORD,
    "team_id": ID,
    "scorecard": WORD,
    "title": WORD,
    "section": WORD,
    "criterion": WORD,
    "question": WORD,
    "tip": WORD,
    "weight": NUMBER,
    "target": NUMBER,
    "met": COUNT,
    "partly": COUNT,
    "not_met": COUNT,
    "not_applicable": COUNT,
    "unsure": COUNT,
    "points": NUMBER,
    "counted": COUNT,
}


def criterion_counts(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Literal["agent", "team"] = "agent",
    scorecard: str | None = None,
) -> pd.DataFrame:
    """How often each agent, or each team, got which verdict on each criterion, with the columns `CRITERION_COUNTS`.

    `id` and `name` are the agent's or the team's. `team_id` is the team that an agent is in today; a team's calls are
    those taken in it. `points` is the sum of the shares of the weight earned, 0 to 1 a call, over the `counted` verdicts
    (met, partly, not met), where what takes away earns nothing. A bonus is left out: to miss it is no gap. `target` is the
    scorecard's own, NaN where it names none. In the order of names, and of the criteria in their scorecards.
    With `scorecard` only that one's criteria, of the same calls.
    """
    found = _of_somebody(tallied(session, asker, filter, (_WHOM[by],), scorecard))
    people = [group[0] for group in found.groups]
    return _in_words(session, by, people, found.questions, found.whose, found.asked, found.counts)


COMPARED_COUNTS: Mapping[str, str] = {**CRITERION_COUNTS, "expected": NUMBER, "expected_of_team": NUMBER}


def compared_counts(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    by: Literal["agent", "team"] = "agent",
    scorecard: str | None = None,
) -> pd.DataFrame:
    """As `criterion_counts`, with what the others achieve on comparable calls: the columns `COMPARED_COUNTS`.

    `expected` is the share of points that the other agents (or teams) earn in the same queues on the same channels, by
    the agent's own mix of calls (`coaching.peers.expected_rates`), of the calls that the asker may see; NaN where nothing
    was counted. `expected_of_team` is what those outside of the agent's team earn on calls such as the whole team takes.
    """
    found = _of_somebody(tallied(session, asker, filter, (_WHOM[by], "queue", "channel"), scorecard))
    people, person = _numbered([group[0] for group in found.groups])
    _, kind = _numbered([group[1:] for group in found.groups])
    who, points, counted = person[found.whose], found.counts[:, -2], found.counts[:, -1]
    kinds = kind[found.whose]
    expected = expected_rates(found.asked, who, kinds, points, counted)
    team_of = dict(session.execute(select(AgentRow.id, AgentRow.team_id)).all()) if by == "agent" else {}
    _, team = _numbered([team_of.get(id_) if by == "agent" else id_ for id_ in people])
    of_team = expected_of_teams(found.asked, team[who], kinds, points, counted)
    width = max(1, len(found.questions))
    pairs, first, pair = np.unique(who * width + found.asked, return_index=True, return_inverse=True)
    counts = np.column_stack([np.bincount(pair, column, len(pairs)).astype(np.float64) for column in found.counts.T])
    return _in_words(
        session, by, people, found.questions, pairs // width, pairs % width, counts, (expected[first], of_team[first])
    )


_WHOM: Mapping[str, Literal["agent_id", "team_id"]] = {"agent": "agent_id", "team": "team_id"}

_K = TypeVar("_K")


def _of_somebody(found: Tallied) -> Tallied:
    """Without the calls of nobody in particular; they stand in the last groups."""
    named = [group for group in found.groups if group[0] is not None]
    theirs = found.whose < len(named)
    return Tallied(named, found.questions, found.whose[theirs], found.asked[theirs], found.counts[theirs])


def _numbered(values: Sequence[_K]) -> tuple[list[_K], NDArray[np.int64]]:
    """The different values, and for each value which of them it is."""
    numbers: dict[_K, int] = {}
    own = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), np.array(own, np.int64)


def _in_words(
    session: Session,
    by: Literal["agent", "team"],
    people: Sequence[int],
    questions: Sequence[tuple[str, str]],
    who: NDArray[np.int64],
    asked: NDArray[np.int64],
    counts: NDArray[np.float64],
    expected: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> pd.DataFrame:
    """Counts with the names of people and the words of the questions, in the order of both.

    people, questions: ids; who, asked, counts: for each row the places of its person and its question there, and its counts
    as in `Tallied`. expected: the columns `expected` and `expected_of_team`, where there are such.
    """
    table, team = (AgentRow, AgentRow.team_id) if by == "agent" else (TeamRow, TeamRow.id)
    known = {id_: (name, team_id) for id_, name, team_id in session.execute(select(table.id, table.name, team))}
    definitions = Definitions(session, {card for card, _ in questions})
    by_name = places(people, lambda id_: (known[id_][0], id_))
    by_place = places(questions, lambda question: definitions.place(*question))
    order = np.lexsort((by_place[asked], by_name[who]))
    who, asked = who[order], asked[order]
    columns: dict[str, Any] = {
        "id": pd.Series(people, dtype=COUNT).take(who),
        "name": _told_often([known[id_][0] for id_ in people], who),
        "team_id": pd.Series([known[id_][1] for id_ in people], dtype=ID).take(who),
    }
    words = [_words(definitions, *question) for question in questions]
    for place, name in enumerate(_WORDS):
        own = [of_question[place] for of_question in words]
        kind = CRITERION_COUNTS[name]
        columns[name] = _told_often(own, asked) if kind == WORD else pd.Series(own, dtype=kind).take(asked)
    for place, name in enumerate((*(verdict.value for verdict in VERDICTS), "points", "counted")):
        columns[name] = pd.Series(counts[order, place], dtype=CRITERION_COUNTS[name])
    if expected is not None:
        for name, numbers in zip(("expected", "expected_of_team"), expected, strict=True):
            columns[name] = pd.Series(numbers[order])
    names = CRITERION_COUNTS if expected is None else COMPARED_COUNTS
    return pd.DataFrame({name: columns[name].array for name in names})


def _told_often(words: Sequence[Any], places: NDArray[np.int64]) -> pd.Series:
    """The words at these places, each of which is kept once."""
    codes, different = pd.factorize(np.array(words, np.object_))
    return pd.Series(pd.Categorical.from_codes(codes[places], pd.Index(different, dtype=TEXT)))


_WORDS = ("scorecard", "title", "section", "criterion", "question", "tip", "weight", "target")


def _words(definitions: Definitions, scorecard: str, criterion: str) -> tuple[object, ...]:
    asked = definitions.criterion(scorecard, criterion)
    title, section = definitions.scorecard(scorecard).title, definitions.section(scorecard, criterion).id
    return scorecard, title, section, criterion, asked.question, asked.tip, asked.weight, asked.target
