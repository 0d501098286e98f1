"""How much of what is private is taken out, and how often is something taken out that is not?

    python -m bench.private

Invented conversations in which something private of every kind is said, and others with numbers and nothing private
(`bench.private_lines`). The held-out ones are what is promised: their patterns and ways of saying digits were written
before the rules, and nobody looked at which of them fail. An example is caught only where no private word of it is left.
A false alarm is a conversation with nothing private in which anything at all was taken out. Intervals are Wilson's, 95 %.

    python -m bench.private --verdicts

Judges sample calls with and without their private words, and says how many verdicts differ, and how long taking them out
takes beside judging.

The last line is a JSON object; the exit status is 1 where a bound is missed.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from scipy.stats import binomtest

from bench.private_examples import Example, examples, nothing_private
from pipeline.score import judge, load_scorecards
from samples.make_recordings import CALLS
from samples.written.generate import generate_calls
from scorecards.load import shipped
from transcripts.formats import read_conversations
from transcripts.private import Kind, Removed, redact

LEAST_RECALL = 0.9
"""Of all held-out examples at least so many are caught."""
LEAST_RECALL_OF_A_KIND = 0.75
MOST_FALSE_ALARMS = 0.02
"""Of the held-out conversations with nothing private, at most so many lose a word."""


@dataclass(frozen=True)
class Share:
    """So many of so many, with its interval."""

    found: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """As a share of one."""
        return self.found / self.of

    def __str__(self) -> str:
        return f"{self.rate:6.1%} ({self.low:.1%} to {self.high:.1%}) of {self.of}"


def share(found: int, of: int) -> Share:
    """With Wilson's interval of 95 %."""
    interval = binomtest(found, of).proportion_ci(method="wilson")
    return Share(found, of, round(float(interval.low), 4), round(float(interval.high), 4))


def gone(example: Example, removed: Sequence[Removed]) -> set[tuple[int, int]]:
    """The words of an example, by turn and place, that were taken out."""
    taken: set[tuple[int, int]] = set()
    for one in removed:
        if one.start is None or one.end is None:
            continue
        for place, word in enumerate(example.transcript.turns[one.turn].words):
            if word.start < one.end - 0.01 and one.start < word.end - 0.01:
                taken.add((one.turn, place))
    return taken


@dataclass(frozen=True)
class Figures:
    """What was measured; by kind where it says so."""

    recall: Share
    recall_by_kind: Mapping[str, Share]
    named_rightly: Mapping[str, Share]
    false_alarms: Share
    false_alarms_by_kind: Mapping[str, Share]
    other_words_lost: Share
    milliseconds_each: float

    @property
    def holds(self) -> bool:
        """Whether the bounds are kept."""
        least = min(one.rate for one in self.recall_by_kind.values())
        enough = self.recall.rate >= LEAST_RECALL and least >= LEAST_RECALL_OF_A_KIND
        return enough and self.false_alarms.rate <= MOST_FALSE_ALARMS


def measure(private: Sequence[Example], nothing: Sequence[Example]) -> Figures:
    """Take out what is private of all these conversations, and count."""
    started = time.perf_counter()
    caught: Counter[str] = Counter()
    named: Counter[str] = Counter()
    of: Counter[str] = Counter()
    words_lost = words = 0
    for example in private:
        removed = redact(example.transcript).removed
        taken = gone(example, removed)
        of[example.kind] += 1
        caught[example.kind] += example.private <= taken
        named[example.kind] += any(one.kind == example.kind for one in removed)
        words_lost += len(taken - example.private)
        words += sum(len(turn.words) for turn in example.transcript.turns) - len(example.private)
    alarms: Counter[str] = Counter()
    alarmed = 0
    for example in nothing:
        removed = redact(example.transcript).removed
        alarmed += bool(removed)
        alarms.update({one.kind.value for one in removed})
    seconds = time.perf_counter() - started
    return Figures(
        share(caught.total(), len(private)),
        {kind: share(caught[kind], of[kind]) for kind in of},
        {kind: share(named[kind], of[kind]) for kind in of},
        share(alarmed, len(nothing)),
        {kind.value: share(alarms[kind.value], len(nothing)) for kind in Kind},
        share(words_lost, words),
        round(1000 * seconds / (len(private) + len(nothing)), 2),
    )


