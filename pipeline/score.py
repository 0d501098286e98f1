"""How does a conversation become evaluations, without anything being stored?"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from errors import AttuneError, Problem, ScorecardError
from pipeline.cluster import Carried
from pipeline.hours import hours_of
from pipeline.listen import Failed, Fault, Listening, fault_of, worker_died
from pipeline.logs import about_call
from pipeline.private import kinds_taken_out
from pipeline.progress import Progress
from pipeline.stages import kind_of, stage, timed
from pipeline.unpack import contents
from pipeline.workers import spread
from scorecards.definition import Scorecard
from scorecards.load import find_scorecard
from scoring.asked import answer_words
from scoring.behaviours.learned import Learned
from scoring.criteria import load_checked
from scoring.evaluate import evaluate
from scoring.result import Evaluation
from scoring.signals import measure
from scoring.signals.model import Signals
from settings import settings
from transcripts.formats import is_transcript
from transcripts.identify import call_id_of
from transcripts.model import Transcript
from transcripts.private import ALL_KINDS, Kind, Removed, redact
from transcripts.written import on_the_clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """A conversation with what was measured of it and what the scorecards say.

    removed: the places where private words were taken out of it. original: how it was before, where that is kept.
    seconds: how long each stage took that made it.
    """

    transcript: Transcript
    signals: Signals
    evaluations: tuple[tuple[Scorecard, Evaluation], ...]
    removed: tuple[Removed, ...] = ()
    original: Transcript | None = None
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Scored:
    """A file with its conversations judged: one of a recording, perhaps several of a file of transcripts."""

    file: Path
    conversations: tuple[Judged, ...]


def load_scorecards(names: Sequence[str]) -> tuple[Scorecard, ...]:
    """The scorecards of these names or files, in this order, each once.

    Raises ScorecardError with every problem of every one of them.
    """
    cards: list[Scorecard] = []
    problems: list[Problem] = []
    for file in [find_scorecard(name) for name in dict.fromkeys(names)]:
        try:
            cards.append(load_checked(file))
        except ScorecardError as wrong:
            problems += wrong.problems
    if problems:
        raise ScorecardError(problems)
    return tuple(cards)


def judge(transcript: Transcript, scorecards: Sequence[Scorecard], adopted: Sequence[Learned] = ()) -> Judged:
    """Measure a conversation once, by the adopted judges where there are any, and judge it by each scorecard."""
    with stage("measure"):
        signals = measure(transcript, adopted)
    with stage("judge"):
        return Judged(transcript, signals, tuple((card, evaluate(transcript, signals, card)) for card in scorecards))


@dataclass(frozen=True)
class Work:
    """One conversation to judge, to be heard first where it has no transcript yet.

    It knows nothing of a database, so that a worker process need not load one to do it. `key` is the caller's name for it,
    `file` what it came in, `sound` the recording, `agent_channel` the agent's where the file says so,
    `agent_name` the agent's name where it is known, `private` the kinds of private words that are taken out, `adopted` the
    judges that a centre has taught and adopted.
    """

    key: str
    file: Path
    sound: Path
    scorecards: tuple[Scorecard, ...]
    transcript: Transcript | None = None
    agent_channel: int | None = None
    agent_name: str = ""
    private: frozenset[Kind] = ALL_KINDS
    adopted: tuple[Learned, ...] = ()

    @property
    def call_id(self) -> str:
        """The id that the call has, or will have."""
        return self.transcript.call_id if self.transcript else call_id_of(self.key)


def hear_and_judge(work: Work, listening: Listening) -> Judged | Failed:
    """Do that work; what cannot be used comes back as the reason, and so does a fault of ours, which the log has more of."""
    with about_call(work.call_id), timed() as seconds:
        found = _hear_and_judge(work, listening)
    return replace(found, seconds=seconds) if isinstance(found, Judged) else found


def _hear_and_judge(work: Work, listening: Listening) -> Judged | Failed:
    try:
        with stage("hear"):
            transcript = work.transcript or listening.to(work.sound, work.agent_channel, work.agent_name)
        with stage("redact"):
            without = redact(transcript, work.private)
        original = transcript if without.removed and settings().originals == "keep" else None
        return replace(judge(without.transcript, work.scorecards, work.adopted), removed=without.removed, original=original)
    except AttuneError as wrong:
        _log.warning("not taken in, for a failure of the kind %s", kind_of(wrong))
        return Failed(work.file, str(wrong), kind_of(wrong), fault_of(wrong))
    except MemoryError:
        return Failed(work.file, f"{work.file}: there is not enough memory to work on this file.", "memory", Fault.UNKNOWN)
    except Exception:
        _log.exception("%s could not be worked on", work.file)
        reason = f"{work.file}: this failed through a fault of Attune; its log says more."
        return Failed(work.file, reason, "fault", Fault.UNKNOWN)


def _sound_of(work: Work) -> Path | None:
    return work.sound if work.transcript is None else None


def _with_sound(work: Work, sound: Path) -> Work:
    return replace(work, sound=sound)


def _not_carried(work: Work, reason: str) -> Failed:
    return Failed(work.file, reason, "recording")


CARRIED: Carried[Work, Judged | Failed] = Carried(_sound_of, _with_sound, _not_carried)
"""How such work gets to a worker on another machine."""


def work_died(work: Work) -> Failed:
    """The answer for work that ended the process which did it."""
    return worker_died(work.file)


def score_files(
    files: Sequence[Path], names: Sequence[str], listening: Listening, adopted: Sequence[Learned] = ()
) -> Iterator[Scored | Failed]:
    """Judge recordings and transcripts by the named scorecards, each file's result as soon as it is there.

    adopted: the judges that a centre has taught and adopted.
    """
    scorecards = load_scorecards(names)
    with Progress(len(files), "Scoring") as progress:
        for _, outcome in spread(
            partial(_score, scorecards=scorecards, listening=listening, adopted=adopted),
            files,
            worker_died,
            listening.workers,
        ):
            progress.step()
            yield outcome


def _score(file: Path, scorecards: Sequence[Scorecard], listening: Listening, adopted: Sequence[Learned]) -> Scored | Failed:
    try:
        conversations = conversations_of(file, listening)
        kinds = kinds_taken_out()
        without = (redact(transcript, kinds).transcript for transcript in conversations)
        return Scored(file, tuple(judge(transcript, scorecards, adopted) for transcript in without))
    except AttuneError as wrong:
        return Failed(file, str(wrong))


def conversations_of(file: Path, listening: Listening) -> Iterator[Transcript]:
    """The conversations in a file: that of a recording, heard, or those of a file of transcripts. Raises InputError."""
    if not is_transcript(file):
        yield listening.to(file)
        return
    with TemporaryDirectory(prefix="attune-") as folder:
        inside = contents(file, Path(folder))
        yield from (on_the_clock(said.transcript, said.started_at, hours_of()) for said in inside.conversations)
        yield from (listening.to(sound.path, sound.agent_channel, sound.agent) for sound in inside.sounds)


def as_lines(scored: Scored) -> Iterator[dict[str, Any]]:
    """What `cli.py score` prints: a line for each evaluation, with the criteria's questions beside the verdicts."""
    for conversation in scored.conversations:
        for scorecard, evaluation in conversation.evaluations:
            yield {"file": str(scored.file), **written_out(evaluation, scorecard)}


def written_out(evaluation: Evaluation, scorecard: Scorecard) -> dict[str, Any]:
    """An evaluation for other programs: with the band of its total, each question and its answer in words."""
    line = evaluation.to_dict()
    line["band"] = scorecard.band(evaluation.total)
    for written, result in zip(line["results"], evaluation.results, strict=True):
        criterion = scorecard.criterion(result.criterion)
        written["question"], written["answer_label"] = criterion.question, answer_words(criterion, result)
    return line
