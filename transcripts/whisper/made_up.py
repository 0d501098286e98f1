"""Which words did the recogniser write that nobody said?

Whisper was taught with subtitles from the web. Over music, ringing or breath it writes what subtitles say there: lyrics,
"Music", "Thank you for watching", the name of a subtitler. People say thank you as well, so that no wording alone is thrown
away: a word goes where the sound under it is music, and a caption where the sound under it is hardly speech.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.model import Sound, SoundKind, Span, Word
from transcripts.sounds import MUSIC_TONALITY, SoundFinder

# What subtitles say where nobody speaks, without capitals and punctuation.
_CAPTIONS = (
    r"you|bye(?: bye)*|so|oh|okay|thank you(?: so much| very much)?",
    r"(?:thank you|thanks)(?: so much| very much)? for (?:watching|listening|your attention)(?: .{0,40})?",
    r"(?:please )?(?:like and )?(?:subscribe|see you)(?: .{0,40})?",
    r"(?:subtitles?|subtitled|captions?|captioned|transcription|transcribed|translated) (?:by|provided|and|from) .*",
    r"(?:music|applause|laughter|silence|ringing|phone ringing|upbeat music|soft music)(?: playing)?",
    r"(?:beep ?)+|(?:la ?)+|",
)
CAPTIONS = re.compile("|".join(_CAPTIONS))

# The most tonal of 390 stretches of real speech had a tonality of 0.37, all but four of them under 0.3.
HARDLY_SPEECH_TONALITY = 0.3
# Both of these are ordinary by themselves: one stretch of speech in ten never got further with the speech detector, and
# short words are often heard with doubt.
HARDLY_SPEECH_PROBABILITY = 0.7
HARDLY_SURE = 0.5
# Around a word, so that there is enough sound under it to tell.
AROUND_WORD_SECONDS = 0.3


@dataclass(frozen=True)
class Stretch:
    """Where the speech detector heard speech, and the highest probability of it there."""

    span: Span
    speech: float


def is_music(span: Span, sounds: SoundFinder) -> bool:
    """Whether what the speech detector took for speech is music, as far as is known while the call is still being heard."""
    # The last half second is left aside: it is not always known yet.
    return sounds.tonality(Span(span.start, max(span.start, span.end - 0.5))) >= MUSIC_TONALITY


def without_made_up(
    words: Sequence[Word], stretches: Sequence[Stretch], sounds: SoundFinder, found: Sequence[Sound]
) -> list[Word]:
    """The words of a channel, in order, without those that stand over music or are a caption over what is hardly speech.

    `stretches` are the channel's, in order, and `sounds` has heard all of it and `found` this ringing and music.
    """
    music = [sound.span for sound in found if sound.kind is not SoundKind.ANNOUNCEMENT]
    spoken = [word for word in words if not _is_sung(word, music, sounds)]
    kept: list[Word] = []
    place = 0
    for stretch in stretches:
        here: list[Word] = []
        while place < len(spoken) and (spoken[place].start + spoken[place].end) / 2 < stretch.span.end:
            here.append(spoken[place])
            place += 1
        if not (here and _is_caption(here) and _is_hardly_speech(here, stretch, sounds)):
            kept += here
    return kept + spoken[place:]


def _is_sung(word: Word, music: Sequence[Span], sounds: SoundFinder) -> bool:
    """Whether a word lies in music and is no voice over it: a voice would have drowned the steady notes."""
    around = Span(max(0.0, word.start - AROUND_WORD_SECONDS), word.end + AROUND_WORD_SECONDS)
    middle = (word.start + word.end) / 2
    return any(span.start <= middle <= span.end for span in music) and sounds.tonality(around) >= MUSIC_TONALITY


def _is_caption(words: Sequence[Word]) -> bool:
    text = re.sub(r"[^\w\s]", " ", "".join(word.text for word in words).casefold())
    return CAPTIONS.fullmatch(" ".join(text.split())) is not None


def _is_hardly_speech(words: Sequence[Word], stretch: Stretch, sounds: SoundFinder) -> bool:
    if sounds.tonality(stretch.span) >= HARDLY_SPEECH_TONALITY:
        return True
    confidence = sum(word.confidence for word in words) / len(words)
    return stretch.speech < HARDLY_SPEECH_PROBABILITY and confidence < HARDLY_SURE
