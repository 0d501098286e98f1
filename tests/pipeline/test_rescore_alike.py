"""Whatever a draft asks, what it would have said of a stored call is what a plain scoring of the call says."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from pipeline.rescore import what_if
from pipeline.score import judge
from samples.written.generate import generate_calls
from scorecards.definition import Answers, AskedWhen, Criterion, Fails, Rule, Scorecard, Section
from scorecards.load import load_scorecard, shipped
from scoring.behaviours.judge import stamp
from scoring.criteria import KINDS
from scoring.criteria.call_looks import widths
from scoring.criteria.learned import packed
from scoring.evaluate import evaluate, judge_criteria, judge_verdicts
from scoring.result import Evaluation
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from storage.repository import load_evaluations, load_signals, load_transcript, store_scored_call
from storage.rescore_tables import WhatIfAnswerRow, WhatIfCallRow
from storage.tables import CallRow
from tests.build import a_thread, a_transcript, a_turn
from transcripts.model import Sides, Transcript, Turn
from transcripts.written import on_the_clock

GREETS = Rule("says.v1", {"phrases": ["good morning", "thank you for calling"], "within": {"first_turns": 2}})
HOLDS: dict[str, Any] = {"kind": "says.v1", "with": {"patterns": [r"\bhold\b", r"(?<!for )\bmoment\b"], "named": "a wait"}}
HELPS: dict[str, Any] = {"kind": "says.v1", "with": {"speaker": "anyone", "patterns": [r"\b(hello|good|how|help|hi)\b"]}}
FEELS: dict[str, Any] = {"kind": "shows.v1", "with": {"behaviour": ["empathy", "apology"]}}
WEIGHTS = packed(np.random.default_rng(5).normal(0, 0.3, sum(widths())))

RULES = (
    GREETS,
    Rule("says.v1", {"phrases": ["anything else"], "tolerance": 0.2, "within": {"last_turns": 4}}),
    Rule(
        "says.v1",
        {"speaker": "anyone", "patterns": [r"\b(will|'ll)\b[^.?!]{0,40}\b(day|week)"], "at_least": 0, "at_most": 2},
    ),
    Rule("says.v1", {"patterns": [r"\bthank"], "within": {"after": HOLDS["with"]}}),
    Rule("never_says.v1", {"phrases": ["calm down"], "patterns": [r"(?<!n't )\bpromise\b"]}),
    Rule("means.v1", {"examples": ["How can I help you today?"], "within": {"first_seconds": 40, "first_turns": 3}}),
    Rule("shows.v1", {"behaviour": "empathy", "within": {"after": {"behaviour": "distress"}, "turns_after": 2}}),
    Rule("shows.v1", {"behaviour": ["open_question", "question"], "at_least": 2}),
    Rule("never_shows.v1", {"behaviour": "reads_script"}),
    Rule("responds.v1", {"to": ["distress", "complains"], "by": ["empathy", "apology"]}),
    Rule("ratio.v1", {"of": "open_question", "to": "question", "met": [0.2, None]}),
    Rule("measured.v1", {"measure": "agent_talk_share", "met": [0.3, 0.6], "partly": [0.2, 0.7]}),
    Rule("replies.v1", {"met_minutes": 30, "partly_minutes": 90, "clock": "working"}),
    Rule("answers.v1"),
    Rule("sentiment.v1", {"of": "end", "met": [0.0, None]}),
    Rule("in_order.v1", {"first": {"kind": "says.v1", "with": dict(GREETS.params)}, "then": HOLDS}),
    Rule("in_order.v1", {"first": {"kind": "any_of.v1", "with": {"rules": [HOLDS, HELPS]}}, "then": FEELS}),
    Rule("all_of.v1", {"rules": [HOLDS, FEELS], "partly_from": 1}),
    Rule("any_of.v1", {"rules": [HOLDS, FEELS, {"kind": "means.v1", "with": {"examples": ["I am sorry."]}}]}),
    Rule("by_hand.v1"),
    Rule(
        "learned.v1",
        {"rule": FEELS, "weights": WEIGHTS, "bias": 0.1, "stands_on": stamp()["behaviours"], "labels": "0" * 64},
    ),
)


def a_question(chance: random.Random, number: int, rule: Rule) -> Criterion:
    """The question of that number by that rule, everything else about it by chance."""
    return Criterion(
        f"question_{number}",
        "Is it so?",
        rule,
        weight=chance.choice([1.0, 2.0, 5.0]),
        answers=chance.choice([Answers(), Answers(), Answers(1.0, 0.3, -0.5)]),
        applies_when=chance.choice([None, None, Rule(HOLDS["kind"], HOLDS["with"])]),
        fails=chance.choice([Fails.NOTHING, Fails.NOTHING, Fails.SECTION, Fails.SCORECARD]),
        bonus=chance.random() < 0.2,
        asked_when=AskedWhen(f"question_{number - 1}", ("met", "partly")) if number and chance.random() < 0.2 else None,
    )


def a_card(questions: list[Criterion], version: int = 1) -> Scorecard:
    half = len(questions) // 2
    sections = (Section("one", "One", tuple(questions[:half])), Section("two", "Two", tuple(questions[half:])))
    return Scorecard("all_kinds", version, "All kinds", 60, sections)


def a_draft(chance: random.Random, card: Scorecard) -> Scorecard:
    """The scorecard with about half of its questions changed, and their rules dealt out anew among some of these."""
    old = [criterion for _, criterion in card]
    rules = [criterion.rule for criterion in old]
    moved = [number for number in range(len(old)) if chance.random() < 0.3]
    for number, other in zip(moved, chance.sample(moved, len(moved)), strict=True):
        rules[number] = old[other].rule
    questions = [
        a_question(chance, number, rule)
        if chance.random() < 0.5
        else replace(old[number], rule=rule, weight=chance.choice([1.0, 3.0]))
        for number, rule in enumerate(rules)
    ]
    return a_card(questions, version=2)


_CHANCE = random.Random(1)
CARD = a_card([a_question(_CHANCE, number, rule) for number, rule in enumerate(RULES)])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Some calls by the first version: spoken ones, a written one, and one in another language."""
    engine = open_database(f"sqlite:///{Path(tmp_path_factory.mktemp('alike')) / 'attune.db'}")
    said = [made.transcript for made in generate_calls(count=18)][:4]
    written = a_transcript(
        a_turn("agent", "Good morning. One moment please."), a_turn("customer", "I am so upset."), channels=0
    )
    lines = (
        "customer! 0: Where is my parcel?",
        "agent! 50: Good morning. I am sorry. Please hold.",
        "agent 70: It comes today.",
    )
    thread = on_the_clock(a_thread(*lines), datetime(2025, 3, 3, 8, 30, tzinfo=UTC), "Mon-Fri 09:00-17:00")
    said += [thread, replace(written, call_id="written"), replace(said[0], call_id="french", language="fr")]
    for number, transcript in enumerate(said):
        judged = judge(transcript, [CARD])
        facts = CallFacts(f"{number:064d}", CallKind.TRANSCRIPT, "x.jsonl", datetime(2025, 3, 1, tzinfo=UTC), "Ana", "North")
        with transaction(engine) as session:
            store_scored_call(session, ScoredCall(facts, judged.transcript, judged.signals, judged.evaluations))
    yield engine
    engine.dispose()


