"""E-mails become conversations: who answered whom, what each added, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from mailbox import mbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import TranscriptError
from pipeline.ingest import conversation_hash
from settings import settings
from transcripts.formats import is_transcript, mailbox, read_conversations, vcon
from transcripts.formats.mail_text import new_words
from transcripts.model import Medium, Speaker

ADA, BO, CARE = "Ada Quist <ada@quist.example>", "Bo <bo@elm.example>", "Larkspur Care <care@larkspur.example>"


def mail(sender: str, to: str, day: int, text: str, **headings: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Date"] = format_datetime(datetime(2026, 2, day, 9, tzinfo=UTC))
    given = {"Subject": "Refund", "Message_ID": f"<{day}@quist.example>"} | headings
    for name, value in given.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def a_box(folder: Path, *messages: EmailMessage) -> Path:
    path = folder / "export.mbox"
    box = mbox(path)
    for message in messages:
        box.add(message)
    box.close()
    return path


def told(path: Path) -> list[list[tuple[str, str]]]:
    read = read_conversations(path)
    return [[(str(turn.speaker), turn.text) for turn in one.transcript.turns] for one in read]


@pytest.fixture(autouse=True)
def _whose_addresses_are_ours_is_forgotten() -> Iterator[None]:
    yield
    settings.cache_clear()


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_OWN_ADDRESSES", "larkspur.example")
    settings.cache_clear()


ASKED = mail(ADA, CARE, 2, "Dear team,\n\nwhere is my refund?\n")
QUOTING = (
    "It was sent this morning.\n\nOn Mon, 2 Feb 2026 at 09:00, Ada Quist <ada@quist.example> wrote:\n> Dear team,\n> where\n"
)
ANSWERED = mail(CARE, ADA, 3, QUOTING, Subject="Re: Refund", In_Reply_To="<2@quist.example>")


@pytest.mark.usefixtures("ours")
def test_an_answer_belongs_to_what_it_answers_and_says_only_what_is_new(tmp_path: Path) -> None:
    other = mail(
        "Bo <bo@elm.example>", CARE, 2, "Do you deliver on Sundays?", Subject="Delivery", Message_ID="<b@elm.example>"
    )
    path = a_box(tmp_path, ANSWERED, ASKED, other)
    assert is_transcript(path)
    assert told(path) == [
        [("customer", "Refund\n\nDear team,\n\nwhere is my refund?"), ("agent", "It was sent this morning.")],
        [("customer", "Delivery\n\nDo you deliver on Sundays?")],
    ]


@pytest.mark.usefixtures("ours")
def test_it_is_known_when_each_was_sent_and_up_to_when_the_mailbox_reaches(tmp_path: Path) -> None:
    late = mail(ADA, CARE, 9, "Hello again?", Subject="Another thing", Message_ID="<9@quist.example>")
    first, _ = read_conversations(a_box(tmp_path, ASKED, ANSWERED, late))
    transcript = first.transcript
    assert (transcript.medium, first.started_at) == (Medium.EMAIL, datetime(2026, 2, 2, 9, tzinfo=UTC))
    assert [turn.sent for turn in transcript.turns] == [0, 86_400]
    assert transcript.seen == 7 * 86_400
    assert (first.agent, first.customer) == ("Larkspur Care", "Ada Quist")


@pytest.mark.usefixtures("ours")
def test_what_a_machine_sent_by_itself_is_nobodys_answer(tmp_path: Path) -> None:
    received = mail(
        CARE, ADA, 2, "We have received your message.", Auto_Submitted="auto-replied", References="<2@quist.example>"
    )
    del received["Message-ID"]
    (conversation,) = read_conversations(a_box(tmp_path, ASKED, received))
    assert [turn.speaker for turn in conversation.transcript.turns] == [Speaker.CUSTOMER, Speaker.OTHER]


@pytest.mark.usefixtures("ours")
def the_customer(folder: Path, *messages: EmailMessage) -> list[str]:
    return [one.customer_email for one in read_conversations(a_box(folder, *messages))]


@pytest.mark.usefixtures("ours")
def test_the_one_outside_who_writes_or_is_written_to_is_the_customer(tmp_path: Path) -> None:
    assert the_customer(tmp_path, ASKED, ANSWERED) == ["ada@quist.example"]


@pytest.mark.usefixtures("ours")
def test_who_was_only_written_to_is_the_customer_and_of_two_who_were_neither_is(tmp_path: Path) -> None:
    offer = mail(CARE, BO, 4, "Would you like to renew?", Subject="Renewal")
    to_both = mail(CARE, f"{ADA}, {BO}", 5, "Our shop is closed on Monday.", Subject="Monday")
    assert the_customer(tmp_path, offer, to_both) == ["bo@elm.example", ""]


def test_where_it_is_not_set_whose_addresses_are_ours_nobody_is_taken_for_the_customer(tmp_path: Path) -> None:
    settings.cache_clear()
    other = mail(BO, CARE, 6, "Hello?", Subject="Parcel")
    answer = mail(CARE, BO, 7, "Hello Bo.", Subject="Re: Parcel", In_Reply_To="<6@quist.example>")
    assert the_customer(tmp_path, ASKED, ANSWERED, other, answer) == ["", ""]


def test_a_message_that_lies_in_two_folders_is_one(tmp_path: Path) -> None:
    assert len(told(a_box(tmp_path, ASKED, ASKED, ANSWERED))[0]) == 2


@pytest.mark.usefixtures("ours")
def test_without_ids_the_subject_and_the_people_say_what_belongs_together(tmp_path: Path) -> None:
    answer = mail(CARE, ADA, 4, "It was sent.", Subject="AW: Re: Refund", Message_ID="<x@larkspur.example>")
    stranger = mail("Cy <cy@oak.example>", CARE, 5, "Mine too?", Message_ID="<c@oak.example>")
    assert [len(one) for one in told(a_box(tmp_path, ASKED, answer, stranger))] == [2, 1]


def test_who_is_ours_is_found_in_a_mailbox_where_it_is_not_set(tmp_path: Path) -> None:
    bo = mail(BO, CARE, 5, "Do you deliver?", Subject="Delivery", Message_ID="<b@elm.example>")
    to_bo = mail(CARE, "bo@elm.example", 6, "We do.", Message_ID="<6@larkspur.example>", References="<b@elm.example>")
    assert [[who for who, _ in one] for one in told(a_box(tmp_path, ASKED, ANSWERED, bo, to_bo))] == [
        ["customer", "agent"],
        ["customer", "agent"],
    ]


@pytest.mark.usefixtures("ours")
def test_addresses_are_not_kept_in_place_of_names(tmp_path: Path) -> None:
    nameless = mail("ada@quist.example", CARE, 2, "Where is it?")
    path = tmp_path / "one.eml"
    path.write_bytes(nameless.as_bytes())
    (conversation,) = read_conversations(path)
    assert conversation.customer == ""


def test_a_single_message_is_read_with_its_html_and_its_encoding(tmp_path: Path) -> None:
    message = mail("=?iso-8859-1?q?Ren=E9?= <rene@quist.example>", CARE, 2, "")
    message.set_content(
        "<p>O\u00f9 est <b>mon colis</b>&nbsp;?</p><script>x()</script>", subtype="html", charset="iso-8859-1"
    )
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="bill.exe")
    path = tmp_path / "one.eml"
    path.write_bytes(message.as_bytes())
    ((said,),) = told(path)
    assert said[1] == "Refund\n\nO\u00f9 est mon colis\u00a0?"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (
            "Still nothing!\n\nFrom: Care <care@larkspur.example>\nSent: Monday\nTo: Ada\nSubject: RE\n\nIt was sent.",
            "Still nothing!",
        ),
        ("Still nothing!\n\n-----Original Message-----\nFrom: Care\n\nIt was sent.", "Still nothing!"),
        (
            "Still nothing!\n________________________________\nFrom: Care\nDate: Monday\nTo: Ada\n\nIt was sent.",
            "Still nothing!",
        ),
        (
            "Still nothing!\n\nOn Mon, 2 Feb 2026 Larkspur Care <care@larkspur.example>\nwrote:\n> It was sent.",
            "Still nothing!",
        ),
        ("> Was it sent?\nYes.\n> When?\nToday.", "Yes.\nToday."),
        ("Yes.\n-- \nAda\n+44 20 7946 0018", "Yes."),
        ("From: the start it was wrong.\nI am cross.", "From: the start it was wrong.\nI am cross."),
        ("She wrote to me on Monday: nothing came.", "She wrote to me on Monday: nothing came."),
        ("Prices -- as I wrote -- rose.", "Prices -- as I wrote -- rose."),
    ],
)
def test_what_is_quoted_is_not_said_again(text: str, new: str) -> None:
    assert new_words(text) == new


@given(st.text(alphabet="On wrote:>\n-_From: Sent:<@", max_size=3000))
def test_any_text_is_cut_somewhere(text: str) -> None:
    assert set(new_words(text)) <= set(text)


@pytest.mark.parametrize("piece", ["On ", "\n", "> ", "On x wrote:\n", "From: x\n", "_", "-", "<p", "<"])
def test_no_text_takes_long(piece: str) -> None:
    new_words(piece * 200_000)  # with a careless pattern some of these take minutes


def test_a_mailbox_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="no e-mail with a text"):
        read_conversations(a_box(tmp_path, mail(ADA, CARE, 2, "")))


@pytest.mark.usefixtures("ours")
def test_a_message_without_a_date_is_read_and_not_timed(tmp_path: Path) -> None:
    broken = mail(ADA, CARE, 2, "Hello?")
    raw = broken.as_bytes().replace(b"Mon, 02 Feb 2026 09:00:00 +0000", b"the day before yesterday")
    path = tmp_path / "one.eml"
    path.write_bytes(raw)
    (conversation,) = read_conversations(path)
    assert (conversation.transcript.clocked, conversation.started_at) == (False, None)


@pytest.mark.usefixtures("ours")
def test_brackets_without_end_in_a_heading_harm_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(ASKED.as_bytes().replace(b"From: Ada Quist", b"From: " + b"(" * 5000))
    assert told(path)


@pytest.mark.usefixtures("ours")
def test_an_e_mail_in_an_old_encoding_passes_every_reader_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(
        b"From: Ada <ada@quist.example>\r\nDate: Mon, 02 Feb 2026 09:00:00 +0000\r\nSubject: Colis\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nO\xf9 est-il ?\r\n"
    )
    assert not vcon.is_vcon(path)
    assert (*vcon.inline_recordings(path), *told(path)[0]) == (("customer", "Colis\n\nO\u00f9 est-il ?"),)


def test_an_e_mail_is_the_same_call_whoever_is_taken_for_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_box(tmp_path, ASKED, ANSWERED)
    before = {conversation_hash(one.transcript) for one in read_conversations(path)}
    monkeypatch.setenv("ATTUNE_OWN_ADDRESSES", "quist.example")
    settings.cache_clear()
    assert {conversation_hash(one.transcript) for one in read_conversations(path)} == before


@pytest.mark.parametrize("head", ["WEBVTT\n\n", "From: Ada\nHello\n", "{}", "agent: Hi\ncustomer: Hi\n", "From nobody\n\n"])
def test_what_is_no_mail_is_not_taken_for_it(head: str, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(head)
    assert not mailbox.recognises(path)
