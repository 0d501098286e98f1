"""Every role (and nobody) × every query, address, page and export × one's own, one's team's and another team's.

What there is, is found by looking: a query, an address, a page or a form of export that is added without saying here whose
it is fails its test. Each test says how many cells it tried.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
import streamlit as st
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import Mount, Route

import dashboard.access
from api.programs.app import build_api
from coaching.plans import draft_goal
from coaching.processes import Kind
from coaching.satisfaction import AnswerKind
from dashboard import pages
from dashboard.views.calls import _whole
from errors import NotAllowed, StorageError
from pipeline import reports
from pipeline.digest import weekly_digest
from pipeline.export import Form, export_call
from pipeline.reports import Days
from scoring.journey import PROMISES
from scoring.reasons.judge import State
from scoring.reasons.tree import starting_tree
from scoring.result import Verdict
from storage import organisations, plans, queries
from storage.access import SYSTEM, Asker, Role
from storage.cases import Answer, Stated, import_cases
from storage.database import reading, transaction
from storage.organisations import OrganisationKind
from storage.people import add_user
from storage.queries import Bounds, CallFilter
from storage.reason_tables import CallReasonRow
from storage.roles import Reach, Right, reach
from storage.same_customer import link
from storage.sessions import asker_for
from storage.tables import AgentRow, CallRow, EvaluationRow, SignalsRow, TeamRow, UserRow
from tests.attacks.conftest import API, HERE, Site
from tests.dashboard.conftest import open_page

WHOSE = {"own": "Nadia Osei", "team's": "Tom Reed", "other's": "Lena Fox"}
"""Whose something is, seen by Nadia and by the coach of her team."""

ROLES = {
    "administrator": Role.ADMINISTRATOR,
    "quality": Role.QUALITY_MANAGER,
    "reviewer": Role.REVIEWER,
    "coach": Role.COACH,
    "nadia": Role.AGENT,
    "partner": Role.COACH,
}
"""Who asks, and with which rights. `partner` signs in as a quality manager, of the company that Nadia and Tom work for: its
people have the rights of a coach of its teams, whatever their account says."""

SOMEBODY = (*ROLES, None)
NOBODY = Asker(0, Role.COACH)
"""Somebody who signs in and sees nothing: what anybody gets of what is not theirs."""

GOAL = draft_goal("manners", "apologises", 0.5, 0.4, 0.6, 40, 0.8, date(2026, 8, 10))
SUMMER = Days(date(2026, 6, 1), date(2026, 8, 31))


@dataclass(frozen=True)
class Of:
    """What there is of one agent."""

    name: str
    team: str
    call_id: str
    evaluation_id: int
    agent_id: int
    team_id: int
    plan_id: int
    customer: str
    number: str


@pytest.fixture(scope="module")
def things(opened: Site) -> Mapping[str, Of]:
    """What there is of each agent, a coaching plan and a customer of theirs to whom something was promised included."""
    site, found = opened, {}
    with transaction(site.engine) as session:
        site.centre.askers["partner"] = _of_a_partner(session, site.centre.askers["coach"])
        nadia = session.get_one(UserRow, site.centre.askers["nadia"].user_id)
        site.centre.askers["nadia"] = asker_for(session, nadia)  # of whom her team is of
        for whose, name in WHOSE.items():
            agent = session.scalars(select(AgentRow).where(AgentRow.name == name)).one()
            call = site.call_of(name)
            evaluation = session.scalars(select(EvaluationRow.id).where(EvaluationRow.call_id == call)).first()
            plan = plans.draft(session, SYSTEM, agent.id, [GOAL], date(2026, 8, 10))
            plans.offer(session, SYSTEM, plan)
            assert agent.team_id is not None
            assert evaluation is not None
            team = session.get_one(TeamRow, agent.team_id).name
            number = f"K-{agent.id}"
            customer = _is_promised_something(session, call, number)
            found[whose] = Of(name, team, call, evaluation, agent.id, agent.team_id, plan, customer, number)
    return found


def _of_a_partner(session: Session, coach: Asker) -> Asker:
    """A quality manager of the company that the coach's teams are of; those of everybody else are of another."""
    own, other = (
        organisations.add_organisation(session, SYSTEM, name, OrganisationKind.OUTSOURCER) for name in ("Ours too", "Theirs")
    )
    for team_id in session.scalars(select(TeamRow.id)).all():
        company = own if team_id in coach.team_ids else other
        organisations.assign_team(session, SYSTEM, team_id, company, None, date(2026, 8, 10))
    user_id = add_user(session, "partner@attune.example", "Pat Rowe", Role.QUALITY_MANAGER, "hash", organisation_id=own)
    return asker_for(session, session.get_one(UserRow, user_id))


