"""What makes customers call, what is done about it and by whom, and in which conversations does it show?

A cause belongs to a reason of the tree, or to a group of them. Quality managers and administrators put causes on the board
and change them, each change in the record. A coach sees those that concern their teams (conversations of theirs are under
the reason, or among the evidence), and of these their teams' evidence and figures alone; reviewers, agents and people of
partners see none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, and_, cast, delete, func, select, true
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from storage import clock
from storage.access import Asker, Right, blind_calls, may, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.authorship import authored
from storage.cause_tables import CauseEvidenceRow, CauseRow
from storage.course_cells import CONTACTS, NOT_READ, REASON, Part
from storage.course_tables import CourseRow
from storage.queries.calls import NAME_OF_AGENT, NAME_OF_TEAM
from storage.queries.conditions import COUNT, DAY, NUMBER, TEXT, count_where, frame
from storage.queries.reasons import reason_titles
from storage.queries.summed_courses import courses_can_be_summed, summed_courses
from storage.reason_tables import CallReasonRow, ReasonTreeRow
from storage.reasons import tree_in_force
from storage.records import CallFilter
from storage.roles import Reach, reach
from storage.same_customer import OUTBOUND
from storage.tables import AgentRow, CallRow, TeamRow, TurnRow

LONGEST_TITLE, LONGEST_NAME, LONGEST_WORDS = 120, 120, 4_000
MOST_EVIDENCE = 200


class CauseState(StrEnum):
    """How far a cause has come."""

    FOUND = "found"
    AGREED = "agreed"
    DONE = "done"
    FOLLOWED_UP = "followed_up"
    SET_ASIDE = "set_aside"


_ACTED = (CauseState.DONE, CauseState.FOLLOWED_UP)


@dataclass(frozen=True)
class CauseDraft:
    """What a person says of a cause; `reason` is the id of a reason or a group. Raises InputError where it cannot be."""

    title: str
    reason: str
    description: str = ""
    owner: str = ""
    department: str = ""
    action: str = ""
    acted_on: date | None = None
    state: CauseState = CauseState.FOUND

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", CauseState(self.state))
        for name in ("title", "owner", "department"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split()))
        for name in ("description", "action"):
            object.__setattr__(self, name, getattr(self, name).strip())
        if not self.title or len(self.title) > LONGEST_TITLE:
            raise InputError(
                f"Give the cause a title of up to {LONGEST_TITLE} letters, such as “The tracking page is a day late”."
            )
        if max(len(self.owner), len(self.department)) > LONGEST_NAME:
            raise InputError(f"Names of owner and department have {LONGEST_NAME} letters at most.")
        if max(len(self.description), len(self.action)) > LONGEST_WORDS:
            raise InputError(f"Description and action have {LONGEST_WORDS:,} letters at most.")
        if self.state in (CauseState.AGREED, *_ACTED) and not self.action:
            raise InputError("Say which action was agreed before the cause goes on.")
        if self.state in _ACTED and self.acted_on is None:
            raise InputError("Say on which day the action was done: what it brought about is counted from there.")


@dataclass(frozen=True)
class Cause:
    """A cause as it stands. `group` and `title_of_reason` are as the newest tree that has them says; empty group: the cause
    is of the whole group."""

    id: int
    draft: CauseDraft
    group: str
    title_of_reason: str
    author: str
    at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class CauseEvidence:
    """A conversation in which a cause shows, with the sentence that tells its reason most, at `turn`."""

    call_id: str
    started_at: datetime
    agent: str
    team: str
    turn: int | None
    quote: str
    author: str
    at: datetime


# What people see


def may_see_causes(asker: Asker) -> bool:
    """Whether this person sees the board at all."""
    return may(asker, Right.COACH) and asker.organisation_id is None


def list_causes(session: Session, asker: Asker, states: Sequence[CauseState] = ()) -> tuple[Cause, ...]:
    """The causes that this person may see, of these states or all, what was changed last first. Raises NotAllowed for who
    sees none."""
    _check_may_see(asker)
    wanted = select(CauseRow).where(_visible(session, asker))
    if states:
        wanted = wanted.where(CauseRow.state.in_([state.value for state in states]))
    titles = _titles(session)
    rows = session.scalars(wanted.order_by(CauseRow.changed_at.desc(), CauseRow.id.desc()))
    return tuple(_cause(row, titles) for row in rows)


def find_cause(session: Session, asker: Asker, cause_id: int) -> Cause:
    """One of them. Raises as `list_causes`, StorageError where there is none that is theirs to see."""
    return _cause(_row(session, asker, cause_id), _titles(session))


def evidence_of(session: Session, asker: Asker, cause_id: int) -> tuple[CauseEvidence, ...]:
    """The conversations of a cause that this person may see, the latest first. Raises as `find_cause`."""
    row = _row(session, asker, cause_id)
    rows = session.execute(
        select(
            CauseEvidenceRow,
            CallRow.started_at,
            NAME_OF_AGENT.label("agent"),
            NAME_OF_TEAM.label("team"),
            CallReasonRow.turn,
            CallReasonRow.start,
            CallReasonRow.end,
            TurnRow.text,
        )
        .join(CallRow, CallRow.id == CauseEvidenceRow.call_id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .outerjoin(TurnRow, and_(TurnRow.call_id == CallRow.id, TurnRow.position == CallReasonRow.turn))
        .where(CauseEvidenceRow.cause_id == row.id, *_seen(asker))
        .order_by(CallRow.started_at.desc(), CallRow.id)
    )
    return tuple(
        CauseEvidence(
            call_id=one.CauseEvidenceRow.call_id,
            started_at=one.started_at,
            agent=one.agent or "",
            team=one.team or "",
            turn=one.turn,
            quote=(one.text or "")[one.start or 0 : one.end or 0].strip(),
            author=one.CauseEvidenceRow.author,
            at=one.CauseEvidenceRow.at,
        )
        for one in rows
    )


CONTACT_WEEKS: Mapping[str, str] = {
    "week": DAY,
    "reason": TEXT,
    "calls": COUNT,
    "unread": COUNT,
    "timed": COUNT,
    "seconds": NUMBER,
    "known": COUNT,
    "soon": COUNT,
    "later": COUNT,
}


@dataclass(frozen=True)
class ContactWeeks:
    """What there is to count by week.

    `counts` has the columns `CONTACT_WEEKS`, a row for each week and reason (empty: none): `calls` are contacts of
    customers, `unread` those that were taken in before there was a tree, `seconds` the time of the `timed` ones, `soon` and
    `later` those after which the same customer was in touch again within 7 and 30 days, of the `known` ones, whose customer
    is known; whether so many days have passed is not looked at. `first` and `last` are the days of the first and the latest
    contact; None where there is none. `trees` are the Mondays from which another version of the tree was asked.
    """

    counts: pd.DataFrame
    first: date | None
    last: date | None
    trees: tuple[date, ...]


def contact_weeks(session: Session, asker: Asker) -> ContactWeeks:
    """The contacts of every reason by week, of what this person may see. Raises NotAllowed for who sees no causes."""
    _check_may_see(asker)
    theirs = (*_seen(asker), CallRow.direction != OUTBOUND)
    ends = [
        session.scalar(select(CallRow.started_at).where(*theirs).order_by(order).limit(1))
        for order in (CallRow.started_at, CallRow.started_at.desc())
    ]
    found = (
        _summed_weeks(session, asker)
        if courses_can_be_summed(session, asker, CallFilter())
        else _weeks_one_by_one(session, theirs)
    )
    counts = frame(sorted(found.rows), CONTACT_WEEKS)
    first, last = (None if one is None else one.date() for one in ends)
    since = sorted(found.trees.values())
    return ContactWeeks(counts.assign(seconds=counts["seconds"] / 1000), first, last, tuple(since[1:]))


class _Weeks(NamedTuple):
    """The rows of `ContactWeeks.counts`, seconds as milliseconds; and of each version of the tree the first week."""

    rows: Sequence[tuple[Any, ...]]
    trees: Mapping[int, date]


def _weeks_one_by_one(session: Session, theirs: Sequence[ColumnElement[bool]]) -> _Weeks:
    counted = session.execute(
        select(
            CallRow.week,
            REASON,
            func.count(),
            count_where(CallReasonRow.call_id.is_(None)),
            *(cast(func.sum(CONTACTS[name]), BigInteger) for name in ("timed", "ms", "contact_known", "soon", "later")),
        )
        .select_from(CallRow)
        .join(CourseRow, CourseRow.call_id == CallRow.id)
        .outerjoin(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .where(*theirs)
        .group_by(CallRow.week, REASON)
    )
    trees = session.execute(
        select(CallReasonRow.tree_id, func.min(CallRow.week).label("since"))
        .join(CallRow, CallRow.id == CallReasonRow.call_id)
        .where(*theirs)
        .group_by(CallReasonRow.tree_id)
    )
    return _Weeks([tuple(row) for row in counted], {row.tree_id: row.since for row in trees})


def _summed_weeks(session: Session, asker: Asker) -> _Weeks:
    summed = summed_courses(session, asker, CallFilter(), Part.CONTACTS, by_week=True)
    weeks: dict[tuple[date, str], NDArray[np.int64]] = {}
    trees: dict[int, date] = {}
    figures = summed.figures("inbound", "inbound_timed", "inbound_ms", "contact_known", "soon", "later")
    for group, calls, *own in zip(summed.groups, *figures, strict=True):
        if not calls:
            continue
        assert group.week is not None, "they are told apart by week"
        about = group.about
        key = (group.week, about.reason)
        numbers = np.array([calls, calls if about.state == NOT_READ else 0, *own], np.int64)
        weeks[key] = weeks.get(key, np.zeros_like(numbers)) + numbers
        if about.tree_id:
            trees[about.tree_id] = min(group.week, trees.get(about.tree_id, group.week))
    return _Weeks([(*key, *numbers.tolist()) for key, numbers in weeks.items()], trees)


def reason_choices(session: Session) -> dict[str, str]:
    """What a cause can belong to, by id: the groups and the reasons of the tree in force, in its order. Not personal."""
    tree = tree_in_force(session).judge.tree
    choices: dict[str, str] = {}
    for group in tree.groups:
        choices.setdefault(group.id, f"{group.title}: all of it")
        for one in group.reasons:
            choices[one.id] = f"{group.title}: {one.title}"
    return choices


def reasons_of(session: Session, reason: str) -> list[str]:
    """The ids that conversations of a cause may stand under: the reason's own, else those that the group has, or had in any
    version of the tree. Not personal."""
    groups = [group for tree in session.scalars(select(ReasonTreeRow.tree)) for group in tree["groups"]]
    if any(one["id"] == reason for group in groups for one in group["reasons"]):
        return [reason]
    return sorted({one["id"] for group in groups if group["id"] == reason for one in group["reasons"]})


# What people do


def add_cause(session: Session, asker: Asker, cause_draft: CauseDraft, call_ids: Sequence[str] = ()) -> int:
    """Put a cause on the board, with these conversations as its evidence; its id. Raises NotAllowed for others than who
    manages quality, InputError where the tree has no such reason or the day is still to come, StorageError where a
    conversation is not theirs to see."""
    _check_may_change(session, asker, cause_draft)
    who = authored(session, asker)
    row = CauseRow(**_columns(cause_draft), **who, changed_at=who["at"])
    session.add(row)
    session.flush()
    note(session, asker, What.CAUSE_CHANGED, About.CAUSE, row.id, before=None, after=_told(cause_draft))
    if call_ids:
        add_evidence(session, asker, row.id, call_ids)
    return row.id


def change_cause(session: Session, asker: Asker, cause_id: int, cause_draft: CauseDraft) -> None:
    """Say something else of a cause. Raises as `add_cause` and `find_cause`."""
    row = _row_to_change(session, asker, cause_id)
    before = _draft(row)
    if before == cause_draft:
        return
    _check_may_change(session, asker, cause_draft, before.reason)
    for name, value in _columns(cause_draft).items():
        setattr(row, name, value)
    row.changed_at = clock.now()
    session.flush()
    differs = [name for name, value in asdict(cause_draft).items() if value != getattr(before, name)]
    note(
        session,
        asker,
        What.CAUSE_CHANGED,
        About.CAUSE,
        row.id,
        before={name: value for name, value in _told(before).items() if name in differs},
        after={name: value for name, value in _told(cause_draft).items() if name in differs},
        changed=differs,
    )


def add_evidence(session: Session, asker: Asker, cause_id: int, call_ids: Sequence[str]) -> int:
    """Put conversations under a cause as its evidence; how many were not there yet. Raises as `change_cause`."""
    row = _row_to_change(session, asker, cause_id)
    wanted = list(dict.fromkeys(call_ids))
    seen = set(session.scalars(select(CallRow.id).where(CallRow.id.in_(wanted), *_seen(asker))))
    missing = [one for one in wanted if one not in seen]
    if missing:
        raise StorageError(f"There is no call {missing[0]}.")
    there = set(session.scalars(select(CauseEvidenceRow.call_id).where(CauseEvidenceRow.cause_id == row.id)))
    new = [one for one in wanted if one not in there]
    if len(there) + len(new) > MOST_EVIDENCE:
        raise InputError(f"A cause has {MOST_EVIDENCE} conversations as evidence at most; the page of its reason has all.")
    who = authored(session, asker)
    for one in new:
        session.add(CauseEvidenceRow(cause_id=row.id, call_id=one, **who))
        note(session, asker, What.CAUSE_EVIDENCE, About.CAUSE, row.id, call=one, there=True)
    session.flush()
    return len(new)


def remove_evidence(session: Session, asker: Asker, cause_id: int, call_id: str) -> None:
    """Take a conversation off a cause. Raises as `change_cause`."""
    row = _row_to_change(session, asker, cause_id)
    theirs = (CauseEvidenceRow.cause_id == row.id, CauseEvidenceRow.call_id == call_id)
    if session.scalar(select(CauseEvidenceRow.id).where(*theirs)) is None:
        raise StorageError(f"Call {call_id} is none of the evidence.")
    session.execute(delete(CauseEvidenceRow).where(*theirs))
    note(session, asker, What.CAUSE_EVIDENCE, About.CAUSE, row.id, call=call_id, there=False)


# Rules


def _check_may_see(asker: Asker) -> None:
    if not may_see_causes(asker):
        raise NotAllowed("Quality managers and coaches of our own see the board of causes; ask one of them.")


def _check_may_change(session: Session, asker: Asker, draft: CauseDraft, reason_before: str = "") -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators put causes on the board; ask one of them.")
    if draft.reason != reason_before and draft.reason not in reason_choices(session):
        raise InputError(f"There is no reason {draft.reason} in the tree; choose one of those on the page “Why they call”.")
    if draft.acted_on is not None and draft.acted_on > clock.now().date() + timedelta(days=1):
        raise InputError("The day on which the action was done is still to come: say it once it is done.")


def _seen(asker: Asker) -> tuple[ColumnElement[bool], ...]:
    """The conditions on `calls` for what the machine found in them."""
    return visible_calls(asker), CallRow.id.not_in(blind_calls(asker))


def _visible(session: Session, asker: Asker) -> ColumnElement[bool]:
    """The condition on `causes`. Causes are few: which concern somebody's teams is asked one by one."""
    if reach(asker.role, Right.COACH) is Reach.ALL:
        return true()
    causes = session.execute(select(CauseRow.id, CauseRow.reason))
    return CauseRow.id.in_([one.id for one in causes if _concerns(session, asker, one.id, one.reason)])


