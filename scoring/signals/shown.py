"""Which behaviours does each turn of a conversation show, how likely, and in which of its words?"""

from collections.abc import Mapping
from typing import NamedTuple

from scoring.signals.model import Shown
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

LANGUAGE = "en"  # of the corpus that the judge was taught from
LEAST = 0.02  # what is less likely is not kept: nothing rests on it, and it would be most of what is stored
# Below this, the side of a turn that was told apart by voice is too doubtful to rest a verdict on.
SURE_SIDE = 0.7

_SIDES = (Speaker.AGENT, Speaker.CUSTOMER)


class Measured(NamedTuple):
    """What was measured, and the judge's name and hash; both empty where nothing could be."""

    shown: tuple[Shown, ...] = ()
    stamp: Mapping[str, str] = {}


def measure_behaviours(transcript: Transcript) -> Measured:
    """What each turn shows of the behaviours of its own side, or of both sides where its side is in doubt.

    Turns that are neither the agent's nor the customer's show nothing. Not measured in another language than English, nor
    where the sides were not told apart. Raises ModelError where the judge's files are missing or damaged.
    """
    if transcript.sides is Sides.UNKNOWN or languages.base(transcript.language) != LANGUAGE:
        return Measured()
    # Imported here: the judge itself reads sentences by modules of this package.
    from scoring.behaviours.corpus import Said, behaviours
    from scoring.behaviours.judge import load_judge, stamp
    from scoring.behaviours.turns import BEFORE_TURNS, Heard

    places = [index for index, turn in enumerate(transcript.turns) if turn.speaker in _SIDES]
    said = [Said(transcript.turns[index].speaker, transcript.turns[index].text) for index in places]
    answers = load_judge().answers(
        [Heard(one, tuple(said[max(0, number - BEFORE_TURNS) : number])) for number, one in enumerate(said)]
    )
    side_of = {name: behaviour.speaker for name, behaviour in behaviours().items()}
    asked = [(place, name) for place, name in enumerate(answers.outputs) if name in side_of]
    found: list[Shown] = []
    for number, index in enumerate(places):
        windows = answers.where[number]
        if windows is None:
            continue
        sides = _sides_of(transcript, index)
        likely = answers.probability[number] >= LEAST
        found += [
            Shown(index, name, float(answers.probability[number, place]), windows[place].start, windows[place].end)
            for place, name in asked
            if likely[place] and side_of[name] in sides
        ]
    return Measured(tuple(found), stamp())


def side_in_doubt(transcript: Transcript, turn: int) -> bool:
    """Whether it is too doubtful who spoke that turn for a verdict about one side."""
    return transcript.sides is Sides.VOICES and transcript.turns[turn].side_confidence < SURE_SIDE


def _sides_of(transcript: Transcript, turn: int) -> tuple[Speaker, ...]:
    return _SIDES if side_in_doubt(transcript, turn) else (transcript.turns[turn].speaker,)
