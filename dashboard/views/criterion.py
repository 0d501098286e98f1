"""What is behind one figure: how did one criterion go, week by week and call by call?"""

import math
from collections import Counter
from dataclasses import replace

import pandas as pd
import streamlit as st

from coaching.gaps import SURE, Rate, Standing
from coaching.trends import FALSE_SHARE, FEWEST_WEEKS, Trend
from dashboard import access, data
from dashboard.pages import AGENTS, call_address, open_call, show_way_back, whole_number
from dashboard.widgets import charts, table
from dashboard.widgets.downloads import show_downloads
from dashboard.widgets.filters import PERIODS, choose_one, first_day
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import VERDICTS, count, day, literal, moment, percent, plain
from scoring.result import Verdict
from storage.access import Asker, Role
from storage.records import CallFilter, Choices

MOST_CALLS = 200


def show() -> None:
    """Draw the page for the criterion, and the agent or the team, in the address."""
    asker = access.required_asker()
    choices = data.filter_choices(asker)
    scorecard, criterion = st.query_params.get("card", ""), st.query_params.get("criterion", "")
    show_way_back(asker, AGENTS, "Agents")
    heading = st.container()
    first, _ = st.columns([1, 4])
    with first:
        period = choose_one("Period", "period", list(PERIODS), "13 weeks", help="Counted back from the latest call.")
    wanted, by = _whose(asker, CallFilter(start=first_day(period, choices.last)))
    # Among all agents or teams, as their pages do it: what is likely of one is also learned from the others.
    rates = data.criterion_rates(asker, replace(wanted, agent_ids=(), team_ids=()), by, scorecard, criterion)
    behind = data.calls_behind(asker, wanted, scorecard, criterion, None, MOST_CALLS)
    if not rates or behind.empty:
        heading.title("Criterion", anchor=False)
        nothing_here("No calls to show", "No call that you can see was judged by this in this period; choose a longer one.")
        return
    heading.title(literal(rates[0].question), anchor=False)
    heading.markdown(literal(f"{rates[0].title} · {_who(wanted, choices, asker)}"))
    ids = wanted.team_ids or wanted.agent_ids or ((asker.agent_id,) if asker.role is Role.AGENT else ())
    one = next((rate for rate in rates if rate.id in ids), None)
    _development(asker, wanted, scorecard, criterion, rates[0], one)
    _calls(behind, scorecard)


def _whose(asker: Asker, wanted: CallFilter) -> tuple[CallFilter, data.By]:
    """The agent or the team of the address, and which of the two it is; an agent sees themself in any case."""
    agent, team = whole_number("of_agent"), whole_number("of_team")
    if asker.role is Role.AGENT:
        return wanted, "agent"
    if team is not None:
        return replace(wanted, team_ids=(team,)), "team"
    return replace(wanted, agent_ids=() if agent is None else (agent,)), "agent"


def _who(wanted: CallFilter, choices: Choices, asker: Asker) -> str:
    if asker.role is Role.AGENT:
        return "your calls"
    if wanted.agent_ids:
        return choices.agents.get(wanted.agent_ids[0], "an agent")
    if wanted.team_ids:
        return f"team {choices.teams.get(wanted.team_ids[0], '')}"
    return "all calls"


def standing_words(rate: Rate) -> str:
    """What can be said about a rate, with its doubt, in a sentence or two."""
    if not rate.calls:
        return "In none of these calls did the question apply and get an answer that counts."
    said = (
        f"**{percent(rate.observed)}** of points in {count(rate.calls, 'call')}; the target is {percent(rate.target)}. "
        f"Over many calls it would lie, with a likelihood of {percent(SURE)}, "
        f"between {percent(rate.low)} and {percent(rate.high)}."
    )
    if not math.isnan(rate.probability_below_peers):
        said += f" Others reach {percent(rate.peers)} on comparable calls."
    match rate.standing:
        case Standing.GAP:
            return f"{said} That is likely a gap."
        case Standing.ON_TARGET:
            return f"{said} That is on target."
        case Standing.NOT_ENOUGH:
            return f"{said} Not enough calls to say; about {rate.calls_needed} more would do."


