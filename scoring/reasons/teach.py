"""What do a tree's examples teach, and how sure may the machine be of what it makes of them?

A multinomial logistic regression (scikit-learn) over what is seen of a sentence, with one more class of sentences that stand
in any conversation. Whether anything fits, and how sharply reasons are told apart, is fitted to conversations made of
examples that were left out of teaching: of reasons that were taught, of whole reasons that were not, and of none. A sentence
from a real conversation that a person put under a reason counts as several examples.

Deterministic: the same tree and the same sentences give the same judge, byte for byte on one machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from errors import InputError
from scoring.reasons.everyday import shipped
from scoring.reasons.judge import SPEAK_FOR, Array, Example, Judge, Near, fit_numbers, judge_from
from scoring.reasons.looks import EARLY, HALVED_AFTER, LATE, Heard, seen
from scoring.reasons.tree import Tree, starting_tree
from scoring.signals.embeddings import embed_and_keep

STARTING_JUDGE = Path(__file__).parent / "starting_judge.npz"
BACKGROUND = Path(__file__).parent / "background.yaml"

STRENGTH = 10.0
"""How freely weights may grow; on unseen phrasings 3 to 30 differ by less than the phrasings do."""

REAL_COUNTS = 3.0
"""How many examples a sentence from a real conversation is worth."""

FEWEST_FOR_A_MIDDLE = 3

FOLDS = 5
SEED = 20_261
UNKNOWN = 0.25
"""Which share of conversations is taken to be about nothing that the tree has, before anything is known of one."""

ALIKE = 0.5
"""From which cosine on two examples of a reason nearly say the same."""

FEWEST_TO_CALIBRATE = 8
"""Reasons; of fewer too little is left once some are left out. These take what was found for the tree that ships."""

AS_SHIPPED: tuple[tuple[float, ...], float] = ((0.46, 3.28, 0.0, -3.2, 5.41), 2.2)

SHARPNESSES = (0.25, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)
"""No sharper: what fits nowhere would then be put under a reason for one of its words; `bench.reasons` says how often."""


@dataclass(frozen=True)
class Real:
    """A sentence from a conversation that a person put under a reason; an empty one: under nothing that the tree has."""

    reason: str
    text: str
    embedding: Array
    call_id: str
    turn: int


@dataclass(frozen=True)
class _Rows:
    """Everything to learn from: numbers and embedding of each sentence, its class (the last is background), its weight."""

    numbers: Array
    embeddings: Array
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]


@lru_cache(maxsize=1)
def background() -> tuple[str, ...]:
    """Sentences that stand in any conversation."""
    return tuple(YAML(typ="safe", pure=True).load(BACKGROUND.read_text(encoding="utf-8")))


def teach(tree: Tree, real: Sequence[Real] = ()) -> Judge:
    """The judge of this tree. Raises InputError where it has fewer than two reasons with examples."""
    written = [Example(one.id, text) for one in tree.reasons for text in one.examples]
    numbers = {one.id: n for n, one in enumerate(tree.reasons)}
    known = [one for one in real if one.reason == "" or one.reason in numbers]
    if len({one.reason for one in written} | {one.reason for one in known if one.reason}) < 2:
        raise InputError("A tree needs at least two reasons with examples, for one to be told from another.")
    rows = _rows([*(one.text for one in written)], [numbers[one.reason] for one in written], known, numbers)
    weights, bias = _fit(rows, np.ones(len(rows.labels), bool), len(numbers))
    middles = _middles(known)
    examples = (*written, *(Example(reason, "", count) for reason, (count, _) in middles.items()))
    points = [rows.embeddings[: len(written)], *(middle[None] for _, middle in middles.values())]
    anchors = np.vstack(points).astype(np.float16).astype(np.float32)
    bare = Judge(tree, weights, bias, anchors, examples, (1.0, 0.0, 0.0, 0.0), 1.0, shipped())
    fit, sharpness = _calibrate(bare, rows)
    return replace(bare, fit=fit, sharpness=sharpness)


def _middles(real: Sequence[Real]) -> dict[str, tuple[int, Array]]:
    """Of each reason with real sentences of enough conversations how many these are, and the middle of their embeddings: of
    no single one anything is kept."""
    found: dict[str, tuple[int, Array]] = {}
    for reason in sorted({one.reason for one in real if one.reason}):
        own = [one for one in real if one.reason == reason]
        calls = len({one.call_id for one in own})
        if calls >= FEWEST_FOR_A_MIDDLE:
            middle = np.mean([one.embedding for one in own], axis=0)
            found[reason] = calls, (middle / max(float(np.linalg.norm(middle)), 1e-6)).astype(np.float32)
    return found


def _rows(texts: list[str], labels: list[int], real: Sequence[Real], numbers: Mapping[str, int]) -> _Rows:
    plain = list(background())
    vectors = embed_and_keep([*texts, *plain])
    written, others = vectors[: len(texts)], vectors[len(texts) :]
    found = np.stack([one.embedding for one in real]) if real else np.zeros((0, vectors.shape[1]), np.float32)
    embeddings = np.vstack([written, found, others]).astype(np.float32)
    every = [*texts, *(one.text for one in real), *plain]
    known = [numbers.get(one.reason, len(numbers)) for one in real]
    return _Rows(
        seen(every, embeddings),
        embeddings,
        np.array([*labels, *known, *([len(numbers)] * len(plain))], np.int64),
        np.array([1.0] * len(texts) + [REAL_COUNTS] * len(real) + [1.0] * len(plain)),
    )


def _fit(rows: _Rows, use: NDArray[np.bool_], reasons: int) -> tuple[Array, Array]:
    """Weights and bias of every class; a class without rows is as unlikely as can be."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    model = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3)
    with threadpool_limits(1):
        model.fit(rows.numbers[use].astype(np.float64), rows.labels[use], rows.weights[use])
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn then keeps one row, for the second class
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * intercepts[0] / 2
    weights, bias = np.zeros((reasons + 1, rows.numbers.shape[1])), np.full(reasons + 1, -20.0)
    weights[model.classes_], bias[model.classes_] = coefficients, intercepts
    return weights.astype(np.float16).astype(np.float32), bias.astype(np.float32)


