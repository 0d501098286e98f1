"""How is what came in worked off, whichever door it came by, and how does a folder come in from the command line?

Whoever works takes rows of the inbox (`storage.inbox`), makes conversations of their files and hands them to
`pipeline.ingest.take_in`, which hears them in worker processes and stores them. What became of a file is committed with the
last of its calls; only then is the file itself let go.
"""

import errno
import fcntl
import hashlib
import logging
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import IO

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import AttuneError, InputError, ScorecardError, SettingsError, StorageError, Unavailable, WorkersAway
from pipeline.hours import hours_of
from pipeline.ingest import SUFFIXES, Chooser, Job, Outcome, State, jobs_of, take_in
from pipeline.listen import Fault, Listening, fault_of
from pipeline.metadata import Listed, Metadata
from pipeline.names import path_of, place_of, shown_name
from pipeline.options import look_now_and_then
from pipeline.patience import Patience
from pipeline.private import kinds_taken_out
from pipeline.probe import probe
from pipeline.receive import Sent
from pipeline.sources import PlaceAway, Source, source_of
from scoring.course import CASE_COLUMN, EMAIL_HASH, PHONE_HASH
from settings import settings
from storage import inbox
from storage.database import open_database, reading, transaction
from storage.inbox import Door, Found, Received
from storage.originals import originals_are_kept
from storage.sealed import CLEAR_PREFIX, in_the_clear
from transcripts.formats.fields import clean

_log = logging.getLogger(__name__)

AT_ONCE = 8
"""Files that are taken in one transaction."""

LOOK_SECONDS = 1.0
"""How soon is looked again where nothing waits."""

BURY_SECONDS = 5.0
"""How soon it is seen that another worker of this home was killed."""

CARDS_SECONDS = 10.0
"""How soon whoever is at work judges by a scorecard that was put in force."""

PAUSE_SECONDS = 60.0
"""How long nothing is taken where the machine cannot work, as without a model; files that wait meanwhile lose no try."""

PATIENCE_SECONDS = 30.0
"""How long the command line waits in all where the database or the store is away; a worker waits for as long as it takes."""


AWAY_SECONDS = 5.0
"""So long nothing of a watched place that was found to be away is tried: of what is in hand already, that is."""

MACHINES = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ESTALE}
)
"""What a system says where the machine is in need and no file is to blame."""


class _NotFetched(AttuneError):
    """A file cannot be fetched from its watched place just now; what comes by other doors can be worked on."""


class _ThereNothing(_NotFetched):
    """Nor can any other of that place."""


@dataclass(frozen=True)
class _Away:
    """A watched place that is away: until when nothing of it is tried, by a clock that never jumps, how often in a row it
    was found so, and what was said of it."""

    until: float
    times: int
    said: str


@dataclass
class _Hand:
    """A file in hand: how many of its conversations are under way, and what became of the others."""

    received: Received
    things: ExitStack
    left: int = 0
    calls: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    faults: set[Fault] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)

    def and_also(self, outcome: Outcome) -> "_Hand":
        """As it is once that conversation is over."""
        failed = outcome.state is State.FAILED
        return _Hand(
            self.received,
            self.things,
            self.left - 1,
            [*self.calls, *([outcome.call_id] if outcome.call_id and not failed else [])],
            [*self.reasons, *([outcome.reason] if failed else [])],
            {*self.faults, *({outcome.fault} if failed else ())},
            self.shown,
        )

    @property
    def reason(self) -> str:
        """What went wrong in one line, with the sender's names for the files, as any database takes it: a name need be no
        text, and may have lines."""
        words = " ".join(dict.fromkeys(self.reasons))
        for ours, theirs in self.shown.items():
            words = words.replace(ours, theirs)
        return " ".join(clean(words).split())


