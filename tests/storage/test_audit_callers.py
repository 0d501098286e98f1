"""Is there a word in the record of everything that changes a score, a scorecard, a right or a setting?

Every public function of `storage` that changes something is found in the code (`tests.storage.changing`) and stands in one
of the two tables here: it is called and proven to write what it must, or it says why it need not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.export import Form, export_call
from pipeline.reports import call_paper
from reviews.disputes import Decider, Rules
from reviews.sampling import EVERY_CARD, Rule, RuleKind
from reviews.sides import SideChange, swapped
from scorecards.definition import Rule as Asked
from scorecards.scope import Channel, Scope
from scoring.alerts import AlertKind, Trigger
from scoring.criteria.call_looks import widths
from scoring.criteria.learned import LEARNED, packed
from scoring.reasons.tree import Reason
from scoring.result import Verdict
from storage import (
    administration,
    alert_rules,
    cases,
    causes,
    courses,
    customers,
    desk,
    disputes,
    holds,
    hooks,
    inbox,
    inbox_desk,
    keeping,
    learned_criteria,
    organisations,
    people,
    plan_material,
    provided,
    queries,
    reason_proposals,
    reason_trees,
    reasons,
    repository,
    rescore,
    review_fill,
    review_queue,
    review_rules,
    scorecard_drafts,
    sessions,
    tallies,
    teaching,
    threads,
    tokens,
    words_key,
)
from storage.access import SYSTEM, Asker, Role
from storage.audit import OPERATOR, Entry, What, done_by
from storage.audit_check import all_entries, check
from storage.database import reading, transaction
from storage.records import NewTranscript, ScoredCall
from storage.removal import Kept
from storage.repository import load_evaluations, load_transcript
from storage.review_queue import BlindAnswer
from storage.threads import BY_COMMAND, WentOn
from tests.pipeline.test_teach import a_learned
from tests.reasons import a_proposal, a_taught_tree
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.changing import changing
from tests.storage.contents import Once
from tests.storage.test_scorecard_drafts import a_definition
from transcripts.threads import NOBODY

RULES = Rules(days=100_000, per_month=3, decider=Decider.QUALITY_MANAGER)
LATER = datetime(2099, 1, 1, tzinfo=UTC)
REASON = "The customer said four one double one."
"""A reason may hold what a customer said; no entry may."""


@dataclass(frozen=True)
class World:
    """One stored call of Ana's, and people around it."""

    session: Session
    """Closed where the world is one that was put back; each transaction gives its own."""

    call: ScoredCall
    results: dict[str, int]
    ana: Asker
    rosa: Asker
    mira: Asker
    ada: Asker

    @property
    def call_id(self) -> str:
        return self.call.transcript.call_id


def a_world(session: Session) -> World:
    found = {"listens": "unsure", "thanks": "not_met"}
    when = datetime(2025, 3, 5, 12, tzinfo=UTC)
    known = {"customer_id": "K-1"}
    call = a_scored_call("one", "agent: Hello", f"customer: {REASON}", verdicts=found, started_at=when, extra=known)
    assert repository.store_scored_call(session, call)
    (stored,) = load_evaluations(session, call.transcript.call_id)
    ana_id = people.add_agent(session, "Ana Ruiz")

    def person(name: str, role: Role, agent_id: int | None = None) -> Asker:
        return Asker(
            people.add_user(session, f"{name}@example.org", name, role, "hash", agent_id), role, agent_id, name=name
        )

    return World(
        session,
        call,
        dict(stored.result_ids),
        person("Ana", Role.AGENT, ana_id),
        person("Rosa", Role.REVIEWER),
        person("Mira", Role.QUALITY_MANAGER),
        person("Ada", Role.ADMINISTRATOR),
    )


def world_in(engine: Engine) -> World:
    with transaction(engine) as session:
        return a_world(session)


@pytest.fixture
def world(once: Once) -> World:
    return once(world_in)


@dataclass(frozen=True)
class Case:
    """A call of a function that must be in the record: as what, by whom, and about what.

    prepared: what has to be there first; its answer is handed to `done`.
    """

    what: What
    by: str
    about: str
    done: Callable[[World, Any], object]
    prepared: Callable[[World], Any] = field(default=lambda world: None)


def a_new_person(world: World) -> int:
    return administration.add_person(
        world.session,
        world.ada,
        name="Otto",
        email="otto@example.org",
        role=Role.REVIEWER,
        agent_id=None,
        team_ids=(),
        password_hash="secret hash",
        until=LATER,
    )


def promoted(world: World, user_id: int) -> None:
    change = {"name": "Otto", "role": Role.QUALITY_MANAGER, "agent_id": None, "organisation_id": None}
    administration.change_person(world.session, world.ada, user_id, team_ids=(), **change)  # type: ignore[arg-type]


