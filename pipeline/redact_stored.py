"""How are private words taken out of calls that were stored before that was switched on, or for a team that it was off for?

Call by call: the words, what was measured of them, the recording, quotes, notes and earlier transcripts, by the settings in
force for the call's team. A call that has nothing left to be taken out is not changed, so that whoever is interrupted goes
on by beginning again. Calls under a legal hold are passed over.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import Engine

from errors import AttuneError
from pipeline.adopted import adopted_judges
from pipeline.kept_files import audio_files, delete_files
from pipeline.private import kinds_taken_out, without_private
from pipeline.score import judge
from storage import keeping, redaction, sealed
from storage.access import Asker
from storage.audit import What
from storage.database import reading, scrub, transaction
from storage.keeping import ReportKind
from storage.originals import Original, keep_original_call, original_file, originals_are_kept
from storage.redaction import CleanCall, Reading, StoredCall
from storage.repository import load_transcript
from storage.store import recording_file, recordings_in
from transcripts.model import Transcript
from transcripts.private import Kind, Redacted, redact
from transcripts.silence import silent_spans, write_silenced


@dataclass(frozen=True)
class CleanedCall:
    """What was taken out of a call: how many places by kind in what was said, and in how many quotes and notes. `held`: it
    is under a legal hold, and was not changed."""

    call: str
    removed: dict[str, int]
    texts: int
    silenced: bool
    held: bool


def redact_stored(engine: Engine, asker: Asker, dry_run: bool = False) -> Iterator[CleanedCall | str]:
    """Each call in which something private stands, after it was taken out, or the sentence that says why it could not be.

    A dry run changes nothing, and looks at what was said alone. Raises NotAllowed for others than administrators,
    SettingsError where it cannot be read what is private.
    """
    kinds_taken_out()
    keeps_originals = originals_are_kept()
    with reading(engine) as session:
        calls = redaction.stored_calls(session, asker)
    done = 0
    for call in calls:
        try:
            cleaned = _one(engine, asker, call, dry_run, keeps_originals)
        except (AttuneError, OSError) as wrong:
            yield f"Call {call.id}: {wrong}"
            continue
        if cleaned is not None:
            done += not cleaned.held
            yield cleaned
    if done and not dry_run:
        with transaction(engine) as session:
            keeping.save_report(session, asker, ReportKind.REDACTION, What.REDACTED, {"calls": done})
        scrub(engine)


def _one(engine: Engine, asker: Asker, call: StoredCall, dry_run: bool, keeps_originals: bool) -> CleanedCall | None:
    kinds = kinds_taken_out(call.team)
    with reading(engine) as session:
        before = load_transcript(session, call.id)
    found = redact(before, kinds)
    removed = dict(Counter(str(one.kind) for one in found.removed))
    changed = found.transcript != before
    if dry_run or call.held:
        return CleanedCall(call.id, removed, 0, False, call.held) if changed else None
    recording, silenced = call.recording, False
    clean: CleanCall | None = None
    if changed:
        if keeps_originals and not original_file(call.id).exists():
            keep_original_call(_original(before, call), call.id)
        recording = _silence(call, found)
        silenced = recording != call.recording
        clean = CleanCall(found.transcript, judge(found.transcript, (), adopted_judges(engine)).signals, recording)
    with transaction(engine) as session:
        if clean is not None:
            redaction.put_clean(session, asker, before.content_hash, clean)
        texts = redaction.clean_texts(session, asker, call.id, found.transcript, _reading(kinds))
    _drop_others(call, recording, changed)
    return CleanedCall(call.id, removed, texts, silenced, False) if changed or texts else None


def _reading(kinds: Collection[Kind]) -> Reading:
    return Reading(lambda text: without_private(text, kinds), lambda whole: redact(whole, kinds).transcript)


def _original(transcript: Transcript, call: StoredCall) -> Original:
    kept = recording_file(call.recording) if call.recording else None
    if kept is None or not kept.exists():
        return Original(transcript)
    return Original(transcript, kept.read(), kept.suffix)


def _silence(call: StoredCall, found: Redacted) -> str | None:
    """Write the recording with silence where something private was said, beside the old one; where it lies then."""
    spans = silent_spans(found.removed, found.transcript.duration_seconds)
    old = recording_file(call.recording) if call.recording else None
    if call.recording is None or old is None or not spans or not old.exists():
        return call.recording
    beside = PurePosixPath(call.recording).parent / f"{call.content_hash}.{found.transcript.content_hash[:16]}.flac"
    with old.in_the_clear() as clear, recording_file(beside.as_posix()).writing() as part:
        write_silenced(clear, part, spans)
        sealed.seal_again(part)
    return beside.as_posix()


def _drop_others(call: StoredCall, recording: str | None, changed: bool) -> None:
    """Delete what still has the sound or the words from before; also what somebody who was killed left of them."""
    if recording is not None:
        for left in recordings_in(PurePosixPath(recording).parent.as_posix()):
            if PurePosixPath(left).name.startswith(f"{call.content_hash}.") and left != recording:
                delete_files((sort, file) for sort, file in audio_files(call.id, left) if sort not in ("original", "vcon"))
    if changed:
        delete_files((sort, file) for sort, file in audio_files(call.id, None) if sort == "vcon")
