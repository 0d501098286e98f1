"""What does the judge of reasons see of a conversation: which of its sentences are the customer's, and what is seen of each?

A sentence is its stored embedding, and beside it the runs of one and two words that it has, each counted in one of `PLACES`
places by a checksum of it, so that no word stands in what was taught (Weinberger et al., "Feature hashing", 2009), and which
of the everyday matters it sounds like (`scoring.reasons.everyday`).
"""

from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.reasons import everyday
from scoring.reasons.tree import plain_words
from scoring.signals.bert import DIMENSIONS
from scoring.signals.model import Sentence, Signals
from transcripts.model import Speaker, Transcript

PLACES = 1024
GRAMS_COUNT = 0.5
"""How much the runs of words count beside the embedding, whose length is 1: with few examples meaning knows more."""

EVERYDAY_COUNTS = 0.8
"""How much the everyday matters count beside the embedding."""

OF_ITS_OWN = DIMENSIONS + PLACES
"""How many of the numbers are of the sentence alone; those of everyday matters come after them."""

MOST_SENTENCES = 60
"""Of a customer's sentences the first so many are judged: why somebody is in touch is said before that, or never."""

EARLY, LATE = 1.0, 0.3
HALVED_AFTER = 8
"""What a sentence weighs: the first 1, each later one less, halfway to `LATE` after so many."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """The customer's sentences, what is seen of each (one row a sentence), and what each weighs."""

    sentences: tuple[Sentence, ...]
    numbers: Array
    embeddings: Array
    weights: Array


def heard(transcript: Transcript, signals: Signals) -> Heard:
    """What is seen of the customer's sentences that are long enough to say anything; of both sides where these were not told
    apart, as the reason is said by one of them."""
    if signals.embeddings.shape[1] != DIMENSIONS:
        empty = np.zeros((0, DIMENSIONS), np.float32)
        return Heard((), seen([], empty), empty, np.zeros(0, np.float32))
    told_apart = any(turn.speaker is Speaker.CUSTOMER for turn in transcript.turns)
    rows = [
        row
        for row, one in enumerate(signals.sentences[: len(signals.embeddings)])
        if one.turn < len(transcript.turns)
        and (not told_apart or transcript.turns[one.turn].speaker is Speaker.CUSTOMER)
        and len(one.text.split()) > 1
    ][:MOST_SENTENCES]
    sentences = tuple(signals.sentences[row] for row in rows)
    embeddings = np.asarray(signals.embeddings[rows], np.float32)
    place = np.arange(len(rows), dtype=np.float32)
    weights = LATE + (EARLY - LATE) * 0.5 ** (place / HALVED_AFTER)
    return Heard(sentences, seen([one.text for one in sentences], embeddings), embeddings, weights.astype(np.float32))


def seen(texts: list[str], embeddings: Array) -> Array:
    """What is seen of these texts, of shape (texts, `OF_ITS_OWN` + everyday matters)."""
    grams = np.zeros((len(texts), PLACES), np.float32)
    for row, text in enumerate(texts):
        words = plain_words(text).split()
        for gram in (*words, *(f"{one} {two}" for one, two in pairwise(words))):
            grams[row, crc32(gram.encode()) % PLACES] = 1.0
    length = np.sqrt((grams * grams).sum(axis=1, keepdims=True))
    grams *= GRAMS_COUNT / np.where(length > 0, length, 1.0)
    return np.hstack([embeddings, grams, EVERYDAY_COUNTS * everyday.shipped().sounds_like(embeddings)])
