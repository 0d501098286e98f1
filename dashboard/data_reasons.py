"""What is remembered for a moment of why customers are in touch, and what is asked and changed? As in `dashboard.data`."""

from dataclasses import replace

import pandas as pd

from coaching.reasons import Overall, ReasonScore, whose
from dashboard import data
from pipeline import reasons as use_cases
from pipeline.reasons import Row
from scoring.reasons.tree import Tree
from settings import settings
from storage import queries, reason_proposals, reason_trees, reasons
from storage.access import Asker
from storage.database import reading, transaction
from storage.reason_proposals import Proposal
from storage.reason_trees import TreeVersion
from storage.reasons import Reassigned
from storage.records import CallFilter


@data.remembered
def counts(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """What there is to count of each reason."""
    with reading(data.engine()) as session:
        return queries.reason_counts(session, asker, filter, settings().long_hold_seconds)


@data.remembered
def titles(asker: Asker) -> dict[str, tuple[str, str]]:
    """The titles of group and reason, by id."""
    with reading(data.engine()) as session:
        return queries.reason_titles(session)


@data.remembered
def rows(asker: Asker, filter: CallFilter, before: CallFilter | None, *, groups: bool) -> list[Row]:
    """Every group, or every reason."""
    earlier = None if before is None else counts(asker, before)
    put = use_cases.by_group if groups else use_cases.by_reason
    return put(counts(asker, filter), titles(asker), earlier)


@data.remembered
def calls(
    asker: Asker, filter: CallFilter, reason: str, given: str, state: str, again_only: bool, limit: int
) -> pd.DataFrame:
    """The conversations behind a row, the latest first."""
    with reading(data.engine()) as session:
        return queries.reason_calls(session, asker, filter, reason, given, state, again_only=again_only, limit=limit)


@data.remembered
def scores(asker: Asker, filter: CallFilter, scorecard: str) -> tuple[list[ReasonScore], Overall]:
    """Each reason's scores by one scorecard, and whose these are."""
    with reading(data.engine()) as session:
        return whose(queries.reason_scores(session, asker, replace(filter, scorecard=scorecard)))


def of_call(asker: Asker, call_id: str) -> queries.ReasonOfCall | None:
    """Why the customer of one conversation was in touch."""
    with reading(data.engine()) as session:
        return queries.reason_of_call(session, asker, call_id)


def tree_in_force() -> Tree:
    """The tree that is asked now; it is not personal."""
    with reading(data.engine()) as session:
        return reasons.tree_in_force(session).judge.tree


def correct(asker: Asker, call_id: str, reason: str) -> None:
    """Say why the customer of a conversation was in touch."""
    with transaction(data.engine()) as session:
        reasons.correct_reason(session, asker, call_id, reason)
    data.forget()


def versions(asker: Asker) -> tuple[TreeVersion, ...]:
    """Every version of the tree, the newest first."""
    with reading(data.engine()) as session:
        return reason_trees.versions(session, asker)


def change_tree(asker: Asker, tree: Tree | None) -> None:
    """Put a tree in force, or the present one with what was learned since."""
    use_cases.change_tree(data.engine(), asker, tree)
    data.forget()


def would_change(asker: Asker) -> Reassigned:
    """What putting every conversation under the tree in force would change."""
    with reading(data.engine()) as session:
        return reasons.would_change(session, asker)


def reassign(asker: Asker) -> Reassigned:
    """Put every conversation under the tree in force."""
    with transaction(data.engine()) as session:
        done = reasons.reassign(session, asker)
    data.forget()
    return done


def proposals(asker: Asker) -> tuple[Proposal, ...]:
    """The open proposals."""
    with reading(data.engine()) as session:
        return reason_proposals.proposals(session, asker)


def propose(asker: Asker) -> tuple[Proposal, ...]:
    """Look for what belongs together and fits nowhere."""
    with transaction(data.engine()) as session:
        return reason_proposals.propose(session, asker)


def dismiss(asker: Asker, proposal_id: int) -> None:
    """Leave a proposal."""
    with transaction(data.engine()) as session:
        reason_proposals.dismiss(session, asker, proposal_id)


def merge(asker: Asker, proposal_id: int, reason: str) -> None:
    """Let a proposal's sentences be examples of a reason."""
    with transaction(data.engine()) as session:
        reason_proposals.merge(session, asker, proposal_id, reason)


def accept(asker: Asker, proposal_id: int, group_id: str, id_: str, title: str) -> None:
    """Make a proposal a reason of the tree in force."""
    use_cases.accept_proposal(data.engine(), asker, proposal_id, group_id, id_, title)
    data.forget()
