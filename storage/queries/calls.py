"""Which calls are there, what is known of one, and where were these words said?"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import ColumnElement, bindparam, case, false, func, select
from sqlalchemy.orm import Session

from reviews.sides import MOSTLY
from scoring.signals.shown import SURE_SIDE
from storage import mapping
from storage.access import Asker, blind_calls, visible_calls
from storage.audit import What, note_opening
from storage.cells import ALL_CALLS
from storage.queries.conditions import (
    COUNT,
    FLAG,
    ID,
    MAYBE,
    MOMENT,
    NUMBER,
    TEXT,
    THINGS,
    Definitions,
    calls_with,
    chosen_calls,
    count_where,
    counts_once,
    frame,
    in_force,
    said_by_few,
    terms_of,
    turns_with,
)
from storage.queries.summed import Dimension, can_be_summed, summed
from storage.records import CallDetails, CallFilter, Choices, StoredEvaluation
from storage.repository import load_evaluation, load_evaluations, load_side_corrections, load_transcript
from storage.roles import Reach, Right, reach
from storage.sealed_words import letters
from storage.tables import AgentRow, CallRow, EvaluationRow, ScorecardVersionRow, SignalsRow, TeamRow, TurnRow

NAME_OF_AGENT = func.coalesce(AgentRow.name, "")
NAME_OF_TEAM = func.coalesce(TeamRow.name, "")
"""Calls without an agent or a team have an empty name, never a missing one."""


def filter_choices(session: Session, asker: Asker) -> Choices:
    """What a filter can be set to, from the calls that the asker may see."""
    there = _there(session, asker)
    team_names = select(TeamRow.id, TeamRow.name).order_by(TeamRow.name, TeamRow.id)
    agent_names = select(AgentRow.id, AgentRow.name).order_by(AgentRow.name, AgentRow.id)
    definitions = Definitions(session, there.scorecards)
    return Choices(
        teams={row.id: row.name for row in session.execute(team_names) if row.id in there.teams},
        agents={row.id: row.name for row in session.execute(agent_names) if row.id in there.agent_teams},
        agent_teams={agent: team for agent, team in there.agent_teams.items() if team is not None},
        queues=tuple(sorted(there.queues)),
        scorecards=dict(
            sorted(((id_, definitions.scorecard(id_).title) for id_ in there.scorecards), key=lambda item: item[1])
        ),
        first=_day(there.first),
        last=_day(there.last),
    )


class _There(NamedTuple):
    """What the calls are of that somebody may see. An agent's team is that of their latest call that has one."""

    agent_teams: Mapping[int, int | None]
    teams: Collection[int]
    queues: Collection[str]
    scorecards: Collection[str]
    first: datetime | None
    last: datetime | None


def _there(session: Session, asker: Asker) -> _There:
    """Who and what there is. For whoever sees all calls each is looked up by itself, which an index answers however many
    calls there are; for others from the sums where these can answer, else from the calls, which then are few."""
    seen = visible_calls(asker)
    of_all = reach(asker.role, Right.SEE_CALLS) is Reach.ALL
    agent_teams, teams, queues = _anywhere(session, asker) if of_all else _among_theirs(session, asker)
    by_team = reach(asker.role, Right.SEE_CALLS) is Reach.TEAMS  # an index has the ends of each team, not of several
    ends = [_ends(session, seen, CallRow.team_id == team) for team in teams] if by_team else [_ends(session, seen)]
    return _There(
        agent_teams,
        teams,
        queues,
        _judged_by(session, asker) if of_all else _counted_by(session, asker),
        min((first for first, _ in ends if first is not None), default=None),
        max((last for _, last in ends if last is not None), default=None),
    )


