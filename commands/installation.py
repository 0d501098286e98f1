"""How is an installation looked after: examined, put aside and brought back, from the command line?"""

from dataclasses import asdict
from pathlib import Path

import click

from commands.common import FILES, answer
from settings import settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each finding instead of sentences.")
@click.option("--ask-provider", is_flag=True, help="Also ask the provider of sign-in, over the network.")
def doctor(as_json: bool, ask_provider: bool) -> None:
    """Say what is wrong with this installation, and what helps. Nothing is changed.

    Exit status 1 where something cannot go on like this; what only has to be minded leaves it 0.
    """
    from pipeline.doctor import examine
    from pipeline.doctor.finding import Level

    found = []
    for finding in examine(ask_provider=ask_provider):
        found.append(finding)
        if as_json:
            answer(asdict(finding))
        else:
            click.echo(str(finding))
    if not found:
        click.echo("Nothing is wrong with this installation.", err=True)
    if any(finding.level is Level.WRONG for finding in found):
        raise click.exceptions.Exit(1)


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
