"""What is nobody's speech is said in plain words on the call page."""

from dataclasses import replace

from dashboard.widgets.player import sounds_heard, speaker_name
from tests.build import a_transcript, a_turn
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
