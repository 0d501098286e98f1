"""What did Amazon Transcribe Call Analytics, or Amazon Connect Contact Lens, hear in a call or keep of a chat?

Both write `Transcript[]` with offsets in milliseconds. Call Analytics says who spoke in each `ParticipantRole`; Contact
Lens lists `Participants[]` once and refers to them by `ParticipantId`. Contact Lens for chat has `AbsoluteTime` instead
of offsets. Shapes: the vendor's guides "Post-call analytics output" and "Example Contact Lens output files".
"""

from dataclasses import replace
from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, side_of
from transcripts.model import Medium, Speaker

NAME = "Amazon Transcribe Call Analytics and Contact Lens"
PER_SECOND = 1000.0


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: a list `Transcript` beside participants, or of entries with a `Content`."""
    if not isinstance(data, dict) or not isinstance(data.get("Transcript"), list):
        return False
    if "Participants" in data or "ConversationCharacteristics" in data:
        return True
    first = next(iter(data["Transcript"]), None)
    return isinstance(first, dict) and "Content" in first


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the field that does not fit."""
    sides = {}
    for participant in whole.each("Participants"):
        name, role = participant.first("ParticipantId", "ParticipantRole"), participant.get("ParticipantRole")
        if name and role:
            sides[name.text()] = side_of(role.text()) or Speaker.OTHER
    entries = [entry for entry in whole["Transcript"].entries() if _is_said(entry)]
    moments = [moment for entry in entries if (moment := entry.get("AbsoluteTime"))]
    written = bool(moments) and not any(entry.get("BeginOffsetMillis") for entry in entries)
    lines = [_line(entry, sides, written) for entry in entries]
    if written:
        order = sorted(
            range(len(lines)), key=lambda i: at.moment().timestamp() if (at := entries[i].get("AbsoluteTime")) else 0.0
        )
        lines = [lines[i] for i in order]
    traits = whole.get("ConversationCharacteristics")
    customer = whole.value.get("CustomerMetadata")
    contact = customer.get("ContactId") if isinstance(customer, dict) else None
    stated = traits.seconds_of("TotalConversationDurationMillis", per_second=PER_SECOND) if traits else None
    return [
        Heard(
            tuple(lines),
            engine="Amazon Transcribe"
            if any(entry.get("ParticipantRole") for entry in entries)
            else "Amazon Connect Contact Lens",
            channels=0 if written else 2,
            duration_seconds=0.0 if written else stated or 0.0,
            language=whole.text_of("LanguageCode"),
            started_at=min(moment.moment() for moment in moments) if moments else None,
            medium=Medium.CHAT if written else None,
            name=(NAME, contact) if written and isinstance(contact, str) and contact else (),
        )
    ]


def _is_said(entry: Field) -> bool:
    """Chats also list who joined and left, and attachments: those have a type or a content type of their own."""
    kind, content_type = entry.get("Type"), entry.get("ContentType")
    if kind and kind.text().upper() not in ("MESSAGE", "TRANSCRIPT"):
        return False
    return entry.get("Content") is not None and (not content_type or content_type.text().lower().startswith("text/"))


def _line(entry: Field, sides: dict[str, Speaker], written: bool) -> Line:
    role, name = entry.text_of("ParticipantRole"), entry.text_of("ParticipantId")
    side = side_of(role) if role else sides.get(name) or side_of(name)
    text = entry["Content"].text()
    if written:
        moment = entry.get("AbsoluteTime")
        return Line(text, side=side, voice=name, sent=moment.moment() if moment else None)
    start, end = _times(entry)
    return Line(text, start, end, place_words(_words(entry), start, end), side, voice=name)


def _times(field: Field) -> tuple[float | None, float | None]:
    return (
        field.seconds_of("BeginOffsetMillis", per_second=PER_SECOND),
        field.seconds_of("EndOffsetMillis", per_second=PER_SECOND),
    )


def _words(entry: Field) -> list[RawWord]:
    """The spoken items; a mark of punctuation belongs to the word before it."""
    words: list[RawWord] = []
    for item in entry.each("Items"):
        text = item["Content"].text()
        if item.text_of("Type", "ItemType").lower() == "punctuation":
            if words:
                words[-1] = replace(words[-1], text=words[-1].text + text)
        else:
            words.append(RawWord(text, *_times(item), item.confidence_of("Confidence")))
    return words
