"""Is it right who spoke, and what does somebody do who knows better?

A call in which that is doubtful says so in plain words above everything else. A reviewer swaps the sides, or says of
single turns who spoke; the call is then scored again, and what it was before stays on record and in sight.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import streamlit as st

from dashboard import access, data
from dashboard.widgets.words import clock, count, excerpt, literal, moment, total, viewers_zone
from errors import AttuneError
from reviews.sides import OPPOSITE, SideChange, in_doubt, mostly_in_doubt
from storage.records import CallDetails, Rejudged, SideCorrection
from transcripts.model import Sides, Speaker, Transcript

SPEAKERS = {Speaker.AGENT: "Agent", Speaker.CUSTOMER: "Customer", Speaker.OTHER: "Somebody else"}

SWAP = "Swap the sides"
TURN_BY_TURN = "Say who spoke, turn by turn"

SWAPPED_WORDS = (
    "**The channels of this recording are the other way round than they were set.** What was said shows which one is the "
    "agent's, and that one was used."
)

LIST_HEIGHT = 270
"""Pixels that the list of turns may take within its dialog on a small screen; the rest is scrolled to."""


def show_doubt(details: CallDetails, *, may_correct: bool) -> None:
    """Say where it is mostly doubtful who spoke, or rests on the words, with what can be done about it at hand."""
    if details.transcript.sides is Sides.SWAPPED and not said_by_people(details):
        with st.container(border=True, key="who-spoke"):
            st.markdown(
                f":material/swap_horiz: {SWAPPED_WORDS}{' If that is wrong, swap the sides.' if may_correct else ''}"
            )
        return
    if not mostly_in_doubt(details.transcript):
        return
    with st.container(border=True, key="who-spoke"):
        st.markdown(f":material/warning: **{doubt_words(details.transcript)}**")
        if may_correct:
            with st.container(horizontal=True, vertical_alignment="center"):
                _swap_button(details, type="secondary")
                if st.button(TURN_BY_TURN, icon=":material/checklist:"):
                    _turn_by_turn(details)


def doubt_words(transcript: Transcript) -> str:
    """What is doubtful, and what that means for the scores."""
    if transcript.sides is Sides.UNKNOWN:
        return "It could not be told who spoke in this call, so nothing that depends on it was scored."
    doubtful = sum(in_doubt(turn) for turn in transcript.turns)
    means = (
        "verdicts that hang on them wait for a person"
        if transcript.sides is Sides.VOICES
        else "what the scorecards say of one side may be about the other"
    )
    return f"It is doubtful who spoke in {doubtful} of {count(len(transcript.turns), 'turn')}; {means}."


def show_swap(details: CallDetails) -> None:
    """A quiet way to swap the sides of a call that nobody doubted."""
    if not mostly_in_doubt(details.transcript):
        _swap_button(details, type="tertiary")


def _swap_button(details: CallDetails, type: Literal["secondary", "tertiary"]) -> None:
    sides = any(turn.speaker in OPPOSITE for turn in details.transcript.turns)
    why_not = "No turn is given to the agent or the customer yet, so there is nothing to swap."
    asked = st.button(
        SWAP,
        icon=":material/swap_horiz:",
        type=type,
        disabled=not sides,
        help=None if sides else why_not,
    )
    if asked:
        _swap(details)


def said_by_people(details: CallDetails) -> tuple[SideCorrection, ...]:
    """What people said about who spoke, in the order they said it."""
    return tuple(one for one in details.side_corrections if one.kind is not SideChange.WENT_ON)


def show_growth(details: CallDetails) -> None:
    """When a written conversation went on after it was taken in, and what became of the totals; nothing where it did not."""
    growths = [one for one in details.side_corrections if one.kind is SideChange.WENT_ON]
    if not growths:
        return
    *earlier, last = growths
    st.markdown(f":material/forum: {_growth(last)}")
    if earlier:
        with st.expander(f"It went on before: {count(len(earlier), 'time')}", icon=":material/history:"):
            for one in reversed(earlier):
                st.markdown(_growth(one))
    st.caption("What it was before is kept, with what the scorecards said of it.")


def _growth(change: SideCorrection) -> str:
    return f"**{growth_words(change)}**  \n{totals_words(change.totals) if change.totals else ''}"


def growth_words(change: SideCorrection) -> str:
    """What came, and when."""
    if not change.turns:
        return f"Nothing more was written until a later export, taken in on {_date(change.at)}."
    if change.since is None:
        return f"Went on: {count(len(change.turns), 'more message')}."
    return f"Went on on {_date(change.since)}: {count(len(change.turns), 'more message')}."


def _date(when: datetime) -> str:
    local = when.astimezone(viewers_zone())
    return f"{local.day} {local:%B %Y}"


def show_history(details: CallDetails) -> None:
    """Who corrected who spoke, why, and what became of the totals; nothing where nobody did."""
    corrections = said_by_people(details)
    if not corrections:
        return
    with st.expander(f"Who spoke was corrected: {count(len(corrections), 'correction')}", icon=":material/history:"):
        for correction in reversed(corrections):
            what, reason = what_changed(correction, details.transcript), literal(" ".join(correction.reason.split()))
            who = f"**{literal(correction.author)}**, {moment(correction.at)}"
            st.markdown(f"{who}: {what}  \n{reason}  \n{totals_words(correction.totals)}")
        st.caption("The transcript and the evaluations from before are kept.")


def what_changed(correction: SideCorrection, transcript: Transcript) -> str:
    """A correction in a few words; the times of turns are the same before and after it."""
    if correction.kind is SideChange.SWAP:
        return "agent and customer swapped."
    if len(correction.turns) > 1:
        return f"{len(correction.turns)} turns given to who spoke them."
    ((n, before, after),) = correction.turns
    if before is after:
        return f"{_place(transcript, n)} confirmed as {SPEAKERS[after].lower()}."
    return f"{_place(transcript, n)} from {SPEAKERS[before].lower()} to {SPEAKERS[after].lower()}."


def totals_words(totals: tuple[Rejudged, ...]) -> str:
    """What became of each scorecard's total."""

    def words(change: Rejudged) -> str:
        before, after = total(change.before), total(change.after)
        title = literal(change.title)
        return f"{title} stays at {after}" if before == after else f"{title} {before} → {after}"

    return ", ".join(map(words, totals)) + "." if totals else "No scorecard has judged this call."


