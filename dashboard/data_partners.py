"""What is remembered for a moment of how the companies that speak for us do? As in `dashboard.data`."""

from dashboard import data
from pipeline import partners
from pipeline.partners import Standing
from pipeline.reports import Days
from storage.access import Asker
from storage.database import reading
from storage.organisations import Organisation, list_organisations
from storage.records import CallFilter


@data.remembered
def standings(asker: Asker, wanted: CallFilter, scorecard: str) -> list[Standing]:
    """Every company with calls of a scorecard, our own first."""
    with reading(data.engine()) as session:
        return partners.standings(session, asker, wanted, scorecard)


def scorecard_of_partners(asker: Asker, wanted: CallFilter) -> str | None:
    """The scorecard by which most of the partners' calls were scored; None where none was by any."""
    theirs = {team for company in all_organisations(asker) for team in company.teams.values()}
    totals = data.mean_totals(asker, wanted, "team")
    scored = totals[totals["name"].isin(theirs)].groupby("scorecard")["scored"].sum()
    return None if scored.empty else str(scored.idxmax())


def all_organisations(asker: Asker) -> tuple[Organisation, ...]:
    """The organisations that were entered."""
    with reading(data.engine()) as session:
        return list_organisations(session, asker)


def paper(asker: Asker, organisation_id: int, days: Days) -> bytes:
    """A company's page, as PDF. Raises StorageError where nothing was taken for it in that time."""
    with reading(data.engine()) as session:
        return partners.partner_paper(session, asker, organisation_id, days).data
