"""Which sentences mean the same?

Each sentence becomes 384 numbers of unit length, so that the product of two is the cosine of the angle between them: 1
for the same meaning, around 0 for nothing in common. The model is all-MiniLM-L6-v2; `scoring.signals.bert` runs it.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from scoring.signals.bert import (
    COMPUTE_TYPE,
    CONVERSION,
    DIMENSIONS,
    MODEL_NAME,
    TOKENIZER_SHA256,
    WEIGHTS_SHA256,
    Encoder,
    Tokens,
    Vectors,
    keep_encoder,
    load_encoder,
    load_tokenizer,
    packaged_weights,
)
from settings import settings

LONGEST_TOKENS = 256  # the model was taught on no more, as its own sentence_bert_config.json says
_KEPT_AS = f"{MODEL_NAME}-{WEIGHTS_SHA256[:12]}"
REMEMBERED_TEXTS = 8192  # 12 MB: the examples of every scorecard, and the courtesies that each call repeats


def model_stamp() -> dict[str, str]:
    """The model's name and the SHA-256 of its weights, for the stamp of an evaluation."""
    return {f"embeddings:{MODEL_NAME}": f"{WEIGHTS_SHA256} {COMPUTE_TYPE}"}


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
        known |= dict(zip(missing, _embed(missing), strict=True))
        for text in missing:
            _memory.put(text, known[text])
    return np.stack([known[text] for text in texts]) if len(texts) else np.zeros((0, DIMENSIONS), np.float32)


def embed_and_keep(texts: Sequence[str]) -> Vectors:
    """As `embed`, for texts that every process asks for again, such as a scorecard's examples: the numbers are kept in the
    cache, under the hash of model and texts, so that the next process reads them instead of working them out for seconds."""
    asked = json.dumps([WEIGHTS_SHA256, TOKENIZER_SHA256, COMPUTE_TYPE, CONVERSION, *texts])
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


def _embed(texts: Sequence[str]) -> list[Vectors]:
    tokens = [Tokens(encoded.ids, len(encoded.ids)) for encoded in load_tokenizer(LONGEST_TOKENS).encode_batch(list(texts))]
    return _load().each(tokens, _mean)


def _mean(states: Vectors, _own: int) -> Vectors:
    mean = states.mean(axis=0)
    unit: Vectors = (mean / np.sqrt((mean * mean).sum())).astype(np.float16).astype(np.float32)
    return unit


def keep_model() -> None:
    """Put the encoder into the cache where it is not there yet. Raises ModelError where it cannot be kept."""
    keep_encoder(_KEPT_AS, packaged_weights)


@lru_cache(maxsize=1)
def _load() -> Encoder:
    return load_encoder(_KEPT_AS, packaged_weights)
