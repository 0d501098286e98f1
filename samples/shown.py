"""Which verdicts of a recorded sample call are not those that it was made to show?"""

from samples.make_recordings import Script
from scorecards.load import load_scorecard, shipped
from scoring.evaluate import evaluate
from scoring.signals.model import Signals
from transcripts.model import Transcript


def not_shown(script: Script, transcript: Transcript, signals: Signals) -> list[str]:
    """A sentence for each verdict by a shipped scorecard that is another than the script expects."""
    others = []
    for card, expected in script.expected.items():
        evaluation = evaluate(transcript, signals, load_scorecard(shipped()[card]))
        for criterion, verdict in expected.items():
            if (found := evaluation.result(criterion).verdict.value) != verdict:
                others.append(f"{card}.{criterion} should be {verdict} and is {found}")
    return others
