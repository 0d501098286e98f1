"""Does this turn show what it seems to show? A reviewer's word on that, which the machine can learn from."""

import streamlit as st

from dashboard import access, data
from dashboard.widgets.words import clock, excerpt, literal
from errors import AttuneError
from scoring.behaviours.corpus import behaviours
from storage.records import CallDetails

IS, IS_NOT = "This shows it", "This does not show it"


@st.dialog("What does this turn show?")
def show_mark_dialog(details: CallDetails, n: int) -> None:
    """Ask of one turn whether it shows a behaviour of the side that spoke it, and say what was marked before."""
    if not 0 <= n < len(details.transcript.turns):
        st.write("There is no such turn; load the page again.")
        return
    turn = details.transcript.turns[n]
    st.markdown(f"> {literal(excerpt(' '.join(turn.text.split()), '', 300))}")
    st.caption(f"{turn.speaker.value.capitalize()}{'' if turn.start is None else f', {clock(turn.start)}'}")
    known = {name: one for name, one in behaviours().items() if one.speaker is turn.speaker}
    for label in data.marks_of(access.required_asker(), details.call_id):
        if label.turn == n and label.behaviour in behaviours():
            what = behaviours()[label.behaviour].title
            how = "shows it" if label.present else "does not show it"
            st.caption(f"{what}: {how}, says {literal(label.by)}{'' if label.marked else ' by correcting a verdict'}.")
    chosen = st.selectbox(
        "Behaviour", list(known), index=None, format_func=lambda name: known[name].title, placeholder="Choose one"
    )
    if chosen:
        st.caption(known[chosen].definition)
    with st.form("mark", border=False):
        says = st.radio("Does it?", (IS, IS_NOT), index=None, horizontal=True)
        st.caption("It is kept with your name, and the machine can be taught from it. Scores do not change.")
        if not st.form_submit_button("Save the mark", type="primary"):
            return
    if not chosen or says is None:
        st.error("Choose a behaviour, and whether this turn shows it.")
        return
    try:
        # Who asks is looked up again: the dialog may have stood open for longer than the session.
        data.mark(access.required_asker(), details.call_id, n, chosen, says == IS)
    except AttuneError as error:
        st.error(str(error))
        return
    how = "shows it" if says == IS else "does not show it"
    st.session_state["changed"] = (details.call_id, f"Marked. {known[chosen].title}: this turn {how}.")
    st.rerun()
