"""How does a value become rows, and rows the same value again?

Everything here is pure: values in, plain dictionaries for an insert out, and back. What goes in comes out equal.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import StorageError
from scorecards.answers import answer_of, answers_of
from scorecards.definition import AskedWhen, Band, Criterion, Rule, Scorecard, Section
from scoring.result import CriterionResult, Evaluation, Evidence, IfAsked, Searched, SectionScore, Stamp
from scoring.signals.model import Interruption, Sentence, Shown, Signals, Silence
from storage.identities import hidden
from storage.records import CallFacts, Rejudged, SideCorrection
from storage.tables import (
    CallRow,
    EvaluationRow,
    EvidenceRow,
    JsonList,
    ResultRow,
    SideCorrectionRow,
    SignalsRow,
    TranscriptRow,
    TurnRow,
)
from transcripts.model import Sound, Span, Speaker, Transcript, Turn, Word

Values = dict[str, Any]

_FLOAT32 = np.dtype("<f4")
"""Embeddings are stored in this byte order on every machine."""


def monday_of(moment: datetime) -> date:
    """The Monday, in UTC, of the week that this moment lies in."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


# Calls


def call_values(
    facts: CallFacts, transcript: Transcript, signals: Signals, agent_id: int | None, team_id: int | None, now: datetime
) -> Values:
    """The row of `calls`."""
    return {
        "id": transcript.call_id,
        "content_hash": facts.content_hash,
        "kind": facts.kind,
        "file_name": facts.file_name,
        "agent_id": agent_id,
        "team_id": team_id,
        "customer": facts.customer,
        "started_at": facts.started_at,
        "week": monday_of(facts.started_at),
        "direction": facts.direction,
        "queue": facts.queue,
        "duration_seconds": transcript.duration_seconds,
        "channels": transcript.channels,
        "sides": transcript.sides,
        **valence_values(signals),
        "recording": facts.recording,
        "extra": hidden(facts.extra),
        "created_at": now,
    }


def valence_values(signals: Signals) -> Values:
    """The two measures of which `calls` has copies."""
    return {name: signals.measures.get(name) for name in ("customer_valence", "customer_valence_end")}


def facts_of(row: CallRow, agent: str | None, team: str | None) -> CallFacts:
    """What `call_values` was given."""
    return CallFacts(
        content_hash=row.content_hash,
        kind=row.kind,
        file_name=row.file_name,
        started_at=row.started_at,
        agent=agent,
        team=team,
        customer=row.customer,
        direction=row.direction,
        queue=row.queue,
        recording=row.recording,
        extra=row.extra,
    )


# Transcripts and signals


def transcript_values(transcript: Transcript, content_hash: str) -> Values:
    """The row of `transcripts`; the hash is given, as it takes longer to work out than all the rest."""
    return {
        "call_id": transcript.call_id,
        "hash": content_hash,
        "language": transcript.language,
        "engine": transcript.engine,
        "sounds": [[sound.kind, sound.start, sound.end] for sound in transcript.sounds],
        "medium": transcript.medium and transcript.medium.value,
        "hours": transcript.hours,
        "seen_seconds": transcript.seen,
        "seen_worked_seconds": transcript.seen_worked,
    }


def turn_values(transcript: Transcript, signals: Signals) -> list[Values]:
    """The rows of `turns`, each with its valence.

    Raises StorageError where the signals are not those of this transcript, or a text has a character that a database
    cannot hold.
    """
    if len(signals.valence) != len(transcript.turns):
        raise StorageError(
            f"Call {transcript.call_id} has {len(transcript.turns)} turns, but its signals are of {len(signals.valence)}; "
            "measure the transcript again and store both together."
        )
    return [
        {
            "call_id": transcript.call_id,
            "position": position,
            "speaker": turn.speaker,
            "start_seconds": turn.start,
            "end_seconds": turn.end,
            "text": _storable(turn.text, transcript.call_id, position),
            "folded": fold(turn.text),
            "side_confidence": turn.side_confidence,
            "valence": valence,
            "words": [[word.text, word.start, word.end, word.confidence] for word in turn.words],
            "sent_seconds": turn.sent,
            "worked_seconds": turn.worked,
            "public": turn.public,
        }
        for position, (turn, valence) in enumerate(zip(transcript.turns, signals.valence, strict=True))
    ]


