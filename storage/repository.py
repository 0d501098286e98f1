"""How are calls, scores and corrections kept, and taken out again as the values they were?

Every function works within the session it is given and leaves the transaction to the caller. What is stored here serves
the program itself; what serves a person goes through `storage.queries`, where the rule stands who sees what.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session, defer

from errors import NotAllowed, StorageError
from reviews.correction import corrected
from reviews.sides import carried_reason, changed_turns
from scorecards.answers import Answer, answer_of
from scorecards.definition import Scorecard
from scoring.result import Evaluation, Verdict
from scoring.signals.model import Signals
from storage import alerts, clock, hooks, mapping, sums
from storage.access import Asker, blind_calls, may_correct, visible_calls
from storage.audit import PROGRAM, About, What, note, note_one_of_many
from storage.authorship import user_id
from storage.courses import put_course
from storage.people import (
    add_agent,
    add_team,
    add_user,
    deactivate_user,
    insert_unless_known,
    move_agent,
    set_password,
)
from storage.reasons import put_reason
from storage.records import (
    CallFacts,
    NewTranscript,
    OverrideRecord,
    Rejudged,
    ScoredCall,
    SideCorrection,
    StoredEvaluation,
)
from storage.removal import with_words as words_are_there
from storage.tables import (
    Base,
    CallRow,
    EvaluationRow,
    EvidenceRow,
    OverrideRow,
    ResultRow,
    ScorecardVersionRow,
    SideCorrectionRow,
    SignalsRow,
    TranscriptRow,
    TurnRow,
)
from storage.tallies import tally
from storage.thread_tables import ThreadRow
from transcripts.model import Transcript

__all__ = [
    "CallFacts",
    "ScoredCall",
    "active_scorecards",
    "add_agent",
    "add_evaluation",
    "add_override",
    "add_team",
    "add_user",
    "call_ids",
    "check_correction_of_sides",
    "deactivate_user",
    "knows_call",
    "load_evaluation",
    "load_evaluations",
    "load_side_corrections",
    "load_signals",
    "load_transcript",
    "move_agent",
    "open_result",
    "replace_transcript",
    "save_scorecard_version",
    "set_password",
    "store_scored_call",
    "transcript_before",
]

_AS_ONE = {"render_nulls": True}
"""Rows in which other things are missing go in by one statement, and not by one for each run of rows alike."""


# Calls


def knows_call(session: Session, content_hash: str) -> bool:
    """Whether a call with these contents (SHA-256 of the file, 64 hex digits) is stored."""
    return bool(session.scalar(select(exists().where(CallRow.content_hash == content_hash))))


def call_ids(session: Session, *, with_words: bool = False) -> list[str]:
    """Every call, the oldest first; `with_words`: but for those whose words were removed."""
    every = select(CallRow.id).order_by(CallRow.started_at, CallRow.id)
    return list(session.scalars(every.where(words_are_there()) if with_words else every))


def kept_recordings(session: Session) -> list[str]:
    """Where each recording lies that is kept, within the store of recordings."""
    named = select(CallRow.recording).where(CallRow.recording.is_not(None)).distinct().order_by(CallRow.recording)
    return [path for path in session.scalars(named) if path]


def newest_recordings(session: Session, number: int) -> list[str]:
    """Where the recordings lie of so many of the calls that were stored last, within the store."""
    kept = select(CallRow.recording).where(CallRow.recording.is_not(None))
    latest = kept.order_by(CallRow.started_at.desc(), CallRow.id).limit(number)
    return [path for path in session.scalars(latest) if path]


def recordings_since(session: Session, moment: datetime) -> int:
    """How many recordings of calls there are that began since then."""
    kept = (CallRow.started_at >= moment) & CallRow.recording.is_not(None)
    return session.scalar(select(func.count()).select_from(CallRow).where(kept)) or 0


def store_scored_call(session: Session, scored: ScoredCall) -> bool:
    """Store a call with its transcript, signals and evaluations. False where it is known already; then nothing changes.

    Two programs may store the same call at once: one of them gets False. Raises StorageError where the parts do not
    belong together.
    """
    facts, transcript, signals = scored.facts, scored.transcript, scored.signals
    if knows_call(session, facts.content_hash):
        return False
    turns, transcript_hash = mapping.turn_values(transcript, signals), transcript.content_hash
    for scorecard, evaluation in scored.evaluations:
        _check_belongs(transcript.call_id, transcript_hash, scorecard, evaluation)
    team_id = add_team(session, facts.team) if facts.team else None
    agent_id = add_agent(session, facts.agent, team_id) if facts.agent else None
    call = mapping.call_values(facts, transcript, signals, agent_id, team_id, clock.now())
    if insert_unless_known(session, CallRow, call) is None:
        if knows_call(session, facts.content_hash):
            return False
        raise StorageError(f"{facts.file_name}: another call is stored under the id {transcript.call_id}.")
    session.execute(insert(TranscriptRow), mapping.transcript_values(transcript, transcript_hash))
    if turns:
        session.execute(insert(TurnRow), turns, execution_options=_AS_ONE)
    session.execute(insert(SignalsRow), mapping.signals_values(transcript.call_id, signals))
    put_course(session, transcript.call_id, transcript, signals, new=True)
    put_reason(session, transcript.call_id, transcript, signals, new=True)
    if not _insert_evaluations(session, scored.evaluations):
        tally(session, transcript.call_id)
    totals = [[card.id, card.version, evaluation.total] for card, evaluation in scored.evaluations]
    note(session, PROGRAM, What.CALL_STORED, About.CALL, transcript.call_id, transcript=transcript_hash, totals=totals)
    alerts.decide(session, transcript.call_id)
    return True


def load_transcript(session: Session, call_id: str) -> Transcript:
    """The transcript of a call. Raises StorageError where there is no such call."""
    call, row = _call(session, call_id), session.get(TranscriptRow, call_id)
    if row is None:
        raise StorageError(f"Call {call_id} has no transcript.")
    return mapping.transcript_of(call, row, _turns(session, call_id))


def load_signals(session: Session, call_id: str) -> Signals:
    """The signals of a call. Raises StorageError where there is no such call."""
    _call(session, call_id)
    row = session.get(SignalsRow, call_id)
    if row is None:
        raise StorageError(f"Call {call_id} has no signals.")
    return mapping.signals_of(row, [turn.valence for turn in _turns(session, call_id)])


def _call(session: Session, call_id: str) -> CallRow:
    call = session.get(CallRow, call_id)
    if call is None:
        raise StorageError(f"There is no call {call_id}.")
    return call


def _turns(session: Session, call_id: str) -> Sequence[TurnRow]:
    return session.scalars(select(TurnRow).where(TurnRow.call_id == call_id).order_by(TurnRow.position)).all()


# Scorecards


def save_scorecard_version(session: Session, scorecard: Scorecard) -> int:
    """The id of this version of this scorecard, stored where it is new. The highest version stored is the active one.

    A version that has scored a call can no longer change: raises StorageError where another definition is stored under
    the same version. One that has not scored anything yet is replaced.
    """
    return _version_id(session, scorecard, scorecard.content_hash)


def _version_id(session: Session, scorecard: Scorecard, content_hash: str) -> int:
    """As `save_scorecard_version`, where the hash of the scorecard is at hand already."""
    known = session.execute(
        select(ScorecardVersionRow.id, ScorecardVersionRow.hash)
        .where(ScorecardVersionRow.scorecard == scorecard.id, ScorecardVersionRow.version == scorecard.version)
        .with_for_update(read=True, key_share=True)  # nobody replaces it before this transaction has used it
    ).one_or_none()
    version_id, stored_hash = known or (None, None)
    if version_id is not None and stored_hash == content_hash:
        return version_id
    values = {
        "title": scorecard.title,
        "pass_mark": scorecard.pass_mark,
        "hash": content_hash,
        "definition": scorecard.to_dict(),
    }
    if version_id is None:
        key = {"scorecard": scorecard.id, "version": scorecard.version}
        new = {**key, **values, "active": False, "created_at": clock.now()}
        if insert_unless_known(session, ScorecardVersionRow, new) is not None:
            _note_stored(session, scorecard, content_hash)
        _activate_highest(session, scorecard.id)
        return _version_id(session, scorecard, content_hash)  # again, for somebody may just have stored another
    # Whoever is about to use the old definition is waited for, and then seen to have used it.
    session.execute(select(ScorecardVersionRow.id).where(ScorecardVersionRow.id == version_id).with_for_update())
    if session.scalar(select(exists().where(EvaluationRow.scorecard_version_id == version_id))):
        raise StorageError(
            f"Scorecard {scorecard.id} version {scorecard.version} has scored calls and can no longer change; "
            f"give the changed one version {_highest(session, scorecard.id) + 1}."
        )
    sums.fold(session)  # what was taken away again of calls that it judged was counted by the questions that it had
    session.execute(update(ScorecardVersionRow).where(ScorecardVersionRow.id == version_id).values(**values))
    _note_stored(session, scorecard, content_hash, in_place_of=stored_hash)
    return version_id


def _note_stored(session: Session, scorecard: Scorecard, content_hash: str, **more: str | None) -> None:
    said = {"version": scorecard.version, "hash": content_hash, **more}
    note(session, PROGRAM, What.SCORECARD_STORED, About.SCORECARD, scorecard.id, **said)


def active_scorecards(session: Session) -> list[Scorecard]:
    """The scorecards that calls are scored with, by id."""
    rows = session.scalars(
        select(ScorecardVersionRow).where(ScorecardVersionRow.active).order_by(ScorecardVersionRow.scorecard)
    )
    return [mapping.scorecard_of(row.definition) for row in rows]


def _highest(session: Session, scorecard_id: str) -> int:
    versions = select(ScorecardVersionRow.version).where(ScorecardVersionRow.scorecard == scorecard_id)
    return max(session.scalars(versions))


def _activate_highest(session: Session, scorecard_id: str) -> None:
    session.execute(
        update(ScorecardVersionRow)
        .where(ScorecardVersionRow.scorecard == scorecard_id)
        .values(active=ScorecardVersionRow.version == _highest(session, scorecard_id))
    )


# Evaluations


def add_evaluation(session: Session, scorecard: Scorecard, evaluation: Evaluation, *, final: bool = True) -> bool:
    """Store one more evaluation of a known call. False where this version has judged this transcript already.

    final: False where people's answers are yet to be taken along; the caller then asks `alerts.decide` itself.

    Raises StorageError where there is no such call, or the evaluation is not of this scorecard or of the transcript as
    it is stored.
    """
    _call(session, evaluation.call_id)
    # Whoever replaces the transcript waits until this evaluation of it is there, and then sees it.
    stored_hash = select(TranscriptRow.hash).where(TranscriptRow.call_id == evaluation.call_id).with_for_update(read=True)
    _check_belongs(evaluation.call_id, session.scalars(stored_hash).one(), scorecard, evaluation)
    if _insert_evaluations(session, [(scorecard, evaluation)]) == 0:
        return False
    by = (What.SCORED, About.SCORECARD, scorecard.id, evaluation.call_id)
    note_one_of_many(session, PROGRAM, *by, version=scorecard.version)
    if final:
        alerts.decide(session, evaluation.call_id)
    return True


def load_evaluations(session: Session, call_id: str) -> list[StoredEvaluation]:
    """Every evaluation of a call that is in force, by the scorecards' titles: one a scorecard, its newest version."""
    return _load_stored(session, (EvaluationRow.call_id == call_id) & ~EvaluationRow.superseded)


