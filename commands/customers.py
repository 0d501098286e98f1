"""How does an operator find, put together and take apart customers from the command line?"""

import click

from commands.common import answer
from settings import settings


@click.group()
def customers() -> None:
    """Which conversations are of the same customer."""


@customers.command("find")
@click.argument("text")
def find(text: str) -> None:
    """Who is known by this number, telephone number, e-mail address or whole name: a line each."""
    from storage import queries
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        found = queries.find_customers(session, SYSTEM, text)
    for row in found.to_dict("records"):
        latest = row["last_at"].isoformat()
        counted = {name: row[name] for name in ("conversations", "contacts")}
        answer({"customer": row["customer_id"], "name": row["customer"], **counted, "latest": latest})


@customers.command("merge")
@click.argument("customer")
@click.argument("other")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def merge(customer: str, other: str, dry_run: bool) -> None:
    """Put two customers together, by the ids that `customers find` gives: the other's conversations become the first's."""
    from storage import customers
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        answer(_said(customers.preview_merge(session, SYSTEM, customer, other)))
        if not dry_run:
            answer({"change": customers.merge(session, SYSTEM, customer, other)})


@customers.command("split")
@click.argument("customer")
@click.argument("calls", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def split(customer: str, calls: tuple[str, ...], dry_run: bool) -> None:
    """Take these conversations out of a customer, as a new one."""
    from storage import customers
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        answer(_said(customers.preview_split(session, SYSTEM, customer, calls)))
        if not dry_run:
            answer({"customer": customers.split(session, SYSTEM, customer, calls)})


@customers.command("undo")
@click.argument("change", type=int)
def undo(change: int) -> None:
    """Take a change back, by its number."""
    from storage import customers
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        customers.undo(session, SYSTEM, change)
        answer({"undone": change})


def _said(seen: object) -> dict[str, object]:
    """A preview as JSON has it."""
    return {name: dict(value) if hasattr(value, "items") else value for name, value in vars(seen).items()}
