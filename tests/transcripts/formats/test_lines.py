"""What all readers share: missing, odd and impossible times, words without times, texts that cannot be kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from errors import TranscriptError
from tests.transcripts.formats.reading import read_text
from transcripts.formats.lines import RawWord, place_words, side_of
from transcripts.model import Speaker, Transcript


def a_whisper_file(*segments: dict[str, Any]) -> str:
    return json.dumps({"segments": [{"start": 0.0, "text": "Hello there."}, *segments], "language": "en"})


def heard(folder: Path, *segments: dict[str, Any]) -> Transcript:
    return read_text(a_whisper_file(*segments), folder)[0].transcript


def test_a_line_without_an_end_lasts_as_long_as_its_words_but_not_into_the_next(tmp_path: Path) -> None:
    turns = heard(tmp_path, {"start": 0.5, "text": "Yes."}, {"start": 60.0, "text": "One two three four five."}).turns
    assert [(turn.start, turn.end) for turn in turns] == [(0.0, 0.5), (0.5, 0.9), (60.0, 62.0)]


def test_turns_come_in_the_order_of_their_starts_and_overlaps_stay(tmp_path: Path) -> None:
    turns = heard(tmp_path, {"start": 9, "end": 11, "text": "late"}, {"start": 3, "end": 10, "text": "early"}).turns
    assert [(turn.start, turn.end, turn.text) for turn in turns[1:]] == [(3.0, 10.0, "early"), (9.0, 11.0, "late")]


def test_empty_turns_are_left_out(tmp_path: Path) -> None:
    assert len(heard(tmp_path, {"start": 1, "end": 2, "text": "  \n"}).turns) == 1


def test_a_little_before_the_start_is_the_start_and_an_end_before_its_start_is_that_start(tmp_path: Path) -> None:
    turns = heard(tmp_path, {"start": -0.3, "end": 0.2, "text": "early"}, {"start": 5, "end": 4.9, "text": "short"}).turns
    assert [(turn.start, turn.end) for turn in turns if turn.text != "Hello there."] == [(0.0, 0.2), (5.0, 5.0)]


@pytest.mark.parametrize("start", [-30, float("nan"), float("inf"), 10**400, 700_000, True, "1", []])
def test_a_time_that_no_call_has_is_refused_by_name(start: Any, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"call\.txt: segments\[1\]\.start is .*, where a (number|time)"):
        heard(tmp_path, {"start": start, "end": 2, "text": "x"})


def test_half_characters_and_control_characters_do_not_get_in(tmp_path: Path) -> None:
    transcript = heard(tmp_path, {"start": 3, "end": 4, "text": "a\ud800b\x00c 日本語"})
    assert transcript.turns[1].text == "a\ufffdbc 日本語"
    assert len(transcript.content_hash) == 64


@pytest.mark.parametrize(
    ("given", "confidence"), [(0.5, 0.5), ("0.25", 0.25), (-1, 0.0), (10**400, 1.0), (float("nan"), 0.0), (None, 1.0)]
)
def test_a_confidence_is_brought_between_0_and_1(given: Any, confidence: float, tmp_path: Path) -> None:
    word = {"word": "x", "start": 3, "end": 4, "score": given}
    (heard_word,) = heard(tmp_path, {"start": 3, "end": 4, "text": "x", "words": [word]}).turns[1].words
    assert heard_word.confidence == confidence


def test_words_without_times_share_the_gap_between_their_neighbours() -> None:
    words = [RawWord("a", 1.0, 2.0), RawWord("b", None, None), RawWord("c", None, None), RawWord("d", 4.0, 5.0)]
    assert [(word.start, word.end) for word in place_words(words, 1.0, 5.0)] == [
        (1.0, 2.0),
        (2.0, 3.0),
        (3.0, 4.0),
        (4.0, 5.0),
    ]


def test_words_of_a_line_without_any_time_have_none() -> None:
    assert place_words([RawWord("a", None, None)], None, None) == ()


@pytest.mark.parametrize(
    ("label", "side"),
    [
        ("AGENT", Speaker.AGENT),
        ("Agent 2", Speaker.AGENT),
        ("internal", Speaker.AGENT),
        ("Customer", Speaker.CUSTOMER),
        ("external", Speaker.CUSTOMER),
        ("IVR", Speaker.OTHER),
        ("SPEAKER_00", None),
        ("Dana Whitfield", None),
        ("the agent told the customer", None),
    ],
)
def test_a_label_names_a_side_or_none(label: str, side: Speaker | None) -> None:
    assert side_of(label) is side
