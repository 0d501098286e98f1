"""Who was told of what at once, and does the mail server take anything, from the command line?"""

import click

from commands.common import answer
from settings import settings


@click.group("alerts")
def alerts_group() -> None:
    """Alerts: by which rules they are raised, what is open, and what was told by e-mail."""


@alerts_group.command("test")
@click.argument("address")
def alerts_test(address: str) -> None:
    """Send ADDRESS a test message through the mail server that is set."""
    from pipeline.alerting import send_test

    send_test(address)
    answer({"sent_to": address})


@alerts_group.command("list")
@click.option("--all", "every", is_flag=True, help="Those that are closed, too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def alerts_list(every: bool, limit: int) -> None:
    """The alerts, the latest first: of which call, why, and who sees to it."""
    from storage.access import SYSTEM
    from storage.alert_desk import AlertFilter, list_alerts
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        found = list_alerts(session, SYSTEM, AlertFilter(states=()) if every else None, limit)
    for one in found:
        answer(
            {
                "id": one.id,
                "kind": one.kind.value,
                "rule": one.rule,
                "state": one.state.value,
                "perhaps": one.perhaps,
                "call": one.call_id,
                "turn": one.turn,
                "why": one.why,
                "raised": one.raised_at.isoformat(),
                "waiting_since": one.since.isoformat() if one.since else None,
                "taken_by": one.taken_by,
                "done": one.done,
            }
        )


@alerts_group.command("rules")
def alerts_rules() -> None:
    """The rules, as they are stored."""
    from storage.access import SYSTEM
    from storage.alert_rules import as_stored, list_rules
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        found = list_rules(session, SYSTEM)
    for rule in found:
        answer({"key": rule.key, "name": rule.name, **as_stored(rule)})


@alerts_group.command("mails")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def alerts_mails(limit: int) -> None:
    """The latest that was or is to be told by e-mail, and how the last try went."""
    from storage.access import SYSTEM
    from storage.alert_mails import list_mails
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        found = list_mails(session, SYSTEM, limit)
    for one in found:
        answer(
            {
                "alert": one.alert_id,
                "to": one.address,
                "state": one.state.value,
                "held": one.held,
                "tries": one.tries,
                "answered": one.answered,
                "sent": one.sent_at.isoformat() if one.sent_at else None,
            }
        )
