"""Is a company named that does worse, and not one that is only given other calls?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from coaching.partners import OURS, SURE, Said, compare

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
WORTH = {"password": 88.0, "address": 84.0, "complaint": 68.0}
"""What a call of each reason scores whoever takes it."""


@dataclass(frozen=True)
class Company:
    """Its people and what they are given: `gap` is what each scores beside what the call is worth."""

    id: int
    hard: float = 0.2
    nights: float = 0.1
    gap: float = 0.0
    agents: int = 8
    calls: int = 60
    reasons: tuple[str, str, str] = ("password", "address", "complaint")


def a_centre(*companies: Company, seed: int = 7, unlike: float = 3.0) -> pd.DataFrame:
    """Their calls; agents differ by `unlike` points, and nights cost ten."""
    chance = np.random.default_rng(seed)
    rows = []
    for company in companies:
        for agent in range(company.agents):
            own = chance.normal(0, unlike)
            for _ in range(company.calls):
                easy, other, hard = company.reasons
                reason = hard if chance.random() < company.hard else str(chance.choice([easy, other]))
                night = chance.random() < company.nights
                began = MONDAY + timedelta(days=int(chance.integers(7)), hours=2 if night else 10)
                value = WORTH.get(reason, 75.0) - 10 * night + own + company.gap + chance.normal(0, 8)
                rows.append((company.id, company.id * 100 + agent, reason, "call", began, value))
    columns = ["organisation", "agent_id", "reason", "channel", "started_at", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_a_real_gap_is_named_and_one_that_is_only_the_mix_is_not() -> None:
    found = compare(
        a_centre(
            Company(OURS, agents=20), Company(1, gap=-8.0), Company(2, hard=0.7, nights=0.4), Company(3, agents=25, calls=40)
        ),
        large=3.0,
    )
    assert {id_: one.said for id_, one in found.items() if id_ != OURS} == {1: Said.LOWER, 2: Said.MIX, 3: Said.ALIKE}
    gap, mix = found[1], found[2]
    assert gap.same_mix.low < -8 < gap.same_mix.high
    assert mix.plain.high < -3  # as it stands it looks as bad
    assert mix.same_mix.low < 0 < mix.same_mix.high
    assert found[OURS].mean > mix.mean


def test_a_gap_is_found_behind_an_easy_mix() -> None:
    calls = a_centre(Company(OURS, hard=0.5, agents=20), Company(1, hard=0.05, gap=-7.0, agents=12), seed=3)
    found = compare(calls, large=3.0)[1]
    assert found.said is Said.LOWER
    assert found.same_mix.value < found.plain.value - 3


def test_nothing_is_said_of_too_few_calls_or_people_or_of_calls_that_nobody_else_takes() -> None:
    found = compare(
        a_centre(
            Company(OURS),
            Company(1, gap=-30, agents=3),
            Company(2, gap=-30, agents=5, calls=5),
            Company(3, gap=-30, reasons=("boiler", "meter", "pipe")),
            Company(4, gap=-30, hard=0.2, reasons=("boiler", "meter", "complaint")),
        ),
        large=3.0,
    )
    said = {id_: one.said for id_, one in found.items()}
    assert said == {OURS: Said.TOO_FEW, 1: Said.TOO_FEW, 2: Said.TOO_FEW, 3: Said.OTHER_CALLS, 4: Said.OTHER_CALLS}
    assert np.isnan(found[3].same_mix.value)
    assert 0 < found[4].shared < 0.5
    assert not compare(a_centre(Company(1), Company(2)), large=3.0)[1].plain.is_clear  # nobody of ours to hold them against


def test_calls_of_which_nothing_is_known_or_that_nobody_took_count_nowhere() -> None:
    calls = a_centre(Company(OURS), Company(1))
    holes = calls.copy()
    holes.loc[holes.index % 3 == 0, "value"] = np.nan
    assert compare(holes, 3.0)[1] == compare(calls[calls.index % 3 != 0], 3.0)[1]
    nobodys = calls.copy()
    nobodys["agent_id"] = nobodys["agent_id"].astype("Int64").where(nobodys["organisation"] == OURS)
    assert compare(nobodys, 3.0)[1].said is Said.TOO_FEW
    assert compare(calls.iloc[:0], 3.0) == {}


@pytest.mark.parametrize("agents", [5, 12])
def test_a_range_holds_what_is_true_about_as_often_as_it_says(agents: int) -> None:
    """With few agents, who differ among themselves, and a mix that hides it."""
    held = named = 0
    times = 150
    for seed in range(times):
        calls = a_centre(Company(OURS, agents=15, calls=20), Company(1, hard=0.5, agents=agents, calls=20), seed=seed)
        found = compare(calls, large=3.0)[1]
        held += found.same_mix.low < 0 < found.same_mix.high
        named += found.said in (Said.LOWER, Said.HIGHER)
    assert held / times > SURE - 0.05
    assert named / times < 0.06
