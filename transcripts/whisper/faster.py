"""How does faster-whisper hear a window of speech?

The default engine: Whisper on CTranslate2 with eight-bit weights. Windows are encoded one by one (encoding gains nothing
from a batch and its memory would grow with it) and read out in batches (reading out does gain), without Whisper's own time
tokens; the times of words come from the cross-attention afterwards.
"""

import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from faster_whisper.utils import download_model

from errors import ModelError
from transcripts.model import Word
from transcripts.whisper.engine import BEAM, Recognised, Samples, join_pieces
from transcripts.whisper.weights import Weights, checked_hash, find_weights

WINDOW_FRAMES = 3_000  # 30 s of 10 ms each
# Four windows take 150 MB while they are read out (keys and values for the cross-attention, 37 MB each for base); eight are
# no faster.
BATCH = 4
MAX_TOKENS = 448
COMPUTE_TYPE = "int8"

log = logging.getLogger(__name__)


class FasterWhisper:
    """A CTranslate2 Whisper model, ready to hear."""

    def __init__(self, model: str, threads: int) -> None:
        weights = find_weights(model) or _fetched(model)
        if not weights.path.is_dir():
            raise ModelError(
                f"faster-whisper cannot use {weights.path}: it needs a folder in CTranslate2's format; "
                "a `.pt` file works with openai-whisper"
            )
        if not (weights.path / "tokenizer.json").is_file():
            raise ModelError(
                f"The model folder {weights.path} has no tokenizer.json; put the one of its Whisper model there"
            )
        try:
            self._whisper = WhisperModel(
                str(weights.path), device="cpu", compute_type=COMPUTE_TYPE, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as wrong:
            raise ModelError(f"faster-whisper cannot load the model in {weights.path}: {wrong}") from wrong
        self.stamp = f"faster-whisper {weights.name} {COMPUTE_TYPE} {weights.sha256[:12]}"
        self._tokenizers: dict[str, Tokenizer] = {}

    def recognise(self, windows: Sequence[Samples], language: str, vocabulary: str = "") -> list[Recognised]:
        """What is said in each window of at most 30 s of sound at 16 kHz."""
        heard: list[Recognised] = []
        for start in range(0, len(windows), BATCH):
            heard += self._recognise_batch(windows[start : start + BATCH], language, vocabulary)
        return heard

    def _recognise_batch(self, windows: Sequence[Samples], language: str, vocabulary: str) -> list[Recognised]:
        tokenizer = self._tokenizer(language)
        encoded = ctranslate2.StorageView.from_array(np.concatenate([self._encode(window) for window in windows]))
        prompt = self._whisper.get_prompt(tokenizer, [], without_timestamps=True, hotwords=vocabulary)
        results = self._whisper.model.generate(
            encoded,
            [prompt] * len(windows),
            beam_size=BEAM,
            max_length=MAX_TOKENS,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        frames = [min(WINDOW_FRAMES, len(window) // self._whisper.feature_extractor.hop_length) for window in windows]
        aligned = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        return [
            # The score is a mean over the tokens and the end token, CTranslate2's length penalty being one.
            Recognised(join_pieces(_words(pieces), language), float(result.scores[0]), float(result.no_speech_prob))
            for result, pieces in zip(results, aligned, strict=True)
        ]

    def language_of(self, windows: Sequence[Samples]) -> str:
        """The language with the highest mean probability over the windows."""
        if not self._whisper.model.is_multilingual:
            return "en"
        totals: dict[str, float] = {}
        for window in windows:
            encoded = ctranslate2.StorageView.from_array(self._encode(window))
            for token, probability in self._whisper.model.detect_language(encoded)[0]:
                totals[token] = totals.get(token, 0.0) + probability
        return max(totals, key=lambda token: totals[token]).strip("<|>") if totals else "en"

    def _encode(self, window: Samples) -> Samples:
        """Encoder states of one window, shape (1, 1500, width)."""
        features = pad_or_trim(self._whisper.feature_extractor(window)[..., :WINDOW_FRAMES])
        return np.asarray(self._whisper.encode(features), np.float32)

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            multilingual = self._whisper.model.is_multilingual
            if language not in self._whisper.supported_languages:
                known = "auto, " + ", ".join(sorted(self._whisper.supported_languages)) if multilingual else "en"
                raise ModelError(f"This Whisper model does not know the language {language!r}; it knows {known}")
            self._tokenizers[language] = Tokenizer(
                self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]


def _words(pieces: Iterable[dict[str, object]]) -> list[Word]:
    return [
        Word(
            str(piece["word"]),
            float(piece["start"]),  # type: ignore[arg-type]
            float(max(piece["start"], piece["end"])),  # type: ignore[call-overload]
            min(1.0, float(piece["probability"])),  # type: ignore[arg-type]
        )
        for piece in pieces
    ]


def _fetched(model: str) -> Weights:
    """A model by the name it has on the hub: from the hub's cache on this machine, or fetched where there is a network."""
    try:
        folder = Path(download_model(model, local_files_only=os.environ.get("HF_HUB_OFFLINE") == "1"))
    except Exception as wrong:  # the hub's client raises a dozen kinds, from ValueError to its HTTP library's own
        raise ModelError(
            f"There is no Whisper model {model!r} on this machine and it cannot be fetched; "
            "use base or tiny.en, which come with Attune, or a folder with a model in CTranslate2's format"
        ) from wrong
    log.info("using the model %s from %s", model, folder)
    return Weights(model, folder, checked_hash(folder / "model.bin"))
