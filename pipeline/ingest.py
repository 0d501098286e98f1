"""How do conversations become stored, scored calls: each once, whatever happens on the way?

A call is what its content hash says it is. A recording that is known already is not even opened; what is finished is
committed call by call, so that an interruption loses nothing that was done and doubles nothing when it is repeated. What was
written down of the file that a call came in (`Ledger`) is committed in the same transaction as the call.

A written conversation is the same call in every export (`pipeline.threads`). Two exports of one that are taken in at once
are taken in one after the other; where another program was quicker, it is looked up again.
"""

import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from itertools import chain, islice
from pathlib import Path
from threading import Event
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import InputError, Problem, ScorecardError, SettingsError, StorageError, Unavailable
from pipeline.adopted import adopted_judges
from pipeline.channels import scorecards_by_channel
from pipeline.hours import hours_of
from pipeline.listen import Failed, Fault, Listening, fault_of
from pipeline.logs import about_call
from pipeline.metadata import Listed
from pipeline.names import shown_name
from pipeline.originals import Originals, drop_original, vcon_of
from pipeline.patience import Patience
from pipeline.private import kinds_taken_out, without_private
from pipeline.progress import Progress
from pipeline.score import CARRIED, Judged, Work, hear_and_judge, load_scorecards, work_died
from pipeline.stages import kind_of, stage, timed
from pipeline.tally import Tally
from pipeline.threads import KNOWN_LONGER, REMOVED, GoesOn, Nothing, look_up
from pipeline.unpack import Sound, contents
from pipeline.workers import cores, spread
from scorecards.definition import Scorecard
from scorecards.scope import Channel, Kept
from scoring.behaviours.learned import Learned
from scoring.course import EMAIL_HASH, REASON_COLUMNS, TRANSFER_COLUMNS, without_private_reason
from scoring.evaluate import evaluate
from settings import settings
from storage import clock, repository, scorecard_drafts, sealed, threads
from storage.database import reading, transaction
from storage.identities import EMAIL, hidden
from storage.originals import Original, keep_original_call, original_file
from storage.records import CallFacts, CallKind, ScoredCall
from storage.removal import words_are_gone
from storage.store import CHANGED, recording_file
from transcripts.formats import Conversation, is_transcript, mailbox
from transcripts.identify import call_id_of, file_hash
from transcripts.model import Span, Transcript
from transcripts.silence import silent_spans, write_silenced
from transcripts.threads import Thread
from transcripts.written import on_the_clock

SUFFIXES = frozenset(
    {".wav", ".mp3", ".ogg", ".opus", ".oga", ".flac", ".m4a", ".aac", ".wma", ".amr", ".au", ".aif", ".aiff", ".webm"}
    | {".mp4", ".3gp", ".gsm", ".json", ".jsonl", ".vcon", ".vtt", ".srt", ".mbox", ".eml"}
)
"""What is taken from a folder. A file that is named itself is always tried, whatever its name."""


