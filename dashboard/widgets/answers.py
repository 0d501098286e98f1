"""What did the customer answer when they were asked, and to which case does the conversation belong?"""

import streamlit as st

from coaching.satisfaction import RANGE, AnswerKind
from dashboard.widgets.words import literal, moment
from storage.case_tables import CaseState, LinkedBy
from storage.cases import OfCall, SeenAnswer, SeenCase

ASKED = {AnswerKind.CSAT: "How satisfied customers are (CSAT)", AnswerKind.NPS: "Whether they would recommend us (NPS)"}

LINKED = {
    LinkedBy.GIVEN: "The customer system names this conversation.",
    LinkedBy.CALL: "The conversation came with the id of this case.",
    LinkedBy.CUSTOMER: "It is the customer’s only case at the time of this conversation.",
}
STATES = {CaseState.OPEN: "open", CaseState.SOLVED: "solved"}


def show_answers(found: OfCall) -> None:
    """The answers beside the score, and the case; nothing where nothing is known.

    What the customer system says stands in no badge: a badge escapes brackets itself, and what was escaped before would come
    alive.
    """
    for answer in found.answers:
        st.badge(answer_words(answer), icon=":material/sentiment_satisfied:", color="gray", help=_about(answer))
    if found.case is not None:
        words = f"case {literal(found.case.number)}, {STATES[found.case.state]}"
        st.caption(words, width="content", help=_case(found.case))


def answer_words(answer: SeenAnswer) -> str:
    """An answer in a few words."""
    return f"the customer said {answer.score} of {RANGE[answer.kind][1]} ({answer.kind.value.upper()})"


def _about(answer: SeenAnswer) -> str:
    about = "about the whole case" if answer.of_case else "about this conversation"
    return f"Asked {about}{f', {moment(answer.at)}' if answer.at else ''}. It changes no score."


def _case(case: SeenCase) -> str:
    parts = [LINKED[case.linked_by], f"Of {literal(case.system)}."]
    if case.reason:
        parts.append(f"Its reason there: {literal(case.reason)}.")
    if case.opened_at:
        parts.append(f"Opened {moment(case.opened_at)}.")
    if case.closed_at:
        parts.append(f"Closed {moment(case.closed_at)}.")
    return " ".join(parts)
