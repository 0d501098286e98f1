"""What is there to say to one person about their calls of a time: what goes well, what to practise, which way it goes?"""

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from coaching.gaps import FEWEST_CALLS, Rate, rates
from coaching.personal import (
    CONSIDERED,
    PRAISED,
    Moment,
    PeerRange,
    Practice,
    Praise,
    Room,
    Score,
    first_to_practise,
    strengths,
    to_practise,
)
from coaching.weekly import direction, weekly_means
from errors import StorageError
from scoring.result import Verdict
from settings import settings
from storage import queries
from storage.access import Asker
from storage.peers import peer_rates, peer_totals
from storage.records import CallFilter

NO_PEERS: Mapping[str, PeerRange] = {}

OTHERS = 5
"""Further gaps that are listed beside the one to practise."""


def agent_room(session: Session, asker: Asker, agent_id: int, start: date, end: date) -> Room:
    """Everything that an agent's page says of the calls from `start` to `end`, both included.

    Raises StorageError where the asker may see no call of that agent in that time.
    """
    wanted = CallFilter(start=start, end=end, agent_ids=(agent_id,))
    evaluations = queries.evaluations(session, asker, wanted)
    latest = queries.calls(session, asker, wanted, limit=1)
    if latest.empty:
        raise StorageError("There are no calls of that agent in that time, or they are not yours to see.")
    # Whoever sees many learns of one also from the others; an agent's own figures rest on their own calls alone.
    counts = queries.criterion_counts(session, asker, CallFilter(start=start, end=end))
    own = [rate for rate in rates(counts, settings().agent_target) if rate.id == agent_id]
    gaps = to_practise(own)
    close = [(gap.scorecard, gap.criterion) for gap in gaps[:CONSIDERED]]
    peers = peer_rates(session, asker, agent_id, start, end, close)
    first = first_to_practise(gaps[:CONSIDERED], peers)
    return Room(
        agent_id=agent_id,
        name=str(latest["agent"].iloc[0]),
        team=str(latest["team"].iloc[0]),
        start=start,
        end=end,
        calls=queries.count_calls(session, asker, wanted),
        scores=scores_of(evaluations, peer_totals(session, asker, agent_id, start, end)),
        strengths=_strengths(session, asker, wanted, own),
        practice=None if first is None else _practice(session, asker, wanted, first, peers),
        others=tuple(gap for gap in gaps if gap is not first)[:OTHERS],
        enough=any(rate.calls >= FEWEST_CALLS for rate in own),
    )


def scores_of(evaluations: pd.DataFrame, peers: Mapping[str, PeerRange] = NO_PEERS) -> tuple[Score, ...]:
    """How evaluations come out by each scorecard, by title.

    evaluations: as from `storage.queries.evaluations`. peers: the range of colleagues by scorecard id.
    """
    scores = []
    for (scorecard, title), rows in evaluations.dropna(subset=["total"]).groupby(["scorecard", "title"], sort=False):
        days = [moment.date() for moment in rows["started_at"]]
        mondays = [day - timedelta(days=day.weekday()) for day in days]
        totals = rows["total"].tolist()
        scores.append(
            Score(
                scorecard=str(scorecard),
                title=str(title),
                pass_mark=float(rows["pass_mark"].iloc[0]),
                calls=len(rows),
                passed=int(rows["passed"].fillna(False).sum()),
                mean=float(rows["total"].mean()),
                weeks=weekly_means(mondays, totals),
                direction=direction(mondays, totals),
                peers=peers.get(str(scorecard)),
            )
        )
    return tuple(sorted(scores, key=lambda score: score.title))


def _strengths(session: Session, asker: Asker, wanted: CallFilter, own: list[Rate]) -> tuple[Praise, ...]:
    def latest(rate: Rate) -> Moment | None:
        found = queries.moments(session, asker, wanted, rate.scorecard, rate.criterion, Verdict.MET, 1)
        return next((moment for moment in found if moment.quote), None)

    best = [Praise(rate, latest(rate)) for rate in strengths(own)[:CONSIDERED]]
    # What can be shown in somebody's own words says more than a measurement, so it goes first.
    return tuple(sorted(best, key=lambda strength: strength.moment is None)[:PRAISED])


def _practice(
    session: Session, asker: Asker, wanted: CallFilter, rate: Rate, peers: Mapping[tuple[str, str], PeerRange]
) -> Practice:
    """Two moments: one in which it went well, where there is one, and one in which it was missed; else two missed."""

    def shown(verdict: Verdict, limit: int) -> tuple[Moment, ...]:
        return queries.moments(session, asker, wanted, rate.scorecard, rate.criterion, verdict, limit)

    well = (*shown(Verdict.MET, 1), *shown(Verdict.PARTLY, 1))[:1]
    missed = shown(Verdict.NOT_MET, 2 - len(well))
    return Practice(rate, peers.get((rate.scorecard, rate.criterion)), (*well, *missed))
