"""How does a scorecard come to run over the calls of the past, and what did it say of them?

A job is a row that the process at work gives signs of life to, so that everybody sees how far it is and whoever may can
stop it; one whose process died shows as stopped. What a what-if found is kept with its job until the next one about the same
scorecard. Quality managers and administrators start, stop and read all this, nobody else.
"""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, LargeBinary, Text, cast, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.correction import JUDGED_BY
from scorecards.answers import Answer, Verdict, answer_of
from scorecards.definition import Scorecard
from scorecards.scope import EVERYTHING, Channel, Kept, Scope
from scoring.rescore import Given, Outcome, Standing, Stored, compared
from scoring.result import Evaluation
from scoring.signals.model import Signals
from storage import alerts, mapping
from storage.access import Asker, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.removal import with_words
from storage.repository import add_evaluation, carry_over, load_evaluations
from storage.rescore_tables import RescoreJobRow, WhatIfAnswerRow, WhatIfCallRow
from storage.scorecard_tables import ScorecardScopeRow
from storage.sealed_words import unread
from storage.tables import (
    AgentRow,
    CallKind,
    CallRow,
    EvaluationRow,
    ResultRow,
    ScorecardVersionRow,
    SignalsRow,
    TeamRow,
    TranscriptRow,
    TurnRow,
)
from transcripts.model import Transcript

SILENT = timedelta(seconds=90)
"""A job without a sign of life for so long has lost its process; one gives them every second or two."""

Z90 = 1.645
"""Half the width of a 90 % interval in standard errors of the normal distribution."""


class Kind(StrEnum):
    """What is done with what a scorecard says of the past."""

    WHAT_IF = "what_if"  # it is looked at
    HISTORY = "history"  # it is stored beside what was there


class State(StrEnum):
    """How it stands with a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def open(self) -> bool:
        """Whether there is more to come."""
        return self in (State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Job:
    """A scorecard that runs over the calls of the past, or ran. `failed`: calls that could not be judged.

    against: the version it is compared with; None for what holds now.
    """

    id: int
    kind: Kind
    scorecard: Scorecard
    against: int | None
    state: State
    done: int
    total: int
    failed: int
    message: str
    author: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self.done / self.total if self.total else float(not self.state.open)


@dataclass(frozen=True)
class Summary:
    """What a what-if comes to over all its calls; means of totals over the calls that have one before and after."""

    calls: int
    compared: int
    mean_before: float | None
    mean_after: float | None
    passed_before: int
    passed_after: int
    failed_added: int
    failed_removed: int
    changed_calls: int


@dataclass(frozen=True)
class GroupChange:
    """What an agent or a team gains or loses: the mean difference of the totals of `calls`, with its 90 % interval.

    The interval is that of a mean of differences (normal approximation); None with a single call.
    """

    id: int
    name: str
    calls: int
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class AnswerChange:
    """How many calls have this answer to a question in the place of that; verdicts None where it is not asked at all."""

    criterion: str
    before: Verdict | None
    after: Verdict | None
    calls: int
    by_person: int


@dataclass(frozen=True)
class ChangedCall:
    """A call behind a change. `answer_before`, `answer_after`: as in the scorecards."""

    call_id: str
    started_at: datetime
    agent: str
    team: str
    before: float | None
    after: float | None
    answer_before: Answer | None = None
    answer_after: Answer | None = None
    by_person: bool = False


# Jobs


def add_job(session: Session, asker: Asker, kind: Kind, scorecard: Scorecard, against: int | None = None) -> int:
    """Write down that this scorecard is to run over the past; the job's id. What earlier what-ifs of it found is forgotten.

    against: a version of the same scorecard to compare with, in the place of what holds now. Raises NotAllowed,
    StorageError where one is under way already or there is no such version.
    """
    _only_managers(asker)
    for row in session.scalars(select(RescoreJobRow).where(RescoreJobRow.scorecard == scorecard.id).with_for_update()):
        if _state(row).open:
            raise StorageError(f"“{scorecard.title}” is running over the past already; stop that first, or wait for it.")
        if kind is Kind.WHAT_IF and row.kind == Kind.WHAT_IF:
            for found in (WhatIfAnswerRow, WhatIfCallRow):
                session.execute(delete(found).where(found.job_id == row.id))
    now = datetime.now(UTC)
    row = RescoreJobRow(
        kind=kind.value,
        scorecard=scorecard.id,
        definition=scorecard.to_dict(),
        against_id=_version_id(session, scorecard.id, against) if against is not None else None,
        state=State.WAITING.value,
        done=0,
        total=0,
        failed=0,
        message="",
        stop=False,
        author_id=user_id(session, asker),
        author=asker.signature,
        created_at=now,
        beat_at=now,
    )
    session.add(row)
    session.flush()
    if kind is Kind.HISTORY:  # a what-if changes no score
        said = {"version": scorecard.version, "job": row.id}
        note(session, asker, What.RESCORING_STARTED, About.SCORECARD, scorecard.id, **said)
    return row.id


def load_job(session: Session, asker: Asker, job_id: int) -> Job:
    """One job as it stands. Raises NotAllowed, StorageError where there is none."""
    _only_managers(asker)
    return _job_of(session, _job_row(session, job_id))


def jobs(session: Session, asker: Asker, limit: int = 20) -> tuple[Job, ...]:
    """The latest jobs, the last one first. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.scalars(select(RescoreJobRow).order_by(RescoreJobRow.id.desc()).limit(limit)).all()
    return tuple(_job_of(session, row) for row in rows)


