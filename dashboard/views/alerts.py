"""What needs somebody now, who sees to it, and by which rules is anybody told?"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from dashboard import access, data, data_alerts
from dashboard.pages import call_address
from dashboard.widgets import table
from dashboard.widgets.downloads import MOST_ROWS, show_downloads, show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import ROLES, count, excerpt, literal, moment
from errors import AttuneError
from scoring.alerts import WRITTEN, AlertKind, Channel, Clock, Trigger
from scoring.signals.replies import long
from settings import settings
from storage.access import Asker, Right, Role, may
from storage.alert_desk import PREVIEW_DAYS, Alert, AlertFilter, Preview
from storage.alert_rules import AlertRule, Telling
from storage.alerts import AlertState
from storage.roles import Reach, reach

KINDS = {
    AlertKind.UNANSWERED: "Nobody has answered",
    AlertKind.LEAVING: "May leave",
    AlertKind.DISTRESS: "Distress, unresolved",
    AlertKind.FAILURE: "Automatic failure",
}
ICONS = {
    AlertKind.UNANSWERED: ":material/mark_chat_unread:",
    AlertKind.LEAVING: ":material/logout:",
    AlertKind.DISTRESS: ":material/sentiment_very_dissatisfied:",
    AlertKind.FAILURE: ":material/gpp_bad:",
}
CHANNELS = {Channel.PHONE: "Telephone", Channel.CHAT: "Chat", Channel.EMAIL: "E-mail", Channel.SOCIAL: "Social page"}
CLOCKS = {Clock.WORKING: "in working hours", Clock.ALWAYS: "around the clock"}

_STATES = {AlertState.OPEN: "Open", AlertState.TAKEN: "Taken", AlertState.CLOSED: "Closed"}
_RULES = "Rules"
SHOWN = 20
"""Alerts on the page; the table that is taken along has all."""

_NEW = "A new rule"


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.SEE_CALLS)
    st.title("Alerts", anchor=False)
    st.caption("What should not wait for the week’s end. Whoever takes one sees to it; closing it says what was done.")
    show_what_was_said()
    counts = data_alerts.counts(asker)
    choices = [*(state.value for state in _STATES), *([_RULES] if may(asker, Right.MANAGE_QUALITY) else [])]
    chosen = st.segmented_control(
        "Show",
        choices,
        default=AlertState.OPEN.value,
        format_func=lambda one: one if one == _RULES else f"{_STATES[AlertState(one)]} ({counts.get(AlertState(one), 0):,})",
        required=True,
        key="alerts-show",
    )
    if chosen == _RULES:
        _rules(asker)
        return
    kinds = st.pills("Only", list(KINDS), selection_mode="multi", format_func=KINDS.__getitem__, key="alerts-kinds")
    _list(asker, AlertFilter((AlertState(chosen),), tuple(kinds)))


def _list(asker: Asker, filter: AlertFilter) -> None:
    found = data_alerts.listed(asker, filter, SHOWN + 1)
    if not found:
        nothing_here(
            "Nothing here",
            "No alert of this kind. What raises one is written in the rules, which quality managers set on this page.",
        )
        return
    for alert in found[:SHOWN]:
        _card(asker, alert)
    if len(found) > SHOWN:
        st.caption(f"The latest {SHOWN} are shown; the table has all of them.")
    state = ", ".join(_STATES[one] for one in filter.states)
    show_downloads("alerts", "Alerts", lambda who: data_alerts.as_table(who, filter, MOST_ROWS), {"State": state})


def _card(asker: Asker, alert: Alert) -> None:
    with st.container(border=True, key=f"alert-{alert.id}"):
        words, link = st.columns([5, 1], vertical_alignment="top")
        perhaps = " · *perhaps, a person has to look first*" if alert.perhaps else ""
        words.markdown(f"{ICONS[alert.kind]} **{KINDS[alert.kind]}**{perhaps} · {literal(_where(alert))}")
        words.markdown(literal(alert.why))
        if alert.quote:
            words.markdown(f"> {literal(' '.join(excerpt(alert.quote, '').split()))}")
        if waits := _waits(alert):
            words.markdown(f"**{literal(waits)}**")
        words.caption(f"{literal(alert.rule)} · raised {literal(moment(alert.raised_at))}")
        more = {} if alert.turn is None else {"turn": alert.turn}
        link.link_button("Open the call", call_address(alert.call_id, **more), width="stretch")
        if alert.state is AlertState.CLOSED:
            closed = moment(alert.closed_at) if alert.closed_at else ""
            words.markdown(f"Closed by {literal(alert.closed_by)}, {literal(closed)}: {literal(alert.done or 'removed')}")
        elif reach(asker.role, Right.SEE_CALLS) is not Reach.OWN:
            _act(asker, alert)


def _where(alert: Alert) -> str:
    channel = CHANNELS[alert.channel] if alert.channel else "In writing"
    return " · ".join(filter(None, (channel, alert.agent or "nobody has it yet", alert.team)))


def _waits(alert: Alert) -> str:
    """How long the customer has waited, and up to when that is known."""
    if alert.since is None:
        return ""
    known = f" as of the export of {moment(alert.seen_at)}" if alert.seen_at else ""
    if alert.state is AlertState.CLOSED:
        return f"Waited since {moment(alert.since)}."
    return f"Waiting for {long((datetime.now(UTC) - alert.since).total_seconds())}{known}."


def _act(asker: Asker, alert: Alert) -> None:
    """What can be done about it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if alert.state is AlertState.OPEN:
            if st.button("I see to it", key=f"take-{alert.id}", type="primary"):
                do_and_say(partial(_done, data_alerts.take, asker, alert.id, "You see to it now."))
        else:
            st.markdown(f"{literal(alert.taken_by)} sees to it.")
            if st.button("Give it back", key=f"back-{alert.id}"):
                do_and_say(partial(_done, data_alerts.give_back, asker, alert.id, "It is open again."))
        with st.popover("Close it"), st.form(f"close-{alert.id}", border=False):
            done = st.text_area("What was done?", max_chars=2_000)
            if st.form_submit_button("Close it", type="primary"):
                do_and_say(partial(_done, data_alerts.close, asker, alert.id, "Closed.", done))
        with st.popover("What was said"):
            for step in data_alerts.steps(asker, alert.id):
                words = f": {literal(step.words)}" if step.words else ""
                st.markdown(f"{literal(step.author)}, {literal(moment(step.at))}, *{step.step.value}*{words}")
            with st.form(f"say-{alert.id}", border=False):
                words = st.text_area("Say something to it", max_chars=2_000)
                if st.form_submit_button("Say it"):
                    do_and_say(partial(_done, data_alerts.say, asker, alert.id, "Said.", words))


