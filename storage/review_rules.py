"""By which rules are calls chosen for review, and what did each draw come to?

Quality managers and administrators make and end rules; whoever reviews may read them with their seeds, so that anybody of
them can draw a sample again (`drawn_again`). A changed rule is a new version beside the old one.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.sampling import ONE_CARD, Candidate, Period, Rule, RuleKind, draw_number, draw_share
from storage import clock
from storage.access import Asker, may_correct, may_manage_quality
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.queue_tables import ReviewChanceRow, ReviewDrawRow, ReviewRuleRow
from storage.tables import AgentRow


@dataclass(frozen=True)
class StoredRule:
    """A rule in force: `key` is what its versions have in common, `seed` is what it draws by."""

    id: int
    key: str
    rule: Rule
    seed: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Draw:
    """One draw: from how many candidates of whom and when, by which seed, how many were chosen; `share` as in its row."""

    id: int
    rule_key: str
    kind: RuleKind
    first_day: date
    end_day: date
    agent: str
    queue: str
    seed: str
    share: float | None
    candidates: int
    chosen: int
    at: datetime


def rules(session: Session, asker: Asker) -> tuple[StoredRule, ...]:
    """The rules in force, in the order they were first made; nothing for who does not review."""
    if not may_correct(asker):
        return ()
    rows = session.scalars(select(ReviewRuleRow).where(ReviewRuleRow.ended_at.is_(None)).order_by(ReviewRuleRow.id))
    first = {key: n for n, key in enumerate(session.scalars(select(ReviewRuleRow.key).order_by(ReviewRuleRow.id.desc())))}
    found = [StoredRule(row.id, row.key, rule_of(row), row.seed, row.author, row.at) for row in rows]
    return tuple(sorted(found, key=lambda each: -first[each.key]))


def save_rule(session: Session, asker: Asker, rule: Rule, key: str | None = None) -> str:
    """Put a rule in force, in the place of the one with this key where one is given; its key.

    A new version keeps the seed. Raises NotAllowed where the asker manages nothing, StorageError where there is no rule
    with that key, or it is of another kind.
    """
    _check(asker)
    seed, before = secrets.token_hex(16), None
    if key is not None:
        old = session.scalar(_in_force(key).with_for_update())
        if old is None:
            raise StorageError("This rule is no longer in force; load the page again.")
        if old.kind is not rule.kind:
            raise StorageError("A rule keeps looking for the same; end it and make another one.")
        if rule_of(old) == rule:
            return key
        seed, before = old.seed, _told(rule_of(old))
        _end(session, key)
    row = ReviewRuleRow(
        key=key or secrets.token_hex(8),
        kind=rule.kind,
        scorecard=rule.scorecard,
        share=rule.share,
        number=rule.number,
        period=rule.period,
        by_queue=rule.by_queue,
        blind_share=rule.blind_share,
        bound=rule.bound,
        days=rule.days,
        due_days=rule.due_days,
        since=rule.since,
        seed=seed,
        author_id=user_id(session, asker),
        author=asker.signature,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    _note(session, asker, row.key, before=before, after=_told(rule))
    return row.key


def end_rule(session: Session, asker: Asker, key: str) -> None:
    """The rule chooses nothing any more; what it chose stays. Raises as `save_rule` does."""
    _check(asker)
    row = session.scalar(_in_force(key))
    if row is None:
        raise StorageError("This rule is no longer in force; load the page again.")
    _note(session, asker, key, before=_told(rule_of(row)), after=None)
    _end(session, key)


def usual_rules(today: date) -> tuple[Rule, ...]:
    """A set of rules to start from: one call of each agent a week by chance, two in five of them blind; every automatic
    failure; a quarter of what the machine was unsure of in several answers; a half of the unhappiest customers' calls."""
    since = today - timedelta(days=today.weekday() + 7)
    return (
        Rule(RuleKind.RANDOM, ONE_CARD, number=1, period=Period.WEEK, blind_share=0.4, due_days=5, since=since),
        Rule(RuleKind.FAILURE, ONE_CARD, due_days=2, since=since),
        Rule(RuleKind.UNSURE, ONE_CARD, share=0.25, bound=3, due_days=5, since=since),
        Rule(RuleKind.SENTIMENT, ONE_CARD, share=0.5, bound=-0.5, due_days=5, since=since),
    )


