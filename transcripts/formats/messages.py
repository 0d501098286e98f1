"""What was written in chats, e-mails and social messages, as a plain table of messages?

CSV with a heading, or JSON Lines with an object a line: `conversation`, `speaker`, `sent_at`, `text`, several conversations
in one file, and where it is known `channel` (chat, email or social) and `public`. They were written, so no turn has times
on a call's clock; `sent_at` orders the messages, dates the conversation and says how long each side waited. The file is
taken to hold every message up to the last one in it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from errors import TranscriptError
from transcripts.formats.fields import Field
from transcripts.formats.files import parse_json
from transcripts.formats.lines import Heard, Line, side_of
from transcripts.model import Medium

NAME = "Messages"
NEEDED = ("conversation", "speaker", "text")
ID_DIGITS = 16

_MEDIA = {
    **dict.fromkeys(("chat", "live chat", "webchat", "messaging", "sms", "whatsapp"), Medium.CHAT),
    **dict.fromkeys(("email", "e-mail", "mail"), Medium.EMAIL),
    **dict.fromkeys(("social", "social media", "facebook", "instagram", "x", "twitter", "review"), Medium.SOCIAL),
}
_YES, _NO = ("yes", "true", "1", "public"), ("", "no", "false", "0", "private")


def recognises(text: str) -> bool:
    """Whether a text has this shape: its first line names the columns, or is an object with these fields."""
    first = next((line for line in text[:65536].split("\n") if line.strip()), "")
    if first.lstrip().startswith("{"):
        try:
            value: Any = json.loads(first)
        except (ValueError, RecursionError):
            return False
        return isinstance(value, dict) and set(NEEDED) <= value.keys()
    return set(NEEDED) <= {_column(name) for name in first.split(_delimiter(first))}


def read(text: str, file: str) -> list[Heard]:
    """The conversations of the file in the order of their first lines, each with its messages in the order of sending.

    A conversation's id comes from its name and its words, so that it is the same call in tomorrow's export too. Raises
    TranscriptError naming the line and the column that do not fit.
    """
    rows = _json_lines(text, file) if text.lstrip().startswith("{") else _csv_rows(text, file)
    by_name: dict[str, list[Field]] = {}
    for row in rows:
        by_name.setdefault(row["conversation"].label(), []).append(row)
    written = {name: messages for name, messages in by_name.items() if any(m["text"].text() for m in messages)}
    if not written:
        raise TranscriptError(f"{file}: there are no messages with a text in it.")
    sent = [_sent(row) for rows in written.values() for row in rows]
    seen = max((at for at in sent if at), default=None)
    return [_conversation(messages, name, seen) for name, messages in written.items()]


def _sent(message: Field) -> datetime | None:
    return at.moment() if (at := message.get("sent_at")) and at.value != "" else None


def _conversation(messages: list[Field], name: str, seen: datetime | None) -> Heard:
    sent = [_sent(message) for message in messages]
    if all(sent):
        in_order = sorted(range(len(messages)), key=lambda i: sent[i].timestamp() if sent[i] else 0.0)  # type: ignore[union-attr]
        messages = [messages[i] for i in in_order]
    lines = []
    for message in messages:
        speaker, at, public = message["speaker"].label(), _sent(message) if all(sent) else None, _public(message)
        lines.append(Line(message["text"].text(), side=side_of(speaker), voice=speaker, sent=at, public=public))
    said = "\n".join([name, *(f"{line.voice}: {line.text}" for line in lines)])
    identity = hashlib.sha256(said.encode()).hexdigest()[:ID_DIGITS]
    return Heard(
        tuple(lines),
        engine=NAME,
        channels=0,
        language=messages[0].text_of("language"),
        started_at=min((at for at in sent if at), default=None),
        call_id=identity,
        medium=_medium(messages),
        seen=seen if all(sent) else None,
        name=(NAME, name),
    )


def _medium(messages: list[Field]) -> Medium | None:
    """How the conversation was held, by the first message that says so in a word that is known."""
    for message in messages:
        if (word := message.text_of("channel", "medium").strip().lower()) in _MEDIA:
            return _MEDIA[word]
    return None


def _public(message: Field) -> bool:
    """Whether everybody could read it. Raises TranscriptError where that cannot be told from what stands there."""
    said = message.get("public")
    word = "" if said is None else str(said.value).strip().lower()
    if said is not None and word not in (*_YES, *_NO):
        raise said.needs("yes or no")
    return word in _YES


def _json_lines(text: str, file: str) -> Iterator[Field]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield Field(parse_json(line, f"{file} line {number}"), f"{file} line {number}", key="the message")


def _csv_rows(text: str, file: str) -> Iterator[Field]:
    """The rows as objects by column name. Raises TranscriptError naming the line where a row cannot be read."""
    heading = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(heading), strict=True)
    columns: list[str] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns = [_column(name) for name in row]
                continue
            where = f"{file} line {reader.line_num}"
            if len(row) > len(columns):
                raise TranscriptError(f"{where}: {len(row)} cells under {len(columns)} columns; quote texts with commas.")
            yield Field(dict(zip(columns, row, strict=False)), where, key="the row")
    except csv.Error as wrong:
        raise TranscriptError(f"{file} line {reader.line_num}: this cannot be read as CSV ({wrong}).") from wrong


def _column(name: str) -> str:
    return name.strip().strip('"').strip().lower().replace(" ", "_")


def _delimiter(heading: str) -> str:
    """A comma, or what spreadsheets of other countries write in its place."""
    return max(",;\t", key=heading.count)
