"""Sound for the tests: the clips beside this file, and files of every kind written from them."""

from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from transcripts.audio import decode_channels
from transcripts.hear import transcribe_recording
from transcripts.model import Transcript

Samples = NDArray[np.float32]

CALL = Path(__file__).parent / "audio" / "call.ogg"
NAMES = Path(__file__).parent / "audio" / "names.ogg"
GERMAN = Path(__file__).parent / "audio" / "german.ogg"
RATE = 16_000

AGENT_SAID = (
    "Thank you for calling",
    "How can I help you today?",
    "Could you please tell me your account number?",
    "a new one is already in the post to you.",
    "Is there anything else that I can help you with?",
)
CUSTOMER_SAID = (
    "my card was declined at the supermarket this morning.",
    "that explains it.",
    "No, that is everything.",
)


@lru_cache(maxsize=1)
def the_call() -> Samples:
    """The call, shape (2, samples), at 16 kHz."""
    return np.stack(decode_channels(CALL, RATE))


@lru_cache(maxsize=1)
def heard() -> Transcript:
    """The transcript of the call, made once."""
    return transcribe_recording(CALL)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3) -> Samples:
    """A sine, shape (1, samples)."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)[None]


def ringing(seconds: float, hertz: tuple[float, ...] = (440, 480), cadence: tuple[float, ...] = (2, 4)) -> Samples:
    """The tones of a line, shape (samples,), sounding and pausing by turns for as many seconds as the cadence says."""
    at = np.arange(round(seconds * RATE)) / RATE
    part = np.searchsorted(np.cumsum(cadence), at % sum(cadence), side="right")
    tones = sum(np.sin(2 * np.pi * one * at) for one in hertz)
    return np.asarray(0.2 * tones * (part % 2 == 0), np.float32)


def music(seconds: float) -> Samples:
    """Music on hold, shape (samples,): four chords in turn and a melody above them, on a plucked instrument."""
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
    melody = (523, 659, 784, 698, 587, 880, 659, 523, 698, 587)
    at = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(at))
    for notes, beats in ((chords, 4), (tuple((note,) for note in melody), 1)):
        held = 0.6 * beats
        since, number = at % held, (at / held).astype(int)
        pitches = np.array([notes[n % len(notes)] for n in range(int(seconds / held) + 1)], float)[number]
        for partial in range(1, 6):
            wave = np.sin(2 * np.pi * partial * pitches * since[:, None]).sum(axis=1)
            sound += wave / partial * np.exp(-since * (1 + partial / beats))
    return np.asarray(0.4 * sound / np.abs(sound).max(), np.float32)


def sung(sound: Samples, melody: tuple[float, ...] = (196, 220, 247, 262, 175)) -> Samples:
    """Speech with its own melody taken away and another laid under it, shape (samples,) as given: something like singing.

    The spectral envelope of each 40 ms (the low quefrencies of its cepstrum) shapes a sum of harmonics that keep each note
    for 0.6 s.
    """
    size, step = 640, 160
    window = np.hanning(size + 1)[:-1]
    starts = range(0, len(sound) - size, step)
    pitch = np.array([melody[int(at / RATE / 0.6) % len(melody)] for at in range(len(sound))])
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    harmonics = np.sin(np.arange(1, 15)[:, None] * phase).sum(axis=0)
    out = np.zeros(len(sound))
    for start in starts:
        voice, notes = (np.fft.rfft(window * wave[start : start + size]) for wave in (sound, harmonics))
        shaped = notes * _envelope(voice) / _envelope(notes)
        out[start : start + size] += window * np.fft.irfft(shaped)
    return np.asarray(0.5 * out / np.abs(out).max(), np.float32)


def _envelope(spectrum: NDArray[np.complex128]) -> NDArray[np.float64]:
    cepstrum = np.fft.irfft(np.log(np.abs(spectrum) + 1e-6))
    cepstrum[24:-24] = 0
    return np.asarray(np.exp(np.fft.rfft(cepstrum).real))


def write_sound(path: Path, sound: Samples, codec: str = "pcm_s16le", rate: int = RATE) -> Path:
    """Write sound of shape (channels, samples) at 16 kHz as a file of that codec; the container follows from the name."""
    layout = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad"}[len(sound)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
        frame.sample_rate = RATE
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate, frame_size=size)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path
