"""How does each side sound, as words, along the call?

Valence runs from -1 (negative) to 1 (positive) and is put together from two readings:

    valence = 0.8 x (chance that the speaker is pleased - chance that they are displeased) + 0.2 x the word list's score

The chances are the taught judge's, which knows that "I've called three times" is a complaint though no word of it is sad.
The word list is VADER (Hutto and Gilbert, "VADER: A parsimonious rule-based model for sentiment analysis of social media
text", ICWSM 2014) with words of contact centres added; it can be used alone (setting `sentiment`). The share was chosen on
the first 4,926 lines of sentiment in our corpus by the answers of judges that had not been taught on them: the mean macro F1
over their four files is 0.81 with it and with the judge alone, and 0.55 with the word list alone. With some of the word list
a plain "terrible" still counts where the judge is in two minds. From which valence on a line is called positive or negative
is kept with the judge, for it hangs on its answers (`scoring.behaviours.feeling` chooses it).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from scoring.signals.regional import plain
from scoring.signals.sentences import split_text
from settings import settings
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

if TYPE_CHECKING:
    from scoring.behaviours.judge import Answers

Label = Literal["positive", "neutral", "negative"]
FEELINGS = ("feels_positive", "feels_negative")
LANGUAGE = "en"  # of the judge's corpus and of the word list; a word of another language may look like one of its words

JUDGE_SHARE = 0.8
NEUTRAL_BOUND_OF_VADER = 0.05  # the bound that VADER's authors recommend for its compound score
LONG_WORDS = 50  # VADER's sum saturates: in longer turns a few polite words would pass for delight
END_TURNS = 2  # "how it ended" is a side's last two turns; the last alone is mostly a goodbye
PLACES = 4  # digits that mean something; rounding keeps stored and recomputed values the same

# In service calls these ask and answer; VADER's lexicon counts them as pleasure ("can you help me please": 0.61).
ROUTINE_WORDS = ("please", "help", "yes", "yeah", "yep", "yup", "certainly", "okay", "ok", "like", "well", "sure")

# What customers complain with, which a lexicon of social media does not know, on its scale of -4 to 4.
CENTRE_WORDS: Mapping[str, float] = {
    "overcharged": -2.2, "misled": -2.2, "unhelpful": -2.2, "useless": -2.4, "unacceptable": -2.6, "shambles": -2.6,
    "fobbed": -2.2, "faulty": -1.9, "broken": -1.8, "damaged": -1.7, "delayed": -1.4, "late": -1.1, "overdue": -1.2,
    "unresolved": -1.6, "again": -0.4, "still": -0.4, "waiting": -0.9, "queue": -0.6, "disconnected": -1.3, "crashing": -1.6,
    "resolved": 1.4, "sorted": 1.5, "helpful": 1.9, "prompt": 1.2, "lifesaver": 2.8, "brilliant": 2.8,
}  # fmt: skip

_THIRDS = ("first", "middle", "last")
MEASURES: Mapping[str, str] = {
    **{
        f"{side}_valence": f"How positive the {side}'s words were over the whole call, -1 to 1."
        for side in (Speaker.AGENT, Speaker.CUSTOMER)
    },
    **{
        f"{side}_valence_{third}_third": f"How positive the {side}'s words were in the {third} third of the call, -1 to 1."
        for side in (Speaker.AGENT, Speaker.CUSTOMER)
        for third in _THIRDS
    },
    **{
        f"{side}_valence_{name}": sentence.format(side=side)
        for side in (Speaker.AGENT, Speaker.CUSTOMER)
        for name, sentence in {
            "change": "The {side}'s last third minus the first, -2 to 2; above 0 the {side}'s mood rose.",
            "lowest": "How positive the {side}'s most negative turn was, -1 to 1.",
            "highest": "How positive the {side}'s most positive turn was, -1 to 1.",
            "end": "How positive the {side}'s last two turns were, -1 to 1.",
            "peak_end": "The mean of the {side}'s strongest feeling, whichever way, and of the end, -1 to 1.",
        }.items()
    },
}


@dataclass(frozen=True)
class MadeOf:
    """What a turn's valence was put together from: the judge's part and the word list's, each with its share in it, which
    together are the valence; and the words that the list knows, with its weight of each from -4 to 4."""

    judge: float
    word_list: float
    words: tuple[tuple[str, float], ...]


def valences(texts: Sequence[str], answers: "Answers | None") -> tuple[float, ...]:
    """How positive each text is, -1 to 1; `answers` are the judge's to the same texts, None for the word list alone."""
    listed = [word_list(text) for text in texts]
    if answers is None or settings().sentiment == "vader":
        return tuple(listed)
    pleased, displeased = (answers.probability[:, answers.outputs.index(name)] for name in FEELINGS)
    together = valence_of(pleased, displeased, np.array(listed))
    return tuple(round(float(value), PLACES) if text.strip() else 0.0 for text, value in zip(texts, together, strict=True))


