"""What there is of Cleo, an agent of team South, and who has to do with it: one of everything that a person can ask for.

`plant_centre` makes the centre as it is without her, and `plant_cleo` what is hers and what others did with it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching.plans import draft_goal
from coaching.satisfaction import AnswerKind
from reviews.disputes import Decider, Rules
from reviews.queue import State
from reviews.sampling import EVERY_CARD, RuleKind
from reviews.sampling import Rule as DrawRule
from reviews.sides import SideChange, swapped
from scorecards.answers import Verdict
from scorecards.definition import Rule
from scoring.alerts import AlertKind, Trigger
from scoring.criteria.call_looks import widths
from scoring.criteria.learned import LEARNED, packed
from storage import (
    administration,
    alert_desk,
    alert_rules,
    audit_search,
    calibration,
    cases,
    causes,
    customers,
    desk,
    disputes,
    erasure,
    holds,
    hooks,
    inbox,
    keeping,
    learned_criteria,
    organisations,
    plan_lists,
    plan_material,
    plans,
    queries,
    redaction,
    rescore,
    review_fill,
    review_queue,
    review_rules,
    scorecard_drafts,
    teaching,
    tokens,
)
from storage.access import Asker, Role
from storage.alert_tables import AlertMailRow, AlertRow
from storage.audit import What
from storage.organisations import OrganisationKind
from storage.people import add_agent, add_team, add_user
from storage.queue_tables import AssignmentRow, BlindAnswerRow
from storage.records import NewTranscript
from storage.repository import add_override, load_evaluations, load_transcript, store_scored_call
from storage.sessions import asker_for
from storage.tables import CallRow, UserRow
from tests.pipeline.test_teach import a_learned
from tests.reasons import a_proposal
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.test_scorecard_drafts import a_definition

DAY = date(2025, 3, 10)
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
RULES = Rules(days=100_000, per_month=9, decider=Decider.REVIEWER)
FOUND = {"listens": "unsure", "thanks": "not_met", "greets": "not_met"}
THANKS, GREETS = (draft_goal("care", criterion, 0.5, 0.4, 0.6, 40, 0.8, DAY) for criterion in ("thanks", "greets"))


@dataclass(frozen=True)
class Centre:
    """Who is there besides Cleo and her coach."""

    ana: Asker
    coach: Asker
    rosa: Asker
    idris: Asker
    mira: Asker
    ada: Asker
    partners: dict[str, Asker]
    """People of the company that team North is of."""


def a_person(session: Session, name: str, role: Role, agent: str | None = None, team: str | None = None) -> Asker:
    """Somebody who can sign in."""
    agent_id = add_agent(session, agent) if agent else None
    teams = [add_team(session, team)] if team else []
    mail = f"{name.split()[0].lower()}@example.org"
    user_id = add_user(session, mail, name, role, "hash", agent_id, teams)
    return Asker(user_id, role, agent_id, frozenset(teams), name)


def _calls(session: Session, agent: str, team: str, number: int) -> list[str]:
    calls = [
        a_scored_call(
            f"{agent} {place}",
            "agent: Hello",
            f"customer: My parcel {place} for {agent} is late",
            agent=agent,
            team=team,
            queue=f"queue of {team}",
            customer=f"customer of {agent}",
            extra={"customer_id": f"{agent} {place % 2}"},
            started_at=datetime(2025, 3, 3 + place, 12, tzinfo=UTC),
            verdicts=FOUND,
        )
        for place in range(number)
    ]
    for call in calls:
        assert store_scored_call(session, call)
    return [call.transcript.call_id for call in calls]


def plant_centre(session: Session) -> Centre:
    """Ana and Ben of team North with two calls each, and who looks after quality."""
    for agent in ("Ana Ruiz", "Ben Okoye"):
        _calls(session, agent, "North", 2)
    centre = Centre(
        a_person(session, "Ana Ruiz", Role.AGENT, "Ana Ruiz"),
        a_person(session, "Cora Lind", Role.COACH, team="North"),
        a_person(session, "Rosa Boyle", Role.REVIEWER),
        a_person(session, "Idris Holm", Role.REVIEWER),
        a_person(session, "Mira Holt", Role.QUALITY_MANAGER),
        a_person(session, "Ada Winter", Role.ADMINISTRATOR),
        {},
    )
    company = organisations.add_organisation(session, centre.ada, "Northern Calls", OrganisationKind.OUTSOURCER)
    north = add_team(session, "North")
    organisations.assign_team(session, centre.ada, north, company, None, DAY)
    ana = add_agent(session, "Ana Ruiz")
    for role in (Role.COACH, Role.QUALITY_MANAGER, Role.REVIEWER, Role.ADMINISTRATOR, Role.AGENT):
        # As rows, whatever role the page would refuse: what they may see is decided when they ask.
        user = UserRow(
            email=f"{role}@partner.example", name=f"Northern {role}", role=role, password_hash="hash",
            agent_id=ana, organisation_id=company, active=True, created_at=NOON,
        )  # fmt: skip
        session.add(user)
        session.flush()
        centre.partners[f"a partner's {role.value}"] = asker_for(session, user)
    return centre


def things_of_partner(session: Session, centre: Centre) -> dict[str, Any]:
    """What is the partner's own, by the name of the parameter that asks for it."""
    ana = centre.ana
    assert ana.agent_id is not None
    calls = sorted(session.scalars(select(CallRow.id).where(CallRow.agent_id == ana.agent_id)))
    stored = load_evaluations(session, calls[0])[0]
    plan = plans.draft(session, centre.coach, ana.agent_id, [THANKS], DAY, "For Ana.")
    plans.offer(session, centre.coach, plan)
    found = plan_lists.find_plan(session, centre.coach, plan)
    assert found is not None
    dispute = disputes.raise_dispute(session, ana, RULES, stored.result_ids["thanks"], "I, Ana, did say thank you.")
    return {
        "agent_id": ana.agent_id, "call_id": calls[0], "call_ids": calls, "team_id": next(iter(centre.coach.team_ids)),
        "evaluation_id": stored.id, "result_id": stored.result_ids["thanks"], "stored": stored, "read_call": calls[0],
        "read_evaluation": stored.id, "customer": "customer of Ana Ruiz", "user_id": ana.user_id, "dispute_id": dispute,
        "disputes": [dispute], "plan_id": plan, "plans": (found,), "action_id": found.actions[0].id,
        "customer_id": queries.customer_of_call(session, centre.ada, calls[0]), "customers_own": calls[1:],
    }  # fmt: skip


