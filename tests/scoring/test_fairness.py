"""Is a call with other people in it still the same call, and is every verdict that flips counted?"""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.criteria import Context
from scoring.criteria.text import Conversation
from scoring.evaluate import evaluate
from scoring.fairness import Compared, Exchange, Flip, compare, exchanged, lists, report
from scoring.result import Evaluation, Verdict
from scoring.signals.model import Signals
from tests.build import a_chat, a_spoken_turn, a_transcript, a_turn
from tests.storage.build import a_scorecard
from transcripts.model import Transcript


def texts(transcript: Transcript, exchange: Exchange, seed: int = 0) -> list[str]:
    return [turn.text for turn in exchanged(transcript, exchange, seed).turns]


def test_a_name_becomes_another_one_the_same_throughout_the_call() -> None:
    call = a_chat(
        "agent: Good morning, Sarah speaking.",
        "customer: Hello Sarah, it's Mr Abernail. Tomato soup, please.",
        "agent: Thank you, Mr Abernail.",
    )
    first, second, third = texts(call, Exchange.NAMES)
    name = first.removeprefix("Good morning, ").removesuffix(" speaking.")
    title = third.removeprefix("Thank you, Mr ").removesuffix(".")
    assert name in lists().first_names
    assert title in lists().last_names
    assert second == f"Hello {name}, it's Mr {title}. Tomato soup, please."


def test_a_word_that_is_also_a_name_is_one_where_somebody_introduces_themselves_by_it() -> None:
    call = a_chat("agent: My name is Grace.", "customer: Grace, is there a grace period? I may pay in May.")
    first, second = texts(call, Exchange.NAMES)
    name = first.removeprefix("My name is ").removesuffix(".")
    assert name != "Grace"
    assert second == f"{name}, is there a grace period? I may pay in May."


@pytest.mark.parametrize(
    ("said", "comes_out"),
    [
        ("He told her that his wife paid.", "She told him that her husband paid."),
        ("Her bill is his.", "His bill is hers."),
        ("Can you help her?", "Can you help him?"),
        ("Thank you, Mrs Reid. I miss it there.", "Thank you, Mr Reid. I miss it there."),
        ("Yes, sir, the others are theirs.", "Yes, madam, the others are theirs."),
        ("My mum's ill.", "My dad's ill."),
    ],
)
def test_pronouns_titles_and_family_become_the_other_genders(said: str, comes_out: str) -> None:
    assert texts(a_chat(f"agent: {said}"), Exchange.PRONOUNS) == [comes_out]


def test_towns_and_streets_become_others_and_the_kind_of_street_stays() -> None:
    (said,) = texts(a_chat("customer: I'm in Leeds, nine Mill Lane, Leeds."), Exchange.PLACES)
    found = re.fullmatch(r"I'm in (.+), nine (.+) Lane, (.+)\.", said)
    assert found
    assert found[1] == found[3] != "Leeds"
    assert found[2] in lists().streets


def test_each_side_speaks_the_words_of_a_region_of_its_own() -> None:
    call = a_chat("agent: Thank you. Goodbye.", "customer: Yes. Thank you. Goodbye.")
    heard = {tuple(texts(call, Exchange.DIALECT, seed)) for seed in range(12)}
    assert len(heard) > 6
    assert any(agent.split(".")[0] != customer.split(". ")[1] for agent, customer in heard)
    assert {"Ta. Ta-ra.", "Cheers. Cheerio."} & {agent for agent, _ in heard}


def test_words_of_a_region_become_those_of_another() -> None:
    heard = {texts(a_chat("customer: Aye, ta."), Exchange.DIALECT, seed)[0] for seed in range(40)}
    assert {"Yes, thanks.", "Aye, cheers."} <= heard


def test_an_address_stands_at_the_end_of_a_sentence_and_one_that_stood_there_goes() -> None:
    call = a_chat(*["agent: I have the parcel here, love. Is that all right for you?"] * 12)
    for text in texts(call, Exchange.ADDRESS):
        assert re.fullmatch(r"I have the parcel here(, [\w' ]+)?\. Is that all right for you(, [\w' ]+)?\?", text), text
        assert not text.startswith("I have the parcel here, love. Is that all right for you?")
    assert any("for you, " in text for text in texts(call, Exchange.ADDRESS))


