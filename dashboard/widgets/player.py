"""What is there to hear and to read of a call?

The recording with both sides on a time line, and the transcript: a click on a word plays from it, the turn being heard is
lit, evidence is marked in the words, words heard with doubt are dotted, and a turn whose speaker is doubtful says so. Who
may correct that has a button on every turn, and one to mark what it shows. Holds, ringing, music, silence, speaking at
once, and where something private was taken out, stand on the time line, and in words.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from dashboard.widgets.words import clock, count
from reviews.sides import in_doubt
from scoring.signals.replies import long, waits_of
from scoring.signals.timing import holds_of, talk_over_of
from storage.records import CallDetails, CallKind
from transcripts.model import Medium, Sides, SoundKind, Span, Speaker, Transcript, Turn, Word
from transcripts.private import removed_from

DOUBTED_BELOW = 0.5
"""Words that the recogniser gave less than this probability are marked. It is its own opinion of itself."""

SILENCE_SHOWN_SECONDS = 3.0
"""Shorter silences are part of any conversation, and would clutter the time line."""

ON_HOLD = "On hold"

WRITTEN = "This conversation was written: there is nothing to hear, and no times."
WROTE = {
    Medium.CHAT: "This conversation is a chat",
    Medium.EMAIL: "This conversation was held by e-mail",
    Medium.SOCIAL: "This conversation was held on a social page",
}
NO_RECORDING = "This call came in as a transcript: there is no recording to hear."
REMOVED = "The recording of this call was removed."

SOUNDS = {SoundKind.RINGING: "Ringing", SoundKind.MUSIC: "Music"}
"""Sounds that are said between the turns; a recorded voice is a turn of its own."""


def why_nothing_is_heard(details: CallDetails) -> str:
    """What stands in the player's place where there is no recording."""
    if details.facts.kind is CallKind.RECORDING:
        return REMOVED
    if details.transcript.timed:
        return NO_RECORDING
    if not details.transcript.clocked:
        return WRITTEN
    how = WROTE[details.transcript.medium] if details.transcript.medium else "This conversation was written"
    return f"{how}: there is nothing to hear. Beside each message stands when it was sent."


def placed_words(turn: Turn) -> Iterator[tuple[Word, int, int]]:
    """The turn's words with the places of the turn's text, by character, between which they stand."""
    place = 0
    for word in turn.words:
        spoken = word.text.strip()
        start = turn.text.find(spoken, place) if spoken else -1
        if start >= 0:
            place = start + len(spoken)
            yield word, start, place


def doubted_words(turn: Turn) -> list[dict[str, float]]:
    """Where in the turn's text words stand that were heard with doubt, by character."""
    return [
        {"from": start, "to": end, "confidence": round(word.confidence, 2)}
        for word, start, end in placed_words(turn)
        if word.confidence < DOUBTED_BELOW
    ]


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
    found = [(ON_HOLD, hold) for hold in holds]
    found += [
        (SOUNDS[sound.kind], sound.span)
        for sound in transcript.sounds
        if sound.kind in SOUNDS and not any(sound.span & hold for hold in holds)
    ]
    return [_stretch(words, span) for words, span in sorted(found, key=lambda item: item[1])]


def _stretch(words: str, span: Span) -> dict[str, Any]:
    return {"words": f"{words}, {clock(round(span.duration))}", "start": span.start, "end": span.end}


