"""What a caller may rely on when they say something private."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from tests.build import a_chat, a_spoken_turn, a_transcript, a_turn
from transcripts.model import Speaker, Transcript, Turn, Word
from transcripts.private import ALL_KINDS, Kind, redact

CARD = "4929 1182 3341 2219"


def texts(*lines: str) -> list[str]:
    """What is left of a chat."""
    return [turn.text for turn in redact(a_chat(*lines)).transcript.turns]


def spoken(speaker: str, text: str, start: float = 0.0) -> Turn:
    """A turn of which each word lasts 0.4 s."""
    return a_spoken_turn(speaker, [(w, start + 0.4 * n, start + 0.4 * n + 0.4) for n, w in enumerate(text.split())])


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("customer: It's 4929 1182 3341 2219.", "It's [card number]."),
        ("customer: four nine two nine double one eight two treble three one treble two nine", "[card number]"),
        ("customer: My sort code is 20-45-17 and the account number is 31926819.",
         "My sort code is [bank account] and the account number is [bank account]."),
        ("customer: my national insurance number is q q one two three four five six c",
         "my national insurance number is [national identifier]"),
        ("customer: I was born on the 4th of March 1982, in Leeds.", "I was born on the [date of birth], in Leeds."),
        ("customer: Write to maria.harper@fernhill.example, please.", "Write to [e-mail address], please."),
        ("customer: it's maria dot harper at fernhill dot com", "it's [e-mail address]"),
        ("customer: Ring me on 07700 900123 after five.", "Ring me on [phone number] after five."),
        ("customer: I live at 12 Acacia Avenue, Bramley.", "I live at [address]."),
        ("customer: It's n for november r three one t x", "It's [address]"),
        ("customer: My password is bluebird.", "My password is [password]."),
    ],
)  # fmt: skip
def test_what_is_private_is_taken_out_and_the_rest_stays(said: str, left: str) -> None:
    assert texts(said) == [left]


@pytest.mark.parametrize(
    "said",
    [
        "agent: That's £42.50 a month for 24 months, from the 3rd of May.",
        "agent: We're open from nine to five, four or five days a week.",
        "customer: What's double glazing cost for eight windows?",
        "agent: Your order number is 40291182.",
        "agent: The reference is R T 7 7 1 6 0 9.",
        "customer: I've rung you three times for the same thing, at 10:30 and at twelve fifteen.",
        "agent: You can ring us on 0800 496 0123.",
        "customer: I forgot my password and can't get in.",
        "customer: That was a birthday present, and it came on the 4th of March.",
        "agent: The offer expires on the 12th of June 2026.",
        "customer: It's five minutes down the road from the bank.",
        "agent: Can you give me the last four digits of the card?",
        "customer: It ends 4 2 4 2.",
        "agent: What's your phone like, on a scale from 0 to 10, 10 being perfect and 0 no use at all to you?",
    ],
)
def test_sums_times_quantities_and_references_stay(said: str) -> None:
    assert redact(a_chat(said)).removed == ()


def test_a_number_said_in_turns_is_taken_out_of_each_and_so_is_saying_it_back() -> None:
    left = texts(
        "agent: What's the long number across the front?",
        "customer: four one double one",
        "agent: yes",
        "customer: double one double one",
        "agent: go on",
        "customer: one one one one, no sorry, two two two one",
        "agent: So that's 4111 1111 2221?",
    )
    assert left[1] == left[3] == "[card number]"
    assert left[5] == "[card number], no sorry, [card number]"
    assert left[6] == "So that's [card number]?"


def test_slips_of_the_recogniser_are_digits_among_digits_alone() -> None:
    assert texts("agent: And the security code?", "customer: nine for two")[1] == "[security code]"
    assert texts("agent: Your card number?", "customer: 49 to 92 for 118")[1] == "[card number]"
    assert texts("agent: And the security code?", "customer: it's for you to look up")[1] == "it's for you to look up"


def test_of_several_things_asked_for_at_once_each_is_taken_out_by_its_own_shape() -> None:
    left = texts(
        "agent: Can I take your date of birth, the password on the account and the last three digits of your mobile?",
        "customer: Sure, the 12th of March 1984, then marigold, and then 412.",
    )
    assert left[1] == "Sure, the [date of birth], then [password], and then 412."


def test_a_security_code_and_the_card_s_end_of_validity_go_with_it() -> None:
    left = texts(
        "agent: Card number?", f"customer: {CARD}", "agent: Expiry?", "customer: 04/27",
        "agent: And the three digits on the back?", "customer: 412",
    )  # fmt: skip
    assert left[1::2] == ["[card number]", "[expiry date]", "[security code]"]


def test_the_token_has_the_time_of_the_words() -> None:
    turn = spoken("customer", f"it's {CARD} thanks", start=2.0)
    redacted = redact(a_transcript(turn))
    (removed,) = redacted.removed
    assert (removed.kind, removed.turn, removed.first_word, removed.after_word) == (Kind.CARD_NUMBER, 0, 1, 3)
    assert [removed.start, removed.end] == pytest.approx([2.4, 4.0])
    (cleaned,) = redacted.transcript.turns
    assert [word.text for word in cleaned.words] == ["it's", "[card", "number]", "thanks"]
    assert cleaned.words[-1] == turn.words[-1]
    assert cleaned.span == turn.span


def test_punctuation_around_private_words_stays_and_the_place_is_still_right() -> None:
    redacted = redact(a_transcript(spoken("customer", 'I live at ("12 Acacia Avenue").')))
    (turn,), (removed,) = redacted.transcript.turns, redacted.removed
    assert turn.text == 'I live at ("[address]").'
    assert (removed.first_word, removed.after_word) == (3, 4)
    assert (removed.start, removed.end) == (turn.words[3].start, turn.words[3].end)


def test_only_the_kinds_that_are_asked_for_are_taken_out() -> None:
    chat = a_chat("customer: It's bluebird@fernhill.example and 07700 900123.")
    assert redact(chat, {Kind.EMAIL}).transcript.turns[0].text == "It's [e-mail address] and 07700 900123."
    assert redact(chat, ()).transcript is chat


def test_words_that_differ_from_the_text_do_not_keep_what_the_text_lost() -> None:
    turn = Turn(Speaker.CUSTOMER, 0.0, 4.0, f"Card number {CARD}.", (Word("card", 0.0, 1.0), Word(CARD, 1.0, 4.0)))
    (cleaned,) = redact(a_transcript(turn)).transcript.turns
    assert cleaned.text == "Card number [card number]."
    assert "4929" not in " ".join(word.text for word in cleaned.words)


def test_a_conversation_without_anything_private_is_the_very_same() -> None:
    chat = a_chat("agent: Good morning.", "customer: Hello, my bill is £20 too high.")
    assert redact(chat).transcript is chat


SAID = st.lists(
    st.sampled_from(
        f"four nine two oh double treble hundred and for to ate forty twenty 4929 1182 07 {CARD} my card number is password "
        "it's dot at gmail com born on the third of march nineteen eighty two 12 acacia avenue flat postcode n r 3 1tx sort "
        "code pounds minutes yes no sorry email maiden name security [card number] . , ?".split()
    )
    | st.text(string.printable, max_size=6),
    min_size=1,
    max_size=25,
).map(" ".join)
CONVERSATIONS = st.lists(st.tuples(st.sampled_from(["agent", "customer", "other"]), SAID), min_size=1, max_size=6)


def conversation(lines: list[tuple[str, str]], timed: bool) -> Transcript:
    if not timed:
        return a_transcript(*(a_turn(speaker, text) for speaker, text in lines))
    turns = [spoken(speaker, text, 20.0 * n) for n, (speaker, text) in enumerate(lines) if text.split()]
    return a_transcript(*turns)


@settings(deadline=None, max_examples=150)
@given(CONVERSATIONS, st.booleans())
def test_taking_out_never_fails_never_lengthens_time_and_done_again_changes_nothing(
    lines: list[tuple[str, str]], timed: bool
) -> None:
    before = conversation(lines, timed)
    redacted = redact(before)
    after = redacted.transcript
    assert redact(after).transcript is after
    assert [(turn.speaker, turn.start, turn.end) for turn in after.turns] == [
        (turn.speaker, turn.start, turn.end) for turn in before.turns
    ]
    for turn in after.turns:
        assert all(one.start <= two.start for one, two in zip(turn.words, turn.words[1:], strict=False))
        assert all(turn.start is not None and turn.start <= w.start and w.end <= (turn.end or 0) for w in turn.words)
    for removed in redacted.removed:
        text = after.turns[removed.turn].text.split()[removed.first_word : removed.after_word]
        assert removed.kind.token in " ".join(text)


@settings(deadline=None, max_examples=100)
@given(st.text("0123456789", min_size=14, max_size=14), st.sampled_from([" ", "", "-", " er "]))
def test_no_digit_is_left_of_a_card_whose_check_digit_is_right(digits: str, between: str) -> None:
    card = "4" + digits
    card += luhn.calc_check_digit(card)
    said = between.join(card[at : at + 4] for at in range(0, 16, 4))
    assert not any(letter.isdigit() for text in texts("agent: Go ahead.", f"customer: {said}") for letter in text)


def test_every_kind_has_a_token_of_its_own_without_a_digit() -> None:
    tokens = {kind.token for kind in ALL_KINDS}
    assert len(tokens) == len(ALL_KINDS)
    assert not any(letter.isdigit() for token in tokens for letter in token)
