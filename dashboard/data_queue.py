"""What do the pages about reviewing ask for: the queue, blind reviews, the rules, and how often the machine is right?

As in `dashboard.data`: who asks is part of every key of what is remembered, and what somebody changes forgets everything.
What is on somebody's desk is never remembered.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Literal, TypeVar

import streamlit as st
from sqlalchemy.orm import Session

from dashboard.data import REMEMBER_SECONDS, engine
from pipeline.assign import assign, assign_if_due
from reviews.queue import Assignment, State
from reviews.sampling import Rule
from scoring.result import Evaluation
from storage import review_figures, review_fill, review_queue, review_rules
from storage.access import Asker
from storage.database import reading, transaction
from storage.review_queue import BlindAnswer

_T = TypeVar("_T")


def _write(act: Callable[[Session], _T]) -> _T:
    with transaction(engine()) as session:
        done = act(session)
    st.cache_data.clear()
    return done


# The queue


def fill_if_due() -> None:
    """Choose and give today's calls, where nobody has opened the queue today yet."""
    if assign_if_due(engine(), datetime.now(UTC).date()) is not None:
        st.cache_data.clear()


def fill_now() -> review_fill.Filled:
    """Choose and give again, after rules or people have changed."""
    filled = assign(engine(), datetime.now(UTC).date())
    st.cache_data.clear()
    return filled


def assignments(
    asker: Asker, states: Iterable[State] = review_queue.WAITS, reviewer_id: int | None = None, limit: int = 500
) -> tuple[review_queue.Listed, ...]:
    """What was given to whom, with what a list says of each call; the first due first."""
    with reading(engine()) as session:
        return review_queue.listed(session, asker, states, reviewer_id, limit)


def assignment_for(asker: Asker, call_id: str) -> Assignment | None:
    """The asker's own review of a call that is still to be done."""
    with reading(engine()) as session:
        return review_queue.assignment_for(session, asker, call_id)


def blind_for(asker: Asker, call_id: str) -> Assignment | None:
    """The asker's own unfinished blind review of a call: then nothing of the machine's is shown."""
    with reading(engine()) as session:
        return review_queue.blind_for(session, asker, call_id)


def blind_cards(asker: Asker, assignment_id: int) -> tuple[review_queue.BlindCard, ...]:
    """What is to be filled in blind, and what has been so far."""
    with reading(engine()) as session:
        return review_queue.blind_cards(session, asker, assignment_id)


def start(asker: Asker, assignment_id: int) -> Assignment:
    """The reviewer has opened the call."""
    with transaction(engine()) as session:
        return review_queue.start(session, asker, assignment_id)


def answer_blind(asker: Asker, assignment_id: int, result_id: int, answer: BlindAnswer) -> None:
    """Keep one answer of a blind review."""
    with transaction(engine()) as session:
        review_queue.answer_blind(session, asker, assignment_id, result_id, answer)


def finish_blind(asker: Asker, assignment_id: int) -> tuple[Evaluation, ...]:
    """End a blind review, and see the machine's answers."""
    return _write(lambda session: review_queue.finish_blind(session, asker, assignment_id))


def finish(asker: Asker, assignment_id: int) -> Assignment:
    """Done with a call that was judged with the machine's answer in sight."""
    return _write(lambda session: review_queue.finish(session, asker, assignment_id))


def pass_on(asker: Asker, assignment_id: int, to: int, why: str) -> Assignment:
    """Hand a call over to somebody else."""
    return _write(lambda session: review_queue.pass_on(session, asker, assignment_id, to, why))


def desks(asker: Asker) -> tuple[review_queue.Desk, ...]:
    """Who reviews, and how far they are."""
    with reading(engine()) as session:
        return review_queue.desks(session, asker, datetime.now(UTC))


def could_review(asker: Asker) -> dict[int, str]:
    """Everybody who could be given reviews, by id; for managers alone."""
    with reading(engine()) as session:
        return review_queue.could_review(session, asker)


def set_quotas(asker: Asker, per_day: Mapping[int, int]) -> None:
    """How many calls a day these people review, by user id."""

    def save(session: Session) -> None:
        for reviewer_id, number in per_day.items():
            review_queue.set_quota(session, asker, reviewer_id, number)

    _write(save)


def waiting() -> int:
    """How many chosen calls have found no room yet."""
    with reading(engine()) as session:
        return review_fill.waiting(session)


# Rules


def rules(asker: Asker) -> tuple[review_rules.StoredRule, ...]:
    """The rules in force."""
    with reading(engine()) as session:
        return review_rules.rules(session, asker)


def save_rules(asker: Asker, changed: Iterable[tuple[Rule, str | None]]) -> None:
    """Put rules in force, each in the place of the one with its key where it has one."""

    def save(session: Session) -> None:
        for rule, key in changed:
            review_rules.save_rule(session, asker, rule, key)

    _write(save)


def end_rule(asker: Asker, key: str) -> None:
    """A rule chooses nothing any more."""
    _write(lambda session: review_rules.end_rule(session, asker, key))


def draws(asker: Asker, limit: int = 100) -> tuple[review_rules.Draw, ...]:
    """What was drawn, the latest first."""
    with reading(engine()) as session:
        return review_rules.draws(session, asker, limit)


def drawn_again(asker: Asker, draw_id: int) -> bool:
    """Whether drawing once more by the published seed gives the calls that were chosen."""
    with reading(engine()) as session:
        again = review_rules.drawn_again(session, asker, draw_id)
        return tuple(sorted(again)) == review_rules.chosen_in(session, asker, draw_id)


# Figures


@st.cache_data(ttl=REMEMBER_SECONDS, max_entries=100, show_spinner=False)
def machine_right(asker: Asker, start: date, end: date) -> tuple[review_figures.QuestionRight, ...]:
    """How often the machine is right, by scorecard and question."""
    with reading(engine()) as session:
        return review_figures.machine_right(session, asker, start, end)


@st.cache_data(ttl=REMEMBER_SECONDS, max_entries=100, show_spinner=False)
def reviewed_scores(
    asker: Asker, by: Literal["agent", "team"], scorecard: str, start: date, end: date
) -> tuple[review_figures.GroupScore, ...]:
    """Average scores, corrected for how calls were chosen."""
    with reading(engine()) as session:
        return review_figures.reviewed_scores(session, asker, by, scorecard, start, end)
