"""How do calls come in and go out, from the command line?"""

from pathlib import Path

import click

from commands.common import ENGINE, FILES, MODEL, listening, write_out
from errors import AttuneError, InputError
from settings import settings


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FILES)
@click.option("--metadata", type=FILES, help="CSV: file, agent, team, customer, started_at, direction, queue, scorecards, …")
@click.option("--scorecard", "scorecards", multiple=True, help="Judge with this one (again for more); else the usual ones.")
@ENGINE
@MODEL
@click.option("--agent-channel", type=click.IntRange(0, 1), help="On two channels, the agent's: 0 is left, 1 is right.")
def ingest(
    paths: tuple[Path, ...],
    metadata: Path | None,
    scorecards: tuple[str, ...],
    engine: str | None,
    model: str | None,
    agent_channel: int | None,
) -> None:
    """Take in recordings and transcripts: transcribe, score, store. Doing it again is harmless."""
    from pipeline.arrivals import ingest_files
    from pipeline.ingest import State, table
    from pipeline.metadata import NOTHING_KNOWN, read_metadata

    outcomes = ingest_files(
        paths,
        read_metadata(metadata) if metadata else NOTHING_KNOWN,
        listening(engine, model, agent_channel),
        scorecards,
    )
    click.echo(table(outcomes), err=True)
    if any(outcome.state is State.FAILED for outcome in outcomes):
        raise click.exceptions.Exit(1)


@click.command()
def work() -> None:
    """Take in what arrives: from other programs, from watched places (ATTUNE_WATCH), and what was left half done.

    Runs until it is stopped, and gives back then what it is at. Several may run at once.
    """
    from pipeline.work import run

    run()


@click.command()
@click.argument("calls", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every stored call.")
@click.option("--format", "form", type=click.Choice(["vcon", "vtt", "jsonl", "text"]), default="vcon", show_default=True)
@click.option("--out", type=FILES, help="A folder to write a file for each call into; else they are printed.")
def export(calls: tuple[str, ...], every: bool, form: str, out: Path | None) -> None:
    """Write stored calls down for other programs, by the ids that the addresses of their pages have.

    As vCon they have their transcript and scorecards with them; a call that came in a vCon goes back into that one.
    """
    from pipeline.export import Form, export_call
    from storage import repository
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    if bool(calls) == every:
        raise click.UsageError("Name the calls to write down, or all of them with --all.")
    engine = open_database(settings().url)
    with reading(engine) as session:
        wanted = repository.call_ids(session) if every else calls
    if out:
        out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for call in dict.fromkeys(wanted):
        try:
            with reading(engine) as session:
                exported = export_call(session, SYSTEM, call, Form(form))
        except AttuneError as wrong:
            failed += 1
            click.echo(str(wrong), err=True)
            continue
        if out:
            (out / exported.name).write_text(exported.text, encoding="utf-8")
        else:
            click.echo(exported.text, nl=False)
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("call")
@click.option("--reason", required=True, help="What for; the record keeps that it was read.")
@click.option("-o", "--out", type=FILES, required=True, help="A new folder to write the words and the sound into.")
def original(call: str, reason: str, out: Path) -> None:
    """Write a call as it was before its private words were taken out, where originals are kept."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.originals import read_original
    from transcripts.formats.write import as_jsonl

    with transaction(open_database(settings().url)) as session:
        found = read_original(session, SYSTEM, call, reason)
    try:
        out.mkdir(mode=0o700)
    except OSError as wrong:
        raise InputError(f"{out} cannot be made: {wrong.strerror}.") from wrong
    write_out(out / "words.jsonl", f"{as_jsonl(found.transcript, call)}\n".encode())
    if found.sound:
        write_out(out / f"sound{found.ending}", found.sound)
