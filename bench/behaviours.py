"""How fast does the judge of behaviours answer, and how well does it agree with people who labelled turns?

    python -m bench.behaviours                            turns a second, embeddings included, and the calibration
    python -m bench.behaviours --labels FILE BEHAVIOUR    kappa against lines of {"speaker", "text", "before", "present"}

The turns for the first are those of the written sample calls, every sentence embedded and every turn judged, nothing
remembered from before. The last line printed is one JSON object; `holds` says whether at least 250 turns a second were
judged and the calibration error is at most 0.05.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from samples.written.generate import generate_calls
from scoring.agreement import cohens_kappa
from scoring.behaviours.corpus import Said
from scoring.behaviours.judge import FOLDER, load_judge, read_about
from scoring.behaviours.turns import Heard
from scoring.signals import embeddings
from scoring.signals.sentences import split_transcript
from transcripts.model import Speaker

LEAST_TURNS_A_SECOND = 250
MOST_CALIBRATION_ERROR = 0.05
CALLS, SEED = 60, 7


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("behaviour", nargs="?")
    asked = parser.parse_args()
    if bool(asked.labels) != bool(asked.behaviour):
        parser.error("labels and a behaviour go together")
    figures = agree(asked.labels, asked.behaviour) if asked.labels else measure()
    print(json.dumps(figures))
    return 0 if figures.get("holds", True) else 1


def measure() -> dict[str, Any]:
    """Turns a second over whole calls, and the calibration that the report shows."""
    every = generate_calls(seed=SEED)
    calls = [call.transcript for call in every[:: max(1, len(every) // CALLS)][:CALLS]]
    judge = load_judge()
    judge.answers([Heard(Said(Speaker.AGENT, "Hello."))])
    embeddings.embed(["Hello."])
    turns = 0
    busy = os.getloadavg()[0]
    began = time.perf_counter()
    for call in calls:
        embeddings.embed([sentence.text for sentence in split_transcript(call)])
        said = [Said(turn.speaker, turn.text) for turn in call.turns]
        judge.answers([Heard(one, tuple(said[max(0, number - 3) : number])) for number, one in enumerate(said)])
        turns += len(said)
    seconds = time.perf_counter() - began
    error = read_about(FOLDER)["figures"]["reliability"]["expected_calibration_error"]
    return {
        "turns": turns,
        "turns_a_second": round(turns / seconds, 1),
        "expected_calibration_error": error,
        "load_before": round(busy, 2),
        "holds": turns / seconds >= LEAST_TURNS_A_SECOND and error <= MOST_CALIBRATION_ERROR,
    }


def agree(file: Path, behaviour: str) -> dict[str, Any]:
    """How far the judge agrees with the labels in that file."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    turns = [
        Heard(
            Said(Speaker(line["speaker"]), line["text"]),
            tuple(Said(Speaker(said["speaker"]), said["text"]) for said in line.get("before", ())),
        )
        for line in lines
    ]
    judge = load_judge()
    place = judge.place(behaviour)
    said = judge.answers(turns).probability[:, place] >= judge.present_from[place]
    groups = [line.get("group", number) for number, line in enumerate(lines)]
    kappa = cohens_kappa([bool(line["present"]) for line in lines], said.tolist(), groups)
    return {"turns": len(lines), "kappa": kappa.value, "interval": [kappa.low, kappa.high]}


if __name__ == "__main__":
    sys.exit(main())
