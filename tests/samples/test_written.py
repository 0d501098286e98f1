"""Do the written sample calls hold what `truth.yaml` says of them, in words that do not give it away?"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from random import Random

import pytest

from samples.written.answers import customer_cases
from samples.written.generate import GeneratedCall, generate_calls, generate_partner_calls
from samples.written.grammar import Voice, read_data, say, spell_out
from samples.written.truth import PlantedAgent, planted_partner, planted_satisfaction, planted_truth
from scorecards.load import load_scorecard, shipped
from transcripts.model import Sides, Speaker, Transcript

UNTIL = date(2026, 3, 30)
TRUTH = planted_truth()
# Of these the wording is of the breach, not of the behaviour.
BREACHES = ("no_threats", "no_overpromising", "lets_customer_finish")

# What is drawn only where the other is shown, and is not shown elsewhere.
DEPENDS_ON = {"identity_first": "checks_identity", "promises_follow_up": "says_next_steps"}


@pytest.fixture(scope="module")
def calls() -> list[GeneratedCall]:
    return generate_calls(until=UNTIL)


def said_by(call: GeneratedCall, speaker: Speaker) -> str:
    return " ".join(turn.text for turn in call.transcript.by(speaker))


def test_the_same_seed_gives_equal_calls_and_another_seed_others(calls: list[GeneratedCall]) -> None:
    assert generate_calls(until=UNTIL, count=40) == generate_calls(until=UNTIL, count=40)
    texts = {said_by(call, Speaker.AGENT) for call in generate_calls(seed=8, until=UNTIL, count=40)}
    assert not texts & {said_by(call, Speaker.AGENT) for call in calls}


def test_another_date_moves_the_calls_and_changes_none() -> None:
    calls, later = (generate_calls(until=UNTIL + timedelta(days=days), count=80) for days in (0, 3))
    assert {call.transcript.content_hash for call in later} == {call.transcript.content_hash for call in calls}
    assert {call.transcript.call_id for call in later} == {call.transcript.call_id for call in calls}
    assert max(call.started_at for call in later) > max(call.started_at for call in calls)


def test_there_are_enough_calls_of_three_teams_and_fourteen_agents_in_thirteen_weeks(calls: list[GeneratedCall]) -> None:
    assert len(calls) == 640
    assert len({call.team for call in calls}) == 3
    assert len({call.agent for call in calls}) == 14
    assert {call.week for call in calls} == set(range(1, 14))
    assert min(Counter(call.week for call in calls).values()) > 35
    assert len({call.transcript.call_id for call in calls}) == len(calls)
    assert all(re.fullmatch(r"[0-9a-f]{16}", call.transcript.call_id) for call in calls)


def test_every_call_lies_in_the_thirteen_weeks_before_the_date_in_office_hours(calls: list[GeneratedCall]) -> None:
    for call in calls:
        assert call.started_at.tzinfo is UTC
        assert UNTIL - timedelta(weeks=13) <= call.started_at.date() < UNTIL
        assert call.started_at.weekday() < 5
        assert 8 <= call.started_at.hour <= 19


def test_no_agent_begins_two_calls_in_the_same_hour(calls: list[GeneratedCall]) -> None:
    taken = Counter((call.agent, call.started_at.replace(minute=0)) for call in calls)
    assert max(taken.values()) == 1


def test_one_agent_has_too_few_calls_to_say_anything_of(calls: list[GeneratedCall]) -> None:
    numbers = Counter(call.agent for call in calls)
    (few,) = [agent for agent in TRUTH.agents if agent.story == "few_calls"]
    assert numbers.pop(few.name) == 5
    assert min(numbers.values()) >= 40


def test_every_transcript_is_a_two_channel_call_that_survives_being_written_and_read(calls: list[GeneratedCall]) -> None:
    for call in calls:
        transcript = call.transcript
        assert Transcript.from_dict(transcript.to_dict()) == transcript
        assert (transcript.channels, transcript.sides) == (2, Sides.CHANNELS)
        assert 14 <= len(transcript.turns) <= 40
        assert transcript.duration_seconds >= max(turn.end or 0.0 for turn in transcript.turns)


def test_words_lie_in_their_turn_in_order_with_a_recogniser_s_confidence(calls: list[GeneratedCall]) -> None:
    for turn in (turn for call in calls for turn in call.transcript.turns):
        assert turn.text == " ".join(word.text for word in turn.words)
        assert (turn.start, turn.end) == (turn.words[0].start, turn.words[-1].end)
        assert all(one.end <= two.start for one, two in zip(turn.words, turn.words[1:], strict=False))
        assert all(0.6 <= word.confidence <= 1 for word in turn.words)


def test_people_speak_at_the_pace_of_people(calls: list[GeneratedCall]) -> None:
    for call in calls:
        for speaker in (Speaker.AGENT, Speaker.CUSTOMER):
            turns = [turn for turn in call.transcript.by(speaker) if len(turn.words) > 8]
            words, minutes = sum(len(turn.words) for turn in turns), sum(turn.duration for turn in turns) / 60
            assert 110 * minutes <= words <= 225 * minutes


def test_no_pattern_is_left_unfilled_and_sentences_read_as_sentences(calls: list[GeneratedCall]) -> None:
    for turn in (turn for call in calls for turn in call.transcript.turns):
        assert not re.search(r"[<>|()]|\s{2}|\s[,.?!]|,[,.?!]|None", turn.text), turn.text
        assert turn.text[0].isupper() or turn.text[0].isdigit() or turn.text[0] == "£", turn.text


def test_every_name_comes_from_the_list_of_invented_people(calls: list[GeneratedCall]) -> None:
    people = read_data("people.yaml")
    first, last = {person["name"] for person in people["first_names"]}, set(people["last_names"])
    for call in calls:
        given, family = call.customer.split(" ", 1)
        assert given in first
        assert family in last
    assert {call.agent for call in calls} == {agent.name for agent in TRUTH.agents}


def standard_error(rates: list[float]) -> float:
    return math.sqrt(sum(rate * (1 - rate) for rate in rates)) / len(rates)


def drawn(calls: Iterable[GeneratedCall], behaviour: str) -> list[tuple[bool, float]]:
    """For each call in which the behaviour was drawn: whether it was planted, and the chance it had."""
    found = []
    for call in calls:
        planted = call.planted[behaviour]
        needs = DEPENDS_ON.get(behaviour)
        if planted is None or (needs is not None and not call.planted[needs]):
            continue
        found.append((planted, TRUTH.rate(TRUTH.agent(call.agent), behaviour, call.week)))
    return found


@pytest.mark.parametrize("behaviour", sorted(TRUTH.usual))
def test_a_behaviour_is_planted_as_often_as_the_truth_says(calls: list[GeneratedCall], behaviour: str) -> None:
    pairs = drawn(calls, behaviour)
    seen = sum(planted for planted, _ in pairs) / len(pairs)
    expected = sum(rate for _, rate in pairs) / len(pairs)
    assert abs(seen - expected) < 3 * standard_error([rate for _, rate in pairs])


def test_calls_are_passed_on_as_often_as_the_truth_says_of_what_they_are_about(calls: list[GeneratedCall]) -> None:
    for reasons in ({"Parcel missing"}, {call.reason for call in calls} - {"Parcel missing"}):
        own = [call for call in calls if call.reason in reasons]
        rates = [TRUTH.passes_on(call.reason) for call in own]
        passed_on = sum(call.transfers for call in own) / len(own)
        assert abs(passed_on - sum(rates) / len(rates)) < 3 * standard_error(rates)
    assert set(TRUTH.passed_on) < {call.reason for call in calls}


def test_who_calls_again_does_so_about_the_same_within_a_week_under_the_same_name(calls: list[GeneratedCall]) -> None:
    before: dict[str, GeneratedCall] = {}
    again: Counter[str] = Counter()
    for call in calls:
        if earlier := before.get(call.customer_number):
            assert (earlier.customer, earlier.reason) == (call.customer, call.reason)
            assert timedelta(0) < call.started_at - earlier.started_at < timedelta(days=7)
            again[call.reason] += 1
        before[call.customer_number] = call
    about = Counter(call.reason for call in calls)
    (most, _), *others = sorted(about.items(), key=lambda item: -again[item[0]] / item[1])
    assert most in TRUTH.again
    assert again[most] / about[most] > 0.4
    assert sum(again[reason] for reason, _ in others) / sum(number for _, number in others) < TRUTH.usually_again


@pytest.mark.parametrize(
    ("agent", "behaviour"),
    [(agent.name, gap) for agent in TRUTH.agents for gap in agent.gaps if agent.calls is None and agent.later is None],
)
def test_an_agent_with_a_gap_falls_short_of_the_colleagues(calls: list[GeneratedCall], agent: str, behaviour: str) -> None:
    own = drawn((call for call in calls if call.agent == agent), behaviour)
    team = TRUTH.teams[TRUTH.agent(agent).team].name
    others = drawn((call for call in calls if call.agent != agent and call.team == team), behaviour)
    assert sum(p for p, _ in own) / len(own) < sum(p for p, _ in others) / len(others) - 0.15


@pytest.mark.parametrize("agent", [agent for agent in TRUTH.agents if agent.later], ids=lambda agent: str(agent.story))
def test_whoever_changes_changes_in_the_week_that_the_truth_names(calls: list[GeneratedCall], agent: PlantedAgent) -> None:
    assert agent.later is not None
    assert agent.from_week is not None
    for behaviour in agent.later:
        own = [call for call in calls if call.agent == agent.name]
        before = [call.planted[behaviour] for call in own if call.week < agent.from_week]
        after = [call.planted[behaviour] for call in own if call.week >= agent.from_week]
        change = sum(map(bool, after)) / len(after) - sum(map(bool, before)) / len(before)
        assert change > 0.25 if agent.story == "improves" else change < -0.25


def test_a_team_that_lacks_something_lacks_it_in_every_agent(calls: list[GeneratedCall]) -> None:
    for team in TRUTH.teams.values():
        for behaviour in team.lacks:
            own = drawn((call for call in calls if call.team == team.name), behaviour)
            others = drawn((call for call in calls if call.team != team.name), behaviour)
            assert sum(p for p, _ in own) / len(own) < sum(p for p, _ in others) / len(others) - 0.3


def test_what_was_planted_in_words_is_said_by_the_agent_where_it_says_so(calls: list[GeneratedCall]) -> None:
    for call in calls:
        for behaviour, turn in call.shown_in.items():
            assert call.transcript.turns[turn].speaker is Speaker.AGENT
            assert bool(call.planted[behaviour]) is (behaviour not in BREACHES)


def test_what_was_not_planted_is_not_put_into_words(calls: list[GeneratedCall]) -> None:
    spoken = set(TRUTH.usual) - {"avoids_dead_air", "identity_first", "listens_before_apologising", *BREACHES}
    for call in calls:
        assert {behaviour for behaviour in spoken if call.planted[behaviour]} == spoken & set(call.shown_in)


def test_a_behaviour_that_did_not_apply_has_no_truth(calls: list[GeneratedCall]) -> None:
    for call in calls:
        collections = "collections" in call.scorecards
        assert (call.planted["says_debt_purpose"] is not None) is collections
        assert (call.planted["explains_hold"] is None) is (call.planted["thanks_for_holding"] is None)


def test_holds_and_dead_air_are_silences_and_nothing_else_is(calls: list[GeneratedCall]) -> None:
    for call in calls:
        turns = call.transcript.turns
        ends = [max(turn.end or 0.0 for turn in turns[: nth + 1]) for nth in range(len(turns))]
        longest = max((turn.start or 0.0) - end for turn, end in zip(turns[1:], ends, strict=False))
        if call.planted["explains_hold"] is not None:
            assert longest > 30
        elif not call.planted["avoids_dead_air"]:
            assert 12 < longest < 35
        else:
            assert longest < 7


def test_an_agent_who_cuts_in_does_so_while_the_customer_speaks(calls: list[GeneratedCall]) -> None:
    for call in calls:
        if call.planted["lets_customer_finish"]:
            continue
        cut_in = call.shown_in["lets_customer_finish"]
        customer, agent = call.transcript.turns[cut_in - 1], call.transcript.turns[cut_in]
        assert customer.speaker is Speaker.CUSTOMER
        assert customer.start < agent.start < customer.end < agent.end + 1  # type: ignore[operator]


@pytest.mark.parametrize("behaviour", sorted(set(TRUTH.usual) - {"identity_first", "avoids_dead_air", "uses_name"}))
def test_no_pattern_makes_up_much_of_a_behaviour(calls: list[GeneratedCall], behaviour: str) -> None:
    wordings = Counter(call.wording[behaviour] for call in calls if behaviour in call.wording)
    if behaviour == "listens_before_apologising":
        assert not wordings  # it is a matter of order, not of words
        return
    total = sum(wordings.values())
    most = max(wordings.values())
    by_chance = 2.5 * math.sqrt(0.06 * total)  # of a rare behaviour a few more than the share can be luck
    assert most <= 0.06 * total + by_chance, wordings.most_common(2)
    assert len(wordings) >= min(24, total // 3)


Grams = frozenset[tuple[str, str, str]]


@pytest.fixture(scope="module")
def agent_grams(calls: list[GeneratedCall]) -> dict[str, Grams]:
    """By call, every three words in a row that its agent says."""
    grams: dict[str, Grams] = {}
    for call in calls:
        turns = [re.findall(r"[\w']+", turn.text.lower()) for turn in call.transcript.by(Speaker.AGENT)]
        found = (gram for words in turns for gram in zip(words, words[1:], words[2:], strict=False))
        grams[call.transcript.call_id] = frozenset(found)
    return grams


@pytest.mark.parametrize("behaviour", sorted(set(TRUTH.usual) - {"identity_first", "uses_name"}))
def test_no_three_words_in_a_row_give_a_behaviour_away(
    calls: list[GeneratedCall], agent_grams: dict[str, Grams], behaviour: str
) -> None:
    """Neither that it is there nor that it is missing: nothing that finds most of it is right about most of it."""
    applies = [call for call in calls if call.planted[behaviour] is not None]
    where = Counter(gram for call in applies for gram in agent_grams[call.transcript.call_id])
    for wanted in (True, False):
        having = [call for call in applies if call.planted[behaviour] is wanted]
        if len(having) < 15:
            continue
        found = Counter(gram for call in having for gram in agent_grams[call.transcript.call_id])
        base = len(having) / len(applies)
        telling = {
            gram: (hits / len(having), hits / where[gram])
            for gram, hits in found.items()
            if hits >= 0.5 * len(having) and hits / where[gram] >= max(0.8, base + 0.05)
        }
        assert not telling, (wanted, telling)


def test_what_shows_a_planted_behaviour_is_a_criterion_of_a_shipped_scorecard_of_the_team() -> None:
    cards = {name: load_scorecard(path) for name, path in shipped().items()}
    judged = {name for team in TRUTH.teams.values() for name in team.scorecards}
    assert set(TRUTH.shown_by) <= {*TRUTH.usual, "customer_ends_well"}
    for scorecard, criterion in (pair for pairs in TRUTH.shown_by.values() for pair in pairs):
        assert scorecard in judged
        assert cards[scorecard].criterion(criterion).question


def test_agents_have_favourite_ways_of_saying_the_same(calls: list[GeneratedCall]) -> None:
    closings: dict[str, Counter[str]] = defaultdict(Counter)
    for call in calls:
        if "closes_politely" in call.wording:
            closings[call.agent][call.wording["closes_politely"]] += 1
    favourites = {agent: counted.most_common(1)[0][0] for agent, counted in closings.items()}
    assert len(set(favourites.values())) >= 7


def test_alternatives_and_slots_become_one_sentence() -> None:
    texts = {say("(thanks|thank you) for (waiting|), <who>.", Random(seed), {"who": "Ada"}) for seed in range(40)}
    assert texts == {"Thanks for waiting, Ada.", "Thank you for waiting, Ada.", "Thanks for, Ada.", "Thank you for, Ada."}


def test_a_slot_may_hold_alternatives_of_its_own_and_none_may_be_missing() -> None:
    assert say("<thing_cap> is late.", Random(1), {"thing": ["the (parcel|parcel)"]}) == "The parcel is late."
    with pytest.raises(KeyError, match="nobody"):
        say("<nobody>", Random(1), {})


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("I'm sure you're right.", "I am sure you are right."),
        ("It won't do, we can't wait.", "It will not do, we cannot wait."),
        ("That's hard, isn't it?", "That's hard, isn't it?"),
        ("You've every right, and I'll help.", "You have every right, and I will help."),
    ],
)
def test_a_formal_agent_does_not_shorten(short: str, long: str) -> None:
    assert spell_out(short) == long


def test_a_voice_leans_to_some_patterns_and_uses_all() -> None:
    random, patterns = Random(3), [f"Say {number}." for number in range(8)]
    chosen = Counter(Voice("Ada").choose(patterns, random, {}).pattern for _ in range(4000))
    assert set(chosen) == set(patterns)
    assert max(chosen.values()) > 1.5 * min(chosen.values())


def test_too_few_calls_for_the_agents_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        generate_calls(count=10)


def test_a_partners_people_lack_what_was_planted_and_take_calls_like_those_of_one_of_our_teams(
    calls: list[GeneratedCall],
) -> None:
    partner, theirs = planted_partner(), generate_partner_calls(until=UNTIL)
    assert len(theirs) == partner.calls
    assert not {call.transcript.call_id for call in theirs} & {call.transcript.call_id for call in calls}
    assert {call.agent for call in theirs} == {agent.name for agent in partner.truth.agents}
    assert not {call.agent for call in theirs} & {call.agent for call in calls}
    ((key, team),) = partner.truth.teams.items()
    assert {call.team for call in theirs} == {team.name}
    assert {call.reason for call in theirs} <= {call.reason for call in calls if call.team == TRUTH.teams[key].name}
    for behaviour in ("acknowledges_feeling", "closes_politely"):
        agents = {agent.name: agent for agent in partner.truth.agents}
        rates = [partner.truth.rate(agents[call.agent], behaviour, call.week) for call in theirs]
        seen = [bool(call.planted[behaviour]) for call in theirs if call.planted[behaviour] is not None]
        assert abs(sum(seen) / len(seen) - sum(rates) / len(rates)) < 3 * standard_error(rates)
    assert set(team.lacks) == {"acknowledges_feeling"}


def test_customers_answers_go_with_what_agents_did_as_far_as_was_planted(calls: list[GeneratedCall]) -> None:
    truth, cases = planted_satisfaction(), customer_cases(calls)
    assert sorted(call for case in cases for call in case.calls) == sorted(call.transcript.call_id for call in calls)
    by_id = {call.transcript.call_id: call for call in calls}
    for case in cases:
        assert {by_id[call].customer_number for call in case.calls} == {case.customer_number}
        assert case.closed_at > case.opened_at
    answered = [case for case in cases if case.answer is not None]
    assert abs(len(answered) / len(cases) - truth.answers) < 3 * standard_error([truth.answers] * len(cases))
    pleased, others = (
        [
            shown
            for case in answered
            if case.answer is not None and (case.answer >= 4) is is_pleased
            for call in case.calls
            for behaviour in truth.behaviours
            if (shown := by_id[call].planted[behaviour]) is not None
        ]
        for is_pleased in (True, False)
    )
    assert 0.1 < sum(pleased) / len(pleased) - sum(others) / len(others) < 0.5
    later = customer_cases(generate_calls(until=UNTIL + timedelta(days=7)))
    assert sorted((case.customer_number, case.answer or 0) for case in later) == sorted(
        (case.customer_number, case.answer or 0) for case in cases
    )
