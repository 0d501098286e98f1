"""How is an installation looked after: put aside and brought back, from the command line?"""

from dataclasses import asdict
from pathlib import Path

import click

from commands.common import FILES, answer
from settings import settings


@click.command()
@click.argument("to", type=FILES)
def backup(to: Path) -> None:
    """Put everything that is kept aside in the new folder TO, while people work on: database, recordings, and hashes.

    Keys and passwords are not in it. `restore` brings it back, on SQLite or PostgreSQL.
    """
    from pipeline.backup import back_up
    from storage.database import open_database

    done = back_up(open_database(settings().url), to)
    for note in done.notes:
        click.echo(note, err=True)
    answer(asdict(done))


@click.command()
@click.argument("source", metavar="FROM", type=FILES)
@click.option("--without-keys", is_flag=True, help="Also where a key that files are encrypted with is not set here.")
def restore(source: Path, without_keys: bool) -> None:
    """Bring a backup back into an empty home folder and an empty database, each file verified by its hash.

    Nothing is overwritten. Where it was interrupted, the same command goes on.
    """
    from pipeline.backup import bring_back

    done = bring_back(source, settings().url, without_keys=without_keys)
    for note in done.notes:
        click.echo(note, err=True)
    answer(asdict(done))
