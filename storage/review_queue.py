"""Who was given which call to review, and what did they answer before the machine's answer was in sight?

A reviewer sees what they were given themselves; quality managers and administrators see everybody's; an agent and a coach
see nothing of it, not even that there is something. `storage.review_fill` chooses and gives the calls.

A blind review goes so: while it is open, `storage.queries` hold back from that reviewer everything that the machine found
in the call. The answers are kept as they come (`answer_blind`). `finish_blind` ends it: the answers stay as they were
given, and those that differ from what holds become corrections in that person's name, by the path that every correction
takes. So the machine's answer, the blind one and all later ones are kept beside each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Integer, Select, cast, false, func, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.queue import Assignment, State, is_asked, still_to_answer
from reviews.sampling import RuleKind, inclusion, sentence
from scorecards.answers import Answer, Decided, answer_of
from scorecards.definition import Scorecard
from scoring.result import Evaluation, Verdict
from storage import clock
from storage.access import Asker, Role, may_correct, may_manage_quality, visible_calls
from storage.audit import PROGRAM, About, What, note
from storage.authorship import user_id
from storage.desk_tables import OverrideQuoteRow
from storage.mapping import scorecard_of
from storage.queue_tables import (
    AssignmentCardRow,
    AssignmentRow,
    BlindAnswerRow,
    BlindQuoteRow,
    ReviewChanceRow,
    ReviewDrawRow,
    ReviewQuotaRow,
    ReviewRuleRow,
)
from storage.quotes import Quote, check_quote
from storage.repository import load_evaluation, put_answer
from storage.roles import Right, roles_with
from storage.tables import (
    AgentRow,
    CallRow,
    EvaluationRow,
    OverrideRow,
    ResultRow,
    ScorecardVersionRow,
    TeamRow,
    UserRow,
)

USUAL_PER_DAY = {Role.REVIEWER: 20}
"""How many calls somebody of a role reviews in a day where nobody has said otherwise; other roles are given none."""

REVIEW = roles_with(Right.CORRECT)
_MAY_REVIEW = (UserRow.active, UserRow.organisation_id.is_(None), UserRow.role.in_(REVIEW))
"""Whose verdict can stand beside the machine's, and who can therefore be given calls to review."""

MOST_PER_DAY = 200

WAITS = tuple(state for state in State if state.waits)

BLIND_REASON = "Judged before the machine's answer was shown."
"""The reason of a correction that came of a blind review without a note."""


@dataclass(frozen=True)
class BlindAnswer:
    """A person's answer to one question, given before the machine's was in sight. The note may be empty, and so the quote.

    `answer` is what was answered where there is more than yes and no; the verdict is then what that comes to.
    """

    verdict: Verdict
    note: str = ""
    answer: Answer | None = None
    quote: Quote | None = None


@dataclass(frozen=True)
class BlindCard:
    """A scorecard to be filled in blind: what it asks, and the id of the result that each answer goes to, by criterion.

    `answers` are those given so far, by criterion. Nothing of the machine's answers is in here.
    """

    scorecard: Scorecard
    result_ids: Mapping[str, int]
    answers: Mapping[str, BlindAnswer]


@dataclass(frozen=True)
class Listed:
    """An assignment with what a list says of its call. `titles` are those of its scorecards."""

    assignment: Assignment
    titles: tuple[str, ...]
    customer: str
    agent: str
    team: str
    queue: str
    started_at: datetime
    duration_seconds: float


@dataclass(frozen=True)
class Desk:
    """A reviewer and what is on their desk: the quota, what was given since Monday, done, open and overdue."""

    user_id: int
    name: str
    per_day: int
    given_this_week: int
    done_this_week: int
    done_today: int
    waiting: int
    overdue: int


# What somebody was given


def assignments(
    session: Session, asker: Asker, states: Iterable[State] = WAITS, reviewer_id: int | None = None, limit: int = 500
) -> tuple[Assignment, ...]:
    """What the asker was given, or for who manages quality what everybody or one reviewer was; the first due first."""
    chosen = _seen(asker).where(AssignmentRow.state.in_(list(states)))
    if reviewer_id is not None:
        chosen = chosen.where(AssignmentRow.reviewer_id == reviewer_id)
    return _read(session, chosen.order_by(AssignmentRow.due, AssignmentRow.id).limit(limit))


