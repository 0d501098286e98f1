"""Does any function that takes who is asking give somebody what is another's, or let them change it?

Every public function of `storage`, `pipeline` and `exports` with a parameter of type `Asker` is found by looking, and is
asked about the things of Cleo, an agent of team South, by people to whom these are nothing: an agent and a coach of team
North, a coach and an agent who were given nothing, and somebody of a role that there is not. Two laws hold for each:

- They are given, or refused, exactly what they would be if Cleo's things did not exist. So each is asked twice, in a
  database with them and in one without.
- Nothing in the database is changed, and nothing is added to it.

Team North is of a partner. Its people are asked the same, whatever role their account has, and once more about what is their
own: what they are given of that does not depend on what there is of others, in no sum and no comparison.

A question that nobody could answer would prove nothing. So somebody whose things these are, or who looks after them, gets
what none of these gets.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Engine, event

import exports
import pipeline
import storage
from coaching.plans import Action, ActionKind, TemplateAction
from errors import AttuneError
from pipeline.case_mapping import read_mapping_file
from pipeline.export import Form
from pipeline.export_person import PersonKind
from pipeline.reports import Days
from reviews.sampling import Rule as DrawRule
from reviews.sampling import RuleKind
from samples.written.answers import CustomerCase
from scorecards.answers import Verdict
from scorecards.scope import Scope as CardScope
from scoring.reasons.tree import Reason
from storage import clock, holds, keeping, removal, rescore, tokens
from storage.about_person import Person
from storage.access import Asker, Role
from storage.audit import What
from storage.audit_search import Wanted
from storage.cases import Stated
from storage.database import open_database, transaction
from storage.inbox import State
from storage.organisations import OrganisationKind
from storage.records import CallFilter
from storage.review_queue import BlindAnswer
from storage.roles import Right
from storage.tables import Base, CallRow
from tests.on_postgresql import ON_POSTGRESQL, on_one_database
from tests.pipeline.test_teach import a_learned
from tests.reasons import a_taught_tree, a_tree
from tests.storage.build import a_scorecard
from tests.storage.cleos import DAY, NOON, RULES, THANKS, Centre, Cleos, plant_centre, plant_cleo, things_of_partner
from tests.storage.test_scorecard_drafts import a_definition
from transcripts.model import Speaker

PACKAGES = (storage, pipeline, exports)
ASKED_ELSEWHERE = "storage.queries"
"""Asked the same in `test_access`, against more worlds."""

LATER = DAY.replace(year=2099)
SPRING = Days(date(2025, 1, 1), date(2025, 6, 30))

BY_NAME: dict[str, Any] = {
    "actions": [], "again_days": 7, "answer": Verdict.MET, "asked": [("care", "thanks")], "behaviour": "empathy",
    "by": "agent", "comment": "Yes.", "criterion": "thanks", "days": 100_000, "deep": False, "definition": a_definition(),
    "detail": "As before.", "done": True, "due": LATER, "edit": 0, "email": "new@example.org", "end": date(2025, 6, 30),
    "figures": {"calls": 1}, "given": True, "goals": [replace(THANKS, criterion="listens")], "good": True,
    "held_on": DAY, "in_force": [keeping.Rule(kind, "", 1) for kind in removal.Kept], "kind": removal.Kept.AUDIO,
    "learned": a_learned(0.2), "name": "Cleo Marsh", "names": ["Cleo"], "note": "A note.", "notes": "We talked.",
    "now": NOON, "on": DAY, "out": Path("not-written"), "password_hash": "hash", "per_day": 3, "present": True,
    "reason": "I listened.", "rule": DrawRule(RuleKind.UNSURE, since=DAY), "rules": RULES, "scorecard": "care",
    "seen": 0, "since": NOON.replace(year=2020), "start": date(2025, 1, 1), "starts_on": LATER, "text": "Well done.",
    "title": "On manners", "today": DAY, "turn": 0, "until": NOON.replace(year=2099), "verdict": Verdict.MET, "version": 1,
    "view": "I see.", "wanted": Wanted(), "why": "I am away.", "words": "No longer needed.", "client_id": "browser-9",
    "plan_id": 1, "day": LATER, "about": "thanks",
}  # fmt: skip
"""What is asked beside whose things, by the name of the parameter; `tests.storage.cleos` adds those."""


def of(**named: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Arguments of one function in the place of those by name; a word that begins with `$` is one of Cleo's things."""
    return lambda things: {
        name: things[given[1:]] if isinstance(given, str) and given.startswith("$") else given
        for name, given in named.items()
    }


