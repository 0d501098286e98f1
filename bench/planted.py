"""Do the shipped scorecards find what was planted in the written sample calls?

    python -m bench.planted [--calls 60] [--seed 7]

It says whether the parts work together, not how good the scorecards are with other calls: their wordings were written with
these calls in sight. A question is missed where what was planted as done is judged not met, and a false alarm where what was
planted as left out is judged met; answers of not applicable, partly and unsure are counted apart. The last line printed is
one JSON object; `holds` says whether at most 2 % are missed and at most 16 % are false alarms. With wordings alone 1.4 %
were missed and 10.6 % false alarms on the same calls. The judge of behaviours finds more (1.1 %) and errs more (15.5 %),
partly where an agent did by chance what had not been planted ("What's the problem?" is an open question).
"""

import argparse
import json
import sys
from collections import Counter

from pipeline.score import load_scorecards
from samples.written.generate import generate_calls
from samples.written.truth import planted_truth
from scoring.evaluate import evaluate
from scoring.result import Verdict
from scoring.signals import measure

MOST_MISSED, MOST_FALSE = 0.02, 0.16


def main() -> int:
    """Judge and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    every = generate_calls(seed=given.seed)
    calls = every[:: max(1, len(every) // given.calls)][: given.calls]
    asks = planted_truth().shown_by
    answers: Counter[tuple[str, bool, Verdict]] = Counter()
    for call in calls:
        signals = measure(call.transcript)
        for card in load_scorecards(call.scorecards):
            judged = evaluate(call.transcript, signals, card)
            for behaviour, places in asks.items():
                planted = call.planted[behaviour]
                for scorecard, criterion in places:
                    if planted is not None and scorecard == card.id:
                        answers[behaviour, planted, judged.result(criterion).verdict] += 1

    def share(planted: bool, verdict: Verdict, behaviour: str | None = None) -> tuple[int, int]:
        asked = {key: n for key, n in answers.items() if key[1] is planted and behaviour in (None, key[0])}
        return sum(n for key, n in asked.items() if key[2] is verdict), sum(asked.values())

    for behaviour in asks:
        (missed, done), (false, left_out) = share(True, Verdict.NOT_MET, behaviour), share(False, Verdict.MET, behaviour)
        print(f"{behaviour:<28} missed {missed:>4} of {done:<5} false alarms {false:>3} of {left_out}", file=sys.stderr)
    missed, done = share(True, Verdict.NOT_MET)
    false, left_out = share(False, Verdict.MET)
    figures = {
        "calls": len(calls),
        "planted_as_done": done,
        "missed": missed,
        "planted_as_left_out": left_out,
        "false_alarms": false,
        "not_applicable": sum(n for key, n in answers.items() if key[2] is Verdict.NOT_APPLICABLE),
        "unsure": sum(n for key, n in answers.items() if key[2] is Verdict.UNSURE),
        "holds": missed <= MOST_MISSED * done and false <= MOST_FALSE * left_out,
    }
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
