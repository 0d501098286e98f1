"""A call says where it is doubtful who spoke, and who may put that right does so from its page."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.widgets.desk import Asked
from dashboard.widgets.who_spoke import doubt_words, growth_words, totals_words, what_changed
from reviews.sides import SideChange
from storage.records import Rejudged, SideCorrection
from tests.build import a_transcript, a_turn
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from transcripts.model import Sides, Speaker

DOUBTFUL = ("Tom Reed", 11)
UNKNOWN = ("Sam Ito", 11)


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def press(app: AppTest, *wanted: str) -> None:
    """Press these buttons. AppTest closes a dialog with every run, so that what opens it is pressed along with it."""
    for label in wanted:
        next(button for button in app.button if button.label == label).click()
    app.run()


def called(centre: Centre, call: tuple[str, int]) -> str:
    return centre.calls[call[0]][call[1]]


def test_a_call_that_is_mostly_in_doubt_says_so_with_both_actions_at_hand(look: Look, centre: Centre) -> None:
    app = look("reviewer", "call", id=called(centre, DOUBTFUL))
    assert "It is doubtful who spoke in 3 of 5 turns; verdicts that hang on them wait for a person." in words_of(app)
    assert {"Swap the sides", "Say who spoke, turn by turn"} <= labels(app)
    assert [turn["side_doubt"] for turn in widget_data(app, "desk")["player"]["turns"]] == [False, True, True, True, False]


def test_where_nobody_knows_who_spoke_there_is_nothing_to_swap(look: Look, centre: Centre) -> None:
    app = look("administrator", "call", id=called(centre, UNKNOWN))
    assert "It could not be told who spoke in this call" in words_of(app)
    swap = next(button for button in app.button if button.label == "Swap the sides")
    assert swap.disabled
    assert "nothing to swap" in swap.help


def test_channels_that_were_found_swapped_are_said_to_be_so_on_the_call_and_in_the_list(look: Look, centre: Centre) -> None:
    said = "The channels of this recording are the other way round than they were set."
    app = look("reviewer", "call", id=called(centre, ("Sam Ito", 0)))
    assert said in words_of(app)
    assert "If that is wrong, swap the sides." in words_of(app)
    app = look("coach", "call", id=called(centre, ("Sam Ito", 0)))
    assert "If that is wrong" not in words_of(app)
    rows = str(widget_data(look("reviewer", "calls"), "calls"))
    assert rows.count("Channels found swapped") == 1
    assert rows.count("Sides not told apart") == 1


def test_a_call_without_doubt_has_a_quiet_swap_and_no_notice(look: Look, centre: Centre) -> None:
    app = look("reviewer", "call", id=centre.calls["Tom Reed"][0])
    assert "who spoke" not in words_of(app)
    assert [button.label for button in app.button if "Swap" in button.label] == ["Swap the sides"]
    assert "Say who spoke, turn by turn" not in labels(app)


@pytest.mark.parametrize(("who", "call"), [("coach", DOUBTFUL), ("nadia", ("Nadia Osei", 0)), ("lena", ("Lena Fox", 1))])
def test_coaches_and_agents_have_no_such_control(look: Look, centre: Centre, who: str, call: tuple[str, int]) -> None:
    app = look(who, "call", id=called(centre, call))
    assert not {"Swap the sides", "Say who spoke, turn by turn"} & labels(app)
    assert widget_data(app, "desk")["may_correct"] is False


def test_a_coach_reads_the_doubt_all_the_same(look: Look, centre: Centre) -> None:
    assert "It is doubtful who spoke in 3 of 5 turns" in words_of(look("coach", "call", id=called(centre, DOUBTFUL)))


def test_swapped_sides_need_a_reason_and_show_what_became_of_the_totals(look: Look, fresh_centre: Centre) -> None:
    call_id = fresh_centre.calls["Lena Fox"][0]
    app = look("reviewer", "call", fresh_centre, id=call_id)
    press(app, "Swap the sides")
    press(app, "Swap the sides", "Swap the sides and score again")
    assert "Say in a few words how you know" in words_of(app)
    app.text_area[0].set_value("The desk is on the right channel.")
    press(app, "Swap the sides", "Swap the sides and score again")
    words = words_of(app)
    assert "Saved, and scored again. Manners stays at 0, Safety 100 → 75." in words
    assert "**Rosa Lind**" in words
    assert "agent and customer swapped" in words
    assert "The desk is on the right channel." in words
    assert [turn["speaker"] for turn in widget_data(app, "desk")["player"]["turns"]][:2] == ["customer", "agent"]
    read = words_of(look("lena", "call", fresh_centre, id=call_id))
    assert "The desk is on the right channel." in read
    assert "who spoke: corrected" in read


def test_one_turn_is_reassigned_from_the_transcript(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = called(fresh_centre, DOUBTFUL)
    app = look("reviewer", "call", fresh_centre, id=call_id)
    # AppTest cannot click inside a widget of ours; this stands for the click on the third turn's button.
    with monkeypatch.context() as clicked:
        clicked.setattr("dashboard.widgets.desk.show_desk", lambda *_, **__: Asked(speaker=2))
        app.run()
        app.text_area[0].set_value("It is Tom's voice.")
        press(app, "Save and score again")
        assert "Choose who spoke." in words_of(app)
        app.radio[0].set_value(Speaker.AGENT)
        press(app, "Save and score again")
    app.run()
    assert "the turn at 0:08 confirmed as agent." in words_of(app)
    assert [turn["side_doubt"] for turn in widget_data(app, "desk")["player"]["turns"]] == [False, True, False, True, False]


def test_who_spoke_is_said_turn_by_turn(look: Look, fresh_centre: Centre) -> None:
    app = look("reviewer", "call", fresh_centre, id=called(fresh_centre, UNKNOWN))
    press(app, "Say who spoke, turn by turn")
    for turn, speaker in zip(app.button_group, ["agent", "customer", "agent", "customer", "agent"], strict=True):
        turn.set_value(Speaker(speaker))
    app.text_area[0].set_value("I know both voices.")
    press(app, "Say who spoke, turn by turn", "Save and score again")
    words = words_of(app)
    assert "5 turns given to who spoke them." in words
    assert "Manners not scored → " in words
    assert "could not be told who spoke" not in words


def test_words_for_a_conversation_that_went_on() -> None:
    when = datetime(2026, 3, 4, 12, tzinfo=UTC)
    came = tuple((n, Speaker.AGENT, Speaker.AGENT) for n in (3, 4, 5, 6))
    change = SideCorrection(1, "Attune", when, SideChange.WENT_ON, "", came, (), datetime(2026, 3, 3, 12, tzinfo=UTC))
    assert growth_words(change) == "Went on on 3 March 2026: 4 more messages."
    assert growth_words(replace(change, turns=came[:1], since=None)) == "Went on: 1 more message."
    nothing = replace(change, turns=(), since=None)
    assert growth_words(nothing) == "Nothing more was written until a later export, taken in on 4 March 2026."


def test_the_page_says_when_a_conversation_went_on_the_latest_first() -> None:
    def page() -> None:
        from datetime import UTC, datetime
        from types import SimpleNamespace

        from dashboard.widgets.who_spoke import show_growth, show_history
        from reviews.sides import SideChange
        from storage.records import Rejudged, SideCorrection
        from transcripts.model import Speaker

        def grew(day: int, before: float, after: float) -> SideCorrection:
            at, came = datetime(2026, 3, day, 12, tzinfo=UTC), ((day, Speaker.AGENT, Speaker.AGENT),)
            totals = (Rejudged("care", "Care", before, after),)
            return SideCorrection(day, "Attune", at, SideChange.WENT_ON, "", came, totals, at)

        details = SimpleNamespace(side_corrections=(grew(3, 40, 50), grew(5, 50, 70)), transcript=None)
        show_growth(details)  # type: ignore[arg-type]
        show_history(details)  # type: ignore[arg-type]

    app = AppTest.from_function(page).run()
    assert not app.exception
    first, second = (text.value for text in app.markdown)
    assert first.endswith("**Went on on 5 March 2026: 1 more message.**  \nCare 50 → 70.")
    assert second.endswith("**Went on on 3 March 2026: 1 more message.**  \nCare 40 → 50.")
    assert [one.label for one in app.expander] == ["It went on before: 1 time"]


def test_words_for_what_was_doubted_and_changed() -> None:
    call = a_transcript(a_turn("agent", "Hello.", 65, 66), a_turn("customer", "Hi.", 66, 67))
    doubted = replace(call, sides=Sides.GIVEN, turns=tuple(replace(t, side_confidence=0.2) for t in call.turns))
    assert doubt_words(doubted).endswith("what the scorecards say of one side may be about the other.")
    when = datetime(2026, 8, 14, tzinfo=UTC)
    one = SideCorrection(1, "Rosa Lind", when, SideChange.TURNS, "", ((0, Speaker.AGENT, Speaker.OTHER),), ())
    assert what_changed(one, call) == "the turn at 1:05 from agent to somebody else."
    written = a_transcript(a_turn("agent", "Hello."))
    assert what_changed(one, written) == "turn 1 from agent to somebody else."
    assert totals_words((Rejudged("care", "Care*", 40.4, 40.2),)) == r"Care\* stays at 40."
    assert totals_words(()) == "No scorecard has judged this call."
