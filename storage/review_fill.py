"""Which calls does the queue take up today, and who is given them?

`fill` draws by every rule in force what there is to draw, and gives what was chosen to reviewers, all within the caller's
one transaction. Drawing twice from the same calls is impossible, as a rule has one chance for a call; two programs that
fill at once go one after the other, and the second finds nothing left to do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, select, text, true, update
from sqlalchemy.orm import Session

from reviews.assignment import Person, Work, spread
from reviews.disputes import DisputeState
from reviews.queue import State
from reviews.sampling import (
    EVERY_CARD,
    ONE_CARD,
    Candidate,
    Chance,
    Days,
    Rule,
    RuleKind,
    draw_number,
    draw_share,
    inclusion,
    period_of,
    sentence,
    why_words,
    working_days,
)
from storage import clock
from storage.access import SYSTEM
from storage.people import insert_unless_known
from storage.queue_tables import (
    AssignmentCardRow,
    AssignmentRow,
    ReviewChanceRow,
    ReviewDayRow,
    ReviewDrawRow,
    ReviewRuleRow,
)
from storage.review_queue import barred, quotas
from storage.review_rules import StoredRule, rules
from storage.tables import AgentRow, CallRow, DisputeRow, EvaluationRow, ScorecardVersionRow

LOOK_BACK_DAYS = 40
"""Calls that began longer ago than this are not taken up any more, however late they were taken in."""

_FILL_LOCK = 0x51554555
"""Key of the PostgreSQL advisory lock that one filling at a time holds: `QUEU` in ASCII."""

_ROWS = 500
"""How many ids go into one statement."""

URGENCY = (
    RuleKind.DISPUTE,
    RuleKind.RANDOM,
    RuleKind.FAILURE,
    RuleKind.NEW_AGENT,
    RuleKind.SENTIMENT,
    RuleKind.UNSURE,
)
"""What is given first where there is too little room. The random sample stands near the top: left undone, it measures
nothing."""


@dataclass(frozen=True)
class Filled:
    """What a filling came to: how many calls it drew from and chose, gave to somebody, and found no room for yet."""

    candidates: int = 0
    chosen: int = 0
    given: int = 0
    waiting: int = 0


def is_filled(session: Session, day: date) -> bool:
    """Whether the queue has been filled for this day."""
    return session.get(ReviewDayRow, day) is not None


def fill(session: Session, day: date) -> Filled:
    """Draw what is to be drawn up to this day, and give what was chosen. Needs a session that writes; again is harmless."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FILL_LOCK})
    drawn: list[Chance] = []
    for stored in rules(session, SYSTEM):
        drawn += (
            _draw_random(session, stored, day) if stored.rule.kind is RuleKind.RANDOM else _draw_risky(session, stored, day)
        )
    _mend_probabilities(session, {chance.call_id for chance in drawn})
    given = _give(session, day)
    insert_unless_known(session, ReviewDayRow, {"day": day, "at": clock.now()})
    return Filled(len(drawn), sum(chance.chosen for chance in drawn), given, waiting(session))


def waiting(session: Session) -> int:
    """How many calls are chosen and have found no room with a reviewer yet."""
    still = select(func.count(ReviewChanceRow.call_id.distinct())).where(_UNGIVEN)
    return session.scalars(still).one()


_UNGIVEN: ColumnElement[bool] = ReviewChanceRow.chosen & ReviewChanceRow.assignment_id.is_(None)


# Drawing


