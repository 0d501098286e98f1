"""What did Deepgram hear in a recording?

`results.utterances[]` where they were asked for, else the words of each channel's first alternative, cut where the
speaker changes or pauses. Times are seconds. Shape: the vendor's response of the pre-recorded `listen` endpoint.
"""

from itertools import groupby
from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, spans_of_words

NAME = "Deepgram"


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: `results` with `channels`, or one alternative kept by itself."""
    if not isinstance(data, dict):
        return False
    results = data.get("results")
    if isinstance(results, dict):
        return isinstance(results.get("channels"), list) or isinstance(results.get("utterances"), list)
    return _is_alternative(data)


def _is_alternative(data: dict[str, Any]) -> bool:
    """Some programs keep only `results.channels[0].alternatives[0]`: the text, its confidence and its words."""
    return isinstance(data.get("transcript"), str) and isinstance(data.get("words"), list) and "confidence" in data


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the field that does not fit."""
    metadata, results = whole.get("metadata"), whole.get("results")
    stated = metadata.get("channels") if metadata else None
    channels = list(results.each("channels")) if results else []
    utterances = list(results.each("utterances")) if results else []
    if results is None:
        lines = _lines_of_words(whole, None)
    elif utterances:
        lines = [_utterance(utterance) for utterance in utterances]
    else:
        first = ((number, next(channel.each("alternatives"), None)) for number, channel in enumerate(channels))
        lines = [line for number, spoken in first if spoken for line in _lines_of_words(spoken, number)]
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=max(len(channels), stated.count(64) if stated else 1, 1),
            duration_seconds=(metadata.seconds_of("duration") if metadata else None) or 0.0,
            language=next((found for channel in channels if (found := channel.text_of("detected_language"))), ""),
        )
    ]


def _utterance(utterance: Field) -> Line:
    start, end, channel = utterance.seconds_of("start"), utterance.seconds_of("end"), utterance.get("channel")
    return Line(
        utterance["transcript"].text(),
        start,
        end,
        place_words([_word(word) for word in utterance.each("words")], start, end),
        channel=channel.count(64) if channel else None,
        voice=utterance.label_of("speaker"),
    )


def _lines_of_words(alternative: Field, channel: int | None) -> list[Line]:
    """Stretches of one voice without a pause; the whole text where there are no words."""
    words = list(alternative.each("words"))
    if not words:
        text = alternative.get("transcript")
        return [Line(text.text(), channel=channel)] if text else []
    lines: list[Line] = []
    for voice, group in groupby(words, key=_speaker):
        placed = place_words([_word(word) for word in group], None, None)
        for stretch in spans_of_words(placed):
            said = " ".join(word.text for word in stretch)
            lines.append(Line(said, stretch[0].start, stretch[-1].end, tuple(stretch), channel=channel, voice=voice))
    return lines


def _speaker(word: Field) -> str:
    return word.label_of("speaker")


def _word(word: Field) -> RawWord:
    text = word.first("punctuated_word", "word") or word["word"]
    return RawWord(text.text(), word.seconds_of("start"), word.seconds_of("end"), word.confidence_of("confidence"))
