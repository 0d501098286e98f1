"""What may be relied on in a table that was taken along: every value, its filters, and nothing that calculates."""

import csv
import io
import json
from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from exports.table import TableForm, as_csv, as_excel, as_parquet, written

DANGEROUS = [
    "=1+1",
    "+1",
    "-cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://elsewhere.test")',
    "  =1+1",
]
ABOUT = {"What": "Calls", "Teams": "=Harbour", "Words said": "refund\nnow"}


def a_table(*names: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Customer": list(names),
            "Score": [61.5] * len(names),
            "Sentiment": [-0.4] * len(names),
            "Call of": pd.Series([datetime(2026, 8, 4, 14, 5, tzinfo=UTC)] * len(names), dtype="datetime64[us, UTC]"),
            "Failed": [True] * len(names),
        }
    )


def csv_rows(data: bytes) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [row for row in rows if not row[0].startswith("# ")]


@pytest.mark.parametrize("name", DANGEROUS)
def test_no_cell_of_a_csv_begins_to_calculate(name: str) -> None:
    row = csv_rows(as_csv(a_table(name), ABOUT))[1]
    assert row[0] == f"'{name}"
    assert row[2] == "-0.4"  # a number stays a number


@pytest.mark.parametrize("name", DANGEROUS)
def test_no_cell_of_an_excel_file_is_a_formula(name: str) -> None:
    book = load_workbook(io.BytesIO(as_excel(a_table(name), ABOUT)))
    cell = book["Table"]["A2"]
    assert cell.data_type == "s"
    assert cell.number_format == "@"
    assert str(cell.value).replace("_x000D_", "\r") == name
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert all(cell.hyperlink is None for row in book["Table"].iter_rows() for cell in row)


def test_a_columns_name_cannot_calculate_either() -> None:
    table = pd.DataFrame({"=1+1": ["a"]})
    assert csv_rows(as_csv(table, {}))[0] == ["'=1+1"]
    assert load_workbook(io.BytesIO(as_excel(table, {})))["Table"]["A1"].data_type == "s"


def test_every_form_says_what_it_was_filtered_by() -> None:
    table = a_table("Zoë")
    assert as_csv(table, ABOUT).decode("utf-8-sig").splitlines()[:3] == [
        "# What: Calls",
        "# Teams: =Harbour",
        "# Words said: refund now",
    ]
    sheet = load_workbook(io.BytesIO(as_excel(table, ABOUT)))["About"]
    assert {row[0].value: row[1].value for row in sheet.iter_rows()} == ABOUT
    metadata = pq.read_metadata(io.BytesIO(as_parquet(table, ABOUT))).metadata
    assert json.loads(metadata[b"attune"]) == ABOUT


def test_numbers_days_and_accents_come_back_as_they_were() -> None:
    table = a_table("Zoë", "Łukasz")
    back = pd.read_parquet(io.BytesIO(as_parquet(table, ABOUT)))
    assert list(back["Customer"]) == ["Zoë", "Łukasz"]
    assert back["Call of"].iloc[0] == table["Call of"].iloc[0]
    sheet = load_workbook(io.BytesIO(as_excel(table, ABOUT)))["Table"]
    assert [cell.value for cell in sheet[2]] == ["Zoë", 61.5, -0.4, datetime(2026, 8, 4, 14, 5), True]
    assert csv_rows(as_csv(table, ABOUT))[2] == ["Łukasz", "61.5", "-0.4", "2026-08-04T14:05:00+00:00", "True"]


def test_what_is_missing_is_an_empty_cell() -> None:
    table = pd.DataFrame({"Score": [None, float("nan"), float("inf")], "Failed by": [["greets", "thanks"], [], None]})
    assert csv_rows(as_csv(table, {}))[1:] == [["", "greets, thanks"], ["", ""], ["", ""]]
    sheet = load_workbook(io.BytesIO(as_excel(table, {})))["Table"]
    assert [cell.value for cell in sheet[2]] == [None, "greets, thanks"]
    assert pd.read_parquet(io.BytesIO(as_parquet(table, {})))["Failed by"].iloc[0] == "greets, thanks"


@pytest.mark.parametrize("form", list(TableForm))
def test_a_table_without_rows_can_be_taken_along(form: TableForm) -> None:
    assert written(a_table(), ABOUT, form)
