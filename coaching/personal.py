"""What does one person do well, what is the one thing to practise now, and which moments of their calls show it?

Values that an agent's own page, their printed page and a coach's page of them are drawn from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coaching.gaps import FEWEST_CALLS, Rate, Standing
from coaching.weekly import Direction, WeekMean
from scoring.result import Verdict

PRAISED = 3
"""How many strengths are named: more at once help nobody."""

CONSIDERED = 6
"""Of so many strengths those that can be shown in words are named first, and of so many gaps the one to practise."""


@dataclass(frozen=True)
class PeerRange:
    """The middle half of colleagues with comparable calls, rounded outwards, so that nobody's own figure stands in it.

    `low` and `high` are shares of 0 to 1, of points for a criterion, of 100 for a total; for sentiment they run from -1
    to 1. `peers` is how many stand behind.
    """

    low: float
    high: float
    peers: int


@dataclass(frozen=True)
class Moment:
    """A place in a call that shows an answer: the words, or what was looked for. `recorded`: it can be heard."""

    call_id: str
    started_at: datetime
    verdict: Verdict
    quote: str
    why: str
    turn: int | None
    start: float | None
    end: float | None
    recorded: bool


@dataclass(frozen=True)
class Praise:
    """What is done reliably, with the latest moment that shows it in words, if there is one."""

    rate: Rate
    moment: Moment | None


@dataclass(frozen=True)
class Practice:
    """The one thing to practise now: how often it is done, how colleagues do where enough are there, and two moments."""

    rate: Rate
    peers: PeerRange | None
    examples: tuple[Moment, ...]

    @property
    def is_shared(self) -> bool:
        """Whether colleagues find it as hard."""
        return is_shared(self.rate, self.peers)


@dataclass(frozen=True)
class Score:
    """How somebody's calls come out by one scorecard: `mean` 0 to 100 over `calls` with a total, week by week."""

    scorecard: str
    title: str
    pass_mark: float
    calls: int
    passed: int
    mean: float
    weeks: tuple[WeekMean, ...]
    direction: Direction | None
    peers: PeerRange | None


@dataclass(frozen=True)
class Room:
    """One person's period: `start` and `end` are its first and last day. `others` are further likely gaps, worst first."""

    agent_id: int
    name: str
    team: str
    start: date
    end: date
    calls: int
    scores: tuple[Score, ...]
    strengths: tuple[Praise, ...]
    practice: Practice | None
    others: tuple[Rate, ...]
    enough: bool
    """Whether any question was answered in enough calls to say something about it."""


def strengths(rates: Sequence[Rate]) -> list[Rate]:
    """What is done reliably: the criteria furthest above their target, by the careful end of the likely range."""
    above = [rate for rate in rates if rate.calls >= FEWEST_CALLS and rate.rate >= rate.target]
    return sorted(above, key=lambda rate: rate.target - rate.low)


def to_practise(rates: Sequence[Rate]) -> list[Rate]:
    """The likely gaps, the one worth most points first."""
    gaps = [rate for rate in rates if rate.standing is Standing.GAP]
    return sorted(gaps, key=lambda rate: -rate.points_of_total)


def is_shared(rate: Rate, peers: PeerRange | None) -> bool:
    """Whether those who do it better are few, and few of them reach the target: then it says little about one person."""
    return peers is not None and peers.high < rate.target and rate.observed >= peers.low


def first_to_practise(gaps: Sequence[Rate], peers: Mapping[tuple[str, str], PeerRange]) -> Rate | None:
    """Of the gaps in their order the first that colleagues do not share; where they share all, the first.

    peers: by scorecard and criterion, those that enough colleagues stand behind.
    """
    own = [gap for gap in gaps if not is_shared(gap, peers.get((gap.scorecard, gap.criterion)))]
    return next(iter([*own, *gaps]), None)
