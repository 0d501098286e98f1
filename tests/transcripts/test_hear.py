"""What the hearing of a call promises, on real sound through the real engines."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ModelError
from tests.transcripts.sound import (
    AGENT_SAID,
    CALL,
    CUSTOMER_SAID,
    GERMAN,
    NAMES,
    RATE,
    heard,
    music,
    ringing,
    the_call,
    tone,
    write_sound,
)
from transcripts.audio import decode_channels
from transcripts.hear import PAUSE_SECONDS, Said, interleave, plain, say_the_same, transcribe_recording, without_bleed
from transcripts.identify import call_id
from transcripts.model import Sides, SoundKind, Speaker, Transcript, Word
from transcripts.whisper.engine import load_engine
from transcripts.whisper.listen import LEVEL_SECONDS, Listened, listen

ENGINES = ("faster-whisper", "openai-whisper")
KNOWN = ("Velquora", "Tremolux")

# openai-whisper's tokenizer opens its vocabulary and leaves the closing to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(?s)Exception ignored in.*\.tiktoken:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first line of the call, on one channel."""
    return write_sound(tmp_path_factory.mktemp("call") / "beginning.wav", the_call()[:1, : 5 * RATE], rate=8_000)


@pytest.fixture
def heard_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the call it is known what is on each channel: what is made of it is another question."""
    monkeypatch.setattr("transcripts.hear.listen", lambda *given, **named: listened_to_the_call())


@cache
def listened_to_the_call() -> Listened:
    return listen([the_call()], 2, load_engine("faster-whisper", "base"), "en")


def said_by(transcript: Transcript, speaker: Speaker) -> str:
    return " ".join(turn.text for turn in transcript.by(speaker))


def said(speaker: str, *words: tuple[str, float, float]) -> list[Said]:
    return [Said(Word(f" {text}", start, end), Speaker(speaker)) for text, start, end in words]


# On real sound.


def test_each_channel_is_a_side_and_every_turn_is_there() -> None:
    transcript = heard()
    assert (transcript.channels, transcript.sides, transcript.language) == (2, Sides.CHANNELS, "en")
    assert all(phrase in said_by(transcript, Speaker.AGENT) for phrase in AGENT_SAID)
    assert all(phrase in said_by(transcript, Speaker.CUSTOMER) for phrase in CUSTOMER_SAID)
    assert transcript.duration_seconds == pytest.approx(29.4, abs=0.2)
    assert transcript.call_id == call_id(CALL)


def test_turns_alternate_and_an_interruption_stays_an_overlap() -> None:
    turns = heard().turns
    spoken_into = next(turn for turn in turns if turn.text.endswith("in the post to you."))
    interruption = next(turn for turn in turns if turn.text.endswith("that explains it."))
    assert interruption.speaker is Speaker.CUSTOMER
    assert spoken_into.span is not None
    assert interruption.span is not None
    assert 0.3 < (spoken_into.span & interruption.span).duration < 1.2


def test_words_lie_where_they_were_spoken() -> None:
    first, second = heard().turns[:2]
    # As the clip was laid out: the first line begins at 0.5 s and is loud at once; there is half a second before the second.
    agent, customer = (np.flatnonzero(np.abs(side) > 0.02) / RATE for side in the_call())
    assert first.start == pytest.approx(agent[0], abs=0.2)
    assert second.start == pytest.approx(customer[0], abs=0.2)
    assert first.end == pytest.approx(agent[agent < customer[0]][-1], abs=0.2)
    for turn in heard().turns:
        assert [word.start for word in turn.words] == sorted(word.start for word in turn.words)
        assert " ".join(word.text for word in turn.words) == turn.text


@pytest.mark.usefixtures("heard_before")
def test_the_agent_may_be_on_the_right() -> None:
    swapped = transcribe_recording(CALL, agent_channel=1)
    assert said_by(swapped, Speaker.CUSTOMER) == said_by(heard(), Speaker.AGENT)
    assert said_by(swapped, Speaker.AGENT) == said_by(heard(), Speaker.CUSTOMER)


@pytest.mark.usefixtures("heard_before")
def test_channels_set_the_wrong_way_round_are_put_right_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    checked = transcribe_recording(CALL, agent_channel=1, channels="check")
    assert checked.turns == heard().turns
    assert checked.sides is Sides.SWAPPED
    assert [record.getMessage() for record in caplog.records if record.name == "transcripts.hear"] == [
        "call.ogg: the agent is on channel 0 by what is said, not on 1 as set"
    ]


def test_both_engines_read_the_same_words_with_the_same_weights(beginning: Path) -> None:
    faster, reference = (transcribe_recording(beginning, engine=engine) for engine in ENGINES)
    words = [[word for turn in heard.turns for word in turn.words] for heard in (faster, reference)]
    assert "Thank you for calling" in " ".join(word.text for word in words[1])
    assert [plain(word.text) for word in words[0]] == [plain(word.text) for word in words[1]]
    assert np.median([abs(a.start - b.start) for a, b in zip(*words, strict=True)]) < 0.1
    assert faster.engine == "faster-whisper base int8 d01c3014881c"
    assert reference.engine == "openai-whisper base float32 d01c3014881c"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_small_english_model_runs_on_both_engines(beginning: Path, engine: str) -> None:
    transcript = transcribe_recording(beginning, engine=engine, model="tiny.en", language="auto")
    assert "Thank you for calling" in " ".join(turn.text for turn in transcript.turns)
    assert transcript.language == "en"


def test_the_same_file_gives_the_same_transcript_byte_for_byte() -> None:
    again = transcribe_recording(CALL, threads=1)
    assert json.dumps(again.to_dict()) == json.dumps(heard().to_dict())


def test_the_language_can_be_found_from_the_sound() -> None:
    assert transcribe_recording(GERMAN, language="auto").language == "de"


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_knows_a_language_by_its_sound(engine: str) -> None:
    assert load_engine(engine, "base").language_of(decode_channels(GERMAN)) == "de"


@pytest.mark.parametrize(("engine", "names", "times"), [(ENGINES[0], (), 0), *((one, KNOWN, 2) for one in ENGINES)])
def test_names_that_nobody_has_are_spelled_right_once_they_are_known(
    engine: str, names: tuple[str, ...], times: int
) -> None:
    said = " ".join(turn.text for turn in transcribe_recording(NAMES, engine=engine, vocabulary=names).turns)
    assert [said.count(name) for name in KNOWN] == [times, times]


def test_names_that_are_not_said_change_no_word() -> None:
    known = transcribe_recording(CALL, vocabulary=(*KNOWN, "Quibblet"))
    for speaker in (Speaker.AGENT, Speaker.CUSTOMER):
        words = [[plain(word) for word in said_by(call, speaker).split()] for call in (known, heard())]
        assert words[0] == words[1]


def test_two_voices_on_one_channel_are_told_apart(tmp_path: Path) -> None:
    mixed = write_sound(tmp_path / "mixed.wav", the_call().mean(axis=0, keepdims=True), rate=8_000)
    transcript = transcribe_recording(mixed)
    assert (transcript.channels, transcript.sides) == (1, Sides.VOICES)
    # The one line that is spoken into cannot be had in full on one channel.
    assert all(phrase in said_by(transcript, Speaker.AGENT) for phrase in (*AGENT_SAID[:3], AGENT_SAID[4]))
    customer = said_by(transcript, Speaker.CUSTOMER).casefold()
    assert all(phrase.casefold() in customer for phrase in CUSTOMER_SAID)
    assert all(0.5 < turn.side_confidence < 1 for turn in transcript.turns)


def test_one_voice_alone_is_nobodys_side(tmp_path: Path) -> None:
    alone = write_sound(tmp_path / "alone.wav", the_call()[:1])
    transcript = transcribe_recording(alone)
    assert transcript.sides is Sides.UNKNOWN
    assert {turn.speaker for turn in transcript.turns} == {Speaker.OTHER}
    assert {turn.side_confidence for turn in transcript.turns} == {0.0}


@pytest.mark.parametrize("sound", ["silence", "noise", "dialling", "music"])
def test_where_nobody_speaks_there_are_no_words(tmp_path: Path, sound: str) -> None:
    seconds = np.arange(12 * RATE) / RATE
    beat = np.exp(-6 * (seconds % 0.5))
    sounds = {
        "silence": np.zeros_like(seconds),
        "noise": np.random.default_rng(3).normal(0, 0.02, len(seconds)),
        "dialling": 0.2 * (np.sin(2 * np.pi * 440 * seconds) + np.sin(2 * np.pi * 480 * seconds)) * (seconds % 6 < 2),
        "music": 0.1 * beat * sum(np.sin(2 * np.pi * hertz * seconds) for hertz in (262, 330, 392)),
    }
    wave = sounds[sound].astype(np.float32)
    both = np.stack([wave, wave[::-1]])
    assert transcribe_recording(write_sound(tmp_path / "quiet.wav", both)).turns == ()


def test_ringing_and_music_stand_in_the_transcript_beside_the_words(tmp_path: Path) -> None:
    speech = the_call()[:1, : 6 * RATE]
    sound = np.concatenate([ringing(7)[None], speech, music(8)[None]], axis=1)
    transcript = transcribe_recording(write_sound(tmp_path / "held.wav", sound, "pcm_mulaw", 8_000))
    assert [found.kind for found in transcript.sounds] == [SoundKind.RINGING, SoundKind.MUSIC]
    assert "Thank you for calling" in " ".join(turn.text for turn in transcript.turns)
    assert all(7 < (turn.start or 0) < 13 for turn in transcript.turns)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_words_of_a_recording_are_neither_sides(monkeypatch: pytest.MonkeyPatch, channels: int) -> None:
    line = "Your call is important to us. Good morning, this is Anna speaking."
    words = tuple(Word(f" {word}", n * 0.5, n * 0.5 + 0.4) for n, word in enumerate(line.split()))
    monkeypatch.setattr(
        "transcripts.hear.listen",
        lambda *given, **named: Listened((words, ())[:channels], 9.0, "en", (levels((9, 0.1)),) * channels),
    )
    monkeypatch.setattr("transcripts.hear.can_tell_voices", lambda: False)
    transcript = transcribe_recording(CALL) if channels == 2 else transcribe_recording(GERMAN)
    recording = next(turn for turn in transcript.turns if "important" in turn.text)
    assert recording.text == "Your call is important to us."
    assert recording.speaker is Speaker.OTHER
    assert transcript.is_recorded(recording)
    assert [transcript.is_recorded(turn) for turn in transcript.turns if "Anna" in turn.text] == [False]


def test_a_recording_shorter_than_a_word_is_heard_without_complaint(tmp_path: Path) -> None:
    transcript = transcribe_recording(write_sound(tmp_path / "click.wav", tone(0.02)))
    assert transcript.turns == ()
    assert transcript.duration_seconds == pytest.approx(0.02)


def test_faint_bleed_from_the_other_channel_is_not_heard_twice(tmp_path: Path) -> None:
    agent, customer = the_call()
    bled = np.stack([agent + 0.05 * customer, customer + 0.05 * agent])
    transcript = transcribe_recording(write_sound(tmp_path / "bled.wav", bled))
    agent_said, customer_said = (said_by(transcript, side).casefold() for side in (Speaker.AGENT, Speaker.CUSTOMER))
    assert "declined" not in agent_said
    assert "account number" not in customer_said
    assert all(phrase.casefold() in customer_said for phrase in CUSTOMER_SAID)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"engine": "kaldi"}, "no speech recogniser 'kaldi'"),
        ({"model": "/no/such/model"}, "no model at /no/such/model"),
        ({"language": "xx"}, "does not know the language 'xx'"),
        ({"language": "de", "model": "tiny.en"}, "does not know the language 'de'; it knows en"),
    ],
)
def test_an_engine_that_cannot_run_says_what_would_work(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        transcribe_recording(CALL, **options)  # type: ignore[arg-type]


def test_two_channels_that_carry_the_same_conversation_are_heard_as_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mixed = the_call()[:, : 20 * RATE].mean(axis=0)
    late = 0.4 * np.concatenate([np.zeros(round(0.02 * RATE), np.float32), mixed])[: len(mixed)]
    transcript = transcribe_recording(write_sound(tmp_path / "twice.wav", np.stack([mixed, late]), "pcm_mulaw", 8_000))
    assert (transcript.channels, transcript.sides) == (1, Sides.VOICES)
    assert " ".join(turn.text for turn in transcript.turns).count("Thank you for calling") == 1
    assert "twice.wav: both channels carry the same conversation, so it is heard as one channel" in caplog.messages


# The putting together, on values.


def test_a_word_in_a_pause_takes_the_turn_over() -> None:
    agent = said("agent", ("one", 0, 1), ("two", 2, 3))
    customer = said("customer", ("yes", 1.2, 1.8))
    assert [(turn.speaker.value, turn.text) for turn in interleave(agent, customer)] == [
        ("agent", "one"),
        ("customer", "yes"),
        ("agent", "two"),
    ]


def test_a_word_said_into_speech_leaves_the_turn_whole() -> None:
    agent = said("agent", ("one", 0, 1), ("two", 1.1, 2), ("three", 2, 3))
    customer = said("customer", ("mm-hm", 0.9, 1.3))
    assert [(turn.text, turn.start, turn.end) for turn in interleave(agent, customer)] == [
        ("one two three", 0, 3),
        ("mm-hm", 0.9, 1.3),
    ]


def test_a_long_pause_ends_a_turn() -> None:
    turns = interleave(said("agent", ("one", 0, 1), ("two", 1 + PAUSE_SECONDS, 4)))
    assert [turn.text for turn in turns] == ["one", "two"]


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """Two sides' words, each side's in its own order, overlapping the other's at will."""
    drawn: list[list[Said]] = []
    for speaker in (Speaker.AGENT, Speaker.CUSTOMER):
        at, words = 0.0, []
        for number in range(draw(st.integers(0, 12))):
            start = at + draw(st.floats(0, 4))
            at = start + draw(st.floats(0, 1))
            words.append(Said(Word(f" {speaker.value}{number}", start, at), speaker, draw(st.floats(0, 1))))
        drawn.append(words)
    return drawn[0], drawn[1]


