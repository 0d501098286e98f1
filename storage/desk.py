"""What do people do at a call beside listening (answer, quote, comment, mark a clip, ask for coaching), and who is there?

Reviewers, quality managers and administrators do it; coaches and agents read what is meant for them. Answers are rows that
are added: the machine's, the first person's and all later ones stand beside each other, and the last one holds. An answer
that repeats what holds confirms it. Whoever would answer over somebody's word that they have not seen is told first.

What a browser sends carries a name of the browser's own (`client_id`); sent again, after a dropped connection, it changes
nothing. While somebody judges a call blind they are given nothing of what others said of it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from reviews.queue import State
from scorecards.answers import Answer, answer_of
from scoring.behaviours.corpus import behaviours
from scoring.result import Verdict
from storage import clock
from storage.access import Asker, Role, blind_calls, may_correct, visible_calls
from storage.audit import note_opening
from storage.authorship import authored, user_id
from storage.desk_tables import ClipRow, CoachingRequestRow, CommentRow, OverrideQuoteRow, PresenceRow, ReceivedRow
from storage.people import insert_unless_known
from storage.queue_tables import AssignmentRow, BlindAnswerRow
from storage.quotes import Quote, check_quote
from storage.records import StoredEvaluation
from storage.repository import load_evaluations, open_result, put_answer
from storage.tables import CallRow, EvaluationRow, OverrideRow, ResultRow, TurnRow, UserRow

PRESENT_SECONDS = 30
"""Whoever was not heard of for longer has left, or lost the connection."""

RECEIVED_DAYS = 7
"""How long what was sent is known by its name; a browser does not keep it for longer."""

MOST_LETTERS = 2_000
"""As long as a comment, a note or a reason can be."""


@dataclass(frozen=True)
class Given:
    """A person's answer to one question. The reason of one that confirms what held may be empty."""

    id: int
    author: str
    at: datetime
    before: Verdict
    after: Verdict
    answer_before: Answer | None
    answer: Answer | None
    reason: str
    quote: Quote | None
    own: bool

    @property
    def confirms(self) -> bool:
        """Whether it repeats what held before it."""
        return (self.before, self.answer_before) == (self.after, self.answer)


@dataclass(frozen=True)
class Overtaken:
    """The answer was not taken, as somebody had given `by` in the meantime, which whoever answers has not seen."""

    by: Given


@dataclass(frozen=True)
class Comment:
    """What somebody said of a moment; turn and start are None where it is about the whole call."""

    id: int
    author: str
    at: datetime
    text: str
    turn: int | None
    start: float | None
    for_agent: bool
    own: bool


@dataclass(frozen=True)
class Clip:
    """A stretch of a call, in seconds, that is a good or a bad example of what `about` names; see `ClipRow`."""

    id: int
    author: str
    at: datetime
    start: float
    end: float
    good: bool
    about: str
    note: str
    for_agent: bool
    own: bool


@dataclass(frozen=True)
class CoachingRequest:
    """A call put before the coach, by whom and why."""

    id: int
    call_id: str
    author: str
    at: datetime
    note: str


@dataclass(frozen=True)
class Notes:
    """What people said of a call beside their answers, as far as the asker may read it, in the order it was said."""

    comments: tuple[Comment, ...] = ()
    clips: tuple[Clip, ...] = ()
    coaching: tuple[CoachingRequest, ...] = ()


# Answers


