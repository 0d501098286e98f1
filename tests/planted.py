"""How do tests come to the sample centre as a machine that is always right would judge it?"""

import hashlib
from dataclasses import replace
from functools import cache

from sqlalchemy import Engine

from samples.written.generate import GeneratedCall, generate_calls
from samples.written.truth import planted_truth
from scorecards.definition import Scorecard
from scorecards.load import load_scorecard, shipped
from scoring.signals.model import BEHAVIOURS, Shown, Signals
from storage import repository
from storage.database import transaction
from storage.records import CallFacts, CallKind, ScoredCall
from tests.build import a_chat
from tests.storage.build import an_evaluation

TRUTH = planted_truth()
ASKED = {place: behaviour for behaviour in TRUTH.usual for place in TRUTH.shown_by.get(behaviour, ())}
"""The criteria that ask about a planted behaviour, and about which."""

HARM_SHOWN_BY = {"no_threats": "threatens", "no_overpromising": "over_promises"}
"""What is heard of an agent who leaves undone what was planted so: the harmful behaviour of the machine's list."""


def _planted_questions(card: Scorecard) -> Scorecard:
    """A shipped scorecard with the questions about what was planted alone."""
    sections = []
    for section in card.sections:
        own = tuple(replace(one, asked_when=None) for one in section.criteria if (card.id, one.id) in ASKED)
        sections += [replace(section, criteria=own)] if own else []
    return replace(card, sections=tuple(sections))


CARDS = {
    name: _planted_questions(load_scorecard(shipped()[name]))
    for name in sorted({name for team in TRUTH.teams.values() for name in team.scorecards})
}


@cache
def planted_calls() -> list[GeneratedCall]:
    """The sample calls; they take seconds to write, so that all tests share them."""
    return generate_calls()


def _scored(call: GeneratedCall) -> ScoredCall:
    """The call as a machine that is always right would judge it: what was planted is met, all else is not asked."""
    transcript = a_chat("agent: Hello", "customer: Hello")
    content_hash = hashlib.sha256(call.transcript.call_id.encode()).hexdigest()
    transcript = type(transcript)(
        call.transcript.call_id, transcript.turns, 60.0, 0, engine="written for a test", sides=transcript.sides
    )

    def verdicts(card: Scorecard) -> dict[str, str]:
        found = {}
        for _, criterion in card:
            planted = call.planted.get(ASKED.get((card.id, criterion.id), ""))
            found[criterion.id] = "not_applicable" if planted is None else "met" if planted else "not_met"
        return found

    harms = tuple(
        Shown(0, harm, 0.97, 0, 5) for behaviour, harm in HARM_SHOWN_BY.items() if call.planted.get(behaviour) is False
    )
    signals = Signals(valence=(0.0, 0.0), measures={}, behaviours=harms, models={BEHAVIOURS: "always right"})
    judged = tuple(
        (CARDS[name], an_evaluation(transcript, CARDS[name], **verdicts(CARDS[name]))) for name in call.scorecards
    )
    facts = CallFacts(
        content_hash=content_hash,
        kind=CallKind.TRANSCRIPT,
        file_name=f"{call.transcript.call_id}.json",
        started_at=call.started_at,
        agent=call.agent,
        team=call.team,
        queue=call.queue,
        direction=call.direction,
        extra={"reason": call.reason, "transfers": str(call.transfers)},
    )
    return ScoredCall(facts, transcript, signals, judged)


def store_planted_calls(engine: Engine) -> None:
    """The sample calls with verdicts that are exactly what was planted."""
    with transaction(engine) as session:
        for card in CARDS.values():
            repository.save_scorecard_version(session, card)
        for call in planted_calls():
            repository.store_scored_call(session, _scored(call))
