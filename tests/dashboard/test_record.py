"""The page on which the record is read, and how its entries are said."""

import pytest

from dashboard.widgets import record
from storage.access import Role
from storage.audit import About, Entry, What
from storage.audit_search import Kind, Other
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press


def an_entry(**details: object) -> Entry:
    return Entry(1, None, 3, "Rosa", "reviewer", "answered", "call", "c1", details, "", "")  # type: ignore[arg-type]


def test_everything_has_its_words() -> None:
    assert set(record.DONE) == set(What)
    assert set(record.ABOUT) == set(About)
    assert set(record.KINDS) == set(Kind)
    assert set(record.OTHERS) == set(Other)
    assert all(record.role(Entry(1, None, 3, "x", role, "", "", "", {}, "", "")) != role for role in Role)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (
            {"before": "met", "after": "not_met", "total_before": 80.0, "total_after": 65.25},
            "met → not met · score 80 → 65.25",
        ),
        ({"before": "met", "after": "met", "criterion": "thanks"}, "stays met · criterion thanks"),
        ({"answer_before": "a", "answer_after": ["b", "c"]}, "answer a → b, c"),
        ({"before": None, "after": 7}, "none → 7"),
        ({"count": 3, "ids_sha256": "ab" * 32}, "calls 3 · fingerprint of their ids abababababab…"),
        ({"totals": [["care", 80.0, None]]}, "scores care 80 none"),
        ({"held_back": True}, "Held back while you judge this call blind"),
        ({"evaluation": 3, "result": 4}, ""),
    ],
)
def test_details_are_said_in_a_line_what_changed_first(details: dict[str, object], said: str) -> None:
    assert record.details(an_entry(**details)) == said


def test_what_a_newer_version_wrote_is_shown_as_it_is_written() -> None:
    entry = Entry(1, None, 3, "x", "visitor", "danced", "table", "7", {}, "", "")  # type: ignore[arg-type]
    assert (record.done(entry), record.role(entry), record.thing(entry, {})) == ("danced", "visitor", ("table", "7"))


def test_an_administrator_reads_who_opened_which_call_and_that_nobody_tampered(look: Look, fresh_centre: Centre) -> None:
    call = fresh_centre.calls["Nadia Osei"][0]
    assert not look("reviewer", "call", fresh_centre, id=call).exception
    app = look("administrator", "record", fresh_centre)
    assert not app.exception
    latest = widget_data(app, "record")["rows"][0]
    told = [cell.get("text") for cell in latest["cells"]]
    assert told[2] == fresh_centre.askers["reviewer"].name
    assert told[3] == "Opened a call"
    assert call in latest["href"]
    press(app, "Read all of it now")
    assert "follow on one another" in words_of(app)


def test_a_quality_manager_does_not_read_who_opened_calls(look: Look, fresh_centre: Centre) -> None:
    look("reviewer", "call", fresh_centre, id=fresh_centre.calls["Nadia Osei"][0])
    app = look("quality", "record", fresh_centre)
    assert not app.exception
    assert "Opened a call" not in str(widget_data(app, "record"))
    assert "Has anybody tampered" not in words_of(app)


@pytest.mark.parametrize("who", ["reviewer", "coach", "nadia"])
def test_nobody_else_has_the_page(look: Look, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "record")
