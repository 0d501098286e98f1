"""Which of the everyday matters that customers are in touch about does a sentence sound like?

Whoever fills a reason with ten examples has not said how else it can be told. What is known of everyday matters (a parcel
that has not come, a card that was refused; `everyday.yaml`) carries over to a centre's own reasons: sentences that share no
word sound like the same matter, and how much they do is seen of each beside its meaning (as attributes carry from classes
that were taught to those that were not: Lampert, Nickisch and Harmeling, "Learning to detect unseen object classes by
between-class attribute transfer", 2009).

A multinomial logistic regression over the sentence's embedding. The square roots of its probabilities have length 1, and the
distance of two is Hellinger's.

    python -m scoring.reasons.everyday

teaches it again and prints how often the right one of its matters is the likeliest, or among the three likeliest, for
sentences that were left out.
"""

import hashlib
import io
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from scoring.signals.embeddings import embed_and_keep

SENTENCES = Path(__file__).parent / "everyday.yaml"
TAUGHT = Path(__file__).parent / "everyday.npz"

STRENGTH = 10.0
"""How freely weights may grow; 3 to 30 hardly differ in what they bring to other reasons."""

FOLDS = 5
SEED = 20_264

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Everyday:
    """What was taught: weights of shape (matters, 384), a bias each, and what the matters are called, by their ids."""

    weights: Array
    bias: Array
    titles: Mapping[str, str]

    def sounds_like(self, embeddings: Array) -> Array:
        """Of each sentence's embedding the square root of how likely each matter is, of shape (sentences, matters)."""
        scores = embeddings @ self.weights.T + self.bias
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(np.sqrt(shares / shares.sum(axis=1, keepdims=True)), np.float32)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of what makes of the same sentence the same numbers."""
        return hashlib.sha256(self.weights.tobytes() + self.bias.tobytes()).hexdigest()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the matters, in the order of the numbers."""
        return tuple(self.titles)


@lru_cache(maxsize=1)
def shipped() -> Everyday:
    """The everyday matters as they ship."""
    kept = _kept()
    titles = json.loads(kept["titles"].tobytes())
    return Everyday(np.asarray(kept["weights"], np.float32), np.asarray(kept["bias"], np.float32), titles)


def is_of_its_sentences() -> bool:
    """Whether what ships was taught from the sentences as they stand."""
    return bool(_kept()["sentences"].tobytes() == _digest())


def _digest() -> bytes:
    return hashlib.sha256(SENTENCES.read_bytes()).digest()


def _kept() -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(TAUGHT.read_bytes()), allow_pickle=False) as inside:
        return dict(inside)


@dataclass(frozen=True)
class Matter:
    """What customers are in touch about, and what they say then."""

    id: str
    title: str
    said: tuple[str, ...]


def everyday_matters() -> tuple[Matter, ...]:
    """All that is taught, in the order of the numbers of `Everyday.sounds_like`."""
    told = YAML(typ="safe", pure=True).load(SENTENCES.read_text(encoding="utf-8"))
    return tuple(Matter(id_, one["title"], tuple(one["said"])) for id_, one in told.items())


def teach() -> dict[str, float]:
    """Teach it and keep what was taught; how often the right matter is found for sentences that were left out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    told = everyday_matters()
    texts = [text for one in told for text in one.said]
    labels = np.repeat(np.arange(len(told)), [len(one.said) for one in told])
    embeddings = embed_and_keep(texts).astype(np.float64)
    model = LogisticRegression(C=STRENGTH, max_iter=300)
    with threadpool_limits(1):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
        shares = cross_val_predict(model, embeddings, labels, cv=folds, method="predict_proba")
        model.fit(embeddings, labels)
    with TAUGHT.open("wb") as file:
        np.savez_compressed(
            file,
            weights=model.coef_.astype(np.float16),
            bias=model.intercept_.astype(np.float32),
            titles=np.frombuffer(json.dumps({one.id: one.title for one in told}).encode(), np.uint8),
            sentences=np.frombuffer(_digest(), np.uint8),
        )
    place = (shares > shares[np.arange(len(labels)), labels][:, None]).sum(axis=1)
    return {
        "matters": len(told),
        "sentences": len(texts),
        "likeliest": round(float((place == 0).mean()), 3),
        "among_three": round(float((place < 3).mean()), 3),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(teach()) + "\n")
