"""What became of one customer: every conversation on one line, how it felt, what was promised, and what it cost them?"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import access, data, data_customers, data_reasons
from dashboard.pages import CUSTOMERS, call_address, open_board, open_call, open_customer, show_way_back
from dashboard.widgets import charts, table
from dashboard.widgets.board import put_on_the_board
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import count, length, literal, moment, percent, signed
from errors import AttuneError
from pipeline.journeys import contacts_of
from scoring.journey import USUAL_DAYS, Because, Contact, Followed, Outcome, effort, feelings, repeats
from storage.access import Asker, may_correct, may_manage_quality
from storage.customers import MERGED, Preview
from storage.roles import Reach, Right, reach

CHANNELS = {"call": "Call", "email": "E-mail", "chat": "Chat", "social": "Social", "written": "Written"}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.KEPT: "✓ kept",
    Outcome.LIKELY_KEPT: "✓ likely kept",
    Outcome.UNSURE: "? unsure",
    Outcome.LIKELY_NOT_KEPT: "✗ likely not kept",
    Outcome.NOT_KEPT: "✗ not kept",
    Outcome.NOT_DUE: "… not due yet",
    Outcome.UNKNOWN: "? not known",
}
BECAUSE: Mapping[Because, str] = {
    Because.PERSON: "as a person said",
    Because.WE_WROTE: "we wrote again in the same conversation",
    Because.WE_CAME_BACK: "we were in touch before the customer was",
    Because.WE_WERE_LATE: "we were in touch, but later",
    Because.CAME_BACK_ABOUT_IT: "the customer came back about it",
    Because.CAME_BACK: "the customer came back; whether about this is not known",
    Because.SILENCE: "nobody was in touch since",
    Because.TIME: "the time has not passed",
}


def show() -> None:
    """Draw the page for the customer in the address."""
    asker = access.required_asker(Right.SEE_CALLS)
    customer = st.query_params.get("id", "")
    rows = data_customers.calls(asker, customer) if customer else pd.DataFrame()
    if rows.empty:
        st.title("Customer", anchor=False)
        nothing_here("No such customer", "There is no customer at this address with conversations that are yours to see.")
        show_way_back(asker, CUSTOMERS, "Customers")
        return
    customer = rows["customer_id"].iloc[-1]
    show_way_back(asker, CUSTOMERS, "Customers")
    names = [name for name in rows["customer"] if name]
    st.title(literal(names[-1] if names else "A customer"), anchor=False)
    if reach(asker.role, Right.SEE_CALLS) is not Reach.ALL:
        st.caption("Shown and counted are the conversations that you may see. Others, if there are any, are not.")
    contacts = contacts_of(rows)
    _effort(contacts)
    _journey(contacts)
    _conversations(rows)
    if may_manage_quality(asker):
        _put_on_the_board(asker, rows)
    _promises(asker, customer, contacts)
    if may_manage_quality(asker):
        _by_hand(asker, customer, rows)


def _effort(contacts: Sequence[Contact]) -> None:
    """What it cost them, part by part."""
    cost, again = effort(contacts), repeats(contacts)

    def known(value: float | None) -> str:
        return "–" if value is None else f"{value:g}"

    figures = [
        ("Contacts", str(cost.contacts), f"and {cost.ours} by us"),
        ("Again in 7 days", str(again[7]), f"{again[30]} in 30 days"),
        ("Changes of channel", str(cost.channel_changes), "from one contact to the next"),
        ("Passed on", known(cost.transfers), "times, as far as known"),
        ("On hold", known(cost.holds), length(cost.hold_seconds) if cost.hold_seconds else "no time on hold is known"),
        ("Had to repeat", known(cost.repeats_said), "contacts in which they say so"),
        ("Time", f"{cost.seconds / 60:.0f} min" if cost.seconds else "–", "in conversations that have a length"),
    ]
    for column, (name, value, below) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(name, value, border=False)
        column.caption(below)


def _journey(contacts: Sequence[Contact]) -> None:
    st.subheader("How it went", anchor=False)
    felt = feelings(contacts)
    charts.draw(lambda: charts.journey(contacts, felt, CHANNELS))
    if felt is None:
        st.caption("The sentiment of none of these conversations was measured.")
        return
    st.caption(
        f"Sentiment at the end of each conversation, −1 to +1, from the customer’s words. **Peak** is the strongest moment "
        f"of all, whichever way ({signed(felt.peak)}); **end** is that of the latest conversation ({signed(felt.end)}). "
        f"What is remembered is mostly these two; their mean is {signed(felt.peak_end)}. Of one conversation sentiment is "
        "often wrong."
    )


def _conversations(rows: pd.DataFrame) -> None:
    st.subheader("All conversations", anchor=False)
    listed = [
        table.Row(
            [
                table.text(moment(row.started_at), link=True, sort=row.started_at.isoformat(), nowrap=True),
                table.text(CHANNELS.get(row.channel, row.channel), "by us" if row.direction == "outbound" else ""),
                table.text(row.reason or "not given", row.queue),
                table.text(row.agent, row.team, nowrap=True),
                table.number(row.duration_seconds, length(row.duration_seconds) if row.duration_seconds else "–"),
                table.number(row.transfers),
                table.number(row.valence_end, signed(row.valence_end)),
            ],
            id=row.call_id,
            href=call_address(row.call_id),
        )
        for row in data.each(rows.iloc[::-1])
    ]
    columns = [
        table.Column("When"),
        table.Column("How"),
        table.Column("About"),
        table.Column("With"),
        table.Column("Length", number=True),
        table.Column("Passed on", number=True),
        table.Column("Ended", number=True, help="Sentiment at the end, −1 to +1"),
    ]
    chosen = show_table_with_downloads("conversations", "Conversations of this customer, the latest first", columns, listed)
    if chosen:
        open_call(chosen)


def _put_on_the_board(asker: Asker, rows: pd.DataFrame) -> None:
    """Take some of these conversations to the board, as evidence of a cause with the reason of the first chosen."""
    labels = {one.call_id: f"{moment(one.started_at)}, {one.reason or 'not given'}" for one in data.each(rows.iloc[::-1])}
    chosen = put_on_the_board(labels, needs_one=True)
    if chosen:
        found = data_reasons.of_call(asker, chosen[0])
        open_board(found.reason if found else "", chosen)


def _promises(asker: Asker, customer: str, contacts: Sequence[Contact]) -> None:
    st.subheader("What was promised", anchor=False)
    found = data_customers.promises(asker, customer, contacts)
    if not found:
        st.write("No promise was heard in these conversations.")
        return
    listed = [
        table.Row(
            [
                table.quote(one.promise.quote, f"{percent(one.promise.probability)} sure that it is a promise"),
                table.text(one.promise.by or "an agent", moment(one.promise.at), sort=one.promise.at.isoformat()),
                table.text(
                    moment(one.due), "as was said" if one.named else f"no time was said; {USUAL_DAYS} days are looked at"
                ),
                table.text(OUTCOMES[one.outcome], _why(one)),
            ],
            id=str(number),
            href=call_address(one.promise.call_id, turn=one.promise.turn),
        )
        for number, one in enumerate(found)
    ]
    columns = [table.Column("Promise"), table.Column("By"), table.Column("Until"), table.Column("Kept?")]
    chosen = show_table_with_downloads("promises", "What was promised, the oldest first", columns, listed)
    if chosen:
        open_call(found[int(chosen)].promise.call_id, turn=found[int(chosen)].promise.turn)
    st.caption("“Likely” goes by who was in touch next alone: what was done beside conversations nobody here knows.")
    if may_correct(asker):
        _say_kept(asker, found)


def _why(one: Followed) -> str:
    when = f", {moment(one.next_at)}" if one.next_at is not None and one.because is not Because.PERSON else ""
    by = f": {one.promise.word_by}" if one.because is Because.PERSON else ""
    return f"{BECAUSE[one.because]}{by}{when}"


def _say_kept(asker: Asker, found: Sequence[Followed]) -> None:
    with st.popover("Say whether one was kept", icon=":material/task_alt:"):
        number = st.selectbox(
            "Promise",
            range(len(found)),
            format_func=lambda place: f"{moment(found[place].promise.at)}: {found[place].promise.quote[:90]}",
            key="promise",
        )
        word = st.segmented_control("It was", ["kept", "not kept"], key="promise-word")
        if st.button("Write down", key="promise-write", disabled=word is None):
            said = found[number].promise
            _done(lambda: data_customers.mark_promise(asker, said.call_id, said.turn, kept=word == "kept"))


def _by_hand(asker: Asker, customer: str, rows: pd.DataFrame) -> None:
    with st.expander("Put together or take apart"):
        together, apart = st.columns(2, gap="large")
        with together:
            _together(asker, customer)
        with apart:
            _apart(asker, customer, rows)
        for change in data_customers.changes(asker, customer):
            what = "put together with another" if change.kind == MERGED else "taken out of it"
            words = f"{moment(change.at)}, {change.author}: {count(change.calls, 'conversation')} {what}"
            if change.undone_by:
                st.caption(literal(f"{words}; taken back by {change.undone_by}"))
                continue
            line, button = st.columns([4, 1], vertical_alignment="center")
            line.write(literal(words))
            if button.button("Take back", key=f"undo-{change.id}"):
                _done(partial(data_customers.undo, asker, change.id))


def _together(asker: Asker, customer: str) -> None:
    said = st.text_input(
        "This is the same customer as", placeholder="Number, telephone number, e-mail or name", key="other-customer"
    )
    if not said.strip():
        return
    others = data_customers.found(asker, said)
    others = others[others["customer_id"] != customer]
    if others.empty:
        st.write("Nobody else was found.")
        return
    named = {row.customer_id: f"{row.customer or 'no name'}, {row.conversations}" for row in data.each(others)}
    other = st.selectbox("Who, and how many conversations", list(named), format_func=named.__getitem__, key="other-chosen")
    _preview(data_customers.preview_merge(asker, customer, other))
    if st.button("Put together", key="merge", type="primary"):
        _done(lambda: data_customers.merge(asker, customer, other))


def _apart(asker: Asker, customer: str, rows: pd.DataFrame) -> None:
    named = {row.call_id: f"{moment(row.started_at)}, {row.agent}" for row in data.each(rows)}
    chosen = st.multiselect("These are another customer’s", list(named), format_func=named.__getitem__, key="split-calls")
    if not chosen:
        return
    if len(chosen) == len(rows):
        st.write("One conversation at least has to stay.")
        return
    _preview(data_customers.preview_split(asker, customer, chosen))
    if st.button("Take out", key="split", type="primary"):
        try:
            new = data_customers.split(asker, customer, chosen)
        except AttuneError as error:
            st.error(str(error))
            return
        open_customer(new)


def _preview(seen: Preview) -> None:
    known = ", ".join(f"{number} by {kind}" for kind, number in seen.identities.items()) or "none"
    st.caption(
        f"Conversations: {seen.calls_before[0]} and {seen.calls_before[1]} become {seen.calls_after[0]} and "
        f"{seen.calls_after[1]}. What moves along of what they are known by: {known}. Contacts again within 7 days: "
        f"{seen.repeats_before[7]} become {seen.repeats_after[7]}; within 30 days: {seen.repeats_before[30]} become "
        f"{seen.repeats_after[30]}. It can be taken back."
    )


def _done(change: Callable[[], None]) -> None:
    try:
        change()
    except AttuneError as error:
        st.error(str(error))
        return
    st.rerun()


if __name__ == "__main__":
    show()