def silences_heard(details: CallDetails, sounds: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The silences worth noticing that are no holds, ringing or music, in order."""
    heard = [Span(sound["start"], sound["end"]) for sound in sounds]
    spans = (silence.span for silence in details.silences if silence.span.duration >= SILENCE_SHOWN_SECONDS)
    return [_stretch("Nobody speaks", span) for span in sorted(spans) if not any(span & other for other in heard)]


def line_in_words(
    sounds: Sequence[dict[str, Any]], silences: Sequence[dict[str, Any]], overlaps: Sequence[dict[str, Any]]
) -> list[dict[str, str]]:
    """What the time line marks, said in words: how often and for how long altogether."""

    def said(kind: str, one: str, stretches: Sequence[dict[str, Any]]) -> dict[str, str]:
        altogether = clock(round(sum(stretch["end"] - stretch["start"] for stretch in stretches)))
        return {"kind": kind, "words": f"{one} {count(len(stretches), 'time')}, {altogether}"}

    holds = [sound for sound in sounds if sound["words"].startswith(ON_HOLD)]
    rest = [sound for sound in sounds if sound not in holds]
    kinds = (
        ("sound", "on hold", holds),
        ("sound", "ringing or music", rest),
        ("silence", "nobody speaks", silences),
        ("overlap", "both at once", overlaps),
    )
    return [said(kind, one, stretches) for kind, one, stretches in kinds if stretches]


def taken_out(details: CallDetails) -> list[dict[str, Any]]:
    """The stretches in which something private was said: what it was, from and to. The recording is silent there."""
    transcript = details.transcript
    return [
        {"words": f"{one.kind.in_words.capitalize()} taken out: silent here", "start": one.start, "end": one.end}
        for one in removed_from(transcript)
        if one.start is not None
    ]


def taken_out_in_words(details: CallDetails) -> list[dict[str, str]]:
    """What was taken out of a call and how often, said in words as the rest of the time line; empty where nothing was."""
    found = Counter(one.kind.in_words for one in removed_from(details.transcript))
    silent = " and silent in the recording" if details.facts.recording is not None else ""
    kinds = ", ".join(f"{kind} {count(often, 'time')}" for kind, often in found.items())
    return [{"kind": "removed", "words": f"taken out{silent}: {kinds}"}] if found else []


def _sent(details: CallDetails) -> list[dict[str, str]]:
    """Of each message when it was sent, whether everybody could read it, and how long the customer had waited for it."""
    began, waits = details.facts.started_at, waits_of(details.transcript)
    waited = {wait.answered: wait for wait in waits if wait.answered is not None}
    unanswered = {wait.asked for wait in waits if wait.answered is None}
    told = []
    for number, turn in enumerate(details.transcript.turns):
        wait = waited.get(number)
        after = f"after {long(wait.seconds)}" if wait and wait.seconds is not None else ""
        told.append(
            {
                "sent": "" if turn.sent is None else (began + timedelta(seconds=turn.sent)).isoformat(),
                "after": after or ("not answered" if number in unanswered else ""),
                "where": "in public" if turn.public else "",
            }
        )
    return told


def _turn(transcript: Transcript, turn: Turn, interrupts: bool) -> dict[str, Any]:
    return {
        "speaker": turn.speaker.value,
        "name": speaker_name(transcript, turn),
        "start": turn.start,
        "end": turn.end,
        "text": turn.text,
        "words": [] if turn.start is None else [[start, end, word.start] for word, start, end in placed_words(turn)],
        "doubts": doubted_words(turn),
        "interrupts": interrupts,
        "side_doubt": in_doubt(turn),
    }


def player_data(details: CallDetails, at: float | None, turn: int | None) -> dict[str, Any]:
    """What is heard and read, as plain JSON values, ready at a second or a turn."""
    transcript = details.transcript
    interrupting = {interruption.turn for interruption in details.interruptions}
    sounds = sounds_heard(transcript)
    silences = silences_heard(details, sounds)
    overlaps = [_stretch("Both speak at once", span) for span in talk_over_of(transcript)]
    recorded = details.facts.recording is not None
    return {
        "call": details.call_id,
        "audio": f"/audio/{details.call_id}" if recorded else None,
        "waveform": f"/waveform/{details.call_id}" if recorded and transcript.timed else None,
        "no_audio": why_nothing_is_heard(details),
        "timed": transcript.timed,
        "duration": transcript.duration_seconds,
        "turns": [
            {**_turn(transcript, one, n in interrupting), **sent}
            for n, (one, sent) in enumerate(zip(transcript.turns, _sent(details), strict=True))
        ],
        "silences": silences,
        "sounds": sounds,
        "overlaps": overlaps,
        "removed": taken_out(details),
        "said": line_in_words(sounds, silences, overlaps) + taken_out_in_words(details),
        "at": at,
        "turn": turn,
    }
