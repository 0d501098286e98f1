"""Which calls does a person look at, and how likely was each of them to be chosen?

A rule says which calls are candidates. The random sample takes a fixed number of calls of each agent and period, so that
it speaks for all of them; every other rule looks where trouble is likely and takes each candidate with one chance, often
all of them. Each call has its number between 0 and 1 under a rule's seed, worked out from the seed and the call's id
alone (`number_of`): whoever has the seed and the list of candidates draws the same sample again, and nobody can choose
a call by hand and call it chance.

What is kept of every candidate is its probability of being chosen. Rules draw with seeds of their own and so
independently of each other; a call is chosen when at least one rule chooses it (`inclusion`). Estimates divide by that
probability (`reviews.estimates`).

Sources: simple random sampling by ordering on permanent random numbers, Ohlsson, "Coordination of samples using permanent
random numbers" (1995); a fixed number of each stratum, Cochran, "Sampling Techniques" (1977), chapter 5.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from errors import InputError

EVERY_CARD = ""
"""In a rule's `scorecard`: all scorecards that judged the call."""

ONE_CARD = "*"
"""In a rule's `scorecard`: one of the scorecards that judged the call, drawn by chance, so that a review stays short."""


class RuleKind(StrEnum):
    """What a rule looks for."""

    RANDOM = "random"
    UNSURE = "unsure"
    FAILURE = "failure"
    SENTIMENT = "sentiment"
    DISPUTE = "dispute"
    NEW_AGENT = "new_agent"