CARD = a_scorecard()
BLIND = of(assignment_id="$blind_id", call_id="$blind_call", result_id="$blind_result", answer=BlindAnswer(Verdict.MET))
READ = of(evaluation_id="$read_evaluation", call_id="$read_call")
CALIBRATED = of(call_id="$calibrated", verdict=Verdict.MET)
RESULTS = of(calibration_id="$closed")
OF_TWO = of(customer="$customer_id", other="$other_id")
OF_SOME = of(customer="$customer_id", call_ids="$customers_own")
TAUGHT = of(learned_id="$criterion_id", criterion="greets")
PERSON = of(name="Otto", role=Role.REVIEWER, agent_id=None, team_ids=(), organisation_id=None)


def cleo(things: Mapping[str, Any]) -> dict[str, Any]:
    """Cleo, as whoever hands out all about a person knows her."""
    return {"person": Person(PersonKind.AGENT, "Cleo Marsh", agent_id=things["agent_id"])}


QUESTIONS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "storage.about_person.calls_of": cleo,
    "storage.about_person.files_waiting": cleo,
    "storage.about_person.find_people": of(kind=PersonKind.AGENT, text="cleo"),
    "storage.about_person.find_person": of(kind=PersonKind.AGENT),
    "storage.about_person.rows_about": cleo,
    "storage.access.may": of(right=Right.SEE_CALLS),
    "storage.access.took_for_others": of(first=None, until=None),
    "storage.access.visible_teams": of(team_id=CallRow.team_id),
    "storage.administration.add_person": PERSON,
    "storage.administration.change_person": PERSON,
    "storage.administration.add_team": of(name="Harbour"),
    "storage.administration.team_named": of(name="South"),
    "storage.administration.rename_team": of(name="Harbour"),
    "storage.administration.set_option": of(name="dispute_days", value="28"),
    "storage.alert_desk.close": of(done="We rang them."),
    "storage.audit_search.names": of(entries="$entries"),
    "storage.calibration.answer": CALIBRATED,
    "storage.calibration.begin": of(members="$reviewers"),
    "storage.calibration.calibration_results": RESULTS,
    "storage.calibration.comments": RESULTS,
    "storage.causes.add_cause": of(cause_draft="$cause_draft"),
    "storage.causes.add_evidence": of(call_ids="$customers_own"),
    "storage.causes.change_cause": of(cause_draft="$cause_changed"),
    "storage.cases.import_cases": of(system="desk", stated=[Stated(2, "18")]),
    "storage.customers.changes": of(customer="$customer_id"),
    "storage.customers.mark_promise": of(kept=True),
    "storage.customers.merge": OF_TWO,
    "storage.customers.preview_merge": OF_TWO,
    "storage.customers.preview_split": OF_SOME,
    "storage.customers.split": OF_SOME,
    "storage.desk.answer": of(verdict=Verdict.MET, reason="I listened."),
    "storage.desk.clip": of(start=0.0, end=2.0),
    "storage.desk.judged_blind": of(call_id="$reviewed"),
    "storage.desk.known": of(client_id="browser-4"),
    "storage.desk.withdraw": of(kind="comment", id_="$comment_id"),
    "storage.dispute_lists.dispute_report": of(by=("title",)),
    "storage.disputes.acknowledge": READ,
    "storage.disputes.acknowledgements": READ,
    "storage.disputes.read_as_they_are": READ,
    "storage.disputes.hand_over": of(user_id="$another_reviewer"),
    "storage.erasure.erase_rows": of(calls="$customers_calls", waiting=()),
    "storage.holds.set_hold": of(scope=holds.Scope.CALL, target="$call_id"),
    "storage.inbox_desk.listed": of(state=State.FAILED, most=10),
    "storage.keeping.save_report": of(kind=keeping.ReportKind.EXPORT, what=What.REMOVED),
    "storage.learned_criteria.adopt_criterion": TAUGHT,
    "storage.learned_criteria.save_learned_criterion": of(rule="$taught", answers=()),
    "storage.organisations.add_organisation": of(name="Harbour Care", kind=OrganisationKind.AGENCY),
    "storage.organisations.change_organisation": of(organisation_id=1, name="Harbour Care"),
    "storage.organisations.assign_team": of(organisation_id=1, on=None),
    "storage.organisations.organisation_called": of(name="Northern Calls"),
    "storage.plans.remove_clip": of(clip_id="$clip_id"),
    "storage.plans.revise": of(actions=[(None, Action(ActionKind.LISTEN, "We talk.", LATER))]),
    "storage.plan_material.save_template": of(actions=[TemplateAction(ActionKind.LISTEN, "Talk.", 7)]),
    "storage.reason_proposals.accept": of(group_id="service", reason=Reason("lost_dog", "A lost dog")),
    "storage.reason_proposals.merge": of(reason="leave"),
    "storage.reason_trees.put_tree_in_force": of(taught=a_taught_tree()),
    "storage.reason_trees.teach_tree": of(tree=a_tree()),
    "storage.reasons.correct_reason": of(reason="leave"),
    "storage.redaction.clean_texts": of(said="$said", reading="$reading"),
    "storage.redaction.put_clean": of(hash_before="$hash", clean="$clean"),
    "storage.rescore.add_job": of(kind=rescore.Kind.HISTORY, scorecard=CARD),
    "storage.rescore.calls_with_change": of(before=Verdict.NOT_MET, after=Verdict.MET),
    "storage.rescore.failures_changed": of(which="added"),
    "storage.review_queue.answer_blind": BLIND,
    "storage.review_queue.blind_cards": BLIND,
    "storage.review_queue.blind_for": BLIND,
    "storage.review_queue.assignment_for": BLIND,
    "storage.review_queue.finish_blind": BLIND,
    "storage.review_queue.submit_blind": of(assignment_id="$blind_id", answers={}),
    "storage.review_queue.past_assignments": of(call_id="$reviewed"),
    "storage.review_queue.pass_on": of(to="$another_reviewer"),
    "storage.review_queue.set_quota": of(reviewer_id="$another_reviewer"),
    "storage.scorecard_drafts.activate_draft": of(scope=CardScope()),
    "storage.scorecard_drafts.drop_aside": of(number=0),
    "storage.scorecard_drafts.mark_call": of(right=True),
    "storage.scorecard_drafts.put_in_force": of(scorecard=CARD),
    "storage.scorecard_drafts.rename_scorecard": of(name="warmth"),
    "storage.scorecard_drafts.save_draft": of(made_from=a_definition()),
    "storage.scorecard_drafts.set_scope": of(scope=CardScope(only_named=True)),
    "storage.tokens.add_token": of(scopes=[tokens.Scope.READ_RESULTS], role=Role.AGENT, days=30, agent_id="$agent_id"),
    "pipeline.journeys.promises": of(customer="$customer_id", contacts=[]),
    "pipeline.cases.import_file": of(path=Path(__file__).parents[2] / "samples/customer_systems/zendesk_tickets.csv",
                                     mapping=read_mapping_file(Path("zendesk"))),
    "pipeline.demo_cases.import_answers": of(cases=[CustomerCase("18", "9", "late", (), NOON, NOON, 5)]),
    "pipeline.cases.import_stated": of(system="desk", stated=[Stated(2, "18")]),
    "pipeline.desk.take": of(items="$items"),
    "pipeline.digest.weekly_digest": of(days=SPRING, team_id="$team_id"),
    "pipeline.export.export_call": of(form=Form.TEXT),
    "pipeline.export_person.write_person": of(kind=PersonKind.AGENT),
    "pipeline.options.change": of(name="dispute_days", value="28"),
    "pipeline.reasons.accept_proposal": of(group_id="service", id_="lost_dog", title="A lost dog"),
    "pipeline.reasons.change_tree": of(tree=a_tree()),
    "pipeline.reports.agent_paper": of(days=SPRING),
    "pipeline.reports.team_paper": of(days=SPRING),
    "pipeline.partners.standings": of(wanted=CallFilter()),
    "pipeline.partners.partner_paper": of(organisation_id=1, days=SPRING),
    "pipeline.partners.partner_report": of(organisation_id=1, days=SPRING),
    "pipeline.reports.team_report": of(days=SPRING),
    "pipeline.reports.team_called": of(name="South"),
    "pipeline.rescore.rescore_history": of(scorecard=CARD),
    "pipeline.rescore.start": of(kind=rescore.Kind.HISTORY, scorecard=CARD),
    "pipeline.rescore.what_if": of(scorecard=CARD),
    "pipeline.sides.reassign_turn": of(speaker=Speaker.CUSTOMER),
    "pipeline.sides.reassign_turns": of(speakers={0: Speaker.CUSTOMER}),
    "pipeline.teach_criteria.adopt_criterion": TAUGHT,
}  # fmt: skip
"""What is asked otherwise than by the name of the parameter alone."""


