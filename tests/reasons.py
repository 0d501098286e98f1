"""How do tests come to a tree of reasons, a conversation about one, and a proposal, in one line?"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from scoring.reasons.teach import teach
from scoring.reasons.tree import Group, Reason, Tree
from scoring.signals.embeddings import embed_and_keep
from scoring.signals.model import Sentence, Signals
from scoring.signals.sentences import split_text
from storage import clock
from storage.reason_tables import ProposalState, ReasonExampleRow, ReasonProposalRow
from storage.reason_trees import Taught
from storage.records import ScoredCall
from tests.storage.build import a_scored_call
from transcripts.model import Speaker, Transcript


def a_tree() -> Tree:
    """Late parcels and refunds under `orders`, dead lines under `faults`."""
    late = Reason(
        "late",
        "Parcel is late",
        ("Where is my parcel?", "My delivery has not come.", "My order is late and I am still waiting for it."),
        given=("WISMO",),
    )
    refund = Reason(
        "refund",
        "Refund not here",
        ("I am waiting for my refund.", "When do I get my money back?", "You have not refunded me."),
        ("money back guarantee",),
    )
    line = Reason(
        "line", "Line is dead", ("My internet is down.", "The phone line is dead.", "The broadband keeps dropping.")
    )
    return Tree((Group("orders", "Orders", (late, refund)), Group("faults", "Faults", (line,))))


@cache
def a_taught_tree() -> Taught:
    """That tree, taught."""
    return Taught(teach(a_tree()), 0, None)


def measured(transcript: Transcript) -> Signals:
    """Signals with the sentences of a transcript and their embeddings, and nothing else."""
    pieces = [
        (number, turn.text[piece.start : piece.end])
        for number, turn in enumerate(transcript.turns)
        for piece in split_text(turn.text)
    ]
    sentences = tuple(Sentence(number, text, None, None) for number, text in pieces)
    embeddings = embed_and_keep([text for _, text in pieces])
    return Signals((0.0,) * len(transcript.turns), {}, sentences=sentences, embeddings=embeddings)


def a_call_about(name: str, *said: str, **facts: Any) -> ScoredCall:
    """A stored call's parts, in which the customer says these things."""
    call = a_scored_call(name, "agent: Hello", *(f"{Speaker.CUSTOMER.value}: {text}" for text in said), **facts)
    return replace(call, signals=measured(call.transcript))


def a_proposal(session: Session, call_ids: Sequence[str]) -> int:
    """An open proposal of these calls' first sentences; its id."""
    row = ReasonProposalRow(
        name="lost dog",
        terms=["lost dog"],
        stability=0.9,
        state=ProposalState.OPEN,
        reason="",
        made_at=clock.now(),
        decided_by_id=None,
        decided_by="",
        decided_at=None,
    )
    session.add(row)
    session.flush()
    for call_id in call_ids:
        session.add(ReasonExampleRow(call_id=call_id, sentence=0, reason=None, proposal_id=row.id, at=clock.now()))
    session.flush()
    return row.id
