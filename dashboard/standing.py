"""Where do agents, or teams, fall short, how sure is that, and which calls is it read from?

The page of the agents and the page of the teams are the same questions about different groups, so they share this.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from coaching.feelings import Compared
from coaching.gaps import FEWEST_CALLS, LARGE_ENOUGH, SURE, Belongs, Gaps, Rate, Shared, Strength, shared
from dashboard import access, data, data_processes
from dashboard.pages import CALLS, criterion_address, open_agent, open_criterion
from dashboard.widgets import table
from dashboard.widgets.downloads import filter_words, rates_table, show_downloads, show_table_with_downloads
from dashboard.widgets.feelings import show_feelings
from dashboard.widgets.filters import choose_calls, choose_one
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.harm import show_harm
from dashboard.widgets.heatmap import show_heatmap
from dashboard.widgets.papers import show_papers
from dashboard.widgets.words import count, percent
from storage.access import Asker
from storage.records import CallFilter

_POINTS = f"{100 * LARGE_ENOUGH:.0f} points"

QUESTIONS, SECTIONS, BEHAVIOURS = "Questions", "Sections", "Behaviours"

NOBODYS = "No call of anybody was scored in this period. Choose a longer one, or other teams."

MOST_SHOWN = 100
"""Gaps in one list; nobody reads more, and every row costs."""


def show_standing(by: data.By) -> None:
    """Draw the page for agents or for teams."""
    asker = access.required_overseer()
    choices = data.filter_choices(asker)
    st.title("Agents" if by == "agent" else "Teams", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    wanted = choose_calls(choices)
    if not data.count_calls(asker, wanted):
        nothing_here("No calls in this period", "Choose a longer period, or other teams.")
        return
    filters = filter_words(wanted, choices)
    with st.container(horizontal=True):
        show_papers(choices, by)
        title = f"How often each question is met, by {by}, with the doubt"
        show_downloads(f"rates-by-{by}", title, partial(_every_rate, wanted, by), filters)
    # Only the tab that is looked at is worked out.
    names = ["Largest gaps", "Strengths", "Every criterion", "Scores", "What may harm"]
    names += ["How customers feel"] if by == "agent" else []
    gaps, strengths, map_, scores, harm, *feeling = st.tabs(names, key="show", bind="query-params")
    if gaps.open:
        with gaps:
            show_gaps(data.gaps(asker, wanted, by), by, choices.teams, filters)
    if strengths.open:
        with strengths:
            show_strengths(data.strengths(asker, wanted, by), by, choices.teams, filters)
    if map_.open:
        with map_:
            _map(asker, wanted, by)
    if scores.open:
        with scores:
            _scores(asker, wanted, by, filters)
    if harm.open:
        with harm:
            show_harm(asker, wanted, by, filters)
    if feeling and feeling[0].open:
        with feeling[0]:
            _feelings(asker, wanted, filters)


def _feelings(asker: Asker, wanted: CallFilter, filters: Mapping[str, str]) -> None:
    """How every agent's customers feel along their calls; those first who are set apart from others."""
    found = data_processes.feelings(asker, wanted, "agent")
    if not found:
        st.write("In none of these calls was the customer’s sentiment measured.")
        return
    apart = (Compared.WORSE, Compared.BETTER)
    show_feelings("agent", sorted(found, key=lambda one: one.compared not in apart), "Agent", filters)


def _every_rate(wanted: CallFilter, by: data.By, asker: Asker) -> pd.DataFrame:
    """The rates of all questions with their doubt, to be taken along."""
    cards = data.filter_choices(asker).scorecards
    return rates_table([rate for card in cards for rate in data.criterion_rates(asker, wanted, by, card)])


