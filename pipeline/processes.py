"""Which processes fail customers, for which reasons, in which queues and teams, and how do customers feel there?

Puts the counts of `storage.queries.courses` together for whoever looks: the page, the weekly letter and the team's paper say
the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from coaching.feelings import Feeling, feelings
from coaching.gaps import RARE, Gap, find_gaps
from coaching.peers import expected_by_id
from coaching.processes import Kind, ProcessRate, process_rates, worth_a_question
from exports.words import percent
from settings import settings
from storage.queries import Bounds

USUAL_DAYS = 7
"""Days within which a customer who is in touch again had to come back, where nobody chose otherwise."""

NOT_GIVEN = "not given"
"""What a reason, or a queue, is called that nobody gave."""


class By(StrEnum):
    """What calls are grouped by."""

    REASON = "reason"
    QUEUE = "queue"
    TEAM = "team"


COLUMN: Mapping[By, str] = {By.REASON: "reason", By.QUEUE: "queue", By.TEAM: "team_id"}


@dataclass(frozen=True)
class Question:
    """A rate of a reason, a queue or a team that is likely above that of all other calls, by enough to matter."""

    by: By
    rate: ProcessRate


@dataclass(frozen=True)
class Share:
    """In how many of the calls of which it is known something happened."""

    calls: int
    events: int

    @property
    def share(self) -> float:
        """0 to 1; NaN where it is known of no call."""
        return self.events / self.calls if self.calls else float("nan")


def bounds(repeat_days: float = USUAL_DAYS) -> Bounds:
    """What counts as a long hold by the settings, and within how many days somebody had to come back."""
    return Bounds(settings().long_hold_seconds, repeat_days)


def shares(counts: pd.DataFrame) -> dict[Kind, Share]:
    """How often each happened in all calls. counts: as from `storage.queries.process_counts`."""
    return {kind: Share(int(counts[f"{kind}_known"].sum()), int(counts[kind].sum())) for kind in Kind}


def rates_by(counts: pd.DataFrame, by: By, teams: Mapping[int, str]) -> dict[Kind, list[ProcessRate]]:
    """The rates of every group. counts: as from `storage.queries.process_counts`. teams: their names by id.

    What was not given is no group. A team is held against what others have on the same reasons in the same queues.
    """
    own = counts.dropna(subset=["team_id"]) if by is By.TEAM else counts[counts[COLUMN[by]] != ""]
    found = {}
    for kind in Kind:
        known = f"{kind}_known"
        groups = own.groupby(COLUMN[by], as_index=False)[[known, str(kind)]].sum()
        groups = groups.rename(columns={COLUMN[by]: "key", known: "calls", str(kind): "events"})
        names = groups["key"].map(lambda key: teams.get(key, "")) if by is By.TEAM else groups["key"]
        groups = groups.assign(name=names)
        if by is By.TEAM:
            groups["expected"] = groups["key"].map(_expected(own, kind))
        found[kind] = process_rates(kind, groups)
    return found


def _expected(own: pd.DataFrame, kind: Kind) -> dict[int, float]:
    """What the other teams have on calls such as each one takes."""
    kinds = np.asarray(own.groupby(["reason", "queue", "channel"], sort=False).ngroup(), np.int64)
    events, known = (own[name].to_numpy(np.float64) for name in (str(kind), f"{kind}_known"))
    return expected_by_id(own["team_id"].to_numpy(np.int64), kinds, events, known)


def questions(counts: pd.DataFrame, teams: Mapping[int, str]) -> list[Question]:
    """Everything that is worth a question, the one first in which most calls would be spared it."""
    found = [
        Question(by, rate) for by in By for rates in rates_by(counts, by, teams).values() for rate in worth_a_question(rates)
    ]
    return sorted(found, key=lambda one: (-one.rate.calls_more, one.by, one.rate.name))


_HAPPENED: Mapping[Kind, str] = {
    Kind.REPEAT: "the customer had been in touch before",
    Kind.HOLD: "the customer was on hold for long",
    Kind.TRANSFER: "the customer was passed on",
}

_GROUPS: Mapping[By, str] = {By.REASON: "about “{}”", By.QUEUE: "in the queue “{}”", By.TEAM: "of team {}"}


def question_words(question: Question) -> str:
    """`In 31 % of calls about “Billing” the customer was passed on; in other calls in 12 %.`"""
    rate = question.rate
    group = _GROUPS[question.by].format(rate.name)
    return f"In {percent(rate.rate)} of calls {group} {_HAPPENED[rate.kind]}; in other calls in {percent(rate.elsewhere)}."


def process_line(counts: pd.DataFrame, teams: Mapping[int, str]) -> str:
    """What a letter or a paper says of the processes in one line: how often, and the first question, if there is one."""
    names = {Kind.REPEAT: "in touch before", Kind.HOLD: "long on hold", Kind.TRANSFER: "passed on"}
    known = {kind: share for kind, share in shares(counts).items() if share.calls}
    if not known:
        return ""
    said = ", ".join(f"{names[kind]} in {percent(share.share)}" for kind, share in known.items())
    found = questions(counts, teams)
    rest = question_words(found[0]) if found else "No reason, queue or team stands out."
    return f"Customers were {said} of calls. {rest}"


def feelings_by_reason(counts: pd.DataFrame) -> list[Feeling]:
    """The customers' sentiment by reason, against all other calls. counts: as from `storage.queries.feeling_counts`."""
    own = counts[counts["reason"] != ""]
    groups = own.groupby("reason", as_index=False)[_SUMS].sum()
    calls, sums = groups["calls"].to_numpy(np.float64), groups["peak_end"].to_numpy(np.float64)
    others = calls.sum() - calls
    expected = np.divide(sums.sum() - sums, others, out=np.full(len(calls), np.nan), where=others > 0)
    return feelings(groups.assign(key=groups["reason"], name=groups["reason"], expected=expected))


