"""Who is looking at this page?

The one place that knows how the dashboard learns it: from the session in the browser's cookie, asked anew on every run,
so that signing out or losing a role takes effect with the next click. Tests replace `current_asker`.
"""

from collections.abc import Callable

import streamlit as st

from dashboard import COOKIE, data
from errors import NotAllowed
from storage.access import Asker, Right, may
from storage.roles import Reach, reach


def current_asker() -> Asker | None:
    """Who is signed in; None where nobody is."""
    token = st.context.cookies.get(COOKIE)
    return data.asker_of(token) if token else None


def required_asker(right: Right | None = None) -> Asker:
    """Who is signed in, with this right where one is named.

    Raises NotAllowed otherwise: a page asks for itself, and does not rely on having been kept out of the menu.
    """
    asker = current_asker()
    if asker is None:
        raise NotAllowed("You are no longer signed in. Load the page again to sign in.")
    if right and not may(asker, right):
        raise NotAllowed("This page is not for your role.")
    return asker


def required_overseer() -> Asker:
    """Who is signed in and sees more than their own calls. Raises NotAllowed for everybody else."""
    asker = required_asker(Right.SEE_CALLS)
    if reach(asker.role, Right.SEE_CALLS) is Reach.OWN:
        raise NotAllowed("This page is not for your role.")
    return asker


def asker_later() -> Callable[[], Asker]:
    """Who looks at this page, to be asked again when a download is wanted: that runs outside of the page, without its
    cookies, and the page may have stood open for longer than the session. Calling it raises NotAllowed then."""
    token = st.context.cookies.get(COOKIE)

    def again() -> Asker:
        asker = data.asker_of(token) if token else current_asker()
        if asker is None:
            raise NotAllowed("You are no longer signed in. Load the page again to sign in.")
        return asker

    return again
