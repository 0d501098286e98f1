"""What does a person see who has signed in? The frame of every page: who they are, where they can go, and the page."""

from pathlib import Path

import streamlit as st

from dashboard import access, data_alerts
from dashboard.pages import pages_for
from dashboard.widgets.account import show_account
from dashboard.widgets.filters import enter
from dashboard.widgets.frame import show_frame
from pipeline import metrics

_HERE = Path(__file__).parent


def _signed_out() -> None:
    st.title("You are signed out")
    st.write("Sign in again to go on where you were.")
    st.link_button("Sign in", "/sign-in", type="primary")


def _is_readable() -> bool:
    """Whether the address could be one of ours: no name, id or word holds the character 0, and PostgreSQL knows no such."""
    return not any("\0" in given for name in st.query_params for given in (name, *st.query_params.get_all(name)))


def main() -> None:
    """Draw the page that the address asks for, if it is one of this person's."""
    st.set_page_config(page_title="Attune", page_icon=str(_HERE / "icon.svg"), layout="wide")
    show_frame(_HERE / "logo.svg", _HERE / "icon.svg")
    asker = access.current_asker()
    if asker is None:
        st.navigation([st.Page(_signed_out, title="Signed out")], position="hidden").run()
        return
    waiting = data_alerts.number_open(asker)
    pages = pages_for(asker.role, of_partner=asker.organisation_id is not None, alerts=waiting)
    page = st.navigation(pages, expanded=True)
    with st.sidebar:
        show_account(asker)
    if not _is_readable():
        st.title("There is nothing at this address", anchor=False)
        st.write("It holds a character that no name and no word has. The menu leads to every page.")
        return
    enter(page.url_path)
    with metrics.page(page.url_path):
        page.run()


if __name__ == "__main__":
    main()
