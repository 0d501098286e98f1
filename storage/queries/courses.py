"""How do calls run, seen as a process, and what do they do to those who ring: who comes back, waits and is passed on, how do
customers feel from start to end, and what harm is done?

Read from sums by day, week and four weeks where these can answer (`storage.queries.summed_courses`), else counted in the
database from `courses` and `harms`, one short row a call. What the machine found in a call that the asker is judging blind
is left out, as everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy import cast as cast_
from sqlalchemy.orm import InstrumentedAttribute, Session

from coaching.peers import Numbers, expected_of_teams, expected_rates
from coaching.processes import Kind
from scorecards.definition import behaviours_of
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import DOUBT
from scoring.course import HARMFUL
from scoring.result import Verdict
from storage.access import Asker, blind_calls
from storage.cells import MILLIONTHS
from storage.course_cells import (
    ASSIGNED,
    FEELINGS,
    FELT,
    GIVEN,
    HOLD_SECONDS,
    PROCESSES,
    REPEAT_DAYS,
    Part,
    came_back,
    long_hold,
    millionths,
    said_again,
)
from storage.course_tables import CourseRow, HarmRow
from storage.mapping import scorecard_of
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import (
    COUNT,
    ID,
    MOMENT,
    NUMBER,
    TEXT,
    OfACall,
    chosen_calls,
    count_where,
    counts_once,
    frame,
)
from storage.queries.figures import COMPARED_COUNTS
from storage.queries.reasons import reason_titles
from storage.queries.summed_courses import courses_can_be_summed, summed_courses
from storage.reason_tables import CallReasonRow
from storage.records import CallFilter
from storage.tables import (
    AgentRow,
    CallKind,
    CallRow,
    EvaluationRow,
    OverrideRow,
    ResultRow,
    ScorecardVersionRow,
    TeamRow,
    TurnMarkRow,
    TurnRow,
)

NEVER_SHOWS = "never_shows.v1"
"""The kind of a criterion that is met where a behaviour was not shown."""


@dataclass(frozen=True)
class Bounds:
    """What counts as a long hold, and within how many days a customer who is in touch again had to come back."""

    hold_seconds: float
    repeat_days: float


PROCESS_COUNTS: Mapping[str, str] = {
    "reason": TEXT,
    "queue": TEXT,
    "team_id": ID,
    "channel": TEXT,
    "calls": COUNT,
    "hold_known": COUNT,
    "hold": COUNT,
    "transfer_known": COUNT,
    "transfer": COUNT,
    "transfer_given": COUNT,
    "transfer_said": COUNT,
    "transfer_voice": COUNT,
    "repeat_known": COUNT,
    "repeat": COUNT,
    "repeat_numbered": COUNT,
    "repeat_unsure": COUNT,
}


def process_counts(session: Session, asker: Asker, filter: CallFilter, bounds: Bounds) -> pd.DataFrame:
    """In how many calls somebody held long, was passed on or was in touch again, with the columns `PROCESS_COUNTS`.

    One row for each reason, queue, team of the time and channel; a reason that was not given is empty. `…_known` are the
    calls of which it can be said; `transfer_given`, `_said` and `_voice` are the transfers by how they are known;
    `repeat_numbered` are the calls with a number of the customer, `repeat_unsure` those that the words leave open.
    """
    if (
        courses_can_be_summed(session, asker, filter)
        and bounds.hold_seconds in HOLD_SECONDS
        and bounds.repeat_days in REPEAT_DAYS
    ):
        return _summed_processes(session, asker, filter, bounds)
    groups = (GIVEN, ASSIGNED, CallRow.queue, CallRow.team_id, CallRow.kind)
    happened = _happened(bounds)
    counted = {**PROCESSES, "hold": happened[Kind.HOLD], "repeat": happened[Kind.REPEAT]}
    rows = session.execute(
        select(*groups, *(count_where(counted[name]) for name in PROCESS_COUNTS if name not in _TOLD_APART))
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .where(*_chosen(asker, filter))
        .group_by(*groups)
        .order_by(*groups)
    )
    return _by_title(session, frame(rows, {"reason": TEXT, "assigned": TEXT, **PROCESS_COUNTS}), PROCESS_COUNTS)


_TOLD_APART = ("reason", "queue", "team_id", "channel")


def _summed_processes(session: Session, asker: Asker, filter: CallFilter, bounds: Bounds) -> pd.DataFrame:
    """As `process_counts`, from the sums."""
    found = summed_courses(session, asker, filter, Part.PROCESSES, by_team=True)
    named = {name: name for name in PROCESSES} | {"hold": f"hold_{bounds.hold_seconds:g}"}
    figures = dict(zip(PROCESSES, found.figures(*PROCESSES), strict=True))
    again = [a + b for a, b in zip(figures["repeat_said"], figures[f"repeat_{bounds.repeat_days:g}"], strict=True)]
    counted = [again if name == "repeat" else figures[named[name]] for name in PROCESS_COUNTS if name not in _TOLD_APART]
    groups = [(of.about.given, of.about.assigned, of.queue, of.team_id, of.channel) for of in found.groups]
    rows = [(*group, *own) for group, *own in zip(groups, *counted, strict=True)]
    return _by_title(session, frame(rows, {"reason": TEXT, "assigned": TEXT, **PROCESS_COUNTS}), PROCESS_COUNTS)


def _by_title(session: Session, counts: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Counts by what was given and by the tree's ids as counts by words, with these columns."""
    titles = {id_: title for id_, (_, title) in reason_titles(session).items()}
    words = counts["assigned"].map(lambda id_: titles.get(id_, id_))
    named = counts.assign(reason=counts["reason"].where(counts["assigned"] == "", words)).drop(columns="assigned")
    keys = [name for name, kind in columns.items() if kind in (TEXT, ID)]
    found = named.groupby(keys, as_index=False, dropna=False).sum()[list(columns)]
    return found.astype(dict(columns))


