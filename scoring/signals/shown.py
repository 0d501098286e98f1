"""Which behaviours does each turn of a conversation show, how likely, and in which of its words?

The judge is asked once for a whole conversation; what it says of feelings is in the same answers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scoring.signals.model import BEHAVIOURS, Shown
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

if TYPE_CHECKING:
    from scoring.behaviours.judge import Answers
    from scoring.behaviours.learned import Learned

LANGUAGE = "en"  # of the corpus that the judge was taught from
LEAST = 0.02  # what is less likely is not kept: nothing rests on it, and it would be most of what is stored
# Below this, the side of a turn that was told apart by voice is too doubtful to rest a verdict on.
SURE_SIDE = 0.7

LEARNED = "behaviours learned: "
"""Before the name of a behaviour, the name of a learned judge among `Signals.models`."""

_BOTH = (Speaker.AGENT, Speaker.CUSTOMER)


def ask_judge(transcript: Transcript, adopted: "Sequence[Learned]" = ()) -> "Answers | None":
    """What the judge says of every turn, row by row as they come; None for another language than English.

    Each turn is judged with what the agent and the customer said just before. adopted: judges that a centre has taught, each
    asked how likely its behaviour is instead of the shipped one. Raises ModelError where the judge's files are missing or
    damaged.
    """
    if languages.base(transcript.language) != LANGUAGE:
        return None
    # Imported here, for the judge reads sentences by modules of this package.
    from scoring.behaviours.corpus import Said
    from scoring.behaviours.judge import load_judge
    from scoring.behaviours.turns import BEFORE_TURNS, Heard

    heard: list[Heard] = []
    talk: list[Said] = []
    for turn in transcript.turns:
        said = Said(turn.speaker, turn.text)
        heard.append(Heard(said, tuple(talk[-BEFORE_TURNS:])))
        if turn.speaker in _BOTH:
            talk.append(said)
    answers = load_judge().answers(heard)
    probability = answers.probability.copy()
    for learned in adopted:
        probability[:, answers.outputs.index(learned.behaviour)] = learned.probabilities(heard, answers)
    return replace(answers, probability=probability)


def behaviours_of(transcript: Transcript, answers: "Answers | None") -> tuple[Shown, ...]:
    """What each turn shows of the behaviours of its own side, or of both sides where its side is in doubt.

    Turns that are neither the agent's nor the customer's show none, and none is known where the sides were not told apart.
    """
    from scoring.behaviours.corpus import behaviours

    if answers is None or transcript.sides is Sides.UNKNOWN:
        return ()
    side_of = {name: behaviour.speaker for name, behaviour in behaviours().items()}
    outputs = [(place, name) for place, name in enumerate(answers.outputs) if name in side_of]
    found: list[Shown] = []
    for index, turn in enumerate(transcript.turns):
        windows = answers.where[index]
        sides = _BOTH if side_in_doubt(transcript, index) else (turn.speaker,)
        if windows is None:
            continue
        for place, name in outputs:
            probability = float(answers.probability[index, place])
            if probability >= LEAST and side_of[name] in sides:
                found.append(Shown(index, name, probability, windows[place].start, windows[place].end))
    return tuple(found)


def model_stamp() -> dict[str, str]:
    """The judge's name and hash, for the stamp of an evaluation."""
    from scoring.behaviours.judge import stamp

    return {BEHAVIOURS: stamp()[BEHAVIOURS]}


def learned_stamp(adopted: "Sequence[Learned]") -> dict[str, str]:
    """The names and hashes of learned judges, for the stamp of an evaluation."""
    return {f"{LEARNED}{learned.behaviour}": learned.stamp for learned in adopted}


def side_in_doubt(transcript: Transcript, turn: int) -> bool:
    """Whether it is too doubtful who spoke that turn for a verdict about one side."""
    return transcript.sides is Sides.VOICES and transcript.turns[turn].side_confidence < SURE_SIDE
