"""Where do agents, or teams, fall short, how sure is that, and which calls is it read from?

The page of the agents and the page of the teams are the same questions about different groups, so they share this.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from coaching.gaps import FEWEST_CALLS, SURE, Belongs, Gap, Rate
from dashboard import access, data
from dashboard.pages import CALLS, criterion_address, open_criterion
from dashboard.widgets import table
from dashboard.widgets.filters import choose_calls, choose_one
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.heatmap import show_heatmap
from dashboard.widgets.words import count, percent
from storage.access import Asker
from storage.records import CallFilter

_BELONGS = {
    Belongs.AGENT: "",
    Belongs.TEAM: "Most of the team share it: train the team.",
    Belongs.EVERYONE: "Most of all share it: look at the process or the wording first.",
}


MOST_SHOWN = 100
"""Gaps in one list; nobody reads more, and every row costs."""


def show_standing(by: data.By) -> None:
    """Draw the page for agents or for teams."""
    asker = access.required_asker(*access.LOOKING_AT_MANY)
    choices = data.filter_choices(asker)
    st.title("Agents" if by == "agent" else "Teams", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    wanted = choose_calls(choices)
    counts = data.criterion_counts(asker, wanted, by)
    if counts.empty:
        nothing_here("No calls in this period", "Choose a longer period, or other teams.")
        return
    # Only the tab that is looked at is worked out.
    gaps, map_, scores = st.tabs(["Largest gaps", "Every criterion", "Scores"], key="show", bind="query-params")
    if gaps.open:
        with gaps:
            _gaps(data.gaps(asker, wanted, by), by, choices.teams if by == "agent" else {})
    if map_.open:
        with map_:
            _map(asker, wanted, counts, by)
    if scores.open:
        with scores:
            _scores(asker, wanted, by)


def _map(asker: Asker, wanted: CallFilter, counts: pd.DataFrame, by: data.By) -> None:
    """The heat map of one scorecard; to begin with, of the one that most answers were given on."""
    by_title = dict(zip(counts["title"], counts["scorecard"], strict=True))
    answers = counts.groupby("title")["counted"].sum()
    first, _ = st.columns([1.2, 3])
    with first:
        title = choose_one("Scorecard", "scorecard", sorted(by_title), str(answers.idxmax()))
    scorecard = by_title[title]
    rates = data.criterion_rates(asker, wanted, by, scorecard)
    chosen = show_heatmap(f"heatmap {by}", rates, "Choose a figure to see the calls behind it")
    if chosen:
        open_criterion(scorecard, chosen.criterion, **{f"of_{by}": chosen.id})


def _scores(asker: Asker, wanted: CallFilter, by: data.By) -> None:
    """Mean totals by agent or team and scorecard, each row leading to its calls."""
    scored = data.evaluations(asker, wanted).dropna(subset=["total"])
    titles = sorted(scored["title"].unique())
    rows = []
    for name, own in scored[scored[by] != ""].groupby(by, sort=True):
        by_title = dict(iter(own.groupby("title")))
        rows.append(
            table.Row(
                [
                    table.text(str(name), link=True, nowrap=True),
                    table.number(own["call_id"].nunique()),
                    *(_mean_score(by_title.get(title)) for title in titles),
                ],
                id=str(name),
                href=f"/calls?{urlencode({str(by): str(name)})}",
            )
        )
    columns = [table.Column(by.capitalize()), table.Column("Calls", number=True), *(table.Column(title) for title in titles)]
    chosen = table.show_table(f"scores {by}", "Mean scores; the notch is the pass mark", columns, rows)
    st.caption("Mean scores of 100 with the number of calls; the notch is the pass mark. Choose a row to see its calls.")
    if chosen:
        st.switch_page(CALLS, query_params={str(by): chosen})


def _mean_score(own: pd.DataFrame | None) -> table.Cell:
    if own is None:
        return table.text("–", sort=-1)
    return {**table.score(own["total"].mean(), own["pass_mark"].iloc[0]), "below": count(len(own), "call")}


def _gaps(gaps: Sequence[Gap], by: data.By, teams: Mapping[int, str]) -> None:
    if not gaps:
        st.write(
            f"No gap is likely enough to name one. One is named where a criterion is below its target with a likelihood "
            f"of at least {percent(SURE)}, from {FEWEST_CALLS} calls on."
        )
        return
    st.caption(
        "On all scorecards, the one worth most first; what most of all share stands last. Each is below its target with a "
        f"likelihood of at least {percent(SURE)}. The dot is the "
        f"estimate, the band the range it lies in with a likelihood of {percent(SURE)}, the notch the target."
    )
    if len(gaps) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {len(gaps)}. Choose teams or a shorter period above to see others.")
    rows = [_row(n, gap, by, teams) for n, gap in enumerate(gaps[:MOST_SHOWN])]
    chosen = table.show_table(f"gaps {by}", "Gaps, the one worth most points first", _COLUMNS, rows)
    if chosen:
        rate = gaps[int(chosen)].rate
        open_criterion(rate.scorecard, rate.criterion, **{f"of_{by}": rate.id})


_COLUMNS = [
    table.Column("Who"),
    table.Column("Falls short in"),
    table.Column("How often it is met", help="Estimate, likely range and target"),
    table.Column("Calls", number=True, help="Calls in which the question applied and was answered"),
    table.Column("Worth", number=True, help="What reaching the target would add to the scorecard's total, in points of 100"),
]


def range_words(rate: Rate) -> str:
    """An estimate with its doubt: `42 %, likely 31 % to 54 %, target 80 %`."""
    return f"{percent(rate.rate)}, likely {percent(rate.low)} to {percent(rate.high)}, target {percent(rate.target)}"


def _row(n: int, gap: Gap, by: data.By, teams: Mapping[int, str]) -> table.Row:
    rate = gap.rate
    team = teams.get(rate.team_id, "") if rate.team_id is not None else ""
    return table.Row(
        [
            table.text(rate.name, team, nowrap=True),
            table.text(rate.question, " ".join(filter(None, [f"{rate.title}.", _BELONGS[gap.belongs]])), link=True),
            table.likely_range(rate.rate, rate.low, rate.high, rate.target, range_words(rate)),
            table.number(rate.calls),
            table.number(round(rate.points_of_total, 1), f"{rate.points_of_total:.1f} points"),
        ],
        id=str(n),
        href=criterion_address(rate.scorecard, rate.criterion, **{f"of_{by}": rate.id}),
    )
