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
    duration = metadata.get("duration") if metadata else None
    stated = metadata.get("channels") if metadata else None
    if results is None:
        channels = [[whole]]
        lines = _lines_of_words(whole, None)
        language = None
    else:
        fields = list(results.each("channels"))
        channels = [list(channel.each("alternatives")) for channel in fields]
        utterances = list(results.each("utterances"))
        if utterances:
            lines = [_utterance(utterance) for utterance in utterances]
        else:
            lines = [
                line
                for number, alternatives in enumerate(channels)
                for line in (_lines_of_words(alternatives[0], number) if alternatives else [])
            ]
        language = next((found for field in fields if (found := field.get("detected_language"))), None)
    heard = max(len(channels), stated.count(64) if stated else 1, 1)
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=heard,
            duration_seconds=duration.seconds() if duration else 0.0,
            language=language.text() if language else "",
        )
    ]


def _utterance(utterance: Field) -> Line:
    start, end = utterance.get("start"), utterance.get("end")
    speaker, channel = utterance.get("speaker"), utterance.get("channel")
    begins, ends = start.seconds() if start else None, end.seconds() if end else None
    words = place_words([_word(word) for word in utterance.each("words")], begins, ends)
    return Line(
        utterance["transcript"].text(),
        begins,
        ends,
        words,
        channel=channel.count(64) if channel else None,
        voice=speaker.label() if speaker else "",
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
    speaker = word.get("speaker")
    return speaker.label() if speaker else ""


def _word(word: Field) -> RawWord:
    text = word.first("punctuated_word", "word")
    if text is None:
        raise word.wrong("has no `word`")
    start, end, sure = word.get("start"), word.get("end"), word.get("confidence")
    return RawWord(
        text.text(),
        start.seconds() if start else None,
        end.seconds() if end else None,
        sure.confidence() if sure else 1.0,
    )
