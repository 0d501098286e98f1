"""What makes customers call, what does it cost, who does what about it, and did it help?"""

import re
from functools import partial

import pandas as pd
import streamlit as st

from coaching.interrupted import FEWEST_AFTER, FEWEST_BEFORE, FEWEST_EVENTS, Effect, Said, Side, TooFew
from dashboard import access, data_causes
from dashboard.pages import CAUSES, call_address, whole_number
from dashboard.widgets import charts, table
from dashboard.widgets.downloads import show_downloads, show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.record import details, done
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import count, day, length, literal, moment, percent, signed
from errors import AttuneError, StorageError
from pipeline.causes import CauseFigures, Changed, Outcome, Worth
from storage.access import Asker, Right, may_manage_quality
from storage.causes import LONGEST_NAME, LONGEST_TITLE, LONGEST_WORDS, Cause, CauseDraft, CauseState, may_see_causes
from storage.roles import Reach, reach

STATES = {
    CauseState.FOUND: "Found",
    CauseState.AGREED: "Action agreed",
    CauseState.DONE: "Done",
    CauseState.FOLLOWED_UP: "Followed up",
    CauseState.SET_ASIDE: "Set aside",
}
_CALL_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_BROUGHT = 20
"""Conversations that an address can bring along."""

_COLUMNS = (CauseState.FOUND, CauseState.AGREED, CauseState.DONE, CauseState.FOLLOWED_UP)
_OUTCOMES = {
    Outcome.CONTACTS: ("Contacts a week", "contacts"),
    Outcome.SOON: ("In touch again within 7 days", "repeat contacts within 7 days"),
    Outcome.LATER: ("In touch again within 30 days", "repeat contacts within 30 days"),
}


def show() -> None:
    """Draw the board; with an `id` in the address one cause, with a `reason` a new one."""
    asker = access.required_asker(Right.COACH)
    if not may_see_causes(asker):
        st.title("Causes", anchor=False)
        nothing_here("Not for partners", "The board of causes is for the centre’s own people; ask them about it.")
        return
    cause_id = whole_number("id")
    if cause_id is not None:
        _one(asker, cause_id)
        return
    st.title("Causes", anchor=False)
    st.caption("What makes customers call, what is done about it, and what that brought about.")
    show_what_was_said()
    if reach(asker.role, Right.COACH) is not Reach.ALL:
        st.caption("Figures are of your teams’ conversations. Shown are the causes that concern them.")
    if may_manage_quality(asker):
        _new(asker)
    found = data_causes.board(asker)
    if not found:
        nothing_here(
            "No causes on the board",
            "Look on the page “Why they call” for a reason that costs much, find out what makes customers call, and put it "
            "on the board.",
        )
        return
    for column, state in zip(st.columns(len(_COLUMNS)), _COLUMNS, strict=True):
        own = [one for one in found if one.cause.draft.state is state]
        with column:
            st.markdown(f"**{STATES[state]}** ({len(own)})")
            for one in own:
                _card(one)
    aside = [one.cause for one in found if one.cause.draft.state is CauseState.SET_ASIDE]
    if aside:
        with st.expander(f"Set aside ({len(aside)})"):
            for cause in aside:
                _link(cause)
    show_downloads("causes", "The board of causes", data_causes.as_table, {})


def _card(figures: CauseFigures) -> None:
    cause, draft = figures.cause, figures.cause.draft
    with st.container(border=True, key=f"cause-{cause.id}"):
        _link(cause)
        st.caption(literal(_reason(cause)))
        if figures.cost is not None:
            hours = "" if figures.cost.hours is None else f", {figures.cost.hours:,.1f} hours"
            st.markdown(f"{figures.cost.contacts:,.1f} contacts{hours} a week")
        if draft.owner or draft.department:
            st.markdown(f"Owner: {literal(_owner(draft))}")
        if figures.worth is not None:
            st.markdown(_worth(figures.worth, figures.effects[Outcome.CONTACTS]))
        elif isinstance(few := figures.effects.get(Outcome.CONTACTS), TooFew):
            st.caption(_too_few(few))


def _link(cause: Cause) -> None:
    st.page_link(CAUSES, label=f"**{literal(cause.draft.title)}**", query_params={"id": str(cause.id)})


def _reason(cause: Cause) -> str:
    return " · ".join(filter(None, (cause.group, cause.title_of_reason)))


def _owner(draft: CauseDraft) -> str:
    return ", ".join(filter(None, (draft.owner, draft.department)))