def _draw_random(session: Session, stored: StoredRule, day: date) -> list[Chance]:
    """The sample of every stratum whose period is over."""
    rule, drawn = stored.rule, []
    first = period_of(_midnight(max(rule.since, day - timedelta(days=LOOK_BACK_DAYS))), rule.period).start
    end = period_of(_midnight(day), rule.period).start
    strata: dict[tuple[Days, int, str], list[Candidate]] = defaultdict(list)
    for call, cards in _candidates(session, stored, first, end):
        days = period_of(call.started_at, rule.period)
        strata[days, call.agent_id, call.queue if rule.by_queue else ""].append(Candidate(call.id, cards))
    names = {row.id: row.name for row in session.execute(select(AgentRow.id, AgentRow.name))} if strata else {}
    before = _rates(session, stored.key, first)
    for (days, agent_id, queue), candidates in sorted(strata.items(), key=lambda item: (item[0][0].start, *item[0][1:])):
        seed = f"{stored.seed}|{days.start.isoformat()}"
        rate = before.get((days.start, agent_id, queue))
        # Those that came when the sample was drawn get the chance that the others had.
        late = rate is not None
        chances = draw_number(rule, seed, candidates) if rate is None else draw_share(rule, seed, candidates, rate)
        words = _stratum_words(names[agent_id], queue, days, rule, len(candidates), late=late)
        drawn += _keep(session, stored, days, agent_id, queue, seed, rate, chances, words)
    return drawn


def _draw_risky(session: Session, stored: StoredRule, day: date) -> list[Chance]:
    """What fits the rule and has not had its chance with it yet."""
    rule, days = stored.rule, Days(day, day + timedelta(days=1))
    first = max(rule.since, day - timedelta(days=LOOK_BACK_DAYS))
    found = _candidates(session, stored, first, days.end)
    if rule.days:
        began = _first_moments(session, {call.agent_id for call, _ in found})
        found = [one for one in found if one[0].started_at < began[one[0].agent_id] + timedelta(days=rule.days)]
    candidates = [Candidate(call.id, cards) for call, cards in found]
    if not candidates:
        return []
    seed = f"{stored.seed}|{day.isoformat()}"
    chances = draw_share(rule, seed, candidates, rule.share)
    return _keep(session, stored, days, None, "", seed, rule.share, chances, "")


def _fits(rule: Rule) -> list[ColumnElement[bool]]:
    """What makes a call, or one scorecard's evaluation of it, a candidate of a rule."""
    match rule.kind:
        case RuleKind.UNSURE:
            return [EvaluationRow.unsure >= rule.bound]
        case RuleKind.FAILURE:
            return [EvaluationRow.failed.is_(true())]
        case RuleKind.SENTIMENT:
            return [CallRow.customer_valence <= rule.bound]
        case RuleKind.NEW_AGENT:
            return [CallRow.id.in_(_first_calls(rule))]
        case RuleKind.DISPUTE:
            disputed = (DisputeRow.call_id == CallRow.id) & (DisputeRow.scorecard == ScorecardVersionRow.scorecard)
            return [exists().where(disputed, DisputeRow.state == DisputeState.OPEN)]
        case RuleKind.RANDOM:
            return [CallRow.agent_id.is_not(None)]


def _first_calls(rule: Rule) -> Select[str]:
    """The first so many calls, or all, of each agent who took none before the rule's first day."""
    place = func.row_number().over(partition_by=CallRow.agent_id, order_by=(CallRow.started_at, CallRow.id)).label("place")
    earlier = CallRow.__table__.alias("earlier")
    known = select(earlier.c.agent_id).where(earlier.c.started_at < _midnight(rule.since), earlier.c.agent_id.is_not(None))
    numbered = (
        select(CallRow.id, place)
        .where(CallRow.agent_id.is_not(None), CallRow.started_at >= _midnight(rule.since), CallRow.agent_id.not_in(known))
        .subquery()
    )
    return select(numbered.c.id).where(*([numbered.c.place <= rule.bound] if rule.bound else []))


def _first_moments(session: Session, agents: Collection[int]) -> dict[int, datetime]:
    """When each of these agents' first call began."""
    first = (
        select(AgentRow.id, func.min(CallRow.started_at).label("began"))
        .join(CallRow, CallRow.agent_id == AgentRow.id)
        .where(AgentRow.id.in_(agents))
        .group_by(AgentRow.id)
    )
    return {row.id: row.began for row in session.execute(first)}