def _place(transcript: Transcript, n: int) -> str:
    start = transcript.turns[n].start
    return f"turn {n + 1}" if start is None else f"the turn at {clock(start)}"


@st.dialog(SWAP)
def _swap(details: CallDetails) -> None:
    st.markdown(
        "What now stands under Agent becomes the customer's, and the other way round, in every turn. "
        "Single turns can be put right afterwards."
    )
    with st.form("swap the sides", border=False):
        reason = _ask_why(SWAP)
    if reason is not None:
        _score_again(details, reason, lambda: data.swap_sides(access.required_asker(), details.call_id, reason))


@st.dialog("Who said this?")
def show_turn_dialog(details: CallDetails, n: int) -> None:
    """Ask who spoke one turn, and why that is so."""
    if not 0 <= n < len(details.transcript.turns):
        st.write("There is no such turn; load the page again.")
        return
    turn = details.transcript.turns[n]
    st.markdown(f"> {literal(excerpt(' '.join(turn.text.split()), '', 300))}")
    doubt = ", which is doubtful" if in_doubt(turn) else ""
    st.caption(f"{_place(details.transcript, n).capitalize()} · now: {SPEAKERS[turn.speaker]}{doubt}")
    with st.form("who said this", border=False):
        speaker = st.radio(
            "Who spoke?",
            list(SPEAKERS),
            index=None if in_doubt(turn) else list(SPEAKERS).index(turn.speaker),
            format_func=SPEAKERS.__getitem__,
            horizontal=True,
        )
        reason = _ask_why("Save")
    if reason is not None:
        _reassign(details, {} if speaker is None else {n: speaker}, reason)


@st.dialog(TURN_BY_TURN, width="large")
def _turn_by_turn(details: CallDetails) -> None:
    st.markdown("Choose who spoke where it is doubtful or wrong. What you leave open stays as it is.")
    chosen: dict[int, Speaker] = {}
    with st.form("turn by turn", border=False):
        with st.container(height=LIST_HEIGHT):
            for n, turn in enumerate(details.transcript.turns):
                now = None if in_doubt(turn) else turn.speaker
                speaker = st.segmented_control(
                    _turn_words(details.transcript, n),
                    list(SPEAKERS),
                    default=now,
                    format_func=SPEAKERS.__getitem__,
                    key=f"who spoke {details.call_id} {n}",
                )
                if speaker is not None and speaker is not now:
                    chosen[n] = speaker
        reason = _ask_why("Save")
    if reason is not None:
        _reassign(details, chosen, reason)


def _turn_words(transcript: Transcript, n: int) -> str:
    """A turn as a line: where it is, who perhaps spoke, and its first words."""
    turn = transcript.turns[n]
    perhaps = f", perhaps the {turn.speaker.value}" if in_doubt(turn) and turn.speaker in OPPOSITE else ""
    heard = literal(excerpt(" ".join(turn.text.split()), "", 160))
    return f"**{n + 1 if turn.start is None else clock(turn.start)}**{perhaps}: {heard}"


def _ask_why(button: str) -> str | None:
    """The last lines of each form; the reason once the form is sent, empty where none was given."""
    reason = st.text_area("How do you know?", placeholder="What you heard, for whoever reads this later")
    st.caption(
        "The call is measured and scored again. The transcript and the scores as they are now stay on record, with your "
        "name and reason; what people have decided holds on the new scores as well."
    )
    return reason if st.form_submit_button(f"{button} and score again", type="primary") else None


def _reassign(details: CallDetails, speakers: Mapping[int, Speaker], reason: str) -> None:
    if not speakers:
        st.error("Choose who spoke.")
        return
    _score_again(details, reason, lambda: data.reassign_turns(access.required_asker(), details.call_id, speakers, reason))


def _score_again(details: CallDetails, reason: str, save: Callable[[], tuple[Rejudged, ...]]) -> None:
    """Save, and draw the page as it is then; or say what is missing or went wrong."""
    if not reason.strip():
        st.error("Say in a few words how you know; the agent will read it.")
        return
    try:
        with st.spinner("Measuring and scoring the call again"):
            totals = save()
    except AttuneError as error:
        st.error(str(error))
        return
    st.session_state["changed"] = (details.call_id, f"Saved, and scored again. {totals_words(totals)}")
    st.rerun()
