"""What did AssemblyAI hear in a recording?

`utterances[]` with times in milliseconds, a `speaker` letter and, for a recording of several channels, a `channel` that
counts from 1; without utterances, the `words[]` alone. Shape: the vendor's response of the `transcript` endpoint.
"""

from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, side_of, spans_of_words

NAME = "AssemblyAI"
PER_SECOND = 1000.0


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: `utterances` or `words` at the top, beside what only this vendor writes."""
    if not isinstance(data, dict) or not ("utterances" in data or "words" in data):
        return False
    if any(key in data for key in ("audio_duration", "audio_url", "acoustic_model", "audio_channels", "speech_model")):
        return True
    first = next(iter(data["utterances"]), None) if isinstance(data.get("utterances"), list) else None
    return isinstance(first, dict) and {"text", "speaker", "start"} <= first.keys()


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the field that does not fit."""
    status, problem = whole.get("status"), whole.get("error")
    if status and status.text() != "completed":
        why = f" ({' '.join(problem.text()[:200].split())})" if problem else ""
        raise status.needs(f'"completed"{why}')
    utterances = list(whole.each("utterances"))
    lines = [_utterance(utterance) for utterance in utterances] if utterances else _lines_of_words(whole)
    stated = whole.get("audio_channels")
    highest = max((line.channel + 1 for line in lines if line.channel is not None), default=1)
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=max(highest, stated.count(64) if stated else 1),
            duration_seconds=whole.seconds_of("audio_duration") or 0.0,
            language=whole.text_of("language_code"),
        )
    ]


def _utterance(utterance: Field) -> Line:
    start, end = _times(utterance)
    words = place_words([_word(word) for word in utterance.each("words")], start, end)
    voice = utterance.label_of("speaker")
    return Line(utterance["text"].text(), start, end, words, side_of(voice), _channel(utterance), voice)


def _times(field: Field) -> tuple[float | None, float | None]:
    return field.seconds_of("start", per_second=PER_SECOND), field.seconds_of("end", per_second=PER_SECOND)


def _channel(field: Field) -> int | None:
    """The channel counted from 0, as everywhere else in Attune."""
    channel = field.get("channel")
    if channel is None:
        return None
    number = channel.count(64)
    if number == 0:
        raise channel.needs("a channel number from 1 on")
    return number - 1


def _lines_of_words(whole: Field) -> list[Line]:
    words = list(whole.each("words"))
    if not words:
        text = whole.get("text")
        return [Line(text.text())] if text else []
    by_voice: dict[tuple[int | None, str], list[RawWord]] = {}
    for word in words:
        by_voice.setdefault((_channel(word), word.label_of("speaker")), []).append(_word(word))
    lines: list[Line] = []
    for (channel, voice), own in by_voice.items():
        for stretch in spans_of_words(place_words(own, None, None)):
            said = " ".join(word.text for word in stretch)
            lines.append(Line(said, stretch[0].start, stretch[-1].end, tuple(stretch), side_of(voice), channel, voice))
    return lines


def _word(word: Field) -> RawWord:
    return RawWord(word["text"].text(), *_times(word), word.confidence_of("confidence"))