def _anywhere(session: Session, asker: Asker) -> tuple[dict[int, int | None], set[int], set[str]]:
    """Every agent who has calls with their team, every team, and every queue."""
    taken = select(CallRow.id).where(CallRow.agent_id == AgentRow.id).exists()
    placed = (
        select(CallRow.team_id)
        .where(CallRow.agent_id == AgentRow.id, CallRow.team_id.is_not(None))
        .order_by(CallRow.started_at.desc(), CallRow.team_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        dict(session.execute(select(AgentRow.id, placed).where(taken)).all()),
        set(session.scalars(select(TeamRow.id).where(select(CallRow.id).where(CallRow.team_id == TeamRow.id).exists()))),
        set(_queues(session)),
    )


def _queues(session: Session) -> list[str]:
    """Every queue that has a name, in order: the first one, and from each the next, which an index answers however many
    calls a queue has."""
    first = select(func.min(CallRow.queue).label("queue")).where(CallRow.queue > "").cte(recursive=True)
    following = select(func.min(CallRow.queue)).where(CallRow.queue > first.c.queue).scalar_subquery()
    every = first.union_all(select(following).where(first.c.queue.is_not(None)))
    return list(session.scalars(select(every.c.queue).where(every.c.queue.is_not(None))))


def _among_theirs(session: Session, asker: Asker) -> tuple[dict[int, int | None], set[int], set[str]]:
    """As `_anywhere`, of the calls of some teams, or of one's own."""
    by: tuple[Dimension, ...] = ("agent_id", "team_id", "queue")
    every = summed(session, asker, CallFilter(), by, scorecards=(), answers=False, blind=True)
    groups = every.groups(ALL_CALLS, by)
    teams_of: dict[int, set[int]] = defaultdict(set)
    for agent, team, _ in groups:
        if agent is not None:
            teams_of[agent] |= {team} - {None}
    agent_teams: dict[int, int | None] = {agent: min(teams, default=None) for agent, teams in teams_of.items()}
    several = [agent for agent, teams in teams_of.items() if len(teams) > 1]
    placed = session.execute(
        select(CallRow.agent_id, CallRow.team_id)
        .where(visible_calls(asker), CallRow.agent_id.in_(several), CallRow.team_id.is_not(None))
        .group_by(CallRow.agent_id, CallRow.team_id)
        .order_by(func.max(CallRow.started_at), CallRow.team_id)
    )
    agent_teams.update({agent: team for agent, team in placed if agent is not None})
    teams = {team for _, team, _ in groups if team is not None}
    return agent_teams, teams, {queue for _, _, queue in groups if queue}


def _judged_by(session: Session, asker: Asker) -> set[str]:
    """The scorecards that judged any call. The newest versions are asked first: the calls of an older one may all count
    under a newer, and be gone through for nothing."""
    found: set[str] = set()
    versions = select(ScorecardVersionRow.id, ScorecardVersionRow.scorecard).order_by(ScorecardVersionRow.id.desc())
    own = select(EvaluationRow.id).where(EvaluationRow.scorecard_version_id == bindparam("version"), *counts_once(asker))
    for version_id, scorecard in session.execute(versions).all():
        if scorecard not in found and session.scalar(own.limit(1), {"version": version_id}) is not None:
            found.add(scorecard)
    return found


def _counted_by(session: Session, asker: Asker) -> set[str]:
    """As `_judged_by`, of the calls of some teams, or of one's own."""
    judged = summed(session, asker, CallFilter(), answers=False)
    return {judged.cards[version_id].scorecard for version_id, cells in judged.cells.items() if version_id and len(cells)}


def _ends(session: Session, *which: ColumnElement[bool]) -> tuple[datetime | None, datetime | None]:
    """When the first and the last of these calls began; each by itself, which an index answers at once."""
    first, last = (select(end(CallRow.started_at)).where(*which) for end in (func.min, func.max))
    return session.scalar(first), session.scalar(last)


CALLS: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent_id": ID,
    "agent": TEXT,
    "team_id": ID,
    "team": TEXT,
    "customer": TEXT,
    "queue": TEXT,
    "direction": TEXT,
    "kind": TEXT,
    "duration_seconds": NUMBER,
    "channels": COUNT,
    "sides": TEXT,
    "doubtful": FLAG,
    "total": NUMBER,
    "lowest_total": NUMBER,
    "failed": FLAG,
    "unsure": COUNT,
    "customer_valence": NUMBER,
    "customer_valence_end": NUMBER,
}