def load_evaluation(session: Session, evaluation_id: int) -> StoredEvaluation:
    """One evaluation, in force or not. Raises StorageError where there is none."""
    found = _load_stored(session, EvaluationRow.id == evaluation_id)
    if not found:
        raise StorageError(f"There is no evaluation {evaluation_id}.")
    return found[0]


def _check_belongs(call_id: str, transcript_hash: str, scorecard: Scorecard, evaluation: Evaluation) -> None:
    """An evaluation is kept beside what it says it was made from, or not at all."""
    name = f"The evaluation of call {evaluation.call_id} by {evaluation.scorecard} version {evaluation.version}"
    if evaluation.call_id != call_id:
        raise StorageError(f"{name} was handed in with call {call_id}.")
    if (evaluation.scorecard, evaluation.version) != (scorecard.id, scorecard.version):
        raise StorageError(f"{name} was handed in with {scorecard.id} version {scorecard.version}.")
    if evaluation.stamp.scorecard_hash != scorecard.content_hash:
        raise StorageError(f"{name} was made from another definition of it; score the call again.")
    if evaluation.stamp.transcript_hash != transcript_hash:
        raise StorageError(f"{name} was made from another transcript; score the call again.")


def _insert_evaluations(session: Session, pairs: Iterable[tuple[Scorecard, Evaluation]]) -> int:
    """Insert those that are not there yet, with results and evidence, in few statements. How many there were."""
    now, added = clock.now(), []
    for scorecard, evaluation in sorted(pairs, key=lambda pair: (pair[0].id, pair[0].version)):
        version_id = _version_id(session, scorecard, evaluation.stamp.scorecard_hash)  # checked to be the scorecard's
        row = mapping.evaluation_values(evaluation, version_id, now)
        evaluation_id = insert_unless_known(session, EvaluationRow, row)
        if evaluation_id is not None:
            added.append((evaluation_id, evaluation))
    rows = [row for evaluation_id, evaluation in added for row in mapping.result_values(evaluation, evaluation_id)]
    if rows:
        session.execute(insert(ResultRow), rows, execution_options=_AS_ONE)
        of_these = ResultRow.evaluation_id.in_([evaluation_id for evaluation_id, _ in added])
        kept = session.execute(select(ResultRow.evaluation_id, ResultRow.position, ResultRow.id).where(of_these))
        ids = {(row.evaluation_id, row.position): row.id for row in kept}
        evidence = [
            row
            for evaluation_id, evaluation in added
            for place, result in enumerate(evaluation.results)
            for row in mapping.evidence_values(result, ids[evaluation_id, place])
        ]
        if evidence:
            session.execute(insert(EvidenceRow), evidence, execution_options=_AS_ONE)
    for call_id in {evaluation.call_id for _, evaluation in added}:
        _supersede(session, call_id)
    hooks.judged(session, added)
    return len(added)


