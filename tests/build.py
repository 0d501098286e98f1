"""How do tests write down a conversation in a few lines?"""

from collections.abc import Sequence

from transcripts.model import Sides, Speaker, Transcript, Turn, Word


def a_turn(speaker: str, text: str, start: float | None = None, end: float | None = None) -> Turn:
    """A turn by its speaker's name; without times it is a written one."""
    return Turn(Speaker(speaker), start, end, text)


def a_spoken_turn(speaker: str, words: Sequence[tuple[str, float, float]]) -> Turn:
    """A turn with the time of each word."""
    timed = tuple(Word(text, start, end) for text, start, end in words)
    return Turn(Speaker(speaker), timed[0].start, timed[-1].end, " ".join(word.text for word in timed), timed)


def a_transcript(
    *turns: Turn, sides: Sides = Sides.CHANNELS, call_id: str = "a-call", channels: int | None = None
) -> Transcript:
    """A conversation of those turns: two-channel audio where they have times, else a written one."""
    timed = bool(turns) and all(turn.end is not None for turn in turns)
    duration = max((turn.end or 0.0 for turn in turns), default=0.0)
    heard = (2 if timed else 0) if channels is None else channels
    return Transcript(call_id, turns, duration, heard, engine="written for a test", sides=sides)


def a_chat(*lines: str) -> Transcript:
    """A written conversation from lines such as `agent: Hello`."""
    pairs = (line.partition(": ") for line in lines)
    return a_transcript(*(a_turn(speaker, text) for speaker, _, text in pairs), sides=Sides.GIVEN)


def a_thread(*lines: str, seen: float | None = None) -> Transcript:
    """A written conversation of which it is known when its messages were sent, from lines such as `agent 90: Hello`, in
    minutes after the first; `customer! 5: …` could be read by everybody. seen: minutes after which nothing more was written.
    """
    turns = []
    for line in lines:
        told, _, text = line.partition(": ")
        speaker, minutes = told.split()
        who = Speaker(speaker.removesuffix("!"))
        turns.append(Turn(who, None, None, text, sent=float(minutes) * 60, public=speaker.endswith("!")))
    known = None if seen is None else seen * 60
    return Transcript("a-thread", tuple(turns), 0.0, 0, engine="written for a test", sides=Sides.GIVEN, seen=known)
