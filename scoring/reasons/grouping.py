"""What are the conversations about that fit nowhere: which belong together, and what are they called by their own words?

The sentences that tell most of each are put together by agglomerative clustering (scikit-learn, average linkage over cosine
distance): it needs no number of groups, and what is near to nothing stays alone. A group is named by the terms that set its
sentences apart from the other groups' (class-based TF-IDF: Grootendorst, "BERTopic", 2022), and only by terms that at least
two customers say, so that no name is one person's. Its stability is how well it is found again in samples of four in
five of the sentences (Hennig, "Cluster-wise assessment of cluster stability", 2007).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from scoring.reasons.judge import Array
from scoring.reasons.teach import background
from scoring.reasons.tree import plain_words

FEWEST = 4
"""Conversations; fewer are not worth a reason of their own."""

APART = 0.6
"""The mean cosine distance from which on two groups are two."""

MOST_WAITING = 3000
"""Sentences grouped at once, the latest conversations' first: distances grow with the square of their number."""

CUSTOMERS = 2
"""So many customers have to say a term before anything is called by it."""

NO_COMMON_WORDS = "no common words"
DRAWS, SAMPLE = 10, 0.8
NAME_TERMS, TERMS = 3, 8
SEED = 20_262


@dataclass(frozen=True)
class Waiting:
    """A sentence of a conversation that fits nowhere. `customer` is whose it is, or the call where nobody knows."""

    call_id: str
    turn: int
    text: str
    embedding: Array
    customer: str


@dataclass(frozen=True)
class Proposed:
    """Conversations that belong together: their sentences, the most typical first, the terms that set them apart, and how
    well the group is found again, 0 to 1."""

    members: tuple[Waiting, ...]
    terms: tuple[str, ...]
    stability: float

    @property
    def call_ids(self) -> tuple[str, ...]:
        """The conversations, the most typical first."""
        return tuple(dict.fromkeys(one.call_id for one in self.members))

    @property
    def name(self) -> str:
        """What it is called until somebody calls it otherwise."""
        return name_of(self.terms)


def name_of(terms: Sequence[str]) -> str:
    """What is called by these terms, the most telling first."""
    return ", ".join(terms[:NAME_TERMS]) or NO_COMMON_WORDS


