"""Does a number measured of the conversation lie where it should?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from scorecards.load import did_you_mean
from scoring.criteria.bands import Band, asked, verdict_in
from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, does_not_apply, unsure
from scoring.result import Evidence
from scoring.signals.shown import SURE_SIDE
from scoring.signals.timing import dead_air_of, holds_of
from transcripts.model import Sides, Speaker

# Above this share of speaking time in turns whose side is in doubt, a number about one side is in doubt as well.
MOST_IN_DOUBT = 0.25


class Measure(NamedTuple):
    """A measure in words: what it is and its unit; whose (empty: of the whole); whether it needs times, or reads words."""

    what: str
    unit: str
    side: str = ""
    times: bool = True
    words: bool = False


def _of_each_side(name: str, what: str, unit: str, times: bool = True, words: bool = False) -> dict[str, Measure]:
    return {name.format(side): Measure(what.format(side), unit, side, times, words) for side in ("agent", "customer")}


MEASURES: dict[str, Measure] = {
    **_of_each_side("{}_talk_share", "the {}'s share of the speaking time", "of 1"),
    "longest_silence_seconds": Measure("the longest silence", "seconds"),
    "longest_silence_outside_holds_seconds": Measure("the longest silence outside of holds", "seconds"),
    "hold_seconds": Measure("the time on hold", "seconds"),
    "longest_hold_seconds": Measure("the longest hold", "seconds"),
    "holds": Measure("how often the call was on hold", "times"),
    "total_silence_seconds": Measure("all silence together", "seconds"),
    "silence_share": Measure("the share of the call in which nobody spoke", "of 1"),
    **_of_each_side("{}_interruptions", "the interruptions by the {}", "interruptions"),
    **_of_each_side("{}_words_per_minute", "the {}'s pace", "words a minute"),
    **_of_each_side("longest_{}_monologue_seconds", "the {}'s longest stretch of speaking", "seconds"),
    **_of_each_side("{}_median_response_gap_seconds", "the {}'s usual wait before answering (the median)", "seconds"),
    **_of_each_side("longest_{}_response_gap_seconds", "the {}'s longest wait before answering", "seconds"),
    "duration_seconds": Measure("the length of the conversation", "seconds"),
    **_of_each_side("{}_turns", "the {}'s turns", "turns", times=False),
    **_of_each_side("{}_words", "the {}'s words", "words", times=False),
    "agent_word_share": Measure("the agent's share of the words", "of 1", "agent", times=False),
    **_of_each_side("{}_questions", "the {}'s questions", "questions", times=False, words=True),
    **_of_each_side("{}_valence", "the {}'s sentiment over the call", "from -1 to 1", times=False, words=True),
    **{
        name: measure
        for third in ("first", "middle", "last")
        for name, measure in _of_each_side(
            "{}_valence_" + third + "_third",
            "the {}'s sentiment in the " + third + " third of the call",
            "from -1 to 1",
            times=False,
            words=True,
        ).items()
    },
    **{
        name: measure
        for part, what, unit in (
            ("change", "the change of the {}'s sentiment from the first to the last third", "on a scale from -2 to 2"),
            ("lowest", "the {}'s lowest sentiment", "from -1 to 1"),
            ("highest", "the {}'s highest sentiment", "from -1 to 1"),
            ("end", "the {}'s sentiment in their last two turns", "from -1 to 1"),
            ("peak_end", "the mean of the {}'s strongest feeling and of their end", "from -1 to 1"),
        )
        for name, measure in _of_each_side("{}_valence_" + part, what, unit, times=False, words=True).items()
    },
}


def measure_problem(name: str) -> str:
    """That there is no such measure; empty where there is."""
    return "" if name in MEASURES else f"unknown measure '{name}'{did_you_mean(name, MEASURES)}"


@dataclass(frozen=True)
class Measured:
    """A number in bands.

        kind: measured.v1
        with:
          measure: agent_talk_share           # one of the measures
          met: [0.35, 0.65]                   # from and to, both included; null is without end
          partly: [0.25, 0.75]                # outside both it is not met

    A measure that a written conversation cannot have does not apply to it; one about a side is unsure where the sides
    were not told apart. probability: 1, the number is read off.
    """

    name: ClassVar[str] = "measured.v1"
    placed: ClassVar[bool] = False

    measure: Annotated[str, measure_problem]
    met: Band
    partly: Band | None = None

    def judge(self, context: Context) -> Judgement:
        """Put the number into its band."""
        measure = MEASURES[self.measure]
        if measure.words and context.other_language:
            return unsure(context.other_language)
        if measure.side and (doubt := sides_in_doubt(context)):
            return unsure(doubt)
        number = context.signals.measures.get(self.measure)
        if number is None:
            if measure.times and not context.transcript.timed:
                return does_not_apply(f"This conversation has no times, so {measure.what} cannot be measured.")
            return does_not_apply(f"There was nothing to measure {measure.what} by.")
        verdict = verdict_in(number, self.met, self.partly)
        why = f"{measure.what.capitalize()}: {_shown(number)} {measure.unit} ({asked(self.met, self.partly)})."
        return Judgement(verdict, 1.0, (Evidence(why), *self._places(context)), number=number)

    def _places(self, context: Context) -> tuple[Evidence, ...]:
        """Where the silences, the holds or the interruptions are, for the measures that are made of them."""
        if self.measure == "longest_silence_outside_holds_seconds":
            return tuple(
                Evidence(f"Nobody spoke for {_shown(span.duration)} seconds.", None, span.start, span.end)
                for span in dead_air_of(context.transcript)[:1]
            )
        if "hold" in self.measure:
            longest_first = sorted(holds_of(context.transcript), key=lambda hold: -hold.duration)
            return tuple(
                Evidence(f"The call was on hold for {_shown(hold.duration)} seconds.", None, hold.start, hold.end)
                for hold in longest_first[: 1 if self.measure.startswith("longest") else MOST_EVIDENCE - 1]
            )
        if "silence" in self.measure:
            silences = context.signals.silences[: 1 if self.measure.startswith("longest") else MOST_EVIDENCE - 1]
            return tuple(
                Evidence(
                    f"Nobody spoke for {_shown(silence.span.duration)} seconds.",
                    silence.after_turn,
                    silence.span.start,
                    silence.span.end,
                )
                for silence in silences
            )
        if "interruptions" in self.measure:
            by = [item for item in context.signals.interruptions if item.by == Speaker(MEASURES[self.measure].side)]
            return tuple(
                Evidence(
                    f"The {item.by.value} began to speak while the other was speaking; both spoke for"
                    f" {_shown(item.over_seconds)} seconds.",
                    item.turn,
                    item.start,
                    round(item.start + item.over_seconds, 3),
                )
                for item in by[: MOST_EVIDENCE - 1]
            )
        return ()


def sides_in_doubt(context: Context) -> str:
    """Why a number about one side cannot be trusted; empty where it can."""
    transcript = context.transcript
    if transcript.sides is Sides.UNKNOWN:
        return "The sides of this recording were not told apart, so a number about one of them cannot be judged."
    if transcript.sides is not Sides.VOICES:
        return ""
    total = sum(turn.duration for turn in transcript.turns)
    doubtful = sum(turn.duration for index, turn in enumerate(transcript.turns) if context.side_in_doubt(index))
    if total > 0 and doubtful / total > MOST_IN_DOUBT:
        return (
            f"The sides were told apart by voice, and for {doubtful / total:.0%} of the speaking time less than"
            f" {SURE_SIDE:.0%} surely, so a number about one of them cannot be judged."
        )
    return ""


def _shown(number: float) -> str:
    return f"{round(number, 2):g}" if abs(number) < 1000 else f"{number:.0f}"
