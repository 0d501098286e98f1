"""How do tests come to weeks of contacts in which it is known what an action removed?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from scoring.course import TransferKnown
from scoring.reasons.judge import State
from storage import course_sums
from storage.access import SYSTEM
from storage.course_tables import CourseRow
from storage.people import add_agent, add_team
from storage.reason_tables import CallReasonRow, Source
from storage.reason_trees import put_tree_in_force
from storage.reasons import tree_in_force
from storage.tables import CallKind, CallRow
from tests.reasons import a_taught_tree
from transcripts.model import Sides

FIRST = date(2025, 1, 6)
"""A Monday."""

BEFORE, AFTER = 20, 10
ACTED_ON = FIRST + timedelta(days=7 * BEFORE)
SECONDS = 300.0


@dataclass(frozen=True)
class Planted:
    """Contacts a week about late parcels (`late`) and dead lines (`line`), before the action and after it."""

    late: tuple[int, int] = (40, 28)
    line: tuple[int, int] = (180, 180)
    again: tuple[float, float] = (0.4, 0.4)
    """The share of contacts about late parcels after which the customer was in touch again within 7 days."""


THIRTY_PERCENT = Planted()


def plant(session: Session, planted: Planted = THIRTY_PERCENT, team: str = "North", agent: str = "Ana Ruiz") -> int:
    """So many calls; their ids are `late-WEEK-NUMBER` and `line-WEEK-NUMBER`, with the team's name before those of others
    than North. Weeks differ a little, always in the same way."""
    if tree_in_force(session).judge.content_hash != a_taught_tree().judge.content_hash:
        put_tree_in_force(session, SYSTEM, a_taught_tree())
    people = {"team_id": add_team(session, team), "agent_id": add_agent(session, agent)}
    chance = np.random.default_rng(8)
    rows: list[tuple[str, int, datetime, float | None]] = []
    for week in range(BEFORE + AFTER):
        since = int(week >= BEFORE)
        for reason, numbers in (("late", planted.late), ("line", planted.line)):
            count = numbers[since] + int(chance.integers(-2, 3))
            share = planted.again[since] if reason == "late" else 0.2
            for number in range(count):
                at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=7 * week, hours=8 + number % 150)
                rows.append((reason, week, at, 3.0 if number < round(share * count) else None))
    prefix = "" if team == "North" else f"{team}-"
    ids = [f"{prefix}{reason}-{week}-{place}" for place, (reason, week, _, _) in enumerate(rows)]
    tree = tree_in_force(session).id
    session.execute(insert(CallRow), [_call(id_, at, people) for id_, (_, _, at, _) in zip(ids, rows, strict=True)])
    session.execute(insert(CourseRow), [_course(id_, at) for id_, (_, _, at, _) in zip(ids, rows, strict=True)])
    reasons = [_reason(id_, reason, again, tree, at) for id_, (reason, _, at, again) in zip(ids, rows, strict=True)]
    session.execute(insert(CallReasonRow), reasons)
    _end_it(session, people, tree)
    course_sums.remake(session.connection())
    return len(rows)


def _end_it(session: Session, people: dict[str, int], tree: int) -> None:
    """One more contact so late that the weeks before have all passed."""
    at = datetime.combine(ACTED_ON, datetime.min.time(), UTC) + timedelta(days=7 * AFTER + 40)
    session.execute(insert(CallRow), [_call(f"last {people['team_id']}", at, people)])
    session.execute(insert(CourseRow), [_course(f"last {people['team_id']}", at)])
    session.execute(insert(CallReasonRow), [_reason(f"last {people['team_id']}", "refund", None, tree, at)])


def _call(id_: str, at: datetime, people: dict[str, int]) -> dict[str, Any]:
    return {
        "id": id_, "content_hash": id_, "kind": CallKind.TRANSCRIPT, "file_name": f"{id_}.txt", "customer": "",
        "started_at": at, "week": at.date() - timedelta(days=at.weekday()), "direction": "inbound", "queue": "",
        "duration_seconds": SECONDS, "channels": 0, "sides": Sides.GIVEN, "customer_valence": None,
        "customer_valence_end": None, "recording": None, "extra": {}, "created_at": at, **people,
    }  # fmt: skip


def _course(id_: str, at: datetime) -> dict[str, Any]:
    return {
        "call_id": id_, "reason": "", "customer_key": "", "contacted_at": at, "days_since_contact": None,
        "repeat_said": None, "repeat_turn": None, "holds": None, "hold_seconds": None, "longest_hold_seconds": None,
        "transfers": None, "transfer_known": TransferKnown.UNKNOWN, "transfer_turn": None, "valence_start": None,
        "valence_lowest": None, "valence_peak": None, "valence_end": None, "behaviours_measured": False,
    }  # fmt: skip


def _reason(id_: str, reason: str, again: float | None, tree: int, at: datetime) -> dict[str, Any]:
    return {
        "call_id": id_, "tree_id": tree, "reason": reason, "source": Source.MACHINE, "state": State.FITS,
        "machine_reason": reason, "probability": 0.9, "anything": 0.9, "candidates": [[reason, 0.9]], "turn": None,
        "start": None, "end": None, "near": None, "likeness": None, "matter": None, "days_until_contact": again, "at": at,
    }  # fmt: skip