def fold(text: str) -> str:
    """The text without distinctions of case, so that a search finds it however it was written."""
    return text.casefold()


def transcript_of(call: CallRow, row: TranscriptRow, turns: Sequence[TurnRow]) -> Transcript:
    """The transcript that was stored; `turns` in their order."""
    return transcript_with(call, row, map(turn_of, turns))


def transcript_with(call: Any, row: Any, turns: Iterable[Turn]) -> Transcript:
    """The same with turns that are made already; `call` and `row` have the columns of `calls` and `transcripts`."""
    return Transcript(
        call_id=call.id,
        turns=tuple(turns),
        duration_seconds=call.duration_seconds,
        channels=call.channels,
        language=row.language,
        engine=row.engine,
        sides=call.sides,
        sounds=tuple(Sound(*sound) for sound in row.sounds),
        medium=row.medium,
        hours=row.hours,
        seen=row.seen_seconds,
        seen_worked=row.seen_worked_seconds,
    )


def turn_of(row: TurnRow) -> Turn:
    """The turn that was stored."""
    return Turn(
        speaker=row.speaker,
        start=row.start_seconds,
        end=row.end_seconds,
        text=row.text,
        words=tuple(Word(*word) for word in row.words),
        side_confidence=row.side_confidence,
        sent=row.sent_seconds,
        worked=row.worked_seconds,
        public=row.public,
    )


class StoredTurn(Turn):
    """A turn as it was stored, whose words are read when somebody asks for them: most turns' never are.

    It was checked when it was stored and is not checked again.
    """

    __slots__ = ("_unread",)  # beside the fields, which are what is written down of a turn
    _unread: str

    def __init__(
        self,
        speaker: Speaker,
        start: float | None,
        end: float | None,
        text: str,
        side_confidence: float,
        words: str,
        sent: float | None,
        worked: float | None,
        public: bool,
    ) -> None:
        """words: as the text that is stored."""
        self.__dict__.update(speaker=speaker, start=start, end=end, text=text, side_confidence=side_confidence)
        self.__dict__.update(sent=sent, worked=worked, public=public)
        object.__setattr__(self, "_unread", words)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The recognised words."""
        return tuple(Word(*word) for word in json.loads(self._unread))

    @property
    def least_confidence(self) -> float:
        """The recogniser's confidence in its least sure word."""
        return min((float(confidence) for *_, confidence in json.loads(self._unread)), default=1.0)


