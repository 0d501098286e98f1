"""What did Azure's fast transcription hear in a recording?

`phrases[]` with an offset and a duration in milliseconds, a `channel` from 0 where channels were kept apart, and a
`speaker` number where voices were told apart. The names of the two times have changed over the vendor's versions, and
all of them are read. Shape: the vendor's "Use the fast transcription API".
"""

from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words

NAME = "Azure fast transcription"
PER_SECOND = 1000.0
OFFSET = ("offsetMilliseconds", "offset", "offsetInMs")
DURATION = ("durationMilliseconds", "duration", "durationInMs")


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: `phrases` beside `combinedPhrases`, or of entries with an offset."""
    if not isinstance(data, dict) or not isinstance(data.get("phrases"), list):
        return False
    first = next(iter(data["phrases"]), None)
    return "combinedPhrases" in data or (isinstance(first, dict) and any(name in first for name in OFFSET))


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the field that does not fit."""
    phrases = list(whole["phrases"].entries())
    lines = [_line(phrase) for phrase in phrases]
    duration = whole.first(*DURATION)
    highest = max((line.channel + 1 for line in lines if line.channel is not None), default=1)
    language = next((found for phrase in phrases if (found := phrase.get("locale"))), None)
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=max(highest, len(_channels_stated(whole)), 1),
            duration_seconds=duration.seconds(PER_SECOND) if duration else 0.0,
            language=language.text() if language else "",
        )
    ]


def _channels_stated(whole: Field) -> set[int]:
    """The channels of which there is a whole text, also where nobody spoke on one."""
    return {channel.count(64) for combined in whole.each("combinedPhrases") if (channel := combined.get("channel"))}


def _line(phrase: Field) -> Line:
    start, end = _times(phrase)
    speaker, channel = phrase.get("speaker"), phrase.get("channel")
    return Line(
        phrase["text"].text(),
        start,
        end,
        place_words([_word(word, phrase) for word in phrase.each("words")], start, end),
        channel=channel.count(64) if channel else None,
        voice=speaker.label() if speaker else "",
    )


def _times(field: Field) -> tuple[float | None, float | None]:
    offset, duration = field.first(*OFFSET), field.first(*DURATION)
    start = offset.seconds(PER_SECOND) if offset else None
    return start, round(start + duration.seconds(PER_SECOND), 3) if start is not None and duration else None


def _word(word: Field, phrase: Field) -> RawWord:
    """A word; the vendor gives a confidence for the phrase alone, which then stands for each of its words."""
    start, end = _times(word)
    sure = phrase.get("confidence")
    return RawWord(word["text"].text(), start, end, sure.confidence() if sure else 1.0)