class Arrivals:
    """The rows that one worker has in hand, and where it is written down what becomes of them.

    reserved: only rows that were written down for this worker. stop: ends it, or that nothing has come for `idle_seconds`
    (None is for ever); without it, that nothing waits.
    """

    def __init__(
        self,
        engine: Engine,
        worker: str,
        patience: Patience,
        troubles: "Troubles",
        *,
        reserved: bool = False,
        stop: Event | None = None,
        idle_seconds: float | None = None,
    ) -> None:
        self._engine, self._worker, self._patience, self._troubles = engine, worker, patience, troubles
        self._reserved, self._stop, self._idle = reserved, stop, idle_seconds
        self._hands: dict[int, _Hand] = {}
        self._paused_until = 0.0
        self._away: dict[str, _Away] = {}
        self._cards: tuple[float, Chooser] | None = None
        self.refused: list[Outcome] = []
        self.over = False

    def close(self) -> None:
        """Let go of what lies in the clear for files that are still in hand."""
        while self._hands:
            self._hands.popitem()[1].things.close()

    def put_off(self, reason: str) -> None:
        """Nobody can work just now: what is in hand is put off, and nothing more is taken for a while."""
        for id_, hand in list(self._hands.items()):
            self._patience(partial(self._put_off, id_, reason))
            hand.things.close()
            del self._hands[id_]
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        self._troubles.say("machine", reason)

    def _put_off(self, id_: int, reason: str) -> None:
        with transaction(self._engine) as session:
            inbox.put_off(session, id_, self._worker, reason)

    def came_back(self, source: str) -> None:
        """That watched place is there again: what waits for it is taken at once. Raises StorageError."""
        with transaction(self._engine) as session:
            inbox.place_is_back(session, source)
        self._away.pop(source, None)

    # What is handed out

    def jobs(self) -> Iterator[Job | None]:
        """Each conversation of each file; None where nothing waits just now."""
        look_at = idle_since = bury_at = time.monotonic()
        while not (self._stop and self._stop.is_set()):
            now, taken = time.monotonic(), list[Received]()
            if not self._stop or now >= max(look_at, self._paused_until):
                if self._stop:
                    self._patience(partial(look_now_and_then, self._engine))
                    if now >= bury_at:
                        self._patience(partial(bury_the_dead, self._engine))
                        bury_at = now + BURY_SECONDS
                taken = self._patience(self._take)
                look_at = now if taken else now + LOOK_SECONDS
            # All of them are in hand at once, so that none is forgotten where the work ends between two. One that is in hand
            # already, as somebody else had it while this worker was stopped, is finished as it was begun.
            new = [_Hand(received, ExitStack()) for received in taken if received.id not in self._hands]
            self._hands |= {hand.received.id: hand for hand in new}
            for hand in new:
                yield from self._open(hand)
            if taken or self._hands:
                idle_since = time.monotonic()
            if not taken:
                if not self._stop or (self._idle is not None and now - idle_since > self._idle):
                    self.over = True
                    return
                yield None

    def _take(self) -> list[Received]:
        with transaction(self._engine) as session:
            return inbox.take(session, self._worker, AT_ONCE, self._reserved)

    def _open(self, hand: _Hand) -> Iterator[Job]:
        """The conversations of one file."""
        received = hand.received
        try:
            jobs = self._patience(partial(self._read, hand))
        except AttuneError as wrong:
            if isinstance(wrong, Unavailable) and self._stop and self._stop.is_set():
                raise
            if isinstance(wrong, _ThereNothing):
                self._wait_for_place(hand, str(wrong))
                return
            # A scorecard may be mended: the file is not what is wrong.
            fault = Fault.UNKNOWN if isinstance(wrong, ScorecardError) else fault_of(wrong)
            fault = Fault.PLACE if isinstance(wrong, _NotFetched) else fault
            self._refuse(hand, Path(received.sent_as), str(wrong), fault)
        except Exception:
            _log.exception("file %s (%s) could not be read", received.id, received.sent_as)
            said = "Reading it failed through a fault of Attune; its log says more."
            self._refuse(hand, Path(received.sent_as), said, Fault.UNKNOWN)
        else:
            hand.left = len(jobs)
            yield from jobs

    def _read(self, hand: _Hand) -> list[Job]:
        try:
            return self._made(hand)
        except OSError as wrong:
            if wrong.errno not in MACHINES:
                raise
            raise Unavailable(f"{hand.received.sent_as} cannot be read ({wrong.strerror}).") from wrong

    def _made(self, hand: _Hand) -> list[Job]:
        received = hand.received
        hand.things.close()  # of a try before
        away = self._away.get(received.source)
        if away and time.monotonic() < away.until:
            raise _ThereNothing(away.said)
        try:
            file = hand.things.enter_context(_at_hand(received))
        except PlaceAway as wrong:
            raise _ThereNothing(str(wrong)) from wrong
        except Unavailable as wrong:
            if received.door is Door.WATCHED:
                raise _NotFetched(str(wrong)) from wrong
            raise
        except OSError as wrong:
            raise Unavailable(f"{received.sent_as} cannot be read ({wrong.strerror}).") from wrong
        self._away.pop(received.source, None)
        if received.door is not Door.COMMAND_LINE:
            hand.shown = {str(file): received.sent_as, file.name: received.sent_as}
            if received.spooled:
                hand.shown = {str(settings().home / "inbox" / received.spooled): received.sent_as, **hand.shown}
        probe(file)
        unpacked = Path(hand.things.enter_context(_folder()))
        made = list(jobs_of(file, _listed(received), self._choose(), unpacked))
        for job in made:
            if job.sound:  # it came inside the file
                probe(job.sound)
        return [replace(job, arrival=received.id) for job in made]

    def _choose(self) -> Chooser:
        now = time.monotonic()
        if self._cards is None or now - self._cards[0] >= CARDS_SECONDS:
            try:
                self._cards = now, Chooser(self._engine, ())
            except ScorecardError as wrong:
                raise SettingsError(f"The usual scorecards cannot be used: {wrong}") from wrong
        return self._cards[1]

    def _wait_for_place(self, hand: _Hand, said: str) -> None:
        """A watched place is away: that is noticed once for all files in it, which are left for longer each time."""
        received, now = hand.received, time.monotonic()
        before = self._away.get(received.source)
        is_new = before is None or now >= before.until
        times = before.times if before else 0

        def write() -> int:
            with transaction(self._engine) as session:
                inbox.put_off(session, received.id, self._worker, said)
                return inbox.put_off_place(session, received.source, inbox.WAIT * 2**times) if is_new else 0

        others = self._patience(write)
        hand.things.close()
        self._hands.pop(received.id, None)
        if is_new:
            self._away[received.source] = _Away(now + AWAY_SECONDS, min(times + 1, inbox.MOST_TRIES), said)
        if before is None:
            _log.warning("%s What waits there is left until it is back: %s files and what is in hand.", said, others)
        if self._stop is None:
            self.refused.append(Outcome(Path(received.sent_as), State.FAILED, said, fault=Fault.PLACE))

    def _refuse(self, hand: _Hand, file: Path, reason: str, fault: Fault) -> None:
        """A file of which nothing can be made."""
        place = Path(path_of(hand.received.place)) if hand.received.door is Door.COMMAND_LINE else file
        outcome = Outcome(place, State.FAILED, reason, fault=fault)
        hand.left = 1

        def write() -> None:
            with transaction(self._engine) as session:
                self._write(session, hand.and_also(outcome))

        self._patience(write)
        self._over(hand.and_also(outcome))
        if self._stop is None:  # whoever works for good tells nobody of them, and would remember them for ever
            self.refused.append(outcome)

    # What became of it

    def settle(self, session: Session, job: Job, outcome: Outcome) -> None:
        """Write down what became of a file with the last of its conversations."""
        hand = self._hands[job.arrival or 0].and_also(outcome)
        if not hand.left:
            self._write(session, hand)

    def settled(self, job: Job, outcome: Outcome) -> None:
        """It is committed: after the last conversation the file may go."""
        hand = self._hands[job.arrival or 0].and_also(outcome)
        self._hands[job.arrival or 0] = hand
        if not hand.left:
            self._over(hand)

    def _write(self, session: Session, hand: _Hand) -> None:
        id_ = hand.received.id
        if not hand.faults:
            inbox.done(session, id_, hand.calls)
        elif hand.faults & {Fault.MACHINE, Fault.PLACE}:
            inbox.put_off(session, id_, self._worker, hand.reason)
        else:
            inbox.failed(session, id_, self._worker, hand.reason, hand.faults == {Fault.FILE}, hand.calls)

    def _over(self, hand: _Hand) -> None:
        hand.things.close()
        self._hands.pop(hand.received.id, None)
        if hand.faults:
            # What is wrong with a file may quote it, and so stands in its row alone.
            why = hand.reason if hand.faults == {Fault.MACHINE} else "the reason stands with it."
            _log.warning("number %s (%s) was not taken in: %s", hand.received.id, hand.received.sent_as, why)
        if Fault.MACHINE in hand.faults and self._stop:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            self._troubles.say("machine", hand.reason)
        elif not hand.faults:
            self._paused_until = 0.0
            self._troubles.say("machine", "")
        received = hand.received
        if received.door is Door.API and hand.faults <= {Fault.FILE}:
            shutil.rmtree((settings().home / "inbox" / received.spooled).parent, ignore_errors=True)
        if received.door is Door.WATCHED and not hand.faults:
            self._let_go(received)

    def _let_go(self, received: Received) -> None:
        try:
            source_of(received.source).let_go(path_of(received.place), received.key)
        except AttuneError as wrong:
            _log.warning("%s was taken in, and could not be let go: %s", received.sent_as, wrong)