class State(StrEnum):
    """What became of a conversation."""

    SCORED = "scored"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one conversation of one file: the totals by scorecard where it was scored, else the reason.

    `call_id` is the id of the call where it is stored, now or before; `fault` what a failure lies in, and
    `kind` of which sort it is.
    """

    file: Path
    state: State
    reason: str = ""
    totals: tuple[tuple[str, float | None], ...] = ()
    call_id: str = ""
    fault: Fault = Fault.FILE
    kind: str = ""


@dataclass(frozen=True)
class Job:
    """One conversation to take in. `transcript` is None where it has yet to be heard, `arrival` the id of the row of what it
    came in, where it came by a door.

    `sound` is where the recording lies if not in the file itself (one that a vCon carries), `agent_channel` which of its
    channels is the agent's if the file says so. `taken_in` is when it is said to have come in; None is now. `thread` is by
    what a written one is known again, where it is.
    """

    file: Path
    content_hash: str
    listed: Listed
    scorecards: tuple[Scorecard, ...]
    transcript: Transcript | None = None
    sound: Path | None = None
    agent_channel: int | None = None
    taken_in: datetime | None = None
    arrival: int | None = None
    thread: Thread | None = None

    @property
    def began(self) -> datetime | None:
        """When the first message of a written one was sent; None where that is not known."""
        return self.listed.started_at if self.transcript is not None and self.transcript.clocked else None

    @property
    def call_id(self) -> str:
        """The id that the call has, or will have, in the database."""
        return self.transcript.call_id if self.transcript else call_id_of(self.content_hash)

    @property
    def work(self) -> Work:
        """The part of it that a worker process does."""
        return Work(
            self.content_hash,
            self.file,
            self.sound or self.file,
            self.scorecards,
            self.transcript,
            self.agent_channel,
            self.listed.agent,
            kinds_taken_out(self.listed.team),
        )


class Ledger(Protocol):
    """Where it is written down what becomes of what came in."""

    def settle(self, session: Session, job: Job, outcome: Outcome) -> None:
        """Write down what became of that conversation, in the transaction that stores it. May be asked again where that
        transaction did not come about."""

    def settled(self, job: Job, outcome: Outcome) -> None:
        """That is committed now."""


def take_in(
    engine: Engine,
    jobs: Iterable[Job | None],
    listening: Listening,
    *,
    expected: int = 0,
    ledger: Ledger | None = None,
    patience: Patience | None = None,
    stop: Event | None = None,
) -> Iterator[Outcome]:
    """Hear, judge and store each job that is not known yet; a known one gets the evaluations that it lacks.

    expected: how many there are, for the progress on standard error. ledger: told of each. patience: what is waited for
    where the database or the store is away; without one nothing is. stop: the jobs are found on the way, None among them
    says that there is none just now, and once it is set what is under way is dropped; without one they are all there.
    """
    return _TakingIn(engine, listening, ledger, patience or Patience(Event(), 0), stop).run(jobs, expected)


class _TakingIn:
    """One run: what is under way, by the hash of its content, and what waits for that because its content is the same, or
    because it is the same conversation (`_marks` says of each mark under way in which)."""

    def __init__(
        self, engine: Engine, listening: Listening, ledger: Ledger | None, patience: Patience, stop: Event | None
    ) -> None:
        self._engine, self._listening, self._ledger = engine, listening, ledger
        self._patience, self._stop = patience, stop
        self._under_way: dict[str, Job] = {}
        self._goes_on: dict[str, GoesOn] = {}
        self._marks: dict[str, str] = {}
        self._twins: dict[str, list[Job]] = {}
        self._others: dict[str, list[Job]] = {}
        self._known: deque[Outcome] = deque()
        self._vcons, self._tally = Originals(), Tally(engine)
        self._judges: tuple[Learned, ...] = ()
        self._judges_at = -JUDGES_SECONDS

    def run(self, jobs: Iterable[Job | None], expected: int) -> Iterator[Outcome]:
        """What becomes of each job, as soon as it is known."""
        work = self._work(jobs)
        items: Iterable[Work | None] = work
        if self._stop is None:  # a single one is done here, and no more processes are started than there are conversations
            few = list(islice(work, self._listening.workers or cores()))
            items = few if len(few) < (self._listening.workers or cores()) else chain(few, work)
            if not few:
                yield from self._known
                return
        over = self._stop.is_set if self._stop else lambda: False
        hear = partial(hear_and_judge, listening=self._listening)
        heard = spread(hear, items, work_died, self._listening.workers, stopped=over, dropped=over, carried=CARRIED)
        with Progress(expected, "Calls") as progress, closing(self._tally):
            for done, result in heard:
                for outcome in self._heard(done, result):
                    progress.step()
                    yield outcome
            for outcome in self._told():
                progress.step()
                yield outcome

    def _work(self, jobs: Iterable[Job | None]) -> Iterator[Work | None]:
        for job in jobs:
            if job is None:
                yield None
            elif job.content_hash in self._under_way:
                self._twins.setdefault(job.content_hash, []).append(job)
            elif job.thread and (first := self._of_one_conversation(job.thread)):
                self._others.setdefault(first, []).append(job)
            elif isinstance(found := self._patience(partial(self._found, job)), Nothing):
                self._known.append(self._finish(job, partial(_complete, self._engine, job, of=found)))
            else:
                self._under_way[job.content_hash] = job
                if found:
                    self._goes_on[job.content_hash] = found
                for mark in (*job.thread.marks, *job.thread.links) if job.thread else ():
                    self._marks[mark] = job.content_hash
                yield self._work_of(job, found)

    def _work_of(self, job: Job, found: GoesOn | None) -> Work:
        """What a worker is to do: judge the whole of a conversation that went on."""
        work = replace(job.work, adopted=self._adopted())
        if not found:
            return work
        kinds = kinds_taken_out(found.stored.team)
        if job.listed.team:  # what either team wants taken out
            kinds |= kinds_taken_out(job.listed.team)
        return replace(work, transcript=found.transcript, scorecards=found.scorecards, private=kinds)

    def _of_one_conversation(self, thread: Thread) -> str | None:
        """The hash of what is under way and may be the same conversation."""
        return next((self._marks[mark] for mark in (*thread.marks, *thread.links) if mark in self._marks), None)

    def _heard(self, done: Work, result: Judged | Failed) -> Iterator[Outcome]:
        yield from self._told()
        job, found = self._under_way[done.key], self._goes_on.pop(done.key, None)
        with about_call(found.call_id if found else job.call_id):
            outcome = self._stored(job, found, result)
        yield outcome
        del self._under_way[done.key]
        self._marks = {mark: key for mark, key in self._marks.items() if key != done.key} if job.thread else self._marks
        for twin in self._twins.pop(done.key, ()):
            if outcome.state is State.FAILED:
                reason = f"the same content as {shown_name(job.file.name)}: {outcome.reason}"
                yield self._finish(twin, partial(_as_it_is, replace(outcome, file=twin.file, reason=reason)))
            else:
                said = f"the same content as {shown_name(job.file.name)}"
                of = self._patience(partial(self._twin, twin, outcome.call_id))
                yield self._finish(twin, partial(_complete, self._engine, twin, of=of, known=said))
        for other in self._others.pop(done.key, ()):
            with about_call(other.call_id):
                yield self._after(other)

    def _after(self, job: Job) -> Outcome:
        """Take in another export of a conversation, now that the first one is: here, for the workers may be done."""
        found = self._patience(partial(self._found, job))
        if isinstance(found, Nothing):
            return self._finish(job, partial(_complete, self._engine, job, of=found))
        return self._stored(job, found, hear_and_judge(self._work_of(job, found), self._listening))

    def _stored(self, job: Job, found: GoesOn | None, result: Judged | Failed) -> Outcome:
        """Store what a worker found, and count what it took."""
        if isinstance(result, Failed):
            failed = Outcome(job.file, State.FAILED, result.reason, fault=result.fault, kind=result.kind)
            outcome = self._finish(job, partial(_as_it_is, failed))
        else:
            with timed() as storing, stage("store"):
                outcome = self._finish(job, partial(self._keep, job, found, result))
            if outcome.state is State.SCORED:
                kind = CallKind.RECORDING if job.transcript is None else CallKind.TRANSCRIPT
                seconds = result.transcript.duration_seconds if kind is CallKind.RECORDING else None
                self._tally.done(kind, {**result.seconds, **storing}, seconds or 0.0)
        if outcome.state is State.FAILED:
            self._tally.failed(outcome.kind)
        return outcome

    def _keep(self, job: Job, found: GoesOn | None, judged: Judged, settle: "Settle") -> Outcome:
        """Store it; where the conversation was changed meanwhile, look it up and judge it again."""
        for _ in range(MOST_CHANGES):
            store = partial(_store_longer, found=found) if found else _store
            outcome = store(self._engine, job, judged, self._vcons, settle)
            if outcome is not None:
                return outcome
            now = self._found(job)
            if isinstance(now, Nothing):
                return _complete(self._engine, job, settle, of=now)
            found, again = now, hear_and_judge(self._work_of(job, now), self._listening)
            if isinstance(again, Failed):
                return Outcome(job.file, State.FAILED, again.reason, fault=again.fault, kind=again.kind)
            judged = again
        raise Unavailable("This conversation is changed by somebody else all the time.")

    def _told(self) -> Iterator[Outcome]:
        while self._known:
            yield self._known.popleft()

    def _found(self, job: Job) -> GoesOn | Nothing | None:
        """What is known of it."""
        with reading(self._engine) as session:
            if job.thread and job.transcript:
                found = _look_up(session, job, job.thread, job.transcript)
                if found is not None:
                    return found
            return _known(session, job, job.call_id) if repository.knows_call(session, job.content_hash) else None

    def _twin(self, job: Job, call_id: str) -> Nothing:
        with reading(self._engine) as session:
            return _known(session, job, call_id)

    def _adopted(self) -> tuple[Learned, ...]:
        if time.monotonic() - self._judges_at >= JUDGES_SECONDS:
            self._judges = self._patience(partial(adopted_judges, self._engine))
            self._judges_at = time.monotonic()
        return self._judges

    def _finish(self, job: Job, store: Callable[["Settle"], Outcome]) -> Outcome:
        """Do what stores it, again while the database or the store is away, and have it written down."""

        def settle(session: Session, outcome: Outcome) -> None:
            if self._ledger:
                self._ledger.settle(session, job, outcome)

        def once() -> Outcome:
            outcome = store(settle)
            if outcome.state is State.FAILED and self._ledger:
                with transaction(self._engine) as session:
                    settle(session, outcome)
            return outcome

        try:
            outcome = self._patience(once)
        except Unavailable as wrong:
            if self._stop is not None:
                raise  # told to stop while it waited: what was heard is heard again
            reason = f"{job.file}: {wrong}"
            outcome = Outcome(job.file, State.FAILED, reason, fault=Fault.MACHINE, kind=kind_of(wrong))
        if self._ledger:
            self._ledger.settled(job, outcome)
        return outcome


def _as_it_is(outcome: Outcome, settle: "Settle") -> Outcome:
    """Nothing is stored: that is what became of it."""
    return outcome


Settle = Callable[[Session, Outcome], None]
"""Writes down what became of a conversation, in the transaction that stores it."""

MOST_CHANGES = 5
"""So often a conversation is looked up again that others add to at the same time."""

JUDGES_SECONDS = 10.0
"""How soon a judge that was adopted is asked by whoever is at work."""


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for a person to read: a row each, or where there are very many, the failures; then the counts."""
    shown = [o for o in outcomes if o.state is State.FAILED] if len(outcomes) > MOST_ROWS else list(outcomes)
    counts = ", ".join(f"{sum(o.state is state for o in outcomes)} {state}" for state in State)
    if not shown:
        return f"{counts}."
    rows = [("file", "result", "scores")]
    rows += [
        (shown_name(o.file.name), str(o.state), ", ".join(f"{name} {_total(total)}" for name, total in o.totals))
        for o in shown
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    reasons = [o.reason if o.file.name in o.reason else f"{o.file.name}: {o.reason}" for o in shown if o.reason]
    return "\n".join([*lines, "", *reasons, f"{counts}."])


MOST_ROWS = 60
"""Beyond this many rows a table on a terminal is read by nobody."""


def _total(total: float | None) -> str:
    return "not scored" if total is None else f"{total:.0f}"


class Chooser:
    """Which scorecards judge a call; each is read, checked and stored once.

    Those that were named for all calls, else those that the list names for this one, else those that are for it: every
    scorecard for which somebody said so on the page, and of the usual ones those for which nobody said otherwise. Where
    somebody activated or retired a scorecard on the page, that counts and not the file of its name.
    """

    def __init__(self, engine: Engine, names: Sequence[str]) -> None:
        self._engine = engine
        self._names = tuple(names)
        self._named: dict[tuple[str, ...], tuple[Scorecard, ...]] = {}
        with reading(engine) as session:
            self._state = scorecard_drafts.in_force(session)
        self._usual = self._load_usual()
        if self._names:
            self._of_names(self._names)

    def of(self, listed: Listed, channel: Channel) -> tuple[Scorecard, ...]:
        """The scorecards for a call of which this is known. Raises ScorecardError or StorageError."""
        names = self._names or listed.scorecards
        if names:
            return self._of_names(names)
        call = Kept(channel, listed.team, listed.queue, listed.direction)
        usual = self._of_channel.get(channel, self._of_channel[None])
        said = self._state.scopes
        return tuple(card for id_, card in self._usual.items() if (said[id_].covers(call) if id_ in said else id_ in usual))

    def _load_usual(self) -> dict[str, Scorecard]:
        """Every scorecard that may be for a call of itself, by its id: first those of the settings, which say for which
        channels they are where nobody said so on the page."""
        self._of_channel: dict[Channel | None, set[str]] = {None: set()}
        found: dict[str, Scorecard] = {}
        usual = [(None, tuple(settings().scorecards.split())), *scorecards_by_channel()]
        for channel, names in [] if self._names else usual:
            cards = [card for card in map(self._decide, names) if card is not None]
            self._of_channel.setdefault(channel, set()).update(card.id for card in cards)
            found |= {card.id: card for card in cards if card.id not in found}
        state = self._state
        found |= {id_: card for id_, card in state.active.items() if id_ in state.scopes and id_ not in found}
        self._keep(found.values())
        return found

    def _of_names(self, names: tuple[str, ...]) -> tuple[Scorecard, ...]:
        if names not in self._named:
            cards = {name: self._decide(name) for name in names}
            retired = [
                Problem(name, None, "", "this scorecard is retired; name another") for name in names if not cards[name]
            ]
            if retired:
                raise ScorecardError(retired)
            self._named[names] = tuple(card for card in cards.values() if card is not None)
            self._keep(self._named[names])
        return self._named[names]

    def _decide(self, name: str) -> Scorecard | None:
        """The scorecard of that name or file, as somebody decided on the page, None where they retired it."""
        decided = self._state.decided
        if name in decided:  # one that was made on the page has no file
            return decided[name]
        (card,) = load_scorecards([name])
        return decided.get(card.id, card)

    def _keep(self, cards: Iterable[Scorecard]) -> None:
        with transaction(self._engine) as session:
            for card in cards:
                repository.save_scorecard_version(session, card)


def jobs_of(file: Path, listed: Listed, choose: Chooser, folder: Path) -> Iterator[Job]:
    """A job for each conversation of a file; recordings from inside it are put into that empty folder.

    Raises InputError where it cannot be used, StorageError.
    """
    if not is_transcript(file):
        yield Job(file, file_hash(file), listed, choose.of(listed, Channel.RECORDING))
        return
    inside = contents(file, folder)
    for said in inside.conversations:
        known = _filled(listed, said)
        if said.transcript.clocked and said.started_at:  # from which its messages are counted
            known = replace(known, started_at=said.started_at)
        medium = said.transcript.medium
        cards = choose.of(listed, Channel(medium) if medium else Channel.WRITTEN)
        timed = on_the_clock(said.transcript, said.started_at, hours_of(known.team))
        yield Job(file, conversation_hash(said.transcript), known, cards, timed, thread=said.thread)
    for sound in inside.sounds:
        known = _filled(listed, sound)
        digest = file_hash(sound.path)
        cards = choose.of(listed, Channel.RECORDING)
        yield Job(file, digest, known, cards, sound=sound.path, agent_channel=sound.agent_channel)


def _filled(listed: Listed, said: Conversation | Sound) -> Listed:
    """What the list says, and where it is silent what the file itself says."""
    given = {name.strip().lower() for name, value in listed.extra.items() if value}
    extra = dict(listed.extra)
    if said.reason and not given & set(REASON_COLUMNS):
        extra["reason"] = said.reason
    if said.transfers is not None and not given & set(TRANSFER_COLUMNS):
        extra["transfers"] = str(said.transfers)
    if isinstance(said, Conversation) and said.customer_email and EMAIL_HASH not in given:
        extra |= hidden({EMAIL: said.customer_email})
    return replace(
        listed,
        started_at=listed.started_at or said.started_at,
        agent=listed.agent or said.agent,
        customer=listed.customer or said.customer,
        extra=extra,
    )


def conversation_hash(transcript: Transcript) -> str:
    """What makes a written conversation the same one: its id and its words.

    An e-mail's id is made of its words already, and who is the agent in it hangs on what else lies in the mailbox.
    """
    if transcript.engine == mailbox.NAME:
        return hashlib.sha256(f"{transcript.engine}\n{transcript.call_id}".encode()).hexdigest()
    return hashlib.sha256(f"{transcript.call_id}\n{transcript.said_hash}".encode()).hexdigest()


def _known(session: Session, job: Job, call_id: str) -> Nothing:
    """That its content is that call's; who may not go on with a written conversation has nothing more judged of it."""
    others = bool(job.thread) and not threads.may_go_on(session, threads.came_by(session, job.arrival), call_id)
    return Nothing(call_id, others=others)


def _look_up(session: Session, job: Job, thread: Thread, transcript: Transcript) -> GoesOn | Nothing | None:
    return look_up(session, transcript, job.began, thread, job.scorecards, job.listed.extra, job.arrival)


def _complete(engine: Engine, job: Job, settle: Settle, *, of: Nothing, known: str = "scored before") -> Outcome:
    """Give a call that is known the evaluations that it lacks, from what is stored of it; `known` says how it is."""
    transcript, call_id = None, of.call_id
    with reading(engine) as session:
        there = {(e.scorecard.id, e.scorecard.version) for e in repository.load_evaluations(session, call_id)}
        missing = [card for card in job.scorecards if not of.others and (card.id, card.version) not in there]
        gone = bool(missing) and words_are_gone(session, call_id)
        if missing and not gone and not of.removed:
            transcript = repository.load_transcript(session, call_id)
            signals = repository.load_signals(session, call_id)
        if job.thread and threads.messages(session, call_id) > len(job.thread.marks):
            known = KNOWN_LONGER
        unmarked = bool(job.thread) and not threads.has_marks(session, call_id) and not words_are_gone(session, call_id)
    if of.removed:
        outcome = Outcome(job.file, State.SKIPPED, REMOVED, call_id=call_id)
    elif transcript is None:
        why = "taken in before; its words were removed since" if gone else known
        outcome = Outcome(job.file, State.SKIPPED, why, call_id=call_id)
    else:
        evaluations = [(card, evaluate(transcript, signals, card)) for card in missing]
        totals = tuple((card.id, evaluation.total) for card, evaluation in evaluations)
        outcome = Outcome(job.file, State.SCORED, "heard before, now also judged by these", totals, call_id)
    with transaction(engine) as session:
        if job.thread and unmarked:  # taken in before conversations were known again
            threads.remember(session, call_id, job.thread, threads.came_by(session, job.arrival))
        if transcript is not None:
            for card, evaluation in evaluations:
                repository.add_evaluation(session, card, evaluation)
        settle(session, outcome)
    return outcome


def keep_recording(file: Path, content_hash: str, silent: Sequence[Span] = ()) -> str:
    """Copy a recording to where it is kept, by its content; its path relative to the folder of recordings.

    Its own name is not used, so that no name can lead anywhere else. Where seconds of it are to be silent only the sound
    without them is ever written. Raises StorageError where it cannot be written or where the copy is not what was read,
    RecordingError where it cannot be written without what is private.
    """
    relative = f"{content_hash[:2]}/{content_hash}{'.flac' if silent else _ending(file)}"
    kept = recording_file(relative)
    if not kept.exists():
        if silent:
            with kept.writing() as part:
                write_silenced(file, part, silent)
                sealed.seal_again(part)
                if file_hash(file) != content_hash:
                    raise StorageError(CHANGED)
        else:
            kept.keep(file, content_hash)
    return relative


def _store(engine: Engine, job: Job, judged: Judged, vcons: Originals, settle: Settle) -> Outcome | None:
    """Keep the recording, then everything made of it in one transaction; None where it is a written conversation of which
    another export was stored meanwhile. Raises Unavailable."""
    totals = tuple((card.id, e.total) for card, e in judged.evaluations)
    try:
        facts = _facts(job)
        if judged.original is not None:
            keep_original_call(_original(job, judged.original), job.call_id)
        if facts.kind is CallKind.RECORDING:
            silent = silent_spans(judged.removed, judged.transcript.duration_seconds)
            facts = replace(facts, recording=keep_recording(job.sound or job.file, job.content_hash, silent))
        if job.transcript or job.sound:
            vcons.keep(job.file, job.call_id, holds_private=bool(judged.removed))
        with clock.at(job.taken_in) if job.taken_in else nullcontext(), transaction(engine) as session:
            if job.thread and job.transcript:
                threads.lock(session, job.thread)
                if meanwhile := _look_up(session, job, job.thread, job.transcript):
                    if meanwhile.call_id != job.call_id:
                        drop_original(job.call_id)
                        original_file(job.call_id).delete()
                    return None
            scored = ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations)
            if repository.store_scored_call(session, scored):
                outcome = Outcome(job.file, State.SCORED, totals=totals, call_id=job.call_id)
                if job.thread:
                    threads.remember(session, job.call_id, job.thread, threads.came_by(session, job.arrival))
            else:
                said = "stored by someone else in the meantime"
                outcome = Outcome(job.file, State.SKIPPED, said, call_id=job.call_id)
            settle(session, outcome)
        return outcome
    except Unavailable:
        raise
    except (OSError, StorageError, InputError, SettingsError) as wrong:
        return _not_stored(job, wrong)


