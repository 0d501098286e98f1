"""How do tests come to a scored call in one line? All the people in it are invented."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine

from scorecards.answers import Answer
from scorecards.definition import Criterion, Fails, Rule, Scorecard, Section
from scoring.evaluate import points_for, weigh
from scoring.result import CriterionResult, Evaluation, Evidence, Stamp, Verdict
from scoring.signals.model import Shown, Signals
from storage import repository
from storage.access import Asker
from storage.database import transaction
from storage.records import CallFacts, CallKind, ScoredCall
from transcripts.model import Medium, Sides, Speaker, Transcript, Turn


def a_scorecard(id: str = "care", version: int = 1, **changes: Any) -> Scorecard:
    """Four criteria in two sections: `greets`, `announces` (fails the whole), `listens` (weight 2), `thanks`."""
    says = Rule("says.v1", {"phrases": ["hello"]})
    opening = (
        Criterion("greets", "Does the agent greet?", says, tip="Say hello."),
        Criterion("announces", "Is the recording announced?", says, fails=Fails.SCORECARD, target=0.95),
    )
    rest = (Criterion("listens", "Does the agent listen?", says, weight=2), Criterion("thanks", "Any thanks?", says))
    sections = (Section("opening", "Opening", opening), Section("rest", "The rest", rest))
    return Scorecard(
        **{"id": id, "version": version, "title": id.title(), "pass_mark": 70.0, "sections": sections, **changes}
    )


def an_evaluation(transcript: Transcript, scorecard: Scorecard, **verdicts: str) -> Evaluation:
    """An evaluation in which everything is met but what is named otherwise, with the totals that it comes to."""

    def result(section: Section, criterion: Criterion) -> CriterionResult:
        verdict = Verdict(verdicts.get(criterion.id, "met"))
        return CriterionResult(
            section=section.id,
            criterion=criterion.id,
            verdict=verdict,
            probability=0.9,
            points=points_for(criterion, verdict),
            weight=criterion.weight,
            fails=criterion.fails,
            evidence=(Evidence(f"{criterion.id}: {verdict}", 0, 0.0, 2.0, "Hello"), Evidence("and a second reason")),
            judged_by=criterion.rule.kind,
        )

    results = tuple(result(section, criterion) for section, criterion in scorecard)
    weighed = weigh(results, scorecard)
    return Evaluation(
        transcript.call_id,
        scorecard.id,
        scorecard.version,
        results,
        weighed.sections,
        weighed.total_before,
        weighed.total,
        weighed.passed,
        weighed.failed_by,
        Stamp(transcript.content_hash, scorecard.content_hash, {"a model": "its hash"}, "test"),
    )


def a_scored_call(
    name: str,
    *lines: str,
    agent: str | None = "Ana Ruiz",
    team: str | None = "North",
    started_at: datetime = datetime(2025, 3, 5, 12, tzinfo=UTC),
    scorecards: tuple[Scorecard, ...] = (),
    verdicts: dict[str, str] | None = None,
    valence: float | None = 0.25,
    **facts: Any,
) -> ScoredCall:
    """A call of these lines (`agent: Hello`), two seconds each, judged by every scorecard with these verdicts."""
    content_hash = hashlib.sha256(name.encode()).hexdigest()
    pairs = [line.partition(": ") for line in lines or ("agent: Hello", "customer: My parcel is late")]
    turns = tuple(
        Turn(Speaker(speaker), 2.0 * place, 2.0 * place + 2, text) for place, (speaker, _, text) in enumerate(pairs)
    )
    transcript = Transcript(content_hash[:16], turns, 2.0 * len(turns), 2, engine="written for a test", sides=Sides.CHANNELS)
    signals = Signals(
        valence=(0.0,) * len(turns),
        measures={"customer_valence": valence, "customer_valence_end": valence},
        embeddings=np.zeros((0, 384), np.float32),
    )
    return ScoredCall(
        facts=CallFacts(
            content_hash=content_hash,
            kind=CallKind.RECORDING,
            file_name=f"{name}.wav",
            started_at=started_at,
            agent=agent,
            team=team,
            recording=f"{content_hash}.wav",
            **facts,
        ),
        transcript=transcript,
        signals=signals,
        evaluations=tuple(
            (scorecard, an_evaluation(transcript, scorecard, **(verdicts or {})))
            for scorecard in scorecards or (a_scorecard(),)
        ),
    )


def a_public_complaint(
    name: str, asked: datetime, answered: bool = False, seen_minutes: float = 5, **facts: Any
) -> ScoredCall:
    """A complaint on a social page, and what is known of it so many minutes later; no scorecard has judged it."""
    words = "Where is my order, this is a disgrace"
    spoken = a_scored_call(name, f"customer: {words}", started_at=asked, **facts)
    turns = [Turn(Speaker.CUSTOMER, None, None, words, sent=0.0, public=True)]
    if answered:
        turns.append(Turn(Speaker.AGENT, None, None, "We are sorry, we look into it", sent=60.0, public=True))
    transcript = replace(spoken.transcript, turns=tuple(turns), channels=0, medium=Medium.SOCIAL, seen=60.0 * seen_minutes)
    signals = replace(
        spoken.signals,
        valence=(0.0,) * len(turns),
        behaviours=(Shown(0, "complains", 0.95, 0, 5),),
        models={"behaviours": "a hash"},
    )
    return replace(spoken, transcript=transcript, signals=signals, evaluations=())


def correct(
    engine: Engine,
    asker: Asker,
    result_id: int,
    verdict: Verdict | None,
    reason: str,
    answer: Answer | None = None,
) -> Evaluation:
    """Put this person's verdict, or answer, with their reason beside the machine's; the evaluation as it holds now.

    The machine's answer stays as it was. Raises NotAllowed where the asker may not correct, InputError where the answer is
    none of the criterion's, StorageError where the reason is empty, the question is not asked or the result is not theirs
    to see.
    """
    with transaction(engine) as session:
        return repository.add_override(session, asker, result_id, verdict, reason, answer)