def shared_terms(terms: Sequence[str], said: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Those of the terms that `CUSTOMERS` customers say. said: customers, each with a sentence."""
    having: dict[str, set[str]] = defaultdict(set)
    for customer, text in said:
        for term in _words_of(text):
            having[term].add(customer)
    return tuple(term for term in terms if len(having[term]) >= CUSTOMERS)


def group(waiting: Sequence[Waiting], fewest: int = FEWEST) -> list[Proposed]:
    """What belongs together, the group with most conversations first. A conversation stands in one group only, that of its
    sentence which is most typical. The same for the same sentences in the same order."""
    waiting = waiting[:MOST_WAITING]
    if len(waiting) < fewest:
        return []
    vectors = np.stack([one.embedding for one in waiting])
    labels = _labels(vectors)
    found = _one_each(waiting, vectors, labels)
    large = {label: rows for label, rows in found.items() if len({waiting[row].call_id for row in rows}) >= fewest}
    terms = _terms({label: [waiting[row] for row in rows] for label, rows in large.items()})
    stable = _stability(vectors, {label: set(np.flatnonzero(labels == label).tolist()) for label in large})
    proposed = [Proposed(tuple(waiting[row] for row in rows), terms[label], stable[label]) for label, rows in large.items()]
    return sorted(proposed, key=lambda one: (-len(one.call_ids), one.name))


def _labels(vectors: Array) -> NDArray[np.int64]:
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", distance_threshold=APART)
    return np.asarray(model.fit_predict(vectors.astype(np.float64)), np.int64)


def _one_each(waiting: Sequence[Waiting], vectors: Array, labels: NDArray[np.int64]) -> dict[int, list[int]]:
    """Rows by label, the most typical first, each conversation under the label of its most typical sentence alone.

    Typical is near to the middle of a group, and a large group is more of one: what two conversations share by chance says
    less than what many do."""
    sizes = Counter(labels.tolist())
    middles = {label: _unit(vectors[labels == label].mean(axis=0)) for label in sizes}
    near = np.array([float(vectors[row] @ middles[label]) for row, label in enumerate(labels.tolist())])
    own: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row, one in enumerate(waiting):
        label = int(labels[row])
        own[one.call_id][label] = max(own[one.call_id][label], near[row] * min(sizes[label], 20))
    chosen = {call_id: max(labelled, key=lambda label: (labelled[label], -label)) for call_id, labelled in own.items()}
    rows: dict[int, list[int]] = defaultdict(list)
    for row in np.argsort(-near, kind="stable").tolist():
        if chosen[waiting[row].call_id] == labels[row]:
            rows[int(labels[row])].append(row)
    return rows


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)


def _stability(vectors: Array, groups: Mapping[int, set[int]]) -> dict[int, float]:
    """The mean over samples of the best Jaccard index of each group with one that is found in the sample."""
    random, best = Random(SEED), {label: list[float]() for label in groups}
    count = len(vectors)
    if not groups or count < 5:
        return dict.fromkeys(groups, 0.0)
    for _ in range(DRAWS if count <= 1000 else 3):
        drawn = sorted(random.sample(range(count), max(2, round(SAMPLE * count))))
        again: dict[int, set[int]] = defaultdict(set)
        for row, label in zip(drawn, _labels(vectors[drawn]).tolist(), strict=True):
            again[label].add(row)
        for label, rows in groups.items():
            left = rows & set(drawn)
            if left:
                best[label].append(max(len(left & other) / len(left | other) for other in again.values()))
    return {label: round(float(np.mean(found)), 3) if found else 0.0 for label, found in best.items()}


def _terms(groups: Mapping[int, Sequence[Waiting]]) -> dict[int, tuple[str, ...]]:
    """The terms of one or two words that set each group apart."""
    counts = {label: Counter[str]() for label in groups}
    having: dict[int, dict[str, set[str]]] = {label: defaultdict(set) for label in groups}
    for label, members in groups.items():
        for one in members:
            for term in _words_of(one.text):
                counts[label][term] += 1
                having[label][term].add(one.customer)
    total: Counter[str] = sum(counts.values(), Counter())
    mean = sum(total.values()) / max(len(groups), 1)
    named: dict[int, tuple[str, ...]] = {}
    for label, own in counts.items():
        all_own = max(sum(own.values()), 1)
        shared = {term: n for term, n in own.items() if len(having[label][term]) >= CUSTOMERS}
        worth = {term: n / all_own * np.log1p(mean / total[term]) for term, n in shared.items()}
        ordered = sorted(worth, key=lambda term: (-worth[term] * (1.3 if " " in term else 1.0), term))
        named[label] = _without_repeats(ordered)[:TERMS]
    return named


def _without_repeats(terms: Sequence[str]) -> tuple[str, ...]:
    """Terms, but for those whose words stand in one before."""
    kept: list[str] = []
    for term in terms:
        if not any(set(term.split()) & set(other.split()) for other in kept):
            kept.append(term)
    return tuple(kept)


def _words_of(text: str) -> set[str]:
    words = [word for word in plain_words(text).split() if len(word) > 2 and not word.isdecimal()]
    telling = [word for word in words if word not in _common()]
    pairs = (f"{one} {two}" for one, two in pairwise(words) if {one, two} <= set(telling))
    return {*telling, *pairs}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Words that say nothing of what a group is about: English stop words, and those of what stands in any conversation."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    everywhere = {word for text in background() for word in plain_words(text).split()}
    return frozenset(ENGLISH_STOP_WORDS) | everywhere | _SHORT


_SHORT = frozenset(
    plain_words(
        """i'm i've i'd i'll it's that's don't can't won't didn't hasn't haven't isn't wasn't doesn't couldn't you've you're
        you'd we've we're they're there's what's where's hello yes okay well want like need got get getting just really
        thing"""
    ).split()
)