class StoredSignals(Signals):
    """Signals as they were stored, each part of which is read when somebody asks for it: most scorecards ask for few.

    row: has the columns of `signals` by their names, JSON as its text. Where sentences and their embeddings were left out,
    there are none.
    """

    _row: Any

    def __init__(self, row: Any, valence: Sequence[float]) -> None:
        self.__dict__.update(valence=tuple(valence), _row=row)

    @cached_property
    def measures(self) -> Mapping[str, float | None]:
        """The named numbers."""
        return dict(json.loads(self._row.measures))

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """The silences, the longest first."""
        return silences_of(json.loads(self._row.silences))

    @cached_property
    def interruptions(self) -> tuple[Interruption, ...]:
        """The interruptions in their order."""
        return interruptions_of(json.loads(self._row.interruptions))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences that there are embeddings of."""
        return tuple(Sentence(*sentence) for sentence in json.loads(self._row.sentences))

    @cached_property
    def embeddings(self) -> NDArray[np.float32]:
        """One row for each sentence."""
        return _vectors(self._row.embeddings, self._row.embedding_size)

    @cached_property
    def models(self) -> Mapping[str, str]:
        """The models that took part."""
        return dict(json.loads(self._row.models))

    @cached_property
    def behaviours(self) -> tuple[Shown, ...]:
        """What each turn may show."""
        return tuple(Shown(*item) for item in json.loads(self._row.behaviours))


def signals_values(call_id: str, signals: Signals) -> Values:
    """The row of `signals`."""
    return {
        "call_id": call_id,
        "measures": dict(signals.measures),
        "silences": [[silence.span.start, silence.span.end, silence.after_turn] for silence in signals.silences],
        "interruptions": [[cut.by, cut.turn, cut.start, cut.over_seconds] for cut in signals.interruptions],
        "sentences": [[part.turn, part.text, part.start, part.end] for part in signals.sentences],
        "behaviours": [[b.turn, b.behaviour, b.probability, b.start, b.end] for b in signals.behaviours],
        "models": dict(signals.models),
        "embedding_size": signals.embeddings.shape[1],
        "embeddings": signals.embeddings.astype(_FLOAT32).tobytes(),
    }


def silences_of(stored: JsonList) -> tuple[Silence, ...]:
    """The silences that were stored."""
    return tuple(Silence(Span(start, end), after_turn) for start, end, after_turn in stored)


def interruptions_of(stored: JsonList) -> tuple[Interruption, ...]:
    """The interruptions that were stored."""
    return tuple(Interruption(Speaker(by), turn, start, over) for by, turn, start, over in stored)


def signals_of(row: SignalsRow, valence: Sequence[float]) -> Signals:
    """The signals that were stored; `valence` is that of the turns, in their order."""
    return Signals(
        valence=tuple(valence),
        measures=row.measures,
        silences=silences_of(row.silences),
        interruptions=interruptions_of(row.interruptions),
        sentences=tuple(Sentence(*sentence) for sentence in row.sentences),
        embeddings=_vectors(row.embeddings, row.embedding_size),
        models=row.models,
        behaviours=tuple(Shown(*item) for item in row.behaviours),
    )


def _vectors(stored: bytes, size: int) -> NDArray[np.float32]:
    flat = np.frombuffer(stored, _FLOAT32).astype(np.float32)
    return flat.reshape(-1, size) if size else flat.reshape(0, 0)


def side_correction_of(row: SideCorrectionRow) -> SideCorrection:
    """The correction that was stored, without the whole transcript."""
    return SideCorrection(
        id=row.id,
        author=row.author,
        at=row.at,
        kind=row.kind,
        reason=row.reason,
        turns=tuple((n, Speaker(before), Speaker(after)) for n, before, after in row.turns),
        totals=tuple(Rejudged(*change) for change in row.totals),
        since=row.since,
    )


def _storable(text: str, call_id: str, turn: int) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        raise StorageError(
            f"Call {call_id}, turn {turn}: {text[wrong.start]!r} is no character and cannot be kept."
        ) from wrong
    if "\0" in text:
        raise StorageError(f"Call {call_id}, turn {turn}: a zero byte within the text cannot be kept; take it out.")
    return text


# Scorecards


def scorecard_of(definition: Mapping[str, Any]) -> Scorecard:
    """The scorecard whose `to_dict` this is."""

    def rule(data: Mapping[str, Any] | None) -> Rule | None:
        return Rule(data["kind"], data["params"]) if data is not None else None

    def criterion(data: Mapping[str, Any]) -> Criterion:
        asked_when = data.get("asked_when")
        changed = {
            "rule": rule(data["rule"]),
            "answers": answers_of(data["answers"]),
            "applies_when": rule(data["applies_when"]),
            "asked_when": AskedWhen(asked_when["criterion"], asked_when["answers"]) if asked_when else None,
        }
        return Criterion(**{**data, **changed})

    sections = tuple(Section(s["id"], s["title"], tuple(map(criterion, s["criteria"]))) for s in definition["sections"])
    bands = tuple(Band(band["from"], band["name"]) for band in definition.get("bands", ()))
    return Scorecard(**{**definition, "sections": sections, "bands": bands})


# Evaluations


def totals_values(evaluation: Evaluation, prefix: str = "") -> Values:
    """The columns with an evaluation's totals; with the prefix `machine_` those of the machine's."""
    return {
        f"{prefix}total_before": evaluation.total_before,
        f"{prefix}total": evaluation.total,
        f"{prefix}passed": evaluation.passed,
        f"{prefix}failed_by": list(evaluation.failed_by),
        f"{prefix}sections": [asdict(section) for section in evaluation.sections],
    }


def evaluation_values(evaluation: Evaluation, version_id: int, now: datetime) -> Values:
    """The row of `evaluations` for one that no person has corrected yet."""
    return {
        "call_id": evaluation.call_id,
        "scorecard_version_id": version_id,
        "transcript_hash": evaluation.stamp.transcript_hash,
        **totals_values(evaluation),
        **totals_values(evaluation, "machine_"),
        "failed": bool(evaluation.failed_by),
        "unsure": len(evaluation.unsure),
        "superseded": False,
        "stamp": asdict(evaluation.stamp),
        "created_at": now,
    }


def result_values(evaluation: Evaluation, evaluation_id: int) -> list[Values]:
    """The rows of `results`, in the order of the evaluation's."""
    return [
        {
            "evaluation_id": evaluation_id,
            "position": position,
            "section": result.section,
            "criterion": result.criterion,
            "weight": result.weight,
            "fails": result.fails,
            "machine_verdict": result.verdict,
            "machine_probability": result.probability,
            "machine_points": result.points,
            "machine_judged_by": result.judged_by,
            "machine_answer": result.answer,
            "machine_if_asked": if_asked_values(result),
            "verdict": result.verdict,
            "probability": result.probability,
            "points": result.points,
            "judged_by": result.judged_by,
            "answer": result.answer,
            "if_asked": if_asked_values(result),
            "bonus": result.bonus,
            "searched": asdict(result.searched) if result.searched else None,
        }
        for position, result in enumerate(evaluation.results)
    ]


