"""Which words are on each channel of a recording, and when?

The sound comes in blocks. Stretches of speech are cut out of each channel and packed, one after the other, into windows of
about 20 s: a window full of speech costs the engine as much as one that is half silence. The windows of both channels go
to the engine in the same batches. Words come back with times in their window and are put where their sound was in the call.
What the engine makes up is thrown away: words where it thinks that nobody speaks, loops, and what it reads into music.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcripts.model import Sound, Word
from transcripts.sounds import SoundFinder
from transcripts.whisper.engine import SAMPLE_RATE, Engine, Recognised, Samples
from transcripts.whisper.made_up import Stretch, is_music, without_made_up
from transcripts.whisper.speech import Piece, SpeechFinder

# Windows that wait for the engine, so that it can read them out together.
BATCH = 8
# Two thirds of what Whisper can look at, half a second of silence left free: attention grows with the square of a window's
# length. Against windows of 30 s this took a sixth less time on spoken calls, with the same word error rate within a tenth
# of a point; windows of 15 s took a quarter less and made half as many errors again.
FULL_SECONDS = 19.5
# Whisper's own bounds (openai-whisper, transcribe.py): a text that packs better than this repeats itself …
LOOPING_COMPRESSION = 2.4
# … and one that is this unlikely, where it is likely that nobody speaks, was made up.
UNLIKELY_LOG_PROBABILITY = -1.0
LIKELY_NO_SPEECH = 0.6
# A run of words said more often than this on end in a looping text is the engine's, not the speaker's.
REPEATS_KEPT = 2
LONGEST_REPEATED_RUN = 12
# How far a word may reach into the margin around the speech, since the speech detector may be that much late.
SLACK_SECONDS = 0.1
# The engine ends the last word of a stretch early, by 0.17 s on average where its true end was known. Where speech goes on
# no longer than this, it is that word which goes on.
CUT_SHORT_SECONDS = 0.4

LEVEL_SECONDS = 0.05
AUTO = "auto"
LANGUAGE_WINDOWS = 2


@dataclass(frozen=True)
class Window:
    """Stretches of one channel's speech, one after the other."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def samples(self) -> Samples:
        """The sound, at most 30 s of it."""
        return np.concatenate([piece.samples for piece in self.pieces])

    def place(self, words: Sequence[Word]) -> list[Word]:
        """Words with times on the call's clock, given words with times in this window.

        A word that reaches over the joint of two stretches belongs to the one that holds more of it, the margins left aside:
        the engine likes to begin a word where the one before it ended. No word reaches far into a margin, and the last one
        of a stretch lasts until the speech is over.
        """
        joints = np.cumsum([0.0, *(piece.duration for piece in self.pieces)])
        starts = joints[:-1] + [piece.lead for piece in self.pieces]
        ends = joints[1:] - [piece.tail for piece in self.pieces]
        # Negative where a word lies outside a stretch altogether: the nearest stretch wins then.
        homes = [int(np.argmax(np.minimum(word.end, ends) - np.maximum(word.start, starts))) for word in words]
        placed: list[Word] = []
        for number, (word, home) in enumerate(zip(words, homes, strict=True)):
            piece, shift = self.pieces[home], self.pieces[home].start - float(joints[home])
            first, over = piece.start + piece.lead, piece.start + piece.duration - piece.tail
            start, end = (min(max(at + shift, first - SLACK_SECONDS), over + SLACK_SECONDS) for at in (word.start, word.end))
            is_last = number + 1 == len(homes) or homes[number + 1] != home
            if is_last and 0 < over - end < CUT_SHORT_SECONDS:
                end = over
            placed.append(Word(word.text, round(max(0.0, start), 2), round(end, 2), round(word.confidence, 3)))
        return placed


@dataclass(frozen=True)
class Listened:
    """What was heard: the words of each channel in order, the length of the call, the language, how loud each channel
    was (root mean square of each 50 ms; an array for each channel), and the ringing and music on each channel."""

    words: tuple[tuple[Word, ...], ...]
    duration_seconds: float
    language: str
    levels: tuple[NDArray[np.float32], ...]
    sounds: tuple[tuple[Sound, ...], ...] = ()