def rule_of(row: ReviewRuleRow) -> Rule:
    """The rule that was stored."""
    return Rule(
        kind=row.kind,
        scorecard=row.scorecard,
        share=row.share,
        number=row.number,
        period=row.period,
        by_queue=row.by_queue,
        blind_share=row.blind_share,
        bound=row.bound,
        days=row.days,
        due_days=row.due_days,
        since=row.since,
    )


def draws(session: Session, asker: Asker, limit: int = 200) -> tuple[Draw, ...]:
    """What was drawn, the latest first; nothing for who does not review."""
    if not may_correct(asker):
        return ()
    rows = session.execute(
        select(ReviewDrawRow, ReviewRuleRow.kind, AgentRow.name)
        .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
        .outerjoin(AgentRow, ReviewDrawRow.agent_id == AgentRow.id)
        .order_by(ReviewDrawRow.id.desc())
        .limit(limit)
    )
    return tuple(
        Draw(
            id=row.id,
            rule_key=row.rule_key,
            kind=kind,
            first_day=row.first_day,
            end_day=row.end_day,
            agent=agent or "",
            queue=row.queue,
            seed=row.seed,
            share=row.share,
            candidates=row.candidates,
            chosen=row.chosen,
            at=row.at,
        )
        for row, kind, agent in rows
    )


def drawn_again(session: Session, asker: Asker, draw_id: int) -> tuple[str, ...]:
    """Draw once more from a draw's candidates by its seed: the ids of the calls that come out, in the order of numbers.

    The same as were chosen, or something was changed by hand. Raises NotAllowed for who does not review, StorageError
    where there is no such draw.
    """
    if not may_correct(asker):
        raise NotAllowed("Whoever reviews may draw a sample again.")
    found = session.execute(
        select(ReviewDrawRow, ReviewRuleRow)
        .join(ReviewRuleRow, ReviewDrawRow.rule_id == ReviewRuleRow.id)
        .where(ReviewDrawRow.id == draw_id)
    ).one_or_none()
    if found is None:
        raise StorageError(f"There is no draw {draw_id}.")
    draw, version = found
    rows = session.execute(select(ReviewChanceRow.call_id, ReviewChanceRow.cards).where(ReviewChanceRow.draw_id == draw_id))
    candidates = [Candidate(row.call_id, tuple(row.cards)) for row in rows]
    rule = rule_of(version)
    if draw.share is None:
        chances = draw_number(replace(rule, number=max(1, draw.chosen)), draw.seed, candidates)
    else:
        chances = draw_share(rule, draw.seed, candidates, draw.share)
    return tuple(chance.call_id for chance in chances if chance.chosen)


def chosen_in(session: Session, asker: Asker, draw_id: int) -> tuple[str, ...]:
    """The ids of the calls that a draw chose, in their order; nothing for who does not review."""
    if not may_correct(asker):
        return ()
    of_draw = select(ReviewChanceRow.call_id).where(ReviewChanceRow.draw_id == draw_id, ReviewChanceRow.chosen)
    return tuple(session.scalars(of_draw.order_by(ReviewChanceRow.call_id)))


def _in_force(key: str) -> Select[ReviewRuleRow]:
    return select(ReviewRuleRow).where(ReviewRuleRow.key == key, ReviewRuleRow.ended_at.is_(None))


def _end(session: Session, key: str) -> None:
    session.execute(
        update(ReviewRuleRow).where(ReviewRuleRow.key == key, ReviewRuleRow.ended_at.is_(None)).values(ended_at=clock.now())
    )


def _note(session: Session, asker: Asker, key: str, **said: object) -> None:
    note(session, asker, What.SETTING_CHANGED, About.SETTING, f"review_rule:{key}", **said)


def _told(rule: Rule) -> dict[str, object]:
    """The rule as the record has it."""
    return {**vars(rule), "since": rule.since.isoformat()}


def _check(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers say what is reviewed; ask one of them.")
