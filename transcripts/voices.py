"""Which of two voices said each word, where a call was recorded on one channel?

Windows of a little over a second are given to a speaker encoder (Resemblyzer's: an LSTM trained so that windows of one
voice lie close together, after Wan et al. 2018, "Generalized End-to-End Loss for Speaker Verification"). The windows of
the whole call are split in two by two-means; then the words are given to the two voices so that neighbours stay together
unless a pause or the end of a sentence lets the other one in.
"""

import importlib.util
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcripts.model import Word
from transcripts.whisper.speech import Piece

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float32]

log = logging.getLogger(__name__)

# What the encoder was trained on (resemblyzer/hparams.py): 40 mel bands of 25 ms every 10 ms at 16 kHz, about -30 dB loud.
SAMPLE_RATE = 16_000
FFT = 400
STEP = 160
BANDS = 40
LOUDNESS_RMS = 10 ** (-30 / 20)
WIDTH = 256
LAYERS = 3

# Frames of 10 ms in a window, and between the starts of two. Resemblyzer's own windows are 1.6 s; shorter ones follow a
# quick exchange better and still know the voice.
WINDOW_FRAMES = 120
HOP_FRAMES = 40
BATCH = 32

# Speech under this many windows says too little about anybody's voice.
FEWEST_WINDOWS = 6
# Two-means always finds two halves, even in one voice. On calls whose sides were known the centres of two voices had a
# similarity (cosine) of 0.70 to 0.93, those of the halves of one voice 0.92 to 0.96. Up to the first bound there are two
# voices, from the second on there is one. Between them the turns decide: averaged over a whole turn a voice varies little,
# so turns of the same voice must be this much more alike than turns of different ones (two voices: 0.06 or more, one
# voice: 0.05 or less, but for the odd very short recording).
TWO_VOICES_SIMILARITY = 0.90
ONE_VOICE_SIMILARITY = 0.945
TURNS_APART = 0.055
# Windows that lie wholly in a turn; a turn with fewer says too little, and so does a voice with fewer than two such turns.
WINDOWS_OF_A_TURN = 3
TURNS_OF_A_VOICE = 2
ROUNDS = 50

# How far around a word's middle the windows count, as the deviation of a bell curve, in seconds.
REACH_SECONDS = 0.25
# What a change of voice costs between two words, in the same unit as the evidence below: little after a pause or a
# sentence, more after a short pause, much in the flow of speech.
CHANGE_AFTER_PAUSE = 1.0
CHANGE_AFTER_BREATH = 4.5
CHANGE_IN_SPEECH = 8.0
PAUSE_SECONDS = 0.5
BREATH_SECONDS = 0.25
RUN_PAUSE_SECONDS = 2.0
# One word wholly like one voice and unlike the other counts this much.
EVIDENCE = 6.0


@dataclass(frozen=True)
class Voiced:
    """The voice of one word: 0 or 1, and how sure it is, 0.5 to 1."""

    voice: int
    confidence: float


class VoicePrints:
    """Collects what the voices of a call sound like, stretch of speech by stretch, so that the sound need not be kept."""

    def __init__(self) -> None:
        self._middles: list[float] = []
        self._prints: list[Array] = []

    def add(self, piece: Piece) -> None:
        """Take the windows of one stretch of speech. A stretch shorter than a window is repeated until it fills one."""
        level = float(np.sqrt((piece.samples**2).mean()))
        if not level:
            return
        mels = mel_spectrogram(piece.samples * (LOUDNESS_RMS / level))
        if len(mels) < WINDOW_FRAMES:
            self._middles.append(piece.start + piece.duration / 2)
            windows = [np.resize(mels, (WINDOW_FRAMES, BANDS))]
        else:
            last = len(mels) - WINDOW_FRAMES
            starts = sorted({*range(0, last + 1, HOP_FRAMES), last})
            self._middles += [piece.start + (start + WINDOW_FRAMES / 2) * STEP / SAMPLE_RATE for start in starts]
            windows = [mels[start : start + WINDOW_FRAMES] for start in starts]
        self._prints.append(_encode(np.stack(windows)))

    @property
    def middles(self) -> NDArray[np.float64]:
        """The middle of each window in seconds on the call's clock."""
        return np.array(self._middles)

    @property
    def prints(self) -> Array:
        """One row of 256 numbers of unit length per window."""
        return np.concatenate(self._prints) if self._prints else np.zeros((0, WIDTH), np.float32)


