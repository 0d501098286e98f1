"""Where does the process fail customers: who comes back, waits long or is passed on, about what, and how do they feel?"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from coaching.gaps import FEWEST_CALLS, SURE
from coaching.processes import LARGE_ENOUGH, Kind, ProcessRate
from dashboard import access, data, data_processes
from dashboard.pages import PROCESSES, call_address, open_call
from dashboard.widgets import table
from dashboard.widgets.downloads import filter_words, show_downloads, show_table_with_downloads
from dashboard.widgets.feelings import show_feelings
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import clock, count, length, literal, moment, percent
from pipeline.processes import By, Question, listed_rates, question_words, shares
from scoring.course import TransferKnown
from settings import settings
from storage.access import Asker, Right
from storage.records import CallFilter, Choices

DAYS = {"7 days": 7, "30 days": 30}
MOST_CALLS = 200
MOST_ASKED = 12
LONGEST_QUOTE = 160

_POINTS = f"{100 * LARGE_ENOUGH:.0f} points"

TITLES: Mapping[Kind, str] = {
    Kind.REPEAT: "In touch before",
    Kind.HOLD: "Long on hold",
    Kind.TRANSFER: "Passed on",
}
GROUPS: Mapping[By, str] = {By.REASON: "Reason", By.QUEUE: "Queue", By.TEAM: "Team"}

GIVE_REASONS = (
    "**Reasons for calls are not given.** Send them along as `reason`, a column of the list of calls that "
    "`cli.py ingest --metadata` reads; `topic` and `category` are understood too. For calls that were taken in with such a "
    "column, `cli.py recount` finds it. What else can be sent along, a number of the customer and transfers, stands in the "
    "guide to processes."
)


def show() -> None:
    """Draw the page; with `behind` in the address, the calls behind one of its figures."""
    asker = access.required_asker(Right.COACH)
    choices = data.filter_choices(asker)
    behind = st.query_params.get("behind", "")
    if behind in set(Kind):
        _calls_behind(asker, choices, Kind(behind))
        return
    st.title("Processes", anchor=False)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    st.caption("What stands in customers’ way. These are questions about how things are set up, not about people.")
    wanted, days = choose_calls(choices), _choose_days()
    counts = data_processes.process_counts(asker, wanted, days)
    if counts.empty:
        nothing_here("No calls in this period", "Choose a longer period, or other teams.")
        return
    _figures(counts, days)
    given = bool((counts["reason"] != "").any())
    if not given:
        st.info(GIVE_REASONS, icon=":material/sell:")
    filters = filter_words(wanted, choices)
    _questions(data_processes.questions(asker, wanted, days), {**filters, "In touch within": f"{days:g} days"})
    names = ["By reason", "By queue", "By team", "How customers feel"]
    tabs = st.tabs(names, key="show", bind="query-params", default=names[0] if given else names[1])
    for tab, by in zip(tabs, By, strict=False):
        if tab.open:
            with tab:
                _rates(asker, wanted, days, by, filters)
    if tabs[3].open:
        with tabs[3]:
            _feelings(asker, wanted, filters)


def _choose_days() -> float:
    chosen = st.segmented_control(
        "A customer who is in touch again within",
        list(DAYS),
        default="7 days",
        key="days",
        required=True,
        bind="query-params",
        help="By the number of the customer where one is given with the calls; else by what the customer says.",
    )
    return DAYS[str(chosen)]


def _figures(counts: pd.DataFrame, days: float) -> None:
    every, calls = shares(counts), int(counts["calls"].sum())
    total = counts.sum(numeric_only=True)
    numbered, unsure = int(total["repeat_numbered"]), int(total["repeat_unsure"])
    seen = {
        "given with the call": int(total["transfer_given"]),
        "announced by the agent": int(total["transfer_said"]),
        "heard as a third voice": int(total["transfer_voice"]),
    }
    how = ", ".join(f"{number} {words}" for words, number in seen.items() if number)
    by_words = every[Kind.REPEAT].calls - numbered
    known = [f"{count(numbered, 'call')} by the customer’s number, within {days:g} days"] if numbered else []
    known += [f"{count(by_words, 'call')} by the customer’s words"] if by_words else []
    said: dict[Kind, str] = {
        Kind.REPEAT: f"Known of {' and '.join(known) or 'no call'}."
        + (f" Of {count(unsure, 'call')} the words leave it open; they count neither way." if unsure else ""),
        Kind.HOLD: f"A hold of {length(settings().long_hold_seconds)} or more, heard in the recording.",
        Kind.TRANSFER: f"Of these: {how}." if how else "None was given, announced or heard.",
    }
    for column, kind in zip(st.columns(3), Kind, strict=True):
        share = every[kind]
        column.metric(
            TITLES[kind],
            percent(share.share) if share.calls else "–",
            f"{share.events:,} of {count(share.calls, 'call')} of which it is known",
            "off",
            delta_arrow="off",
            border=True,
        )
        column.caption(said[kind])
    if calls and not every[Kind.HOLD].calls:
        st.caption("Written conversations have no holds.")


def _questions(found: Sequence[Question], filters: Mapping[str, str]) -> None:
    st.subheader("Worth a question", anchor=False)
    if not found:
        st.write(
            f"No reason, queue or team stands out. One is named from {FEWEST_CALLS} calls on, where its rate lies above "
            f"that of the other calls with a likelihood of at least {percent(SURE)} and by {_POINTS} or more."
        )
        return
    st.caption(
        f"Each lies above the other calls with a likelihood of at least {percent(SURE)}, by {_POINTS} or more; of what is "
        "named at most one in ten is expected to be chance. First the one in which most calls are concerned."
    )
    rows = [
        table.Row(
            [
                table.text(question_words(one), link=True),
                table.likely_range(one.rate.rate, one.rate.low, one.rate.high, one.rate.elsewhere, _range_words(one.rate)),
                table.number(one.rate.calls),
                table.number(round(one.rate.calls_more), f"about {one.rate.calls_more:.0f}"),
            ],
            id=str(n),
            href=_behind_address(one.by, one.rate),
        )
        for n, one in enumerate(found[:MOST_ASKED])
    ]
    columns = [
        table.Column("What happens"),
        table.Column("How often", help="Estimate and likely range; the notch is the other calls"),
        table.Column("Calls", number=True, help="Calls of which it is known"),
        table.Column(
            "More than elsewhere", number=True, help="Calls that would be spared it at the rate of the other calls"
        ),
    ]
    chosen = show_table_with_downloads("questions", "What is worth a question, the largest first", columns, rows, filters)
    if len(found) > MOST_ASKED:
        st.caption(f"The first {MOST_ASKED} of {len(found)}; the tables below have all of them.")
    if chosen:
        one = found[int(chosen)]
        st.switch_page(PROCESSES, query_params=_behind(one.by, one.rate))


def _range_words(rate: ProcessRate) -> str:
    others = "" if pd.isna(rate.elsewhere) else f", other calls {percent(rate.elsewhere)}"
    return f"{percent(rate.rate)}, likely {percent(rate.low)} to {percent(rate.high)}{others}"


def _rates(asker: Asker, wanted: CallFilter, days: float, by: By, filters: Mapping[str, str]) -> None:
    """Every reason, queue or team with its three rates."""
    by_kind = data_processes.process_rates(asker, wanted, days, by)
    groups = {rate.key: rate.name for rates in by_kind.values() for rate in rates}
    if not groups:
        st.markdown(GIVE_REASONS if by is By.REASON else "None is given with these calls.")
        return
    found = {(kind, rate.key): rate for kind, rates in by_kind.items() for rate in rates}
    kinds = [kind for kind in Kind if any(rate.events for rate in by_kind[kind])]
    rows = [
        table.Row([table.text(name or "not named", nowrap=True), *(_cell(found.get((kind, key))) for kind in kinds)])
        for key, name in groups.items()
    ]
    columns = [table.Column(GROUPS[by]), *(table.Column(TITLES[kind]) for kind in kinds)]
    if kinds:
        table.show_table(f"rates {by}", f"How often, by {GROUPS[by].lower()}; most calls first", columns, rows)
    without = [TITLES[kind].lower() for kind in Kind if kind not in kinds]
    if without:
        st.caption(f"In none of these calls: {', '.join(without)}.")
    st.caption(
        "The dot is the estimate, the band the range in which the rate lies with a likelihood of "
        f"{percent(SURE)}, the notch the other calls" + (", as hard as the team’s own." if by is By.TEAM else ".")
    )
    _lead_on(by, by_kind)
    title = f"How often customers were in touch before, long on hold and passed on, by {GROUPS[by].lower()}"
    show_downloads(
        f"processes-by-{by}", title, partial(_taken, wanted, days, by), {**filters, "In touch within": f"{days:g} days"}
    )


def _cell(rate: ProcessRate | None) -> table.Cell:
    if rate is None:
        return table.text("not known", sort=-1)
    notch = rate.rate if pd.isna(rate.elsewhere) else rate.elsewhere
    below = f"{rate.events} of {count(rate.calls, 'call')}; {_range_words(rate)}"
    return table.likely_range(rate.rate, rate.low, rate.high, notch, _range_words(rate), below, plain=not rate.named)


def _lead_on(by: By, by_kind: Mapping[Kind, Sequence[ProcessRate]]) -> None:
    """A way from any group to its calls."""
    groups = {rate.key: rate.name for rates in by_kind.values() for rate in rates if rate.events}
    if not groups:
        return
    first, second, third, _ = st.columns([2, 1.3, 1, 2], vertical_alignment="bottom")
    key = first.selectbox(GROUPS[by], list(groups), format_func=lambda key: groups[key], key=f"of-{by}")
    kinds = [kind for kind, rates in by_kind.items() if any(rate.key == key and rate.events for rate in rates)]
    kind = second.selectbox(
        "In which customers were", kinds, format_func=lambda kind: TITLES[kind].lower(), key=f"kind-{by}"
    )
    if kind is not None and third.button("See the calls", icon=":material/arrow_forward:", key=f"see-{by}"):
        st.switch_page(PROCESSES, query_params={"behind": str(kind), str(by): str(key)})


def _taken(wanted: CallFilter, days: float, by: By, asker: Asker) -> pd.DataFrame:
    by_kind = data_processes.process_rates(asker, wanted, days, by)
    tables = [listed_rates(rates).assign(What=TITLES[kind]) for kind, rates in by_kind.items() if rates]
    return pd.concat(tables, ignore_index=True).rename(columns={"Group": GROUPS[by]}) if tables else pd.DataFrame()


def _feelings(asker: Asker, wanted: CallFilter, filters: Mapping[str, str]) -> None:
    found = data_processes.feelings(asker, wanted, "reason")
    if not found:
        st.markdown(GIVE_REASONS)
        return
    show_feelings("reason", found, "Reason", filters)


# The calls behind a figure


def _behind(by: By, rate: ProcessRate) -> dict[str, str]:
    return {"behind": str(rate.kind), str(by): rate.key}


def _behind_address(by: By, rate: ProcessRate) -> str:
    return f"/processes?{urlencode(_behind(by, rate))}"


def _calls_behind(asker: Asker, choices: Choices, kind: Kind) -> None:
    """The calls of a group in which it happened, each with the words or the seconds that show it."""
    st.page_link(PROCESSES, label="Processes", icon=":material/arrow_back:")
    reason, queue, team = (st.query_params.get(str(by)) for by in By)
    named = [reason or "reason not given"] if reason is not None else []
    named += [queue] if queue else []
    named += [choices.teams.get(int(team), "")] if team and team.isdecimal() and len(team) < 10 else []
    st.title(TITLES[kind], anchor=False)
    st.markdown(" · ".join(map(literal, named)) or "all calls")
    teams = (int(team),) if team and team.isdecimal() and len(team) < 10 else ()
    wanted, days = choose_calls(choices), _choose_days() if kind is Kind.REPEAT else DAYS["7 days"]
    about = {
        **filter_words(wanted, choices),
        "Calls that were": TITLES[kind].lower(),
        "About": " · ".join(named) or "all calls",
    }
    narrowed = CallFilter(start=wanted.start, team_ids=teams or wanted.team_ids, queues=(queue,) if queue else ())
    calls = data_processes.process_calls(asker, narrowed, days, kind, reason, MOST_CALLS)
    if calls.empty:
        nothing_here("No calls to show", "In no call that you can see; choose a longer period.")
        return
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.reason or "reason not given", call.queue),
                table.text(call.team, nowrap=True),
                _shown(kind, call),
            ],
            id=str(n),
            href=call_address(call.call_id, turn=call.turn, at=call.start),
        )
        for n, call in enumerate(data.each(calls))
    ]
    columns = [table.Column("Call of"), table.Column("About"), table.Column("Team"), table.Column("How it is known")]
    st.caption(f"The latest {count(len(calls), 'call')} of them. Choose one to read and hear it.")
    chosen = show_table_with_downloads("behind", "Calls behind the figure, latest first", columns, rows, about)
    if chosen:
        call = calls.iloc[int(chosen)]
        open_call(call["call_id"], turn=call["turn"], at=call["start"])


_TRANSFER_WORDS: Mapping[str, str] = {
    TransferKnown.GIVEN: "given with the call",
    TransferKnown.SAID: "the agent announced it",
    TransferKnown.VOICE: "a third voice was heard",
}


def _shown(kind: Kind, call: Any) -> table.Cell:
    if kind is Kind.HOLD:
        return table.number(call.longest_hold_seconds, f"the longest hold took {length(call.longest_hold_seconds)}")
    place = f"at {clock(call.start)}" if pd.notna(call.start) else ""
    quote = call.quote if len(call.quote) <= LONGEST_QUOTE else f"{call.quote[: LONGEST_QUOTE - 1]}…"
    if kind is Kind.TRANSFER:
        how = _TRANSFER_WORDS.get(call.transfer_known, "")
        return table.quote(quote, f"{how} {place}".strip()) if quote else table.text(how)
    if pd.notna(call.days_since_contact):
        return table.text(f"the same customer {_days(call.days_since_contact)} before", quote)
    return table.quote(quote, f"{percent(call.repeat_said)} sure, {place}" if place else f"{percent(call.repeat_said)} sure")


def _days(days: float) -> str:
    return count(round(days), "day") if days >= 1 else count(max(1, round(24 * days)), "hour")


if __name__ == "__main__":
    show()