def _done(what: Callable[..., None], asker: Asker, alert_id: int, said: str, *words: str) -> str:
    what(asker, alert_id, *words)
    return said


# Rules


def _rules(asker: Asker) -> None:
    rules = data_alerts.rules(asker)
    columns = [table.Column(name) for name in ("Rule", "Looks for", "Tells", "In force")]
    rows = [
        table.Row(
            [
                table.text(rule.name),
                table.text(_looks_for(rule.trigger)),
                table.text(_tells(rule.telling)),
                table.text("yes" if rule.on else "off"),
            ]
        )
        for rule in rules
    ]
    show_table_with_downloads("alert-rules", "Rules of alerts", columns, rows)
    if not settings().smtp_host:
        st.info("No mail server is set (`ATTUNE_SMTP_HOST`), so that nothing is sent by e-mail yet.", icon=":material/mail:")
    by_key = {rule.key: rule for rule in rules}
    key = st.selectbox(
        "Change a rule, or make one", [*by_key, ""], format_func=lambda one: by_key[one].name if one else _NEW, key="rule-of"
    )
    kind = by_key[key].trigger.kind if key else None
    if kind is None:
        kind = st.selectbox("What it looks for", list(KINDS), format_func=KINDS.__getitem__, key="rule-kind")
    start = by_key[key] if key else AlertRule("New rule", Trigger(kind))
    _edit(asker, start, f"{key or 'new'}-{kind.value}")
    _mails(asker)


