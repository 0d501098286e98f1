"""What did Genesys Cloud hear in a call?

`transcripts[]`, one for each stretch of the call (another after a transfer), each with `phrases[]` whose
`participantPurpose` is `internal` for whoever works here and `external` for the customer. Times are milliseconds of the
epoch; the call's clock starts with the first transcript. Shape: the vendor's "speech and text analytics" transcripts.
"""

from datetime import UTC, datetime
from typing import Any

from transcripts.formats.fields import LEAST_SECONDS, MOST_SECONDS, Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, side_of

NAME = "Genesys Cloud"
PER_SECOND = 1000.0
LATEST_EPOCH_SECONDS = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: a list `transcripts`, an entry of which has `phrases`."""
    transcripts = data.get("transcripts") if isinstance(data, dict) else None
    return isinstance(transcripts, list) and any(isinstance(entry, dict) and "phrases" in entry for entry in transcripts)


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file, over all its transcripts. Raises TranscriptError naming the field."""
    transcripts = list(whole["transcripts"].entries())
    phrases = [phrase for transcript in transcripts for phrase in transcript.each("phrases")]
    starts = [_epoch(start) for transcript in transcripts if (start := transcript.get("startTime"))]
    starts += [_epoch(start) for phrase in phrases if (start := phrase.get("startTimeMs"))]
    origin = min(starts, default=0.0)
    languages = [language.text() for transcript in transcripts if (language := transcript.get("language"))]
    ends = [
        _on_clock(start, origin) + _length(transcript)
        for transcript in transcripts
        if (start := transcript.get("startTime")) and transcript.get("duration")
    ]
    return [
        Heard(
            tuple(_line(phrase, origin) for phrase in phrases),
            engine=NAME,
            channels=2,
            duration_seconds=min(max(ends, default=0.0), MOST_SECONDS),
            language=languages[0] if languages else "",
            started_at=datetime.fromtimestamp(origin, UTC) if origin else None,
        )
    ]


def _epoch(start: Field) -> float:
    seconds = start.number() / PER_SECOND
    if not 0 <= seconds <= LATEST_EPOCH_SECONDS:
        raise start.needs("a time in milliseconds since 1970")
    return seconds


def _on_clock(start: Field, origin: float) -> float:
    seconds = round(_epoch(start) - origin, 3)
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise start.wrong("lies before the call, or more than a week after its start")
    return max(0.0, seconds)


def _length(field: Field) -> float:
    """Seconds of a `duration.milliseconds`; 0 where there is none."""
    duration = field.get("duration")
    return (duration.seconds_of("milliseconds", per_second=PER_SECOND) if duration else None) or 0.0


def _line(phrase: Field, origin: float) -> Line:
    start, end = _times(phrase, origin)
    voice = phrase.text_of("participantPurpose")
    words = place_words([_word(word, origin) for word in phrase.each("words")], start, end)
    return Line(phrase["text"].text(), start, end, words, side_of(voice), voice=voice)


def _times(field: Field, origin: float) -> tuple[float | None, float | None]:
    started = field.get("startTimeMs")
    if started is None:
        return None, None
    start = _on_clock(started, origin)
    return start, round(start + _length(field), 3) if field.get("duration") else None


def _word(word: Field, origin: float) -> RawWord:
    return RawWord(word["word"].text(), *_times(word, origin), word.confidence_of("confidence"))
