"""What waits to be taken in, what is worked on, how fast it goes, and what could not be used?"""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from dashboard import access, data_arriving
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import literal, moment
from storage.access import Asker, Right, may
from storage.inbox import MOST_TRIES, Door, Received, State
from storage.inbox_desk import Overview

_DOORS = {Door.API: "Another program", Door.WATCHED: "Watched place", Door.COMMAND_LINE: "Command line"}

_TABS = {
    State.FAILED: "Could not be used",
    State.RECEIVED: "Waiting",
    State.TRANSCRIBING: "Worked on",
    State.SET_ASIDE: "Set aside",
    State.SCORED: "Done",
}

_NONE = {
    State.FAILED: "Every file that came in could be used.",
    State.RECEIVED: "Nothing waits.",
    State.TRANSCRIBING: "Nothing is being worked on.",
    State.SET_ASIDE: "Nothing was set aside.",
    State.SCORED: "Nothing has been taken in by this way yet.",
}


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.MANAGE_QUALITY)
    st.title("Coming in", anchor=False)
    st.caption(
        "Recordings and transcripts that other programs send, that lie in watched places, or that were named on the command "
        "line. None is lost: what cannot be used stays here with the reason."
    )
    show_what_was_said()
    found = data_arriving.overview(asker)
    _figures(found)
    _workers(found)
    shown = st.segmented_control(
        "Show",
        list(_TABS),
        default=State.FAILED if found.failed else State.RECEIVED,
        format_func=lambda state: _label(state, found),
        required=True,
        key="arriving-state",
    )
    files = data_arriving.listed(asker, shown)
    if not files:
        nothing_here(_NONE[shown], _how_to_send() if shown is State.SCORED else "")
        return
    _files(shown, files)
    if shown in (State.FAILED, State.SET_ASIDE, State.RECEIVED):
        _decide(asker, shown, files)


def _label(state: State, found: Overview) -> str:
    counts = {
        State.FAILED: found.failed,
        State.RECEIVED: found.waiting,
        State.TRANSCRIBING: found.at_work,
        State.SET_ASIDE: found.set_aside,
    }
    return f"{_TABS[state]} ({counts[state]:,})" if counts.get(state) else _TABS[state]


def _figures(found: Overview) -> None:
    waiting, hour, day, left = st.columns(4)
    later = f"{found.later:,} of them are tried again later" if found.later else None
    waiting.metric("Waiting", f"{found.waiting:,}", help=later)
    hour.metric("Taken in, last hour", f"{found.hour:,}")
    day.metric("Taken in, last 24 hours", f"{found.day:,}")
    open_ones = found.waiting + found.at_work
    left.metric(
        "Time left",
        "none" if not open_ones else _long(found.left) if found.left else "not known yet",
        help="For what waits now, at the rate of the last hour.",
    )
    if found.oldest is not None:
        st.caption(f"What has waited longest came {moment(found.oldest)}.")


def _workers(found: Overview) -> None:
    for worker in found.workers:
        if worker.trouble:
            st.warning(f"**{literal(worker.name)}**: {literal(worker.trouble)}", icon=":material/hourglass_top:")
    if found.workers:
        names = "; ".join(f"{literal(worker.name)} (since {moment(worker.began_at)})" for worker in found.workers)
        st.caption(f"At work: {names}.")
    elif found.waiting > found.later:
        st.warning(
            "Files wait, and no worker is running. One is started with the dashboard within seconds, unless "
            "`ATTUNE_WORK_HERE` says otherwise; else start `cli.py work`.",
            icon=":material/warning:",
        )
    else:
        st.caption("No worker is running; one is started when something comes.")


def _long(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return "under a minute"
    if minutes < 90:
        return f"about {minutes:.0f} min"
    return f"about {minutes / 60:.0f} h" if minutes < 48 * 60 else f"about {minutes / 1440:.0f} days"


def _files(state: State, files: Sequence[Received]) -> None:
    columns = [table.Column(name) for name in ("File", "Came by", "Came")]
    told = state in (State.FAILED, State.SET_ASIDE, State.RECEIVED)
    if told:
        columns += [table.Column("Tries", number=True), table.Column("What is wrong"), table.Column("What to do")]
    else:
        columns += [table.Column("Done" if state is State.SCORED else "Tries")]
    rows = []
    for one in files:
        cells = [
            table.text(one.sent_as or "(forgotten)", f"number {one.id}"),
            table.text(_DOORS[one.door], one.source if one.door is Door.WATCHED else ""),
            table.text(moment(one.received_at), sort=one.received_at.isoformat(), nowrap=True),
        ]
        if told:
            cells += [table.number(one.tries), table.text(one.reason or "–"), table.text(_what_to_do(one))]
        elif one.finished_at is not None:
            cells.append(table.text(moment(one.finished_at), sort=one.finished_at.isoformat(), nowrap=True))
        else:
            cells.append(table.number(one.tries))
        rows.append(table.Row(cells))
    caption = f"{_TABS[state]}: the first {len(files)}" if len(files) == data_arriving.SHOWN else _TABS[state]
    show_table_with_downloads(f"arriving-{state.value}", caption, columns, rows)


def _what_to_do(one: Received) -> str:
    if one.state is State.RECEIVED:
        return "Nothing: it is tried again by itself." if one.reason else "Nothing: it waits for its turn."
    if not data_arriving.is_kept(one):
        return "It can never be used as it is. Send it again once it is repaired, and remove it here."
    if one.door is Door.API:
        return "Look at the file in the inbox, then try again or remove it here."
    if one.door is Door.WATCHED:
        return "Put a good file in its place; or try again, or remove it here (the file itself stays)."
    return "Repair it and name it to cli.py ingest again; or try again here."


def _decide(asker: Asker, state: State, files: Sequence[Received]) -> None:
    if not may(asker, Right.ADMINISTER):
        st.caption("Administrators can have files tried again, set them aside or remove them.")
        return
    by_id = {one.id: one for one in files}
    with st.form("arriving-decide", border=False):
        chosen = st.multiselect(
            "Which files",
            list(by_id),
            format_func=lambda id_: f"{id_}: {by_id[id_].sent_as or '(forgotten)'}",
            placeholder=f"All {len(files)} that are listed" if len(files) > 1 else "The one that is listed",
        )
        ids = chosen or list(by_id)
        buttons = st.columns([1, 1, 1, 3])
        again = state is not State.RECEIVED and buttons[0].form_submit_button("Try again", type="primary")
        aside = state is not State.SET_ASIDE and buttons[1].form_submit_button(
            "Set aside", help=f"Leave it be: it is not tried and not counted here. Else each has {MOST_TRIES} tries."
        )
        gone = state is not State.RECEIVED and buttons[2].form_submit_button(
            "Remove", help="For good: its name and who called are forgotten, and it does not come in again."
        )
    if again:
        do_and_say(lambda: f"{_files_in_words(data_arriving.try_again(asker, ids))} will be tried again.")
    if aside:
        do_and_say(lambda: f"{_files_in_words(data_arriving.set_aside(asker, ids))} set aside.")
    if gone and not chosen:
        st.error("Choose the files that are to be removed: that cannot be undone.", icon=":material/error:")
    elif gone:
        do_and_say(lambda: f"{_files_in_words(data_arriving.remove(asker, ids))} removed.")


def _files_in_words(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _how_to_send() -> str:
    return (
        "Let a program in on the page *Other programs*, name a watched place with `ATTUNE_WATCH`, or take a folder in with "
        "`cli.py ingest`."
    )


if __name__ == "__main__":
    show()