SIGNED = {
    "storage.audit.note", "storage.audit.note_one_of_many", "storage.audit.note_opening", "storage.courses.recount",
    "storage.people.add_team", "storage.people.add_user", "storage.people.deactivate_user", "storage.people.move_agent",
    "storage.people.set_password", "storage.repository.put_answer", "storage.sessions.end_all", "storage.tallies.recount",
}  # fmt: skip
"""They are told who stands under what they do, and ask nobody: whoever calls them has asked, or is the command line. So no
page and no address may call them."""

THEIR_OWN: Mapping[str, set[str]] = {
    "storage.desk.receive": {"received"},
    "storage.plan_material.set_consent": {"example_consents"},
    "storage.plan_material.save_template": {"plan_templates"},
}
"""What these write is the asker's own, or, of a template, what every coach writes for all."""

SHOWN_ELSEWHERE: Mapping[str, str] = {
    "storage.access.may": "says what a role may, of nobody",
    "storage.access.took_for_others": "says from where somebody's figures are read; `test_sums` holds these to the calls",
    "storage.causes.may_see_causes": "says what a role may, of nobody",
    "storage.access.of_their_organisation": "asks nothing of our own people, of whom `visible_calls` asks the rest",
    "storage.desk.receive": "keeps a name that the asker's own browser gave",
    "storage.plan_material.may_coach_at_all": "says what a role may, of nobody",
    "storage.plan_material.save_template": "a template is for all agents, and every coach writes it",
    "storage.plan_material.set_consent": "is always about the asker's own calls",
    "storage.plan_material.template": "a template is for all agents, and every coach reads it",
    "storage.peers.peer_feelings": "gives somebody ranges of five colleagues at least; `test_peers` has so many",
    "storage.peers.peer_rates": "gives somebody ranges of five colleagues at least; `test_peers` has so many",
    "storage.peers.peer_totals": "gives somebody ranges of five colleagues at least; `test_peers` has so many",
    "pipeline.journeys.promises": "follows what `storage.queries.customer_promises` gives; `test_access` shows that",
    "pipeline.sides.reassign_turn": "judges the call anew, which takes the models; `test_sides` has it done",
    "pipeline.sides.reassign_turns": "judges the call anew, which takes the models; `test_sides` has it done",
    "pipeline.sides.swap_sides": "judges the call anew, which takes the models; `test_sides` has it done",
    "pipeline.options.change": "takes over for the whole program what `storage.administration.set_option` has let pass",
}
"""Where it cannot be shown here that somebody gets what the others do not; the two laws hold for them as for all."""


