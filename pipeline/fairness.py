"""Do calls get the same verdicts when other people hold them?

Each call is judged as it is and with names, pronouns, places and the words of a region exchanged (`scoring.fairness`); the
verdicts that flip are counted. Without files the sample calls are taken: what was to be said in the recorded ones, and a
drawn part of the written ones.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from errors import AttuneError
from pipeline.listen import Failed, Listening
from pipeline.progress import Progress
from pipeline.score import conversations_of, judge, load_scorecards
from pipeline.workers import spread
from samples.written.generate import generate_calls
from scorecards.definition import Scorecard
from scorecards.load import shipped
from scoring.fairness import MOST_FLIPS, Compared, Exchange, Flip, Report, Share, compare, exchanged, report
from transcripts.model import Transcript

RECORDED = Path(__file__).parent.parent / "samples" / "calls"
WRITTEN_CALLS = 40
SEED = 7
MOST_EXAMPLES = 10


@dataclass(frozen=True)
class Audited:
    """What an audit found, and the files that could not be used."""

    found: Report
    failed: tuple[Failed, ...]

    @property
    def holds(self) -> bool:
        """Whether everything could be used and few enough verdicts flipped."""
        return self.found.holds and not self.failed

    def to_dict(self) -> dict[str, Any]:
        """The last line that `cli.py audit fairness` prints."""
        found = self.found
        return {
            "calls": found.calls,
            "overall": _plain(found.overall),
            "of_those_that_apply": _plain(found.applied),
            "exchanges": {str(exchange): _plain(share) for exchange, share in found.exchanges.items()},
            "criteria": {name: _plain(share) for name, share in found.criteria.items()},
            "failed": len(self.failed),
            "most": MOST_FLIPS,
            "holds": self.holds,
        }


def audit(
    files: Sequence[Path],
    scorecard_names: Sequence[str],
    listening: Listening,
    seed: int = SEED,
    written: int = WRITTEN_CALLS,
) -> Audited:
    """Exchange and judge the calls in these files, or the sample calls, by these scorecards, or all that are shipped.

    `written` is how many of the written sample calls are drawn. Raises ScorecardError where a scorecard has problems.
    """
    scorecards = load_scorecards(scorecard_names or tuple(shipped()))
    calls: list[Transcript] = []
    failed: list[Failed] = []
    for file in files or sorted(RECORDED.glob("*.reference.jsonl")):
        try:
            calls += conversations_of(file, listening)
        except AttuneError as wrong:
            failed.append(Failed(file, str(wrong)))
    if not files:
        calls += Random(seed).sample([call.transcript for call in generate_calls()], written)
    compared: list[Compared] = []
    with Progress(len(calls), "Auditing") as progress:
        work = partial(audit_call, scorecards=scorecards, seed=seed)
        for _, outcome in spread(work, calls, _died, listening.workers):
            progress.step()
            if isinstance(outcome, Failed):
                failed.append(outcome)
            else:
                compared += outcome
    compared.sort(key=lambda one: (one.call, one.exchange))  # workers finish in any order
    return Audited(report(compared), tuple(failed))


def audit_call(transcript: Transcript, scorecards: Sequence[Scorecard], seed: int) -> list[Compared] | Failed:
    """One call with each exchange that changes anything in it."""
    try:
        before = [evaluation for _, evaluation in judge(transcript, scorecards).evaluations]
        compared = []
        for exchange in Exchange:
            other = exchanged(transcript, exchange, seed)
            if other != transcript:
                after = [evaluation for _, evaluation in judge(other, scorecards).evaluations]
                compared.append(compare(transcript, other, exchange, before, after))
    except AttuneError as wrong:
        return Failed(Path(transcript.call_id), str(wrong))
    return compared


def flip_line(flip: Flip) -> dict[str, Any]:
    """A flip as plain JSON values."""
    return asdict(flip)


def table(audited: Audited) -> str:
    """What was found, for a person to read."""
    found = audited.found
    rows = [("", "verdicts", "flipped", "share", "90 % interval")]
    rows += [_row("all", found.overall), _row("those that apply", found.applied)]
    rows += [_row(f"  {exchange}", share) for exchange, share in found.exchanges.items()]
    rows += [_row(f"  {name}", share) for name, share in found.criteria.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for flip in found.flips[:MOST_EXAMPLES]:
        text += [
            "",
            f"{flip.scorecard}.{flip.criterion}, {flip.exchange}, call {flip.call}: {flip.before} became {flip.after}",
            f"  before: {flip.sentence_before}",
            f"  after:  {flip.sentence_after}",
        ]
    verdict = "holds" if audited.holds else "does not hold"
    text += ["", *(failed.reason for failed in audited.failed)]
    text.append(f"{found.calls} calls; at most {MOST_FLIPS:.1%} may flip, {found.overall.share:.2%} did: it {verdict}.")
    return "\n".join(text)


def _row(name: str, share: Share) -> tuple[str, str, str, str, str]:
    interval = f"{share.low:.2%} to {share.high:.2%}"
    return name, str(share.verdicts), str(share.flips), f"{share.share:.2%}", interval


def _plain(share: Share) -> dict[str, float]:
    return {
        "flips": share.flips,
        "verdicts": share.verdicts,
        "share": round(share.share, 5),
        "low": round(share.low, 5),
        "high": round(share.high, 5),
    }


def _died(transcript: Transcript) -> Failed:
    return Failed(Path(transcript.call_id), f"Call {transcript.call_id}: the process that judged it died.")
