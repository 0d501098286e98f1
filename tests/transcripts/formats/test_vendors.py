"""Each vendor's file is read as the vendor writes it: who, when, which words."""

from pathlib import Path

import pytest

from errors import TranscriptError
from settings import Settings
from tests.transcripts.formats.reading import THE_CALL, changed, example, spoken
from transcripts.formats import lines, read_conversations, read_transcripts
from transcripts.model import Sides, Speaker


@pytest.mark.parametrize(
    ("name", "sides", "engine"),
    [
        ("amazon_transcribe.json", Sides.GIVEN, "Amazon Transcribe"),
        ("deepgram_channels.json", Sides.CHANNELS, "Deepgram"),
        ("assemblyai.json", Sides.CHANNELS, "AssemblyAI"),
        ("azure.json", Sides.CHANNELS, "Azure fast transcription"),
        ("vcon_deepgram.json", Sides.GIVEN, "Deepgram"),
        ("vcon_wtf.json", Sides.GIVEN, "invented-engine"),
    ],
)
def test_the_same_call_reads_the_same_from_every_vendor(name: str, sides: Sides, engine: str) -> None:
    transcript = example(name)
    assert spoken(transcript) == THE_CALL
    assert (transcript.sides, transcript.engine, transcript.language) == (sides, engine, "en")
    assert transcript.duration_seconds >= 16.0
    for turn in transcript.turns:
        assert " ".join(word.text for word in turn.words) == turn.text
        assert all(turn.start <= word.start <= word.end <= turn.end for word in turn.words)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["deepgram_channels.json", "assemblyai.json", "azure.json"])
def test_the_agents_channel_is_the_one_that_is_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "settings", lambda: Settings(agent_channel=1))
    assert [turn.speaker for turn in example(name).turns][:2] == [Speaker.CUSTOMER, Speaker.AGENT]


@pytest.mark.parametrize("name", ["deepgram_words.json", "whisperx.json"])
def test_of_two_voices_without_names_the_agent_is_told_by_what_is_said_and_how_sure_that_is(name: str) -> None:
    transcript = example(name)
    assert [(str(turn.speaker), turn.text) for turn in transcript.turns] == [(who, text) for who, _, _, text in THE_CALL]
    assert (transcript.channels, transcript.sides) == (1, Sides.VOICES)
    assert all(0.5 < turn.side_confidence < 1 for turn in transcript.turns)


def test_one_voice_alone_is_nobodys(tmp_path: Path) -> None:
    def one_voice(data: dict) -> None:  # type: ignore[type-arg]
        for segment in data["segments"]:
            segment["speaker"] = "SPEAKER_00"

    (transcript,) = read_transcripts(changed("whisperx.json", tmp_path, one_voice))
    assert {(turn.speaker, turn.side_confidence) for turn in transcript.turns} == {(Speaker.OTHER, 0.0)}
    assert transcript.sides is Sides.UNKNOWN


# Amazon


def test_a_mark_of_punctuation_belongs_to_the_word_before_it() -> None:
    assert [word.text for word in example("amazon_transcribe.json").turns[3].words][:2] == ["It", "was."]


def test_contact_lens_finds_the_role_by_the_participants_id() -> None:
    transcript = example("contact_lens.json")
    assert spoken(transcript)[1:] == THE_CALL
    assert transcript.turns[0].speaker is Speaker.OTHER
    assert (transcript.engine, transcript.duration_seconds) == ("Amazon Connect Contact Lens", 17.25)


def test_a_contact_lens_chat_is_written_and_in_the_order_of_sending() -> None:
    (conversation,) = read_conversations(Path(__file__).parent / "examples" / "contact_lens_chat.json")
    transcript = conversation.transcript
    assert (transcript.channels, transcript.timed) == (0, False)
    assert [str(turn.speaker) for turn in transcript.turns] == ["customer", "agent", "customer"]
    assert conversation.started_at is not None
    assert conversation.started_at.isoformat() == "2026-02-03T09:15:12+00:00"


def test_a_time_that_is_none_is_named_with_its_place(tmp_path: Path) -> None:
    path = changed("amazon_transcribe.json", tmp_path, lambda d: d["Transcript"][3].update(EndOffsetMillis="soon"))
    with pytest.raises(TranscriptError, match=r'changed\.json: Transcript\[3\]\.EndOffsetMillis is "soon", where a number'):
        read_transcripts(path)