def test_every_kind_of_question_is_among_those_that_are_tried() -> None:
    assert {rule.kind for rule in RULES} == set(KINDS)


@pytest.mark.parametrize("seed", range(10))
def test_a_what_if_says_of_every_call_what_a_plain_scoring_says(stored: Engine, seed: int) -> None:
    draft = a_draft(random.Random(seed), CARD)
    job = what_if(stored, SYSTEM, draft)
    assert job.failed == 0, job.message
    with reading(stored) as session:
        rows = list(session.scalars(select(WhatIfCallRow).where(WhatIfCallRow.job_id == job.id)))
        changes = {
            (row.call_id, row.criterion): (row.before, row.after)
            for row in session.scalars(select(WhatIfAnswerRow).where(WhatIfAnswerRow.job_id == job.id))
        }
        for row in rows:
            (before,) = load_evaluations(session, row.call_id)
            after = evaluate(load_transcript(session, row.call_id), load_signals(session, row.call_id), draft)
            assert (row.before, row.after, row.passed_after) == (before.current.total, after.total, after.passed)
            assert tuple(row.failed_after) == after.failed_by
            own = {key: verdicts for (call, key), verdicts in changes.items() if call == row.call_id}
            assert own == differing(before.current, after)
    assert len(rows) == job.total == 7


def differing(before: Evaluation, after: Evaluation) -> dict[str, tuple[str, str]]:
    """The questions that are answered otherwise, with both verdicts."""
    pairs = [(before.result(now.criterion), now) for now in after.results]
    return {
        now.criterion: (was.verdict.value, now.verdict.value)
        for was, now in pairs
        if (was.verdict, was.answer) != (now.verdict, now.answer)
    }


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_verdicts_that_a_what_if_works_out_are_those_of_a_plain_scoring(stored: Engine, name: str) -> None:
    card = load_scorecard(shipped()[name])
    asked = {criterion.id: criterion for _, criterion in card}
    with reading(stored) as session:
        calls = [(load_transcript(session, one), load_signals(session, one)) for one in session.scalars(select(CallRow.id))]
    calls += [(hardly_heard(transcript), signals) for transcript, signals in calls if transcript.spoken]
    for transcript, signals in calls:
        quick = judge_verdicts(transcript, signals, card, asked)
        for result in judge_criteria(transcript, signals, card, transcript.content_hash):
            decided = asked[result.criterion].decide(*quick[result.criterion])
            assert (decided.verdict, decided.answer, decided.points) == (result.verdict, result.answer, result.points)


def hardly_heard(transcript: Transcript) -> Transcript:
    """The same with sides told apart by voice, some of them in doubt, and with words that may have been others."""
    chance = random.Random(3)

    def doubted(turn: Turn) -> Turn:
        words = tuple(replace(word, confidence=chance.random() ** 0.4) for word in turn.words)
        return replace(turn, words=words, side_confidence=0.4 + 0.6 * chance.random())

    return replace(transcript, sides=Sides.VOICES, turns=tuple(map(doubted, transcript.turns)))
