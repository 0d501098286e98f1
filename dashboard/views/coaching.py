"""Whom shall I talk to this week, about what, with which thirty seconds; what is due, and did coaching do anything?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html import escape

import streamlit as st

from coaching.effect import FEWEST_PLANS, Effect, KindOfCoaching, TooSoon, Worked, in_words
from coaching.gaps import Belongs, Gap, Rate
from coaching.plans import MOST_GOALS, ActionKind, PlanState
from dashboard import access, data, data_plans
from dashboard.data_plans import WhatWorks
from dashboard.editor.plan import show_editor
from dashboard.pages import COACHING, call_address, whole_number
from dashboard.standing import range_words
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.filters import first_day
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.plan import (
    ACTIONS,
    STATE_WORDS,
    STATES,
    attempt,
    do_and_say,
    say_next,
    show_actions,
    show_calendar_button,
    show_goals,
    show_history,
    show_talks,
    show_what_changed,
    today,
)
from dashboard.widgets.words import clock, count, day, literal, percent, signed
from storage.access import Asker, Role
from storage.desk import CoachingRequest
from storage.plan_lists import Due, Plan
from storage.records import CallFilter, Choices
from storage.roles import Right

TALKS = 6
"""People named to talk to in a week; nobody coaches more."""

WEEKS_SHOWN = 5
"""Weeks of the calendar."""

SETTLED = 50
"""Plans listed that are over."""

_Earlier = tuple[Plan, Effect | TooSoon]
"""A plan that is done, with what came of it for one question."""


def show() -> None:
    """Draw the page: the week, or the plan or the new plan in the address."""
    asker = access.required_asker(Right.COACH)
    st.title("Coaching", anchor=False)
    show_what_changed()
    choices = data.filter_choices(asker)
    wanted = CallFilter(start=first_day("13 weeks", choices.last))
    if (chosen := whole_number("plan")) is not None:
        _back()
        plan = data_plans.find_plan(asker, chosen)
        if plan is None:
            nothing_here("No such plan", "There is no plan at this address, or it is not yours to see.")
            return
        _one(asker, plan, wanted)
    elif (agent_id := whole_number("for")) is not None:
        _back()
        _new(asker, agent_id, wanted, choices)
    elif not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
    else:
        _tabs(asker, wanted, choices)


def _back() -> None:
    st.page_link(COACHING, label="All of coaching", icon=":material/arrow_back:")


def _tabs(asker: Asker, wanted: CallFilter, choices: Choices) -> None:
    week, plans, calendar, works = st.tabs(["This week", "Plans", "Calendar", "What works"], key="show", bind="query-params")
    found = data_plans.open_plans(asker)
    if week.open:
        with week:
            _week(asker, wanted, choices, found)
    if plans.open:
        with plans:
            _plans(asker, found)
    if calendar.open:
        with calendar:
            show_calendar_button(found, "team")
            _calendar(found)
    if works.open:
        with works:
            _what_works(data_plans.what_works(asker))


# This week


def _week(asker: Asker, wanted: CallFilter, choices: Choices, plans: Sequence[Plan]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with right:
        _due(plans)
    with left:
        _asked_for(asker, choices)
        st.subheader("Whom to talk to", anchor=False)
        coached = {(plan.agent_id, one.goal.about) for plan in plans for one in plan.goals}
        gaps = data.gaps(asker, _of_one_team(asker, wanted, choices), "agent")
        earlier = _earlier(asker, gaps)
        worked = {about for about, (_, said) in earlier.items() if isinstance(said, Effect) and said.worked is Worked.LIKELY}
        to_talk = whom_to_talk_to(gaps, coached | worked)
        if not to_talk:
            st.write(
                "Nobody stands out: no agent's own gap is likely enough to name that has no plan yet. What most of a team "
                "share stands on the page Teams."
            )
        for gap in to_talk[:TALKS]:
            _card(asker, gap.rate, choices, earlier.get((gap.rate.id, f"{gap.rate.scorecard}/{gap.rate.criterion}")))
        if choices.agents:
            _for_somebody_else(choices)


def _earlier(asker: Asker, gaps: Sequence[Gap]) -> dict[tuple[int, str], _Earlier]:
    """The last plan on each of these gaps that was carried through, with what came of it, by agent and question."""
    named = {(gap.rate.id, f"{gap.rate.scorecard}/{gap.rate.criterion}") for gap in gaps}
    found: dict[tuple[int, str], _Earlier] = {}
    for plan in data_plans.settled_plans(asker, SETTLED):
        for about in [one.goal.about for one in plan.goals if plan.state is PlanState.DONE]:
            key = (plan.agent_id, about)
            if key in named and key not in found:
                found[key] = (plan, data_plans.effects_of(asker, plan)[about].said)
    return found


def _of_one_team(asker: Asker, wanted: CallFilter, choices: Choices) -> CallFilter:
    """A coach's own teams; for somebody who looks at all teams one at a time, as they would be coached."""
    if asker.role is Role.COACH or len(choices.teams) < 2:
        return wanted
    teams = {name: id_ for id_, name in choices.teams.items()}
    name = st.selectbox("Team", list(teams), key="coached", bind="query-params")
    return replace(wanted, team_ids=(teams[name],))


