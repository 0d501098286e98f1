"""How well does `answers.v1` tell an answer from a prepared text that ignores the question?

    python -m bench.answers

Each question of `bench.answer_pairs` stands in a conversation of two messages, once with its answer and once with the
prepared text. Counted is what comes out, on the pairs that the bounds were chosen by and on those that were written
afterwards. Promised, of the unseen: at most one answer in ten is called none, at least four prepared texts in ten are found,
and where the machine decides, at least three in four decisions are right.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence

from bench.answer_pairs import SEEN, UNSEEN
from scorecards.definition import Rule
from scoring.criteria.base import Context
from scoring.criteria.registry import rule_from
from scoring.criteria.text import Conversation
from scoring.result import Verdict
from scoring.signals import measure
from transcripts.model import Sides, Speaker, Transcript, Turn


def verdict(question: str, reply: str) -> Verdict:
    """What the kind says of that question and that reply."""
    asked = question if question.endswith("?") else f"{question}?"
    turns = (Turn(Speaker.CUSTOMER, None, None, asked), Turn(Speaker.AGENT, None, None, reply))
    transcript = Transcript("pair", turns, 0.0, 0, sides=Sides.GIVEN)
    return (
        rule_from(Rule("answers.v1", {})).judge(Context(transcript, measure(transcript), Conversation(transcript))).verdict
    )


def figures(pairs: Sequence[tuple[str, str, str]]) -> dict[str, float]:
    """Shares of answers and of prepared texts by what was said of them, and how many of the decisions were right."""
    answered = Counter(verdict(question, answer) for question, answer, _ in pairs)
    ignored = Counter(verdict(question, prepared) for question, _, prepared in pairs)
    met, not_met = answered[Verdict.MET] + ignored[Verdict.MET], answered[Verdict.NOT_MET] + ignored[Verdict.NOT_MET]
    return {
        "pairs": len(pairs),
        "answers_called_none": round(answered[Verdict.NOT_MET] / len(pairs), 3),
        "prepared_texts_found": round(ignored[Verdict.NOT_MET] / len(pairs), 3),
        "left_to_a_person": round((answered[Verdict.UNSURE] + ignored[Verdict.UNSURE]) / (2 * len(pairs)), 3),
        "right_where_met": round(answered[Verdict.MET] / met, 3) if met else 0.0,
        "right_where_not_met": round(ignored[Verdict.NOT_MET] / not_met, 3) if not_met else 0.0,
    }


def main() -> int:
    """Measure and print one JSON object."""
    seen, unseen = figures(SEEN), figures(UNSEEN)
    holds = (
        unseen["answers_called_none"] <= 0.1
        and unseen["prepared_texts_found"] >= 0.4
        and min(unseen["right_where_met"], unseen["right_where_not_met"]) >= 0.75
    )
    print(json.dumps({"seen": seen, "unseen": unseen, "holds": holds}))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