class Unknown(StrEnum):
    """A role that is none of the table's."""

    VISITOR = "visitor"


RECORD = {"audit_entries", "audit_head"}

PARTNERS = ("a partner's coach", "a partner's quality_manager", "a partner's reviewer", "a partner's agent")
STRANGERS = (
    "an agent", "a coach", "a coach without a team", "an agent who is none", "a role that there is not", *PARTNERS,
    "a partner's coach who was given another's team",
)  # fmt: skip

ON_POSTGRESQL_TOO = ("an agent", "a coach", "a coach without a team", "a partner's quality_manager", "a partner's agent")
"""Whose calls somebody may see is decided before any database is asked; each form that the condition can have is put to
both."""


def rendered(answer: object) -> str:
    """An answer in a form that shows every difference."""
    if isinstance(answer, pd.DataFrame):
        return f"{answer.dtypes}\n{answer.to_csv()}"
    if isinstance(answer, ColumnElement | CompoundSelect):
        return str(answer.compile(compile_kwargs={"literal_binds": True}))
    if inspect.isgenerator(answer):
        return repr(list(answer))
    return repr(answer)


def takes_an_asker(function: Callable[..., object]) -> bool:
    return any("Asker" in str(one.annotation) for one in inspect.signature(function).parameters.values())


@cache
def every_function() -> Mapping[str, Callable[..., Any]]:
    """Every public function of these packages that takes who is asking, by module and name."""
    found: dict[str, Callable[..., Any]] = {}
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.startswith((ASKED_ELSEWHERE, "storage.migrations")):
                continue
            made = importlib.import_module(module.name)
            for name, function in inspect.getmembers(made, inspect.isfunction):
                if function.__module__ == module.name and not name.startswith("_") and takes_an_asker(function):
                    found[f"{module.name}.{name}"] = function
    return found


