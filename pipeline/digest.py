"""What was this week like, for whoever the letter goes to?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from coaching.gaps import find_gaps, find_strengths
from errors import StorageError
from exports.digest import Digest, Failure, WeekScore, digest_html
from exports.paper import Made
from exports.words import moment
from pipeline.processes import bounds, process_line
from pipeline.reports import Days
from pipeline.room import scores_of
from settings import settings
from storage import queries
from storage.access import SYSTEM, Asker, Right, Role, may
from storage.records import CallFilter

WEEKS = 13
"""Weeks that gaps and strengths are read from; one week says too little of a person."""


def weekly_digest(session: Session, asker: Asker, days: Days, team_id: int | None = None) -> str:
    """The letter of a week as HTML, of the calls that the asker may see, or of one team's among them.

    Raises StorageError where there is no such team, and where no call of that week is theirs to see.
    """
    choices = queries.filter_choices(session, asker)
    if team_id is not None and team_id not in choices.teams:
        raise StorageError("There are no calls of that team, or they are not yours to see.")
    teams = () if team_id is None else (team_id,)
    wanted = CallFilter(days.start, days.end, teams)
    week = timedelta(days=7)
    before = CallFilter(days.start - week, days.end - week, teams)
    calls = queries.count_calls(session, asker, wanted)
    if not calls:
        raise StorageError(f"There is no call from {days.start} to {days.end} that is yours to see.")
    earlier = {score.scorecard: score.mean for score in scores_of(queries.evaluations(session, asker, before))}
    scores = []
    for score in scores_of(queries.evaluations(session, asker, wanted)):
        (own,) = score.weeks
        last = earlier.get(score.scorecard)
        scores.append(
            WeekScore(score.title, score.pass_mark, score.calls, score.passed, score.mean, last, own.low, own.high)
        )
    quarter = CallFilter(days.end - WEEKS * week + timedelta(days=1), days.end, teams)
    counts = queries.compared_counts(session, asker, quarter, "agent")
    failures = queries.automatic_failures(session, asker, wanted)
    digest = Digest(
        about=_about(asker, None if team_id is None else choices.teams[team_id]),
        start=days.start,
        end=days.end,
        calls=calls,
        calls_before=queries.count_calls(session, asker, before),
        failed=queries.count_calls(session, asker, CallFilter(days.start, days.end, teams, failed_only=True)),
        unsure=queries.count_calls(session, asker, CallFilter(days.start, days.end, teams, unsure_only=True)),
        scores=tuple(scores),
        failures=tuple(
            Failure(str(question), str(agent), f"{moment(at.to_pydatetime())} UTC", str(quote))
            for question, agent, at, quote in zip(
                failures["question"], failures["agent"], failures["started_at"], failures["quote"], strict=True
            )
        ),
        gaps=tuple(find_gaps(counts, settings().agent_target)),
        processes=_processes(session, asker, quarter, choices.teams),
        strengths=tuple(find_strengths(counts, settings().agent_target)),
    )
    return digest_html(digest, Made("" if asker == SYSTEM else asker.name, datetime.now(UTC)))


def _processes(session: Session, asker: Asker, quarter: CallFilter, teams: Mapping[int, str]) -> str:
    """The line about processes, for who is asked about them on the dashboard too."""
    if not may(asker, Right.COACH):
        return ""
    return process_line(queries.process_counts(session, asker, quarter, bounds()), teams)


def _about(asker: Asker, team: str | None) -> str:
    if team is not None:
        return f"Team {team}"
    return {Role.AGENT: "Your calls", Role.COACH: "Your teams"}.get(asker.role, "All calls")
