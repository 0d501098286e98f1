"""A table of the screen is taken along as whoever asks at that moment, with its filters in words."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dashboard.access
from dashboard.access import asker_later
from dashboard.views.calls import _whole
from dashboard.widgets import table
from dashboard.widgets.downloads import _data, _file_name, as_shown, filter_words
from exports.table import TableForm
from storage.records import CallFilter, Choices
from tests.dashboard.centre import CALLS_EACH, Centre
from tests.dashboard.conftest import Look, widget_data, words_of

CHOICES = Choices({1: "Harbour"}, {4: "Nadia Osei"}, {4: 1}, ("billing",), {"manners": "Manners"}, None, None)


def test_filters_are_said_in_words_and_only_those_that_are_set() -> None:
    assert filter_words(CallFilter(), CHOICES) == {}
    wanted = CallFilter(team_ids=(1,), agent_ids=(4,), scorecard="manners", total_max=60, failed_only=True, words="refund")
    assert filter_words(wanted, CHOICES) == {
        "Teams": "Harbour",
        "Agents": "Nadia Osei",
        "Scorecard": "Manners",
        "Score at most": "60",
        "Only": "with an automatic failure",
        "Words said": "refund",
    }


@pytest.mark.parametrize(
    ("who", "view", "key"),
    [
        ("reviewer", "calls", "take-calls"),
        ("coach", "agents", "take-rates-by-agent"),
        ("coach", "teams", "take-rates-by-team"),
        ("nadia", "my_scorecards", "take-my-scorecards"),
    ],
)
def test_pages_with_tables_offer_three_forms(look: Look, who: str, view: str, key: str) -> None:
    app = look(who, view)
    assert not app.exception
    keys = [button.proto.id.rsplit("-", 1)[-1] for button in app.get("download_button") if f"{key}-" in button.proto.id]
    assert keys == ["csv", "xlsx", "parquet"]


def test_a_table_is_taken_along_as_it_is_shown_with_what_stands_below() -> None:
    columns = [table.Column("Call of"), table.Column("Score"), table.Column("To note"), table.Column("Range")]
    rows = [
        table.Row([table.text("Monday", "inbound"), table.score(71.5), table.chips(("plain", "New")), range_cell("91 %")]),
        table.Row([table.text("Tuesday"), table.score(None), table.chips(), range_cell("80 %")]),
    ]
    taken = as_shown(columns, rows)
    assert list(taken.columns) == ["Call of", "Call of (below)", "Score", "To note", "Range"]
    assert taken.to_numpy().tolist() == [["Monday", "inbound", "71.5", "New", "91 %"], ["Tuesday", "", "", "", "80 %"]]


def range_cell(words: str) -> table.Cell:
    return table.likely_range(0.9, 0.8, 0.95, 0.9, words)


def test_whoever_takes_a_table_gets_their_own_calls_whatever_the_filter_asks_for(
    home: Callable[[Path], None], centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    home(centre.home)
    for who, rows in (("nadia", CALLS_EACH), ("coach", 2 * CALLS_EACH), ("reviewer", 4 * CALLS_EACH)):
        monkeypatch.setattr(dashboard.access, "current_asker", lambda who=who: centre.askers[who])
        text = _data(
            asker_later(), "Calls", lambda asker: _whole(CallFilter(), asker), {"Teams": "All"}, TableForm.CSV
        ).decode("utf-8-sig")
        assert f"# Made for: {centre.askers[who].name}" in text
        assert f"# Rows: {rows}" in text
        assert "# Teams: All" in text
        assert ("Lena Fox" in text) is (who == "reviewer")


def test_the_address_of_the_calls_behind_a_figure_carries_the_chosen_answer(look: Look) -> None:
    app = look("reviewer", "criterion", card="manners", criterion="apologises", verdict="Not met")
    assert not app.exception
    rows = widget_data(app, "behind")["rows"]
    assert {row["cells"][2]["chips"][0]["words"] for row in rows} == {"Not met"}


def test_the_address_of_the_calls_carries_their_days(look: Look) -> None:
    app = look("reviewer", "calls")
    app.query_params["days"] = ["2026-08-10", "2026-08-14"]
    app.run()
    assert not app.exception
    assert "8 calls" in words_of(app)


DASHBOARD = Path(dashboard.access.__file__).parent
UNTAKEN = {"dataframe", "table", "data_editor"}
"""Streamlit's own tables: their button writes a CSV without filters, and with whatever a spreadsheet would calculate."""


def _called(function: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _tables_without_a_way_to_take_them() -> Iterator[str]:
    for path in sorted(DASHBOARD.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for call in _called(module):
            if isinstance(call.func, ast.Attribute) and call.func.attr in UNTAKEN and ast.unparse(call.func.value) != "pa":
                yield f"{path.name} line {call.lineno}: {ast.unparse(call.func)}"
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef):
                names = {ast.unparse(call.func) for call in _called(function)}
                if {"table.show_table", "show_table"} & names and "show_downloads" not in names:
                    yield f"{path.name} line {function.lineno}: {function.name}"


def test_every_table_of_every_page_can_be_taken_along() -> None:
    assert list(_tables_without_a_way_to_take_them()) == []


def test_the_name_of_a_file_holds_nothing_that_a_file_system_refuses() -> None:
    assert _file_name("what-if calls Did they say “sorry”? Not met → Met") == "what-if-calls-did-they-say-sorry-not-met-met"


def test_every_tab_that_is_looked_at_stands_in_the_address() -> None:
    """So that a link leads to any view; but for the call's page, whose address says which moment of which call."""
    unbound = [
        f"{path.name} line {call.lineno}"
        for path in sorted(DASHBOARD.rglob("*.py"))
        for call in _called(ast.parse(path.read_text(encoding="utf-8")))
        if ast.unparse(call.func) == "st.tabs" and "bind" not in {word.arg for word in call.keywords}
    ]
    assert [place for place in unbound if not place.startswith("call.py")] == []
