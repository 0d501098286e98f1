"""What does the page about what-ifs ask for and do? A part of `dashboard.data`; a job's figures are read anew each time."""

from typing import Literal

import streamlit as st

from dashboard import data
from pipeline import rescore as running
from scorecards.answers import Verdict
from scorecards.definition import Scorecard
from storage import repository, rescore
from storage.access import Asker
from storage.database import reading, transaction
from storage.rescore import AnswerChange, ChangedCall, GroupChange, Job, Kind, Summary


def start(asker: Asker, kind: Kind, scorecard: Scorecard, against: int | None = None) -> int:
    """Run a scorecard over the past in a process of its own; the job's id."""
    return running.start(data.engine(), asker, kind, scorecard, against)


def stop(asker: Asker, job_id: int) -> None:
    """Ask a job to end."""
    with transaction(data.engine()) as session:
        rescore.stop_job(session, asker, job_id)


def job(asker: Asker, job_id: int) -> Job:
    """A job as it stands. Raises StorageError where there is none."""
    with reading(data.engine()) as session:
        return rescore.load_job(session, asker, job_id)


def jobs(asker: Asker) -> tuple[Job, ...]:
    """The latest jobs, the last one first."""
    with reading(data.engine()) as session:
        return rescore.jobs(session, asker)


def active_scorecards() -> list[Scorecard]:
    """The versions in force; what they ask is no secret."""
    with reading(data.engine()) as session:
        return repository.active_scorecards(session)


def summary(asker: Asker, job_id: int) -> Summary:
    """What a what-if comes to."""
    with reading(data.engine()) as session:
        return rescore.summary(session, asker, job_id)


def group_changes(asker: Asker, job_id: int, by: Literal["agent", "team"]) -> tuple[GroupChange, ...]:
    """Who gains or loses."""
    with reading(data.engine()) as session:
        return rescore.group_changes(session, asker, job_id, by)


def answer_changes(asker: Asker, job_id: int) -> tuple[AnswerChange, ...]:
    """Every kind of change to an answer."""
    with reading(data.engine()) as session:
        return rescore.answer_changes(session, asker, job_id)


def calls_with_change(
    asker: Asker, job_id: int, criterion: str, before: Verdict | None, after: Verdict | None
) -> tuple[ChangedCall, ...]:
    """The calls behind one kind of change."""
    with reading(data.engine()) as session:
        return rescore.calls_with_change(session, asker, job_id, criterion, before, after)


def failures_changed(asker: Asker, job_id: int, which: Literal["added", "removed"]) -> tuple[ChangedCall, ...]:
    """The calls that fail automatically only after, or only before."""
    with reading(data.engine()) as session:
        return rescore.failures_changed(session, asker, job_id, which)


def forget_what_was_read() -> None:
    """Figures of other pages are read again, after calls of the past were scored again."""
    st.cache_data.clear()
