"""What happens when an agent has read an evaluation, disputes an answer of it, and somebody decides?

Every function takes who asks, and who sees which dispute stands in `storage.dispute_lists`. The rules themselves are those
of `reviews.disputes`; a decision changes a score by the same way as any correction, `repository.add_override`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.disputes import (
    Disputable,
    DisputeState,
    DisputeStep,
    Person,
    Rules,
    month_began,
    who_may_decide,
    why_not_decide,
    why_not_dispute,
)
from scorecards.answers import Answer, AnswerType, answer_of
from scorecards.definition import Criterion
from scoring.result import Verdict
from storage import authorship, clock, hooks
from storage.access import Asker, Role, blind_calls, may, may_correct, may_manage_quality, visible_calls
from storage.audit import About, What, note
from storage.dispute_lists import Dispute, find_dispute, visible_disputes
from storage.hooks import Happening
from storage.mapping import scorecard_of
from storage.queries.conditions import OfACall
from storage.queue_tables import AssignmentCardRow, AssignmentRow
from storage.repository import add_override
from storage.roles import Reach, Right, reach, roles_with
from storage.tables import (
    AcknowledgementRow,
    AgentRow,
    CallRow,
    CoachTeamRow,
    DisputeRow,
    DisputeStepRow,
    EvaluationRow,
    OverrideRow,
    ResultRow,
    ScorecardVersionRow,
    UserRow,
)


@dataclass(frozen=True)
class Acknowledgement:
    """An agent has read an evaluation: when, what its total was then, and what they said to it."""

    evaluation_id: int
    author: str
    at: datetime
    total: float | None
    note: str


@dataclass(frozen=True)
class Choice:
    """A person with the reason why they do not decide a dispute; empty where they may."""

    id: int
    name: str
    why_not: str


@dataclass(frozen=True)
class InForce:
    """The answer that holds for a question of a call now, where its scorecard still has it.

    not_asked: why it is not asked as another question is answered as it is; empty where it is.
    """

    result_id: int
    answer: Verdict
    total: float | None
    given: Answer | None
    criterion: Criterion
    not_asked: str

    @property
    def words(self) -> str:
        """The answer as the scorecard words it; empty where it is a verdict."""
        return answer_in_words(self.criterion, self.given)


def answer_in_words(criterion: Criterion, given: Answer | None) -> str:
    """An answer by its label in the scorecard; empty for yes and no, and where the question does not apply."""
    return "" if given is None or criterion.type is AnswerType.YES_NO else criterion.answers.label(given)


# Reading an evaluation


def acknowledge(session: Session, asker: Asker, evaluation_id: int, note: str) -> None:
    """Write down that the agent has read this evaluation, with what they say to it, which may be nothing.

    Raises NotAllowed for others than agents, StorageError where there is no such evaluation in force of a call of theirs,
    and where they have read it as it is.
    """
    if not may(asker, Right.DISPUTE):
        raise NotAllowed("Agents say that they have read their own evaluations.")
    found = session.execute(
        select(EvaluationRow.call_id, EvaluationRow.total)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(EvaluationRow.id == evaluation_id, ~EvaluationRow.superseded, visible_calls(asker))
    ).one_or_none()
    if found is None:
        raise StorageError("This evaluation is no longer in force, or not yours; load the page again.")
    if evaluation_id in read_as_they_are(session, asker, found.call_id):
        raise StorageError("You have said already that you have read this.")
    author_id, author = authorship.user_id(session, asker), asker.signature
    session.add(
        AcknowledgementRow(
            evaluation_id=evaluation_id,
            author_id=author_id,
            author=author,
            at=clock.now(),
            total=found.total,
            note=note.strip(),
        )
    )
    session.flush()


def acknowledgements(session: Session, asker: Asker, call_id: str) -> tuple[Acknowledgement, ...]:
    """What the agent said of the evaluations of a call that they have read, in the order they said it."""
    rows = session.scalars(
        select(AcknowledgementRow)
        .join(EvaluationRow, AcknowledgementRow.evaluation_id == EvaluationRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(CallRow.id == call_id, visible_calls(asker))
        .order_by(AcknowledgementRow.id)
    )
    return tuple(Acknowledgement(row.evaluation_id, row.author, row.at, row.total, row.note) for row in rows)


def read_as_they_are(session: Session, asker: Asker, call_id: str) -> frozenset[int]:
    """Ids of the evaluations of a call that were read since anybody last corrected an answer of theirs."""
    last = session.execute(
        select(ResultRow.evaluation_id, func.max(OverrideRow.at).label("at"))
        .join(OverrideRow, OverrideRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .where(EvaluationRow.call_id == call_id)
        .group_by(ResultRow.evaluation_id)
    )
    corrected = {row.evaluation_id: row.at for row in last}
    return frozenset(
        read.evaluation_id
        for read in acknowledgements(session, asker, call_id)
        if read.evaluation_id not in corrected or read.at > corrected[read.evaluation_id]
    )


# Raising and taking back


def raise_dispute(session: Session, asker: Asker, rules: Rules, result_id: int, reason: str) -> int:
    """Dispute an answer of one's own evaluation; the id of the dispute. It is given to somebody who may decide it.

    Raises NotAllowed for others than the agent of the call, StorageError without a reason, where the answer is not in
    force, and where the rules do not let it be disputed (`reviews.disputes.why_not_dispute`).
    """
    reason = reason.strip()
    if not may(asker, Right.DISPUTE) or asker.agent_id is None:
        raise NotAllowed("Agents dispute answers about their own calls.")
    if not reason:
        raise StorageError("A dispute needs a reason: say in a few words what was heard wrong.")
    # Disputes of one agent are counted one after the other, so that two at once do not both find room in the month.
    session.execute(select(AgentRow.id).where(AgentRow.id == asker.agent_id).with_for_update())
    row = session.execute(
        select(ResultRow, EvaluationRow.call_id, ScorecardVersionRow.scorecard)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(ResultRow.id == result_id, ~EvaluationRow.superseded, visible_calls(asker))
    ).one_or_none()
    if row is None:
        raise StorageError("This answer is no longer in force, or not yours; load the page again.")
    why_not = why_not_disputed(session, asker, rules, row.call_id)[result_id]
    if why_not:
        raise StorageError(why_not)
    author_id, author = authorship.user_id(session, asker), asker.signature
    last = session.scalars(
        select(OverrideRow.author).where(OverrideRow.result_id == result_id).order_by(OverrideRow.id.desc()).limit(1)
    ).one_or_none()
    held = in_force(session, asker, row.call_id, row.scorecard, row.ResultRow.criterion)
    dispute = DisputeRow(
        call_id=row.call_id,
        result_id=result_id,
        scorecard=row.scorecard,
        criterion=row.ResultRow.criterion,
        agent_id=asker.agent_id,
        raised_by_id=author_id,
        raised_by=author,
        raised_at=clock.now(),
        reason=reason,
        answer=row.ResultRow.verdict.value,
        answer_words=held.words if held else "",
        answered_by=last or "",
        state=DisputeState.OPEN,
        settled_by="",
        decision="",
    )
    session.add(dispute)
    session.flush()
    able = who_may_decide(_people(session, [dispute])[dispute.id], rules.decider)
    if able:
        dispute.given_to_id = able[0].id
        _add_step(session, dispute.id, DisputeStep.GIVEN, None, "Attune", to=able[0].name)
    session.flush()
    about = {"scorecard": row.scorecard, "criterion": row.ResultRow.criterion}
    hooks.disputed(session, Happening.DISPUTE_OPENED, dispute.id, row.call_id, **about)
    return dispute.id


def why_not_disputed(session: Session, asker: Asker, rules: Rules, call_id: str) -> Mapping[int, str]:
    """For each result in force of a call, why it cannot be disputed now; an empty sentence where it can."""
    results = session.execute(
        select(
            ResultRow.id,
            ResultRow.criterion,
            ResultRow.verdict,
            ResultRow.if_asked,
            ScorecardVersionRow.scorecard,
            EvaluationRow.created_at,
            select(func.max(OverrideRow.at))
            .where(OverrideRow.result_id == ResultRow.id)
            .scalar_subquery()
            .label("answered"),
        )
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(CallRow.id == call_id, ~EvaluationRow.superseded, visible_calls(asker))
    ).all()
    disputes = session.execute(
        select(DisputeRow.scorecard, DisputeRow.criterion, DisputeRow.state, DisputeRow.settled_at)
        .join(CallRow, DisputeRow.call_id == CallRow.id)
        .where(DisputeRow.call_id == call_id, DisputeRow.state != DisputeState.WITHDRAWN, visible_calls(asker))
        .order_by(DisputeRow.id)
    )
    latest = {(row.scorecard, row.criterion): (row.state, row.settled_at) for row in disputes}
    raised, now = raised_this_month(session, asker), clock.now()

    def why_not(row: Any) -> str:
        state, settled_at = latest.get((row.scorecard, row.criterion), (None, None))
        answered_at = row.answered or row.created_at
        return why_not_dispute(
            Disputable(answered_at, row.verdict is not Verdict.UNSURE, state, settled_at, _not_asked(row.if_asked)),
            raised,
            rules,
            now,
        )

    return {row.id: why_not(row) for row in results}


def _not_asked(held: Mapping[str, Any] | None) -> str:
    return str(held["why"]) if held else ""


def raised_this_month(session: Session, asker: Asker) -> int:
    """How many disputes the asking agent has raised since the month began and not taken back; none for who is no agent."""
    if reach(asker.role, Right.DISPUTE) is not Reach.OWN:
        return 0
    return session.scalars(
        select(func.count())
        .select_from(DisputeRow)
        .where(
            DisputeRow.agent_id == asker.agent_id,
            DisputeRow.raised_at >= month_began(clock.now()),
            DisputeRow.state != DisputeState.WITHDRAWN,
        )
    ).one()


def withdraw(session: Session, asker: Asker, dispute_id: int) -> None:
    """Take back an open dispute of one's own.

    Raises NotAllowed for others than its agent, StorageError once it is settled.
    """
    row = _open_dispute(session, asker, dispute_id)
    if not may(asker, Right.DISPUTE):
        raise NotAllowed("A dispute is taken back by the agent who raised it.")
    _settle(session, asker, row, DisputeState.WITHDRAWN, "", None)


# Deciding


def decide(
    session: Session,
    asker: Asker,
    rules: Rules,
    dispute_id: int,
    answer: Verdict | None,
    reason: str,
    given: Answer | None = None,
) -> Dispute:
    """Decide a dispute: `answer` is the new answer where the agent is right, None where the answer stays. The dispute then.

    given: the new answer where the question is answered otherwise than by met, partly or not met: an option's value, a
    number, several values. It says what `answer` is.

    A new answer is put beside the old one as a correction, and the totals are worked out again; where the call has been
    judged again since and is no longer asked the question, the decision stands alone. Raises NotAllowed where it is not
    the asker's to decide, StorageError without a reason, for an answer that is the disputed one, and once it is settled.
    """
    reason = reason.strip()
    row = _open_dispute(session, asker, dispute_id)
    people = _people(session, [row])[row.id]
    _check_may_decide(asker, row, people, rules)
    if not reason:
        raise StorageError("A decision needs a reason; the agent will read it.")
    now = in_force(session, asker, row.call_id, row.scorecard, row.criterion)
    words = now.words if now else row.answer_words
    if answer is not None or given is not None:
        if now is not None:
            said = now.criterion.decide(answer, given)
            answer, given, words = said.verdict, said.answer, answer_in_words(now.criterion, said.answer)
        else:
            words = ""
        if answer is None:
            raise StorageError("The call no longer has this question: decide by met, partly, not met or does not apply.")
        if answer.value == row.answer and words == row.answer_words:
            raise StorageError("That is the answer that was disputed: choose another one, or decide that it stays.")
    after = now.total if now else None
    if answer is not None and now is not None and (answer, given) != (now.answer, now.given):
        verdict = None if given is not None else answer
        after = add_override(session, asker, now.result_id, verdict, f"Dispute upheld: {reason}", given).total
    row.total_before, row.total_after = (now.total if now else None), after
    left = answer or (now.answer if now else Verdict(row.answer))
    row.answer_after_words = words
    _settle(session, asker, row, DisputeState.KEPT if answer is None else DisputeState.UPHELD, reason, left)
    note(
        session,
        asker,
        What.DISPUTE_DECIDED,
        About.CALL,
        row.call_id,
        dispute=row.id,
        scorecard=row.scorecard,
        criterion=row.criterion,
        decision=row.state.value,
        before=row.answer,
        after=row.answer_after,
        total_before=row.total_before,
        total_after=row.total_after,
    )
    about = {"scorecard": row.scorecard, "criterion": row.criterion, "state": row.state.value}
    hooks.disputed(session, Happening.DISPUTE_DECIDED, dispute_id, row.call_id, **about)
    decided = find_dispute(session, asker, dispute_id)
    if decided is None:
        raise StorageError("There is no such dispute, or it is not yours.")
    return decided


def _check_may_decide(asker: Asker, row: DisputeRow, people: Sequence[Person], rules: Rules) -> None:
    me = next((person for person in people if person.id == asker.user_id), None)
    if me is None or not may(asker, Right.DECIDE_DISPUTES):
        raise NotAllowed("Your role does not decide disputes.")
    if why_not := why_not_decide(me, rules.decider):
        raise NotAllowed(f"Somebody else has to decide this dispute: {why_not}")
    if row.given_to_id != asker.user_id and reach(asker.role, Right.DECIDE_DISPUTES) is not Reach.ALL:
        raise NotAllowed("This dispute was given to somebody else to decide.")


def hand_over(session: Session, asker: Asker, rules: Rules, dispute_id: int, user_id: int) -> str:
    """Give an open dispute to somebody else who may decide it; their name.

    Raises NotAllowed for others than those who manage quality, StorageError where that person may not decide it.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators say who decides a dispute.")
    row = _open_dispute(session, asker, dispute_id)
    chosen = next((person for person in _people(session, [row])[row.id] if person.id == user_id), None)
    if chosen is None:
        raise StorageError("There is no such person who decides disputes.")
    if why_not := why_not_decide(chosen, rules.decider):
        raise StorageError(why_not)
    row.given_to_id = chosen.id
    author_id, author = authorship.user_id(session, asker), asker.signature
    _add_step(session, row.id, DisputeStep.GIVEN, author_id, author, to=chosen.name)
    session.flush()
    return chosen.name