def _candidates(session: Session, stored: StoredRule, first: date, end: date) -> list[tuple[Any, tuple[str, ...]]]:
    """The calls of these days that fit and have had no chance with this rule yet, each with the scorecards that fit."""
    had = exists().where(ReviewChanceRow.rule_key == stored.key, ReviewChanceRow.call_id == CallRow.id)
    card = stored.rule.scorecard
    rows = session.execute(
        select(CallRow.id, CallRow.agent_id, CallRow.queue, CallRow.started_at, ScorecardVersionRow.scorecard)
        .join(EvaluationRow, EvaluationRow.call_id == CallRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(
            CallRow.started_at >= _midnight(first),
            CallRow.started_at < _midnight(end),
            ~EvaluationRow.superseded,
            ~had,
            *([] if card in (EVERY_CARD, ONE_CARD) else [ScorecardVersionRow.scorecard == card]),
            *_fits(stored.rule),
        )
        .order_by(CallRow.id, ScorecardVersionRow.scorecard)
    )
    calls: dict[str, tuple[Any, list[str]]] = {}
    for row in rows:
        calls.setdefault(row.id, (row, []))[1].append(row.scorecard)
    return [(row, tuple(cards)) for row, cards in calls.values()]


def _rates(session: Session, key: str, first: date) -> dict[tuple[date, int, str], float]:
    """The rate at which each stratum from that day on was drawn, where it was."""
    rows = session.execute(
        select(
            ReviewDrawRow.first_day,
            ReviewDrawRow.agent_id,
            ReviewDrawRow.queue,
            ReviewDrawRow.chosen,
            ReviewDrawRow.candidates,
        ).where(ReviewDrawRow.rule_key == key, ReviewDrawRow.first_day >= first, ReviewDrawRow.share.is_(None))
    )
    return {
        (row.first_day, row.agent_id, row.queue): row.chosen / row.candidates for row in rows if row.agent_id is not None
    }


def _keep(
    session: Session,
    stored: StoredRule,
    days: Days,
    agent_id: int | None,
    queue: str,
    seed: str,
    share: float | None,
    chances: Sequence[Chance],
    words: str,
) -> list[Chance]:
    """Write a draw down, with what became of every candidate."""
    draw = ReviewDrawRow(
        rule_id=stored.id,
        rule_key=stored.key,
        first_day=days.start,
        end_day=days.end,
        agent_id=agent_id,
        queue=queue,
        seed=seed,
        share=share,
        candidates=len(chances),
        chosen=sum(chance.chosen for chance in chances),
        at=clock.now(),
    )
    session.add(draw)
    session.flush()
    session.execute(
        insert(ReviewChanceRow),
        [
            {
                "rule_key": stored.key,
                "call_id": chance.call_id,
                "draw_id": draw.id,
                "probability": chance.probability,
                "chosen": chance.chosen,
                "cards": list(chance.cards),
                "card_share": chance.card_share,
                "given": list(chance.given),
                "blind": chance.blind,
                "why": why_words(stored.rule, chance, words) if chance.chosen else "",
            }
            for chance in chances
        ],
    )
    return list(chances)


def _stratum_words(agent: str, queue: str, days: Days, rule: Rule, number: int, *, late: bool) -> str:
    """`the 12 calls that Mia Stone took from 16 Nov to 22 Nov 2026`."""
    last = days.end - timedelta(days=1)
    when = f"on {_day(last)}" if last == days.start else f"from {days.start.day} {days.start:%b} to {_day(last)}"
    where = f" in {queue}" if queue else ""
    calls = "the one call" if number == 1 else f"the {number} calls"
    return f"{calls} that {agent} took{where} {when}{' and that came in late' if late else ''}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


# Chances


@dataclass
class _Odds:
    """The probabilities of one call: of being chosen at all, and by scorecard of being reviewed so, and so and blind."""

    call: float = 0.0
    cards: dict[str, float] = field(default_factory=dict)
    blind: dict[str, float] = field(default_factory=dict)


def _odds(session: Session, call_ids: Iterable[str]) -> dict[str, _Odds]:
    """What all draws so far come to for each of these calls."""
    rows = _in_parts(
        session,
        call_ids,
        lambda ids: (
            select(ReviewChanceRow, ReviewRuleRow.blind_share)
            .join(ReviewDrawRow, ReviewChanceRow.draw_id == ReviewDrawRow.id)
            .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
            .where(ReviewChanceRow.call_id.in_(ids))
        ),
    )
    chances: dict[str, list[tuple[ReviewChanceRow, float]]] = defaultdict(list)
    for row, blind_share in rows:
        chances[row.call_id].append((row, blind_share))
    found = {}
    for call_id, all_of in chances.items():
        cards = sorted({card for row, _ in all_of for card in row.cards})
        by_card = {card: [(row.probability * row.card_share, b) for row, b in all_of if card in row.cards] for card in cards}
        found[call_id] = _Odds(
            inclusion(row.probability for row, _ in all_of),
            {card: inclusion(p for p, _ in ones) for card, ones in by_card.items()},
            {card: inclusion(p * b for p, b in ones) for card, ones in by_card.items()},
        )
    return found


def _mend_probabilities(session: Session, call_ids: Iterable[str]) -> None:
    """Calls that were given to somebody and now had a further chance: their probabilities are worked out again."""
    rows = _in_parts(
        session,
        call_ids,
        lambda ids: select(AssignmentRow.id, AssignmentRow.call_id).where(AssignmentRow.call_id.in_(ids)),
    )
    given = [(row.id, row.call_id) for row in rows]
    odds = _odds(session, (call_id for _, call_id in given))
    for assignment_id, call_id in given:
        _write_odds(session, assignment_id, odds[call_id])


def _write_odds(session: Session, assignment_id: int, odds: _Odds) -> None:
    session.execute(update(AssignmentRow).where(AssignmentRow.id == assignment_id).values(probability=odds.call))
    for row in session.scalars(select(AssignmentCardRow).where(AssignmentCardRow.assignment_id == assignment_id)):
        row.probability = odds.cards[row.scorecard]
        if row.blind_probability is not None:
            row.blind_probability = odds.blind[row.scorecard]
    session.flush()


# Giving


@dataclass
class _Wanted:
    """A call that one or several rules have chosen and nobody was given for it yet."""

    call_id: str
    urgency: tuple[int, int]
    due_days: int
    why: list[str] = field(default_factory=list)
    cards: set[str] = field(default_factory=set)
    blind_cards: set[str] = field(default_factory=set)

    @property
    def blind(self) -> bool:
        return bool(self.blind_cards)


def _give(session: Session, day: date) -> int:
    """Give the chosen calls to reviewers, as far as there is room. How many were given."""
    wanted = _wanted(session)
    if not wanted:
        return 0
    odds = _odds(session, (each.call_id for each in wanted))
    new = [each for each in wanted if not _joined(session, each, odds[each.call_id])]
    people = _people(session, day)
    out_of_bounds = barred(session, (each.call_id for each in new))
    work = [Work(each.call_id, working_days(day, each.due_days), out_of_bounds[each.call_id]) for each in new]
    by_call = {each.call_id: each for each in new}
    given = spread(work, people)
    for one in given:
        each = by_call[one.call_id]
        row = AssignmentRow(
            call_id=one.call_id,
            reviewer_id=one.reviewer_id,
            why=sentence(each.why),
            probability=odds[one.call_id].call,
            blind=each.blind,
            due=one.due,
            state=State.OPEN,
            given_at=clock.now(),
            passed_by="",
            passed_why="",
        )
        session.add(row)
        session.flush()
        _add_cards(session, row.id, each, odds[one.call_id])
        _is_given(session, one.call_id, row.id)
    return len(given)


def _wanted(session: Session) -> list[_Wanted]:
    rows = session.execute(
        select(ReviewChanceRow, ReviewRuleRow.kind, ReviewRuleRow.due_days)
        .join(ReviewDrawRow, ReviewChanceRow.draw_id == ReviewDrawRow.id)
        .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
        .where(_UNGIVEN)
        .order_by(ReviewChanceRow.draw_id, ReviewChanceRow.call_id)
    )
    found: dict[str, _Wanted] = {}
    for row, kind, due_days in rows:
        urgency = (URGENCY.index(kind), row.draw_id)
        each = found.setdefault(row.call_id, _Wanted(row.call_id, urgency, due_days))
        each.urgency, each.due_days = min(each.urgency, urgency), min(each.due_days, due_days)
        each.why.append(row.why)
        each.cards.update(row.given)
        if row.blind:
            each.blind_cards.update(row.given)
    return sorted(found.values(), key=lambda each: (each.urgency, each.call_id))


def _joined(session: Session, wanted: _Wanted, odds: _Odds) -> bool:
    """Whether the call needs no new review, as one that was given before will do, or did.

    Not begun, a review takes the scorecards on, and becomes blind where it is to be. One that is under way or done will
    do where it has the scorecards, and was blind where it is to be: otherwise somebody else reviews the call once more,
    or calls that other rules chose first would be missing among the blind ones.
    """
    rows = session.scalars(
        select(AssignmentRow)
        .where(AssignmentRow.call_id == wanted.call_id, AssignmentRow.state != State.PASSED_ON)
        .order_by(AssignmentRow.id)
    ).all()
    for row in rows:
        of_row = select(AssignmentCardRow.scorecard).where(AssignmentCardRow.assignment_id == row.id)
        has = set(session.scalars(of_row))
        does = wanted.cards <= has and (row.blind or not wanted.blind)
        if row.state is not State.OPEN and not does:
            continue
        row.why = sentence([row.why.removesuffix("."), *wanted.why])
        row.blind = row.blind or wanted.blind
        row.probability = odds.call
        _add_cards(session, row.id, wanted, odds)
        _is_given(session, wanted.call_id, row.id)
        return True
    return False


def _add_cards(session: Session, assignment_id: int, wanted: _Wanted, odds: _Odds) -> None:
    for card in sorted(wanted.cards):
        row = session.get(AssignmentCardRow, (assignment_id, card))
        if row is None:
            row = AssignmentCardRow(assignment_id=assignment_id, scorecard=card, probability=odds.cards[card])
            session.add(row)
        if card in wanted.blind_cards:
            row.blind_probability = odds.blind[card]
    session.flush()


def _is_given(session: Session, call_id: str, assignment_id: int) -> None:
    session.execute(
        update(ReviewChanceRow).where(ReviewChanceRow.call_id == call_id, _UNGIVEN).values(assignment_id=assignment_id)
    )


def _people(session: Session, day: date) -> list[Person]:
    """Who reviews, with what they were given since Monday and what is due on which day."""
    monday = _midnight(day - timedelta(days=day.weekday()))
    stays = AssignmentRow.state != State.PASSED_ON
    loads = select(AssignmentRow.reviewer_id, func.count()).where(AssignmentRow.given_at >= monday, stays)
    load = {row[0]: row[1] for row in session.execute(loads.group_by(AssignmentRow.reviewer_id))}
    taken: dict[int, dict[date, int]] = defaultdict(dict)
    due = select(AssignmentRow.reviewer_id, AssignmentRow.due, func.count()).where(AssignmentRow.due >= day, stays)
    for reviewer_id, on, number in session.execute(due.group_by(AssignmentRow.reviewer_id, AssignmentRow.due)):
        taken[reviewer_id][on] = number
    return [Person(id_, per_day, load.get(id_, 0), taken[id_]) for id_, per_day in quotas(session).items()]


# Small things


def _in_parts(session: Session, ids: Iterable[str], query: Any) -> list[Any]:
    """The rows for these ids, some hundred ids at a time, as a database takes only so many in one statement."""
    all_ids = sorted(set(ids))
    rows: list[Any] = []
    for start in range(0, len(all_ids), _ROWS):
        rows += session.execute(query(all_ids[start : start + _ROWS])).all()
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
