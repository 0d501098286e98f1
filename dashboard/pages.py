"""Which pages are there, and how does one lead to another?"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from storage.access import Asker, Role
from storage.roles import Reach, Right, reach

_VIEWS = Path(__file__).parent / "views"

OVERVIEW, CALLS, CALL, AGENTS, TEAMS, CRITERION, MY_SCORECARDS, TEACHING, SCORECARDS = (
    str(_VIEWS / f"{name}.py")
    for name in ("overview", "calls", "call", "agents", "teams", "criterion", "my_scorecards", "teaching", "scorecards")
)
DISPUTES = str(_VIEWS / "disputes.py")
QUEUE, MACHINE = (str(_VIEWS / f"{name}.py") for name in ("queue", "machine"))
CALIBRATE = str(_VIEWS / "calibrate.py")
ALERTS = str(_VIEWS / "alerts.py")
KEEPING = str(_VIEWS / "keeping.py")
ARRIVING = str(_VIEWS / "arriving.py")
PROGRAMS = str(_VIEWS / "programs.py")
WHAT_IF = str(_VIEWS / "what_if.py")
PEOPLE, TEAM_MEMBERS, SETTINGS = (str(_VIEWS / f"{name}.py") for name in ("people", "team_members", "settings"))
AGENT = str(_VIEWS / "agent.py")
CUSTOMER, CUSTOMERS = (str(_VIEWS / f"{name}.py") for name in ("customer", "customers"))
PROCESSES = str(_VIEWS / "processes.py")
SATISFACTION = str(_VIEWS / "satisfaction.py")
WHY_THEY_CALL = str(_VIEWS / "why_they_call.py")
CAUSES = str(_VIEWS / "causes.py")
RECORD = str(_VIEWS / "record.py")
ORGANISATIONS = str(_VIEWS / "organisations.py")
COACHING, MY_COACHING = (str(_VIEWS / f"{name}.py") for name in ("coaching", "my_coaching"))


MOST_IN_THE_MENU = 99
"""Of more than so many alerts the menu says no more than that."""


def pages_for(role: Role, *, of_partner: bool = False, alerts: int = 0) -> list[st.Page]:
    """The pages of a role. Hidden ones are reached from others; one is the start, which leads on to where that role's
    day begins, so that this page too has an address of its own. The board of causes is not for partners, and not in the
    menu of their people. alerts: how many wait for somebody, for the menu to say so."""
    pages = _pages_of(role, of_partner, _with_number("Alerts", alerts))
    begins = {Role.AGENT: "my-scorecards", Role.REVIEWER: "to-review"}.get(role, "overview")
    first = next(page for page in pages if page.url_path == begins)
    return [
        st.Page(partial(st.switch_page, first), title="Attune", url_path="start", default=True, visibility="hidden"),
        *pages,
    ]


def _with_number(title: str, number: int) -> str:
    if not number:
        return title
    return f"{title} ({number})" if number <= MOST_IN_THE_MENU else f"{title} ({MOST_IN_THE_MENU}+)"


def _pages_of(role: Role, of_partner: bool, alerts_title: str) -> list[st.Page]:
    call = st.Page(CALL, title="Call", icon=":material/headphones:", url_path="call", visibility="hidden")
    customer = st.Page(CUSTOMER, title="Customer", icon=":material/route:", url_path="customer", visibility="hidden")
    criterion = st.Page(CRITERION, title="Criterion", icon=":material/checklist:", url_path="criterion", visibility="hidden")
    alerts = st.Page(ALERTS, title=alerts_title, icon=":material/notifications:", url_path="alerts")
    if reach(role, Right.SEE_CALLS) is Reach.OWN:
        mine = st.Page(MY_SCORECARDS, title="My scorecards", icon=":material/school:", url_path="my-scorecards")
        plans = st.Page(MY_COACHING, title="My coaching", icon=":material/psychology:", url_path="my-coaching")
        return [mine, plans, alerts, call, customer, criterion]
    teaching = st.Page(TEACHING, title="Teach the machine", icon=":material/model_training:", url_path="teaching")
    scorecards = st.Page(SCORECARDS, title="Scorecards", icon=":material/checklist_rtl:", url_path="scorecards")
    overview = st.Page(OVERVIEW, title="Overview", icon=":material/monitoring:", url_path="overview")
    organisations = st.Page(ORGANISATIONS, title="Organisations", icon=":material/handshake:", url_path="organisations")
    record = st.Page(RECORD, title="Record", icon=":material/history_edu:", url_path="record")
    arriving = st.Page(ARRIVING, title="Coming in", icon=":material/move_to_inbox:", url_path="arriving")
    keeping = st.Page(KEEPING, title="Keeping", icon=":material/inventory_2:", url_path="keeping")
    what_if = st.Page(WHAT_IF, title="What if", icon=":material/experiment:", url_path="what-if")
    return [
        *_reviewing(role),
        overview,
        alerts,
        *_coaching(role, of_partner),
        st.Page(CALLS, title="Calls", icon=":material/call:", url_path="calls"),
        st.Page(CUSTOMERS, title="Customers", icon=":material/route:", url_path="customers"),
        st.Page(AGENTS, title="Agents", icon=":material/person:", url_path="agents"),
        st.Page(TEAMS, title="Teams", icon=":material/groups:", url_path="teams"),
        st.Page(DISPUTES, title="Disputes", icon=":material/gavel:", url_path="disputes"),
        *([organisations] if _has(role, Right.MANAGE_QUALITY) else []),
        *([scorecards, what_if] if _has(role, Right.MANAGE_QUALITY) else []),
        *([teaching] if _has(role, Right.TEACH) else []),
        *_administering(role),
        *([arriving] if _has(role, Right.MANAGE_QUALITY) else []),
        *([keeping] if _has(role, Right.HOLD) else []),
        *([record] if _has(role, Right.READ_RECORD) else []),
        call,
        customer,
        criterion,
        st.Page(AGENT, title="Agent", icon=":material/person_search:", url_path="agent", visibility="hidden"),
    ]


def _has(role: Role, right: Right) -> bool:
    return reach(role, right) is not Reach.NOTHING


def _reviewing(role: Role) -> list[st.Page]:
    """The pages of who reviews calls or says what is reviewed."""
    if not _has(role, Right.CORRECT):
        return []
    return [
        st.Page(QUEUE, title="To review", icon=":material/inbox:", url_path="to-review"),
        st.Page(CALIBRATE, title="Calibration", icon=":material/balance:", url_path="calibrate"),
        st.Page(MACHINE, title="How right the machine is", icon=":material/target:", url_path="machine"),
    ]


def _coaching(role: Role, of_partner: bool) -> list[st.Page]:
    """The pages of who makes coaching plans and asks what stands in people's way."""
    if not _has(role, Right.COACH):
        return []
    shown: Literal["visible", "hidden"] = "hidden" if of_partner else "visible"
    return [
        st.Page(COACHING, title="Coaching", icon=":material/psychology:", url_path="coaching"),
        st.Page(WHY_THEY_CALL, title="Why they call", icon=":material/contact_support:", url_path="why-they-call"),
        st.Page(CAUSES, title="Causes", icon=":material/build_circle:", url_path="causes", visibility=shown),
        st.Page(SATISFACTION, title="Satisfaction", icon=":material/sentiment_satisfied:", url_path="satisfaction"),
        st.Page(PROCESSES, title="Processes", icon=":material/account_tree:", url_path="processes"),
    ]


