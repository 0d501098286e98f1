"""WebVTT and SRT: speakers' tags, hours optional, settings and notes skipped, cut sentences whole again."""

from pathlib import Path

import pytest

from errors import TranscriptError
from tests.build import a_transcript, a_turn
from tests.transcripts.formats.reading import example, read_text, spoken
from transcripts.formats.write import as_vtt
from transcripts.model import Sides


def test_webvtt_is_read_with_voices_notes_styles_settings_and_without_hours() -> None:
    transcript = example("call.vtt")
    assert spoken(transcript) == [
        ("agent", 0.52, 3.9, "Good morning, Larkspur Energy, this is Dana speaking."),
        ("customer", 4.31, 8.74, "Hi Dana. My bill went up by 40 pounds & nobody told me why."),
        ("agent", 8.2, 11.05, "I am sorry about that."),
        ("customer", 8.2, 11.05, "It was <not> nice."),
    ]
    assert (transcript.sides, transcript.language) == (Sides.GIVEN, "en")


def test_srt_is_read_with_tags_and_an_untagged_cue_goes_on_with_its_speaker() -> None:
    assert spoken(example("call.srt")) == [
        ("agent", 0.52, 3.9, "Good morning, Larkspur Energy, this is Dana speaking."),
        ("customer", 4.31, 8.74, "Hi Dana. My bill went up by 40 pounds and nobody told me why."),
        ("agent", 8.2, 11.05, "I am sorry about that."),
    ]


def test_subtitles_that_we_write_are_read_back(tmp_path: Path) -> None:
    ours = a_transcript(a_turn("agent", "How are you & yours?", 0.5, 2.0), a_turn("customer", "5 > 4.", 3600.25, 3601.0))
    (conversation,) = read_text(as_vtt(ours), tmp_path)
    assert conversation.transcript.turns == ours.turns


def test_of_two_voices_one_known_the_other_is_the_other_side(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Agent>Hello.\n\n00:03.000 --> 00:04.000\n<v Ada Quist>Hello.\n"
    (conversation,) = read_text(text, tmp_path)
    assert [str(turn.speaker) for turn in conversation.transcript.turns] == ["agent", "customer"]


def test_a_colon_in_what_is_said_does_not_make_a_speaker(tmp_path: Path) -> None:
    cues = [
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n" for n, text in enumerate(["One.", "Two.", "It is: blue."], 1)
    ]
    (conversation,) = read_text("\n".join([*cues, "4\n00:00:05,000 --> 00:00:06,000\nAnd so on.\n"]), tmp_path)
    assert conversation.transcript.turns[2].text == "It is: blue."
    assert conversation.transcript.sides is Sides.UNKNOWN


def test_a_time_line_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"call\.txt: line 3: times have to read like"):
        read_text("WEBVTT\n\n00:01 --> later\nHello\n", tmp_path)
