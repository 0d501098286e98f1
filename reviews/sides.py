"""Who spoke, once a person has said so?

The machine tells sides apart by channel or by voice, and can be wrong about one turn or about the whole call. Each
function here takes a transcript and gives another; the one it was given stays as it is. The words, their times and the
order of the turns never change, so that a turn has the same number before and after, and neighbours that now have one
speaker stay turns of their own.

What a person has said is certain: the turns they spoke about have a `side_confidence` of 1. Where sides were told apart
by voice, or not at all, and now every turn is certain, the transcript no longer rests on a guess: its `sides` become
`given`. Until then they stay as they were, with the doubt about the other turns. Sides that came from channels stay
`channels`, also when the channels were taken the wrong way round.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from errors import InputError
from scoring.signals.shown import SURE_SIDE
from transcripts.model import Sides, Speaker, Transcript, Turn


class SideChange(StrEnum):
    """Why a call was measured and judged again: what a person said about its sides, or that it went on."""

    SWAP = "swap"  # who was taken for the agent is the customer, and the other way round
    TURNS = "turns"  # who spoke these turns
    WENT_ON = "went_on"  # nobody said anything: a later export has more of a written conversation


OPPOSITE = {Speaker.AGENT: Speaker.CUSTOMER, Speaker.CUSTOMER: Speaker.AGENT}
"""Who the other side is. A voice that is neither has none."""

MOSTLY = 0.5
"""A call in which more than this share of the words is in doubt is mostly in doubt."""

_CARRIED = "Carried over from before the sides were corrected: "
_CARRIED_ON = "Carried over from before the conversation went on: "


def swapped(transcript: Transcript) -> Transcript:
    """The conversation with agent and customer exchanged throughout; turns of anyone else stay as they are.

    A swap is a word on every turn of either side, so that each of them is certain afterwards. Raises InputError where
    no turn is given to a side yet.
    """
    speakers = {n: OPPOSITE[turn.speaker] for n, turn in enumerate(transcript.turns) if turn.speaker in OPPOSITE}
    if not speakers:
        raise InputError("There are no sides to swap: no turn of this call is given to the agent or the customer yet.")
    return decided(transcript, speakers)


def reassigned(transcript: Transcript, turn: int, speaker: Speaker) -> Transcript:
    """The conversation with one turn, by its index, given to this speaker. Raises InputError as `decided` does."""
    return decided(transcript, {turn: speaker})


def decided(transcript: Transcript, speakers: Mapping[int, Speaker]) -> Transcript:
    """The conversation with each of these turns, by index, given to a speaker; naming the one it has makes it certain.

    Raises InputError where there is no such turn, or where nothing would be different.
    """
    for n in speakers:
        if not 0 <= n < len(transcript.turns):
            raise InputError(f"This call has no turn {n + 1}; it has {len(transcript.turns)}.")
    turns = tuple(
        replace(turn, speaker=speakers[n], side_confidence=1.0) if n in speakers else turn
        for n, turn in enumerate(transcript.turns)
    )
    if turns == transcript.turns:
        raise InputError("Nothing would change: that is who speaks there already, and it is certain.")
    return replace(transcript, turns=turns, sides=_sides(transcript.sides, turns))


def _sides(before: Sides, turns: tuple[Turn, ...]) -> Sides:
    guessed = before in (Sides.VOICES, Sides.UNKNOWN)
    return Sides.GIVEN if guessed and all(turn.side_confidence == 1.0 for turn in turns) else before


def changed_turns(before: Transcript, after: Transcript) -> tuple[tuple[int, Speaker, Speaker], ...]:
    """The turns that differ in their speaker or its certainty: index, who it was, who it is."""
    pairs = enumerate(zip(before.turns, after.turns, strict=True))
    return tuple((n, old.speaker, new.speaker) for n, (old, new) in pairs if old != new)


def in_doubt(turn: Turn) -> bool:
    """Whether it is too doubtful who spoke that turn, by the same bound that criteria are judged with."""
    return turn.side_confidence < SURE_SIDE


def mostly_in_doubt(transcript: Transcript) -> bool:
    """Whether nobody knows who spoke, or for most of the words it is in doubt."""
    if transcript.sides is Sides.UNKNOWN:
        return True
    words = [(len(turn.text.split()), in_doubt(turn)) for turn in transcript.turns]
    return sum(count for count, doubtful in words if doubtful) > MOSTLY * sum(count for count, _ in words)


def carried_reason(reason: str) -> str:
    """The reason of a correction that is taken along to the new evaluation; it says so once, however often it is."""
    return reason if reason.startswith((_CARRIED, _CARRIED_ON)) else _CARRIED + reason


def carried_on(reason: str) -> str:
    """The same where a written conversation went on."""
    return reason if reason.startswith((_CARRIED, _CARRIED_ON)) else _CARRIED_ON + reason
