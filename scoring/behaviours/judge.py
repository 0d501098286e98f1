"""Which behaviours does a turn show, how likely, and in which of its words?

The judge is a sentence encoder whose upper half was taught on the corpus, and one linear answer for each behaviour; its
log-odds are turned into probabilities that were checked on turns which it had not been taught on (Platt, "Probabilistic
outputs for support vector machines", 1999). It is read from `judge/`, computes with eight-bit weights, and gives the same
answer for the same turn whatever else is asked.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import InputError, ModelError
from scorecards.load import did_you_mean
from scoring.behaviours.calibration import marks, probabilities
from scoring.behaviours.turns import Heard, Window, windows
from scoring.signals.bert import (
    DIMENSIONS,
    Encoder,
    Tensors,
    Tokens,
    Vectors,
    keep_encoder,
    load_encoder,
    load_tokenizer,
    packaged_weights,
)
from scoring.signals.regional import unmasked
from scoring.signals.sentences import Piece

FOLDER = Path(__file__).parent / "judge"
LAYERS, ABOUT = "layers.safetensors", "judge.json"
LONGEST_TOKENS = 128
POOLED = 2 * DIMENSIONS
"""How many numbers stand for a window: the mean of its words and the most of each number over its words."""

# What errors cost, in the time of a reviewer who is asked: a wrong verdict costs four times as much as asking. Asking is
# then cheaper wherever a wrong answer is likelier than one in four (Chow, "On optimum recognition error and reject
# tradeoff", 1970).
COST_OF_ASKING, COST_OF_ERROR = 1.0, 4.0
DOUBT = COST_OF_ASKING / COST_OF_ERROR
"""A probability between DOUBT and 1 - DOUBT is left to a person."""

NO_WORDS = -1e4


@dataclass(frozen=True)
class Answers:
    """What the judge says of some turns.

    outputs: the names of the answers. log_odds, probability: of shape (turns, outputs). where: for each turn and output
    the window that speaks most for it, None for a turn without words. pooled: of shape (turns, 768), the mean over the
    windows of what the encoder makes of each.
    """

    outputs: tuple[str, ...]
    log_odds: NDArray[np.float64]
    probability: NDArray[np.float64]
    where: tuple[tuple[Piece, ...] | None, ...]
    pooled: Vectors


@dataclass(frozen=True)
class Judge:
    """A taught judge. `calibration` holds slope, offset and the weights of the two marks for each output, `present_from` the
    probability from which each is said to be there, where one answer has to be given without a person; `talk` tells by the
    768 numbers of a turn and a last one whether people talk with each other in it, or one writes to a service."""

    outputs: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    calibration: NDArray[np.float64]
    present_from: NDArray[np.float64]
    talk: NDArray[np.float32]
    encoder: Encoder
    tokenizer: Any
    stamp: str

    def place(self, behaviour: str) -> int:
        """The column of a behaviour's answer. Raises InputError where there is no such behaviour."""
        if behaviour not in self.outputs:
            known = did_you_mean(behaviour, self.outputs) or f"; there are {', '.join(self.outputs)}."
            raise InputError(f"There is no behaviour {behaviour!r}{known}")
        return self.outputs.index(behaviour)

    def answers(self, turns: Sequence[Heard]) -> Answers:
        """What these turns show. Each is judged by itself, so their order and number change nothing."""
        found = windows(turns, unmasked)
        pooled = self._pooled(found)
        # By einsum, which stays on this thread: those of a product of matrices go on spinning beside the encoder's.
        odds = np.einsum("wd,kd->wk", pooled.astype(float), self.weights.astype(float)) + self.bias
        best = np.full((len(turns), len(self.outputs)), NO_WORDS)
        where = np.full((len(turns), len(self.outputs)), -1)
        total = np.zeros((len(turns), POOLED), np.float32)
        count = np.zeros((len(turns), 1), np.float32)
        for number, window in enumerate(found):
            better = odds[number] > best[window.turn]
            best[window.turn][better] = odds[number][better]
            where[window.turn][better] = number
            total[window.turn] += pooled[number]
            count[window.turn] += 1
        heard = np.array([marks(turn.said.text) for turn in turns]).reshape(-1, 2)
        return Answers(
            self.outputs,
            best.round(4),
            probabilities(best, heard, self.calibration).round(4),
            tuple(tuple(found[n].piece for n in row) if row[0] >= 0 else None for row in where),
            (total / np.maximum(count, 1)).astype(np.float32),
        )

    def raised(self, texts: Sequence[str], answers: Answers) -> NDArray[np.bool_]:
        """Which of these texts were said with a raised voice, of the answers to them: written with an exclamation mark, and
        where people talk. In a message to a service the mark is a courtesy."""
        talk = np.einsum("td,d->t", answers.pooled.astype(float), self.talk[:-1].astype(float)) + self.talk[-1]
        return np.asarray(np.array(["!" in text for text in texts], bool) & (talk > 0))

    def _pooled(self, found: Sequence[Window]) -> Vectors:
        if not found:
            return np.zeros((0, POOLED), np.float32)
        encoded = self.tokenizer.encode_batch([(window.text, window.before) for window in found])
        tokens = [Tokens(one.ids, one.type_ids.count(0)) for one in encoded]
        return np.stack(self.encoder.each(tokens, pool))


