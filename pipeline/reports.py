"""Which papers are there for a meeting or a file, and what may whoever asks for one see on it?

Each asks the queries as that person, so that a paper holds what its reader could see on the screen and nothing else.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from coaching.gaps import Belongs, Gap, find_gaps, find_strengths
from errors import InputError, StorageError
from exports.agent_sheet import agent_sheet
from exports.call_sheet import call_sheet
from exports.paper import Made
from exports.team_sheet import Person, TeamReport, team_sheet
from pipeline.processes import bounds, process_line
from pipeline.room import agent_room, scores_of
from settings import settings
from storage import queries
from storage.access import SYSTEM, Asker
from storage.audit import What, note_opening
from storage.records import CallFilter

PDF = "application/pdf"


@dataclass(frozen=True)
class Paper:
    """A file with its name, without a folder."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Days:
    """A time from its first to its last day, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InputError(f"A time ends after it begins; {self.end} is before {self.start}.")


def month(words: str) -> Days:
    """The days of a month written as `2026-08`. Raises InputError where it is none."""
    try:
        first = datetime.strptime(words, "%Y-%m").date()
    except ValueError as wrong:
        raise InputError(f"“{words}” is no month; write it as 2026-08.") from wrong
    return Days(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))


def week(words: str) -> Days:
    """The days of a week written as `2026-W32`, Monday to Sunday (ISO 8601). Raises InputError where it is none."""
    found = re.fullmatch(r"(\d{4})-W(\d{1,2})", words)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if monday is None:
        raise InputError(f"“{words}” is no week; write it as 2026-W32.")
    return Days(monday, monday + timedelta(days=6))


def asker_by_email(session: Session, email: str) -> Asker:
    """The person who signs in so, as somebody who asks. Raises StorageError where nobody does."""
    user = queries.user_by_email(session, email)
    if user is None:
        raise StorageError(f"Nobody signs in as {email}.")
    return user.asker


def call_paper(session: Session, asker: Asker, call_id: str) -> Paper:
    """The scorecards of a call. Raises StorageError where there is no such call that the asker may see."""
    details = queries.call_details(session, asker, call_id)
    if details is None:
        raise StorageError(f"There is no call {call_id!r}, or it is not yours to see.")
    note_opening(session, asker, call_id, What.CALL_TAKEN, form="pdf")
    return Paper(named("scorecard", call_id), call_sheet(details, _made(asker)))


def agent_paper(session: Session, asker: Asker, agent_id: int, days: Days) -> Paper:
    """One agent's page. Raises StorageError where the asker sees no call of theirs in that time."""
    room = agent_room(session, asker, agent_id, days.start, days.end)
    return Paper(named("coaching", room.name, days), agent_sheet(room, _made(asker)))


def team_paper(session: Session, asker: Asker, team_id: int, days: Days) -> Paper:
    """A team's page. Raises StorageError where the asker sees no call of it in that time."""
    report = team_report(session, asker, team_id, days)
    return Paper(named("team", report.name, days), team_sheet(report, _made(asker)))


def team_report(session: Session, asker: Asker, team_id: int, days: Days) -> TeamReport:
    """What a team's page says, of the calls taken in it that the asker may see; raises as `team_paper`."""
    wanted = CallFilter(start=days.start, end=days.end, team_ids=(team_id,))
    volume = queries.volume_by_week(session, asker, wanted)
    name = queries.filter_choices(session, asker).teams.get(team_id)
    if volume.empty or name is None:
        raise StorageError("There are no calls of that team in that time, or they are not yours to see.")
    evaluations = queries.evaluations(session, asker, wanted)
    everything = CallFilter(start=days.start, end=days.end)
    target = settings().agent_target
    by_team = queries.compared_counts(session, asker, everything, "team")
    by_agent = queries.compared_counts(session, asker, wanted, "agent")
    shared = [gap for gap in find_gaps(by_team, target) if gap.rate.id == team_id]
    teams = [Gap(gap.rate, gap.belongs if gap.belongs is Belongs.EVERYONE else Belongs.TEAM) for gap in shared]
    known = {(gap.rate.scorecard, gap.rate.criterion) for gap in teams}
    own = [
        gap
        for gap in find_gaps(by_agent, target)
        if gap.belongs is Belongs.AGENT and (gap.rate.scorecard, gap.rate.criterion) not in known
    ]
    gaps = sorted([*teams, *own], key=lambda gap: (gap.belongs is Belongs.EVERYONE, -gap.rate.points_of_total))
    strengths = [
        *(strength for strength in find_strengths(by_team, target) if strength.rate.id == team_id),
        *find_strengths(by_agent, target),
    ]
    return TeamReport(
        name=name,
        start=days.start,
        end=days.end,
        calls=int(volume["calls"].sum()),
        hours=float(volume["hours"].sum()),
        failed=queries.count_calls(session, asker, CallFilter(days.start, days.end, (team_id,), failed_only=True)),
        unsure=queries.count_calls(session, asker, CallFilter(days.start, days.end, (team_id,), unsure_only=True)),
        scores=scores_of(evaluations),
        people=_people(evaluations),
        gaps=tuple(gaps),
        strengths=tuple(strengths),
        processes=process_line(queries.process_counts(session, asker, wanted, bounds()), {team_id: name}),
    )


def agent_called(session: Session, asker: Asker, name: str) -> int:
    """The id of the agent of that name among those the asker sees. Raises StorageError where there is none, or several."""
    return _called(queries.filter_choices(session, asker).agents, name, "agent")


def team_called(session: Session, asker: Asker, name: str) -> int:
    """The id of the team of that name among those the asker sees; raises as `agent_called`."""
    return _called(queries.filter_choices(session, asker).teams, name, "team")


def _called(names: Mapping[int, str], name: str, what: str) -> int:
    found = [id_ for id_, known in names.items() if known.casefold() == name.strip().casefold()]
    if not found:
        raise StorageError(f"There is no {what} {name!r}, or none whose calls are yours to see.")
    if len(found) > 1:
        raise StorageError(f"There are {len(found)} {what}s called {name!r}; a paper is about one of them.")
    return found[0]


def _people(evaluations: pd.DataFrame) -> tuple[Person, ...]:
    named = evaluations[evaluations["agent"] != ""]
    return tuple(
        Person(
            name=str(rows["agent"].iloc[0]),
            calls=int(rows["call_id"].nunique()),
            means={str(title): float(mean) for title, mean in rows.groupby("title")["total"].mean().dropna().items()},
        )
        for _, rows in named.groupby(["agent", "agent_id"], sort=True)
    )


def _made(asker: Asker) -> Made:
    return Made("" if asker == SYSTEM else asker.name, datetime.now(UTC))


def named(kind: str, of: str, days: Days | None = None) -> str:
    """A file's name that every system takes."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "_", of)[:60].strip("_") or "of"
    return f"{kind}-{words}{f'-{days.start}-to-{days.end}' if days else ''}.pdf"
