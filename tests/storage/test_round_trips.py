"""Is what is loaded equal to what was saved, whatever it was?"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sqlalchemy import Engine

from errors import StorageError
from scorecards.definition import Answers, Criterion, Fails, Rule, Scorecard, Section
from scoring.evaluate import points_for, weigh
from scoring.result import CriterionResult, Evaluation, Evidence, Searched, Stamp, Verdict
from scoring.signals.model import Interruption, Sentence, Shown, Signals, Silence
from storage import queries
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import load_evaluations, load_signals, load_transcript, store_scored_call
from tests.storage.build import a_scored_call
from transcripts.model import Sides, Sound, SoundKind, Span, Speaker, Transcript, Turn, Word

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
seconds = st.floats(0, 1e6)
valences = st.floats(-1, 1)
shares = st.floats(0, 1)
spans = st.tuples(seconds, seconds).map(sorted)
optional_seconds = st.none() | seconds


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Any conversation at all, under an id that no other has."""
    words = st.builds(lambda text, span, sure: Word(text, span[0], span[1], sure), texts, spans, shares)
    timed = st.builds(
        lambda who, span, text, said, sure: Turn(who, span[0], span[1], text, tuple(said), sure),
        st.sampled_from(Speaker),
        spans,
        texts,
        st.lists(words, max_size=3),
        shares,
    )
    written = st.builds(lambda who, text: Turn(who, None, None, text), st.sampled_from(Speaker), texts)
    turns = draw(st.lists(draw(st.sampled_from([timed, written])), max_size=5))
    return Transcript(
        uuid.uuid4().hex,
        tuple(turns),
        draw(seconds),
        draw(st.integers(0, 2)),
        draw(st.sampled_from(["en", "de"])),
        draw(texts),
        draw(st.sampled_from(Sides)),
        tuple(draw(st.lists(st.builds(lambda kind, s: Sound(kind, *s), st.sampled_from(SoundKind), spans), max_size=3))),
    )


@st.composite
def signals_of(draw: st.DrawFn, turns: int) -> Signals:
    """Any signals of a conversation with so many turns."""
    at = st.integers(0, 100)
    sentences = draw(st.lists(st.builds(Sentence, at, texts, optional_seconds, optional_seconds), max_size=3))
    cuts = st.builds(Interruption, st.sampled_from(Speaker), at, seconds, seconds)
    shown = st.builds(Shown, at, texts, shares, at, at)
    return Signals(
        valence=tuple(draw(st.lists(valences, min_size=turns, max_size=turns))),
        measures=draw(st.dictionaries(texts | st.just("customer_valence"), st.none() | valences, max_size=4)),
        silences=tuple(draw(st.lists(st.builds(lambda s, t: Silence(Span(*s), t), spans, st.none() | at), max_size=2))),
        interruptions=tuple(draw(st.lists(cuts, max_size=2))),
        sentences=tuple(sentences),
        embeddings=draw(arrays(np.float32, (len(sentences), 384), elements=st.floats(-1, 1, width=32), fill=st.just(0.5))),
        models=draw(st.dictionaries(texts, texts, max_size=2)),
        behaviours=tuple(draw(st.lists(shown, max_size=3))),
    )


@st.composite
def scorecards(draw: st.DrawFn) -> Scorecard:
    """Any scorecard of up to four criteria, under an id that no other has."""
    params = st.dictionaries(texts, texts | st.integers(-9, 9) | shares | st.lists(texts, max_size=2), max_size=2)
    rules = st.builds(Rule, texts, params)
    shape = st.builds(
        Criterion,
        id=st.just(""),
        question=texts,
        rule=rules,
        weight=st.floats(0.1, 10),
        answers=st.lists(shares, min_size=3, max_size=3).map(sorted).map(lambda p: Answers(p[2], p[1], p[0])),
        applies_when=st.none() | rules,
        fails=st.sampled_from(Fails),
        tip=texts,
        target=st.none() | shares,
    )
    criteria = [replace(criterion, id=f"c{place}") for place, criterion in enumerate(draw(st.lists(shape, max_size=4)))]
    half = len(criteria) // 2
    sections = (Section("s1", draw(texts), tuple(criteria[:half])), Section("s2", draw(texts), tuple(criteria[half:])))
    return Scorecard(uuid.uuid4().hex, draw(st.integers(1, 9)), draw(texts), draw(st.floats(0, 100)), sections, draw(texts))


