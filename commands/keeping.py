"""How long is what kept, and how does it go, from the command line?"""

from dataclasses import asdict
from pathlib import Path

import click

from commands.common import OUT, answer
from settings import settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
def retain(dry_run: bool) -> None:
    """Remove the recordings, words and scores that are kept no longer, by the settings; what is held stays.

    A line for each kind and team. The application that serves does this once a day by itself.
    """
    from pipeline.retain import due_now
    from pipeline.retain import retain as remove
    from storage import keeping
    from storage.access import SYSTEM
    from storage.database import open_database

    engine = open_database(settings().url)
    if not keeping.rules():
        click.echo("No setting says for how long anything is kept: everything is kept until told.", err=True)
    if dry_run:
        for one in due_now(engine, SYSTEM):
            answer(asdict(one))
        return
    done = remove(engine, SYSTEM)
    for went in done.went:
        answer(asdict(went))
    held = sum(one.held for one in done.held)
    click.echo(f"Passed over, as they are under a legal hold: {held}.", err=True)


@click.command()
@click.argument("customer")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
def erase(customer: str, dry_run: bool) -> None:
    """Erase a customer, by the name or the number that the list of calls has; scores stay as numbers.

    Words, sound and who called go from calls, files, notes and the inbox; a line says what was there, what went with the
    hashes it had, and where else the name stands. Exit status 1 where there is nobody of that name.
    """
    from pipeline.erase import erase_customer, look_for
    from storage.access import SYSTEM
    from storage.database import open_database

    engine = open_database(settings().url)
    found = look_for(engine, SYSTEM, customer) if dry_run else erase_customer(engine, SYSTEM, customer)
    answer(found.to_dict())
    if not found.calls and not found.waiting:
        click.echo("No call carries this name or number; it has to be written as the list of calls has it.", err=True)
        raise click.exceptions.Exit(1)


@click.command("rotate-key")
@click.option("--off", is_flag=True, help="Decrypt all of it, with the key before.")
def rotate_key(off: bool) -> None:
    """Encrypt every kept file and the words in the database with the key in force: what lies in the clear, and what is
    encrypted with the key before.

    Each file is read back before the old one goes; words are moved some rows at a time. Whoever interrupts it starts it
    again. Exit status 1 where something cannot be read.
    """
    from pipeline.rotate import rotate
    from storage.database import open_database

    done = rotate(open_database(settings().url), off=off)
    for problem in done.problems:
        click.echo(problem, err=True)
    answer(asdict(done))
    if done.problems:
        raise click.exceptions.Exit(1)


_KINDS = click.Choice(["customer", "agent", "reviewer", "coach", "quality_manager", "administrator"])


@click.command("export-person")
@click.argument("kind", type=_KINDS)
@click.argument("name")
@OUT
def export_person(kind: str, name: str, out: Path) -> None:
    """Write all that is kept about a person into a zip file, which says itself what is in it and what is not, and why.

    A customer by name or number, as the list of calls has it; an agent by name or e-mail address; whoever else signs in by
    e-mail address, or by name where nobody else has it. `find-person` says who there is.
    """
    from pipeline.export_person import PersonKind, write_person
    from storage.access import SYSTEM
    from storage.database import open_database

    answer(write_person(open_database(settings().url), SYSTEM, PersonKind(kind), name, out))


@click.command("find-person")
@click.argument("kind", type=_KINDS)
@click.argument("text", default="")
def find_person(kind: str, text: str) -> None:
    """Find whom `export-person` can be asked for, by a part of a name or an e-mail address, or a customer's whole number.

    A line for each, `key` being what `export-person` knows them by; twenty at most. Exit status 1 where nobody is found.
    """
    from storage.about_person import PersonKind, find_people
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        found = find_people(session, SYSTEM, PersonKind(kind), text)
    for one in found:
        answer(asdict(one))
    if not found:
        click.echo(f"No {kind.replace('_', ' ')} was found.", err=True)
        raise click.exceptions.Exit(1)


@click.group()
def hold() -> None:
    """Calls of which nothing is removed, whatever the settings say."""


@hold.command("set")
@click.argument("scope", type=click.Choice(["call", "agent", "customer"]))
@click.argument("target")
@click.option("--reason", required=True, help="Why they have to be kept.")
def hold_set(scope: str, target: str, reason: str) -> None:
    """Hold a call by its id, or the calls of an agent or a customer by name, those to come too."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.holds import Scope, set_hold

    with transaction(open_database(settings().url)) as session:
        answer({"id": set_hold(session, SYSTEM, Scope(scope), target, reason)})


@hold.command("release")
@click.argument("id", type=int)
@click.option("--reason", required=True, help="Why they need not be kept any longer.")
def hold_release(id: int, reason: str) -> None:
    """Hold them no longer."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.holds import release_hold

    with transaction(open_database(settings().url)) as session:
        release_hold(session, SYSTEM, id, reason)
    click.echo(f"Hold {id} is released.", err=True)


@hold.command("list")
@click.option("--released", is_flag=True, help="Also those that were released.")
def hold_list(released: bool) -> None:
    """The holds: on what, why, since when and by whom."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.holds import list_holds

    with reading(open_database(settings().url)) as session:
        found = list_holds(session, SYSTEM, released)
    for one in found:
        ended = one.released_at.isoformat() if one.released_at else None
        answer({**asdict(one), "at": one.at.isoformat(), "released_at": ended})