def answer(
    session: Session,
    asker: Asker,
    client_id: str,
    result_id: int,
    *,
    verdict: Verdict | None = None,
    answer: Answer | None = None,
    reason: str = "",
    quote: Quote | None = None,
    seen: int = 0,
    of_call: str | None = None,
) -> Overtaken | None:
    """Put this person's answer beside the machine's; None once it is kept, also where it was sent before.

    Either a verdict is given or an answer of the criterion. `seen` is the id of the last answer to this question that the
    person has in sight, 0 for none; `of_call` the call at which they are. What differs from what holds needs a reason, or
    the words of the call that show it; what confirms it, and what decides where the machine was unsure, needs none, but
    where the scorecard asks for one.

    Raises NotAllowed where the asker may not, InputError where the answer is none of the criterion's, StorageError where
    a needed reason is missing, the quote is not in the call, or there is no such result of that call that they may answer.
    """
    reason = _words(reason)
    if verdict is Verdict.UNSURE or (verdict is None and answer is None):
        raise StorageError("An answer decides: met, partly, not met or not applicable, or one of the question's answers.")
    stored, criterion_id = open_result(session, asker, result_id)
    if of_call is not None and stored.current.call_id != of_call:
        raise StorageError("This question belongs to another call; load the page again.")
    if known(session, asker, client_id):
        return None
    last = _last(session, asker, result_id)
    if last is not None and last.id > seen and not last.own:
        return Overtaken(last)
    criterion, now = stored.scorecard.criterion(criterion_id), stored.current.result(criterion_id)
    decided = criterion.decide(verdict, answer)
    changes = now.verdict is not Verdict.UNSURE and (now.verdict, now.answer) != (decided.verdict, decided.answer)
    if changes and not reason and quote is None:
        raise StorageError("A change needs a reason, or the words of the call that show it; the agent will read it.")
    if criterion.needs_comment(decided.verdict, decided.answer) and not reason:
        raise StorageError("The scorecard asks for a few words with this answer.")
    if quote is not None:
        check_quote(session, stored.current.call_id, quote)
    put_answer(session, asker, stored, criterion_id, decided.verdict, reason, decided.answer)
    if quote is not None:
        override_id = session.scalars(select(func.max(OverrideRow.id)).where(OverrideRow.result_id == result_id)).one()
        session.add(
            OverrideQuoteRow(override_id=override_id, turn=quote.turn, start_seconds=quote.start, quote=quote.text.strip())
        )
    receive(session, asker, client_id)
    return None


def answers_of(session: Session, asker: Asker, call_id: str) -> Mapping[int, tuple[Given, ...]]:
    """What people answered on a call's evaluations in force, by result id, in the order it was given."""
    found: dict[int, list[Given]] = defaultdict(list)
    rows = session.execute(
        _answers(asker).where(EvaluationRow.call_id == call_id, ~EvaluationRow.superseded).order_by(OverrideRow.id)
    )
    for row in rows:
        found[row.OverrideRow.result_id].append(_given(asker, row.OverrideRow, row.OverrideQuoteRow))
    return {result: tuple(given) for result, given in found.items()}


def evaluations_of(session: Session, asker: Asker, call_id: str) -> tuple[StoredEvaluation, ...]:
    """A call's evaluations in force; none where the call is not theirs to see, or while they judge it blind."""
    seen = (CallRow.id == call_id) & visible_calls(asker) & CallRow.id.not_in(blind_calls(asker))
    if not session.scalar(select(exists().where(seen))):
        return ()
    note_opening(session, asker, call_id)
    return tuple(load_evaluations(session, call_id))


def judged_blind(session: Session, asker: Asker, call_id: str) -> Mapping[int, Verdict]:
    """What the asker answered before the machine's answers were in sight, in reviews they have finished, by result id."""
    rows = session.execute(
        select(BlindAnswerRow.result_id, BlindAnswerRow.verdict)
        .join(AssignmentRow, BlindAnswerRow.assignment_id == AssignmentRow.id)
        .where(
            AssignmentRow.call_id == call_id,
            AssignmentRow.reviewer_id == asker.user_id,
            AssignmentRow.state == State.DONE,
        )
        .order_by(BlindAnswerRow.id)
    )
    return {row.result_id: row.verdict for row in rows}


