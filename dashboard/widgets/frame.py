"""What is around every page, and what do Streamlit's own elements need to fit in?"""

from pathlib import Path

import streamlit as st

_STYLE = """
<style>
  [data-testid="stMainBlockContainer"] { max-width: 96rem; padding: 1.5rem 2.75rem 4rem; }
  [data-testid="stMainBlockContainer"]:has(.st-key-call_desk) { max-width: none; padding: .6rem 1.5rem 3rem; }
  [data-testid="stMainBlockContainer"]:has(.st-key-call_desk) > [data-testid="stVerticalBlock"] { gap: .5rem; }
  .stApp:has(.st-key-call_desk) [data-testid="stHeader"] { background: none; }
  .stApp:has(.st-key-call_desk) :is([data-testid="stHeader"], [data-testid="stHeader"] *) { pointer-events: none; }
  .stApp:has(.st-key-call_desk) [data-testid="stHeader"] :is(button, button *) { pointer-events: auto; }
  .stApp:has([data-testid="stHeaderLogo"]) .st-key-call_heading { padding-left: 5.2rem; }
  .st-key-call_heading h1 { font-size: 1.3rem; padding: 0; }
  [data-testid="stColumn"]:has(.st-key-trying) { position: sticky; top: 3.5rem; align-self: flex-start;
    max-height: calc(100vh - 4.5rem); overflow-y: auto; }
  /* Streamlit writes white on every filled button; on the dark theme’s light green that is 2.4 to 1, dark ink 7 to 1. */
  :is([data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primaryFormSubmit"]):not(:disabled) {
    color: light-dark(#fff, #10191a); }
  /* A cause’s title is read whole on its card. */
  [class*="st-key-cause-"] [data-testid="stPageLink-NavLink"] :is(span, p) { white-space: normal; overflow: visible; }
  .stApp h1 { padding: .25rem 0; }
  [data-testid="stMetricLabel"] p { white-space: normal; line-height: 1.2; }
  [data-testid="stSidebarNav"] { padding-bottom: 1rem; }
  @media print {
    :is([data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stPopover"]) { display: none; }
    [data-testid="stMainBlockContainer"] { max-width: none; padding: 0; }
    .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] { position: static; height: auto; overflow: visible; }
  }
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
