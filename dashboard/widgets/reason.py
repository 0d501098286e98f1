"""Why was the customer of this call in touch, how is that known, and is it right?"""

import streamlit as st

from dashboard import data_reasons
from dashboard.pages import open_board
from dashboard.widgets.words import literal, moment, percent
from errors import AttuneError
from scoring.reasons.judge import State
from storage.access import Asker, may_correct, may_manage_quality
from storage.queries import ReasonOfCall
from storage.reason_tables import Source

NOTHING_FITS = "Nothing in the tree fits"


def show_reason(asker: Asker, call_id: str) -> None:
    """What the call stands under, with its evidence, and, for who may, the way to say otherwise."""
    found = data_reasons.of_call(asker, call_id)
    if found is None:
        st.write("It has not been read why the customer was in touch.")
        return
    st.markdown(f"**{literal(_title(found))}** · {_by(found)}")
    if found.quote:
        st.markdown(f"What tells it most: “{literal(found.quote)}”")
    if found.near:
        both = f"; both sound like “{literal(found.matter)}”" if found.matter else ""
        st.caption(f"Nearest to the example “{literal(found.near)}”{both}")
    elif found.matter:
        st.caption(f"Sounds like “{literal(found.matter)}”, as other conversations under this reason do")
    if found.candidates:
        said = " · ".join(f"{one.title} {percent(one.probability)}" for one in found.candidates)
        st.caption(f"What the machine takes to be likely: {literal(said)}. Tree {found.tree[:8]}.")
    if may_correct(asker):
        _correct(asker, call_id, found)
    if may_manage_quality(asker) and st.button("Put on the board of causes", icon=":material/build_circle:"):
        open_board(found.reason, [call_id])


def _title(found: ReasonOfCall) -> str:
    if found.title:
        return found.title
    if found.source is Source.GIVEN and found.given:
        return found.given
    if found.source is Source.PERSON or found.state is not State.UNSURE:
        return NOTHING_FITS
    return "Unsure"


def _by(found: ReasonOfCall) -> str:
    match found.source:
        case Source.PERSON:
            when = f" on {moment(found.corrected_at)}" if found.corrected_at else ""
            return f"said by {literal(found.corrected_by)}{when}"
        case Source.GIVEN:
            return "given with the call"
        case _ if found.candidates:
            return f"the machine, {percent(found.candidates[0].probability)} sure"
        case _:
            return "the machine"


def _correct(asker: Asker, call_id: str, found: ReasonOfCall) -> None:
    tree = data_reasons.tree_in_force()
    titles = {"": NOTHING_FITS, **{one.id: f"{group.title}: {one.title}" for group, one in tree}}
    likely = [one.reason for one in found.candidates if one.reason in titles]
    options = list(dict.fromkeys([found.reason if found.reason in titles else "", *likely, *titles]))
    with st.form(f"reason {call_id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Why the customer was in touch", options, format_func=lambda id_: titles[id_], width=420)
        if st.form_submit_button("Say so"):
            try:
                data_reasons.correct(asker, call_id, chosen)
            except AttuneError as wrong:
                st.error(str(wrong))
                return
            st.session_state["changed"] = (call_id, "Kept. It holds from now on, and teaches the next version of the tree.")
            st.rerun()
