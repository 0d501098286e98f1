"""Which stored conversation is this one, who may go on with it, and how does it come to be the longer one?

The marks of `transcripts.threads` lie beside the call, encrypted where words are. A conversation that went on takes the
place of what was there as one whose sides were corrected does (`storage.repository`): the transcript from before is kept
whole, the evaluations from before are no longer in force, and what people decided holds on the new ones.

Whoever was sent a message can name it. So a conversation goes on only with what came from where it came from itself
(`Came`), between the same people: of their addresses lie HMACs under the server's key (`storage.identities`), as a hash of
an address could be found by trying.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from reviews.sides import SideChange, carried_on
from scorecards.definition import Scorecard
from scoring.criteria.replies import Replies
from scoring.result import Verdict
from scoring.same_customer import IdentityKind
from storage import clock, mapping
from storage.audit import PROGRAM, About, What, note
from storage.identities import identities_of, keyed_hash
from storage.inbox import COMMAND_LINE, Door
from storage.inbox_tables import InboxCallRow, InboxRow
from storage.people import add_agent, add_team
from storage.records import CallFacts, NewTranscript, Rejudged
from storage.removal import Kept, without
from storage.repository import changed_before, load_evaluations, load_transcript, put_in_place
from storage.review_queue import take_back_decided
from storage.sealed_words import is_name
from storage.tables import (
    CallRow,
    EvaluationRow,
    ResultRow,
    SideCorrectionRow,
    TeamRow,
    TranscriptRow,
)
from storage.tallies import counted_elsewhere
from storage.thread_tables import PEOPLE, MarkOf, ThreadRow
from storage.token_tables import ApiTokenRow
from transcripts.threads import People, Taken, Thread, mark_of

_LOCK = 0x54687265
"""Key of the PostgreSQL advisory locks of marks: `Thre` in ASCII."""

_LOCKS = 256

_AT_ONCE = 400
"""Marks that are looked for in one statement, each in as many forms as there are keys."""


@dataclass(frozen=True)
class Came:
    """Where an export came from: the door and its source, the row of what came in, and the token that sent it. None where
    there is no such."""

    door: Door
    source: str
    arrival: int | None = None
    token: int | None = None


BY_COMMAND = Came(Door.COMMAND_LINE, COMMAND_LINE)
"""Whoever runs the machine, by the command line."""


def came_by(session: Session, arrival: int | None) -> Came:
    """Where that came from which has this row in the inbox; without one, it is the operator's."""
    row = None if arrival is None else session.get(InboxRow, arrival)
    return BY_COMMAND if row is None else Came(Door(row.door), row.source, row.id, row.token_id)


def may_go_on(session: Session, came: Came, call_id: str) -> bool:
    """Whether what came from there may change this conversation: it came from the same watched place or by the same token,
    whose teams it is of. The command line may go on with all."""
    if came.door is Door.COMMAND_LINE:
        return True
    if source_mark(session, call_id) != _mark_of_source(came.source):
        return False
    token = None if came.token is None else session.get(ApiTokenRow, came.token)
    if token is None or not token.team_ids:
        return came.door is not Door.API or token is not None
    team = session.scalar(select(CallRow.team_id).where(CallRow.id == call_id))
    return team is None or team in token.team_ids


def source_mark(session: Session, call_id: str) -> str:
    """What tells where it came from first; of one from before that was written down, by what came in as it. Empty where
    nobody knows."""
    of_source = (ThreadRow.call_id == call_id) & (ThreadRow.mark_of == MarkOf.SOURCE)
    known = session.scalar(select(ThreadRow.digest).where(of_source))
    if known is not None:
        return known
    rows = select(InboxRow.source).join(InboxCallRow, InboxCallRow.inbox_id == InboxRow.id)
    first = session.scalar(rows.where(InboxCallRow.call_id == call_id).order_by(InboxRow.id).limit(1))
    return "" if first is None else _mark_of_source(first)


def _mark_of_source(source: str) -> str:
    return mark_of("source", source)


