"""Signals are measured once, hold everything, and come back from storage unchanged."""

import json
from dataclasses import replace

import pytest

from errors import TranscriptError
from scoring.signals import MEASURES, StoredSignals, measure, replies, restore, store
from scoring.signals.model import Signals
from tests.build import a_chat, a_thread, a_transcript, a_turn
from transcripts.model import Transcript

CALL = a_transcript(
    a_turn("agent", "Thank you for calling Larkfield Water, this is Ines. How can I help?", 0, 4),
    a_turn("customer", "My bill has doubled and I am really upset. Nobody can tell me why", 4.5, 9),
    a_turn("agent", "I'm sorry, that is a shock. Let me look", 8.2, 11),
    a_turn("customer", "Thank you, that is kind", 20, 22),
)
MAIL = a_thread("customer 0: Where is my refund?", "agent 90: It was sent this morning.")
CALLS = [CALL, MAIL, a_chat("agent: Hello", "customer: Hi"), a_transcript()]


def equal(one: Signals, other: Signals) -> bool:
    """Whether two signals are the same to the last byte."""
    return (
        (one.valence, one.measures, one.silences, one.interruptions, one.sentences, one.models, one.behaviours)
        == (
            other.valence,
            other.measures,
            other.silences,
            other.interruptions,
            other.sentences,
            other.models,
            other.behaviours,
        )
    ) and one.embeddings.tobytes() == other.embeddings.tobytes()


@pytest.mark.parametrize("transcript", CALLS)
def test_the_same_transcript_gives_the_same_signals(transcript: Transcript) -> None:
    assert equal(measure(transcript), measure(transcript))


@pytest.mark.parametrize("transcript", CALLS)
def test_what_is_stored_and_restored_is_equal(transcript: Transcript) -> None:
    signals = measure(transcript)
    kept = store(signals)
    assert equal(restore(StoredSignals(json.loads(json.dumps(kept.data)), kept.embeddings)), signals)


def test_every_measure_is_given_and_described_in_a_sentence() -> None:
    spoken, written = measure(CALL).measures, measure(MAIL).measures
    assert set(written) - set(spoken) == set(replies.MEASURES)  # which a call cannot have
    assert set(written) == set(MEASURES)
    assert all(sentence.endswith(".") for sentence in MEASURES.values())


def test_every_turn_has_a_valence_and_every_sentence_a_vector() -> None:
    signals = measure(CALL)
    assert len(signals.valence) == len(CALL.turns)
    assert signals.embeddings.shape == (len(signals.sentences), 384)
    assert {sentence.turn for sentence in signals.sentences} == {0, 1, 2, 3}
    assert all(sentence.text in CALL.turns[sentence.turn].text for sentence in signals.sentences)


def test_the_models_that_took_part_are_named() -> None:
    assert set(measure(CALL).models) == {"embeddings:all-MiniLM-L6-v2", "sentiment", "behaviours"}


@pytest.mark.parametrize("damage", [lambda data: data.pop("measures"), lambda data: data["sentences"].pop()])
def test_damaged_storage_is_refused_with_what_to_do(damage) -> None:  # type: ignore[no-untyped-def]
    kept = store(measure(CALL))
    data = json.loads(json.dumps(kept.data))
    damage(data)
    with pytest.raises(TranscriptError, match="score the call again"):
        restore(StoredSignals(data, kept.embeddings))


def test_sentiment_is_read_from_english_alone() -> None:
    call = a_chat("customer: This is a wonderful, great service", "agent: Thank you, that is lovely")
    english, german = measure(call), measure(replace(call, language="de"))
    assert english.measures["customer_valence"] != 0
    assert german.measures["customer_valence"] is None
    assert set(german.valence) == {0.0}
