"""Does our score go with what customers say when they are asked?"""

import streamlit as st

from coaching.satisfaction import FEWEST_ANSWERS, RANGE, Agreement, AnswerKind
from dashboard import access, data, data_satisfaction
from dashboard.widgets import table
from dashboard.widgets.answers import ASKED
from dashboard.widgets.downloads import filter_words, show_table_with_downloads
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import count, signed
from pipeline.satisfaction import ENDED, Compared
from storage.access import Asker, Right
from storage.records import CallFilter, Choices

NO_ANSWERS = (
    "Take the answers in that customers gave to your survey, with the cases of your customer system or by themselves:\n\n"
    "```\npython cli.py cases import EXPORT.csv --mapping salesforce --dry-run\n```\n\n"
    "Whether they are about these conversations is said there line by line. A program can send them too; the guide to "
    "customer systems says how. If there are answers, choose a longer period."
)


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.COACH)
    choices = data.filter_choices(asker)
    st.title("Satisfaction", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    st.caption("Does our score go with what customers say when they are asked?")
    wanted = choose_calls(choices)
    rows = data_satisfaction.answers(asker, wanted)
    if rows.empty:
        nothing_here("No customer’s answer in this period", NO_ANSWERS)
        return
    _answered(asker, wanted, rows["call_id"].nunique())
    for kind in AnswerKind:
        of_kind = [one for one in data_satisfaction.compared(asker, wanted) if one.kind is kind]
        if of_kind:
            _show_kind(kind, of_kind, wanted, choices)
    with st.expander("How this is worked out"):
        st.markdown(
            "Conversations and answers are each put in order, and the two orders compared (Spearman’s rank correlation): 1 "
            "is the same order, 0 no connection, −1 the opposite. The range holds the true figure in 95 of 100 cases "
            "(Fisher’s transformation, with the variance of Bonett and Wright, 2000). Of a customer who answered several "
            "times the latest answer counts; an answer about a whole case is held against the mean of its conversations, "
            "and against the sentiment at the end of the last."
        )


def _answered(asker: Asker, wanted: CallFilter, answered: int) -> None:
    every = data_satisfaction.count_calls(asker, wanted)
    st.markdown(
        f"**{answered:,} of {count(every, 'conversation')}** have an answer. Who answers is mostly who was very pleased or "
        "very displeased: what stands here is about them, and not about the others."
    )


def _show_kind(kind: AnswerKind, rows: list[Compared], wanted: CallFilter, choices: Choices) -> None:
    low, high = RANGE[kind]
    st.subheader(f"{ASKED[kind]}, {low} to {high}", anchor=False)
    columns = [
        table.Column("Our figure"),
        table.Column("Answers", number=True, help="Customers, each once"),
        table.Column("Goes together", number=True, help="1 is the same order, 0 no connection, −1 the opposite"),
        table.Column("Range", help="In 95 of 100 cases the true figure lies within it"),
        table.Column("What that says"),
    ]
    cells = [
        table.Row(
            [
                table.text(one.title, "read from the words" if one.scorecard == ENDED else "", nowrap=True),
                table.number(one.answers),
                table.number(None if one.agreement is None else one.agreement.r, _signed(one.agreement)),
                table.text(_range(one.agreement), nowrap=True),
                table.text(said(one)),
            ]
        )
        for one in rows
    ]
    title = f"Does our score go with {ASKED[kind].lower()}"
    show_table_with_downloads(f"satisfaction-{kind}", title, columns, cells, filter_words(wanted, choices))


def said(one: Compared) -> str:
    """What can be said of it, in a sentence."""
    if one.answers < FEWEST_ANSWERS:
        return f"Nothing yet: from {FEWEST_ANSWERS} customers’ answers on something can be said."
    found = one.agreement
    if found is None:
        return "Nothing: one of the two is the same in every conversation."
    if found.low > 0:
        return "It goes with what customers say." if found.r >= 0.3 else "It goes a little with what customers say."
    if found.high < 0:
        return "It goes against what customers say: look at what the scorecard asks."
    return "No connection can be shown."


def _signed(found: Agreement | None) -> str:
    return "–" if found is None else signed(found.r)


def _range(found: Agreement | None) -> str:
    return "–" if found is None else f"{signed(found.low)} to {signed(found.high)}"


if __name__ == "__main__":
    show()
