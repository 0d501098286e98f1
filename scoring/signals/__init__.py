"""What can be measured of a conversation, before any criterion is judged?

`measure` gives everything in one value: sentiment, timing, the meaning of each sentence, and the behaviours that each turn
shows. Signals are stored with the call, so that it can be judged again by any scorecard without a model; `store` and
`restore` are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from errors import TranscriptError
from scoring.signals import embeddings, replies, sentiment, shown, timing
from scoring.signals.bert import DIMENSIONS
from scoring.signals.model import Interruption, Sentence, Shown, Signals, Silence
from scoring.signals.sentences import split_transcript
from transcripts import languages
from transcripts.model import Span, Speaker, Transcript

if TYPE_CHECKING:
    from scoring.behaviours.learned import Learned

MEASURES: Mapping[str, str] = {**timing.MEASURES, **sentiment.MEASURES, **replies.MEASURES}
"""Every measure by name, with one plain sentence that holds its unit."""


def measure(transcript: Transcript, adopted: "Sequence[Learned]" = ()) -> Signals:
    """Everything that can be measured of a conversation; what cannot be is None in `measures`.

    Sentiment is read from English words alone: of another language every turn is neutral. Behaviours are judged in English
    alone, and only where the sides are known. adopted: judges that a centre has taught, each asked about its behaviour
    instead of the shipped one.

    The same transcript gives the same signals, byte for byte. Raises ModelError where a model is missing or cannot run.
    """
    english = languages.base(transcript.language) == sentiment.LANGUAGE
    answers = shown.ask_judge(transcript, adopted)
    texts = [turn.text for turn in transcript.turns]
    valences = sentiment.valences(texts, answers) if english else (0.0,) * len(texts)
    timed = timing.measure_timing(transcript)
    sentences = split_transcript(transcript)
    return Signals(
        valence=valences,
        measures={
            **timed.measures,
            **sentiment.sentiment_measures(transcript, valences),
            **replies.reply_measures(transcript),
        },
        silences=timed.silences,
        interruptions=timed.interruptions,
        sentences=sentences,
        embeddings=embeddings.embed([sentence.text for sentence in sentences]),
        models={**models_in_use(), **shown.learned_stamp(adopted)},
        behaviours=shown.behaviours_of(transcript, answers),
    )


def models_in_use() -> dict[str, str]:
    """Name and hash of each model that takes part in `measure` today, for the stamp of an evaluation."""
    return {**embeddings.model_stamp(), **sentiment.model_stamp(), **shown.model_stamp()}


@dataclass(frozen=True)
class StoredSignals:
    """Signals in the form to keep: `data` is plain JSON, `embeddings` the vectors as little-endian float16, row by row.

    Half precision loses nothing, because `embed` already gives numbers on its grid; it halves the space, to 768 bytes a
    sentence.
    """

    data: Mapping[str, Any]
    embeddings: bytes


def store(signals: Signals) -> StoredSignals:
    """The form to keep; `restore` gives equal signals back."""
    data = asdict(signals)
    del data["embeddings"]
    return StoredSignals(data, signals.embeddings.astype("<f2").tobytes())


def restore(stored: StoredSignals) -> Signals:
    """Read what `store` made, also after a trip through JSON. Raises TranscriptError where it is not that."""
    data = stored.data
    try:
        vectors = np.frombuffer(stored.embeddings, "<f2").astype(np.float32).reshape(-1, DIMENSIONS)
        signals = Signals(
            valence=tuple(data["valence"]),
            measures=dict(data["measures"]),
            silences=tuple(Silence(Span(**silence["span"]), silence["after_turn"]) for silence in data["silences"]),
            interruptions=tuple(Interruption(**{**cut, "by": Speaker(cut["by"])}) for cut in data["interruptions"]),
            sentences=tuple(Sentence(**sentence) for sentence in data["sentences"]),
            embeddings=vectors,
            models=dict(data["models"]),
            # Signals from before behaviours were measured have none, and no judge among their models.
            behaviours=tuple(Shown(**item) for item in data.get("behaviours", ())),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise TranscriptError(f"the stored signals of a call cannot be read: {wrong!r}; score the call again") from wrong
    if len(signals.sentences) != len(vectors):
        raise TranscriptError("the stored signals of a call have lost sentences or vectors; score the call again")
    return signals
