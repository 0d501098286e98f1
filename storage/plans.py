"""What happens to a coaching plan: who drafts, changes, offers, confirms, holds a talk, finishes or stops it?

A coach makes plans for the agents who are in their teams today, who manages quality for anybody. The agent sees a plan once
it is offered, says what they think of it, confirms it and ticks off what is done. Whatever anybody changes is a step with
their name, that is kept. The rules themselves are those of `coaching.plans`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coaching.plans import NEXT, Action, ClipKind, Goal, PlanState, PlanStep, on_days, why_not_goals, working_day
from errors import NotAllowed, StorageError
from storage import clock
from storage.access import Asker, blind_calls, may, teams_of_organisation, visible_calls
from storage.authorship import user_id
from storage.desk import coaching_done
from storage.plan_lists import visible_plans
from storage.plan_material import Moment, moments, template
from storage.plan_tables import CoachingPlanRow, PlanActionRow, PlanClipRow, PlanGoalRow, PlanSessionRow, PlanStepRow
from storage.queries.conditions import Definitions
from storage.roles import Reach, Right, reach
from storage.tables import AgentRow, CallRow

MOST_LETTERS = 4_000
"""As long as notes, a view or any other words in a plan can be."""

FIRST_TALK_DAYS = 1
"""A drafted plan has its first talk on the working day after it begins."""


# Making and changing


def draft(
    session: Session,
    asker: Asker,
    agent_id: int,
    goals: Sequence[Goal],
    starts_on: date,
    words: str = "",
    request_id: int | None = None,
) -> int:
    """Draft a plan for an agent from these goals, with actions, moments of calls and a first talk; the plan's id.

    request_id: the request for coaching that it answers, which is seen to by this.
    Raises NotAllowed where the asker does not coach this agent, StorageError where the goals cannot be a plan's, or another
    open plan of the agent has one of them.
    """
    _check_coaches(session, asker, agent_id)
    if why_not := why_not_goals(goals, starts_on):
        raise StorageError(why_not)
    _check_free(session, agent_id, goals, None)
    now, author = clock.now(), asker.signature
    plan = CoachingPlanRow(
        agent_id=agent_id,
        coach_id=user_id(session, asker),
        coach=author,
        state=PlanState.DRAFT.value,
        words=_words(words),
        starts_on=starts_on,
        agent_view="",
        made_at=now,
    )
    session.add(plan)
    session.flush()
    _put_goals(session, plan.id, goals)
    seen: set[str] = set()
    for goal in goals:
        actions = on_days(template(session, asker, goal.scorecard, goal.criterion).actions, starts_on)
        for one in actions:
            if one.words not in seen:  # listening together is said once, however many goals it serves
                _put_action(session, plan.id, one)
            seen.add(one.words)
        for moment in moments(session, asker, agent_id, goal.scorecard, goal.criterion, until=starts_on):
            _put_clip(session, plan.id, goal.about, moment, author)
    first = working_day(date.fromordinal(starts_on.toordinal() + FIRST_TALK_DAYS))
    session.add(PlanSessionRow(plan_id=plan.id, planned_for=first, notes=""))
    _step(session, asker, plan.id, PlanStep.DRAFTED)
    if request_id is not None:
        coaching_done(session, asker, request_id)
    session.flush()
    return plan.id


def revise(
    session: Session,
    asker: Asker,
    plan_id: int,
    seen: int,
    *,
    words: str,
    starts_on: date,
    goals: Sequence[Goal],
    actions: Sequence[tuple[int | None, Action]],
) -> None:
    """Change a plan: what the coach says, when it begins, its goals, and its actions (with their ids; None for a new one).

    Actions that are left out are taken out. Where a confirmed plan's goals change, the agent is asked to confirm it again.
    seen: the id of the last step that the editor has in sight.
    Raises NotAllowed where it is not theirs to change, StorageError where somebody else changed it in the meantime, where it
    is over, and where the goals cannot be a plan's.
    """
    plan = _coached(session, asker, plan_id)
    last = session.execute(
        select(PlanStepRow.id, PlanStepRow.author).where(PlanStepRow.plan_id == plan_id).order_by(PlanStepRow.id.desc())
    ).first()
    if last is not None and last.id > seen:
        raise StorageError(f"{last.author} has changed this plan in the meantime; load the page again.")
    if why_not := why_not_goals(goals, starts_on):
        raise StorageError(why_not)
    if not all(action.words.strip() for _, action in actions):
        raise StorageError("Each action says what to do.")
    _check_free(session, plan.agent_id, goals, plan_id)
    changed = []
    if _words(words) != plan.words:
        changed.append("what the coach says")
        plan.words = _words(words)
    if starts_on != plan.starts_on:
        changed.append(f"begins {plan.starts_on.isoformat()} → {starts_on.isoformat()}")
        plan.starts_on = starts_on
    of_goals = _change_goals(session, plan, goals)
    changed += of_goals + _change_actions(session, plan, actions)
    if not changed:
        return
    if of_goals and plan.state in (PlanState.CONFIRMED, PlanState.RUNNING):
        plan.state, plan.confirmed_at = PlanState.OFFERED.value, None
        changed.append("the agent is asked to confirm again")
    _step(session, asker, plan_id, PlanStep.CHANGED, "; ".join(changed))


def _change_goals(session: Session, plan: CoachingPlanRow, goals: Sequence[Goal]) -> list[str]:
    rows = session.scalars(select(PlanGoalRow).where(PlanGoalRow.plan_id == plan.id).order_by(PlanGoalRow.position)).all()
    before = {f"{row.scorecard}/{row.criterion}": row for row in rows}
    after = {goal.about: goal for goal in goals}
    definitions = Definitions(session, {row.scorecard for row in rows} | {goal.scorecard for goal in goals})
    try:
        asked = {about: definitions.criterion(*about.split("/", 1)).question for about in {*before, *after}}
    except KeyError as missing:
        raise StorageError(f"There is no question {missing} in that scorecard.") from missing
    changed = [f"goal “{asked[about]}” taken out" for about in before if about not in after]
    for about, goal in after.items():
        row = before.get(about)
        if row is None:
            changed.append(f"goal “{asked[about]}” added")
        elif round(row.rate_to, 4) != round(goal.rate_to, 4) or row.by != goal.by:
            was, now = (
                f"{100 * row.rate_to:.0f} % by {row.by.isoformat()}",
                f"{100 * goal.rate_to:.0f} % by {goal.by.isoformat()}",
            )
            changed.append(f"goal “{asked[about]}”: {was} → {now}")
    if changed:
        session.execute(delete(PlanGoalRow).where(PlanGoalRow.plan_id == plan.id))
        session.expire_all()
        _put_goals(session, plan.id, goals)
        session.refresh(plan)
    return changed


def _change_actions(session: Session, plan: CoachingPlanRow, actions: Sequence[tuple[int | None, Action]]) -> list[str]:
    rows = {row.id: row for row in session.scalars(select(PlanActionRow).where(PlanActionRow.plan_id == plan.id))}
    changed = []
    kept = {action_id for action_id, _ in actions}
    for row in rows.values():
        if row.id not in kept:
            changed.append(f"action taken out: {row.words}")
            session.delete(row)
    for action_id, action in actions:
        if action_id is None:
            changed.append(f"action added: {action.words.strip()}")
            _put_action(session, plan.id, action)
            continue
        if action_id not in rows:
            raise StorageError("An action of this plan is no longer there; load the page again.")
        row = rows[action_id]
        if (row.kind, row.words, row.due) != (action.kind.value, action.words.strip(), action.due):
            changed.append(f"action: {row.words}, {row.due.isoformat()} → {action.words.strip()}, {action.due.isoformat()}")
            row.kind, row.words, row.due = action.kind.value, _words(action.words), action.due
    session.flush()
    return changed


# Its way


def offer(session: Session, asker: Asker, plan_id: int) -> None:
    """Show the plan to the agent. Raises NotAllowed where it is not theirs to offer, StorageError where it was already."""
    plan = _coached(session, asker, plan_id)
    _move(session, asker, plan, PlanState.OFFERED, PlanStep.OFFERED)
    plan.offered_at = clock.now()
    session.flush()


def say(session: Session, asker: Asker, plan_id: int, view: str) -> None:
    """The agent says what they think of the plan. Raises NotAllowed for others, StorageError without a word."""
    plan = _own(session, asker, plan_id)
    if not (said := _words(view)):
        raise StorageError("Your view has some words.")
    plan.agent_view = said
    _step(session, asker, plan_id, PlanStep.VIEWED, said)


def confirm(session: Session, asker: Asker, plan_id: int, view: str = "") -> None:
    """The agent confirms an offered plan, with their view of it where they say one.

    Raises NotAllowed for others than its agent, StorageError where it is not offered.
    """
    plan = _own(session, asker, plan_id)
    _move(session, asker, plan, PlanState.CONFIRMED, PlanStep.CONFIRMED, _words(view))
    plan.confirmed_at = clock.now()
    plan.agent_view = _words(view) or plan.agent_view
    session.flush()


def begin(session: Session, asker: Asker, plan_id: int) -> None:
    """A confirmed plan is under way. Raises NotAllowed where it is not theirs to say, StorageError where it cannot begin."""
    _move(session, asker, _coached(session, asker, plan_id), PlanState.RUNNING, PlanStep.BEGUN)


def finish(session: Session, asker: Asker, plan_id: int, words: str = "") -> None:
    """The plan is done. Raises NotAllowed where it is not theirs to say, StorageError where it was not confirmed."""
    _settle(session, asker, plan_id, PlanState.DONE, PlanStep.DONE, words)


def stop(session: Session, asker: Asker, plan_id: int, words: str) -> None:
    """The plan ends early. Raises NotAllowed where it is not theirs to say, StorageError without a reason."""
    if not _words(words):
        raise StorageError("Say in a few words why the plan ends early.")
    _settle(session, asker, plan_id, PlanState.STOPPED, PlanStep.STOPPED, words)


def _settle(session: Session, asker: Asker, plan_id: int, state: PlanState, step: PlanStep, words: str) -> None:
    plan = _coached(session, asker, plan_id)
    _move(session, asker, plan, state, step, _words(words))
    plan.settled_at = clock.now()
    session.flush()


def tick(session: Session, asker: Asker, plan_id: int, action_id: int, done: bool) -> None:
    """An action is done, or not after all, by the word of the coach or of the agent; again changes nothing.

    Raises NotAllowed where the plan is not theirs, StorageError where it is over or has no such action.
    """
    plan = _open(session, asker, plan_id)
    row = session.get(PlanActionRow, action_id)
    if row is None or row.plan_id != plan.id:
        raise StorageError("There is no such action in this plan; load the page again.")
    if done is (row.done_at is not None):
        return
    row.done_at, row.done_by = (clock.now(), asker.signature) if done else (None, "")
    _step(session, asker, plan_id, PlanStep.ACTION_DONE if done else PlanStep.ACTION_OPEN, row.words)


# Talks


def plan_session(session: Session, asker: Asker, plan_id: int, day: date) -> int:
    """Plan a talk for a day; its id. Raises NotAllowed where the plan is not theirs, StorageError where it is over."""
    _coached(session, asker, plan_id)
    row = PlanSessionRow(plan_id=plan_id, planned_for=day, notes="")
    session.add(row)
    _step(session, asker, plan_id, PlanStep.SESSION_PLANNED, day.isoformat())
    return row.id


def hold_session(
    session: Session, asker: Asker, plan_id: int, session_id: int, held_on: date, notes: str, clips: Sequence[int] = ()
) -> None:
    """Write down a talk that was held: when, what was said, and which of the plan's moments were listened to.

    A confirmed plan is under way with its first talk. Raises NotAllowed where the plan is not theirs, StorageError without
    notes, and where it has no such talk or moment.
    """
    plan = _coached(session, asker, plan_id)
    row = session.get(PlanSessionRow, session_id)
    if row is None or row.plan_id != plan_id:
        raise StorageError("There is no such talk in this plan; load the page again.")
    if not (said := _words(notes)):
        raise StorageError("Write down in a few words what was agreed; the agent reads it too.")
    row.held_on, row.notes = held_on, said
    for clip_id in clips:
        clip = session.get(PlanClipRow, clip_id)
        if clip is None or clip.plan_id != plan_id or clip.removed_at is not None:
            raise StorageError("There is no such moment in this plan; load the page again.")
        clip.session_id = session_id
    _step(session, asker, plan_id, PlanStep.SESSION_HELD, held_on.isoformat())
    if plan.state == PlanState.CONFIRMED:
        _move(session, asker, plan, PlanState.RUNNING, PlanStep.BEGUN)


# Moments of calls


def add_clip(session: Session, asker: Asker, plan_id: int, about: str, moment: Moment) -> int:
    """Put a moment of a call into a plan; its id. `about` is one of the plan's goals.

    The agent's own calls show where it went well or was missed; anybody else's are a colleague's example, which the agent
    reads while that colleague lets it be shown. Raises NotAllowed where the plan is not theirs, StorageError where the call
    is not theirs to see, the stretch is not in it, or there is no such goal.
    """
    plan = _coached(session, asker, plan_id)
    call = session.execute(
        select(CallRow.agent_id, CallRow.duration_seconds).where(
            CallRow.id == moment.call_id, visible_calls(asker), CallRow.id.not_in(blind_calls(asker))
        )
    ).one_or_none()
    if call is None:
        raise StorageError("There is no such call, or it is not yours to see.")
    if (moment.kind is ClipKind.COLLEAGUE) is (call.agent_id == plan.agent_id):
        raise StorageError("The agent's own calls show where it went well or was missed; others' are colleagues' examples.")
    if moment.start is not None and not 0 <= moment.start <= call.duration_seconds + 1:
        raise StorageError("The moment is not in the call: it is shorter than that.")
    goals = session.execute(select(PlanGoalRow.scorecard, PlanGoalRow.criterion).where(PlanGoalRow.plan_id == plan_id))
    if about not in {f"{scorecard}/{criterion}" for scorecard, criterion in goals}:
        raise StorageError("A moment is about one of the plan's goals.")
    row = _put_clip(session, plan_id, about, moment, asker.signature)
    _step(session, asker, plan_id, PlanStep.CLIP_ADDED)
    return row.id


def remove_clip(session: Session, asker: Asker, plan_id: int, clip_id: int) -> None:
    """Take a moment out of a plan. Raises NotAllowed where the plan is not theirs, StorageError where it has none such."""
    _coached(session, asker, plan_id)
    row = session.get(PlanClipRow, clip_id)
    if row is None or row.plan_id != plan_id or row.removed_at is not None:
        raise StorageError("There is no such moment in this plan; load the page again.")
    row.removed_at = clock.now()
    _step(session, asker, plan_id, PlanStep.CLIP_REMOVED)


# What all of them need


def why_not_coach(session: Session, asker: Asker, agent_id: int) -> str:
    """A sentence that says why the asker makes no plans for this agent; empty where they do."""
    how_far = reach(asker.role, Right.COACH)
    if how_far is Reach.NOTHING:
        return "Coaches and quality managers make coaching plans."
    team = session.execute(select(AgentRow.team_id).where(AgentRow.id == agent_id)).one_or_none()
    if team is None or (how_far is Reach.TEAMS and team.team_id not in _coached_teams(session, asker)):
        return "There is no such agent in your teams."
    return ""


def _coached_teams(session: Session, asker: Asker) -> frozenset[int]:
    """The teams of a coach; of one of a partner those that are still the partner's."""
    if asker.organisation_id is None:
        return asker.team_ids
    return asker.team_ids & frozenset(session.scalars(teams_of_organisation(asker.organisation_id)))