def feelings_by_agent(counts: pd.DataFrame) -> list[Feeling]:
    """The customers' sentiment by agent, against what others have on the same reasons in the same queues.

    counts: as from `storage.queries.feeling_counts`, of all agents that can be compared.
    """
    own = counts.dropna(subset=["agent_id"])
    if own.empty:
        return []
    groups = own.groupby(["agent_id", "agent"], as_index=False)[_SUMS].sum()
    kinds = np.asarray(own.groupby(["reason", "queue", "channel"], sort=False).ngroup(), np.int64)
    sums, calls = (own[name].to_numpy(np.float64) for name in ("peak_end", "calls"))
    ids = own["agent_id"].to_numpy(np.int64)
    others = expected_by_id(ids, kinds, sums, calls)
    expected = groups["agent_id"].map(others if len(groups) > 1 else {}).astype("float64")
    return feelings(groups.assign(key=groups["agent_id"], name=groups["agent"], expected=expected))


_SUMS = ["calls", "start", "lowest", "end", "peak_end", "peak_end_squared"]


def harm(counts: pd.DataFrame) -> list[Gap]:
    """Whose calls likely hold more of a harmful behaviour than others' of the same kinds, by enough to matter.

    counts: as from `storage.queries.harm_counts`. The largest excess first; each speaks of one agent (or team), of most of a
    team, or, where the others are no better, of everyone.
    """
    return sorted(find_gaps(counts, scale=RARE), key=lambda gap: (-gap.shortfall, gap.rate.name, gap.rate.criterion))


def listed_rates(rates: Sequence[ProcessRate]) -> pd.DataFrame:
    """Rates as a table to take along, with columns named as people read them."""
    return pd.DataFrame(
        [
            {
                "Group": rate.name,
                "Calls of which it is known": rate.calls,
                "Calls in which it happened": rate.events,
                "Share": rate.observed,
                "Estimate": rate.rate,
                "Likely from": rate.low,
                "Likely to": rate.high,
                "Other calls": rate.elsewhere,
                "Likelihood of being above them": rate.probability_above,
                "Worth a question": rate.named,
            }
            for rate in rates
        ]
    )