def _map(asker: Asker, wanted: CallFilter, by: data.By) -> None:
    """The heat map of one scorecard; to begin with, of the one that most answers were given on."""
    counts = data.criterion_counts(asker, wanted, by)
    if counts.empty:
        st.write(NOBODYS)
        return
    cards = counts.drop_duplicates("scorecard")
    by_title = dict(zip(cards["title"], cards["scorecard"], strict=True))
    answers = counts.groupby("title")["counted"].sum()
    first, second, _ = st.columns([1.2, 1.6, 2], vertical_alignment="bottom")
    with second:
        rows = st.segmented_control(
            "Rows", [QUESTIONS, SECTIONS, BEHAVIOURS], default=QUESTIONS, key="rows", required=True, bind="query-params"
        )
    if rows == BEHAVIOURS:
        rates = data.behaviour_rates(asker, wanted, by)
        first.caption("Every question about a behaviour, over all scorecards.")
    else:
        with first:
            title = choose_one("Scorecard", "scorecard", sorted(by_title), str(answers.idxmax()))
        if rows == SECTIONS:
            rates = data.section_rates(asker, wanted, by, by_title[title])
        else:
            rates = data.criterion_rates(asker, wanted, by, by_title[title])
    if not rates:
        st.write("No question of these scorecards asks about a behaviour of the machine's list.")
        return
    what = "the calls behind it" if rows == QUESTIONS else "what it is made of"
    chosen = show_heatmap(f"heatmap {by}", rates, f"Choose a figure to see {what}", names_lead_on=by == "agent")
    if chosen is None:
        return
    if chosen.criterion and rows == QUESTIONS:
        open_criterion(by_title[title], chosen.criterion, **{f"of_{by}": chosen.id})
    if by == "agent":
        open_agent(chosen.id)


def _scores(asker: Asker, wanted: CallFilter, by: data.By, filters: Mapping[str, str]) -> None:
    """Mean totals by agent or team and scorecard, each row leading to its calls."""
    scored = data.mean_totals(asker, wanted, by)
    if scored.empty:
        st.write(NOBODYS)
        return
    titles = sorted(scored["title"].unique())
    found: dict[str, dict[str, Any]] = {}
    for one in data.each(scored):
        found.setdefault(one.name, {})[one.title] = one
    rows = [
        table.Row(
            [
                table.text(name, link=True, nowrap=True),
                table.number(next(iter(own.values())).calls),
                *(_mean_score(own.get(title)) for title in titles),
            ],
            id=name,
            href=f"/calls?{urlencode({str(by): name})}",
        )
        for name, own in found.items()
    ]
    st.caption("Mean scores of 100 with the number of calls; the notch is the pass mark. Choose a row to see its calls.")
    columns = [table.Column(by.capitalize()), table.Column("Calls", number=True), *(table.Column(title) for title in titles)]
    chosen = show_table_with_downloads(f"scores {by}", "Mean scores; the notch is the pass mark", columns, rows, filters)
    if chosen:
        st.switch_page(CALLS, query_params={str(by): chosen})


def _mean_score(own: Any) -> table.Cell:
    if own is None:
        return table.text("–", sort=-1)
    return {**table.score(own.mean_total, own.pass_mark), "below": count(own.scored, "call")}


def show_gaps(
    gaps: Gaps, by: data.By, teams: Mapping[int, str], filters: Mapping[str, str], one_alone: bool = False
) -> None:
    """What is somebody's own, what a team shares, and what hardly anybody meets, each the one worth most first.

    by: whose gaps they are. teams: names by id. filters: what they are read from, in words.
    one_alone: all of them are of one agent, whose page it is.
    """
    if not gaps:
        st.write(
            f"No gap is likely enough to name one. One is named where a criterion is below its target with a likelihood "
            f"of at least {percent(SURE)} and by {_POINTS} or more, from {FEWEST_CALLS} calls on."
        )
        return
    st.caption(
        f"Each is below its target with a likelihood of at least {percent(SURE)}, and by {_POINTS} or more. The dot is the "
        f"estimate, the band the range it lies in with a likelihood of {percent(SURE)}, the notch the target. "
        "“Others” are those who take the same kinds of calls."
    )
    own = gaps.belonging_to(Belongs.AGENT)
    if own:
        if not one_alone:
            heading = "Whom to talk to, and about what" if by == "agent" else "What a team falls short in"
            st.subheader(heading, anchor=False)
        if len(own) > MOST_SHOWN:
            st.caption(f"The first {MOST_SHOWN} of {len(own)}. Choose teams or a shorter period above to see others.")
        rows = [_row(n, gap.rate, by, teams, gap.rate.points_of_total) for n, gap in enumerate(own[:MOST_SHOWN])]
        chosen = show_table_with_downloads(f"gaps {by}", "Gaps, the one worth most points first", _COLUMNS, rows, filters)
        if chosen:
            rate = own[int(chosen)].rate
            open_criterion(rate.scorecard, rate.criterion, **{f"of_{by}": rate.id})
    _shared(
        "teams",
        "What most of a team share: train the team",
        shared(gaps, Belongs.TEAM),
        lambda one: (teams.get(one.first.team_id or 0, "A team"), "" if one_alone else count(len(one.gaps), by)),
        filters,
    )
    _shared(
        "everyone",
        "What hardly anybody meets: a question about the process or the wording, not about people",
        shared(gaps, Belongs.EVERYONE),
        lambda one: ("Like the others", "") if one_alone else (count(len(one.gaps), by), ""),
        filters,
    )


