"""How do the companies that speak for us do, beside our own and on the same mix of calls, and what is on the page of one?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

import pandas as pd
from sqlalchemy.orm import Session

from coaching.gaps import Belongs, Gap, find_gaps
from coaching.partners import OURS, SURE, Compared, Difference, Said, compare
from coaching.processes import LARGE_ENOUGH as LARGE_SHARE
from coaching.reasons import FEWEST_AGENTS, FEWEST_CALLS
from coaching.reasons import LARGE_ENOUGH as LARGE_SCORE
from errors import NotAllowed, StorageError
from exports.paper import Made
from exports.partner_sheet import CardLine, PartnerReport, TeamLine, partner_sheet
from exports.words import count, percent, signed
from pipeline.reports import Days, Paper, named
from pipeline.room import scores_of
from settings import settings
from storage import queries
from storage.access import SYSTEM, Asker, Role, may_manage_quality
from storage.organisations import OUR_OWN, OrganisationKind, list_organisations
from storage.records import CallFilter


class Figure(StrEnum):
    """What companies are compared by."""

    SCORE = "score"
    FAILED = "failed"
    AGAIN = "again"
    END = "end"


@dataclass(frozen=True)
class About:
    """What people call a figure, which column has it, and from which difference on it matters."""

    title: str
    column: str
    large: float


FIGURES: Mapping[Figure, About] = {
    Figure.SCORE: About("Score", "total", LARGE_SCORE),
    Figure.FAILED: About("Automatic failures", "failed", LARGE_SHARE),
    Figure.AGAIN: About("In touch again in 7 days", "again", LARGE_SHARE),
    Figure.END: About("Customer's sentiment at the end", "valence_end", 0.1),
}

OF_CALLS = (Figure.AGAIN, Figure.END)
"""Figures that are of the calls, whichever scorecard judged them."""

VERDICTS: Mapping[Said, str] = {
    Said.LOWER: "lower on the same calls",
    Said.HIGHER: "higher on the same calls",
    Said.MIX: "it takes other calls",
    Said.ALIKE: "like our own",
    Said.UNCLEAR: "not clear yet",
    Said.TOO_FEW: "too few calls",
    Said.OTHER_CALLS: "other kinds of calls",
}


@dataclass(frozen=True)
class Standing:
    """A company, or our own under the id `OURS`, and its figures of the calls of one scorecard; a figure of which nothing is
    known is left out."""

    organisation: int
    name: str
    kind: OrganisationKind
    calls: int
    figures: Mapping[Figure, Compared]


def standings(session: Session, asker: Asker, wanted: CallFilter, scorecard: str) -> list[Standing]:
    """Every company with calls of this scorecard, our own first, then by name.

    Raises NotAllowed for others than who manages quality: whoever belongs to a partner is told nothing of others.
    """
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators compare organisations; ask one of them.")
    known = {one.id: one for one in list_organisations(session, asker)}
    one_card = CallFilter(wanted.start, wanted.end, wanted.team_ids, scorecard=scorecard)
    calls = queries.organisation_calls(session, asker, one_card)
    calls = calls.assign(
        organisation=calls["organisation_id"].fillna(OURS).astype("int64"), failed=calls["failed"].astype("float64")
    )
    compared = {figure: compare(calls.assign(value=calls[about.column]), about.large) for figure, about in FIGURES.items()}
    counted = Counter(calls["organisation"].tolist())
    found = []
    for id_ in sorted(counted, key=lambda one: (one != OURS, known[one].name if one in known else "")):
        name, kind = (known[id_].name, known[id_].kind) if id_ in known else (OUR_OWN, OrganisationKind.OURS)
        figures = {figure: by_id[id_] for figure, by_id in compared.items() if id_ in by_id}
        found.append(Standing(id_, name, kind, counted[id_], figures))
    return found


# In words


def value_words(figure: Figure, value: float) -> str:
    """A figure as it is said: a score, a share or a sentiment."""
    if pd.isna(value):
        return "–"
    return {Figure.SCORE: f"{value:.1f}", Figure.END: signed(value)}.get(figure, percent(value))


def difference_words(figure: Figure, difference: Difference) -> str:
    """A difference with its range: `−7.9 (−10.7 to −5.1)`; a dash where none is known."""
    if pd.isna(difference.value):
        return "–"
    value, low, high = (_signed(figure, one) for one in (difference.value, difference.low, difference.high))
    return f"{value} ({low} to {high})"


def _signed(figure: Figure, value: float) -> str:
    if figure is Figure.SCORE:
        return signed(value, 1)
    return signed(value) if figure is Figure.END else signed(value * 100, 1)


def _by(figure: Figure, difference: Difference) -> str:
    """By how much, whichever way: `7.9 (5.1 to 10.7)`."""
    sign = -1 if difference.value < 0 else 1
    low, high = sorted(sign * one for one in (difference.low, difference.high))
    words = [_signed(figure, one).removeprefix("+") for one in (sign * difference.value, low, high)]
    return f"{words[0]} ({words[1]} to {words[2]})"


def sentence(figure: Figure, compared: Compared) -> str:
    """What can be said of a company's figure, in one sentence."""
    unit = {Figure.SCORE: "points", Figure.END: "on a scale from -1 to 1"}.get(figure, "in a hundred calls")
    same = difference_words(figure, compared.same_mix)
    way = "below" if compared.plain.value < 0 else "above"
    match compared.said:
        case Said.LOWER | Said.HIGHER:
            stands = "below" if compared.said is Said.LOWER else "above"
            return f"It stands {stands} our own on the same mix of calls, by {_by(figure, compared.same_mix)} {unit}."
        case Said.MIX:
            plain = _by(figure, compared.plain)
            return (
                f"It stands {way} our own as it is, by {plain}; on the same mix no such difference is left: {same} {unit}."
            )
        case Said.ALIKE:
            return f"On the same mix of calls it does as our own do: {same} {unit}."
        case Said.UNCLEAR:
            return f"Too little is known to tell it from our own: {same} {unit} on the same mix of calls."
        case Said.OTHER_CALLS:
            return "Most of its calls are of reasons or channels that our own do not take, so that nothing can be compared."
        case Said.TOO_FEW:
            return (
                f"Too few to compare: {count(compared.calls, 'call')} of {count(compared.agents, 'agent')}; it takes "
                f"{FEWEST_CALLS} calls of {FEWEST_AGENTS} agents on either side."
            )


