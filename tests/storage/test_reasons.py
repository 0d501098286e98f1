"""Under which reason does a conversation stand, by whom, and what changes it?"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from scoring.reasons.judge import State
from scoring.reasons.tree import Reason
from scoring.same_customer import IdentityKind
from storage import clock, reason_proposals, reason_trees, reasons
from storage.access import SYSTEM, Asker, Role
from storage.course_tables import CourseRow
from storage.customer_tables import CustomerCallRow, CustomerRow
from storage.database import reading, transaction
from storage.people import add_user
from storage.queries import reason_counts, reason_titles
from storage.reason_tables import (
    CallReasonRow,
    ProposalState,
    ReasonExampleRow,
    ReasonHistoryRow,
    ReasonProposalRow,
    Source,
)
from storage.records import CallFilter
from storage.removal import remove_words
from storage.repository import store_scored_call
from tests.reasons import a_call_about, a_taught_tree, a_tree

NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)
LATE = "My parcel has still not come, where is it?"


def stored(session: Session, name: str, *said: str, **facts: object) -> str:
    call = a_call_about(name, *said, **facts)
    assert store_scored_call(session, call)
    return call.transcript.call_id


def row(session: Session, call_id: str) -> CallReasonRow:
    return session.scalars(select(CallReasonRow).where(CallReasonRow.call_id == call_id)).one()


def rosa(session: Session) -> Asker:
    return Asker(add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "hash"), Role.REVIEWER, name="Rosa")


def ours(session: Session) -> None:
    reason_trees.put_tree_in_force(session, SYSTEM, a_taught_tree())


def test_a_call_is_put_under_a_reason_when_it_is_stored(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        call_id = stored(session, "one", LATE)
    with reading(engine) as session:
        found = row(session, call_id)
        assert (found.reason, found.source, found.state, found.turn) == ("late", Source.MACHINE, State.FITS, 1)
        assert found.candidates[0][0] == "late"


def test_what_was_given_counts_before_the_machine_and_a_person_before_both(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        given = stored(session, "given", LATE, extra={"reason": "Refund not here"})
        unknown = stored(session, "unknown", LATE, extra={"reason": "A lost dog"})
        asker = rosa(session)
        assert (row(session, given).reason, row(session, given).source) == ("refund", Source.GIVEN)
        assert (row(session, unknown).reason, row(session, unknown).source) == ("", Source.GIVEN)
        assert row(session, given).machine_reason == "late"
        reasons.correct_reason(session, asker, given, "line")
        assert (row(session, given).reason, row(session, given).source) == ("line", Source.PERSON)
        assert reasons.reassign(session, SYSTEM).changed == 0
        assert row(session, given).reason == "line"


def test_only_who_may_corrects_and_only_to_what_there_is(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        call_id = stored(session, "one", LATE)
        asker = rosa(session)
        with pytest.raises(NotAllowed):
            reasons.correct_reason(session, Asker(9, Role.COACH), call_id, "line")
        with pytest.raises(InputError):
            reasons.correct_reason(session, asker, call_id, "no_such_reason")
        with pytest.raises(StorageError):
            reasons.correct_reason(session, asker, "no such call", "line")
        with pytest.raises(NotAllowed):
            reasons.reassign(session, asker)


def test_a_new_tree_changes_nothing_that_is_stored_until_somebody_asks_and_then_keeps_what_was(engine: Engine) -> None:
    with transaction(engine) as session:
        call_id = stored(session, "one", LATE)
        before = row(session, call_id).reason
        assert before == "order_late"
        ours(session)
        assert row(session, call_id).reason == before
        counted = reasons.would_change(session, SYSTEM)
        assert [(one.before, one.after, one.calls) for one in counted.changes] == [("order_late", "late", 1)]
        assert row(session, call_id).reason == before
        assert reasons.reassign(session, SYSTEM) == counted
        session.expire_all()
        assert row(session, call_id).reason == "late"
        assert [one.reason for one in session.scalars(select(ReasonHistoryRow))] == ["order_late"]
        assert reasons.would_change(session, SYSTEM).changed == 0
        assert reason_titles(session)["order_late"][1] == "Where is my order"


def test_a_correction_teaches_the_next_version(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        asker = rosa(session)
        for n, word in enumerate(["awning", "hook", "door", "step", "roof", "stove", "sink", "lamp", "tap", "bed"]):
            call_id = stored(session, f"{n}", f"The {word} at the caravan has come loose.")
            reasons.correct_reason(session, asker, call_id, "refund")
        taught = reason_trees.teach_tree(session, SYSTEM, a_tree())
        assert taught.learned_from == 10
        assert taught.held_out is not None
        assert taught.held_out.better
        reason_trees.put_tree_in_force(session, SYSTEM, taught)
        newest, *_ = reason_trees.versions(session, SYSTEM)
        assert (newest.learned_from, newest.held_out) == (10, taught.held_out)
        with pytest.raises(StorageError, match="in force"):
            reason_trees.put_tree_in_force(session, SYSTEM, taught)


def test_when_the_same_customer_was_in_touch_again_is_known_whichever_call_is_stored_first(engine: Engine) -> None:
    with transaction(engine) as session:
        facts = {"extra": {"customer_id": "4711"}}
        last = stored(session, "last", LATE, started_at=NOON + timedelta(days=9), **facts)
        first = stored(session, "first", LATE, started_at=NOON, **facts)
        middle = stored(session, "middle", LATE, started_at=NOON + timedelta(days=2), **facts)
        stored(session, "another", LATE, started_at=NOON + timedelta(days=1), extra={"customer_id": "4712"})
        session.expire_all()
        assert [row(session, id_).days_until_contact for id_ in (first, middle, last)] == [2.0, 7.0, None]


def test_a_call_from_before_there_was_a_tree_is_put_under_it_when_asked(engine: Engine) -> None:
    with transaction(engine) as session:
        call_id = stored(session, "one", LATE)
        session.delete(row(session, call_id))
        session.flush()
        assert reasons.would_change(session, SYSTEM).new == 1
        assert reasons.assign_missing(session) == 1
        assert row(session, call_id).reason == "order_late"


def caravans(session: Session, **facts: object) -> list[str]:
    return [
        stored(session, word, f"The {word} of my caravan leaks.", started_at=NOON, **facts)
        for word in ["roof", "door", "window", "floor", "wall"]
    ]


def test_what_fits_nowhere_is_proposed_once_and_keeps_its_name(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        calls = caravans(session)
        (found,) = reason_proposals.propose(session, SYSTEM)
        assert found.conversations == len(calls)
        assert "caravan" in found.name
        assert found.quotes[0].text.endswith("caravan leaks.")
        stored(session, "hatch", "The hatch of my caravan leaks.", started_at=NOON)
        (again,) = reason_proposals.propose(session, SYSTEM)
        assert (again.id, again.name, again.conversations) == (found.id, found.name, 6)
        assert {row(session, id_).reason for id_ in calls} == {""}
        reason_proposals.dismiss(session, SYSTEM, found.id)
        assert reason_proposals.propose(session, SYSTEM) == ()
        with pytest.raises(StorageError, match="dismissed"):
            reason_proposals.merge(session, SYSTEM, found.id, "line")


def test_a_proposal_is_called_by_nothing_that_one_customer_alone_says(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        caravans(session, extra={"customer_id": "4711"})
        (found,) = reason_proposals.propose(session, SYSTEM)
        assert (found.name, found.terms) == ("no common words", ())


def test_a_proposal_forgets_its_words_with_the_words_of_its_calls(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        calls = caravans(session)
        (found,) = reason_proposals.propose(session, SYSTEM)
        remove_words(session, calls[:3])
        session.expire_all()
        (left,) = reason_proposals.proposals(session, SYSTEM)
        assert left.terms == found.terms  # two others still say them
        assert remove_words(session, calls[3:4]).rows["reason_proposals"] == 1
        session.expire_all()
        (left,) = reason_proposals.proposals(session, SYSTEM)
        assert (left.name, left.terms) == ("no common words", ())
        proposal = session.scalars(select(ReasonProposalRow)).one()
        assert "caravan" not in f"{proposal.name} {proposal.terms}"


def test_a_proposal_forgets_its_words_once_its_calls_turn_out_to_be_one_customers(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        calls = caravans(session)
        reason_proposals.propose(session, SYSTEM)
        session.add(CustomerRow(id="one", created_at=NOON))
        session.flush()
        session.add_all(
            CustomerCallRow(call_id=id_, customer_id="one", contacted_at=NOON, matched_by=IdentityKind.NUMBER)
            for id_ in calls
        )
        session.flush()
        reasons.retell(session, ["one"])
        (left,) = reason_proposals.proposals(session, SYSTEM)
        assert left.terms == ()


def given(session: Session, call_id: str) -> str:
    return session.scalars(select(CourseRow.reason).where(CourseRow.call_id == call_id)).one()


def test_a_given_reason_goes_with_the_words_unless_others_have_it_or_the_tree_has_a_name_for_it(engine: Engine) -> None:
    note, shared, in_tree = "Vera Lind overdue debt", "Broken awning", "WISMO"
    with transaction(engine) as session:
        ours(session)
        of_vera = {
            reason: stored(session, reason, LATE, extra={"reason": reason, "customer_id": "vera"})
            for reason in (note, shared, in_tree)
        }
        again = stored(session, "again", LATE, extra={"reason": note, "customer_id": "vera"})
        for n in range(3):
            stored(session, f"other {n}", LATE, extra={"reason": shared, "customer_id": f"other {n}"})
        remove_words(session, [of_vera[note]])
        session.expire_all()
        assert given(session, of_vera[note]) == ""  # her own other call is no other customer's
        found = row(session, of_vera[note])
        assert (found.reason, found.source) == ("late", Source.MACHINE)
        assert given(session, again) == note
        remove_words(session, [again, of_vera[shared], of_vera[in_tree]])
        session.expire_all()
        assert {given(session, id_) for id_ in (again, *of_vera.values())} == {"", shared, in_tree}
        assert row(session, of_vera[in_tree]).source is Source.GIVEN
        counted = reason_counts(session, SYSTEM, CallFilter(), 60.0)
        assert set(counted["given"]) == {"", shared}
        assert set(counted["state"]) == {State.FITS.value}


def test_a_given_reason_without_a_machines_is_counted_under_none_once_it_goes(engine: Engine) -> None:
    with transaction(engine) as session:
        ours(session)
        call_id = stored(session, "one", "Tell Hieronymus about the village fair.", extra={"reason": "Vera Lind owes us"})
        before = row(session, call_id)
        before.state, before.machine_reason = State.NONE, ""
        session.flush()
        remove_words(session, [call_id])
        session.expire_all()
        assert (row(session, call_id).reason, row(session, call_id).source) == ("", Source.NOBODY)


def test_an_accepted_proposal_is_a_reason_with_its_sentences_as_examples(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        calls = caravans(session)
        (found,) = reason_proposals.propose(session, SYSTEM)
        tree = reason_proposals.accept(session, SYSTEM, found.id, "faults", Reason("caravan", "Caravan leaks"))
        taught = reason_trees.teach_tree(session, SYSTEM, tree)
        assert taught.learned_from == len(calls)
        reason_trees.put_tree_in_force(session, SYSTEM, taught)
        assert row(session, calls[0]).reason == ""
        reasons.reassign(session, SYSTEM)
        session.expire_all()
        assert {row(session, id_).reason for id_ in calls} == {"caravan"}
        (decided,) = reason_proposals.proposals(session, SYSTEM, decided=True)
        assert (decided.state, decided.reason) == (ProposalState.ACCEPTED, "caravan")


def test_a_call_whose_words_were_removed_teaches_nothing_and_shows_nothing(engine: Engine) -> None:
    with clock.at(NOON), transaction(engine) as session:
        ours(session)
        calls = caravans(session)
        (found,) = reason_proposals.propose(session, SYSTEM)
        reason_proposals.merge(session, SYSTEM, found.id, "line")
        remove_words(session, calls)
        session.expire_all()
        assert reason_trees.teach_tree(session, SYSTEM, a_tree()).learned_from == 0
        (decided,) = reason_proposals.proposals(session, SYSTEM, decided=True)
        assert decided.quotes == ()
        assert session.scalars(select(ReasonExampleRow)).first() is not None
        asker = rosa(session)
        session.delete(row(session, calls[0]))
        session.flush()
        with pytest.raises(StorageError, match="removed"):
            reasons.correct_reason(session, asker, calls[0], "line")