def _supersede(session: Session, call_id: str) -> None:
    """Of a scorecard's evaluations of a call one is in force: that of the transcript in force, by the newest version.

    What pages count of the call is made anew.
    """
    rows = session.execute(
        select(
            EvaluationRow.id,
            EvaluationRow.superseded,
            ScorecardVersionRow.scorecard,
            (EvaluationRow.transcript_hash == TranscriptRow.hash).label("of_transcript_in_force"),
        )
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(TranscriptRow, TranscriptRow.call_id == EvaluationRow.call_id)
        .where(EvaluationRow.call_id == call_id)
        .order_by(ScorecardVersionRow.version, EvaluationRow.id)
    ).all()
    in_force = set({row.scorecard: row.id for row in rows if row.of_transcript_in_force}.values())
    for superseded in (True, False):
        other = [row.id for row in rows if row.superseded is not superseded and (row.id not in in_force) is superseded]
        if other:
            session.execute(update(EvaluationRow).where(EvaluationRow.id.in_(other)).values(superseded=superseded))
    tally(session, call_id)


def _load_stored(session: Session, which: ColumnElement[bool]) -> list[StoredEvaluation]:
    """The evaluations under a condition, by title, in a fixed number of statements however many there are."""
    rows = session.execute(
        select(EvaluationRow, ScorecardVersionRow)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .where(which)
        .order_by(ScorecardVersionRow.title, ScorecardVersionRow.scorecard, ScorecardVersionRow.version)
        .execution_options(populate_existing=True)
    ).all()
    ids = [row.id for row, _ in rows]
    results: dict[int, list[ResultRow]] = defaultdict(list)
    of_these = ResultRow.evaluation_id.in_(ids)
    for result in session.scalars(
        select(ResultRow).where(of_these).order_by(ResultRow.position).execution_options(populate_existing=True)
    ):
        results[result.evaluation_id].append(result)
    evidence: dict[int, list[EvidenceRow]] = defaultdict(list)
    joined = select(EvidenceRow).join(ResultRow, EvidenceRow.result_id == ResultRow.id).where(of_these)
    for item in session.scalars(joined.order_by(EvidenceRow.position)):
        evidence[item.result_id].append(item)
    overrides: dict[int, list[OverrideRecord]] = defaultdict(list)
    corrected = select(OverrideRow).join(ResultRow, OverrideRow.result_id == ResultRow.id).where(of_these)
    for row in session.scalars(corrected.order_by(OverrideRow.id)):
        record = OverrideRecord(row.author, row.at, row.before, row.after, row.reason, row.answer_before, row.answer)
        overrides[row.result_id].append(record)

    def stored(row: EvaluationRow, version: ScorecardVersionRow) -> StoredEvaluation:
        scorecard = mapping.scorecard_of(version.definition)
        machine, current = (
            mapping.evaluation_of(
                row,
                scorecard,
                [mapping.result_of(result, evidence[result.id], machine=by_machine) for result in results[row.id]],
                machine=by_machine,
            )
            for by_machine in (True, False)
        )
        return StoredEvaluation(
            id=row.id,
            scorecard=scorecard,
            machine=machine,
            current=current,
            result_ids={result.criterion: result.id for result in results[row.id]},
            overrides={r.criterion: tuple(overrides[r.id]) for r in results[row.id] if r.id in overrides},
        )

    return [stored(row, version) for row, version in rows]


