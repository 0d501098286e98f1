"""What the finding of the agent promises."""

from typing import get_args

import pytest

from transcripts.roles import ChannelRule, choose_channel, find_agent, sounds_like_agent

RULES: tuple[ChannelRule, ...] = get_args(ChannelRule)

AGENT = (
    "Thank you for calling Brightwater Energy, this is Priya speaking. How can I help you today?",
    "Could you please confirm your account number for me?",
    "Let me check that for you. Is there anything else I can help you with?",
)
CUSTOMER = (
    "Hi, I'm calling about my bill. I was charged twice this month.",
    "My account number is four four nine.",
    "No, that's all. Thank you.",
)


@pytest.mark.parametrize("agent", [0, 1])
@pytest.mark.parametrize("agent_first", [True, False])
def test_the_agent_is_found_by_what_is_said_whoever_speaks_first(agent: int, agent_first: bool) -> None:
    pairs = [turn for a, c in zip(AGENT, CUSTOMER, strict=True) for turn in ((agent, a), (1 - agent, c))]
    found = find_agent(pairs if agent_first else pairs[1:])
    assert found.voice == agent
    assert found.confidence > 0.9


def test_without_anything_to_go_by_the_first_to_speak_is_a_weak_guess() -> None:
    found = find_agent([(1, "Blue."), (0, "Green.")])
    assert found.voice == 1
    assert 0.5 < found.confidence < 0.6


def test_phrases_of_english_are_no_evidence_in_another_language() -> None:
    pairs = [(0, "Hallo."), (1, "Thank you for calling. How can I help you?")]
    assert find_agent(pairs, "en").voice == 1
    assert find_agent(pairs, "de").confidence < 0.6


def test_saying_the_same_phrase_over_and_over_counts_no_more_than_twice() -> None:
    assert sounds_like_agent("Thanks for calling. " * 9) == sounds_like_agent("Thanks for calling. " * 2)


def test_nobody_said_anything() -> None:
    assert find_agent([]).confidence == 0.5


# Which of two channels is the agent's.

AGENT_SAID, CUSTOMER_SAID = " ".join(AGENT), " ".join(CUSTOMER)


@pytest.mark.parametrize("agent", [0, 1])
def test_swapped_channels_are_put_right_unless_the_setting_is_trusted(agent: int) -> None:
    said = (AGENT_SAID, CUSTOMER_SAID) if agent == 0 else (CUSTOMER_SAID, AGENT_SAID)
    for set_to in (0, 1):
        assert choose_channel(said, set_to, "trust") == set_to
        assert choose_channel(said, set_to, "check") == agent
        assert choose_channel(said, set_to, "decide") == agent


def test_weak_evidence_does_not_overrule_the_setting_but_decides_where_words_decide() -> None:
    said = ("Have a nice day.", "Goodbye.")
    assert choose_channel(said, 1, "check") == 1
    assert choose_channel(said, 1, "decide") == 0


@pytest.mark.parametrize("set_to", [0, 1])
def test_where_the_words_say_nothing_the_setting_stands(set_to: int) -> None:
    for rule in RULES:
        assert choose_channel(("Blue.", "Green."), set_to, rule) == set_to
        assert choose_channel(("", ""), set_to, rule) == set_to
        assert choose_channel((CUSTOMER_SAID, AGENT_SAID), set_to, rule, language="de") == set_to


@pytest.mark.parametrize(
    "opening", ["Brightwater, Priya speaking.", "This is James, from Brightwater.", "Is that the order number?"]
)
def test_an_agent_who_says_little_is_known_by_it(opening: str) -> None:
    assert sounds_like_agent(opening) >= 1


@pytest.mark.parametrize("answer", ["Yes, speaking.", "This is she. Who is speaking, please?", "Who did you say you are?"])
def test_somebody_who_is_called_is_not_taken_for_the_agent(answer: str) -> None:
    assert sounds_like_agent(answer) <= 0
