"""Who calibrates on which calls, what has each of them answered blind, and what do the answers say together?

Those who manage quality begin and close sessions. Its members answer, each without seeing the others' answers or the
machine's; while somebody has not finished, `storage.access.blind_calls` keeps what the machine found in these calls from
them on every page. Results open once all have finished or the session was closed. Only members and those who manage quality
know of a session.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, select, true, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from reviews.calibration import Judged, Results, results
from scorecards.answers import Answer, AnswerType, Verdict, answer_of
from scorecards.definition import Criterion, Scorecard
from storage import clock
from storage.access import Asker, may_correct, may_manage_quality, visible_calls
from storage.authorship import user_id
from storage.calibration_tables import CalibrationAnswerRow, CalibrationCallRow, CalibrationMemberRow, CalibrationRow
from storage.mapping import scorecard_of
from storage.queue_tables import BlindAnswerRow
from storage.roles import Right, roles_with
from storage.tables import AgentRow, CallRow, EvaluationRow, ResultRow, ScorecardVersionRow, UserRow

_FEWEST_PEOPLE = 2


@dataclass(frozen=True)
class Member:
    """Somebody who judges the calls of a session, and whether they have finished."""

    user_id: int
    name: str
    finished: bool


@dataclass(frozen=True)
class Calibration:
    """A session: its calls in their order, its people by name, and whose answers are the reference."""

    id: int
    title: str
    scorecard: Scorecard
    due: date
    call_ids: tuple[str, ...]
    members: tuple[Member, ...]
    expert_id: int | None
    author: str
    closed_at: datetime | None

    def member(self, user_id: int) -> Member | None:
        """The member with this id, where they are one."""
        return next((member for member in self.members if member.user_id == user_id), None)


@dataclass(frozen=True)
class Given:
    """An answer that somebody gave: its verdict, the answer where it is not "does not apply", and a comment, often empty."""

    verdict: Verdict
    answer: Answer | None
    comment: str = ""


@dataclass(frozen=True)
class Comment:
    """What somebody wrote to their answer to a question of a call."""

    call_id: str
    criterion: str
    name: str
    words: str


@dataclass(frozen=True)
class JudgedBefore:
    """A call that people judged blind long enough ago to be judged again, by whom, and how it is called."""

    call_id: str
    customer: str
    agent: str
    started_at: datetime
    people: tuple[str, ...]


def who_can_judge(session: Session, asker: Asker) -> Mapping[int, str]:
    """Who can be a member, by id, in the order of names. Raises NotAllowed for others than those who manage quality."""
    _only_managers(asker)
    rows = session.execute(
        select(UserRow.id, UserRow.name)
        .where(UserRow.active, UserRow.organisation_id.is_(None), UserRow.role.in_(roles_with(Right.CORRECT)))
        .order_by(UserRow.name)
    )
    return {row.id: row.name for row in rows}


def begin(
    session: Session,
    asker: Asker,
    title: str,
    scorecard: str,
    call_ids: Sequence[str],
    members: Iterable[int],
    due: date,
    expert_id: int | None = None,
) -> int:
    """Begin a session with the newest active version of a scorecard; its id. The expert is a member in any case.

    Raises NotAllowed for others than those who manage quality, StorageError without a title, without a call that the asker
    may see, with fewer than two reviewers besides the expert, and where there is no such scorecard or person.
    """
    known, people = who_can_judge(session, asker), set(members) | ({expert_id} if expert_id is not None else set())
    if not title.strip():
        raise StorageError("A calibration needs a title.")
    if len(people - {expert_id}) < _FEWEST_PEOPLE:
        raise StorageError("At least two reviewers judge the same calls, not counting the expert.")
    if not people <= set(known):
        raise StorageError("Only reviewers, quality managers and administrators who can sign in judge calls.")
    wanted = list(dict.fromkeys(call_ids))
    seen = set(session.scalars(select(CallRow.id).where(CallRow.id.in_(wanted), visible_calls(asker))))
    if not wanted or seen != set(wanted):
        raise StorageError("Choose at least one call that is there.")
    version = session.scalars(
        select(ScorecardVersionRow.id)
        .where(ScorecardVersionRow.scorecard == scorecard, ScorecardVersionRow.active)
        .order_by(ScorecardVersionRow.version.desc())
        .limit(1)
    ).one_or_none()
    if version is None:
        raise StorageError(f"There is no active scorecard {scorecard}.")
    row = CalibrationRow(
        title=title.strip(),
        scorecard_version_id=version,
        due=due,
        expert_id=expert_id,
        author_id=user_id(session, asker),
        author=asker.signature,
        at=clock.now(),
        closed_by="",
    )
    session.add(row)
    session.flush()
    session.add_all(CalibrationCallRow(calibration_id=row.id, call_id=id_, position=n) for n, id_ in enumerate(wanted))
    session.add_all(CalibrationMemberRow(calibration_id=row.id, user_id=id_) for id_ in sorted(people))
    session.flush()
    return row.id


def calibrations(session: Session, asker: Asker, limit: int = 100) -> tuple[Calibration, ...]:
    """The sessions that the asker manages or is a member of, the latest first."""
    return _load(session, asker, true(), limit)


def find_calibration(session: Session, asker: Asker, calibration_id: int) -> Calibration | None:
    """One session; None where there is none that the asker manages or is a member of."""
    return next(iter(_load(session, asker, CalibrationRow.id == calibration_id, 1)), None)


def own_answers(session: Session, asker: Asker, calibration_id: int) -> Mapping[tuple[str, str], Given]:
    """What the asker has answered in a session, by call and criterion; nobody else's answers."""
    rows = session.scalars(
        select(CalibrationAnswerRow)
        .where(CalibrationAnswerRow.calibration_id == calibration_id, CalibrationAnswerRow.user_id == asker.user_id)
        .order_by(CalibrationAnswerRow.id)
    )
    return {(row.call_id, row.criterion): Given(row.verdict, answer_of(row.answer), row.comment) for row in rows}


