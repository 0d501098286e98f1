"""How does everything that is stored come into another database, from the command line?"""

import click

from commands.common import answer


@click.command("move-database")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def move_database(source: str, target: str) -> None:
    """Copy everything in the database FROM into the empty database TO, in either direction between SQLite and PostgreSQL.

    Both are addresses such as sqlite:////srv/attune/attune.db or postgresql://user:password@host/name. Stop Attune first.
    Every table is compared by its rows and their hash before anything is kept, so that whoever interrupts it may simply
    begin again. FROM stays as it is; set ATTUNE_DATABASE_URL to TO, and start. A line for each table, the last one for all.
    """
    from errors import InputError
    from storage.copying import copy_database
    from storage.database import is_there, open_database

    if not is_there(source):
        raise InputError("There is no database at the first address; it is the one to copy from.")
    into = open_database(target)
    done = copy_database(open_database(source), into, lambda table, rows: click.echo(f"{table}: {rows} rows", err=True))
    for table in done.tables:
        answer({"table": table.name, "rows": table.rows, "hash": table.hash})
    for fault in done.faults:
        click.echo(f"As it was before: {fault}", err=True)
    answer({"tables": len(done.tables), "rows": done.rows, "record_whole": not done.faults})
    click.echo("Everything was copied and compared. Set ATTUNE_DATABASE_URL to the second address, and start.", err=True)
