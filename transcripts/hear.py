"""What was said in a recorded call, by whom and when?

Two channels: each is heard by itself and is a side; which one is the agent's is set, and checked by what is said. One
channel: the sides are told apart by voice, and which voice is the agent's by what it says. Either way the words of each
side become turns, and the turns of both are put in order of time with their overlaps kept. Last, numbers are written so
that people can read them.
"""

import logging
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcripts.announcements import find_announcements
from transcripts.audio import open_recording, read_blocks
from transcripts.identify import call_id
from transcripts.model import Sides, Sound, Speaker, Transcript, Turn, Word
from transcripts.parties import tell_apart
from transcripts.readable import make_readable
from transcripts.roles import ChannelRule, choose_channel, find_parties
from transcripts.sounds import merge_sounds
from transcripts.voices import VoicePrints, can_tell_voices
from transcripts.whisper.engine import load_engine
from transcripts.whisper.listen import LEVEL_SECONDS, Listened, listen

log = logging.getLogger(__name__)

# A pause of this length ends a turn even where nobody takes over.
PAUSE_SECONDS = 2.0
# In a pause shorter than this nobody takes over: it is no longer than the times of words may be off.
TAKEOVER_SECONDS = 0.3

# Bleed: the other side, faintly, on this channel. Words are taken for bleed where the other channel is this much louder
# (12 dB) and at least this share of them is heard there within so many seconds.
BLEED_RATIO = 4.0
BLEED_SHARED_WORDS = 0.5
BLEED_SECONDS = 0.4
# Two channels of which each has so much of the other's words, at the same time, carry the same sound: one of them late, or
# through another codec, so that their samples do not show it. Fewer words than this may be alike by chance.
SAME_SHARED_WORDS = 0.8
SAME_FEWEST_WORDS = 10


@dataclass(frozen=True)
class Said:
    """One word with the side that said it and how sure it is that it was that side."""

    word: Word
    speaker: Speaker
    side_confidence: float = 1.0


def transcribe_recording(
    path: str | Path,
    *,
    engine: str = "faster-whisper",
    model: str = "base",
    language: str = "en",
    vocabulary: Sequence[str] = (),
    agent_channel: int = 0,
    channels: ChannelRule = "trust",
    agent_name: str = "",
    threads: int | None = None,
) -> Transcript:
    """The transcript of a recording, with a time for every word.

    `engine` is faster-whisper or openai-whisper; `model` is base, tiny.en, a path or a name that the engine can fetch;
    `language` is a two-letter code, or `auto`; `vocabulary` holds names and products that
    may be said, a hundred or so at most; `agent_channel` is the agent's channel where there are two, 0 for left;
    `channels` says whether to trust that, to check it by what is said, or to decide by what is said (see `choose_channel`).
    `agent_name` is the agent's name where it is known; who gives it is the agent.
    `threads` is how many to compute with: where it is None, OMP_NUM_THREADS says, else it is all cores.

    Raises RecordingError where there is nothing to hear in the file, ModelError where the engine cannot run.
    """
    path = Path(path)
    recording = open_recording(path)
    recogniser = load_engine(engine, model, threads)
    names = ", ".join(vocabulary)
    if len(recording.channels) == 2:
        listened = listen(read_blocks(recording), 2, recogniser, language, vocabulary=names)
        words = without_bleed(listened)
        if say_the_same(words):
            log.warning("%s: both channels carry the same conversation, so it is heard as one channel", path.name)
            recording = replace(recording, channels=recording.channels[:1])
    if len(recording.channels) == 2:
        announced = find_announcements(words, merge_sounds(listened.sounds), listened.language)
        said = [
            "".join(word.text for word in side if not _is_within(word, recorded))
            for side, recorded in zip(words, announced, strict=True)
        ]
        agent = choose_channel(said, agent_channel, channels, listened.language, agent_name)
        if agent != agent_channel:
            log.warning("%s: the agent is on channel %d by what is said, not on %d as set", path.name, agent, agent_channel)
        sides = Sides.CHANNELS if agent == agent_channel else Sides.SWAPPED
        turns = _by_channel(words, agent, announced)
    else:
        voices = VoicePrints() if can_tell_voices() else None
        listened = listen(read_blocks(recording), 1, recogniser, language, voices.add if voices else None, names)
        announced = find_announcements(listened.words, merge_sounds(listened.sounds), listened.language)
        sides, turns = _by_voice(listened, voices, announced[0], agent_name)
    heard = Transcript(
        call_id=call_id(path),
        turns=turns,
        duration_seconds=listened.duration_seconds,
        channels=len(recording.channels),
        language=listened.language,
        engine=recogniser.stamp,
        sides=sides,
        sounds=merge_sounds([*listened.sounds, *announced]),
    )
    return make_readable(heard)


def _by_voice(
    listened: Listened, voices: VoicePrints | None, announced: Sequence[Sound], agent_name: str
) -> tuple[Sides, tuple[Turn, ...]]:
    """The turns of a one-channel call: by voice where there are two or more, else all by `other`."""
    recorded = [Said(word, Speaker.OTHER) for word in listened.words[0] if _is_within(word, announced)]
    words = [word for word in listened.words[0] if not _is_within(word, announced)]
    told = tell_apart(words, voices) if voices else None
    if told:
        texts = [(voiced.voice, word.text) for voiced, word in zip(told.words, words, strict=True)]
        parties = find_parties(texts, listened.language, agent_name)
        if told.surely_several or parties.both_heard:
            seats = {parties.agent: Speaker.AGENT, parties.customer: Speaker.CUSTOMER}
            sides: dict[int, list[Said]] = {}
            for voiced, word in zip(told.words, words, strict=True):
                speaker = seats.get(voiced.voice, Speaker.OTHER)
                sides.setdefault(voiced.voice, []).append(Said(word, speaker, voiced.confidence * parties.confidence))
            return Sides.VOICES, interleave(*sides.values(), recorded)
    return Sides.UNKNOWN, interleave([Said(word, Speaker.OTHER, 0.0) for word in words], recorded)