def asked(scorecard: Scorecard, given: Mapping[str, Given]) -> tuple[Criterion, ...]:
    """The questions that are asked of a call after these answers to it, by criterion."""
    by_id = {criterion.id: criterion for _, criterion in scorecard}

    def is_asked(criterion: Criterion) -> bool:
        condition = criterion.asked_when
        if condition is None:
            return True
        other = given.get(condition.criterion)
        return is_asked(by_id[condition.criterion]) and other is not None and condition.holds(other.verdict, other.answer)

    return tuple(criterion for criterion in by_id.values() if is_asked(criterion))


def answer(
    session: Session,
    asker: Asker,
    calibration_id: int,
    call_id: str,
    criterion: str,
    verdict: Verdict | None = None,
    given: Answer | None = None,
    comment: str = "",
) -> None:
    """Keep one answer: one of the question's answers, or the verdict that it does not apply; with a comment to it.

    Raises NotAllowed for others than members, StorageError once they have finished or the session is closed and where it
    has no such call or question, InputError where the answer is none of the question's.
    """
    calibration = _judging(session, asker, calibration_id)
    known = {one.id: one for _, one in calibration.scorecard}
    if call_id not in calibration.call_ids or criterion not in known:
        raise StorageError("There is no such question in this calibration; load the page again.")
    if verdict is Verdict.UNSURE:
        raise StorageError("An answer decides: one of the question's answers, or that it does not apply.")
    decided = known[criterion].decide(verdict, given)
    session.add(
        CalibrationAnswerRow(
            calibration_id=calibration_id,
            user_id=asker.user_id,
            call_id=call_id,
            criterion=criterion,
            verdict=decided.verdict,
            points=decided.points,
            answer=decided.answer,
            comment=comment.strip(),
            at=clock.now(),
        )
    )
    session.flush()