def listed(
    session: Session, asker: Asker, states: Iterable[State] = WAITS, reviewer_id: int | None = None, limit: int = 500
) -> tuple[Listed, ...]:
    """As `assignments`, with what a list says of each call."""
    found = assignments(session, asker, states, reviewer_id, limit)
    calls = session.execute(
        select(CallRow, AgentRow.name, TeamRow.name)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .outerjoin(TeamRow, CallRow.team_id == TeamRow.id)
        .where(CallRow.id.in_([each.call_id for each in found]), visible_calls(asker))
    ).all()
    of_call = {row[0].id: row for row in calls}
    cards = {card for each in found for card in each.scorecards}
    versions = session.execute(
        select(ScorecardVersionRow.scorecard, ScorecardVersionRow.title)
        .where(ScorecardVersionRow.scorecard.in_(sorted(cards)))
        .order_by(ScorecardVersionRow.version)
    )
    titles = {row.scorecard: row.title for row in versions}
    made = []
    for each in found:
        call, agent, team = of_call[each.call_id]
        named = tuple(titles[card] for card in each.scorecards)
        facts = (call.customer, agent or "", team or "", call.queue, call.started_at, call.duration_seconds)
        made.append(Listed(each, named, *facts))
    return tuple(made)


def assignment_for(session: Session, asker: Asker, call_id: str) -> Assignment | None:
    """The asker's own review of a call that is still to be done; None where there is none."""
    own = _own(asker).where(AssignmentRow.call_id == call_id, AssignmentRow.state.in_(WAITS))
    return next(iter(_read(session, own.order_by(AssignmentRow.id))), None)


def blind_for(session: Session, asker: Asker, call_id: str) -> Assignment | None:
    """The asker's own review of a call if it is blind and not finished: then nothing of the machine's may reach them."""
    found = assignment_for(session, asker, call_id)
    return found if found is not None and found.blind else None


def past_assignments(session: Session, asker: Asker, call_id: str) -> tuple[Assignment, ...]:
    """The reviews of a call that were given to somebody, as far as the asker may know of them, in their order."""
    of_call = _seen(asker).where(AssignmentRow.call_id == call_id)
    return _read(session, of_call.order_by(AssignmentRow.id))


def start(session: Session, asker: Asker, assignment_id: int) -> Assignment:
    """The reviewer has opened the call; again changes nothing. Raises StorageError where it is not theirs."""
    found = _own_one(session, asker, assignment_id)
    if found.state is not State.OPEN:
        return found
    values = {"state": State.IN_PROGRESS, "opened_at": clock.now()}
    session.execute(update(AssignmentRow).where(AssignmentRow.id == assignment_id).values(**values))
    return _own_one(session, asker, assignment_id)


def finish(session: Session, asker: Asker, assignment_id: int) -> Assignment:
    """The reviewer is done with a call that they judged with the machine's answer in sight; again changes nothing.

    Raises StorageError where it is not theirs, was passed on, or is to be judged blind (`finish_blind` ends that).
    """
    found = _lock_own(session, asker, assignment_id)
    if found.state is State.DONE:
        return found
    if found.blind:
        raise StorageError("This call is judged blind: answer every question and finish the review to see the machine's.")
    return _done(session, asker, found)


