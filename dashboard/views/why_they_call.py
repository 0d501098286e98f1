"""Why are customers in touch, where does it not end with one contact, and is that the agents' or the process's?"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from coaching.processes import ProcessRate
from coaching.reasons import FEWEST_AGENTS, FEWEST_CALLS, LARGE_ENOUGH, Whose
from dashboard import access, data, data_reasons
from dashboard.pages import WHY_THEY_CALL, call_address, open_board, open_call
from dashboard.widgets import table
from dashboard.widgets.board import put_on_the_board
from dashboard.widgets.downloads import filter_words, show_downloads, show_table_with_downloads
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import count, length, literal, moment, percent, signed
from errors import AttuneError
from pipeline.reasons import WITHOUT, Row, listed, period_before
from scoring.reasons.tree import read_tree, write_tree
from storage.access import Asker, Right, may_manage_quality
from storage.course_cells import NOT_READ
from storage.reason_proposals import Proposal
from storage.records import CallFilter, Choices

MOST_CALLS = 200
MOST_ON_THE_PAGE = 5_000
"""Conversations that are put under another version of the tree while somebody waits; more are for the command line."""

LEVELS = ("Groups", "Reasons")
TABS = ("By reason", "Agents or process", "Proposals", "The tree")

SOURCES: Mapping[str, str] = {
    "person": "a person said so",
    "given": "given with the call",
    "machine": "the machine",
    "nobody": "nobody",
}

VERDICTS: Mapping[Whose, tuple[str, str]] = {
    Whose.PROCESS: ("not_met", "the process"),
    Whose.AGENTS: ("partly", "agents differ"),
    Whose.BOTH: ("not_met", "both"),
    Whose.NEITHER: ("met", "neither stands out"),
    Whose.UNCLEAR: ("unsure", "not clear yet"),
}


def show() -> None:
    """Draw the page; with a `state` in the address, the conversations behind one row."""
    asker = access.required_asker(Right.COACH)
    choices = data.filter_choices(asker)
    if st.query_params.get("state"):
        _calls_behind(asker, choices)
        return
    st.title("Why they call", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    st.caption("Why customers are in touch, and where one contact does not end it.")
    _say_what_changed()
    wanted = choose_calls(choices)
    tabs = TABS if may_manage_quality(asker) else TABS[:2]
    for name, tab in zip(tabs, st.tabs(list(tabs), key="show", bind="query-params"), strict=True):
        if tab.open:
            with tab:
                if name == "By reason":
                    _by_reason(asker, choices, wanted)
                elif name == "Agents or process":
                    _whose(asker, choices, wanted)
                elif name == "Proposals":
                    _proposals(asker)
                else:
                    _tree(asker)


# The figures


def _by_reason(asker: Asker, choices: Choices, wanted: CallFilter) -> None:
    before = period_before(wanted, None if choices.last is None else pd.Timestamp(choices.last))
    rows = data_reasons.rows(asker, wanted, before, groups=False)
    if not rows:
        nothing_here("No conversations in this period", "Choose a longer period, or other teams.")
        return
    _figures(rows)
    _say_what_is_missing(rows)
    group = st.query_params.get("group", "")
    own = [row for row in rows if row.group == group]
    if own:
        st.page_link(WHY_THEY_CALL, label="All groups", icon=":material/arrow_back:")
        st.subheader(literal(group), anchor=False)
        level, shown = LEVELS[1], own
    else:
        level = st.segmented_control(
            "Show", LEVELS, default=LEVELS[0], required=True, key="level", bind="query-params", label_visibility="collapsed"
        )
        shown = rows if level == LEVELS[1] else data_reasons.rows(asker, wanted, before, groups=True)
    _table(str(level), shown, filter_words(wanted, choices), compared=before is not None)
    st.caption(
        "The dot is the estimate, the band the range in which the rate lies with a likelihood of 90%, the notch all other "
        "conversations. In touch again: the same customer, about anything, by the number of the customer that is given "
        "with the calls; counted once so many days have passed. Answered at first contact: they had not been in touch in "
        "the seven days before, and were not in the seven days after."
    )


def _taken(rows: Sequence[Row], asker: Asker) -> pd.DataFrame:
    return listed(rows)


def _figures(rows: Sequence[Row]) -> None:
    total = sum(row.volume.calls for row in rows)
    with_reason = sum(row.volume.calls for row in rows if row.has_reason)
    checked = sum(row.checked for row in rows)
    columns = st.columns(4)
    columns[0].metric("Conversations", f"{total:,}", border=True)
    columns[1].metric(
        "Have a reason",
        percent(with_reason / total),
        f"{checked:,} given or said by people",
        "off",
        delta_arrow="off",
        border=True,
    )
    for column, (name, title) in zip(
        columns[2:], (("first", "Answered at first contact"), ("soon", "In touch again in 7 days")), strict=True
    ):
        known = sum(row.rates[name].calls for row in rows if name in row.rates)
        events = sum(row.rates[name].events for row in rows if name in row.rates)
        column.metric(
            title,
            percent(events / known) if known else "–",
            f"of {count(known, 'contact')} of which it is known",
            "off",
            delta_arrow="off",
            border=True,
        )


def _say_what_is_missing(rows: Sequence[Row]) -> None:
    unread = sum(row.volume.calls for row in rows if row.state == NOT_READ)
    if unread:
        st.info(
            f"{count(unread, 'conversation')} were taken in before there was a tree. A quality manager has them read under "
            "“The tree”, or with `cli.py reasons reassign`.",
            icon=":material/info:",
        )
    if not any("soon" in row.rates for row in rows):
        st.caption(
            "Who was in touch again is not known: give a number of the customer with the calls, as `customer_id`, a column "
            "of the list of calls."
        )


def _table(level: str, rows: Sequence[Row], filters: Mapping[str, str], *, compared: bool) -> None:
    groups = level == LEVELS[0]
    names = {
        "first": "Answered at once",
        "soon": "Again in 7 days",
        "later": "Again in 30 days",
        "hold": "Long on hold",
        "transfer": "Passed on",
    }
    there = [name for name in names if any(name in row.rates and row.rates[name].events for row in rows)]
    made = [
        table.Row(
            [
                table.text(row.title, "" if groups else row.group if row.group != row.title else "", link=True),
                table.number(row.volume.calls, _volume_words(row, compared=compared)),
                *(_rate(row.rates.get(name), better_high=name == "first") for name in there),
                _felt(row),
                table.number(
                    None if pd.isna(row.seconds) else row.seconds, "" if pd.isna(row.seconds) else length(row.seconds)
                ),
            ],
            id=row.key,
            href=_address(row, groups=groups),
        )
        for row in rows
    ]
    columns = [
        table.Column(level[:-1]),
        table.Column("Conversations", number=True, help="How many, their share, and the range it is likely in"),
        *(table.Column(names[name]) for name in there),
        table.Column("Sentiment", help="Of the customer, from the first third to the end, -1 to 1"),
        table.Column("Time", number=True, help="Mean length of a conversation"),
    ]
    chosen = table.show_table(
        f"why {level}", f"Why customers are in touch, {level.lower()}; most conversations first", columns, made
    )
    show_downloads("why-they-call", f"Why customers are in touch, {level.lower()}", partial(_taken, rows), filters)
    if chosen:
        row = next(one for one in rows if one.key == chosen)
        st.switch_page(WHY_THEY_CALL, query_params=_params(row, groups=groups))


def _volume_words(row: Row, *, compared: bool) -> str:
    share = f"{row.volume.calls:,} · {percent(row.volume.share)}"
    if not compared or pd.isna(row.before):
        return share
    return f"{share} (before {percent(row.before)})"


def _rate(rate: ProcessRate | None, *, better_high: bool) -> table.Cell:
    if rate is None or not rate.calls:
        return table.text("not known", sort=-1)
    notch = rate.rate if pd.isna(rate.elsewhere) else rate.elsewhere
    words = f"{percent(rate.rate)}, likely {percent(rate.low)} to {percent(rate.high)}"
    plain = better_high or not rate.named
    return table.likely_range(
        rate.rate, rate.low, rate.high, notch, words, f"{percent(rate.rate)} of {rate.calls:,}", plain=plain
    )


def _felt(row: Row) -> table.Cell:
    if pd.isna(row.start):
        return table.text("not known", sort=-9)
    return table.text(f"{signed(row.start)} → {signed(row.end)}", sort=row.end, nowrap=True)


def _params(row: Row, *, groups: bool) -> dict[str, str]:
    if groups and row.has_reason:
        return {"group": row.group}
    return {"state": row.state, "reason": row.reason, "given": row.given}


def _address(row: Row, *, groups: bool) -> str:
    return f"/why-they-call?{urlencode(_params(row, groups=groups))}"


# The conversations behind a row


def _calls_behind(asker: Asker, choices: Choices) -> None:
    reason, given, state = (st.query_params.get(name, "") for name in ("reason", "given", "state"))
    st.page_link(WHY_THEY_CALL, label="Why they call", icon=":material/arrow_back:")
    group, title = data_reasons.titles(asker).get(reason, ("", given or WITHOUT.get(state, reason)))
    st.title(literal(title), anchor=False)
    if group:
        st.markdown(literal(group))
    wanted = choose_calls(choices)
    again = st.toggle(
        "Only those after which the customer was in touch again within 30 days", key="again", bind="query-params"
    )
    found = data_reasons.calls(asker, wanted, reason, given, state, again, MOST_CALLS)
    if found.empty:
        nothing_here("No conversations to show", "None that you can see; choose a longer period.")
        return
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.agent or "no agent", call.team),
                table.quote(call.quote, _how_known(call.source, call.probability)),
                table.text(
                    "–" if pd.isna(call.days_until_contact) else f"after {count(round(call.days_until_contact), 'day')}"
                ),
            ],
            id=str(n),
            href=call_address(call.call_id, turn=call.turn, at=call.at),
        )
        for n, call in enumerate(data.each(found))
    ]
    columns = [
        table.Column("Conversation of"),
        table.Column("Agent"),
        table.Column("What tells it"),
        table.Column("In touch again"),
    ]
    st.caption(f"The latest {count(len(found), 'conversation')} of them. Choose one to read and hear it.")
    if reason and may_manage_quality(asker):
        _put_on_the_board(reason, found)
    about = {**filter_words(wanted, choices), "About": title}
    chosen = show_table_with_downloads("why-behind", "Conversations behind the figure, latest first", columns, rows, about)
    if chosen:
        call = found.iloc[int(chosen)]
        open_call(call["call_id"], turn=call["turn"], at=call["at"])


def _put_on_the_board(reason: str, found: pd.DataFrame) -> None:
    """Take some of these conversations to the board, as evidence of a cause."""
    labels = {one.call_id: f"{moment(one.started_at)}, {one.agent or 'no agent'}" for one in data.each(found)}
    chosen = put_on_the_board(labels, needs_one=False)
    if chosen is not None:
        open_board(reason, chosen)


def _how_known(source: str, probability: float) -> str:
    if source in ("machine", "nobody") and not pd.isna(probability):
        return f"the machine, {percent(probability)} sure"
    return SOURCES.get(source, "")


# Agents or process


def _whose(asker: Asker, choices: Choices, wanted: CallFilter) -> None:
    first, _ = st.columns([1, 2])
    with first:
        card = st.selectbox(
            "Scorecard", list(choices.scorecards), format_func=lambda id_: choices.scorecards[id_], key="whose-card"
        )
    found, overall = data_reasons.scores(asker, wanted, str(card))
    if not found:
        nothing_here("Nothing to take apart", "No scored conversation of this period has a reason of the tree and an agent.")
        return
    if not pd.isna(overall.rest):
        st.markdown(
            f"What scores differ by: **{percent(overall.reasons)}** goes with the reason whoever takes the call, "
            f"**{percent(overall.agents)}** with the agent whatever it is about, **{percent(overall.together)}** with "
            f"single agents on single reasons, and {percent(overall.rest)} differs from call to call."
        )
    titles = data_reasons.titles(asker)
    rows = [
        table.Row(
            [
                table.text(titles.get(one.reason, ("", one.reason))[1], titles.get(one.reason, ("", ""))[0]),
                table.number(one.mean, f"{one.mean:.0f}"),
                table.number(one.calls, f"{one.calls:,} of {one.agents} agents"),
                _points(one.process, one.process_low, one.process_high, signed=True),
                _points(one.agents_spread, one.spread_low, one.spread_high),
                table.chips(VERDICTS[one.whose]),
            ],
            id=one.reason,
        )
        for one in found
    ]
    columns = [
        table.Column("Reason"),
        table.Column("Mean score", number=True),
        table.Column("Conversations", number=True),
        table.Column("The reason adds", help="Points for whoever takes the call, agents' own levels taken out"),
        table.Column("Agents differ by", help="Points, as a standard deviation beyond chance"),
        table.Column("Whose it is"),
    ]
    show_table_with_downloads(
        "why-whose", "Scores by reason; most points lost first", columns, rows, filter_words(wanted, choices)
    )
    st.caption(
        f"The process: the reason is low for whoever takes the call. Agents differ: some do well on it and others do "
        f"not, by {LARGE_ENOUGH:.0f} points or more beyond chance. Ranges hold with a likelihood of 90%. A reason is taken "
        f"apart from {FEWEST_AGENTS} agents and {FEWEST_CALLS} conversations on; with fewer nothing is said."
    )


def _points(value: float, low: float, high: float, *, signed: bool = False) -> table.Cell:
    if pd.isna(value) or pd.isna(low):
        return table.text("too few", sort=-999)
    form = "+.1f" if signed else ".1f"
    return table.text(f"{value:{form}}", f"likely {low:{form}} to {high:{form}}", sort=value, nowrap=True)


# Proposals


def _proposals(asker: Asker) -> None:
    st.caption(
        "Conversations of the last 13 weeks that fit nowhere and are alike. Nothing that is stored changes its reason "
        "before you say so, and what you dismiss is not proposed again."
    )
    if st.button("Look for proposals", icon=":material/search:", key="propose"):
        with st.spinner("Grouping what fits nowhere"):
            _do(lambda: data_reasons.propose(asker), "")
    found = data_reasons.proposals(asker)
    if not found:
        nothing_here("No open proposals", "Look for some once conversations that fit nowhere have gathered.")
    for one in found:
        _proposal(asker, one)


def _proposal(asker: Asker, one: Proposal) -> None:
    tree = data_reasons.tree_in_force()
    with st.container(border=True):
        st.subheader(literal(one.name), anchor=False)
        st.caption(
            f"{count(one.conversations, 'conversation')} · found again in {percent(one.stability)} of samples · "
            f"{literal(', '.join(one.terms))}"
        )
        st.markdown(
            "\n".join(f"- [{literal(quote.text)}]({call_address(quote.call_id, turn=quote.turn)})" for quote in one.quotes)
        )
        first, second, third = st.columns(3)
        with first.popover("Make it a reason", icon=":material/add:", width="stretch"):
            title = st.text_input("What it is called", key=f"title {one.id}", value=one.name)
            group = st.selectbox("In which group", tree.groups, format_func=lambda own: own.title, key=f"group {one.id}")
            if st.button("Add it to the tree", key=f"accept {one.id}", type="primary"):
                with st.spinner("Learning"):
                    done = _do(
                        lambda: data_reasons.accept(asker, one.id, group.id, _id_of(title), title),
                        f"{title} is a reason from now on.",
                    )
                if done:
                    st.rerun()
        with second.popover("It belongs to a reason", icon=":material/merge:", width="stretch"):
            reason = st.selectbox("Which", tree.reasons, format_func=lambda own: own.title, key=f"merge into {one.id}")
            if st.button("Let it teach that reason", key=f"merge {one.id}", type="primary") and _do(
                lambda: data_reasons.merge(asker, one.id, reason.id),
                "Its sentences teach once the tree is next put in force.",
            ):
                st.rerun()
        if third.button("Dismiss", icon=":material/close:", key=f"dismiss {one.id}", width="stretch") and _do(
            lambda: data_reasons.dismiss(asker, one.id), "Dismissed; it is not proposed again."
        ):
            st.rerun()


def _id_of(title: str) -> str:
    """An id made of a title: `A lost dog!` becomes `a_lost_dog`."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "reason"


