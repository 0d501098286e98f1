"""What the finding of the agent promises."""

import pytest

from transcripts.roles import find_agent, sounds_like_agent

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
