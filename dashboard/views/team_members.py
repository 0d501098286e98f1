"""Which agent is in which team, since when, and what is a team called?"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import streamlit as st

from coaching.partners import OURS
from dashboard import access, data_administration
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import day, moment
from storage.access import Asker, Right
from storage.administration import Member, Team
from storage.organisations import OUR_OWN, Organisation, OrganisationKind


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.ADMINISTER)
    st.title("Who is in which team", anchor=False)
    st.caption(
        "A call stays with the team that its agent was in at the time: after a move the coach left behind keeps the calls "
        "from before, and the new coach sees those since."
    )
    show_what_was_said()
    teams, members = data_administration.teams(asker), data_administration.members(asker)
    names = {team.id: team.name for team in teams}
    names_of_tabs = ["Move an agent", "Teams", "Whose teams", "Moves so far"]
    move, rename, whose, past = st.tabs(names_of_tabs, key="show", bind="query-params")
    with move:
        _move(members, names)
    with rename:
        _teams(teams)
    with whose:
        _whose(asker, names)
    with past:
        moves = data_administration.moves(asker)
        if not moves:
            st.write("Nobody was moved yet.")
        else:
            columns = [table.Column(name) for name in ("Agent", "From", "To", "Since", "Entered")]
            rows = [
                table.Row(
                    [
                        table.text(one.agent),
                        table.text(one.before),
                        table.text(one.after),
                        table.text(day(one.on), sort=one.on.isoformat(), nowrap=True),
                        table.text(one.author, moment(one.at), sort=one.at.isoformat()),
                    ]
                )
                for one in moves
            ]
            show_table_with_downloads("moves", "Moves so far, the latest first", columns, rows)


def _move(members: tuple[Member, ...], names: Mapping[int, str]) -> None:
    by_id = {one.id: one for one in members}

    def told(agent_id: int) -> str:
        return f"{by_id[agent_id].name}, {names.get(by_id[agent_id].team_id or 0, 'in no team')}"

    who, where, when = st.columns(3)
    agent_id = who.selectbox("Agent", list(by_id), None, format_func=told, placeholder="Choose")
    team_id = where.selectbox("To", list(names), None, format_func=names.__getitem__, placeholder="Choose")
    today = datetime.now(UTC).date()
    on = when.date_input("Since", today, max_value=today, format="DD/MM/YYYY")
    wanted = st.button("Move", type="primary", disabled=agent_id is None or team_id is None)
    if wanted and agent_id is not None and team_id is not None:
        do_and_say(lambda: _moved(by_id[agent_id].name, agent_id, team_id, names[team_id], on))


def _moved(name: str, agent_id: int, team_id: int, team: str, on: date) -> str:
    along = data_administration.move_agent(access.required_asker(Right.ADMINISTER), agent_id, team_id, on)
    calls = {0: "no call", 1: "1 call"}.get(along, f"{along} calls")
    return f"{name} is in {team} since {on:%d %B %Y}; {calls} since then went along."


def _teams(teams: tuple[Team, ...]) -> None:
    columns = [table.Column("Team"), table.Column("Belongs to"), table.Column("Agents today", number=True)]
    rows = [
        table.Row([table.text(one.name), table.text(one.organisation or OUR_OWN), table.number(one.agents)]) for one in teams
    ]
    show_table_with_downloads("teams", "Teams", columns, rows)
    one, other = st.columns(2)
    with one, st.form("add team", clear_on_submit=True):
        name = st.text_input("A new team")
        if st.form_submit_button("Add"):
            do_and_say(lambda: _added(name))
    with other, st.form("rename team"):
        names = {team.id: team.name for team in teams}
        team_id = st.selectbox("Team", list(names), None, format_func=names.__getitem__, placeholder="Choose")
        new = st.text_input("Its name from now on")
        if st.form_submit_button("Rename") and team_id is not None:
            do_and_say(lambda: _renamed(team_id, new))


def _whose(asker: Asker, teams: Mapping[int, str]) -> None:
    """Which companies there are, and which team belongs to which since when."""
    companies = data_administration.all_organisations(asker)
    st.caption(
        "A partner's people see the calls that their teams took while these were the partner's, and nothing of others. What "
        "a team took before it changed hands stays with whom it belonged to then."
    )
    if not companies:
        st.write("All teams are our own. Add a company that speaks for us, then say which teams are its.")
    else:
        names = {OURS: OUR_OWN, **{one.id: one.name for one in companies}}
        with st.form("assign team"):
            what, where, when = st.columns(3)
            team_id = what.selectbox(
                "Team", list(teams), None, format_func=teams.__getitem__, placeholder="Choose", key="team that changes hands"
            )
            to = where.selectbox(
                "Belongs to", list(names), None, format_func=names.__getitem__, placeholder="Choose", key="to whom"
            )
            today = datetime.now(UTC).date()
            on = when.date_input(
                "Since", None, max_value=today, format="DD/MM/YYYY", help="Empty: ever since there is the team."
            )
            if st.form_submit_button("Save") and team_id is not None and to is not None:
                do_and_say(lambda: _assigned(team_id, teams[team_id], to, names[to], on))
        columns = [table.Column(name) for name in ("Team", "Belonged to", "Since", "Until", "Entered")]
        rows = [
            table.Row(
                [
                    table.text(one.team),
                    table.text(one.organisation),
                    table.text(day(one.since) if one.since else "ever", sort=one.since.isoformat() if one.since else ""),
                    table.text(day(one.until) if one.until else "today", sort=one.until.isoformat() if one.until else "~"),
                    table.text(one.author, moment(one.at), sort=one.at.isoformat()),
                ]
            )
            for one in data_administration.belongings(asker)
        ]
        show_table_with_downloads("belongings", "Whose teams, the latest entered first", columns, rows)
    adding, changing = st.columns(2)
    with adding, st.form("add organisation", clear_on_submit=True):
        name = st.text_input("A new organisation")
        kind = st.selectbox("Which is", list(OrganisationKind), 1, format_func=_words_of_kind)
        if st.form_submit_button("Add"):
            do_and_say(lambda: _added_company(name, kind or OrganisationKind.OUTSOURCER))
    if companies:
        with changing:
            _change_company({one.id: one for one in companies})


def _change_company(companies: Mapping[int, Organisation]) -> None:
    id_ = st.selectbox(
        "Organisation", list(companies), format_func=lambda one: companies[one].name, key="organisation to change"
    )
    known = companies[id_]
    with st.form(f"change organisation {id_}"):
        name = st.text_input("Its name from now on", known.name)
        kind = st.selectbox(
            "It is", list(OrganisationKind), list(OrganisationKind).index(known.kind), format_func=_words_of_kind
        )
        if st.form_submit_button("Change"):
            do_and_say(lambda: _changed_company(known, name, kind or known.kind))


def _assigned(team_id: int, team: str, to: int, name: str, on: date | None) -> str:
    organisation_id = None if to == OURS else to
    data_administration.assign_team(access.required_asker(Right.ADMINISTER), team_id, organisation_id, on)
    since = f"since {on:%d %B %Y}" if on else "ever since there is the team"
    return f"{team} belongs to {name}, {since}." if to != OURS else f"{team} is our own, {since}."


def _words_of_kind(kind: OrganisationKind) -> str:
    return kind.words


def _changed_company(known: Organisation, name: str, kind: OrganisationKind) -> str:
    data_administration.change_organisation(access.required_asker(Right.ADMINISTER), known.id, name, kind)
    return f"{known.name} is {name.strip()} now, {kind.words}."


def _added_company(name: str, kind: OrganisationKind) -> str:
    data_administration.add_organisation(access.required_asker(Right.ADMINISTER), name, kind)
    return f"There is an organisation {name.strip()} now. Say which teams belong to it."


def _added(name: str) -> str:
    data_administration.add_team(access.required_asker(Right.ADMINISTER), name)
    return f"There is a team {name.strip()} now."


def _renamed(team_id: int, name: str) -> str:
    data_administration.rename_team(access.required_asker(Right.ADMINISTER), team_id, name)
    return f"The team is called {name.strip()} now, in its past too."


if __name__ == "__main__":
    show()
