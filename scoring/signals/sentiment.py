"""How does each side sound, as words, along the call?

Valence runs from -1 (negative) to 1 (positive), by VADER: a lexicon with rules for negation, degree and emphasis
(Hutto and Gilbert, "VADER: A parsimonious rule-based model for sentiment analysis of social media text", ICWSM 2014).
`valence` is the one place that turns words into a number, so that a better model replaces one function.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Literal

from scoring.signals.regional import plain
from scoring.signals.sentences import split_text
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

Label = Literal["positive", "neutral", "negative"]

NEUTRAL_BOUND = 0.05  # the bounds that VADER's authors recommend for its compound score
LONG_WORDS = 50  # VADER's sum saturates: in longer turns a few polite words would pass for delight
END_TURNS = 2  # "how it ended" is the customer's last two turns; the last alone is mostly a goodbye
LANGUAGE = "en"  # of the lexicon
PLACES = 4  # digits that mean something; rounding keeps stored and recomputed values the same

# In service calls these ask and answer; VADER's lexicon counts them as pleasure ("can you help me please": 0.61).
ROUTINE_WORDS = ("please", "help", "yes", "yeah", "yep", "yup", "certainly", "okay", "ok", "like", "well", "sure")

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
    "customer_valence_change": "The customer's last third minus the first, -2 to 2; above 0 the customer's mood rose.",
    "customer_valence_lowest": "How positive the customer's most negative turn was, -1 to 1.",
    "customer_valence_end": "How positive the customer's last two turns were, -1 to 1.",
}


def valence(text: str) -> float:
    """How positive the words are, -1 to 1; 0 for none. Longer texts are the mean of their sentences that say anything."""
    text = plain(text).text
    if len(text.split()) <= LONG_WORDS:
        return _compound(text)
    scores = [_compound(text[piece.start : piece.end]) for piece in split_text(text)]
    felt = [score for score in scores if score]
    return round(sum(felt) / len(felt), PLACES) if felt else 0.0


def label(value: float) -> Label:
    """VADER's usual reading of a valence: positive from 0.05, negative from -0.05, neutral between."""
    if value >= NEUTRAL_BOUND:
        return "positive"
    return "negative" if value <= -NEUTRAL_BOUND else "neutral"


def model_stamp() -> dict[str, str]:
    """The model's name and version, for the stamp of an evaluation."""
    return {"sentiment:vader": f"{version('vaderSentiment')} without routine words and words of a region"}


def _compound(text: str) -> float:
    return float(_analyser().polarity_scores(text)["compound"]) if text.strip() else 0.0


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    for word in ROUTINE_WORDS:
        analyser.lexicon.pop(word, None)
    analyser.lexicon["thank"] = analyser.lexicon["thanks"]
    return analyser


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
        if side is Speaker.CUSTOMER:
            last = spoken[-END_TURNS:]
            measures["customer_valence_lowest"] = min((valences[index] for index in spoken), default=None)
            measures["customer_valence_end"] = (
                round(sum(valences[index] for index in last) / len(last), PLACES) if last else None
            )
    first, final = measures["customer_valence_first_third"], measures["customer_valence_last_third"]
    measures["customer_valence_change"] = None if first is None or final is None else round(final - first, PLACES)
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