def _check_coaches(session: Session, asker: Asker, agent_id: int) -> None:
    if why_not := why_not_coach(session, asker, agent_id):
        raise NotAllowed(why_not)


def _open(session: Session, asker: Asker, plan_id: int) -> CoachingPlanRow:
    """The row of an open plan that the asker may see, which nobody else changes until the transaction ends."""
    row = session.scalar(
        select(CoachingPlanRow)
        .where(CoachingPlanRow.id == plan_id, visible_plans(asker))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotAllowed("There is no such plan, or it is not yours.")
    if not PlanState(row.state).is_open:
        raise StorageError("This plan is over.")
    return row


def _coached(session: Session, asker: Asker, plan_id: int) -> CoachingPlanRow:
    row = _open(session, asker, plan_id)
    _check_coaches(session, asker, row.agent_id)
    return row


def _own(session: Session, asker: Asker, plan_id: int) -> CoachingPlanRow:
    row = _open(session, asker, plan_id)
    if not may(asker, Right.ANSWER_PLANS):
        raise NotAllowed("The agent whom the plan is for says this themselves.")
    return row


def _check_free(session: Session, agent_id: int, goals: Sequence[Goal], plan_id: int | None) -> None:
    """No other open plan of the agent has one of these goals: two at once could not be told apart afterwards."""
    states = [state.value for state in PlanState if state.is_open]
    taken = session.execute(
        select(PlanGoalRow.scorecard, PlanGoalRow.criterion)
        .join(CoachingPlanRow, PlanGoalRow.plan_id == CoachingPlanRow.id)
        .where(CoachingPlanRow.agent_id == agent_id, CoachingPlanRow.state.in_(states), CoachingPlanRow.id != (plan_id or 0))
    )
    if {f"{scorecard}/{criterion}" for scorecard, criterion in taken} & {goal.about for goal in goals}:
        raise StorageError("The agent has an open plan with this goal already.")


def _move(session: Session, asker: Asker, plan: CoachingPlanRow, state: PlanState, step: PlanStep, words: str = "") -> None:
    if state not in NEXT[PlanState(plan.state)]:
        raise StorageError(f"A plan that is {plan.state} cannot become {state.value}; load the page again.")
    plan.state = state.value
    _step(session, asker, plan.id, step, words)


def _step(session: Session, asker: Asker, plan_id: int, step: PlanStep, words: str = "") -> None:
    session.add(
        PlanStepRow(
            plan_id=plan_id,
            step=step.value,
            author_id=user_id(session, asker),
            author=asker.signature,
            at=clock.now(),
            words=words,
        )
    )
    session.flush()


def _put_goals(session: Session, plan_id: int, goals: Sequence[Goal]) -> None:
    for position, goal in enumerate(goals):
        values: dict[str, Any] = {
            name: getattr(goal, name) for name in ("scorecard", "criterion", "rate_from", "low", "high")
        }
        session.add(
            PlanGoalRow(plan_id=plan_id, position=position, **values, calls=goal.calls, rate_to=goal.rate_to, by=goal.by)
        )
    session.flush()


def _put_action(session: Session, plan_id: int, action: Action) -> None:
    kind, words = action.kind.value, _words(action.words)
    session.add(PlanActionRow(plan_id=plan_id, kind=kind, words=words, due=action.due, done_by=""))


def _put_clip(session: Session, plan_id: int, about: str, moment: Moment, author: str) -> PlanClipRow:
    row = PlanClipRow(
        plan_id=plan_id,
        about=about,
        kind=moment.kind.value,
        call_id=moment.call_id,
        turn=moment.turn,
        start_seconds=moment.start,
        end_seconds=moment.end,
        quote=moment.quote,
        note=_words(moment.note),
        author=author,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def _words(text: str) -> str:
    words = text.strip()
    if len(words) > MOST_LETTERS:
        raise StorageError(f"That is longer than {MOST_LETTERS} letters; say it in fewer.")
    return words
