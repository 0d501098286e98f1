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
    enter(page.url_path)
    with st.sidebar:
        show_account(asker)
    with metrics.page(page.url_path):
        page.run()


if __name__ == "__main__":
    main()