def _by_channel(
    words: Sequence[Sequence[Word]], agent_channel: int, announced: Sequence[Sequence[Sound]]
) -> tuple[Turn, ...]:
    def side(channel: int, speaker: Speaker) -> list[Said]:
        recorded = announced[channel]
        return [Said(word, Speaker.OTHER if _is_within(word, recorded) else speaker) for word in words[channel]]

    return interleave(side(agent_channel, Speaker.AGENT), side(1 - agent_channel, Speaker.CUSTOMER))


def _is_within(word: Word, sounds: Sequence[Sound]) -> bool:
    """Whether a word's middle lies in one of these stretches of its channel."""
    middle = (word.start + word.end) / 2
    return any(sound.start <= middle <= sound.end for sound in sounds)


def interleave(*sides: Sequence[Said]) -> tuple[Turn, ...]:
    """The turns of all sides in the order of their starts. Each side's words come in their own order.

    A side's turn goes on until it pauses for two seconds, or until another side says a word in a pause of it. A word said
    while it speaks on (`mm-hm`) does not cut it: that is an overlap, and both turns are kept whole.
    """
    turns: list[Turn] = []
    for number, side in enumerate(sides):
        others = sorted((s.word.start + s.word.end) / 2 for n, other in enumerate(sides) if n != number for s in other)
        run: list[Said] = []
        for said in side:
            if run and _ends_between(run[-1], said, others):
                turns.append(_turn(run))
                run = []
            run.append(said)
        if run:
            turns.append(_turn(run))
    return tuple(sorted(turns, key=lambda turn: turn.start or 0.0))


def _ends_between(before: Said, after: Said, others: Sequence[float]) -> bool:
    """Whether a turn ends between two words of one side; `others` are the middles of the other sides' words, in order."""
    pause = after.word.start - before.word.end
    if before.speaker is not after.speaker or pause >= PAUSE_SECONDS:
        return True
    following = bisect_left(others, before.word.end)
    return pause >= TAKEOVER_SECONDS and following < len(others) and others[following] < after.word.start


def _turn(run: Sequence[Said]) -> Turn:
    words = tuple(said.word for said in run)
    return Turn(
        speaker=run[0].speaker,
        start=min(word.start for word in words),
        end=max(word.end for word in words),
        text="".join(word.text for word in words).strip(),
        words=tuple(Word(word.text.strip(), word.start, word.end, word.confidence) for word in words),
        side_confidence=round(sum(said.side_confidence for said in run) / len(run), 3),
    )


def without_bleed(listened: Listened) -> tuple[tuple[Word, ...], ...]:
    """The words of two channels without those that one channel only caught from the other.

    Words in a row over which the other channel is at least 12 dB louder go where half of them are heard there too, at the
    same time. Both have to hold, so that somebody who speaks softly while the other talks is kept.
    """
    kept: list[tuple[Word, ...]] = []
    for here, there in ((0, 1), (1, 0)):
        drowned = partial(_is_drowned, level=listened.levels[here], other_level=listened.levels[there])
        own: list[Word] = []
        for is_drowned, run in groupby(listened.words[here], drowned):
            words = list(run)
            if not (is_drowned and _are_heard_too(words, listened.words[there])):
                own += words
        kept.append(tuple(own))
    return tuple(kept)


def _is_drowned(word: Word, level: NDArray[np.float32], other_level: NDArray[np.float32]) -> bool:
    """Whether the other channel is so much louder while a word is said that the word may be the other side's."""
    start, end = int(word.start / LEVEL_SECONDS), int(word.end / LEVEL_SECONDS) + 1
    here, there = (float(np.square(levels[start:end]).sum()) for levels in (level, other_level))
    return there > BLEED_RATIO**2 * here


def _are_heard_too(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether half of some words are said on the other channel at the same time."""
    return _shared(words, others) >= BLEED_SHARED_WORDS


def say_the_same(channels: Sequence[Sequence[Word]]) -> bool:
    """Whether nearly all that is said on each of two channels is said on the other too, given the words of each in order and
    without bleed."""
    one, other = channels
    if min(len(one), len(other)) < SAME_FEWEST_WORDS:
        return False
    return min(_shared(one, other), _shared(other, one)) >= SAME_SHARED_WORDS


def _shared(words: Sequence[Word], others: Sequence[Word]) -> float:
    """The share of words that are among others at the same time; both are in order."""
    starts = [other.start for other in others]
    found = 0
    for word in words:
        near = range(bisect_left(starts, word.start - BLEED_SECONDS), bisect_left(starts, word.start + BLEED_SECONDS))
        found += any(plain(word.text) == plain(others[place].text) for place in near)
    return found / len(words)


def plain(text: str) -> str:
    """A word as it sounds: no capitals, no punctuation."""
    return re.sub(r"[^\w']", "", text.casefold())
