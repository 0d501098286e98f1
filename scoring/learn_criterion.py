"""What do reviewers' answers to a question teach, and is the question answered better so?

The rule that a scorecard asks by, and what else is known of a call (`scoring.criteria.call_looks`), go into a regularised
logistic regression, taught and checked as a judge of behaviours is (`scoring.learn`): with whole groups of calls left out,
the strength chosen by answers to these, the rule's own answers beside it on the same calls. One answer counts for each call
in these figures: the likelier one, also where a person would be asked.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecards.definition import Rule
from scoring.behaviours.judge import DOUBT
from scoring.criteria.base import Context, Judgement
from scoring.criteria.call_looks import likely_met, look_at, widths
from scoring.criteria.learned import LEARNED, packed
from scoring.learn import Figures, Say, check_enough, in_blocks, teach
from scoring.result import Verdict

STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""How freely weights may grow. Calls are fewer than turns, so that they may be held back more than in `scoring.learn`."""

MORE_LIKELY = 0.5


@dataclass(frozen=True)
class CallLabel:
    """A call with what a person answered to the question, what is seen of it, and what the rule takes to be likely.

    group: what it hangs together with, its agent or the call itself. open: whether the rule leaves it to a person.
    """

    call_id: str
    met: bool
    group: str
    numbers: NDArray[np.float64]
    by_rule: float
    open: bool


@dataclass(frozen=True)
class LearnedQuestion:
    """A question's rule as it was taught, its figures, and the share of the calls that are left to a person: by the rule
    as it was, and by what was taught."""

    rule: Rule
    figures: Figures
    open_before: float
    open_after: float

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values; `sentences` reads them."""
        return {**self.figures.to_dict(), "open_before": self.open_before, "open_after": self.open_after}


def label_of(context: Context, judgement: Judgement, call_id: str, met: bool, group: str) -> CallLabel:
    """A labelled call, given what the question's own rule says of it."""
    return CallLabel(
        call_id,
        met,
        group,
        look_at(context, judgement).numbers,
        likely_met(judgement),
        judgement.verdict is Verdict.UNSURE,
    )


def learn_criterion(
    question: str, rule: Rule, labels: Sequence[CallLabel], stands_on: str, say: Say = lambda _: None
) -> LearnedQuestion:
    """The question's rule taught from these labels; the same for the same labels in any order.

    rule: the one that it is taught on top of, by which `by_rule` was answered; stands_on: the SHA-256 of the judge of
    behaviours. Raises InputError where the labels are too few or too much alike.
    """
    labels = sorted(labels, key=lambda label: label.call_id)
    met, groups = np.array([label.met for label in labels], bool), [label.group for label in labels]
    check_enough(f"“{question}”", met.tolist(), groups, "answers", "it is met")
    blocks = in_blocks(np.stack([label.numbers for label in labels]), widths())
    shipped = np.array([label.by_rule >= MORE_LIKELY for label in labels], bool)
    taught = teach(blocks, met, groups, shipped, len(labels), strengths=STRENGTHS, bound=lambda *_: MORE_LIKELY, say=say)
    params = {
        "rule": {"kind": rule.kind, "with": dict(rule.params)},
        "weights": packed(taught.slope * taught.dense),
        "bias": round(taught.slope * taught.bias + taught.offset, 6),
        "stands_on": stands_on,
        "labels": answers_hash({label.call_id: label.met for label in labels}),
    }
    doubtful = (taught.unseen > DOUBT) & (taught.unseen < 1 - DOUBT)
    return LearnedQuestion(
        Rule(LEARNED, params),
        taught.figures,
        round(float(np.mean([label.open for label in labels])), 4),
        round(float(doubtful.mean()), 4),
    )


def answers_hash(met: Mapping[str, bool]) -> str:
    """SHA-256 of what was answered, by call: what a question was taught from."""
    return hashlib.sha256(json.dumps(sorted(met.items())).encode()).hexdigest()


def sentences(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """What the figures of a learned question mean, for a person; `figures` as `LearnedQuestion.to_dict` gives them."""
    before, after = figures["open_before"], figures["open_after"]
    plain = {name: value for name, value in figures.items() if name not in ("open_before", "open_after")}
    told = Figures.from_dict(plain).sentences("it is met")
    return (*told, f"Left to a person: {before:.0%} of these calls by the scorecard's own rule, {after:.0%} after teaching.")