# Corrections


def add_override(
    session: Session,
    asker: Asker,
    result_id: int,
    verdict: Verdict | None,
    reason: str,
    answer: Answer | None = None,
) -> Evaluation:
    """Put a person's verdict, or their answer, beside the machine's and work the totals out again. The evaluation as it
    holds now.

    The machine's verdict and totals stay. The corrected result has the points that the scorecard gives this answer,
    counts as certain, and is judged by `person`. Raises NotAllowed where the asker may not correct, InputError where the
    answer is none of the criterion's, StorageError without a reason, for `unsure` (a correction decides), where the
    question is not asked as long as another is answered as it is, and where there is no such result.
    """
    verdict, reason = None if verdict is None else Verdict(verdict), reason.strip()
    _check_may_correct(asker)
    if not reason:
        raise StorageError("A correction needs a reason: say in a few words what the machine got wrong.")
    if verdict is Verdict.UNSURE or (verdict is None and answer is None):
        raise StorageError("A correction decides: met, partly, not met or not applicable, or one of the question's answers.")
    stored, criterion = open_result(session, asker, result_id)
    return put_answer(session, asker, stored, criterion, verdict, reason, answer)


def _check_may_correct(asker: Asker) -> None:
    if not may_correct(asker):
        raise NotAllowed("Reviewers and administrators correct verdicts; ask one of them.")