def finish(session: Session, asker: Asker, calibration_id: int) -> None:
    """The asker has answered everything. Once all have, the session is closed and its results open.

    Raises NotAllowed for others than members, StorageError where an answer is missing and where they have finished.
    """
    calibration = _judging(session, asker, calibration_id)
    if missing := unanswered(session, asker, calibration):
        raise StorageError(f"{len(missing)} questions are not answered yet.")
    now = clock.now()
    own = (CalibrationMemberRow.calibration_id == calibration_id) & (CalibrationMemberRow.user_id == asker.user_id)
    session.execute(update(CalibrationMemberRow).where(own).values(finished_at=now))
    if all(member.finished or member.user_id == asker.user_id for member in calibration.members):
        session.execute(update(CalibrationRow).where(CalibrationRow.id == calibration_id).values(closed_at=now))
    session.flush()


def unanswered(session: Session, asker: Asker, calibration: Calibration) -> tuple[tuple[str, str], ...]:
    """The questions that the asker still has to answer, as call and criterion."""
    answers = own_answers(session, asker, calibration.id)

    def of_call(call_id: str) -> dict[str, Given]:
        return {criterion: given for (call, criterion), given in answers.items() if call == call_id}

    return tuple(
        (call_id, criterion.id)
        for call_id in calibration.call_ids
        for criterion in asked(calibration.scorecard, of_call(call_id))
        if (call_id, criterion.id) not in answers
    )


def close(session: Session, asker: Asker, calibration_id: int) -> None:
    """Close a session with the answers that there are. Raises NotAllowed for others than those who manage quality,
    StorageError where it is closed already."""
    _only_managers(asker)
    row = session.scalar(select(CalibrationRow).where(CalibrationRow.id == calibration_id).with_for_update())
    if row is None or row.closed_at is not None:
        raise StorageError("There is no such open calibration; load the page again.")
    row.closed_at, row.closed_by = clock.now(), asker.signature
    session.flush()


def calibration_results(session: Session, asker: Asker, calibration_id: int, again_days: int) -> Results:
    """What the answers of a closed session say. again_days: by how much somebody's own earlier blind answer must be older.

    Raises NotAllowed for others than members and those who manage quality, StorageError while it is open.
    """
    calibration = _closed(session, asker, calibration_id)
    criteria = {criterion.id: criterion for _, criterion in calibration.scorecard}
    last = _last_answers(session, calibration_id)
    judged = [_judged(row.user_id, row.call_id, criteria[row.criterion], row) for row in last.values()]
    shown = [one for one in judged if _is_asked(calibration.scorecard, last, one)]
    earlier = _earlier(session, calibration, criteria)
    return results(shown, list(criteria), calibration.expert_id, earlier, again_days)


def comments(session: Session, asker: Asker, calibration_id: int) -> tuple[Comment, ...]:
    """What was written to the answers of a closed session, in the order of its calls. Raises as `calibration_results`."""
    calibration = _closed(session, asker, calibration_id)
    names = {member.user_id: member.name for member in calibration.members}
    place = {call_id: number for number, call_id in enumerate(calibration.call_ids)}
    rows = [row for row in _last_answers(session, calibration_id).values() if row.comment]
    return tuple(
        Comment(row.call_id, row.criterion, names[row.user_id], row.comment)
        for row in sorted(rows, key=lambda row: (place[row.call_id], row.criterion, names[row.user_id]))
    )


