"""How do files become stored, scored calls: each once, whatever happens on the way?

A call is what its content hash says it is. A recording that is known already is not even opened; what is finished is
committed call by call, so that an interruption loses nothing that was done and doubles nothing when it is repeated.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from errors import InputError, Problem, ScorecardError, SettingsError, StorageError
from pipeline.adopted import adopted_judges
from pipeline.listen import Failed, Listening
from pipeline.logs import about_call
from pipeline.metadata import Listed, Metadata
from pipeline.originals import Originals
from pipeline.private import kinds_taken_out
from pipeline.progress import Progress
from pipeline.score import CARRIED, Judged, Work, hear_and_judge, load_scorecards, work_died
from pipeline.stages import kind_of, stage, timed
from pipeline.tally import Tally
from pipeline.unpack import Sound, contents
from pipeline.workers import spread
from scorecards.definition import Scorecard
from scorecards.scope import EVERYTHING, Channel, Kept, Scope
from scoring.course import REASON_COLUMNS, TRANSFER_COLUMNS
from scoring.evaluate import evaluate
from settings import settings
from storage import clock, repository, scorecard_drafts, sealed
from storage.database import open_database, reading, transaction
from storage.originals import Original, keep_original_call, originals_are_kept
from storage.records import CallFacts, CallKind, ScoredCall
from storage.removal import words_are_gone
from storage.store import CHANGED, recording_file
from transcripts.formats import Conversation, is_transcript
from transcripts.identify import call_id_of, file_hash
from transcripts.model import Span, Transcript
from transcripts.silence import silent_spans, write_silenced

SUFFIXES = frozenset(
    {".wav", ".mp3", ".ogg", ".opus", ".oga", ".flac", ".m4a", ".aac", ".wma", ".amr", ".au", ".aif", ".aiff", ".webm"}
    | {".mp4", ".3gp", ".gsm", ".json", ".jsonl", ".vcon", ".vtt", ".srt"}
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

    `call_id` is the id of the call where it is stored, now or before.
    """

    file: Path
    state: State
    reason: str = ""
    totals: tuple[tuple[str, float | None], ...] = ()
    call_id: str = ""


@dataclass(frozen=True)
class Job:
    """One conversation to take in. `transcript` is None where it has yet to be heard.

    `sound` is where the recording lies if not in the file itself (one that a vCon carries), `agent_channel` which of its
    channels is the agent's if the file says so. `taken_in` is when it is said to have come in; None is now.
    """

    file: Path
    content_hash: str
    listed: Listed
    scorecards: tuple[Scorecard, ...]
    transcript: Transcript | None = None
    sound: Path | None = None
    agent_channel: int | None = None
    taken_in: datetime | None = None

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


def ingest_files(
    paths: Sequence[Path], metadata: Metadata, listening: Listening, scorecard_names: Sequence[str] = ()
) -> list[Outcome]:
    """Take in files and folders, with progress on standard error; what became of each, in the order it was finished.

    scorecard_names: judge with these; else with those that the metadata names for a call, else with the usual ones.
    Raises ScorecardError where a scorecard has problems, StorageError where the database cannot be used, SettingsError where
    it cannot be read what is private: all before anything is heard.
    """
    kinds_taken_out()  # a setting that cannot be read is said before anything is heard
    originals_are_kept()
    engine = open_database(settings().url)
    choose = Chooser(engine, scorecard_names)
    outcomes: list[Outcome] = []
    jobs: list[Job] = []
    settings().home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="unpacked-", dir=settings().home) as unpacked:
        for found in _find_jobs(paths, metadata, choose, Path(unpacked)):
            if isinstance(found, Outcome):
                outcomes.append(found)
            else:
                jobs.append(found)
        return outcomes + list(take_in(engine, jobs, listening))


