"""How does somebody who doubts it check what is stored, from the command line?"""

from pathlib import Path

import click

from commands.common import FILES, answer, listening
from errors import AttuneError
from settings import settings


@click.command()
@click.argument("calls", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every stored call.")
@click.option("--deep", is_flag=True, help="Also measure the signals again from the transcript, and compare them.")
def verify(calls: tuple[str, ...], every: bool, deep: bool) -> None:
    """Check stored evaluations: work out their hashes and verdicts again, and say where they differ.

    Every evaluation of a call is checked, those no longer in force too. Exit status 1 where something differs.
    """
    from pipeline.progress import Progress
    from pipeline.verify import table, verify_call
    from storage import repository
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    if bool(calls) == every:
        raise click.UsageError("Name the calls to verify, or all of them with --all.")
    engine = open_database(settings().url)
    with reading(engine) as session:
        wanted = repository.call_ids(session, with_words=True) if every else list(dict.fromkeys(calls))
    found, failed = [], 0
    with Progress(len(wanted), "Verifying") as progress:
        for call in wanted:
            try:
                with reading(engine) as session:
                    verified = list(verify_call(session, SYSTEM, call, deep=deep))
            except AttuneError as wrong:
                failed += 1
                click.echo(str(wrong), err=True)
            else:
                found += verified
                for one in verified:
                    answer(one.to_dict())
            progress.step()
    click.echo(table(found), err=True)
    if failed or not all(one.agrees for one in found):
        raise click.exceptions.Exit(1)


@click.command()
def recount() -> None:
    """Make anew what pages count from: verdicts out of the single answers, their sums by day, and of each call how it ran.

    Says of how many calls either was missing or wrong, and how many sums were. Nothing can be stored meanwhile.
    """
    from storage import courses, tallies
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        ran, counted = courses.recount(session), tallies.recount(session)
        sums_mended = counted.sums_mended + ran.sums_mended
        answer({**counted._asdict(), "sums_mended": sums_mended, "courses_mended": ran.mended})


@click.group()
def audit() -> None:
    """The record of what was done, and checks of the judging itself."""


@audit.command()
@click.option("--files", "first", multiple=True, type=FILES, help="Transcripts or recordings; else the sample calls.")
@click.argument("more", nargs=-1, type=FILES)
@click.option(
    "--scorecard", "scorecards", multiple=True, help="Judge with this one (again for more); else all shipped ones."
)
@click.option("--seed", default=7, show_default=True, help="Draws other names, places and words.")
@click.option("--written", default=40, show_default=True, type=click.IntRange(0, 640), help="How many written sample calls.")
def fairness(first: tuple[Path, ...], more: tuple[Path, ...], scorecards: tuple[str, ...], seed: int, written: int) -> None:
    """Judge calls again with names, pronouns, places and words of a region exchanged; which verdicts flip, how often?

    A line for each flip, then one with the figures. Exit status 1 where more than 0.5 % flip.
    """
    from pipeline.fairness import audit, flip_line, table

    audited = audit([*first, *more], scorecards, listening(None, None), seed, written)
    for flip in audited.found.flips:
        answer(flip_line(flip))
    click.echo(table(audited), err=True)
    answer(audited.to_dict())
    if not audited.holds:
        raise click.exceptions.Exit(1)


@audit.command("check")
@click.option("--head", "noted", metavar="N:HASH", help="A head that was noted elsewhere, as `audit head` printed it.")
def audit_check(noted: str | None) -> None:
    """Read the whole record of what was done, and say whether and where it was tampered with.

    That its end was cut off, or all of it written anew, shows only beside a head that was noted elsewhere. Exit status 1
    where something is not right.
    """
    from storage.audit_check import check, head_of
    from storage.database import open_database, reading

    kept = head_of(noted) if noted else None
    with reading(open_database(settings().url)) as session:
        checked = check(session, kept)
    for fault in checked.faults:
        click.echo(fault, err=True)
    answer({"entries": checked.entries, "head": str(checked.last), "whole": not checked.faults, "faults": checked.faults})
    if checked.faults:
        raise click.exceptions.Exit(1)


@audit.command("head")
def audit_head() -> None:
    """Print the number and the hash of the record's last entry, to be noted in a safe place."""
    from storage.audit_check import head
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        click.echo(str(head(session)))


@audit.command("export")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="jsonl", show_default=True)
def audit_export(form: str) -> None:
    """Write the whole record down, an entry a line, with its hashes."""
    from pipeline.record import RecordForm, lines
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        for line in lines(session, RecordForm(form)):
            click.echo(line, nl=False)