@st.composite
def evaluations_of(draw: st.DrawFn, transcript: Transcript, scorecard: Scorecard) -> Evaluation:
    """Any evaluation of this conversation by this scorecard."""
    evidence = st.builds(Evidence, texts, st.none() | st.integers(0, 9), optional_seconds, optional_seconds, texts)
    searched = st.builds(Searched, texts, st.integers(0, 9), optional_seconds, optional_seconds, texts, st.none() | evidence)

    def result(section: Section, criterion: Criterion) -> CriterionResult:
        verdict = draw(st.sampled_from(Verdict))
        points = points_for(criterion, verdict)
        found = tuple(draw(st.lists(evidence, max_size=2)))
        sought = draw(st.none() | searched) if found else draw(searched)
        kept = (criterion.weight, criterion.fails, found, sought, draw(texts))
        return CriterionResult(section.id, criterion.id, verdict, draw(shares), points, *kept)

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
        Stamp(transcript.content_hash, scorecard.content_hash, draw(st.dictionaries(texts, texts, max_size=2)), draw(texts)),
    )


@st.composite
def scored_calls(draw: st.DrawFn) -> ScoredCall:
    """Any call, scored by up to two scorecards."""
    transcript = draw(transcripts())
    judged = draw(st.lists(scorecards(), max_size=2))
    zones = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
    facts = CallFacts(
        content_hash=uuid.uuid4().hex * 2,
        kind=draw(st.sampled_from(CallKind)),
        file_name=draw(texts),
        started_at=draw(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=zones)),
        agent=draw(st.none() | texts.filter(bool)),
        team=draw(st.none() | texts.filter(bool)),
        customer=draw(texts),
        direction=draw(texts),
        queue=draw(texts),
        recording=draw(st.none() | texts),
        extra=draw(st.dictionaries(texts, texts, max_size=2)),
    )
    signals = draw(signals_of(len(transcript.turns)))
    return ScoredCall(facts, transcript, signals, tuple((card, draw(evaluations_of(transcript, card))) for card in judged))


@pytest.fixture(scope="module")
def filled(new_database: Callable[[], str]) -> Any:
    """One database for all the examples: every example has ids of its own."""
    engine = open_database(new_database())
    yield engine
    engine.dispose()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(scored=scored_calls())
def test_what_is_saved_and_loaded_is_equal(filled: Engine, scored: ScoredCall) -> None:
    call_id = scored.transcript.call_id
    with transaction(filled) as session:
        assert store_scored_call(session, scored)
    with reading(filled) as session:
        transcript, signals = load_transcript(session, call_id), load_signals(session, call_id)
        stored = {each.scorecard.id: each for each in load_evaluations(session, call_id)}
        details = queries.call_details(session, SYSTEM, call_id)
    assert transcript == scored.transcript
    assert transcript.content_hash == scored.transcript.content_hash
    assert signals.embeddings.dtype == np.float32
    assert np.array_equal(signals.embeddings, scored.signals.embeddings)
    same = signals.embeddings  # arrays have no equality of their own; the rest is compared with one and the same in place
    assert replace(signals, embeddings=same) == replace(scored.signals, embeddings=same)
    assert set(stored) == {scorecard.id for scorecard, _ in scored.evaluations}
    for scorecard, evaluation in scored.evaluations:
        assert stored[scorecard.id].scorecard == scorecard
        assert stored[scorecard.id].machine == evaluation
        assert stored[scorecard.id].current == evaluation
    assert details is not None
    assert details.facts == scored.facts
    assert details.transcript == scored.transcript


@pytest.mark.parametrize(("text", "said"), [("zero \0 byte", "zero byte"), ("half \ud800 of a pair", "no character")])
def test_a_text_that_no_database_can_hold_is_refused_with_its_place(engine: Engine, text: str, said: str) -> None:
    scored = a_scored_call("odd", "agent: Hello", f"customer: {text.replace(chr(0xD800), '?')}")
    turns = (scored.transcript.turns[0], replace(scored.transcript.turns[1], text=text))
    odd = replace(scored, transcript=replace(scored.transcript, turns=turns), evaluations=())
    with pytest.raises(StorageError, match=f"turn 1: .*{said}"), transaction(engine) as session:
        store_scored_call(session, odd)
    with reading(engine) as session:
        assert queries.count_calls(session, SYSTEM, queries.CallFilter()) == 0


def test_a_number_that_is_none_is_refused(engine: Engine) -> None:
    scored = a_scored_call("odd")
    odd = replace(scored, signals=replace(scored.signals, measures={"silence_share": float("nan")}))
    with pytest.raises(StorageError, match="cannot be kept as JSON"), transaction(engine) as session:
        store_scored_call(session, odd)


def test_the_start_of_a_call_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="has a time zone"):
        a_scored_call("naive", started_at=datetime(2025, 3, 5, 12, tzinfo=UTC).replace(tzinfo=None))
