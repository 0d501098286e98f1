"""Was something meant, in whatever words: is a sentence close in meaning to one of the examples?"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.criteria.base import (
    MOST_EVIDENCE,
    UNQUOTED,
    Context,
    Judgement,
    Place,
    Who,
    counted,
    listed,
    unsure,
)
from scoring.criteria.said import Phrase
from scoring.criteria.stretch import EVERYWHERE, Bounds, Stretch
from scoring.result import Evidence, Verdict

# How fast the probability rises with similarity: 0.73 at 0.05 above the threshold, 0.88 at 0.1, 0.98 at 0.2. It is a
# convention that keeps doubt visible near the threshold, not fitted to any labels.
STEEPNESS = 20.0


class Nearest(NamedTuple):
    """A sentence with the example it resembles most, how much, and why it may not count."""

    sentence: int
    place: Place
    similarity: float
    example: str
    doubt: str


@dataclass(frozen=True)
class Means:
    """Something that is to be meant, shown by examples.

        kind: means.v1
        with:
          speaker: agent                      # agent (unless given), customer, other, anyone
          examples: ["I can hear how upsetting this has been for you", "That must have been frustrating"]
          unlike: ["I am frustrated"]         # a sentence closer to one of these does not count
          threshold: 0.6                      # cosine similarity from which a sentence means the same
          band: 0.05                          # so far around the threshold a person decides
          within: {after: {speaker: customer, phrases: ["upset", "frustrated"]}}
          at_least: 1

    Sentences and examples are compared by the cosine of their embeddings. probability: a logistic curve of how far the
    deciding sentence lies from the threshold; a statement of doubt, not a measured frequency.
    """

    name: ClassVar[str] = "means.v1"
    placed: ClassVar[bool] = True

    examples: tuple[Phrase, ...]
    speaker: Who = "agent"
    unlike: tuple[Phrase, ...] = ()
    threshold: float = 0.6
    band: float = 0.05
    within: Stretch = EVERYWHERE
    at_least: int = 1

    def problems(self) -> Iterator[tuple[str, str]]:
        """Missing examples, and numbers that cannot be."""
        if not self.examples:
            yield "examples", "give at least one sentence that means it"
        if not 0 < self.threshold < 1:
            yield "threshold", f"a similarity between 0 and 1, not {self.threshold:g}"
        if not 0 <= self.band <= 0.3:
            yield "band", f"a distance from 0 to 0.3, not {self.band:g}"
        if self.at_least < 1:
            yield "at_least", f"a number of times from 1 on, not {self.at_least}"

    def judge(self, context: Context) -> Judgement:
        """Compare every sentence of the stretch; between too near and too far, a person decides."""
        if refused := context.cannot_tell(self.speaker):
            return refused
        bounds = self.within.find(context, self.speaker)
        if isinstance(bounds, Judgement):
            return bounds
        if not context.signals.sentences and any(turn.text.strip() for turn in context.transcript.turns):
            return unsure("The meaning of this conversation's sentences was not measured.")
        possible, nearest = self._nearest(context, bounds)
        sure = [item for item in possible if not item.doubt]
        if len(sure) >= self.at_least and sure[self.at_least - 1].similarity >= self.threshold + self.band:
            deciding = sure[self.at_least - 1]
            meant = [item for item in sure if item.similarity >= self.threshold + self.band]
            place = sorted(item.place for item in meant)[self.at_least - 1]
            evidence = tuple(self._evidence(context, item) for item in meant[:MOST_EVIDENCE])
            return Judgement(Verdict.MET, self._likely(deciding.similarity), evidence, place=place)
        if len(possible) >= self.at_least:
            likely = self._likely(possible[self.at_least - 1].similarity)
            times = f" {counted(self.at_least, 'time')}" if self.at_least > 1 else ""
            why = f"Whether this was meant{times} is too close to tell."
            return unsure(why, likely, [self._evidence(context, item) for item in possible])
        shown = self._evidence(context, nearest) if nearest else None
        searched = bounds.searched(context, f"anything meaning {listed(self.examples)}", shown)
        decides = possible[-1].similarity if possible and self.at_least == len(possible) else None
        decides = nearest.similarity if nearest and decides is None and self.at_least == 1 else decides
        probability = round(1 - self._likely(decides), 4) if decides is not None else 1.0
        evidence = tuple(self._evidence(context, item) for item in possible[:MOST_EVIDENCE])
        return Judgement(Verdict.NOT_MET, probability, evidence, searched)

    def _likely(self, similarity: float) -> float:
        return round(1 / (1 + math.exp(-STEEPNESS * (similarity - self.threshold))), 4)

    def _nearest(self, context: Context, bounds: Bounds) -> tuple[list[Nearest], Nearest | None]:
        """The sentences that may mean it, the most similar first, and the most similar of all."""
        similar = np.asarray(context.signals.embeddings @ _embed(self.examples).T, dtype=np.float64)
        which, best = similar.argmax(axis=1), similar.max(axis=1)
        if self.unlike:
            unlike = np.asarray(context.signals.embeddings @ _embed(self.unlike).T, dtype=np.float64).max(axis=1)
        else:
            unlike = np.full(len(best), -1.0)
        possible: list[Nearest] = []
        nearest: Nearest | None = None
        for index in np.argsort(-best, kind="stable"):
            similarity = round(float(best[index]), 4)
            if similarity < self.threshold - self.band and nearest:
                break
            found = self._place(context, bounds, int(index), similarity, self.examples[which[index]])
            if found is None:
                continue
            nearest = nearest or found
            if similarity >= self.threshold - self.band and unlike[index] <= best[index]:
                possible.append(found)
        return possible, nearest

    def _place(self, context: Context, bounds: Bounds, index: int, similarity: float, example: str) -> Nearest | None:
        """That sentence where it may count; None where it is the other side's or lies outside the stretch."""
        sentence = context.signals.sentences[index]
        in_doubt = self.speaker != "anyone" and context.side_in_doubt(sentence.turn)
        if not in_doubt and sentence.turn not in context.turns_of_set(self.speaker):
            return None
        turn = context.transcript.turns[sentence.turn]
        place = Place(sentence.turn, max(turn.text.find(sentence.text), 0))
        if not bounds.holds(place, lambda: sentence.start if sentence.start is not None else turn.start):
            return None
        doubt = ""
        confidence = context.hardly_heard(place.turn, place.letter, place.letter + len(sentence.text))
        if in_doubt:
            doubt = f"it is not certain that the {self.speaker} said it, for the sides were told apart by voice"
        elif confidence is not None:
            doubt = f"the recogniser was hardly sure of these words ({confidence:.0%})"
        return Nearest(index, place, similarity, example, doubt)

    def _evidence(self, context: Context, item: Nearest) -> Evidence:
        if not context.telling:
            return UNQUOTED
        sentence = context.signals.sentences[item.sentence]
        turn = context.transcript.turns[sentence.turn]
        start, end = (turn.start, turn.end) if sentence.start is None else (sentence.start, sentence.end)
        who, likeness = context.who_said(sentence.turn), f"{item.similarity:.2f}"
        why = f"{who} said this, whose likeness in meaning to “{item.example}” is {likeness}"
        why += f" where {self.threshold:.2f} is asked for"
        why += f"; but {item.doubt}." if item.doubt else "."
        return Evidence(why, sentence.turn, start, end, sentence.text)


@lru_cache(maxsize=1024)
def _embed(texts: tuple[str, ...]) -> NDArray[np.float32]:
    """The examples' embeddings, computed once and kept: the model is loaded only where a scorecard has new examples."""
    from scoring.signals.embeddings import embed_and_keep

    return embed_and_keep(texts)