def open_result(session: Session, asker: Asker, result_id: int) -> tuple[StoredEvaluation, str]:
    """The evaluation of a result that the asker may answer, which nobody else can until the end of the transaction, and
    the result's criterion.

    Raises NotAllowed where the asker may not correct, StorageError where there is no such result that they may see, where
    it is no longer in force, and where the question is not asked as long as another is answered as it is.
    """
    _check_may_correct(asker)
    result = session.scalar(
        select(ResultRow)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(ResultRow.id == result_id, visible_calls(asker))
    )
    if result is None:
        raise StorageError(f"There is no result {result_id}.")
    _check_not_blind(session, asker, EvaluationRow.id == result.evaluation_id)
    # Two corrections of one evaluation go one after the other; each then sees the other's verdict in the totals.
    lock = select(EvaluationRow.superseded).where(EvaluationRow.id == result.evaluation_id).with_for_update()
    if session.scalars(lock).one():
        raise StorageError("This verdict is no longer in force, as the call has been judged again; load the page again.")
    (stored,) = _load_stored(session, EvaluationRow.id == result.evaluation_id)
    held = stored.current.result(result.criterion).if_asked
    if held is not None:
        raise StorageError(f"There is nothing to correct here yet. {held.why}")
    return stored, result.criterion


def _check_not_blind(session: Session, asker: Asker, which: ColumnElement[bool]) -> None:
    """Whoever judges a call blind is not told by a correction's outcome what the machine had said."""
    if session.scalar(select(exists().where(which, EvaluationRow.call_id.in_(blind_calls(asker))))):
        raise StorageError("You are judging this call blind: finish that first, and then correct what is still wrong.")


