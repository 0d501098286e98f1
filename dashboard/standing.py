"""Where do agents, or teams, fall short, how sure is that, and which calls is it read from?

The page of the agents and the page of the teams are the same questions about different groups, so they share this.
"""

from collections.abc import Mapping

import streamlit as st

from coaching.gaps import FEWEST_CALLS, SURE, Belongs, Gap, Rate
from dashboard import access, data
from dashboard.pages import open_criterion
from dashboard.widgets import table
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.heatmap import show_heatmap
from dashboard.widgets.words import percent
from storage.access import Asker
from storage.records import CallFilter

_BELONGS = {
    Belongs.AGENT: "",
    Belongs.TEAM: "Most of the team share it: train the team.",
    Belongs.EVERYONE: "Most of all share it: look at the process or the wording first.",
}


def show_standing(by: data.By) -> None:
    """Draw the page for agents or for teams."""
    asker = access.required_asker(*access.LOOKING_AT_MANY)
    choices = data.filter_choices(asker)
    st.title("Agents" if by == "agent" else "Teams", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    wanted, scorecard = choose_calls(choices, scorecards=True)
    rates = data.criterion_rates(asker, wanted, by)
    of_scorecard = [rate for rate in rates if rate.scorecard == scorecard]
    if not of_scorecard or scorecard is None:
        nothing_here("No calls in this period", "Choose a longer period, other teams or another scorecard.")
        return
    _gaps(asker, wanted, by, choices.teams if by == "agent" else {})
    st.subheader(f"{of_scorecard[0].title}: how often each criterion is met", anchor=False)
    chosen = show_heatmap(f"heatmap {by}", of_scorecard, "Choose a figure to see the calls behind it")
    if chosen:
        open_criterion(scorecard, chosen.criterion, **{f"of_{by}": chosen.id})


def _gaps(asker: Asker, wanted: CallFilter, by: data.By, teams: Mapping[int, str]) -> None:
    gaps = data.gaps(asker, wanted, by)
    st.subheader("Largest gaps first", anchor=False)
    if not gaps:
        st.write(
            f"No gap is likely enough to name one. One is named where a criterion is below its target with a likelihood "
            f"of at least {percent(SURE)}, from {FEWEST_CALLS} calls on."
        )
        return
    st.caption(
        f"On all scorecards. Each is below its target with a likelihood of at least {percent(SURE)}. The dot is the "
        f"estimate, the band the range it lies in with a likelihood of {percent(SURE)}, the notch the target."
    )
    with st.container(height=330 if len(gaps) > 5 else "content", border=False):
        chosen = table.show_table(
            f"gaps {by}",
            "Gaps, the one worth most points first",
            _COLUMNS,
            [_row(n, gap, teams) for n, gap in enumerate(gaps)],
        )
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


def _row(n: int, gap: Gap, teams: Mapping[int, str]) -> table.Row:
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
        href="",
    )
