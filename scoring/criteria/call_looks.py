"""What of a whole conversation does a question see that was taught from reviewers' answers?

Three things: what the question's own rule says of it and how surely, which behaviours each side shows and how often, and
what each side's sentences mean on average. All of it is stored with the call, so that nothing has to be measured again, and
all but the rule's own answer comes from turns that can be named. Nothing tells who the agent is, or how they did before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.behaviours.corpus import behaviours
from scoring.criteria.base import Context, Judgement
from scoring.result import Verdict
from scoring.signals.bert import DIMENSIONS
from transcripts.model import Speaker

Array = NDArray[np.float64]

RULE = ("log-odds", "met", "partly", "not met", "unsure", "how sure", "quotes", "comes near")
"""What is seen of the rule's own answer."""

FURTHEST = 4.0  # log-odds of the rule beyond this say nothing more
SIDES = (Speaker.AGENT, Speaker.CUSTOMER)


def widths() -> tuple[int, int, int]:
    """How many numbers there are of each kind: of the rule, of behaviours, of meaning."""
    return len(RULE), 2 * len(behaviours()), len(SIDES) * DIMENSIONS


class Moved(NamedTuple):
    """How far a turn moves the log-odds of met, which behaviour does most of it (empty: what the turn means does), and which
    of the conversation's sentences does most by its meaning."""

    turn: int
    by: float
    behaviour: str
    sentence: int | None


@dataclass(frozen=True)
class CallLooks:
    """A conversation as numbers.

    rule: as `RULE` names them. shown: for each behaviour by name the highest probability in any turn, then for each the
    logarithm of one plus how many turns are to be expected to show it. meaning: the mean embedding of the agent's sentences
    and of the customer's.
    """

    context: Context
    rule: Array
    shown: Array
    meaning: Array

    @property
    def numbers(self) -> Array:
        """All of them side by side."""
        return np.concatenate([self.rule, self.shown, self.meaning])

    def moved_by_turn(self, weights: Array) -> list[Moved]:
        """How far each turn moves an answer with these weights, one for each number, in the order of the turns.

        What a sentence means moves the answer as far as it lies from the average of its side.
        """
        moved: dict[int, dict[str, float]] = {}
        best: dict[int, tuple[float, int]] = {}
        for turn, name, by in self._by_behaviour(weights):
            of_turn = moved.setdefault(turn, {})
            of_turn[name] = of_turn.get(name, 0.0) + by
        for sentence, by in self._by_meaning(weights):
            turn = self.context.signals.sentences[sentence].turn
            of_turn = moved.setdefault(turn, {})
            of_turn[""] = of_turn.get("", 0.0) + by
            best[turn] = max(best.get(turn, (0.0, sentence)), (by, sentence), key=lambda one: abs(one[0]))
        return [
            Moved(turn, sum(by.values()), max(by, key=lambda name: abs(by[name])), best[turn][1] if turn in best else None)
            for turn, by in sorted(moved.items())
        ]

    def _by_behaviour(self, weights: Array) -> Iterator[tuple[int, str, float]]:
        names, first = list(behaviours()), len(RULE)
        for place, name in enumerate(names):
            items = self.context.shown(name)
            total = sum(item.probability for item in items)
            for item in items:
                number = self.shown[len(names) + place] * item.probability / total
                by = number * weights[first + len(names) + place]
                if item.probability == self.shown[place]:
                    by += item.probability * weights[first + place]
                yield item.turn, name, float(by)

    def _by_meaning(self, weights: Array) -> Iterator[tuple[int, float]]:
        first = sum(widths()[:2])
        for number, own in enumerate(sentences_by_side(self.context).values()):
            side = slice(number * DIMENSIONS, (number + 1) * DIMENSIONS)
            away = self.context.signals.embeddings[own].astype(float) - self.meaning[side]
            for sentence, by in zip(own.tolist(), np.einsum("sd,d->s", away, weights[first:][side]).tolist(), strict=True):
                yield sentence, by / len(own)


def look_at(context: Context, judgement: Judgement) -> CallLooks:
    """What is seen of a conversation whose question's own rule gives this judgement."""
    names = list(behaviours())
    shown = np.zeros((2, len(names)))
    for place, name in enumerate(names):
        likely = [item.probability for item in context.shown(name)]
        shown[:, place] = max(likely, default=0.0), np.log1p(sum(likely))
    meaning = np.zeros((len(SIDES), DIMENSIONS))
    for number, own in enumerate(sentences_by_side(context).values()):
        if len(own):
            meaning[number] = context.signals.embeddings[own].astype(float).mean(axis=0)
    return CallLooks(context, _of_rule(judgement), shown.ravel(), meaning.ravel())


def sentences_by_side(context: Context) -> dict[Speaker, NDArray[np.intp]]:
    """The places of each side's sentences among those that have an embedding."""
    turns = context.transcript.turns
    known = context.signals.sentences[: len(context.signals.embeddings)]
    speakers = [turns[sentence.turn].speaker for sentence in known]
    return {side: np.flatnonzero([speaker is side for speaker in speakers]) for side in SIDES}


def likely_met(judgement: Judgement) -> float:
    """How likely a rule takes its question to be met."""
    match judgement.verdict:
        case Verdict.MET | Verdict.UNSURE:
            return judgement.probability
        case Verdict.NOT_MET:
            return 1 - judgement.probability
        case _:
            return 0.5


def _of_rule(judgement: Judgement) -> Array:
    met = likely_met(judgement)
    bounded = min(max(met, 1e-6), 1 - 1e-6)
    verdicts = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.UNSURE)
    quotes = sum(bool(piece.quote) for piece in judgement.evidence)
    near = judgement.searched is not None and judgement.searched.nearest is not None
    return np.array(
        [
            min(max(np.log(bounded / (1 - bounded)), -FURTHEST), FURTHEST),
            *(float(judgement.verdict is verdict) for verdict in verdicts),
            abs(met - 0.5),
            np.log1p(quotes),
            float(near),
        ]
    )
