"""Which other programs are let in, and what are they told?"""

from datetime import UTC, datetime

import streamlit as st

from dashboard import access, data, data_programs
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import literal, moment
from errors import AttuneError
from storage.access import Asker, Right, Role
from storage.tokens import LONGEST_DAYS, Scope, Token

PURPOSES = {
    Scope.SEND_CALLS: "send calls and follow them",
    Scope.READ_RESULTS: "read calls and scorecards",
    Scope.READ_COACHING: "read gaps and coaching plans",
    Scope.HOOKS: "be told of what happens",
    Scope.READ_METRICS: "watch how the service runs",
    Scope.WRITE_CASES: "send cases and customers’ answers",
}

ROLES = {
    Role.ADMINISTRATOR: "Administrator: all calls",
    Role.QUALITY_MANAGER: "Quality manager: all calls",
    Role.REVIEWER: "Reviewer: all calls, no coaching plans",
    Role.COACH: "Coach: the calls of some teams",
    Role.AGENT: "Agent: one agent's own calls",
}

_NEW = "programs-new-token"
_TELL = "programs-tell"


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.ADMINISTER)
    st.title("Other programs", anchor=False)
    st.caption(
        "A CRM or a telephone system sends calls and reads scores with a token of its own. A token sees what its role sees, "
        "and ends by itself."
    )
    _say_what_changed()
    _show_new_token()
    _tokens(asker)
    _make(asker)
    _told(asker)


def _show_new_token() -> None:
    """A token that was just made, until the page is left: it is kept nowhere else."""
    secret = st.session_state.get(_NEW)
    if secret is None:
        return
    with st.container(border=True):
        st.markdown("**The new token.** Copy it now: it is not kept here, and cannot be shown again.")
        st.code(secret, language=None)
        if st.button("I have copied it", key="programs-copied"):
            del st.session_state[_NEW]
            st.rerun()


def _tokens(asker: Asker) -> None:
    found = data_programs.listed(asker)
    if not found:
        nothing_here("No program is let in yet", "Make a token below, and give it to the program that is to use it.")
        return
    now = datetime.now(UTC)
    for token in found:
        with st.container(border=True):
            words, action = st.columns([5, 1], vertical_alignment="center")
            purposes = ", ".join(PURPOSES[one] for one in sorted(token.scopes))
            words.markdown(f"**{literal(token.name)}** · {token.state(now)} · to {purposes}")
            words.caption(_of(token))
            if token.state(now) == "in force":
                with action.popover("Revoke", use_container_width=True):
                    st.write("The program is shut out at once. That cannot be undone; a new token can be made.")
                    if st.button("Revoke it", key=f"revoke-{token.id}", type="primary"):
                        _revoke(asker, token)


def _of(token: Token) -> str:
    used = f"last used {moment(token.last_used_at)}" if token.last_used_at else "never used"
    ends = f"ends {moment(token.expires_at)}" if token.revoked_at is None else f"revoked {moment(token.revoked_at)}"
    return f"{ROLES[token.role]} · {ends} · {used} · made by {literal(token.author)} {moment(token.at)}"


def _revoke(asker: Asker, token: Token) -> None:
    try:
        data_programs.revoke(asker, token.id)
    except AttuneError as wrong:
        st.error(literal(str(wrong)), icon=":material/error:")
        return
    st.session_state[_TELL] = f"{literal(token.name)} is shut out."
    st.rerun()


def _make(asker: Asker) -> None:
    st.subheader("Let a program in", anchor=False)
    choices = data.filter_choices(asker)
    role = st.selectbox(
        "It sees what this role sees",
        list(ROLES),
        index=list(ROLES).index(Role.QUALITY_MANAGER),
        format_func=ROLES.__getitem__,
        key="programs-role",
    )
    with st.form("programs-make", border=False):
        name = st.text_input("Which program", max_chars=80, placeholder="CRM of the service desk")
        scopes = st.multiselect("What it is for", list(PURPOSES), format_func=PURPOSES.__getitem__)
        teams, agent = list[int](), None
        if role is Role.COACH:
            teams = st.multiselect("Which teams", list(choices.teams), format_func=choices.teams.__getitem__)
        if role is Role.AGENT:
            agent = st.selectbox("Which agent", list(choices.agents), index=None, format_func=choices.agents.__getitem__)
        days = st.number_input("Days until it ends", min_value=1, max_value=LONGEST_DAYS, value=90)
        if st.form_submit_button("Make a token", type="primary"):
            try:
                secret = data_programs.make(asker, name, scopes, role, int(days), teams, agent)
            except AttuneError as wrong:
                st.error(literal(str(wrong)), icon=":material/error:")
                return
            st.session_state[_NEW] = secret
            st.rerun()


def _told(asker: Asker) -> None:
    st.subheader("What programs are told", anchor=False)
    addresses, deliveries = data_programs.told(asker)
    if not addresses:
        nothing_here("No program is told of anything yet", "A program names an address through the interface (docs/api.md).")
        return
    rows = [
        table.Row(
            [
                table.text(hook.token.name),
                table.text(hook.url),
                table.text(", ".join(sorted(hook.events))),
                *(table.number(counts.get(state, 0)) for state in ("delivered", "waiting", "failed")),
                table.text(hook.ended_why or "told"),
            ]
        )
        for hook, counts in addresses
    ]
    columns = [table.Column("Program"), table.Column("Address"), table.Column("Of")]
    columns += [table.Column(name, number=True) for name in ("Delivered", "Waiting", "Given up")]
    show_table_with_downloads("told", "Addresses that are told", [*columns, table.Column("State")], rows)
    if deliveries:
        st.caption(f"The latest {len(deliveries)} deliveries")
        urls = {hook.id: hook.url for hook, _ in addresses}
        rows = [
            table.Row(
                [
                    table.text(moment(one.at), sort=one.at.isoformat(), nowrap=True),
                    table.text(urls.get(one.webhook_id, "no longer told")),
                    table.text(one.event),
                    table.text(one.state),
                    table.number(one.tries),
                    table.text(one.answered or "–"),
                ]
            )
            for one in deliveries
        ]
        columns = [table.Column(name) for name in ("When", "Address", "What", "State")]
        columns += [table.Column("Tries", number=True), table.Column("Last answer")]
        show_table_with_downloads("deliveries", "The latest deliveries", columns, rows)


def _say_what_changed() -> None:
    """What was done before the page was drawn again."""
    words = st.session_state.pop(_TELL, None)
    if words:
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
