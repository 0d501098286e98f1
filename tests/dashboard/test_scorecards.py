"""A quality manager makes, tries, activates and retires a scorecard on the page, without a line of YAML."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from scorecards.dump import dump_scorecard
from scorecards.load import load_scorecard, read_scorecard, shipped
from scorecards.scope import EVERYTHING, Scope
from scoring.criteria import KINDS, check_data
from scoring.result import Verdict
from storage import scorecard_drafts as kept
from storage.database import open_database, reading, transaction
from tests.dashboard.centre import MANNERS, Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press


def a_draft(centre: Centre, who: str = "quality", based_on: int | None = None, **changes: Any) -> kept.Draft:
    """A draft with one question, in the database of that centre."""
    question = {
        "id": "greets",
        "question": "Does the agent greet?",
        "kind": "says.v1",
        "with": {"phrases": ["good morning"]},
    }
    section = {"id": "opening", "title": "Opening", "criteria": [question]}
    definition = {"id": "care", "title": "Care", "pass_mark": 70, "sections": [section], **changes}
    with transaction(open_database(centre.url)) as session:
        return kept.new_draft(session, centre.askers[who], definition, based_on)


def stored(centre: Centre, draft_id: int) -> kept.Draft:
    with reading(open_database(centre.url)) as session:
        return kept.load_draft(session, centre.askers["administrator"], draft_id)


def field(app: AppTest, label: str, number: int = 0) -> Any:
    """A widget by its label."""
    every = [
        *app.text_input,
        *app.text_area,
        *app.number_input,
        *app.selectbox,
        *app.multiselect,
        *app.checkbox,
        *app.toggle,
    ]
    return [one for one in every if one.label == label][number]


@pytest.fixture
def editing(look: Look, fresh_centre: Centre) -> Callable[..., AppTest]:
    """Opens a draft: `editing(draft, q="greets")`."""

    def at(draft: kept.Draft, who: str = "quality", **more: str) -> AppTest:
        return look(who, "scorecards", fresh_centre, draft=draft.id, **more)

    return at


# Reading


def test_the_list_says_what_each_scorecard_is_and_what_it_is_for(look: Look, fresh_centre: Centre) -> None:
    a_draft(fresh_centre)
    with transaction(open_database(fresh_centre.url)) as session:
        kept.set_scope(session, fresh_centre.askers["quality"], "safety", Scope(teams=("Harbour",)))
        kept.retire(session, fresh_centre.askers["quality"], "manners")
    rows = widget_data(look("quality", "scorecards", fresh_centre), "all-scorecards")["rows"]
    said = [[cell.get("text") or cell.get("chips", [{"words": ""}])[0]["words"] for cell in row["cells"]] for row in rows]
    assert [line[:4] for line in said] == [
        ["Care", "Draft", "–", "1"],
        ["Manners", "Retired", "1", "3"],
        ["Safety", "In use", "1", "2"],
    ]
    assert [line[4] for line in said] == ["–", "48", "48"]
    assert said[2][5] == "calls of team Harbour"


def test_a_scorecard_is_read_in_plain_words(look: Look, centre: Centre) -> None:
    words = words_of(look("quality", "scorecards", centre, card="safety"))
    assert "Did the agent check who is calling?" in words
    assert "25.0 of 100 · answered by certain words that were said" in words
    assert "fails the whole scorecard" in words
    assert "Phrases: “date of birth”" in words
    assert "Only calls for which it is named in the list of calls." in words
    for jargon in ("says.v1", "never_says", "params", "yaml"):
        assert jargon not in words


@pytest.mark.parametrize("who", ["reviewer", "coach", "nadia"])
def test_only_who_manages_quality_has_the_page(look: Look, centre: Centre, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "scorecards")


def test_what_a_scorecard_is_for_is_said_on_its_page(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "scorecards", fresh_centre, card="manners")
    next(radio for radio in app.radio if radio.label == "Which calls?").set_value("Some calls").run()
    field(app, "Teams").set_value(["Harbour"]).run()
    press(app, "Save")
    assert "Saved. It is for calls of team Harbour." in words_of(app)
    with reading(open_database(fresh_centre.url)) as session:
        assert kept.scopes(session, fresh_centre.askers["quality"]) == {"manners": Scope(teams=("Harbour",))}
        (event,) = kept.history(session, fresh_centre.askers["quality"], "manners")
    assert event.author == "Mira Holt"


def test_a_scorecard_is_retired_after_asking_and_put_into_use_again(look: Look, fresh_centre: Centre) -> None:
    app = look("administrator", "scorecards", fresh_centre, card="manners")
    press(app, "Retire")
    assert "will judge no more calls" in words_of(app)
    press(app, "Retire", "Retire it")
    assert "Manners is retired." in words_of(app)
    press(app, "Put into use again")
    assert "Version 1 is in use again." in words_of(app)


# Beginning


def test_a_scorecard_begins_empty_and_says_what_it_still_needs(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "scorecards", fresh_centre)
    press(app, "Begin with an empty one")
    assert app.title[0].value == "New scorecard"
    assert "Add a question." in words_of(app)
    press(app, "Add a question")
    words = words_of(app)
    assert "Fill this in." in words
    assert "Give at least one phrase or pattern to look for." in words


def test_a_scorecard_begins_as_a_copy_of_a_shipped_one(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "scorecards", fresh_centre)
    field(app, "Or with a copy of one that Attune comes with").set_value("empathy").run()
    press(app, "Copy it")
    assert app.title[0].value == "Copy of Empathy"
    with reading(open_database(fresh_centre.url)) as session:
        (draft,) = kept.drafts(session, fresh_centre.askers["quality"])
    assert draft.scorecard == "empathy_2"


def test_changes_to_one_in_use_are_a_draft_of_its_next_version(look: Look, fresh_centre: Centre) -> None:
    app = look("quality", "scorecards", fresh_centre, card="manners")
    press(app, "Make changes")
    with reading(open_database(fresh_centre.url)) as session:
        (draft,) = kept.drafts(session, fresh_centre.askers["quality"])
    assert (draft.scorecard, draft.based_on) == ("manners", 1)
    checked = check_data({**draft.definition, "version": 1})
    assert checked.scorecard == MANNERS


# Editing


def test_what_is_typed_is_saved_and_judged_at_once(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft, q="greets")
    before = widget_data(app, "trial-greets")["calls"]
    assert {call["verdict"] for call in before} == {"met", "not_met"}
    field(app, "Phrases, 2").set_value("service desk").run()
    after = widget_data(app, "trial-greets")["calls"]
    assert {call["verdict"] for call in after} == {"met"}
    assert stored(fresh_centre, draft.id).definition["sections"][0]["criteria"][0]["with"]["phrases"] == [
        "good morning",
        "service desk",
    ]


def test_what_is_wrong_is_said_beside_its_field_and_keeps_it_from_being_activated(
    editing: Callable[..., AppTest], fresh_centre: Centre
) -> None:
    app = editing(a_draft(fresh_centre), q="greets")
    field(app, "Weight").set_value(0).run()
    assert "This is a number above 0 and at most 1000, not 0." in words_of(app)
    field(app, "The question").set_value("").run()
    assert "Fill this in." in words_of(app)
    app.run()
    assert next(button for button in app.button if button.label == "Activate").disabled


def test_every_kind_of_question_can_be_chosen_and_filled_in(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft, q="greets")
    for kind in KINDS.keys() - {"learned.v1"}:  # what teaching writes
        field(app, "This is answered by").set_value(kind).run()
        assert not app.exception
        question = stored(fresh_centre, draft.id).definition["sections"][0]["criteria"][0]
        assert question["kind"] == kind


def test_questions_within_questions_are_filled_in(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft, q="greets")
    field(app, "This is answered by").set_value("any_of.v1").run()
    press(app, "Add a thing that is judged")
    field(app, "Phrases").set_value("hello there").run()
    field(app, "Only after").set_value("Showing").run()
    field(app, "Behaviour").set_value(["distress"]).run()
    question = stored(fresh_centre, draft.id).definition["sections"][0]["criteria"][0]
    within = {"after": {"behaviour": ["distress"]}}
    assert question["with"] == {"rules": [{"kind": "says.v1", "with": {"phrases": ["hello there"], "within": within}}]}
    assert check_data({**stored(fresh_centre, draft.id).definition, "version": 1}).problems == ()


def test_answers_with_points_conditions_and_bonus_are_filled_in(
    editing: Callable[..., AppTest], fresh_centre: Centre
) -> None:
    second = {"id": "care", "question": "Did the agent care?", "kind": "by_hand.v1"}
    first = {"id": "greets", "question": "Does the agent greet?", "kind": "says.v1", "with": {"phrases": ["hello"]}}
    section = {"id": "opening", "title": "Opening", "criteria": [first, second]}
    draft = a_draft(fresh_centre, sections=[section])
    app = editing(draft, q="care")
    field(app, "It is answered with").set_value("scale").run()
    field(app, "Earns, in %", 1).set_value(40).run()
    field(app, "Bonus").check().run()
    field(app, "Only where another question was answered so").set_value(True).run()
    field(app, "was answered").set_value(["met", "partly"]).run()
    field(app, "A reviewer has to say why, for").set_value(["1"]).run()
    question = stored(fresh_centre, draft.id).definition["sections"][0]["criteria"][1]
    assert question["answers"]["options"][1]["points"] == 0.4
    assert question["bonus"] is True
    assert question["asked_when"] == {"criterion": "greets", "is": ["met", "partly"]}
    assert question["comment_required"] == ["1"]
    assert check_data({**stored(fresh_centre, draft.id).definition, "version": 1}).problems == ()


@pytest.mark.parametrize("name", ["collections", "listening"])
def test_looking_at_a_draft_changes_nothing_of_it(editing: Callable[..., AppTest], fresh_centre: Centre, name: str) -> None:
    values = read_scorecard(shipped()[name].read_text(encoding="utf-8")).data
    assert values is not None
    draft = a_draft(fresh_centre, **{**values, "id": "another"})
    app = editing(draft)
    for section in values["sections"]:
        for question in section["criteria"]:
            app.query_params["q"] = question["id"]
            app.run()
            assert not app.exception
    assert stored(fresh_centre, draft.id) == draft


def test_a_file_goes_in_and_out_without_loss() -> None:
    for path in shipped().values():
        card = load_scorecard(path)
        values = read_scorecard(dump_scorecard(card)).data
        assert values is not None
        assert check_data(values).scorecard == card


def test_a_section_is_added_and_named(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft)
    press(app, "Add a section")
    field(app, "Section", 1).set_value("Closing").run()
    definition = stored(fresh_centre, draft.id).definition
    assert [section["title"] for section in definition["sections"]] == ["Opening", "Closing"]


# Marks


def test_marks_show_with_every_change_how_many_are_right(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft, mira = a_draft(fresh_centre), fresh_centre.askers["quality"]
    calls = fresh_centre.calls["Tom Reed"]
    with transaction(open_database(fresh_centre.url)) as session:
        kept.mark_call(session, mira, draft.id, "greets", calls[2], Verdict.MET, True)
        kept.mark_call(session, mira, draft.id, "greets", calls[3], Verdict.NOT_MET, False)
    app = editing(draft, q="greets")
    assert "marked calls right" in words_of(app)
    shown = {call["id"]: call for call in widget_data(app, "trial-greets")["calls"]}
    assert shown[calls[2]]["mark"] == "right"
    assert shown[calls[3]]["mark"] == "wrong"


# Two editors


def test_two_who_edit_are_told_of_each_other_and_both_changes_stay(
    editing: Callable[..., AppTest], fresh_centre: Centre
) -> None:
    draft = a_draft(fresh_centre)
    mine, theirs = editing(draft, q="greets"), editing(draft, "administrator", q="greets")
    field(theirs, "Weight").set_value(5).run()
    # `editing` says who is looking for all pages alike; the first one's next click is seen as the administrator's.
    field(mine, "The question").set_value("Did the agent greet?").run()
    question = stored(fresh_centre, draft.id).definition["sections"][0]["criteria"][0]
    assert (question["weight"], question["question"]) == (5, "Did the agent greet?")
    again = editing(draft, q="greets")
    assert "Ada Winter edits this draft too" in "\n".join(info.value for info in again.info)


def test_what_was_set_aside_is_chosen_by_a_person(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft, mira, ada = a_draft(fresh_centre), fresh_centre.askers["quality"], fresh_centre.askers["administrator"]
    with transaction(open_database(fresh_centre.url)) as session:
        for asker, title in ((ada, "Ada's title"), (mira, "Mira's title")):
            kept.save_draft(session, asker, draft.id, draft.definition, draft.edit, {**draft.definition, "title": title})
    app = editing(draft)
    assert app.title[0].value == "Ada's title"
    assert "Mira Holt wrote:" in words_of(app)
    press(app, "Use this")
    after = stored(fresh_centre, draft.id)
    assert (after.title, after.aside) == ("Mira's title", ())


# Activating


def test_a_draft_is_activated_after_asking_for_what_it_is_for(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft)
    press(app, "Activate")
    assert "It will judge **all calls**." in words_of(app)
    assert "First see what it would have said of past calls" in [link.proto.label for link in app.get("page_link")]
    next(button for button in app.button if button.label == "Activate").click()
    field(app, "Short name").set_value("front_desk")
    press(app, "Activate it")
    assert "Version 1 is in use, for all calls." in words_of(app)
    with reading(open_database(fresh_centre.url)) as session:
        decided = kept.in_force(session)
    assert decided.scopes == {"front_desk": EVERYTHING}
    assert decided.decided["front_desk"] is not None


def test_a_draft_is_discarded_after_asking_and_taken_up_again(editing: Callable[..., AppTest], fresh_centre: Centre) -> None:
    draft = a_draft(fresh_centre)
    app = editing(draft)
    press(app, "Discard")
    press(app, "Discard", "Discard it")
    assert "The draft is put away." in words_of(app)
    press(app, "Take it up again")
    assert app.title[0].value == "Care"
    assert stored(fresh_centre, draft.id) == draft