def can_tell_voices() -> bool:
    """Whether the speaker encoder is installed; where it is not, the log says what follows from it."""
    if _weights_file() and importlib.util.find_spec("torch"):
        return True
    log.warning(
        "resemblyzer is not installed: the sides of one-channel calls are not told apart (`pip install resemblyzer`)"
    )
    return False


def tell_apart(words: Sequence[Word], voices: VoicePrints) -> list[Voiced] | None:
    """The voice of each word; None where there is only one voice, or too little speech to know."""
    prints = voices.prints
    if len(prints) < FEWEST_WINDOWS or not words:
        return None
    centres = two_means(prints)
    if centres is None:
        return None
    # From -1 (wholly like voice 0) to 1 (wholly like voice 1), on the line between the two centres.
    likeness = prints @ (centres[1] - centres[0]) / (1 - centres[0] @ centres[1])
    evidence = EVIDENCE * np.array([_around(word, voices.middles, likeness) for word in words])
    voiced = smooth(words, evidence)
    return voiced if _are_two(words, voiced, voices, float(centres[0] @ centres[1])) else None


def _are_two(words: Sequence[Word], voiced: Sequence[Voiced], voices: VoicePrints, similarity: float) -> bool:
    """Whether the two halves are two voices rather than the louder and the softer half of one."""
    if similarity <= TWO_VOICES_SIMILARITY or similarity > ONE_VOICE_SIMILARITY:
        return similarity <= TWO_VOICES_SIMILARITY
    means: tuple[list[Array], list[Array]] = ([], [])
    inner = WINDOW_FRAMES * STEP / SAMPLE_RATE / 3
    for voice, start, end in _runs(words, voiced):
        inside = voices.prints[(voices.middles > start + inner) & (voices.middles < end - inner)]
        if len(inside) >= WINDOWS_OF_A_TURN:
            mean = inside.mean(axis=0)
            means[voice].append(mean / np.linalg.norm(mean))
    if min(map(len, means)) < TURNS_OF_A_VOICE:
        return False
    first, second = (np.stack(side) for side in means)
    alike = [(side @ side.T)[~np.eye(len(side), dtype=bool)].mean() for side in (first, second)]
    return bool(np.mean(alike) - (first @ second.T).mean() > TURNS_APART)


def _runs(words: Sequence[Word], voiced: Sequence[Voiced]) -> list[tuple[int, float, float]]:
    """Voice, start and end of each run of words of one voice without a long pause."""
    runs: list[tuple[int, float, float]] = []
    for word, said in zip(words, voiced, strict=True):
        if runs and runs[-1][0] == said.voice and word.start - runs[-1][2] < RUN_PAUSE_SECONDS:
            runs[-1] = (said.voice, runs[-1][1], word.end)
        else:
            runs.append((said.voice, word.start, word.end))
    return runs


def two_means(points: Array) -> Array | None:
    """The centres (2, n), of unit length, of the two halves that points of unit length fall into; None where all are alike.

    It starts from the sides of the plane across the longest axis, so the same points always give the same centres.
    """
    spread = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    second = spread @ axes[0] > 0
    centres: Array | None = None
    for _ in range(ROUNDS):
        if second.all() or not second.any():
            return None
        means = np.stack([points[~second].mean(axis=0), points[second].mean(axis=0)])
        centres = means / np.linalg.norm(means, axis=1, keepdims=True)
        nearer = points @ centres[1] > points @ centres[0]
        if (nearer == second).all():
            break
        second = nearer
    return centres


def _around(word: Word, middles: NDArray[np.float64], likeness: NDArray[np.floating]) -> float:
    """The likeness of the windows near a word, the nearest counting most."""
    far = (middles - (word.start + word.end) / 2) / REACH_SECONDS
    weights = np.exp(-0.5 * (far**2 - np.min(far**2)))
    return float((weights * likeness).sum() / weights.sum())


