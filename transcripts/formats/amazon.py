"""What did Amazon Transcribe Call Analytics, or Amazon Connect Contact Lens, hear in a call or keep of a chat?

Both write `Transcript[]` with offsets in milliseconds. Call Analytics says who spoke in each `ParticipantRole`; Contact
Lens lists `Participants[]` once and refers to them by `ParticipantId`. Contact Lens for chat has `AbsoluteTime` instead
of offsets. Shapes: the vendor's guides "Post-call analytics output" and "Example Contact Lens output files".
"""

from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, side_of
from transcripts.model import Speaker

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
    characteristics = whole.get("ConversationCharacteristics")
    duration = characteristics and characteristics.get("TotalConversationDurationMillis")
    language = whole.get("LanguageCode")
    return [
        Heard(
            tuple(lines),
            engine="Amazon Transcribe"
            if any(entry.get("ParticipantRole") for entry in entries)
            else "Amazon Connect Contact Lens",
            channels=0 if written else 2,
            duration_seconds=0.0 if written or not duration else duration.seconds(PER_SECOND),
            language=language.text() if language else "",
            started_at=min(moment.moment() for moment in moments) if moments else None,
        )
    ]


def _is_said(entry: Field) -> bool:
    """Chats also list who joined and left, and attachments: those have a type or a content type of their own."""
    kind, content_type = entry.get("Type"), entry.get("ContentType")
    if kind and kind.text().upper() not in ("MESSAGE", "TRANSCRIPT"):
        return False
    return entry.get("Content") is not None and (not content_type or content_type.text().lower().startswith("text/"))


def _line(entry: Field, sides: dict[str, Speaker], written: bool) -> Line:
    role, participant = entry.get("ParticipantRole"), entry.get("ParticipantId")
    name = participant.text() if participant else ""
    side = side_of(role.text()) if role else sides.get(name) or side_of(name)
    start, end = (None, None) if written else (entry.get("BeginOffsetMillis"), entry.get("EndOffsetMillis"))
    begins, ends = start.seconds(PER_SECOND) if start else None, end.seconds(PER_SECOND) if end else None
    words = () if written else place_words(_words(entry), begins, ends)
    return Line(entry["Content"].text(), begins, ends, words, side, voice=name)


def _words(entry: Field) -> list[RawWord]:
    """The spoken items; a mark of punctuation belongs to the word before it."""
    words: list[RawWord] = []
    for item in entry.each("Items"):
        kind, text = item.first("Type", "ItemType"), item["Content"].text()
        if kind and kind.text().lower() == "punctuation":
            if words:
                last = words[-1]
                words[-1] = RawWord(last.text + text, last.start, last.end, last.confidence)
            continue
        start, end, sure = item.get("BeginOffsetMillis"), item.get("EndOffsetMillis"), item.get("Confidence")
        words.append(
            RawWord(
                text,
                start.seconds(PER_SECOND) if start else None,
                end.seconds(PER_SECOND) if end else None,
                sure.confidence() if sure else 1.0,
            )
        )
    return words