def _looks_for(trigger: Trigger) -> str:
    what = KINDS[trigger.kind]
    if trigger.kind is AlertKind.UNANSWERED:
        what += f" for {long(60.0 * trigger.limit_minutes)} {CLOCKS[trigger.clock]}"
    return f"{what}: {', '.join(CHANNELS[one] for one in trigger.channels) or 'everywhere'}"


def _tells(telling: Telling) -> str:
    places = [
        *(["this page"] if telling.page else []),
        *(["the agent"] if telling.page and telling.agents else []),
        *(["e-mail"] if telling.email else []),
        *(["programs"] if telling.webhook else []),
    ]
    return ", ".join(places) or "nobody"


def _edit(asker: Asker, rule: AlertRule, key: str) -> None:
    trigger, telling = rule.trigger, rule.telling
    choices, whom = data.filter_choices(asker), data_alerts.recipients(asker)
    possible = list(WRITTEN) if trigger.kind is AlertKind.UNANSWERED else list(Channel)
    with st.form(f"rule-{key}"):
        name = st.text_input("Name", rule.name if rule.key else "", max_chars=120)
        on = st.toggle("In force", rule.on)
        left, middle, right = st.columns(3)
        channels = left.multiselect(
            "Where", possible, list(trigger.channels), format_func=CHANNELS.__getitem__, placeholder="Everywhere"
        )
        teams = middle.multiselect(
            "Teams",
            list(whom.teams),
            [one for one in trigger.teams if one in whom.teams],
            format_func=whom.teams.__getitem__,
            placeholder="All teams",
        )
        queues = right.multiselect(
            "Queues", sorted({*choices.queues, *trigger.queues}), list(trigger.queues), placeholder="All queues"
        )
        own = _own_fields(trigger, data_alerts.failing())
        perhaps = st.checkbox("Tell of what the machine is unsure of too, as “perhaps”", trigger.perhaps)
        st.markdown("**Who is told**")
        page = st.checkbox("On this page, whoever may see the call", telling.page)
        agents = st.checkbox("Its agent too", telling.agents)
        webhook = st.checkbox("Programs that asked to be told (webhooks; never with words of the customer)", telling.webhook)
        email = st.checkbox("By e-mail:", telling.email)
        left, right = st.columns(2)
        roles = left.multiselect("Roles", list(Role), list(telling.roles), format_func=ROLES.__getitem__)
        known = [one for one in telling.people if one in whom.people]
        people = right.multiselect("People", list(whom.people), known, format_func=whom.people.__getitem__)
        addresses = st.text_input("Addresses, with blanks between", " ".join(telling.addresses))
        words = st.checkbox("The e-mail may hold words of the customer (they leave this machine)", telling.words)
        left, middle, right = st.columns(3)
        most = left.number_input("Messages at most", 1, 100, telling.most)
        minutes = middle.number_input("Within minutes", 1, 10_080, telling.minutes)
        quiet = right.text_input("Quiet hours", telling.quiet, placeholder="daily 20:00-08:00, Europe/London")
        with st.container(horizontal=True):
            tried = st.form_submit_button("What would it have told?")
            saved = st.form_submit_button("Save", type="primary")
            removed = bool(rule.key) and st.form_submit_button("Remove")
    if removed:
        do_and_say(partial(_remove, asker, rule))
    if not (tried or saved):
        return
    try:
        looks = Trigger(trigger.kind, tuple(channels), tuple(teams), tuple(queues), perhaps, **own)
        told = Telling(
            page, agents, email, tuple(roles), tuple(people), tuple(addresses.replace(",", " ").split()), words, webhook,
            int(most), int(minutes), quiet,
        )  # fmt: skip
        new = AlertRule(name, looks, told, on, rule.key)
    except AttuneError as wrong:
        st.error(literal(str(wrong)), icon=":material/error:")
        return
    if saved:
        do_and_say(partial(_save, asker, new))
    else:
        _preview(data_alerts.preview(asker, new))