def _shared(
    key: str,
    heading: str,
    found: Sequence[Shared],
    who: Callable[[Shared], tuple[str, str]],
    filters: Mapping[str, str],
) -> None:
    if not found:
        return
    st.subheader(heading, anchor=False)
    rows = [
        table.Row(
            [
                table.text(*who(one), nowrap=True),
                table.text(one.first.question, f"{one.first.title}.", link=True),
                table.number(round(one.rate, 3), f"{percent(one.rate)}, target {percent(one.first.target)}"),
                table.number(one.calls),
                table.number(round(one.points_of_total, 1), f"{one.points_of_total:.1f} points"),
            ],
            id=str(n),
            href=_behind(one),
        )
        for n, one in enumerate(found[:MOST_SHOWN])
    ]
    chosen = show_table_with_downloads(f"gaps {key}", heading, _COLUMNS, rows, filters)
    if chosen:
        one = found[int(chosen)]
        open_criterion(one.first.scorecard, one.first.criterion, of_team=_team_of(one))


def _team_of(one: Shared) -> int | None:
    """The team that shares it; None where everybody does."""
    first = one.gaps[0]
    return first.rate.team_id if first.belongs is Belongs.TEAM else None


def _behind(one: Shared) -> str:
    return criterion_address(one.first.scorecard, one.first.criterion, of_team=_team_of(one))


def show_strengths(strengths: Sequence[Strength], by: data.By, teams: Mapping[int, str], filters: Mapping[str, str]) -> None:
    """Where somebody is likely better than the others: whom to learn from."""
    if not strengths:
        st.write(f"Nobody is above the others by {_POINTS} or more with a likelihood of at least {percent(SURE)}.")
        return
    st.caption(
        f"On target, and above those who take the same kinds of calls by {_POINTS} or more, each with a "
        f"likelihood of at least {percent(SURE)}; the largest lead first."
    )
    rows = [_row(n, one.rate, by, teams, 100 * one.lead, plain=True) for n, one in enumerate(strengths[:MOST_SHOWN])]
    columns = [*_COLUMNS[:1], table.Column("Does well"), *_COLUMNS[2:4], table.Column("Lead", number=True)]
    chosen = show_table_with_downloads(f"strengths {by}", "Strengths, the largest lead first", columns, rows, filters)
    if chosen:
        rate = strengths[int(chosen)].rate
        open_criterion(rate.scorecard, rate.criterion, **{f"of_{by}": rate.id})


_COLUMNS = [
    table.Column("Who"),
    table.Column("Falls short in"),
    table.Column("How often it is met", help="Estimate, likely range and target"),
    table.Column("Calls", number=True, help="Calls in which the question applied and was answered"),
    table.Column("Worth", number=True, help="What reaching the target would add to the scorecard's total, in points of 100"),
]


def range_words(rate: Rate) -> str:
    """An estimate with its doubt: `42 %, likely 31 % to 54 %, target 80 %`, and what the others reach where it is known."""
    others = "" if math.isnan(rate.probability_below_peers) else f", others {percent(rate.peers)}"
    return f"{percent(rate.rate)}, likely {percent(rate.low)} to {percent(rate.high)}, target {percent(rate.target)}{others}"


def _row(n: int, rate: Rate, by: data.By, teams: Mapping[int, str], points: float, *, plain: bool = False) -> table.Row:
    team = teams.get(rate.team_id, "") if rate.team_id is not None and by == "agent" else ""
    return table.Row(
        [
            table.text(rate.name, team, nowrap=True),
            table.text(rate.question, f"{rate.title}.", link=True),
            table.likely_range(rate.rate, rate.low, rate.high, rate.target, range_words(rate), plain=plain),
            table.number(rate.calls),
            table.number(round(points, 1), f"{points:.1f} points"),
        ],
        id=str(n),
        href=criterion_address(rate.scorecard, rate.criterion, **{f"of_{by}": rate.id}),
    )