def are_the_same(session: Session, call_id: str, thread: Thread, facts: Mapping[str, Any]) -> bool:
    """Whether the people of an export, of which such facts are known, may be those of this conversation: its customers are
    not known to be others, and e-mails are between the same people."""
    theirs = {one.kind: one.key for one in identities_of(session.get_one(CallRow, call_id).extra)}
    ours = {one.kind: one.key for one in identities_of(facts)}
    strongest = next((kind for kind in IdentityKind if kind in ours and kind in theirs), None)
    if strongest is not None and ours[strongest] != theirs[strongest]:
        return False
    return not thread.by_id or _people(session, call_id).may_be_with(_hidden(thread.people))


def _people(session: Session, call_id: str) -> People:
    """Who takes part in it, as far as that was written down."""
    found: dict[str, set[str]] = {kind: set() for kind in PEOPLE}
    marks = select(ThreadRow.mark_of, ThreadRow.digest).where(ThreadRow.call_id == call_id, ThreadRow.mark_of.in_(PEOPLE))
    for kind, digest in session.execute(marks):
        found[kind].add(digest)
    return People(*(frozenset(found[kind]) for kind in PEOPLE))


def _hidden(people: People) -> People:
    """The same with keyed hashes in the place of addresses."""
    every = (people.outside, people.wrote, people.sent, people.between)
    return People(*(frozenset(keyed_hash("e-mail of a thread", one) for one in some) for some in every))


@dataclass(frozen=True)
class Stored:
    """A conversation that is known: what `transcripts.threads` has to know of it, the content hash of its transcript, its
    team, and the scorecards in force for it."""

    call_id: str
    taken: Taken
    hash: str
    team: str
    scorecards: tuple[Scorecard, ...]


