"""How was this call held: who spoke how much, how fast, and with which silences and interruptions?"""

from collections.abc import Mapping

import streamlit as st

from dashboard.widgets.words import length, percent, sentiment

Measures = Mapping[str, float | None]


def _both(measures: Measures, measure: str, say: str) -> tuple[str, str]:
    """The same measure of agent and customer in words, a dash where it could not be measured; `{}` stands for the side."""

    def words(side: str) -> str:
        value = measures.get(measure.format(side))
        if value is None:
            return "–"
        match say:
            case "share":
                return percent(value)
            case "seconds":
                return f"{value:.1f} s"
            case "length":
                return length(value)
            case "sentiment":
                return sentiment(value)
            case _:
                return f"{value:.0f}"

    return words("agent"), words("customer")


def fact_rows(measures: Measures) -> list[tuple[str, str, str]]:
    """What was measured of each side: a name, the agent's figure and the customer's. What neither has is left out."""
    rows = [
        ("Share of the talking", *_both(measures, "{}_talk_share", "share")),
        ("Words a minute", *_both(measures, "{}_words_per_minute", "number")),
        ("Times they cut in", *_both(measures, "{}_interruptions", "number")),
        ("Longest without a break", *_both(measures, "longest_{}_monologue_seconds", "length")),
        ("Typical pause before answering", *_both(measures, "{}_median_response_gap_seconds", "seconds")),
        ("Sentiment over the call", *_both(measures, "{}_valence", "sentiment")),
        ("Sentiment in the first third", *_both(measures, "{}_valence_first_third", "sentiment")),
        ("Sentiment in the last third", *_both(measures, "{}_valence_last_third", "sentiment")),
    ]
    return [row for row in rows if row[1:] != ("–", "–")]


def silence_words(measures: Measures) -> str:
    """The silences of the call in a sentence; empty where they could not be measured."""
    longest, share = measures.get("longest_silence_seconds"), measures.get("silence_share")
    if longest is None or share is None:
        return ""
    return f"The longest silence lasted **{length(longest)}**; in all, nobody spoke for **{percent(share)}** of the call."


def hold_words(measures: Measures) -> str:
    """The holds of the call in a sentence; empty where there was none."""
    holds, total, longest = (measures.get(name) for name in ("holds", "hold_seconds", "longest_hold_seconds"))
    if not holds or total is None or longest is None:
        return ""
    if holds == 1:
        return f"The call was on hold once, for **{length(total)}**."
    often = f"The call was on hold {holds:.0f} times, for **{length(total)}** in all"
    return f"{often}; the longest hold lasted **{length(longest)}**."


def show_facts(measures: Measures) -> None:
    """Draw the measures of one call."""
    if silences := silence_words(measures):
        st.markdown(silences)
    if holds := hold_words(measures):
        st.markdown(holds)
    rows = fact_rows(measures)
    if not rows:
        st.write("Nothing could be measured of each side: the words could not be given to one of them.")
        return
    lines = "\n".join(f"| {name} | {agent} | {customer} |" for name, agent, customer in rows)
    st.markdown(f"| | Agent | Customer |\n|:--|--:|--:|\n{lines}")
