"""Every way of answering gives points and a verdict, and the file that defines it is checked and written without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InputError
from scorecards.answers import (
    YES_NO,
    Answer,
    Answers,
    AnswerType,
    Choice,
    Decided,
    Options,
    Step,
    Steps,
    Verdict,
    answer_of,
    answers_of,
)
from scorecards.definition import AskedWhen, Band, Criterion, Rule, Scorecard, Section
from scorecards.dump import dump_scorecard
from scorecards.load import find_scorecard, load_scorecard, parse_scorecard, read_scorecard, shipped
from scoring.criteria import check_text
from storage.mapping import scorecard_of
from tests.scorecards.card import EVERYTHING

CARD = parse_scorecard(EVERYTHING)


@pytest.mark.parametrize(
    ("criterion", "answer", "verdict", "points"),
    [
        ("complained", "partly", Verdict.PARTLY, 0.5),
        ("complained", "not_met", Verdict.NOT_MET, -0.25),
        ("tone", "3", Verdict.MET, 1.0),
        ("tone", 2, Verdict.PARTLY, 0.25),
        ("tone", "1", Verdict.NOT_MET, -0.5),
        ("remedy", "voucher", Verdict.PARTLY, 0.6),
        ("remedy", "nothing", Verdict.NOT_MET, 0.0),
        ("said", ("name", "price"), Verdict.PARTLY, 0.8),
        ("said", ("name", "number", "price"), Verdict.MET, 0.9),  # 1.4, and no more than 0.9 counts
        ("said", ("slang",), Verdict.NOT_MET, -0.5),
        ("said", (), Verdict.NOT_MET, 0.0),
        ("length", 10, Verdict.MET, 1.0),
        ("length", 10.01, Verdict.PARTLY, 0.5),
        ("length", 1000, Verdict.NOT_MET, -1.0),
    ],
)
def test_an_answer_earns_its_points_and_counts_as_what_they_say(
    criterion: str, answer: Answer, verdict: Verdict, points: float
) -> None:
    decided = CARD.criterion(criterion).decide(answer=answer)
    assert (decided.verdict, decided.points) == (verdict, points)


@pytest.mark.parametrize(
    ("criterion", "answer"),
    [("complained", "maybe"), ("tone", "4"), ("remedy", ("voucher",)), ("said", ("name", "song")), ("length", "long")],
)
def test_what_is_no_answer_to_a_question_is_refused_with_a_sentence(criterion: str, answer: Answer) -> None:
    with pytest.raises(InputError, match=r"no answer to this question; it is one of|answered with a number"):
        CARD.criterion(criterion).decide(answer=answer)


def test_several_options_are_kept_once_each_in_the_order_of_the_scorecard() -> None:
    assert CARD.criterion("said").decide(answer=("price", "name", "price")).answer == ("name", "price")


def test_the_best_there_is_counts_as_met_also_where_answers_only_take_away() -> None:
    slips = Options(
        AnswerType.CHOICE, (Choice("none", "None", 0.0), Choice("some", "Some", -0.5), Choice("many", "Many", -1))
    )
    assert [option.verdict for option in slips.options] == [Verdict.MET, Verdict.NOT_MET, Verdict.NOT_MET]
    ticked = Options(AnswerType.SEVERAL, (Choice("late", "Late", -0.5),))
    assert ticked.given(()).verdict is Verdict.MET
    assert ticked.given(("late",)) == Decided(Verdict.NOT_MET, -0.5, ("late",))


def test_a_verdict_is_the_answer_that_stands_for_it_and_is_refused_where_none_does() -> None:
    assert CARD.criterion("tone").decide(Verdict.MET) == Decided(Verdict.MET, 1.0, "3")
    assert CARD.criterion("tone").decide(Verdict.NOT_APPLICABLE) == Decided(Verdict.NOT_APPLICABLE, None, None)
    for criterion, verdict in (("tone", Verdict.PARTLY), ("remedy", Verdict.MET), ("length", Verdict.NOT_MET)):
        with pytest.raises(InputError, match=rf"stands for “{verdict.value}”"):
            CARD.criterion(criterion).decide(verdict)


def test_the_options_of_a_question_have_label_value_points_and_verdict() -> None:
    tone = CARD.criterion("tone").options
    assert [(o.value, o.label, o.points, o.verdict) for o in tone] == [
        ("1", "Cold", -0.5, Verdict.NOT_MET),
        ("2", "2", 0.25, Verdict.PARTLY),
        ("3", "Warm", 1.0, Verdict.MET),
    ]
    assert [o.label for o in CARD.criterion("length").options] == [
        "up to 10 seconds",
        "over 10 up to 20.5 seconds",
        "over 20.5 seconds",
    ]
    assert [o.value for o in CARD.criterion("complained").options] == ["met", "partly", "not_met"]


def test_an_answer_is_said_in_the_words_of_the_scorecard() -> None:
    said = {name: CARD.criterion(name).answers for name in ("tone", "remedy", "said", "length")}
    assert (said["tone"].label("1"), said["remedy"].label("money_back")) == ("Cold", "Money back")
    assert (said["said"].label(("name", "price")), said["said"].label(())) == ("Name, Price", "None of these")
    assert said["length"].label(12.5) == "12.5 seconds"


def test_a_comment_is_required_for_the_answers_that_are_named() -> None:
    tone = CARD.criterion("tone")
    assert tone.needs_comment(Verdict.NOT_MET, "1")
    assert tone.needs_comment(Verdict.NOT_APPLICABLE)
    assert not tone.needs_comment(Verdict.MET, "3")


def test_a_total_lies_in_the_highest_band_that_it_reaches() -> None:
    assert [CARD.band(total) for total in (90, 89.99, 75, 40.5, 40.49, None)] == [
        "Excellent",
        "Good",
        "Good",
        "To practise",
        "",
        "",
    ]


def test_a_scorecard_with_everything_goes_out_as_yaml_and_as_plain_values_and_comes_back_equal() -> None:
    assert [str(problem) for problem in check_text(EVERYTHING)] == []
    text = dump_scorecard(CARD)
    again = parse_scorecard(text)
    assert again == CARD
    assert again.content_hash == CARD.content_hash
    assert scorecard_of(CARD.to_dict()) == CARD
    assert "- {value: 1, label: Cold, points: -0.5, stands_for: not_met}" in text
    keys = ("question: What was offered?", "asked_when:", "fails: section", "type: choice", "tip: Offer")
    places = [text.index(key) for key in keys]
    assert places == sorted(places)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scorecard_goes_out_as_yaml_and_comes_back_equal(name: str) -> None:
    card = load_scorecard(find_scorecard(name))
    text = dump_scorecard(card)
    assert parse_scorecard(text) == card
    assert text.startswith("# A scorecard of Attune.")
    assert check_text(text) == []


def test_a_scorecard_without_the_later_keys_keeps_the_hash_it_always_had() -> None:
    rule = Rule("says.v1", {"phrases": ["hello"]})
    card = Scorecard("care", 1, "Care", 70.0, (Section("s", "S", (Criterion("greets", "Greets?", rule, 2.0),)),))
    assert card.content_hash == "b057e2574b512e30fd043b18e3285024c17e8c4b21f08515364bf5c510e7c916"
    criterion = card.to_dict()["sections"][0]["criteria"][0]
    assert set(criterion) == {"id", "question", "rule", "weight", "answers", "applies_when", "fails", "tip", "target"}


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
POINTS = st.floats(-1, 1).map(lambda points: round(points, 3))
CHOICES = st.lists(st.builds(Choice, NAMES, NAMES, POINTS), min_size=2, max_size=5, unique_by=lambda choice: choice.value)
BOUNDS = st.lists(st.floats(-100, 100).map(lambda n: round(n, 2)), max_size=4, unique=True).map(sorted)
ANSWERS = st.one_of(
    st.lists(POINTS, min_size=3, max_size=3).map(lambda points: Answers(*sorted(points, reverse=True))),
    st.builds(Options, st.sampled_from([AnswerType.CHOICE, AnswerType.SEVERAL]), CHOICES.map(tuple)),
    st.builds(
        lambda bounds, points, unit: Steps(tuple(Step(b, points) for b in [*bounds, None]), unit), BOUNDS, POINTS, NAMES
    ),
)


@given(ANSWERS, st.data())
def test_whatever_is_answered_earns_no_more_than_all_and_takes_no_more_than_all_away(
    answers: Answers | Options | Steps, data: st.DataObject
) -> None:
    answer: Answer
    if isinstance(answers, Steps):
        answer = data.draw(st.floats(-1e6, 1e6))
    elif answers.type is AnswerType.SEVERAL:
        answer = tuple(data.draw(st.lists(st.sampled_from([option.value for option in answers.options]))))
    else:
        answer = data.draw(st.sampled_from([option.value for option in answers.options]))
    decided = answers.given(answer)
    assert decided.points is not None
    assert -1 <= decided.points <= answers.most <= 1
    assert decided.verdict.counts
    assert decided.answer is not None
    assert answers.given(decided.answer) == decided
    assert answer_of(list(decided.answer) if isinstance(decided.answer, tuple) else decided.answer) == decided.answer


@given(ANSWERS, st.booleans(), st.lists(st.floats(0, 100), max_size=3, unique=True))
def test_any_answers_survive_yaml_and_plain_values(
    answers: Answers | Options | Steps, bonus: bool, bands: list[float]
) -> None:
    assert answers_of(answers.to_dict()) == answers
    first = Criterion("first", "First?", Rule("by_hand.v1"), answers=answers, bonus=bonus)
    asked = AskedWhen("first", ("not_applicable",))
    second = Criterion("second", "Second?", Rule("by_hand.v1"), asked_when=asked, comment_required=("met",))
    named = tuple(Band(lowest, f"Band {number}") for number, lowest in enumerate(bands))
    card = Scorecard("card", 1, "Card", 50, (Section("s", "S", (first, second)),), bands=named)
    assert parse_scorecard(dump_scorecard(card)) == card
    assert scorecard_of(card.to_dict()) == card


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("type: scale", "type: skale", "line 26, talk.tone: 'type' is one of yes_no, scale, choice,"),
        ("points: -0.5, stands_for", "points: -2, stands_for", "line 28, talk.tone: 'points' is a number from -1 to 1"),
        ("value: 2, points", "value: 0, points", "line 29, talk.tone: the values of a scale run upwards"),
        ("value: 2, points", "value: 1, points", "two options have the value '1'"),
        ("value: 2, points", "value: two, points", "a value of a scale is a whole number from 0 to 100, not 'two'"),
        ("value: 2, points", "valeu: 2, points", "unknown key 'valeu'; did you mean 'value'?"),
        ("stands_for: met}", "stands_for: not_met}", "two options stand for 'not_met'"),
        ("stands_for: met}", "stands_for: mett}", "is one of met, partly, not_met, not 'mett'; did you mean 'met'?"),
        ("value: money_back", "value: Money back", "an option's value is in snake_case"),
        ("value: money_back", "value: unsure", "every question can be answered 'unsure'; it is no option of its own"),
        ("comment_required: [nothing]", "comment_required: [nothin]", "'nothin' is no answer of this criterion"),
        ("criterion: complained", "criterion: complaint", "no criterion 'complaint'; did you mean 'complained'?"),
        ("is: [met, partly]", "is: [met, party]", "'party' is no answer of 'complained' (met, partly,"),
        ("criterion: complained", "criterion: remedy_suits", "'remedy' is asked by 'remedy_suits' is asked by"),
        ("criterion: complained", "criterion: remedy", "line 35, talk.remedy: this goes round in a circle:"),
        ("is: [met, partly]", "are: [met, partly]", "unknown key 'are'"),
        ("is: [met, partly]", "is: met", "'is' is a list with at least one entry, not 'met'"),
        ("at_most: 0.9", "at_most: -1", "'at_most' is a number from 0 to 1, not -1"),
        ("up_to: 20.5", "up_to: 5", "steps run upwards, and 5 comes after 10"),
        ("- {points: -1}", "- {up_to: 99, points: -1}", "the last step has no 'up_to'"),
        ("up_to: 10, points", "points", "the step before this one has no 'up_to'"),
        ("bonus: true", "bonus: much", "'bonus' is true or false, not 'much'"),
        ("from: 75, name", "from: 90, name", "line 8, bands: two bands have 'from' 90"),
        ("from: 75, name", "from: 750, name", "'from' is a number from 0 to 100, not 750"),
        ("name: Good", "nam: Good", "unknown key 'nam'; did you mean 'name'?"),
    ],
)  # fmt: skip
def test_a_wrong_answer_condition_or_band_is_named_with_its_line_and_what_would_be_right(
    before: str, after: str, message: str
) -> None:
    assert before in EVERYTHING
    found = [str(problem) for problem in read_scorecard(EVERYTHING.replace(before, after, 1), "card.yaml").problems]
    assert any(message in problem for problem in found), found


def test_a_scorecard_built_in_a_circle_is_refused() -> None:
    hand = Rule("by_hand.v1")
    one = Criterion("one", "One?", hand, asked_when=AskedWhen("two", ("met",)))
    two = Criterion("two", "Two?", hand, asked_when=AskedWhen("one", ("met",)))
    with pytest.raises(ValueError, match="in a circle: one → two → one"):
        Scorecard("card", 1, "Card", 50, (Section("s", "S", (one, two)),))
    with pytest.raises(ValueError, match="which there is not"):
        Scorecard("card", 1, "Card", 50, (Section("s", "S", (one,)),))


def test_yes_and_no_are_what_a_question_has_that_says_nothing() -> None:
    assert CARD.criterion("remedy_suits").answers == YES_NO
