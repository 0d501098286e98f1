"""What did my coach and I agree on, what do I think of it, and does it show in my calls?"""

import streamlit as st

from coaching.plans import PlanState
from dashboard import access, data_plans
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.plan import (
    STATE_WORDS,
    STATES,
    attempt,
    do_and_say,
    show_actions,
    show_calendar_button,
    show_goals,
    show_history,
    show_talks,
    show_what_changed,
    today,
)
from dashboard.widgets.words import day, literal
from storage.access import Asker
from storage.plan_lists import Plan
from storage.roles import Right

SETTLED = 20
"""Plans listed that are over."""


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.ANSWER_PLANS)
    st.title("My coaching", anchor=False)
    show_what_changed()
    plans = data_plans.open_plans(asker)
    if not plans:
        nothing_here("No plan at the moment", "When your coach offers you a plan it appears here, for you to answer.")
    for plan in plans:
        _one(asker, plan)
    if plans:
        show_calendar_button(plans, "mine")
    settled = data_plans.settled_plans(asker, SETTLED)
    if settled:
        st.subheader("Earlier plans", anchor=False)
    for number, plan in enumerate(settled):
        title = " · ".join(one.question for one in plan.goals)
        ended = "" if plan.settled_at is None else f" {day(plan.settled_at.date())}"
        state = f"{STATE_WORDS[plan.state]}{ended}"
        # Where nothing else is to be read, what came of the last one is.
        with st.expander(f"{state}: {literal(title)}", icon=":material/inventory_2:", expanded=not plans and number == 0):
            _one(asker, plan)
    _consent(asker)


def _one(asker: Asker, plan: Plan) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        waits = ":orange-badge[:material/hourglass_empty: Waits for your answer]"
        state = waits if plan.state is PlanState.OFFERED else STATES[plan.state]
        began = "began" if plan.starts_on <= today() else "begins"
        st.markdown(f"{state} With {literal(plan.coach)}, {began} {day(plan.starts_on)}")
        if plan.words:
            st.markdown(f"**What {literal(plan.coach)} says**  \n{literal(plan.words)}")
        show_goals(plan, data_plans.effects_of(asker, plan), asker)
        show_actions(plan)
        show_talks(plan)
    with right:
        if plan.state.is_open:
            _answer(plan)
        elif plan.agent_view:
            st.markdown(f"**What you said**  \n{literal(plan.agent_view)}")
        show_history(plan)


def _answer(plan: Plan) -> None:
    offered = plan.state is PlanState.OFFERED
    with st.form(f"answer {plan.id}"):
        st.markdown("**Your view**")
        view = st.text_area(
            "What you think of it",
            plan.agent_view,
            placeholder="What fits, what does not, what you would rather practise; your coach reads it",
        )
        confirms = st.form_submit_button("I confirm this plan", type="primary") if offered else False
        says = st.form_submit_button("Send my view")
        if offered:
            st.caption("Confirming says that you have read it and will work with it. Your scores do not change by it.")
    if confirms:
        do_and_say(
            lambda: data_plans.confirm(access.required_asker(Right.ANSWER_PLANS), plan.id, view),
            "Confirmed. Your coach sees it.",
        )
    if says:
        do_and_say(
            lambda: data_plans.say(access.required_asker(Right.ANSWER_PLANS), plan.id, view),
            "Said. Your coach reads it.",
        )


def _consent(asker: Asker) -> None:
    st.subheader("Your calls as examples", anchor=False)
    given = data_plans.consents(asker)
    wanted = st.toggle(
        "Words of mine that went well may be shown to colleagues as examples",
        value=given,
        key=f"consent {given}",
        help="Only your own words in that moment, without your name and the recording. You can take it back at any time.",
    )
    if wanted is not given and attempt(lambda: data_plans.set_consent(access.required_asker(Right.ANSWER_PLANS), wanted)):
        st.rerun()


if __name__ == "__main__":
    show()
