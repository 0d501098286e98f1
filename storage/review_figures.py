"""How often is the machine right, and what would the scores be if people had reviewed every call?

Both rest on how calls were chosen. The first is read from blind reviews of the random sample alone; what people changed
with the machine's answer in sight is counted apart, as it says how often they found something to change, not how often
there was something. Whoever reviews may ask; an agent and a coach are given nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from reviews.estimates import Estimate, Reviewed, Share, mean_estimate, rate_estimate
from reviews.queue import State
from reviews.sampling import EVERY_CARD, ONE_CARD, RuleKind
from scoring.result import Verdict
from storage.access import Asker, may_correct
from storage.mapping import scorecard_of
from storage.queries.conditions import OfACall
from storage.queue_tables import (
    AssignmentCardRow,
    AssignmentRow,
    BlindAnswerRow,
    ReviewChanceRow,
    ReviewDrawRow,
    ReviewRuleRow,
)
from storage.review_queue import WAITS
from storage.tables import AgentRow, CallRow, EvaluationRow, OverrideRow, ResultRow, ScorecardVersionRow, TeamRow


@dataclass(frozen=True)
class QuestionRight:
    """How often the machine answered a question, or all of a scorecard (`criterion` empty), as a person did blind.

    undecided: how often it had left the answer to a person; those are in no share. corrections: how often people changed
    its answer with it in sight, in `seen` finished reviews.
    """

    scorecard: str
    title: str
    criterion: str
    question: str
    right: Share
    undecided: int
    corrections: int
    seen: int


@dataclass(frozen=True)
class GroupScore:
    """The average score of an agent's or a team's calls by one scorecard, corrected for how calls were chosen.

    calls: how many there are that the random sample could have chosen. waiting: how many of those chosen are not reviewed.
    """

    id: int
    name: str
    calls: int
    waiting: int
    estimate: Estimate


def machine_right(session: Session, asker: Asker, start: date, end: date) -> tuple[QuestionRight, ...]:
    """By scorecard, all of it first and then question by question, from reviews finished on these days (both included)."""
    if not may_correct(asker):
        return ()
    since, until = _midnight(start), _midnight(end + timedelta(days=1))
    answers = _blind_answers(session, since, until)
    corrections, seen = _corrections(session, since, until), _seen(session, since, until)
    cards = {card for card, _ in (*answers, *corrections)}
    found = []
    for scorecard_id, definition in _newest(session, cards).items():
        scorecard = scorecard_of(definition)
        asked = {criterion.id: criterion.question for _, criterion in scorecard}
        own = {criterion: answers.get((scorecard_id, criterion), []) for criterion in asked}
        changed = {criterion: corrections.get((scorecard_id, criterion), 0) for criterion in asked}
        looked = seen.get(scorecard_id, 0)
        every = [answer for answers_ in own.values() for answer in answers_]
        found.append(
            QuestionRight(
                scorecard_id,
                scorecard.title,
                "",
                "All questions",
                _right(every),
                _undecided(every),
                sum(changed.values()),
                looked,
            )
        )
        for criterion, question in asked.items():
            given = own[criterion]
            found.append(
                QuestionRight(
                    scorecard_id,
                    scorecard.title,
                    criterion,
                    question,
                    _right(given),
                    _undecided(given),
                    changed[criterion],
                    looked,
                )
            )
    return tuple(found)


def reviewed_scores(
    session: Session, asker: Asker, by: Literal["agent", "team"], scorecard: str, start: date, end: date
) -> tuple[GroupScore, ...]:
    """The average score of each agent's or team's calls that began on these days (both included), by name.

    Calls that were chosen and are not reviewed yet are taken to be like those that are.
    """
    if not may_correct(asker):
        return ()
    who, joined = (AgentRow, CallRow.agent_id) if by == "agent" else (TeamRow, CallRow.team_id)
    of_days = (CallRow.started_at >= _midnight(start), CallRow.started_at < _midnight(end + timedelta(days=1)))
    population = (
        select(CallRow.id.label("call_id"), who.id.label("who"), who.name, EvaluationRow.machine_total, EvaluationRow.total)
        .join(who, joined == who.id)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            *of_days,
            ~EvaluationRow.superseded,
            ScorecardVersionRow.scorecard == scorecard,
            CallRow.id.in_(_could_be_sampled(scorecard)),
        )
        .subquery()
    )
    sums = session.execute(
        select(
            population.c.who,
            population.c.name,
            func.count(),
            func.coalesce(func.sum(population.c.machine_total), 0.0),
            func.count(population.c.machine_total),
        ).group_by(population.c.who, population.c.name)
    ).all()
    rows = session.execute(
        select(
            population.c.who,
            population.c.call_id,
            population.c.total,
            population.c.machine_total,
            func.max(AssignmentCardRow.probability),
            func.max(cast(AssignmentRow.state == State.DONE, Integer)),
        )
        .join(AssignmentRow, AssignmentRow.call_id == population.c.call_id)
        .join(AssignmentCardRow, AssignmentCardRow.assignment_id == AssignmentRow.id)
        .where(AssignmentCardRow.scorecard == scorecard, AssignmentRow.state.in_([State.DONE, *WAITS]))
        .group_by(population.c.who, population.c.call_id, population.c.total, population.c.machine_total)
    ).all()
    done_of_chosen = sum(row[5] for row in rows) / len(rows) if rows else 1.0
    reviewed: dict[int, list[Reviewed]] = defaultdict(list)
    waiting: dict[int, int] = defaultdict(int)
    for group, _, total, machine, probability, done in rows:
        if done:
            reviewed[group].append(Reviewed(total, machine, probability * done_of_chosen))
        else:
            waiting[group] += 1
    return tuple(
        GroupScore(row[0], row[1], row[2], waiting[row[0]], mean_estimate(row[3], row[4], reviewed[row[0]]))
        for row in sorted(sums, key=lambda row: (row[1], row[0]))
    )


def _could_be_sampled(scorecard: str) -> Select[str]:
    """The calls that a random sample drew from for reviews by this scorecard."""
    return (
        select(ReviewChanceRow.call_id)
        .join(ReviewDrawRow, ReviewChanceRow.draw_id == ReviewDrawRow.id)
        .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
        .where(ReviewRuleRow.kind == RuleKind.RANDOM, ReviewRuleRow.scorecard.in_([EVERY_CARD, ONE_CARD, scorecard]))
    )


@dataclass(frozen=True)
class _Answer:
    call_id: str
    probability: float
    undecided: bool
    right: bool


def _right(answers: list[_Answer]) -> Share:
    decided = [answer for answer in answers if not answer.undecided]
    return rate_estimate(
        [answer.right for answer in decided],
        [answer.probability for answer in decided],
        [answer.call_id for answer in decided],
    )


def _undecided(answers: list[_Answer]) -> int:
    return sum(answer.undecided for answer in answers)


def _blind_answers(session: Session, since: datetime, until: datetime) -> dict[tuple[str, str], list[_Answer]]:
    """By scorecard and criterion, the last blind answer to each question of the finished reviews of the random sample."""
    rows = session.execute(
        select(
            BlindAnswerRow.assignment_id,
            BlindAnswerRow.result_id,
            BlindAnswerRow.verdict,
            BlindAnswerRow.answer,
            ResultRow.machine_verdict,
            ResultRow.machine_answer,
            ResultRow.machine_if_asked,
            ResultRow.criterion,
            ScorecardVersionRow.scorecard,
            AssignmentRow.call_id,
            AssignmentCardRow.blind_probability,
        )
        .join(AssignmentRow, BlindAnswerRow.assignment_id == AssignmentRow.id)
        .join(ResultRow, BlindAnswerRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(
            AssignmentCardRow,
            (AssignmentCardRow.assignment_id == AssignmentRow.id)
            & (AssignmentCardRow.scorecard == ScorecardVersionRow.scorecard),
        )
        .where(
            AssignmentRow.state == State.DONE,
            AssignmentRow.finished_at >= since,
            AssignmentRow.finished_at < until,
            AssignmentCardRow.blind_probability.is_not(None),
        )
        .order_by(BlindAnswerRow.id)
    )
    last = {(row.assignment_id, row.result_id): row for row in rows}
    found: dict[tuple[str, str], list[_Answer]] = defaultdict(list)
    for row in last.values():
        # Of a question that the machine's answer to another kept from being asked, its own answer is meant.
        held = row.machine_if_asked
        machine = Verdict(held["verdict"]) if held else row.machine_verdict
        said, answered = held["answer"] if held else row.machine_answer, row.answer
        right = machine is row.verdict and (said is None or answered is None or said == answered)
        answer = _Answer(row.call_id, row.blind_probability, machine is Verdict.UNSURE, right)
        found[row.scorecard, row.criterion].append(answer)
    return found


def _corrections(session: Session, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """By scorecard and criterion, in how many results people changed the answer with the machine's in sight."""
    blind = select(BlindAnswerRow.override_id).where(BlindAnswerRow.override_id.is_not(None))
    rows = session.execute(
        select(
            ScorecardVersionRow.scorecard,
            ResultRow.criterion,
            OverrideRow.result_id,
            OverrideRow.before,
            OverrideRow.after,
            OverrideRow.answer_before,
            OverrideRow.answer,
        )
        .join(ResultRow, OfACall(OverrideRow.result_id) == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(OverrideRow.at >= since, OverrideRow.at < until, OverrideRow.id.not_in(blind))
    )
    changed: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        if (row.before, row.answer_before) != (row.after, row.answer):
            changed[row.scorecard, row.criterion].add(row.result_id)
    return {asked: len(results) for asked, results in changed.items()}


def _seen(session: Session, since: datetime, until: datetime) -> dict[str, int]:
    """By scorecard, how many reviews with the machine's answer in sight were finished."""
    rows = session.execute(
        select(AssignmentCardRow.scorecard, func.sum(case((AssignmentRow.blind, 0), else_=1)))
        .join(AssignmentRow, AssignmentCardRow.assignment_id == AssignmentRow.id)
        .where(AssignmentRow.state == State.DONE, AssignmentRow.finished_at >= since, AssignmentRow.finished_at < until)
        .group_by(AssignmentCardRow.scorecard)
    )
    return {row[0]: int(row[1] or 0) for row in rows}


def _newest(session: Session, scorecards: set[str]) -> dict[str, dict[str, object]]:
    """By scorecard, in the order of titles, what its newest version asks."""
    rows = session.execute(
        select(ScorecardVersionRow.scorecard, ScorecardVersionRow.title, ScorecardVersionRow.definition)
        .where(ScorecardVersionRow.scorecard.in_(sorted(scorecards)))
        .order_by(ScorecardVersionRow.version)
    )
    newest = {row.scorecard: row for row in rows}
    return {row.scorecard: row.definition for row in sorted(newest.values(), key=lambda row: (row.title, row.scorecard))}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
