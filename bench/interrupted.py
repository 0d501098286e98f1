"""Does "fewer since" mean fewer because of it? Simulated weeks of which it is known what would have been.

    python -m bench.interrupted [--runs 200] [--seed 7]

Contacts of a reason come at a rate with a slow trend; weeks differ by more than chance and hang together (an autoregressive
process). Some day something is done, which takes off 30 % or nothing.

1. **Nothing was brought about.** "Fewer" or "more" may be said in at most 10 % of the series on average and 15 % in any
   setting, and in 22 % where weeks hang together as strongly as 0.6, for which no method is good in so few weeks.
2. **The range holds the truth** in at least 85 % of each setting, 75 % where weeks hang together by 0.6, and on average of
   the first in 87 to 97 %.
3. **30 % less is found** in at least 80 % of series with 26 weeks before and 13 after and 40 contacts a week, and in half of
   those with twice as many contacts, 12 weeks before and 8 after.
4. **What moved everything** (a fifth fewer contacts of all reasons from that week on) is taken for the action's doing in at
   most 10 %; by the weeks of the reason alone at least twice as often.
5. **Shares** (contacts after which the customer was in touch again) keep 1 and 2, and a third less of them is found in at
   least 70 % of series with 26 weeks before and 13 after, of 150 contacts a week.

The last line printed is one JSON object with the figures and `holds`; the exit status is 1 where a bound is missed.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from scipy.special import expit, logit

from coaching.interrupted import Effect, Said, WeekCount, effect_of

FIRST = date(2025, 1, 6)
SAID_BY_CHANCE, IN_ANY, WHERE_ALIKE = 0.10, 0.15, 0.22
HELD, HELD_WHERE_ALIKE, HELD_BETWEEN = 0.85, 0.75, (0.87, 0.97)
FOUND, FOUND_IN_FEW, SHARE_FOUND = 0.80, 0.50, 0.70


@dataclass(frozen=True)
class Setting:
    """A reason's weeks: so many before and after, contacts a week, by how much of themselves weeks differ (as a standard
    deviation of the logarithm, or of the log odds), how they hang together, and the trend a week. of: contacts of a week of
    which a share is counted; 0 for plain counts. common: what all reasons keep from the action on."""

    before: int
    after: int
    mean: float = 40.0
    differs: float = 0.14
    alike: float = 0.0
    trend: float = 0.003
    of: int = 0
    keeps: float = 1.0
    common: float = 1.0

    @property
    def name(self) -> str:
        what = f"{self.mean:.0f} of {self.of}" if self.of else f"{self.mean:.0f} a week"
        return f"{self.before}+{self.after} weeks, {what}, differ {self.differs:g}, alike {self.alike:g}"


@dataclass(frozen=True)
class Series:
    """Simulated weeks, the day of the action, and how many it took off."""

    weeks: tuple[WeekCount, ...]
    acted_on: date
    removed: float


def simulate(chance: np.random.Generator, setting: Setting) -> Series:
    """One series."""
    number = setting.before + setting.after
    own = np.zeros(number)
    now = chance.normal()
    for week in range(number):
        now = setting.alike * now + np.sqrt(1 - setting.alike**2) * chance.normal()
        own[week] = setting.differs * now
    line = setting.trend * (np.arange(number) - setting.before)
    after = np.arange(number) >= setting.before
    moved = np.where(after, setting.common, 1.0)
    days = [FIRST + timedelta(days=7 * week) for week in range(number)]
    acted_on = days[setting.before]
    if setting.of:
        of = chance.poisson(setting.of, number)
        odds = logit(setting.mean / setting.of) + line + own
        expected = of * expit(odds)
        truly = np.where(after, setting.keeps, 1.0) * expected
        events = chance.binomial(of, truly / of)
        others_of = chance.poisson(8 * setting.of, number)
        others = chance.binomial(others_of, setting.mean / setting.of)
        weeks = [
            WeekCount(day, float(e), float(n), float(o), float(m))
            for day, e, n, o, m in zip(days, events, of, others, others_of, strict=True)
        ]
        steady = setting.of * expit(logit(setting.mean / setting.of) + line)
        return Series(tuple(weeks), acted_on, float((steady * (1 - setting.keeps))[after].sum()))
    steady = setting.mean * np.exp(line)
    expected = steady * np.exp(own - setting.differs**2 / 2) * moved
    events = chance.poisson(expected * np.where(after, setting.keeps, 1.0))
    others = chance.poisson(20 * setting.mean * moved)
    weeks = [WeekCount(day, float(e), None, float(o)) for day, e, o in zip(days, events, others, strict=True)]
    return Series(tuple(weeks), acted_on, float((steady * (1 - setting.keeps))[after].sum()))


@dataclass(frozen=True)
class Found:
    """Over all series of a setting: how often fewer was said, by the weeks of the reason alone, anything, and how often the
    range held the truth and the residuals were said to hang together."""

    fewer: float
    plainly: float
    said: float
    held: float
    alike: float


def found(chance: np.random.Generator, setting: Setting, runs: int) -> Found:
    """What is said of so many series."""
    said = []
    for _ in range(runs):
        series = simulate(chance, setting)
        effect = effect_of(series.weeks, series.acted_on)
        assert isinstance(effect, Effect)
        said.append((effect, effect.removed.low <= series.removed <= effect.removed.high))

    def share(values: Sequence[bool]) -> float:
        return round(float(np.mean(values)), 3)

    return Found(
        fewer=share([effect.says is Said.FEWER for effect, _ in said]),
        plainly=share([effect.removed.says is Said.FEWER for effect, _ in said]),
        said=share([effect.says is not Said.UNCLEAR for effect, _ in said]),
        held=share([held for _, held in said]),
        alike=share([effect.hangs_together for effect, _ in said]),
    )


NOTHING = (
    Setting(8, 4),
    Setting(12, 8, differs=0.0),
    Setting(12, 8, alike=0.3),
    Setting(26, 13),
    Setting(26, 13, alike=0.3),
    Setting(52, 26, alike=0.3),
    Setting(26, 13, mean=30, of=150),
    Setting(12, 8, mean=30, of=150, alike=0.3),
)
ALIKE = (Setting(12, 8, alike=0.6), Setting(26, 13, alike=0.6))
LESS = Setting(26, 13, differs=0.1, keeps=0.7)
LESS_IN_FEW = Setting(12, 8, mean=80, differs=0.1, keeps=0.7)
FEWER_REPEATS = Setting(26, 13, mean=30, of=150, differs=0.1, keeps=2 / 3)
ALL_MOVED = Setting(26, 13, mean=80, differs=0.05, common=0.8)


def main() -> int:
    """Simulate and print. 0 where every promise holds, 1 where one doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    chance = np.random.default_rng(given.seed)

    def of(setting: Setting) -> Found:
        seen = found(chance, setting, given.runs)
        print(f"{setting.name}, keeps {setting.keeps:.2f}: {seen}", file=sys.stderr)
        return seen

    nothing, alike = {one.name: of(one) for one in NOTHING}, {one.name: of(one) for one in ALIKE}
    less, few, repeats, moved = (of(one) for one in (LESS, LESS_IN_FEW, FEWER_REPEATS, ALL_MOVED))
    with_effect = {one.name: of(replace(one, keeps=0.7)) for one in NOTHING[3:6]}
    holding = [one.held for one in (*nothing.values(), less, few, repeats, *with_effect.values())]
    said = [one.said for one in nothing.values()]
    holds = (
        float(np.mean(said)) <= SAID_BY_CHANCE
        and max(said) <= IN_ANY
        and max(one.said for one in alike.values()) <= WHERE_ALIKE
        and min(holding) >= HELD
        and min(one.held for one in alike.values()) >= HELD_WHERE_ALIKE
        and HELD_BETWEEN[0] <= float(np.mean(holding)) <= HELD_BETWEEN[1]
        and less.fewer >= FOUND
        and few.fewer >= FOUND_IN_FEW
        and repeats.fewer >= SHARE_FOUND
        and moved.fewer <= SAID_BY_CHANCE
        and moved.plainly >= 2 * moved.fewer
    )
    print(
        json.dumps(
            {
                "runs": given.runs,
                "said_of_nothing": {"most": max(said), "mean": round(float(np.mean(said)), 3)},
                "said_of_nothing_where_weeks_hang_together": max(one.said for one in alike.values()),
                "range_held": {"least": min(holding), "mean": round(float(np.mean(holding)), 3)},
                "range_held_where_weeks_hang_together": min(one.held for one in alike.values()),
                "found": {LESS.name: less.fewer, LESS_IN_FEW.name: few.fewer, FEWER_REPEATS.name: repeats.fewer},
                "everything_moved": {"said_fewer": moved.fewer, "by_the_reason_alone": moved.plainly},
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
