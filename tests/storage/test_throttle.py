"""How often is too often, also after a restart and with several processes?"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from storage.database import transaction
from storage.sign_in_tables import SignInAttemptRow
from storage.throttle import Limit, attempt, forgive

NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)
TWO = Limit(2, 60)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_window_that_has_passed_is_forgotten(engine: Engine) -> None:
    with transaction(engine) as session:
        assert attempt(session, {"key": TWO}, NOON) == 0
        assert attempt(session, {"key": TWO}, later(10)) == 0
        assert attempt(session, {"key": TWO}, later(10)) == 50
        assert attempt(session, {"key": TWO}, later(61)) == 0


def test_an_attempt_that_has_to_wait_does_not_count(engine: Engine) -> None:
    with transaction(engine) as session:
        for seconds in (0, 1, 2, 3, 4, 5):
            attempt(session, {"key": TWO}, later(seconds))
        assert session.scalar(select(func.count()).select_from(SignInAttemptRow)) == 2


def test_whatever_is_counted_longest_decides(engine: Engine) -> None:
    with transaction(engine) as session:
        attempt(session, {"here": TWO, "everywhere": Limit(1, 600)}, NOON)
        assert attempt(session, {"here": TWO, "everywhere": Limit(1, 600)}, later(1)) == 599
        assert attempt(session, {"here": TWO}, later(1)) == 0


def test_success_forgets_the_account_and_takes_back_one_attempt_of_the_address(engine: Engine) -> None:
    limits = {"account": TWO, "address": Limit(3, 60)}
    with transaction(engine) as session:
        attempt(session, limits, NOON)
        attempt(session, limits, NOON)
        forgive(session, ["account"], "address")
        assert attempt(session, limits, NOON) == 0
        assert attempt(session, {"address": Limit(3, 60)}, NOON) == 0
        assert attempt(session, {"address": Limit(3, 60)}, NOON) == 60


def test_what_is_old_leaves_the_table(engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(20):
            attempt(session, {f"flood {number}": TWO}, NOON)
        attempt(session, {"key": TWO}, NOON + timedelta(days=2))
        assert session.scalar(select(func.count()).select_from(SignInAttemptRow)) == 1


def test_the_table_names_neither_account_nor_address(engine: Engine) -> None:
    with transaction(engine) as session:
        attempt(session, {"account nadia@attune.example": TWO}, NOON)
        assert "nadia" not in session.scalars(select(SignInAttemptRow.key)).one()
