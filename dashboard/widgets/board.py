"""How are conversations chosen that show a cause?"""

from collections.abc import Mapping, Sequence

import streamlit as st

MOST_CHOSEN = 20
"""Conversations that are taken to the board together."""


def put_on_the_board(labels: Mapping[str, str], needs_one: bool) -> Sequence[str] | None:
    """The ids of the conversations that somebody takes to the board, of those with a label each; None until they do.

    needs_one: nothing can be taken there without a conversation.
    """
    with st.popover("Put on the board", icon=":material/build_circle:"):
        chosen = st.multiselect(
            "Conversations that show what makes them call",
            list(labels),
            format_func=lambda id_: labels[id_],
            max_selections=MOST_CHOSEN,
            placeholder="None",
            key="board-calls",
        )
        put = st.button("Put on the board", type="primary", key="board-put", disabled=needs_one and not chosen)
    return chosen if put else None
