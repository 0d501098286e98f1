"""Who can sign in, as what, and how do they get back in?"""

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from coaching.partners import OURS
from dashboard import access, data_administration
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import ROLES, moment
from pipeline.people import ONE_TIME_DAYS
from settings import settings
from storage.access import Asker, Right, Role
from storage.administration import Person
from storage.organisations import OUR_OWN

PASSWORD = "one-time password"


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.ADMINISTER)
    st.title("People", anchor=False)
    show_what_was_said()
    _show_password()
    if not settings().passwords:
        st.caption(
            f"Passwords are off: people sign in with {settings().oidc_name}. A one-time password lets in administrators, "
            "nobody else, at `/sign-in/one-time`."
        )
    people = data_administration.people(asker)
    teams = {team.id: team.name for team in data_administration.teams(asker)}
    agents = {agent.id: agent.name for agent in data_administration.members(asker)}
    companies = {one.id: one.name for one in data_administration.all_organisations(asker)}
    columns = [table.Column(name) for name in ("Name", "Role", "Of whom", "Sign-in", "Last signed in")]
    show_table_with_downloads("people", "People who can sign in", columns, [_row(one) for one in people])
    change, add = st.tabs(["Change somebody", "Add somebody"], key="show", bind="query-params")
    with change:
        _change(asker, people, Known(teams, agents, companies))
    with add:
        _add(Known(teams, agents, companies))


def _row(one: Person) -> table.Row:
    can = "has to choose a password" if one.one_time else "can sign in"
    signed_in = one.last_sign_in
    return table.Row(
        [
            table.text(one.name, one.email),
            table.text(ROLES[one.role], nowrap=True),
            table.text(one.agent or ", ".join(one.teams) or ("all its teams" if one.organisation else ""), one.organisation),
            table.text(can if one.active else "deactivated"),
            table.text(moment(signed_in), sort=signed_in.isoformat(), nowrap=True)
            if signed_in
            else table.text("never", sort=""),
        ]
    )


def _show_password() -> None:
    """A one-time password that was just made: shown once, as it is kept nowhere."""
    if made := st.session_state.pop(PASSWORD, None):
        name, password = made
        st.info(f"The one-time password of {name}. Give it to them yourself; it is not shown again.", icon=":material/key:")
        st.code(password, language=None)


def _keep_password(name: str, password: str, said: str) -> str:
    st.session_state[PASSWORD] = (name, password)
    return f"{said} The password lets in for {ONE_TIME_DAYS} days, to choose another."


class Known(NamedTuple):
    """What a role can go with, by id: teams, agents, and organisations."""

    teams: Mapping[int, str]
    agents: Mapping[int, str]
    companies: Mapping[int, str]


class Chosen(NamedTuple):
    """A role and what goes with it: an agent's agent, a coach's teams, and of which partner they are, if of any."""

    role: Role
    agent_id: int | None
    team_ids: list[int]
    organisation_id: int | None


def _role_form(key: str, things: Known, person: Person | None) -> Chosen:
    """The role, and what goes with it."""
    teams, agents, companies = things
    roles = list(Role)
    first = roles.index(person.role if person else Role.AGENT)
    role = st.selectbox("Role", roles, first, format_func=lambda one: ROLES[one], key=f"{key} role")
    agent_id, chosen = None, list[int]()
    if role is Role.AGENT:
        known = list(agents)
        place = known.index(person.agent_id) if person and person.agent_id is not None else None
        agent_id = st.selectbox(
            "Which agent of the calls",
            known,
            place,
            format_func=agents.__getitem__,
            key=f"{key} agent",
            placeholder="Choose",
        )
    if role is Role.COACH:
        before = [team for team in (person.team_ids if person else ()) if team in teams]
        chosen = st.multiselect("Looks after", list(teams), before, format_func=teams.__getitem__, key=f"{key} teams")
    of = person.organisation_id if person else None
    if role is not Role.AGENT and (companies or of is not None):
        names = {OURS: OUR_OWN, **companies}
        company = st.selectbox(
            "Works for",
            list(names),
            list(names).index(of or OURS),
            format_func=names.__getitem__,
            key=f"{key} organisation",
            help="Somebody of a partner is a coach, sees the calls that were taken for the partner and nothing else, and "
            "without chosen teams all of these. Agents are of whom their team is of.",
        )
        of = None if company == OURS else company
    return Chosen(role, agent_id, chosen, None if role is Role.AGENT else of)


def _change(asker: Asker, people: tuple[Person, ...], known: Known) -> None:
    by_id = {one.id: one for one in people}
    chosen = st.selectbox(
        "Who",
        list(by_id),
        None,
        format_func=lambda id_: f"{by_id[id_].name}, {by_id[id_].email}",
        placeholder="Choose somebody",
    )
    if chosen is None:
        return
    person = by_id[chosen]
    key = f"person {person.id}"
    if not person.active:
        st.write(f"{person.name} was deactivated: what they did stays under their name, and they cannot sign in.")
        if st.button("Let them in again", key=f"{key} again"):
            do_and_say(
                lambda: _keep_password(
                    person.name,
                    data_administration.let_in_again(access.required_asker(Right.ADMINISTER), person.id),
                    f"{person.name} can sign in again.",
                )
            )
        return
    name = st.text_input("Name", person.name, key=f"{key} name")
    chosen_role = _role_form(key, known, person)
    save, reset, out, off = st.columns(4)
    if save.button("Save", type="primary", key=f"{key} save", width="stretch"):
        do_and_say(lambda: _save(person, name, chosen_role))
    if reset.button("Give a one-time password", key=f"{key} reset", width="stretch"):
        do_and_say(
            lambda: _keep_password(
                person.name,
                data_administration.reset_password(access.required_asker(Right.ADMINISTER), person.id),
                f"{person.name} was signed out everywhere.",
            )
        )
    if out.button("Sign out everywhere", key=f"{key} out", width="stretch"):
        do_and_say(lambda: _sign_out(person))
    if off.button("Deactivate", key=f"{key} off", width="stretch", disabled=person.id == asker.user_id):
        do_and_say(lambda: _deactivate(person))


def _save(person: Person, name: str, chosen: Chosen) -> str:
    asker = access.required_asker(Right.ADMINISTER)
    data_administration.change_person(asker, person.id, name, *chosen)
    return f"{name.strip()} is changed, from now on."


def _sign_out(person: Person) -> str:
    data_administration.sign_out_everywhere(access.required_asker(Right.ADMINISTER), person.id)
    return f"{person.name} is signed in nowhere any more."


def _deactivate(person: Person) -> str:
    data_administration.deactivate(access.required_asker(Right.ADMINISTER), person.id)
    return f"{person.name} can no longer sign in. What they did stays."


def _add(known: Known) -> None:
    name = st.text_input("Name", key="new name")
    email = st.text_input("E-mail address", key="new email")
    chosen = _role_form("new", known, None)
    if st.button("Let them sign in", type="primary"):
        do_and_say(
            lambda: _keep_password(
                name.strip(),
                data_administration.add_person(access.required_asker(Right.ADMINISTER), name, email, *chosen),
                f"{name.strip()} can sign in.",
            )
        )


if __name__ == "__main__":
    show()
