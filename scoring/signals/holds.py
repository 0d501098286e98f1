"""When was the call on hold?

A hold is a stretch of ten seconds and more, after the agent's first words, in which there is music, or in which nobody
speaks after the agent asked the other side to hold; recorded voices and ringing within it belong to it. It begins with the
last word before it and lasts until the agent returns, or the other side is heard again after the music. Music from before
the agent's first words is waiting in a queue, and a silence that nobody announced, or with no more than "bear with me", is
dead air: neither is a hold.
"""

import re
from collections.abc import Sequence

from scoring.signals.model import Silence
from transcripts.model import Sides, SoundKind, Span, Speaker, Transcript, Turn

SHORTEST_HOLD_SECONDS = 10.0
# The silence of a hold begins within this of the end of the turn that announced it: there is time for "yes, go ahead".
ANNOUNCED_WITHIN_SECONDS = 15.0
# Between the last word and the music, and between music and a recorded voice.
BRIDGE_SECONDS = 6.0

ASKS_TO_HOLD = re.compile(
    r"(?<!been )(?<!was )(?<!were )(?<!waiting )(?<!kept )\bon (?:a |a brief |a short |a quick )?hold\b"
    r"|\b(?:hold the line|(?:can|could|would|will|may|please|to)(?: you| i ask you to| just| please)* hold)\b"
    r"|\bhold (?:on )?(?:for )?(?:just )?(?:a|one|two|a few|a couple of) (?:brief |short )?(?:moments?|minutes?|seconds?)\b"
    r"|\byou(?:'ll| will| may| might) hear (?:some |the |a bit of )?(?:music|silence)\b",
    re.IGNORECASE,
)


def find_holds(transcript: Transcript, silences: Sequence[Silence]) -> list[Span]:
    """The holds of a conversation in order, given the silences in it; none where no times are known."""
    side = Speaker.OTHER if transcript.sides is Sides.UNKNOWN else Speaker.AGENT
    live = [turn for turn in transcript.turns if turn.speaker is side and not transcript.is_recorded(turn)]
    agent = [span for turn in live for span in _spoken(turn)]
    if not agent:
        return []
    music = [sound.span for sound in transcript.sounds if sound.kind is SoundKind.MUSIC]
    announced = [silence.span for silence in silences if _is_announced(silence, live, transcript)]
    within = [sound.span for sound in transcript.sounds if sound.kind is not SoundKind.MUSIC]
    began = min(span.start for span in agent)
    groups: list[list[Span]] = []
    for part in sorted(span for span in (*music, *announced, *within) if span.start >= began):
        if groups and _goes_on(groups[-1], part, agent):
            groups[-1].append(part)
        else:
            groups.append([part])
    everyone = [span for turn in transcript.turns if not transcript.is_recorded(turn) for span in _spoken(turn)]
    holds = [
        _up_to_the_words_around(Span(group[0].start, max(part.end for part in group)), everyone)
        for group in groups
        if any(part in group for part in (*music, *announced))
    ]
    return [hold for hold in holds if hold.duration >= SHORTEST_HOLD_SECONDS]


def outside(span: Span, holds: Sequence[Span]) -> list[Span]:
    """What is left of a stretch where the holds, in order, are taken out of it."""
    left, at = [], span.start
    for hold in holds:
        if hold.end > at and hold.start < span.end:
            if hold.start > at:
                left.append(Span(at, hold.start))
            at = hold.end
    return [*left, Span(at, span.end)] if at < span.end else left


def _spoken(turn: Turn) -> list[Span]:
    if turn.words:
        return [Span(word.start, word.end) for word in turn.words]
    return [turn.span] if turn.span else []


def _is_announced(silence: Silence, live: Sequence[Turn], transcript: Transcript) -> bool:
    """Whether a silence is one that the agent asked for, or follows a recorded voice."""
    if silence.after_turn is not None and transcript.is_recorded(transcript.turns[silence.after_turn]):
        return True
    start, end = silence.span.start - ANNOUNCED_WITHIN_SECONDS, silence.span.start
    asked = (turn for turn in live if turn.end is not None and start <= turn.end and (turn.start or 0.0) < end)
    return silence.span.duration >= SHORTEST_HOLD_SECONDS and any(ASKS_TO_HOLD.search(turn.text) for turn in asked)


def _goes_on(group: Sequence[Span], part: Span, agent: Sequence[Span]) -> bool:
    """Whether a hold goes on with this part: soon after the one before, and the agent did not come back in between."""
    end = max(before.end for before in group)
    return part.start - end <= BRIDGE_SECONDS and not any(end <= span.start and span.end <= part.start for span in agent)


def _up_to_the_words_around(hold: Span, everyone: Sequence[Span]) -> Span:
    """The hold from the last word before it to the first one after it, where these are near."""
    before = [span.end for span in everyone if hold.start - BRIDGE_SECONDS <= span.end <= hold.start]
    after = [span.start for span in everyone if hold.end <= span.start <= hold.end + BRIDGE_SECONDS]
    return Span(max(before, default=hold.start), min(after, default=hold.end))
