"""How does a coach change a plan: its goals, actions, talks and moments of calls?"""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from coaching.plans import MOST_GOALS, Action, ActionKind, ClipKind, Goal
from dashboard import access, data, data_plans
from dashboard.widgets.plan import ACTIONS, CLIP_WORDS, clip_words, do_and_say, today
from dashboard.widgets.words import clock, day, length, literal, moment, percent
from storage.access import Asker
from storage.plan_lists import Plan, PlanSession
from storage.plan_material import SECONDS, Moment
from storage.records import CallFilter

OFFERED = 4
"""Moments of each kind to choose from."""

CALLS_LISTED = 50
"""The agent's latest calls, to choose a moment from."""


def show_editor(asker: Asker, plan: Plan, wanted: CallFilter) -> None:
    """Everything that can be changed of an open plan, each part behind a line of its own, and worked out once it is open."""
    with st.expander("Change the plan", key="change", icon=":material/edit:", on_change="rerun") as part:
        if _was_opened("change", part.open):
            _change(plan)
            _another_goal(asker, plan, wanted)
            _as_template(plan)
    with st.expander("Write down or plan a talk", icon=":material/forum:"):
        for one in plan.sessions:
            if one.held_on is None:
                _hold(plan, one)
        _plan_a_talk(plan)
    with st.expander("Add a moment of a call", key="moment", icon=":material/headphones:", on_change="rerun") as part:
        if _was_opened("moment", part.open):
            _suggested(asker, plan)
            _any_moment(asker, plan)


def _was_opened(key: str, is_open: bool | None) -> bool:
    """Whether a part is open, or was: it stays there when it is closed, so that nothing which was typed is lost."""
    name = f"{key} was opened"
    if is_open:
        st.session_state[name] = True
    return name in st.session_state


def _change(plan: Plan) -> None:
    # Its name holds the last step, so that the fields begin anew with what somebody else has changed.
    with st.form(f"change {plan.last_step}", border=False):
        words = st.text_area("What you say to the agent", plan.words)
        starts_on = st.date_input("Begins on", plan.starts_on, format="DD/MM/YYYY")
        goals: list[Goal] = []
        for n, one in enumerate(plan.goals):
            st.markdown(f"**Goal: {literal(one.question)}**")
            first, second, third = st.columns([2, 2, 1.4], vertical_alignment="bottom")
            aim = first.number_input(
                f"From {percent(one.goal.rate_from)} to (%)",
                1,
                100,
                round(100 * one.goal.rate_to),
                key=f"aim {n} {plan.last_step}",
            )
            by = second.date_input("By", one.goal.by, key=f"by {n} {plan.last_step}", format="DD/MM/YYYY")
            dropped = len(plan.goals) > 1 and third.checkbox("Take out", key=f"drop {n} {plan.last_step}")
            if not dropped:
                goals.append(replace(one.goal, rate_to=aim / 100, by=by))
        st.markdown("**Actions** (empty the words to take one out)")
        actions: list[tuple[int | None, Action]] = []
        for known in (*plan.actions, None):
            kept = _action_fields(plan, known.id if known else None, known.action if known else None)
            if kept is not None:
                actions.append((known.id if known else None, kept))
        saved = st.form_submit_button("Save the plan", type="primary")
    if saved:
        do_and_say(
            lambda: data_plans.revise(access.required_asker(), plan, words, starts_on, goals, actions), "The plan is saved."
        )


def _action_fields(plan: Plan, number: int | None, action: Action | None) -> Action | None:
    """The fields of one action, or of one more; None where its words are empty."""
    key = f"{number or 'new'} {plan.last_step}"
    kinds = list(ActionKind)
    words = st.text_area(
        "What is to be done" if action else "One more action",
        action.words if action else "",
        height=68,
        key=f"words {key}",
        placeholder="Leave it empty for none",
    )
    first, second = st.columns(2)
    kind = first.selectbox(
        "Kind",
        kinds,
        kinds.index(action.kind) if action else kinds.index(ActionKind.PRACTISE),
        format_func=ACTIONS.__getitem__,
        key=f"kind {key}",
    )
    due = second.date_input(
        "By", action.due if action else plan.starts_on + timedelta(days=14), key=f"due {key}", format="DD/MM/YYYY"
    )
    return Action(kind, words.strip(), due) if words.strip() else None


def _another_goal(asker: Asker, plan: Plan, wanted: CallFilter) -> None:
    if len(plan.goals) >= MOST_GOALS:
        return
    have = {one.goal.about for one in plan.goals}
    rates = {
        f"{rate.scorecard}/{rate.criterion}": rate
        for rate in data_plans.rates_of(asker, wanted, plan.agent_id)
        if f"{rate.scorecard}/{rate.criterion}" not in have
    }
    about = st.selectbox(
        "One more goal",
        list(rates),
        index=None,
        format_func=lambda name: f"{rates[name].question} ({percent(rates[name].rate)})",
        placeholder="Choose a question",
    )
    if st.button("Add the goal", disabled=about is None) and about is not None:
        goals = [*(one.goal for one in plan.goals), data_plans.goal_of(rates[about], plan.starts_on)]
        actions = [(one.id, one.action) for one in plan.actions]
        do_and_say(
            lambda: data_plans.revise(access.required_asker(), plan, plan.words, plan.starts_on, goals, actions),
            "The goal is added.",
        )