def test_a_replaced_word_keeps_its_time_and_one_put_in_shares_that_of_the_word_before() -> None:
    turn = a_spoken_turn("agent", [("Good", 0, 1), ("morning,", 1, 2), ("Sarah", 2, 3), ("speaking.", 3, 4)])
    (changed,) = exchanged(a_transcript(turn), Exchange.NAMES).turns
    assert [(word.start, word.end) for word in changed.words] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert " ".join(word.text for word in changed.words) == changed.text
    spoken = a_spoken_turn("agent", [("I", 0, 1), ("sent", 1, 2), ("that", 2, 3), ("today.", 3, 4)] * 9)
    (addressed,) = exchanged(a_transcript(spoken), Exchange.ADDRESS, 1).turns
    assert addressed.text != spoken.text
    assert [(word.start, word.end) for word in addressed.words] == [(word.start, word.end) for word in spoken.words]
    assert " ".join(word.text for word in addressed.words) == addressed.text


SAID = "Sarah O'Brien Mr Mrs her his he Leeds Mill Lane thank you thanks yes, aye, mate. love, innit? Hello. £25.50 it's"
WORDS = st.sampled_from(SAID.split())


@given(
    st.lists(st.tuples(st.sampled_from(["agent", "customer"]), st.lists(WORDS, min_size=1, max_size=12)), max_size=5),
    st.sampled_from(Exchange),
    st.integers(0, 3),
)
def test_turns_sides_times_and_order_stay_and_every_word_can_be_found(
    said: list[tuple[str, list[str]]], exchange: Exchange, seed: int
) -> None:
    call = a_transcript(
        *(
            a_spoken_turn(side, [(word, n * 9.0 + k / 2, n * 9.0 + k / 2 + 0.4) for k, word in enumerate(words)])
            for n, (side, words) in enumerate(said)
        )
    )
    other = exchanged(call, exchange, seed)
    assert [(turn.speaker, turn.start, turn.end) for turn in other.turns] == [
        (turn.speaker, turn.start, turn.end) for turn in call.turns
    ]
    assert other == exchanged(call, exchange, seed)
    conversation = Conversation(other)
    for number, turn in enumerate(other.turns):
        assert conversation.heard(number, 0, len(turn.text)).start == turn.start
        assert " ".join(word.text for word in turn.words).split() == turn.text.split()


def compared(flips: int, criteria: int, call: str = "one", exchange: Exchange = Exchange.NAMES) -> Compared:
    names = tuple(f"care.c{n}" for n in range(criteria))
    found = tuple(
        Flip(call, exchange, "care", f"c{n}", Verdict.MET, Verdict.NOT_MET, 0.9, "before", "after") for n in range(flips)
    )
    return Compared(call, exchange, names, names, found)


def test_the_share_that_flipped_is_of_all_verdicts_with_an_interval_around_it() -> None:
    found = report([compared(1, 100, "one"), compared(0, 100, "two"), compared(0, 200, "three", Exchange.PLACES)])
    assert found.overall.share == 1 / 400
    assert found.overall.low < 1 / 400 < found.overall.high
    assert found.exchanges[Exchange.NAMES].share == 1 / 200
    assert found.exchanges[Exchange.PLACES].flips == 0
    assert list(found.criteria) == ["care.c0"]
    assert found.holds
    assert not report([compared(2, 100)]).holds


def test_none_flipped_of_few_is_no_proof_that_none_flip_and_nothing_compared_does_not_hold() -> None:
    assert report([compared(0, 20)]).overall.high > 0.1
    assert not report([]).holds


def test_flips_that_hang_together_in_one_call_widen_the_interval() -> None:
    together = report([compared(10, 100, "one"), *(compared(0, 100, f"other {n}") for n in range(9))])
    apart = report([compared(1, 100, f"call {n}") for n in range(10)])
    assert together.overall.share == apart.overall.share
    assert together.overall.high > apart.overall.high


def judged(turns: Sequence[str]) -> tuple[Transcript, list[Evaluation]]:
    call = a_transcript(*(a_turn("agent", text) for text in turns))
    return call, [evaluate(call, Signals((0.0,) * len(turns), {}), a_scorecard())]


def test_a_flip_shows_the_changed_sentence_that_the_verdict_rested_on() -> None:
    before, one = judged(["My name is Tom.", "Hello."])
    after, other = judged(["My name is Ann.", "Howdy."])
    found = compare(before, after, Exchange.DIALECT, one, other)
    flip = found.flips[0]
    assert (flip.criterion, flip.before, flip.after) == ("greets", Verdict.MET, Verdict.NOT_MET)
    assert (flip.sentence_before, flip.sentence_after) == ("Hello.", "Howdy.")


def test_no_field_of_what_a_criterion_sees_is_about_the_agent_as_a_person() -> None:
    assert set(Context.__dataclass_fields__) >= {"transcript", "signals", "conversation", "language"}
    seen = {*Context.__dataclass_fields__, *Transcript.__dataclass_fields__, *Signals.__dataclass_fields__}
    assert not {name for name in seen if re.search("agent|person|name|team|history|score", name)}
