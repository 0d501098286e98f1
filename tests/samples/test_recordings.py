"""Do the recorded sample calls show what they were made to show, through real audio and real Whisper?

Some are heard, one of each kind; `python -m bench.recordings` hears them all. As they were written all are judged here.
"""

import csv
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jiwer
import pytest

from bench.hearing import normaliser
from pipeline.metadata import read_metadata
from samples.make_recordings import CALLS, SIDES, Script, read_scripts
from samples.shown import not_shown
from samples.written.truth import planted_truth
from scorecards.definition import Fails
from scorecards.load import load_scorecard, shipped
from scoring.evaluate import evaluate
from scoring.result import Verdict
from scoring.signals import measure
from scoring.signals.model import Signals
from transcripts.audio import Samples, decode_channels
from transcripts.formats import read_conversations
from transcripts.model import Speaker, Transcript
from transcripts.private import redact
from transcripts.roles import choose_channel

RATE = 8000
SCRIPTS = {script.name: script for script in read_scripts()}
MIXED = [script.name for script in SCRIPTS.values() if script.mixed_too]
CARDS = {name: load_scorecard(path) for name, path in shipped().items()}

HEARD = ("collections_threat", "energy_accent", "insurance_hold", "parcel_interrupted", "parcel_noisy_line")
"""A plain one, one with an accent, one with music on hold, one where both talk at once, and one on a bad line."""

every_call = pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
every_call_heard = pytest.mark.parametrize("script", [SCRIPTS[name] for name in HEARD], ids=HEARD)


@cache
def channels_of(name: str) -> tuple[Samples, ...]:
    """What is on each channel of a recording by its name, at 8 kHz."""
    return tuple(decode_channels(CALLS / f"{name}.ogg", RATE))


@cache
def as_written(name: str) -> tuple[Transcript, Signals]:
    """What is judged of a call if every word is heard as it was written, and its signals."""
    (conversation,) = read_conversations(CALLS / f"{name}.reference.jsonl")
    transcript = redact(conversation.transcript).transcript
    return transcript, measure(transcript)


def reference_of(name: str) -> dict[str, Any]:
    reference: dict[str, Any] = json.loads((CALLS / f"{name}.reference.jsonl").read_text(encoding="utf-8"))
    return reference


@every_call_heard
def test_the_verdicts_a_call_was_made_to_show_come_out(
    script: Script, judge_sample: Callable[[str], Transcript], measure_sample: Callable[[str], Signals]
) -> None:
    assert not_shown(script, judge_sample(script.name), measure_sample(script.name)) == []


@every_call
def test_the_verdicts_come_out_of_what_was_written_too(script: Script) -> None:
    written = as_written(script.name)
    # That nothing was said before a hold is known only where the hold is heard.
    assert [other for other in not_shown(script, *written) if not other.startswith("compliance.hold_explained")] == []


@every_call
def test_a_call_that_breaks_what_fails_the_whole_has_no_points_left(script: Script) -> None:
    for card, expected in script.expected.items():
        broken = {
            criterion for criterion, verdict in expected.items()
            if verdict == "not_met" and CARDS[card].criterion(criterion).fails is Fails.SCORECARD
        }  # fmt: skip
        evaluation = evaluate(*as_written(script.name), CARDS[card])
        assert broken <= set(evaluation.failed_by)
        assert not broken or evaluation.total == 0


@every_call_heard
def test_the_agent_is_found_whichever_channel_is_set_and_whichever_it_is(
    script: Script, hear_sample: Callable[[str], Transcript]
) -> None:
    sides = [" ".join(t.text for t in hear_sample(script.name).by(side)) for side in (Speaker.AGENT, Speaker.CUSTOMER)]
    for set_to in (0, 1):
        for rule in ("check", "decide"):
            assert choose_channel(sides, set_to, rule) == 0
            assert choose_channel(sides[::-1], set_to, rule) == 1


