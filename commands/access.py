"""Who and which programs get in, and who is told: how is that set from the command line?"""

from datetime import UTC, datetime

import click

from commands.common import answer
from settings import settings


@click.group()
def person() -> None:
    """The people who can sign in."""


@person.command("add")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice(["administrator", "quality_manager", "reviewer", "coach", "agent"]))
@click.option("--team", "teams", multiple=True, help="A coach's team (again for more).")
@click.option("--agent", help="The agent, by the name in the list of calls, that an agent's sign-in belongs to.")
@click.option("--organisation", help="The partner whose coach it is; without --team, of all of the partner's teams.")
@click.password_option(help="Asked for where it is not given.")
def person_add(
    name: str, email: str, role: str, teams: tuple[str, ...], agent: str | None, organisation: str | None, password: str
) -> None:
    """Let a person sign in."""
    from pipeline.people import add_person
    from storage.access import Role

    who = {"name": name, "email": email, "password": password, "agent": agent, "organisation": organisation}
    add_person(settings().url, role=Role(role), teams=teams, **who)  # type: ignore[arg-type]
    click.echo(f"{name} can sign in as {email}.", err=True)


@person.command("reset")
@click.argument("email")
def person_reset(email: str) -> None:
    """Give somebody who cannot sign in a one-time password, and sign them out everywhere."""
    from pipeline.people import ONE_TIME_DAYS, reset_password

    click.echo(reset_password(settings().url, email))
    click.echo(f"It is for once: whoever uses it chooses another. It lets in for {ONE_TIME_DAYS} days.", err=True)


@click.group()
def token() -> None:
    """What lets other programs in."""


@token.command("add")
@click.option("--name", required=True, help="Which program has it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(["calls:write", "results:read", "coaching:read", "webhooks:write", "metrics:read", "cases:write"]),
    help="What it is for (again for more).",
)
@click.option(
    "--role",
    default="quality_manager",
    show_default=True,
    type=click.Choice(["administrator", "quality_manager", "reviewer", "coach", "agent"]),
    help="Whose eyes it sees with.",
)
@click.option("--team", "teams", multiple=True, help="A coach's team (again for more).")
@click.option("--agent", help="The agent, by the name in the list of calls, whose eyes it sees with.")
@click.option("--days", default=90, show_default=True, help="Days after which it ends.")
def token_add(name: str, scopes: tuple[str, ...], role: str, teams: tuple[str, ...], agent: str | None, days: int) -> None:
    """Let another program in. Its token is printed now and never again."""
    from pipeline.reports import agent_called, team_called
    from storage.access import SYSTEM, Role
    from storage.database import open_database, transaction
    from storage.tokens import Scope, add_token

    with transaction(open_database(settings().url)) as session:
        team_ids = [team_called(session, SYSTEM, team) for team in teams]
        agent_id = agent_called(session, SYSTEM, agent) if agent else None
        id_, secret = add_token(session, SYSTEM, name, [Scope(one) for one in scopes], Role(role), days, team_ids, agent_id)
    answer({"id": id_, "name": name, "token": secret})
    click.echo("Keep the token now: it is not kept here, and cannot be shown again.", err=True)


@token.command("list")
def token_list() -> None:
    """The tokens that were made, without what opens anything."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.tokens import list_tokens

    with reading(open_database(settings().url)) as session:
        found = list_tokens(session, SYSTEM)
    for one in found:
        answer(
            {
                "id": one.id,
                "name": one.name,
                "state": one.state(datetime.now(UTC)),
                "scopes": sorted(one.scopes),
                "role": one.role,
                "by": one.author,
                "made": one.at.isoformat(),
                "ends": one.expires_at.isoformat(),
                "last_used": one.last_used_at.isoformat() if one.last_used_at else None,
            }
        )


@token.command("revoke")
@click.argument("id", type=int)
def token_revoke(id: int) -> None:
    """From now on a token opens nothing."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.tokens import revoke_token

    with transaction(open_database(settings().url)) as session:
        revoke_token(session, SYSTEM, id)
    click.echo(f"Token {id} is revoked.", err=True)


@click.group()
def webhook() -> None:
    """What other programs are told of."""


@webhook.command("list")
def webhook_list() -> None:
    """The addresses that are told, and how many deliveries are in which state."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.hooks import list_hooks

    with reading(open_database(settings().url)) as session:
        found = list_hooks(session, SYSTEM)
    for hook, counts in found:
        answer(
            {
                "id": hook.id,
                "token": hook.token.name,
                "url": hook.url,
                "events": sorted(hook.events),
                "ended": hook.ended_why if hook.ended_at else None,
                "deliveries": dict(counts),
            }
        )


@webhook.command("deliveries")
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]), help="Those in this state alone.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def webhook_deliveries(state: str | None, limit: int) -> None:
    """The latest deliveries: of what, how often tried, and how the last try went."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.hooks import DeliveryState, list_deliveries

    with reading(open_database(settings().url)) as session:
        found = list_deliveries(session, SYSTEM, DeliveryState(state) if state else None, limit)
    for one in found:
        answer(
            {
                "id": one.id,
                "webhook": one.webhook_id,
                "event": one.event,
                "data": dict(one.data),
                "at": one.at.isoformat(),
                "state": one.state,
                "tries": one.tries,
                "answered": one.answered,
            }
        )