def let_in_again(world: World, user_id: int) -> None:
    administration.let_in_again(world.session, world.ada, user_id, "secret hash", LATER)


def moved(world: World, team_id: int) -> int:
    assert world.ana.agent_id is not None
    day = date(2025, 3, 1)
    return administration.move_agent(world.session, world.ada, world.ana.agent_id, team_id, day, day)


def a_new_team(world: World) -> int:
    return administration.add_team(world.session, world.ada, "Harbour")


def a_company(world: World) -> int:
    return organisations.add_organisation(world.session, world.ada, "Harbour Care", organisations.OrganisationKind.AGENCY)


def a_team_assigned(world: World, company: int) -> None:
    team, day = administration.add_team(world.session, world.ada, "Harbour"), date(2025, 3, 1)
    organisations.assign_team(world.session, world.ada, team, company, day, day)


def a_dispute(world: World) -> int:
    return disputes.raise_dispute(world.session, world.ana, RULES, world.results["thanks"], REASON)


def a_blind_review(world: World) -> int:
    rule = Rule(RuleKind.RANDOM, since=date(2025, 3, 3), blind_share=1.0)
    review_rules.save_rule(world.session, world.mira, rule)
    return a_review_by(world)


def an_open_review(world: World) -> int:
    review_rules.save_rule(world.session, world.mira, Rule(RuleKind.RANDOM, EVERY_CARD, since=date(2025, 3, 3)))
    return a_review_by(world)


def a_review_by(world: World) -> int:
    review_fill.fill(world.session, date(2025, 3, 10))
    (given,) = review_queue.assignments(world.session, world.rosa)
    return given.id


def answered_blind(world: World) -> int:
    review = a_blind_review(world)
    for result in world.results.values():
        review_queue.answer_blind(world.session, world.rosa, review, result, BlindAnswer(Verdict.MET, REASON))
    return review


def a_draft(world: World) -> scorecard_drafts.Draft:
    return scorecard_drafts.new_draft(world.session, world.mira, a_definition())


def retired(world: World) -> None:
    scorecard_drafts.retire(world.session, world.mira, "care")


def a_judge(world: World) -> int:
    return teaching.save_learned(world.session, world.ada, a_learned(0.1))


def an_adopted_judge(world: World) -> None:
    teaching.adopt(world.session, world.ada, a_judge(world))


def a_taught_question(world: World) -> int:
    asked = a_scorecard().criterion("greets").rule
    weights = {"weights": packed(np.zeros(sum(widths()))), "bias": 0.0, "stands_on": "0" * 64, "labels": "0" * 64}
    rule = Asked(LEARNED, {"rule": {"kind": asked.kind, "with": dict(asked.params)}, **weights})
    figures = {"gain": {"low": 0.1}}
    return learned_criteria.save_learned_criterion(world.session, world.ada, "care", "greets", rule, (), figures)


def a_new_transcript(world: World) -> NewTranscript:
    before = load_transcript(world.session, world.call_id)
    after = swapped(before)
    judged = tuple((card, an_evaluation(after, card)) for card, _ in world.call.evaluations)
    return NewTranscript(SideChange.SWAP, before.content_hash, after, world.call.signals, judged)


def a_job(world: World) -> int:
    return rescore.add_job(world.session, world.mira, rescore.Kind.HISTORY, a_scorecard())


def a_rule(world: World) -> str:
    return review_rules.save_rule(world.session, world.mira, Rule(RuleKind.FAILURE, EVERY_CARD, since=date(2025, 3, 3)))


def two_customers(world: World) -> tuple[str, str]:
    """The customer of the call, and another."""
    repository.store_scored_call(world.session, another_call := a_scored_call("two", extra={"customer_id": "K-2"}))
    ids = (world.call_id, another_call.transcript.call_id)
    first, second = (queries.customer_of_call(world.session, SYSTEM, one) or "" for one in ids)
    return first, second


def two_customers_merged(world: World) -> tuple[str, str]:
    pair = two_customers(world)
    customers.merge(world.session, world.mira, *pair)
    return pair


def an_alert_rule(world: World) -> str:
    rule = alert_rules.AlertRule("Leaving", Trigger(AlertKind.LEAVING))
    return alert_rules.save_alert_rule(world.session, world.mira, rule)


def a_cause(world: World) -> int:
    draft = causes.CauseDraft("The tracking page is late", "order_late", REASON, "Petra Lang", "Logistics")
    return causes.add_cause(world.session, world.mira, draft)


def a_cause_with_evidence(world: World) -> int:
    cause = a_cause(world)
    causes.add_evidence(world.session, world.mira, cause, [world.call_id])
    return cause


def an_arrival(w: World) -> int:
    """A file that could not be used; its id."""
    inbox.arrive(w.session, "/srv/calls", [inbox.Found("key", "one.wav", "/srv/calls/one.wav", {})])
    worker = inbox.begin_work(w.session, "a worker")
    (taken,) = inbox.take(w.session, worker, 1)
    inbox.failed(w.session, taken.id, worker, "There is no sound in it.", for_good=True)
    return taken.id


