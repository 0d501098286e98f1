"""A recorded voice is nobody's side, and a live agent who says the same stays the agent."""

from collections.abc import Sequence

import pytest

from transcripts.announcements import find_announcements
from transcripts.model import Sound, SoundKind, Word


def said(*sentences: tuple[float, str]) -> list[Word]:
    """The words of one channel: each sentence from its second on, three words a second."""
    return [Word(f" {word}", at + n / 3, at + (n + 1) / 3) for at, text in sentences for n, word in enumerate(text.split())]


def recorded(*channels: Sequence[Word], sounds: Sequence[Sound] = (), language: str = "en") -> list[str]:
    """What a recording says on each channel."""
    found = find_announcements(channels, sounds, language)
    return [
        "".join(word.text for word in words if any(s.start <= (word.start + word.end) / 2 <= s.end for s in spoken)).strip()
        for words, spoken in zip(channels, found, strict=True)
    ]


def music(start: float, end: float) -> Sound:
    return Sound(SoundKind.MUSIC, start, end)


MENU = "Welcome to Harbour Bank. For cards, press one. For loans, press two."
GREETING = "Good morning, this is Anna speaking, how can I help you?"
RECORDED = "This call may be recorded for training and quality."
CUSTOMER = said((30, "Hello, my card does not work any more."))


@pytest.mark.parametrize(
    "announcement",
    [
        MENU,
        "Your call is important to us. Please stay on the line.",
        "You are number three in the queue.",
        "All our advisers are busy. Your call will be answered shortly.",
        "Please hold the line, the next available agent will be with you shortly.",
    ],
)
def test_what_only_a_machine_says_before_the_greeting_is_a_recording(announcement: str) -> None:
    assert recorded(said((1, announcement), (20, GREETING)), CUSTOMER) == [announcement, ""]
    assert recorded(CUSTOMER, said((1, announcement), (20, GREETING))) == ["", announcement]


def test_the_notice_of_a_recording_is_one_where_somebody_picks_up_after_it() -> None:
    assert recorded(said((1, RECORDED), (6, GREETING)), CUSTOMER) == [RECORDED, ""]
    assert recorded(said((1, RECORDED), (6, GREETING), (30, "Hello, my card does not work."))) == [RECORDED]


def test_the_notice_on_the_customers_channel_before_the_agents_greeting_is_a_recording() -> None:
    agent = said((6, GREETING))
    assert recorded(agent, said((1, RECORDED), (10, "Hello, my card does not work."))) == ["", RECORDED]


@pytest.mark.parametrize(
    "greeting",
    [
        f"Thank you for calling Harbour Bank, this is Anna speaking. {RECORDED} How can I help you?",
        f"Thank you for calling Harbour Bank. {RECORDED} My name is Anna, how can I help you?",
        f"Thank you for calling Harbour Bank. {RECORDED}",
    ],
)
def test_an_agent_who_gives_the_notice_in_a_greeting_stays_the_agent(greeting: str) -> None:
    assert recorded(said((1, greeting)), CUSTOMER) == ["", ""]
    assert recorded([*said((1, greeting)), *CUSTOMER]) == [""]
    asks = said((1, greeting), (40, "Which card is it?"))
    assert recorded(asks, said((30, "Hello, I have a problem with my card."))) == ["", ""]


def test_a_voice_in_the_music_of_a_hold_is_a_recording_and_the_agent_who_returns_is_not() -> None:
    queue = "Your call is important to us. Please continue to hold."
    advert = "Did you know that you can pay on our website?"
    before = ((1, GREETING), (40, "Please hold the line while we check."))
    agent = said(*before, (75, queue), (95, advert), (125, "Thank you for holding."))
    found = recorded(agent, CUSTOMER, sounds=(music(44, 74), music(80, 94), music(99, 123)))
    assert found == [f"{queue} {advert}", ""]


def test_a_voice_in_a_silent_hold_is_a_recording_where_only_machines_say_so() -> None:
    agent = said((1, GREETING), (40, "One moment."), (60, "Please continue to hold."), (80, "Sorry about that."))
    assert recorded(agent, CUSTOMER) == ["Please continue to hold.", ""]


def test_what_is_repeated_between_music_is_a_recording() -> None:
    advert = "Our new savings account pays four percent."
    agent = said((1, GREETING), (60, advert), (90, advert))
    assert recorded(agent, CUSTOMER, sounds=(music(45, 59), music(64, 89), music(94, 110))) == [f"{advert} {advert}", ""]


def test_people_who_quote_or_repeat_are_people() -> None:
    again = "Can you hear me at all?"
    customer = said((30, "All we hear is your call is important to us."), (40, again), (50, again))
    assert recorded(said((1, GREETING), (36, "Yes, we can hear you.")), customer) == ["", ""]


def test_a_customer_who_mutters_under_the_music_is_the_customer() -> None:
    muttering = said((30, "My card does not work."), (60, "This is taking for ever."))
    assert recorded(said((1, GREETING)), muttering, sounds=(music(45, 90),)) == ["", ""]


def test_in_another_language_nothing_is_taken_for_a_recording() -> None:
    assert recorded(said((1, MENU), (20, GREETING)), CUSTOMER, language="de") == ["", ""]


def test_a_channel_without_words_has_no_announcement() -> None:
    assert recorded([], CUSTOMER) == ["", ""]
