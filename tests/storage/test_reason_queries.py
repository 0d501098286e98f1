"""Are contacts that did not end it counted as such, and is the reason of a call shown to nobody who may not see it?"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.reasons import by_group, by_reason, listed
from storage import queries, reasons
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.reason_tables import Source
from storage.records import CallFilter
from tests.storage.test_reasons import LATE, ours, rosa, stored

NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)
DEAD = "My internet is down."


def plant(session: Session) -> dict[str, str]:
    """One customer rings about a parcel, and again after 3 and after 20 more days; another about a dead line, once. The last
    call of all is 60 days later."""
    ours(session)
    days = {"first": 0, "second": 3, "third": 23}
    ids = {
        name: stored(session, name, LATE, started_at=NOON + timedelta(days=day), extra={"customer_id": "1"})
        for name, day in days.items()
    }
    ids["line"] = stored(session, "line", DEAD, started_at=NOON, extra={"customer_id": "2"})
    ids["last"] = stored(session, "last", "Bye now.", started_at=NOON + timedelta(days=60), extra={"reason": "A lost dog"})
    return ids


def test_repeats_and_first_contacts_are_counted_once_enough_days_have_passed(engine: Engine) -> None:
    with transaction(engine) as session:
        plant(session)
    with reading(engine) as session:
        counts = queries.reason_counts(session, SYSTEM, CallFilter(), 60.0).set_index("reason")
        late = counts.loc["late"]
        assert (late["calls"], late["soon_known"], late["soon"], late["later_known"], late["later"]) == (3, 3, 1, 3, 2)
        assert (late["first_known"], late["first"]) == (2, 1)
        rows = by_reason(counts.reset_index(), queries.reason_titles(session))
        assert [row.title for row in rows] == ["Parcel is late", "A lost dog", "Line is dead"]
        groups = by_group(counts.reset_index(), queries.reason_titles(session), counts.reset_index())
        assert [(row.group, row.volume.calls, round(row.before, 1)) for row in groups] == [
            ("Orders", 3, 0.6), ("Faults", 1, 0.2), ("Given, not in the tree", 1, 0.2),
        ]  # fmt: skip
        assert listed(groups)["In touch again within 7 days, known of"].tolist()[0] == 3


def test_a_window_that_has_not_passed_yet_says_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        stored(session, "one", LATE, started_at=NOON, extra={"customer_id": "1"})
        stored(session, "two", DEAD, started_at=NOON + timedelta(days=10), extra={"customer_id": "2"})
    with reading(engine) as session:
        counts = queries.reason_counts(session, SYSTEM, CallFilter(), 60.0).set_index("reason")
        assert (counts.loc["late", "soon_known"], counts.loc["late", "later_known"]) == (1, 0)
        assert counts.loc["line", "soon_known"] == 0


def test_the_conversations_behind_a_figure_come_with_the_sentence_that_tells(engine: Engine) -> None:
    with transaction(engine) as session:
        ids = plant(session)
    with reading(engine) as session:
        calls = queries.reason_calls(session, SYSTEM, CallFilter(), "late")
        assert calls["call_id"].tolist() == [ids[name] for name in ("third", "second", "first")]
        assert calls["quote"].tolist()[0] == LATE
        again = queries.reason_calls(session, SYSTEM, CallFilter(), "late", again_only=True)
        assert set(again["call_id"]) == {ids["first"], ids["second"]}
        assert queries.reason_calls(session, SYSTEM, CallFilter(), given="A lost dog")["call_id"].tolist() == [ids["last"]]


def test_the_reason_of_a_call_says_who_said_so_and_what_the_machine_thinks(engine: Engine) -> None:
    with transaction(engine) as session:
        ids = plant(session)
        reasons.correct_reason(session, rosa(session), ids["first"], "line")
    with reading(engine) as session:
        found = queries.reason_of_call(session, SYSTEM, ids["first"])
        assert found is not None
        assert (found.title, found.source, found.corrected_by, found.quote) == ("Line is dead", Source.PERSON, "Rosa", LATE)
        assert found.candidates[0].title == "Parcel is late"
        assert found.near in ("Where is my parcel?", "My delivery has not come.")
        assert found.matter == "Order hasn't come"
        assert queries.reason_of_call(session, Asker(9, Role.COACH), ids["first"]) is None


def test_processes_are_counted_by_the_same_reason(engine: Engine) -> None:
    with transaction(engine) as session:
        plant(session)
    with reading(engine) as session:
        bounds = queries.Bounds(hold_seconds=60, repeat_days=7)
        counts = queries.process_counts(session, SYSTEM, CallFilter(), bounds).groupby("reason")["calls"].sum()
        assert counts.to_dict() == {"A lost dog": 1, "Line is dead": 1, "Parcel is late": 3}
