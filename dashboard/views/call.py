"""What was said in this call, how did it sound, what do the scorecards say, and is that right?"""

import math

import streamlit as st

from dashboard import access, data
from dashboard.pages import CALLS, show_way_back, whole_number
from dashboard.widgets import charts
from dashboard.widgets.desk import show_desk
from dashboard.widgets.dispute import show_word_of_agent
from dashboard.widgets.download import show_download
from dashboard.widgets.facts import show_facts
from dashboard.widgets.feeling import show_what_it_is_made_of
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.language import is_read, show_language
from dashboard.widgets.marks import show_mark_dialog
from dashboard.widgets.who_spoke import show_doubt, show_history, show_swap, show_turn_dialog
from dashboard.widgets.words import VERDICTS, length, literal, moment, sides, total
from errors import AttuneError
from scoring.result import Verdict
from storage.access import Asker, may_correct
from storage.records import CallDetails, StoredEvaluation
from transcripts.model import Sides

DECISIONS = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.NOT_APPLICABLE)
"""What a person can decide; being unsure is the machine's privilege."""


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
    show_history(details)
    _say_what_changed(call_id)
    show_word_of_agent(details, asker)
    at, turn = _number(st.query_params.get("at")), whole_number("turn")
    with st.container(key="call_desk"):
        asked = show_desk(details, scorecard=_chosen_scorecard(details), at=at, turn=turn, may_correct=may_correct(asker))
    if asked.speaker is not None:
        show_turn_dialog(details, asked.speaker)
    elif asked.mark is not None:
        show_mark_dialog(details, asked.mark)
    elif asked.correct is not None:
        _correct(asked.correct, details)
    sentiment, talk = st.tabs(["Sentiment", "Talk and silence"])
    with sentiment:
        rows = charts.sentiment_rows(details.transcript, details.valence)
        if not is_read(details):
            st.write("Sentiment is read from English words alone, and this call is in another language.")
        elif rows.empty:
            st.write("It could not be told who spoke, so there is no sentiment of one side or the other.")
        else:
            st.altair_chart(charts.sentiment_along_the_call(rows, details.transcript.timed), width="stretch")
            show_what_it_is_made_of(details)
    with talk:
        show_facts(details.measures)


def _heading(asker: Asker, details: CallDetails) -> None:
    facts, transcript = details.facts, details.transcript
    parts = [moment(facts.started_at), facts.direction, facts.queue, facts.team or "", length(transcript.duration_seconds)]
    with st.container(horizontal=True, vertical_alignment="center", key="call_heading"):
        show_way_back(asker, CALLS, "Calls")
        names = f"{facts.customer or 'A customer'} and {facts.agent or 'an agent'}"
        st.title(literal(names), anchor=False, width="content")
        st.caption(literal(" · ".join(part for part in parts if part)), width="content")
        if facts.recording is None:
            st.badge("no recording", icon=":material/article:", color="gray", help="This call came in as a transcript.")
        guessed = transcript.sides in (Sides.VOICES, Sides.UNKNOWN)
        if guessed or not details.side_corrections:
            how, meaning = sides(transcript.sides)
            st.badge(
                how,
                icon=":material/warning:" if guessed else ":material/graphic_eq:",
                color="orange" if guessed else "gray",
                help=meaning,
            )
        if details.side_corrections:
            st.badge("who spoke: corrected", icon=":material/person:", color="gray", help="A person said who spoke.")
        if may_correct(asker):
            show_swap(details)
        show_download(details.call_id)


def _chosen_scorecard(details: CallDetails) -> str | None:
    known = [stored.scorecard.id for stored in details.evaluations]
    wanted = st.query_params.get("card")
    return wanted if wanted in known else next(iter(known), None)


def _number(given: str | None) -> float | None:
    """A number of seconds from the address; None where it is none."""
    try:
        number = float(given) if given else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _find(details: CallDetails, result_id: int) -> tuple[StoredEvaluation, str] | None:
    """The evaluation and the criterion of a result of this call."""
    for stored in details.evaluations:
        for criterion, id_ in stored.result_ids.items():
            if id_ == result_id:
                return stored, criterion
    return None


@st.dialog("Correct a verdict")
def _correct(result_id: int, details: CallDetails) -> None:
    found = _find(details, result_id)
    if found is None:
        st.write("This verdict is no longer in force; load the page again.")
        return
    stored, criterion = found
    now = stored.current.result(criterion).verdict
    st.markdown(f"**{literal(stored.scorecard.criterion(criterion).question)}**")
    st.caption(f"{literal(stored.scorecard.title)} · now: {VERDICTS[now]}")
    with st.form("correction", border=False):
        verdict = st.radio(
            "What is right?",
            DECISIONS,
            index=None if now is Verdict.UNSURE else DECISIONS.index(now),
            format_func=VERDICTS.__getitem__,
            horizontal=True,
        )
        reason = st.text_area("Why?", placeholder="What the machine missed or misunderstood, for whoever reads this later")
        st.caption("The machine's answer stays on record beside yours, with your name and reason.")
        if not st.form_submit_button("Save the correction", type="primary"):
            return
    if verdict is None or verdict is now:
        st.error("Choose a verdict that differs from the one that holds now.")
        return
    if not reason.strip():
        st.error("Say in a few words why; the agent will read it.")
        return
    try:
        # Who asks is looked up again: the dialog may have stood open for longer than the session.
        after = data.correct(access.required_asker(), result_id, verdict, reason)
    except AttuneError as error:
        st.error(str(error))
        return
    st.session_state["changed"] = (details.call_id, _change(stored, after.total))
    st.rerun()


def _change(before: StoredEvaluation, after: float | None) -> str:
    title = literal(before.scorecard.title)
    if before.current.total == after:
        return f"Saved. The total of {title} stays at {total(after)}."
    return f"Saved. The total of {title} changed from {total(before.current.total)} to {total(after)}."


def _say_what_changed(call_id: str) -> None:
    about, words = st.session_state.pop("changed", (None, ""))
    if about == call_id:
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