def a_token(world: World) -> int:
    token_id, _ = tokens.add_token(world.session, world.ada, "CRM", [tokens.Scope.SEND_CALLS], Role.REVIEWER, 30)
    return token_id


def a_hooking_token(world: World) -> tokens.Token:
    scopes = [tokens.Scope.HOOKS]
    _, secret = tokens.add_token(world.session, world.ada, "CRM", scopes, Role.REVIEWER, 30)
    token = tokens.token_of(world.session, secret)
    assert token is not None
    return token


def a_hook(world: World, token: tokens.Token) -> int:
    return hooks.add_hook(world.session, token, "https://crm.example.org/attune", list(hooks.Happening)).id


def a_hold(world: World) -> int:
    return holds.set_hold(world.session, world.mira, holds.Scope.CALL, world.call_id, REASON)


def another(world: World, version: int = 2) -> tuple[Any, Any]:
    card = a_scorecard(version=version)
    return card, an_evaluation(world.call.transcript, card)


RECORDED: dict[str, Case] = {
    # Scores
    "desk.answer": Case(
        What.ANSWERED,
        "Rosa",
        "call",
        lambda w, _: desk.answer(w.session, w.rosa, "browser-1", w.results["thanks"], verdict=Verdict.MET, reason=REASON),
    ),
    "repository.add_override": Case(
        What.ANSWERED,
        "Rosa",
        "call",
        lambda w, _: repository.add_override(w.session, w.rosa, w.results["thanks"], Verdict.MET, REASON),
    ),
    "repository.put_answer": Case(
        What.ANSWERED,
        "Rosa",
        "call",
        lambda w, stored: repository.put_answer(w.session, w.rosa, stored, "thanks", Verdict.MET, REASON),
        lambda w: load_evaluations(w.session, w.call_id)[0],
    ),
    "disputes.decide": Case(
        What.DISPUTE_DECIDED,
        "Mira",
        "call",
        lambda w, dispute: disputes.decide(w.session, w.mira, RULES, dispute, Verdict.MET, REASON),
        a_dispute,
    ),
    "review_queue.answer_blind": Case(
        What.ANSWERED_BLIND,
        "Rosa",
        "call",
        lambda w, review: review_queue.answer_blind(
            w.session, w.rosa, review, w.results["thanks"], BlindAnswer(Verdict.MET, REASON)
        ),
        a_blind_review,
    ),
    "review_queue.finish_blind": Case(
        What.ANSWERED,
        "Rosa",
        "call",
        lambda w, review: review_queue.finish_blind(w.session, w.rosa, review),
        answered_blind,
    ),
    "review_queue.submit_blind": Case(
        What.REVIEWED,
        "Rosa",
        "call",
        lambda w, review: review_queue.submit_blind(
            w.session, w.rosa, review, {result: BlindAnswer(Verdict.MET) for result in w.results.values()}
        ),
        a_blind_review,
    ),
    "review_queue.finish": Case(
        What.REVIEWED,
        "Rosa",
        "call",
        lambda w, review: review_queue.finish(w.session, w.rosa, review),
        an_open_review,
    ),
    "repository.replace_transcript": Case(
        What.SIDES_CORRECTED,
        "Rosa",
        "call",
        lambda w, new: repository.replace_transcript(w.session, w.rosa, new, REASON),
        a_new_transcript,
    ),
    "threads.go_on": Case(
        What.WENT_ON,
        "Attune",
        "call",
        lambda w, new: threads.go_on(
            w.session, WentOn(new, w.call.facts, (), (), frozenset(), (), None, None, NOBODY, BY_COMMAND)
        ),
        a_new_transcript,
    ),
    "repository.store_scored_call": Case(
        What.CALL_STORED,
        "Attune",
        "call",
        lambda w, _: repository.store_scored_call(w.session, a_scored_call("two")),
    ),
    "repository.add_evaluation": Case(
        What.SCORED,
        "Attune",
        "scorecard",
        lambda w, _: repository.add_evaluation(w.session, *another(w)),
    ),
    "rescore.add_rescored": Case(
        What.SCORED,
        "Attune",
        "scorecard",
        lambda w, _: rescore.add_rescored(w.session, *another(w)),
    ),
    "rescore.add_job": Case(What.RESCORING_STARTED, "Mira", "scorecard", lambda w, _: a_job(w)),
    "rescore.stop_job": Case(
        What.RESCORING_STOPPED,
        "Mira",
        "scorecard",
        lambda w, job: rescore.stop_job(w.session, w.mira, job),
        a_job,
    ),
    "words_key.moved": Case(What.WORDS_ENCRYPTED, "operator", "setting", lambda w, _: words_key.moved(w.session, 3)),
    "reasons.correct_reason": Case(
        What.REASON_CORRECTED,
        "Rosa",
        "call",
        lambda w, _: reasons.correct_reason(w.session, w.rosa, w.call_id, "leave"),
    ),
    "reasons.reassign": Case(What.REASONS_REASSIGNED, "Mira", "reasons", lambda w, _: reasons.reassign(w.session, w.mira)),
    "reason_trees.put_tree_in_force": Case(
        What.REASONS_CHANGED,
        "Mira",
        "reasons",
        lambda w, _: reason_trees.put_tree_in_force(w.session, w.mira, a_taught_tree()),
    ),
    "reason_proposals.dismiss": Case(
        What.REASON_PROPOSAL_DECIDED,
        "Mira",
        "reasons",
        lambda w, id_: reason_proposals.dismiss(w.session, w.mira, id_),
        lambda w: a_proposal(w.session, [w.call_id]),
    ),
    "reason_proposals.merge": Case(
        What.REASON_PROPOSAL_DECIDED,
        "Mira",
        "reasons",
        lambda w, id_: reason_proposals.merge(w.session, w.mira, id_, "leave"),
        lambda w: a_proposal(w.session, [w.call_id]),
    ),
    "reason_proposals.accept": Case(
        What.REASON_PROPOSAL_DECIDED,
        "Mira",
        "reasons",
        lambda w, id_: reason_proposals.accept(w.session, w.mira, id_, "service", Reason("lost_dog", "A lost dog")),
        lambda w: a_proposal(w.session, [w.call_id]),
    ),
    "customers.merge": Case(
        What.CUSTOMERS_MERGED,
        "Mira",
        "customer",
        lambda w, pair: customers.merge(w.session, w.mira, *pair),
        two_customers,
    ),
    "customers.split": Case(
        What.CUSTOMER_SPLIT,
        "Mira",
        "customer",
        lambda w, pair: customers.split(w.session, w.mira, pair[0], [w.call_id]),
        two_customers_merged,
    ),
    "customers.undo": Case(
        What.CUSTOMER_CHANGE_UNDONE,
        "Mira",
        "customer",
        lambda w, pair: customers.undo(w.session, w.mira, customers.changes(w.session, w.mira, pair[0])[0].id),
        two_customers_merged,
    ),
    "customers.mark_promise": Case(
        What.PROMISE_MARKED,
        "Rosa",
        "call",
        lambda w, _: customers.mark_promise(w.session, w.rosa, w.call_id, 0, kept=True),
    ),
    "causes.add_cause": Case(What.CAUSE_CHANGED, "Mira", "cause", lambda w, _: a_cause(w)),
    "causes.change_cause": Case(
        What.CAUSE_CHANGED,
        "Mira",
        "cause",
        lambda w, id_: causes.change_cause(w.session, w.mira, id_, causes.CauseDraft("Another title", "order_late", REASON)),
        a_cause,
    ),
    "causes.add_evidence": Case(
        What.CAUSE_EVIDENCE,
        "Mira",
        "cause",
        lambda w, id_: causes.add_evidence(w.session, w.mira, id_, [w.call_id]),
        a_cause,
    ),
    "causes.remove_evidence": Case(
        What.CAUSE_EVIDENCE,
        "Mira",
        "cause",
        lambda w, id_: causes.remove_evidence(w.session, w.mira, id_, w.call_id),
        a_cause_with_evidence,
    ),
    "cases.import_cases": Case(
        What.CASES_IMPORTED,
        "Mira",
        "cases",
        lambda w, _: cases.import_cases(w.session, w.mira, "desk", [cases.Stated(2, "17")]),
    ),
    "courses.recount": Case(What.RECOUNTED, "operator", "figures", lambda w, _: courses.recount(w.session)),
    "tallies.recount": Case(What.RECOUNTED, "operator", "figures", lambda w, _: tallies.recount(w.session)),
    "teaching.adopt": Case(
        What.JUDGE_ADOPTED,
        "Ada",
        "behaviour",
        lambda w, judge: teaching.adopt(w.session, w.ada, judge),
        a_judge,
    ),
    "teaching.restore": Case(
        What.JUDGE_RESTORED,
        "Ada",
        "behaviour",
        lambda w, _: teaching.restore(w.session, w.ada, "empathy"),
        an_adopted_judge,
    ),
    # Scorecards
    "learned_criteria.adopt_criterion": Case(
        What.SCORECARD_ACTIVATED,
        "Ada",
        "scorecard",
        lambda w, learned: learned_criteria.adopt_criterion(w.session, w.ada, learned),
        a_taught_question,
    ),
    "learned_criteria.restore_criterion": Case(
        What.SCORECARD_ACTIVATED,
        "Ada",
        "scorecard",
        lambda w, _: learned_criteria.restore_criterion(w.session, w.ada, "care", "greets"),
        lambda w: learned_criteria.adopt_criterion(w.session, w.ada, a_taught_question(w)),
    ),
    "repository.save_scorecard_version": Case(
        What.SCORECARD_STORED,
        "Attune",
        "scorecard",
        lambda w, _: repository.save_scorecard_version(w.session, a_scorecard("manners")),
    ),
    "scorecard_drafts.activate_draft": Case(
        What.SCORECARD_ACTIVATED,
        "Mira",
        "scorecard",
        lambda w, draft: scorecard_drafts.activate_draft(w.session, w.mira, draft.id, draft.edit, Scope()),
        a_draft,
    ),
    "scorecard_drafts.put_in_force": Case(
        What.SCORECARD_ACTIVATED,
        "Mira",
        "scorecard",
        lambda w, _: scorecard_drafts.put_in_force(w.session, w.mira, a_scorecard(), "As before."),
    ),
    "scorecard_drafts.retire": Case(
        What.SCORECARD_RETIRED,
        "Mira",
        "scorecard",
        lambda w, _: retired(w),
    ),
    "scorecard_drafts.restore": Case(
        What.SCORECARD_RESTORED,
        "Mira",
        "scorecard",
        lambda w, _: scorecard_drafts.restore(w.session, w.mira, "care"),
        retired,
    ),
    "scorecard_drafts.set_scope": Case(
        What.SCORECARD_SCOPE,
        "Mira",
        "scorecard",
        lambda w, _: scorecard_drafts.set_scope(w.session, w.mira, "care", Scope(channels=(Channel.WRITTEN,))),
    ),
    # Rights
    "people.add_team": Case(What.TEAM_ADDED, "Ada", "team", lambda w, _: people.add_team(w.session, "West", w.ada)),
    "people.move_agent": Case(
        What.AGENT_MOVED,
        "Ada",
        "agent",
        lambda w, team: people.move_agent(w.session, w.ana.agent_id or 0, team, w.ada),
        lambda w: people.add_team(w.session, "West"),
    ),
    "people.add_user": Case(
        What.PERSON_ADDED,
        "Ada",
        "person",
        lambda w, _: people.add_user(w.session, "cora@example.org", "Cora", Role.COACH, "secret hash", by=w.ada),
    ),
    "people.set_password": Case(
        What.PASSWORD_SET,
        "Ada",
        "person",
        lambda w, _: people.set_password(w.session, w.rosa.user_id, "secret hash", by=w.ada),
    ),
    "people.deactivate_user": Case(
        What.PERSON_DEACTIVATED,
        "Ada",
        "person",
        lambda w, _: people.deactivate_user(w.session, w.rosa.user_id, by=w.ada),
    ),
    "plan_material.set_consent": Case(
        What.CONSENT_CHANGED,
        "Ana",
        "agent",
        lambda w, _: plan_material.set_consent(w.session, w.ana, True),
    ),
    "sessions.start": Case(
        What.SIGNED_IN,
        "Rosa",
        "person",
        lambda w, _: sessions.start(w.session, w.rosa.user_id, 8),
    ),
    "sessions.end": Case(
        What.SIGNED_OUT,
        "Rosa",
        "person",
        lambda w, token: sessions.end(w.session, token),
        lambda w: sessions.start(w.session, w.rosa.user_id, 8),
    ),
    "tokens.add_token": Case(What.TOKEN_ADDED, "Ada", "token", lambda w, _: a_token(w)),
    "tokens.revoke_token": Case(
        What.TOKEN_REVOKED,
        "Ada",
        "token",
        lambda w, token: tokens.revoke_token(w.session, w.ada, token),
        a_token,
    ),
    "sessions.end_all": Case(
        What.SIGNED_OUT,
        "Rosa",
        "person",
        lambda w, _: sessions.end_all(w.session, w.rosa.user_id, w.rosa),
    ),
    "sessions.refuse": Case(
        What.SIGN_IN_REFUSED,
        "somebody who is not signed in",
        "person",
        lambda w, _: sessions.refuse(w.session, w.rosa.user_id),
    ),
    # Settings
    "hooks.add_hook": Case(
        What.SETTING_CHANGED, "program CRM", "setting", lambda w, token: a_hook(w, token), a_hooking_token
    ),
    "hooks.end_hook": Case(
        What.SETTING_CHANGED,
        "Attune",
        "setting",
        lambda w, hook: hooks.end_hook(w.session, hook, "Nobody answers."),
        lambda w: a_hook(w, a_hooking_token(w)),
    ),
    "review_queue.set_quota": Case(
        What.SETTING_CHANGED,
        "Mira",
        "setting",
        lambda w, _: review_queue.set_quota(w.session, w.mira, w.rosa.user_id, 7),
    ),
    "administration.add_person": Case(What.PERSON_ADDED, "Ada", "person", lambda w, _: a_new_person(w)),
    "administration.change_person": Case(What.PERSON_CHANGED, "Ada", "person", promoted, a_new_person),
    "administration.deactivate": Case(
        What.PERSON_DEACTIVATED,
        "Ada",
        "person",
        lambda w, person: administration.deactivate(w.session, w.ada, person),
        a_new_person,
    ),
    "administration.let_in_again": Case(What.PERSON_CHANGED, "Ada", "person", let_in_again, a_new_person),
    "provided.admit": Case(
        What.PERSON_ADDED,
        "the organisation's sign-in",
        "person",
        lambda w, _: provided.admit(
            w.session, provided.Provided("new@example.org", "Nell", Role.REVIEWER, None, ""), True, "secret hash"
        ),
    ),
    "administration.reset_password": Case(
        What.PASSWORD_SET,
        "Ada",
        "person",
        lambda w, person: administration.reset_password(w.session, w.ada, person, "secret hash", LATER),
        a_new_person,
    ),
    "administration.sign_out_everywhere": Case(
        What.SIGNED_OUT,
        "Ada",
        "person",
        lambda w, person: administration.sign_out_everywhere(w.session, w.ada, person),
        a_new_person,
    ),
    "administration.add_team": Case(What.TEAM_ADDED, "Ada", "team", lambda w, _: a_new_team(w)),
    "administration.rename_team": Case(
        What.TEAM_RENAMED,
        "Ada",
        "team",
        lambda w, team: administration.rename_team(w.session, w.ada, team, "Meadow"),
        a_new_team,
    ),
    "administration.move_agent": Case(What.AGENT_MOVED, "Ada", "agent", moved, a_new_team),
    "organisations.add_organisation": Case(What.ORGANISATION_ADDED, "Ada", "organisation", lambda w, _: a_company(w)),
    "organisations.change_organisation": Case(
        What.ORGANISATION_CHANGED,
        "Ada",
        "organisation",
        lambda w, company: organisations.change_organisation(w.session, w.ada, company, "Harbour & Daughters"),
        a_company,
    ),
    "organisations.assign_team": Case(What.TEAM_ASSIGNED, "Ada", "team", a_team_assigned, a_company),
    "administration.set_option": Case(
        What.SETTING_CHANGED,
        "Ada",
        "setting",
        lambda w, _: administration.set_option(w.session, w.ada, "dispute_days", "21"),
    ),
    "holds.set_hold": Case(What.HOLD_SET, "Mira", "hold", lambda w, _: a_hold(w)),
    "holds.release_hold": Case(
        What.HOLD_RELEASED,
        "Mira",
        "hold",
        lambda w, hold: holds.release_hold(w.session, w.mira, hold, REASON),
        lambda w: a_hold(w),
    ),
    "keeping.remove": Case(
        What.REMOVED,
        "Ada",
        "report",
        lambda w, _: keeping.remove(w.session, w.ada, Kept.WORDS, [w.call_id]),
    ),
    "keeping.save_report": Case(
        What.REMOVED,
        "Ada",
        "report",
        lambda w, _: keeping.save_report(w.session, w.ada, keeping.ReportKind.RETENTION, What.REMOVED, {"calls": 1}),
    ),
    "alert_rules.save_alert_rule": Case(What.SETTING_CHANGED, "Mira", "setting", lambda w, _: an_alert_rule(w)),
    "alert_rules.remove_alert_rule": Case(
        What.SETTING_CHANGED,
        "Mira",
        "setting",
        lambda w, key: alert_rules.remove_alert_rule(w.session, w.mira, key),
        lambda w: an_alert_rule(w),
    ),
    "review_rules.save_rule": Case(What.SETTING_CHANGED, "Mira", "setting", lambda w, _: a_rule(w)),
    "review_rules.end_rule": Case(
        What.SETTING_CHANGED,
        "Mira",
        "setting",
        lambda w, rule: review_rules.end_rule(w.session, w.mira, rule),
        a_rule,
    ),
    "inbox_desk.try_again": Case(
        What.ARRIVAL_DECIDED,
        "Ada",
        "arrival",
        lambda w, id_: inbox_desk.try_again(w.session, w.ada, [id_]),
        an_arrival,
    ),
    "inbox_desk.set_aside": Case(
        What.ARRIVAL_DECIDED,
        "Ada",
        "arrival",
        lambda w, id_: inbox_desk.set_aside(w.session, w.ada, [id_]),
        an_arrival,
    ),
    "inbox_desk.remove": Case(
        What.ARRIVAL_DECIDED,
        "Ada",
        "arrival",
        lambda w, id_: inbox_desk.remove(w.session, w.ada, [id_]),
        an_arrival,
    ),
    "inbox_desk.forget_failed": Case(
        What.ARRIVAL_DECIDED,
        "Attune",
        "arrival",
        lambda w, id_: inbox_desk.forget_failed(w.session, datetime.now(UTC) + timedelta(minutes=1)),
        an_arrival,
    ),
}

