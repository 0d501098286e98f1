"""What somebody is told of at once: what counts, where, from when on, and how sure it has to be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from errors import InputError
from scoring.alerts import AlertKind, Channel, Clock, Conversation, Failed, Trigger, due, find
from scoring.signals.model import Shown
from transcripts.hours import read_hours
from transcripts.model import Medium, Sides, Speaker, Transcript, Turn
from transcripts.written import on_the_clock

FRIDAY = datetime(2026, 8, 7, 16, 0, tzinfo=UTC)
OFFICE = "Mon-Fri 09:00-17:00, Europe/London, holidays GB-ENG"
COMPLAINT = Trigger(AlertKind.UNANSWERED, limit_minutes=60)


def written(
    *lines: tuple[str, float, str], medium: Medium = Medium.SOCIAL, hours: str = "", public: bool = True
) -> Transcript:
    """Messages of (who, minutes after the first, text), known up to the last of them."""
    turns = tuple(Turn(Speaker(who), None, None, text, sent=60.0 * minutes, public=public) for who, minutes, text in lines)
    plain = Transcript("c1", turns, 60.0 * lines[-1][1], 0, sides=Sides.GIVEN, medium=medium, seen=60.0 * lines[-1][1])
    return on_the_clock(plain, FRIDAY, hours)


def held(transcript: Transcript, *shown: tuple[int, str, float], **known: Any) -> Conversation:
    spots = tuple(Shown(turn, name, likely, 0, len(transcript.turns[turn].text)) for turn, name, likely in shown)
    known = {"channel": Channel.SOCIAL, "team": 1, "queue": "care", **known}
    return Conversation(began=FRIDAY, transcript=transcript, shown=spots, **known)


ASKED = written(("customer", 0, "My order never came, this is a disgrace"), ("customer", 30, "Hello?"))
SPOKEN = Transcript(
    "c2",
    tuple(
        Turn(Speaker(who), 2.0 * n, 2.0 * n + 2, text)
        for n, (who, text) in enumerate(
            [("agent", "Hello"), ("customer", "I cannot sleep any more"), ("agent", "Let me see"), ("customer", "Okay")]
        )
    ),
    8.0,
    2,
)


def test_a_wait_begins_with_the_first_message_that_nobody_answered() -> None:
    conversation = held(ASKED, (0, "complains", 0.95))
    cause = find(COMPLAINT, conversation)
    assert cause is not None
    assert (cause.turn, cause.since, cause.perhaps) == (0, 0.0, False)
    assert "in public" in cause.why
    assert due(COMPLAINT, conversation, cause) == FRIDAY + timedelta(minutes=60)


def test_what_was_answered_or_only_thanks_raises_nothing() -> None:
    answered = written(("customer", 0, "This is a disgrace"), ("agent", 5, "We are sorry"))
    thanked = written(("customer", 0, "This is a disgrace"), ("agent", 5, "We are sorry"), ("customer", 9, "Thank you"))
    for transcript in (answered, thanked):
        assert find(COMPLAINT, held(transcript, (0, "complains", 0.95))) is None


def test_what_is_no_complaint_raises_nothing_unless_every_message_counts() -> None:
    assert find(COMPLAINT, held(ASKED)) is None
    every = find(replace(COMPLAINT, complaints_only=False), held(ASKED))
    assert every is not None
    assert not every.perhaps  # that nobody answered is a fact


def test_public_only_passes_over_what_nobody_else_could_read() -> None:
    private = written(("customer", 0, "This is a disgrace"), public=False)
    public_only = replace(COMPLAINT, public_only=True)
    assert find(public_only, held(private, (0, "complains", 0.95))) is None
    assert find(public_only, held(ASKED, (0, "complains", 0.95))) is not None


def test_the_limit_runs_in_the_hours_in_which_somebody_is_there() -> None:
    # It is Friday, 17:00 in London: nobody is there any more, and the hour is over at ten on Monday.
    late = held(written(("customer", 0, "This is a disgrace"), hours=OFFICE), (0, "complains", 0.95))
    cause = find(COMPLAINT, late)
    assert cause is not None
    assert due(COMPLAINT, late, cause) == datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
    around = replace(COMPLAINT, clock=Clock.ALWAYS)
    assert due(around, late, cause) == FRIDAY + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (datetime(2026, 3, 28, 17, 30, tzinfo=UTC), 60, datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),  # the night before summer
        (datetime(2026, 12, 24, 16, 30, tzinfo=UTC), 60, datetime(2026, 12, 29, 9, 30, tzinfo=UTC)),  # over Christmas
    ],
)
def test_the_clock_jumps_over_nights_holidays_and_changes_of_the_clocks(
    start: datetime, minutes: int, end: datetime
) -> None:
    hours = read_hours("Sat 17:00-18:00, Sun 00:00-03:00, Europe/London" if start.month == 3 else OFFICE)
    assert hours is not None
    assert hours.after(start, 60.0 * minutes) == end
    assert hours.seconds_between(start, end) == 60.0 * minutes


def test_an_hour_that_nobody_ever_works_is_never_over() -> None:
    hours = read_hours("Mon 09:00-09:01, UTC")
    assert hours is not None
    assert hours.after(FRIDAY, 86_400.0) is None
    assert hours.covers(datetime(2026, 8, 10, 9, 0, 30, tzinfo=UTC))
    assert not hours.covers(datetime(2026, 8, 10, 9, 1, tzinfo=UTC))


@pytest.mark.parametrize(("likely", "sure", "perhaps"), [(0.9, True, True), (0.5, False, True), (0.2, False, False)])
def test_what_the_judge_is_unsure_of_is_a_perhaps_where_the_rule_asks_for_it(
    likely: float, sure: bool, perhaps: bool
) -> None:
    conversation = held(SPOKEN, (3, "threatens_to_leave", likely), channel=Channel.PHONE)
    leaving = Trigger(AlertKind.LEAVING)
    assert (find(leaving, conversation) is not None) is sure
    found = find(replace(leaving, perhaps=True), conversation)
    assert (found is not None) is perhaps
    assert found is None or found.perhaps is not sure


@pytest.mark.parametrize(
    ("helped", "end", "unresolved"),
    [(False, 0.4, False), (True, -0.5, True), (True, 0.4, False), (True, None, False), (False, None, True)],
)
def test_distress_is_resolved_by_a_good_end_or_where_none_is_known_by_help(
    helped: bool, end: float | None, unresolved: bool
) -> None:
    shown = [(1, "distress", 0.9), *([(2, "reassures", 0.9)] if helped else [])]
    conversation = held(SPOKEN, *shown, valence_end=end, channel=Channel.PHONE)
    found = find(Trigger(AlertKind.DISTRESS), conversation)
    assert (found is not None) is unresolved
    assert found is None or found.quote == "I cannot sleep any more"


def test_help_that_came_before_the_distress_resolves_nothing() -> None:
    before = held(SPOKEN, (0, "reassures", 0.9), (1, "distress", 0.9), valence_end=None)
    assert find(Trigger(AlertKind.DISTRESS), before) is not None


def test_a_failure_counts_by_scorecard_and_question_and_an_unsure_one_as_perhaps() -> None:
    failed = Failed("law", "The law", "announces", "Is the recording announced?", 0.9)
    conversation = held(SPOKEN, failed=(failed,))
    assert find(Trigger(AlertKind.FAILURE), conversation) is not None
    assert find(Trigger(AlertKind.FAILURE, scorecard="law", criterion="announces"), conversation) is not None
    assert find(Trigger(AlertKind.FAILURE, scorecard="law", criterion="other"), conversation) is None
    unsure = held(SPOKEN, failed=(replace(failed, unsure=True),))
    assert find(Trigger(AlertKind.FAILURE), unsure) is None
    found = find(Trigger(AlertKind.FAILURE, perhaps=True), unsure)
    assert found is not None
    assert found.perhaps


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        ({"channels": ("social",)}, True),
        ({"channels": ("chat",)}, False),
        ({"teams": (2,)}, False),
        ({"queues": ("x",)}, False),
    ],
)
def test_a_rule_looks_where_it_is_told_to(where: dict[str, Any], counts: bool) -> None:
    conversation = held(ASKED, (0, "threatens_to_leave", 0.95))
    assert (find(Trigger(AlertKind.LEAVING, **where), conversation) is not None) is counts


@pytest.mark.parametrize(
    "wrong",
    [{"limit_minutes": 0}, {"end_below": 2.0}, {"criterion": "announces"}, {"channels": ("phone",)}],
)
def test_a_trigger_that_cannot_be_says_so(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Trigger(AlertKind.UNANSWERED, **wrong)
