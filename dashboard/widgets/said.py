"""How does a page say what was just done, after it was drawn anew?"""

from collections.abc import Callable

import streamlit as st

from errors import AttuneError

_NEXT = "said next"


def do_and_say(what: Callable[[], str]) -> None:
    """Do it, and say on the page as it is then what it answers; where it is refused, say why."""
    try:
        said = what()
    except AttuneError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.session_state[_NEXT] = said
    st.rerun()


def show_what_was_said() -> None:
    """What was just done, where something was."""
    if words := st.session_state.pop(_NEXT, ""):
        st.success(words, icon=":material/check_circle:")