def _is_about(session: Session, words: str) -> ColumnElement[bool]:
    """The condition that a call is about this, as `_by_title` says it."""
    ids = [id_ for id_, (_, title) in reason_titles(session).items() if title == words]
    said = [column == value for column, value in ((GIVEN, words), (ASSIGNED, ""))]
    return or_(and_(*said), ASSIGNED.in_(ids)) if ids else and_(*said)


def _chosen(asker: Asker, filter: CallFilter) -> list[ColumnElement[bool]]:
    return [*chosen_calls(asker, filter), CallRow.id.not_in(blind_calls(asker))]


def _happened(bounds: Bounds) -> Mapping[Kind, ColumnElement[bool]]:
    """In which calls it happened. A number of the customer decides who was in touch again; without one their words do."""
    return {
        Kind.HOLD: long_hold(bounds.hold_seconds),
        Kind.TRANSFER: CourseRow.transfers > 0,
        Kind.REPEAT: or_(said_again(), came_back(bounds.repeat_days)),
    }


PROCESS_CALLS: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "team": TEXT,
    "queue": TEXT,
    "reason": TEXT,
    "longest_hold_seconds": NUMBER,
    "transfer_known": TEXT,
    "days_since_contact": NUMBER,
    "repeat_said": NUMBER,
    "turn": ID,
    "start": NUMBER,
    "quote": TEXT,
}


def process_calls(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    bounds: Bounds,
    kind: Kind,
    reason: str | None = None,
    limit: int = 100,
) -> pd.DataFrame:
    """The calls in which it happened, the latest first, with the columns `PROCESS_CALLS`; no agent is named.

    reason: only those about this; empty for those whose reason was not given. `quote` is the turn in which it was said,
    where it was.
    """
    turn = {Kind.TRANSFER: CourseRow.transfer_turn, Kind.REPEAT: CourseRow.repeat_turn}.get(kind)
    about = [] if reason is None else [_is_about(session, reason)]
    titles = {id_: title for id_, (_, title) in reason_titles(session).items()}
    here = TurnRow.call_id.is_(None) if turn is None else and_(TurnRow.call_id == CallRow.id, TurnRow.position == turn)
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            NAME_OF_TEAM,
            CallRow.queue,
            GIVEN,
            CourseRow.longest_hold_seconds,
            CourseRow.transfer_known,
            CourseRow.days_since_contact,
            CourseRow.repeat_said,
            TurnRow.position,
            TurnRow.start_seconds,
            func.coalesce(TurnRow.text, ""),
            ASSIGNED,
        )
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(TurnRow, here)
        .where(*_chosen(asker, filter), _happened(bounds)[kind], *about)
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(limit)
    )
    named = [(*row[:4], titles.get(row[12], row[12]) or row[4], *row[5:12]) for row in rows]
    return frame(named, PROCESS_CALLS)


