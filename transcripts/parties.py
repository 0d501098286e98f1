"""How many people speak on one channel, and which of them said each word?

Windows of a little over a second each have a print of the voice in them (`transcripts.voices`). What makes one window of
the same person differ from the next (other sounds, another tone) is learned on the call itself, from windows within one
stretch of speech, and taken out of the prints (within-class covariance normalization, Hatch et al. 2006). Then stretches
fall into voices by expectation and maximisation over a hidden Markov model, in which voices change where people pause and
rarely in the flow of speech (after the resegmentation of Landini et al. 2022, "Bayesian HMM clustering of x-vector
sequences"); several beginnings are tried and the likeliest outcome is kept. At last each word is given to a voice by the
same model, so that a change within a stretch is found too.

Such a procedure always finds as many voices as it is asked for. Whether they are there is asked afterwards: how far apart
are stretches of two voices on the line between them, measured in their own scatter?
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcripts.model import Word
from transcripts.voices import HOP_FRAMES, WINDOW_FRAMES, VoicePrints

Numbers = NDArray[np.float64]

# A stretch ends at a pause this long, at the end of a sentence, or when it has lasted this long: a longer one would count as
# a single observation however much is said in it.
BREATH_SECONDS = 0.25
STRETCH_SECONDS = 4.0
# Windows reach over both ends of a stretch; one whose middle lies this far inside is mostly of it. Where there is none, for
# a word or two, the nearest will do if its middle is no farther than that from the stretch's.
INSIDE_SECONDS = 0.2
# Speech under this many windows says too little about anybody's voice.
FEWEST_WINDOWS = 6
# How far the scatter within stretches is drawn towards a round one: it has 256 dimensions, and a call a few hundred windows.
SHRINKAGE = 0.6

# Beginnings: the stretches that lie farthest apart, of the longest ones; those that k-means makes most of are followed up.
LONGEST_STRETCHES = 20
BEGINNINGS = 40
FOLLOWED = 6
ROUNDS = 15

# What windows tell about a stretch: they overlap, so three of them are worth one.
WORTH_OF_A_WINDOW = HOP_FRAMES / WINDOW_FRAMES
# And about a word: it is a quarter of a window long, and its neighbours have the same windows.
WORTH_OF_A_WORD = 0.15
# How far around a word's middle the windows count, as the deviation of a bell curve.
REACH_SECONDS = 0.25
# What a change of voice costs between two words, in log-odds: little after a pause or a sentence, more after a short pause,
# much in the flow of speech.
CHANGE_AFTER_PAUSE = 1.0
CHANGE_AFTER_BREATH = 4.5
CHANGE_IN_SPEECH = 8.0
PAUSE_SECONDS = 0.5

# How far apart two voices are, in standard deviations of their stretches. One bell curve cut in the middle gives two halves
# that are 2.65 apart (their means lie 0.80 to either side, each deviates by 0.60): up to there it is one voice. From the
# second bound on there are two. Between them there may be, and how sure the sides are grows from one half to whole.
ONE_VOICE = 2.65
TWO_VOICES = 4.0
# Of a few stretches the halves of one voice lie farther apart by chance: by this over the root of their number at most, nine
# times in ten (drawn from bell curves; the tests draw them again).
BY_CHANCE = 3.4
# Where noise blurs the voices two may seem one; from here on what is said may still show that there are two.
PERHAPS_TWO = 2.0
# A third voice is the exception, and somebody who becomes angry sounds like one: it has to be clearly apart from both
# others, in several stretches.
ANOTHER_VOICE = 6.0
ANOTHER_VOICES_STRETCHES = 3
MOST_VOICES = 4
# A stretch with fewer windows says too little; so does a voice with fewer such stretches than that.
WINDOWS_OF_A_STRETCH = 2
STRETCHES_OF_A_VOICE = 2


@dataclass(frozen=True)
class Voiced:
    """The voice of one word, counted from 0 in the order in which they are first heard, and how sure that is, 0 to 1."""

    voice: int
    confidence: float


@dataclass(frozen=True)
class Voices:
    """The voice of each word, given in order, how far apart the two voices at least are (see `separation`), and how many
    stretches of speech say so."""

    words: tuple[Voiced, ...]
    apart: float
    stretches: int

    @property
    def surely_several(self) -> bool:
        """Whether the sound alone says that there is more than one; else it may be the two halves of one."""
        return self.apart > halves_of_one(self.stretches)


@dataclass(frozen=True)
class _Stretches:
    """Stretches of speech that have windows: the numbers of their words, the mean of their prints, shape (n, 256), how many
    windows each has, and what a change of voice costs before each but the first."""

    words: tuple[range, ...]
    means: Numbers
    windows: Numbers
    costs: Numbers


@dataclass(frozen=True)
class _Fit:
    """Voices found: their centres, shape (voices, 256), the probability of each for each stretch, and how likely that is."""

    centres: Numbers
    probabilities: Numbers
    log_likelihood: float

    @property
    def voices(self) -> NDArray[np.int64]:
        """The likeliest voice of each stretch."""
        return np.asarray(np.argmax(self.probabilities, axis=1))


def tell_apart(words: Sequence[Word], voices: VoicePrints) -> Voices | None:
    """The voices on a channel, given its words in order; None where there is only one, or too little speech to know."""
    prints, middles = voices.prints.astype(np.float64), voices.middles
    if len(prints) < FEWEST_WINDOWS or not words:
        return None
    insides = [(span, _inside(words, span, middles)) for span in stretches(words)]
    insides = [(span, inside) for span, inside in insides if len(inside)]
    if len(insides) < STRETCHES_OF_A_VOICE * 2:
        return None
    even = prints @ _evened([prints[inside] for _, inside in insides])
    spans = tuple(span for span, _ in insides)
    found = _Stretches(
        spans,
        np.stack([even[inside].mean(axis=0) for _, inside in insides]),
        np.array([float(len(inside)) for _, inside in insides]),
        np.array([change_cost(words[span.start - 1], words[span.start]) for span in spans[1:]]),
    )
    fit = _fit(found, 2, STRETCHES_OF_A_VOICE)
    apart = separation(found.means, found.windows, fit.voices) if fit else 0.0
    if fit is None or apart <= PERHAPS_TWO:
        return None
    for count in range(3, MOST_VOICES + 1):
        more = _fit(found, count, ANOTHER_VOICES_STRETCHES)
        if more is None or separation(found.means, found.windows, more.voices) < ANOTHER_VOICE:
            break
        fit = more
    sure = float(np.clip(0.5 + (apart - ONE_VOICE) / (TWO_VOICES - ONE_VOICE) / 2, 0.5, 1.0))
    heard = np.stack([_around(word, middles, even) for word in words])
    told = int((found.windows >= WINDOWS_OF_A_STRETCH).sum())
    return Voices(smooth(words, WORTH_OF_A_WORD * _closeness(heard, fit.centres), sure), apart, told)


def halves_of_one(stretches: int) -> float:
    """How far apart, by `separation`, the two halves of one voice lie at most, nine times in ten, in so many stretches."""
    return ONE_VOICE + BY_CHANCE / float(np.sqrt(stretches))


def stretches(words: Sequence[Word]) -> list[range]:
    """The numbers of the words in each stretch of speech: what is said without a breath, a full stop, or a change of voice
    that could be told from these."""
    spans: list[range] = []
    start = 0
    for number, (before, after) in enumerate(itertools.pairwise(words), start=1):
        paused = after.start - before.end >= BREATH_SECONDS or _ends_sentence(before)
        if paused or after.end - words[start].start > STRETCH_SECONDS:
            spans.append(range(start, number))
            start = number
    return [*spans, range(start, len(words))] if words else []


def _inside(words: Sequence[Word], span: range, middles: Numbers) -> NDArray[np.int64]:
    """The windows that are mostly of a stretch."""
    start, end = words[span.start].start, words[span[-1]].end
    inside = np.flatnonzero((middles >= start + INSIDE_SECONDS) & (middles <= end - INSIDE_SECONDS))
    if len(inside):
        return inside
    far = np.abs(middles - (start + end) / 2)
    nearest = int(np.argmin(far))
    return np.array([nearest] if far[nearest] <= INSIDE_SECONDS else [], np.int64)


def _evened(groups: Sequence[Numbers]) -> Numbers:
    """The matrix (256, 256) after which windows scatter alike in all directions within a stretch, given those of each."""
    rests = np.concatenate([group - group.mean(axis=0) for group in groups])
    scatter = rests.T @ rests / max(1, len(rests) - len(groups))
    size = len(scatter)
    round_one = max(float(np.trace(scatter)) / size, 1e-9) * np.eye(size)
    values, axes = np.linalg.eigh((1 - SHRINKAGE) * scatter + SHRINKAGE * round_one)
    return np.asarray(axes / np.sqrt(values))


def _fit(found: _Stretches, count: int, fewest: int) -> _Fit | None:
    """The likeliest way in which the stretches fall into so many voices, where each has at least so many stretches that are
    long enough: a laugh or a burst of noise is nobody. None where there is no such way."""
    ends = sorted((_k_means(found, start) for start in _beginnings(found, count)), key=lambda end: end[0])
    different: list[tuple[float, Numbers]] = []
    for cost, centres in ends:
        if not different or cost > different[-1][0] + 1e-6 * abs(cost):
            different.append((cost, centres))
    fits = [_followed(found, centres) for _, centres in different[:FOLLOWED]]
    long = found.windows >= WINDOWS_OF_A_STRETCH
    counted = [fit for fit in fits if np.bincount(fit.voices[long], minlength=count).min() >= fewest]
    return max(counted, key=lambda fit: fit.log_likelihood, default=None)


def _beginnings(found: _Stretches, count: int) -> Iterator[Numbers]:
    """Centres to begin with: so many of the longest stretches, those farthest from one another first."""
    longest = np.argsort(-found.windows, kind="stable")[:LONGEST_STRETCHES]
    far = np.linalg.norm(found.means[longest, None] - found.means[None, longest], axis=2)
    choices = sorted(
        itertools.combinations(range(len(longest)), count),
        key=lambda chosen: -min(far[a, b] for a, b in itertools.combinations(chosen, 2)),
    )
    return (found.means[longest[list(chosen)]] for chosen in choices[:BEGINNINGS])


def _k_means(found: _Stretches, centres: Numbers) -> tuple[float, Numbers]:
    """What is left of the scatter once every stretch has gone to the nearest centre, and those centres."""
    cost = np.inf
    for _ in range(ROUNDS):
        squares = -2 * _closeness(found.means, centres)
        nearest = np.argmin(squares, axis=1)
        now = float((found.windows * squares.min(axis=1)).sum())
        if now >= cost:
            break
        cost = now
        shares = found.windows[:, None] * (nearest[:, None] == np.arange(len(centres)))
        amounts = shares.sum(axis=0)[:, None]
        centres = np.where(amounts > 0, shares.T @ found.means / np.maximum(amounts, 1e-9), centres)
    return cost, centres


def _followed(found: _Stretches, centres: Numbers) -> _Fit:
    """Expectation and maximisation from these centres on, until nothing changes."""
    fit: _Fit | None = None
    weights = WORTH_OF_A_WINDOW * found.windows
    for _ in range(ROUNDS):
        probabilities, likely = _forward_backward(weights[:, None] * _closeness(found.means, centres), found.costs)
        if fit is not None and likely - fit.log_likelihood < 1e-3:
            break
        fit = _Fit(centres, probabilities, likely)
        shares = weights[:, None] * probabilities
        centres = shares.T @ found.means / np.maximum(shares.sum(axis=0)[:, None], 1e-9)
    assert fit is not None
    return fit


def _closeness(points: Numbers, centres: Numbers) -> Numbers:
    """Half the squared distance of each point to each centre, below zero: the log-likelihood but for a constant."""
    return np.stack([-0.5 * ((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)


def separation(means: Numbers, windows: Numbers, voices: NDArray[np.int64]) -> float:
    """How far apart the two voices that are closest to each other are, in standard deviations of their stretches on the line
    between them; 0 where one has too few to say.

    A stretch is left out of the centres between which it is placed, for it would draw its own towards itself.
    """
    kept = windows >= WINDOWS_OF_A_STRETCH
    means, windows, voices = means[kept], windows[kept], voices[kept]
    apart = np.inf
    for one, other in itertools.combinations(range(int(voices.max(initial=0)) + 1), 2):
        sides = [(means[voices == voice], windows[voices == voice]) for voice in (one, other)]
        if min(len(points) for points, _ in sides) < STRETCHES_OF_A_VOICE:
            return 0.0
        first, second = (
            _places(points, weights, np.average(others, axis=0, weights=other_weights))
            for (points, weights), (others, other_weights) in itertools.permutations(sides)
        )
        # Each is measured from its own side, so the second runs the other way.
        spread = np.sqrt((first.var() * len(first) + second.var() * len(second)) / (len(first) + len(second) - 2))
        apart = min(apart, float((first.mean() + second.mean()) / max(spread, 1e-9)))
    return float(apart) if np.isfinite(apart) else 0.0


def _places(points: Numbers, weights: Numbers, other: Numbers) -> Numbers:
    """Where each point lies between the centre of another voice (-1) and that of its own without it (1)."""
    rests = weights.sum() - weights
    own = ((weights[:, None] * points).sum(axis=0) - weights[:, None] * points) / rests[:, None]
    axes = own - other
    return np.asarray(2 * ((points - (own + other) / 2) * axes).sum(axis=1) / np.maximum((axes**2).sum(axis=1), 1e-9))


def _around(word: Word, middles: Numbers, prints: Numbers) -> Numbers:
    """The print of the windows near a word, the nearest counting most."""
    middle = (word.start + word.end) / 2
    first, last = np.searchsorted(middles, [middle - 4 * REACH_SECONDS, middle + 4 * REACH_SECONDS])
    if first == last:  # no window as near as that
        return np.asarray(prints[int(np.argmin(np.abs(middles - middle)))])
    far = (middles[first:last] - middle) / REACH_SECONDS
    weights = np.exp(-0.5 * (far**2 - np.min(far**2)))
    return np.asarray(weights @ prints[first:last] / weights.sum())


def smooth(words: Sequence[Word], likelihoods: Numbers, sure: float = 1.0) -> tuple[Voiced, ...]:
    """The most likely voice of each word, given the log-likelihood of each voice for each word, shape (words, voices), and
    that voices rarely change in the flow of speech.

    The confidence is the probability of that voice given the whole call, times `sure`. Voices are counted in the order in
    which they are first heard.
    """
    costs = np.array([change_cost(before, after) for before, after in itertools.pairwise(words)])
    probabilities, _ = _forward_backward(likelihoods, costs)
    voices = np.argmax(probabilities, axis=1).tolist()
    order = {voice: number for number, voice in enumerate(dict.fromkeys(voices))}
    return tuple(Voiced(order[v], round(float(p[v]) * sure, 3)) for v, p in zip(voices, probabilities, strict=True))


def _forward_backward(likelihoods: Numbers, costs: Numbers) -> tuple[Numbers, float]:
    """The probability of each voice at each place given the whole, shape (places, voices), and the log-likelihood of the
    whole, where keeping the voice costs nothing and changing it to any other costs so much."""
    count = likelihoods.shape[1]
    moves = -costs[:, None, None] * ~np.eye(count, dtype=bool)
    moves = moves - np.logaddexp.reduce(moves, axis=2)[:, :, None]
    forward, backward = likelihoods - np.log(count), np.zeros_like(likelihoods)
    for place, move in enumerate(moves, start=1):
        forward[place] = likelihoods[place] + np.logaddexp.reduce(forward[place - 1][:, None] + move, axis=0)
    for place in range(len(moves) - 1, -1, -1):
        backward[place] = np.logaddexp.reduce(moves[place] + backward[place + 1] + likelihoods[place + 1], axis=1)
    total = float(np.logaddexp.reduce(forward[-1]))
    return np.exp(forward + backward - total), total


def change_cost(before: Word, after: Word) -> float:
    """What it costs, in log-odds, that another voice says the word after."""
    gap = after.start - before.end
    if gap >= PAUSE_SECONDS or (_ends_sentence(before) and gap > 0):
        return CHANGE_AFTER_PAUSE
    return CHANGE_AFTER_BREATH if _ends_sentence(before) or gap >= BREATH_SECONDS else CHANGE_IN_SPEECH


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip().endswith((".", "?", "!"))
