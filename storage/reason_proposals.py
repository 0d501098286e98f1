"""Which reasons does the machine propose for conversations that fit nowhere, and what do people decide about them?

Proposals are made anew when somebody asks for it. One that is open keeps its name and number and takes in what has come to
it since; what was dismissed is not proposed again as long as it is mostly the same conversations. Nothing that is stored
changes its reason by any of this: what is accepted goes into the next version of the tree with these sentences as its
examples.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from errors import InputError, StorageError
from scoring.reasons.grouping import MOST_WAITING, Proposed, Waiting, group
from scoring.reasons.judge import State, most_telling
from scoring.reasons.looks import heard
from scoring.reasons.tree import Group, Reason, Tree
from storage import clock
from storage.access import Asker
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.reason_tables import CallReasonRow, ProposalState, ReasonExampleRow, ReasonProposalRow, Source
from storage.reason_words import customers_of
from storage.reasons import check_may_manage, loaded, tree_in_force
from storage.removal import with_words
from storage.tables import CallRow, SignalsRow

LOOKED_BACK_DAYS = 91
MOST_CALLS = MOST_WAITING // 2
THE_SAME = 0.5
"""From this share of common conversations on two groups are the same."""

SHOWN = 5


@dataclass(frozen=True)
class Quote:
    """A sentence that stands for a proposal."""

    call_id: str
    turn: int
    text: str


@dataclass(frozen=True)
class Proposal:
    """A proposed reason: its name and terms, of how many conversations, how well the group is found again (0 to 1), what
    became of it, and the sentences that are most typical of it."""

    id: int
    name: str
    terms: tuple[str, ...]
    conversations: int
    stability: float
    state: ProposalState
    reason: str
    made_at: datetime
    decided_by: str
    quotes: tuple[Quote, ...]


def propose(session: Session, asker: Asker) -> tuple[Proposal, ...]:
    """Group what fits nowhere in the last quarter, and give back everything that is open. Raises NotAllowed."""
    check_may_manage(asker)
    found = group(_waiting(session))
    known = _calls_of(session, (ProposalState.OPEN, ProposalState.DISMISSED))
    now = clock.now()
    for one in found:
        same = _same(one, known)
        if same is None:
            row = ReasonProposalRow(
                name=one.name,
                terms=list(one.terms),
                stability=one.stability,
                state=ProposalState.OPEN,
                reason="",
                made_at=now,
                decided_by_id=None,
                decided_by="",
                decided_at=None,
            )
            session.add(row)
            session.flush()
            _keep(session, row.id, one, set(), now)
        elif session.get_one(ReasonProposalRow, same).state is ProposalState.OPEN:
            _keep(session, same, one, known[same], now)
            session.execute(update(ReasonProposalRow).where(ReasonProposalRow.id == same).values(stability=one.stability))
    session.flush()
    return proposals(session, asker)


def _same(one: Proposed, known: dict[int, set[str]]) -> int | None:
    """The proposal that has mostly these conversations, or whose conversations are mostly among these."""
    own = set(one.call_ids)
    for id_, calls in known.items():
        if len(own & calls) >= THE_SAME * min(len(own), len(calls)) and calls:
            return id_
    return None


def _keep(session: Session, proposal_id: int, one: Proposed, there: set[str], now: datetime) -> None:
    taken = set(there)
    for member in one.members:
        if member.call_id not in taken:
            taken.add(member.call_id)
            session.add(
                ReasonExampleRow(call_id=member.call_id, sentence=member.turn, reason=None, proposal_id=proposal_id, at=now)
            )


def _waiting(session: Session) -> list[Waiting]:
    """The sentences that tell most of the latest conversations that fit nowhere; `turn` is the place among the sentences."""
    nowhere = (
        select(CallRow.id)
        .join(CallReasonRow, CallReasonRow.call_id == CallRow.id)
        .where(
            CallReasonRow.reason == "",
            CallReasonRow.source.in_([Source.MACHINE, Source.NOBODY, Source.PERSON]),
            CallReasonRow.state != State.FITS,
            CallRow.started_at >= clock.now() - timedelta(days=LOOKED_BACK_DAYS),
            with_words(),
        )
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(MOST_CALLS)
    )
    judge = tree_in_force(session).judge
    waiting, ids = [], session.scalars(nowhere).all()
    whose = customers_of(session, ids)
    for transcript, signals in loaded(session, ids):
        said = heard(transcript, signals)
        for row in most_telling(judge, said):
            sentence = signals.sentences.index(said.sentences[row])
            own = said.sentences[row].text, said.embeddings[row], whose[transcript.call_id]
            waiting.append(Waiting(transcript.call_id, sentence, *own))
    return waiting


def _calls_of(session: Session, states: Sequence[ProposalState]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        select(ReasonExampleRow.proposal_id, ReasonExampleRow.call_id)
        .join(ReasonProposalRow, ReasonProposalRow.id == ReasonExampleRow.proposal_id)
        .where(ReasonProposalRow.state.in_(states))
        .order_by(ReasonExampleRow.id)
    )
    for proposal_id, call_id in rows:
        found[proposal_id or 0].add(call_id)
    return dict(found)


def proposals(session: Session, asker: Asker, *, decided: bool = False) -> tuple[Proposal, ...]:
    """The open proposals, the one with most conversations first, or those that were decided. Raises NotAllowed."""
    check_may_manage(asker)
    wanted = [state for state in ProposalState if (state is not ProposalState.OPEN) is decided]
    rows = session.scalars(select(ReasonProposalRow).where(ReasonProposalRow.state.in_(wanted))).all()
    members: dict[int, list[ReasonExampleRow]] = defaultdict(list)
    for member in session.scalars(
        select(ReasonExampleRow)
        .where(ReasonExampleRow.proposal_id.in_([row.id for row in rows]))
        .order_by(ReasonExampleRow.id)
    ):
        members[member.proposal_id or 0].append(member)
    shown = {member.id: member for own in members.values() for member in own[:SHOWN]}
    texts = _texts(session, list(shown.values()))
    made = [
        Proposal(
            row.id,
            row.name,
            tuple(row.terms),
            len({member.call_id for member in members[row.id]}),
            row.stability,
            row.state,
            row.reason,
            row.made_at,
            row.decided_by,
            tuple(texts[one.id] for one in members[row.id][:SHOWN] if one.id in texts),
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda one: (-one.conversations, one.id)))


def _texts(session: Session, members: Sequence[ReasonExampleRow]) -> dict[int, Quote]:
    rows = session.execute(
        select(SignalsRow.call_id, SignalsRow.sentences).where(SignalsRow.call_id.in_({one.call_id for one in members}))
    )
    sentences = {row.call_id: row.sentences for row in rows}
    return {
        one.id: Quote(one.call_id, sentences[one.call_id][one.sentence][0], sentences[one.call_id][one.sentence][1])
        for one in members
        if one.sentence < len(sentences.get(one.call_id, ()))
    }


# Decisions


def dismiss(session: Session, asker: Asker, proposal_id: int) -> None:
    """Leave it: it is not proposed again. Raises NotAllowed, StorageError where it was decided already."""
    _decide(session, asker, proposal_id, ProposalState.DISMISSED, "")


def merge(session: Session, asker: Asker, proposal_id: int, reason: str) -> None:
    """Let its sentences be examples of a reason that the tree has. They teach when the tree is next put in force. Raises
    NotAllowed, StorageError where it was decided already, InputError where there is no such reason."""
    check_may_manage(asker)
    if reason not in tree_in_force(session).judge.reasons:
        raise InputError(f"There is no reason {reason} in the tree.")
    _decide(session, asker, proposal_id, ProposalState.MERGED, reason)
    session.execute(update(ReasonExampleRow).where(ReasonExampleRow.proposal_id == proposal_id).values(reason=reason))


def accept(session: Session, asker: Asker, proposal_id: int, group_id: str, reason: Reason) -> Tree:
    """Make it a reason of that group, with its sentences as examples. The tree that has it, which is not in force yet.

    Raises NotAllowed, StorageError where it was decided already, InputError where there is no such group or the id is taken.
    """
    check_may_manage(asker)
    tree = tree_in_force(session).judge.tree
    if reason.id in {one.id for one in tree.reasons}:
        raise InputError(f"The tree has a reason {reason.id} already.")
    if group_id not in {one.id for one in tree.groups}:
        raise InputError(f"There is no group {group_id} in the tree.")
    _decide(session, asker, proposal_id, ProposalState.ACCEPTED, reason.id)
    session.execute(update(ReasonExampleRow).where(ReasonExampleRow.proposal_id == proposal_id).values(reason=reason.id))

    def grown(one: Group) -> Group:
        return replace(one, reasons=(*one.reasons, reason)) if one.id == group_id else one

    return Tree(tuple(map(grown, tree.groups)))


def _decide(session: Session, asker: Asker, proposal_id: int, state: ProposalState, reason: str) -> None:
    check_may_manage(asker)
    row = session.scalars(
        select(ReasonProposalRow).where(ReasonProposalRow.id == proposal_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise StorageError(f"There is no proposal {proposal_id}.")
    if row.state is not ProposalState.OPEN:
        raise StorageError(f"This proposal was {row.state.value} by {row.decided_by} already.")
    row.state, row.reason, row.decided_at = state, reason, clock.now()
    row.decided_by, row.decided_by_id = asker.signature, user_id(session, asker)
    note(session, asker, What.REASON_PROPOSAL_DECIDED, About.REASONS, proposal_id, decided=state.value, reason=reason)
    session.flush()
