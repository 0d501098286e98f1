"""What does a kind of criterion get, what does it give, and when must it not answer?

A kind is a frozen dataclass of typed parameters with a versioned `name` and one method, `judge`. It gets a Context and
gives a Judgement. What every kind shares stands here too: when the sides were not told apart, when a verdict would rest
on words that were hardly heard, when the language is another one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from scoring.criteria.text import Conversation
from scoring.result import Evidence, Searched, Verdict
from scoring.signals.model import Shown, Signals
from scoring.signals.shown import side_in_doubt
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

# `other` is a recorded announcement, or anybody who is on neither side.
Who = Literal["agent", "customer", "other", "anyone"]

# Below this mean confidence of the recogniser, the quoted words may never have been said.
SURE_WORDS = 0.4

SURE_TURN = SURE_WORDS + 1e-9
"""Where every word of a turn was heard so surely, so were any of them together, but for a rounding of their mean."""

MOST_EVIDENCE = 5


class Place(NamedTuple):
    """A place in the conversation: the turn's index and the letter in its text. Places come one after another."""

    turn: int
    letter: int


@dataclass(frozen=True)
class Judgement:
    """A kind's answer.

    probability: that of the verdict, 0 to 1; for `unsure`, that of the answer being met, 0.5 where nothing tells.
    place: where in the conversation it first held, None where it holds of the whole or not at all.
    number: what was measured, for a question that is answered with a number; None where the kind measures none.
    """

    verdict: Verdict
    probability: float
    evidence: tuple[Evidence, ...] = ()
    searched: Searched | None = None
    place: Place | None = None
    number: float | None = None


@dataclass(frozen=True)
class Context:
    """One conversation as every kind sees it: what was said and measured, and its words made ready for searching.

    language: the one that the scorecard judges. quoting: whether more is wanted than verdicts; else a judgement need
    not hold its evidence, its place and how sure it is, and is there sooner. placing: its place is wanted besides.
    """

    transcript: Transcript
    signals: Signals
    conversation: Conversation
    language: str = "en"
    quoting: bool = True
    placing: bool = False

    @property
    def telling(self) -> bool:
        """Whether somebody reads what a judgement rests on."""
        return self.quoting and not self.placing

    @cached_property
    def other_language(self) -> str:
        """Why the words cannot be judged, where they are in another language than the scorecard's; else empty."""
        spoken = self.transcript.language
        if languages.base(spoken) == self.language:
            return ""
        return f"The conversation is in {languages.name(spoken)}; this scorecard judges {languages.name(self.language)}."

    def turns_of(self, who: Who) -> tuple[int, ...]:
        """The indexes of the turns of that side, or of all."""
        return self._turns[who]

    @cached_property
    def _turns(self) -> dict[Who, tuple[int, ...]]:
        turns = tuple(enumerate(self.transcript.turns))
        return {
            "anyone": tuple(index for index, _ in turns),
            "agent": tuple(index for index, turn in turns if turn.speaker is Speaker.AGENT),
            "customer": tuple(index for index, turn in turns if turn.speaker is Speaker.CUSTOMER),
            "other": tuple(index for index, turn in turns if turn.speaker is Speaker.OTHER),
        }

    def turns_of_set(self, who: Who) -> frozenset[int]:
        """The same for asking whether a turn is among them."""
        return self._turn_sets[who]

    @cached_property
    def _turn_sets(self) -> dict[Who, frozenset[int]]:
        return {who: frozenset(turns) for who, turns in self._turns.items()}

    def turns_of_bits(self, who: Who) -> int:
        """The same as a number: the bit of a turn's index is set."""
        return self._turn_bits[who]

    @cached_property
    def _turn_bits(self) -> dict[Who, int]:
        return {who: sum(1 << turn for turn in turns) for who, turns in self._turns.items()}

    def shown(self, behaviour: str) -> tuple[Shown, ...]:
        """The turns that may show a behaviour, in order."""
        return self._shown.get(behaviour, ())

    @cached_property
    def _shown(self) -> dict[str, tuple[Shown, ...]]:
        by_name: dict[str, list[Shown]] = {}
        for item in self.signals.behaviours:
            by_name.setdefault(item.behaviour, []).append(item)
        return {name: tuple(items) for name, items in by_name.items()}

    def who_said(self, turn: int) -> str:
        """Who spoke a turn, as a sentence about it begins."""
        spoken = self.transcript.turns[turn]
        if spoken.speaker is not Speaker.OTHER:
            return f"The {spoken.speaker.value}"
        return "A recorded voice" if self.transcript.is_recorded(spoken) else "Somebody else"

    def hardly_heard(self, turn: int, start: int, end: int) -> float | None:
        """The recogniser's confidence in these letters of a turn where it is too low to go by; None where it is not."""
        if self.conversation.least_confidence(turn) >= SURE_TURN:
            return None
        confidence = self.conversation.heard(turn, start, end).confidence
        return confidence if confidence is not None and confidence < SURE_WORDS else None

    def side_in_doubt(self, turn: int) -> bool:
        """Whether it is too doubtful who spoke that turn for a verdict about one side."""
        return side_in_doubt(self.transcript, turn)

    def cannot_tell(self, who: Who, *, words: bool = True) -> Judgement | None:
        """Why nothing can be said about that side's words (or, without `words`, its times); None where it can."""
        if words and self.other_language:
            return unsure(self.other_language)
        if who != "anyone" and self.transcript.sides is Sides.UNKNOWN:
            return unsure(f"The sides of this recording were not told apart, so what the {who} did cannot be judged.")
        return None


UNQUOTED = Evidence("Nobody asked for the words.")
UNSEARCHED = Searched("anyone", 0, None, None, "")
"""What stands for evidence and for what was looked through where a context is not `quoting`."""


class Kind(Protocol):
    """What every kind of criterion is. `placed`: whether it can say where in the conversation it held."""

    name: ClassVar[str]
    placed: ClassVar[bool]

    def judge(self, context: Context) -> Judgement:
        """Answer the criterion's question for one conversation."""
        ...


@runtime_checkable
class Checked(Protocol):
    """A kind or a group of parameters that checks more than the types of its fields."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """The name of each field that does not fit, and a sentence about it."""
        ...


def in_full(context: Context) -> Context:
    """The same for a kind whose verdict hangs on more of another's judgement than its verdict."""
    return context if context.quoting else replace(context, quoting=True)


def for_its_place(context: Context) -> Context:
    """The same for a kind whose verdict hangs on another's verdict and place."""
    return context if context.quoting else replace(context, quoting=True, placing=True)


def unsure(why: str, probability: float = 0.5, evidence: Iterable[Evidence] = ()) -> Judgement:
    """A judgement that waits for a person, saying why."""
    return Judgement(Verdict.UNSURE, probability, (Evidence(why), *list(evidence)[: MOST_EVIDENCE - 1]))


def does_not_apply(why: str, searched: Searched | None = None, probability: float = 1.0) -> Judgement:
    """A judgement that the question does not arise, saying why, and what was looked through for what would raise it."""
    return Judgement(Verdict.NOT_APPLICABLE, probability, (Evidence(why),), searched)


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 time`, `3 times`."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def listed(texts: Sequence[str], most: int = 3) -> str:
    """`“this”, “that” and 4 more`."""
    shown = ", ".join(f"“{text}”" for text in texts[:most])
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown
