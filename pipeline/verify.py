"""Is what is stored of a call still what was judged, and does the same come out again?

Every evaluation of the call is taken, in force or not: its hashes are worked out anew from the transcript and the scorecard
as they lie in the database, it is judged again from the stored signals, and the people's corrections are put on it again.
With `deep` the signals are measured again too. What differs is said in sentences.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

from sqlalchemy.orm import Session

from errors import AttuneError, StorageError
from pipeline.adopted import judges_named
from reviews.correction import corrected
from scorecards.answers import Decided
from scoring.behaviours.learned import Learned
from scoring.evaluate import PROGRAM, evaluate
from scoring.result import Evaluation
from scoring.signals import measure, models_in_use
from scoring.signals.model import Signals
from scoring.signals.shown import learned_stamp
from scoring.verify import (
    Difference,
    Part,
    compare_evaluations,
    compare_signals,
    compare_stamps,
    compare_totals,
)
from storage import queries
from storage.access import Asker
from storage.records import KeptCall, KeptEvaluation, KeptTranscript, StoredEvaluation, Unreadable
from storage.removal import words_are_gone, words_were_taken_out
from transcripts.model import Transcript


@dataclass(frozen=True)
class Verified:
    """What was found of one evaluation, or of the call itself, where `scorecard` and `version` are None."""

    call_id: str
    differences: tuple[Difference, ...]
    scorecard: str | None = None
    version: int | None = None
    in_force: bool = True

    @property
    def agrees(self) -> bool:
        """Whether it is to the letter what comes out again."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """What `cli.py verify` prints."""
        return {
            "call": self.call_id,
            "scorecard": self.scorecard,
            "version": self.version,
            "in_force": self.in_force,
            "agrees": self.agrees,
            "differences": [asdict(difference) for difference in self.differences],
        }


@dataclass(frozen=True)
class _Made:
    """What an evaluation was made of, as far as it is stored; signals that are not kept are measured again."""

    transcript: Transcript
    signals: Signals


def verify_call(session: Session, asker: Asker, call_id: str, *, deep: bool = False) -> Iterator[Verified]:
    """First the call itself, then each of its evaluations, but for those judged before private words were taken out of it.

    Raises StorageError where there is no such call that the asker may see, or its words were removed, ModelError where
    measuring again is needed and cannot be done.
    """
    call = queries.kept_call(session, asker, call_id)
    if call is None:
        raise StorageError(f"There is no call {call_id!r}, or it is not yours to see.")
    if words_are_gone(session, call_id):
        raise StorageError(f"The words of call {call_id} were removed: what was made of them cannot be worked out again.")
    taken_out = words_were_taken_out(session, call_id)
    learned = _learned(session, call)
    made = _made_of(call, learned)
    yield Verified(call_id, tuple(_check_call(call, deep, learned)))
    for kept in call.evaluations:
        if taken_out and _made_of_other_words(kept):
            continue  # what it was made from is gone, as it was private
        differences = tuple(_check_evaluation(call, kept, made, learned))
        yield Verified(call_id, differences, kept.scorecard, kept.version, kept.in_force)


def _made_of_other_words(kept: KeptEvaluation) -> bool:
    return isinstance(kept.stored, StoredEvaluation) and kept.stored.machine.stamp.transcript_hash != kept.transcript_hash


def table(found: Sequence[Verified]) -> str:
    """What differs, for a person to read: a row for each evaluation that does, its sentences below, then the counts."""
    differing = [one for one in found if not one.agrees]
    rows = [("call", "scorecard", "version", "result")]
    for one in differing:
        count = len(one.differences)
        result = f"{count} difference{'s' if count > 1 else ''}{'' if one.in_force else ', no longer in force'}"
        rows.append((one.call_id, one.scorecard or "(the call itself)", str(one.version or ""), result))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    text = [lines[0]]
    for line, one in zip(lines[1:], differing, strict=True):
        text += [line, *(f"    {difference.says}" for difference in one.differences)]
    evaluations = sum(one.scorecard is not None for one in found)
    calls = len({one.call_id for one in found})
    counts = f"{calls} calls with {evaluations} evaluations checked, {len(differing)} differ."
    return "\n".join([*text, "", counts] if differing else [counts])


def _learned(session: Session, call: KeptCall) -> Mapping[str, tuple[Learned, ...]]:
    """By the hash of a transcript: the learned judges that the evaluations made of it name."""
    return {
        kept.transcript_hash: judges_named(session, kept.stored.machine.stamp.models)
        for kept in call.evaluations
        if isinstance(kept.stored, StoredEvaluation)
    }


def _made_of(call: KeptCall, learned: Mapping[str, tuple[Learned, ...]]) -> dict[str, _Made | Unreadable]:
    """By the hash that stands beside a transcript: the transcript and its signals."""
    made: dict[str, _Made | Unreadable] = {}
    for earlier in call.earlier:
        made[earlier.hash] = (
            earlier.transcript
            if isinstance(earlier.transcript, Unreadable)
            else _Made(earlier.transcript, measure(earlier.transcript, learned.get(earlier.hash, ())))
        )
    transcript, signals = call.kept.transcript, call.signals
    if isinstance(transcript, Unreadable):
        made[call.kept.hash] = transcript
    elif isinstance(signals, Unreadable):
        made[call.kept.hash] = signals
    else:
        made[call.kept.hash] = _Made(transcript, signals)
    return made


def _check_call(call: KeptCall, deep: bool, learned: Mapping[str, tuple[Learned, ...]]) -> Iterator[Difference]:
    for kept in call.earlier:
        yield from _check_transcript(kept, "the transcript from before a correction of who spoke")
    yield from _check_transcript(call.kept, "the transcript in force")
    signals = call.signals
    if isinstance(signals, Unreadable):
        yield Difference(Part.UNREADABLE, "signals", f"The signals: {signals.why}")
        return
    for name, copy in call.valences.items():
        if copy != signals.measures.get(name):
            says = f"Lists are filtered by a {name} of {copy}, while {signals.measures.get(name)} was measured."
            yield Difference(Part.STANDING, name, says, copy, signals.measures.get(name))
    if deep and isinstance(call.kept.transcript, Transcript):
        yield from compare_signals(signals, measure(call.kept.transcript, learned.get(call.kept.hash, ())))


def _check_transcript(kept: KeptTranscript, title: str) -> Iterator[Difference]:
    if isinstance(kept.transcript, Unreadable):
        yield Difference(Part.UNREADABLE, "transcript", f"In {title}: {kept.transcript.why}")
    elif kept.transcript.content_hash != kept.hash:
        says = f"In {title} words, speakers or times were changed: its hash is no longer the one that was stored with it."
        yield Difference(Part.TRANSCRIPT, "", says, kept.hash, kept.transcript.content_hash)


def _check_evaluation(
    call: KeptCall,
    kept: KeptEvaluation,
    made: dict[str, _Made | Unreadable],
    learned: Mapping[str, tuple[Learned, ...]],
) -> Iterator[Difference]:
    yield from _check_standing(call, kept)
    stored = kept.stored
    if isinstance(stored, Unreadable):
        yield Difference(Part.UNREADABLE, "", f"The evaluation: {stored.why}")
        return
    yield from _check_hashes(call, kept, stored, made, learned.get(kept.transcript_hash, ()))
    yield from _check_corrections(kept, stored)
    source = made.get(kept.transcript_hash)
    if source is None:
        says = "The transcript that it says it was made from is not stored: it cannot be recomputed."
        yield Difference(Part.TRANSCRIPT, "", says, kept.transcript_hash, call.kept.hash)
    elif isinstance(source, Unreadable):
        yield Difference(Part.UNREADABLE, "", f"What it was made from: {source.why}")
    else:
        try:
            again = evaluate(source.transcript, source.signals, stored.scorecard)
        except AttuneError as wrong:
            yield Difference(Part.SCORECARD, "", f"It cannot be recomputed by the scorecard that is stored: {wrong}")
        else:
            yield from compare_evaluations(stored.machine, again)


def _check_hashes(
    call: KeptCall,
    kept: KeptEvaluation,
    stored: StoredEvaluation,
    made: dict[str, _Made | Unreadable],
    learned: Sequence[Learned],
) -> Iterator[Difference]:
    stamp = stored.machine.stamp
    source = made.get(kept.transcript_hash)
    now = source.transcript.content_hash if isinstance(source, _Made) else kept.transcript_hash
    if not stamp.transcript_hash == kept.transcript_hash == now:
        says = (
            "The transcript is no longer the one that was judged: its hash is another one than the evaluation's stamp has."
        )
        yield Difference(Part.TRANSCRIPT, "", says, stamp.transcript_hash, now)
    definition = stored.scorecard.content_hash
    if not stamp.scorecard_hash == kept.scorecard_hash == definition:
        says = "The scorecard is no longer the one that judged: its hash is another one than the evaluation's stamp has."
        yield Difference(Part.SCORECARD, "", says, stamp.scorecard_hash, definition)
    measured_then = kept.transcript_hash == call.kept.hash  # the signals of earlier transcripts are those of today
    if isinstance(source, _Made) and measured_then and dict(stamp.models) != dict(source.signals.models):
        says = "It says that other models took part than those by which the stored signals were measured."
        yield Difference(Part.MODELS, "", says, dict(stamp.models), dict(source.signals.models))
    yield from compare_stamps(stamp, {**models_in_use(), **learned_stamp(learned)}, PROGRAM)


def _check_corrections(kept: KeptEvaluation, stored: StoredEvaluation) -> Iterator[Difference]:
    """Whether what holds now is the machine's answer with the people's last words on it."""
    last: dict[str, Decided] = {}
    for criterion, corrections in stored.overrides.items():
        held = stored.machine.result(criterion).own.verdict
        for correction in corrections:
            if correction.before is not held:
                says = f"{criterion}: “{correction.before}” is said to have been corrected, but “{held}” held then."
                yield Difference(Part.CORRECTION, criterion, says, correction.before, held)
            held = correction.after
        if any(each.id == criterion for _, each in stored.scorecard):
            last[criterion] = Decided(held, None, corrections[-1].answer)

    def answered(evaluation: Evaluation, criterion: str) -> Evaluation:
        return corrected(evaluation, stored.scorecard, criterion, last[criterion].verdict, last[criterion].answer)

    expected = reduce(answered, last, stored.machine)
    for before, after in zip(stored.current.results, expected.results, strict=True):
        for name in ("verdict", "answer", "probability", "points", "judged_by", "if_asked"):
            old, new = getattr(before, name), getattr(after, name)
            if old != new:
                title = name.replace("_", " ")
                says = (
                    f"{before.criterion}: the {title} that holds is {old}; by the machine and the corrections it is {new}."
                )
                yield Difference(Part.CORRECTION, before.criterion, says, old, new)
    yield from compare_totals(stored.current, expected, Part.CORRECTION)
    current = stored.current
    if (kept.failed, kept.unsure) != (bool(current.failed_by), len(current.unsure)):
        says = "Lists count it by other failures or doubts than its verdicts have."
        now = [bool(current.failed_by), len(current.unsure)]
        yield Difference(Part.STANDING, "", says, [kept.failed, kept.unsure], now)


def _check_standing(call: KeptCall, kept: KeptEvaluation) -> Iterator[Difference]:
    """In force is the newest version that judged the transcript in force, and it alone."""
    rivals = [one for one in call.evaluations if one.scorecard == kept.scorecard and one.transcript_hash == call.kept.hash]
    in_force = bool(rivals) and rivals[-1].id == kept.id
    if in_force is not kept.in_force:
        says = f"It is stored as {'in force' if kept.in_force else 'no longer in force'}, which is not so."
        yield Difference(Part.STANDING, "in_force", says, kept.in_force, in_force)