def pool(states: Vectors, own: int) -> Vectors:
    """Mean and most over a window's own words, 768 numbers, of states of shape (tokens, 384)."""
    mine = states[:own]
    return np.concatenate([mine.mean(axis=0), mine.max(axis=0)]).astype(np.float32)


@lru_cache(maxsize=1)
def load_judge() -> Judge:
    """The shipped judge, loaded once per process. Raises ModelError where its files are missing or damaged."""
    return read_judge(FOLDER)


@lru_cache(maxsize=2)
def feels_from(*, raised: bool = False) -> float:
    """The least valence that is called positive, and how far below 0 it has to be to be called negative; of a plain line, or
    of one that was said with a raised voice."""
    bounds: dict[str, float] = read_about(FOLDER)["feels_from"]
    return bounds["raised" if raised else "plain"]


def stamp() -> dict[str, str]:
    """The judge's name and hash, for the stamp of an evaluation."""
    return {"behaviours": stamp_of(read_about(FOLDER))}


def stamp_of(about: Mapping[str, Any]) -> str:
    """SHA-256 of the weights' hash, the outputs and their calibration: all that an answer depends on."""
    everything = [about["sha256"], about["outputs"], about["calibration"]]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()


def read_about(folder: Path) -> Mapping[str, Any]:
    """What is written about a judge: its outputs, calibration, figures and hashes. Raises ModelError where it is missing."""
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise ModelError(f"The judge of behaviours in {folder} cannot be read: {wrong}. Install Attune again.") from wrong
    return about


def read_judge(folder: Path) -> Judge:
    """The judge in that folder. Raises ModelError where a file is missing, or is not the one that was written."""
    about = read_about(folder)
    tensors = _tensors(folder, about)
    outputs = tuple(about["outputs"])
    return Judge(
        outputs=outputs,
        weights=tensors["answers.weight"].astype(np.float32),
        bias=tensors["answers.bias"].astype(np.float32),
        calibration=np.array([about["calibration"][name] for name in outputs], float),
        present_from=np.array([about["present_from"][name] for name in outputs], float),
        talk=tensors["answers.talk"].astype(np.float32),
        encoder=load_encoder(_kept_as(about), lambda: _all_weights(tensors)),
        tokenizer=load_tokenizer(LONGEST_TOKENS),
        stamp=stamp_of(about),
    )


def keep_model() -> None:
    """Put the shipped judge's encoder into the cache where it is not there yet. Raises ModelError where that fails, or the
    judge is damaged."""
    about = read_about(FOLDER)
    tensors = _tensors(FOLDER, about)
    keep_encoder(_kept_as(about), lambda: _all_weights(tensors))


def _kept_as(about: Mapping[str, Any]) -> str:
    return f"behaviours-{about['sha256'][:12]}"


def _tensors(folder: Path, about: Mapping[str, Any]) -> Tensors:
    """What was taught, checked."""
    from safetensors.numpy import load

    try:
        data = (folder / LAYERS).read_bytes()
    except OSError as wrong:
        raise ModelError(f"The judge of behaviours in {folder} has no {LAYERS}. Install Attune again.") from wrong
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise ModelError(f"{LAYERS} of the judge of behaviours in {folder} is damaged. Install Attune again.")
    return load(data)


def _all_weights(tensors: Tensors) -> Tensors:
    """The encoder's weights: as the package has them, but for the layers that were taught."""
    return {**packaged_weights(), **unpack(tensors)}


def pack(tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Tensors in the form to keep: matrices as eight-bit numbers with a scale for each row, as they are computed with."""
    packed: dict[str, NDArray[Any]] = {}
    for name, tensor in sorted(tensors.items()):
        if tensor.ndim == 2:
            scale = np.maximum(np.abs(tensor).max(axis=1), 1e-9).astype(np.float32) / 127
            packed[name] = np.rint(tensor / scale[:, None]).astype(np.int8)
            packed[f"{name}.scale"] = scale
        else:
            packed[name] = tensor.astype(np.float32)
    return packed


def unpack(packed: Tensors) -> dict[str, NDArray[Any]]:
    """The encoder's tensors of what `pack` made; the answers' own are left out."""
    tensors: dict[str, NDArray[Any]] = {}
    for name, tensor in packed.items():
        if name.startswith("answers.") or name.endswith(".scale"):
            continue
        scale = packed.get(f"{name}.scale")
        tensors[name] = tensor if scale is None else tensor.astype(np.float32) * scale[:, None]
    return tensors