def _is_promised_something(session: Session, call_id: str, number: str) -> str:
    """Make the call one of a customer who is known by this number and wants a reason of the tree, with a promise in its last
    turn; the customer's id."""
    call = session.get_one(CallRow, call_id)
    call.extra = {"customer_id": number}
    import_cases(session, SYSTEM, "desk", [Stated(1, number, calls=(call_id,), answers=(Answer(AnswerKind.CSAT, 4),))])
    customer = link(session, call_id, call.extra, call.started_at, call.direction)
    session.get_one(SignalsRow, call_id).behaviours = [[4, PROMISES[0], 0.9, 0, 8]]
    session.get_one(CallReasonRow, call_id).reason = starting_tree().reasons[0].id
    assert customer is not None
    return customer


def sees(who: str | None, whose: str, right: Right = Right.SEE_CALLS) -> bool:
    """Whether the table of roles lets this person have it."""
    how_far = reach(ROLES[who], right) if who else Reach.NOTHING
    return {Reach.ALL: True, Reach.TEAMS: whose != "other's", Reach.OWN: whose == "own"}.get(how_far, False)


def hidden_from(who: str | None, site: Site) -> set[str]:
    """Words that may stand in nothing that this person is given: names and calls of whom they do not see."""
    agents = {"Nadia Osei": "own", "Tom Reed": "team's", "Lena Fox": "other's", "Sam Ito": "other's"}
    return {word for name, whose in agents.items() if not sees(who, whose) for word in (name, *site.centre.calls[name])}


# Queries

BY_NAME: Mapping[str, object] = {
    "bounds": Bounds(hold_seconds=60, repeat_days=7), "kind": Kind.HOLD, "scorecard": "manners", "criterion": "apologises",
    "verdict": Verdict.NOT_MET, "words": "heating", "hold_seconds": 60.0,
    "state": State.NONE.value,
}  # fmt: skip
"""What a query is asked beside whose calls, by the name of its parameter."""

OF_ONE_ALONE = {"filter", "call_id", "evaluation_id", "customer", "text"}
"""The parameters by which a query is asked of somebody's."""

SIGN_IN = "user_by_email"
"""The one query that is asked before it is known who asks."""


def answer(session: Session, query: Callable[..., object], asker: Asker, of: Of) -> str:
    """What a query gives of somebody's, in a form that shows every difference."""
    asked: dict[str, object] = {
        "filter": CallFilter(agent_ids=(of.agent_id,)),
        "call_id": of.call_id,
        "evaluation_id": of.evaluation_id,
        "customer": of.customer,
        "text": of.number,
        "asker": asker,
    }
    _, *parameters = inspect.signature(query).parameters.values()
    given = {
        one.name: {**BY_NAME, **asked}[one.name]
        for one in parameters
        if one.default is one.empty or one.name in ("call_id", "state")
    }
    found = query(session, **given)
    return f"{found.dtypes}\n{found.to_csv()}" if isinstance(found, pd.DataFrame) else repr(found)