METHOD = (
    f"On the same mix: against our own calls of the same reason and channel, at the same time of day and of the week. The "
    f"range holds what is true {percent(SURE)} of the times, with agents who differ among themselves."
)


# On paper


def partner_paper(session: Session, asker: Asker, organisation_id: int, days: Days) -> Paper:
    """A company's page. Raises NotAllowed as `standings`, StorageError where nothing was taken for it in that time."""
    report = partner_report(session, asker, organisation_id, days)
    made = Made("" if asker == SYSTEM else asker.name, datetime.now(UTC))
    return Paper(named("partner", report.name, days), partner_sheet(report, made))


def partner_report(session: Session, asker: Asker, organisation_id: int, days: Days) -> PartnerReport:
    """What the page says: the company's calls as its own people see them, and how these stand beside ours. Of other partners
    it says nothing. Raises as `partner_paper`."""
    organisation = next((one for one in list_organisations(session, asker) if one.id == organisation_id), None)
    if organisation is None:
        raise StorageError("There is no such organisation.")
    wanted = CallFilter(start=days.start, end=days.end)
    eyes = Asker(0, Role.COACH, None, frozenset(organisation.teams), organisation.name, organisation.id)
    evaluations = queries.evaluations(session, eyes, wanted)
    if evaluations.empty:
        raise StorageError(f"No scored call was taken for {organisation.name} in that time.")
    scores = scores_of(evaluations)
    gaps = _gaps(session, asker, eyes, wanted, "team")
    known = {(gap.rate.scorecard, gap.rate.criterion) for gap in gaps}
    by_agent = _gaps(session, asker, eyes, wanted, "agent")
    gaps += [gap for gap in by_agent if (gap.rate.scorecard, gap.rate.criterion) not in known]
    lines = list[CardLine]()
    widest: tuple[Standing, Standing | None] | None = None
    for score in scores:
        every = {one.organisation: one for one in standings(session, asker, wanted, score.scorecard)}
        if organisation.id not in every:
            continue
        own, ours = every[organisation.id], every.get(OURS)
        lines += _lines(own, ours, [one for one in FIGURES if one not in OF_CALLS], f", {score.title}")
        if widest is None or own.calls > widest[0].calls:
            widest = own, ours
    lines += _lines(*widest, OF_CALLS) if widest is not None else []
    return PartnerReport(
        name=organisation.name,
        kind=organisation.kind.words,
        start=days.start,
        end=days.end,
        calls=int(evaluations["call_id"].nunique()),
        agents=int(evaluations["agent_id"].nunique()),
        lines=tuple(lines),
        method=METHOD,
        scores=scores,
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.belongs is Belongs.EVERYONE, -gap.rate.points_of_total))),
        teams=_teams(evaluations),
    )


def _gaps(session: Session, asker: Asker, eyes: Asker, wanted: CallFilter, by: Literal["agent", "team"]) -> list[Gap]:
    """The gaps of a company's calls as its own people see them (`eyes`); everybody's where the whole centre, which the asker
    sees, falls short on calls like these."""
    target = settings().agent_target
    own, every = (find_gaps(queries.compared_counts(session, one, wanted, by), target) for one in (eyes, asker))
    everybodys = {_asked_of(gap) for gap in every if gap.belongs is Belongs.EVERYONE}
    return [Gap(gap.rate, Belongs.EVERYONE) if _asked_of(gap) in everybodys else gap for gap in own]


def _asked_of(gap: Gap) -> tuple[int, str, str]:
    return gap.rate.id, gap.rate.scorecard, gap.rate.criterion


def _lines(own: Standing, ours: Standing | None, figures: Sequence[Figure], by: str = "") -> list[CardLine]:
    return [
        CardLine(
            f"{FIGURES[figure].title}{by}",
            value_words(figure, own.figures[figure].mean),
            value_words(figure, ours.figures[figure].mean) if ours and figure in ours.figures else "–",
            difference_words(figure, own.figures[figure].same_mix),
            VERDICTS[own.figures[figure].said],
            sentence(figure, own.figures[figure]),
        )
        for figure in figures
        if figure in own.figures
    ]


def _teams(evaluations: pd.DataFrame) -> tuple[TeamLine, ...]:
    placed = evaluations[evaluations["team"] != ""]
    return tuple(
        TeamLine(
            str(team),
            int(rows["call_id"].nunique()),
            int(rows["agent_id"].nunique()),
            {str(title): float(mean) for title, mean in rows.groupby("title")["total"].mean().dropna().items()},
        )
        for team, rows in placed.groupby("team", sort=True)
    )