def _answers(asker: Asker) -> Any:
    return (
        select(OverrideRow, OverrideQuoteRow)
        .join(ResultRow, OverrideRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .outerjoin(OverrideQuoteRow, OverrideQuoteRow.override_id == OverrideRow.id)
        .where(visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
    )


def _last(session: Session, asker: Asker, result_id: int) -> Given | None:
    of_result = _answers(asker).where(OverrideRow.result_id == result_id)
    row = session.execute(of_result.order_by(OverrideRow.id.desc()).limit(1)).one_or_none()
    return None if row is None else _given(asker, row.OverrideRow, row.OverrideQuoteRow)


def _given(asker: Asker, row: OverrideRow, quoted: OverrideQuoteRow | None) -> Given:
    return Given(
        id=row.id,
        author=row.author,
        at=row.at,
        before=row.before,
        after=row.after,
        answer_before=answer_of(row.answer_before),
        answer=answer_of(row.answer),
        reason=row.reason,
        quote=None if quoted is None else Quote(quoted.turn, quoted.quote, quoted.start_seconds),
        own=row.author_id == asker.user_id,
    )


# Comments, clips, coaching


def comment(
    session: Session,
    asker: Asker,
    client_id: str,
    call_id: str,
    text: str,
    *,
    turn: int | None = None,
    start: float | None = None,
    for_agent: bool = True,
) -> None:
    """Say something of a moment of a call. Raises NotAllowed where the asker may not, StorageError where it says nothing."""
    _check_may(session, asker, call_id)
    if not (words := _words(text)):
        raise StorageError("A comment has some words.")
    if turn is not None and not session.scalar(select(exists().where(TurnRow.call_id == call_id, TurnRow.position == turn))):
        raise StorageError(f"There is no turn {turn + 1} in this call.")
    if known(session, asker, client_id):
        return
    values = {"turn": turn, "start_seconds": start, "text": words, "for_agent": for_agent}
    session.add(CommentRow(call_id=call_id, **values, **authored(session, asker)))
    receive(session, asker, client_id)


def clip(
    session: Session,
    asker: Asker,
    client_id: str,
    call_id: str,
    start: float,
    end: float,
    *,
    good: bool,
    about: str,
    note: str = "",
    for_agent: bool = True,
) -> None:
    """Mark a stretch of a call, in seconds, as a good or a bad example of a behaviour or of a criterion (`card/criterion`).

    Raises NotAllowed where the asker may not, InputError where `about` names neither, StorageError where the stretch is
    not in the call.
    """
    _check_may(session, asker, call_id)
    length = session.scalars(select(CallRow.duration_seconds).where(CallRow.id == call_id)).one()
    if not 0 <= start < end <= length + 1:
        raise StorageError("A clip starts in the call, and ends after it starts.")
    _check_about(session, call_id, about)
    if known(session, asker, client_id):
        return
    values = {"start_seconds": start, "end_seconds": end, "good": good, "about": about, "for_agent": for_agent}
    session.add(ClipRow(call_id=call_id, **values, note=_words(note), **authored(session, asker)))
    receive(session, asker, client_id)


def _check_about(session: Session, call_id: str, about: str) -> None:
    if about in behaviours():
        return
    _, slash, criterion = about.partition("/")
    asked = (
        select(ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .where(EvaluationRow.call_id == call_id, ResultRow.criterion == criterion)
    )
    if not slash or session.scalar(asked.limit(1)) is None:
        raise InputError("A clip is an example of a behaviour, or of a question that this call was asked.")


def ask_coaching(session: Session, asker: Asker, client_id: str, call_id: str, note: str) -> None:
    """Put a call before the coach. Raises NotAllowed where the asker may not, StorageError without a word why."""
    _check_may(session, asker, call_id)
    if not (words := _words(note)):
        raise StorageError("Say in a few words what the coach should look at.")
    if known(session, asker, client_id):
        return
    session.add(CoachingRequestRow(call_id=call_id, note=words, **authored(session, asker)))
    receive(session, asker, client_id)


def withdraw(session: Session, asker: Asker, client_id: str, kind: str, id_: int) -> None:
    """Take back one's own comment or clip. It stays in the database, and nobody is shown it any more.

    Raises StorageError where there is no such `comment` or `clip` of theirs.
    """
    if known(session, asker, client_id):
        return
    row: CommentRow | ClipRow | None = None
    if kind == "comment":
        row = session.get(CommentRow, id_)
    elif kind == "clip":
        row = session.get(ClipRow, id_)
    if row is None or row.author_id != asker.user_id:
        raise StorageError(f"There is no such {kind} of yours.")
    row.withdrawn_at = row.withdrawn_at or clock.now()
    receive(session, asker, client_id)


def notes_of(session: Session, asker: Asker, call_id: str) -> Notes:
    """What was said of a call. An agent reads what is meant for them, and nothing of coaching that was asked for.

    Whoever judges the call blind reads their own notes alone.
    """
    visible = select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))
    if session.scalar(visible) is None:
        return Notes()
    blind = session.scalar(visible.where(CallRow.id.in_(blind_calls(asker)))) is not None

    def theirs(table: type[CommentRow] | type[ClipRow]) -> Any:
        rows = select(table).where(table.call_id == call_id, table.withdrawn_at.is_(None)).order_by(table.id)
        if asker.role is Role.AGENT:
            rows = rows.where(table.for_agent)
        return session.scalars(rows.where(table.author_id == asker.user_id) if blind else rows)

    requests = select(CoachingRequestRow).where(CoachingRequestRow.call_id == call_id, CoachingRequestRow.done_at.is_(None))
    coaching = [] if asker.role is Role.AGENT or blind else session.scalars(requests.order_by(CoachingRequestRow.id)).all()
    return Notes(
        tuple(
            Comment(r.id, r.author, r.at, r.text, r.turn, r.start_seconds, r.for_agent, r.author_id == asker.user_id)
            for r in theirs(CommentRow)
        ),
        tuple(
            Clip(
                id=r.id,
                author=r.author,
                at=r.at,
                start=r.start_seconds,
                end=r.end_seconds,
                good=r.good,
                about=r.about,
                note=r.note,
                for_agent=r.for_agent,
                own=r.author_id == asker.user_id,
            )
            for r in theirs(ClipRow)
        ),
        tuple(map(_request, coaching)),
    )


def coaching_asked(session: Session, asker: Asker, limit: int = 50) -> tuple[CoachingRequest, ...]:
    """The calls put before the coach that nobody has seen to, the oldest first; none for an agent."""
    if asker.role is Role.AGENT:
        return ()
    rows = session.scalars(
        select(CoachingRequestRow)
        .join(CallRow, CoachingRequestRow.call_id == CallRow.id)
        .where(CoachingRequestRow.done_at.is_(None), visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
        .order_by(CoachingRequestRow.at, CoachingRequestRow.id)
        .limit(limit)
    )
    return tuple(map(_request, rows))


def coaching_done(session: Session, asker: Asker, request_id: int) -> None:
    """Somebody who coaches has seen to it; again changes nothing.

    Raises NotAllowed for an agent, StorageError where there is no such request that they may see.
    """
    if asker.role is Role.AGENT:
        raise NotAllowed("Coaches and reviewers see to coaching that was asked for.")
    seen = (
        select(CoachingRequestRow)
        .join(CallRow, CoachingRequestRow.call_id == CallRow.id)
        .where(CoachingRequestRow.id == request_id, visible_calls(asker))
    )
    row = session.scalar(seen)
    if row is None:
        raise StorageError("There is no such request for coaching.")
    if row.done_at is None:
        row.done_at, row.done_by = clock.now(), asker.signature
    session.flush()


def _request(row: CoachingRequestRow) -> CoachingRequest:
    return CoachingRequest(row.id, row.call_id, row.author, row.at, row.note)


# Who is there


def here(session: Session, asker: Asker, call_id: str) -> tuple[str, ...]:
    """The asker has this call open; the names of the others who have, by name.

    Raises NotAllowed where the asker does not judge calls, StorageError where the call is not theirs to see.
    """
    _check_may(session, asker, call_id)
    now = clock.now()
    session.execute(delete(PresenceRow).where(PresenceRow.seen_at < now - timedelta(seconds=PRESENT_SECONDS)))
    key = {"call_id": call_id, "user_id": asker.user_id}
    own = (PresenceRow.call_id == call_id) & (PresenceRow.user_id == asker.user_id)
    renewed: Any = session.execute(update(PresenceRow).where(own).values(seen_at=now))
    if not renewed.rowcount and user_id(session, asker) is not None:
        insert_unless_known(session, PresenceRow, {**key, "seen_at": now})
    others = (
        select(UserRow.name)
        .join(PresenceRow, PresenceRow.user_id == UserRow.id)
        .where(PresenceRow.call_id == call_id, PresenceRow.user_id != asker.user_id)
    )
    return tuple(session.scalars(others.order_by(UserRow.name)))


# What all of them need


def _check_may(session: Session, asker: Asker, call_id: str) -> None:
    if not may_correct(asker):
        raise NotAllowed("Reviewers and administrators judge calls; ask one of them.")
    if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is None:
        raise StorageError(f"There is no call {call_id}.")


def known(session: Session, asker: Asker, client_id: str) -> bool:
    """Whether this was sent before. Raises InputError where it has no name that could be known again."""
    if not 8 <= len(client_id) <= 64:
        raise InputError("What is sent needs a name of 8 to 64 letters, so that it is known when it is sent again.")
    of_theirs = (ReceivedRow.user_id == asker.user_id) & (ReceivedRow.client_id == client_id)
    return bool(session.scalar(select(exists().where(of_theirs))))


def receive(session: Session, asker: Asker, client_id: str) -> None:
    """Remember that this was sent and is kept."""
    now = clock.now()
    session.add(ReceivedRow(user_id=asker.user_id, client_id=client_id, at=now))
    old = (ReceivedRow.user_id == asker.user_id) & (ReceivedRow.at < now - timedelta(days=RECEIVED_DAYS))
    session.execute(delete(ReceivedRow).where(old))
    session.flush()


def _words(text: str) -> str:
    words = text.strip()
    if len(words) > MOST_LETTERS:
        raise StorageError(f"That is longer than {MOST_LETTERS} letters; say it in fewer.")
    return words
