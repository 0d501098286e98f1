"""What the finding of the agent promises."""

from typing import get_args

import pytest

from transcripts.roles import ChannelRule, choose_channel, find_parties, sounds_like_agent

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


AGENT_SAID, CUSTOMER_SAID = " ".join(AGENT), " ".join(CUSTOMER)


@pytest.mark.parametrize("agent", [0, 1])
@pytest.mark.parametrize("agent_first", [True, False])
def test_the_agent_is_found_by_what_is_said_whoever_speaks_first(agent: int, agent_first: bool) -> None:
    pairs = [turn for a, c in zip(AGENT, CUSTOMER, strict=True) for turn in ((agent, a), (1 - agent, c))]
    found = find_parties(pairs if agent_first else pairs[1:])
    assert (found.agent, found.customer) == (agent, 1 - agent)
    assert found.confidence > 0.9
    assert found.both_heard


def test_without_anything_to_go_by_the_first_to_speak_is_a_weak_guess() -> None:
    found = find_parties([(1, "Blue."), (0, "Green.")])
    assert found.agent == 1
    assert 0.5 < found.confidence < 0.6


def test_phrases_of_english_are_no_evidence_in_another_language() -> None:
    pairs = [(0, "Hallo."), (1, "Thank you for calling. How can I help you?")]
    assert find_parties(pairs, "en").agent == 1
    assert find_parties(pairs, "de").confidence < 0.6


def test_saying_the_same_phrase_over_and_over_counts_no_more_than_twice() -> None:
    assert sounds_like_agent("Thanks for calling. " * 9) == sounds_like_agent("Thanks for calling. " * 2)


def test_nobody_said_anything() -> None:
    assert find_parties([]).confidence == 0.5


# Where the agent's name is known.


@pytest.mark.parametrize("said", ["Hello, this is Marta.", "Billing, Martha speaking.", "You're through to Marta, hello."])
def test_who_gives_the_agents_name_is_the_agent(said: str) -> None:
    pairs = [(0, "Hello?"), (1, said), (0, "It's about the meeting on Monday.")]
    found = find_parties(pairs, agent_name="Marta Velasco")
    assert found.agent == 1
    assert found.confidence > 0.9
    assert find_parties(pairs).confidence < 0.9


@pytest.mark.parametrize("said", ["Hi Marta, it's me.", "Good morning, Marta.", "Thank you, Marta."])
def test_who_is_called_by_the_agents_name_is_found_by_the_one_who_calls(said: str) -> None:
    assert find_parties([(0, said), (1, "Blue.")], agent_name="Marta Velasco").agent == 1
    assert sounds_like_agent(said, "Marta Velasco") < sounds_like_agent(said) < 4


def test_another_name_and_no_name_change_nothing() -> None:
    for said in ("This is Marta.", "Hi Marta.", "I am happy, this is a good one."):
        assert sounds_like_agent(said, "Gregory Pell") == sounds_like_agent(said, "") == sounds_like_agent(said)


# More than two voices.

SECOND_AGENT = "Thank you for holding. You're speaking to Oskar. Let me check that for you."


def test_of_two_agents_the_one_who_held_most_of_the_call_is_the_agent() -> None:
    pairs = [(0, AGENT_SAID), (1, CUSTOMER_SAID), (2, SECOND_AGENT)]
    found = find_parties(pairs)
    assert (found.agent, found.customer) == (0, 1)
    longer = SECOND_AGENT + " It will take about ten minutes until the new contract has gone through, please." * 4
    assert find_parties([*pairs[:2], (2, longer)]).agent == 2


def test_of_two_agents_the_one_who_is_known_by_name_is_the_agent() -> None:
    found = find_parties([(0, AGENT_SAID), (1, CUSTOMER_SAID), (2, SECOND_AGENT)], agent_name="Oskar Lind")
    assert (found.agent, found.customer) == (2, 1)


def test_somebody_beside_the_customer_is_neither_party() -> None:
    found = find_parties([(0, AGENT_SAID), (1, CUSTOMER_SAID), (2, "Tell them about the bin.")])
    assert (found.agent, found.customer) == (0, 1)


# Which of two channels is the agent's.


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


def test_a_known_name_is_enough_to_find_swapped_channels() -> None:
    said = ("Hello? Yes.", "Hello, this is Marta. Is that Tom?")
    assert choose_channel(said, 0, "check") == 0
    assert choose_channel(said, 0, "check", agent_name="Marta Velasco") == 1


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