class Period(StrEnum):
    """How long the random sample waits before it draws from what has been."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Rule:
    """A rule by which calls are chosen for review.

    scorecard: what a chosen call is reviewed by: a scorecard's id, `EVERY_CARD` or `ONE_CARD`.
    share: the probability, above 0 and up to 1, with which a candidate is chosen; of no meaning for the random sample.
    number, period, by_queue: the random sample's: so many calls of each agent (and queue) in each period.
    blind_share: the random sample's: the probability with which a chosen call is judged without the machine's answer.
    bound: what makes a candidate. Unsure: at least so many unsure answers. Sentiment: at most this valence, -1 to 1.
    New agents: their first so many calls, 0 for however many.
    days: new agents: calls of their first so many days, from their first call on; 0 for however long.
    due_days: within how many working days a chosen call is to be reviewed.
    since: calls from before this day are left alone.
    """

    kind: RuleKind
    scorecard: str = EVERY_CARD
    share: float = 1.0
    number: int = 1
    period: Period = Period.WEEK
    by_queue: bool = False
    blind_share: float = 0.0
    bound: float = 1.0
    days: int = 0
    due_days: int = 3
    since: date = date(2000, 1, 1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", RuleKind(self.kind))
        object.__setattr__(self, "period", Period(self.period))
        if not 0 < self.share <= 1:
            raise InputError(f"A candidate is chosen with a chance above 0 and up to 1, not {self.share:g}.")
        if not 0 <= self.blind_share <= 1:
            raise InputError(f"A share of blind reviews lies between 0 and 1, not at {self.blind_share:g}.")
        if self.kind is not RuleKind.RANDOM and self.blind_share:
            raise InputError("Only the random sample is reviewed blind: what others choose says nothing of all calls.")
        if not 1 <= self.number <= 1000:
            raise InputError(f"The random sample takes 1 to 1000 calls of an agent and period, not {self.number}.")
        if not 1 <= self.due_days <= 60:
            raise InputError(f"A review is due within 1 to 60 working days, not {self.due_days}.")
        if not 0 <= self.days <= 366:
            raise InputError(f"New agents are new for up to 366 days, not {self.days}.")
        if self.kind is RuleKind.NEW_AGENT and not self.bound and not self.days:
            raise InputError("Say for how many calls, or how many days, an agent is new.")
        lowest, highest = _BOUNDS[self.kind]
        if not lowest <= self.bound <= highest:
            raise InputError(f"The bound of this rule lies between {lowest:g} and {highest:g}, not at {self.bound:g}.")


_BOUNDS = {
    RuleKind.RANDOM: (-math.inf, math.inf),
    RuleKind.UNSURE: (1, 1000),
    RuleKind.FAILURE: (-math.inf, math.inf),
    RuleKind.SENTIMENT: (-1, 1),
    RuleKind.DISPUTE: (-math.inf, math.inf),
    RuleKind.NEW_AGENT: (0, 10_000),
}


@dataclass(frozen=True)
class Candidate:
    """A call that a rule could choose, with the scorecards it would be reviewed by."""

    call_id: str
    cards: tuple[str, ...]


@dataclass(frozen=True)
class Chance:
    """What became of a candidate.

    probability: of the call being chosen by this rule, known before it was drawn. card_share: of one of its `cards` being
    among those that are reviewed, once the call is chosen. `given` are the scorecards it is reviewed by, empty where it
    was not chosen.
    """

    call_id: str
    probability: float
    chosen: bool
    cards: tuple[str, ...]
    card_share: float
    given: tuple[str, ...]
    blind: bool


def number_of(seed: str, call_id: str) -> float:
    """The number, at least 0 and below 1, of a call under a seed: the first 13 hex digits of the SHA-256 of
    `seed|call id`, over 16 to the 13th. 52 bits, so that it is exact in double precision."""
    return int(hashlib.sha256(f"{seed}|{call_id}".encode()).hexdigest()[:13], 16) / 16**13


def draw_number(rule: Rule, seed: str, candidates: Iterable[Candidate]) -> tuple[Chance, ...]:
    """The random sample of one stratum: the `rule.number` candidates with the lowest numbers, in the order of numbers.

    Each had the probability n of N, whichever they are; where there are no more candidates than that, all, with 1.
    """
    ordered = _in_order(seed, candidates)
    probability = min(1.0, rule.number / len(ordered)) if ordered else 1.0
    return tuple(_chance(rule, seed, each, probability, place < rule.number) for place, each in enumerate(ordered))


def draw_share(rule: Rule, seed: str, candidates: Iterable[Candidate], share: float) -> tuple[Chance, ...]:
    """Each candidate with the same probability, whatever else there is: those whose number lies below it.

    For the rules that look for trouble, and for calls that arrive when their stratum's sample is drawn already.
    """
    ordered = _in_order(seed, candidates)
    return tuple(_chance(rule, seed, each, share, number_of(seed, each.call_id) < share) for each in ordered)


def _in_order(seed: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda each: (number_of(seed, each.call_id), each.call_id))


def _chance(rule: Rule, seed: str, candidate: Candidate, probability: float, chosen: bool) -> Chance:
    given, card_share = candidate.cards, 1.0
    if rule.scorecard == ONE_CARD and candidate.cards:
        card_share = 1 / len(candidate.cards)
        # Numbers of their own, so that which card it is does not depend on the call's place in the sample.
        given = (min(candidate.cards, key=lambda card: (number_of(f"{seed}|card {card}", candidate.call_id), card)),)
    blind = chosen and number_of(f"{seed}|blind", candidate.call_id) < rule.blind_share
    return Chance(candidate.call_id, probability, chosen, candidate.cards, card_share, given if chosen else (), blind)


def inclusion(probabilities: Iterable[float]) -> float:
    """The probability that at least one of several rules chooses, each independently of the others."""
    return 1.0 - math.prod(1.0 - probability for probability in probabilities)


# Periods and days


@dataclass(frozen=True)
class Days:
    """A stretch of whole days in UTC, from `start` up to but not including `end`."""

    start: date
    end: date


def period_of(moment: datetime, period: Period) -> Days:
    """The day, the week from Monday on, or the month that a moment lies in."""
    day = moment.astimezone(UTC).date()
    match period:
        case Period.DAY:
            return Days(day, day + timedelta(days=1))
        case Period.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Days(monday, monday + timedelta(days=7))
        case Period.MONTH:
            first = day.replace(day=1)
            return Days(first, (first + timedelta(days=31)).replace(day=1))


def working_days(first: date, number: int) -> tuple[date, ...]:
    """The first so many days from Monday to Friday, beginning with `first` where it is one."""
    days: list[date] = []
    while len(days) < number:
        if first.weekday() < 5:
            days.append(first)
        first += timedelta(days=1)
    return tuple(days)


# In words


def chance_words(probability: float) -> str:
    """A probability as people say it: `certain to be chosen`, `a chance of 1 in 12`, `a chance of 40 in 100`."""
    if probability >= 0.9995:
        return "certain to be chosen"
    odds = 1 / probability
    if probability < 0.1 or abs(odds - round(odds)) < 0.02:
        return f"a chance of 1 in {round(odds)}"
    return f"a chance of {round(100 * probability)} in 100"


def why_words(rule: Rule, chance: Chance, stratum: str) -> str:
    """Why a call was chosen by a rule, in one sentence with the chance it had. `stratum` names what it was drawn from."""
    had = chance_words(chance.probability)
    by_chance = "" if chance.probability >= 0.9995 else f"; such calls have {had}"
    match rule.kind:
        case RuleKind.RANDOM:
            what = f"Drawn by chance from {stratum}: each of them had {had}"
            return what if had.startswith("a chance") else f"In the sample of {stratum}: all of them are in it"
        case RuleKind.UNSURE:
            return f"The machine was unsure of an answer{by_chance}"
        case RuleKind.FAILURE:
            return f"The machine found an automatic failure{by_chance}"
        case RuleKind.SENTIMENT:
            return f"The customer was among the unhappiest{by_chance}"
        case RuleKind.DISPUTE:
            return f"An answer of it is disputed{by_chance}"
        case RuleKind.NEW_AGENT:
            return f"It is one of the first calls of a new agent{by_chance}"


def sentence(reasons: Sequence[str]) -> str:
    """Several reasons as one sentence with a full stop."""
    first, *others = reasons
    return "; also: ".join([first, *(other[:1].lower() + other[1:] for other in others)]) + "."