# One cause


def _one(asker: Asker, cause_id: int) -> None:
    st.page_link(CAUSES, label="Causes", icon=":material/arrow_back:", query_params={})
    try:
        cause = data_causes.find(asker, cause_id)
    except StorageError as wrong:
        st.title("Causes", anchor=False)
        nothing_here("No such cause", str(wrong))
        return
    draft = cause.draft
    st.title(literal(draft.title), anchor=False)
    show_what_was_said()
    words = [f"**{STATES[draft.state]}**", literal(_reason(cause))]
    if draft.owner or draft.department:
        words.append(f"owner: {literal(_owner(draft))}")
    st.markdown(" · ".join(words))
    st.caption(f"Put on the board by {literal(cause.author)}, {literal(moment(cause.at))}.")
    if draft.description:
        st.markdown(literal(draft.description))
    if draft.action:
        since = f" (works since {day(draft.acted_on)})" if draft.acted_on else ""
        st.markdown(f"**Action{since}:** {literal(draft.action)}")
    if reach(asker.role, Right.COACH) is not Reach.ALL:
        st.caption("Evidence and figures are of your teams’ conversations.")
    figures = data_causes.figures(asker, cause.id)
    _cost(figures)
    _effects(figures)
    _evidence(asker, cause)
    if may_manage_quality(asker):
        st.subheader("Change it", anchor=False)
        _form(asker, draft, f"change-{cause.id}", cause.id)
        _history(asker, cause)


def _cost(figures: CauseFigures) -> None:
    st.subheader("What it costs", anchor=False)
    cost = figures.cost
    if cost is None:
        st.write("No whole week of contacts is known yet: what it costs is said after the first one.")
        return

    def known(value: float | None, form: str = ",.1f") -> str:
        return "not known" if value is None else f"{value:{form}}"

    said = [
        ("Contacts a week", known(cost.contacts)),
        ("Mean length", "not known" if cost.mean_seconds is None else length(cost.mean_seconds)),
        ("Hours a week", known(cost.hours)),
        ("Again in 7 days, a week", known(cost.soon)),
        ("Again in 30 days, a week", known(cost.later)),
    ]
    for column, (name, value) in zip(st.columns(len(said)), said, strict=True):
        column.metric(name, value, border=True)
    before = " before the action" if figures.cause.draft.acted_on else ""
    st.caption(f"The mean of the latest {count(cost.weeks, 'whole week')}{before}, counted and not typed in.")


def _effects(figures: CauseFigures) -> None:
    st.subheader("What the action brought about", anchor=False)
    acted_on = figures.cause.draft.acted_on
    if acted_on is None:
        st.write(
            f"Nothing was done yet. Once the day of the action is written down, and {FEWEST_AFTER} whole weeks have passed, "
            "it says here what changed against the trend that would have been."
        )
        return
    if figures.worth is not None:
        st.markdown(_worth(figures.worth, figures.effects[Outcome.CONTACTS]))
    tabs = st.tabs([title for title, _ in _OUTCOMES.values()], key="outcome", bind="query-params")
    for outcome, tab in zip(_OUTCOMES, tabs, strict=True):
        with tab:
            _effect(outcome, figures.effects[outcome], pd.Timestamp(acted_on))
    st.info(_doubt(figures), icon=":material/info:")


def _effect(outcome: Outcome, effect: Effect | TooFew, acted_on: pd.Timestamp) -> None:
    title, noun = _OUTCOMES[outcome]
    if isinstance(effect, TooFew):
        st.write(_too_few(effect))
        return
    st.markdown(_says(effect, noun))
    charts.draw(lambda: charts.interrupted(effect.weeks, acted_on.date(), title, share=outcome is not Outcome.CONTACTS))
    rows = [
        table.Row(
            [
                table.text(day(one.week), sort=one.week.isoformat(), nowrap=True),
                table.text({Side.BEFORE: "before", Side.BETWEEN: "left out", Side.AFTER: "since"}[one.side]),
                table.number(one.observed, _value(one.observed, outcome)),
                table.number(one.expected, _value(one.expected, outcome)),
                table.text(f"{_value(one.low, outcome)} to {_value(one.high, outcome)}", sort=one.low, nowrap=True),
            ]
        )
        for one in effect.weeks
    ]
    columns = [table.Column("Week of"), table.Column(""), table.Column("Counted", number=True)]
    columns += [table.Column("Would have been", number=True), table.Column("Likely")]
    with st.expander("Week by week"):
        show_table_with_downloads(f"cause-weeks-{outcome.value}", f"{title}, week by week", columns, rows)


