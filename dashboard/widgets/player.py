"""How is a call heard and read at once?

The recording with both sides on a time line, and the transcript beside it: a click on a turn or on a piece of evidence
plays from there, the turn being heard is lit, evidence is marked in the words, words heard with doubt are dotted, and a
turn whose speaker is doubtful says so. Who may correct that has a button on every turn,
and one to mark what it shows. Holds, ringing and music stand
between the turns and on the time line, in words.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboard.widgets.component import widget
from dashboard.widgets.words import clock
from reviews.sides import in_doubt
from scoring.result import Evidence
from scoring.signals.timing import holds_of
from storage.records import CallDetails
from transcripts.model import Sides, SoundKind, Span, Speaker, Transcript, Turn

_player = widget("player")

DOUBTED_BELOW = 0.5
"""Words that the recogniser gave less than this probability are marked. It is its own opinion of itself."""

SILENCE_SHOWN_SECONDS = 3.0
"""Shorter silences are part of any conversation, and would clutter the time line."""


SOUNDS = {SoundKind.RINGING: "Ringing", SoundKind.MUSIC: "Music"}
"""Sounds that are said between the turns; a recorded voice is a turn of its own."""


def doubted_words(turn: Turn) -> list[dict[str, float]]:
    """Where in the turn's text words stand that were heard with doubt, by character; words that follow each other once."""
    found: list[dict[str, float]] = []
    place = 0
    for word in turn.words:
        spoken = word.text.strip()
        start = turn.text.find(spoken, place) if spoken else -1
        if start < 0:
            continue
        place = start + len(spoken)
        if word.confidence < DOUBTED_BELOW:
            found.append({"from": start, "to": place, "confidence": round(word.confidence, 2)})
    return found


def speaker_name(transcript: Transcript, turn: Turn) -> str:
    """Who spoke a turn, as its heading says."""
    if turn.speaker is not Speaker.OTHER:
        return turn.speaker.value.capitalize()
    if transcript.is_recorded(turn):
        return "Recording"
    return "Speaker" if transcript.sides is Sides.UNKNOWN else "Somebody else"


def sounds_heard(transcript: Transcript) -> list[dict[str, Any]]:
    """The holds, and the ringing and music outside of them, in order: what it was and how long in words, from and to."""
    holds = holds_of(transcript)
    found = [("On hold", hold) for hold in holds]
    found += [
        (SOUNDS[sound.kind], sound.span)
        for sound in transcript.sounds
        if sound.kind in SOUNDS and not any(sound.span & hold for hold in holds)
    ]
    return [
        {"words": f"{words}, {clock(round(span.duration))}", "start": span.start, "end": span.end}
        for words, span in sorted(found, key=lambda item: item[1])
    ]


def _turn(transcript: Transcript, turn: Turn, interrupts: bool) -> dict[str, Any]:
    return {
        "speaker": turn.speaker.value,
        "name": speaker_name(transcript, turn),
        "start": turn.start,
        "end": turn.end,
        "text": turn.text,
        "doubts": doubted_words(turn),
        "interrupts": interrupts,
        "side_doubt": in_doubt(turn),
    }


def _all_evidence(details: CallDetails) -> list[dict[str, Any]]:
    def item(scorecard: str, question: str, tone: str, evidence: Evidence) -> dict[str, Any]:
        return {
            "scorecard": scorecard,
            "question": question,
            "tone": tone,
            "turn": evidence.turn,
            "start": evidence.start,
            "quote": evidence.quote,
        }

    return [
        item(stored.scorecard.id, stored.scorecard.criterion(result.criterion).question, result.verdict.value, evidence)
        for stored in details.evaluations
        for result in stored.current.results
        for evidence in result.evidence
        if evidence.turn is not None or evidence.start is not None
    ]


def player_data(
    details: CallDetails, scorecard: str | None, at: float | None, turn: int | None, may_correct: bool
) -> dict[str, Any]:
    """What the player shows, as plain JSON values."""
    transcript = details.transcript
    interrupting = {interruption.turn for interruption in details.interruptions}
    sounds = sounds_heard(transcript)
    silences: Sequence[tuple[float, float]] = [
        (silence.span.start, silence.span.end)
        for silence in details.silences
        if silence.span.duration >= SILENCE_SHOWN_SECONDS
        and not any(silence.span & Span(sound["start"], sound["end"]) for sound in sounds)
    ]
    return {
        "call": details.call_id,
        "audio": f"/audio/{details.call_id}" if details.facts.recording else None,
        "timed": transcript.timed,
        "duration": transcript.duration_seconds,
        "turns": [_turn(transcript, one, n in interrupting) for n, one in enumerate(transcript.turns)],
        "silences": silences,
        "sounds": sounds,
        "evidence": _all_evidence(details),
        "scorecard": scorecard,
        "at": at,
        "turn": turn,
        "may_correct": may_correct,
    }


class Asked(NamedTuple):
    """The index of the turn that somebody just asked to correct the speaker of, and of the one they asked to mark."""

    speaker: int | None
    mark: int | None


def show_player(
    details: CallDetails, *, scorecard: str | None, at: float | None, turn: int | None, may_correct: bool
) -> Asked:
    """Draw the player, ready at a second or a turn, with the evidence of one scorecard marked to begin with."""
    asked = _player(
        key="player",
        data=player_data(details, scorecard, at, turn, may_correct),
        on_speaker_change=_nothing_else,
        on_mark_change=_nothing_else,
    )
    return Asked(int(asked.speaker) if asked.speaker else None, int(asked.mark) if asked.mark else None)


def _nothing_else() -> None:
    """The request reruns the page, which sees it; there is nothing to do before."""