# The tree


def _tree(asker: Asker) -> None:
    tree, found = data_reasons.tree_in_force(), data_reasons.versions(asker)
    newest = next((one for one in found if one.in_force), None)
    if newest is not None:
        st.markdown(
            f"In force: version {newest.id}, {count(newest.reasons, 'reason')}, put in force by {literal(newest.author)} on "
            f"{moment(newest.at)}; learned from {count(newest.learned_from, 'conversation')} besides its examples."
        )
        if newest.held_out is not None:
            figures = newest.held_out
            st.markdown(
                f"On {count(figures.conversations, 'corrected conversation')} that were left out of teaching the likeliest "
                f"reason was "
                f"the person’s in {percent(figures.before)} before and in {percent(figures.after)} after; the difference is "
                f"likely {signed(100 * figures.low, 0)} to {signed(100 * figures.high, 0)} points."
            )
    given = st.text_area(
        "The tree, as YAML", write_tree(tree), height=420, key="tree-text", help="docs/reasons.md says what may stand in it."
    )
    first, second, third, _ = st.columns([1.2, 1.4, 1.4, 1.4])
    if first.button("Put in force", type="primary", icon=":material/check:", key="tree-save"):
        with st.spinner("Learning from the examples"):
            done = _do(
                lambda: data_reasons.change_tree(asker, read_tree(given)), "It is asked of what comes in from now on."
            )
        if done:
            st.rerun()
    if second.button("Learn from corrections", icon=":material/model_training:", key="tree-learn"):
        with st.spinner("Learning from corrections"):
            done = _do(lambda: data_reasons.change_tree(asker, None), "What people said is learned.")
        if done:
            st.rerun()
    third.download_button(
        "Take the tree along", write_tree(tree), "reasons.yaml", icon=":material/download:", on_click="ignore"
    )
    _past(asker)


