"""What made the clips in this folder?

    python -m tests.transcripts.audio.make_clips

It needs the packages of samples/requirements.txt and, for the German clip, espeak-ng; the tests need neither. The people
and the companies are invented. One natural voice (en_US-joe-medium, CC0) speaks both sides of the call, moved up for the
customer; they are put on a channel each, one after the other, with the places of the lines as they stand below.
"""

import subprocess
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from samples.line import Samples
from samples.voice import Speech, Voice

HERE = Path(__file__).parent
RATE = 16_000
AGENT, CUSTOMER = Voice(), Voice(semitones=5)

# Channel, seconds after the end of the line before it (negative: it begins while that one is still spoken), the words.
CALL: tuple[tuple[int, float, str], ...] = (
    (0, 0.5, "Thank you for calling Harbour Bank, this is Michael. How can I help you today?"),
    (1, 0.5, "Hello, I am calling because my card was declined at the supermarket this morning."),
    (0, 0.6, "I am sorry to hear that. Could you please tell me your account number?"),
    (1, 0.9, "Yes, of course. It is seven four two, nine one five."),
    (0, 0.5, "Thank you. I can see that the card has expired, and a new one is already in the post to you."),
    (1, -0.8, "Oh, that explains it."),
    (0, 0.6, "Is there anything else that I can help you with?"),
    (1, 0.4, "No, that is everything. Thank you very much."),
)
# Two names that nobody has, said twice each.
NAMES = (
    "Thank you for calling Velquora Energy, this is Michael. How can I help you today?",
    "I can see that you have the Tremolux boiler cover, and that it began in March.",
    "The Tremolux plan with Velquora is paid every month, so nothing is due today.",
)
GERMAN = "Guten Tag, ich rufe an, weil meine Rechnung in diesem Monat viel höher ist als sonst."


def main() -> None:
    """Write the clips."""
    speech = Speech(seed=7)
    lines = [(side, gap, speech.say(text, (AGENT, CUSTOMER)[side], RATE)) for side, gap, text in CALL]
    write(HERE / "call.ogg", _laid_out(lines), 32_000)
    said = [(0, 0.5, Speech(seed=7).say(text, AGENT, RATE)) for text in NAMES]
    write(HERE / "names.ogg", _laid_out(said)[:1], 16_000)
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "german.wav"
        subprocess.run(["espeak-ng", "-v", "de", "-s", "140", "-w", str(spoken), GERMAN], check=True)
        with wave.open(str(spoken)) as file:
            rate = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    write(HERE / "german.ogg", (sound[None] / 32768).astype(np.float32), 12_000, rate)


def _laid_out(lines: Sequence[tuple[int, float, Samples]]) -> Samples:
    sides: list[list[tuple[int, Samples]]] = [[], []]
    end = 0
    for side, gap, sound in lines:
        start = end + round(gap * RATE)
        sides[side].append((start, sound))
        end = start + len(sound)
    call = np.zeros((2, end + RATE // 2), np.float32)
    for channel, side_lines in zip(call, sides, strict=True):
        for start, sound in side_lines:
            channel[start : start + len(sound)] = sound
    return call


def write(path: Path, sound: Samples, bit_rate: int, rate: int = RATE) -> None:
    """Sound of shape (channels, samples) as Opus in Ogg, at telephone bandwidth."""
    layout = "stereo" if len(sound) == 2 else "mono"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=8_000, layout=layout)
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(format="flt", layout=layout, rate=8_000, frame_size=160)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