def smooth(words: Sequence[Word], evidence: NDArray[np.float64]) -> list[Voiced]:
    """The most likely voice of each word, given the evidence for voice 1 (positive) or voice 0 (negative) of each as
    log-odds, and that voices rarely change in the flow of speech: a hidden Markov model of two states.

    The confidence is the probability of that voice given the whole call (forward and backward over the same model).
    """
    emission = np.stack([-evidence / 2, evidence / 2], axis=1)
    forward, backward = emission.copy(), np.zeros_like(emission)
    costs = [_change_cost(before, after) for before, after in itertools.pairwise(words)]
    for i, cost in enumerate(costs, start=1):
        forward[i] += _step(forward[i - 1], cost)
    for i in range(len(words) - 2, -1, -1):
        backward[i] = _step(backward[i + 1] + emission[i + 1], costs[i])
    odds = (forward + backward) @ [-1.0, 1.0]
    sure = 1 / (1 + np.exp(-np.minimum(np.abs(odds), 30.0)))
    return [Voiced(int(odd > 0), round(float(s), 3)) for odd, s in zip(odds, sure, strict=True)]


def _step(state: NDArray[np.float64], cost: float) -> NDArray[np.float64]:
    """Log-likelihoods of the two voices one word on, where a change costs that much."""
    return np.logaddexp(state, state[::-1] - cost)


def _change_cost(before: Word, after: Word) -> float:
    gap = after.start - before.end
    sentence_over = before.text.rstrip().endswith((".", "?", "!"))
    if gap >= PAUSE_SECONDS or (sentence_over and gap > 0):
        return CHANGE_AFTER_PAUSE
    return CHANGE_AFTER_BREATH if sentence_over or gap >= BREATH_SECONDS else CHANGE_IN_SPEECH


def mel_spectrogram(samples: Array) -> Array:
    """Power in 40 mel bands every 10 ms, shape (frames, 40), as the encoder was trained on (librosa's `melspectrogram`:
    periodic Hann window, zeros at both ends)."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, FFT // 2), FFT)[::STEP]
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return (power @ _mel_bands().T).astype(np.float32)


@lru_cache(maxsize=1)
def _mel_bands() -> Array:
    """Triangles over the bins of the spectrum, shape (40, 201), each of equal area, after Slaney's Auditory Toolbox: linear
    up to 1 kHz, logarithmic above."""
    linear_step, log_step, corner = 200 / 3, np.log(6.4) / 27, 15.0
    mels = np.linspace(0, corner + np.log(SAMPLE_RATE / 2 / 1000) / log_step, BANDS + 2)
    hertz = np.where(mels < corner, mels * linear_step, 1000 * np.exp(log_step * (mels - corner)))
    bins = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    rising = (bins - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    falling = (hertz[2:, None] - bins) / (hertz[2:] - hertz[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (hertz[2:] - hertz[:-2]))[:, None], np.float32)


def _weights_file() -> Path | None:
    """The encoder's weights, found without importing the package: its imports include a voice detector and plotting tools
    that are not needed for its network."""
    package = importlib.util.find_spec("resemblyzer")
    found = Path(package.origin).parent / "pretrained.pt" if package and package.origin else None
    return found if found and found.is_file() else None


@lru_cache(maxsize=1)
def _network() -> "tuple[torch.nn.LSTM, torch.nn.Linear]":
    """The encoder, loaded once per process: three LSTM layers and a projection of the last state."""
    import torch  # takes two seconds, and a two-channel call never needs it

    file = _weights_file()
    assert file is not None, "can_tell_voices() comes first"
    state = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
    lstm, projection = torch.nn.LSTM(BANDS, WIDTH, LAYERS, batch_first=True), torch.nn.Linear(WIDTH, WIDTH)
    for network, name in ((lstm, "lstm."), (projection, "linear.")):
        network.load_state_dict({key.removeprefix(name): value for key, value in state.items() if key.startswith(name)})
    return lstm.eval(), projection.eval()


def _encode(windows: Array) -> Array:
    """Prints of windows of shape (n, frames, 40): rows of 256 numbers of unit length."""
    import torch

    lstm, projection = _network()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so many small steps are slower on two threads than on one
    try:
        with torch.inference_mode():
            batches = [torch.from_numpy(windows[start : start + BATCH]) for start in range(0, len(windows), BATCH)]
            raw = torch.cat([torch.relu(projection(lstm(batch)[1][0][-1])) for batch in batches])
            unit = torch.nn.functional.normalize(raw, dim=1)
            return np.asarray(unit.numpy(), np.float32)
    finally:
        torch.set_num_threads(threads)
