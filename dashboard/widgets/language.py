"""In which language was a call held, and what was therefore not scored?"""

import streamlit as st

from dashboard.widgets.words import literal
from storage.records import CallDetails
from transcripts import languages


def is_read(details: CallDetails) -> bool:
    """Whether the words are in the language that sentiment is read from."""
    return languages.base(details.transcript.language) == "en"


def language_words(details: CallDetails) -> str:
    """Which scorecards could not judge the call for its language; empty where all could."""
    spoken = languages.base(details.transcript.language)
    others = [stored.scorecard for stored in details.evaluations if stored.scorecard.language != spoken]
    if not others:
        return ""
    titles = [literal(scorecard.title) for scorecard in others]
    named = titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
    judged = " or ".join(sorted({languages.name(scorecard.language) for scorecard in others}))
    judge, them = ("judges", "it") if len(titles) == 1 else ("judge", "them")
    return (
        f"This call is in {languages.name(spoken)}. {named} {judge} {judged}, so the machine decided nothing by {them}; "
        "a person who knows the language can."
    )


def show_language(details: CallDetails) -> None:
    """Say so above everything else."""
    words = language_words(details)
    if words:
        with st.container(border=True):
            st.markdown(f":material/translate: **{words}**")