def test_no_query_gives_anybody_what_is_not_theirs(site: Site, things: Mapping[str, Of]) -> None:
    every = {name: made for name, made in inspect.getmembers(queries, inspect.isfunction) if name != SIGN_IN}
    tried = shown = 0
    shows = set[str]()
    with reading(site.engine) as session:
        for name, query in every.items():
            of_one = OF_ONE_ALONE & set(inspect.signature(query).parameters)
            for whose, of in things.items():
                nothing = answer(session, query, NOBODY, of)
                for who in SOMEBODY:
                    given = answer(session, query, site.centre.askers[who] if who else NOBODY, of)
                    assert not [word for word in hidden_from(who, site) if word in given], (name, who, whose)
                    if of_one and not sees(who, whose):
                        assert given == nothing, (name, who, whose)
                    shown += given != nothing
                    shows |= {name} if given != nothing else set()
                    tried += 1
    assert tried == len(every) * len(SOMEBODY) * len(WHOSE)
    assert shown > tried / 3  # most of what may be seen is there to be seen
    assert {name for name in every if "customer" in name or "reason" in name} - shows == {"reason_titles"}  # nobody's
    print(f"\n{tried} cells of {len(every)} queries, {shown} with something to see")  # noqa: T201


# Addresses

Expect = Callable[[str | None, str], int]


def everybody(status: int) -> Expect:
    """The same for whoever comes."""
    return lambda who, whose: status


def signed_in(status: int) -> Expect:
    """For whoever is signed in; it is about nobody but them."""
    return lambda who, whose: status if who else 401


def of_call(who: str | None, whose: str) -> int:
    return (200 if sees(who, whose) else 404) if who else 401


def corrects(who: str | None, whose: str) -> int:
    return (200 if reach(ROLES[who], Right.CORRECT) is not Reach.NOTHING else 403) if who else 401


def of_plan(who: str | None, whose: str) -> int:
    return (200 if sees(who, whose, Right.SEE_PLANS) else 404) if who else 401


def of_nobody(who: str | None, whose: str) -> int:
    """What another program sent or named: for nobody else, whatever the role."""
    return 404 if who else 401


ROUTES: Mapping[tuple[str, str], Expect] = {
    ("GET", "/health"): everybody(200),
    ("GET", "/ready"): everybody(200),
    ("GET", "/sign-in"): everybody(200),
    ("POST", "/sign-in"): everybody(401),
    ("GET", "/sign-in/one-time"): everybody(200),
    ("GET", "/sign-in/provider"): everybody(303),
    ("GET", "/sign-in/back"): everybody(303),
    ("POST", "/sign-out"): everybody(303),
    ("GET", "/my-sign-in"): signed_in(200),
    ("POST", "/my-sign-in/password"): signed_in(401),
    ("POST", "/my-sign-in/sign-out-everywhere"): signed_in(303),
    ("GET", "/audio/{call_id}"): of_call,
    ("GET", "/waveform/{call_id}"): of_call,
    ("POST", "/desk/{call_id}"): corrects,
}
"""What the application answers, by who asks and whose it is."""

OPERATIONS: Mapping[tuple[str, str], Expect] = {
    ("GET", "/openapi.json"): everybody(200),
    ("POST", "/calls"): signed_in(422),
    ("POST", "/transcripts"): signed_in(422),
    ("GET", "/received"): signed_in(200),
    ("GET", "/received/{received_id}"): of_nobody,
    ("GET", "/calls"): signed_in(200),
    ("GET", "/calls/{call_id}"): of_call,
    ("GET", "/calls/{call_id}/evaluations"): of_call,
    ("GET", "/evaluations/{evaluation_id}"): of_call,
    ("GET", "/scorecards"): signed_in(200),
    ("POST", "/webhooks"): signed_in(422),
    ("GET", "/webhooks"): signed_in(200),
    ("GET", "/metrics"): signed_in(200),
    ("DELETE", "/webhooks/{webhook_id}"): of_nobody,
    ("GET", "/webhooks/{webhook_id}/deliveries"): of_nobody,
    ("POST", "/cases"): signed_in(422),
    ("GET", "/gaps"): signed_in(200),
    ("GET", "/plans"): signed_in(200),
    ("GET", "/plans/{plan_id}"): of_plan,
}
"""The same of the interface for other programs, whose tokens have every scope and the role."""


def filled(path: str, of: Of) -> str:
    """An address with the ids of somebody's in it; of what belongs to a program alone, the first there is."""
    values = {"received_id": 1, "webhook_id": 1, **vars(of)}
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), path)