def take_in(engine: Engine, jobs: Iterable[Job], listening: Listening) -> Iterator[Outcome]:
    """Hear, judge and store each job that is not known yet; a known one gets the evaluations that it lacks."""
    new: dict[str, Job] = {}
    for job in jobs:
        with reading(engine) as session:
            known = repository.knows_call(session, job.content_hash)
        if known:
            yield _complete(engine, job)
        elif job.content_hash in new:
            same = new[job.content_hash]
            if same.agent_channel is None and job.agent_channel is not None:
                new[job.content_hash], job, same = job, same, job  # a vCon says more of the recording than it does itself
            yield Outcome(job.file, State.SKIPPED, f"the same content as {same.file.name}", call_id=job.call_id)
        else:
            new[job.content_hash] = job
    vcons, tally = Originals(), Tally(engine)
    with Progress(len(new), "Calls") as progress, closing(tally):
        work = [job.work for job in new.values()]
        hear = partial(hear_and_judge, listening=listening, adopted=adopted_judges(engine) if work else ())
        for done, result in spread(hear, work, work_died, listening.workers, carried=CARRIED):
            progress.step()
            job = new[done.key]
            with about_call(job.call_id):
                outcome = _taken_in(engine, job, result, vcons, tally)
            yield outcome


def _taken_in(engine: Engine, job: Job, result: Judged | Failed, vcons: Originals, tally: Tally) -> Outcome:
    """Store what a worker found, and count what it took."""
    if isinstance(result, Failed):
        tally.failed(result.kind)
        return Outcome(job.file, State.FAILED, result.reason)
    try:
        with timed() as storing, stage("store"):
            outcome = _store(engine, job, result, vcons)
    except (StorageError, InputError, SettingsError) as wrong:
        tally.failed(kind_of(wrong))
        return Outcome(job.file, State.FAILED, f"{job.file}: {wrong}")
    if outcome.state is State.SCORED:
        heard = job.transcript is None
        seconds = (result.transcript.duration_seconds or 0.0) if heard else 0.0
        tally.done(CallKind.RECORDING if heard else CallKind.TRANSCRIPT, {**result.seconds, **storing}, seconds)
    return outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for a person to read: a row each, or where there are very many, the failures; then the counts."""
    shown = [o for o in outcomes if o.state is State.FAILED] if len(outcomes) > MOST_ROWS else list(outcomes)
    counts = ", ".join(f"{sum(o.state is state for o in outcomes)} {state}" for state in State)
    if not shown:
        return f"{counts}."
    rows = [("file", "result", "scores")]
    rows += [(o.file.name, str(o.state), ", ".join(f"{name} {_total(total)}" for name, total in o.totals)) for o in shown]
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
        return tuple(card for card, scope in self._usual if scope.covers(call))

    def _load_usual(self) -> tuple[tuple[Scorecard, Scope], ...]:
        """Every scorecard that may be for a call of itself, with what it is for: first those of the settings."""
        found: dict[str, Scorecard] = {}
        for name in [] if self._names else settings().scorecards.split():
            card = self._decide(name)
            if card is not None:
                found[card.id] = card
        state = self._state
        found |= {id_: card for id_, card in state.active.items() if id_ in state.scopes and id_ not in found}
        self._keep(found.values())
        return tuple((card, state.scopes.get(id_, EVERYTHING)) for id_, card in found.items())

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


def _find_jobs(paths: Sequence[Path], metadata: Metadata, choose: Chooser, unpacked: Path) -> Iterator[Job | Outcome]:
    """A job for each conversation of each file; recordings from inside a file are put into a folder each."""
    for number, file in enumerate(_files(paths)):
        try:
            listed = metadata.of(file)
            if not is_transcript(file):
                yield Job(file, file_hash(file), listed, choose.of(listed, Channel.RECORDING))
                continue
            folder = unpacked / str(number)
            folder.mkdir()
            inside = contents(file, folder)
            for said in inside.conversations:
                known = _filled(listed, said)
                cards = choose.of(listed, Channel.WRITTEN)
                yield Job(file, conversation_hash(said.transcript), known, cards, said.transcript)
            for sound in inside.sounds:
                known = _filled(listed, sound)
                digest = file_hash(sound.path)
                cards = choose.of(listed, Channel.RECORDING)
                yield Job(file, digest, known, cards, sound=sound.path, agent_channel=sound.agent_channel)
        except InputError as wrong:
            yield Outcome(file, State.FAILED, str(wrong))


def _filled(listed: Listed, said: Conversation | Sound) -> Listed:
    """What the list says, and where it is silent what the file itself says."""
    given = {name.strip().lower() for name, value in listed.extra.items() if value}
    extra = dict(listed.extra)
    if said.reason and not given & set(REASON_COLUMNS):
        extra["reason"] = said.reason
    if said.transfers is not None and not given & set(TRANSFER_COLUMNS):
        extra["transfers"] = str(said.transfers)
    return replace(
        listed,
        started_at=listed.started_at or said.started_at,
        agent=listed.agent or said.agent,
        customer=listed.customer or said.customer,
        extra=extra,
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in dict.fromkeys(paths):
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.suffix.lower() in SUFFIXES and p.is_file())
            yield from (p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts))
        else:
            yield path


def conversation_hash(transcript: Transcript) -> str:
    """What makes a written conversation the same one: its id and its words."""
    return hashlib.sha256(f"{transcript.call_id}\n{transcript.content_hash}".encode()).hexdigest()


def _complete(engine: Engine, job: Job) -> Outcome:
    """Give a call that is known the evaluations that it lacks, from what is stored of it."""
    with reading(engine) as session:
        there = {(e.scorecard.id, e.scorecard.version) for e in repository.load_evaluations(session, job.call_id)}
        missing = [card for card in job.scorecards if (card.id, card.version) not in there]
        if not missing:
            return Outcome(job.file, State.SKIPPED, "scored before", call_id=job.call_id)
        if words_are_gone(session, job.call_id):
            return Outcome(job.file, State.SKIPPED, "taken in before; its words were removed since", call_id=job.call_id)
        transcript = repository.load_transcript(session, job.call_id)
        signals = repository.load_signals(session, job.call_id)
    totals: list[tuple[str, float | None]] = []
    for card in missing:
        evaluation = evaluate(transcript, signals, card)
        with transaction(engine) as session:
            repository.add_evaluation(session, card, evaluation)
        totals.append((card.id, evaluation.total))
    return Outcome(job.file, State.SCORED, "heard before, now also judged by these", tuple(totals), job.call_id)


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


def _store(engine: Engine, job: Job, judged: Judged, vcons: Originals) -> Outcome:
    """Keep the recording, then everything made of it in one transaction. Raises StorageError, InputError, SettingsError."""
    facts = _facts(job)
    if judged.original is not None:
        keep_original_call(_original(job, judged.original), job.call_id)
    if facts.kind is CallKind.RECORDING:
        silent = silent_spans(judged.removed, judged.transcript.duration_seconds)
        facts = replace(facts, recording=keep_recording(job.sound or job.file, job.content_hash, silent))
    if job.transcript or job.sound:
        vcons.keep(job.file, job.call_id, holds_private=bool(judged.removed))
    with clock.at(job.taken_in) if job.taken_in else nullcontext(), transaction(engine) as session:
        scored = ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations)
        new = repository.store_scored_call(session, scored)
    if not new:
        return Outcome(job.file, State.SKIPPED, "stored by someone else in the meantime", call_id=job.call_id)
    totals = tuple((card.id, e.total) for card, e in judged.evaluations)
    return Outcome(job.file, State.SCORED, totals=totals, call_id=job.call_id)


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
    """What is known of a call besides its words."""
    listed = job.listed
    return CallFacts(
        content_hash=job.content_hash,
        kind=CallKind.RECORDING if job.transcript is None else CallKind.TRANSCRIPT,
        file_name=job.file.name,
        started_at=listed.started_at or datetime.fromtimestamp(job.file.stat().st_mtime, UTC),
        agent=listed.agent or None,
        team=listed.team or None,
        customer=listed.customer,
        direction=listed.direction,
        queue=listed.queue,
        extra=dict(listed.extra),
    )