def _own_fields(trigger: Trigger, failing: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """What only this kind of rule asks for. failing: what a call may fail by, in words, by scorecard and question."""
    match trigger.kind:
        case AlertKind.UNANSWERED:
            left, right = st.columns(2)
            limit = left.number_input("Minutes without an answer", 1, 43_200, trigger.limit_minutes)
            clock = right.selectbox(
                "Counted", list(CLOCKS), list(CLOCKS).index(trigger.clock), format_func=CLOCKS.__getitem__
            )
            public = st.checkbox("Only what everybody can read", trigger.public_only)
            complaints = st.checkbox("Only where the customer complains", trigger.complaints_only)
            return {"limit_minutes": int(limit), "clock": clock, "public_only": public, "complaints_only": complaints}
        case AlertKind.DISTRESS:
            return {"end_below": st.slider("Sentiment at the end below", -1.0, 1.0, trigger.end_below, 0.05)}
        case AlertKind.FAILURE:
            now = (trigger.scorecard, trigger.criterion)
            asked = {("", ""): "any question of any scorecard", **failing}
            asked.setdefault(now, f"{now[0]}: {now[1] or 'any question'} (of no scorecard in force)")
            card, criterion = st.selectbox(
                "What failed the whole", list(asked), list(asked).index(now), format_func=asked.__getitem__
            )
            return {"scorecard": card, "criterion": criterion}
        case _:
            return {}


def _save(asker: Asker, rule: AlertRule) -> str:
    data_alerts.save(asker, rule)
    return f"“{literal(rule.name)}” is saved{'' if rule.on else ', and off'}."


def _remove(asker: Asker, rule: AlertRule) -> str:
    data_alerts.remove(asker, rule.key)
    return f"“{literal(rule.name)}” is removed; what it raised stays."


def _preview(found: Preview) -> None:
    more = "" if found.all_looked_at else f" (of the latest {found.looked_at:,} conversations that may give reason)"
    times = count(len(found.told), "time")
    st.markdown(f"**In the last {PREVIEW_DAYS} days this rule would have told {times}{more}.** Nothing was told.")
    rows = [
        table.Row(
            [
                table.text(moment(one.at), sort=one.at.isoformat(), nowrap=True),
                table.text(("Perhaps: " if one.cause.perhaps else "") + one.cause.why, link=True),
                table.quote(excerpt(one.cause.quote, "")),
            ],
            href=call_address(one.call_id, **({} if one.cause.turn is None else {"turn": one.cause.turn})),
        )
        for one in found.told
    ]
    if rows:
        columns = [table.Column(name) for name in ("When", "Why", "Words")]
        show_table_with_downloads("alert-preview", "What it would have told", columns, rows)


def _mails(asker: Asker) -> None:
    mails = data_alerts.mails(asker)
    if not mails:
        return
    st.subheader("Told by e-mail", anchor=False)
    rows = [
        table.Row(
            [
                table.text(moment(one.at), sort=one.at.isoformat(), nowrap=True),
                table.text(one.address),
                table.text(f"{one.state.value}{', collected' if one.held else ''}"),
                table.number(one.tries),
                table.text(one.answered or "–"),
            ]
        )
        for one in mails
    ]
    columns = [table.Column(name) for name in ("When", "Address", "State")]
    columns += [table.Column("Tries", number=True), table.Column("Last answer")]
    show_table_with_downloads("alert-mails", "The latest that was told by e-mail", columns, rows)


if __name__ == "__main__":
    show()