def put_answer(
    session: Session,
    asker: Asker,
    stored: StoredEvaluation,
    criterion: str,
    verdict: Verdict | None,
    reason: str,
    answer: Answer | None = None,
) -> Evaluation:
    """As `_put_override`, in the asker's own name. For storage alone: the caller has checked that they may, and holds the
    evaluation's row."""
    author_id = user_id(session, asker)
    current = _put_override(session, stored, criterion, verdict, asker.signature, author_id, reason, answer)
    before, after = stored.current.result(criterion).own, current.result(criterion).own
    note(
        session,
        asker,
        What.ANSWERED,
        About.CALL,
        current.call_id,
        scorecard=current.scorecard,
        version=current.version,
        criterion=criterion,
        evaluation=stored.id,
        before=before.verdict.value,
        after=after.verdict.value,
        answer_before=before.answer,
        answer_after=after.answer,
        total_before=stored.current.total,
        total_after=current.total,
    )
    if current.failed_by and not stored.current.failed_by:
        hooks.failed(session, stored.id, current)
    alerts.decide(session, current.call_id)
    return current


def _put_override(
    session: Session,
    stored: StoredEvaluation,
    criterion: str,
    verdict: Verdict | None,
    author: str,
    author_id: int | None,
    reason: str,
    answer: Answer | None = None,
) -> Evaluation:
    """Write somebody's answer beside the machine's, and the totals that it comes to. The evaluation as it holds now.

    A verdict that counts is the answer that stands for it, where no answer is given.
    """
    decided = stored.scorecard.criterion(criterion).decide(verdict, answer)
    current = corrected(stored.current, stored.scorecard, criterion, decided.verdict, decided.answer)
    before = stored.current.result(criterion).own
    session.add(
        OverrideRow(
            result_id=stored.result_ids[criterion],
            author_id=author_id,
            author=author,
            at=clock.now(),
            reason=reason,
            before=before.verdict,
            after=decided.verdict,
            answer_before=before.answer,
            answer=decided.answer,
        )
    )
    # Besides the one corrected, those that its answer opens or closes.
    for was, now in zip(stored.current.results, current.results, strict=True):
        if was != now or now.criterion == criterion:
            result_id = stored.result_ids[now.criterion]
            session.execute(update(ResultRow).where(ResultRow.id == result_id).values(**mapping.standing_values(now)))
    session.execute(
        update(EvaluationRow)
        .where(EvaluationRow.id == stored.id)
        .values(**mapping.totals_values(current), failed=bool(current.failed_by), unsure=len(current.unsure))
    )
    session.flush()
    tally(session, current.call_id)
    return current


# Who spoke


