"""What have the people of the demonstration done before anybody looks: reviewed, disputed, calibrated, coached, mended?

An empty room shows nothing of what it is for. So the invented people have worked for some weeks: by the functions that the
pages call, on the sample calls, each step dated by `storage.clock`. What a reviewer answers is what was planted in a written
call, and where nothing was planted what the machine found; so what the pages make of it (how right the machine is, whether
coaching worked, what an action brought about, whether scores go with customers' answers) is measured on these calls and not
made up. All of it is one transaction: it is there whole, or not at all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from coaching.gaps import Rate, rates
from coaching.interrupted import FEWEST_BEFORE
from coaching.plans import Action, ActionKind, Goal, TemplateAction, draft_goal, working_day
from pipeline.demo_cases import import_answers
from pipeline.demo_people import AGENTS, COACH, PEOPLE, QUALITY, REVIEWERS
from pipeline.dispute import rules as dispute_rules
from samples.written.answers import CustomerCase
from samples.written.truth import planted_truth
from scorecards.answers import AnswerType
from scorecards.definition import Criterion
from scoring.alerts import AlertKind
from scoring.result import CriterionResult, Verdict
from settings import settings
from storage import (
    alert_desk,
    calibration,
    causes,
    clock,
    desk,
    dispute_lists,
    disputes,
    plan_lists,
    plan_material,
    plans,
    queries,
    repository,
    review_queue,
)
from storage.access import SYSTEM, Asker
from storage.causes import CauseDraft, CauseState
from storage.database import transaction
from storage.records import CallFilter, StoredEvaluation
from storage.review_fill import fill
from storage.review_queue import BlindAnswer
from storage.review_rules import rules, save_rule, usual_rules

Truth = Mapping[str, Mapping[tuple[str, str], bool]]
"""By call: whether a question, by scorecard and criterion, is truly met, where that was planted."""

WEEKS_REVIEWED = 2
"""Weeks before this one in which calls were drawn for review."""

DAYS_OF_ALERTS = 4
"""Alerts that were raised within so many days are still open."""

WEEKS = planted_truth().weeks
"""The sample calls are of so many weeks before today."""

EVIDENCE = 5
"""So many conversations are under each cause."""

MOST_ALERTS = 1_000
DONE = {
    AlertKind.UNANSWERED: "The customer was written to.",
    AlertKind.LEAVING: "We rang the customer, and talked about what had gone wrong.",
    AlertKind.DISTRESS: "We rang the customer to hear how they are.",
    AlertKind.FAILURE: "Listened to, and talked over with the agent.",
}


def tell(engine: Engine, today: date, truth: Truth, cases: Sequence[CustomerCase] = ()) -> bool:
    """Let the people of the demonstration have worked until today; False where they have. Calls and people are stored.

    cases: what the customer system says of their customers.
    """
    with transaction(engine) as session:
        if rules(session, SYSTEM):
            return False
        story = _Story(session, today, truth, _askers(session))
        story.consent()
        story.review()
        story.dispute()
        story.calibrate()
        story.coach()
        story.see_to_alerts()
        story.ask_customers(cases)
        story.mend_causes()
    return True


def _askers(session: Session) -> Mapping[str, Asker]:
    found = {person.name: queries.user_by_email(session, person.email) for person in PEOPLE}
    return {name: record.asker for name, record in found.items() if record is not None}


@dataclass(frozen=True)
class _Story:
    session: Session
    today: date
    truth: Truth
    people: Mapping[str, Asker]

    # Time

    @property
    def monday(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    @property
    def lately(self) -> date:
        """The last working day before today."""
        return _back(self.today - timedelta(days=1))

    def on(self, day: date, hour: int = 9, minute: int = 0) -> AbstractContextManager[None]:
        """What is done within this happened on that day, if that has been; else just now."""
        return clock.at(min(datetime.combine(day, time(hour, minute), UTC), datetime.now(UTC)))

    # What somebody who listens would answer

    def verdict(self, call_id: str, scorecard: str, found: CriterionResult) -> Verdict:
        """The planted truth, else what the machine found, and where it is unsure what it leans to."""
        planted = self.truth.get(call_id, {}).get((scorecard, found.criterion))
        if planted is not None:
            return Verdict.MET if planted else Verdict.NOT_MET
        if found.verdict is Verdict.UNSURE:
            return Verdict.MET if (found.probability or 0) >= 0.5 else Verdict.NOT_MET
        return found.verdict

    def evaluations(self, call_id: str) -> Sequence[StoredEvaluation]:
        return repository.load_evaluations(self.session, call_id)

    def latest_calls(self, agent_id: int | None, first: date, last: date, scorecard: str | None = None) -> list[str]:
        """The written calls of those days, the latest first: recordings are left for whoever looks at the demonstration."""
        agents = () if agent_id is None else (agent_id,)
        wanted = CallFilter(start=first, end=last, agent_ids=agents, scorecard=scorecard)
        return [one for one in queries.calls(self.session, SYSTEM, wanted).call_id if one in self.truth]

    # Alerts

    def see_to_alerts(self) -> None:
        """What was raised before the last days was seen to on the next working day; the rest waits for whoever looks."""
        manager = self.people[QUALITY.name]
        before = datetime.combine(self.today - timedelta(days=DAYS_OF_ALERTS), time(), UTC)
        for alert in alert_desk.list_alerts(self.session, manager, limit=MOST_ALERTS):
            if alert.raised_at < before:
                with self.on(working_day(alert.raised_at.date() + timedelta(days=1)), 9, alert.id % 60):
                    alert_desk.take(self.session, manager, alert.id)
                with self.on(working_day(alert.raised_at.date() + timedelta(days=1)), 14, alert.id % 60):
                    alert_desk.close(self.session, manager, alert.id, DONE[alert.kind])

    # Customers

    def ask_customers(self, cases: Sequence[CustomerCase]) -> None:
        """The customer system's cases were taken in, with what their customers answered."""
        with self.on(self.lately, 7):
            import_answers(self.session, self.people[QUALITY.name], cases)

    def mend_causes(self) -> None:
        """Three causes are on the board: one that was mended as long ago as leaves enough weeks before and after to work out
        what that brought about, one of which it is agreed what to do, and one that was just found."""
        first = self.today - timedelta(weeks=WEEKS)
        works = first + timedelta(days=-first.weekday() % 7, weeks=FEWEST_BEFORE)
        steps = (
            (works, (CauseState.FOUND, CauseState.AGREED, CauseState.DONE)),
            (self.lately - timedelta(weeks=2), (CauseState.FOUND, CauseState.AGREED)),
            (self.lately, (CauseState.FOUND,)),
        )
        for cause, (last, states) in zip(_CAUSES, steps, strict=True):
            self._mend(cause, last, states)

    def _mend(self, cause: CauseDraft, last: date, states: Sequence[CauseState]) -> None:
        """Let a cause have come through these states, the last of them on that day, a week for each."""
        mira = self.people[QUALITY.name]
        number = 0
        for place, state in enumerate(states):
            day = last - timedelta(weeks=len(states) - 1 - place)
            with self.on(working_day(day), 14):
                if not number:
                    found = CauseDraft(cause.title, cause.reason, cause.description)
                    number = causes.add_cause(self.session, mira, found, self._evidence(mira, cause.reason, day))
                elif state is CauseState.AGREED:
                    causes.change_cause(self.session, mira, number, replace(cause, state=state))
                else:
                    causes.change_cause(self.session, mira, number, replace(cause, state=state, acted_on=last))

    def _evidence(self, asker: Asker, reason: str, until: date) -> list[str]:
        """The latest conversations about this until that day."""
        wanted = CallFilter(end=until - timedelta(days=1))
        return list(queries.reason_calls(self.session, asker, wanted, reason, limit=EVIDENCE).call_id)

    # Reviews

    def review(self) -> None:
        """The usual rules drew calls every Monday, and reviewers have kept up: what was due before today is done."""
        for weeks in range(WEEKS_REVIEWED, -1, -1):
            monday = self.monday - timedelta(weeks=weeks)
            with self.on(monday, 6):
                if weeks == WEEKS_REVIEWED:
                    for rule in usual_rules(monday):
                        save_rule(self.session, SYSTEM, rule)
                fill(self.session, monday)
            for reviewer in REVIEWERS:
                self._review_all(self.people[reviewer.name], monday)
        fill(self.session, self.today)

    def _review_all(self, reviewer: Asker, monday: date) -> None:
        waits = [one for one in review_queue.assignments(self.session, reviewer) if one.due < self.today]
        for number, given in enumerate(waits):
            with self.on(monday + timedelta(days=number % 5), 10 + number // 5 % 7, 7 * number % 60):
                stored = {one.scorecard.id: one for one in self.evaluations(given.call_id)}
                review_queue.start(self.session, reviewer, given.id)
                if given.blind:
                    self._answer_blind(reviewer, given.id, stored)
                    continue
                for card in given.scorecards:
                    self._correct(reviewer, stored[card])
                review_queue.finish(self.session, reviewer, given.id)

    def _answer_blind(self, reviewer: Asker, assignment_id: int, stored: Mapping[str, StoredEvaluation]) -> None:
        for card in review_queue.blind_cards(self.session, reviewer, assignment_id):
            evaluation = stored[card.scorecard.id]
            for criterion, result_id in card.result_ids.items():
                found = evaluation.machine.result(criterion)
                verdict = self.verdict(evaluation.machine.call_id, card.scorecard.id, found)
                review_queue.answer_blind(self.session, reviewer, assignment_id, result_id, BlindAnswer(verdict))
        review_queue.finish_blind(self.session, reviewer, assignment_id)

    def _correct(self, reviewer: Asker, evaluation: StoredEvaluation) -> None:
        """Decide what waits for a person, and change what is wrong."""
        card = evaluation.scorecard
        for _, criterion in card:
            found = evaluation.current.result(criterion.id)
            right = self.verdict(evaluation.current.call_id, card.id, found)
            if found.if_asked is None and found.verdict is not Verdict.NOT_APPLICABLE and right is not found.verdict:
                waited = found.verdict is Verdict.UNSURE
                why = "Decided after listening." if waited else _HEARD if right is Verdict.MET else _NOT_HEARD
                repository.add_override(self.session, reviewer, evaluation.result_ids[criterion.id], right, why)

    # Disputes

    def dispute(self) -> None:
        """Agents have read scorecards of theirs and dispute answers: one was wrong, one right, and some are not decided."""
        days = self.today - timedelta(days=12), self.today - timedelta(days=2)
        nadia, amy, *others = (self.people[agent.name] for agent in AGENTS)
        for asker in (nadia, amy):
            for place, call_id in enumerate(self.latest_calls(asker.agent_id, *days)[:3]):
                for evaluation in self.evaluations(call_id)[:2]:
                    with self.on(_back(days[1]), 8, 5 * place):
                        disputes.acknowledge(self.session, asker, evaluation.id, "")
        wrong = [(asker, result) for asker in (nadia, *others) for result in self._disputable(asker, *days, wrong=True)[:1]]
        for asker, result in wrong[:2]:
            self._dispute(asker, result, "I did say that; please listen once more.", Verdict.MET)
        decisions = (Verdict.NOT_MET, None)
        for result, decision in zip(self._disputable(nadia, *days, wrong=False), decisions, strict=False):
            self._dispute(nadia, result, "I thought I had done so; where is it missing?", decision)
        for result in self._disputable(amy, *days, wrong=False)[:1]:
            self._dispute(amy, result, "That was meant as advice; I would like somebody to listen to how I said it.", None)

    def _disputable(self, asker: Asker, first: date, last: date, *, wrong: bool) -> list[int]:
        """Answers "not met" of an agent's calls that are wrong by what was planted, or right: ids of results."""
        found = []
        for call_id in self.latest_calls(asker.agent_id, first, last):
            for evaluation in self.evaluations(call_id):
                for result in evaluation.current.results:
                    planted = self.truth[call_id].get((evaluation.scorecard.id, result.criterion))
                    machines = result.verdict is Verdict.NOT_MET and result.criterion not in evaluation.overrides
                    if machines and planted is wrong:
                        found.append(evaluation.result_ids[result.criterion])
        return found

    def _dispute(self, asker: Asker, result_id: int, reason: str, decision: Verdict | None) -> None:
        """decision: what whoever decides hears; None while nobody has decided."""
        with self.on(_back(self.lately - timedelta(days=1)), 11):
            number = disputes.raise_dispute(self.session, asker, dispute_rules(), result_id, reason)
        if decision is None:
            return
        deciders = [self.people[person.name] for person in (*REVIEWERS, QUALITY)]
        decider = next(
            one for one in deciders if number in {held.id for held in dispute_lists.waiting_for(self.session, one)}
        )
        upheld = decision is Verdict.MET
        words = "You are right: it is said, in other words." if upheld else "I listened twice and did not hear it."
        with self.on(self.lately, 15):
            disputes.decide(self.session, decider, dispute_rules(), number, decision if upheld else None, words)

    # Calibration

    def calibrate(self) -> None:
        """Everybody judged the same calls two weeks ago, and has others to judge now, which one has finished."""
        last = self.monday - timedelta(weeks=2)
        number = self._begin("How we hear empathy", "empathy", 5, last, QUALITY.name)
        for day, name in enumerate((*(one.name for one in REVIEWERS), QUALITY.name)):
            with self.on(last + timedelta(days=day), 14):
                self._judge(number, self.people[name])
        number = self._begin("How we hear listening", "listening", 3, _back(self.lately - timedelta(days=3)), None)
        with self.on(self.lately, 8):
            self._judge(number, self.people[REVIEWERS[1].name])
            self._judge(number, self.people[REVIEWERS[0].name], calls=1)

    def _begin(self, title: str, scorecard: str, calls: int, day: date, expert: str | None) -> int:
        ids = self.latest_calls(None, day - timedelta(weeks=2), day - timedelta(days=1), scorecard)[:calls]
        members = [self.people[one.name].user_id for one in REVIEWERS]
        due, expert_id = day + timedelta(days=11), self.people[expert].user_id if expert else None
        with self.on(day, 8):
            return calibration.begin(self.session, self.people[QUALITY.name], title, scorecard, ids, members, due, expert_id)

    def _judge(self, number: int, asker: Asker, calls: int | None = None) -> None:
        """Answer as the person is: the first reviewer strictly, the second leniently, and all unlike each other in one
        question, whose words leave room."""
        found = calibration.find_calibration(self.session, asker, number)
        if found is None:
            raise LookupError(f"The calibration {number} was begun a moment ago.")
        unclear = found.scorecard.sections[0].criteria[0].id
        for call_id in found.call_ids[:calls]:
            (machine,) = [one.machine for one in self.evaluations(call_id) if one.scorecard.id == found.scorecard.id]
            for _, criterion in found.scorecard:
                verdict = self.verdict(call_id, found.scorecard.id, machine.result(criterion.id))
                chance = Random(f"{asker.name}|{call_id}|{criterion.id}").random()
                verdict = _as_heard_by(asker.name, verdict, chance, criterion.id == unclear)
                calibration.answer(self.session, asker, number, call_id, criterion.id, _said(criterion, verdict))
        if calls is None:
            calibration.finish(self.session, asker, number)

    # Coaching

    def consent(self) -> None:
        """Priya Nair lets colleagues read words of hers that went well."""
        with self.on(working_day(self.today - timedelta(weeks=10)), 13):
            plan_material.set_consent(self.session, self.people["Priya Nair"], True)

    def coach(self) -> None:
        """Plans at every stage: three that are over, one under way, one that waits for its agent, and a draft."""
        conrad, mira = self.people[COACH.name], self.people[QUALITY.name]
        began = working_day(self.today - timedelta(weeks=7))
        with self.on(began - timedelta(days=7), 10):
            plan_material.save_template(self.session, conrad, "listening", "open_question", _OPEN_QUESTIONS)
        over = self._confirmed(
            conrad,
            "Nadia Osei",
            [("listening", "open_question"), ("listening", "reflects")],
            began,
            "You are good company on the phone. Let the customer tell it first, then say back what you heard.",
            "Fair. I notice that I ask yes-or-no questions when it is busy.",
        )
        self._hold(
            conrad, over, began, "Heard two calls. From now on the first question begins with what or how.", ended=True
        )
        self._finish(conrad, over, "The opening question has become a habit.")
        began = working_day(self.today - timedelta(weeks=6))
        for agent, kind in (("Grace Whitlock", ActionKind.SIDE_BY_SIDE), ("Daniel Marsh", ActionKind.ROLE_PLAY)):
            about = self._lowest(conrad, self._agent_id(agent), "compliance", until=began - timedelta(days=1))
            number = self._confirmed(conrad, agent, [about], began, "Let us look at this together.", "All right.", kind)
            self._hold(conrad, number, began, "Heard two calls together and agreed what to try.", ended=True)
            self._finish(conrad, number, "The weeks are over; let us look at what came of it.")
        began = working_day(self.today - timedelta(weeks=3))
        running = self._confirmed(
            conrad,
            "Tom Fairley",
            [("compliance", "next_step"), ("compliance", "anything_else")],
            began,
            "The ends of your calls have become short. One sentence on what happens next is enough.",
            "It is the new queue, calls come one after the other. I will try.",
        )
        self._hold(conrad, running, began, "Agreed on a closing sentence of his own.", ended=False)
        with self.on(self.lately, 8):
            plans.plan_session(self.session, conrad, running, working_day(self.today + timedelta(days=3)))
        soon = working_day(self.today + timedelta(days=2))
        with self.on(self.lately, 16):
            offered = self._draft(
                mira, "Amy Kowalski", [("collections", "no_threats")], soon, "Firm is fine, threats are not."
            )
            plans.offer(self.session, mira, offered)
        with self.on(self.lately, 8, 30):
            self._draft(conrad, "Hannah Cole", [("compliance", "hold_explained")], soon, "")
        self._point_out()

    def _draft(self, coach: Asker, agent: str, about: Sequence[tuple[str, str]], starts_on: date, words: str) -> int:
        """A plan with the rates that the agent had until it began."""
        agent_id = self._agent_id(agent)
        goals = [_goal(self._rate(coach, agent_id, *one, until=starts_on - timedelta(days=1)), starts_on) for one in about]
        return plans.draft(self.session, coach, agent_id, goals, starts_on, words)

    def _confirmed(
        self,
        coach: Asker,
        agent: str,
        about: Sequence[tuple[str, str]],
        starts_on: date,
        words: str,
        view: str,
        also: ActionKind | None = None,
    ) -> int:
        before = working_day(starts_on - timedelta(days=5))
        with self.on(before, 10):
            number = self._draft(coach, agent, about, starts_on, words)
            if also is not None:
                self._add_action(coach, number, Action(also, _ALSO[also], working_day(starts_on + timedelta(days=7))))
            plans.offer(self.session, coach, number)
        with self.on(before, 15):
            plans.confirm(self.session, self.people[agent], number, view)
        return number

    def _add_action(self, coach: Asker, number: int, action: Action) -> None:
        plan = self._plan(coach, number)
        kept: list[tuple[int | None, Action]] = [(one.id, one.action) for one in plan.actions]
        goals = [one.goal for one in plan.goals]
        plans.revise(
            self.session,
            coach,
            number,
            plan.last_step,
            words=plan.words,
            starts_on=plan.starts_on,
            goals=goals,
            actions=[*kept, (None, action)],
        )

    def _hold(self, coach: Asker, number: int, starts_on: date, notes: str, *, ended: bool) -> None:
        """The first talk is held, and what was due by then, or by today where the plan has ended, is done."""
        plan = self._plan(coach, number)
        (first,) = plan.sessions
        with self.on(first.planned_for, 14):
            heard = [clip.id for clip in plan.clips[:2]]
            plans.hold_session(self.session, coach, number, first.id, first.planned_for, notes, heard)
        for one in plan.actions:
            if one.action.due < self.today and (ended or one.action.due < starts_on + timedelta(days=7)):
                with self.on(one.action.due, 16):
                    plans.tick(self.session, coach, number, one.id, True)

    def _finish(self, coach: Asker, number: int, words: str) -> None:
        last = max(one.goal.by for one in self._plan(coach, number).goals)
        with self.on(min(_back(last), self.lately), 17):
            plans.finish(self.session, coach, number, words)

    def _point_out(self) -> None:
        """A reviewer marked a good example, and put a call before the coach."""
        rosa = self.people[REVIEWERS[0].name]
        weeks = self.today - timedelta(weeks=4), self.today - timedelta(days=3)
        with self.on(self.lately, 11):
            for call_id, found in self._answers("Priya Nair", "listening", "reflects", Verdict.MET, *weeks):
                said = next((one for one in found.evidence if one.start is not None and one.end is not None), None)
                if said is not None and said.start is not None and said.end is not None:
                    about, note = "listening/reflects", "Says back what the customer means, and stops there."
                    desk.clip(
                        self.session, rosa, "demo-clip", call_id, said.start, said.end, good=True, about=about, note=note
                    )
                    break
            for call_id, _ in self._answers("Tom Fairley", "compliance", "next_step", Verdict.NOT_MET, *weeks):
                text = "Everything was solved, and then the call just ended. Say what happens next."
                desk.comment(self.session, rosa, "demo-comment", call_id, text)
                desk.ask_coaching(self.session, rosa, "demo-coaching", call_id, "Ends without a word on what happens next.")
                break

    def _answers(
        self, agent: str, scorecard: str, criterion: str, verdict: Verdict, first: date, last: date
    ) -> Iterable[tuple[str, CriterionResult]]:
        """The agent's calls with this answer, the latest first."""
        for call_id in self.latest_calls(self._agent_id(agent), first, last, scorecard):
            for evaluation in self.evaluations(call_id):
                if evaluation.scorecard.id == scorecard:
                    found = evaluation.current.result(criterion)
                    if found.verdict is verdict:
                        yield call_id, found

    def _plan(self, coach: Asker, number: int) -> plan_lists.Plan:
        found = plan_lists.find_plan(self.session, coach, number)
        if found is None:
            raise LookupError(f"The plan {number} was drafted a moment ago.")
        return found

    def _agent_id(self, agent: str) -> int:
        return repository.add_agent(self.session, agent)

    def _rate(self, asker: Asker, agent_id: int, scorecard: str, criterion: str, until: date) -> Rate:
        return next(one for one in self._rates(asker, agent_id, scorecard, until) if one.criterion == criterion)

    def _lowest(self, asker: Asker, agent_id: int, scorecard: str, until: date) -> tuple[str, str]:
        """The question with the lowest rate, of those that enough calls were asked to say what came of coaching on it."""
        asked = [one for one in self._rates(asker, agent_id, scorecard, until) if one.calls >= _OFTEN_ASKED]
        return scorecard, min(asked, key=lambda one: one.rate).criterion

    def _rates(self, asker: Asker, agent_id: int, scorecard: str, until: date) -> list[Rate]:
        counts = queries.compared_counts(self.session, asker, CallFilter(end=until), "agent", scorecard)
        return [one for one in rates(counts, settings().agent_target) if one.id == agent_id]


_OFTEN_ASKED = 15

_CAUSES = (
    CauseDraft(
        "Nobody sees where a parcel is once the second carrier has it",
        "order_late",
        "The tracking page ends at the depot. Customers ask us, we cannot see more than they do, and pass them on.",
        "Lena Brooks",
        "Logistics",
        "The tracking page names the second carrier from its first scan on, and agents see the same page.",
        state=CauseState.AGREED,
    ),
    CauseDraft(
        "An engineer’s visit is moved and nobody says so",
        "engineer_missed",
        "The new date is only in the planner’s list. Customers have stayed at home for it.",
        "Omar Field",
        "Field service",
        "A text message as soon as a visit is moved, with the new day and two hours to choose from.",
        state=CauseState.AGREED,
    ),
    CauseDraft(
        "The direct debit runs on for a month after somebody has left",
        "charged_twice",
        "Leaving is entered on the day of the last bill, and the bank has the next debit by then.",
    ),
)

_HEARD = "It is said, in other words than the machine knows."
_NOT_HEARD = "What the machine took for it is something else."

_OPEN_QUESTIONS = (
    TemplateAction(ActionKind.LISTEN, "Hear two first minutes together: who talks, and after which question?", 1),
    TemplateAction(ActionKind.WORDING, "Write down three opening questions of your own that nobody can answer by yes.", 3),
    TemplateAction(ActionKind.PRACTISE, "Begin five calls a day with one of them.", 10),
    TemplateAction(ActionKind.OWN_REVIEW, "Choose two own calls in which it went well, for the next talk.", 21),
)

_ALSO = {
    ActionKind.SIDE_BY_SIDE: "Sit alongside for an hour, and note what comes after a pause.",
    ActionKind.ROLE_PLAY: "Play the first half minute of two calls in turns, once as the customer.",
}


def _back(day: date) -> date:
    """This day, or the Friday before where it is a Saturday or a Sunday."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _goal(rate: Rate, starts_on: date) -> Goal:
    numbers = (rate.rate, rate.low, rate.high, rate.calls, rate.target)
    return draft_goal(rate.scorecard, rate.criterion, *numbers, starts_on)


def _said(criterion: Criterion, verdict: Verdict) -> Verdict:
    """The verdict, which every question of the shipped scorecards can be answered by."""
    if criterion.type is not AnswerType.YES_NO:
        raise LookupError(f"{criterion.id} is not answered by yes and no.")
    return verdict


def _as_heard_by(name: str, verdict: Verdict, chance: float, is_unclear: bool) -> Verdict:
    """What this person makes of it: invented habits, so that calibrating has something to show."""
    flip: Callable[[Verdict], Verdict] = lambda one: Verdict.NOT_MET if one is Verdict.MET else Verdict.MET  # noqa: E731
    if verdict is Verdict.NOT_APPLICABLE:
        return verdict
    if is_unclear and chance < 0.4 and name != QUALITY.name:
        return flip(verdict)
    if name == REVIEWERS[0].name and verdict is Verdict.MET and chance < 0.25:
        return Verdict.NOT_MET
    if name == REVIEWERS[1].name and verdict is Verdict.NOT_MET and chance < 0.25:
        return Verdict.MET
    return verdict
