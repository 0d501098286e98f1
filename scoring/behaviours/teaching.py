"""How is the judge taught from the whole corpus, and how is what was taught kept?

    python -m scoring.behaviours

It teaches on half of the groups and answers the other half, and the other way round; from these answers come the
calibration and the figures of the report. It teaches on everything as well and writes that to `judge/`. On top of these
layers it then teaches the two answers of feeling (`moods`). `--feelings` does the last alone, in a minute, with the layers
that are there. `--check` only says whether `judge/` was taught from the corpus and the dialogues as they stand.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load, save

from scoring.behaviours.corpus import corpus_hash, dialogues_hash
from scoring.behaviours.figures import bounds, calibrate, figures_of, unseen
from scoring.behaviours.judge import ABOUT, FOLDER, LAYERS, POOLED, pack, read_about, read_judge
from scoring.behaviours.moods import teach_moods
from scoring.behaviours.report import write_report
from scoring.behaviours.rows import NEGATIVE, POSITIVE, all_rows, outputs, targets
from scoring.behaviours.tune import LOWER, RECIPE, Base, answer, teach

FOLDS = 2
EVERYTHING = -1


def main(words: Sequence[str] | None = None) -> int:
    """Teach, or check. 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m scoring.behaviours", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the judge was taught from this corpus")
    parser.add_argument(
        "--feelings", action="store_true", help="teach the answers of feeling alone, on the layers as they are"
    )
    asked = parser.parse_args(words)
    if asked.check:
        about = read_about(FOLDER)
        same = (about["corpus"], about["dialogues"]) == (corpus_hash(), dialogues_hash())
        say("The judge was taught from this corpus." if same else "The corpus has changed since the judge was taught.")
        return 0 if same else 1
    if asked.feelings:
        write_moods()
        return 0
    # A process for each part and one thread for each process: sums are then the same however many parts run at once.
    with ProcessPoolExecutor(max_workers=cores(), mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(teach_part, (EVERYTHING, *range(FOLDS))))
    write(parts[0].tensors, np.sum([part.unseen for part in parts[1:]], axis=0))
    write_moods()
    return 0


@dataclass(frozen=True)
class Part:
    """What one round of teaching gave: its tensors, and the log-odds of the rows that it did not see, 0 elsewhere."""

    tensors: dict[str, NDArray[Any]]
    unseen: NDArray[np.float32]


def teach_part(fold: int) -> Part:
    """Teach on every fold but that one, or on everything."""
    torch.set_num_threads(1)
    rows = all_rows()
    target, weight = targets(rows)
    base = Base()
    prepared = base.prepare([row.heard for row in rows])
    folds = fold_of([row.group for row in rows])
    name = "everything" if fold == EVERYTHING else f"without fold {fold + 1} of {FOLDS}"
    say(f"{name}: {len(rows)} turns, {len(outputs())} answers")
    taught = teach(
        base, prepared, target, weight, np.flatnonzero(folds != fold).tolist(), RECIPE, lambda line: say(f"{name}: {line}")
    )
    unseen = np.zeros((len(rows), len(outputs())), np.float32)
    if fold != EVERYTHING:
        own = [one for one in prepared if folds[one.turn] == fold]
        unseen[folds == fold] = answer(taught, own, len(rows))[folds == fold]
    layers = {
        f"encoder.layer.{LOWER + number}.{part}": tensor.detach().numpy()
        for number, layer in enumerate(taught.layers)
        for part, tensor in layer.state_dict().items()
    }
    answers = {f"answers.{part}": tensor.detach().numpy() for part, tensor in taught.answers.state_dict().items()}
    return Part(layers | answers, unseen)


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fold_of(groups: Sequence[str]) -> NDArray[np.int_]:
    """The fold of each row, by a hash of its group's heading."""
    return np.array([int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS for group in groups])


def write(tensors: dict[str, NDArray[Any]], odds: NDArray[np.float32]) -> None:
    """Keep what was taught, with its calibration, bounds, figures and hashes. odds: of every row, by a judge that was not
    taught on it."""
    answers = {name: tensor for name, tensor in tensors.items() if name.startswith("answers.")}
    answers["answers.talk"] = np.zeros(POOLED + 1, np.float32)  # taught with the feelings
    data = save({**pack({name: tensor for name, tensor in tensors.items() if name not in answers}), **answers})
    answers_unseen = unseen(odds)
    calibration = calibrate(answers_unseen)
    present_from = bounds(answers_unseen, calibration)
    about = {
        "outputs": outputs(),
        "calibration": calibration,
        "present_from": present_from,
        "sha256": hashlib.sha256(data).hexdigest(),
        "corpus": corpus_hash(),
        "turns": len(odds),
        "recipe": asdict(RECIPE),
        "figures": figures_of(answers_unseen, calibration, present_from),
    }
    FOLDER.mkdir(exist_ok=True)
    _keep(data, about)


def write_moods() -> None:
    """Teach the answers of feeling on the layers that are kept, and keep them in the place of those that were there."""
    moods = teach_moods(read_judge(FOLDER))
    tensors = load((FOLDER / LAYERS).read_bytes())
    places = [outputs().index(name) for name in (POSITIVE, NEGATIVE)]
    tensors["answers.weight"][places] = moods.weights
    tensors["answers.bias"][places] = moods.bias
    tensors["answers.talk"] = moods.talk.astype(np.float32)
    data = save(tensors)
    about = dict(read_about(FOLDER))
    figures = about["figures"]
    about |= {
        "calibration": {**about["calibration"], **moods.calibration},
        "present_from": {**about["present_from"], **moods.present_from},
        "feels_from": moods.feels_from,
        "sha256": hashlib.sha256(data).hexdigest(),
        "dialogues": dialogues_hash(),
        "dialogue_turns": moods.turns,
        "strength_of_feelings": moods.strength,
        "figures": {
            **figures,
            "by_output": {**figures["by_output"], **moods.figures},
            "reliability_of_feelings": moods.reliability,
        },
    }
    _keep(data, about)
    write_report(FOLDER, about)


def _keep(data: bytes, about: dict[str, Any]) -> None:
    (FOLDER / LAYERS).write_bytes(data)
    (FOLDER / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    say(f"written to {FOLDER}")


def say(message: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{message}\n")
