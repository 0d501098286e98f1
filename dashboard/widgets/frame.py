"""What is around every page, and what do Streamlit's own elements need to fit in?"""

from pathlib import Path

import streamlit as st

_STYLE = """
<style>
  [data-testid="stMainBlockContainer"] { max-width: 96rem; padding: 1.5rem 2.75rem 4rem; }
  [data-testid="stColumn"]:has(.st-key-listening) { position: sticky; top: 3.5rem; align-self: flex-start; }
  .stApp h1 { padding: .25rem 0; }
  [data-testid="stMetricLabel"] p { white-space: normal; line-height: 1.2; }
  [data-testid="stSidebarNav"] { padding-bottom: 1rem; }
</style>
"""


def show_frame(logo: Path, icon: Path) -> None:
    """The name in the corner, and the few rules of style that a theme cannot hold."""
    st.logo(str(logo), icon_image=str(icon), size="large")
    st.html(_STYLE)


def nothing_here(title: str, what_to_do: str) -> None:
    """An empty page that says why it is empty and what to do next."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.markdown(what_to_do)


NO_CALLS_YET = (
    "Take calls in on the machine that Attune runs on; recordings and transcripts both will do:\n\n"
    "```\npython cli.py ingest FOLDER --metadata calls.csv\n```\n\n"
    "They appear here as soon as the first ones are scored."
)
