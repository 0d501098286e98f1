"""How are scorecards checked, and past calls scored by them, from the command line?"""

from dataclasses import asdict
from pathlib import Path

import click

from commands.common import FILES, answer
from errors import InputError
from settings import settings


@click.group()
def scorecard() -> None:
    """Scorecards: what good looks like."""


@scorecard.command()
@click.argument("files", nargs=-1, required=True, type=FILES)
def check(files: tuple[Path, ...]) -> None:
    """Say everything that is wrong with scorecard files, with line and likely intended word."""
    from scoring.criteria import check_scorecard

    problems = [problem for file in files for problem in check_scorecard(file)]
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{len(files)} checked, nothing wrong.", err=True)


@click.command()
@click.argument("name", metavar="SCORECARD")
@click.option("--what-if", "trial", is_flag=True, help="Only say what it would come to; keep nothing that counts.")
def rescore(name: str, trial: bool) -> None:
    """Score past calls by the version of a scorecard that is in force, or try a file with --what-if.

    New evaluations stand beside the old ones; corrections are taken along where question, rule and answers are the same.
    """
    from pipeline.progress import Progress
    from pipeline.rescore import rescore_history, what_if
    from pipeline.score import load_scorecards
    from storage import repository
    from storage import rescore as kept
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    engine = open_database(settings().url)
    if trial:
        (card,) = load_scorecards([name])
        job = what_if(engine, SYSTEM, card, workers=settings().workers)
        with reading(engine) as session:
            answer({"job": job.id, "state": job.state, **asdict(kept.summary(session, SYSTEM, job.id))})
    else:
        with reading(engine) as session:
            found = [one for one in repository.active_scorecards(session) if one.id == name]
        if not found:
            raise InputError(f"No scorecard {name} is in force; cli.py ingest and the page Scorecards put one in force.")
        with Progress(2, f"Scoring past calls by {found[0].title}") as progress:
            job = rescore_history(engine, SYSTEM, found[0], settings().workers, progress.reached)
        answer({"job": job.id, "state": job.state, "calls": job.done, "failed": job.failed})
    if job.message:
        click.echo(job.message, err=True)
    if job.state is not kept.State.DONE or job.failed:
        raise click.exceptions.Exit(1)
