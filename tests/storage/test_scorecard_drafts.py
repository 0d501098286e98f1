"""A scorecard is drafted, activated and retired by those who may, nobody's work is lost, and who decided what stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, ScorecardError, StorageError
from scorecards.scope import EVERYTHING, Scope
from scoring.result import Verdict
from storage import scorecard_drafts as kept
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.repository import active_scorecards, load_evaluations, save_scorecard_version, store_scored_call
from tests.storage.build import a_scorecard, a_scored_call

MIRA, ADA = Asker(7, Role.QUALITY_MANAGER, name="Mira Holt"), Asker(8, Role.ADMINISTRATOR, name="Ada Winter")


def a_definition(**changes: Any) -> dict[str, Any]:
    """The keys and values of a scorecard file with one question."""
    question = {"id": "greets", "question": "Does the agent greet?", "kind": "says.v1", "with": {"phrases": ["hello"]}}
    sections = [{"id": "opening", "title": "Opening", "criteria": [question]}]
    return {"id": "manners", "version": 1, "title": "Manners", "pass_mark": 70, "sections": sections, **changes}


@contextmanager
def a_draft(engine: Engine, definition: dict[str, Any] | None = None) -> Iterator[tuple[Session, kept.Draft]]:
    with transaction(engine) as session:
        yield session, kept.new_draft(session, MIRA, definition or a_definition())


def test_a_draft_is_kept_as_it_is_fit_or_not(engine: Engine) -> None:
    half = {"title": "", "sections": [{"id": "opening"}]}
    with transaction(engine) as session:
        draft = kept.new_draft(session, MIRA, half)
    with reading(engine) as session:
        (loaded,) = kept.drafts(session, ADA)
    assert loaded == draft
    assert loaded.definition == {**half, "id": "scorecard"}
    assert (loaded.title, loaded.author, loaded.edit) == ("Untitled scorecard", "Mira Holt", 1)


def test_a_new_scorecard_gets_a_short_name_that_nothing_else_has(engine: Engine) -> None:
    with transaction(engine) as session:
        save_scorecard_version(session, a_scorecard("manners"))
        assert [kept.new_draft(session, MIRA, a_definition()).scorecard for _ in range(2)] == ["manners_2", "manners_3"]
        first = kept.new_draft(session, MIRA, a_definition(id="empathy"))
        assert first.scorecard == "empathy_2"  # one that is shipped has it
        assert kept.new_draft(session, MIRA, a_definition(id="2. Front Desk!")).scorecard == "front_desk"
        renamed = kept.rename_scorecard(session, MIRA, first.id, "warmth")
        assert (renamed.scorecard, renamed.definition["id"]) == ("warmth", "warmth")
        with pytest.raises(InputError, match="is taken"):
            kept.rename_scorecard(session, MIRA, first.id, "manners")


def test_two_editors_both_keep_what_they_did(engine: Engine) -> None:
    with a_draft(engine) as (session, draft):
        mine, theirs = {**draft.definition, "pass_mark": 80, "title": "Mine"}, {**draft.definition, "title": "Theirs"}
        kept.save_draft(session, ADA, draft.id, draft.definition, draft.edit, theirs)
        after = kept.save_draft(session, MIRA, draft.id, draft.definition, draft.edit, mine)
        assert (after.definition["title"], after.definition["pass_mark"]) == ("Theirs", 80)
        assert {name for name, _ in after.editors.values()} == {"Mira Holt", "Ada Winter"}
        (aside,) = after.aside
        assert (aside.place, aside.value, aside.author) == (("title",), "Mine", "Mira Holt")
        assert kept.drop_aside(session, ADA, draft.id, 0).aside == ()


def test_activating_makes_the_next_version_which_is_in_force_for_what_it_is_for(engine: Engine) -> None:
    scope = Scope(teams=("Harbour",))
    with a_draft(engine) as (session, draft):
        first = kept.activate_draft(session, MIRA, draft.id, draft.edit, scope)
        assert (first.id, first.version) == ("manners", 1)
        again = kept.new_draft(session, ADA, a_definition(title="Better manners"), based_on=1)
        second = kept.activate_draft(session, ADA, again.id, again.edit, scope)
        assert second.version == 2
        assert [card.version for card in active_scorecards(session)] == [2]
        decided = kept.in_force(session)
        assert decided.decided == {"manners": second}
        assert decided.scopes == {"manners": scope}
        assert kept.drafts(session, MIRA) == ()
        events = kept.history(session, MIRA, "manners")
        assert [(event.what, event.version, event.author) for event in events] == [
            ("activated", 2, "Ada Winter"),
            ("scope", None, "Mira Holt"),
            ("activated", 1, "Mira Holt"),
        ]
        newest, older = kept.versions(session, MIRA, "manners")
        assert (newest.version, newest.active, newest.title, newest.questions) == (2, True, "Better manners", 1)
        assert (older.version, older.active) == (1, False)
        with pytest.raises(StorageError, match="was activated in the meantime"):
            kept.save_draft(session, MIRA, draft.id, draft.definition, draft.edit, a_definition())


def test_a_draft_that_is_not_fit_or_was_changed_meanwhile_is_not_activated(engine: Engine) -> None:
    with a_draft(engine, a_definition(pass_mark=700, title="")) as (session, draft):
        with pytest.raises(ScorecardError, match="pass_mark") as wrong:
            kept.activate_draft(session, MIRA, draft.id, draft.edit, EVERYTHING)
        assert {problem.place for problem in wrong.value.problems} == {("title",), ("pass_mark",)}
        kept.save_draft(session, ADA, draft.id, draft.definition, draft.edit, a_definition())
        with pytest.raises(StorageError, match="changed this draft since"):
            kept.activate_draft(session, MIRA, draft.id, draft.edit, EVERYTHING)
    with reading(engine) as session:
        assert active_scorecards(session) == []
        assert len(kept.drafts(session, MIRA)) == 1


def test_a_version_that_scored_calls_stays_when_a_draft_of_it_is_activated(engine: Engine) -> None:
    call = a_scored_call("one")
    with transaction(engine) as session:
        store_scored_call(session, call)
        draft = kept.new_draft(session, MIRA, a_definition(id="care"), based_on=1)
        kept.activate_draft(session, MIRA, draft.id, draft.edit, EVERYTHING)
        (stored,) = load_evaluations(session, call.transcript.call_id)
        assert stored.scorecard == a_scorecard()
        assert kept.load_version(session, MIRA, "care", 1) == a_scorecard()
        assert [(v.version, v.calls) for v in kept.versions(session, MIRA)] == [(2, 0), (1, 1)]


def test_a_retired_scorecard_is_out_of_use_until_it_is_restored(engine: Engine) -> None:
    with a_draft(engine) as (session, draft):
        card = kept.activate_draft(session, MIRA, draft.id, draft.edit, EVERYTHING)
        kept.retire(session, ADA, card.id)
        assert active_scorecards(session) == []
        assert kept.in_force(session).decided == {"manners": None}
        with pytest.raises(StorageError, match="not in use"):
            kept.retire(session, ADA, card.id)
        assert kept.restore(session, MIRA, card.id) == 1
        assert kept.in_force(session).decided == {"manners": card}
        with pytest.raises(StorageError, match="is in use"):
            kept.restore(session, MIRA, card.id)


def test_a_discarded_draft_can_be_taken_up_again(engine: Engine) -> None:
    with a_draft(engine) as (session, draft):
        kept.discard_draft(session, MIRA, draft.id)
        assert kept.drafts(session, MIRA) == ()
        with pytest.raises(StorageError, match="was discarded in the meantime"):
            kept.load_draft(session, MIRA, draft.id)
        assert kept.reopen_draft(session, ADA, draft.id).definition == draft.definition


def test_marks_on_calls_stay_with_the_draft(engine: Engine) -> None:
    call = a_scored_call("one")
    with transaction(engine) as session:
        store_scored_call(session, call)
        draft, call_id = kept.new_draft(session, MIRA, a_definition()), call.transcript.call_id
        kept.mark_call(session, MIRA, draft.id, "greets", call_id, Verdict.MET, False)
        kept.mark_call(session, ADA, draft.id, "greets", call_id, Verdict.MET, True)
        assert kept.marks(session, MIRA, draft.id) == (kept.Mark("greets", call_id, Verdict.MET, True, "Ada Winter"),)
        kept.mark_call(session, ADA, draft.id, "greets", call_id, Verdict.MET, None)
        assert kept.marks(session, MIRA, draft.id) == ()
        with pytest.raises(StorageError, match="There is no call"):
            kept.mark_call(session, ADA, draft.id, "greets", "nowhere", Verdict.MET, True)


def test_what_somebody_decided_is_never_rewritten(engine: Engine) -> None:
    with transaction(engine) as session:
        kept.set_scope(session, MIRA, "care", Scope(teams=("North",)))
        kept.set_scope(session, MIRA, "care", Scope(teams=("North",)))  # the same again is no event
        assert [event.detail for event in kept.history(session, MIRA, "care")] == ["For calls of team North."]
        assert kept.scopes(session, ADA) == {"care": Scope(teams=("North",))}
    with pytest.raises(StorageError, match="is never rewritten"), transaction(engine) as session:
        session.execute(text("UPDATE scorecard_events SET author = 'Somebody'"))


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COACH, Role.AGENT])
def test_nobody_else_reads_or_decides_anything(engine: Engine, role: Role) -> None:
    somebody = Asker(9, role, agent_id=1, team_ids=frozenset({1}), name="Somebody")
    with transaction(engine) as session:
        draft = kept.new_draft(session, SYSTEM, a_definition())
    asked: list[tuple[Any, tuple[object, ...]]] = [
        (kept.versions, ()),
        (kept.load_version, ("manners", 1)),
        (kept.retire, ("manners",)),
        (kept.restore, ("manners",)),
        (kept.history, ("manners",)),
        (kept.scopes, ()),
        (kept.set_scope, ("manners", EVERYTHING)),
        (kept.drafts, ()),
        (kept.load_draft, (draft.id,)),
        (kept.new_draft, (a_definition(),)),
        (kept.save_draft, (draft.id, draft.definition, 1, a_definition(title="Mine"))),
        (kept.rename_scorecard, (draft.id, "mine")),
        (kept.drop_aside, (draft.id, 0)),
        (kept.discard_draft, (draft.id,)),
        (kept.reopen_draft, (draft.id,)),
        (kept.activate_draft, (draft.id, 1, EVERYTHING)),
        (kept.mark_call, (draft.id, "greets", "a-call", Verdict.MET, True)),
        (kept.marks, (draft.id,)),
    ]
    for function, arguments in asked:
        with pytest.raises(NotAllowed, match="ask one of them"), transaction(engine) as session:
            function(session, somebody, *arguments)
    with reading(engine) as session:
        assert kept.load_draft(session, SYSTEM, draft.id) == draft