def pass_on(session: Session, asker: Asker, assignment_id: int, to: int, why: str) -> Assignment:
    """Hand a call that is not done over to another reviewer, with a reason. Quality managers hand over anybody's.

    The new assignment has the same scorecards, chance and due day; blind answers given so far stay with the old one.
    Raises NotAllowed where the asker manages nothing, StorageError where the other must not review the call: they handled
    it, have judged it before, or review nothing.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers hand work over; ask one of them.")
    if not why.strip():
        raise StorageError("Handing a call over needs a reason: say in a few words why.")
    found = _one(session, _seen(asker).where(AssignmentRow.id == assignment_id), assignment_id, lock=True)
    if not found.state.waits:
        raise StorageError("This review is finished or was handed on already; load the page again.")
    if to == found.reviewer_id:
        raise StorageError("That is who has it already.")
    if to not in {desk.user_id for desk in desks(session, asker, clock.now())}:
        raise StorageError("Calls can be handed only to somebody who reviews; give them a number of calls a day first.")
    if to in barred(session, [found.call_id])[found.call_id]:
        raise StorageError("They handled this call themselves, or have judged it before; choose somebody else.")
    new_id = _give(session, found, to, found.due)
    values = {
        "state": State.PASSED_ON,
        "finished_at": clock.now(),
        "passed_to": new_id,
        "passed_by": asker.signature,
        "passed_why": why.strip(),
    }
    session.execute(update(AssignmentRow).where(AssignmentRow.id == found.id).values(**values))
    session.execute(update(ReviewChanceRow).where(ReviewChanceRow.assignment_id == found.id).values(assignment_id=new_id))
    return _one(session, _seen(asker).where(AssignmentRow.id == new_id), new_id)


def take_back_decided(session: Session, call_id: str) -> int:
    """Take a call back from whoever was given it for unsure answers alone and has not begun, where these are decided now;
    from how many. For storage alone: a conversation went on, and by no person's doing."""
    doubted = select(func.max(EvaluationRow.unsure)).where(EvaluationRow.call_id == call_id, ~EvaluationRow.superseded)
    unsure, count = session.scalar(doubted) or 0, 0
    given = select(AssignmentRow).where(AssignmentRow.call_id == call_id, AssignmentRow.state == State.OPEN)
    for row in session.scalars(given.with_for_update()).all():
        rules = session.execute(
            select(ReviewRuleRow.kind, ReviewRuleRow.bound)
            .join(ReviewDrawRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
            .join(ReviewChanceRow, ReviewChanceRow.draw_id == ReviewDrawRow.id)
            .where(ReviewChanceRow.assignment_id == row.id, ReviewChanceRow.chosen)
        ).all()
        if rules and all(kind is RuleKind.UNSURE and unsure < bound for kind, bound in rules):
            row.state, row.finished_at = State.PASSED_ON, clock.now()
            row.passed_by, row.passed_why = PROGRAM.name, "The conversation went on, and what was unsure is decided."
            count += 1
    session.flush()
    return count


def _give(session: Session, old: Assignment, to: int, due: date) -> int:
    row = session.get(AssignmentRow, old.id)
    assert row is not None, "locked before"
    new = AssignmentRow(
        call_id=row.call_id,
        reviewer_id=to,
        why=row.why,
        probability=row.probability,
        blind=row.blind,
        due=due,
        state=State.OPEN,
        given_at=clock.now(),
        passed_by="",
        passed_why="",
    )
    session.add(new)
    session.flush()
    for card in session.scalars(select(AssignmentCardRow).where(AssignmentCardRow.assignment_id == old.id)).all():
        session.add(
            AssignmentCardRow(
                assignment_id=new.id,
                scorecard=card.scorecard,
                probability=card.probability,
                blind_probability=card.blind_probability,
            )
        )
    session.flush()
    return new.id


# Blind reviews


def blind_cards(session: Session, asker: Asker, assignment_id: int) -> tuple[BlindCard, ...]:
    """What the asker is to fill in for their own blind review, and what they have answered so far.

    Raises StorageError where there is no such blind review of theirs.
    """
    found = _own_blind(session, asker, assignment_id)
    said = _blind_answers(session, assignment_id)
    cards = []
    for version, results in _asked(session, found):
        answers = {criterion: said[id_].answer for criterion, id_ in results.items() if id_ in said}
        cards.append(BlindCard(version, results, answers))
    return tuple(cards)


def answer_blind(session: Session, asker: Asker, assignment_id: int, result_id: int, answer: BlindAnswer) -> None:
    """Keep one answer of a blind review as it is given, so that a dropped connection loses nothing; the last one counts.

    Raises StorageError where it is not theirs, is finished, does not ask that, the answer decides nothing (`unsure`), the
    scorecard asks for a comment with it and there is none, or what it quotes is not in the call; InputError where the
    question cannot be answered so.
    """
    found = _lock_own(session, asker, assignment_id)
    if not found.blind or not found.state.waits:
        raise StorageError("This review is finished, or not a blind one; load the page again.")
    by_result = {id_: card.criterion(name) for card, results in _asked(session, found) for name, id_ in results.items()}
    if result_id not in by_result:
        raise StorageError(
            "This question is no longer part of the review, as the call has been judged again; load the page."
        )
    if answer.verdict is Verdict.UNSURE:
        raise StorageError("An answer decides: met, partly, not met or not applicable.")
    criterion = by_result[result_id]
    decided = criterion.decide(answer.verdict, answer.answer)
    if criterion.needs_comment(decided.verdict, decided.answer) and not answer.note.strip():
        raise StorageError("The scorecard asks for a few words with this answer.")
    if answer.quote is not None:
        check_quote(session, found.call_id, answer.quote)
    start(session, asker, assignment_id)
    row = BlindAnswerRow(
        assignment_id=assignment_id,
        result_id=result_id,
        verdict=decided.verdict,
        answer=decided.answer,
        note=answer.note.strip(),
        author_id=user_id(session, asker),
        author=asker.signature,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    if answer.quote is not None:
        turn, start_seconds, quote = answer.quote.turn, answer.quote.start, answer.quote.text.strip()
        session.add(BlindQuoteRow(blind_answer_id=row.id, turn=turn, start_seconds=start_seconds, quote=quote))
        session.flush()
    said = {"review": assignment_id, "result": result_id, "answer": decided.answer, "verdict": decided.verdict.value}
    note(session, asker, What.ANSWERED_BLIND, About.CALL, found.call_id, **said)


def finish_blind(session: Session, asker: Asker, assignment_id: int) -> tuple[Evaluation, ...]:
    """End a blind review: from now on the machine's answers are in sight. The evaluations as they hold now.

    Answers that differ from what holds become corrections, and the totals are worked out again. Raises StorageError where
    it is not theirs, is not blind or finished, or a question has no answer yet.
    """
    found = _lock_own(session, asker, assignment_id)
    if not found.blind or not found.state.waits:
        raise StorageError("This review is finished, or not a blind one; load the page again.")
    asked, said = _asked(session, found), _blind_answers(session, assignment_id)
    missing = 0
    for card, results in asked:
        given_so_far = {name: said[id_].decided for name, id_ in results.items() if id_ in said}
        missing += len(still_to_answer(card, given_so_far))
    if missing:
        questions = "one question is" if missing == 1 else f"{missing} questions are"
        raise StorageError(f"{questions.capitalize()} not answered yet. The machine's answers are shown once all are.")
    _done(session, asker, found)
    evaluations = []
    for card, results in asked:
        answered = {name: said[id_].decided for name, id_ in results.items() if id_ in said}
        holder = session.scalars(select(ResultRow.evaluation_id).where(ResultRow.id == next(iter(results.values())))).one()
        lock = select(EvaluationRow.id).where(EvaluationRow.id == holder).with_for_update()
        session.execute(lock)
        stored = load_evaluation(session, holder)
        for criterion, decided in answered.items():
            id_, holds = results[criterion], stored.current.result(criterion).own
            given = said[id_]
            same = (holds.verdict, holds.answer) == (decided.verdict, decided.answer)
            if same or not is_asked(card, criterion, answered):
                continue
            reason = given.answer.note or BLIND_REASON
            current = put_answer(session, asker, stored, criterion, decided.verdict, reason, decided.answer)
            stored = replace(stored, current=current)
            last = select(func.max(OverrideRow.id)).where(OverrideRow.result_id == id_).scalar_subquery()
            override_id = session.scalars(select(last)).one()
            session.execute(update(BlindAnswerRow).where(BlindAnswerRow.id == given.id).values(override_id=override_id))
            if (quote := given.answer.quote) is not None:
                said_there = {"turn": quote.turn, "start_seconds": quote.start, "quote": quote.text}
                session.add(OverrideQuoteRow(override_id=override_id, **said_there))
        evaluations.append(stored.current)
    return tuple(evaluations)


def submit_blind(
    session: Session, asker: Asker, assignment_id: int, answers: Mapping[int, BlindAnswer]
) -> tuple[Evaluation, ...]:
    """Answer these questions, by result id, and end the review: `answer_blind` for each, then `finish_blind`."""
    for result_id, answer in answers.items():
        answer_blind(session, asker, assignment_id, result_id, answer)
    return finish_blind(session, asker, assignment_id)


@dataclass(frozen=True)
class _Said:
    id: int
    answer: BlindAnswer

    @property
    def decided(self) -> Decided:
        """The answer and its verdict; what it earns is the scorecard's to say."""
        return Decided(self.answer.verdict, None, self.answer.answer)


def _blind_answers(session: Session, assignment_id: int) -> dict[int, _Said]:
    """The last answer to each question, by result id."""
    rows = session.execute(
        select(BlindAnswerRow, BlindQuoteRow)
        .outerjoin(BlindQuoteRow, BlindQuoteRow.blind_answer_id == BlindAnswerRow.id)
        .where(BlindAnswerRow.assignment_id == assignment_id)
        .order_by(BlindAnswerRow.id)
    )
    found = {}
    for row, quoted in rows:
        quote = None if quoted is None else Quote(quoted.turn, quoted.quote, quoted.start_seconds)
        found[row.result_id] = _Said(row.id, BlindAnswer(row.verdict, row.note, _answer_of(row), quote))
    return found


def _answer_of(row: BlindAnswerRow) -> Answer | None:
    if row.answer is None:  # from before there was more than yes and no: there the verdict is the answer
        return row.verdict.value if row.verdict.counts else None
    return answer_of(row.answer)


def _asked(session: Session, found: Assignment) -> list[tuple[Scorecard, dict[str, int]]]:
    """The scorecards of a review as they are in force on its call, by title, each with its result ids by criterion."""
    rows = session.execute(
        select(ScorecardVersionRow.definition, EvaluationRow.id)
        .join(EvaluationRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            EvaluationRow.call_id == found.call_id,
            ~EvaluationRow.superseded,
            ScorecardVersionRow.scorecard.in_(found.scorecards),
        )
        .order_by(ScorecardVersionRow.title, ScorecardVersionRow.scorecard)
    ).all()
    asked = []
    for row in rows:
        results = session.execute(
            select(ResultRow.criterion, ResultRow.id).where(ResultRow.evaluation_id == row.id).order_by(ResultRow.position)
        )
        asked.append((scorecard_of(row.definition), {row.criterion: row.id for row in results}))
    return asked


# Who reviews


def desks(session: Session, asker: Asker, now: datetime) -> tuple[Desk, ...]:
    """Everybody who reviews, by name, and how far they are; for who is no manager only their own desk."""
    per_day = quotas(session)
    people = {id_: number for id_, number in per_day.items() if may_manage_quality(asker) or id_ == asker.user_id}
    if not may_correct(asker) or not people:
        return ()
    today = now.astimezone(UTC).date()
    midnight, monday = _midnight(today), _midnight(today - timedelta(days=today.weekday()))
    waits, done = AssignmentRow.state.in_(WAITS), AssignmentRow.state == State.DONE
    stays = AssignmentRow.state != State.PASSED_ON
    rows = session.execute(
        select(
            AssignmentRow.reviewer_id,
            func.sum(cast((AssignmentRow.given_at >= monday) & stays, Integer)),
            func.sum(cast(done & (AssignmentRow.finished_at >= monday), Integer)),
            func.sum(cast(done & (AssignmentRow.finished_at >= midnight), Integer)),
            func.sum(cast(waits, Integer)),
            func.sum(cast(waits & (AssignmentRow.due < today), Integer)),
        )
        # A row that is neither waiting nor of this week counts for nothing here; the index keeps those out.
        .where(waits | (AssignmentRow.given_at >= monday) | (AssignmentRow.finished_at >= monday))
        .group_by(AssignmentRow.reviewer_id)
    )
    counts = {row[0]: tuple(int(number or 0) for number in row[1:]) for row in rows}
    named = session.execute(select(UserRow.id, UserRow.name).where(UserRow.id.in_(list(people))))
    names = {row.id: row.name for row in named}
    found = [Desk(id_, names[id_], people[id_], *counts.get(id_, (0, 0, 0, 0, 0))) for id_ in people]
    return tuple(sorted(found, key=lambda desk: (desk.name, desk.user_id)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def set_quota(session: Session, asker: Asker, reviewer_id: int, per_day: int) -> None:
    """From now on this person is given at most so many calls a day; 0 is none.

    Raises NotAllowed where the asker manages nothing, StorageError where that person cannot review.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers say how much is reviewed; ask one of them.")
    if not 0 <= per_day <= MOST_PER_DAY:
        raise StorageError(f"Somebody reviews 0 to {MOST_PER_DAY} calls a day.")
    person = session.get(UserRow, reviewer_id)
    if person is None or person.organisation_id is not None or not may_correct(Asker(person.id, person.role)):
        raise StorageError("Reviewers, quality managers and administrators review; this person is none of them.")
    row = session.get(ReviewQuotaRow, reviewer_id)
    before = row.per_day if row else None
    note(session, asker, What.SETTING_CHANGED, About.SETTING, f"reviews_a_day:{reviewer_id}", before=before, after=per_day)
    author, now = asker.signature, clock.now()
    if row is None:
        session.add(ReviewQuotaRow(user_id=reviewer_id, per_day=per_day, author=author, at=now))
    else:
        row.per_day, row.author, row.at = per_day, author, now
    session.flush()


def could_review(session: Session, asker: Asker) -> dict[int, str]:
    """Everybody who could be given reviews, by id in the order of names; for who manages quality."""
    if not may_manage_quality(asker):
        return {}
    rows = session.execute(select(UserRow.id, UserRow.name).where(*_MAY_REVIEW).order_by(UserRow.name, UserRow.id))
    return {row.id: row.name for row in rows}


def quotas(session: Session) -> dict[int, int]:
    """How many calls a day each active person who reviews is given, by user id; nobody with none."""
    rows = session.execute(
        select(UserRow.id, UserRow.role, ReviewQuotaRow.per_day)
        .outerjoin(ReviewQuotaRow, ReviewQuotaRow.user_id == UserRow.id)
        .where(*_MAY_REVIEW)
        .order_by(UserRow.id)
    )
    per_day = {row.id: USUAL_PER_DAY.get(row.role, 0) if row.per_day is None else row.per_day for row in rows}
    return {id_: number for id_, number in per_day.items() if number}


def barred(session: Session, call_ids: Iterable[str]) -> dict[str, frozenset[int]]:
    """For each call the users who must not be given it: who handled it, was given it before, or corrected it."""
    ids = sorted(set(call_ids))
    found: dict[str, set[int]] = {call_id: set() for call_id in ids}
    of_call = CallRow.id.in_(ids)
    handled = select(CallRow.id, UserRow.id).join(UserRow, UserRow.agent_id == CallRow.agent_id).where(of_call)
    given = select(AssignmentRow.call_id, AssignmentRow.reviewer_id).where(AssignmentRow.call_id.in_(ids))
    corrected = (
        select(EvaluationRow.call_id, OverrideRow.author_id)
        .join(ResultRow, OverrideRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .where(EvaluationRow.call_id.in_(ids), OverrideRow.author_id.is_not(None))
    )
    for rows in (handled, given, corrected):
        for call_id, who in session.execute(rows):
            found[call_id].add(int(who or 0))
    return {call_id: frozenset(who) for call_id, who in found.items()}


# Whose it is


def _seen(asker: Asker) -> Select[AssignmentRow, str]:
    """The assignments that the asker may know of, with the reviewer's name."""
    rows = (
        select(AssignmentRow, UserRow.name)
        .join(UserRow, AssignmentRow.reviewer_id == UserRow.id)
        .join(CallRow, AssignmentRow.call_id == CallRow.id)
        .where(visible_calls(asker))
    )
    return rows if may_manage_quality(asker) else rows.where(_is_own(asker))


def _own(asker: Asker) -> Select[AssignmentRow, str]:
    return _seen(asker).where(_is_own(asker))


def _is_own(asker: Asker) -> ColumnElement[bool]:
    return AssignmentRow.reviewer_id == asker.user_id if may_correct(asker) else false()


def _read(session: Session, rows: Select[AssignmentRow, str]) -> tuple[Assignment, ...]:
    """The assignments of these rows, in two statements however many there are."""
    found = session.execute(rows.execution_options(populate_existing=True)).all()
    cards: dict[int, list[str]] = {row.AssignmentRow.id: [] for row in found}
    of_these = AssignmentCardRow.assignment_id.in_(list(cards))
    for id_, scorecard in session.execute(
        select(AssignmentCardRow.assignment_id, AssignmentCardRow.scorecard)
        .where(of_these)
        .order_by(AssignmentCardRow.scorecard)
    ):
        cards[id_].append(scorecard)
    chances = _sample_chances(session, [row.id for row, _ in found if row.blind and row.state.waits])
    return tuple(
        Assignment(
            id=row.id,
            call_id=row.call_id,
            scorecards=tuple(cards[row.id]),
            reviewer_id=row.reviewer_id,
            reviewer=name,
            why=chances[row.id].why if row.id in chances else row.why,
            probability=chances[row.id].probability if row.id in chances else row.probability,
            blind=row.blind,
            due=row.due,
            state=row.state,
            given_at=row.given_at,
            opened_at=row.opened_at,
            finished_at=row.finished_at,
        )
        for row, name in found
    )


@dataclass(frozen=True)
class _SampleChance:
    why: str
    probability: float


def _sample_chances(session: Session, assignment_ids: list[int]) -> dict[int, _SampleChance]:
    """Why the random sample alone chose the calls of these reviews, and with which probability.

    For blind ones that are not done: that a rule which looks for trouble chose the call too would tell what the machine
    found in it.
    """
    rows = session.execute(
        select(ReviewChanceRow.assignment_id, ReviewChanceRow.why, ReviewChanceRow.probability)
        .join(ReviewDrawRow, ReviewChanceRow.draw_id == ReviewDrawRow.id)
        .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
        .where(
            ReviewChanceRow.assignment_id.in_(assignment_ids),
            ReviewChanceRow.chosen,
            ReviewRuleRow.kind == RuleKind.RANDOM,
        )
        .order_by(ReviewChanceRow.draw_id)
    )
    found: dict[int, list[tuple[str, float]]] = {}
    for assignment_id, why, probability in rows:
        found.setdefault(assignment_id or 0, []).append((why, probability))
    return {
        id_: _SampleChance(sentence([why for why, _ in own]), inclusion(probability for _, probability in own))
        for id_, own in found.items()
    }


def _one(session: Session, rows: Select[AssignmentRow, str], assignment_id: int, lock: bool = False) -> Assignment:
    found = _read(session, rows.with_for_update(of=AssignmentRow) if lock else rows)
    if not found:
        raise StorageError(f"There is no review {assignment_id}, or it is not yours.")
    return found[0]


def _own_one(session: Session, asker: Asker, assignment_id: int) -> Assignment:
    return _one(session, _own(asker).where(AssignmentRow.id == assignment_id), assignment_id)


def _lock_own(session: Session, asker: Asker, assignment_id: int) -> Assignment:
    """The asker's own assignment, which nobody else can change until the end of the transaction."""
    return _one(session, _own(asker).where(AssignmentRow.id == assignment_id), assignment_id, lock=True)


def _own_blind(session: Session, asker: Asker, assignment_id: int) -> Assignment:
    found = _own_one(session, asker, assignment_id)
    if not found.blind or not found.state.waits:
        raise StorageError("This review is finished, or not a blind one; load the page again.")
    return found


def _done(session: Session, asker: Asker, found: Assignment) -> Assignment:
    if not found.state.waits:
        raise StorageError("This review was handed on to somebody else; load the page again.")
    now = clock.now()
    values = {"state": State.DONE, "finished_at": now, "opened_at": found.opened_at or now}
    session.execute(update(AssignmentRow).where(AssignmentRow.id == found.id).values(**values))
    note(session, asker, What.REVIEWED, About.CALL, found.call_id, review=found.id, blind=found.blind)
    return _own_one(session, asker, found.id)