def _calibrate(judge: Judge, rows: _Rows) -> tuple[tuple[float, ...], float]:
    """How sure the judge may be: fitted to what it makes of conversations that it had not been taught."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    reasons, random = len(judge.reasons), Random(SEED)
    if reasons < FEWEST_TO_CALIBRATE:
        return AS_SHIPPED
    fold = _folds(rows, random)
    order = random.sample(range(reasons), reasons)
    left_out = {reason: place % min(FOLDS, reasons) for place, reason in enumerate(order)}
    about = np.array([left_out.get(int(label), -1) for label in rows.labels])
    looks: list[NDArray[np.float64]] = []
    fits: list[bool] = []
    spread: list[tuple[NDArray[np.float64], int]] = []
    for one in range(min(FOLDS, reasons)):
        use = (fold != one) & (about != one)
        if len(set(rows.labels[use].tolist())) < 2:
            continue
        weights, bias = _fit(rows, use, reasons)
        anchored = use & (rows.labels < reasons)
        taught = Judge(
            judge.tree,
            weights,
            bias,
            rows.embeddings[anchored],
            tuple(Example(judge.reasons[label], "") for label in rows.labels[anchored]),
            judge.fit,
            1.0,
            judge.everyday,
        )
        spare = np.flatnonzero((fold == one) & (rows.labels == reasons)).tolist()
        asked = np.flatnonzero((rows.labels < reasons) & ((fold == one) | (about == one))).tolist()
        for row in [*asked, *([None] * (len(asked) // 4))]:
            label = reasons if row is None else int(rows.labels[row])
            also = [other for other in asked if other != row and int(rows.labels[other]) == label]
            telling = [] if row is None else [row, *random.sample(also, min(len(also), random.randrange(2)))]
            made_up = _made_up(telling, spare, random)
            if not made_up or taught.telling_of(rows.numbers[made_up]).max() <= 0:
                continue  # it is said of these without further ado that nothing fits
            evidence, near = _of(taught, rows, made_up)
            looks.append(fit_numbers(evidence, near))
            known = row is not None and about[row] != one
            fits.append(known)
            if known:
                spread.append((evidence, label))
    if len(set(fits)) < 2:
        return AS_SHIPPED
    share = np.array(fits).mean()
    balance = np.where(fits, (1 - UNKNOWN) / share, UNKNOWN / (1 - share))
    seen_of = np.stack(looks)
    with threadpool_limits(1):
        model = LogisticRegression(C=10.0, fit_intercept=False).fit(seen_of, np.array(fits), balance)
        while against := [one for one in SPEAK_FOR if model.coef_[0][one] < 0]:  # they speak for a fit or say nothing
            seen_of[:, against] = 0.0
            model.fit(seen_of, np.array(fits), balance)
    wrong = [(-sum(_log_share(evidence, label, sharp) for evidence, label in spread), sharp) for sharp in SHARPNESSES]
    return tuple(round(float(one), 6) for one in model.coef_[0]), min(wrong)[1]


def _folds(rows: _Rows, random: Random) -> NDArray[np.int64]:
    """A fold for each sentence. Sentences of a reason that nearly say the same are left out together: else what is new to
    the judge would look stranger than it is beside what it had nearly been taught."""
    leaders: dict[int, list[tuple[Array, int]]] = {}
    found = []
    for embedding, label in zip(rows.embeddings, rows.labels.tolist(), strict=True):
        own = leaders.setdefault(label, [])
        near = next((fold for leader, fold in own if float(leader @ embedding) >= ALIKE), None)
        if near is None:
            near = random.randrange(FOLDS)
            own.append((embedding, near))
        found.append(near)
    return np.array(found, np.int64)


def _made_up(telling: Sequence[int], spare: Sequence[int], random: Random) -> list[int]:
    """A conversation's sentences: what tells among what stands in any, near the beginning."""
    rows = random.sample(list(spare), min(len(spare), random.randrange(3, 13)))
    for row in telling:
        rows.insert(random.randrange(0, min(4, len(rows)) + 1), row)
    return rows


def _of(judge: Judge, rows: _Rows, which: Sequence[int]) -> tuple[NDArray[np.float64], Near]:
    """Evidence for each reason, and how near the most telling sentence is to the likeliest one's examples."""
    weights = (LATE + (EARLY - LATE) * 0.5 ** (np.arange(len(which)) / HALVED_AFTER)).astype(np.float32)
    said = Heard((), rows.numbers[list(which)], rows.embeddings[list(which)], weights)
    telling = judge.telling(said)
    evidence = judge.evidence(telling, weights)
    best = int(evidence.argmax())
    row = int((telling[:, best] + np.log(weights)).argmax())
    return evidence, judge.nearest(said.embeddings[row], best)


def _log_share(evidence: NDArray[np.float64], label: int, sharpness: float) -> float:
    sharp = sharpness * (evidence - evidence.max())
    return float(sharp[label] - np.log(np.exp(sharp).sum()))


@lru_cache(maxsize=1)
def shipped_judge() -> Judge:
    """The judge of the tree that ships, taught beforehand (`python -m scoring.reasons.teach` makes it again)."""
    return judge_from(STARTING_JUDGE.read_bytes())


if __name__ == "__main__":
    STARTING_JUDGE.write_bytes(teach(starting_tree()).to_bytes())
