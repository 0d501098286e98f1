"""How long is what kept, of which calls is it time to remove what, and what was removed so far?

Nothing is removed until somebody says for how many days recordings, words and scores are kept (settings, for all teams or
single ones). A call's age is counted from when it began. What is held (`storage.holds`) is passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from errors import NotAllowed
from settings import days_by_team, settings
from storage.access import Asker, Right, may
from storage.audit import About, What, note, note_one_of_many
from storage.authorship import authored
from storage.holds import held
from storage.keeping_tables import KeepingReportRow
from storage.removal import Kept, forget_audio, forget_old_cases, remove_scores, remove_words, without
from storage.tables import CallRow, TeamRow

AT_ONCE = 200
"""Calls whose words or scores go in one transaction."""


class ReportKind(StrEnum):
    """What a report is of."""

    RETENTION = "retention"
    ERASURE = "erasure"
    EXPORT = "export"
    REDACTION = "redaction"


@dataclass(frozen=True)
class Rule:
    """For how many days a kind is kept; `team` is empty for every team that has no days of its own. 0 is until told."""

    kind: Kept
    team: str
    days: int


@dataclass(frozen=True)
class Due:
    """How many calls of a team have something of a kind that is kept no longer; `held` more are under a legal hold."""

    kind: Kept
    team: str
    calls: int
    held: int


@dataclass(frozen=True)
class Report:
    """What was removed, when and by whom; counts, ids and hashes alone."""

    id: int
    kind: ReportKind
    figures: Mapping[str, Any]
    author: str
    at: datetime


def rules() -> tuple[Rule, ...]:
    """The rules in force: for all teams, then for single ones, each kind of which it is said; empty where all is kept."""
    chosen = settings()
    usual = {Kept.AUDIO: chosen.keep_audio_days, Kept.WORDS: chosen.keep_words_days, Kept.SCORES: chosen.keep_scores_days}
    found = [Rule(kind, "", days) for kind, days in usual.items() if days]
    for team, days in days_by_team(chosen.keep_days_by_team).items():
        found += [Rule(Kept(kind), team, number) for kind, number in days.items()]
    return tuple(found)


def what_is_due(session: Session, asker: Asker, in_force: Sequence[Rule], now: datetime) -> tuple[Due, ...]:
    """What would be removed by these rules now, by kind and team. Raises NotAllowed for others than administrators."""
    _check(asker)
    team = func.coalesce(TeamRow.name, "")
    found = []
    for kind in Kept:
        condition = _due(kind, in_force, now)
        if condition is None:
            continue
        rows = session.execute(
            select(
                team.label("team"), func.count().label("calls"), func.sum(case((held(session), 1), else_=0)).label("held")
            )
            .select_from(CallRow)
            .outerjoin(TeamRow, TeamRow.id == CallRow.team_id)
            .where(condition)
            .group_by(team)
        )
        found += [Due(kind, row.team, row.calls - row.held, row.held) for row in sorted(rows)]
    return tuple(found)


def next_due(
    session: Session, asker: Asker, in_force: Sequence[Rule], kind: Kept, now: datetime
) -> tuple[tuple[str, str, str | None], ...]:
    """Some of the calls of which this kind goes now: id, team and where the recording lies. Empty where none is left.

    They are locked until the transaction ends, so that two who remove do not take the same. Raises NotAllowed for others
    than administrators.
    """
    _check(asker)
    condition = _due(kind, in_force, now)
    if condition is None:
        return ()
    rows = session.execute(
        select(CallRow.id, func.coalesce(_NAME, "").label("team"), CallRow.recording)
        .where(condition, ~held(session))
        .order_by(CallRow.started_at, CallRow.id)
        .limit(AT_ONCE)
        .with_for_update(of=CallRow)
    )
    return tuple((row.id, row.team, row.recording) for row in rows)


_NAME = select(TeamRow.name).where(TeamRow.id == CallRow.team_id).scalar_subquery()


def remove(session: Session, asker: Asker, kind: Kept, call_ids: Sequence[str]) -> None:
    """Take this kind out of these calls; of recordings the files are the caller's to delete, before. It is in the record.

    Raises NotAllowed for others than administrators.
    """
    _check(asker)
    match kind:
        case Kept.AUDIO:
            forget_audio(session, call_ids)
        case Kept.WORDS:
            remove_words(session, call_ids)
        case Kept.SCORES:
            remove_scores(session, call_ids)
    for one in call_ids:
        note_one_of_many(session, asker, What.REMOVED, About.REPORT, ReportKind.RETENTION.value, one, kind=kind.value)


def remove_old_cases(session: Session, asker: Asker, in_force: Sequence[Rule], now: datetime) -> int:
    """Forget cases of customer systems to which no call belongs, once words of calls as old are kept no longer. Of how many.
    Raises NotAllowed for others than administrators."""
    _check(asker)
    days = next((rule.days for rule in in_force if rule.kind is Kept.WORDS and not rule.team), 0)
    return forget_old_cases(session, now - timedelta(days=days)) if days else 0


def save_report(session: Session, asker: Asker, kind: ReportKind, what: What, figures: Mapping[str, Any]) -> int:
    """Keep what was removed or handed out; the report's id, which is in the record. Raises NotAllowed for others than
    administrators."""
    _check(asker)
    row = KeepingReportRow(kind=kind.value, figures=dict(figures), **authored(session, asker))
    session.add(row)
    session.flush()
    note(session, asker, what, About.REPORT, row.id, kind=kind.value)
    return row.id


def list_reports(session: Session, asker: Asker, limit: int = 50) -> tuple[Report, ...]:
    """What was removed and handed out, the latest first. Raises NotAllowed for others than administrators."""
    _check(asker)
    rows = session.scalars(select(KeepingReportRow).order_by(KeepingReportRow.id.desc()).limit(limit))
    return tuple(Report(row.id, ReportKind(row.kind), row.figures, row.author, row.at) for row in rows)


def _due(kind: Kept, in_force: Sequence[Rule], now: datetime) -> ColumnElement[bool] | None:
    """The condition on `calls` that something of this kind is kept no longer; None where no rule says so of any."""
    of_kind = [rule for rule in in_force if rule.kind is kind]
    named = [rule.team for rule in of_kind if rule.team]
    old = []
    for rule in of_kind:
        team = select(TeamRow.id).where(TeamRow.name == rule.team)
        others = or_(CallRow.team_id.is_(None), CallRow.team_id.not_in(select(TeamRow.id).where(TeamRow.name.in_(named))))
        whose = CallRow.team_id.in_(team) if rule.team else others
        if rule.days:
            old.append(and_(whose, CallRow.started_at < now - timedelta(days=rule.days)))
    if not old:
        return None
    still = CallRow.recording.is_not(None) if kind is Kept.AUDIO else ~without(kind)
    return and_(or_(*old), still)


def _check(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators look after how long what is kept; ask one of them.")
