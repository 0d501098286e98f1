"""What do a centre's own labels teach a judge of behaviours, and is it worth having?

`learn` fits a regularised logistic regression on what `scoring.behaviours.looks` sees of each labelled turn. How strongly it
is held back, how its odds become probabilities and from which probability on the answer is yes are all chosen by answers to
turns whose whole group was left out of teaching. By the same answers the shipped judge's own probability gets its share in
what is said: the regression holds it back like everything else, which is too much for what was taught from far more turns
than these (stacking: Wolpert, "Stacked generalization", 1992). So are all figures: in each fold these choices are made from
the other folds alone, and the shipped judge is asked about the same turns.

Sources: five folds of whole groups (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009, chapter
7.10); probabilities from odds (Platt, "Probabilistic outputs for support vector machines", 1999); the bound from which the
answer is yes (`calibration.half_of_best_f1`, which on unseen turns of our own corpus agreed better than the bound at which
kappa had been highest on the others: 0.592 against 0.586, averaged over the behaviours); the curve of learning as an inverse
power law (Figueroa et al., "Predicting sample size required for classification performance", 2012).
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from errors import InputError
from scoring.agreement import Agreement, cohens_kappa, gain_in_kappa
from scoring.behaviours.calibration import fit, half_of_best_f1
from scoring.behaviours.judge import Judge
from scoring.behaviours.learned import Learned, log_odds
from scoring.behaviours.lines import Label
from scoring.behaviours.looks import RELATION, Looks, look

FOLDS = 5
FEWEST_OF_EACH = 20
"""With fewer labels of either answer five folds hold hardly any, and neither what is learned nor its figures are sound."""

STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""How freely weights may grow; the inverse of the penalty on their squares."""

SHARES = (0.25, 0.4, 0.6, 0.8, 1.0)
"""Of the groups taught from, for the curve of learning."""

MORE_CALLS = 40
DRAWS = 500
SEED = 20_260
LIKELY = (0.05, 0.95)
# Kappa as a function of the number of labels n is a - b / n ** DECAY: the error of what is estimated falls like that.
DECAY = 0.5

Array = NDArray[np.float64]
Say = Callable[[str], None]
Bound = Callable[[Array, Array], float]
"""From probabilities and what was so: the probability from which the answer is yes where one has to be given."""


@dataclass(frozen=True)
class Point:
    """Kappa with so many labels to learn from, averaged over the folds."""

    labels: int
    kappa: float


