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
    highest = max((line.channel + 1 for line in lines if line.channel is not None), default=1)
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=max(highest, len(_channels_stated(whole)), 1),
            duration_seconds=whole.seconds_of(*DURATION, per_second=PER_SECOND) or 0.0,
            language=next((found for phrase in phrases if (found := phrase.text_of("locale"))), ""),
        )
    ]


def _channels_stated(whole: Field) -> set[int]:
    """The channels of which there is a whole text, also where nobody spoke on one."""
    return {channel.count(64) for combined in whole.each("combinedPhrases") if (channel := combined.get("channel"))}


def _line(phrase: Field) -> Line:
    start, end = _times(phrase)
    channel = phrase.get("channel")
    return Line(
        phrase["text"].text(),
        start,
        end,
        place_words([_word(word, phrase) for word in phrase.each("words")], start, end),
        channel=channel.count(64) if channel else None,
        voice=phrase.label_of("speaker"),
    )


def _times(field: Field) -> tuple[float | None, float | None]:
    start, lasts = field.seconds_of(*OFFSET, per_second=PER_SECOND), field.seconds_of(*DURATION, per_second=PER_SECOND)
    return start, None if start is None or lasts is None else round(start + lasts, 3)


def _word(word: Field, phrase: Field) -> RawWord:
    """A word; the vendor gives a confidence for the phrase alone, which then stands for each of its words."""
    return RawWord(word["text"].text(), *_times(word), phrase.confidence_of("confidence"))