def valence_of(
    pleased: NDArray[np.float64], displeased: NDArray[np.float64], listed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The formula: the judge's two chances and the word list's score of each text, put together."""
    return np.asarray(JUDGE_SHARE * (pleased - displeased) + (1 - JUDGE_SHARE) * listed)


def made_of(text: str, value: float) -> MadeOf:
    """What the valence of a turn with these words was put together from. With the word list alone the judge's part is 0."""
    listed = word_list(text)
    part = listed if value == listed else round((1 - JUDGE_SHARE) * listed, PLACES)
    return MadeOf(round(value - part, PLACES), part, _counted(text))


def word_list(text: str) -> float:
    """VADER's score of the words, -1 to 1; 0 for none. Longer texts are the mean of their sentences that say anything."""
    text = plain(text).text
    if len(text.split()) <= LONG_WORDS:
        return _compound(text)
    scores = [_compound(text[piece.start : piece.end]) for piece in split_text(text)]
    felt = [score for score in scores if score]
    return round(sum(felt) / len(felt), PLACES) if felt else 0.0


def label(value: float, *, raised: bool = False) -> Label:
    """A valence in a word: neutral nearer to 0 than a bound that lies with the judge, or than 0.05 with the word list alone.
    The judge's is narrower where a voice was raised (`Judge.raised`)."""
    from scoring.behaviours.judge import feels_from

    bound = NEUTRAL_BOUND_OF_VADER if settings().sentiment == "vader" else feels_from(raised=raised)
    if value >= bound:
        return "positive"
    return "negative" if value <= -bound else "neutral"


def model_stamp() -> dict[str, str]:
    """The method's name and version, for the stamp of an evaluation; the judge has a stamp of its own."""
    share = 0.0 if settings().sentiment == "vader" else JUDGE_SHARE
    return {"sentiment": f"VADER {version('vaderSentiment')} with words of contact centres; judge's share {share:g}"}


def _compound(text: str) -> float:
    return float(_analyser().polarity_scores(text)["compound"]) if text.strip() else 0.0


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    for word in ROUTINE_WORDS:
        analyser.lexicon.pop(word, None)
    analyser.lexicon["thank"] = analyser.lexicon["thanks"]
    analyser.lexicon.update(CENTRE_WORDS)
    return analyser


def _counted(text: str) -> tuple[tuple[str, float], ...]:
    """The words of a text that the word list knows, each with its weight."""
    lexicon = _analyser().lexicon
    words = [word.strip(".,!?;:\"'()").casefold() for word in text.split()]
    return tuple((word, round(float(lexicon[word]), 2)) for word in dict.fromkeys(words) if word in lexicon)


def sentiment_measures(transcript: Transcript, valences: Sequence[float]) -> Mapping[str, float | None]:
    """The call's sentiment by side and by third; `valences` holds one value a turn.

    A third is a third of the time from the first word to the last, a turn belonging to where its middle lies; where no
    times are known, a third of the turns. Turns weigh by their number of words, so that "okay" does not outweigh a
    complaint. Where the sides were not told apart, a side said nothing, or it was said in another language, it is None.
    """
    thirds = _thirds(transcript)
    known = transcript.sides is not Sides.UNKNOWN and languages.base(transcript.language) == LANGUAGE
    measures: dict[str, float | None] = {}
    for side in (Speaker.AGENT, Speaker.CUSTOMER):
        spoken = [
            index for index, turn in enumerate(transcript.turns) if known and turn.speaker is side and turn.text.split()
        ]
        measures[f"{side}_valence"] = _mean(transcript, valences, spoken)
        for number, name in enumerate(_THIRDS):
            within = [index for index in spoken if thirds[index] == number]
            measures[f"{side}_valence_{name}_third"] = _mean(transcript, valences, within)
        last = spoken[-END_TURNS:]
        values = [valences[index] for index in spoken]
        end = round(sum(valences[index] for index in last) / len(last), PLACES) if last else None
        peak = max(values, key=abs, default=None)
        first, final = measures[f"{side}_valence_first_third"], measures[f"{side}_valence_last_third"]
        measures[f"{side}_valence_change"] = None if first is None or final is None else round(final - first, PLACES)
        measures[f"{side}_valence_lowest"] = min(values, default=None)
        measures[f"{side}_valence_highest"] = max(values, default=None)
        measures[f"{side}_valence_end"] = end
        # What is remembered of an episode is mostly its peak and its end (Kahneman et al. 1993).
        measures[f"{side}_valence_peak_end"] = None if peak is None or end is None else round((peak + end) / 2, PLACES)
    return measures


def _mean(transcript: Transcript, valences: Sequence[float], indices: Iterable[int]) -> float | None:
    weights = {index: len(transcript.turns[index].text.split()) for index in indices}
    total = sum(weights.values())
    if not total:
        return None
    return round(sum(valences[index] * weight for index, weight in weights.items()) / total, PLACES)


def _thirds(transcript: Transcript) -> list[int]:
    """For each turn the third of the call it lies in: 0, 1 or 2."""
    turns = transcript.turns
    if not transcript.timed:
        return [3 * index // len(turns) for index in range(len(turns))]
    spans = [turn.span for turn in turns if turn.span]
    begin = min((span.start for span in spans), default=0.0)
    length = max((span.end for span in spans), default=0.0) - begin
    middles = [((turn.start or 0.0) + (turn.end or 0.0)) / 2 for turn in turns]
    return [min(2, int(3 * (middle - begin) / length)) if length else 0 for middle in middles]