def _administering(role: Role) -> list[st.Page]:
    """The pages on which people, teams, settings and other programs are looked after."""
    if not _has(role, Right.ADMINISTER):
        return []
    return [
        st.Page(PEOPLE, title="People", icon=":material/badge:", url_path="people"),
        st.Page(TEAM_MEMBERS, title="Who is in which team", icon=":material/move_group:", url_path="team-members"),
        st.Page(SETTINGS, title="Settings", icon=":material/settings:", url_path="settings"),
        st.Page(PROGRAMS, title="Other programs", icon=":material/api:", url_path="programs"),
    ]


def call_address(call_id: str, **more: Any) -> str:
    """The address of a call, for links; `more` may hold `at` (seconds), `turn` or `card` (a scorecard's id)."""
    return f"/call?{urlencode(_given(id=call_id, **more))}"


def open_call(call_id: str, **more: Any) -> NoReturn:
    """Go to a call."""
    st.switch_page(CALL, query_params=_given(id=call_id, **more))


def open_board(reason: str, call_ids: Sequence[str]) -> NoReturn:
    """Go to the board of causes, to put these conversations there as evidence."""
    st.switch_page(CAUSES, query_params=_given(reason=reason or None, calls=",".join(call_ids) or None, new=1))


def customer_address(customer: str) -> str:
    """The address of all conversations of a customer, for links."""
    return f"/customer?{urlencode(_given(id=customer))}"


def open_customer(customer: str) -> NoReturn:
    """Go to all conversations of a customer."""
    st.switch_page(CUSTOMER, query_params=_given(id=customer))


def criterion_address(scorecard: str, criterion: str, **more: Any) -> str:
    """The address of what is behind a criterion, for links; as for `open_criterion`."""
    return f"/criterion?{urlencode(_given(card=scorecard, criterion=criterion, **more))}"


def open_criterion(scorecard: str, criterion: str, **more: Any) -> NoReturn:
    """Go to the calls behind a criterion; `more` may hold `of_agent` or `of_team`, an id."""
    st.switch_page(CRITERION, query_params=_given(card=scorecard, criterion=criterion, **more))


def open_agent(agent_id: int) -> NoReturn:
    """Go to the page about one agent."""
    st.switch_page(AGENT, query_params=_given(of_agent=agent_id))


def show_way_back(asker: Asker, page: str, label: str) -> None:
    """A link from a page that is not in the menu to the one it belongs to; an agent has only one."""
    if asker.role is Role.AGENT:
        page, label = MY_SCORECARDS, "My scorecards"
    st.page_link(page, label=label, icon=":material/arrow_back:")


def whole_number(name: str) -> int | None:
    """A number of the address, such as an id; None where there is none, or none that a database could hold."""
    given = st.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def _given(**values: Any) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if not pd.isna(value)}