CALIBRATION = "what is answered to calibrate is in no figure, and is kept in rows that are never changed"
PLAN = "a coaching plan is no score; what happens to one is kept in rows that are never changed"
DRAFT = "a draft judges nothing until it is activated"
NOTES = "what is said beside the answers changes none of them"
JOB = "the process at work says how far it is"
QUEUE = "who is given a call changes no score; each step is kept"
DISPUTE = "only its decision changes a score; each step is kept"
TRIED = ("attempt", "forgive")
TOLD = "what another program is told of changes nothing; each delivery is kept"
CAME = "a file that came is kept in a row; what is made of it stands in the record as a call"
PART = "a part of what others do, who are in the record"

ALERT = "what is done about an alert changes no score; each step is kept"

UNRECORDED: dict[str, str] = {
    **{f"alert_desk.{name}": ALERT for name in ("close", "give_back", "say", "take")},
    **{f"alerts.{name}": ALERT for name in ("add_step", "decide", "put_closed", "raise_due")},
    **{f"alert_mails.{name}": TOLD for name in ("drop", "failed", "put", "sent", "take_due")},
    **{f"calibration.{name}": CALIBRATION for name in ("answer", "begin", "close", "finish")},
    **{f"plans.{name}": PLAN for name in ("draft", "revise", "offer", "say", "confirm", "begin", "finish", "stop", "tick")},
    **{f"plans.{name}": PLAN for name in ("plan_session", "hold_session", "add_clip", "remove_clip")},
    "plan_material.save_template": PLAN,
    **{
        f"scorecard_drafts.{name}": DRAFT
        for name in (
            "discard_draft",
            "drop_aside",
            "mark_call",
            "new_draft",
            "rename_scorecard",
            "reopen_draft",
            "save_draft",
        )
    },
    **{
        f"desk.{name}": NOTES for name in ("ask_coaching", "clip", "coaching_done", "comment", "here", "receive", "withdraw")
    },
    **{f"rescore.{name}": JOB for name in ("beat", "begin", "finish")},
    "rescore.put_outcomes": "a what-if changes no score",
    **{f"disputes.{name}": DISPUTE for name in ("acknowledge", "hand_over", "raise_dispute", "withdraw")},
    "review_fill.fill": QUEUE,
    "review_queue.pass_on": QUEUE,
    "review_queue.start": QUEUE,
    "learned_criteria.save_learned_criterion": "what was taught judges nothing until it is adopted",
    "teaching.save_learned": "what was taught judges nothing until it is adopted",
    "teaching.mark_turn": "a mark teaches, and changes no answer",
    "people.add_agent": "a name that calls came with; it lets nobody in",
    "people.insert_unless_known": PART,
    "repository.carry_over": PART,
    "repository.put_in_place": PART,
    "threads.remember": PART,
    "review_queue.take_back_decided": PART,
    "courses.put_course": PART,
    "reasons.put_reason": PART,
    **{f"reason_words.{name}": PART for name in ("forget_given", "retell_proposals")},
    "reasons.assign_missing": "says of calls from before there was a tree what the machine makes of them, as of every call",
    "reasons.would_change": "counts what would change, and changes nothing",
    "reason_proposals.propose": "a proposal changes no reason until somebody decides",
    **{f"{name}.retell": PART for name in ("case_links", "courses", "reasons")},
    **{f"case_links.{name}": PART for name in ("let_go", "link_case", "link_given", "link_waiting", "settle")},
    "same_customer.known_by": PART,
    "same_customer.link": PART,
    "same_customer.link_anew": PART,
    **{f"hooks.{name}": TOLD for name in ("disputed", "drop_unwanted", "failed", "judged", "tell", "tried")},
    **{f"hooks.{name}": TOLD for name in ("alerted", "disputed", "drop_unwanted", "failed")},
    **{f"hooks.{name}": TOLD for name in ("judged", "tell", "tried")},
    **{f"inbox.{name}": CAME for name in ("arrive", "done", "failed", "put_off", "receive", "reserve", "take")},
    **{f"inbox.{name}": CAME for name in ("place_is_back", "put_off_place")},
    **{f"inbox.{name}": CAME for name in ("begin_work", "bury", "end_work", "renew", "say_trouble")},
    "course_sums.changed": PART,
    "course_sums.fold": PART,
    "course_sums.forget_given": PART,
    "sums.change": PART,
    "sums.fold": PART,
    "tallies.counted_elsewhere": PART,
    "tallies.move": PART,
    "tallies.tally": PART,
    "operations.add": "counts what the machine did, and decides nothing",
    "redaction.put_clean": "it is an entry: see tests/storage/test_redaction.py",
    "redaction.clean_texts": PART,
    "removal.change_searched": PART,
    "erasure.erase_rows": "its report is the entry: see tests/pipeline/test_erase.py",
    **{f"removal.{name}": PART for name in ("forget_audio", "remove_scores", "remove_words", "words_may_go")},
    **{f"removal.forget_{name}": PART for name in ("cases", "customers", "links", "old_cases")},
    "keeping.remove_old_cases": "the report of the run is the entry: see tests/pipeline/test_cases.py",
    "sessions.note_use": "when a session was last used changes nothing that it may do",
    **{f"throttle.{name}": "how often somebody tried is forgotten after a day; each refusal is kept" for name in TRIED},
    "originals.read_original": "it is an entry, but needs a key: see tests/storage/test_originals.py",
    "words_key.check": "that there is a key is noted once; which it is, is set where Attune runs",
    "tokens.note_use": "when a token was last used changes nothing that it may do",
}