def test_no_address_of_the_application_gives_anybody_what_is_not_theirs(site: Site, things: Mapping[str, Of]) -> None:
    registered = [route for route in site.client.app.routes if isinstance(route, Route) and route.path != "/{path:path}"]  # type: ignore[attr-defined]
    found = {(method, route.path) for route in registered for method in (route.methods or set()) - {"HEAD"}}
    mounts = {route.path for route in site.client.app.routes if isinstance(route, Mount)}  # type: ignore[attr-defined]
    assert (found, mounts) == (set(ROUTES), {API})
    tried = 0
    for (method, path), expected in ROUTES.items():
        for who in SOMEBODY:
            site.forget_failures()
            for whose, of in things.items():
                client = site.as_(who) if who else site.client
                if not who:
                    client.headers.pop("Cookie", None)
                client.cookies.clear()
                body: dict[str, Any] = {"json": {"items": []}} if path.startswith("/desk") else {}
                got = client.request(method, filled(path, of), headers={"Origin": HERE}, **body)
                assert got.status_code == expected(who, whose), (method, path, who, whose, got.text[:200])
                if got.headers.get("content-type") != "audio/wav":
                    assert not [word for word in hidden_from(who, site) if word in got.text], (method, path, who, whose)
                tried += 1
    assert tried == len(ROUTES) * len(SOMEBODY) * len(WHOSE)
    print(f"\n{tried} cells of {len(ROUTES)} addresses")  # noqa: T201


def test_no_address_for_programs_gives_a_token_what_is_not_its_roles(site: Site, things: Mapping[str, Of]) -> None:
    api = build_api(site.engine)
    routes = [route for route in _flat(api.routes) if isinstance(route, APIRoute)]
    found = {(method, route.path) for route in routes for method in route.methods or ()}
    assert found == set(OPERATIONS)
    headers: dict[str | None, dict[str, str]] = {who: site.token(as_=who)[1] for who in ROLES}
    _, another = site.token()
    hook = site.client.post(
        f"{API}/webhooks", json={"url": "https://crm.example.org/", "events": ["plan.due"]}, headers=another
    )
    assert hook.status_code == 201
    tried = 0
    for (method, path), expected in OPERATIONS.items():
        for who in SOMEBODY:
            for whose, of in things.items():
                sent = headers.get(who, {})
                mine = {("GET", "/calls"): {"agent_id": str(of.agent_id)}, ("GET", "/gaps"): {"by": "agent"}}
                params = mine.get((method, path), {})
                address = filled(path, of)
                if "webhook" in path and "{" in path:
                    address = path.replace("{webhook_id}", str(hook.json()["id"]))
                got = _patiently(site, method, f"{API}{address}", sent, params, anonymous=who is None)
                assert got.status_code == expected(who, whose), (method, path, who, whose, got.text[:200])
                assert not [word for word in hidden_from(who, site) if word in got.text], (method, path, who, whose)
                if path == "/calls" and method == "GET" and who:
                    assert bool(got.json()["items"]) is sees(who, whose)
                tried += 1
    assert tried == len(OPERATIONS) * len(SOMEBODY) * len(WHOSE)
    print(f"\n{tried} cells of {len(OPERATIONS)} addresses for programs")  # noqa: T201


def _flat(routes: Any) -> Iterator[Any]:
    """Every route, those of included routers too."""
    for route in routes:
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if isinstance(route, APIRoute) or not inner:
            yield route
        else:
            yield from _flat(inner)


def _patiently(
    site: Site, method: str, address: str, headers: Mapping[str, str], params: Mapping[str, str], anonymous: bool
) -> Any:
    """Ask; whoever comes without a token does so from an address of each one's own, as many such are made to wait."""
    if anonymous and address != f"{API}/openapi.json":
        status, body = site.raw(method, address, client=next(_ADDRESSES))
        return type("Got", (), {"status_code": status, "text": body.decode()})
    return site.client.request(method, address, headers=headers, params=params)