def calls(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    limit: int = 500,
    offset: int = 0,
    after: tuple[datetime, str] | None = None,
) -> pd.DataFrame:
    """The calls, the latest first, with the columns `CALLS`.

    `total` is the mean and `lowest_total` the lowest of its evaluations' totals (of the filter's scorecard alone, where
    it names one), NaN where nothing could be scored. `failed`: a criterion failed a whole scorecard. `unsure`: how many
    results wait for a person. `doubtful`: who spoke is in doubt for most of the call, by the length of its turns.
    What the machine found in a call that the asker is judging blind is left out. With `after`, the start and the id of a
    call, only what comes after it in this order: a list read page by page so repeats nothing when new calls come in.
    """
    later = []
    if after is not None:
        moment, call_id = after
        later = [(CallRow.started_at < moment) | ((CallRow.started_at == moment) & (CallRow.id > call_id))]
    page = (
        select(CallRow.id)
        .where(*chosen_calls(asker, filter, few=said_by_few(session, filter.words)), *later)
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(limit)
        .offset(offset)
        .cte("page")  # asked three times below; as a subquery it would be searched as often
    )
    scores = (
        select(
            EvaluationRow.call_id,
            func.avg(EvaluationRow.total).label("total"),
            func.min(EvaluationRow.total).label("lowest_total"),
            count_where(EvaluationRow.failed).label("failed"),
            func.sum(EvaluationRow.unsure).label("unsure"),
        )
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(EvaluationRow.call_id.in_(select(page.c.id)), *in_force(asker, filter))
        .group_by(EvaluationRow.call_id)
        .subquery()
    )
    length = letters(TurnRow.text)
    doubts = (
        select(
            TurnRow.call_id,
            func.sum(case((TurnRow.side_confidence < SURE_SIDE, length), else_=0)).label("doubtful"),
            func.sum(length).label("all"),
        )
        .where(TurnRow.call_id.in_(select(page.c.id)))
        .group_by(TurnRow.call_id)
        .subquery()
    )
    blind = CallRow.id.in_(blind_calls(asker))
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            CallRow.agent_id,
            NAME_OF_AGENT,
            CallRow.team_id,
            NAME_OF_TEAM,
            CallRow.customer,
            CallRow.queue,
            CallRow.direction,
            CallRow.kind,
            CallRow.duration_seconds,
            CallRow.channels,
            CallRow.sides,
            func.coalesce(doubts.c.doubtful > MOSTLY * doubts.c.all, false()),
            scores.c.total,
            scores.c.lowest_total,
            func.coalesce(scores.c.failed, 0) > 0,
            func.coalesce(scores.c.unsure, 0),
            case((blind, None), else_=CallRow.customer_valence),
            case((blind, None), else_=CallRow.customer_valence_end),
        )
        .join(page, page.c.id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(scores, scores.c.call_id == CallRow.id)
        .outerjoin(doubts, doubts.c.call_id == CallRow.id)
        .order_by(CallRow.started_at.desc(), CallRow.id)
    )
    return frame(rows, CALLS)


MOST_FOUND = 1_000
"""Of a search for words no more calls are counted for a page: to count a word that is said in every second call would take
reading what was said in all of them."""


def count_calls(session: Session, asker: Asker, filter: CallFilter, most: int | None = None) -> int:
    """How many calls `calls` would give without a limit.

    most: where words are searched for, stop there; one more than that says that there are more.
    """
    if filter.words.strip() and most is not None:
        chosen = chosen_calls(asker, filter, few=said_by_few(session, filter.words))
        some = select(CallRow.id).where(*chosen).order_by(CallRow.started_at.desc()).limit(most + 1)
        return session.scalars(select(func.count()).select_from(some.subquery())).one()
    of_all = reach(asker.role, Right.SEE_CALLS) is Reach.ALL
    if of_all and filter == CallFilter(filter.start, filter.end):  # the index of days alone says it
        return session.scalars(select(func.count()).select_from(CallRow).where(*chosen_calls(asker, filter))).one()
    which = "failed" if filter.failed_only else "unsure" if filter.unsure_only else "calls"
    every = replace(filter, failed_only=False, unsure_only=False)
    if not can_be_summed(session, asker, every) or (filter.failed_only and filter.unsure_only):
        return session.scalars(select(func.count()).select_from(CallRow).where(*chosen_calls(asker, filter))).one()
    only = None if filter.scorecard is None else [filter.scorecard]
    found = summed(session, asker, every, scorecards=only, answers=False, blind=which == "calls")
    return sum(count for id_ in found.versions(filter.scorecard) for (own,) in [found.heads(id_, (which,))] for count in own)


EVALUATIONS: Mapping[str, str] = {
    "evaluation_id": COUNT,
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent_id": ID,
    "agent": TEXT,
    "team_id": ID,
    "team": TEXT,
    "scorecard": TEXT,
    "title": TEXT,
    "version": COUNT,
    "pass_mark": NUMBER,
    "total": NUMBER,
    "total_before": NUMBER,
    "passed": MAYBE,
    "failed_by": THINGS,
    "unsure": COUNT,
}


