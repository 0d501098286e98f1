"""What an agent may rely on when one thing to practise is named."""

from dataclasses import replace

from coaching.gaps import Rate, rates
from coaching.personal import PeerRange, Practice, first_to_practise, strengths, to_practise
from tests.coaching.test_gaps import counts


def rates_of(points: float) -> list[Rate]:
    """One agent's two rates over 60 calls, `greets` with these points and `closes` nearly always met."""
    return rates(counts(("Ana Ruiz", 1, points, 60)))


def test_what_is_met_in_nearly_every_call_is_a_strength_and_no_gap() -> None:
    assert [rate.criterion for rate in strengths(rates_of(20))] == ["closes"]
    assert [rate.criterion for rate in to_practise(rates_of(20))] == ["greets"]


def test_few_calls_are_no_strength() -> None:
    assert strengths(rates(counts(("New", 1, 5.0, 5)))) == []


def test_what_colleagues_find_as_hard_is_practised_after_what_is_ones_own() -> None:
    (gap,) = to_practise(rates_of(20))
    own = replace(gap, criterion="listens", points_of_total=gap.points_of_total / 2)
    as_hard = {("service", "greets"): PeerRange(0.25, 0.5, 7), ("service", "listens"): PeerRange(0.85, 0.95, 7)}
    assert first_to_practise([gap, own], as_hard) is own
    assert first_to_practise([gap, own], {}) is gap
    assert first_to_practise([gap], as_hard) is gap
    assert first_to_practise([], as_hard) is None


def test_a_shared_difficulty_is_called_one() -> None:
    (gap,) = to_practise(rates_of(20))
    assert Practice(gap, PeerRange(0.25, 0.5, 7), ()).is_shared
    assert not Practice(gap, PeerRange(0.5, 0.9, 7), ()).is_shared
    assert not Practice(gap, None, ()).is_shared
