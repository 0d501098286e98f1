"""Who is asking, and which calls does that person see?

What each role may is one table, `storage.roles.TABLE`. Here it becomes SQL that is part of every query, so that no page
can forget it: an agent's own calls, the calls that were taken in one of a coach's teams (the team of the time, not the
agent's team of today), all calls, or none.

Whoever belongs to a partner is kept to that partner's teams, whatever else would let them see: of the calls, those that a
team of theirs took while it was the partner's. They have the rights of a coach or of an agent and no others (`Asker` cannot
be built otherwise), so that nobody decides the scores, or the scorecards, by which their company is measured.

Whoever judges a call blind sees and hears the call, but nothing that the machine found in it, until they are done.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, SQLColumnExpression, and_, false, or_, select, true
from sqlalchemy.orm import Session

from reviews.queue import State
from storage.calibration_tables import CalibrationCallRow, CalibrationMemberRow, CalibrationRow
from storage.queue_tables import AssignmentRow
from storage.roles import Reach, Right, Role, reach
from storage.tables import CallRow, OrganisationTeamRow

__all__ = [
    "OF_A_PARTNER",
    "SYSTEM",
    "Asker",
    "Right",
    "Role",
    "belonged_at_the_time",
    "blind_calls",
    "may",
    "may_correct",
    "may_manage_quality",
    "of_their_organisation",
    "teams_of_organisation",
    "took_for_others",
    "visible_calls",
    "visible_teams",
]


OF_A_PARTNER = (Role.COACH, Role.AGENT)
"""The roles that somebody of a partner can have."""


@dataclass(frozen=True)
class Asker:
    """Who is asking. `agent_id` is the agent that an agent's sign-in belongs to, `team_ids` the teams of a coach,
    `organisation_id` the partner whose people they are; None for our own."""

    user_id: int
    role: Role
    agent_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    name: str = ""
    organisation_id: int | None = None

    def __post_init__(self) -> None:
        if self.organisation_id is not None and self.role not in OF_A_PARTNER:
            raise ValueError(f"Somebody of a partner asks as a coach or as an agent, and not as {self.role}.")

    @property
    def signature(self) -> str:
        """What stands under what they do: their name, or their role where no name is known."""
        return self.name or self.role.value


SYSTEM = Asker(user_id=0, role=Role.ADMINISTRATOR, name="operator")
"""The operator at the command line, who has the database at hand anyway; no user in the database."""


def visible_calls(asker: Asker) -> ColumnElement[bool]:
    """The condition on `calls` that holds for exactly the rows that this person may see.

    Everything else (turns, signals, evaluations, results, evidence, overrides, audio) is reached through its call.
    """
    match reach(asker.role, Right.SEE_CALLS):
        case Reach.ALL:
            return true()
        case Reach.TEAMS if asker.team_ids:
            return CallRow.team_id.in_(sorted(asker.team_ids)) & of_their_organisation(asker)
        case Reach.OWN if asker.agent_id is not None:
            return CallRow.agent_id == asker.agent_id
        case _:
            return false()


def visible_teams(asker: Asker, team_id: SQLColumnExpression[Any]) -> ColumnElement[bool] | None:
    """`visible_calls` as a condition on what was added up by team, where `team_id` stands for the team of the calls; None
    where what this person may see is no matter of teams, so that their calls have to be looked at one by one. Teams change
    hands, and sums do not know when: of somebody of a partner it holds only where `took_for_others` finds nothing."""
    match reach(asker.role, Right.SEE_CALLS):
        case Reach.ALL:
            return true()
        case Reach.TEAMS if asker.team_ids:
            theirs = team_id.in_(sorted(asker.team_ids))
            if asker.organisation_id is None:
                return theirs
            return theirs & team_id.in_(teams_of_organisation(asker.organisation_id))
        case _:
            return None


def seen_teams(session: Session, asker: Asker) -> frozenset[int] | None:
    """The teams that `visible_teams` is true of; None for all of them. Of nobody who sees no whole teams."""
    if reach(asker.role, Right.SEE_CALLS) is Reach.ALL:
        return None
    if asker.organisation_id is None:
        return asker.team_ids
    return asker.team_ids & frozenset(session.scalars(teams_of_organisation(asker.organisation_id)))


def took_for_others(session: Session, asker: Asker, first: datetime | None, until: datetime | None) -> bool:
    """Whether a team of somebody of a partner took any call from `first` on and before `until` (None: without an end) while
    it was not the partner's, which an index answers however many calls there are. False for our own people."""
    if asker.organisation_id is None:
        return False
    team_id, since, end = OrganisationTeamRow.team_id, OrganisationTeamRow.since, OrganisationTeamRow.until
    theirs = select(team_id, since, end).where(
        OrganisationTeamRow.organisation_id == asker.organisation_id,
        team_id.in_(sorted(asker.team_ids)),
        team_id.in_(teams_of_organisation(asker.organisation_id)),
    )
    times: dict[int, list[tuple[datetime | None, datetime | None]]] = defaultdict(list)
    for row in session.execute(theirs.order_by(team_id, since.is_not(None), since)):
        times[row.team_id].append((row.since, row.until))
    elsewhere = [
        select(CallRow.id).where(CallRow.team_id == team, *between).exists()
        for team, own in times.items()
        for start, stop in _not_in(own)
        if (between := _overlap(start, stop, first, until)) is not None
    ]
    return bool(elsewhere) and bool(session.scalar(select(or_(*elsewhere))))