def trend_words(trend: Trend) -> str:
    """What the weeks say, in a sentence or two."""
    said = []
    if trend.shift is not None:
        moved = "better" if trend.shift.change > 0 else "worse"
        said.append(
            f"Since the week of {day(trend.shift.week)} it is **{moved}**: {percent(trend.shift.before)} before, "
            f"{percent(trend.shift.after)} after. Of the changes named among all questions at most {percent(FALSE_SHARE)} "
            "is expected to be chance."
        )
    odd = [day(week.week) for week in trend.weeks if week.outside]
    if odd:
        said.append(f"Out of the ordinary: the {'week' if len(odd) == 1 else 'weeks'} of {', '.join(odd)}.")
    if said:
        return " ".join(said)
    if len(trend.weeks) < FEWEST_WEEKS:
        return f"Too few weeks to say whether it changes: from {FEWEST_WEEKS} weeks on that is worked out."
    return "The weeks differ by no more than weeks do anyway."


def _development(asker: Asker, wanted: CallFilter, scorecard: str, criterion: str, any_rate: Rate, one: Rate | None) -> None:
    chart, words = st.columns([7, 4], gap="large")
    weeks = data.criterion_trend(asker, wanted, scorecard, criterion)
    if weeks.weeks:
        title = "Points earned by week; the grey band is ordinary variation, the dashed line the target"
        charts.draw(lambda: charts.criterion_over_time(weeks, any_rate.target, title), chart)
    with words:
        if one is not None:
            st.markdown(standing_words(one))
        st.markdown(trend_words(weeks))
        if any_rate.tip:
            st.info(f"**To practise:** {literal(any_rate.tip)}", icon=":material/school:")


def _calls(behind: pd.DataFrame, scorecard: str) -> None:
    numbers = Counter(behind["verdict"])
    options = [verdict for verdict in Verdict if numbers[verdict.value]]
    chosen_verdict = st.pills(
        "Show the calls with",
        options,
        format_func=VERDICTS.__getitem__,
        key="verdict",
        bind="query-params",
    )
    shown = behind if chosen_verdict is None else behind[behind["verdict"] == chosen_verdict.value]
    counted = ", ".join(f"{VERDICTS[verdict].lower()} {numbers[verdict.value]}" for verdict in options)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        latest = f"The latest {MOST_CALLS} calls: " if len(behind) == MOST_CALLS else "Of these calls: "
        st.caption(f"{latest}{counted}.", width="content")
        answer = VERDICTS[chosen_verdict] if chosen_verdict else "every answer"
        about = {"Scorecard": scorecard, "Criterion": st.query_params.get("criterion", ""), "Answered": answer}
        show_downloads("calls-behind", "Calls behind a criterion’s figure, latest first", lambda _: _taken(shown), about)
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.agent, call.team, nowrap=True),
                table.verdict(Verdict(call.verdict), f"{percent(call.probability)} sure" if call.probability < 1 else ""),
                table.quote(call.quote, plain(call.why)) if call.quote else table.text(plain(call.why)),
            ],
            id=str(n),
            href=call_address(call.call_id, card=scorecard, turn=call.turn, at=call.start),
        )
        for n, call in enumerate(data.each(shown))
    ]
    columns = [table.Column("Call of"), table.Column("Agent"), table.Column("Verdict"), table.Column("Evidence")]
    chosen = table.show_table("behind", "Calls behind the figure, latest first", columns, rows)
    if chosen:
        call = shown.iloc[int(chosen)]
        open_call(call["call_id"], card=scorecard, turn=call["turn"], at=call["start"])


def _taken(shown: pd.DataFrame) -> pd.DataFrame:
    """The calls that are listed, with columns named as people read them."""
    names = {
        "call_id": "Call",
        "started_at": "Call of",
        "agent": "Agent",
        "team": "Team",
        "verdict": "Answer",
        "probability": "How sure",
        "start": "At second",
        "quote": "Words",
        "why": "Why",
    }
    return shown[list(names)].rename(columns=names)


if __name__ == "__main__":
    show()