def choices(session: Session, asker: Asker, rules: Rules, disputes: Iterable[int]) -> Mapping[int, tuple[Choice, ...]]:
    """For each of these open disputes everybody who may come into question, those who may decide first.

    Raises NotAllowed for others than those who manage quality.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators say who decides a dispute.")
    rows = session.scalars(
        select(DisputeRow).where(DisputeRow.id.in_(list(disputes)), DisputeRow.state == DisputeState.OPEN)
    ).all()

    def listed(people: Sequence[Person]) -> tuple[Choice, ...]:
        able = who_may_decide(people, rules.decider)
        may = {person.id for person in able}
        others = [person for person in people if person.id not in may]
        return tuple(Choice(one.id, one.name, why_not_decide(one, rules.decider)) for one in (*able, *others))

    return {dispute: listed(people) for dispute, people in _people(session, rows).items()}


def why_not_mine(session: Session, asker: Asker, rules: Rules, dispute_id: int) -> str:
    """A sentence that says why the asker does not decide this open dispute; empty where they may."""
    row = _open_dispute(session, asker, dispute_id, lock=False)
    try:
        _check_may_decide(asker, row, _people(session, [row])[row.id], rules)
    except NotAllowed as why:
        return str(why)
    return ""


def in_force(session: Session, asker: Asker, call_id: str, scorecard: str, criterion: str) -> InForce | None:
    """The answer that holds now for a question of a call; None where the call is no longer asked it."""
    row = session.execute(
        select(
            ResultRow.id,
            ResultRow.verdict,
            ResultRow.answer,
            ResultRow.if_asked,
            EvaluationRow.total,
            ScorecardVersionRow.definition,
        )
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(
            CallRow.id == call_id,
            ScorecardVersionRow.scorecard == scorecard,
            ResultRow.criterion == criterion,
            ~EvaluationRow.superseded,
            visible_calls(asker),
            CallRow.id.not_in(blind_calls(asker)),
        )
    ).one_or_none()
    if row is None:
        return None
    asked = scorecard_of(row.definition).criterion(criterion)
    verdict: Verdict = row.verdict
    given = None if not verdict.counts else verdict.value if row.answer is None else answer_of(row.answer)
    return InForce(row.id, verdict, row.total, given, asked, _not_asked(row.if_asked))


def _people(session: Session, disputes: Sequence[DisputeRow]) -> dict[int, tuple[Person, ...]]:
    """For each dispute everybody whose role may decide, in few statements however many there are."""
    users = session.execute(
        select(UserRow.id, UserRow.name, UserRow.role, UserRow.agent_id)
        .where(UserRow.active, UserRow.organisation_id.is_(None), UserRow.role.in_(roles_with(Right.DECIDE_DISPUTES)))
        .order_by(UserRow.id)
    ).all()
    coached = {(coach, team) for coach, team in session.execute(select(CoachTeamRow.user_id, CoachTeamRow.team_id))}
    waiting: dict[int, int] = {}
    for holder, number in session.execute(
        select(DisputeRow.given_to_id, func.count())
        .where(DisputeRow.state == DisputeState.OPEN)
        .group_by(DisputeRow.given_to_id)
    ):
        if holder is not None:
            waiting[holder] = number
    ids = [dispute.id for dispute in disputes]
    # The team of the call's time, and that of today: who coaches the agent now is as much their coach.
    teams: dict[int, set[int | None]] = {
        row.id: {row.then, row.today}
        for row in session.execute(
            select(DisputeRow.id, CallRow.team_id.label("then"), AgentRow.team_id.label("today"))
            .join(CallRow, DisputeRow.call_id == CallRow.id)
            .join(AgentRow, DisputeRow.agent_id == AgentRow.id)
            .where(DisputeRow.id.in_(ids))
        )
    }
    answers = session.execute(
        select(DisputeRow.id, OverrideRow.author_id)
        .join(EvaluationRow, EvaluationRow.call_id == DisputeRow.call_id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(ResultRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(OverrideRow, OverrideRow.result_id == ResultRow.id)
        .where(
            DisputeRow.id.in_(ids),
            ScorecardVersionRow.scorecard == DisputeRow.scorecard,
            OfACall(ResultRow.criterion) == DisputeRow.criterion,
        )
    )
    reviewed = session.execute(
        select(DisputeRow.id, AssignmentRow.reviewer_id)
        .join(AssignmentRow, AssignmentRow.call_id == DisputeRow.call_id)
        .join(AssignmentCardRow, AssignmentCardRow.assignment_id == AssignmentRow.id)
        .where(
            DisputeRow.id.in_(ids),
            AssignmentRow.finished_at.is_not(None),
            AssignmentCardRow.scorecard == DisputeRow.scorecard,
        )
    )
    # Who reviewed the call and left the answer as it was has judged it too.
    answered = {(dispute, author) for dispute, author in [*answers, *reviewed]}

    def person(dispute: DisputeRow, user: Any) -> Person:
        asker = Asker(user.id, user.role)
        return Person(
            user.id,
            user.name,
            corrects=may_correct(asker),
            manages=may_manage_quality(asker),
            administers=user.role is Role.ADMINISTRATOR,
            coaches=any((user.id, team) in coached for team in teams[dispute.id]),
            is_agent=user.agent_id == dispute.agent_id,
            answered=(dispute.id, user.id) in answered,
            waiting=waiting.get(user.id, 0),
        )

    return {dispute.id: tuple(person(dispute, user) for user in users) for dispute in disputes}


def _open_dispute(session: Session, asker: Asker, dispute_id: int, *, lock: bool = True) -> DisputeRow:
    """The row, which with `lock` nobody else changes until the transaction ends."""
    wanted = (
        select(DisputeRow)
        .join(CallRow, DisputeRow.call_id == CallRow.id)
        .where(DisputeRow.id == dispute_id, visible_disputes(asker))
        .execution_options(populate_existing=True)
    )
    row = session.scalar(wanted.with_for_update(of=DisputeRow) if lock else wanted)
    if row is None:
        raise StorageError("There is no such dispute, or it is not yours.")
    if row.state is not DisputeState.OPEN:
        raise StorageError("This dispute is settled already; load the page again.")
    return row


def _settle(
    session: Session, asker: Asker, row: DisputeRow, state: DisputeState, reason: str, answer: Verdict | None
) -> None:
    author_id, author = authorship.user_id(session, asker), asker.signature
    row.state, row.decision, row.settled_at = state, reason, clock.now()
    row.settled_by_id, row.settled_by = author_id, author
    row.answer_after = answer.value if answer else None
    _add_step(session, row.id, DisputeStep(state.value), author_id, author, reason)
    session.flush()


def _add_step(
    session: Session, dispute_id: int, step: DisputeStep, author_id: int | None, author: str, words: str = "", to: str = ""
) -> None:
    said = {"author_id": author_id, "author": author, "at": clock.now(), "words": words, "to": to}
    session.add(DisputeStepRow(dispute_id=dispute_id, step=step, **said))