def _concerns(session: Session, asker: Asker, cause_id: int, reason: str) -> bool:
    """Whether a conversation that this person may see is under the reason, or among the evidence."""
    theirs = select(CallRow.id).where(visible_calls(asker)).limit(1)
    under = theirs.join(CallReasonRow, CallReasonRow.call_id == CallRow.id)
    if session.scalar(under.where(CallReasonRow.reason.in_(reasons_of(session, reason)))) is not None:
        return True
    shown = theirs.join(CauseEvidenceRow, CauseEvidenceRow.call_id == CallRow.id)
    return session.scalar(shown.where(CauseEvidenceRow.cause_id == cause_id)) is not None


def _row(session: Session, asker: Asker, cause_id: int) -> CauseRow:
    _check_may_see(asker)
    row = session.scalar(select(CauseRow).where(CauseRow.id == cause_id, _visible(session, asker)))
    if row is None:
        raise StorageError(f"There is no cause {cause_id} on the board.")
    return row


def _row_to_change(session: Session, asker: Asker, cause_id: int) -> CauseRow:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators change the board of causes; ask one of them.")
    row = session.scalar(select(CauseRow).where(CauseRow.id == cause_id).with_for_update())
    if row is None:
        raise StorageError(f"There is no cause {cause_id} on the board.")
    return row


