"""How does openai-whisper hear a window of speech?

The reference engine, on PyTorch. It reads the very weights that faster-whisper uses: CTranslate2's file holds the same
tensors under other names, queries, keys and values stacked into one. A `.pt` checkpoint or a name that openai-whisper
knows works as well.
"""

import json
import mmap
import pickle
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import whisper
from numpy.typing import NDArray
from whisper.decoding import DecodingOptions
from whisper.model import ModelDimensions, Whisper
from whisper.timing import find_alignment
from whisper.tokenizer import LANGUAGES, Tokenizer, get_tokenizer

from errors import ModelError
from settings import settings
from transcripts.model import Word
from transcripts.whisper.engine import BEAM, Recognised, Samples, join_pieces
from transcripts.whisper.weights import Weights, checked_hash, find_weights

# CTranslate2's numbers for what a tensor is made of (its `DataType`).
NUMBERS = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
BINARY_VERSION = 6


class OpenAIWhisper:
    """An openai-whisper model, ready to hear."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        weights = find_weights(model) or _fetched(model)
        self._whisper = _converted(weights.path) if weights.path.is_dir() else _checkpoint(weights.path)
        self._whisper.eval()
        self.stamp = f"openai-whisper {weights.name} float32 {weights.sha256[:12]}"

    def recognise(self, windows: Sequence[Samples], language: str, vocabulary: str = "") -> list[Recognised]:
        """What is said in each window of at most 30 s of sound at 16 kHz."""
        tokenizer = self._tokenizer(language)
        return [self._recognise_one(window, tokenizer, language, vocabulary) for window in windows]

    def _recognise_one(self, window: Samples, tokenizer: Tokenizer, language: str, vocabulary: str) -> Recognised:
        mel = self._mel(window)
        options = DecodingOptions(
            language=language, beam_size=BEAM, prompt=vocabulary or None, without_timestamps=True, fp16=False
        )
        result = self._whisper.decode(mel, options)
        tokens = [token for token in result.tokens if token < tokenizer.eot]
        frames = min(whisper.audio.N_FRAMES, len(window) // whisper.audio.HOP_LENGTH)
        pieces = [
            Word(piece.word, float(piece.start), float(max(piece.start, piece.end)), min(1.0, float(piece.probability)))
            for piece in find_alignment(self._whisper, tokenizer, tokens, mel, frames)
        ]
        words = join_pieces(pieces, language)
        return Recognised(words, float(result.avg_logprob), float(result.no_speech_prob))

    def language_of(self, windows: Sequence[Samples]) -> str:
        """The language with the highest mean probability over the windows."""
        if not self._whisper.is_multilingual:
            return "en"
        totals: dict[str, float] = {}
        for window in windows:
            _, probabilities = self._whisper.detect_language(self._mel(window))
            for language, probability in probabilities.items():
                totals[language] = totals.get(language, 0.0) + probability
        return max(totals, key=lambda language: totals[language]) if totals else "en"

    def _mel(self, window: Samples) -> torch.Tensor:
        mel: torch.Tensor = whisper.log_mel_spectrogram(whisper.pad_or_trim(window), self._whisper.dims.n_mels)
        return mel

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in (LANGUAGES if self._whisper.is_multilingual else {"en"}):
            known = "auto, " + ", ".join(sorted(LANGUAGES)) if self._whisper.is_multilingual else "en"
            raise ModelError(f"This Whisper model does not know the language {language!r}; it knows {known}")
        return get_tokenizer(
            self._whisper.is_multilingual,
            num_languages=self._whisper.num_languages,
            language=language,
            task="transcribe",
        )


def read_tensors(file: Path) -> dict[str, NDArray[np.generic]]:
    """The tensors of a `model.bin` in CTranslate2's format, by name.

    The format (CTranslate2's `model_spec.py`, binary version 6): version, specification name and revision, then for each
    tensor its name, shape, kind of number and bytes, then names that stand for another's tensor.
    Raises ModelError where the file is of another version.
    """
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = 0

        def take(form: str) -> int:
            nonlocal place
            (value,) = struct.unpack_from(f"<{form}", data, place)
            place += struct.calcsize(f"<{form}")
            return int(value)

        def take_text() -> str:
            nonlocal place
            length = take("H")
            text = data[place : place + length - 1].decode()
            place += length
            return text

        version, kind, _revision = take("I"), take_text(), take("I")
        if (version, kind) != (BINARY_VERSION, "WhisperSpec"):
            raise ModelError(
                f"openai-whisper can read CTranslate2 models of version {BINARY_VERSION}, and {file} is another"
            )
        tensors: dict[str, NDArray[np.generic]] = {}
        for _ in range(take("I")):
            name = take_text()
            shape = tuple(take("I") for _ in range(take("B")))
            number, length = NUMBERS[take("B")], take("I")
            tensors[name] = np.frombuffer(data[place : place + length], number).reshape(shape)
            place += length
    return tensors


def _converted(folder: Path) -> Whisper:
    """The model in a CTranslate2 folder, its tensors renamed for openai-whisper."""
    try:
        tensors = read_tensors(folder / "model.bin")
        heads = json.loads((folder / "config.json").read_text(encoding="utf-8"))["alignment_heads"]
        state = _renamed(tensors)
    except (OSError, struct.error, KeyError, ValueError) as wrong:
        raise ModelError(f"openai-whisper cannot read the model in {folder}: {wrong}") from wrong
    audio_ctx, audio_state = tensors["encoder/position_encodings/encodings"].shape
    text_ctx, text_state = tensors["decoder/position_encodings/encodings"].shape
    dimensions = ModelDimensions(
        n_mels=tensors["encoder/conv1/weight"].shape[1],
        n_audio_ctx=audio_ctx,
        n_audio_state=audio_state,
        n_audio_head=int(tensors["encoder/num_heads"]),
        n_audio_layer=_layers(tensors, "encoder"),
        n_vocab=tensors["decoder/embeddings/weight"].shape[0],
        n_text_ctx=text_ctx,
        n_text_state=text_state,
        n_text_head=int(tensors["decoder/num_heads"]),
        n_text_layer=_layers(tensors, "decoder"),
    )
    model = Whisper(dimensions)
    model.load_state_dict(state)
    mask = torch.zeros(dimensions.n_text_layer, dimensions.n_text_head, dtype=torch.bool)
    for layer, head in heads:
        mask[layer, head] = True
    model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    return model


def _layers(tensors: dict[str, NDArray[np.generic]], side: str) -> int:
    return 1 + max(int(found[1]) for name in tensors if (found := re.match(rf"{side}/layer_(\d+)/", name)))


def _renamed(tensors: dict[str, NDArray[np.generic]]) -> dict[str, torch.Tensor]:
    """openai-whisper's state from CTranslate2's tensors.

    CTranslate2 stacks what is multiplied with the same input: query, key and value of a self-attention in `linear_0`, key
    and value of a cross-attention in `linear_1`. Whisper's keys have no bias; there CTranslate2 keeps zeros.
    """
    state: dict[str, torch.Tensor] = {}

    def put(name: str, tensor: NDArray[np.generic]) -> None:
        state[name] = torch.from_numpy(tensor.astype(np.float32))

    def put_linear(name: str, source: str) -> None:
        put(f"{name}.weight", tensors[f"{source}/weight"])
        put(f"{name}.bias", tensors[f"{source}/bias"])

    def put_norm(name: str, source: str) -> None:
        put(f"{name}.weight", tensors[f"{source}/gamma"])
        put(f"{name}.bias", tensors[f"{source}/beta"])

    def put_stacked(names: Sequence[str], source: str) -> None:
        weights = np.split(tensors[f"{source}/weight"], len(names))
        biases = np.split(tensors[f"{source}/bias"], len(names))
        for name, weight, bias in zip(names, weights, biases, strict=True):
            put(f"{name}.weight", weight)
            if not name.endswith(".key"):
                put(f"{name}.bias", bias)

    for side in ("encoder", "decoder"):
        for layer in range(_layers(tensors, side)):
            here, there = f"{side}.blocks.{layer}", f"{side}/layer_{layer}"
            put_stacked([f"{here}.attn.{part}" for part in ("query", "key", "value")], f"{there}/self_attention/linear_0")
            put_linear(f"{here}.attn.out", f"{there}/self_attention/linear_1")
            put_norm(f"{here}.attn_ln", f"{there}/self_attention/layer_norm")
            if side == "decoder":
                put_linear(f"{here}.cross_attn.query", f"{there}/attention/linear_0")
                put_stacked([f"{here}.cross_attn.{part}" for part in ("key", "value")], f"{there}/attention/linear_1")
                put_linear(f"{here}.cross_attn.out", f"{there}/attention/linear_2")
                put_norm(f"{here}.cross_attn_ln", f"{there}/attention/layer_norm")
            put_linear(f"{here}.mlp.0", f"{there}/ffn/linear_0")
            put_linear(f"{here}.mlp.2", f"{there}/ffn/linear_1")
            put_norm(f"{here}.mlp_ln", f"{there}/ffn/layer_norm")
    for convolution in ("conv1", "conv2"):
        put_linear(f"encoder.{convolution}", f"encoder/{convolution}")
    put("encoder.positional_embedding", tensors["encoder/position_encodings/encodings"])
    put_norm("encoder.ln_post", "encoder/layer_norm")
    put("decoder.token_embedding.weight", tensors["decoder/embeddings/weight"])
    put("decoder.positional_embedding", tensors["decoder/position_encodings/encodings"])
    put_norm("decoder.ln", "decoder/layer_norm")
    return state


def _checkpoint(path: Path) -> Whisper:
    """A model from a `.pt` file; for openai-whisper's own models it is known which attention heads follow the time."""
    try:
        model = whisper.load_model(str(path), device="cpu")
    except (RuntimeError, OSError, KeyError, ValueError, pickle.UnpicklingError) as wrong:
        raise ModelError(f"openai-whisper cannot load the model {path}: {wrong}") from wrong
    if path.stem in whisper._ALIGNMENT_HEADS:
        model.set_alignment_heads(whisper._ALIGNMENT_HEADS[path.stem])
    return model


def _fetched(model: str) -> Weights:
    """A model that openai-whisper knows by name: from the cache on this machine, or fetched where there is a network."""
    if model not in whisper._MODELS:
        raise ModelError(
            f"openai-whisper knows no model {model!r}; use base or tiny.en, which come with Attune, a `.pt` file, "
            f"or one of {', '.join(whisper.available_models())}"
        )
    try:
        path = Path(whisper._download(whisper._MODELS[model], str(settings().cache / "openai-whisper"), False))
    except (RuntimeError, OSError) as wrong:
        raise ModelError(
            f"The Whisper model {model!r} is not on this machine and cannot be fetched; "
            "use base or tiny.en, which come with Attune"
        ) from wrong
    return Weights(model, path, checked_hash(path))