@dataclass(frozen=True)
class Outlook:
    """What more labels would likely bring: so many more calls with so many more labels, and kappa then with the range in
    which it lies with a probability of 90 %."""

    calls: int
    labels: int
    kappa: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """How good a learned judge is on turns that it had not seen, beside the shipped judge on the same turns.

    present: labels that say the behaviour is there; groups: how many calls or agents, each kept together; gain: kappa
    minus kappa; calibration_error: how far probabilities are off, on average, 0 to 1 (Guo et al. 2017); curve: from few
    labels to all; outlook: None where the curve does not say that more labels would help.
    """

    labels: int
    present: int
    groups: int
    shipped: Agreement
    learned: Agreement
    gain: Agreement
    calibration_error: float
    curve: tuple[Point, ...]
    outlook: Outlook | None

    @property
    def better(self) -> bool:
        """Whether it is better beyond doubt: even the low end of the interval of the gain is above 0."""
        return self.gain.low is not None and self.gain.low > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives equal figures back."""
        return {**asdict(self), "curve": [asdict(point) for point in self.curve]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Figures":
        """Read what `to_dict` wrote."""
        agreements = {name: Agreement(**data[name]) for name in ("shipped", "learned", "gain")}
        outlook = Outlook(**data["outlook"]) if data["outlook"] else None
        curve = tuple(Point(**point) for point in data["curve"])
        return cls(**{**data, **agreements, "curve": curve, "outlook": outlook})

    def sentences(self, there: str = "it is there") -> tuple[str, ...]:
        """What the figures mean, for a person; `there` is what a label says."""
        told = [
            f"{self.labels} labels of {self.groups} calls or agents, {self.present} of them say that {there}.",
            f"Agreement with them by Cohen's kappa: as shipped {_with_range(self.shipped)}, "
            f"after teaching {_with_range(self.learned)}.",
            f"The difference is {_with_range(self.gain, signed=True)}: "
            + ("better beyond doubt." if self.better else "not better beyond doubt."),
        ]
        if self.outlook is None:
            told.append("Whether more labels of this kind would help cannot be told from these.")
        elif self.learned.value is not None:
            more = self.outlook
            told.append(
                f"{more.calls} more labelled calls ({more.labels} labels) would likely bring kappa from "
                f"{self.learned.value:.2f} to {more.kappa:.2f} ({more.low:.2f} to {more.high:.2f})."
            )
        return tuple(told)


def learn(
    behaviour: str, labels: Sequence[Label], judge: Judge, *, calls: int | None = None, say: Say = lambda _: None
) -> Learned:
    """A judge of that behaviour taught from the labels, its figures in `about`; the same for the same labels in any order.

    `calls` is how many calls the labels come from, where groups are not calls. Raises InputError where there is no such
    behaviour, or the labels are too few or too much alike.
    """
    place = judge.place(behaviour)
    labels = sorted(labels, key=_line)
    present, groups = np.array([label.present for label in labels], bool), [label.group for label in labels]
    check_enough(behaviour, present.tolist(), groups)
    turns = [label.heard for label in labels]
    say(f"Looking at {len(turns)} turns")
    answers = judge.answers(turns)
    shipped = answers.probability[:, place] >= judge.present_from[place]
    taught = teach(
        blocks_of(look(turns, answers)),
        present,
        groups,
        shipped,
        calls or len(set(groups)),
        known=log_odds(answers.probability[:, place]),
        say=say,
    )
    return Learned(
        behaviour=behaviour,
        dense=taught.dense.astype(np.float32),
        grams=taught.grams.astype(np.float16),
        bias=taught.bias,
        slope=taught.slope,
        offset=taught.offset,
        threshold=taught.threshold,
        share=taught.share,
        judge=judge.stamp,
        labels=labels_hash(labels),
        about={"figures": taught.figures.to_dict(), "strength": taught.strength, "calls": calls or len(set(groups))},
    )


@dataclass(frozen=True)
class Taught:
    """What was taught, as weights of the numbers as they come, and how good it is on what it had not seen.

    slope, offset: make its odds probabilities, together with `share` of what was known before; threshold: from which
    probability on the answer is yes where one has to be given; unseen: the probability of each item by a judge that had not
    been taught on its group.
    """

    dense: Array
    grams: Array
    bias: float
    slope: float
    offset: float
    share: float
    threshold: float
    strength: float
    unseen: Array
    figures: Figures


def teach(
    blocks: "Blocks",
    present: NDArray[np.bool_],
    groups: Sequence[str],
    shipped: NDArray[np.bool_],
    calls: int,
    *,
    known: Array | None = None,
    strengths: Sequence[float] = STRENGTHS,
    bound: Bound = half_of_best_f1,
    say: Say = lambda _: None,
) -> Taught:
    """Fit what is seen of some items to what people say of them, and check it on groups that it had not seen.

    shipped: what the judge as shipped says of the same items; calls: how many calls they come from; known: the log-odds that
    are to have a share in the answers beside what is fitted.
    """
    known = np.zeros(len(present)) if known is None else known
    folds = fold_of(groups)
    odds = np.zeros((len(strengths), len(present)))
    for fold in range(FOLDS):
        say(f"Teaching without fold {fold + 1} of {FOLDS}, to check on it")
        others = np.flatnonzero(folds != fold)
        for number, strength in enumerate(strengths):
            odds[number, folds == fold] = _fit(blocks, present, others, strength).odds(blocks)[folds == fold]
    chosen = _choose(odds, known, present, strengths, bound)
    said, probability = _unseen(odds, known, present, folds, strengths, bound)
    say("Seeing how it grows with the number of labels")
    curve, outlook = _curve(blocks, known, present, groups, folds, chosen.strength, calls, bound)
    figures = Figures(
        labels=len(present),
        present=int(present.sum()),
        groups=len(set(groups)),
        shipped=cohens_kappa(present.tolist(), shipped.tolist(), groups),
        learned=cohens_kappa(present.tolist(), said.tolist(), groups),
        gain=gain_in_kappa(present.tolist(), shipped.tolist(), said.tolist(), groups),
        calibration_error=_calibration_error(probability, present),
        curve=curve,
        outlook=outlook,
    )
    weights = _fit(blocks, present, np.arange(len(present)), chosen.strength)
    dense, bias = blocks.unscaled(weights)
    return Taught(
        dense=dense,
        grams=weights.grams,
        bias=bias,
        slope=chosen.slope,
        offset=chosen.offset,
        share=chosen.share,
        threshold=chosen.threshold,
        strength=chosen.strength,
        unseen=probability,
        figures=figures,
    )


def labels_hash(labels: Sequence[Label]) -> str:
    """SHA-256 of the labels, whatever their order: what a judge was taught from."""
    return hashlib.sha256("\n".join(sorted(map(_line, labels))).encode()).hexdigest()


def check_enough(
    name: str, present: Sequence[bool], groups: Sequence[str], labels: str = "labels", there: str = "it is there"
) -> None:
    """Raise InputError that says how many labels are needed where these are too few, or nearly all alike.

    labels, there: what the labels are called, and what they say.
    """
    yes, no, known = sum(present), len(present) - sum(present), len(set(groups))
    if min(yes, no) < FEWEST_OF_EACH:
        raise InputError(
            f"To teach {name}, at least {FEWEST_OF_EACH} {labels} are needed that say {there} and as many that say it is "
            f"not; there are {yes} and {no}."
        )
    if known < FOLDS:
        raise InputError(
            f"To teach {name}, {labels} of at least {FOLDS} groups (calls, or agents where an agent's calls are kept "
            f"together) are needed, so that it can be checked on some that it has not seen; there are {known}."
        )


def fold_of(groups: Sequence[str]) -> NDArray[np.int_]:
    """The fold of each item: whole groups, the largest first into the fold that has least."""
    sizes = {group: groups.count(group) for group in set(groups)}
    filled = [0] * FOLDS
    fold: dict[str, int] = {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], hashlib.sha256(name.encode()).hexdigest())):
        fold[group] = filled.index(min(filled))
        filled[fold[group]] += sizes[group]
    return np.array([fold[group] for group in groups])


# Teaching


@dataclass(frozen=True)
class _Weights:
    """What was fitted, on numbers that were brought to one scale."""

    dense: Array
    grams: Array
    bias: float

    def odds(self, blocks: "Blocks") -> Array:
        return np.asarray(blocks.dense @ self.dense + blocks.grams @ self.grams + self.bias)


@dataclass(frozen=True)
class Blocks:
    """What is seen of the labelled turns, each kind of it with as much to say as any other, however many numbers it has."""

    dense: Array
    grams: sparse.csr_matrix
    mean: Array
    scale: Array

    def unscaled(self, weights: _Weights) -> tuple[Array, float]:
        """Weights and bias for numbers as they come."""
        dense = weights.dense * self.scale
        return dense, float(weights.bias - (self.mean * dense).sum())


def blocks_of(looks: Looks) -> Blocks:
    """What is seen of turns, made ready to teach from."""
    return in_blocks(looks.dense, (looks.odds.shape[1], len(RELATION), looks.pooled.shape[1]), looks.grams)


def in_blocks(dense: Array, widths: Sequence[int], grams: sparse.csr_matrix | None = None) -> Blocks:
    """Numbers of shape (items, numbers) whose kinds are so many columns wide each, brought to one scale."""
    wide = np.repeat(widths, widths)
    mean, spread = dense.mean(axis=0), dense.std(axis=0)
    scale = 1 / (np.where(spread > 1e-6, spread, 1.0) * np.sqrt(wide))
    return Blocks((dense - mean) * scale, sparse.csr_matrix((len(dense), 0)) if grams is None else grams, mean, scale)


def _fit(blocks: Blocks, present: NDArray[np.bool_], rows: NDArray[np.intp], strength: float) -> _Weights:
    from sklearn.linear_model import LogisticRegression

    seen = sparse.hstack([sparse.csr_matrix(blocks.dense[rows]), blocks.grams[rows]]).tocsr()
    model = LogisticRegression(C=strength, solver="liblinear", max_iter=1000, random_state=SEED).fit(seen, present[rows])
    width = blocks.dense.shape[1]
    return _Weights(model.coef_[0, :width], model.coef_[0, width:], float(model.intercept_[0]))


@dataclass(frozen=True)
class _Choice:
    strength: float
    number: int
    slope: float
    offset: float
    share: float
    threshold: float

    def probability(self, odds: Array, known: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * odds + self.share * known + self.offset, -30, 30))))


def _choose(odds: Array, known: Array, present: NDArray[np.bool_], strengths: Sequence[float], bound: Bound) -> _Choice:
    """Of the answers with each strength, shape (strengths, turns), the one whose probabilities are least wrong."""
    choices = []
    for number, strength in enumerate(strengths):
        slope, offset, share, _ = fit(odds[number], present.astype(float), known[:, None])
        # What was fitted sees the same odds, and can gainsay them itself (Breiman, "Stacked regressions", 1996).
        if share < 0:
            (slope, offset, *_), share = fit(odds[number], present.astype(float)), 0.0
        choice = _Choice(strength, number, slope, offset, share, 0.5)
        probability = np.clip(choice.probability(odds[number], known), 1e-6, 1 - 1e-6)
        choices.append((-float(np.log(np.where(present, probability, 1 - probability)).mean()), choice))
    best = min(choices, key=lambda pair: pair[0])[1]
    return replace(best, threshold=bound(best.probability(odds[best.number], known), present.astype(float)))


def _kappa(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Cohen's kappa, plainly: `scoring.agreement` draws an interval with it, which takes a thousand times as long."""
    alike, chance = (a == b).mean(), a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((alike - chance) / (1 - chance)) if chance < 1 else 0.0