def test_every_function_that_changes_something_stands_in_one_of_the_tables() -> None:
    assert not set(RECORDED) & set(UNRECORDED)
    assert set(RECORDED) | set(UNRECORDED) == changing()


def written_by(engine: Engine, world: World, case: Case) -> list[Entry]:
    """What the record has to say of a case, apart from what was prepared for it."""
    with transaction(engine) as session:
        given = case.prepared(replace(world, session=session))
    with reading(engine) as session:
        before = sum(1 for _ in all_entries(session))
    with transaction(engine) as session:
        case.done(replace(world, session=session), given)
    with reading(engine) as session:
        assert check(session).faults == ()
        return list(all_entries(session))[before:]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_what_it_does_is_in_the_record_without_a_word_that_was_said_and_nothing_secret(
    engine: Engine, world: World, name: str
) -> None:
    case = RECORDED[name]
    entries = written_by(engine, world, case)
    found = [(entry.what, entry.who, entry.about) for entry in entries]
    assert (case.what.value, case.by, case.about) in found, found
    told = repr(entries)
    assert "four one" not in told
    assert "secret hash" not in told


# Openings

OPENED: dict[str, tuple[What, Callable[[Session, Asker, World], object]]] = {
    "call_details": (What.CALL_OPENED, lambda session, by, w: queries.call_details(session, by, w.call_id)),
    "evaluation": (What.CALL_OPENED, lambda session, by, w: queries.evaluation(session, by, an_evaluation_of(session, w))),
    "evaluations_of": (What.CALL_OPENED, lambda session, by, w: desk.evaluations_of(session, by, w.call_id)),
    "customer_calls": (
        What.CUSTOMER_OPENED,
        lambda session, by, w: queries.customer_calls(
            session, by, queries.customer_of_call(session, SYSTEM, w.call_id) or ""
        ),
    ),
    "recording_path": (What.CALL_HEARD, lambda session, by, w: queries.recording_path(session, by, w.call_id)),
    "export_call": (What.CALL_TAKEN, lambda session, by, w: export_call(session, by, w.call_id, Form.VTT)),
    "call_paper": (What.CALL_TAKEN, lambda session, by, w: call_paper(session, by, w.call_id)),
}


