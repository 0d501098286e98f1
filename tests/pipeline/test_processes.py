"""Is what was planted about processes in the written sample calls what is said of them, and nothing else?"""

import pandas as pd
import pytest

from coaching.processes import Kind
from pipeline.processes import By, process_line, questions, rates_by, shares
from scoring.signals.timing import measure_timing
from tests.planted import planted_calls

LONG_SECONDS = 60


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    """The holds of the sample calls, heard as they are, as the queries would count them."""
    calls = planted_calls()
    teams = {name: number for number, name in enumerate(sorted({call.team for call in calls}))}
    rows: list[dict[str, object]] = []
    for call in calls:
        held = measure_timing(call.transcript).measures["longest_hold_seconds"]
        nothing: dict[str, object] = dict.fromkeys(("transfer_known", "transfer", "repeat_known", "repeat"), 0)
        long = int(held is not None and held >= LONG_SECONDS)
        where = {"reason": call.reason, "queue": call.queue, "team_id": teams[call.team], "channel": "recording"}
        rows.append({**where, "calls": 1, "hold_known": 1, "hold": long, **nothing})
    return pd.DataFrame(rows)


NAMES = {0: "Accounts and Collections", 1: "Home and Utilities", 2: "Travel and Retail"}


def test_every_sample_call_has_a_reason(counts: pd.DataFrame) -> None:
    assert (counts["reason"] != "").all()
    assert counts["reason"].nunique() == 31


def test_holds_were_planted_alike_everywhere_and_no_process_is_called_into_question(counts: pd.DataFrame) -> None:
    assert shares(counts)[Kind.HOLD].events > 60
    assert questions(counts, NAMES) == []
    assert "No reason, queue or team stands out." in process_line(counts, NAMES)


def test_where_one_reason_has_many_more_it_is_that_one_that_is_named(counts: pd.DataFrame) -> None:
    worse = counts.assign(hold=counts["hold"].where(counts["reason"] != "Travel claim", 1))
    assert {(one.by, one.rate.name) for one in questions(worse, NAMES)} == {
        (By.REASON, "Travel claim"),
        (By.QUEUE, "Travel claims"),
    }


def test_what_was_not_given_is_no_group(counts: pd.DataFrame) -> None:
    nameless = counts.assign(reason="")
    assert rates_by(nameless, By.REASON, NAMES)[Kind.HOLD] == []
    assert len(rates_by(nameless, By.TEAM, NAMES)[Kind.HOLD]) == 3