def _past(asker: Asker) -> None:
    st.subheader("Past conversations", anchor=False)
    st.caption("They stay under the version that they were put under until you have them put under the one in force.")
    total = data.count_calls(asker, CallFilter())
    if total > MOST_ON_THE_PAGE:
        st.markdown(
            f"There are {total:,} conversations. On the command line: `cli.py reasons reassign`, first with `--dry-run`."
        )
        return
    if st.button("Count what would change", icon=":material/calculate:", key="would-change"):
        with st.spinner("Reading the conversations"):
            st.session_state["would change"] = data_reasons.would_change(asker)
    counted = st.session_state.get("would change")
    if counted is None:
        return
    titles = {"": "no reason", **{id_: title for id_, (_, title) in data_reasons.titles(asker).items()}}
    st.markdown(
        f"Of {count(counted.calls, 'conversation')} {counted.changed} would change, and {counted.new} would get their "
        f"first reason."
    )
    rows = [
        table.Row(
            [
                table.text(titles.get(one.before, one.before)),
                table.text(titles.get(one.after, one.after)),
                table.number(one.calls),
            ]
        )
        for one in counted.changes
    ]
    if rows:
        columns = [table.Column("Now"), table.Column("Then"), table.Column("Conversations", number=True)]
        show_table_with_downloads("why-would-change", "What would change", columns, rows)
    if (counted.changed or counted.new) and st.button("Put them under the tree in force", type="primary", key="reassign"):
        with st.spinner("Reading the conversations"):
            done = _do(lambda: data_reasons.reassign(asker), "Done; what was before is kept.")
        if done:
            st.session_state.pop("would change")
            st.rerun()


def _do(action: Callable[[], object], done: str) -> bool:
    """Whether it was done; where not, the page says why."""
    try:
        action()
    except AttuneError as wrong:
        st.error("  \n".join(map(literal, str(wrong).splitlines())))
        return False
    st.session_state["reasons changed"] = done
    return True


def _say_what_changed() -> None:
    words = st.session_state.pop("reasons changed", "")
    if words:
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
