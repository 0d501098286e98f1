"""Is a low score of a reason told to be the process's where it is, and the agents' where it is theirs?"""

import numpy as np
import pandas as pd
import pytest

from coaching.reasons import Whose, volumes, whose

AGENTS = range(12)


def cells(seed: int = 3, calls: int = 12) -> pd.DataFrame:
    """Scores of twelve agents about four reasons: `process` is 15 points lower for all of them, on `people` every second
    agent has 20 points less, the others are like each other. Agents have levels of their own, and single calls scatter by
    8."""
    random = np.random.default_rng(seed)
    level = random.normal(0, 3, len(AGENTS))
    rows = []
    for agent in AGENTS:
        for reason in ("plain", "usual", "process", "people"):
            lower = 15 if reason == "process" else 20 if reason == "people" and agent % 2 else 0
            scores = 80 + level[agent] - lower + random.normal(0, 8, calls)
            rows.append((reason, agent, calls, scores.sum(), (scores**2).sum()))
    return pd.DataFrame(rows, columns=["reason", "agent_id", "calls", "total", "squared"])


def test_a_reason_that_is_low_for_everybody_is_a_process_and_one_on_which_agents_differ_is_not() -> None:
    found = {one.reason: one for one in whose(cells())[0]}
    assert found["process"].whose is Whose.PROCESS
    assert found["process"].process_high < 0
    assert found["people"].whose is Whose.AGENTS
    assert found["people"].spread_low > 5
    assert {found[name].whose for name in ("plain", "usual")} == {Whose.NEITHER}


def test_where_nothing_is_planted_nothing_is_named() -> None:
    named = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        table = cells(seed)
        scores = random.normal(80, 8, (len(table), 12))
        table["total"], table["squared"] = scores.sum(axis=1), (scores**2).sum(axis=1)
        named += sum(one.whose in (Whose.PROCESS, Whose.AGENTS, Whose.BOTH) for one in whose(table)[0])
    assert named == 0


def test_of_few_agents_or_few_calls_nothing_is_said() -> None:
    few = cells(calls=2)
    assert {one.whose for one in whose(few)[0]} == {Whose.UNCLEAR}
    assert {one.whose for one in whose(cells().query("agent_id < 3"))[0]} == {Whose.UNCLEAR}
    assert whose(cells().head(0))[0] == []


def test_a_single_agent_or_a_single_call_is_no_trouble() -> None:
    alone = pd.DataFrame([("plain", 1, 1, 80.0, 6400.0)], columns=["reason", "agent_id", "calls", "total", "squared"])
    for table in (alone, cells().query("agent_id == 1"), pd.concat([alone, cells().query("agent_id == 2")])):
        assert {one.whose for one in whose(table)[0]} == {Whose.UNCLEAR}


def test_what_scores_differ_by_adds_up() -> None:
    overall = whose(cells())[1]
    parts = (overall.reasons, overall.agents, overall.together, overall.rest)
    assert sum(parts) == pytest.approx(1)
    assert min(parts) >= 0


def test_a_share_has_a_range_around_it() -> None:
    found = volumes(["a", "b"], [90, 10])
    assert found["a"].low < found["a"].share == 0.9 < found["a"].high
    assert volumes(["a"], [0]) == {}
