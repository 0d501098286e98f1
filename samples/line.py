"""What does a telephone line do to a voice?

It keeps 300 to 3400 Hz of it (ITU-T G.712's band), at 8000 samples a second, and adds a little of its own. Numbers and
numpy only: no file, no voice engine.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 8000
BAND_HZ = (300.0, 3400.0)
EDGE_HZ = 60.0  # over which the band fades in and out; a sharper edge would ring


def resample(samples: Samples, length: int) -> Samples:
    """The same sound in `length` samples, by cutting or padding its spectrum: nothing above the lower rate folds back."""
    if not len(samples) or length == len(samples):
        return samples
    padding = len(samples) // 20 + 1  # a spectrum wraps round; quiet at the end keeps the last sound off the first
    padded = np.concatenate([samples, np.zeros(padding, np.float32)])
    target = round(len(padded) * length / len(samples))
    spectrum = np.fft.rfft(padded)
    bins = target // 2 + 1
    kept = np.zeros(bins, complex)
    shared = min(bins, len(spectrum))
    kept[:shared] = spectrum[:shared]
    sound: Samples = (np.fft.irfft(kept, target) * (target / len(padded))).astype(np.float32)
    return sound[:length]


def band_limit(samples: Samples, rate: int = RATE) -> Samples:
    """Only the telephone's band, with soft edges."""
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    low, high = BAND_HZ
    gain = np.clip((frequencies - low + EDGE_HZ) / EDGE_HZ, 0, 1) * np.clip((high + EDGE_HZ - frequencies) / EDGE_HZ, 0, 1)
    limited: Samples = np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)).astype(np.float32)
    return limited


def decibels(level: float) -> float:
    """A level in dB as a factor of amplitude."""
    return float(10 ** (level / 20))


def loudness(samples: Samples) -> float:
    """Root mean square of the parts in which something is heard; quiet stretches do not count."""
    heard = samples[np.abs(samples) > 0.01]
    return float(np.sqrt(np.mean(np.square(heard, dtype=np.float64)))) if len(heard) else 0.0


def hiss(length: int, random: np.random.Generator) -> Samples:
    """White noise of root mean square 1."""
    noise: Samples = random.standard_normal(length).astype(np.float32)
    return noise


def hum(length: int, rate: int = RATE) -> Samples:
    """Mains hum of root mean square 1: the harmonics of 50 Hz that a telephone lets through."""
    time = np.arange(length) / rate
    tones = sum(np.sin(2 * np.pi * 50 * harmonic * time) / harmonic for harmonic in (6, 7, 8, 9, 11, 13))
    scaled: Samples = (tones / np.sqrt(np.mean(np.square(tones)))).astype(np.float32)
    return scaled


def babble(voices: list[Samples], length: int, random: np.random.Generator) -> Samples:
    """Many people talking at once, root mean square 1: every voice repeated from a place of its own."""
    crowd = np.zeros(length, np.float32)
    for voice in voices:
        repeated = np.tile(voice, length // len(voice) + 2)
        start = int(random.integers(len(voice)))
        crowd += repeated[start : start + length]
    scaled: Samples = (crowd / np.sqrt(np.mean(np.square(crowd)))).astype(np.float32)
    return scaled


Noise = Literal["hiss", "hum", "babble"]
