"""How is a coaching plan shown, to the coach who made it and to the agent whom it is for?"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import streamlit as st

from coaching.calendar import Entry, calendar_file
from coaching.effect import Effect, Worked, in_words
from coaching.plans import ActionKind, ClipKind, PlanState, PlanStep
from dashboard import access, data_plans
from dashboard.pages import call_address
from dashboard.widgets.words import clock, count, day, literal, moment, percent, viewers_zone
from errors import AttuneError
from storage.access import Asker, Role
from storage.plan_effects import GoalEffect
from storage.plan_lists import Plan, PlanClip, PlanGoal

STATES = {
    PlanState.DRAFT: ":gray-badge[:material/edit_note: Draft, not shown to the agent]",
    PlanState.OFFERED: ":orange-badge[:material/hourglass_empty: Waits for the agent]",
    PlanState.CONFIRMED: ":green-badge[:material/handshake: Confirmed]",
    PlanState.RUNNING: ":green-badge[:material/directions_walk: Under way]",
    PlanState.DONE: ":gray-badge[:material/check_circle: Done]",
    PlanState.STOPPED: ":gray-badge[:material/cancel: Stopped]",
}

STATE_WORDS = {
    PlanState.DRAFT: "Draft",
    PlanState.OFFERED: "Waits for the agent",
    PlanState.CONFIRMED: "Confirmed",
    PlanState.RUNNING: "Under way",
    PlanState.DONE: "Done",
    PlanState.STOPPED: "Stopped",
}

ACTIONS = {
    ActionKind.LISTEN: "Listen together",
    ActionKind.WORDING: "Find own words",
    ActionKind.ROLE_PLAY: "Role play",
    ActionKind.PRACTISE: "Practise on calls",
    ActionKind.SIDE_BY_SIDE: "Sit alongside",
    ActionKind.OWN_REVIEW: "Choose own calls",
    ActionKind.OTHER: "Something else",
}

CLIPS = {
    ClipKind.WELL: ":green-badge[:material/check: Went well]",
    ClipKind.MISSED: ":orange-badge[:material/close: Missed]",
    ClipKind.COLLEAGUE: ":blue-badge[:material/group: A colleague]",
}

CLIP_WORDS = {ClipKind.WELL: "Went well", ClipKind.MISSED: "Missed", ClipKind.COLLEAGUE: "A colleague's example"}

STEPS = {
    PlanStep.DRAFTED: "drafted the plan",
    PlanStep.CHANGED: "changed the plan",
    PlanStep.OFFERED: "showed it to the agent",
    PlanStep.VIEWED: "said",
    PlanStep.CONFIRMED: "confirmed it",
    PlanStep.BEGUN: "began it",
    PlanStep.ACTION_DONE: "did",
    PlanStep.ACTION_OPEN: "took back as not done",
    PlanStep.SESSION_PLANNED: "planned a talk",
    PlanStep.SESSION_HELD: "wrote down a talk",
    PlanStep.CLIP_ADDED: "added a moment of a call",
    PlanStep.CLIP_REMOVED: "took out a moment of a call",
    PlanStep.DONE: "finished the plan",
    PlanStep.STOPPED: "stopped the plan",
}

_WORKED = {
    Worked.LIKELY: ":green-badge[:material/trending_up: Did it work?]",
    Worked.UNCLEAR: ":gray-badge[:material/question_mark: Did it work?]",
    Worked.UNLIKELY: ":gray-badge[:material/trending_flat: Did it work?]",
    Worked.WORSE: ":orange-badge[:material/trending_down: Did it work?]",
}


def today() -> date:
    """The day it is for whoever looks."""
    return datetime.now(viewers_zone()).date()


def goal_line(one: PlanGoal) -> str:
    """A goal in a line: `From 52 % to 70 % by 4 Jan 2027`."""
    goal = one.goal
    return f"From {percent(goal.rate_from)} to {percent(goal.rate_to)} by {day(goal.by)}"


def show_goals(plan: Plan, effects: Mapping[str, GoalEffect], asker: Asker) -> None:
    """Each goal with what it rests on, its tip, how it has gone since, whether it worked, and moments of calls."""
    for one in plan.goals:
        goal = one.goal
        with st.container(border=True):
            st.markdown(f"**{literal(one.question)}**  \n{goal_line(one)}")
            st.caption(
                f"{literal(one.title)}. Before the plan it was {percent(goal.rate_from)}, likely {percent(goal.low)} to "
                f"{percent(goal.high)}, in {count(goal.calls, 'call')}."
            )
            if one.tip:
                st.markdown(f":material/lightbulb: {literal(one.tip)}")
            if plan.starts_on <= today() and (found := effects.get(goal.about)) is not None:
                _show_effect(found)
            for clip in plan.clips:
                if clip.about == goal.about:
                    _show_clip(clip, goal.scorecard, plan, asker)


def _show_effect(found: GoalEffect) -> None:
    since = "" if found.rate is None else f"{percent(found.rate)} of points in {count(found.calls, 'call')} since. "
    badge = _WORKED[found.said.worked] if isinstance(found.said, Effect) else _WORKED[Worked.UNCLEAR]
    st.markdown(f"{badge} {since}{in_words(found.said)}")
    if isinstance(found.said, Effect):
        whom = (
            "agents with calls of the same queues and channels who were not coached on this"
            if found.same_calls
            else "agents who were asked the same and not coached on it, each against what is usual on calls like theirs"
        )
        st.caption(
            f"Compared with {found.said.peers} {whom}: without coaching "
            f"{percent(found.said.expected)} would have been expected."
        )


def clip_words(clip: PlanClip) -> str:
    """A moment in a few words, for a list to choose from."""
    place = "" if clip.start is None else f" at {clock(clip.start)}"
    quoted = f": “{clip.quote[:60]}”" if clip.quote else ""
    return f"{CLIP_WORDS[clip.kind]}{place}{quoted}"


def _show_clip(clip: PlanClip, scorecard: str, plan: Plan, asker: Asker) -> None:
    quoted = f" “{literal(' '.join(clip.quote.split()))}”" if clip.quote else ""
    noted = f" {literal(' '.join(clip.note.split()))}" if clip.note else ""
    way = ""
    if clip.call_id:
        place = "Open the call" if clip.start is None else f":material/play_arrow: {clock(clip.start)}"
        way = f" [{place}]({call_address(clip.call_id, card=scorecard, at=clip.start, turn=clip.turn)})"
    heard = ""
    if clip.session_id is not None:
        held = next((talk.held_on for talk in plan.sessions if talk.id == clip.session_id), None)
        heard = f" · listened to on {day(held)}" if held else ""
    words = f"{CLIPS[clip.kind]}{way}{quoted}{noted}{heard}"
    if asker.role is Role.AGENT or not plan.state.is_open:
        st.markdown(words)
        return
    left, right = st.columns([6, 1], vertical_alignment="top")
    left.markdown(words)
    if right.button(
        "Take out", key=f"take out {clip.id}", type="tertiary", help="Take this moment out of the plan"
    ) and attempt(lambda: data_plans.remove_clip(access.required_asker(), plan.id, clip.id)):
        st.rerun()


def show_actions(plan: Plan) -> None:
    """What is to be done, each to be ticked off by coach or agent."""
    st.subheader("What is to be done", anchor=False)
    if not plan.actions:
        st.caption("Nothing yet.")
    for one in plan.actions:
        late = plan.state.is_open and one.done_at is None and one.action.due < today()
        when = f"done by {literal(one.done_by)}, {moment(one.done_at)}" if one.done_at else f"by {day(one.action.due)}"
        late_words = " :orange-badge[:material/schedule: overdue]" if late else ""
        words = f"**{ACTIONS[one.action.kind]}**: {literal(one.action.words)} · {when}{late_words}"
        can_tick = plan.state.is_open and plan.state is not PlanState.DRAFT
        box, beside = st.columns([1, 18], gap="small")
        with box:
            ticked = st.checkbox(
                f"Done: {one.action.words}",
                value=one.done_at is not None,
                key=f"action {one.id} {one.done_at}",
                disabled=not can_tick,
                label_visibility="collapsed",
            )
        beside.markdown(words)
        if ticked is not (one.done_at is not None):
            number = one.id
            if attempt(lambda: data_plans.tick(access.required_asker(), plan.id, number, ticked)):  # noqa: B023 - run at once
                st.rerun()


def show_talks(plan: Plan) -> None:
    """The talks, held and to come."""
    st.subheader("Talks", anchor=False)
    if not plan.sessions:
        st.caption("None planned.")
    for one in plan.sessions:
        if one.held_on is None:
            st.markdown(f":material/event: Planned for {day(one.planned_for)}")
            continue
        heard = [clip for clip in plan.clips if clip.session_id == one.id]
        with st.container(border=True):
            st.markdown(f":material/forum: **{day(one.held_on)}**  \n{literal(one.notes)}")
            if heard:
                st.caption("Listened to: " + literal("; ".join(clip_words(clip) for clip in heard)))


def show_history(plan: Plan) -> None:
    """Who did what to the plan."""
    with st.expander("What happened so far", icon=":material/history:"):
        lines = [
            f"- {moment(step.at)}: {literal(step.author)} {STEPS[step.step]}"
            + (f": {literal(' '.join(step.words.split()))}" if step.words else "")
            + "."
            for step in plan.steps
        ]
        st.markdown("\n".join(lines))


def show_calendar_button(plans: Sequence[Plan], whose: str) -> None:
    """What is due as a file for one's own calendar. `whose` tells the file of one person from another's."""
    entries = [
        Entry(f"plan-{plan.id}-{due.key}@attune", due.day, f"{plan.agent}: {due.words}", f"Coaching plan with {plan.coach}")
        for plan in plans
        for due in plan.due
    ]
    st.download_button(
        "Calendar file",
        calendar_file(entries, datetime.now(UTC)),
        file_name=f"coaching-{whose}.ics",
        mime="text/calendar",
        icon=":material/calendar_add_on:",
        help="What is due, for your own calendar (iCalendar). Taken in again it moves what has moved.",
        on_click="ignore",
        disabled=not entries,
    )


def attempt(what: Callable[[], object]) -> bool:
    """Do it; where it is refused, say why. Whether it was done."""
    try:
        what()
    except AttuneError as error:
        st.error(str(error))
        return False
    return True


_CHANGED = "plan changed"


def do_and_say(what: Callable[[], object], said: str) -> None:
    """Do it, and say so on the page as it is then; where it is refused, say why."""
    if attempt(what):
        say_next(said)
        st.rerun()


def say_next(words: str) -> None:
    """Let the page of plans that is drawn next say this once."""
    st.session_state[_CHANGED] = words


def show_what_changed() -> None:
    """What was just done to a plan, where something was."""
    if words := st.session_state.pop(_CHANGED, ""):
        st.success(words, icon=":material/check_circle:")
