"""Why was a customer in touch, how likely, and by which of their sentences?

Of a conversation that is about a reason each of the customer's sentences either tells of it or is of the kind that stands in
any conversation. How much likelier a sentence is under a reason than as such background is what was taught
(`scoring.reasons.teach`); over the sentences these are put together as that mixture says, with the early ones more likely to
tell. Two things are then said apart, both calibrated by what had been left out of teaching: whether any reason of the tree
fits at all (open-set recognition: Scheirer et al., "Toward open set recognition", 2013), and which of them.

Numbers alone, and no library but numpy: whoever stores a call asks this.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.reasons.everyday import Everyday, shipped
from scoring.reasons.looks import EVERYDAY_COUNTS, OF_ITS_OWN, Heard, heard
from scoring.reasons.tree import Tree, plain_words, tree_of
from scoring.signals.bert import DIMENSIONS
from scoring.signals.model import Signals
from scoring.signals.shown import LANGUAGE
from transcripts import languages
from transcripts.model import Speaker, Transcript

SURE, NO_FIT = 0.5, 0.5
"""From which probability on a reason is assigned, and below which probability that anything fits nothing does; what lies
between is unsure."""

FAINT = 0.25
"""How likely anything fits at most where no sentence tells of a reason rather than of nothing."""

TELLS = 0.3
"""How likely one of the first sentences of a conversation tells why."""

BY_PHRASE = 0.97
"""How likely a phrase of the tree decides: somebody who knows the centre wrote it for that."""

SPEAK_FOR = (0, 1, 2, 4)
"""Which of the numbers of `fit_numbers` can speak for a fit and never against one: all but the constant."""

SOUNDS_ALIKE = 0.2
"""How much of Bhattacharyya's coefficient one matter has to make for a sentence and an example to be said to sound like it:
three in four of the sentences that stand in any conversation come to less."""

CANDIDATES = 4
LEAST_LIKELY = 0.02

Array = NDArray[np.float32]


class State(StrEnum):
    """What the machine makes of a conversation."""

    FITS = "fits"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True)
class Candidate:
    """A reason and how likely it is, 0 to 1."""

    reason: str
    probability: float


@dataclass(frozen=True)
class Place:
    """The sentence that tells most: letters `start` to `end` of a turn's text. `near` is the number of the example that it
    is nearest to (`Judge.examples`) and `likeness` the cosine of both; `matter` is the everyday matter that both it and that
    example sound like, empty where there is none. None and empty where a phrase decided."""

    turn: int
    start: int
    end: int
    near: int | None
    likeness: float | None
    matter: str = ""


@dataclass(frozen=True)
class Assigned:
    """What the machine makes of a conversation: the reason where it is sure of one, else empty; how likely the likeliest is,
    and how likely anything fits; the likeliest reasons, and where the first of them is seen."""

    state: State
    reason: str
    probability: float
    anything: float
    candidates: tuple[Candidate, ...]
    place: Place | None


NOTHING = Assigned(State.NONE, "", 0.0, 0.0, (), None)


@dataclass(frozen=True)
class Example:
    """What a reason was filled with: a text of the tree, or without one the middle of what customers said in so many
    `conversations` that people put under it."""

    reason: str
    text: str
    conversations: int = 0


@dataclass(frozen=True)
class Near:
    """How near a sentence is to a reason's examples: the number of the one that is nearest in meaning and in what it sounds
    like together, None where the reason has none; the highest cosine to any; the highest of Bhattacharyya's coefficients of
    what both sound like, 0 to 1; and the everyday matter that it and that one most sound like, where they do."""

    example: int | None
    likeness: float
    kinship: float
    matter: str


@dataclass(frozen=True)
class Judge:
    """A tree as it was taught.

    weights: of shape (reasons + 1, what is seen of a sentence), the last row for background; bias: one each. anchors: the
    embedding of each example. fit: what each of `fit_numbers` counts for whether anything fits; sharpness: by what the
    evidence is multiplied for which reason. everyday: what it knows of everyday matters; None where it was taught before
    anything was, and then it judges by the sentences' own numbers.
    """

    tree: Tree
    weights: Array
    bias: Array
    anchors: Array
    examples: tuple[Example, ...]
    fit: tuple[float, ...]
    sharpness: float
    everyday: Everyday | None = None

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """The ids of the reasons, in the order of the weights."""
        return tuple(one.id for one in self.tree.reasons)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the tree and everything that was taught; what an assignment is stamped with."""
        parts = (self.weights.astype("<f2"), self.bias.astype("<f4"), self.anchors.astype("<f2"))
        numbers = [round(one, 6) for one in (*self.fit, self.sharpness)]
        head = json.dumps([self.tree.content_hash, numbers, *([self.everyday.content_hash] if self.everyday else [])])
        return hashlib.sha256(head.encode() + b"".join(part.tobytes() for part in parts)).hexdigest()

    @cached_property
    def _phrases(self) -> tuple[tuple[str, int], ...]:
        return tuple((f" {plain_words(phrase)} ", n) for n, one in enumerate(self.tree.reasons) for phrase in one.phrases)

    @cached_property
    def _reason_of_anchor(self) -> NDArray[np.int64]:
        number = {id_: n for n, id_ in enumerate(self.reasons)}
        return np.array([number[one.reason] for one in self.examples], np.int64)

    def assign(self, transcript: Transcript, signals: Signals) -> Assigned:
        """Why this customer was in touch. Where the language is not the one that was taught, phrases alone decide."""
        return self.assign_heard(transcript, heard(transcript, signals))

    def assign_heard(self, transcript: Transcript, said: Heard) -> Assigned:
        """As `assign`, of what was seen already."""
        by_phrase = self._by_phrase(transcript)
        if by_phrase is not None:
            return by_phrase
        if not len(said.numbers) or languages.base(transcript.language) != LANGUAGE:
            return NOTHING
        telling = self.telling(said)
        evidence = self.evidence(telling, said.weights)
        best = int(evidence.argmax())
        row = int((telling[:, best] + np.log(said.weights)).argmax())
        near = self.nearest(said.embeddings[row], best)
        anything = self.anything(evidence, near)
        if telling.max() <= 0:  # each sentence is likelier one of those that stand in any conversation
            anything = min(anything, FAINT)
        shares = self.shares(evidence)
        order = np.argsort(-shares, kind="stable")[:CANDIDATES]
        likely = anything * shares
        candidates = tuple(
            Candidate(self.reasons[n], round(float(likely[n]), 4)) for n in order if likely[n] >= LEAST_LIKELY or n == best
        )
        top = candidates[0].probability
        state = State.FITS if top >= SURE else State.NONE if anything < NO_FIT else State.UNSURE
        return Assigned(
            state,
            self.reasons[best] if state is State.FITS else "",
            top,
            round(anything, 4),
            candidates,
            _place(transcript, said, row, near),
        )

    def telling(self, said: Heard) -> Array:
        """Log odds of each sentence under each reason against background, of shape (sentences, reasons)."""
        return self.telling_of(said.numbers)

    def telling_of(self, numbers: Array) -> Array:
        """As `telling`, of what is seen of sentences."""
        scores = self._seen(numbers) @ self.weights.T + self.bias
        return np.asarray(scores[:, :-1] - scores[:, -1:], np.float32)

    def _seen(self, numbers: Array) -> Array:
        """What is seen of sentences by what this judge knows of everyday matters, which may not be what ships today."""
        if self.everyday is None:
            return numbers[:, :OF_ITS_OWN]
        if self.everyday.content_hash == shipped().content_hash:
            return numbers
        sounds = self.everyday.sounds_like(numbers[:, :DIMENSIONS])
        return np.hstack([numbers[:, :OF_ITS_OWN], EVERYDAY_COUNTS * sounds])

    def evidence(self, telling: Array, weights: Array) -> NDArray[np.float64]:
        """Of each reason how much likelier the customer's sentences are under it than as background, as a logarithm."""
        tells = (TELLS * weights)[:, None].astype(np.float64)
        return np.asarray(np.log1p(tells * (np.exp(telling.astype(np.float64)) - 1)).sum(axis=0))

    def nearest(self, embedding: Array, reason: int) -> Near:
        """How near a sentence is to the examples of a reason."""
        own = np.flatnonzero(self._reason_of_anchor == reason)
        if not len(own):
            return Near(None, 0.0, 0.0, "")
        cosines = self.anchors[own] @ embedding
        everyday = self.everyday or shipped()
        together = self._sounds[own] * everyday.sounds_like(embedding[None])
        kinships = together.sum(axis=1)
        place = int((cosines + kinships).argmax())
        most = int(together[place].argmax())
        matter = everyday.ids[most] if together[place, most] >= SOUNDS_ALIKE else ""
        return Near(int(own[place]), float(cosines.max()), float(kinships.max()), matter)

    @cached_property
    def _sounds(self) -> Array:
        """What each example sounds like."""
        return (self.everyday or shipped()).sounds_like(self.anchors)

    def anything(self, evidence: NDArray[np.float64], near: Near) -> float:
        """How likely any reason of the tree fits."""
        seen = fit_numbers(evidence, near)[: len(self.fit)]
        return float(1 / (1 + np.exp(-np.clip(np.dot(seen, self.fit), -30, 30))))

    def shares(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """How likely it is each reason, given that one of them fits."""
        sharp = self.sharpness * (evidence - evidence.max())
        return np.asarray(np.exp(sharp) / np.exp(sharp).sum())

    def _by_phrase(self, transcript: Transcript) -> Assigned | None:
        """The first of the customer's turns with a phrase of the tree."""
        if not self._phrases:
            return None
        for number, turn in enumerate(transcript.turns):
            if turn.speaker is not Speaker.CUSTOMER:
                continue
            words = f" {plain_words(turn.text)} "
            for phrase, reason in self._phrases:
                if phrase in words:
                    start, end = _letters_of(turn.text, phrase)
                    found = Candidate(self.reasons[reason], BY_PHRASE)
                    place = Place(number, start, end, None, None)
                    return Assigned(State.FITS, found.reason, BY_PHRASE, BY_PHRASE, (found,), place)
        return None

    def to_bytes(self) -> bytes:
        """The judge as an archive of numbers; `judge_from` reads it. Weights and embeddings are kept as half precision, on
        whose grid they lie."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        head = {
            "tree": self.tree.to_dict(),
            "examples": [[one.reason, one.text, one.conversations] for one in self.examples],
            "fit": list(self.fit),
            "sharpness": self.sharpness,
            "everyday": dict(self.everyday.titles) if self.everyday else None,
        }
        known: dict[str, Any] = {}
        if self.everyday:
            known = {"everyday_weights": self.everyday.weights.astype(np.float16), "everyday_bias": self.everyday.bias}
        out = io.BytesIO()
        np.savez_compressed(
            out,
            head=np.frombuffer(json.dumps(head).encode(), np.uint8),
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            anchors=self.anchors.astype(np.float16),
            **known,
        )
        return out.getvalue()


def judge_from(data: bytes) -> Judge:
    """The judge that `to_bytes` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as inside:
        head: dict[str, Any] = json.loads(inside["head"].tobytes())
        numbers = {name: np.asarray(inside[name], np.float32) for name in inside.files if name != "head"}
    examples = tuple(Example(*one) for one in head["examples"])
    known = None
    if head.get("everyday"):
        known = Everyday(numbers["everyday_weights"], numbers["everyday_bias"], head["everyday"])
    return Judge(
        tree_of(head["tree"]),
        numbers["weights"],
        numbers["bias"],
        numbers["anchors"],
        examples,
        tuple(head["fit"]),
        head["sharpness"],
        known,
    )


def fit_numbers(evidence: NDArray[np.float64], near: Near) -> NDArray[np.float64]:
    """What is seen of a conversation for whether any reason fits: evidence, its lead over the second, the likeness of the
    most telling sentence to the likeliest reason's examples, one, and its kinship to them."""
    top = np.sort(evidence)[::-1]
    lead = top[0] - top[1] if len(top) > 1 else top[0]
    return np.array([min(top[0], 12.0) / 4, min(lead, 12.0) / 4, near.likeness, 1.0, near.kinship])


def most_telling(judge: Judge, said: Heard, most: int = 2) -> list[int]:
    """Which sentences say most that is no background: rows of `said`, for what a correction teaches."""
    if not len(said.numbers):
        return []
    odds = judge.telling(said).max(axis=1) + np.log(said.weights)
    long_enough = np.array([len(one.text.split()) >= 4 for one in said.sentences])
    order = np.argsort(-np.where(long_enough, odds, odds - 4), kind="stable")
    return sorted(int(row) for row in order[:most])


def _place(transcript: Transcript, said: Heard, row: int, near: Near) -> Place:
    sentence = said.sentences[row]
    start = max(transcript.turns[sentence.turn].text.find(sentence.text), 0)
    end = start + len(sentence.text)
    return Place(sentence.turn, start, end, near.example, round(near.likeness, 4), near.matter)


def _letters_of(text: str, phrase: str) -> tuple[int, int]:
    """Where the words of a phrase stand in a text; all of it where they cannot be found letter by letter."""
    words: Sequence[str] = phrase.split()
    low = text.replace("’", "'").lower()
    start = low.find(words[0])
    while start >= 0:
        end = low.find(words[-1], start)
        if end >= 0 and plain_words(text[start : end + len(words[-1])]) == " ".join(words):
            return start, end + len(words[-1])
        start = low.find(words[0], start + 1)
    return 0, len(text)
