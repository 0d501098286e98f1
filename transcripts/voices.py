"""What do the voices on one channel of a call sound like?

Windows of a little over a second are given to a speaker encoder (Resemblyzer's: an LSTM trained so that windows of one
voice lie close together, after Wan et al. 2018, "Generalized End-to-End Loss for Speaker Verification"). Who they belong to
is asked in `transcripts.parties`.
"""

import importlib.util
import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