def judged_before(session: Session, asker: Asker, scorecard: str, days: int, limit: int = 100) -> tuple[JudgedBefore, ...]:
    """The calls that somebody judged blind by a scorecard at least so many days ago, the latest call first.

    Raises NotAllowed for others than those who manage quality.
    """
    _only_managers(asker)
    until = clock.now() - timedelta(days=days)
    in_review = (
        select(EvaluationRow.call_id, BlindAnswerRow.author_id.label("user_id"))
        .join(ResultRow, BlindAnswerRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(ScorecardVersionRow.scorecard == scorecard, BlindAnswerRow.at <= until)
    )
    in_calibration = (
        select(CalibrationAnswerRow.call_id, CalibrationAnswerRow.user_id)
        .join(CalibrationRow, CalibrationAnswerRow.calibration_id == CalibrationRow.id)
        .join(ScorecardVersionRow, CalibrationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(ScorecardVersionRow.scorecard == scorecard, CalibrationAnswerRow.at <= until)
    )
    before = in_review.union(in_calibration).subquery()
    rows = session.execute(
        select(CallRow.id, CallRow.customer, CallRow.started_at, AgentRow.name.label("agent"), UserRow.name.label("person"))
        .join(before, before.c.call_id == CallRow.id)
        .join(UserRow, before.c.user_id == UserRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .where(visible_calls(asker))
        .order_by(CallRow.started_at.desc(), CallRow.id, UserRow.name)
    )
    found: dict[str, JudgedBefore] = {}
    for row in rows:
        people = found[row.id].people if row.id in found else ()
        found[row.id] = JudgedBefore(row.id, row.customer, row.agent or "", row.started_at, (*people, row.person))
    return tuple(found.values())[:limit]


def _closed(session: Session, asker: Asker, calibration_id: int) -> Calibration:
    """The session whose results are asked for."""
    calibration = find_calibration(session, asker, calibration_id)
    if calibration is None:
        raise NotAllowed("Only its members and quality managers see a calibration.")
    if calibration.closed_at is None:
        raise StorageError("The results open once everybody has finished, or the calibration is closed.")
    return calibration


def _last_answers(session: Session, calibration_id: int) -> dict[tuple[int, str, str], CalibrationAnswerRow]:
    """Everybody's answers that count, by person, call and criterion."""
    rows = session.scalars(
        select(CalibrationAnswerRow)
        .where(CalibrationAnswerRow.calibration_id == calibration_id)
        .order_by(CalibrationAnswerRow.id)
    )
    return {(row.user_id, row.call_id, row.criterion): row for row in rows}


def _judged(user_id: int, call_id: str, criterion: Criterion, row: Any) -> Judged:
    """An answer as it is compared. A number is compared by the points it earns: 31 and 32 seconds are one answer."""
    given = answer_of(row.answer)
    decided = criterion.decide(None, given) if given is not None else criterion.decide(row.verdict)
    by_points = criterion.type is AnswerType.NUMBER and decided.points is not None
    name = f"{decided.points:g}" if by_points else str(decided.answer or decided.verdict.value)
    return Judged(user_id, call_id, criterion.id, name, decided.points, row.at)


def _is_asked(scorecard: Scorecard, last: Mapping[tuple[int, str, str], Any], one: Judged) -> bool:
    """Whether the question was still asked after the person's other answers to the call."""
    given = {
        criterion: Given(row.verdict, answer_of(row.answer))
        for (user_id, call_id, criterion), row in last.items()
        if (user_id, call_id) == (one.reviewer, one.call)
    }
    return one.criterion in {criterion.id for criterion in asked(scorecard, given)}


def _earlier(session: Session, calibration: Calibration, criteria: Mapping[str, Criterion]) -> list[Judged]:
    """What the members answered blind to questions of these calls in reviews and in other sessions."""
    people = [member.user_id for member in calibration.members]
    version = ScorecardVersionRow.scorecard == calibration.scorecard.id
    reviewed = session.execute(
        select(
            BlindAnswerRow.author_id.label("user_id"),
            EvaluationRow.call_id,
            ResultRow.criterion,
            BlindAnswerRow.verdict,
            BlindAnswerRow.answer,
            BlindAnswerRow.at,
        )
        .join(ResultRow, BlindAnswerRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(BlindAnswerRow.author_id.in_(people), EvaluationRow.call_id.in_(calibration.call_ids), version)
    )
    calibrated = session.execute(
        select(
            CalibrationAnswerRow.user_id,
            CalibrationAnswerRow.call_id,
            CalibrationAnswerRow.criterion,
            CalibrationAnswerRow.verdict,
            CalibrationAnswerRow.answer,
            CalibrationAnswerRow.at,
        )
        .join(CalibrationRow, CalibrationAnswerRow.calibration_id == CalibrationRow.id)
        .join(ScorecardVersionRow, CalibrationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            CalibrationAnswerRow.user_id.in_(people),
            CalibrationAnswerRow.call_id.in_(calibration.call_ids),
            CalibrationAnswerRow.calibration_id != calibration.id,
            version,
        )
    )
    found = []
    for row in (*reviewed, *calibrated):
        if row.criterion in criteria:
            with suppress(InputError):  # an older version had answers that this one has not: nothing to compare
                found.append(_judged(row.user_id, row.call_id, criteria[row.criterion], row))
    return found


def _judging(session: Session, asker: Asker, calibration_id: int) -> Calibration:
    """The session, which nobody else closes until the transaction ends, for a member who has not finished."""
    session.execute(select(CalibrationRow.id).where(CalibrationRow.id == calibration_id).with_for_update())
    calibration = find_calibration(session, asker, calibration_id)
    member = calibration.member(asker.user_id) if calibration else None
    if calibration is None or member is None:
        raise NotAllowed("Only its members judge the calls of a calibration.")
    if member.finished or calibration.closed_at is not None:
        raise StorageError("This calibration is finished for you; your answers stay as they are.")
    return calibration


def _load(session: Session, asker: Asker, which: ColumnElement[bool], limit: int) -> tuple[Calibration, ...]:
    """The sessions under a condition that the asker may know of, in a fixed number of statements."""
    mine = CalibrationRow.id.in_(
        select(CalibrationMemberRow.calibration_id).where(CalibrationMemberRow.user_id == asker.user_id)
    )
    theirs = true() if may_manage_quality(asker) else mine if may_correct(asker) else false()
    rows = session.execute(
        select(CalibrationRow, ScorecardVersionRow.definition)
        .join(ScorecardVersionRow, CalibrationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(which, theirs)
        .order_by(CalibrationRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    ids = [row.CalibrationRow.id for row in rows]
    calls: dict[int, list[str]] = {id_: [] for id_ in ids}
    for call in session.scalars(
        select(CalibrationCallRow)
        .where(CalibrationCallRow.calibration_id.in_(ids))
        .order_by(CalibrationCallRow.calibration_id, CalibrationCallRow.position)
    ):
        calls[call.calibration_id].append(call.call_id)
    members: dict[int, list[Member]] = {id_: [] for id_ in ids}
    for member in session.execute(
        select(CalibrationMemberRow.calibration_id, UserRow.id, UserRow.name, CalibrationMemberRow.finished_at)
        .join(UserRow, CalibrationMemberRow.user_id == UserRow.id)
        .where(CalibrationMemberRow.calibration_id.in_(ids))
        .order_by(UserRow.name, UserRow.id)
    ):
        members[member.calibration_id].append(Member(member.id, member.name, member.finished_at is not None))
    return tuple(
        Calibration(
            id=row.CalibrationRow.id,
            title=row.CalibrationRow.title,
            scorecard=scorecard_of(row.definition),
            due=row.CalibrationRow.due,
            call_ids=tuple(calls[row.CalibrationRow.id]),
            members=tuple(members[row.CalibrationRow.id]),
            expert_id=row.CalibrationRow.expert_id,
            author=row.CalibrationRow.author,
            closed_at=row.CalibrationRow.closed_at,
        )
        for row in rows
    )


def _only_managers(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators begin and close calibrations; ask one of them.")
