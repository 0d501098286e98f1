"""Which companies speak for us, which teams are of which, and how do they do, from the command line?"""

from datetime import UTC, datetime
from pathlib import Path

import click

from commands.common import FOR, OUT, answer, asking, write_out
from settings import settings

KINDS = ("ours", "outsourcer", "agency", "field_service")
"""Those of `storage.organisations.OrganisationKind`, which is imported only where it is needed."""


@click.group("organisations")
def organisations() -> None:
    """The companies that speak for us: our own, outsourcers, agencies, field services."""


@organisations.command("list")
def list_() -> None:
    """The organisations with their teams of today; teams that are in none are our own."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.organisations import list_organisations

    with reading(open_database(settings().url)) as session:
        found = list_organisations(session, SYSTEM)
    for one in found:
        teams = list(one.teams.values())
        answer({"name": one.name, "kind": one.kind.value, "teams": teams, "people": one.people})
    if not found:
        click.echo("No organisation was added yet: all teams are our own. Add one with `organisations add`.", err=True)


@organisations.command("report")
@click.argument("name")
@click.option("--month", "words", required=True, metavar="YYYY-MM", help="Of which month.")
@FOR
@OUT
def report(name: str, words: str, email: str | None, out: Path) -> None:
    """A partner's month on one page: how it stands beside our own on the same mix of calls, its weeks, and what to train."""
    from pipeline.partners import partner_paper
    from pipeline.reports import month
    from storage.database import open_database, reading
    from storage.organisations import organisation_called

    with reading(open_database(settings().url)) as session:
        asker = asking(session, email)
        paper = partner_paper(session, asker, organisation_called(session, asker, name).id, month(words))
    write_out(out, paper.data)


@organisations.command("compare")
@click.option("--scorecard", required=True, help="By which scorecard, by its id.")
@click.option("--month", "words", metavar="YYYY-MM", help="Of which month; else all calls.")
def compare(scorecard: str, words: str | None) -> None:
    """Every organisation beside our own: each figure as it is, on the same mix of calls, and what that says."""
    from coaching.partners import Said
    from pipeline.partners import standings
    from pipeline.reports import month
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.records import CallFilter

    days = month(words) if words else None
    wanted = CallFilter(days.start, days.end) if days else CallFilter()
    with reading(open_database(settings().url)) as session:
        found = standings(session, SYSTEM, wanted, scorecard)
    for one in found:
        for figure, compared in one.figures.items():
            same = compared.same_mix
            known = compared.said not in (Said.TOO_FEW, Said.OTHER_CALLS)
            answer(
                {"organisation": one.name, "figure": figure.value, "calls": compared.calls, "agents": compared.agents,
                 "mean": round(compared.mean, 4), "same_mix": round(same.value, 4) if known else None,
                 "low": round(same.low, 4) if known else None, "high": round(same.high, 4) if known else None,
                 "says": compared.said.value}
            )  # fmt: skip
    if not found:
        click.echo(f"No call was scored by {scorecard} in that time.", err=True)


@organisations.command("add")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KINDS))
def add(name: str, kind: str) -> None:
    """Add an organisation, without teams."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.organisations import OrganisationKind, add_organisation

    with transaction(open_database(settings().url)) as session:
        id_ = add_organisation(session, SYSTEM, name, OrganisationKind(kind))
    answer({"id": id_, "name": name.strip(), "kind": kind})


@organisations.command("change")
@click.argument("name")
@click.option("--name", "new", help="What it is called from now on, in its past too.")
@click.option("--kind", type=click.Choice(KINDS), help="What it is.")
def change(name: str, new: str | None, kind: str | None) -> None:
    """Call the organisation NAME something else, or say that it is of another kind; its teams and people stay."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.organisations import OrganisationKind, change_organisation, organisation_called

    if new is None and kind is None:
        raise click.UsageError("Say what to change: --name, --kind, or both.")
    with transaction(open_database(settings().url)) as session:
        known = organisation_called(session, SYSTEM, name)
        called = known.name if new is None else new.strip()
        change_organisation(session, SYSTEM, known.id, called, OrganisationKind(kind) if kind else None)
    answer({"id": known.id, "name": called, "kind": kind or known.kind.value})


@organisations.command("assign")
@click.argument("team")
@click.argument("organisation", required=False)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="From which day (UTC) on; else ever since there is the team."
)
def assign(team: str, organisation: str | None, since: datetime | None) -> None:
    """Say that TEAM belongs to ORGANISATION; without one, that it is our own again.

    What the team took before that day stays with whom it belonged to then.
    """
    from storage.access import SYSTEM
    from storage.administration import team_named
    from storage.database import open_database, transaction
    from storage.organisations import assign_team, organisation_called

    with transaction(open_database(settings().url)) as session:
        team_id = team_named(session, SYSTEM, team)
        found = organisation_called(session, SYSTEM, organisation) if organisation else None
        on = since.date() if since else None
        assign_team(session, SYSTEM, team_id, found.id if found else None, on, datetime.now(UTC).date())
    answer({"team": team, "organisation": found.name if found else None, "since": on.isoformat() if on else None})
