"""Does a search of the record find what it is asked for, all of it and nothing else, and only for whom it is?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, update

from errors import NotAllowed
from storage import audit_search, review_queue
from storage.access import SYSTEM, Asker, Role
from storage.audit import BEFORE_THE_FIRST, About, Entry, Head, What, note_opening, sealed
from storage.audit_check import all_entries, check
from storage.audit_search import KIND_OF, Kind, Other, Wanted, search
from storage.audit_tables import AuditEntryRow, AuditHeadRow
from storage.database import reading, transaction
from storage.review_queue import BlindAnswer
from tests.storage.contents import Once
from tests.storage.test_audit_callers import a_blind_review, a_world

MIRA = Asker(2, Role.QUALITY_MANAGER, name="Mira")
FIRST = datetime(2025, 3, 3, tzinfo=UTC)


def a_written_record(engine: Engine) -> Engine:
    whats, abouts, last = list(What), list(About), Head(0, BEFORE_THE_FIRST)
    rows = []
    for n in range(1, 101):
        role = "administrator" if n % 6 else ("operator", "program", "nobody")[n // 6 % 3]
        said = (n % 6 or None, f"person {n % 6}", role, whats[n % len(whats)].value, abouts[n % 4].value, str(n % 7))
        entry = sealed(Entry(n, FIRST + n * timedelta(hours=2), *said, {"n": n}, last.hash, ""))
        last = Head(n, entry.hash)
        rows.append(vars(entry))
    with transaction(engine) as session:
        session.execute(insert(AuditEntryRow), rows)
        session.execute(update(AuditHeadRow).values(number=last.number, hash=last.hash))
    with reading(engine) as session:
        assert not check(session).faults
    return engine


@pytest.fixture
def written(once: Once) -> Engine:
    """A hundred entries of five people and of nobody, of everything that can be done, two hours apart."""
    return once(a_written_record)


def fits(entry: Entry, wanted: Wanted) -> bool:
    """Whether an entry is one of those that are wanted, as plainly as it can be said."""
    day = entry.at.date()
    return all(
        (
            wanted.who is None or (entry.role if isinstance(wanted.who, Other) else entry.who_id) == wanted.who,
            wanted.kind is None or KIND_OF[What(entry.what)] is wanted.kind,
            wanted.about is None or entry.about == wanted.about,
            not wanted.about_id or entry.about_id == wanted.about_id,
            wanted.start is None or day >= wanted.start,
            wanted.end is None or day <= wanted.end,
        )
    )


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(who=3),
        Wanted(who=Other.OPERATOR),
        Wanted(who=Other.PROGRAM),
        Wanted(who=Other.NOBODY),
        *(Wanted(kind=kind) for kind in Kind),
        Wanted(about=About.CALL),
        Wanted(about=About.CALL, about_id="4"),
        Wanted(about=About.BEHAVIOUR),
        Wanted(about=About.SCORECARD, about_id="4", who=2),
        Wanted(start=date(2025, 3, 5)),
        Wanted(end=date(2025, 3, 5)),
        Wanted(start=date(2025, 3, 5), end=date(2025, 3, 6), kind=Kind.RIGHTS),
        Wanted(start=date(2025, 3, 6), end=date(2025, 3, 6), who=3),
        Wanted(start=date(2030, 1, 1)),
        Wanted(end=date(2020, 1, 1)),
        Wanted(who=77),
    ],
    ids=str,
)
def test_a_search_finds_exactly_what_fits_the_latest_first(written: Engine, wanted: Wanted) -> None:
    with reading(written) as session:
        expected = [entry for entry in reversed(list(all_entries(session))) if fits(entry, wanted)]
        assert list(search(session, SYSTEM, wanted, limit=1000)) == expected
        assert list(search(session, SYSTEM, wanted, limit=7)) == expected[:7]
        turned: list[Entry] = []
        while some := search(session, SYSTEM, wanted, limit=23, before=turned[-1].number if turned else None):
            turned += some
        assert turned == expected


def test_everything_that_can_be_done_is_of_some_kind() -> None:
    assert set(KIND_OF) == set(What)


def test_a_quality_manager_reads_what_changed_scores_scorecards_settings_and_what_is_kept_alone(written: Engine) -> None:
    theirs = {Kind.SCORES, Kind.SCORECARDS, Kind.SETTINGS, Kind.KEEPING}
    with reading(written) as session:
        found = search(session, MIRA, Wanted(), limit=1000)
        assert {KIND_OF[What(entry.what)] for entry in found} == theirs
        assert len(found) == sum(KIND_OF[What(entry.what)] in theirs for entry in all_entries(session))
        assert search(session, MIRA, Wanted(kind=Kind.OPENINGS)) == ()
        assert search(session, MIRA, Wanted(kind=Kind.RIGHTS, who=3)) == ()
        with pytest.raises(NotAllowed):
            audit_search.check_record(session, MIRA)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COACH, Role.AGENT])
def test_nobody_else_reads_any_of_it(written: Engine, role: Role) -> None:
    somebody = Asker(3, role, 1, frozenset({1}))
    with reading(written) as session:
        for ask in (
            lambda: search(session, somebody, Wanted()),
            lambda: audit_search.people(session, somebody),
            lambda: audit_search.names(session, somebody, ()),
            lambda: audit_search.check_record(session, somebody),
            lambda: audit_search.read_by(somebody),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_things_are_named_as_they_are_called_today(engine: Engine) -> None:
    with transaction(engine) as session:
        world = a_world(session)
        note_opening(session, world.rosa, world.call_id)
    with reading(engine) as session:
        found = search(session, SYSTEM, Wanted(), limit=1000)
        names = audit_search.names(session, SYSTEM, found)
        assert names["call", world.call_id] == "Ana Ruiz, 5 Mar 2025"
        assert names["person", str(world.rosa.user_id)] == "Rosa"
        assert audit_search.people(session, SYSTEM)[world.mira.user_id] == "Mira"


def test_whoever_judges_a_call_blind_is_not_told_by_the_record_what_others_answered(engine: Engine) -> None:
    with transaction(engine) as session:
        world = a_world(session)
        review = a_blind_review(world)
        answer = BlindAnswer(world.call.evaluations[0][1].results[0].verdict)
        review_queue.answer_blind(session, world.rosa, review, world.results["greets"], answer)
    judging = Asker(world.rosa.user_id, Role.QUALITY_MANAGER, name="Rosa")  # with her id, and a right to the record
    with reading(engine) as session:
        of_call = Wanted(about=About.CALL, about_id=world.call_id)
        assert {str(entry.details) for entry in search(session, judging, of_call)} == {"{'held_back': True}"}
        assert all(entry.details != {"held_back": True} for entry in search(session, SYSTEM, of_call))