def an_evaluation_of(session: Session, world: World) -> int:
    return load_evaluations(session, world.call_id)[0].id


def opened(engine: Engine, world: World, name: str, who: Asker, operator: bool = False) -> list[Entry]:
    """What the record says after somebody asked for a call in that way, apart from what was there."""
    what, look = OPENED[name]
    with reading(engine) as session:
        if operator:
            done_by(session, OPERATOR)
        look(session, who, world)
    with reading(engine) as session:
        return [entry for entry in all_entries(session) if entry.what == what.value]


@pytest.mark.parametrize("name", OPENED)
def test_whoever_comes_to_see_or_hear_a_call_is_in_the_record(engine: Engine, world: World, name: str) -> None:
    (entry,) = opened(engine, world, name, world.ana)
    about = "customer" if name == "customer_calls" else "call"
    assert (entry.who, entry.role, entry.about) == ("Ana", "agent", about)


@pytest.mark.parametrize("name", ["call_details", "customer_calls", "evaluation", "evaluations_of", "recording_path"])
def test_whoever_is_shown_nothing_has_opened_nothing(engine: Engine, world: World, name: str) -> None:
    assert opened(engine, world, name, Asker(world.ana.user_id, Role.COACH)) == []


def test_a_paper_that_the_operator_writes_for_somebody_was_taken_by_the_operator(engine: Engine, world: World) -> None:
    (entry,) = opened(engine, world, "call_paper", world.rosa, operator=True)
    assert (entry.who, entry.role, set(entry.details)) == ("operator", "operator", {"form", "for"})


@pytest.mark.parametrize("name", ["call_details", "call_paper"])
def test_the_operator_stands_in_the_record_too(engine: Engine, world: World, name: str) -> None:
    (entry,) = opened(engine, world, name, SYSTEM)
    assert (entry.who_id, entry.role) == (None, "operator")
