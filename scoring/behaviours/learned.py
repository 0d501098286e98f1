"""What has a judge learned from a centre's own labels, and what does it answer?

A learned judge is one linear answer on what `looks` gives, beside the shipped judge's own, with its calibration and its
threshold. Its file says which labels it comes from, by their hash, how well it did on labels that it had not seen, and which
shipped judge it stands on: under another one its numbers mean nothing, and it is refused.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import InputError
from scoring.behaviours.judge import Answers, Judge
from scoring.behaviours.looks import Looks, look
from scoring.behaviours.turns import Heard

FORM = 1
"""Raise it when what a judge sees changes, so that older files are refused."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """A judge of one behaviour.

    dense, grams: a weight for each number of `Looks`; slope, offset: make log-odds probabilities, with so great a share of
    the shipped judge's calibrated log-odds added; threshold: from which probability on the behaviour is there; judge: the
    SHA-256 of the shipped judge that it stands on; labels: that of the labels; about: what else is known of it, its figures
    above all, as plain JSON.
    """

    behaviour: str
    dense: NDArray[np.float32]
    grams: NDArray[np.float16]
    bias: float
    slope: float
    offset: float
    threshold: float
    judge: str
    labels: str
    about: Mapping[str, Any]
    share: float = 0.0

    def odds(self, looks: Looks) -> Array:
        """Log-odds of each turn, not calibrated yet."""
        return np.asarray(looks.dense @ self.dense.astype(float) + looks.grams @ self.grams.astype(float) + self.bias)

    def probabilities(self, turns: Sequence[Heard], answers: Answers) -> Array:
        """How likely each of these turns shows the behaviour, given the shipped judge's answers to them; 0 where nothing is
        said."""
        odds = self.slope * self.odds(look(turns, answers)) + self.offset
        if self.share:
            odds = odds + self.share * log_odds(answers.probability[:, answers.outputs.index(self.behaviour)])
        probability = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return np.where([bool(turn.said.text.strip()) for turn in turns], probability, 0.0).round(4)

    def data(self) -> bytes:
        """The file's bytes; the same judge gives the same ones."""
        from safetensors.numpy import save

        written = {
            "form": FORM, "behaviour": self.behaviour, "bias": self.bias, "slope": self.slope, "offset": self.offset,
            "threshold": self.threshold, "judge": self.judge, "labels": self.labels, "about": dict(self.about),
        }  # fmt: skip
        if self.share:  # left out where there is none, so that judges taught before there was one keep their stamp
            written["share"] = self.share
        return save({"dense": self.dense, "grams": self.grams}, metadata={"attune": json.dumps(written, sort_keys=True)})

    @property
    def stamp(self) -> str:
        """SHA-256 of the file: which judge answered."""
        return hashlib.sha256(self.data()).hexdigest()


def log_odds(probability: Array) -> Array:
    """Log-odds of calibrated probabilities, which are known to four digits."""
    kept = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(kept / (1 - kept)))


def read_learned(path: Path, judge: Judge, behaviour: str) -> Learned:
    """The learned judge in that file. Raises InputError as `learned_of` does, and where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise InputError(f"The learned judge in {path} cannot be read: {wrong.strerror}.") from wrong
    return learned_of(data, judge.stamp, behaviour, path.name)


def learned_of(data: bytes, judge: str, behaviour: str, name: str) -> Learned:
    """The learned judge in these bytes. judge: the SHA-256 of the shipped judge; name: what a message calls the bytes.

    Raises InputError where it is none, is of another behaviour, or stands on another judge than this one.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        length = int.from_bytes(data[:8], "little")
        about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["attune"])
        tensors = load(data)
        learned = Learned(
            about["behaviour"], tensors["dense"], tensors["grams"], about["bias"], about["slope"], about["offset"],
            about["threshold"], about["judge"], about["labels"], about["about"],
            about.get("share", 0.0),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, SafetensorError) as wrong:
        raise InputError(f"{name} is no learned judge; `cli.py learn` writes them.") from wrong
    if learned.behaviour != behaviour:
        raise InputError(f"{name} was taught to find {learned.behaviour}, not {behaviour}.")
    if learned.judge != judge or about["form"] != FORM:
        raise InputError(
            f"{name} was taught on top of another version of Attune's own judge; teach it again from the same labels."
        )
    return learned
