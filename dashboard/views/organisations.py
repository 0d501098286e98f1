"""How do the companies that speak for us do, and is a low figure theirs or that of the calls they are given?"""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from coaching.partners import OURS, Compared, Said
from dashboard import access, data, data_partners
from dashboard.widgets import table
from dashboard.widgets.downloads import filter_words, show_table_with_downloads
from dashboard.widgets.filters import choose_calls, choose_one
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.papers import show_paper_of
from dashboard.widgets.words import count, literal
from pipeline.partners import FIGURES, METHOD, VERDICTS, Figure, Standing, difference_words, sentence, value_words
from storage.access import Right

GOOD_HIGH = (Figure.SCORE, Figure.END)
"""Figures of which more is better."""

SAID = (Said.LOWER, Said.HIGHER, Said.MIX)
"""What is said in a sentence below the table; the rest stands in the table alone."""


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.MANAGE_QUALITY)
    st.title("Organisations", anchor=False)
    choices = data.filter_choices(asker)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    companies = data_partners.all_organisations(asker)
    if not companies:
        nothing_here(
            "All teams are our own",
            "Once an administrator says which teams are a partner's (on “Who is in which team”, under “Whose teams”), they "
            "are held against our own here, with what they are given to do allowed for.",
        )
        return
    st.caption("The companies that speak for us, beside our own teams, and on the same mix of calls.")
    wanted = choose_calls(choices)
    first, _ = st.columns([1, 2])
    with first:
        cards = {title: id_ for id_, title in choices.scorecards.items()}
        of_partners = choices.scorecards.get(data_partners.scorecard_of_partners(asker, wanted) or "")
        title = choose_one("Scorecard", "scorecard", list(cards), of_partners or next(iter(cards)))
    standings = data_partners.standings(asker, wanted, cards[title])
    if not standings:
        nothing_here("No calls of this scorecard", "Choose a longer period, another scorecard or other teams.")
        return
    titles = {about.title: figure for figure, about in FIGURES.items()}
    chosen = st.segmented_control(
        "Figure", list(titles), default=next(iter(titles)), required=True, key="figure", bind="query-params"
    )
    figure = titles[str(chosen)]
    about = {**filter_words(wanted, choices), "Scorecard": title, "Figure": str(chosen)}
    _table(figure, standings, about)
    for one in standings:
        compared = one.figures.get(figure)
        if compared is not None and compared.said in SAID:
            st.markdown(f"**{literal(one.name)}**: {literal(sentence(figure, compared))}")
    st.caption(METHOD)
    show_paper_of("partner", "Of", {one.id: one.name for one in companies}, choices, data_partners.paper)


def _table(figure: Figure, standings: list[Standing], about: Mapping[str, str]) -> None:
    columns = [
        table.Column("Organisation"),
        table.Column("Calls", number=True),
        table.Column(FIGURES[figure].title, number=True),
        table.Column("Against ours, as it is", help="The plain difference, with the range in which it lies"),
        table.Column("On the same mix of calls", help=METHOD),
        table.Column("What it says"),
    ]
    rows = [
        table.Row(
            [
                table.text(one.name, "" if one.organisation == OURS else one.kind.words),
                table.number(one.calls, f"{one.calls:,}"),
                *_figure(figure, one.figures.get(figure), ours=one.organisation == OURS),
            ]
        )
        for one in standings
    ]
    show_table_with_downloads("organisations", f"{FIGURES[figure].title} by organisation", columns, rows, about)


def _figure(figure: Figure, compared: Compared | None, *, ours: bool) -> list[table.Cell]:
    if compared is None:
        return [table.text("not known", sort=-9), table.text("–", sort=-9), table.text("–", sort=-9), table.text("")]
    value = table.number(compared.mean, f"{value_words(figure, compared.mean)} of {count(compared.agents, 'agent')}")
    if ours:
        return [value, table.text("–", sort=0), table.text("–", sort=0), table.text("what the others are held against")]
    plain, same = (
        table.text(difference_words(figure, one), sort=-9 if pd.isna(one.value) else one.value, nowrap=True)
        for one in (compared.plain, compared.same_mix)
    )
    return [value, plain, same, table.chips((_colour(figure, compared.said), VERDICTS[compared.said]))]


def _colour(figure: Figure, said: Said) -> str:
    if said in (Said.LOWER, Said.HIGHER):
        return "met" if (said is Said.HIGHER) is (figure in GOOD_HIGH) else "not_met"
    return {Said.ALIKE: "met", Said.MIX: "partly"}.get(said, "unsure")


if __name__ == "__main__":
    show()
