"""Other programs' turns and labels are read as they are meant, and what is wrong is said with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from errors import InputError
from scoring.behaviours.corpus import Said
from scoring.behaviours.lines import heard_of, objects, read_labels
from scoring.behaviours.turns import Heard
from transcripts.model import Speaker

TURN: dict[str, Any] = {"speaker": "agent", "text": "I see.", "before": [{"speaker": "customer", "text": "It broke."}]}


def test_a_line_is_a_turn_with_those_before_it() -> None:
    ((place, value),) = objects([json.dumps(TURN), "\n"], "given")
    assert heard_of(value, place) == Heard(Said(Speaker.AGENT, "I see."), (Said(Speaker.CUSTOMER, "It broke."),))


def test_a_turn_may_come_without_those_before_it() -> None:
    assert heard_of({"speaker": "customer", "text": "Hello"}, "here").before == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[1]", "given line 2: a JSON object"),
        ("nothing", "given line 2: this is not JSON"),
        ('{"speaker": "agnet", "text": "x"}', "given line 2: `speaker` is one of agent, customer, other, not 'agnet'"),
        ('{"speaker": "agent"}', "given line 2: a text is needed in `text`"),
        ('{"speaker": "agent", "text": "x", "before": "y"}', "given line 2: `before` is a list of turns"),
        ('{"speaker": "agent", "text": "x", "before": [{"speaker": "agent"}]}', "given line 2, `before`: a text"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_number(line: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        [heard_of(value, place) for place, value in objects([json.dumps(TURN), line], "given")]


def test_labels_say_whether_it_is_there_and_what_the_turn_belongs_to(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    lines = [{**TURN, "present": True, "group": 7}, {**TURN, "present": False, "group": "Nadia"}]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert [(label.present, label.group) for label in read_labels(file)] == [(True, "7"), (False, "Nadia")]


@pytest.mark.parametrize(
    ("more", "says"), [({"present": "yes", "group": 1}, "`present` is true"), ({"present": True}, "`group` names")]
)
def test_a_label_without_an_answer_or_a_group_is_refused(tmp_path: Path, more: dict[str, object], says: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({**TURN, **more}))
    with pytest.raises(InputError, match=f"labels.jsonl line 1: {says}"):
        read_labels(file)


def test_labels_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.jsonl cannot be read"):
        read_labels(tmp_path / "nowhere.jsonl")
