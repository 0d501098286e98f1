"""What did whisperX, or openai-whisper's own command, hear in a recording?

`segments[]` with times in seconds, a `speaker` such as `SPEAKER_00` where voices were told apart, and `words[]`. The
aligner gives no times to words that it cannot align, numbers above all: they share the time between their neighbours.
"""

from typing import Any

from transcripts.formats.fields import Field
from transcripts.formats.lines import Heard, Line, RawWord, place_words, side_of

NAME = "whisperX"


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: `segments`, the first of which has a start and a text."""
    if not isinstance(data, dict) or not isinstance(data.get("segments"), list):
        return False
    first = next(iter(data["segments"]), None)
    return "word_segments" in data or (isinstance(first, dict) and {"start", "text"} <= first.keys())


def read(whole: Field) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the field that does not fit."""
    return [
        Heard(
            tuple(_line(segment) for segment in whole["segments"].entries()),
            engine=NAME if "word_segments" in whole.value else "Whisper",
            channels=1,
            language=whole.text_of("language"),
        )
    ]


def _line(segment: Field) -> Line:
    start, end = segment.seconds_of("start"), segment.seconds_of("end")
    words = place_words([_word(word) for word in segment.each("words")], start, end)
    voice = segment.label_of("speaker")
    return Line(segment["text"].text(), start, end, words, side_of(voice), voice=voice)


def _word(word: Field) -> RawWord:
    text = word.first("word", "text") or word["word"]
    return RawWord(text.text(), word.seconds_of("start"), word.seconds_of("end"), word.confidence_of("score", "probability"))