def whom_to_talk_to(gaps: Sequence[Gap], coached: set[tuple[int, str]]) -> list[Gap]:
    """The largest gap of each agent that is their own and has no open plan, the one worth most points first."""
    found: dict[int, Gap] = {}
    for gap in gaps:
        about = (gap.rate.id, f"{gap.rate.scorecard}/{gap.rate.criterion}")
        if gap.belongs is Belongs.AGENT and about not in coached:
            found.setdefault(gap.rate.id, gap)
    return list(found.values())


def _card(asker: Asker, rate: Rate, choices: Choices, earlier: _Earlier | None) -> None:
    about = f"{rate.scorecard}/{rate.criterion}"
    with st.container(border=True):
        team = choices.teams.get(rate.team_id, "") if rate.team_id is not None else ""
        st.markdown(f"**{literal(rate.name)}** {literal(team)}  \n{literal(rate.question)}")
        st.caption(
            f"{range_words(rate)}, in {count(rate.calls, 'call')} of 13 weeks. Reaching the target would add "
            f"{rate.points_of_total:.1f} points to {literal(rate.title)}."
        )
        if earlier is not None:
            plan, came = earlier
            ended = "" if plan.settled_at is None else f", done {day(plan.settled_at.date())}"
            st.caption(
                f":material/history: [A plan on this{ended}](/coaching?plan={plan.id}). Did it work? {in_words(came)}"
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            moment = data_plans.missed_moment(asker, rate.id, rate.scorecard, rate.criterion)
            if moment is not None:
                place = "Open the call" if moment.start is None else f"Listen from {clock(moment.start)}"
                address = call_address(moment.call_id, card=rate.scorecard, at=moment.start, turn=moment.turn)
                said = f" “{literal(' '.join(moment.quote.split())[:120])}”" if moment.quote else ""
                st.markdown(f"[:material/play_arrow: {place}]({address}){said}")
            if st.button("Draft a plan", key=f"draft {rate.id} {about}", icon=":material/edit_note:"):
                st.switch_page(COACHING, query_params={"for": str(rate.id), "about": about})


def _for_somebody_else(choices: Choices) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = {name: id_ for id_, name in choices.agents.items()}
        name = st.selectbox("A plan for somebody else", list(ids), index=None, placeholder="Choose an agent")
        if st.button("Draft a plan", key="draft for somebody", disabled=name is None) and name is not None:
            st.switch_page(COACHING, query_params={"for": str(ids[name])})


def _asked_for(asker: Asker, choices: Choices) -> None:
    requests = data_plans.asked_for(asker)
    if not requests:
        return
    st.subheader("Asked for by reviewers", anchor=False)
    for one in requests[:TALKS]:
        _request(asker, one)
    if len(requests) > TALKS:
        st.caption(f"The first {TALKS} of {len(requests)}.")


def _request(asker: Asker, one: CoachingRequest) -> None:
    details = data.call_details(asker, one.call_id)
    if details is None:
        return
    with st.container(border=True):
        st.markdown(f"**{literal(details.facts.agent or 'Nobody named')}**  \n“{literal(' '.join(one.note.split()))}”")
        st.caption(f"{literal(one.author)}, {day(one.at.date())}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"[:material/headphones: Open the call]({call_address(one.call_id)})")
            if details.agent_id is not None and st.button(
                "Draft a plan", key=f"request {one.id}", icon=":material/edit_note:"
            ):
                st.switch_page(COACHING, query_params={"for": str(details.agent_id), "request": str(one.id)})
            if st.button("Seen to", key=f"seen to {one.id}", type="tertiary", help="No plan is needed") and attempt(
                lambda: data_plans.seen_to(access.required_asker(), one.id)
            ):
                st.rerun()


def due_of(plans: Sequence[Plan]) -> list[tuple[Plan, Due]]:
    """What is due of all these plans, the earliest first."""
    return sorted(((plan, due) for plan in plans for due in plan.due), key=lambda pair: (pair[1].day, pair[0].agent))


def _due(plans: Sequence[Plan]) -> None:
    st.subheader("What is due", anchor=False)
    until = today() + timedelta(days=7)
    soon = [(plan, due) for plan, due in due_of(plans) if due.day <= until]
    if not soon:
        st.write("Nothing is due in the next seven days.")
    else:
        rows = [
            table.Row(
                [
                    table.text(day(due.day), "overdue" if due.day < today() else "", sort=due.day.isoformat(), nowrap=True),
                    table.text(plan.agent, due.words, link=True),
                ],
                id=f"{plan.id}",
                href=f"/coaching?plan={plan.id}",
            )
            for plan, due in soon
        ]
        chosen = show_table_with_downloads(
            "due", "What is due until in a week", [table.Column("Day"), table.Column("Who")], rows
        )
        if chosen:
            st.switch_page(COACHING, query_params={"plan": chosen})
    show_calendar_button(plans, "team")


# Plans


def _plans(asker: Asker, plans: Sequence[Plan]) -> None:
    _list("open", plans, "No open plans", "Draft one from the list of whom to talk to.")
    with st.expander("Plans that are over", icon=":material/inventory_2:"):
        _list("over", data_plans.settled_plans(asker, SETTLED), "None yet", "Finished and stopped plans stand here.")


def _list(key: str, plans: Sequence[Plan], none: str, what_then: str) -> None:
    if not plans:
        nothing_here(none, what_then)
        return
    columns = [table.Column(name) for name in ("Agent", "Goals", "Where it stands", "Next")]
    rows = []
    for plan in plans:
        due = next(iter(plan.due), None)
        goals = "; ".join(f"{percent(one.goal.rate_from)} → {percent(one.goal.rate_to)}" for one in plan.goals)
        done = sum(one.done_at is not None for one in plan.actions)
        rows.append(
            table.Row(
                [
                    table.text(plan.agent, plan.team, link=True, nowrap=True),
                    table.text("; ".join(one.question for one in plan.goals), goals),
                    table.text(STATE_WORDS[plan.state], f"{done} of {count(len(plan.actions), 'action')} done"),
                    table.text(day(due.day), due.words, sort=due.day.isoformat()) if due else table.text("–", sort="~"),
                ],
                id=str(plan.id),
                href=f"/coaching?plan={plan.id}",
            )
        )
    if chosen := show_table_with_downloads(f"plans {key}", "Coaching plans", columns, rows):
        st.switch_page(COACHING, query_params={"plan": chosen})


# Calendar


def _calendar(plans: Sequence[Plan]) -> None:
    """Five weeks with what is due on each day; what is overdue stands before them."""
    due = due_of(plans)
    monday = today() - timedelta(days=today().weekday())
    late = [(plan, one) for plan, one in due if one.day < monday]
    if late:
        st.markdown(f":orange-badge[:material/schedule: {count(len(late), 'thing')} overdue from earlier weeks]")
    by_day: dict[date, list[tuple[Plan, Due]]] = {}
    for plan, one in due:
        by_day.setdefault(one.day, []).append((plan, one))
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    weeks = [[monday + timedelta(weeks=week, days=n) for n in range(7)] for week in range(WEEKS_SHOWN)]
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    body = "".join(f"<tr>{''.join(_cell(each, by_day.get(each, [])) for each in week)}</tr>" for week in weeks)
    st.html(f"{_CALENDAR_STYLE}<table class='due-days'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


_CALENDAR_STYLE = """<style>
.due-days { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .82rem; }
.due-days th { text-align: left; font-weight: 600; padding: .25rem .4rem; }
.due-days td { vertical-align: top; height: 5.2rem; padding: .25rem .4rem; border: 1px solid rgba(128, 128, 128, .35); }
.due-days .now { outline: 2px solid currentColor; outline-offset: -2px; }
.due-days .number { opacity: .75; }
.due-days a { display: block; color: inherit; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
</style>"""

_MOST_IN_A_DAY = 4


def _cell(each: date, due: Sequence[tuple[Plan, Due]]) -> str:
    number = f"{each.day} {each:%b}" if each.day == 1 or each.weekday() == 0 else str(each.day)
    lines = [
        f"<a href='/coaching?plan={plan.id}' target='_self' title='{escape(one.words, quote=True)}'>"
        f"{escape(plan.agent)}: {escape(one.words)}</a>"
        for plan, one in due[:_MOST_IN_A_DAY]
    ]
    if len(due) > _MOST_IN_A_DAY:
        lines.append(f"and {len(due) - _MOST_IN_A_DAY} more")
    now = " class='now'" if each == today() else ""
    return f"<td{now}><span class='number'>{number}{', today' if now else ''}</span>{''.join(lines)}</td>"


# What works


_WORKED = {
    Worked.LIKELY: "likely yes",
    Worked.UNCLEAR: "cannot be told from chance yet",
    Worked.UNLIKELY: "likely not",
    Worked.WORSE: "likely not, rather the reverse",
    None: f"too few to say; {FEWEST_PLANS} measured goals would do",
}


def _what_works(found: WhatWorks) -> None:
    measured = [(plan, one) for plan, goals in found.plans for one in goals if isinstance(one.said, Effect)]
    if not measured:
        nothing_here(
            "Nothing measured yet",
            "Once there are ten calls on each side of the week in which a plan began, what came of it stands here.",
        )
        return
    st.caption(
        "What came beyond what would have come anyway, on average over the plans with such coaching. A plan with two kinds "
        "counts for both: this is what went with a kind, not proof of what caused it."
    )
    columns = [
        table.Column("Kind of coaching"),
        table.Column("Goals measured", number=True),
        table.Column("Effect", number=True, help="Points beyond what would have come anyway, with its 90 % interval"),
        table.Column("Does it work?"),
    ]
    show_table_with_downloads("kinds", "Kinds of coaching", columns, [_kind(one) for one in found.kinds])
    st.subheader("Goal by goal", anchor=False)
    rows = [
        table.Row(
            [
                table.text(plan.agent, f"since {day(plan.starts_on)}", link=True, nowrap=True),
                table.text(next(goal.question for goal in plan.goals if goal.goal.about == one.goal.about)),
                table.text(in_words(one.said), sort=-one.said.effect if isinstance(one.said, Effect) else 0),
            ],
            id=str(plan.id),
            href=f"/coaching?plan={plan.id}",
        )
        for plan, one in measured
    ]
    columns = [table.Column("Agent"), table.Column("Goal"), table.Column("Did it work?")]
    if chosen := show_table_with_downloads("measured", "What came of each goal", columns, rows):
        st.switch_page(COACHING, query_params={"plan": chosen})


def _kind(one: KindOfCoaching) -> table.Row:
    name = ACTIONS[ActionKind(one.kind)]
    if one.effect is None or one.low is None or one.high is None:
        effect = table.number(None)
    else:
        effect = {
            **table.number(one.effect, f"{signed(100 * one.effect, 0)} points"),
            "below": f"{signed(100 * one.low, 0)} to {signed(100 * one.high, 0)}",
        }
    return table.Row([table.text(name), table.number(one.plans), effect, table.text(_WORKED[one.worked])])


# A new plan


def _new(asker: Asker, agent_id: int, wanted: CallFilter, choices: Choices) -> None:
    name = choices.agents.get(agent_id)
    rates = data_plans.rates_of(asker, wanted, agent_id) if name else []
    if name is None or not rates:
        nothing_here("No such agent", "There is no agent with scored calls at this address, or they are not in your teams.")
        return
    st.subheader(f"A plan for {literal(name)}", anchor=False)
    by_about = {f"{rate.scorecard}/{rate.criterion}": rate for rate in rates}
    asked = st.query_params.get("about", "")
    default = [asked] if asked in by_about else [next(iter(by_about))]
    with st.form("new plan"):
        chosen = st.multiselect(
            "About",
            list(by_about),
            default,
            format_func=lambda about: f"{by_about[about].question} ({percent(by_about[about].rate)})",
            max_selections=MOST_GOALS,
            help=f"One to {MOST_GOALS} questions, what would bring most points first. More at once help nobody.",
        )
        starts_on = st.date_input(
            "Begins on", today(), help="Calls before this week are compared with those after it.", format="DD/MM/YYYY"
        )
        words = st.text_area("What you say to the agent", placeholder="Why this, and why now; the agent reads it")
        st.caption(
            "Attune adds actions, moments of calls and a first talk. Nothing is shown to the agent before you offer it."
        )
        if not st.form_submit_button("Draft the plan", type="primary", icon=":material/edit_note:"):
            return
    goals = [data_plans.goal_of(by_about[about], starts_on) for about in chosen]
    made: list[int] = []
    if attempt(
        lambda: made.append(
            # Who asks is looked up again: the page may have stood open for longer than the session.
            data_plans.draft(access.required_asker(Right.COACH), agent_id, goals, starts_on, words, whole_number("request"))
        )
    ):
        say_next("Drafted. Look it over, change what you like, and offer it to the agent.")
        st.switch_page(COACHING, query_params={"plan": str(made[0])})


# One plan


def _one(asker: Asker, plan: Plan, wanted: CallFilter) -> None:
    st.subheader(literal(plan.agent), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        who = f"{literal(plan.team)} · begins {day(plan.starts_on)} · made by {literal(plan.coach)}"
        st.markdown(f"{STATES[plan.state]} {who}", width="content")
        show_calendar_button([plan], "plan")
    left, right = st.columns([3, 2], gap="large")
    with left:
        if plan.words:
            st.markdown(f"**What the agent reads from you**  \n{literal(plan.words)}")
        show_goals(plan, data_plans.effects_of(asker, plan), asker)
        show_actions(plan)
        show_talks(plan)
    with right:
        _next_step(plan)
        with st.container(border=True):
            st.markdown(f"**What {literal(plan.agent)} says to it**")
            st.markdown(literal(plan.agent_view) if plan.agent_view else "Nothing yet.")
        if plan.state.is_open:
            show_editor(asker, plan, wanted)
        show_history(plan)


def _next_step(plan: Plan) -> None:
    """The button that leads on, and the ways to end the plan."""
    match plan.state:
        case PlanState.DRAFT:
            st.caption("Nobody but those who coach sees a draft.")
            if st.button("Offer it to the agent", type="primary", icon=":material/send:"):
                do_and_say(
                    lambda: data_plans.offer(access.required_asker(Right.COACH), plan.id),
                    "Offered. The agent sees it now.",
                )
        case PlanState.OFFERED:
            st.caption("The agent reads it on their own page, says what they think, and confirms it.")
        case PlanState.CONFIRMED:
            if st.button("It begins", icon=":material/play_arrow:"):
                do_and_say(lambda: data_plans.begin(access.required_asker(Right.COACH), plan.id), "The plan is under way.")
        case PlanState.DONE | PlanState.STOPPED:
            return
    with st.popover("End the plan", icon=":material/flag:"):
        words = st.text_input("In a few words", key="ending", placeholder="The agent reads it")
        if plan.state in (PlanState.CONFIRMED, PlanState.RUNNING) and st.button("It is done", type="primary"):
            do_and_say(lambda: data_plans.finish(access.required_asker(Right.COACH), plan.id, words), "The plan is done.")
        if st.button("Stop it early"):
            do_and_say(lambda: data_plans.stop(access.required_asker(Right.COACH), plan.id, words), "The plan is stopped.")


if __name__ == "__main__":
    show()
