"""Every page says what it knows, how sure it is, and leads on to what is behind it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard.access
import dashboard.data
from coaching.gaps import rates
from dashboard.views.criterion import standing_words
from dashboard.widgets.downloads import FORMS
from dashboard.widgets.words import percent
from storage.access import Asker, Role
from storage.records import CallDetails
from tests.dashboard.centre import CALLS_EACH, MARKUP, Centre
from tests.dashboard.conftest import MAIN, Look, widget_data, words_of

MAP = "Every criterion"
"""The tab with the heat map."""


def cells(app: AppTest, key: str, column: int) -> list[Any]:
    """The words of one column of a table."""
    return [row["cells"][column].get("text") for row in widget_data(app, key)["rows"]]


def test_the_overview_counts_calls_failures_and_what_waits(look: Look) -> None:
    figures = {metric.label: metric.value for metric in look("reviewer", "overview").metric}
    assert figures["Calls"] == "48"
    assert figures["Calls with an automatic failure"] == "1"
    assert figures["Calls waiting for a person"] == "48"


def test_the_overview_quotes_what_failed_a_call(look: Look, centre: Centre) -> None:
    app = look("reviewer", "overview")
    assert cells(app, "failures", 1) == ["You will regret this"]
    assert widget_data(app, "failures")["rows"][0]["href"].startswith(f"/call?id={centre.calls['Nadia Osei'][3]}")


def test_the_overview_draws_each_scorecard_against_its_pass_mark(look: Look) -> None:
    charts = [chart.proto.spec for chart in look("reviewer", "overview").get("vega_lite_chart")]
    assert sum("pass_mark" in spec for spec in charts) == 2
    assert any("Manners" in spec for spec in charts)


def test_calls_are_filtered_by_agent_and_failure(look: Look, centre: Centre) -> None:
    app = look("reviewer", "calls", agent="Nadia Osei")
    assert f"{CALLS_EACH} calls" in words_of(app)
    app.toggle(key="failed").set_value(True).run()
    assert [row["id"] for row in widget_data(app, "calls")["rows"]] == [centre.calls["Nadia Osei"][3]]


def test_calls_are_filtered_by_team_and_score(look: Look) -> None:
    app = look("reviewer", "calls", team="Meadow")
    app.slider(key="score").set_value((0, 60)).run()
    agents = set(cells(app, "calls", 2))
    assert agents <= {"Lena Fox", "Sam Ito"}
    assert all(row["cells"][4]["score"] <= 60 for row in widget_data(app, "calls")["rows"])


def test_no_call_that_fits_says_what_to_do(look: Look) -> None:
    app = look("reviewer", "calls", agent="Tom Reed", failed="true")
    assert "No call fits" in words_of(app)


def test_a_search_leads_to_the_turn_in_which_it_was_said(look: Look, centre: Centre) -> None:
    app = look("reviewer", "calls", words='"call number 4"')
    rows = widget_data(app, "hits")["rows"]
    assert len(rows) == 4
    assert f"{centre.calls['Nadia Osei'][4]} 1" in {row["id"] for row in rows}


def test_one_channel_is_marked_in_the_list_and_on_the_call(look: Look, centre: Centre) -> None:
    app = look("reviewer", "calls", agent="Nadia Osei")
    notes = [[c["words"] for c in row["cells"][6]["chips"]] for row in widget_data(app, "calls")["rows"]]
    assert ["One channel" in note for note in notes].count(True) == 1
    call = look("reviewer", "call", id=centre.calls["Nadia Osei"][1])
    assert "one channel: sides told apart by voice" in words_of(call)


def test_a_call_carries_every_verdict_with_its_evidence(look: Look, centre: Centre) -> None:
    cards = widget_data(look("reviewer", "call", id=centre.calls["Nadia Osei"][0]), "desk")["cards"]
    results = {
        result["criterion"]: result for card in cards for section in card["sections"] for result in section["results"]
    }
    assert results["greets"]["evidence"][0]["quote"] == "Good morning"
    assert results["greets"]["evidence"][0]["start"] == 0.5
    assert "3 turns of the agent" in results["apologises"]["searched"]["words"]
    assert results["notes"]["verdict"] == "unsure"


def test_an_automatic_failure_shows_the_total_before_and_after(look: Look, centre: Centre) -> None:
    cards = widget_data(look("reviewer", "call", id=centre.calls["Nadia Osei"][3]), "desk")["cards"]
    safety = next(card for card in cards if card["id"] == "safety")
    assert (safety["before"], safety["total"]) == (25.0, 0.0)
    assert safety["failed_by"] == ["Did the agent refrain from threats?"]


def test_the_player_knows_what_was_heard_with_doubt(look: Look, centre: Centre) -> None:
    player = widget_data(look("reviewer", "call", id=centre.calls["Nadia Osei"][0]), "desk")["player"]
    (doubt,) = player["turns"][0]["doubts"]
    assert player["turns"][0]["text"][doubt["from"] : doubt["to"]] == "service"
    assert player["audio"] == f"/audio/{centre.calls['Nadia Osei'][0]}"
    assert player["silences"] == [{"words": "Nobody speaks, 0:06", "start": 12.0, "end": 17.5}]
    assert player["said"] == [{"kind": "silence", "words": "nobody speaks 1 time, 0:06"}]


def test_a_written_call_has_no_recording_to_play(look: Look, centre: Centre) -> None:
    assert widget_data(look("reviewer", "call", id=centre.calls["Nadia Osei"][5]), "desk")["player"]["audio"] is None


def test_an_address_opens_a_call_at_its_second_and_scorecard(look: Look, centre: Centre) -> None:
    app = look("reviewer", "call", id=centre.calls["Nadia Osei"][0], at=8.3, card="safety")
    assert widget_data(app, "desk")["player"]["at"] == 8.3
    assert widget_data(app, "desk")["chosen"] == "safety"


@pytest.mark.parametrize("nonsense", ["abc", "-5", "1e999", "nan"])
def test_a_second_that_is_none_harms_nothing(look: Look, centre: Centre, nonsense: str) -> None:
    app = look("reviewer", "call", id=centre.calls["Nadia Osei"][0], at=nonsense, turn=nonsense)
    assert not app.exception
    assert widget_data(app, "desk")["player"]["at"] in (None, 0.0)


def test_what_a_customer_said_stays_words(look: Look, centre: Centre) -> None:
    app = look("reviewer", "call", id=centre.calls["Nadia Osei"][0])
    assert widget_data(app, "desk")["player"]["turns"][1]["text"] == MARKUP
    assert MARKUP not in words_of(app)


@pytest.mark.parametrize(("who", "may"), [("reviewer", True), ("administrator", True), ("coach", False), ("nadia", False)])
def test_reviewers_and_administrators_correct(look: Look, centre: Centre, who: str, may: bool) -> None:
    app = look(who, "call", id=centre.calls["Nadia Osei"][0])
    assert widget_data(app, "desk")["may_correct"] is may


def test_the_heat_map_counts_calls_in_every_cell(look: Look) -> None:
    data = widget_data(look("reviewer", "agents", show=MAP), "heatmap agent")
    columns = [column["label"] for column in data["columns"]]
    apologises = next(row for row in data["rows"] if row["label"] == "Did the agent apologise?")
    nadia = apologises["cells"][columns.index("Nadia Osei")]
    assert (nadia["rate"], nadia["count"], nadia["gap"]) == (0.0, CALLS_EACH, True)


def test_too_few_calls_are_greyed_and_still_counted(look: Look) -> None:
    app = look("reviewer", "agents", show=MAP, period="4 weeks")
    cells_shown = [cell for row in widget_data(app, "heatmap agent")["rows"] for cell in row["cells"]]
    assert {cell["enough"] for cell in cells_shown} == {False}
    assert {cell["count"] for cell in cells_shown} == {7, 0}


def test_the_largest_gap_comes_first_with_its_doubt(look: Look) -> None:
    first = widget_data(look("reviewer", "agents"), "gaps agent")["rows"][0]["cells"]
    assert first[0]["text"] == "Nadia Osei"
    assert first[3]["sort"] == CALLS_EACH
    assert (
        0 <= first[2]["range"]["low"] < first[2]["range"]["rate"] < first[2]["range"]["high"] < first[2]["range"]["target"]
    )


def test_teams_are_compared_like_agents(look: Look) -> None:
    data = widget_data(look("reviewer", "teams", show=MAP), "heatmap team")
    assert [column["label"] for column in data["columns"]] == ["Harbour", "Meadow"]


def test_mean_scores_are_shown_with_their_calls(look: Look) -> None:
    rows = widget_data(look("reviewer", "teams", show="Scores"), "scores team")["rows"]
    harbour = rows[0]["cells"]
    assert (rows[0]["id"], rows[0]["href"]) == ("Harbour", "/calls?team=Harbour")
    assert harbour[1]["sort"] == 2 * CALLS_EACH
    assert (harbour[2]["mark"], harbour[2]["below"]) == (70, "24 calls")


def test_behind_a_figure_stand_its_calls(look: Look, centre: Centre) -> None:
    agent_id = centre.askers["nadia"].agent_id
    app = look("reviewer", "criterion", card="manners", criterion="apologises", of_agent=agent_id)
    assert not app.exception
    assert len(widget_data(app, "behind")["rows"]) == CALLS_EACH
    assert f"in 12 calls; the target is {percent(0.8)}" in words_of(app)
    assert "That is likely a gap" in words_of(app)


@pytest.mark.parametrize("nonsense", ["²", "-1", "9" * 40, "x"])
def test_an_id_that_is_none_harms_nothing(look: Look, nonsense: str) -> None:
    assert not look("reviewer", "criterion", card="manners", criterion="apologises", of_agent=nonsense).exception


def test_an_agent_sees_their_own_calls_behind_a_criterion_whatever_the_address_says(look: Look, centre: Centre) -> None:
    other = centre.askers["lena"].agent_id
    app = look("nadia", "criterion", card="manners", criterion="apologises", of_agent=other)
    assert {row["cells"][1]["text"] for row in widget_data(app, "behind")["rows"]} == {"Nadia Osei"}


def test_an_agent_reads_what_goes_well_and_what_to_practise(look: Look) -> None:
    words = words_of(look("nadia"))
    assert "Did the agent greet the customer?" in words
    assert "Say sorry once, early, and mean it." in words


def test_an_empty_house_says_how_to_begin(
    home: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home(tmp_path)
    monkeypatch.setattr(dashboard.access, "current_asker", lambda: Asker(1, Role.REVIEWER, name="Rosa Lind"))
    app = AppTest.from_file(str(MAIN), default_timeout=30).run()
    assert not app.exception
    assert "python cli.py ingest" in words_of(app)
    monkeypatch.setattr(dashboard.access, "current_asker", lambda: Asker(2, Role.AGENT, agent_id=1, name="Nadia Osei"))
    assert "No scored calls yet" in words_of(AppTest.from_file(str(MAIN), default_timeout=30).run())


def test_a_call_in_another_language_says_which_scorecards_were_not_applied(
    look: Look, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = words_of(look("reviewer", "call", id=centre.calls["Nadia Osei"][0]))
    assert "This call is in" not in english
    found = dashboard.data.call_details

    def in_german(asker: Asker, call_id: str) -> CallDetails | None:
        details = found(asker, call_id)
        return details and replace(details, transcript=replace(details.transcript, language="de"))

    monkeypatch.setattr(dashboard.data, "call_details", in_german)
    words = words_of(look("reviewer", "call", id=centre.calls["Nadia Osei"][0]))
    assert "This call is in German. Manners and Safety judge English, so the machine decided nothing by them" in words
    assert "Sentiment is read from English words alone" in words


def test_a_call_can_be_taken_along_in_four_forms_by_whoever_may_see_it(look: Look, centre: Centre) -> None:
    call = centre.calls["Nadia Osei"][0]
    for who in ("reviewer", "coach", "nadia"):
        every = [button.proto.label for button in look(who, "call", id=call).get("download_button")]
        labels = [label for label in every if label not in FORMS.values()]
        assert labels == ["Scorecards to print", "Text", "Subtitles", "vCon", "JSON Lines"]
    assert look("lena", "call", id=call).get("download_button") == []


def test_the_page_about_an_agent_leads_from_gaps_and_strengths_to_the_calls(look: Look, centre: Centre) -> None:
    nadia = centre.askers["nadia"].agent_id
    app = look("coach", "agent", of_agent=nadia)
    assert not app.exception
    assert "Nadia Osei" in words_of(app)
    falls_short = widget_data(app, "gaps agent")["rows"][0]
    assert falls_short["cells"][1]["text"] == "Did the agent apologise?"
    assert falls_short["href"] == f"/criterion?card=manners&criterion=apologises&of_agent={nadia}"
    assert next(row["cells"][0]["text"] for row in widget_data(app, "sections")["rows"]) == "Opening"


def test_the_page_about_an_agent_of_another_team_shows_a_coach_nobody(look: Look, centre: Centre) -> None:
    app = look("coach", "agent", of_agent=centre.askers["lena"].agent_id)
    assert "Lena Fox" not in words_of(app)
    assert "Nobody to show" in words_of(app)


def test_the_heat_map_draws_sections_and_behaviours_too(look: Look) -> None:
    data = widget_data(look("reviewer", "agents", show=MAP, rows="Sections", scorecard="Manners"), "heatmap agent")
    assert next(row["label"] for row in data["rows"]) == "Opening"
    assert all(column["id"] for column in data["columns"])
    assert "No question of these scorecards" in words_of(look("reviewer", "agents", show=MAP, rows="Behaviours"))


def test_of_an_agent_whom_a_question_was_never_counted_for_the_criterion_page_says_so() -> None:
    rows = [(n, f"Agent {n}", float(6 * (n > 0)), 10 * (n > 0)) for n in range(4)]
    words = dict.fromkeys(("scorecard", "title", "section", "criterion", "question", "tip"), "greets")
    counts = pd.DataFrame(rows, columns=["id", "name", "points", "counted"]).assign(
        team_id=1, weight=1.0, target=0.8, **words
    )
    never, *others = rates(counts)
    assert standing_words(never) == "In none of these calls did the question apply and get an answer that counts."
    assert all("of points in 10" in standing_words(rate) for rate in others)


def test_a_box_shows_its_default_before_anything_was_chosen_and_a_kept_choice_on_the_next_page(look: Look) -> None:
    """A box whose default came later than itself showed `4 weeks` to whoever clicked at once, above figures of 13."""
    app = look("coach", "agents")
    box = app.selectbox(key="period")
    assert (box.value, box.options[box.proto.default]) == ("13 weeks", "13 weeks")
    box.set_value("52 weeks").run()
    app.switch_page("views/teams.py")
    app.run()
    assert app.selectbox(key="period").value == "52 weeks"
    assert not app.warning
    assert not app.exception
