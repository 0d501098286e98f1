"""What is to be done with a written conversation of which an earlier export was taken in?

Where nothing was written since, nothing. Else the whole of it is measured and judged anew, and takes the place of what is
stored. What was removed stays removed: it is not taken in again because something was written after it. What came by another
door, or from other people, changes nothing that is stored: it is a call of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from pipeline.score import Judged
from reviews.sides import SideChange
from scorecards.definition import Scorecard
from storage import threads
from storage.originals import earlier_original
from storage.records import CallFacts, NewTranscript
from transcripts.model import Transcript
from transcripts.threads import Joined, Thread, is_one, join, reaches_further
from transcripts.written import on_the_clock

KNOWN_LONGER = "known, and longer here"
REMOVED = "taken in before; its words or scores were removed since, and what was written after them is not taken in"


@dataclass(frozen=True)
class Nothing:
    """It is that call, and nothing is to be done but for the scorecards that it lacks. `removed`: something was written
    since, and what it goes on from was removed. `others`: whoever sent it may not change that call, nor have it judged."""

    call_id: str
    removed: bool = False
    others: bool = False


@dataclass(frozen=True)
class GoesOn:
    """It is that call, and has more. `transcript` is the whole of it, to be judged by these scorecards."""

    stored: threads.Stored
    joined: Joined
    transcript: Transcript
    thread: Thread
    scorecards: tuple[Scorecard, ...]
    came: threads.Came

    @property
    def call_id(self) -> str:
        """Of the call that it is."""
        return self.stored.call_id

    @property
    def added(self) -> int:
        """How many messages were not there."""
        return len(self.joined.added)

    def said(self) -> str:
        """What is told of it, once it is stored."""
        if not self.added:
            return "nothing more was written; what waited was judged again"
        return f"went on: {self.added} more {'message' if self.added == 1 else 'messages'}, judged again"

    def to_store(self, judged: Judged, facts: CallFacts) -> threads.WentOn:
        """What takes the place of what is stored; `facts` are those of this export."""
        sent = [judged.transcript.turns[n].sent for n in self.joined.added]
        first = min((at for at in sent if at is not None), default=None)
        began = self.joined.began
        since = None
        if began is not None and first is not None:
            since = began + timedelta(seconds=first)
        by_person = self.stored.taken.by_person
        return threads.WentOn(
            NewTranscript(SideChange.WENT_ON, self.stored.hash, judged.transcript, judged.signals, judged.evaluations),
            facts,
            self.joined.marks,
            self.thread.links,
            frozenset(n for n, (here, _) in enumerate(self.joined.places) if here in by_person),
            self.joined.added,
            since,
            began,
            self.thread.people,
            self.came,
        )

    def as_it_came(self) -> Transcript:
        """The whole of it before its private words were taken out: what was there as its original has it, where one is
        kept."""
        kept = earlier_original(self.stored.call_id)
        whole = kept is not None and len(kept.transcript.turns) == len(self.stored.taken.marks)
        turns = []
        for turn, (here, _) in zip(self.transcript.turns, self.joined.places, strict=True):
            if here is not None and kept is not None and whole:
                turn = replace(turn, text=kept.transcript.turns[here].text)
            turns.append(turn)
        return replace(self.transcript, turns=tuple(turns))

    @property
    def has_original(self) -> bool:
        """Whether there is an original of what was there."""
        return earlier_original(self.stored.call_id) is not None


def look_up(
    session: Session,
    transcript: Transcript,
    began: datetime | None,
    thread: Thread,
    scorecards: Sequence[Scorecard],
    facts: Mapping[str, Any],
    arrival: int | None,
) -> Nothing | GoesOn | None:
    """What is to be done with such a conversation; None where it is a new one.

    began: when its first message was sent. facts: what else came with it. arrival: the row of what it came in.
    """
    came = threads.came_by(session, arrival)
    for candidate in threads.candidates(session, thread):
        call_id = candidate.call_id
        if not threads.are_the_same(session, call_id, thread, facts):
            continue
        gone = threads.removed(session, call_id)
        may = threads.may_go_on(session, came, call_id)
        # What is known by its words can be nothing else. An id can be put on other words, to keep the right ones out.
        if not (may or gone or (candidate.whole and not thread.by_id)):
            continue
        waits = may and not gone and threads.waits(session, call_id)
        if candidate.whole and not waits:
            return Nothing(call_id, others=not may)
        stored = threads.stored(session, call_id)
        if not candidate.whole and not is_one(stored.taken, transcript, began, thread):
            continue
        if gone:
            return Nothing(call_id, removed=True)
        joined = join(stored.taken, transcript, began, thread)
        if not joined.added and not (waits and reaches_further(stored.taken, transcript, began)):
            return Nothing(call_id)
        hours = stored.taken.transcript.hours
        whole = on_the_clock(joined.transcript, joined.began, hours) if hours else joined.transcript
        cards = {card.id: card for card in stored.scorecards}
        cards |= {card.id: card for card in scorecards if card.id not in cards or cards[card.id].version < card.version}
        return GoesOn(stored, joined, whole, thread, tuple(cards.values()), came)
    return None
