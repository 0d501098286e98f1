"""Where on the page of scorecards is somebody, how do they get elsewhere, and what is said when they arrive?"""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import streamlit as st

from errors import AttuneError

_SAID = "scorecards said"

Value = TypeVar("Value")


def go(says: str = "", **where: Any) -> NoReturn:
    """Go to a place of this page, such as `card="care"` or `draft=3, q="greets"`; nothing is the list of all."""
    if says:
        st.session_state[_SAID] = says
    st.query_params.from_dict({name: str(value) for name, value in where.items() if value is not None})
    st.rerun()


def say_what_changed() -> None:
    """Say once what the last click did."""
    if words := st.session_state.pop(_SAID, ""):
        st.success(words, icon=":material/check_circle:")


def attempt(act: Callable[[], Value]) -> Value | None:
    """Do it; where it cannot be done, say why, and give None."""
    try:
        return act()
    except AttuneError as error:
        st.error(str(error))
        return None


def done(act: Callable[[], object]) -> bool:
    """Do it; whether it was done. Where it cannot be, say why."""
    try:
        act()
    except AttuneError as error:
        st.error(str(error))
        return False
    return True
