"""Which versions of the tree of reasons were there, what was each taught from, and how does a new one come into force?

A version is never changed. It is taught from the tree's examples and from the sentences of conversations that people put
under a reason; nothing that is stored changes its reason because of it (`storage.reasons.reassign` does, when somebody asks
for it).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from errors import StorageError
from scoring.reasons.judge import Judge
from scoring.reasons.learned import Corrected, HeldOut, held_out
from scoring.reasons.looks import heard
from scoring.reasons.teach import Real, teach
from scoring.reasons.tree import Tree, tree_of
from storage import clock
from storage.access import Asker
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.people import insert_unless_known
from storage.reason_tables import ReasonCorrectionRow, ReasonExampleRow, ReasonTreeRow
from storage.reasons import check_may_manage, loaded, tree_in_force


@dataclass(frozen=True)
class TreeVersion:
    """A version of the tree: its hash, who put it in force and when, of how many conversations it was taught besides its
    examples, and whether corrections made it better, where enough were there."""

    id: int
    hash: str
    in_force: bool
    author: str
    at: datetime
    learned_from: int
    reasons: int
    held_out: HeldOut | None


@dataclass(frozen=True)
class Taught:
    """A tree as it was taught, ready to be put in force."""

    judge: Judge
    learned_from: int
    held_out: HeldOut | None


def versions(session: Session, asker: Asker) -> tuple[TreeVersion, ...]:
    """Every version, the newest first. Raises NotAllowed for others than those who manage quality."""
    check_may_manage(asker)
    rows = session.execute(
        select(
            ReasonTreeRow.id,
            ReasonTreeRow.hash,
            ReasonTreeRow.in_force,
            ReasonTreeRow.author,
            ReasonTreeRow.at,
            ReasonTreeRow.learned_from,
            ReasonTreeRow.tree,
            ReasonTreeRow.figures,
        ).order_by(ReasonTreeRow.id.desc())
    )
    return tuple(
        TreeVersion(
            row.id,
            row.hash,
            row.in_force,
            row.author,
            row.at,
            row.learned_from,
            len(tree_of(row.tree).reasons),
            HeldOut.from_dict(row.figures.get("held_out") or {}),
        )
        for row in rows
    )


def teach_tree(session: Session, asker: Asker, tree: Tree) -> Taught:
    """Teach this tree from its examples and from what people said; nothing is written. Takes some seconds.

    Raises NotAllowed, and InputError where the tree has too little to be taught.
    """
    check_may_manage(asker)
    corrected, others = _taught_by_people(session, tree)
    real = [*(one for each in corrected for one in each.teaches), *others]
    return Taught(teach(tree, real), len({one.call_id for one in real}), held_out(tree, corrected))


def put_tree_in_force(session: Session, asker: Asker, taught: Taught) -> int:
    """Ask this version from now on; its id. Raises NotAllowed, StorageError where it is in force already."""
    check_may_manage(asker)
    before = tree_in_force(session)
    judge = taught.judge
    if before.id and before.judge.content_hash == judge.content_hash:
        raise StorageError("This is the tree that is in force: nothing in it or in what was learned has changed.")
    figures = {} if taught.held_out is None else {"held_out": taught.held_out.to_dict()}
    values = {
        "hash": judge.content_hash,
        "tree": judge.tree.to_dict(),
        "judge": judge.to_bytes(),
        "figures": figures,
        "learned_from": taught.learned_from,
        "in_force": False,
        "author_id": user_id(session, asker),
        "author": asker.signature,
        "at": clock.now(),
    }
    insert_unless_known(session, ReasonTreeRow, values)
    session.execute(update(ReasonTreeRow).where(ReasonTreeRow.in_force).values(in_force=False))
    session.execute(update(ReasonTreeRow).where(ReasonTreeRow.hash == judge.content_hash).values(in_force=True))
    id_ = session.scalars(select(ReasonTreeRow.id).where(ReasonTreeRow.in_force)).one()
    note(
        session,
        asker,
        What.REASONS_CHANGED,
        About.REASONS,
        id_,
        hash=judge.content_hash,
        before=before.judge.content_hash,
        reasons=len(judge.reasons),
        learned_from=taught.learned_from,
    )
    return id_


def _taught_by_people(session: Session, tree: Tree) -> tuple[list[Corrected], list[Real]]:
    """The conversations that people corrected, with the sentences that teach, and sentences that came by a proposal."""
    known = {one.id for one in tree.reasons}
    rows: dict[str, list[ReasonExampleRow]] = defaultdict(list)
    for row in session.scalars(
        select(ReasonExampleRow).where(ReasonExampleRow.reason.is_not(None)).order_by(ReasonExampleRow.id)
    ):
        if row.reason == "" or row.reason in known:
            rows[row.call_id].append(row)
    said = _last_said(session)
    corrected: list[Corrected] = []
    others: list[Real] = []
    for transcript, signals in loaded(session, sorted(rows)):
        own = rows[transcript.call_id]
        real = {
            row.id: Real(row.reason or "", one.text, signals.embeddings[row.sentence], transcript.call_id, one.turn)
            for row in own
            if row.sentence < min(len(signals.sentences), len(signals.embeddings)) and signals.embeddings.shape[1]
            for one in [signals.sentences[row.sentence]]
        }
        by_correction = tuple(real[row.id] for row in own if row.proposal_id is None and row.id in real)
        if transcript.call_id in said and by_correction:
            corrected.append(Corrected(said[transcript.call_id], transcript, heard(transcript, signals), by_correction))
        else:
            others += real.values()
    return corrected, others


def _last_said(session: Session) -> Mapping[str, str]:
    rows = session.execute(select(ReasonCorrectionRow.call_id, ReasonCorrectionRow.reason).order_by(ReasonCorrectionRow.id))
    return {row.call_id: row.reason for row in rows}