_ADDRESSES = (f"203.0.113.{n % 250}" for n in range(10_000))


def test_whatever_else_is_asked_for_needs_somebody_who_is_signed_in(site: Site) -> None:
    """What Streamlit answers beside our routes: everything is refused that is not said to be open."""
    others = (
        "/", "/media/x.csv", "/_stcore/upload_file/a/b", "/_stcore/host-config", "/_stcore/metrics", "/component/x/x.html",
        "/_stcore/allowed-message-origins", "/_stcore/bidi-components/x", "/app/static/x", "/oauth2callback", "/auth/login",
    )  # fmt: skip
    for path in others:
        assert site.client.get(path).status_code == 401, path


# Pages

OVERSEER, ANYBODY = "sees more than their own calls", "has any role"

VIEWS: Mapping[str, Right | str] = {
    "agent": OVERSEER, "agents": OVERSEER, "alerts": ANYBODY, "arriving": Right.MANAGE_QUALITY,
    "calibrate": Right.CORRECT, "call": ANYBODY, "calls": OVERSEER, "causes": Right.COACH,
    "coaching": Right.COACH, "criterion": ANYBODY, "customer": ANYBODY, "customers": OVERSEER,
    "disputes": OVERSEER, "keeping": Right.HOLD, "machine": Right.CORRECT,
    "my_coaching": Right.ANSWER_PLANS, "my_scorecards": Right.DISPUTE, "organisations": Right.MANAGE_QUALITY,
    "overview": OVERSEER, "people": Right.ADMINISTER,
    "processes": Right.COACH, "programs": Right.ADMINISTER, "queue": Right.CORRECT, "record": Right.READ_RECORD,
    "satisfaction": Right.COACH,
    "scorecards": Right.MANAGE_QUALITY, "settings": Right.ADMINISTER, "teaching": Right.TEACH,
    "team_members": Right.ADMINISTER, "teams": OVERSEER, "what_if": Right.MANAGE_QUALITY,
    "why_they_call": Right.COACH,
}  # fmt: skip
"""Whom each page is for, by the file that it is in."""


def may_open(who: str | None, view: str) -> bool:
    if not who:
        return False
    wanted = VIEWS[view]
    if isinstance(wanted, Right):
        return reach(ROLES[who], wanted) is not Reach.NOTHING
    return wanted == ANYBODY or reach(ROLES[who], Right.SEE_CALLS) is not Reach.OWN


