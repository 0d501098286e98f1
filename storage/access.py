"""Who is asking, and which calls does that person see?

What each role may is one table, `storage.roles.TABLE`. Here it becomes SQL that is part of every query, so that no page
can forget it: an agent's own calls, the calls that were taken in one of a coach's teams (the team of the time, not the
agent's team of today), all calls, or none.

Whoever judges a call blind sees and hears the call, but nothing that the machine found in it, until they are done.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, SQLColumnExpression, false, select, true

from reviews.queue import State
from storage.calibration_tables import CalibrationCallRow, CalibrationMemberRow, CalibrationRow
from storage.queue_tables import AssignmentRow
from storage.roles import Reach, Right, Role, reach
from storage.tables import CallRow

__all__ = [
    "SYSTEM",
    "Asker",
    "Right",
    "Role",
    "blind_calls",
    "may",
    "may_correct",
    "may_manage_quality",
    "visible_calls",
    "visible_teams",
]


@dataclass(frozen=True)
class Asker:
    """Who is asking. `agent_id` is the agent that an agent's sign-in belongs to, `team_ids` the teams of a coach."""

    user_id: int
    role: Role
    agent_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    name: str = ""

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
            return CallRow.team_id.in_(sorted(asker.team_ids))
        case Reach.OWN if asker.agent_id is not None:
            return CallRow.agent_id == asker.agent_id
        case _:
            return false()


def visible_teams(asker: Asker, team_id: SQLColumnExpression[Any]) -> ColumnElement[bool] | None:
    """`visible_calls` as a condition on what was added up by team, where `team_id` stands for the team of the calls; None
    where what this person may see is no matter of teams, so that their calls have to be looked at one by one."""
    match reach(asker.role, Right.SEE_CALLS):
        case Reach.ALL:
            return true()
        case Reach.TEAMS if asker.team_ids:
            return team_id.in_(sorted(asker.team_ids))
        case _:
            return None


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
