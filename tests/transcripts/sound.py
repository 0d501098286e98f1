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