@dataclass(frozen=True)
class World:
    """A database that is put back after each question, what is in it, and what was written to it since the last one."""

    connection: Connection
    rows: Mapping[str, list[str]]
    writes: list[str]


def _rows(connection: Connection) -> dict[str, list[str]]:
    return {
        table.name: sorted(repr(tuple(row)) for row in connection.execute(table.select()))
        for table in Base.metadata.sorted_tables
    }


@dataclass(frozen=True)
class Outcome:
    """What somebody was given, or the sentence by which they were refused, and which tables are no longer as they were."""

    given: str
    changed: frozenset[str] = frozenset()


def ask(world: World, name: str, asker: Asker, things: Mapping[str, Any], *, may_change: bool = False) -> Outcome:
    """One question, of which nothing stays. What whoever may changes is not looked for."""
    function = every_function()[name]
    chosen = QUESTIONS[name](things) if name in QUESTIONS else {}
    known = {**BY_NAME, **things, **chosen}
    parameters = inspect.signature(function).parameters
    given: dict[str, Any] = {}
    for one in parameters.values():
        if "Asker" in str(one.annotation):
            given[one.name] = asker
        elif one.name not in ("session", "engine") and (one.default is one.empty or one.name in chosen):
            assert one.name in known, f"{name}: say in QUESTIONS what `{one.name}` is asked"
            given[one.name] = known[one.name]
    world.writes.clear()
    engine = cast(Engine, world.connection)
    undone = world.connection.begin_nested()
    try:
        with clock.at(NOON):
            if "session" in parameters:
                with transaction(engine) as session:
                    answer = rendered(function(session, **given))
            else:
                answer = rendered(function(**({"engine": engine} if "engine" in parameters else {}), **given))
    except AttuneError as wrong:
        answer = f"{type(wrong).__name__}: {wrong}"
    changed = frozenset[str]()
    if world.writes and not may_change:
        after = _rows(world.connection)
        changed = frozenset(table for table, rows in after.items() if rows != world.rows[table])
    undone.rollback()
    return Outcome(answer, changed)


@dataclass(frozen=True)
class Worlds:
    """The centre with all that is Cleo's and without, to whom it is nothing, and whose it is or who looks after it."""

    there: World
    not_there: World
    things: Mapping[str, Any]
    own: Mapping[str, Any]
    strangers: Mapping[str, Asker]
    entitled: tuple[Asker, ...]