# Genesys


def test_genesys_is_read_over_all_transcripts_on_one_clock() -> None:
    (conversation,) = read_conversations(Path(__file__).parent / "examples" / "genesys.json")
    transcript = conversation.transcript
    assert [(who, start, end) for who, start, end, _ in spoken(transcript)] == [line[:3] for line in THE_CALL]
    assert transcript.turns[3].text == "it was can you look into it"
    assert transcript.duration_seconds == 17.25
    assert conversation.started_at is not None
    assert conversation.started_at.isoformat() == "2026-01-06T10:15:00+00:00"


def test_a_genesys_word_long_before_the_call_is_refused(tmp_path: Path) -> None:
    path = changed("genesys.json", tmp_path, lambda d: d["transcripts"][1]["phrases"][0]["words"][2].update(startTimeMs=5))
    with pytest.raises(
        TranscriptError, match=r"transcripts\[1\]\.phrases\[0\]\.words\[2\]\.startTimeMs lies before the call"
    ):
        read_transcripts(path)


# Deepgram


def test_deepgrams_words_alone_become_lines_where_the_speaker_changes_or_pauses() -> None:
    transcript = example("deepgram_words.json")
    assert len(transcript.turns) == 5
    assert transcript.turns[0].words[0].text == "Good"


def test_one_alternative_kept_by_itself_is_still_deepgrams(tmp_path: Path) -> None:
    def keep_alternative(data: dict) -> None:  # type: ignore[type-arg]
        alternative = data["results"]["channels"][0]["alternatives"][0]
        data.clear()
        data.update(alternative)

    (transcript,) = read_transcripts(changed("deepgram_words.json", tmp_path, keep_alternative))
    assert (transcript.engine, len(transcript.turns)) == ("Deepgram", 5)


# AssemblyAI


def test_assemblyai_counts_channels_from_one(tmp_path: Path) -> None:
    path = changed("assemblyai.json", tmp_path, lambda d: d["utterances"][0].update(channel=0))
    with pytest.raises(TranscriptError, match=r"utterances\[0\]\.channel is 0, where a channel number from 1 on is needed"):
        read_transcripts(path)


def test_an_assemblyai_job_that_failed_says_why(tmp_path: Path) -> None:
    path = changed("assemblyai.json", tmp_path, lambda d: d.update(status="error", error="no speech", utterances=None))
    with pytest.raises(TranscriptError, match=r'status is "error", where "completed" \(no speech\) is needed'):
        read_transcripts(path)


def test_assemblyai_without_utterances_is_read_from_its_words(tmp_path: Path) -> None:
    (transcript,) = read_transcripts(changed("assemblyai.json", tmp_path, lambda d: d.update(utterances=None)))
    assert transcript.sides is Sides.CHANNELS
    assert {word.text for turn in transcript.by(Speaker.CUSTOMER) for word in turn.words} >= {"bill", "pounds"}


# Azure


@pytest.mark.parametrize(("offset", "duration"), [("offset", "duration"), ("offsetInMs", "durationInMs")])
def test_azures_other_names_for_times_are_read(offset: str, duration: str, tmp_path: Path) -> None:
    def rename(data: dict) -> None:  # type: ignore[type-arg]
        for phrase in data["phrases"]:
            for part in (phrase, *phrase["words"]):
                part[offset], part[duration] = part.pop("offsetMilliseconds"), part.pop("durationMilliseconds")

    (transcript,) = read_transcripts(changed("azure.json", tmp_path, rename))
    assert spoken(transcript) == THE_CALL


# whisperX


def test_a_word_that_whisperx_could_not_align_stands_between_its_neighbours() -> None:
    words = example("whisperx.json").turns[1].words
    at = [word.text for word in words].index("40")
    assert words[at - 1].end <= words[at].start <= words[at].end <= words[at + 1].start


def test_openai_whispers_own_file_is_read_too(tmp_path: Path) -> None:
    def as_openai(data: dict) -> None:  # type: ignore[type-arg]
        del data["word_segments"]
        for segment in data["segments"]:
            del segment["speaker"]

    (transcript,) = read_transcripts(changed("whisperx.json", tmp_path, as_openai))
    assert (transcript.engine, len(transcript.turns)) == ("Whisper", 5)
