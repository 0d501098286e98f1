"""A written conversation is known again when it has gone on, and no other is taken for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.transcripts.formats.reading import read_text
from transcripts.formats import Conversation, read_conversations
from transcripts.model import Medium, Sides, Speaker
from transcripts.threads import Taken, is_one, join, reaches_further

HEADING = "conversation,channel,speaker,sent_at,text\n"
FIRST = ("1,chat,customer,09:00,Where is it?", "1,chat,agent,09:05,On its way.", "1,chat,customer,09:30,It is not here.")
SINCE = ("1,chat,agent,10:00,I am looking.", "1,chat,customer,10:01,Thanks.")


def exported(folder: Path, *rows: str) -> Conversation:
    """The conversation of a table with these rows, whose times are of one day."""
    dated = (row.replace(",09:", ",2026-11-10T09:").replace(",10:", ",2026-11-10T10:") for row in rows)
    (found,) = read_text(HEADING + "".join(f"{row}\n" for row in dated), folder)
    return found


def taken(said: Conversation, **more: object) -> Taken:
    """That conversation as it was taken in."""
    assert said.thread
    return replace(Taken(said.transcript, said.thread.marks, said.started_at), **more)  # type: ignore[arg-type]


def same(before: Conversation, now: Conversation) -> bool:
    assert before.thread
    assert now.thread
    if not set(before.thread.marks) & {*now.thread.marks, *now.thread.links}:
        return False
    if before.thread.by_id and not before.thread.people.may_be_with(now.thread.people):
        return False
    return is_one(taken(before), now.transcript, now.started_at, now.thread)


def words(before: Taken, now: Conversation) -> list[str]:
    assert now.thread
    return [turn.text for turn in join(before, now.transcript, now.started_at, now.thread).transcript.turns]


def test_a_conversation_with_more_messages_is_the_same_and_has_them_all(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, *SINCE)
    assert now.thread
    assert same(before, now)
    joined = join(taken(before), now.transcript, now.started_at, now.thread)
    assert joined.transcript.turns == now.transcript.turns
    assert joined.added == (3, 4)
    assert joined.transcript.call_id == before.transcript.call_id != now.transcript.call_id


@pytest.mark.parametrize(
    "other",
    [
        ("1,chat,customer,09:00,Good morning.", "1,chat,agent,09:05,On its way."),  # other first words
        ("1,chat,agent,09:00,Where is it?", "1,chat,customer,09:05,At home."),  # from the other side
        ("1,chat,customer,09:01,Where is it?", "1,chat,agent,09:05,Here."),  # at another time
        ("1,email,customer,09:00,Where is it?", "1,email,agent,09:05,On its way."),  # held otherwise
        ("2,chat,customer,09:00,Where is it?", "2,chat,agent,09:05,On its way."),  # of another name
        ("1,chat,customer,09:00,Where is it?", *(f"1,chat,agent,09:{n},No {n}." for n in range(10, 20))),  # only the first
    ],
)
def test_two_centres_conversations_of_one_short_name_are_two(tmp_path: Path, other: tuple[str, ...]) -> None:
    assert not same(exported(tmp_path, *FIRST), exported(tmp_path, *other))


def test_without_times_nobody_can_tell_and_nothing_is_joined(tmp_path: Path) -> None:
    (said,) = read_text("conversation,speaker,text\n1,customer,Where is it?\n1,agent,Here.\n", tmp_path)
    assert said.thread is None


def test_what_an_export_no_longer_has_is_kept_where_it_was(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, FIRST[0], FIRST[2], *SINCE)
    assert same(before, now)
    assert words(taken(before), now) == ["Where is it?", "On its way.", "It is not here.", "I am looking.", "Thanks."]


def test_an_export_of_the_last_days_alone_goes_on_with_what_was_there(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST[1:], *SINCE)
    assert same(before, now)
    assert now.thread
    joined = join(taken(before), now.transcript, now.started_at, now.thread)
    assert [turn.sent for turn in joined.transcript.turns] == [0, 300, 1800, 3600, 3660]


def test_a_message_that_came_late_stands_where_it_was_sent(tmp_path: Path) -> None:
    late = "1,chat,agent,09:10,It left today."
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, late)
    assert words(taken(before), now) == ["Where is it?", "On its way.", "It left today.", "It is not here."]


def test_an_earlier_message_moves_the_beginning(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST[1:]), exported(tmp_path, *FIRST)
    assert now.thread
    assert same(before, now)
    joined = join(taken(before), now.transcript, now.started_at, now.thread)
    assert joined.began == now.started_at
    assert joined.transcript.turns == now.transcript.turns


def test_the_same_words_twice_in_one_second_are_two_messages(tmp_path: Path) -> None:
    twice = ("1,chat,customer,09:00,Hello?", "1,chat,customer,09:00,Hello?")
    before, now = exported(tmp_path, twice[0]), exported(tmp_path, *twice)
    assert words(taken(before), now) == ["Hello?", "Hello?"]


def test_words_stay_as_they_were_taken_in(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, *SINCE)
    private = replace(before.transcript.turns[0], text="[name]")
    clean = replace(before.transcript, turns=(private, *before.transcript.turns[1:]))
    assert words(taken(before, transcript=clean), now)[0] == "[name]"


def test_who_spoke_is_as_a_person_said_and_else_as_the_new_export_says(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, *SINCE)
    assert now.thread
    turns = [replace(turn, speaker=Speaker.OTHER) for turn in before.transcript.turns]
    stored = taken(before, transcript=replace(before.transcript, turns=tuple(turns)), by_person=frozenset({1}))
    joined = join(stored, now.transcript, now.started_at, now.thread)
    assert [turn.speaker.value for turn in joined.transcript.turns] == ["customer", "other", "customer", "agent", "customer"]


def test_sides_that_a_person_exchanged_are_exchanged_in_what_came_since(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, *SINCE)
    assert now.thread
    other = {Speaker.AGENT: Speaker.CUSTOMER, Speaker.CUSTOMER: Speaker.AGENT}
    turns = tuple(replace(turn, speaker=other[turn.speaker]) for turn in before.transcript.turns)
    swapped = replace(before.transcript, turns=turns)
    stored = taken(before, transcript=swapped, by_person=frozenset({0, 1, 2}), swapped=True)
    joined = join(stored, now.transcript, now.started_at, now.thread)
    assert [turn.speaker.value for turn in joined.transcript.turns] == ["agent", "customer", "agent", "customer", "agent"]
    right = {n: replace(turn, speaker=other[turn.speaker]) for n, turn in enumerate(now.transcript.turns)}
    mended = replace(now.transcript, turns=tuple(right.values()))  # the next export has it right by itself
    joined = join(stored, mended, now.started_at, now.thread)
    assert [turn.speaker.value for turn in joined.transcript.turns] == ["agent", "customer", "agent", "customer", "agent"]


def test_an_export_that_reaches_further_says_so(tmp_path: Path) -> None:
    other = "2,chat,customer,10:00,Is anybody there?"
    before, now = exported(tmp_path, *FIRST), read_conversations_of(tmp_path, *FIRST, other)
    assert reaches_further(taken(before), now.transcript, now.started_at)
    assert not reaches_further(taken(now), before.transcript, before.started_at)


def read_conversations_of(folder: Path, *rows: str) -> Conversation:
    dated = (row.replace(",09:", ",2026-11-10T09:").replace(",10:", ",2026-11-10T10:") for row in rows)
    return read_text(HEADING + "".join(f"{row}\n" for row in dated), folder)[0]


def mail(number: int, answers: str = "", sender: str = "ada@example.org", own: str = "") -> str:
    """An e-mail of a day, as it lies in a mailbox."""
    at = datetime(2026, 11, 10, 9, tzinfo=UTC) + timedelta(hours=number)
    heads = [
        f"From {sender} Tue Nov 10 09:00:00 2026",
        f"From: {sender}",
        f"To: {'ada@example.org' if sender == 'desk@example.net' else 'desk@example.net'}",
        f"Subject: {'Re: ' if answers else ''}A kettle",
        f"Date: {at.strftime('%a, %d %b %Y %H:%M:%S +0000')}",
        f"Message-ID: {own or f'<{number}@example.org>'}",
        *([f"References: {answers}"] if answers else []),
    ]
    return "\n".join(heads) + f"\n\nMessage number {number}.\n\n"


def mailbox(folder: Path, *mails: str) -> Conversation:
    file = folder / "box.mbox"
    file.write_text("".join(mails))
    (found,) = read_conversations(file)
    return found


def test_e_mails_are_known_by_their_ids_whoever_is_taken_for_the_agent(tmp_path: Path) -> None:
    before = mailbox(tmp_path, mail(0))
    now = mailbox(tmp_path, mail(0), mail(1, "<0@example.org>", "desk@example.net"))
    assert same(before, now)
    assert words(taken(before), now) == ["A kettle\n\nMessage number 0.", "Message number 1."]


def test_the_e_mails_of_the_next_month_go_on_with_those_that_they_answer(tmp_path: Path) -> None:
    before = mailbox(tmp_path, mail(0), mail(1, "<0@example.org>"))
    now = mailbox(tmp_path, mail(2, "<0@example.org> <1@example.org>"))
    assert now.thread
    assert same(before, now)
    joined = join(taken(before), now.transcript, now.started_at, now.thread)
    assert [turn.sent for turn in joined.transcript.turns] == [0, 3600, 7200]


def test_e_mails_of_other_ids_are_another_conversation(tmp_path: Path) -> None:
    before = mailbox(tmp_path, mail(0))
    now = mailbox(tmp_path, mail(0, own="<another@example.org>"))
    assert not same(before, now)


def test_e_mails_without_dates_come_in_the_order_of_the_longer_export_or_after_what_was_there(tmp_path: Path) -> None:
    def undated(*mails: str) -> Conversation:
        lines = "".join(mails).splitlines(keepends=True)
        return mailbox(tmp_path, "".join(line for line in lines if not line.startswith("Date:")))

    before = undated(mail(1), mail(2, "<1@example.org>"))
    whole = undated(mail(1), mail(3, "<1@example.org>"), mail(2, "<1@example.org>"))
    assert [text[-2] for text in words(taken(before), whole)] == ["1", "3", "2"]
    rest = undated(mail(3, "<1@example.org>"))
    assert [text[-2] for text in words(taken(before), rest)] == ["1", "2", "3"]


def test_sides_that_nobody_could_tell_are_told_by_a_later_export(tmp_path: Path) -> None:
    before, now = exported(tmp_path, *FIRST), exported(tmp_path, *FIRST, *SINCE)
    assert now.thread
    nobody = tuple(replace(turn, speaker=Speaker.OTHER, side_confidence=0.0) for turn in before.transcript.turns)
    stored = taken(before, transcript=replace(before.transcript, turns=nobody, sides=Sides.UNKNOWN, medium=None))
    joined = join(stored, now.transcript, now.started_at, now.thread)
    assert (joined.transcript.sides, joined.transcript.medium) == (Sides.GIVEN, Medium.CHAT)
    assert joined.transcript.turns == now.transcript.turns
