"""Which words of which calls show an answer?"""

from dataclasses import replace

from sqlalchemy import Engine

from scoring.result import Evidence, Searched, Verdict
from storage import queries, repository
from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.records import CallFilter
from tests.storage.build import a_scored_call
from transcripts.model import Speaker

APPLIES = Evidence("Why this question applies: the customer complained.", 1, 2.0, 4.0, "My parcel is late")
GREETED = Evidence("They greeted.", 0, 0.0, 2.0, "Hello")


def shown(
    engine: Engine, verdict: str, *evidence: Evidence, searched: Searched | None = None, said_by: Speaker | None = None
) -> list[tuple[str, str, float | None]]:
    """What is shown of a call whose greeting was answered so and rests on this evidence: quote, reason, second."""
    call = a_scored_call("a call", verdicts={"greets": verdict})
    ((scorecard, evaluation),) = call.evaluations
    first, *rest = evaluation.results
    changed = replace(evaluation, results=(replace(first, evidence=evidence, searched=searched), *rest))
    with transaction(engine) as session:
        repository.store_scored_call(session, replace(call, evaluations=((scorecard, changed),)))
    with reading(engine) as session:
        found = queries.moments(session, SYSTEM, CallFilter(), "care", "greets", Verdict(verdict), said_by=said_by)
    return [(one.quote, one.why, one.start) for one in found]


def test_why_a_question_applies_is_not_what_was_said_well(engine: Engine) -> None:
    assert shown(engine, "met", APPLIES, GREETED) == [("Hello", "They greeted.", 0.0)]


def test_what_was_never_said_is_shown_where_the_looking_began(engine: Engine) -> None:
    searched = Searched("agent", 1, 0.0, 2.0, "a greeting")
    assert shown(engine, "not_met", APPLIES, searched=searched) == [("", "Looked for a greeting, and did not find it.", 0.0)]


def test_of_a_colleague_only_their_own_words_are_shown(engine: Engine) -> None:
    thanked = Evidence("They were thanked.", 1, 2.0, 4.0, "My parcel is late")
    assert shown(engine, "met", thanked, GREETED, said_by=Speaker.AGENT) == [("Hello", "They greeted.", 0.0)]


def test_a_call_in_which_a_colleague_said_nothing_of_it_is_left_out(engine: Engine) -> None:
    thanked = Evidence("They were thanked.", 1, 2.0, 4.0, "My parcel is late")
    assert shown(engine, "met", thanked, Evidence("Of the whole call."), said_by=Speaker.AGENT) == []