def stop_job(session: Session, asker: Asker, job_id: int) -> None:
    """Ask a job to end; what it has done so far is kept. Raises NotAllowed, StorageError where there is none."""
    _only_managers(asker)
    row = _job_row(session, job_id)
    row.stop = True
    session.flush()
    if row.kind == Kind.HISTORY:
        note(session, asker, What.RESCORING_STOPPED, About.SCORECARD, row.scorecard, job=job_id)


def begin(session: Session, job_id: int, total: int) -> None:
    """The process at work says that it has begun, and with how many calls."""
    _update(session, job_id, state=State.RUNNING.value, total=total)


def beat(session: Session, job_id: int, done: int, failed: int) -> bool:
    """The process at work says how far it is; whether it is to go on."""
    _update(session, job_id, done=done, failed=failed)
    return not session.scalar(select(RescoreJobRow.stop).where(RescoreJobRow.id == job_id))


def finish(session: Session, job_id: int, state: State, message: str = "") -> None:
    """The process at work says that it has ended, and how."""
    _update(session, job_id, state=state.value, message=message, finished_at=datetime.now(UTC))


def _update(session: Session, job_id: int, **values: Any) -> None:
    session.execute(update(RescoreJobRow).where(RescoreJobRow.id == job_id).values(**values, beat_at=datetime.now(UTC)))


def _job_row(session: Session, job_id: int) -> RescoreJobRow:
    row = session.get(RescoreJobRow, job_id)
    if row is None:
        raise StorageError(f"There is no job {job_id}.")
    return row


def _state(row: RescoreJobRow) -> State:
    state = State(row.state)
    return State.STOPPED if state.open and datetime.now(UTC) - row.beat_at > SILENT else state