FEELING_COUNTS: Mapping[str, str] = {
    "agent_id": ID,
    "agent": TEXT,
    "reason": TEXT,
    "queue": TEXT,
    "channel": TEXT,
    "calls": COUNT,
    "start": NUMBER,
    "lowest": NUMBER,
    "end": NUMBER,
    "peak_end": NUMBER,
    "peak_end_squared": NUMBER,
}


def feeling_counts(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The customers' sentiment, added up by agent, reason, queue and channel, with the columns `FEELING_COUNTS`.

    `calls` are those in which it was measured throughout; the rest are sums over them, `peak_end` of the mean of the
    strongest turn and the end. Calls without an agent have no `agent_id`.
    """
    columns = list(FEELING_COUNTS.items())
    kinds = dict([*columns[:3], ("assigned", TEXT), *columns[3:]])
    if courses_can_be_summed(session, asker, filter):
        found = _by_title(session, frame(_summed_feelings(session, asker, filter), kinds), FEELING_COUNTS)
        return _in_whole_numbers_no_more(found)
    groups = (CallRow.agent_id, NAME_OF_AGENT, GIVEN, ASSIGNED, CallRow.queue, CallRow.kind)
    rows = session.execute(
        select(*groups, func.count(), *(cast_(func.sum(millionths(value)), BigInteger) for value in FEELINGS.values()))
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .where(*_chosen(asker, filter), FELT)
        .group_by(*groups)
        .order_by(CallRow.agent_id.is_(None), *groups)
    )
    return _in_whole_numbers_no_more(_by_title(session, frame(rows, kinds), FEELING_COUNTS))


def _in_whole_numbers_no_more(counts: pd.DataFrame) -> pd.DataFrame:
    """Sentiment that was added up in millionths, as it is."""
    return counts.assign(**{name: counts[name] / MILLIONTHS for name in FEELINGS})


def _summed_feelings(session: Session, asker: Asker, filter: CallFilter) -> list[tuple[Any, ...]]:
    """The rows of `feeling_counts` from the sums, before what calls are about has its title."""
    found = summed_courses(session, asker, filter, Part.FEELINGS, by_agent=True)
    names = {row.id: row.name for row in session.execute(select(AgentRow.id, AgentRow.name))}
    groups = [
        (of.agent_id, names.get(of.agent_id or 0, ""), of.about.given, of.about.assigned, of.queue, of.channel)
        for of in found.groups
    ]
    return [(*group, *own) for group, *own in zip(groups, *found.figures("felt", *FEELINGS), strict=True)]


# Harm


def harm_counts(session: Session, asker: Asker, filter: CallFilter, by: Literal["agent", "team"] = "agent") -> pd.DataFrame:
    """How many calls of each agent, or each team, are free of each harmful behaviour, with the columns `COMPARED_COUNTS`.

    `points` are the calls in which it was not shown, `counted` those in which it can be said; what is between is `unsure`.
    What a person said of the turn, or of a question that asks for it, counts instead of the machine. `expected` is the share
    that others have free of it in the same queues on the same channels, and `target` the same: harm has no other.
    """
    whom = _WHOM[by]
    groups = (whom, CallRow.queue, CallRow.kind)
    conditions = [*_chosen(asker, filter), CourseRow.behaviours_measured, whom.is_not(None)]
    if courses_can_be_summed(session, asker, filter):
        measured, seen = _summed_harm(session, asker, filter, by)
    else:
        measured, seen = _harm_one_by_one(session, conditions, groups)
    calls: dict[_OfKind, int] = defaultdict(int)
    for id_, queue, channel, number in measured:
        calls[id_, queue, channel] += number
    in_order = sorted(calls)
    place = {group: n for n, group in enumerate(in_order)}
    shown, unsure = (np.zeros((len(in_order), len(HARMFUL))) for _ in range(2))
    for id_, queue, channel, behaviour, was_shown, was_unsure in (
        *seen,
        *_as_people_say(session, asker, conditions, groups),
    ):
        at = place[id_, queue, channel], HARMFUL.index(behaviour)
        shown[at] += was_shown
        unsure[at] += was_unsure
    return _compared(session, by, in_order, np.array([calls[group] for group in in_order], np.float64), shown, unsure)


_OfKind = tuple[int, str, CallKind]
"""An agent or a team by the id, a queue and a channel."""


class _Harm(NamedTuple):
    """In how many calls of each group harm was looked for, and of each group and behaviour in how many it was shown, and in
    how many it may have been."""

    measured: Sequence[Sequence[Any]]
    seen: Sequence[Sequence[Any]]


def _harm_one_by_one(
    session: Session, conditions: Sequence[SQLColumnExpression[bool]], groups: Sequence[SQLColumnExpression[Any]]
) -> _Harm:
    """What the machine says of these calls, counted in the database."""
    measured = session.execute(
        select(*groups, func.count())
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .where(*conditions)
        .group_by(*groups)
    )
    sure = HarmRow.probability >= 1 - DOUBT
    seen = session.execute(
        select(*groups, HarmRow.behaviour, count_where(sure), count_where(~sure))
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .join(HarmRow, HarmRow.call_id == CallRow.id)
        .where(*conditions)
        .group_by(*groups, HarmRow.behaviour)
    )
    return _Harm(measured.all(), seen.all())


def _summed_harm(session: Session, asker: Asker, filter: CallFilter, by: Literal["agent", "team"]) -> _Harm:
    """What the machine says of these calls, from the sums."""
    found = summed_courses(session, asker, filter, Part.HARMS, by_team=by == "team", by_agent=by == "agent")
    groups = [(of.agent_id if by == "agent" else of.team_id, of.queue, of.channel) for of in found.groups]
    (measured,) = found.figures("measured")
    seen = []
    for behaviour in HARMFUL:
        shown, unsure = found.figures(f"shown {behaviour}", f"unsure {behaviour}")
        own = zip(groups, shown, unsure, strict=True)
        seen += [(*group, behaviour, a, b) for group, a, b in own if group[0] is not None and (a or b)]
    return _Harm([(*group, n) for group, n in zip(groups, measured, strict=True) if group[0] is not None], seen)


_WHOM: Mapping[str, InstrumentedAttribute[Any]] = {"agent": CallRow.agent_id, "team": CallRow.team_id}


def _compared(
    session: Session,
    by: Literal["agent", "team"],
    groups: Sequence[_OfKind],
    calls: Numbers,
    shown: Numbers,
    unsure: Numbers,
) -> pd.DataFrame:
    """Counts of groups of calls as `COMPARED_COUNTS`, in the order of names and behaviours.

    groups: in order. calls: of each; shown, unsure: of each, in how many each of `HARMFUL` was, a column for each.
    """
    if not groups:
        return frame([], COMPARED_COUNTS)
    people, who = np.unique([id_ for id_, _, _ in groups], return_inverse=True)
    kinds = {kind: n for n, kind in enumerate(dict.fromkeys(group[1:] for group in groups))}
    table, team = (AgentRow, AgentRow.team_id) if by == "agent" else (TeamRow, TeamRow.id)
    known = {id_: (name, team_id) for id_, name, team_id in session.execute(select(table.id, table.name, team))}
    teams = {team_id: n for n, team_id in enumerate(dict.fromkeys(known[id_][1] for id_ in people.tolist()))}
    whose = np.repeat(who, len(HARMFUL))
    asked = np.tile(np.arange(len(HARMFUL)), len(groups))
    kind = np.repeat([kinds[group[1:]] for group in groups], len(HARMFUL))
    of_team = np.array([teams[known[id_][1]] for id_ in people.tolist()], np.int64)[whose]
    counted = (calls[:, None] - unsure).ravel()
    points = counted - shown.ravel()
    expected = expected_rates(asked, whose, kind, points, counted)
    elsewhere = expected_of_teams(asked, of_team, kind, points, counted)
    pairs, first, pair = np.unique(whose * len(HARMFUL) + asked, return_index=True, return_inverse=True)
    sums = {
        name: np.bincount(pair, numbers, len(pairs))
        for name, numbers in (
            ("counted", counted),
            ("points", points),
            ("not_met", shown.ravel()),
            ("unsure", unsure.ravel()),
        )
    }
    own = [(id_, *known[id_]) for id_ in people[pairs // len(HARMFUL)].tolist()]
    names = [HARMFUL[n] for n in (pairs % len(HARMFUL)).tolist()]
    titles = {name: one.title for name, one in behaviours().items()}
    columns = {
        "id": [id_ for id_, _, _ in own],
        "name": [name for _, name, _ in own],
        "team_id": [team_id for _, _, team_id in own],
        **dict.fromkeys(("scorecard", "section"), HARM),
        "title": "What harms",
        "criterion": names,
        "question": [titles[name] for name in names],
        "tip": "",
        "weight": 1.0,
        "target": expected[first],
        "met": sums["points"],
        **dict.fromkeys(("partly", "not_applicable"), 0),
        **sums,
        "expected": expected[first],
        "expected_of_team": elsewhere[first],
    }
    found = pd.DataFrame({name: columns[name] for name in COMPARED_COUNTS}).astype(dict(COMPARED_COUNTS))
    order = sorted(range(len(own)), key=lambda n: (own[n][1], own[n][0], names[n]))
    return found.take(order).reset_index(drop=True)


HARM = "harm"
"""What stands in the place of a scorecard's id: these counts rest on no scorecard."""


def _as_people_say(
    session: Session,
    asker: Asker,
    conditions: Sequence[SQLColumnExpression[bool]],
    groups: Sequence[SQLColumnExpression[Any]],
) -> list[tuple[Any, ...]]:
    """What to add to the machine's counts, so that they say what people said: rows of group, behaviour, shown and unsure."""
    said = _said(session, asker, conditions)
    if not said:
        return []
    ids = sorted({call_id for call_id, _ in said})
    group_of = {
        row[0]: tuple(row[1:])
        for row in session.execute(
            select(CallRow.id, *groups)
            .join(CourseRow, CourseRow.call_id == CallRow.id)
            .where(*conditions, CallRow.id.in_(ids))
        )
    }
    machine = {
        (row.call_id, row.behaviour): row.probability
        for row in session.execute(
            select(HarmRow.call_id, HarmRow.behaviour, HarmRow.probability).where(HarmRow.call_id.in_(ids))
        )
    }
    rows = []
    for (call_id, behaviour), shown in said.items():
        probability = machine.get((call_id, behaviour), 0.0)
        was_shown, was_unsure = probability >= 1 - DOUBT, DOUBT < probability < 1 - DOUBT
        if call_id in group_of:
            rows.append((*group_of[call_id], behaviour, int(shown) - int(was_shown), -int(was_unsure)))
    return rows


def _said(session: Session, asker: Asker, conditions: Sequence[SQLColumnExpression[bool]]) -> dict[tuple[str, str], bool]:
    """What people said of harm in these calls, by call and behaviour: whether it was shown.

    A mark of a turn that it shows it settles the call; a mark that it does not, only where the machine took that very turn.
    A question by which it must not be shown, and which somebody answered with met, settles it as well.
    """
    said: dict[tuple[str, str], bool] = {}
    never = {
        (row.id, criterion.id): behaviours_of(criterion)
        for row in session.execute(select(ScorecardVersionRow.id, ScorecardVersionRow.definition))
        for _, criterion in scorecard_of(row.definition)
        if criterion.rule.kind == NEVER_SHOWS and set(behaviours_of(criterion)) & set(HARMFUL)
    }
    corrected = session.execute(
        select(EvaluationRow.call_id, EvaluationRow.scorecard_version_id, ResultRow.criterion, OverrideRow.after)
        .select_from(OverrideRow)
        .join(ResultRow, OfACall(OverrideRow.result_id) == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .where(*conditions, *counts_once(asker), ResultRow.criterion.in_({criterion for _, criterion in never}))
        .order_by(OverrideRow.id)
    )
    for row in corrected:
        named = set(never.get((row.scorecard_version_id, row.criterion), ())) & set(HARMFUL)
        for behaviour in named:
            if row.after is Verdict.MET:
                said[row.call_id, behaviour] = False
            elif len(named) == 1 and row.after is Verdict.NOT_MET:  # of several, nobody said which
                said[row.call_id, behaviour] = True
            else:
                said.pop((row.call_id, behaviour), None)
    marked = select(TurnMarkRow.call_id).where(TurnMarkRow.behaviour.in_(HARMFUL))  # few: calls are looked up by these
    marks = session.execute(
        select(
            TurnMarkRow.call_id, TurnMarkRow.turn, TurnMarkRow.behaviour, TurnMarkRow.present, HarmRow.turn.label("taken")
        )
        .join(CallRow, TurnMarkRow.call_id == CallRow.id)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(HarmRow, and_(HarmRow.call_id == CallRow.id, HarmRow.behaviour == TurnMarkRow.behaviour))
        .where(*conditions, CallRow.id.in_(marked), TurnMarkRow.behaviour.in_(HARMFUL))
        .order_by(TurnMarkRow.id)
    )
    last = {(row.call_id, row.behaviour, row.turn): (row.present, row.taken) for row in marks}
    for (call_id, behaviour, turn), (present, taken) in last.items():
        if present:
            said[call_id, behaviour] = True
        elif turn == taken:
            said.setdefault((call_id, behaviour), False)
    return said


HARM_CALLS: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "behaviour": TEXT,
    "probability": NUMBER,
    "turn": ID,
    "start": NUMBER,
    "quote": TEXT,
}


def harm_calls(
    session: Session, asker: Asker, filter: CallFilter, behaviour: str | None = None, limit: int = 100
) -> pd.DataFrame:
    """Where a harmful behaviour was likely shown, or any, the latest call first, with the columns `HARM_CALLS`.

    Those that the machine is not sure of stand among them with their probability: harm is worth listening to before it is
    certain. What a person has said is not so is left out. `quote` holds the words that speak most for it.
    """
    which = [HarmRow.behaviour.in_(HARMFUL if behaviour is None else [behaviour]), HarmRow.probability >= HEARD_FROM]
    conditions = _chosen(asker, filter)
    denied = [key for key, shown in _said(session, asker, conditions).items() if not shown]
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            HarmRow.behaviour,
            HarmRow.probability,
            HarmRow.turn,
            TurnRow.start_seconds,
            TurnRow.text,
            HarmRow.start,
            HarmRow.end,
        )
        .select_from(HarmRow)
        .join(CallRow, HarmRow.call_id == CallRow.id)
        .join(TurnRow, and_(TurnRow.call_id == CallRow.id, TurnRow.position == HarmRow.turn))
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(*conditions, *which)
        .order_by(CallRow.started_at.desc(), CallRow.id, HarmRow.probability.desc(), HarmRow.behaviour)
        .limit(limit + len(denied))
    )
    left = (row for row in rows if (row[0], row[4]) not in denied)
    quoted = [(*row[:8], row[8][row[9] : row[10]].strip()) for row in left]
    return frame(cast("Iterable[Sequence[Any]]", quoted[:limit]), HARM_CALLS)


HEARD_FROM = 0.5
"""Harm that is likelier than not is listed to be listened to; only from 1 - DOUBT on is it counted."""