def _not_in(times: Sequence[tuple[datetime | None, datetime | None]]) -> Iterator[tuple[datetime | None, datetime]]:
    """The stretches before and between those times, which are in order, and the last of which goes on."""
    start: datetime | None = None
    for since, until in times:
        if since is not None:
            yield start, since
        start = until


def _overlap(
    start: datetime | None, stop: datetime, first: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]] | None:
    """The condition on `calls` of a stretch that lies within other days; None where it doesn't."""
    begins = max((one for one in (start, first) if one is not None), default=None)
    ends = stop if until is None else min(stop, until)
    if begins is not None and begins >= ends:
        return None
    return [CallRow.started_at < ends, *([] if begins is None else [CallRow.started_at >= begins])]


def teams_of_organisation(organisation_id: int) -> Select[int]:
    """The ids of the teams that belong to an organisation today."""
    own = OrganisationTeamRow.organisation_id == organisation_id
    return select(OrganisationTeamRow.team_id).where(own, OrganisationTeamRow.until.is_(None))


def of_their_organisation(asker: Asker) -> ColumnElement[bool]:
    """The condition on `calls` by which somebody of a partner is kept to calls that were taken for it, by teams that are
    still its own; all calls for our own people, of whom it asks nothing."""
    if asker.organisation_id is None:
        return true()
    at_the_time = (
        select(OrganisationTeamRow.id)
        .where(OrganisationTeamRow.organisation_id == asker.organisation_id, belonged_at_the_time())
        .correlate(CallRow)
    )
    return CallRow.team_id.in_(teams_of_organisation(asker.organisation_id)) & at_the_time.exists()


def belonged_at_the_time() -> ColumnElement[bool]:
    """The condition on `organisation_teams` beside `calls`: whose the call's team was when the call began."""
    return and_(
        OrganisationTeamRow.team_id == CallRow.team_id,
        or_(OrganisationTeamRow.since.is_(None), OrganisationTeamRow.since <= CallRow.started_at),
        or_(OrganisationTeamRow.until.is_(None), OrganisationTeamRow.until > CallRow.started_at),
    )


def blind_calls(asker: Asker) -> CompoundSelect[str]:
    """The ids of the calls that this person is judging blind: what the machine found in them is kept from them."""
    waits = AssignmentRow.state.in_([state for state in State if state.waits])
    given = select(AssignmentRow.call_id).where(AssignmentRow.reviewer_id == asker.user_id, waits, AssignmentRow.blind)
    calibrating = (
        select(CalibrationCallRow.call_id)
        .join(CalibrationMemberRow, CalibrationMemberRow.calibration_id == CalibrationCallRow.calibration_id)
        .join(CalibrationRow, CalibrationRow.id == CalibrationCallRow.calibration_id)
        .where(
            CalibrationMemberRow.user_id == asker.user_id,
            CalibrationMemberRow.finished_at.is_(None),
            CalibrationRow.closed_at.is_(None),
        )
    )
    return given.union(calibrating)


def may(asker: Asker, right: Right) -> bool:
    """Whether this person has the right at all; how far it goes stands in the queries."""
    return reach(asker.role, right) is not Reach.NOTHING


def may_correct(asker: Asker) -> bool:
    """Whether this person's verdict can stand beside the machine's."""
    return may(asker, Right.CORRECT)


def may_manage_quality(asker: Asker) -> bool:
    """Whether this person decides how quality is measured: scorecards, what is reviewed, calibration and disputes."""
    return may(asker, Right.MANAGE_QUALITY)
