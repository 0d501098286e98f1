"""What was said in this call, how did it sound, what do the scorecards say, and is that right?"""

import math

import streamlit as st

from dashboard import access, data, data_customers, data_desk, data_satisfaction
from dashboard.pages import CALLS, open_call, open_customer, show_way_back, whole_number
from dashboard.widgets import charts
from dashboard.widgets.answers import show_answers
from dashboard.widgets.desk import show_desk
from dashboard.widgets.dispute import show_word_of_agent
from dashboard.widgets.download import show_download
from dashboard.widgets.facts import show_facts
from dashboard.widgets.feeling import show_what_it_is_made_of
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.language import is_read, show_language
from dashboard.widgets.marks import show_mark_dialog
from dashboard.widgets.player import why_nothing_is_heard
from dashboard.widgets.reason import show_reason
from dashboard.widgets.who_spoke import said_by_people, show_doubt, show_growth, show_history, show_swap, show_turn_dialog
from dashboard.widgets.words import length, literal, moment, sides
from errors import AttuneError
from pipeline.desk import Standing
from reviews.queue import Assignment
from storage.access import Asker, may_correct
from storage.records import CallDetails
from transcripts.model import Sides


def show() -> None:
    """Draw the page for the call in the address."""
    st.set_page_config(initial_sidebar_state="collapsed")  # the desk takes the width of the screen
    asker = access.required_asker()
    call_id = st.query_params.get("id", "")
    details = data.call_details(asker, call_id) if call_id else None
    if details is None:
        st.title("Call", anchor=False)
        nothing_here("No such call", "There is no call at this address, or it is not yours to see.")
        show_way_back(asker, CALLS, "Calls")
        return
    _heading(asker, details)
    show_language(details)
    show_doubt(details, may_correct=may_correct(asker))
    show_growth(details)
    show_history(details)
    _say_what_changed(call_id)
    show_word_of_agent(details, asker)
    assignment = data_desk.begun(asker, call_id)
    at, turn = _number(st.query_params.get("at")), whole_number("turn")
    with st.container(key="call_desk"):
        standing = data_desk.standing(asker, call_id)
        chosen = _chosen_scorecard(standing, assignment)
        asked = show_desk(asker, details, standing, assignment, scorecard=chosen, at=at, turn=turn)
    if asked.speaker is not None:
        show_turn_dialog(details, asked.speaker)
    elif asked.mark is not None:
        show_mark_dialog(details, asked.mark)
    elif asked.finish is not None and assignment is not None and assignment.id == asked.finish:
        _finish(asker, assignment, onwards=asked.onwards)
    if details.blind:
        st.caption("You judge this call before the machine’s answer is in sight; what it found is shown once you finish.")
        return
    sentiment, talk, why = st.tabs(["Sentiment", "Talk and silence", "Why they called"])
    with sentiment:
        rows = charts.sentiment_rows(details.transcript, details.valence)
        if not is_read(details):
            st.write("Sentiment is read from English words alone, and this call is in another language.")
        elif rows.empty:
            st.write("It could not be told who spoke, so there is no sentiment of one side or the other.")
        else:
            charts.draw(lambda: charts.sentiment_along_the_call(rows, details.transcript.timed))
            show_what_it_is_made_of(details)
    with talk:
        show_facts(details.measures)
    with why:
        show_reason(asker, call_id)


def _heading(asker: Asker, details: CallDetails) -> None:
    facts, transcript = details.facts, details.transcript
    parts = [moment(facts.started_at), facts.direction, facts.queue, facts.team or ""]
    if transcript.duration_seconds:  # what was written has none
        parts.append(length(transcript.duration_seconds))
    with st.container(horizontal=True, vertical_alignment="center", key="call_heading"):
        show_way_back(asker, CALLS, "Calls")
        names = f"{facts.customer or 'A customer'} and {facts.agent or 'an agent'}"
        st.title(literal(names), anchor=False, width="content")
        st.caption(literal(" · ".join(part for part in parts if part)), width="content")
        if facts.recording is None:
            st.badge("no recording", icon=":material/article:", color="gray", help=why_nothing_is_heard(details))
        guessed = transcript.sides in (Sides.VOICES, Sides.UNKNOWN)
        if guessed or not said_by_people(details):
            how, meaning = sides(transcript.sides)
            st.badge(
                how,
                icon=":material/warning:" if guessed else ":material/graphic_eq:",
                color="orange" if guessed else "gray",
                help=meaning,
            )
        if said_by_people(details):
            st.badge("who spoke: corrected", icon=":material/person:", color="gray", help="A person said who spoke.")
        if may_correct(asker) and not details.blind:
            show_swap(details)
        customer = data_customers.of_call(asker, details.call_id)
        if customer is not None and st.button("All of this customer", icon=":material/route:", key="whole-customer"):
            open_customer(customer)
        if not details.blind:
            show_answers(data_satisfaction.of_call(asker, details.call_id))
        show_download(details.call_id)


def _chosen_scorecard(standing: Standing, assignment: Assignment | None) -> str | None:
    """The scorecard that the address names, else the first that is to be reviewed, else the first."""
    blind, judged = (card.scorecard.id for card in standing.to_judge), (one.scorecard.id for one in standing.evaluations)
    known = [*blind, *judged]
    wanted = [st.query_params.get("card", ""), *(assignment.scorecards if assignment else ())]
    return next((card for card in (*wanted, *known) if card in known), None)


def _finish(asker: Asker, assignment: Assignment, *, onwards: bool) -> None:
    """End the review, and show what the machine had said, or the next call."""
    try:
        data_desk.finish(asker, assignment)
    except AttuneError as error:
        st.error(str(error))
        return
    following = data_desk.next_call(asker) if onwards else None
    if following is not None and following != assignment.call_id:
        open_call(following)
    words = "Finished. The machine’s answers are in sight now." if assignment.blind else "Finished."
    st.session_state["changed"] = (assignment.call_id, f"{words} Nothing else waits for you." if onwards else words)
    st.rerun()


def _number(given: str | None) -> float | None:
    """A number of seconds from the address; None where it is none."""
    try:
        number = float(given) if given else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _say_what_changed(call_id: str) -> None:
    about, words = st.session_state.pop("changed", (None, ""))
    if about == call_id:
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