def test_every_page_is_offered_to_whom_it_is_for_and_refuses_everybody_else(
    site: Site, things: Mapping[str, Of], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(pages.__file__).parent / "views"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(VIEWS)
    # Streamlit makes a page only while a script runs.
    monkeypatch.setattr(st, "Page", lambda target, **more: SimpleNamespace(target=target, **more))
    tried = 0
    for who in SOMEBODY:
        asker = site.centre.askers[who] if who else None
        own = cast(Any, pages._pages_of(asker.role, asker.organisation_id is not None, "Alerts")) if asker else ()
        offered = {Path(page.target).stem for page in own}
        monkeypatch.setattr(dashboard.access, "current_asker", lambda asker=asker: asker)
        for view in VIEWS:
            assert (view in offered) is may_open(who, view), (who, view)
            if view not in offered:  # and a page asks for itself, before it draws anything
                with pytest.raises(NotAllowed):
                    run_path(str(folder / f"{view}.py"), run_name="__main__")
            tried += 1
    assert tried == len(VIEWS) * len(SOMEBODY)
    print(f"\n{tried} cells of {len(VIEWS)} pages")  # noqa: T201


OF_ONE: Mapping[str, Callable[[Of], dict[str, str]]] = {
    "call": lambda of: {"id": of.call_id},
    "agent": lambda of: {"of_agent": str(of.agent_id)},
    "customer": lambda of: {"id": of.customer},
    "criterion": lambda of: {"card": "manners", "criterion": "apologises", "of_agent": str(of.agent_id)},
    "coaching": lambda of: {"plan": str(of.plan_id), "of_agent": str(of.agent_id)},
    "calls": lambda of: {"agents": of.name, "words": of.name},
    "my_coaching": lambda of: {"plan": str(of.plan_id)},
}
"""Pages that an address asks for something of somebody's."""


@pytest.mark.parametrize("view", OF_ONE)
def test_no_address_of_a_page_shows_what_is_somebody_elses(
    site: Site, things: Mapping[str, Of], monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    for who in ("coach", "nadia", "partner"):
        if not may_open(who, view):
            continue
        monkeypatch.setattr(dashboard.access, "current_asker", lambda who=who: site.centre.askers[who])
        st.cache_data.clear()
        for whose, of in things.items():
            app = open_page(site.centre.askers[who], view, **OF_ONE[view](of))
            assert not app.exception, (who, whose)
            shown = "".join(str(getattr(one, "proto", one)) for kind in _KINDS for one in app.get(kind))
            typed = {of.name} if view == "calls" else set()  # what stands in the address comes back in its field
            assert not [word for word in hidden_from(who, site) - typed if word in shown], (who, whose)
            if view == "call":
                assert ("No such call" in shown) is not sees(who, whose)
    st.cache_data.clear()


_KINDS = (
    "markdown", "title", "caption", "subheader", "metric", "bidi_component", "selectbox", "multiselect", "button", "html",
    "info", "warning", "arrow_data_frame", "dataframe",
)  # fmt: skip


# Exports


def _written(form: Form, session: Session, asker: Asker, of: Of) -> object:
    return export_call(session, asker, of.call_id, form)


EXPORTS: Mapping[str, Callable[[Session, Asker, Of], object]] = {
    "the scorecards of a call on paper": lambda session, asker, of: reports.call_paper(session, asker, of.call_id),
    "an agent's page on paper": lambda session, asker, of: reports.agent_paper(session, asker, of.agent_id, SUMMER),
    "a team's page on paper": lambda session, asker, of: reports.team_paper(session, asker, of.team_id, SUMMER),
    "the weekly letter of a team": lambda session, asker, of: weekly_digest(
        session, asker, reports.week("2026-W32"), of.team_id
    ),
    **{f"a call as {form.value}": partial(_written, form) for form in Form},
}
"""What can be taken along of somebody's; tables are below."""


def test_nothing_that_can_be_taken_along_holds_what_is_somebody_elses(
    site: Site, things: Mapping[str, Of], monkeypatch: pytest.MonkeyPatch
) -> None:
    for sheet in ("call_sheet", "agent_sheet", "team_sheet"):  # all that would be drawn, as words to look through
        monkeypatch.setattr(reports, sheet, lambda *drawn: repr(drawn).encode())
    tried = 0
    for name, export in EXPORTS.items():
        of_team = "team" in name
        for who in SOMEBODY:
            asker = site.centre.askers[who] if who else NOBODY
            for whose, of in things.items():
                allowed = sees(who, whose) or (of_team and who == "nadia" and of.team == things["own"].team)
                with reading(site.engine) as session:
                    if allowed:
                        made = repr(export(session, asker, of))
                        assert len(made) > 200, (name, who, whose)
                        assert not [word for word in hidden_from(who, site) if word in made], (name, who, whose)
                    else:
                        with pytest.raises((StorageError, NotAllowed)):
                            export(session, asker, of)
                tried += 1
    assert tried == len(EXPORTS) * len(SOMEBODY) * len(WHOSE)
    print(f"\n{tried} cells of {len(EXPORTS)} exports")  # noqa: T201


def test_no_table_that_is_taken_along_holds_what_is_somebody_elses(site: Site, things: Mapping[str, Of]) -> None:
    st.cache_data.clear()
    for who in SOMEBODY:
        for of in things.values():
            for filter in (CallFilter(), CallFilter(agent_ids=(of.agent_id,)), CallFilter(team_ids=(of.team_id,))):
                asker = replace(site.centre.askers[who] if who else NOBODY)
                text = _whole(filter, asker).to_csv()
                assert not [word for word in hidden_from(who, site) if word in text]
    st.cache_data.clear()
