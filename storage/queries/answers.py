"""What have people answered to a scorecard's questions, that a question can be taught from?

A label is what holds by a person's word: the last correction or confirmation of an answer, or, where a blind review agreed
with the machine and nothing had to be corrected, what was said there. What was answered to calibrate people stands apart and
is no label, and a review that was finished without a word on a question says nothing of it. Only answers of evaluations in
force count, and only where the question is still the one that was answered.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from reviews.queue import State
from scorecards.answers import AnswerType
from scorecards.definition import Criterion
from scoring.rescore import asks_the_same
from scoring.result import Verdict
from storage.access import Asker, blind_calls, visible_calls
from storage.mapping import scorecard_of
from storage.queue_tables import AssignmentRow, BlindAnswerRow
from storage.removal import with_words
from storage.tables import AgentRow, CallRow, EvaluationRow, OverrideRow, ResultRow, ScorecardVersionRow


@dataclass(frozen=True)
class GivenAnswer:
    """What a person answered to a question about a call: met or not. `agent`: the call's, if known; `by`: who answered."""

    scorecard: str
    criterion: str
    call_id: str
    agent: str | None
    met: bool
    by: str


def given_answers(
    session: Session, asker: Asker, scorecard: str | None = None, criterion: str | None = None
) -> tuple[GivenAnswer, ...]:
    """The answers to one question, or to all questions of the scorecards in force, of the calls that the asker may see.

    In the order of scorecards, questions and calls. Questions that are not answered with yes or no have none.
    """
    in_force = {
        row.scorecard: {one.id: one for _, one in scorecard_of(row.definition) if one.type is AnswerType.YES_NO}
        for row in session.scalars(select(ScorecardVersionRow).where(ScorecardVersionRow.active))
        if scorecard in (None, row.scorecard)
    }
    blind = {
        row.result_id: row
        for row in session.execute(
            _results(asker, BlindAnswerRow)
            .join(AssignmentRow, BlindAnswerRow.assignment_id == AssignmentRow.id)
            .where(AssignmentRow.state == State.DONE)
            .order_by(BlindAnswerRow.id)
        )
    }
    corrected = {row.result_id: row for row in session.execute(_results(asker, OverrideRow).order_by(OverrideRow.id))}
    versions: dict[int, dict[str, Criterion]] = {}
    found: list[GivenAnswer] = []
    for row in {**blind, **corrected}.values():
        asked = in_force.get(row.scorecard, {}).get(row.criterion)
        if asked is None or criterion not in (None, row.criterion) or row.verdict not in (Verdict.MET, Verdict.NOT_MET):
            continue
        if row.version_id not in versions:
            kept = session.get_one(ScorecardVersionRow, row.version_id)
            versions[row.version_id] = {one.id: one for _, one in scorecard_of(kept.definition)}
        if asks_the_same(versions[row.version_id][row.criterion], asked):
            met = row.verdict is Verdict.MET
            found.append(GivenAnswer(row.scorecard, row.criterion, row.call_id, row.agent, met, row.author))
    return tuple(sorted(found, key=lambda one: (one.scorecard, one.criterion, one.call_id)))


def _results(asker: Asker, said: type[OverrideRow] | type[BlindAnswerRow]) -> Any:
    """What people said of results of evaluations in force, with the question, the call and its agent."""
    verdict = OverrideRow.after if said is OverrideRow else BlindAnswerRow.verdict
    return (
        select(
            said.result_id,
            said.author,
            verdict.label("verdict"),
            ResultRow.criterion,
            EvaluationRow.call_id,
            EvaluationRow.scorecard_version_id.label("version_id"),
            ScorecardVersionRow.scorecard,
            AgentRow.name.label("agent"),
        )
        .select_from(said)
        .join(ResultRow, said.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        # A correction tells what the machine had said, so whoever judges a call blind is given none of it.
        # Of a call whose words were removed there is nothing left to learn from.
        .where(~EvaluationRow.superseded, visible_calls(asker), CallRow.id.not_in(blind_calls(asker)), with_words())
    )