def _value(value: float, outcome: Outcome) -> str:
    return f"{value:,.1f}" if outcome is Outcome.CONTACTS else percent(value)


def _says(effect: Effect, noun: str) -> str:
    """What came of it, in sentences."""
    removed = effect.removed
    words = {
        Said.FEWER: f"**Fewer {noun} than would have been.**",
        Said.MORE: f"**More {noun} than would have been.**",
        Said.UNCLEAR: f"**Not to be told from chance: as many {noun} as would have been, more or fewer.**",
    }[effect.says]
    seen = (
        f"In {count(effect.after, 'whole week')} since there were {effect.observed:,.0f}; by the trend of the "
        f"{effect.before} weeks before there would have been {effect.expected:,.0f}: {_change(removed.change)}, likely "
        f"{_change(removed.change_low)} to {_change(removed.change_high)}."
    )
    if (others := effect.against_others) is None:
        compared = "The other reasons have too few contacts to compare with."
    elif others.says is removed.says:
        compared = f"In proportion to the other reasons it is {_change(others.change)}: the same is said."
    else:
        compared = (
            f"In proportion to the other reasons it is {_change(others.change)}, likely {_change(others.change_low)} to "
            f"{_change(others.change_high)}, which says something else: so nothing is said."
        )
    hangs = (
        "Weeks hang together (what is high stays high for a while), which the range allows for."
        if effect.hangs_together
        else "There is no sign that weeks hang together."
    )
    return f"{words} {seen}\n\n{compared} {hangs}"


def _change(share: float) -> str:
    return f"{signed(100 * share, 0)}%"


def _worth(worth: Worth, effect: Effect | TooFew) -> str:
    """The contacts that were saved, where that can be said."""
    if isinstance(effect, TooFew) or effect.says is Said.UNCLEAR:
        return "Whether the action removed contacts cannot be told from chance yet."
    if effect.says is Said.MORE:
        more, least, most = -worth.contacts, -worth.high, -worth.low
        return f"**{more:,.0f} contacts more than would have been**, likely {least:,.0f} to {most:,.0f}."
    words = f"**{worth.contacts:,.0f} contacts removed**, likely {worth.low:,.0f} to {worth.high:,.0f}"
    hours = [worth.hours(one) for one in (worth.contacts, worth.low, worth.high)]
    if hours[0] is None:
        return f"{words}."
    return f"{words}: **{hours[0]:,.1f} hours**, likely {hours[1]:,.1f} to {hours[2]:,.1f}."


def _too_few(few: TooFew) -> str:
    if few.before < FEWEST_BEFORE:
        return (
            f"{count(few.before, 'whole week')} before the action can be counted, and {FEWEST_BEFORE} are needed to say "
            "what would have been: nothing can be said of this action."
        )
    if few.will_be is None:
        return (
            f"In the weeks before there were {few.events_before:,.0f}; fewer than {FEWEST_EVENTS} have no trend that could "
            "be drawn on: nothing can be said of this action."
        )
    return (
        f"Too early to say: {count(few.after, 'whole week')} since the action of {FEWEST_AFTER}. From {day(few.will_be)} on."
    )


def _doubt(figures: CauseFigures) -> str:
    words = "What else was changed in the same weeks cannot be told apart from this action."
    for one in figures.others:
        if one.kind is Changed.ACTION:
            words += f" On {day(one.on)} another action was done: “{literal(one.title)}”."
        else:
            words += (
                f" From the week of {day(one.on)} on, conversations were put under another version of the tree of reasons."
            )
    return f"{words} Contacts removed and fewer repeats overlap: they are not to be added."


# Evidence


def _evidence(asker: Asker, cause: Cause) -> None:
    st.subheader("Evidence", anchor=False)
    found = data_causes.evidence(asker, cause.id)
    if not found:
        st.write(
            "No conversations that you may see were put under it. On the page “Why they call”, open the reason and choose "
            "some there."
        )
        return
    rows = [
        table.Row(
            [
                table.text(moment(one.started_at), link=True, sort=one.started_at.isoformat(), nowrap=True),
                table.text(one.agent or "no agent", one.team),
                table.quote(one.quote, f"put here by {one.author}"),
            ],
            href=call_address(one.call_id, **({} if one.turn is None else {"turn": one.turn})),
        )
        for one in found
    ]
    columns = [table.Column("Conversation of"), table.Column("Agent"), table.Column("What tells it")]
    show_table_with_downloads("cause-evidence", "Conversations in which it shows, the latest first", columns, rows)
    if may_manage_quality(asker):
        with st.popover("Take one off"), st.form(f"off-{cause.id}", border=False):
            by_id = {one.call_id: one for one in found}
            off = st.selectbox("Conversation", list(by_id), format_func=lambda id_: moment(by_id[id_].started_at))
            if st.form_submit_button("Take it off"):
                do_and_say(partial(_take_off, asker, cause.id, off))


