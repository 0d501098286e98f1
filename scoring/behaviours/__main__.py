"""The one command that teaches the judge from the corpus:  python -m scoring.behaviours

It teaches on all groups but a third of them, answers those, and so on for each third; from these answers come the
calibration and the figures of the report. Then it teaches on everything and writes `judge/`. `--check` only
says whether `judge/` was taught from the corpus as it stands.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from scoring.behaviours.corpus import corpus_hash
from scoring.behaviours.figures import calibrate, figures_of
from scoring.behaviours.judge import ABOUT, FOLDER, LAYERS, pack, read_about
from scoring.behaviours.rows import all_rows, outputs
from scoring.behaviours.tune import LOWER, Base, Recipe, Upper, answer, targets, teach

FOLDS = 3
THREADS = 2


def main(words: Sequence[str] | None = None) -> int:
    """Teach, or check. 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m scoring.behaviours", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the judge was taught from this corpus")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    asked = parser.parse_args(words)
    if asked.check:
        same = read_about(FOLDER)["corpus"] == corpus_hash()
        say("The judge was taught from this corpus." if same else "The corpus has changed since the judge was taught.")
        return 0 if same else 1
    torch.set_num_threads(THREADS)
    rows = all_rows()
    target, weight = targets(rows)
    base = Base()
    say(f"{len(rows)} rows, {len(outputs())} answers")
    prepared = base.prepare([row.heard for row in rows])
    folds = fold_of([row.group for row in rows])
    recipe = Recipe(epochs=asked.epochs)
    unseen = np.zeros((len(rows), len(outputs())), np.float32)
    for fold in range(FOLDS):
        say(f"fold {fold + 1} of {FOLDS}")
        upper = teach(base, prepared, target, weight, np.flatnonzero(folds != fold).tolist(), recipe, say)
        unseen[folds == fold] = answer(upper, prepared, len(rows))[folds == fold]
    say("everything")
    write(teach(base, prepared, target, weight, range(len(rows)), recipe, say), rows=len(rows), unseen=unseen, recipe=recipe)
    return 0


def fold_of(groups: Sequence[str]) -> NDArray[np.int_]:
    """The fold of each row, by a hash of its group's heading."""
    return np.array([int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS for group in groups])


def write(upper: Upper, *, rows: int, unseen: NDArray[np.float32], recipe: Recipe) -> None:
    """Keep what was taught, with its calibration, figures and hashes."""
    layers = {
        f"encoder.layer.{LOWER + number}.{name}": tensor.detach().numpy()
        for number, layer in enumerate(upper.layers)
        for name, tensor in layer.state_dict().items()
    }
    answers = {f"answers.{name}": tensor.detach().numpy() for name, tensor in upper.answers.state_dict().items()}
    data = save({**pack(layers), **answers})
    calibration = calibrate(unseen)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / LAYERS).write_bytes(data)
    about = {
        "outputs": outputs(),
        "calibration": calibration,
        "sha256": hashlib.sha256(data).hexdigest(),
        "corpus": corpus_hash(),
        "rows": rows,
        "recipe": vars(recipe),
        "figures": figures_of(unseen, calibration),
    }
    (FOLDER / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    say(f"written to {FOLDER}")


def say(message: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    sys.exit(main())
