"""Which companies speak for us, which teams are of which, and how do they do, from the command line?"""

from datetime import UTC, datetime

import click

from commands.common import answer
from settings import settings


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


@organisations.command("add")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(["ours", "outsourcer", "agency", "field_service"]))
def add(name: str, kind: str) -> None:
    """Add an organisation, without teams."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.organisations import OrganisationKind, add_organisation

    with transaction(open_database(settings().url)) as session:
        id_ = add_organisation(session, SYSTEM, name, OrganisationKind(kind))
    answer({"id": id_, "name": name.strip(), "kind": kind})


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
