"""Is what was planted about processes in the written sample calls what is said of them, and nothing else?"""

import pandas as pd

from coaching.processes import Kind
from pipeline.processes import By, process_line, questions, rates_by, shares
from samples.written.generate import generate_calls
from scoring.signals.timing import measure_timing

LONG_SECONDS = 60


def planted() -> pd.DataFrame:
    """The holds of the sample calls, heard as they are, as the queries would count them."""
    teams = {name: number for number, name in enumerate(sorted({call.team for call in generate_calls()}))}
    rows: list[dict[str, object]] = []
    for call in generate_calls():
        held = measure_timing(call.transcript).measures["longest_hold_seconds"]
        nothing: dict[str, object] = dict.fromkeys(("transfer_known", "transfer", "repeat_known", "repeat"), 0)
        long = int(held is not None and held >= LONG_SECONDS)
        where = {"reason": call.reason, "queue": call.queue, "team_id": teams[call.team], "channel": "recording"}
        rows.append({**where, "calls": 1, "hold_known": 1, "hold": long, **nothing})
    return pd.DataFrame(rows)


COUNTS = planted()
NAMES = {0: "Accounts and Collections", 1: "Home and Utilities", 2: "Travel and Retail"}


def test_every_sample_call_has_a_reason() -> None:
    assert (COUNTS["reason"] != "").all()
    assert COUNTS["reason"].nunique() == 31


def test_holds_were_planted_alike_everywhere_and_no_process_is_called_into_question() -> None:
    assert shares(COUNTS)[Kind.HOLD].events > 60
    assert questions(COUNTS, NAMES) == []
    assert "No reason, queue or team stands out." in process_line(COUNTS, NAMES)


def test_where_one_reason_has_many_more_it_is_that_one_that_is_named() -> None:
    worse = COUNTS.assign(hold=COUNTS["hold"].where(COUNTS["reason"] != "Travel claim", 1))
    assert {(one.by, one.rate.name) for one in questions(worse, NAMES)} == {
        (By.REASON, "Travel claim"),
        (By.QUEUE, "Travel claims"),
    }


def test_what_was_not_given_is_no_group() -> None:
    nameless = COUNTS.assign(reason="")
    assert rates_by(nameless, By.REASON, NAMES)[Kind.HOLD] == []
    assert len(rates_by(nameless, By.TEAM, NAMES)[Kind.HOLD]) == 3