@every_call_heard
def test_nearly_every_word_is_heard(script: Script, hear_sample: Callable[[str], Transcript]) -> None:
    transcript, reference, plain = hear_sample(script.name), reference_of(script.name), normaliser()
    for side in SIDES:
        said = " ".join(turn["text"] for turn in reference["turns"] if turn["speaker"] == side)
        heard = " ".join(turn.text for turn in transcript.by(Speaker(side)))
        assert jiwer.wer(plain(said), plain(heard)) < 0.25


@every_call
def test_a_call_has_two_channels_and_a_length_worth_listening_to(script: Script) -> None:
    agent, customer = channels_of(script.name)
    assert 45 <= len(agent) / RATE <= 150
    assert len(agent) == len(customer)
    assert len(agent) / RATE == pytest.approx(reference_of(script.name)["duration_seconds"], abs=0.1)


@every_call
def test_the_agent_is_on_the_left_and_each_side_is_silent_while_the_other_speaks(script: Script) -> None:
    channels = dict(zip(SIDES, channels_of(script.name), strict=True))
    turns = reference_of(script.name)["turns"]
    for before, turn, after in zip(turns, turns[1:], turns[2:], strict=False):
        if before["end"] < turn["start"] and turn["end"] < after["start"]:
            stretch = slice(round(turn["start"] * RATE), round(turn["end"] * RATE))
            level = {side: float((samples[stretch] ** 2).mean() ** 0.5) for side, samples in channels.items()}
            (other,) = set(SIDES) - {turn["speaker"]}
            assert level[turn["speaker"]] > 2 * level[other]


@pytest.mark.parametrize("name", MIXED)
def test_a_mixed_call_holds_both_sides_on_one_channel(name: str) -> None:
    (mixed,) = channels_of(f"{name}.mixed")
    assert len(mixed) / RATE == pytest.approx(reference_of(name)["duration_seconds"], abs=0.1)


@every_call
def test_a_call_expects_only_what_the_shipped_scorecards_ask(script: Script) -> None:
    for card, expected in script.expected.items():
        assert card in script.scorecards
        for criterion, verdict in expected.items():
            assert CARDS[card].criterion(criterion)
            assert Verdict(verdict) is not Verdict.UNSURE


@every_call
def test_the_reference_is_the_script(script: Script) -> None:
    said = sorted((turn["speaker"], turn["text"]) for turn in reference_of(script.name)["turns"])
    assert said == sorted((line.speaker, line.text) for line in script.lines)


def test_there_are_enough_calls_of_enough_kinds_in_little_space() -> None:
    assert len(SCRIPTS) >= 14
    assert len(MIXED) >= 2
    assert sum(path.stat().st_size for path in CALLS.glob("*.ogg")) < 8_000_000
    shown = {
        (card, criterion, verdict)
        for s in SCRIPTS.values()
        for card, e in s.expected.items()
        for criterion, verdict in e.items()
    }
    assert {card for card, _, _ in shown} == set(CARDS) - {"written_service", "social_care"}  # for what is written
    assert {verdict for _, _, verdict in shown} >= {"met", "not_met", "not_applicable"}


def test_the_list_of_calls_names_every_recording_and_people_of_the_sample_centre() -> None:
    metadata = read_metadata(CALLS / "metadata.csv")
    assert set(metadata.facts) == {path.name for path in CALLS.glob("*.ogg")}
    truth = planted_truth()
    teams = {agent.name: truth.teams[agent.team].name for agent in truth.agents}
    for listed in metadata.facts.values():
        assert teams[listed.agent] == listed.team
        assert set(listed.scorecards) <= set(CARDS)
        assert listed.extra["company"]


def test_the_list_of_calls_is_what_the_scripts_say() -> None:
    with (CALLS / "metadata.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    for script in SCRIPTS.values():
        row = rows[f"{script.name}.ogg"]
        assert (row["agent"], row["customer"]) == (script.people["agent"].name, script.people["customer"].name)
        assert row["started_at"] == script.started_at.isoformat()
        assert row["scorecards"].split() == list(script.scorecards)
