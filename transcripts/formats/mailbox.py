"""What was written in e-mails: a mailbox that a mail program exported, or a single message?

An mbox file, or one message as it was sent (`.eml`; RFC 5322). Messages become conversations by what they answer
(`References`, `In-Reply-To`), else by their subject and who wrote; never those of two customers, though they answer one
message (`transcripts.threads.People`). Who is the agent follows from the addresses that are
ours (`ATTUNE_OWN_ADDRESSES`), else from whose domain takes part in most conversations, else from what is said. What a
machine sent by itself (`Auto-Submitted`, RFC 3834) is nobody's answer. Addresses are not kept but as keyed hashes. Where the
addresses that are ours are set, the one outside who wrote, or else was written to, is the customer.
"""

import hashlib
import mailbox
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from itertools import chain
from pathlib import Path
from typing import Any

from errors import TranscriptError
from settings import settings
from transcripts.formats.fields import clean
from transcripts.formats.files import MOST_BYTES
from transcripts.formats.lines import Heard, Line
from transcripts.formats.mail_text import new_words, text_inside
from transcripts.model import Medium, Speaker
from transcripts.threads import NOBODY, People, mark_of

NAME = "E-mail"

MOST_MAIL_BYTES = 25 * 1024**2
"""Of a single message, attachments included; larger ones are refused by most servers too."""

SAME_SUBJECT_DAYS = 30
"""A message that names none that it answers goes on with the last one of its subject, of the same people, within these."""

