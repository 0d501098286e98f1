"""What can a program read: calls, evaluations, scorecards, gaps and plans?

Every answer is that of a query which takes who asks: a token with the role of a coach reads of its teams what that coach
would, and what is not its to see does not exist for it.
"""

from collections.abc import Mapping
from datetime import date
from statistics import fmean
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from api.programs import models
from api.programs.door import needs
from api.programs.paging import LARGEST_ID, Cursor, Limit, call_after, cursor_of, number_after
from api.programs.problems import documented
from coaching.gaps import find_gaps
from pipeline.score import written_out
from settings import settings
from storage import plan_lists, queries, repository
from storage.database import reading
from storage.queries import CallFilter
from storage.records import CallDetails, StoredEvaluation
from storage.tokens import Scope, Token

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
CallId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]

Results = Annotated[Token, Depends(needs(Scope.READ_RESULTS))]
Coaching = Annotated[Token, Depends(needs(Scope.READ_COACHING))]


def reading_routes(engine: Engine) -> APIRouter:
    """Every address that only reads."""
    router = APIRouter()

    @router.get("/calls", responses=documented(), tags=["results"])
    def list_calls(
        token: Results,
        first_day: date | None = None,
        last_day: date | None = None,
        agent_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
        team_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
        queue: Word = "",
        scorecard: Word = "",
        failed: bool = False,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> models.Page[models.Call]:
        """The calls that the token may see, the latest first."""
        filter = CallFilter(
            start=first_day,
            end=None if last_day == date.max else last_day,
            agent_ids=(agent_id,) if agent_id else (),
            team_ids=(team_id,) if team_id else (),
            queues=(queue,) if queue else (),
            scorecard=scorecard or None,
            failed_only=failed,
        )
        after = call_after(cursor)
        with reading(engine) as session:
            found = queries.calls(session, token.asker, filter, limit + 1, after=after)
        rows = [_call(row) for row in found.to_dict("records")]
        last = rows[limit - 1] if len(rows) > limit else None
        return models.Page(items=rows[:limit], next=cursor_of(last.started_at.isoformat(), last.id) if last else None)

    @router.get("/calls/{call_id}", responses=documented(404), tags=["results"])
    def read_call(token: Results, call_id: CallId) -> models.CallWithEvaluations:
        """One call, with the ids of its evaluations in force."""
        with reading(engine) as session:
            details = queries.call_details(session, token.asker, call_id)
            if details is None:
                raise _nothing("call")
        return _call_with_evaluations(details)

    @router.get("/calls/{call_id}/evaluations", responses=documented(404), tags=["results"])
    def read_evaluations(token: Results, call_id: CallId) -> models.Page[models.Evaluation]:
        """The evaluations in force of a call, one a scorecard."""
        with reading(engine) as session:
            details = queries.call_details(session, token.asker, call_id)
            if details is None:
                raise _nothing("call")
        return models.Page(items=list(map(_evaluation, details.evaluations)), next=None)

    @router.get("/evaluations/{evaluation_id}", responses=documented(404), tags=["results"])
    def read_evaluation(token: Results, evaluation_id: Id) -> models.Evaluation:
        """One evaluation, in force or not."""
        with reading(engine) as session:
            stored = queries.evaluation(session, token.asker, evaluation_id)
            if stored is None:
                raise _nothing("evaluation")
        return _evaluation(stored)

    @router.get("/scorecards", responses=documented(), tags=["results"])
    def list_scorecards(token: Results) -> models.Page[models.Scorecard]:
        """The scorecards in force by which a call was judged that the token may see."""
        with reading(engine) as session:
            used = queries.filter_choices(session, token.asker).scorecards
            cards = [card for card in repository.active_scorecards(session) if card.id in used]
        items = [
            models.Scorecard(
                id=card.id,
                version=card.version,
                title=card.title,
                pass_mark=card.pass_mark,
                criteria=[
                    models.Criterion(
                        id=one.id, section=section.id, question=one.question, weight=one.weight, fails=one.fails.value
                    )
                    for section, one in card
                ],
            )
            for card in cards
        ]
        return models.Page(items=items, next=None)

    @router.get("/gaps", responses=documented(), tags=["coaching"])
    def list_gaps(
        token: Coaching,
        by: Literal["agent", "team"] = "agent",
        first_day: date | None = None,
        last_day: date | None = None,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> models.Page[models.Gap]:
        """Where agents or teams likely fall short, the one worth most first."""
        begin = number_after(cursor)
        filter = CallFilter(start=first_day, end=None if last_day == date.max else last_day)
        with reading(engine) as session:
            counts = queries.compared_counts(session, token.asker, filter, by)
        found = find_gaps(counts, settings().agent_target)
        items = [
            models.Gap(
                id=gap.rate.id,
                name=gap.rate.name,
                belongs=gap.belongs.value,
                scorecard=gap.rate.scorecard,
                criterion=gap.rate.criterion,
                question=gap.rate.question,
                calls=gap.rate.calls,
                observed=gap.rate.observed,
                rate=gap.rate.rate,
                low=gap.rate.low,
                high=gap.rate.high,
                target=gap.rate.target,
                probability_below=gap.rate.probability_below,
            )
            for gap in found[begin : begin + limit]
        ]
        return models.Page(items=items, next=cursor_of(begin + limit) if len(found) > begin + limit else None)

    @router.get("/plans", responses=documented(), tags=["coaching"])
    def list_plans(token: Coaching, limit: Limit = 50, cursor: Cursor = "") -> models.Page[models.Plan]:
        """The coaching plans that the token may see, in the order they were made."""
        with reading(engine) as session:
            found = plan_lists.plans_after(session, token.asker, number_after(cursor), limit + 1)
        more = len(found) > limit
        return models.Page(items=list(map(_plan, found[:limit])), next=cursor_of(found[limit - 1].id) if more else None)

    @router.get("/plans/{plan_id}", responses=documented(404), tags=["coaching"])
    def read_plan(token: Coaching, plan_id: Id) -> models.Plan:
        """One coaching plan."""
        with reading(engine) as session:
            plan = plan_lists.find_plan(session, token.asker, plan_id)
        if plan is None:
            raise _nothing("plan")
        return _plan(plan)

    return router


def _nothing(what: str) -> HTTPException:
    """The same answer for what is not there and for what is not theirs to see."""
    return HTTPException(404, f"There is no such {what}, or it is not this token's to see.")


def _call(row: Mapping[Any, Any]) -> models.Call:
    """A row of the query, its missing values as null."""
    given = {name: None if pd.isna(value) else value for name, value in row.items()}
    return models.Call(
        id=given["call_id"],
        **{name: given[name] for name in models.Call.model_fields if name != "id"},
    )


def _call_with_evaluations(details: CallDetails) -> models.CallWithEvaluations:
    facts, stored = details.facts, details.evaluations
    totals = [one.current.total for one in stored if one.current.total is not None]
    return models.CallWithEvaluations(
        id=details.call_id,
        started_at=facts.started_at,
        agent_id=details.agent_id,
        agent=facts.agent or "",
        team_id=details.team_id,
        team=facts.team or "",
        customer=facts.customer,
        queue=facts.queue,
        direction=facts.direction,
        kind=facts.kind.value,
        duration_seconds=details.transcript.duration_seconds,
        total=fmean(totals) if totals else None,
        lowest_total=min(totals, default=None),
        failed=any(one.current.failed_by for one in stored),
        unsure=sum(len(one.current.unsure) for one in stored),
        customer_valence=details.measures.get("customer_valence"),
        evaluations=[one.id for one in stored],
    )


def _evaluation(stored: StoredEvaluation) -> models.Evaluation:
    written = written_out(stored.current, stored.scorecard)
    return models.Evaluation.model_validate(
        {
            **written,
            "id": stored.id,
            "title": stored.scorecard.title,
            "pass_mark": stored.scorecard.pass_mark,
            "unsure": len(stored.current.unsure),
        }
    )


def _plan(plan: plan_lists.Plan) -> models.Plan:
    return models.Plan(
        id=plan.id,
        agent_id=plan.agent_id,
        agent=plan.agent,
        team=plan.team,
        coach=plan.coach,
        state=plan.state.value,
        words=plan.words,
        starts_on=plan.starts_on,
        made_at=plan.made_at,
        goals=[
            models.Goal(
                scorecard=one.goal.scorecard,
                criterion=one.goal.criterion,
                question=one.question,
                rate_from=one.goal.rate_from,
                rate_to=one.goal.rate_to,
                by=one.goal.by,
            )
            for one in plan.goals
        ],
        actions=[
            models.Action(kind=one.action.kind.value, words=one.action.words, due=one.action.due, done_at=one.done_at)
            for one in plan.actions
        ],
        due=[models.Due(key=one.key, day=one.day, words=one.words) for one in plan.due],
    )