def main() -> None:
    """Measure, print a table, and say whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--each", type=int, default=150, help="Examples of every kind.")
    parser.add_argument("--nothing", type=int, default=1500, help="Conversations with nothing private.")
    parser.add_argument("--rehearsed", action="store_true", help="The set that was looked at, and what of it fails.")
    parser.add_argument("--verdicts", action="store_true", help="Instead: how many verdicts of sample calls change.")
    asked = parser.parse_args()
    if asked.verdicts:
        print(json.dumps(changed := verdicts()))
        sys.exit(0 if changed["holds"] else 1)
    private = examples(asked.seed, not asked.rehearsed, asked.each)
    nothing = nothing_private(asked.seed, not asked.rehearsed, asked.nothing)
    found = measure(private, nothing)
    if asked.rehearsed:
        show_failures(private, nothing)
    print(table(found))
    print(json.dumps({**asdict(found), "seed": asked.seed, "held_out": not asked.rehearsed, "holds": found.holds}))
    sys.exit(0 if found.holds else 1)


MOST_CHANGED_VERDICTS = 0.005
"""Of the verdicts of calls in which something is taken out, at most so many change."""


def verdicts() -> dict[str, object]:
    """How many verdicts of the recorded calls' scripts and of every eighth written call change without private words."""
    cards = load_scorecards(sorted(shipped()))
    calls = [said.transcript for file in sorted(CALLS.glob("*.reference.jsonl")) for said in read_conversations(file)]
    calls += [call.transcript for call in generate_calls(until=date(2026, 3, 30))[::8]]
    changed: Counter[str] = Counter()
    judged = without = 0
    redacting = judging = 0.0
    for transcript in calls:
        started = time.perf_counter()
        redacted = redact(transcript)
        redacting += time.perf_counter() - started
        started = time.perf_counter()
        before = judge(transcript, cards)
        judging += time.perf_counter() - started
        if not redacted.removed:
            continue
        without += 1
        after = judge(redacted.transcript, cards)
        for (card, one), (_, other) in zip(before.evaluations, after.evaluations, strict=True):
            for result, now in zip(one.results, other.results, strict=True):
                judged += 1
                if result.verdict is not now.verdict:
                    changed[f"{card.id}/{result.criterion}: {result.verdict} to {now.verdict}"] += 1
    rate = changed.total() / judged
    return {
        "calls": len(calls),
        "calls_with_private_words": without,
        "verdicts": judged,
        "changed": changed.total(),
        "rate": round(rate, 5),
        "which": dict(changed.most_common()),
        "redacting_milliseconds_a_call": round(1000 * redacting / len(calls), 2),
        "judging_milliseconds_a_call": round(1000 * judging / len(calls), 1),
        "holds": rate <= MOST_CHANGED_VERDICTS,
    }


def table(found: Figures) -> str:
    """For a person to read."""
    rows = [f"{'kind':<22}{'caught':<34}false alarms"]
    rows += [f"{kind:<22}{one!s:<34}{found.false_alarms_by_kind[kind]}" for kind, one in found.recall_by_kind.items()]
    rows += [f"{'all':<22}{found.recall!s:<34}{found.false_alarms}"]
    rows += [f"Other words lost beside what is private: {found.other_words_lost}"]
    return "\n".join([*rows, f"{found.milliseconds_each} ms a conversation"])


def show_failures(private: Sequence[Example], nothing: Sequence[Example]) -> None:
    """Each example that is not caught, and each false alarm, as it reads; `*` marks what is private."""
    for example in [*private, *nothing]:
        redacted = redact(example.transcript)
        if example.private <= gone(example, redacted.removed) and (example.kind or not redacted.removed):
            continue
        print(f"-- {example.kind or 'nothing private'}")
        for place, turn in enumerate(example.transcript.turns):
            marked = " ".join(
                ("*" if (place, w) in example.private else "") + word.text for w, word in enumerate(turn.words)
            )
            print(f"   {turn.speaker}: {marked}\n   ->  {redacted.transcript.turns[place].text}")


if __name__ == "__main__":
    main()
