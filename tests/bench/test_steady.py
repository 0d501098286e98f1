"""What the measurement of steady work promises about what it takes for slow, for grown and for wrong."""

import shutil
from itertools import islice
from pathlib import Path

import pytest

from bench.pages import VIEWS
from bench.steady import MOST_GROWTH, RATE, SAMPLES, SECONDS, WALKS, Run, _grown, _is_wrong, _recordings, _slower


def a_run(busy: float, quiet: float = 1.0, rounds: int = 6) -> Run:
    run = Run(rounds_done=rounds)
    for number in range(rounds):
        run.visits["calls as coach"] += [(number, True, busy)] * 5 + [(number, False, quiet)] * 3
        run.visits["overview as coach"] += [(number, True, 2 * busy)] * 5 + [(number, False, 2 * quiet)] * 3
    return run


def test_pages_that_are_a_tenth_slower_hold() -> None:
    found = _slower(a_run(busy=1.1))
    assert found["slower"] == [1.1, 1.1, 1.1]
    assert found["pages_hold"]


def test_pages_that_are_a_quarter_slower_do_not_hold() -> None:
    found = _slower(a_run(busy=1.25))
    assert found["slow"] == ["calls as coach", "overview as coach"]
    assert not found["pages_hold"]


def test_rounds_that_differ_widen_the_interval() -> None:
    run = a_run(busy=1.1)
    run.visits["calls as coach"] += [(0, True, 3.0)] * 30
    low, high = _slower(run)["slower"][1:]
    assert low < high - 0.3


def test_where_no_page_was_opened_nothing_holds() -> None:
    assert not _slower(Run(rounds_done=2))["pages_hold"]


def test_memory_that_grows_by_more_than_a_twentieth_in_an_hour_does_not_hold() -> None:
    def grown(share: float) -> bool:
        sizes = [(float(at), int(4e8 * (1 + share * at / 3600))) for at in range(0, 3600, 30)]
        memory = [(at, {"dashboard": size, "worker": 10**8, "hearing": 10**9}) for at, size in sizes]
        return bool(_grown(Run(memory=memory), 60)["memory_holds"])

    assert grown(MOST_GROWTH / 2)
    assert not grown(MOST_GROWTH * 2)


def test_a_short_run_says_that_it_does_not_judge_memory() -> None:
    assert _grown(Run(memory=[(0.0, {"dashboard": 1})]), 3)["memory_judged"] is False


def test_recordings_are_none_like_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("card_balance.ogg", "council_bins.ogg"):
        shutil.copy(SAMPLES / name, tmp_path)
    monkeypatch.setattr("bench.steady.SAMPLES", tmp_path)
    some = list(islice(_recordings(), 30))
    assert len(set(some)) == 30
    assert {len(one) for one in some} == {44 + int(SECONDS * RATE) * 2 * 2}


def test_faults_in_the_log_are_told_from_warnings() -> None:
    assert _is_wrong("2026-01-02 10:11:12 ERROR attune: a page failed")
    assert _is_wrong("Traceback (most recent call last):")
    assert not _is_wrong("2026-01-02 10:11:12 WARNING attune: a page could not be shown: ERROR")


def test_each_walks_pages_that_their_role_has() -> None:
    for role, walked in WALKS.items():
        addresses = {"queue" if one == "to-review" else one.partition("?")[0].replace("-", "_") for one in walked}
        assert addresses <= set(VIEWS[role])