def check_correction_of_sides(asker: Asker, reason: str) -> None:
    """Raise NotAllowed where the asker may not say who spoke, StorageError where they do not say how they know."""
    if not may_correct(asker):
        raise NotAllowed("Reviewers and administrators say who spoke; ask one of them.")
    if not reason.strip():
        raise StorageError("A correction needs a reason: say in a few words how you know who spoke.")


def replace_transcript(session: Session, asker: Asker, new: NewTranscript, reason: str) -> tuple[Rejudged, ...]:
    """Put a transcript in which a person said who spoke in the old one's place. What became of each scorecard's total.

    The old transcript is kept whole beside who, when and why. The old evaluations are kept too, and no longer in force.
    What people had decided on them is taken along to the new ones. Raises as `check_correction_of_sides` does, and
    StorageError where there is no such call, and where the call changed since `new` was made.
    """
    check_correction_of_sides(asker, reason)
    call_id = new.transcript.call_id
    if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is None:
        raise StorageError(f"There is no call {call_id}.")
    _check_not_blind(session, asker, EvaluationRow.call_id == call_id)
    before = changed_before(session, new)
    if before is None:
        raise StorageError(
            "This call was changed or judged again in the meantime. Load the page again, and repeat what is still needed."
        )
    totals, after_hash = put_in_place(session, new, before.evaluations, carried_reason)
    changed = changed_turns(before.transcript, new.transcript)
    of_turns = (ThreadRow.call_id == call_id) & ThreadRow.position.in_([n for n, _, _ in changed])
    session.execute(update(ThreadRow).where(of_turns).values(by_person=True))
    session.add(
        SideCorrectionRow(
            call_id=call_id,
            author_id=user_id(session, asker),
            author=asker.signature,
            at=clock.now(),
            reason=reason.strip(),
            kind=new.kind,
            turns=[list(turn) for turn in changed],
            totals=[[change.scorecard, change.title, change.before, change.after] for change in totals],
            hash_before=new.made_from,
            hash_after=after_hash,
            before=before.transcript.to_dict(),
        )
    )
    session.flush()
    note(
        session,
        asker,
        What.SIDES_CORRECTED,
        About.CALL,
        call_id,
        kind=new.kind.value,
        before=new.made_from,
        after=after_hash,
        totals=[[change.scorecard, change.before, change.after] for change in totals],
    )
    return totals


def put_in_place(
    session: Session, new: NewTranscript, old: Mapping[str, StoredEvaluation], reason_of: Callable[[str], str]
) -> tuple[tuple[Rejudged, ...], str]:
    """Put a transcript and what was made of it in the place of what is stored. What became of each scorecard's total, and
    the content hash of the transcript. For storage alone: the caller holds the call, and says why.

    old: the evaluations that were in force, by scorecard; `reason_of` as in `carry_over`. Raises StorageError where the
    parts do not belong together.
    """
    call_id = new.transcript.call_id
    turns, after_hash = mapping.turn_values(new.transcript, new.signals), new.transcript.content_hash
    for scorecard, evaluation in new.evaluations:
        _check_belongs(call_id, after_hash, scorecard, evaluation)
    session.execute(delete(TurnRow).where(TurnRow.call_id == call_id))
    if turns:
        session.execute(insert(TurnRow), turns, execution_options=_AS_ONE)
    _update(session, TranscriptRow, TranscriptRow.call_id == call_id, mapping.transcript_values(new.transcript, after_hash))
    _update(session, SignalsRow, SignalsRow.call_id == call_id, mapping.signals_values(call_id, new.signals))
    kept = {"sides": new.transcript.sides, **mapping.valence_values(new.signals)}
    _update(session, CallRow, CallRow.id == call_id, kept)
    put_course(session, call_id, new.transcript, new.signals)
    put_reason(session, call_id, new.transcript, new.signals)
    _insert_evaluations(session, new.evaluations)
    _supersede(session, call_id)  # also where every evaluation was there already, from before an earlier correction
    for stored in load_evaluations(session, call_id):
        if stored.scorecard.id in old:
            carry_over(session, old[stored.scorecard.id], stored, reason_of)
    totals = tuple(
        Rejudged(card, stored.scorecard.title, old[card].current.total if card in old else None, stored.current.total)
        for card, stored in _by_scorecard(load_evaluations(session, call_id)).items()
    )
    alerts.decide(session, call_id)
    return totals, after_hash