class Troubles:
    """What keeps a worker from working, for people to read: of each thing that may, the latest that was said."""

    def __init__(self, engine: Engine, worker: str) -> None:
        self._engine, self._worker, self._said, self._one = engine, worker, dict[str, str](), Lock()
        self._written = ""

    def say(self, of: str, words: str) -> None:
        """That thing is in trouble, or no longer where nothing is said; written down and logged when that changes."""
        with self._one:
            if _gist(self._said.get(of, "")) != _gist(words):
                self._said[of] = words
                if words:
                    _log.warning("%s", words)
            trouble = " ".join(filter(None, self._said.values()))
            if trouble == self._written:
                return
            try:
                with transaction(self._engine) as session:
                    inbox.say_trouble(session, self._worker, trouble)
                self._written = trouble
            except StorageError:
                _log.debug("what is waited for could not be written down", exc_info=True)


def _gist(words: str) -> str:
    """What is said without numbers: of a connection that broke many systems tell another one each time."""
    return re.sub(r"0x[0-9a-f]+|\d+", "", words)


def work(
    engine: Engine,
    listening: Listening,
    stop: Event,
    *,
    sources: Sequence[Source] = (),
    idle_seconds: float | None = None,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> None:
    """Work on what comes in until told to stop, or where `idle_seconds` is given until nothing has come for as long.

    What is under way when it is told to stop is given back at once. Raises StorageError where the database cannot be used.
    """
    with _at_work(engine) as worker:
        troubles = Troubles(engine, worker)
        patience = Patience(stop, say=partial(troubles.say, "waited for"))
        arrivals = Arrivals(engine, worker, patience, troubles, stop=stop, idle_seconds=idle_seconds)
        watched = (engine, sources, stop, troubles, arrivals)
        watching = Thread(target=_watch, args=watched, daemon=True, name="watched places")
        watching.start()
        try:
            while not (stop.is_set() or arrivals.over):
                try:
                    for outcome in take_in(
                        engine, arrivals.jobs(), listening, ledger=arrivals, patience=patience, stop=stop
                    ):
                        tell(outcome)
                except WorkersAway as away:
                    arrivals.put_off(str(away))
        except Unavailable:
            if not stop.is_set():
                raise
        finally:
            arrivals.close()
            stop.set()
            watching.join()


def _watch(engine: Engine, sources: Sequence[Source], stop: Event, troubles: Troubles, arrivals: Arrivals) -> None:
    """Write down what lies in watched places, beside the work, which may take long."""
    away = {source.shown for source in sources}  # as far as anybody knows
    while sources and not stop.wait(LOOK_SECONDS):
        for source in sources:
            try:
                if source.look(engine) is None:
                    continue
                if source.shown in away:
                    arrivals.came_back(source.shown)
                    away.discard(source.shown)
                said = ""
            except AttuneError as wrong:
                said = str(wrong)
            except Exception:
                _log.exception("%s could not be looked through", source.shown)
                said = f"{source.shown} cannot be looked through; the log says more."
            if said:
                away.add(source.shown)
            try:
                troubles.say(source.shown, said)
            except Exception:  # nothing may end the watching while whoever works lives
                _log.exception("what keeps %s from being watched could not be told", source.shown)


def ingest_files(
    paths: Sequence[Path], metadata: Metadata, listening: Listening, scorecard_names: Sequence[str] = ()
) -> list[Outcome]:
    """Take in files and folders, with progress on standard error; what became of each, in the order it was finished.

    scorecard_names: judge with these; else with those that the metadata names for a call, else with the usual ones. Every
    file is a row before any work begins; one that another program has in hand just now is left to it.
    Raises ScorecardError where a scorecard has problems, StorageError where the database cannot be used, SettingsError where
    it cannot be read what is private: all before anything is heard.
    """
    kinds_taken_out()  # a setting that cannot be read is said before anything is heard
    hours_of()
    originals_are_kept()
    engine = open_database(settings().url)
    Chooser(engine, scorecard_names)
    settings().home.mkdir(parents=True, exist_ok=True)
    named = {_key(file): file for file in _files(paths)}
    cards = tuple(str(Path(name).resolve()) if Path(name).is_file() else name for name in scorecard_names)
    found = [_found(key, file, metadata, cards) for key, file in named.items()]
    worked, reserved = _work_off(engine, listening, found)
    elsewhere = "another program is taking it in just now"
    busy = [Outcome(file, State.SKIPPED, elsewhere) for key, file in named.items() if key not in reserved]
    return [_as_named(outcome, named) for outcome in worked] + busy


def work_off(engine: Engine, listening: Listening) -> list[Outcome]:
    """Work on what waits until nothing does; what became of each conversation. Raises StorageError where the database cannot
    be used."""
    return _work_off(engine, listening, None)[0]


def _work_off(
    engine: Engine, listening: Listening, found: Sequence[Found] | None
) -> tuple[list[Outcome], Mapping[str, int]]:
    """Work on what waits, or on these files alone, until nothing of it does. What became of it, and which could be had."""
    with _at_work(engine) as worker:
        reserved: Mapping[str, int] = {}
        if found is not None:
            with transaction(engine) as session:
                reserved = inbox.reserve(session, worker, found)
        troubles = Troubles(engine, worker)
        patience = Patience(Event(), PATIENCE_SECONDS, partial(troubles.say, "waited for"))
        arrivals = Arrivals(engine, worker, patience, troubles, reserved=found is not None)
        try:
            jobs, expected = arrivals.jobs(), len(found or ())
            worked = list(take_in(engine, jobs, listening, expected=expected, ledger=arrivals, patience=patience))
        finally:
            arrivals.close()
    return arrivals.refused + worked, reserved


def _as_named(outcome: Outcome, named: Mapping[str, Path]) -> Outcome:
    """With the file as it was named on the command line, in place of where it lies."""
    given = named.get(_key(outcome.file), outcome.file)
    return replace(outcome, file=given, reason=outcome.reason.replace(str(outcome.file), str(given)))


@contextmanager
def _at_work(engine: Engine) -> Iterator[str]:
    """Be known as somebody who works until the block ends, and then give back what was not done; the worker's id.

    That it lives is said from beside the work, which may wait for a database for long.
    """
    over, worker = Event(), secrets.token_hex(16)
    sign = _sign_of_life(worker)
    bury_the_dead(engine)
    with transaction(engine) as session:
        inbox.begin_work(session, f"{socket.gethostname()}, process {os.getpid()}", worker)

    def renew() -> None:
        while not over.wait(inbox.LEASE.total_seconds() / 6):
            try:
                with transaction(engine) as session:
                    inbox.renew(session, worker)
            except StorageError as wrong:
                _log.warning("that this worker lives could not be written down: %s", wrong)
            except Exception:  # whatever it is: a worker that lives and does not say so loses what it has in hand
                _log.exception("that this worker lives could not be written down")

    thread = Thread(target=renew, daemon=True, name="lease")
    thread.start()
    try:
        yield worker
    finally:
        over.set()
        thread.join()
        try:
            with transaction(engine) as session:
                inbox.end_work(session, worker)
        except StorageError as wrong:
            _log.warning("what was in hand could not be given back, and is taken up after its lease: %s", wrong)
        finally:
            with suppress(OSError):  # whoever looks finds it without a lock, and takes it away
                _signs(worker).unlink(missing_ok=True)
            sign.close()


def _signs(worker: str) -> Path:
    return settings().home / "workers" / worker


def _sign_of_life(worker: str) -> IO[bytes]:
    """A file of the home that is locked for as long as this process lives, whatever ends it. Raises Unavailable."""
    file = _signs(worker)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sign = file.open("xb")
        fcntl.flock(sign, fcntl.LOCK_EX)
    except OSError as wrong:
        raise Unavailable(f"{file.parent} cannot be written ({wrong.strerror}).") from wrong
    return sign


def bury_the_dead(engine: Engine) -> None:
    """Let what workers of this home had in hand be taken up at once where they were killed, without waiting for the end of
    their leases. Of workers elsewhere nothing is known but their leases."""
    with reading(engine) as session:
        believed = inbox.workers(session)
    for worker in believed:
        try:
            with _signs(worker.id).open("rb") as sign:
                fcntl.flock(sign, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # it lives, or it is none of this home
            continue
        with transaction(engine) as session:
            inbox.bury(session, worker.id)
        with suppress(OSError):
            _signs(worker.id).unlink(missing_ok=True)


# Files


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """What is named, and what lies in the folders that are; files that may hold a recording with more said of it first."""
    for path in dict.fromkeys(paths):
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*"), key=_order) if p.suffix.lower() in SUFFIXES and p.is_file())
            yield from (p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts))
        else:
            yield path


def _order(path: Path) -> tuple[bool, Path]:
    return path.suffix.lower() not in (".vcon", ".json"), path


def _key(file: Path) -> str:
    """What makes a file on this machine the same one. A hash: names may be anybody's."""
    return hashlib.sha256(os.fsencode(file.absolute())).hexdigest()


def _found(key: str, file: Path, metadata: Metadata, scorecards: tuple[str, ...]) -> Found:
    listed = metadata.of(file)
    facts = {**listed.to_dict(), "scorecards": list(scorecards or listed.scorecards)}
    return Found(key, shown_name(file.name), place_of(str(file.absolute())), facts)


def _listed(received: Received) -> Listed:
    """What is known of a file's calls."""
    if received.door is not Door.API:
        return Listed.from_dict(received.facts) if received.facts else Listed()
    sent = Sent.from_dict(received.facts)
    transfers = "" if sent.transfers is None else str(sent.transfers)
    extra = {
        "sent_as": received.sent_as,
        "reason": sent.reason,
        "customer_id": sent.customer_id,
        PHONE_HASH: sent.customer_phone_hash,
        EMAIL_HASH: sent.customer_email_hash,
        "transfers": transfers,
        CASE_COLUMN: sent.case_id,
    }
    return Listed(
        agent=sent.agent,
        team=sent.team,
        customer=sent.customer,
        started_at=sent.started_at,
        direction=sent.direction,
        queue=sent.queue,
        scorecards=sent.scorecards,
        extra={name: value for name, value in extra.items() if value},
    )


@contextmanager
def _at_hand(received: Received) -> Iterator[Path]:
    """The file on this machine and in the clear, until the block ends. Raises InputError, StorageError, OSError."""
    if received.door is Door.API:
        file = settings().home / "inbox" / received.spooled
        if not file.is_file():
            if not (settings().home / "inbox").is_dir():
                raise Unavailable(f"The folder {settings().home / 'inbox'} is away.")
            raise InputError("The file is no longer in the inbox.")
        with in_the_clear(file) as clear:
            yield clear
    elif received.door is Door.COMMAND_LINE:
        yield Path(path_of(received.place))
    else:
        source = source_of(received.source)
        with _folder() as folder, source.at_hand(path_of(received.place), Path(folder)) as file:
            yield file


@contextmanager
def _folder() -> Iterator[str]:
    """An empty folder; what one who was killed leaves there is tidied away with all that lies in the clear."""
    with TemporaryDirectory(prefix=CLEAR_PREFIX, dir=settings().home) as folder:
        yield folder
