"""For which calls is a scorecard? The form in which somebody says so."""

from collections.abc import Iterable

import streamlit as st

from dashboard import data
from scorecards.scope import DIRECTIONS, EVERYTHING, ONLY_NAMED, Channel, Scope
from storage.access import Asker

ALL, SOME, NAMED = "All calls", "Some calls", "Only calls that name it"
_HELP = (
    "All calls that are taken in; some of them, by team, queue, channel and direction; or none of itself, only those for "
    "which the list of calls that comes with the recordings names this scorecard."
)
_CHANNELS = {
    Channel.RECORDING: "Recorded calls",
    Channel.WRITTEN: "Chats and transcripts",
    Channel.CHAT: "Chats",
    Channel.EMAIL: "E-mails",
    Channel.SOCIAL: "Social messages",
}


def ask_scope(asker: Asker, scorecard: str, now: Scope, key: str) -> Scope:
    """Draw the form, with what holds now filled in; what it says."""
    choices = data.filter_choices(asker)
    first = NAMED if now.only_named else ALL if now == EVERYTHING else SOME
    which = st.radio(
        "Which calls?", (ALL, SOME, NAMED), index=(ALL, SOME, NAMED).index(first), key=f"{key} which", help=_HELP
    )
    if which == NAMED:
        st.caption(f"In the column `scorecards` of the list of calls it is named `{scorecard}`.")
    if which != SOME:
        return EVERYTHING if which == ALL else ONLY_NAMED
    st.caption("What you leave empty does not matter; a call has to fit all the rest.")
    return Scope(
        teams=_names("Teams", "Any team", choices.teams.values(), now.teams, f"{key} teams"),
        queues=_names("Queues", "Any queue", choices.queues, now.queues, f"{key} queues"),
        channels=tuple(
            st.pills(
                "Channels", list(_CHANNELS), selection_mode="multi", default=now.channels, format_func=_CHANNELS.__getitem__,
                key=f"{key} channels",
            )
        ),
        directions=tuple(
            st.pills(
                "Directions", DIRECTIONS, selection_mode="multi", default=now.directions, format_func=str.capitalize,
                key=f"{key} directions",
            )
        ),
    )  # fmt: skip


def _names(label: str, nothing: str, known: Iterable[str], now: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Names to choose from, and any other: a team or a queue may come that no call is of yet."""
    options = sorted({*known, *now}, key=str.casefold)
    chosen = st.multiselect(
        label, options, default=now, placeholder=nothing, accept_new_options=True, key=key, help="Type a new name to add it."
    )
    return tuple(chosen)