def _unseen(
    odds: Array,
    known: Array,
    present: NDArray[np.bool_],
    folds: NDArray[np.int_],
    strengths: Sequence[float],
    bound: Bound,
) -> tuple[NDArray[np.bool_], Array]:
    """What would have been said of each fold, and with which probability, by all that was chosen from the others."""
    said, told = np.zeros(len(present), bool), np.zeros(len(present))
    for fold in range(FOLDS):
        own = folds == fold
        choice = _choose(odds[:, ~own], known[~own], present[~own], strengths, bound)
        told[own] = choice.probability(odds[choice.number, own], known[own])
        said[own] = told[own] >= choice.threshold
    return said, told


def _calibration_error(probability: Array, present: NDArray[np.bool_]) -> float:
    bins = np.minimum((probability * 10).astype(int), 9)
    off = [abs(probability[bins == n].mean() - present[bins == n].mean()) * (bins == n).sum() for n in set(bins.tolist())]
    return round(float(sum(off) / len(present)), 4)


# How it grows with labels


def _curve(
    blocks: Blocks,
    known: Array,
    present: NDArray[np.bool_],
    groups: Sequence[str],
    folds: NDArray[np.int_],
    strength: float,
    calls: int,
    bound: Bound,
) -> tuple[tuple[Point, ...], Outlook | None]:
    """Kappa with a part of the groups to learn from, up to all, and what more would likely bring."""
    names = sorted(set(groups), key=lambda name: hashlib.sha256(f"curve {name}".encode()).hexdigest())
    rank = np.array([names.index(group) for group in groups])
    sizes, said = [], []
    for share in SHARES:
        odds, taught = np.zeros(len(present)), []
        for fold in range(FOLDS):
            others = np.flatnonzero(folds != fold)
            # In each fold another part of the groups, so that no single one decides how the curve begins.
            turned = (rank[others] + fold * len(names) // FOLDS) % len(names)
            rows = others[turned < max(1, round(share * len(names)))]
            if not 0 < present[rows].sum() < len(rows):
                break
            odds[folds == fold] = _fit(blocks, present, rows, strength).odds(blocks)[folds == fold]
            taught.append(len(rows))
        if len(taught) < FOLDS:
            continue
        sizes.append(float(np.mean(taught)))
        said.append(_unseen(odds[None], known, present, folds, (strength,), bound)[0])
    points = tuple(Point(round(size), round(_kappa(present, one), 4)) for size, one in zip(sizes, said, strict=True))
    return points, _outlook(np.array(sizes), said, present, groups, calls)


def _outlook(
    sizes: Array, said: Sequence[NDArray[np.bool_]], present: NDArray[np.bool_], groups: Sequence[str], calls: int
) -> Outlook | None:
    """What as many more calls would bring as there are, up to forty; None where drawing the groups again and again does not
    give a gain nineteen times in twenty, or the curve is not one of this form."""
    more = min(MORE_CALLS, calls)
    more_labels = round(more * len(present) / calls)
    if len(sizes) < 4:
        return None
    now, then = sizes[-1], sizes[-1] * (1 + more_labels / len(present))
    step = now**-DECAY - then**-DECAY
    code, members = np.unique(groups, return_inverse=True)
    counts = np.stack([_counts(present, one, members, len(code)) for one in said])
    kappas = _kappas(counts.sum(axis=1))
    slope = _slope(sizes, kappas)
    fitted = kappas.mean() - slope * (sizes**-DECAY - (sizes**-DECAY).mean())
    explained = 1 - ((kappas - fitted) ** 2).sum() / max(((kappas - kappas.mean()) ** 2).sum(), 1e-12)
    chance = np.random.default_rng(SEED)
    gains, levels = [], []
    for times in chance.multinomial(len(code), np.full(len(code), 1 / len(code)), size=DRAWS):
        drawn = _kappas(np.einsum("g,sgk->sk", times, counts))
        gains.append(_slope(sizes, drawn) * step)
        levels.append(drawn[-1] + gains[-1])
    if np.quantile(gains, LIKELY[0]) <= 0 or explained < 0.7:
        return None
    # A curve goes on rising where agreement cannot.
    low, high = np.minimum(np.quantile(levels, LIKELY), 1.0)
    then_kappa = min(1.0, float(kappas[-1] + slope * step))
    return Outlook(more, more_labels, round(then_kappa, 4), round(float(low), 4), round(float(high), 4))


def _slope(sizes: Array, kappas: Array) -> float:
    """b of kappa = a - b / n ** DECAY, by least squares."""
    x = -(sizes**-DECAY)
    x = x - x.mean()
    return float((x * (kappas - kappas.mean())).sum() / (x**2).sum())


def _counts(truth: NDArray[np.bool_], said: NDArray[np.bool_], members: NDArray[np.intp], groups: int) -> Array:
    """For each group how many answers were yes and yes, yes and no, no and yes, no and no."""
    kind = 2 * (~truth).astype(int) + (~said).astype(int)
    return np.bincount(members * 4 + kind, minlength=groups * 4).reshape(groups, 4).astype(float)


def _kappas(counts: Array) -> Array:
    """Cohen's kappa of each row of such counts."""
    share = counts / counts.sum(axis=1, keepdims=True)
    a, b = share[:, 0] + share[:, 1], share[:, 0] + share[:, 2]
    chance = a * b + (1 - a) * (1 - b)
    return np.asarray((share[:, 0] + share[:, 3] - chance) / np.maximum(1 - chance, 1e-9))


def _line(label: Label) -> str:
    """A label as one line, the same however its file was written."""
    heard = label.heard
    return json.dumps(
        {
            "speaker": heard.said.speaker,
            "text": heard.said.text,
            "before": [[said.speaker, said.text] for said in heard.before],
            "present": label.present,
            "group": label.group,
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def _with_range(agreement: Agreement, *, signed: bool = False) -> str:
    if agreement.value is None or agreement.low is None or agreement.high is None:
        return "not defined"
    sign = "+" if signed else ""
    return f"{agreement.value:{sign}.2f} ({agreement.low:{sign}.2f} to {agreement.high:{sign}.2f})"
