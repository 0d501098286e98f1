"""Chats, e-mails and social messages as a table: several conversations a file, by the wall clock, without a call's clock."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors import TranscriptError
from tests.transcripts.formats.reading import EXAMPLES, read_text
from transcripts.formats import is_transcript, read_conversations
from transcripts.model import Medium, Sides

HEADING = "conversation,speaker,sent_at,text\n"


def test_a_csv_holds_several_conversations_each_in_the_order_of_sending() -> None:
    chat, mail = read_conversations(EXAMPLES / "messages.csv")
    assert [(str(turn.speaker), turn.text) for turn in chat.transcript.turns] == [
        ("other", "Welcome to Larkspur. How can we help?"),
        ("customer", "Hello, my parcel has not come."),
        ("agent", "Good morning Ada, let me see where it is."),
    ]
    assert mail.transcript.turns[0].text == "Dear team,\n\nwhere is my refund?\n\nAda Quist"
    assert mail.started_at == datetime(2026, 2, 2, 17, 0, tzinfo=UTC)


def test_written_messages_have_no_sound_and_no_times() -> None:
    for conversation in read_conversations(EXAMPLES / "messages.csv"):
        transcript = conversation.transcript
        assert (transcript.channels, transcript.sides, transcript.timed) == (0, Sides.GIVEN, False)


def test_json_lines_are_read_and_the_one_unnamed_person_beside_an_agent_is_the_customer() -> None:
    first, second = read_conversations(EXAMPLES / "messages.jsonl")
    assert [str(turn.speaker) for turn in first.transcript.turns] == ["customer", "agent"]
    assert [str(turn.speaker) for turn in second.transcript.turns] == ["agent"]


def test_a_conversation_is_the_same_call_in_tomorrows_export(tmp_path: Path) -> None:
    tomorrow = tmp_path / "tomorrow.csv"
    shutil.copy(EXAMPLES / "messages.csv", tomorrow)
    with tomorrow.open("a") as file:
        file.write("chat-18,customer,2026-02-04T09:00:00Z,Is anybody there?,chat\n")
    today = [c.transcript.call_id for c in read_conversations(EXAMPLES / "messages.csv")]
    assert [c.transcript.call_id for c in read_conversations(tomorrow)][:2] == today


def test_semicolons_and_other_columns_are_taken(tmp_path: Path) -> None:
    (conversation,) = read_text("Text;Speaker;Conversation;Queue\nHello;agent;7;sales\n", tmp_path)
    assert conversation.transcript.turns[0].text == "Hello"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("c1,agent,yesterday,Hello\n", r'line 2: sent_at is "yesterday", where a date and time'),
        ("c1,agent\n", r"line 2: the row has no `text`"),
        ("c1,agent,2026-02-03T09:00:00Z,Hello, you\n", r"line 2: 5 cells under 4 columns"),
        ("c1,agent,2026-02-03T09:00:00Z,\n", r"there are no messages with a text in it"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(row: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=sentence):
        read_text(HEADING + row, tmp_path)


def test_a_list_of_calls_is_not_taken_for_messages(tmp_path: Path) -> None:
    path = tmp_path / "calls.tsv"
    path.write_text("file,agent,team\na.wav,Dana,north\n")
    assert not is_transcript(path)


def test_the_clock_begins_with_the_first_message_though_it_has_no_words(tmp_path: Path) -> None:
    picture = "c1,customer,2026-02-01T08:00:00Z,\n"
    (conversation,) = read_text(HEADING + picture + "c1,customer,2026-02-02T10:00:00Z,Is it broken?\n", tmp_path)
    assert conversation.started_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert [turn.sent for turn in conversation.transcript.turns] == [26 * 3600]


def test_a_message_says_how_and_before_whom_it_was_written(tmp_path: Path) -> None:
    rows = "c1,customer,2026-02-03T09:00:00Z,Useless!,Facebook,yes\nc1,agent,2026-02-03T09:05:00Z,Sorry.,,no\n"
    (conversation,) = read_text("conversation,speaker,sent_at,text,channel,public\n" + rows, tmp_path)
    assert conversation.transcript.medium is Medium.SOCIAL
    assert [turn.public for turn in conversation.transcript.turns] == [True, False]
    with pytest.raises(TranscriptError, match='public is "perhaps", where yes or no is needed'):
        read_text("conversation,speaker,text,public\nc1,agent,Hello,perhaps\n", tmp_path)
