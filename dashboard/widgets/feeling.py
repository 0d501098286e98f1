"""What is a turn's sentiment made of?"""

import streamlit as st

from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.words import clock, signed
from scoring.signals.sentiment import JUDGE_SHARE, made_of
from storage.records import CallDetails
from transcripts.model import Speaker

MOST_TURNS = 12


def show_what_it_is_made_of(details: CallDetails) -> None:
    """The formula, and for the turns with the strongest feeling what it gave and which words counted."""
    with st.expander("How a turn's sentiment comes about"):
        st.markdown(
            f"**{JUDGE_SHARE:g} × (chance that the speaker is pleased − chance of displeased) "
            f"+ {1 - JUDGE_SHARE:.1g} × the word list's score.** The chances are the machine's, from the whole turn; the "
            "word list gives each word it knows a weight from −4 to 4. Voices are not listened to. "
            f"Below are the {MOST_TURNS} turns that show the most."
        )
        columns = [
            table.Column("At", number=True),
            table.Column("Who"),
            table.Column("Sentiment", number=True),
            table.Column("From the whole turn", number=True),
            table.Column("From the word list", number=True),
            table.Column("Words that the list knows"),
            table.Column("Said"),
        ]
        show_table_with_downloads("feeling", "The turns with the strongest sentiment", columns, _strongest(details))


def _strongest(details: CallDetails) -> list[table.Row]:
    known = [
        (abs(value), number, turn, value)
        for number, (turn, value) in enumerate(zip(details.transcript.turns, details.valence, strict=True))
        if turn.speaker in (Speaker.AGENT, Speaker.CUSTOMER) and value
    ]
    rows = []
    for _, number, turn, value in sorted(known, key=lambda one: (-one[0], one[1]))[:MOST_TURNS]:
        parts = made_of(turn.text, value)
        rows.append(
            table.Row(
                [
                    table.text(clock(turn.start) if turn.start is not None else f"turn {number + 1}", sort=number),
                    table.text(turn.speaker.value.capitalize()),
                    *(table.number(part, signed(part)) for part in (value, parts.judge, parts.word_list)),
                    table.text(", ".join(f"{word} {signed(weight, 1)}" for word, weight in parts.words)),
                    table.quote(turn.text),
                ]
            )
        )
    return rows
