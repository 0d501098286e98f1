"""For which conversations a scorecard says it is, it is, and for no others."""

import pytest

from scorecards.scope import EVERYTHING, ONLY_NAMED, Channel, Kept, Scope

CALL = Kept(Channel.RECORDING, "Harbour", "Billing", "inbound")


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (EVERYTHING, True),
        (ONLY_NAMED, False),
        (Scope(teams=("harbour ",)), True),
        (Scope(teams=("Meadow",)), False),
        (Scope(teams=("Meadow", "Harbour"), queues=("Billing",)), True),
        (Scope(teams=("Harbour",), queues=("Faults",)), False),
        (Scope(channels=(Channel.WRITTEN,)), False),
        (Scope(channels=(Channel.RECORDING, Channel.WRITTEN)), True),
        (Scope(directions=("outbound",)), False),
        (Scope(directions=("inbound",), queues=("billing",), channels=(Channel.RECORDING,)), True),
    ],
)
def test_a_call_is_covered_where_all_that_is_asked_holds(scope: Scope, covers: bool) -> None:
    assert scope.covers(CALL) is covers
    assert Scope.from_dict(scope.to_dict()) == scope


def test_a_call_of_which_nothing_is_known_is_covered_only_where_nothing_is_asked() -> None:
    unknown = Kept(Channel.WRITTEN)
    assert EVERYTHING.covers(unknown)
    assert not Scope(teams=("Harbour",)).covers(unknown)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (EVERYTHING, "all calls"),
        (ONLY_NAMED, "only calls for which it is named in the list of calls"),
        (Scope(channels=(Channel.RECORDING,)), "recorded calls"),
        (
            Scope(("Harbour", "Meadow"), ("Billing",), (Channel.RECORDING,), ("inbound",)),
            "inbound recorded calls of the teams Harbour and Meadow in the queue Billing",
        ),
        (Scope(teams=("Harbour",)), "calls of team Harbour"),
    ],
)
def test_it_is_said_in_words(scope: Scope, words: str) -> None:
    assert scope.words() == words


def test_a_direction_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="inbound, outbound"):
        Scope(directions=("sideways",))