def _job_of(session: Session, row: RescoreJobRow) -> Job:
    against = None
    if row.against_id is not None:
        against = session.scalar(select(ScorecardVersionRow.version).where(ScorecardVersionRow.id == row.against_id))
    state = _state(row)
    lost = state is State.STOPPED and State(row.state).open
    return Job(
        id=row.id,
        kind=Kind(row.kind),
        scorecard=mapping.scorecard_of(row.definition),
        against=against,
        state=state,
        done=row.done,
        total=row.total,
        failed=row.failed,
        message="The process that was at work has ended. Start it again." if lost else row.message,
        author=row.author,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _version_id(session: Session, scorecard: str, version: int) -> int:
    found = session.scalar(
        select(ScorecardVersionRow.id).where(
            ScorecardVersionRow.scorecard == scorecard, ScorecardVersionRow.version == version
        )
    )
    if found is None:
        raise StorageError(f"There is no version {version} of the scorecard {scorecard}.")
    return found


def _only_managers(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators run scorecards over the past; ask one of them.")


# What the process at work reads


@dataclass(frozen=True)
class Judged:
    """What is stored of a call's evaluation: what it comes to, and the answer to each question without what it rests on."""

    version_id: int
    stamp: Mapping[str, Any]
    standing: Standing
    answers: Mapping[str, Stored]


@dataclass(frozen=True)
class Past:
    """A call of the past: the hash of its transcript, the models that measured it, its evaluation where there is one."""

    call_id: str
    transcript_hash: str
    models: Mapping[str, str]
    judged: Judged | None


def calls_of_the_past(session: Session, job_id: int) -> list[str]:
    """The calls that a job is about: those that its scorecard has judged; where it has none, those that it is for.

    For the history those are left out that this version has judged already.
    """
    row = _job_row(session, job_id)
    judged = session.execute(
        select(EvaluationRow.call_id, ScorecardVersionRow.version)
        .join(ScorecardVersionRow, _OF_VERSION)
        .join(CallRow, CallRow.id == EvaluationRow.call_id)
        .where(_baseline(row), with_words())
        .order_by(EvaluationRow.call_id)
    ).all()
    if judged:
        done = row.definition["version"] if row.kind == Kind.HISTORY else None
        return list(dict.fromkeys(call_id for call_id, version in judged if version != done))
    kept = session.get(ScorecardScopeRow, row.scorecard)
    scope = Scope.from_dict(kept.scope) if kept else EVERYTHING
    calls = session.execute(
        select(
            CallRow.id,
            CallRow.kind,
            CallRow.queue,
            CallRow.direction,
            func.coalesce(TeamRow.name, "").label("team"),
            TranscriptRow.medium,
        )
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(TeamRow, TeamRow.id == CallRow.team_id)
        .where(with_words())
        .order_by(CallRow.id)
    )
    channels = {CallKind.RECORDING: Channel.RECORDING, CallKind.TRANSCRIPT: Channel.WRITTEN}
    told = ((call, Channel(call.medium) if call.medium else channels[call.kind]) for call in calls)
    return [call.id for call, channel in told if scope.covers(Kept(channel, call.team, call.queue, call.direction))]


def baseline_scorecards(session: Session, job_id: int) -> dict[int, Scorecard]:
    """The versions that a job's scorecard is compared with, by their ids."""
    row = _job_row(session, job_id)
    which = ScorecardVersionRow.id == row.against_id if row.against_id else ScorecardVersionRow.scorecard == row.scorecard
    rows = session.scalars(select(ScorecardVersionRow).where(which))
    return {version.id: mapping.scorecard_of(version.definition) for version in rows}


def load_past(session: Session, job_id: int, call_ids: Sequence[str]) -> list[Past]:
    """What is known of these calls, in a fixed number of statements."""
    job = _job_row(session, job_id)
    evaluations = {
        row.call_id: row
        for row in session.execute(
            select(
                EvaluationRow.id,
                EvaluationRow.call_id,
                EvaluationRow.scorecard_version_id,
                EvaluationRow.stamp,
                EvaluationRow.total,
                EvaluationRow.passed,
                EvaluationRow.failed_by,
            )
            .join(ScorecardVersionRow, _OF_VERSION)
            .join(TranscriptRow, TranscriptRow.call_id == EvaluationRow.call_id)
            .where(_baseline(job), EvaluationRow.call_id.in_(call_ids), EvaluationRow.transcript_hash == TranscriptRow.hash)
        )
    }
    answers = _stored_answers(session, [row.id for row in evaluations.values()])

    def judged(row: Any) -> Judged:
        standing = Standing(row.total, row.passed, tuple(row.failed_by))
        return Judged(row.scorecard_version_id, row.stamp, standing, answers[row.id])

    stored = session.execute(
        select(TranscriptRow.call_id, TranscriptRow.hash, SignalsRow.models)
        .join(SignalsRow, SignalsRow.call_id == TranscriptRow.call_id)
        .where(TranscriptRow.call_id.in_(call_ids))
    )
    return [
        Past(row.call_id, row.hash, row.models, judged(evaluations[row.call_id]) if row.call_id in evaluations else None)
        for row in stored
    ]


def _stored_answers(session: Session, evaluation_ids: Sequence[int]) -> dict[int, dict[str, Stored]]:
    """The answers of these evaluations by question, in the order of their scorecard."""
    answers: dict[int, dict[str, Stored]] = {id_: {} for id_ in evaluation_ids}
    rows = session.connection().execute(
        select(
            ResultRow.evaluation_id,
            ResultRow.criterion,
            ResultRow.machine_verdict,
            cast(ResultRow.machine_answer, Text),
            cast(ResultRow.machine_if_asked, Text),
            ResultRow.verdict,
            cast(ResultRow.answer, Text),
            cast(ResultRow.if_asked, Text),
            ResultRow.judged_by,
        )
        .where(ResultRow.evaluation_id.in_(evaluation_ids))
        .order_by(ResultRow.evaluation_id, ResultRow.position)
    )
    for evaluation_id, criterion, *columns in rows.all():
        answers[evaluation_id][criterion] = _stored(*columns)
    return answers


@lru_cache(maxsize=4096)  # there are few answers, given again and again
def _stored(
    machine_verdict: Verdict,
    machine_answer: str | None,
    machine_if_asked: str | None,
    verdict: Verdict,
    answer: str | None,
    if_asked: str | None,
    judged_by: str,
) -> Stored:
    """The answer of a row of `results`; the columns of JSON as their text."""
    shown = _given(verdict, json.loads(answer) if answer else None)
    machine = _given(machine_verdict, json.loads(machine_answer) if machine_answer else None)
    if machine_if_asked:
        held = json.loads(machine_if_asked)
        machine = _given(Verdict(held["verdict"]), held["answer"])
    own = shown
    if if_asked:
        held = json.loads(if_asked)
        own, judged_by = _given(Verdict(held["verdict"]), held["answer"]), held["judged_by"]
    return Stored(machine, own, shown, judged_by == JUDGED_BY)


def _given(verdict: Verdict, answer: Any) -> Given:
    """An answer; before there were answers of other kinds, the verdict was all that was kept of one."""
    return Given(verdict, verdict.value if answer is None and verdict.counts else answer_of(answer))


def load_measured(session: Session, call_ids: Sequence[str], *, embeddings: bool) -> dict[str, tuple[Transcript, Signals]]:
    """Transcripts and signals by call, in two statements; without `embeddings` sentences and theirs are left out, which
    are most of what is read."""
    measured = [SignalsRow.measures, SignalsRow.silences, SignalsRow.interruptions, SignalsRow.behaviours, SignalsRow.models]
    sentences = [unread(SignalsRow.sentences), SignalsRow.embedding_size, SignalsRow.embeddings]
    if not embeddings:
        sentences = [literal("[]"), literal(0), literal(b"", LargeBinary)]
    connection = session.connection()
    calls = connection.execute(
        select(
            CallRow.id,
            CallRow.duration_seconds,
            CallRow.channels,
            CallRow.sides,
            TranscriptRow.language,
            TranscriptRow.engine,
            TranscriptRow.sounds,
            TranscriptRow.medium,
            TranscriptRow.hours,
            TranscriptRow.seen_seconds,
            TranscriptRow.seen_worked_seconds,
            *(cast(column, Text).label(column.key) for column in measured),
            *(part.label(name) for part, name in zip(sentences, ("sentences", "embedding_size", "embeddings"), strict=True)),
        )
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .join(SignalsRow, SignalsRow.call_id == CallRow.id)
        .where(CallRow.id.in_(call_ids))
    ).all()
    turns: dict[str, list[mapping.StoredTurn]] = defaultdict(list)
    valences: dict[str, list[float]] = defaultdict(list)
    for call_id, valence, *turn in connection.execute(
        select(
            TurnRow.call_id,
            TurnRow.valence,
            TurnRow.speaker,
            TurnRow.start_seconds,
            TurnRow.end_seconds,
            TurnRow.text,
            TurnRow.side_confidence,
            unread(TurnRow.words),
            TurnRow.sent_seconds,
            TurnRow.worked_seconds,
            TurnRow.public,
        )
        .where(TurnRow.call_id.in_(call_ids))
        .order_by(TurnRow.call_id, TurnRow.position)
    ).all():
        turns[call_id].append(mapping.StoredTurn(*turn))
        valences[call_id].append(valence)
    return {
        row.id: (mapping.transcript_with(row, row, turns[row.id]), mapping.StoredSignals(row, valences[row.id]))
        for row in calls
    }


def add_rescored(session: Session, scorecard: Scorecard, evaluation: Evaluation) -> bool:
    """Put an evaluation by a newer version beside those that are there, with what people answered on the one in force.

    Their answers are taken along in their name where question, rule and answers are the same, and say where they come
    from. False where this version has judged the call already; then nothing changes. Raises as `add_evaluation` does.
    """
    before = [one for one in load_evaluations(session, evaluation.call_id) if one.scorecard.id == scorecard.id]
    if not add_evaluation(session, scorecard, evaluation, final=False):
        return False
    after = [one for one in load_evaluations(session, evaluation.call_id) if one.scorecard.id == scorecard.id]
    for old, new in zip(before, after, strict=False):
        if old.id != new.id:
            same = compared(old.scorecard, new.scorecard).carried
            carry_over(session, old, new, partial(_from_version, version=old.scorecard.version), same)
    alerts.decide(session, evaluation.call_id)
    return True


def _from_version(reason: str, version: int) -> str:
    """The reason of a correction that is taken along to a newer version; it says so once, however often it is."""
    return reason if reason.startswith(_CARRIED) else f"{_CARRIED} {version}: {reason}"


_CARRIED = "Carried over from version"
_OF_VERSION = EvaluationRow.scorecard_version_id == ScorecardVersionRow.id


def _baseline(job: RescoreJobRow) -> ColumnElement[bool]:
    """Which evaluations a job's scorecard is compared with."""
    if job.against_id is not None:
        return ScorecardVersionRow.id == job.against_id
    return (ScorecardVersionRow.scorecard == job.scorecard) & ~EvaluationRow.superseded


# What a what-if found


def put_outcomes(session: Session, job_id: int, outcomes: Sequence[Outcome]) -> None:
    """Keep what became of some calls."""
    calls = [
        {
            "job_id": job_id,
            "call_id": one.call_id,
            "judged_before": one.before is not None,
            "before": one.before.total if one.before else None,
            "after": one.after.total,
            "passed_before": one.before.passed if one.before else None,
            "passed_after": one.after.passed,
            "failed_before": list(one.before.failed_by) if one.before else [],
            "failed_after": list(one.after.failed_by),
        }
        for one in outcomes
    ]
    answers = [
        {
            "job_id": job_id,
            "call_id": one.call_id,
            "criterion": change.criterion,
            "before": change.before,
            "after": change.after,
            "answer_before": change.answer_before,
            "answer_after": change.answer_after,
            "by_person": change.by_person,
        }
        for one in outcomes
        if one.before is not None
        for change in one.changes
    ]
    # Rows as they are, without an object of each: there are many, and nobody asks for them here.
    connection = session.connection()
    for table, rows in ((WhatIfCallRow, calls), (WhatIfAnswerRow, answers)):
        if rows:
            connection.execute(insert(table), rows)


def summary(session: Session, asker: Asker, job_id: int) -> Summary:
    """What a what-if comes to over all its calls. Raises NotAllowed."""
    _only_managers(asker)
    both = WhatIfCallRow.before.is_not(None) & WhatIfCallRow.after.is_not(None)
    row = session.execute(
        select(
            func.count().label("calls"),
            func.count().filter(both).label("compared"),
            func.avg(WhatIfCallRow.before).filter(both).label("before"),
            func.avg(WhatIfCallRow.after).filter(both).label("after"),
            func.count().filter(WhatIfCallRow.passed_before.is_(True)).label("passed_before"),
            func.count().filter(WhatIfCallRow.passed_after.is_(True)).label("passed_after"),
        ).where(WhatIfCallRow.job_id == job_id)
    ).one()
    changed = session.scalar(select(func.count(WhatIfAnswerRow.call_id.distinct())).where(WhatIfAnswerRow.job_id == job_id))
    added, removed = (len(_failing(session, asker, job_id, which)) for which in ("added", "removed"))
    return Summary(
        row.calls, row.compared, row.before, row.after, row.passed_before, row.passed_after, added, removed, changed or 0
    )


def group_changes(session: Session, asker: Asker, job_id: int, by: Literal["agent", "team"]) -> tuple[GroupChange, ...]:
    """Which agents, or teams of the time, gain or lose, the largest loss first. Raises NotAllowed."""
    _only_managers(asker)
    who: type[AgentRow] | type[TeamRow] = AgentRow if by == "agent" else TeamRow
    joined = CallRow.agent_id == AgentRow.id if by == "agent" else CallRow.team_id == TeamRow.id
    difference = WhatIfCallRow.after - WhatIfCallRow.before
    rows = session.execute(
        select(
            who.id,
            who.name,
            func.count().label("calls"),
            func.avg(WhatIfCallRow.before).label("before"),
            func.avg(WhatIfCallRow.after).label("after"),
            func.avg(difference).label("mean"),
            func.sum(difference * difference).label("squares"),
        )
        .select_from(WhatIfCallRow)
        .join(CallRow, CallRow.id == WhatIfCallRow.call_id)
        .join(who, joined)
        .where(
            WhatIfCallRow.job_id == job_id,
            WhatIfCallRow.before.is_not(None),
            WhatIfCallRow.after.is_not(None),
            visible_calls(asker),
        )
        .group_by(who.id, who.name)
    ).all()
    return tuple(sorted((_group(row) for row in rows), key=lambda group: (group.difference, group.name)))


def _group(row: Any) -> GroupChange:
    low = high = None
    if row.calls > 1:
        spread = max(0.0, (row.squares - row.calls * row.mean**2) / (row.calls - 1))
        half = Z90 * math.sqrt(spread / row.calls)
        low, high = row.mean - half, row.mean + half
    return GroupChange(row.id, row.name, row.calls, row.before, row.after, row.mean, low, high)


def answer_changes(session: Session, asker: Asker, job_id: int) -> tuple[AnswerChange, ...]:
    """Every kind of change to an answer with its number of calls, the most frequent first. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.execute(
        select(
            WhatIfAnswerRow.criterion,
            WhatIfAnswerRow.before,
            WhatIfAnswerRow.after,
            func.count().label("calls"),
            func.count().filter(WhatIfAnswerRow.by_person).label("by_person"),
        )
        .where(WhatIfAnswerRow.job_id == job_id)
        .group_by(WhatIfAnswerRow.criterion, WhatIfAnswerRow.before, WhatIfAnswerRow.after)
        .order_by(func.count().desc(), WhatIfAnswerRow.criterion)
    )
    return tuple(
        AnswerChange(row.criterion, _verdict(row.before), _verdict(row.after), row.calls, row.by_person) for row in rows
    )


def calls_with_change(
    session: Session,
    asker: Asker,
    job_id: int,
    criterion: str,
    before: Verdict | None,
    after: Verdict | None,
    limit: int = 200,
) -> tuple[ChangedCall, ...]:
    """The calls behind one change of an answer, the latest first. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.execute(
        _calls(job_id, asker, WhatIfAnswerRow.answer_before, WhatIfAnswerRow.answer_after, WhatIfAnswerRow.by_person)
        .join(
            WhatIfAnswerRow,
            (WhatIfAnswerRow.job_id == WhatIfCallRow.job_id) & (WhatIfAnswerRow.call_id == WhatIfCallRow.call_id),
        )
        .where(
            WhatIfAnswerRow.criterion == criterion,
            WhatIfAnswerRow.before.is_(None) if before is None else WhatIfAnswerRow.before == before.value,
            WhatIfAnswerRow.after.is_(None) if after is None else WhatIfAnswerRow.after == after.value,
        )
        .limit(limit)
    )
    return tuple(
        replace(
            _changed_call(row),
            answer_before=answer_of(row.answer_before),
            answer_after=answer_of(row.answer_after),
            by_person=row.by_person,
        )
        for row in rows
    )


def failures_changed(
    session: Session, asker: Asker, job_id: int, which: Literal["added", "removed"], limit: int = 200
) -> tuple[ChangedCall, ...]:
    """The calls that fail automatically only under the new scorecard, or only under the old one. Raises NotAllowed."""
    _only_managers(asker)
    wanted = _failing(session, asker, job_id, which)[:limit]
    rows = session.execute(_calls(job_id, asker).where(WhatIfCallRow.call_id.in_(wanted)))
    return tuple(map(_changed_call, rows))


def _failing(session: Session, asker: Asker, job_id: int, which: Literal["added", "removed"]) -> list[str]:
    """Failing calls are few: they are picked out of those that fail at all."""
    rows = session.execute(
        select(WhatIfCallRow.call_id, WhatIfCallRow.failed_before, WhatIfCallRow.failed_after)
        .join(CallRow, CallRow.id == WhatIfCallRow.call_id)
        .where(
            WhatIfCallRow.job_id == job_id,
            WhatIfCallRow.judged_before,
            or_(WhatIfCallRow.passed_before.is_(False), WhatIfCallRow.passed_after.is_(False)),
            visible_calls(asker),
        )
        .order_by(CallRow.started_at.desc(), CallRow.id)
    )
    pairs = [(row.call_id, row.failed_before, row.failed_after) for row in rows]
    if which == "added":
        return [call_id for call_id, before, after in pairs if after and not before]
    return [call_id for call_id, before, after in pairs if before and not after]


def _calls(job_id: int, asker: Asker, *more: Any) -> Any:
    return (
        select(
            CallRow.id,
            CallRow.started_at,
            func.coalesce(AgentRow.name, "").label("agent"),
            func.coalesce(TeamRow.name, "").label("team"),
            WhatIfCallRow.before,
            WhatIfCallRow.after,
            *more,
        )
        .select_from(WhatIfCallRow)
        .join(CallRow, CallRow.id == WhatIfCallRow.call_id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(WhatIfCallRow.job_id == job_id, visible_calls(asker))
        .order_by(CallRow.started_at.desc(), CallRow.id)
    )


def _changed_call(row: Any) -> ChangedCall:
    return ChangedCall(row.id, row.started_at, row.agent, row.team, row.before, row.after)


def _verdict(value: str | None) -> Verdict | None:
    return Verdict(value) if value else None
