"""When may an answer be disputed, who may decide that, and how much do a few disputes say?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from reviews.disputes import (
    FEWEST_DECIDED,
    Decider,
    Disputable,
    DisputeState,
    Person,
    Rules,
    interval,
    month_began,
    report,
    who_may_decide,
    why_not_decide,
    why_not_dispute,
)

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
RULES = Rules(days=14, per_month=2, decider=Decider.REVIEWER)
ANSWER = Disputable(answered_at=NOW - timedelta(days=3), decided=True)
MANAGERS = Decider.QUALITY_MANAGER


def test_a_recent_answer_may_be_disputed() -> None:
    assert why_not_dispute(ANSWER, 1, RULES, NOW) == ""


@pytest.mark.parametrize(
    ("answer", "raised", "why"),
    [
        (replace(ANSWER, answered_at=NOW - timedelta(days=14, seconds=1)), 0, "14 days"),
        (ANSWER, 2, "used up"),
        (replace(ANSWER, decided=False), 0, "waits for a person"),
        (replace(ANSWER, state=DisputeState.OPEN), 0, "disputed already"),
        (replace(ANSWER, state=DisputeState.KEPT, settled_at=NOW - timedelta(days=1)), 0, "not disputed again"),
        (replace(ANSWER, state=DisputeState.UPHELD, settled_at=ANSWER.answered_at), 0, "not disputed again"),
    ],
)
def test_an_answer_that_may_not_be_disputed_says_why(answer: Disputable, raised: int, why: str) -> None:
    assert why in why_not_dispute(answer, raised, RULES, NOW)


def test_the_window_includes_its_last_moment() -> None:
    assert why_not_dispute(replace(ANSWER, answered_at=NOW - timedelta(days=14)), 0, RULES, NOW) == ""


def test_an_answer_given_since_the_decision_may_be_disputed_anew() -> None:
    answered_again = replace(ANSWER, state=DisputeState.KEPT, settled_at=ANSWER.answered_at - timedelta(days=1))
    assert why_not_dispute(answered_again, 0, RULES, NOW) == ""


def test_disputes_are_counted_from_the_first_of_the_month_in_utc() -> None:
    late_on_the_last = datetime.fromisoformat("2026-03-31T23:30:00-05:00")
    assert month_began(late_on_the_last) == datetime(2026, 4, 1, tzinfo=UTC)


REVIEWER = Person(1, "Rosa Lind", corrects=True, manages=False)
MANAGER = Person(2, "Mira Holt", corrects=True, manages=True)
ADMINISTRATOR = Person(3, "Ada Winter", corrects=True, manages=True, administers=True)


@pytest.mark.parametrize("decider", list(Decider))
@pytest.mark.parametrize(
    "involved", [replace(MANAGER, answered=True), replace(MANAGER, coaches=True), replace(MANAGER, is_agent=True)]
)
def test_nobody_decides_on_their_own_answer_their_own_team_or_themselves(decider: Decider, involved: Person) -> None:
    assert why_not_decide(involved, decider).startswith("Mira Holt ")
    assert why_not_decide(MANAGER, decider) == ""


def test_a_reviewer_decides_only_where_reviewers_do() -> None:
    assert "role" in why_not_decide(REVIEWER, MANAGERS)
    assert why_not_decide(REVIEWER, Decider.REVIEWER) == ""
    assert "role" in why_not_decide(replace(REVIEWER, corrects=False), Decider.REVIEWER)


def test_a_dispute_goes_to_whose_work_it_is_and_there_to_whom_the_fewest_wait_for() -> None:
    busy, free = replace(REVIEWER, id=4, waiting=3), replace(REVIEWER, id=5, waiting=1)
    people = [ADMINISTRATOR, MANAGER, busy, free]
    assert who_may_decide(people, Decider.REVIEWER) == (free, busy, MANAGER, ADMINISTRATOR)
    assert who_may_decide(people, MANAGERS) == (MANAGER, ADMINISTRATOR)
    assert who_may_decide([replace(MANAGER, answered=True), REVIEWER], MANAGERS) == ()


def test_three_disputes_make_no_rate() -> None:
    (row,) = report([(("Care",), DisputeState.UPHELD)] * 3)
    assert (row.raised, row.upheld, row.share, row.low, row.high) == (3, 3, None, None, None)


def test_the_report_counts_each_state_and_only_decisions_make_the_share() -> None:
    states = [DisputeState.UPHELD] * 4 + [DisputeState.KEPT] * 6 + [DisputeState.OPEN] * 2 + [DisputeState.WITHDRAWN]
    rows = report([(("Care", "thanks"), state) for state in states] + [(("Care", "greets"), DisputeState.OPEN)])
    assert [row.of for row in rows] == [("Care", "thanks"), ("Care", "greets")]
    first = rows[0]
    assert (first.raised, first.open, first.withdrawn, first.decided) == (13, 2, 1, FEWEST_DECIDED)
    assert first.share == 0.4
    assert first.low is not None
    assert first.high is not None
    assert 0.1 < first.low < 0.4 < first.high < 0.7


@pytest.mark.parametrize("truth", [0.1, 0.35, 0.8])
def test_the_interval_holds_the_truth_nine_times_in_ten(truth: float) -> None:
    drawn = np.random.default_rng(1).binomial(40, truth, size=4_000)
    bounds = {int(upheld): interval(int(upheld), 40) for upheld in np.unique(drawn)}
    covered = np.mean([bounds[int(upheld)][0] <= truth <= bounds[int(upheld)][1] for upheld in drawn])
    assert 0.86 <= covered <= 0.95