def _as_template(plan: Plan) -> None:
    for one in plan.goals:
        if st.button(
            "Begin plans like this",
            key=f"template {one.goal.about}",
            icon=":material/content_copy:",
            type="tertiary",
            help=f"From now on plans about “{one.question}” begin with these actions, for every coach.",
        ):
            goal = one.goal
            do_and_say(
                lambda: data_plans.save_template(access.required_asker(), goal, plan),  # noqa: B023 - run at once
                f"From now on plans about “{literal(one.question)}” begin with these actions.",
            )


# Talks


def _hold(plan: Plan, one: PlanSession) -> None:
    with st.form(f"hold {one.id}"):
        st.markdown(f"**The talk planned for {day(one.planned_for)}**")
        held_on = st.date_input("Held on", min(one.planned_for, today()), format="DD/MM/YYYY")
        notes = st.text_area("Notes", placeholder="What you heard, what was agreed; the agent reads it too")
        names = {clip.id: clip_words(clip) for clip in plan.clips}
        heard = st.multiselect("Listened to", list(names), format_func=names.__getitem__, placeholder="Moments of this plan")
        saved = st.form_submit_button("Write it down", type="primary")
    if saved:
        do_and_say(
            lambda: data_plans.hold_session(access.required_asker(), plan.id, one.id, held_on, notes, heard),
            "The talk is written down.",
        )


def _plan_a_talk(plan: Plan) -> None:
    with st.form("plan a talk", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        on = st.date_input("One more talk", today() + timedelta(days=7), format="DD/MM/YYYY")
        if st.form_submit_button("Plan it"):
            do_and_say(lambda: data_plans.plan_session(access.required_asker(), plan.id, on), "The talk is planned.")


# Moments


def _suggested(asker: Asker, plan: Plan) -> None:
    """Moments that fit a goal of the plan and are not in it yet."""
    have = {(clip.about, clip.call_id, clip.start) for clip in plan.clips}
    for one in plan.goals:
        about = one.goal.about
        found = [
            each
            for each in data_plans.moments(asker, plan.agent_id, one.goal, OFFERED)
            if (about, each.call_id, each.start) not in have
        ]
        if not found:
            continue
        st.markdown(f"**{literal(one.question)}**")
        for n, each in enumerate(found):
            with st.container(horizontal=True, vertical_alignment="center"):
                place = "" if each.start is None else f" at {clock(each.start)}"
                said = f" “{literal(' '.join(each.quote.split())[:100])}”" if each.quote else f" {literal(each.note[:100])}"
                st.markdown(f"{CLIP_WORDS[each.kind]}{place}{said}")
                if st.button("Add", key=f"add {about} {n}", icon=":material/add:"):
                    _add(plan, about, each)


def _add(plan: Plan, about: str, each: Moment) -> None:
    do_and_say(lambda: data_plans.add_clip(access.required_asker(), plan.id, about, each), "The moment is added.")


def _any_moment(asker: Asker, plan: Plan) -> None:
    listed = data.calls(asker, CallFilter(agent_ids=(plan.agent_id,)), CALLS_LISTED)
    calls = {call.call_id: call for call in data.each(listed)}
    questions = {one.goal.about: one.question for one in plan.goals}
    with st.form("any moment"):
        st.markdown("**Another moment**")
        about = st.selectbox("About", list(questions), format_func=questions.__getitem__)
        call_id = st.selectbox(
            "Call",
            list(calls),
            index=None,
            format_func=lambda id_: (
                f"{moment(calls[id_].started_at)}, {calls[id_].customer}, {length(calls[id_].duration_seconds)}"
            ),
            placeholder=f"One of the latest {CALLS_LISTED}",
        )
        first, second = st.columns(2)
        at = first.text_input("From minute", "0:00", help="Minutes and seconds, such as 2:35; half a minute from there.")
        kinds = [ClipKind.WELL, ClipKind.MISSED]
        kind = second.selectbox("What it shows", kinds, format_func=CLIP_WORDS.__getitem__)
        note = st.text_input("Note", placeholder="What to listen for")
        saved = st.form_submit_button("Add the moment")
    if not saved:
        return
    start = seconds_of(at)
    if call_id is None or start is None:
        st.error("Choose a call, and say from which minute and second, such as 2:35.")
        return
    started_at = calls[call_id].started_at.to_pydatetime()
    _add(plan, about, Moment(kind, call_id, started_at, None, start, start + SECONDS, "", note))


def seconds_of(place: str) -> float | None:
    """A place in a call as it is written down, in seconds: `2:35` is 155; None where it is none."""
    minutes, colon, seconds = place.strip().rpartition(":")
    if not (minutes or "0").isdecimal() or not seconds.isdecimal() or (colon and int(seconds) > 59):
        return None
    return 60.0 * int(minutes or 0) + int(seconds)
