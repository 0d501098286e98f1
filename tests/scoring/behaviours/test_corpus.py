"""The corpus says what each behaviour is, shows enough of it, and never says two things of one turn."""

from collections import Counter
from pathlib import Path

import pytest

from errors import InputError
from scoring.behaviours.corpus import Behaviour, behaviours, nothing, read_behaviour
from scoring.behaviours.rows import all_rows, dialogue_rows, feeling_of, outputs
from transcripts.model import Speaker

ASKED_FOR = {
    "empathy", "reflection", "question", "open_question", "checks_understanding", "apology", "takes_ownership", "reassures",
    "offers_help", "offers_remedy", "sets_expectation", "promises_follow_up", "thanks", "greets", "introduces_self",
    "asks_identity", "announces_recording", "recaps", "asks_anything_else", "explains_hold", "dismisses", "blames_customer",
    "argues", "threatens", "over_promises", "reads_script", "jargon", "rude", "complains", "distress", "praises",
    "asks_supervisor", "threatens_to_leave", "repeat_contact",
}  # fmt: skip
HEAD = "title: Thanks\nspeaker: agent\ndefinition: One. Two.\nsource: Attune\n---\n"


def test_every_behaviour_that_was_asked_for_is_there() -> None:
    assert set(behaviours()) == ASKED_FOR


@pytest.mark.parametrize("behaviour", behaviours().values(), ids=lambda behaviour: behaviour.name)
def test_a_behaviour_is_defined_and_shown_two_hundred_times_and_as_often_not(behaviour: Behaviour) -> None:
    assert behaviour.title
    assert behaviour.source
    assert behaviour.definition.count(". ") >= 1, "a definition has two sentences"
    assert behaviour.related <= set(behaviours())
    shown = Counter(example.present for example in behaviour.examples)
    assert shown[True] >= 200
    assert shown[False] >= 200
    groups = {example.group for example in behaviour.examples}
    assert len(groups) >= 19


@pytest.mark.parametrize("behaviour", behaviours().values(), ids=lambda behaviour: behaviour.name)
def test_no_example_is_given_twice(behaviour: Behaviour) -> None:
    times = Counter((example.said.text.casefold(), example.before) for example in behaviour.examples)
    assert [said for said, count in times.items() if count > 1] == []


def test_hardly_a_line_of_sentiment_is_given_twice() -> None:
    """A few of the shortest ("Okay.") are at home in several scenes."""
    times = Counter(row.heard.said.text.casefold() for row in all_rows() if row.kind == "sentiment")
    twice = [said for said, count in times.items() if count > 1]
    assert [said for said in twice if len(said.split()) > 4] == []
    assert len(twice) <= 30


def test_lines_of_sentiment_show_each_feeling_a_thousand_times() -> None:
    shown = Counter(
        ("positive" if row.target[-2] else "negative" if row.target[-1] else "neither")
        for row in all_rows()
        if row.kind == "sentiment"
    )
    assert min(shown[feeling] for feeling in ("positive", "negative", "neither")) >= 1000


def test_in_dialogues_feelings_are_as_rare_as_in_talk_and_no_longer_line_stands_twice() -> None:
    """A short line ("Really?") is said with one feeling here and another there, so those may come again."""
    rows = dialogue_rows()
    felt = Counter(feeling_of(rows).tolist())
    assert len(rows) >= 2500
    assert felt[0] > felt[-1] > felt[1] > 0
    own = [row.heard.said.text.casefold() for row in rows]
    corpus = {row.heard.said.text.casefold() for row in all_rows() if row.kind == "sentiment"}
    assert [said for said, times in Counter(own).items() if times > 1 and len(said.split()) > 4] == []
    assert [said for said in own if said in corpus and len(said.split()) > 4] == []


def test_turns_that_show_nothing_are_all_near_misses() -> None:
    assert len(nothing()) >= 400
    assert not any(example.present for example in nothing())


def test_a_turn_is_never_both_with_and_without_a_behaviour() -> None:
    said: dict[tuple[object, ...], set[float]] = {}
    for row in all_rows():
        for place, name in enumerate(outputs()):
            if row.weight[place] == 1:
                key = (name, row.heard.said.text.casefold(), row.heard.before[-1:])
                said.setdefault(key, set()).add(float(row.target[place]))
    assert [key for key, answers in said.items() if len(answers) > 1] == []


def test_a_conversation_says_everything_about_its_own_side_and_nothing_about_the_other() -> None:
    row = next(row for row in all_rows() if row.kind == "conversation" and row.heard.said.speaker is Speaker.AGENT)
    known = {name for place, name in enumerate(outputs()) if row.weight[place]}
    assert known == {name for name, behaviour in behaviours().items() if behaviour.speaker is Speaker.AGENT}


def test_what_came_before_is_read_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "thanks.txt"
    path.write_text(HEAD + "# a shop\n+ [A: Your name? | C: It's Fenwick.] Thank you.\n- Thanks a bunch!\n")
    first, second = read_behaviour(path).examples
    assert [said.text for said in first.before] == ["Your name?", "It's Fenwick."]
    assert [said.speaker for said in first.before] == [Speaker.AGENT, Speaker.CUSTOMER]
    assert (first.said.text, first.present, second.present) == ("Thank you.", True, False)
    assert first.group == second.group


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: Thanks\n---\n", "is missing"),
        ("titel: Thanks\n---\n", "line 1"),
        (HEAD.replace("agent", "agnet"), "agnet"),
        (HEAD + "* Thanks.\n", "line 6"),
        (HEAD + "+ [Z: Hello] Thanks.\n+ [C: Hello]\n", "line 7"),
        ("title: Thanks", "---"),
    ],
)
def test_a_slip_in_a_file_is_named_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "thanks.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_behaviour(path)
