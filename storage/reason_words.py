"""Which words that stand beside reasons go with the words of calls?

A proposal is named by terms of its conversations, and what was given with a call as its reason may be a sentence about one
person. Neither may outlive the words that it came from, unless it is plainly not one customer's.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from scoring.reasons.grouping import name_of, shared_terms
from scoring.reasons.judge import State
from scoring.reasons.tree import Tree, starting_tree, tree_of
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow
from storage.keeping_tables import RemovalRow
from storage.reason_tables import CallReasonRow, ReasonExampleRow, ReasonProposalRow, ReasonTreeRow, Source
from storage.tables import SignalsRow

OTHER_CUSTOMERS = 3
"""A given reason that so many other customers' calls have, which still have their words, is a word of the centre's. Those
who bring in notes as reasons do not write the same one so often."""


def retell_proposals(session: Session, call_ids: Sequence[str]) -> int:
    """Name the proposals that have these calls by those of their terms which two customers still say; how many changed. To
    be asked once the calls' words are gone, changed, or another customer's."""
    these = select(ReasonExampleRow.proposal_id).where(ReasonExampleRow.call_id.in_(call_ids))
    rows = session.scalars(select(ReasonProposalRow).where(ReasonProposalRow.id.in_(these))).all()
    said = _said(session, [row.id for row in rows])
    changed = 0
    for row in rows:
        left = shared_terms(row.terms, said[row.id])
        if left != tuple(row.terms):
            row.terms, row.name = list(left), name_of(left)
            changed += 1
    session.flush()
    return changed


def _said(session: Session, proposal_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Who said what, by proposal: the customer, or the call where nobody knows whose it is, and the sentence."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = session.execute(
        select(
            ReasonExampleRow.proposal_id,
            ReasonExampleRow.sentence,
            func.coalesce(CustomerCallRow.customer_id, ReasonExampleRow.call_id),
            SignalsRow.sentences,
        )
        .join(SignalsRow, SignalsRow.call_id == ReasonExampleRow.call_id)
        .outerjoin(CustomerCallRow, CustomerCallRow.call_id == ReasonExampleRow.call_id)
        .where(ReasonExampleRow.proposal_id.in_(proposal_ids))
    )
    for proposal_id, sentence, customer, sentences in rows:
        if sentence < len(sentences):
            found[proposal_id or 0].append((customer, sentences[sentence][1]))
    return found


def customers_of(session: Session, call_ids: Sequence[str]) -> dict[str, str]:
    """Whose each of these calls is; a call of which nobody knows stands for itself."""
    rows = session.execute(
        select(CustomerCallRow.call_id, CustomerCallRow.customer_id).where(CustomerCallRow.call_id.in_(call_ids))
    )
    known = {row.call_id: row.customer_id for row in rows}
    return {id_: known.get(id_, id_) for id_ in call_ids}


def forget_given(session: Session, call_ids: Sequence[str]) -> int:
    """Take out of these calls the reasons given with them, but for those that the tree in force has a name for and those of
    at least `OTHER_CUSTOMERS` others; of how many calls. To be asked while it is still known whose calls they are.

    What stood under such a reason stands under what the machine made of it from then on.
    """
    of_these = select(CourseRow.call_id, CourseRow.reason).where(CourseRow.call_id.in_(call_ids))
    given = {row.call_id: row.reason for row in session.execute(of_these)}
    tree = _tree(session)
    unnamed = {reason for reason in given.values() if reason and not tree.named(reason)}
    own = select(CustomerCallRow.customer_id).where(CustomerCallRow.call_id.in_(call_ids))
    whose = func.coalesce(CustomerCallRow.customer_id, CourseRow.call_id)
    gone = exists().where(RemovalRow.call_id == CourseRow.call_id, RemovalRow.words_at.is_not(None))
    shared = set(
        session.scalars(
            select(CourseRow.reason)
            .outerjoin(CustomerCallRow, CustomerCallRow.call_id == CourseRow.call_id)
            .where(CourseRow.reason.in_(unnamed), CourseRow.call_id.not_in(call_ids), ~gone, whose.not_in(own))
            .group_by(CourseRow.reason)
            .having(func.count(whose.distinct()) >= OTHER_CUSTOMERS)
        )
    )
    forgotten = [id_ for id_, reason in given.items() if reason in unnamed - shared]
    session.execute(update(CourseRow).where(CourseRow.call_id.in_(forgotten)).values(reason=""))
    by_given = (CallReasonRow.call_id.in_(forgotten), CallReasonRow.source == Source.GIVEN)
    fits = (CallReasonRow.state == State.FITS) & (CallReasonRow.machine_reason != "")
    session.execute(
        update(CallReasonRow).where(*by_given, fits).values(reason=CallReasonRow.machine_reason, source=Source.MACHINE)
    )
    session.execute(
        update(CallReasonRow).where(*by_given, CallReasonRow.machine_reason != "").values(reason="", source=Source.MACHINE)
    )
    session.execute(update(CallReasonRow).where(*by_given).values(reason="", source=Source.NOBODY))
    return len(forgotten)


def _tree(session: Session) -> Tree:
    """The tree in force."""
    stored = session.scalar(select(ReasonTreeRow.tree).where(ReasonTreeRow.in_force))
    return starting_tree() if stored is None else tree_of(stored)