ID_DIGITS = 16
_HEAD_BYTES = 65536
_HEADING = re.compile(rb"[!-9;-~]{1,60}:")
_KNOWN = (b"from:", b"date:", b"subject:", b"message-id:", b"received:", b"return-path:", b"to:", b"mime-version:")
_ANSWER = re.compile(r"^\s*((re|aw|sv|antw|fw|fwd|wg|tr|rv)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_ID = re.compile(r"<[^<>\s]{1,500}>")


@dataclass(frozen=True)
class _Mail:
    """One message. `answers`: the ids of those that it says it answers, the nearest last."""

    id: str
    answers: tuple[str, ...]
    subject: str
    sender: str
    name: str
    others: frozenset[str]
    sent: datetime | None
    text: str
    by_itself: bool


def recognises(path: str | Path) -> bool:
    """Whether a file looks like a mailbox or a message: it begins with the headings of one."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    if head.startswith(b"From "):
        head = head.partition(b"\n")[2]
    headings = []
    for line in head.splitlines():
        if not line.strip():
            break
        if not line.startswith((b" ", b"\t")):
            if not _HEADING.match(line):
                return False
            headings.append(line.lower())
    known = {name for name in _KNOWN if any(line.startswith(name) for line in headings)}
    return b"from:" in known and len(known) >= 3


def read(path: str | Path) -> list[Heard]:
    """The conversations of a mailbox in the order of their first messages, each with its messages in the order of sending.

    Raises TranscriptError with a sentence where it cannot be read, or holds no message with a text.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TranscriptError(f"{path}: larger than {MOST_BYTES // 1024**2} MB; export the mailbox in parts.")
        mails = _once(_mail(raw, f"{path} message {n}") for n, raw in enumerate(_messages(path), 1))
    except OSError as wrong:
        raise TranscriptError(f"{path} cannot be read: {wrong.strerror or wrong}.") from wrong
    told = [mail for mail in mails if mail.text]
    if not told:
        raise TranscriptError(f"{path}: there is no e-mail with a text in it.")
    stated = _stated()
    threads = _threads(told, stated)
    ours = stated or _own(threads)
    seen = max((mail.sent for mail in mails if mail.sent), default=None)
    reach = seen if len(mails) > 1 else None
    return [_conversation(thread, ours, reach, _people(thread, stated)) for thread in threads]


def _messages(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        several = file.read(5) == b"From "
    if not several:
        yield path.read_bytes()
        return
    box: Any = mailbox.mbox(path, create=False)  # whose methods have no types
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def _mail(raw: bytes, where: str) -> _Mail:
    if len(raw) > MOST_MAIL_BYTES:
        raise TranscriptError(f"{where}: larger than {MOST_MAIL_BYTES // 1024**2} MB; take its attachments off.")
    heading = BytesHeaderParser().parsebytes(raw[:_HEAD_BYTES])

    def said(name: str) -> str:
        return _words(heading, name)

    name, sender = next(iter(_named(heading, "From")), ("", ""))
    answers = (*_ID.findall(said("References")), *_ID.findall(said("In-Reply-To"))[:1])
    text = clean(new_words(text_inside(raw) or ""))
    own_id = next(iter(_ID.findall(said("Message-ID"))), "")
    return _Mail(
        id=own_id or f"<{hashlib.sha256(raw).hexdigest()}>",
        answers=answers,
        subject=clean(_ANSWER.sub("", said("Subject"))),
        sender=sender,
        name="" if "@" in name else clean(name),
        others=frozenset(address for where_to in ("To", "Cc") for _, address in _named(heading, where_to)),
        sent=_date(said("Date")),
        text=text,
        by_itself=_by_itself(said),
    )


def _words(heading: Message, name: str) -> str:
    """A heading as people read it. One that cannot be decoded stands as it is."""
    raw = str(heading.get(name, ""))
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (LookupError, ValueError, AssertionError):
        return " ".join(raw.encode("ascii", "replace").decode().split())


def _named(heading: Message, name: str) -> list[tuple[str, str]]:
    """The names and addresses in a heading, addresses in small letters."""
    try:
        return [(known, address.lower()) for known, address in getaddresses([_words(heading, name)]) if "@" in address]
    except RecursionError:  # brackets within brackets without end
        return []


def _date(written: str) -> datetime | None:
    """When it was sent; None where that is not said, or is no date: one broken message keeps none of the others out."""
    try:
        at = parsedate_to_datetime(written)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _by_itself(said: Callable[[str], str]) -> bool:
    """Whether a machine sent it without being asked by a person."""
    automatic = said("Auto-Submitted").casefold().partition(";")[0].strip()
    return (
        automatic not in ("", "no")
        or any(said(name) for name in ("X-Autoreply", "X-Autorespond"))
        or said("Precedence").casefold() == "auto_reply"
    )


def _once(mails: Iterator[_Mail]) -> list[_Mail]:
    """Each message once, though it lies in two folders of the export, in the order of sending as far as that is known."""
    known: dict[str, _Mail] = {}
    for mail in mails:
        known.setdefault(mail.id, mail)
    return sorted(known.values(), key=lambda mail: mail.sent or datetime.min.replace(tzinfo=UTC))


def _threads(mails: Sequence[_Mail], ours: frozenset[str]) -> list[list[_Mail]]:
    """The conversations that the messages belong to. `mails` are in the order of sending.

    One of two has to be there and be named by the other: two that name a third which is not there may be of two customers.
    """
    thread_of: dict[str, int] = {}
    naming: dict[str, list[int]] = {}
    by_subject: dict[str, list[_Mail]] = {}
    threads: dict[int, list[_Mail]] = {}
    people: dict[int, People] = {}
    for number, mail in enumerate(mails):
        theirs = _people([mail], ours)
        same_subject = by_subject.setdefault(mail.subject.casefold(), [])
        alike = () if mail.answers else (thread_of[other.id] for other in reversed(same_subject) if _related(mail, other))
        answered = (thread_of[id_] for id_ in reversed(mail.answers) if id_ in thread_of)
        possible = chain(answered, naming.get(mail.id, ()), alike)
        thread = next((one for one in possible if people[one].may_be_with(theirs)), number)
        thread_of[mail.id] = thread
        for id_ in dict.fromkeys(mail.answers):
            naming.setdefault(id_, []).append(thread)
        same_subject.append(mail)
        threads.setdefault(thread, []).append(mail)
        people[thread] = people.get(thread, NOBODY) | theirs
    return list(threads.values())


def _people(mails: Sequence[_Mail], ours: frozenset[str]) -> People:
    """Who takes part, going by the addresses that are said to be ours: whose domain takes part most often may be a guess,
    by which no two customers are to become one."""

    def are_outside(addresses: Iterable[str]) -> frozenset[str]:
        return frozenset(one for one in addresses if ours and one and not _is_own(one, ours))

    wrote = are_outside(mail.sender for mail in mails if not mail.by_itself)
    outside = wrote | are_outside(one for mail in mails for one in (mail.sender, *mail.others))
    if ours and not outside:
        return NOBODY
    sent = frozenset(mail.sender for mail in mails if mail.sender)
    pairs = ((mail.sender, to) for mail in mails if mail.sender for to in mail.others if _domain(to) != _domain(mail.sender))
    return People(outside, wrote, sent, frozenset(" ".join(sorted(pair)) for pair in pairs))


def _related(mail: _Mail, before: _Mail) -> bool:
    """Whether a message with the same subject goes on with one before: between the same people, soon enough."""
    if not mail.subject or mail.sent is None or before.sent is None:
        return False
    same = mail.sender in (before.sender, *before.others) and (before.sender in (mail.sender, *mail.others))
    return same and mail.sent - before.sent <= timedelta(days=SAME_SUBJECT_DAYS)


def _stated() -> frozenset[str]:
    """The addresses and domains that are set to be ours."""
    return frozenset(one.casefold().lstrip("@") for one in settings().own_addresses.split())


def _is_own(address: str, ours: frozenset[str]) -> bool:
    return address in ours or _domain(address) in ours


def _own(threads: Sequence[Sequence[_Mail]]) -> frozenset[str]:
    """The domain that is likely ours, as it takes part in nearly all conversations; none where that cannot be told."""
    if len(threads) < 2:
        return frozenset()
    domains = Counter(domain for thread in threads for domain in {_domain(mail.sender) for mail in thread})
    (most, times), *others = domains.most_common(2)
    return frozenset({most}) if times > len(threads) / 2 and (not others or others[0][1] < times) else frozenset()


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _conversation(thread: Sequence[_Mail], ours: frozenset[str], seen: datetime | None, people: People) -> Heard:
    def side(mail: _Mail) -> Speaker | None:
        if mail.by_itself:
            return Speaker.OTHER
        if not ours:
            return None
        return Speaker.AGENT if _is_own(mail.sender, ours) else Speaker.CUSTOMER

    clocked, here = all(mail.sent for mail in thread), {mail.id for mail in thread}
    lines = []
    for number, mail in enumerate(thread):
        subject = f"{mail.subject}\n\n" if number == 0 and mail.subject else ""
        sent = mail.sent if clocked else None
        lines.append(Line(subject + mail.text, side=side(mail), voice=mail.sender, sent=sent, mark=_mark(mail.id)))
    names = {one: next((mail.name for mail in thread if side(mail) is one and mail.name), "") for one in Speaker}
    said = "\n".join([thread[0].id, *(line.text for line in lines)])
    return Heard(
        tuple(lines),
        engine=NAME,
        channels=0,
        started_at=thread[0].sent,
        agent=names[Speaker.AGENT],
        customer=names[Speaker.CUSTOMER],
        call_id=hashlib.sha256(said.encode()).hexdigest()[:ID_DIGITS],
        medium=Medium.EMAIL,
        seen=seen if clocked else None,
        links=tuple(dict.fromkeys(_mark(id_) for mail in thread for id_ in mail.answers if id_ not in here)),
        people=people,
        customer_email=_customer(people),
    )


def _customer(people: People) -> str:
    """The customer's address; empty where several take part, or it is not set which addresses are ours."""
    theirs = people.wrote or people.outside
    return next(iter(theirs)) if len(theirs) == 1 else ""


def _mark(message_id: str) -> str:
    return mark_of(NAME, message_id)