def lock(session: Session, thread: Thread) -> None:
    """Let nobody else store a conversation with one of these marks until the end of the transaction.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        for number in sorted({int(mark[:8], 16) % _LOCKS for mark in (*thread.marks, *thread.links)}):
            session.execute(select(func.pg_advisory_xact_lock(_LOCK, number)))


@dataclass(frozen=True)
class Candidate:
    """A call that has a mark in common with an export; `whole`: all messages of the export are in it."""

    call_id: str
    whole: bool


def candidates(session: Session, thread: Thread) -> tuple[Candidate, ...]:
    """The calls that have a mark in common with it: the one that has most of them first, of several the oldest.

    The message is there in one of the two: what both only name may be known to anybody.
    """
    common: dict[str, set[str]] = {}
    there: dict[str, set[str]] = {}
    marks, own = [*thread.marks, *thread.links], set(thread.marks)
    for first in range(0, len(marks), _AT_ONCE):
        of_these = is_name(ThreadRow.digest, marks[first : first + _AT_ONCE])
        columns = select(ThreadRow.call_id, ThreadRow.digest, ThreadRow.mark_of)
        of_messages = ThreadRow.mark_of.in_((MarkOf.MESSAGE, MarkOf.NAMED))
        for call_id, mark, kind in session.execute(columns.where(of_these, of_messages)):
            if kind == MarkOf.MESSAGE or mark in own:
                common.setdefault(call_id, set()).add(mark)
                there.setdefault(call_id, set()).update((mark,) if kind == MarkOf.MESSAGE else ())
    if not common:
        return ()
    rows = session.execute(select(CallRow.id, CallRow.started_at).where(CallRow.id.in_(common)))
    began = {row.id: row.started_at for row in rows}
    order = sorted(common, key=lambda call: (-len(common[call]), began[call], call))
    return tuple(Candidate(call, there[call].issuperset(thread.marks)) for call in order)


def stored(session: Session, call_id: str) -> Stored:
    """What is known of such a conversation. Raises StorageError where there is no such call."""
    transcript = load_transcript(session, call_id)
    row = session.execute(
        select(CallRow.started_at, TeamRow.name, TranscriptRow.hash)
        .join(TranscriptRow, TranscriptRow.call_id == CallRow.id)
        .outerjoin(TeamRow, TeamRow.id == CallRow.team_id)
        .where(CallRow.id == call_id)
    ).one()
    marks, by_person = [""] * len(transcript.turns), set[int]()
    of_turns = (ThreadRow.call_id == call_id) & ThreadRow.position.is_not(None)
    for one in session.scalars(select(ThreadRow).where(of_turns)):
        marks[one.position or 0] = one.digest
        by_person |= {one.position or 0} if one.by_person else set()
    swaps = select(func.count()).where(SideCorrectionRow.call_id == call_id, SideCorrectionRow.kind == SideChange.SWAP)
    return Stored(
        call_id,
        Taken(transcript, tuple(marks), row.started_at, frozenset(by_person), bool((session.scalar(swaps) or 0) % 2)),
        row.hash,
        row.name or "",
        tuple(one.scorecard for one in load_evaluations(session, call_id)),
    )


def removed(session: Session, call_id: str) -> bool:
    """Whether words or scores of it were removed."""
    return bool(session.scalar(select(exists().where(CallRow.id == call_id, without(Kept.WORDS) | without(Kept.SCORES)))))


def waits(session: Session, call_id: str) -> bool:
    """Whether a question about the time of replies is left open, as the export might end before the answer."""
    open_ = exists().where(
        EvaluationRow.call_id == call_id,
        ~EvaluationRow.superseded,
        ResultRow.evaluation_id == EvaluationRow.id,
        ResultRow.machine_judged_by == Replies.name,
        ResultRow.machine_verdict == Verdict.UNSURE,
    )
    return bool(session.scalar(select(open_)))


def has_marks(session: Session, call_id: str) -> bool:
    """Whether anything is known by which this call would be known again."""
    return bool(session.scalar(select(exists().where(ThreadRow.call_id == call_id))))


def messages(session: Session, call_id: str) -> int:
    """How many messages of it have a mark."""
    of_turns = (ThreadRow.call_id == call_id) & ThreadRow.position.is_not(None)
    return session.scalar(select(func.count()).select_from(ThreadRow).where(of_turns)) or 0


def remember(session: Session, call_id: str, thread: Thread, came: Came) -> None:
    """Write down by what a stored conversation is known, and where it came from where that is not known better."""
    by_person: set[int] = set()  # of a call from before conversations were known again
    for row in session.scalars(select(SideCorrectionRow).where(SideCorrectionRow.call_id == call_id)):
        by_person |= {n for n, _, _ in row.turns}
    source = source_mark(session, call_id) or _mark_of_source(came.source)
    _insert(session, call_id, thread.marks, by_person)
    _also(session, call_id, MarkOf.NAMED, thread.links)
    _also(session, call_id, MarkOf.SOURCE, [source])
    _also_people(session, call_id, thread.people)


@dataclass(frozen=True)
class WentOn:
    """A conversation with what was written since, to take the place of what is stored of it.

    facts: what its export says of it, for what nobody knew before. marks: of all its turns. by_person: those of which
    somebody said who spoke. added: those that were not there, the first of them sent at `since`, None where that is not
    known. began: when the first of all was sent. people: who takes part in what came, and `came` from where.
    """

    new: NewTranscript
    facts: CallFacts
    marks: tuple[str, ...]
    links: tuple[str, ...]
    by_person: frozenset[int]
    added: tuple[int, ...]
    since: datetime | None
    began: datetime | None
    people: People
    came: Came


def go_on(session: Session, grown: WentOn) -> tuple[Rejudged, ...] | None:
    """Put a conversation that went on in the place of what is stored of it. What became of each scorecard's total; None
    where that changed since `grown` was made, or is not for who sent it to change, and nothing was done.

    Raises StorageError where the parts do not belong together.
    """
    call_id = grown.new.transcript.call_id
    before = changed_before(session, grown.new, may_add=True)
    if before is None or removed(session, call_id) or not may_go_on(session, grown.came, call_id):
        return None
    with counted_elsewhere(session, call_id):
        _fill_in(session, call_id, grown)
    totals, after_hash = put_in_place(session, grown.new, before.evaluations, carried_on)
    speakers = [turn.speaker for turn in grown.new.transcript.turns]
    session.add(
        SideCorrectionRow(
            call_id=call_id,
            author_id=None,
            author=PROGRAM.name,
            at=clock.now(),
            reason=_reason(grown),
            kind=SideChange.WENT_ON,
            turns=[[n, speakers[n], speakers[n]] for n in grown.added],
            totals=[[change.scorecard, change.title, change.before, change.after] for change in totals],
            hash_before=grown.new.made_from,
            hash_after=after_hash,
            before=before.transcript.to_dict(),
            since=grown.since,
        )
    )
    session.execute(delete(ThreadRow).where(ThreadRow.call_id == call_id, ThreadRow.position.is_not(None)))
    _insert(session, call_id, grown.marks, grown.by_person)
    _also(session, call_id, MarkOf.NAMED, grown.links)
    _also_people(session, call_id, grown.people)
    session.flush()
    taken_back = take_back_decided(session, call_id)
    note(
        session,
        PROGRAM,
        What.WENT_ON,
        About.CALL,
        call_id,
        messages=len(grown.added),
        door=grown.came.door.value,
        arrival=grown.came.arrival,
        token=grown.came.token,
        reviews_taken_back=taken_back,
        before=grown.new.made_from,
        after=after_hash,
        totals=[[change.scorecard, change.before, change.after] for change in totals],
    )
    return totals


def _reason(grown: WentOn) -> str:
    if grown.added:
        return "A later export has more of this conversation."
    return "A later export shows that nothing more was written."


def _fill_in(session: Session, call_id: str, grown: WentOn) -> None:
    """What the export knows of it and nobody knew before: an answer may have come first with it, and so who gave it."""
    call, facts = session.get_one(CallRow, call_id), grown.facts
    if call.team_id is None and facts.team:
        call.team_id = add_team(session, facts.team)
    if call.agent_id is None and facts.agent:
        call.agent_id = add_agent(session, facts.agent, call.team_id)
    call.customer = call.customer or facts.customer
    call.queue, call.direction = call.queue or facts.queue, call.direction or facts.direction
    call.extra = {**facts.extra, **{name: value for name, value in call.extra.items() if value}}
    if grown.began is not None and grown.new.transcript.clocked:
        call.started_at, call.week = grown.began, mapping.monday_of(grown.began)
    session.flush()


def _insert(session: Session, call_id: str, marks: Sequence[str], by_person: Collection[int]) -> None:
    rows = [
        {"call_id": call_id, "digest": mark, "mark_of": MarkOf.MESSAGE, "position": n, "by_person": n in by_person}
        for n, mark in enumerate(marks)
        if mark
    ]
    if rows:
        session.execute(insert(ThreadRow), rows)


def _also(session: Session, call_id: str, kind: MarkOf, marks: Collection[str]) -> None:
    """Write down those marks of a kind that are not yet; what is there is not named besides."""
    kinds = (MarkOf.MESSAGE, MarkOf.NAMED) if kind is MarkOf.NAMED else (kind,)
    of_kind = (ThreadRow.call_id == call_id) & ThreadRow.mark_of.in_(kinds)
    known = set(session.scalars(select(ThreadRow.digest).where(of_kind)))
    values = {"call_id": call_id, "mark_of": kind, "position": None, "by_person": False}
    new = [{**values, "digest": mark} for mark in sorted(set(marks) - known)]
    if new:
        session.execute(insert(ThreadRow), new)


def _also_people(session: Session, call_id: str, people: People) -> None:
    hidden = _hidden(people)
    for kind, marks in zip(PEOPLE, (hidden.outside, hidden.wrote, hidden.sent, hidden.between), strict=True):
        _also(session, call_id, kind, marks)