def _titles(session: Session) -> dict[str, tuple[str, str]]:
    """Titles of group and reason by id, those of groups too; where a group and a reason share an id the reason's hold."""
    found = {id_: ("", name.removesuffix(": all of it")) for id_, name in reason_choices(session).items()}
    for tree in session.scalars(select(ReasonTreeRow.tree).order_by(ReasonTreeRow.id.desc())):
        for group in tree["groups"]:
            found.setdefault(group["id"], ("", group["title"]))
    return found | reason_titles(session)


def _cause(row: CauseRow, titles: Mapping[str, tuple[str, str]]) -> Cause:
    group, title = titles.get(row.reason, ("", row.reason))
    return Cause(row.id, _draft(row), group, title, row.author, row.at, row.changed_at)


def _draft(row: CauseRow) -> CauseDraft:
    return CauseDraft(
        row.title,
        row.reason,
        row.description,
        row.owner,
        row.department,
        row.action,
        row.acted_on,
        CauseState(row.state),
    )


def _columns(draft: CauseDraft) -> dict[str, Any]:
    return {**asdict(draft), "state": draft.state.value}


def _told(draft: CauseDraft) -> dict[str, Any]:
    """What the record says of a cause: names of people at work, ids and days; of free words not what they are."""
    return {
        "reason": draft.reason,
        "owner": draft.owner,
        "department": draft.department,
        "acted_on": None if draft.acted_on is None else draft.acted_on.isoformat(),
        "state": draft.state.value,
    }
