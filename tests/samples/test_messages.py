"""Do the written sample conversations show what they were written to show, through the reader and the shipped scorecards?"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scorecards.load import shipped
from scoring.criteria import load_checked
from scoring.evaluate import evaluate
from scoring.result import Evaluation
from scoring.signals import measure
from transcripts.formats import read_conversations
from transcripts.formats.messages import ID_DIGITS
from transcripts.model import Medium
from transcripts.written import on_the_clock

MESSAGES = Path(__file__).parents[2] / "samples" / "messages"
EXPECTED: dict[str, dict[str, dict[str, str]]] = YAML(typ="safe").load((MESSAGES / "expected.yaml").read_text("utf-8"))
HOURS = "Mon-Fri 09:00-17:30, Europe/London"


@lru_cache
def conversations() -> dict[str, Any]:
    """The sample conversations by their names, in the order of the file."""
    read = read_conversations(MESSAGES / "messages.csv")
    assert all(len(one.transcript.call_id) == ID_DIGITS for one in read)
    return dict(zip(EXPECTED, read, strict=True))


@lru_cache
def judged(name: str, card: str) -> Evaluation:
    """The evaluation of one of them."""
    one = conversations()[name]
    transcript = on_the_clock(one.transcript, one.started_at, HOURS)
    return evaluate(transcript, measure(transcript), load_checked(shipped()[card]))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_verdicts_a_conversation_was_written_to_show_come_out(name: str) -> None:
    found = {
        card: {criterion: judged(name, card).result(criterion).verdict.value for criterion in expected}
        for card, expected in EXPECTED[name].items()
    }
    assert found == EXPECTED[name]


def test_whoever_asks_for_a_secret_in_writing_fails() -> None:
    assert judged("mail-secret", "written_service").failed_by == ("asks_nothing_secret",)


def test_every_question_of_the_two_scorecards_is_shown_by_a_sample_or_applies_to_none() -> None:
    shown = {(card, criterion) for cards in EXPECTED.values() for card, expected in cards.items() for criterion in expected}
    asked = {(name, c.id) for name in ("written_service", "social_care") for _, c in load_checked(shipped()[name])}
    assert shown == asked
    assert len(asked) >= 20


def test_how_each_was_held_is_known() -> None:
    media = {name: one.transcript.medium for name, one in conversations().items()}
    kinds = {"chat": Medium.CHAT, "mail": Medium.EMAIL, "post": Medium.SOCIAL}
    assert media == {name: kinds[name.partition("-")[0]] for name in EXPECTED}
