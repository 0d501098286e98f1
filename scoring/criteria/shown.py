"""Was a behaviour shown, by whom, where, and how likely?

The signals hold how likely each turn shows each behaviour (`scoring.behaviours`). A turn counts from 1 - DOUBT on; up to
DOUBT it does not; what lies between is left to a person wherever it would decide. So is what is likely but was hardly
heard, or was said by somebody whose side is in doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple, Protocol

from scorecards.load import did_you_mean
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import DOUBT
from scoring.criteria.base import MOST_EVIDENCE, UNQUOTED, Context, Judgement, Place, unsure
from scoring.criteria.parameters import one_or_more
from scoring.criteria.text import Heard
from scoring.result import Evidence
from scoring.signals.model import Shown
from scoring.signals.shown import LANGUAGE
from transcripts import languages
from transcripts.model import Speaker


def behaviour_problem(name: str) -> str:
    """That there is no such behaviour; empty where there is."""
    return "" if name in behaviours() else f"unknown behaviour '{name}'{did_you_mean(name, behaviours())}"


Behaviours = Annotated[tuple[Annotated[str, behaviour_problem], ...], one_or_more]
"""One behaviour or a list of them, of which any counts."""


class Bounding(Protocol):
    """A stretch of the conversation."""

    def holds(self, place: Place, seconds: Callable[[], float | None]) -> bool:
        """Whether something lies in it at that place, and at that time, which is asked for where it matters."""
        ...


class Sighting(NamedTuple):
    """A turn that may show what is looked for."""

    shown: Shown
    context: Context

    @property
    def turn(self) -> int:
        """The turn's index."""
        return self.shown.turn

    @property
    def place(self) -> Place:
        """Where the words that show it begin."""
        return Place(self.shown.turn, self.shown.start)

    @property
    def probability(self) -> float:
        """How likely it is shown."""
        return self.shown.probability

    @property
    def doubt(self) -> str:
        """Why it may not count, though it is likely; empty where nothing speaks against it."""
        speaker = behaviours()[self.shown.behaviour].speaker
        if self.context.side_in_doubt(self.turn):
            return f"it is not certain that the {speaker} said it, for the sides were told apart by voice"
        confidence = self.context.hardly_heard(self.turn, self.shown.start, self.shown.end)
        if confidence is not None:
            return f"the recogniser was hardly sure of these words ({confidence:.0%})"
        return ""

    @property
    def heard(self) -> Heard:
        """When the words that show it were said, and how clearly."""
        return self.context.conversation.heard(self.turn, self.shown.start, self.shown.end)

    def seconds(self) -> float | None:
        """When they begin, in seconds; None where no times are known."""
        return self.heard.start

    @property
    def sure(self) -> bool:
        """Whether it counts."""
        return self.probability >= 1 - DOUBT and not self.doubt

    @property
    def possible(self) -> bool:
        """Whether it counts or may count."""
        return self.probability > DOUBT


@dataclass(frozen=True)
class Showing:
    """A behaviour to look for, or several of the same side, of which any counts.

    behaviour: distress
    behaviour: [distress, complains]
    """

    behaviour: Behaviours

    def problems(self) -> "list[tuple[str, str]]":
        """Behaviours of both sides."""
        return side_problem("behaviour", self.behaviour)

    @cached_property
    def speaker(self) -> Speaker:
        """Whose behaviour it is."""
        return behaviours()[self.behaviour[0]].speaker

    @property
    def titles(self) -> str:
        """For a reader: `“Empathy” or “Reassurance”`."""
        return " or ".join(titled(name) for name in self.behaviour)

    @property
    def sought(self) -> str:
        """What is looked for, for a reader."""
        return f"words that show {self.titles}"

    def find(self, context: Context, bounds: Bounding | None = None) -> tuple[Sighting, ...] | Judgement:
        """Every turn of that stretch that shows it with any probability worth keeping, in order; or why nobody can say.

        Of several behaviours, or of the same turn's, the likeliest stands for the turn.
        """
        if refused := context.cannot_tell(self.speaker.value):
            return refused
        if not context.signals.behaviours_measured:
            return unsure("What each side shows was not measured when this call was scored; score the call again.")
        if languages.base(context.transcript.language) != LANGUAGE:
            return unsure("What each side shows can be judged in English alone.")
        best: dict[int, Shown] = {}
        for name in self.behaviour:
            for shown in context.shown(name):
                before = best.get(shown.turn)
                if before is None or shown.probability > before.probability:
                    best[shown.turn] = shown
        sightings = tuple(Sighting(best[turn], context) for turn in sorted(best))
        if bounds is None:
            return sightings
        return tuple(item for item in sightings if bounds.holds(item.place, item.seconds))


def side_problem(key: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """That behaviours of both sides stand in one list."""
    if len({behaviours()[name].speaker for name in names}) < 2:
        return []
    return [(key, "behaviours of one side alone; these are some of the agent and some of the customer")]


def titled(name: str) -> str:
    """A behaviour for a reader."""
    return f"“{behaviours()[name].title}”"


def sighted(context: Context, sighting: Sighting) -> Evidence:
    """The words that show it, with their times, the behaviour and its probability; or that come nearest to it."""
    if not context.telling:
        return UNQUOTED
    shown = sighting.shown
    name = titled(shown.behaviour)
    judged = f"was judged to show {name}" if sighting.possible else f"comes nearest to {name}"
    why = f"{context.who_said(shown.turn)} said this, which {judged} ({shown.probability:.0%} likely)"
    why += f"; but {sighting.doubt}." if sighting.doubt else "."
    heard = sighting.heard
    quote = context.transcript.turns[shown.turn].text[shown.start : shown.end]
    return Evidence(why, shown.turn, heard.start, heard.end, quote)


def sighted_all(context: Context, sightings: tuple[Sighting, ...]) -> tuple[Evidence, ...]:
    """The evidence of several, the likeliest ones, in the order of the conversation."""
    likeliest = sorted(sightings, key=lambda item: (-item.probability, item.place))[:MOST_EVIDENCE]
    return tuple(sighted(context, item) for item in sorted(likeliest, key=lambda item: item.place))


def nearest(sightings: tuple[Sighting, ...]) -> Sighting | None:
    """The likeliest; None where nothing comes near."""
    return max(sightings, key=lambda item: (item.probability, -item.turn), default=None)
