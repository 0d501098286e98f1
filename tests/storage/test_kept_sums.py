"""What a process keeps of the sums is what stands in the database, for nobody but who may see it."""

from collections.abc import Callable
from unittest import mock

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from storage import course_sums, kept_sums, sums
from storage.access import SYSTEM, Asker, Role
from storage.database import open_database, reading, transaction
from storage.kept_sums import Sums, kept_of, renew
from storage.queries import Bounds, CallFilter, count_calls, mean_totals, process_counts, reason_scores, verdict_counts
from storage.queries.summed import summed
from storage.repository import store_scored_call
from storage.sum_tables import SumRow
from storage.tables import TeamRow
from tests.storage.build import a_scored_call
from tests.storage.statements import statements_of

READ = ("FROM call_sums", "FROM course_sums", "course_counts.figures")


def folded(engine: Engine, *names: str, team: str = "North") -> None:
    with transaction(engine) as session:
        for name in names:
            store_scored_call(session, a_scored_call(name, team=team))
        sums.fold(session)
        course_sums.fold(session)


def of_team(engine: Engine, name: str) -> Asker:
    with reading(engine) as session:
        return Asker(1, Role.COACH, None, frozenset(session.scalars(select(TeamRow.id).where(TeamRow.name == name))))


def test_sums_are_read_once_until_they_are_folded_again(engine: Engine) -> None:
    def ask() -> tuple[int, list[str]]:
        with reading(engine) as session, statements_of(engine) as said:
            counted = int(verdict_counts(session, SYSTEM, CallFilter(), ("team_id",))["counted"].sum())
            process_counts(session, SYSTEM, CallFilter(), Bounds(60.0, 7))
            reason_scores(session, SYSTEM, CallFilter())
        read = [statement for statement, _ in said if any(one in statement for one in READ)]
        return counted, [statement for statement in read if "course_changes" not in statement]

    folded(engine, "one", "two")
    first, read = ask()
    assert read
    assert ask() == (first, [])
    folded(engine, "three")
    more, read = ask()
    assert more > first
    assert read


def test_nobody_finds_what_somebody_else_may_see(engine: Engine) -> None:
    folded(engine, "one", "two", team="North")
    folded(engine, "three", team="South")
    north, south = of_team(engine, "North"), of_team(engine, "South")
    with reading(engine) as session:
        for asker, calls in ((SYSTEM, 3), (north, 2), (south, 1), (north, 2), (SYSTEM, 3)):
            (counted,) = summed(session, asker, CallFilter(), answers=False).heads(0, ("calls",))
            assert sum(counted) == calls == count_calls(session, asker, CallFilter())
            assert mean_totals(session, asker, CallFilter(), "team")["calls"].sum() == calls
            assert len(reason_scores(session, asker, CallFilter())) <= calls


def test_what_was_never_committed_is_found_by_nobody(engine: Engine) -> None:
    folded(engine, "one")
    with pytest.raises(ZeroDivisionError):
        _fold_in_vain(engine)
    with reading(engine) as session:
        assert _calls(session) == 1


def _fold_in_vain(engine: Engine) -> None:
    with transaction(engine) as session:
        store_scored_call(session, a_scored_call("two"))
        sums.fold(session)
        assert _calls(session) == 2
        raise ZeroDivisionError


def _calls(session: Session) -> int:
    (counted,) = summed(session, SYSTEM, CallFilter(), answers=False).heads(0, ("calls",))
    return sum(counted)


def test_what_is_kept_cannot_be_changed(engine: Engine) -> None:
    folded(engine, "one")
    with reading(engine) as session:
        for cells in summed(session, SYSTEM, CallFilter()).cells.values():
            with pytest.raises(ValueError, match="read-only"):
                cells.heads[:] = 0


def test_two_databases_are_not_taken_for_each_other(new_database: Callable[[], str]) -> None:
    one, other = (open_database(new_database()) for _ in range(2))
    folded(one, "one", "two")
    folded(other, "three")
    for engine, calls in ((one, 2), (other, 1), (one, 2)):
        with reading(engine) as session:
            assert _calls(session) == calls
    one.dispose()
    other.dispose()


def test_the_least_lately_asked_for_goes_first_and_sums_as_they_were_before_all(engine: Engine) -> None:
    kept_sums.forget()
    folded(engine, "one")
    with mock.patch.object(kept_sums, "MOST_BYTES", 3 * 3_000), transaction(engine) as session:
        before = kept_of(session.connection(), Sums.CALLS)
        before.keep("old", 0, 1_000)
        renew(session.connection(), Sums.CALLS)
        kept = kept_of(session.connection(), Sums.CALLS)
        kept.keep("a", 1, 1_000)
        kept.keep("b", 2, 1_000)
        assert kept.find("a") == (1,)
        kept.keep("c", 3, 1_000)
        assert before.find("old") is None
        kept.keep("d", 4, 1_000)
        assert [kept.find(name) for name in "abcd"] == [(1,), None, (3,), (4,)]
    kept_sums.forget()


def test_nothing_is_kept_where_nothing_was_ever_folded(engine: Engine) -> None:
    with reading(engine) as session:
        kept_of(session.connection(), Sums.CALLS).keep("key", 1, 0)
        assert kept_of(session.connection(), Sums.CALLS).find("key") is None
        assert session.scalars(select(SumRow.calls)).all() == []