@given(sides())
def test_interleaving_keeps_every_word_once_and_in_order(both: tuple[list[Said], list[Said]]) -> None:
    turns = interleave(*both)
    for speaker, words in zip((Speaker.AGENT, Speaker.CUSTOMER), both, strict=True):
        kept = [word.text for turn in turns if turn.speaker is speaker for word in turn.words]
        assert sorted(kept) == sorted(said.word.text.strip() for said in words)
        for turn in turns:
            if turn.speaker is speaker:
                numbers = [int(word.text.removeprefix(speaker.value)) for word in turn.words]
                assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [turn.start for turn in turns] == sorted(turn.start or 0.0 for turn in turns)
    assert all(turn.words and turn.text == " ".join(word.text for word in turn.words) for turn in turns)


def test_channels_are_a_copy_only_where_each_has_the_words_of_the_other() -> None:
    agent = tuple(Word(f" word{number}", number, number + 0.3) for number in range(12))
    late = tuple(Word(word.text.upper(), word.start + 0.2, word.end + 0.2) for word in agent)
    own = tuple(Word(f" mine{number}", number + 0.4, number + 0.8) for number in range(12))
    assert say_the_same((agent, late))
    assert not say_the_same((agent, own))
    assert not say_the_same((agent, sorted((*late, *own), key=lambda word: word.start)))
    assert not say_the_same((agent[:5], late[:5]))
    assert not say_the_same((agent, ()))


def levels(*stretches: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate([np.full(round(seconds / LEVEL_SECONDS), level, np.float32) for seconds, level in stretches])


def test_the_other_sides_words_go_but_soft_words_of_ones_own_stay() -> None:
    agent = (Word(" good", 0.1, 0.4), Word(" morning", 0.4, 0.9))
    echo = (Word(" Good", 0.15, 0.4), Word(" morning.", 0.4, 0.9))
    own = (Word(" hello", 0.2, 0.6),)
    loud, faint = levels((2, 0.2)), levels((2, 0.01))
    assert without_bleed(Listened((agent, echo), 2.0, "en", (loud, faint))) == (agent, ())
    assert without_bleed(Listened((agent, own), 2.0, "en", (loud, faint))) == (agent, own)
    assert without_bleed(Listened((agent, echo), 2.0, "en", (loud, loud))) == (agent, echo)