def listen(
    blocks: Iterable[Samples],
    channels: int,
    engine: Engine,
    language: str,
    on_speech: Callable[[Piece], None] | None = None,
    vocabulary: str = "",
) -> Listened:
    """The words on each channel of a recording that comes as blocks of shape (channels, samples) at 16 kHz.

    `language` is a two-letter code, or `auto` to find it from the first windows. `on_speech` is told of every stretch of
    speech as it is found, while its sound is at hand. `vocabulary` holds names that are to be recognised.
    """
    ears = [_Ear(channel) for channel in range(channels)]
    words: list[list[Word]] = [[] for _ in ears]
    waiting: list[Window] = []
    samples = 0

    def read_out() -> None:
        nonlocal language
        if language == AUTO and waiting:
            language = engine.language_of([window.samples for window in waiting[:LANGUAGE_WINDOWS]])
        for window, heard in zip(waiting, _recognise(waiting, engine, language, vocabulary), strict=True):
            words[window.channel] += heard
        waiting.clear()

    def take(pieces: Sequence[Piece], ear: _Ear) -> None:
        for piece in pieces:
            if is_music(piece.span, ear.sounds):
                continue
            if on_speech:
                on_speech(piece)
            waiting.extend(ear.pack(piece))
        if len(waiting) >= BATCH:
            read_out()

    for block in blocks:
        samples += block.shape[1]
        for ear, sound in zip(ears, block, strict=True):
            ear.measure(sound)
            take(ear.finder.add(sound), ear)
    for ear in ears:
        take(ear.finder.finish(), ear)
        waiting.extend(ear.rest())
    read_out()
    sounds = tuple(ear.sounds.finish() for ear in ears)
    return Listened(
        tuple(
            tuple(without_made_up(heard, ear.stretches, ear.sounds, found))
            for heard, ear, found in zip(words, ears, sounds, strict=True)
        ),
        round(samples / SAMPLE_RATE, 2),
        "en" if language == AUTO else language,
        tuple(ear.levels for ear in ears),
        sounds,
    )


class _Ear:
    """One channel while it is being listened to."""

    def __init__(self, channel: int) -> None:
        self.finder = SpeechFinder()
        self.sounds = SoundFinder()
        self.stretches: list[Stretch] = []
        self._channel = channel
        self._pieces: list[Piece] = []
        self._levels: list[NDArray[np.float32]] = []
        self._unmeasured = np.zeros(0, np.float32)

    def pack(self, piece: Piece) -> list[Window]:
        """The window that is full now that this stretch does not fit any more, if it is."""
        self.stretches.append(Stretch(piece.span, piece.speech))
        full: list[Window] = []
        if self._pieces and sum(p.duration for p in self._pieces) + piece.duration > FULL_SECONDS:
            full = self.rest()
        self._pieces.append(piece)
        return full

    def rest(self) -> list[Window]:
        """The window that is begun, if there is one."""
        begun = [Window(self._channel, tuple(self._pieces))] if self._pieces else []
        self._pieces = []
        return begun

    def measure(self, sound: Samples) -> None:
        self.sounds.add(sound)
        size = round(LEVEL_SECONDS * SAMPLE_RATE)
        sound = np.concatenate([self._unmeasured, sound])
        whole = len(sound) // size * size
        self._levels.append(np.sqrt((sound[:whole].reshape(-1, size) ** 2).mean(axis=1)))
        self._unmeasured = sound[whole:].copy()

    @property
    def levels(self) -> NDArray[np.float32]:
        return np.concatenate(self._levels) if self._levels else np.zeros(0, np.float32)


def _recognise(windows: Sequence[Window], engine: Engine, language: str, vocabulary: str) -> list[list[Word]]:
    """The words of each window on the call's clock. A window that comes back as a loop is tried again in two halves."""
    answers: list[list[Word]] = []
    heard = engine.recognise([window.samples for window in windows], language, vocabulary) if windows else []
    for window, recognised in zip(windows, heard, strict=True):
        if is_made_up(recognised):
            answers.append([])
        elif not is_looping(recognised.text):
            answers.append(window.place(recognised.words))
        elif len(window.pieces) > 1:
            middle = len(window.pieces) // 2
            halves = [Window(window.channel, half) for half in (window.pieces[:middle], window.pieces[middle:])]
            answers.append([word for half in _recognise(halves, engine, language, vocabulary) for word in half])
        else:
            answers.append(window.place(without_loops(recognised.words)))
    return answers


def is_made_up(recognised: Recognised) -> bool:
    """Whether the engine itself doubts both that somebody speaks and what it wrote down."""
    return recognised.no_speech > LIKELY_NO_SPEECH and recognised.log_probability < UNLIKELY_LOG_PROBABILITY


def is_looping(text: str) -> bool:
    """Whether a text repeats itself so much that it packs to well under half of its size."""
    data = text.encode()
    return bool(data) and len(data) / len(zlib.compress(data)) > LOOPING_COMPRESSION


def without_loops(words: Sequence[Word]) -> list[Word]:
    """Words with every run that is said over and over cut back to its first two times."""
    said = [word.text.strip().strip(".,!?").casefold() for word in words]
    kept: list[Word] = []
    place = 0
    while place < len(words):
        for length in range(1, LONGEST_REPEATED_RUN + 1):
            run = said[place : place + length]
            times = 1
            while len(run) == length and said[place + times * length : place + (times + 1) * length] == run:
                times += 1
            if times > REPEATS_KEPT:
                kept += words[place : place + REPEATS_KEPT * length]
                place += times * length
                break
        else:
            kept.append(words[place])
            place += 1
    return kept
