"""How does faster-whisper hear a window of speech?

The default engine: Whisper on CTranslate2 with eight-bit weights. Windows are encoded one by one (encoding gains nothing
from a batch and its memory would grow with it) and read out in batches (reading out does gain), without Whisper's own time
tokens; the times of words come from the cross-attention afterwards. Several cores work on several windows, each window on
one thread: shared out over threads, sums are rounded in another order, and a call would come out a little different on
another number of cores.
"""

import ctypes
import logging
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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

HOP = 160  # samples from one frame to the next: 10 ms
# What the encoder is given: as many frames as the least of these that a window goes into. It was taught on 30 s, silence
# after the speech; two thirds of that cost it half of the time (attention grows with the square) and no word.
SIZES = (1_000, 2_000, 3_000)
HUSH = 8_000  # samples of silence that have to fit in too, so that the end of the speech is heard as its end
# Four windows of 20 s take 100 MB while they are read out (keys and values for the cross-attention, 25 MB each for base).
BATCH = 4
MAX_TOKENS = 448
COMPUTE_TYPE = "int8"

# Options of glibc's mallopt, and what free memory a process keeps at most.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
KEPT_BYTES = 512 << 20

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
        _keep_memory()
        try:
            self._whisper = WhisperModel(
                str(weights.path),
                device="cpu",
                compute_type=COMPUTE_TYPE,
                cpu_threads=1,
                num_workers=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as wrong:
            raise ModelError(f"faster-whisper cannot load the model in {weights.path}: {wrong}") from wrong
        self.stamp = f"faster-whisper {weights.name} {COMPUTE_TYPE} {weights.sha256[:12]}"
        self._tokenizers: dict[str, Tokenizer] = {}
        self._pool = ThreadPoolExecutor(threads)

    def recognise(self, windows: Sequence[Samples], language: str, vocabulary: str = "") -> list[Recognised]:
        """What is said in each window of at most 30 s of sound at 16 kHz."""
        states = list(self._pool.map(self._encode, windows))
        batches = batches_of([size_of(window) for window in windows])
        read_out = partial(self._read_out, windows, states, tokenizer=self._tokenizer(language), vocabulary=vocabulary)
        heard: dict[int, Recognised] = {}
        for batch, answers in zip(batches, self._pool.map(read_out, batches), strict=True):
            heard.update(zip(batch, answers, strict=True))
        return [heard[place] for place in range(len(windows))]

    def _read_out(
        self,
        windows: Sequence[Samples],
        states: Sequence[Samples],
        batch: Sequence[int],
        *,
        tokenizer: Tokenizer,
        vocabulary: str,
    ) -> list[Recognised]:
        """What is said in those of the windows, all of one size, whose places are in the batch."""
        encoded = ctranslate2.StorageView.from_array(np.concatenate([states[place] for place in batch]))
        prompt = self._whisper.get_prompt(tokenizer, [], without_timestamps=True, hotwords=vocabulary)
        results = self._whisper.model.generate(
            encoded,
            [prompt] * len(batch),
            beam_size=BEAM,
            max_length=MAX_TOKENS,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        frames = [min(SIZES[-1], len(windows[place]) // HOP) for place in batch]
        aligned = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        return [
            # The score is a mean over the tokens and the end token, CTranslate2's length penalty being one.
            Recognised(
                join_pieces(_words(pieces), tokenizer.language_code), float(result.scores[0]), float(result.no_speech_prob)
            )
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
        """Encoder states of one window, shape (1, frames / 2, width)."""
        size = size_of(window)
        features = pad_or_trim(self._whisper.feature_extractor(window)[..., :size], size)
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


def _keep_memory() -> None:
    """Ask the C library to keep the memory that a window needed for the next one, instead of giving it back each time.

    Encoding 30 s takes buffers of up to 72 MB again and again. glibc fetches such from the system anew each time, and each
    time the system fills them with zeros, page by page: that took longer than the arithmetic. The numbers of the options are
    those of glibc's malloc.h; another C library has no such function and is left as it is.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    for option, value in ((M_MMAP_THRESHOLD, KEPT_BYTES), (M_TRIM_THRESHOLD, KEPT_BYTES), (M_ARENA_MAX, 1)):
        set_option(option, value)


def size_of(window: Samples) -> int:
    """The least of the sizes that holds a window and half a second of silence after it; the largest where none does."""
    return next((size for size in SIZES if len(window) + HUSH <= size * HOP), SIZES[-1])


def batches_of(sizes: Sequence[int]) -> list[list[int]]:
    """Which windows, by their places, are read out together: only such as have the same size, and at most BATCH of them."""
    same = [[place for place, of_window in enumerate(sizes) if of_window == size] for size in SIZES]
    return [places[start : start + BATCH] for places in same for start in range(0, len(places), BATCH)]


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