def _take_off(asker: Asker, cause_id: int, call_id: str) -> str:
    data_causes.remove_evidence(asker, cause_id, call_id)
    return "It is no longer among the evidence."


# What people say


def _new(asker: Asker) -> None:
    """A new cause; conversations that the address brings along become its evidence, or that of one that is there."""
    reason = st.query_params.get("reason", "")
    calls = tuple(one for one in st.query_params.get("calls", "").split(",") if _CALL_ID.fullmatch(one))[:MOST_BROUGHT]
    asked = bool(st.query_params.get("new"))
    with st.expander("Put a cause on the board", expanded=asked, icon=":material/add:"):
        choices = data_causes.reasons()
        if calls:
            st.caption(f"{count(len(calls), 'conversation')} will be evidence.")
            known = {one.id: one.draft.title for one in data_causes.listed(asker)}
            under = st.selectbox("Of", [0, *known], format_func=lambda id_: known.get(id_, "a new cause"), key="under")
            if under:
                if st.button("Put them there", type="primary"):
                    do_and_say(partial(_put_under, asker, under, calls))
                return
        start = reason if reason in choices else next(iter(choices))
        _form(asker, CauseDraft("New", start), "new", None, calls)


def _put_under(asker: Asker, cause_id: int, calls: tuple[str, ...]) -> str:
    new = data_causes.add_evidence(asker, cause_id, calls)
    _forget_the_address()
    return f"{count(new, 'conversation')} more among its evidence."


def _forget_the_address() -> None:
    for name in ("reason", "calls", "new"):
        st.query_params.pop(name, None)


def _form(asker: Asker, start: CauseDraft, key: str, cause_id: int | None, calls: tuple[str, ...] = ()) -> None:
    choices = data_causes.reasons()
    if start.reason not in choices:
        choices = {**choices, start.reason: f"{start.reason} (no longer in the tree)"}
    states = list(CauseState)
    with st.form(f"cause-{key}"):
        title = st.text_input("What makes them call", start.title if cause_id else "", max_chars=LONGEST_TITLE)
        left, right = st.columns(2)
        ids = list(choices)
        reason = left.selectbox("Reason", ids, ids.index(start.reason), format_func=lambda id_: choices[id_])
        state = right.selectbox("State", states, states.index(start.state), format_func=lambda one: STATES[one])
        description = st.text_area("Description", start.description, max_chars=LONGEST_WORDS)
        left, right = st.columns(2)
        owner = left.text_input("Owner", start.owner, max_chars=LONGEST_NAME, placeholder="Who sees to it")
        department = right.text_input("Department", start.department, max_chars=LONGEST_NAME)
        action = st.text_area("Action", start.action, max_chars=LONGEST_WORDS, placeholder="What is to be changed")
        acted_on = st.date_input("Day from which the action works", start.acted_on, help="Empty until it was done")
        if not st.form_submit_button("Save" if cause_id else "Put it on the board", type="primary"):
            return
    try:
        draft = CauseDraft(title, reason, description, owner, department, action, acted_on, state)
    except AttuneError as wrong:
        st.error(literal(str(wrong)), icon=":material/error:")
        return
    do_and_say(partial(_save, asker, cause_id, draft, calls))


def _save(asker: Asker, cause_id: int | None, draft: CauseDraft, calls: tuple[str, ...]) -> str:
    if cause_id is None:
        data_causes.add(asker, draft, calls)
        _forget_the_address()
        return f"“{literal(draft.title)}” is on the board."
    data_causes.change(asker, cause_id, draft)
    return "Saved."


def _history(asker: Asker, cause: Cause) -> None:
    with st.expander("What was changed"):
        for entry in data_causes.history(asker, cause.id):
            st.markdown(
                f"{literal(moment(entry.at))}, {literal(entry.who)}: {literal(done(entry))} · {literal(details(entry))}"
            )


if __name__ == "__main__":
    show()
