"""What do people say of turns, which judges were taught from that, and which of them is in force?

Marks, learned judges and adoptions are only ever added. A mark or an adoption that came later counts instead of an earlier
one. Reviewers and administrators mark; administrators alone see what was taught and decide what is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from errors import InputError, NotAllowed, StorageError
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.learned import Learned
from storage.access import Asker, may, may_correct, visible_calls
from storage.audit import About, What, note
from storage.authorship import authored
from storage.keeping_tables import RemovalRow
from storage.roles import Right
from storage.tables import AdoptionRow, CallRow, LearnedJudgeRow, TurnMarkRow, TurnRow


@dataclass(frozen=True)
class LearnedVersion:
    """A learned judge as it is kept: by whom and when it was taught, its figures, and whether it is in force. `removed` is
    of how many calls that it was taught from the words have been removed since: it keeps what it learned of them."""

    id: int
    behaviour: str
    hash: str
    labels_hash: str
    figures: Mapping[str, Any]
    author: str
    at: datetime
    in_force: bool
    removed: int


@dataclass(frozen=True)
class Adoption:
    """A decision which judge of a behaviour is in force; `learned` is the hash of its file, None the shipped one's."""

    behaviour: str
    learned: str | None
    author: str
    at: datetime


def mark_turn(session: Session, asker: Asker, call_id: str, turn: int, behaviour: str, present: bool) -> None:
    """Write down that a turn, by its index, shows a behaviour or does not.

    Raises NotAllowed where the asker may not, InputError where there is no such behaviour, StorageError where there is no
    such turn that they may see.
    """
    if not may_correct(asker):
        raise NotAllowed("Reviewers and administrators mark turns; ask one of them.")
    if behaviour not in behaviours():
        raise InputError(f"There is no behaviour {behaviour!r}.")
    text = session.scalar(
        select(TurnRow.text)
        .join(CallRow, TurnRow.call_id == CallRow.id)
        .where(TurnRow.call_id == call_id, TurnRow.position == turn, visible_calls(asker))
    )
    if text is None:
        raise StorageError(f"There is no turn {turn + 1} of call {call_id}.")
    said = {"call_id": call_id, "turn": turn, "behaviour": behaviour, "present": present, "text": text}
    session.add(TurnMarkRow(**said, **authored(session, asker)))
    session.flush()


def save_learned(session: Session, asker: Asker, learned: Learned) -> int:
    """Keep a learned judge; its id. The same one again is the same row. Raises NotAllowed for others than administrators."""
    _only_administrators(asker)
    data, known = learned.data(), select(LearnedJudgeRow.id).where(LearnedJudgeRow.hash == learned.stamp)
    if (there := session.scalar(known)) is not None:
        return there
    row = LearnedJudgeRow(
        behaviour=learned.behaviour,
        hash=learned.stamp,
        labels_hash=learned.labels,
        figures=dict(learned.about["figures"]),
        data=data,
        **authored(session, asker),
    )
    session.add(row)
    session.flush()
    return row.id


def learned_versions(session: Session, asker: Asker) -> tuple[LearnedVersion, ...]:
    """Every learned judge, by behaviour, the newest first. Raises NotAllowed for others than administrators."""
    _only_administrators(asker)
    chosen = set(_in_force(session).values())
    rows = session.scalars(
        select(LearnedJudgeRow)
        .order_by(LearnedJudgeRow.behaviour, LearnedJudgeRow.id.desc())
        .options(defer(LearnedJudgeRow.data))
    )
    gone = session.execute(
        select(TurnMarkRow.behaviour, TurnMarkRow.call_id, func.min(TurnMarkRow.at).label("marked"), RemovalRow.words_at)
        .join(RemovalRow, RemovalRow.call_id == TurnMarkRow.call_id)
        .where(RemovalRow.words_at.is_not(None))
        .group_by(TurnMarkRow.behaviour, TurnMarkRow.call_id, RemovalRow.words_at)
    ).all()
    return tuple(
        LearnedVersion(
            r.id,
            r.behaviour,
            r.hash,
            r.labels_hash,
            r.figures,
            r.author,
            r.at,
            r.id in chosen,
            sum(one.behaviour == r.behaviour and one.marked <= r.at < one.words_at for one in gone),
        )
        for r in rows
    )


def adoptions(session: Session, asker: Asker) -> tuple[Adoption, ...]:
    """Every decision, the latest first. Raises NotAllowed for others than administrators."""
    _only_administrators(asker)
    rows = session.execute(
        select(AdoptionRow, LearnedJudgeRow.hash)
        .outerjoin(LearnedJudgeRow, AdoptionRow.learned_id == LearnedJudgeRow.id)
        .order_by(AdoptionRow.id.desc())
    )
    return tuple(Adoption(row.behaviour, digest, row.author, row.at) for row, digest in rows)


def adopt(session: Session, asker: Asker, learned_id: int) -> str:
    """Put a learned judge in force from now on; its behaviour.

    Raises NotAllowed for others than administrators, StorageError where there is no such judge, where it is not better
    than the shipped one beyond doubt, and where it is in force already.
    """
    _only_administrators(asker)
    row = session.get(LearnedJudgeRow, learned_id)
    if row is None:
        raise StorageError(f"There is no learned judge {learned_id}.")
    low = row.figures["gain"]["low"]
    if low is None or low <= 0:
        raise StorageError(
            f"This judge of {row.behaviour} is not better than the shipped one beyond doubt, so it is not adopted."
        )
    if _in_force(session).get(row.behaviour) == learned_id:
        raise StorageError(f"This judge of {row.behaviour} is in force already.")
    session.add(AdoptionRow(behaviour=row.behaviour, learned_id=learned_id, **authored(session, asker)))
    session.flush()
    note(session, asker, What.JUDGE_ADOPTED, About.BEHAVIOUR, row.behaviour, judge=learned_id, hash=row.hash)
    return row.behaviour


def restore(session: Session, asker: Asker, behaviour: str) -> None:
    """Put the shipped judge of a behaviour in force again.

    Raises NotAllowed for others than administrators, StorageError where it is in force.
    """
    _only_administrators(asker)
    if _in_force(session).get(behaviour) is None:
        raise StorageError(f"The shipped judge of {behaviour} is in force.")
    session.add(AdoptionRow(behaviour=behaviour, learned_id=None, **authored(session, asker)))
    session.flush()
    note(session, asker, What.JUDGE_RESTORED, About.BEHAVIOUR, behaviour)


def adopted_files(session: Session) -> Mapping[str, bytes]:
    """By behaviour, the file of the learned judge that is in force; behaviours that the shipped one judges are left out."""
    chosen = [learned for learned in _in_force(session).values() if learned is not None]
    rows = session.execute(select(LearnedJudgeRow.behaviour, LearnedJudgeRow.data).where(LearnedJudgeRow.id.in_(chosen)))
    return {row.behaviour: row.data for row in rows}


def learned_file(session: Session, digest: str) -> bytes | None:
    """The file with this SHA-256, for working out again what it judged; None where it is not kept."""
    return session.scalar(select(LearnedJudgeRow.data).where(LearnedJudgeRow.hash == digest))


def _in_force(session: Session) -> dict[str, int | None]:
    rows = session.execute(select(AdoptionRow.behaviour, AdoptionRow.learned_id).order_by(AdoptionRow.id))
    return {row.behaviour: row.learned_id for row in rows}


def _only_administrators(asker: Asker) -> None:
    if not may(asker, Right.TEACH):
        raise NotAllowed("Administrators decide which judge is in force; ask one of them.")