def if_asked_values(result: CriterionResult) -> Values | None:
    """What is kept of an answer while its question is not asked."""
    return asdict(result.if_asked) if result.if_asked else None


def standing_values(result: CriterionResult) -> Values:
    """The columns with the answer that holds now, after a correction."""
    return {
        "verdict": result.verdict,
        "points": result.points,
        "probability": result.probability,
        "judged_by": result.judged_by,
        "answer": result.answer,
        "if_asked": if_asked_values(result),
    }


def evidence_values(result: CriterionResult, result_id: int) -> list[Values]:
    """The rows of `evidence` of one result: those of its own answer, whether or not the question is asked."""
    return [
        {
            "result_id": result_id,
            "position": position,
            "turn": item.turn,
            "start_seconds": item.start,
            "end_seconds": item.end,
            "quote": item.quote,
            "why": item.why,
        }
        for position, item in enumerate(result.own.evidence)
    ]


def searched_of(data: Mapping[str, Any] | None) -> Searched | None:
    """What was looked through, as it was stored."""
    if data is None:
        return None
    nearest = data["nearest"]
    return Searched(**{**data, "nearest": Evidence(**nearest) if nearest else None})


def result_of(row: ResultRow, evidence: Sequence[EvidenceRow], *, machine: bool) -> CriterionResult:
    """One result: the machine's, or the one that holds now. Both rest on the same evidence."""
    kept = row.machine_if_asked if machine else row.if_asked
    held = IfAsked(**kept) if kept else None
    found = tuple(Evidence(e.why, e.turn, e.start_seconds, e.end_seconds, e.quote) for e in evidence)
    return CriterionResult(
        section=row.section,
        criterion=row.criterion,
        verdict=row.machine_verdict if machine else row.verdict,
        probability=row.machine_probability if machine else row.probability,
        points=row.machine_points if machine else row.points,
        weight=row.weight,
        fails=row.fails,
        evidence=(Evidence(held.why), *found) if held else found,
        searched=searched_of(row.searched),
        judged_by=row.machine_judged_by if machine else row.judged_by,
        answer=answer_of(row.machine_answer if machine else row.answer),
        bonus=row.bonus,
        if_asked=held,
    )


def evaluation_of(
    row: EvaluationRow, scorecard: Scorecard, results: Sequence[CriterionResult], *, machine: bool
) -> Evaluation:
    """The evaluation with these results: the machine's, or the one that holds now."""
    sections = row.machine_sections if machine else row.sections
    return Evaluation(
        call_id=row.call_id,
        scorecard=scorecard.id,
        version=scorecard.version,
        results=tuple(results),
        sections=tuple(SectionScore(**{**s, "failed_by": tuple(s["failed_by"])}) for s in sections),
        total_before=row.machine_total_before if machine else row.total_before,
        total=row.machine_total if machine else row.total,
        passed=row.machine_passed if machine else row.passed,
        failed_by=tuple(row.machine_failed_by if machine else row.failed_by),
        stamp=Stamp(**row.stamp),
    )
