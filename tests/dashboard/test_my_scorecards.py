"""An agent's own room: what goes well first, one thing to practise, every answer with its words, and nobody else."""

import json

from sqlalchemy import text

from coaching.weekly import Direction
from exports.words import direction_words
from storage.database import open_database
from tests.dashboard.centre import CALLS_EACH, Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_coaching import a_plan

COLLEAGUES = ("Tom", "Lena", "Sam", "Reed", "Fox", "Ito")


def test_one_thing_is_named_to_practise_with_two_moments(look: Look, centre: Centre) -> None:
    app = look("nadia")
    assert [heading.value for heading in app.subheader] == ["What goes well", "One thing to practise now"]
    assert "Say sorry once, early, and mean it." in words_of(app)
    shown = widget_data(app, "practise")["items"]
    assert len(shown) == 2
    assert {item["call"] for item in shown} <= set(centre.calls["Nadia Osei"])
    assert all(item["href"].startswith(f"/call?id={item['call']}") for item in shown)


def test_what_goes_well_is_shown_in_ones_own_words_with_its_place(look: Look, centre: Centre) -> None:
    (item,) = widget_data(look("nadia"), "well manners greets")["items"]
    assert item["pieces"][0]["quote"] == "Good morning"
    assert (item["pieces"][0]["start"], item["recorded"]) == (0.5, True)
    assert f"id={item['call']}" in item["href"]
    assert "at=0.5" in item["href"]


def test_the_room_has_nothing_of_a_colleague_and_no_range_from_three(look: Look) -> None:
    for tab in ("Your calls", "Answer by answer", "Which way it goes", "How a score comes about"):
        app = look("nadia", "my_scorecards", show=tab)
        assert not app.exception
        everything = words_of(app) + json.dumps([element.proto.json for element in app.get("bidi_component")])
        assert not [name for name in COLLEAGUES if name in everything.replace("Customer", "")], tab
        assert "colleagues with comparable calls" not in everything


def test_every_answer_of_a_call_stands_there_with_its_words(look: Look, centre: Centre) -> None:
    app = look("nadia", "my_scorecards", show="Answer by answer", of=centre.calls["Nadia Osei"][0])
    with_id = {key.split("-")[-1]: key for key in (e.proto.id for e in app.get("bidi_component"))}
    (opening,) = (key for key in with_id if key.endswith("opening"))
    items = {item["id"]: item for item in widget_data(app, opening)["items"]}
    assert items["greets"]["pieces"][0]["quote"] == "Good morning"
    assert items["greets"]["points"] == "2 of 2"
    assert any("Looked through 3 turns of the agent" in note for note in items["apologises"]["notes"])
    words = words_of(app).replace("\\", "")
    assert "2 questions counted, with a weight of 4 in all. The answers earned 2 of that: 50 of 100." in words
    assert "1 question waits for a person, and counts for nothing until then." in words
    assert "so this one did not pass" in words


def test_another_agents_call_in_the_address_is_not_opened(look: Look, centre: Centre) -> None:
    app = look("nadia", "my_scorecards", show="Answer by answer", of=centre.calls["Lena Fox"][0])
    assert not app.exception
    calls = [item["call"] for e in app.get("bidi_component") for item in json.loads(e.proto.json).get("items", [])]
    assert set(calls) <= set(centre.calls["Nadia Osei"])


def test_what_was_read_is_told_from_what_was_not(look: Look, fresh_centre: Centre) -> None:
    app = look("nadia", place=fresh_centre)
    assert f"0 scorecards read, {2 * CALLS_EACH} scorecards not yet" in words_of(app)
    engine = open_database(fresh_centre.url)
    with engine.begin() as connection:
        call = fresh_centre.calls["Nadia Osei"][0]
        connection.execute(
            text(
                "insert into acknowledgements (evaluation_id, author_id, author, at, total, note) "
                "select id, 6, 'Nadia Osei', '2026-08-20 10:00:00', total, '' from evaluations where call_id = :call"
            ),
            {"call": call},
        )
    engine.dispose()
    app = look("nadia", place=fresh_centre)
    assert f"2 scorecards read, {2 * CALLS_EACH - 2} scorecards not yet" in words_of(app)
    first = widget_data(app, "mine")["rows"][0]["cells"]
    assert first[-1]["text"] == "read"


def test_the_way_a_score_goes_is_said_with_its_doubt() -> None:
    assert direction_words(Direction(1.5, 0.5, 2.5)) == "It rises: likely +0.5 to +2.5 points a week."
    assert direction_words(Direction(-1.5, -2.5, -0.5)) == "It falls: likely −2.5 to −0.5 points a week."
    assert direction_words(Direction(0.5, -0.5, 1.5)) == "No clear way up or down: likely −0.5 to +1.5 points a week."
    assert "too few weeks" in direction_words(None)


def test_the_trend_draws_a_band_around_each_week(look: Look) -> None:
    charts = [chart.proto.spec for chart in look("nadia", "my_scorecards", show="Which way it goes").get("vega_lite_chart")]
    assert len(charts) == 2
    assert all('"type": "area"' in spec or '"type":"area"' in spec for spec in charts)


def test_an_offered_plan_stands_in_brief_on_its_agents_page_and_on_nobody_elses(look: Look, fresh_centre: Centre) -> None:
    a_plan(fresh_centre, "We listen to two calls together.")
    shown = words_of(look("nadia", "my_scorecards", fresh_centre))
    assert "What you agreed with your coach" in shown
    assert "It waits for your answer." in shown
    assert "What you agreed with your coach" not in words_of(look("lena", "my_scorecards", fresh_centre))


def test_a_month_without_calls_says_so_instead_of_offering_an_empty_paper(look: Look, fresh_centre: Centre) -> None:
    engine = open_database(fresh_centre.url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE calls SET started_at = '2026-01-15 10:00:00' WHERE id = :id"),
            {"id": fresh_centre.calls["Nadia Osei"][0]},
        )
    app = look("nadia", place=fresh_centre)
    app.selectbox(key="paper-month").set_value("2026-02").run()
    assert not app.exception
    assert "No calls in February 2026; choose another month." in words_of(app)