def load_side_corrections(session: Session, call_id: str) -> list[SideCorrection]:
    """What people said about who spoke in a call, in the order they said it."""
    of_call = select(SideCorrectionRow).where(SideCorrectionRow.call_id == call_id).order_by(SideCorrectionRow.id)
    return [mapping.side_correction_of(row) for row in session.scalars(of_call.options(defer(SideCorrectionRow.before)))]


def transcript_before(session: Session, correction_id: int) -> Transcript:
    """The whole transcript as it was before a correction of who spoke. Raises StorageError where there is none."""
    row = session.get(SideCorrectionRow, correction_id)
    if row is None:
        raise StorageError(f"There is no correction {correction_id} of who spoke.")
    return Transcript.from_dict(row.before)


@dataclass(frozen=True)
class Before:
    """What a new transcript takes the place of: the one in force, and the evaluations in force, by scorecard."""

    transcript: Transcript
    evaluations: Mapping[str, StoredEvaluation]


def changed_before(session: Session, new: NewTranscript, *, may_add: bool = False) -> Before | None:
    """What is in force, with nobody else able to change it until the end; None where it is no longer what the new was made
    from. `may_add`: the new may be judged by other scorecards too, and by later versions of those in force.
    """
    call_id = new.transcript.call_id
    in_force = (EvaluationRow.call_id == call_id) & ~EvaluationRow.superseded
    stored_hash = session.scalar(select(TranscriptRow.hash).where(TranscriptRow.call_id == call_id).with_for_update())
    session.execute(select(EvaluationRow.id).where(in_force).with_for_update())
    old = _by_scorecard(_load_stored(session, in_force))
    judged = {scorecard.id: scorecard.version for scorecard, _ in new.evaluations}
    there = {card: stored.scorecard.version for card, stored in old.items()}
    fits = all(judged.get(card, 0) >= version for card, version in there.items()) if may_add else judged == there
    if stored_hash != new.made_from or not fits:
        return None
    return Before(load_transcript(session, call_id), old)


def _by_scorecard(evaluations: Iterable[StoredEvaluation]) -> dict[str, StoredEvaluation]:
    return {stored.scorecard.id: stored for stored in evaluations}


def _update(session: Session, table: type[Base], which: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    session.execute(update(table).where(which).values(**values))


def carry_over(
    session: Session,
    old: StoredEvaluation,
    new: StoredEvaluation,
    reason_of: Callable[[str], str] = carried_reason,
    only: Container[str] | None = None,
) -> None:
    """People's answers stand: what they last decided on the old evaluation holds on the new one, in their name.

    reason_of: says beside their reason that it was taken along. only: the criteria whose answers are.
    """
    decided = session.execute(
        select(ResultRow.criterion, OverrideRow)
        .join(ResultRow, OverrideRow.result_id == ResultRow.id)
        .where(ResultRow.evaluation_id == old.id)
        .order_by(OverrideRow.id)
    )
    last = {row.criterion: row.OverrideRow for row in decided}
    for criterion, row in last.items():
        if criterion not in new.result_ids or (only is not None and criterion not in only):
            continue
        said = new.scorecard.criterion(criterion).decide(row.after, answer_of(row.answer))
        before = new.overrides.get(criterion, ())[-1:]
        if [(record.after, record.answer) for record in before] == [(said.verdict, said.answer)]:
            continue  # the sides are as they once were, and this was decided then
        reason = reason_of(row.reason)
        current = _put_override(session, new, criterion, said.verdict, row.author, row.author_id, reason, said.answer)
        new = replace(new, current=current)
