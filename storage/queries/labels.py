"""Which turns have people said something of, that a judge of behaviours can learn from?

Two kinds of word count. A mark says of a turn whether it shows a behaviour. A correction of a verdict on a criterion that
asks for a behaviour (`shows.v1`) says it in passing: where a person says that it was not shown, the turns that the machine
took for it don't show it; where a person says that it was, and the machine had one turn and one behaviour in mind, that turn
shows it. What a correction leaves open is not guessed at. Of two words on the same turn a mark counts, else the later.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from scorecards.answers import AnswerType
from scoring.behaviours.corpus import Said
from scoring.behaviours.turns import BEFORE_TURNS, Heard
from scoring.result import Verdict
from storage.access import Asker, blind_calls, visible_calls
from storage.mapping import scorecard_of
from storage.removal import with_words
from storage.tables import (
    AgentRow,
    CallRow,
    EvaluationRow,
    EvidenceRow,
    OverrideRow,
    ResultRow,
    ScorecardVersionRow,
    TurnMarkRow,
    TurnRow,
)
from transcripts.model import Speaker

KIND = "shows.v1"
_SIDES = (Speaker.AGENT, Speaker.CUSTOMER)


@dataclass(frozen=True)
class GivenLabel:
    """What a person says of a turn. `marked`: in so many words, not by correcting a verdict. agent: the call's, if known."""

    call_id: str
    agent: str | None
    turn: int
    behaviour: str
    present: bool
    by: str
    marked: bool
    heard: Heard


@dataclass(frozen=True)
class _Word:
    call_id: str
    turn: int
    behaviour: str
    present: bool
    by: str
    marked: bool


def given_labels(session: Session, asker: Asker, call_id: str | None = None) -> tuple[GivenLabel, ...]:
    """The labels of one call, or of all that the asker may see, in the order of calls and turns."""
    said = {
        (word.call_id, word.turn, word.behaviour): word
        for word in (*_corrections(session, asker, call_id), *_marks(session, asker, call_id))
    }
    calls = sorted({word.call_id for word in said.values()})
    known = session.execute(
        select(CallRow.id, AgentRow.name)
        .outerjoin(AgentRow, CallRow.agent_id == AgentRow.id)
        .where(CallRow.id.in_(calls), visible_calls(asker))
    )
    agents = {row.id: row.name for row in known}
    turns = {call: _turns(session, call) for call in calls}
    return tuple(
        GivenLabel(word.call_id, agents[word.call_id], word.turn, word.behaviour, word.present, word.by, word.marked, heard)
        for _, word in sorted(said.items())
        if (heard := turns[word.call_id].get(word.turn)) is not None
    )


def _marks(session: Session, asker: Asker, call_id: str | None) -> Iterator[_Word]:
    rows = session.scalars(
        select(TurnMarkRow)
        .join(CallRow, TurnMarkRow.call_id == CallRow.id)
        .where(visible_calls(asker), with_words(), *([CallRow.id == call_id] if call_id else []))
        .order_by(TurnMarkRow.id)
    )
    for row in rows:
        yield _Word(row.call_id, row.turn, row.behaviour, row.present, row.author, True)


def _corrections(session: Session, asker: Asker, call_id: str | None) -> Iterator[_Word]:
    last = select(OverrideRow).order_by(OverrideRow.id)
    rows = session.execute(
        last.join(ResultRow, OverrideRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(
            ResultRow.machine_judged_by == KIND,
            ~EvaluationRow.superseded,
            visible_calls(asker),
            with_words(),  # there is nothing left to learn from
            CallRow.id.not_in(blind_calls(asker)),  # a correction tells what the machine had said
            *([CallRow.id == call_id] if call_id else []),
        )
        .add_columns(EvaluationRow.call_id, ResultRow, ScorecardVersionRow.definition)
    ).all()
    for override, call, result, definition in {row.ResultRow.id: row for row in rows}.values():
        criterion = scorecard_of(definition).criterion(result.criterion)
        rule = criterion.rule
        if rule.kind != KIND or rule.params.get("at_most") is not None or criterion.type is not AnswerType.YES_NO:
            continue
        named = rule.params["behaviour"]
        names = [named] if isinstance(named, str) else list(named)
        evidence = select(EvidenceRow.turn).where(EvidenceRow.result_id == result.id, EvidenceRow.turn.is_not(None))
        turns = sorted({turn for turn in session.scalars(evidence) if turn is not None})
        if override.after is Verdict.NOT_MET:
            yield from (_Word(call, turn, name, False, override.author, False) for turn in turns for name in names)
        elif override.after is Verdict.MET and len(turns) == len(names) == 1:
            yield _Word(call, turns[0], names[0], True, override.author, False)


def _turns(session: Session, call_id: str) -> dict[int, Heard]:
    """Each turn of the agent and the customer with those of them just before, as it is measured."""
    rows = session.execute(
        select(TurnRow.position, TurnRow.speaker, TurnRow.text).where(TurnRow.call_id == call_id).order_by(TurnRow.position)
    )
    spoken = [(row.position, Said(row.speaker, row.text)) for row in rows if row.speaker in _SIDES]
    said = [one for _, one in spoken]
    return {
        place: Heard(one, tuple(said[max(0, number - BEFORE_TURNS) : number])) for number, (place, one) in enumerate(spoken)
    }