@pytest.fixture(scope="module")
def worlds(new_database: Callable[[], str]) -> Iterator[Worlds]:
    """Both, on SQLite and on PostgreSQL."""
    planted: list[tuple[Centre, Cleos]] = []
    northern: list[dict[str, Any]] = []

    @contextmanager
    def world(with_her: bool) -> Iterator[World]:
        engine = open_database(new_database())
        with clock.at(NOON), transaction(engine) as session:
            centre = plant_centre(session)
            northern.append(things_of_partner(session, centre))
            if with_her:
                planted.append((centre, plant_cleo(session, centre)))
        writes: list[str] = []

        @event.listens_for(engine, "before_cursor_execute")
        def noticed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
                writes.append(statement)

        with engine.execution_options(attune_writes=True).connect() as connection:
            connection.begin()
            # Whatever opens a session on it works within this one transaction.
            connection.execution_options = lambda **_: connection  # type: ignore[method-assign]
            yield World(connection, _rows(connection), writes)
            connection.rollback()
        engine.dispose()

    with world(with_her=True) as there, world(with_her=False) as not_there:
        ((centre, hers),) = planted
        strangers = {
            "an agent": centre.ana,
            "a coach": centre.coach,
            "a coach without a team": replace(centre.coach, agent_id=hers.cleo.agent_id, team_ids=frozenset()),
            "an agent who is none": replace(centre.ana, agent_id=None, team_ids=hers.coach.team_ids),
            "a role that there is not": Asker(0, cast(Role, Unknown.VISITOR), name="Visitor"),
            **{who: centre.partners[who] for who in PARTNERS},
            "a partner's coach who was given another's team": replace(
                centre.partners["a partner's coach"], team_ids=hers.coach.team_ids
            ),
        }
        entitled = (hers.coach, hers.cleo, centre.rosa, centre.mira, centre.ada, centre.idris)
        assert tuple(strangers) == STRANGERS
        if there.connection.dialect.name == "postgresql":
            strangers = {who: strangers[who] for who in ON_POSTGRESQL_TOO}
        own = {**hers.things, **northern[-1]}
        yield Worlds(there, not_there, hers.things, own, strangers, entitled)


def test_what_signs_only_is_called_by_no_page_and_no_address() -> None:
    root = Path(storage.__file__).parents[1]
    names = {name.removeprefix("storage.") for name in SIGNED}
    for folder in ("dashboard", "api"):
        for file in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ImportFrom):
                    called = {f"{node.module}.{one.name}".removeprefix("storage.") for one in node.names}
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    called = {f"{node.value.id}.{node.attr}"}
                else:
                    continue
                assert not called & names, file


def test_every_exemption_is_of_a_function_that_there_is() -> None:
    assert SIGNED | set(THEIR_OWN) | set(SHOWN_ELSEWHERE) | set(QUESTIONS) <= set(every_function())
    assert not SIGNED & (set(THEIR_OWN) | set(SHOWN_ELSEWHERE) | set(QUESTIONS))
    asked = len(every_function()) - len(SIGNED)
    print(f"\n{asked} functions are asked by {len(STRANGERS)} strangers, with what is another's and without")  # noqa: T201


@pytest.fixture(autouse=True)
def _files_go_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever may is handed as a file is not left where the tests are started from."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", sorted(set(every_function()) - SIGNED))
def test_nobody_is_given_or_changes_what_is_not_theirs(worlds: Worlds, name: str) -> None:
    got = set()
    for who, stranger in worlds.strangers.items():
        there = ask(worlds.there, name, stranger, worlds.things)
        assert there == ask(worlds.not_there, name, stranger, worlds.things), who
        assert there.changed <= (THEIR_OWN[name] | RECORD if name in THEIR_OWN else set()), who
        got.add(there.given)
    if name not in SHOWN_ELSEWHERE and (ON_POSTGRESQL or worlds.there.connection.dialect.name == "sqlite"):
        theirs = (ask(worlds.there, name, one, worlds.things, may_change=True) for one in worlds.entitled)
        assert any(outcome.given not in got for outcome in theirs)


NUMBERED = {"storage.plans.add_clip", "storage.plans.plan_session"}
"""They give the number of what was added, which counts what others added too."""

DRAWN = {"pipeline.reports.agent_paper", "pipeline.reports.call_paper", "pipeline.reports.team_paper"}
"""Papers, in which the moment stands at which they were made; what is drawn on them is asked by itself."""


@on_one_database
@pytest.mark.parametrize("name", sorted(set(every_function()) - SIGNED - NUMBERED - DRAWN))
def test_what_a_partner_is_given_of_its_own_does_not_depend_on_others(worlds: Worlds, name: str) -> None:
    for who in ("a partner's quality_manager", "a partner's agent"):
        asker = worlds.strangers[who]
        there, alone = (ask(one, name, asker, worlds.own, may_change=True) for one in (worlds.there, worlds.not_there))
        assert there.given == alone.given, who