def _store_longer(
    engine: Engine, job: Job, judged: Judged, vcons: Originals, settle: Settle, *, found: GoesOn
) -> Outcome | None:
    """Put a conversation that went on in the place of what is stored of it; None where that was changed meanwhile. Raises
    Unavailable."""
    call_id = found.call_id
    totals = tuple((card.id, e.total) for card, e in judged.evaluations)
    try:
        original = found.as_it_came() if judged.original or found.has_original else None
        with clock.at(job.taken_in) if job.taken_in else nullcontext(), transaction(engine) as session:
            if job.thread:
                threads.lock(session, job.thread)
            if threads.go_on(session, found.to_store(judged, _facts(job))) is None:
                return None
            outcome = Outcome(job.file, State.SCORED, found.said(), totals, call_id)
            settle(session, outcome)
        if original:
            keep_original_call(Original(original), call_id)
        # One that held something private was not kept, and this one has its words again.
        vcons.keep(job.file, call_id, holds_private=bool(judged.removed) or not vcon_of(call_id).exists())
        return outcome
    except Unavailable:
        raise
    except (OSError, StorageError, InputError, SettingsError) as wrong:
        return _not_stored(job, wrong)


def _not_stored(job: Job, wrong: OSError | StorageError | InputError | SettingsError) -> Outcome:
    """That it could not be stored, where that lies in it. Raises Unavailable where it lies in the machine."""
    if isinstance(wrong, OSError):
        raise Unavailable(f"{job.file} cannot be read or kept ({wrong.strerror}).") from wrong
    return Outcome(job.file, State.FAILED, f"{job.file}: {wrong}", fault=fault_of(wrong), kind=kind_of(wrong))


def _ending(file: Path) -> str:
    """The harmless end of a file's name, with its dot; empty where it has none."""
    suffix = file.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ""


def _original(job: Job, transcript: Transcript) -> Original:
    """The call as it came, with its sound where it is a recording."""
    if job.transcript is not None:
        return Original(transcript)
    sound = job.sound or job.file
    return Original(transcript, sound.read_bytes(), _ending(sound))


def _facts(job: Job) -> CallFacts:
    """What is known of a call besides its words; private words are taken out of its reason, which may be a sentence."""
    listed = job.listed
    kinds = kinds_taken_out(listed.team)
    return CallFacts(
        content_hash=job.content_hash,
        kind=CallKind.RECORDING if job.transcript is None else CallKind.TRANSCRIPT,
        file_name=shown_name(job.file.name),
        started_at=listed.started_at or datetime.fromtimestamp(job.file.stat().st_mtime, UTC),
        agent=listed.agent or None,
        team=listed.team or None,
        customer=listed.customer,
        direction=listed.direction,
        queue=listed.queue,
        extra=without_private_reason(listed.extra, lambda text: without_private(text, kinds)),
    )