def evaluations(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The evaluations in force of these calls, the latest call first, with the columns `EVALUATIONS`.

    Totals are those that hold now, before and after automatic failure; `failed_by` is a list of criteria.
    """
    rows = session.execute(
        select(
            EvaluationRow.id,
            CallRow.id,
            CallRow.started_at,
            CallRow.agent_id,
            NAME_OF_AGENT,
            CallRow.team_id,
            NAME_OF_TEAM,
            ScorecardVersionRow.scorecard,
            ScorecardVersionRow.title,
            ScorecardVersionRow.version,
            ScorecardVersionRow.pass_mark,
            EvaluationRow.total,
            EvaluationRow.total_before,
            EvaluationRow.passed,
            EvaluationRow.failed_by,
            EvaluationRow.unsure,
        )
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(*chosen_calls(asker, filter), *in_force(asker, filter))
        .order_by(CallRow.started_at.desc(), CallRow.id, ScorecardVersionRow.title)
    )
    return frame(rows, EVALUATIONS)


def call_details(session: Session, asker: Asker, call_id: str) -> CallDetails | None:
    """Everything that is known of one call; None where there is none, or none that the asker may see.

    While the asker is judging it blind (`blind`), there is nothing in it of what the machine found: no evaluations, every
    valence 0, no measures of sentiment, and no totals in the corrections of who spoke.
    """
    row = session.execute(
        select(CallRow, AgentRow.name, TeamRow.name, SignalsRow, CallRow.id.in_(blind_calls(asker)))
        .join(SignalsRow, SignalsRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(CallRow.id == call_id, visible_calls(asker))
    ).one_or_none()
    if row is None:
        return None
    note_opening(session, asker, call_id)
    call, agent, team, signals, blind = row
    valence = session.scalars(select(TurnRow.valence).where(TurnRow.call_id == call_id).order_by(TurnRow.position)).all()
    corrections = load_side_corrections(session, call_id)
    return CallDetails(
        call_id=call.id,
        agent_id=call.agent_id,
        team_id=call.team_id,
        facts=mapping.facts_of(call, agent, team),
        transcript=load_transcript(session, call_id),
        measures={name: None if blind and "valence" in name else value for name, value in signals.measures.items()},
        silences=mapping.silences_of(signals.silences),
        interruptions=mapping.interruptions_of(signals.interruptions),
        valence=(0.0,) * len(valence) if blind else tuple(valence),
        evaluations=() if blind else tuple(load_evaluations(session, call_id)),
        side_corrections=tuple(replace(each, totals=()) if blind else each for each in corrections),
        blind=bool(blind),
    )


def evaluation(session: Session, asker: Asker, evaluation_id: int) -> StoredEvaluation | None:
    """One evaluation, in force or not; None where there is none of a call that the asker sees and is not judging blind."""
    seen = session.scalar(
        select(CallRow.id)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .where(EvaluationRow.id == evaluation_id, visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
    )
    if seen is None:
        return None
    note_opening(session, asker, seen)
    return load_evaluation(session, evaluation_id)


def recording_path(session: Session, asker: Asker, call_id: str, what: What = What.CALL_HEARD) -> str | None:
    """Where the call's audio lies within the folder of recordings; None where there is none that the asker may hear.

    what: what the record says of it.
    """
    path = session.scalar(select(CallRow.recording).where(CallRow.id == call_id, visible_calls(asker)))
    if path is not None:
        note_opening(session, asker, call_id, what)
    return path


WORDS: Mapping[str, str] = {
    "call_id": TEXT,
    "started_at": MOMENT,
    "agent": TEXT,
    "team": TEXT,
    "turn": COUNT,
    "speaker": TEXT,
    "start": NUMBER,
    "text": TEXT,
}


def search_words(session: Session, asker: Asker, words: str, limit: int = 100) -> pd.DataFrame:
    """The turns in which all of these words were said, the latest call first, with the columns `WORDS`.

    Words within double quotes are looked for as they stand; case makes no difference. No words find nothing. Where words
    are encrypted, whole ones are found.
    """
    if not terms_of(words):
        return frame([], WORDS)
    wanted = [*calls_with(words, few=said_by_few(session, words)), *turns_with(words)]
    rows: list[Any] = []
    passed = 0
    while len(rows) < limit:
        some = _turns(session, asker, wanted, limit, passed)
        rows += [row for row in some if all(term in mapping.fold(row.text) for term in terms_of(words))]
        if len(some) < limit:
            break
        passed += limit
    return frame(rows[:limit], WORDS)


def _turns(session: Session, asker: Asker, wanted: Sequence[ColumnElement[bool]], limit: int, offset: int) -> Sequence[Any]:
    """So many of the turns for which this holds, after so many, with the columns `WORDS`.

    Of encrypted words the database cannot see how they stand in a stretch: that is for the caller to look at.
    """
    found = (
        select(TurnRow.call_id, TurnRow.position)
        .join(CallRow, TurnRow.call_id == CallRow.id)
        .where(visible_calls(asker), *wanted)
        .order_by(CallRow.started_at.desc(), CallRow.id, TurnRow.position)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return session.execute(
        select(
            CallRow.id,
            CallRow.started_at,
            NAME_OF_AGENT,
            NAME_OF_TEAM,
            TurnRow.position,
            TurnRow.speaker,
            TurnRow.start_seconds,
            TurnRow.text,
        )
        .join(found, (found.c.call_id == TurnRow.call_id) & (found.c.position == TurnRow.position))
        .join(CallRow, TurnRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .order_by(CallRow.started_at.desc(), CallRow.id, TurnRow.position)
    ).all()


def _day(moment: Any) -> date | None:
    """The day in UTC."""
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else None
