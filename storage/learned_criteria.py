"""Which questions were taught from reviewers' answers, and which of them are asked so?

What was taught is only ever added. Adopting it makes the next version of its scorecard, in which the question is answered by
what was taught; going back makes another, in which it is answered as before. So every evaluation names by its scorecard's
version and hash what judged it, and can be worked out again. Administrators alone see what was taught and decide.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from scorecards.definition import Rule, Scorecard
from scoring.criteria.learned import LEARNED, untaught
from storage.access import Asker, may
from storage.authorship import user_id
from storage.keeping_tables import RemovalRow
from storage.learned_criteria_tables import LearnedCriterionRow
from storage.mapping import scorecard_of
from storage.queries import GivenAnswer
from storage.roles import Right
from storage.scorecard_drafts import put_in_force
from storage.tables import ScorecardVersionRow

_AT_ONCE = 10_000
"""Ids in one question to the database, which takes no more than some tens of thousands."""


@dataclass(frozen=True)
class LearnedCriterion:
    """A question as it was taught: by whom and when, its figures, and whether its scorecard asks so now. `removed` is of how
    many calls that it was taught from the words have been removed since: it keeps what it learned of them."""

    id: int
    scorecard: str
    criterion: str
    hash: str
    labels_hash: str
    figures: Mapping[str, Any]
    author: str
    at: datetime
    in_force: bool
    removed: int


def save_learned_criterion(
    session: Session,
    asker: Asker,
    scorecard: str,
    criterion: str,
    rule: Rule,
    answers: Sequence[GivenAnswer],
    figures: Mapping[str, Any],
) -> int:
    """Keep what was taught from these answers; its id. The same again is the same row.

    Raises NotAllowed for others than administrators.
    """
    _only_administrators(asker)
    written = {"kind": rule.kind, "with": dict(rule.params)}
    digest = hashlib.sha256(json.dumps([scorecard, criterion, written], sort_keys=True).encode()).hexdigest()
    if (known := session.scalar(select(LearnedCriterionRow.id).where(LearnedCriterionRow.hash == digest))) is not None:
        return known
    row = LearnedCriterionRow(
        scorecard=scorecard,
        criterion=criterion,
        hash=digest,
        rule=written,
        labels_hash=rule.params["labels"],
        labels=[[one.call_id, one.met, one.by] for one in answers],
        figures=dict(figures),
        author_id=user_id(session, asker),
        author=asker.signature,
        at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row.id


def learned_criteria(session: Session, asker: Asker) -> tuple[LearnedCriterion, ...]:
    """Everything that was taught, by scorecard and question, the newest first. Raises NotAllowed."""
    _only_administrators(asker)
    asked = {card.id: {one.id: one.rule for _, one in card} for card in _active(session)}
    rows = session.scalars(
        select(LearnedCriterionRow).order_by(
            LearnedCriterionRow.scorecard, LearnedCriterionRow.criterion, LearnedCriterionRow.id.desc()
        )
    ).all()
    learned_from = sorted({label[0] for row in rows for label in row.labels})
    removed: dict[str, datetime] = {}
    for first in range(0, len(learned_from), _AT_ONCE):
        some = RemovalRow.call_id.in_(learned_from[first : first + _AT_ONCE])
        gone = select(RemovalRow.call_id, RemovalRow.words_at).where(RemovalRow.words_at.is_not(None), some)
        removed |= {call_id: at for call_id, at in session.execute(gone) if at is not None}
    return tuple(
        LearnedCriterion(
            r.id,
            r.scorecard,
            r.criterion,
            r.hash,
            r.labels_hash,
            r.figures,
            r.author,
            r.at,
            asked.get(r.scorecard, {}).get(r.criterion) == _rule_of(r),
            sum(removed.get(call_id, r.at) > r.at for call_id in {label[0] for label in r.labels}),
        )
        for r in rows
    )


def adopt_criterion(session: Session, asker: Asker, learned_id: int) -> Scorecard:
    """Answer a question by what was taught from now on; the version of the scorecard that does.

    Raises NotAllowed for others than administrators, StorageError where there is no such thing, where it is not better
    beyond doubt, where it is in force, and where the scorecard asks something else by now.
    """
    _only_administrators(asker)
    row = session.get(LearnedCriterionRow, learned_id)
    if row is None:
        raise StorageError(f"There is no learned question {learned_id}.")
    low = row.figures["gain"]["low"]
    if low is None or low <= 0:
        raise StorageError("What was taught is not better than the scorecard's own rule beyond doubt, so it is not adopted.")
    card, rule = _active_one(session, row.scorecard), _rule_of(row)
    asked = {criterion.id: criterion.rule for _, criterion in card}.get(row.criterion)
    if asked == rule:
        raise StorageError("This question is answered by what was taught already.")
    if asked is None or untaught(asked) != untaught(rule):
        raise StorageError("The scorecard asks this question otherwise than when it was taught; teach it again.")
    detail = f"The question {row.criterion} is answered by what {len(row.labels)} answers taught ({row.labels_hash[:12]})."
    return put_in_force(session, asker, _asked_by(card, row.criterion, rule), detail)


def restore_criterion(session: Session, asker: Asker, scorecard: str, criterion: str) -> Scorecard:
    """Answer a question by the scorecard's own rule again, from now on; the version that does.

    Raises NotAllowed for others than administrators, StorageError where it is answered so.
    """
    _only_administrators(asker)
    card = _active_one(session, scorecard)
    asked = {one.id: one.rule for _, one in card}.get(criterion)
    if asked is None or asked.kind != LEARNED:
        raise StorageError(f"The question {criterion} of {card.title} is answered by the scorecard's own rule.")
    detail = f"The question {criterion} is answered by the scorecard's own rule again."
    return put_in_force(session, asker, _asked_by(card, criterion, untaught(asked)), detail)


def _asked_by(card: Scorecard, criterion: str, rule: Rule) -> Scorecard:
    sections = tuple(
        replace(s, criteria=tuple(replace(one, rule=rule) if one.id == criterion else one for one in s.criteria))
        for s in card.sections
    )
    return replace(card, sections=sections)


def _rule_of(row: LearnedCriterionRow) -> Rule:
    return Rule(row.rule["kind"], row.rule["with"])


def _active(session: Session) -> list[Scorecard]:
    rows = session.scalars(select(ScorecardVersionRow).where(ScorecardVersionRow.active))
    return [scorecard_of(row.definition) for row in rows]


def _active_one(session: Session, scorecard: str) -> Scorecard:
    found = next((card for card in _active(session) if card.id == scorecard), None)
    if found is None:
        raise StorageError(f"There is no scorecard {scorecard} in use.")
    return found


def _only_administrators(asker: Asker) -> None:
    if not may(asker, Right.TEACH):
        raise NotAllowed("Administrators decide what is taught and what counts; ask one of them.")
