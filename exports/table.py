"""How does a table on the screen become a file: CSV, Excel or Parquet, with what it was filtered by written in it?

What people said or were called may look like a formula of a spreadsheet. In CSV what could begin one gets an apostrophe
in front, which spreadsheets read as "this is text" (OWASP, "CSV Injection"), at the beginning of a cell and behind what a
spreadsheet set to another country may take for the end of one; in Excel every text is written as text, in cells that
stay text when somebody edits them. Moments are in UTC, in CSV as ISO 8601.
"""

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

SIGNS = "=+-@＝＋－＠"
"""With these a spreadsheet begins to calculate."""

_BEHIND_AN_END = re.compile(rf"(?<=[;|\t\r\n])(?= *[{re.escape(SIGNS)}])")

LONGEST_CELL = 32_767
"""Letters that a cell of Excel holds."""


class TableForm(StrEnum):
    """What a table can be written as."""

    CSV = "csv"
    EXCEL = "xlsx"
    PARQUET = "parquet"


MEDIA_TYPES = {
    TableForm.CSV: "text/csv",
    TableForm.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    TableForm.PARQUET: "application/vnd.apache.parquet",
}


def written(table: pd.DataFrame, about: Mapping[str, str], form: TableForm) -> bytes:
    """The table in that form; `about` says what it lists, for whom, and by what it was filtered."""
    match form:
        case TableForm.CSV:
            return as_csv(table, about)
        case TableForm.EXCEL:
            return as_excel(table, about)
        case TableForm.PARQUET:
            return as_parquet(table, about)


def as_csv(table: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """UTF-8 with a mark at its beginning, so that Excel reads accents; `about` stands above, in lines that begin with #."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for name, words in about.items():
        writer.writerow([f"# {name}: {' '.join(words.split())}"])
    writer.writerow([harmless(str(column)) for column in table.columns])
    for row in table.itertuples(index=False):
        writer.writerow([_csv_cell(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _csv_cell(value: Any) -> str | int | float:
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return harmless(value) if isinstance(value, str) else str(value) if isinstance(value, date | bool) else value


def harmless(words: str) -> str:
    """A cell's words, with an apostrophe wherever a spreadsheet would begin to calculate."""
    plain = words.lstrip()
    before, after = words[: len(words) - len(plain)], _BEHIND_AN_END.sub("'", plain)
    return f"'{before}{after}" if words.startswith(("\t", "\r", "\n")) or plain.startswith(tuple(SIGNS)) else before + after


def as_excel(table: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """A workbook with a sheet `Table`, to be filtered and sorted, and a sheet `About`."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Table")
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, str(name), bold)
        widths = [len(str(name)) + 2 for name in table.columns]
        for number, row in enumerate(table.itertuples(index=False), 1):
            for column, given in enumerate(row):
                value = _plain(given)
                if isinstance(value, str):
                    sheet.write_string(number, column, value[:LONGEST_CELL], text)
                elif isinstance(value, bool):
                    sheet.write_boolean(number, column, value)
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, column, value.astimezone(UTC).replace(tzinfo=None), moment)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), day)
                elif value is not None:
                    sheet.write_number(number, column, value)
                widths[column] = max(widths[column], min(60, len(str(value)) + 1 if isinstance(value, str) else 17))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        if len(table.columns):
            sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
        note = book.add_worksheet("About")
        for number, (name, words) in enumerate(about.items()):
            note.write_string(number, 0, name, bold)
            note.write_string(number, 1, words[:LONGEST_CELL], text)
        note.set_column(0, 0, 22)
        note.set_column(1, 1, 80)
    return out.getvalue()


def as_parquet(table: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """With `about` as JSON in the file's metadata, under `attune`."""
    plain = table.copy()
    for name in plain.columns:
        if plain[name].dtype == object:
            plain[name] = plain[name].map(lambda value: _text(_plain(value)))
    found = pa.Table.from_pandas(plain, preserve_index=False)
    found = found.replace_schema_metadata({**(found.schema.metadata or {}), b"attune": json.dumps(dict(about)).encode()})
    out = io.BytesIO()
    pq.write_table(found, out)
    return out.getvalue()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _plain(value: Any) -> Any:
    """A value as Python's own; None where there is none. Several values become words with commas between."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if value is None or pd.isna(value) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime() if value.tzinfo else value.date()
    return value.item() if hasattr(value, "item") else value
