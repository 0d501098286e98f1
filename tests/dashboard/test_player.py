"""What is nobody's speech is said in plain words on the call page."""

from dataclasses import replace
from datetime import UTC, datetime

from dashboard.widgets.player import (
    line_in_words,
    placed_words,
    sounds_heard,
    speaker_name,
    taken_out,
    taken_out_in_words,
    why_nothing_is_heard,
)
from storage.records import CallDetails, CallFacts, CallKind
from tests.build import a_spoken_turn, a_transcript, a_turn
from transcripts.model import Sides, Sound, SoundKind, Transcript


def a_call() -> Transcript:
    turns = (
        a_turn("other", "You are next.", 13, 15),
        a_turn("agent", "Good morning.", 16, 18),
        a_turn("customer", "Hello.", 19, 20),
        a_turn("other", "Can I come in on this?", 21, 23),
        a_turn("agent", "Thank you for holding.", 103, 105),
    )
    sounds = (Sound(SoundKind.RINGING, 0, 12), Sound(SoundKind.ANNOUNCEMENT, 13, 15), Sound(SoundKind.MUSIC, 25, 101))
    return replace(a_transcript(*turns), sounds=sounds)


def test_holds_and_ringing_are_named_with_their_length() -> None:
    heard = [(sound["words"], sound["start"]) for sound in sounds_heard(a_call())]
    assert heard == [("Ringing, 0:12", 0), ("On hold, 1:20", 23)]


def test_a_recorded_voice_and_anybody_else_are_told_apart() -> None:
    call = a_call()
    names = ["Recording", "Agent", "Customer", "Somebody else", "Agent"]
    assert [speaker_name(call, turn) for turn in call.turns] == names
    unknown = replace(call, sides=Sides.UNKNOWN)
    assert speaker_name(unknown, call.turns[3]) == "Speaker"
    assert speaker_name(unknown, call.turns[0]) == "Recording"


def test_what_the_time_line_marks_is_said_in_words() -> None:
    hold, music = {"words": "On hold, 1:20", "start": 10, "end": 90}, {"words": "Music, 0:05", "start": 95, "end": 100}
    silences = [{"words": "", "start": 100, "end": 104}, {"words": "", "start": 110, "end": 117}]
    said = line_in_words([hold, music], silences, [{"words": "", "start": 120, "end": 121.4}])
    assert [(one["kind"], one["words"]) for one in said] == [
        ("sound", "on hold 1 time, 1:20"),
        ("sound", "ringing or music 1 time, 0:05"),
        ("silence", "nobody speaks 2 times, 0:11"),
        ("overlap", "both at once 1 time, 0:01"),
    ]
    assert line_in_words([], [], []) == []


def test_each_word_has_its_place_in_the_text_also_where_it_is_said_twice() -> None:
    turn = a_spoken_turn("agent", [("No,", 0, 0.4), ("no", 0.5, 0.8), ("trouble.", 0.9, 1.4)])
    placed = [(turn.text[start:end], word.start) for word, start, end in placed_words(turn)]
    assert placed == [("No,", 0), ("no", 0.5), ("trouble.", 0.9)]


def a_call_of(transcript: Transcript) -> CallDetails:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    facts = CallFacts("0" * 64, CallKind.RECORDING, "call.wav", at, recording="00/call.flac")
    return CallDetails("a-call", None, None, facts, transcript, {}, (), (), (), ())


def test_a_recording_that_was_removed_is_called_so_and_no_transcript() -> None:
    call = a_call_of(a_transcript(a_turn("agent", "Good morning.", 0, 1)))
    assert why_nothing_is_heard(call) == "The recording of this call was removed."
    sent = replace(call, facts=replace(call.facts, kind=CallKind.TRANSCRIPT))
    assert "came in as a transcript" in why_nothing_is_heard(sent)


def test_what_was_taken_out_stands_on_the_time_line_and_is_said_in_words() -> None:
    turns = (
        a_spoken_turn("customer", [("It's", 1, 1.4), ("[card", 1.5, 3), ("number].", 3, 5)]),
        a_spoken_turn("customer", [("[password]", 8, 9)]),
    )
    call = a_call_of(a_transcript(*turns))
    heard = [(one["words"], one["start"], one["end"]) for one in taken_out(call)]
    assert heard == [
        ("Card number taken out: silent here", 1.5, 5),
        ("Password taken out: silent here", 8, 9),
    ]
    (said,) = taken_out_in_words(call)
    assert said["words"] == "taken out and silent in the recording: card number 1 time, password 1 time"
    assert taken_out_in_words(a_call_of(a_transcript(a_turn("agent", "Good morning.", 0, 1)))) == []
