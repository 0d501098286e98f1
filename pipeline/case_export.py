"""What do programs and people of the customer system get back: by the id of each case, how its conversations went?

Scores, reasons, sentiment, what was promised and what became of it, alerts and the customer's answers; no word that anybody
said. A line of JSON is a case; a row of CSV one conversation by one scorecard, for what reads tables.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from errors import InputError
from exports.table import as_csv
from pipeline.journeys import contacts_of, promises
from scoring.journey import Followed
from storage import alert_desk, queries
from storage.access import Asker
from storage.alert_desk import Alert, AlertFilter
from storage.alerts import AlertState
from storage.audit import About, What, note
from storage.records import CallFilter

MOST_CONVERSATIONS = 50_000
MOST_ALERTS = 100_000

_CASE = ("case_id", "system", "case_reason", "case_state", "opened_at", "closed_at")
_CALL = ("call_id", "started_at", "channel", "agent", "team", "reason")
CSV_COLUMNS = (
    *_CASE, *_CALL, "sentiment_start", "sentiment_peak", "sentiment_end", "scorecard", "version", "total", "passed",
    "failed_by", "promises", "promises_likely_kept", "promises_likely_not_kept", "alerts", "csat", "nps",
)  # fmt: skip
"""Of the CSV; a test holds it to what is written."""


def export_cases(
    session: Session, asker: Asker, first: date | None = None, last: date | None = None
) -> list[dict[str, Any]]:
    """Each case with conversations of these days that the asker may see, as JSON values. That they were taken along is in
    the record. Raises InputError where there are too many at once."""
    filter = CallFilter(start=first, end=last)
    rows = queries.case_calls(session, asker, filter)
    if len(rows) > MOST_CONVERSATIONS:
        raise InputError(f"{len(rows):,} conversations at once; take at most {MOST_CONVERSATIONS:,}, by fewer days.")
    if rows.empty:
        return []
    about = _About(session, asker, filter, rows)
    cases = []
    for _, own in rows.groupby("case", sort=True):
        head = own.iloc[0]
        case = {name: _plain(head[name]) for name in _CASE}
        cases.append({**case, "conversations": [about.conversation(row) for row in own.to_dict("records")]})
    note(session, asker, What.CASES_EXPORTED, About.CASES, "all", cases=len(cases), conversations=len(rows))
    return cases


class _About:
    """What is known of these conversations besides, by their ids."""

    def __init__(self, session: Session, asker: Asker, filter: CallFilter, rows: pd.DataFrame) -> None:
        calls = set(rows["call_id"])
        self._evaluations = _by_call(queries.evaluations(session, asker, filter).to_dict("records"), calls)
        answers = queries.satisfaction(session, asker, filter).drop_duplicates(["answer", "call_id"])
        self._answers = _by_call(answers.to_dict("records"), calls)
        told = AlertFilter(states=tuple(state for state in AlertState if state is not AlertState.COMING))
        self._alerts = defaultdict[str, list[Alert]](list)
        for one in alert_desk.list_alerts(session, asker, told, limit=MOST_ALERTS):
            self._alerts[one.call_id].append(one)
        self._promises = defaultdict[str, list[Followed]](list)
        for customer in sorted(set(rows["customer_id"]) - {""}):
            contacts = contacts_of(queries.customer_calls(session, asker, customer))
            for followed in promises(session, asker, customer, contacts):
                self._promises[followed.promise.call_id].append(followed)

    def conversation(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """One of them, as JSON values."""
        call = row["call_id"]
        return {
            **{name: _plain(row[name]) for name in _CALL},
            "sentiment": {name: _plain(row[f"valence_{name}"]) for name in ("start", "peak", "end")},
            "evaluations": [
                {name: _plain(one[name]) for name in ("scorecard", "version", "total", "passed", "failed_by")}
                for one in self._evaluations[call]
            ],
            "promises": [
                {
                    "turn": one.promise.turn,
                    "behaviour": one.promise.behaviour,
                    "due": _plain(one.due),
                    "outcome": one.outcome,
                }
                for one in self._promises[call]
            ],
            "alerts": [
                {
                    "alert_id": one.id,
                    "kind": one.kind,
                    "rule": one.rule,
                    "state": one.state,
                    "raised_at": _plain(one.raised_at),
                }
                for one in self._alerts[call]
            ],
            "answers": [
                {name: _plain(one[name]) for name in ("kind", "score", "answered_at")} for one in self._answers[call]
            ],
        }


def as_json_lines(cases: Iterable[Mapping[str, Any]]) -> bytes:
    """A line a case."""
    return "".join(f"{json.dumps(case, ensure_ascii=False, separators=(',', ':'))}\n" for case in cases).encode()


def as_table(cases: Iterable[Mapping[str, Any]], about: Mapping[str, str]) -> bytes:
    """CSV: a row a conversation and scorecard; what looks like a formula is harmless (`exports.table`)."""
    rows = []
    for case in cases:
        for call in case["conversations"]:
            outcomes = [one["outcome"] for one in call["promises"]]
            answers = {one["kind"]: one["score"] for one in call["answers"]}
            row = {
                **{name: case[name] for name in _CASE},
                **{name: call[name] for name in _CALL},
                **{f"sentiment_{name}": value for name, value in call["sentiment"].items()},
                "promises": len(outcomes),
                "promises_likely_kept": sum(one in ("kept", "likely_kept") for one in outcomes),
                "promises_likely_not_kept": sum(one in ("not_kept", "likely_not_kept") for one in outcomes),
                "alerts": ", ".join(one["kind"] for one in call["alerts"]),
                **answers,
            }
            rows += [{**row, **one} for one in call["evaluations"] or [{}]]
    return as_csv(pd.DataFrame(rows, columns=list(CSV_COLUMNS), dtype=object), about)


def _by_call(rows: Iterable[Mapping[Any, Any]], calls: set[str]) -> Mapping[str, list[Mapping[Any, Any]]]:
    found = defaultdict[str, list[Mapping[Any, Any]]](list)
    for row in rows:
        if row["call_id"] in calls:
            found[row["call_id"]].append(row)
    return found


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, list | tuple):
        return list(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.item() if hasattr(value, "item") else value