@dataclass(frozen=True)
class Cleos:
    """Cleo, her coach, and whatever else there is, by the name of the parameter that asks for it."""

    cleo: Asker
    coach: Asker
    things: dict[str, Any]


def plant_cleo(session: Session, centre: Centre) -> Cleos:
    """Six calls of Cleo's with everything that becomes of calls."""
    calls = _calls(session, "Cleo Marsh", "South", 6)
    cleo = a_person(session, "Cleo Marsh", Role.AGENT, "Cleo Marsh")
    coach = a_person(session, "Sven Dahl", Role.COACH, team="South")
    assert cleo.agent_id is not None
    rosa, idris, mira, ada = centre.rosa, centre.idris, centre.mira, centre.ada
    stored = [load_evaluations(session, call)[0] for call in calls]
    results = dict(stored[0].result_ids)

    add_override(session, rosa, results["greets"], Verdict.MET, "Cleo did say hello.")
    desk.comment(session, rosa, "browser-1", calls[0], "Well done, Cleo.", turn=0)
    desk.clip(session, rosa, "browser-2", calls[0], 0.0, 2.0, good=True, about="thanks", note="Hear Cleo here.")
    desk.ask_coaching(session, rosa, "browser-3", calls[0], "Cleo does not say thank you.")
    desk.receive(session, rosa, "browser-4")
    desk.here(session, rosa, calls[0])
    notes = desk.notes_of(session, rosa, calls[0])
    (request,) = desk.coaching_asked(session, coach)
    teaching.mark_turn(session, ada, calls[0], 0, "empathy", True)
    before = load_transcript(session, calls[5])
    after = swapped(before)
    card = a_scorecard()
    signals = a_scored_call("Cleo Marsh 5", "agent: Hello", "customer: Hello").signals
    new_transcript = NewTranscript(
        SideChange.SWAP, before.content_hash, after, signals, ((card, an_evaluation(after, card)),)
    )

    disputes.acknowledge(session, cleo, stored[1].id, "Read by Cleo.")
    open_dispute = disputes.raise_dispute(session, cleo, RULES, results["thanks"], "I, Cleo, did say thank you.")
    settled = disputes.raise_dispute(session, cleo, RULES, stored[1].result_ids["thanks"], "There too.")
    disputes.decide(session, mira, RULES, settled, None, "Cleo did not.")

    plan_material.set_consent(session, cleo, True)
    plan = plans.draft(session, coach, cleo.agent_id, [THANKS], DAY, "For Cleo.")
    plans.offer(session, coach, plan)
    talk = plans.plan_session(session, coach, plan, DAY)
    moment = plan_material.moments(session, coach, cleo.agent_id, "care", "thanks")[0]
    clip = plans.add_clip(session, coach, plan, "care/thanks", moment)
    found = plan_lists.find_plan(session, coach, plan)
    assert found is not None
    stopped = plans.draft(session, coach, cleo.agent_id, [GREETS], DAY)
    plans.offer(session, coach, stopped)
    plans.stop(session, coach, stopped, "Cleo needs it no more.")

    members = [rosa.user_id, idris.user_id]
    began = calibration.begin(session, mira, "On Cleo", "care", calls[2:3], members, DAY)
    calibration.answer(session, rosa, began, calls[2], "greets", None, "met", "Cleo greets.")
    closed = calibration.begin(session, mira, "Again on Cleo", "care", calls[3:4], members, DAY)
    for member in (rosa, idris):
        for criterion in ("greets", "announces", "listens", "thanks"):
            calibration.answer(session, member, closed, calls[3], criterion, None, "met", "Of Cleo.")
        calibration.finish(session, member, closed)

    rule = review_rules.save_rule(session, mira, DrawRule(RuleKind.FAILURE, EVERY_CARD, since=date(2025, 3, 3)))
    random = DrawRule(RuleKind.RANDOM, EVERY_CARD, since=date(2025, 3, 3))
    review_rules.save_rule(session, mira, random)
    review_fill.fill(session, date(2025, 3, 17))
    blind, reviewed = (
        AssignmentRow(
            call_id=calls[place], reviewer_id=rosa.user_id, why="Drawn.", probability=1.0, blind=True,
            due=DAY, state=state, given_at=NOON, finished_at=None if state is State.OPEN else NOON,
        )
        for place, state in ((4, State.OPEN), (3, State.DONE))
    )  # fmt: skip
    session.add_all((blind, reviewed))
    session.flush()
    judged = {"result_id": stored[3].result_ids["greets"], "verdict": Verdict.MET, "note": "", "author": "Rosa", "at": NOON}
    session.add(BlindAnswerRow(assignment_id=reviewed.id, **judged))
    session.flush()

    holds_id = holds.set_hold(session, mira, holds.Scope.AGENT, "Cleo Marsh", "A complaint about Cleo.")
    keeping.save_report(session, ada, keeping.ReportKind.RETENTION, What.REMOVED, {"calls": 1})
    learned = teaching.save_learned(session, ada, a_learned(0.1))
    asked = a_scorecard().criterion("greets").rule
    weights = {"weights": packed(np.zeros(sum(widths()))), "bias": 0.0, "stands_on": "0" * 64, "labels": "0" * 64}
    taught = Rule(LEARNED, {"rule": {"kind": asked.kind, "with": dict(asked.params)}, **weights})
    criterion_id = learned_criteria.save_learned_criterion(
        session, ada, "care", "greets", taught, (), {"gain": {"low": 0.1}}
    )
    job = rescore.add_job(session, mira, rescore.Kind.HISTORY, a_scorecard())
    draft = scorecard_drafts.new_draft(session, mira, a_definition())
    scopes = list(tokens.Scope)
    token_id, secret = tokens.add_token(session, ada, "CRM of South", scopes, Role.REVIEWER, 30)
    token = tokens.token_of(session, secret)
    assert token is not None
    hook = hooks.add_hook(session, token, "https://crm.example.org/attune", list(hooks.Happening))
    hooks.tell(session, hook, next(iter(hooks.Happening)), "key", {"call_id": calls[0]})
    inbox.arrive(session, "/srv/south", [inbox.Found("key", "cleo.wav", "/srv/south/cleo.wav", {"agent": "Cleo Marsh"})])
    worker = inbox.begin_work(session, "a worker")
    (taken,) = inbox.take(session, worker, 1)
    inbox.failed(session, taken.id, worker, "There is no sound in it.", for_good=True)
    west = administration.add_team(session, ada, "West")
    administration.move_agent(session, ada, add_agent(session, "Dora Falk"), west, DAY, DAY)
    administration.set_option(session, ada, "dispute_days", "21")
    alert_rule = alert_rules.AlertRule("Of Cleo's", Trigger(AlertKind.LEAVING, queues=("queue of South",)))
    alert_key = alert_rules.save_alert_rule(session, mira, alert_rule)
    alert = AlertRow(
        rule_key=alert_key, rule="Of Cleo's", kind="leaving", call_id=calls[0], place=-1, state="open", channel="phone",
        probability=0.9, turn=1, quote="I shall leave Cleo.", why="The customer may leave.", due_at=NOON, raised_at=NOON,
        shown=True, agents=True, taken_by="", closed_by="", done="",
    )  # fmt: skip
    session.add(alert)
    session.flush()
    session.add(
        AlertMailRow(
            alert_id=alert.id, rule_key=alert_key, address="cleo@example.org", at=NOON, state="failed", tries=1,
            next_at=NOON, answered="No answer.", message_id="alert-1",
        )
    )  # fmt: skip
    alert_desk.say(session, coach, alert.id, "Cleo will ring them.")
    draws = review_rules.draws(session, mira)
    assignments = review_queue.assignments(session, mira)
    opened = next(one for one in assignments if one.call_id in calls and not one.blind)

    cause_draft = causes.CauseDraft(
        "Letters to Cleo's customers are wrong", "order_late", "They say so.", "Petra", "Logistics"
    )
    cause_id = causes.add_cause(session, mira, cause_draft, calls[:1])
    said = cases.Stated(2, "17", calls=(calls[0],), answers=(cases.Answer(AnswerKind.CSAT, 4),))
    cases.import_cases(session, mira, "desk", [said])
    whose = [queries.customer_of_call(session, ada, calls[place]) or "" for place in (0, 1)]
    customers.split(session, mira, whose[0], [calls[4]])
    (change,) = customers.changes(session, mira, whose[0])
    turned = load_transcript(session, calls[0])
    things = {
        "blind_result": load_evaluations(session, calls[4])[0].result_ids["greets"], "read_evaluation": stored[1].id,
        "read_call": calls[1], "reviewers": members, "another_reviewer": idris.user_id, "clip_id": clip, "taught": taught,
        "entries": audit_search.search(session, ada, audit_search.Wanted()), "reviewed": reviewed.call_id,
        "customers_calls": erasure.calls_of_customer(session, ada, "customer of Cleo Marsh"), "said": turned,
        "hash": turned.content_hash, "clean": redaction.CleanCall(turned, signals, None),
        "reading": redaction.Reading(lambda text: text.replace("Cleo", "…"), lambda whole: whole),
        "items": [{"id": "browser-8", "kind": "comment", "text": "Well done."}],
        "agent_id": cleo.agent_id, "call_id": calls[0], "call_ids": calls, "team_id": next(iter(coach.team_ids)),
        "evaluation_id": stored[0].id, "result_id": results["thanks"], "stored": stored[0],
        "customer": "customer of Cleo Marsh", "user_id": cleo.user_id, "dispute_id": open_dispute,
        "disputes": [open_dispute],
        "plan_id": plan, "plans": (found,), "action_id": found.actions[0].id, "session_id": talk, "moment": moment,
        "calibration_id": began, "closed": closed, "calibrated": calls[2],
        "calibration": calibration.find_calibration(session, rosa, began),
        "assignment_id": opened.id, "blind_id": blind.id, "blind_call": calls[4], "key": rule,
        "hold_id": holds_id, "learned_id": learned, "criterion_id": criterion_id, "job_id": job,
        "draft": draft, "draft_id": draft.id, "token_id": token_id, "ids": [taken.id], "draw_id": draws[0].id,
        "request_id": request.id, "new": new_transcript, "comment_id": notes.comments[0].id,
        "rejudged": calls[5], "proposal_id": a_proposal(session, calls),
        "customer_id": whose[0], "other_id": whose[1], "customers_own": calls[2:3],
        "change_id": change.id,
        "cause_id": cause_id, "cause_draft": cause_draft,
        "cause_changed": replace(cause_draft, action="Write other letters.", acted_on=DAY, state=causes.CauseState.DONE),
        "alert_id": alert.id, "alert_key": alert_key, "alert_rule": alert_rule,
        "organisation_id": None, "kind_of_organisation": OrganisationKind.AGENCY,
    }  # fmt: skip
    return Cleos(cleo, coach, things)
