"""What does the command line make of files of which nothing need be stored?"""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from commands.common import ENGINE, FILES, MODEL, answer, listening
from settings import settings


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILES)
@ENGINE
@MODEL
@click.option("--agent-channel", type=click.IntRange(0, 1), help="On two channels, the agent's: 0 is left, 1 is right.")
@click.option("--format", "form", type=click.Choice(["jsonl", "vtt", "text", "vcon"]), default="jsonl", show_default=True)
def transcribe(files: tuple[Path, ...], engine: str | None, model: str | None, agent_channel: int | None, form: str) -> None:
    """Write down what was said in recordings, by whom and when. Nothing is stored."""
    from pipeline.listen import Heard, hear_all
    from transcripts.formats import vcon
    from transcripts.formats.write import as_jsonl, as_text, as_vtt

    failed = 0
    for outcome in hear_all(files, listening(engine, model, agent_channel)):
        if not isinstance(outcome, Heard):
            failed += 1
            click.echo(outcome.reason, err=True)
        elif form == "jsonl":
            click.echo(as_jsonl(outcome.transcript, str(outcome.file)))
        elif form == "vcon":
            click.echo(vcon.write(None, outcome.transcript, []))
        else:
            click.echo(as_vtt(outcome.transcript) if form == "vtt" else as_text(outcome.transcript))
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("files", nargs=-1, type=FILES)
@click.option("--stored", is_flag=True, help="Take private words out of the calls that are stored, for good.")
@click.option("--dry-run", is_flag=True, help="With --stored: say of which calls, and change nothing.")
@ENGINE
@MODEL
def redact(files: tuple[Path, ...], stored: bool, dry_run: bool, engine: str | None, model: str | None) -> None:
    """Write conversations without their private words, and where these stood. Nothing is stored.

    Recordings are heard first. Without files, lines as `transcribe` writes them are read from standard input. With
    --stored it is done to every stored call instead: words, sound, quotes and notes; a line for each that changed.
    """
    from pipeline.redact import redact_files, redact_text

    if (stored and files) or (dry_run and not stored):
        raise click.UsageError("Name files, or all stored calls with --stored; --dry-run is for stored calls.")
    if stored:
        _redact_stored(dry_run)
        return

    failed = 0
    hear = listening(engine, model)
    for outcome in redact_files(files, hear) if files else redact_text(sys.stdin.buffer.read(), hear):
        if isinstance(outcome, str):
            failed += 1
            click.echo(outcome, err=True)
        else:
            answer(outcome.to_dict())
    if failed:
        raise click.exceptions.Exit(1)


def _redact_stored(dry_run: bool) -> None:
    from pipeline.redact_stored import redact_stored
    from storage.access import SYSTEM
    from storage.database import open_database

    failed = 0
    for outcome in redact_stored(open_database(settings().url), SYSTEM, dry_run):
        if isinstance(outcome, str):
            failed += 1
            click.echo(outcome, err=True)
        else:
            answer(asdict(outcome))
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILES)
@click.option("--scorecard", "scorecards", multiple=True, required=True, help="A shipped name or a file (again for more).")
@ENGINE
@MODEL
@click.option("--format", "form", type=click.Choice(["jsonl"]), default="jsonl", show_default=True)
@click.option("--as-shipped", is_flag=True, help="Ask no judges but those that Attune came with, and no database.")
def score(
    files: tuple[Path, ...], scorecards: tuple[str, ...], engine: str | None, model: str | None, form: str, as_shipped: bool
) -> None:
    """Judge recordings or transcripts by scorecards. Nothing is stored.

    Judges of behaviours that were taught and adopted are asked where a database keeps them, and named in the stamp.
    """
    from pipeline.adopted import adopted_here
    from pipeline.score import Scored, as_lines, score_files

    adopted = () if as_shipped else adopted_here(settings().url)
    failed = 0
    for outcome in score_files(files, scorecards, listening(engine, model), adopted):
        if isinstance(outcome, Scored):
            for line in as_lines(outcome):
                answer(line)
        else:
            failed += 1
            click.echo(outcome.reason, err=True)
    if failed:
        raise click.exceptions.Exit(1)
