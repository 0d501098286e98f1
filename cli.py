"""The operator's and the integrator's command line.

Answers are JSON Lines on standard output (or what `--format` names); progress and messages go to standard error. The
exit status is 0 where everything asked for was done, 1 where something failed, 2 where the command itself was not
understood, 130 where it was interrupted. The commands stand in `commands/`; modules are imported by the command that needs
them, so that each starts fast.
"""

import logging
import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from commands import (
    access,
    alerting,
    behaviours,
    calls,
    cases,
    causes,
    checks,
    customers,
    databases,
    files,
    installation,
    keeping,
    organisations,
    papers,
    reasons,
    reviewing,
    scorecards,
    serving,
)
from errors import AttuneError

# Set before numpy is imported, which reads it: the last digits of a product of matrices depend on how many threads shared
# it, and a call has to come out the same alone and among others. The engine spreads windows over the cores instead.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class Sentences(click.Group):
    """Commands whose failures are sentences, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AttuneError as wrong:
            click.echo(str(wrong), err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("Interrupted. What was finished is kept; the same command takes up where it stopped.", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # Whoever read our answers has gone; Python would complain once more when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say more about what is going on.")
def cli(verbose: bool) -> None:
    """Attune scores the quality of customer conversations and coaches the people who hold them."""
    from pipeline.closed import close_to_others
    from pipeline.logs import PLAIN, log_to_the_terminal

    close_to_others()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the name of a file may be no text
    log_to_the_terminal(logging.INFO if verbose else logging.WARNING, PLAIN)


for command in (
    access.person,
    access.token,
    access.webhook,
    alerting.alerts_group,
    behaviours.sentiment,
    behaviours.detect,
    behaviours.learn,
    behaviours.judges,
    calls.ingest,
    calls.work,
    calls.export,
    calls.original,
    cases.cases_group,
    causes.causes,
    checks.verify,
    checks.recount,
    checks.audit,
    databases.move_database,
    files.transcribe,
    files.redact,
    files.score,
    installation.backup,
    installation.doctor,
    installation.restore,
    keeping.retain,
    keeping.erase,
    keeping.rotate_key,
    keeping.export_person,
    keeping.find_person,
    keeping.hold,
    customers.customers,
    papers.report,
    papers.digest,
    organisations.organisations,
    reasons.reasons,
    reviewing.assign_calls,
    scorecards.scorecard,
    scorecards.rescore,
    serving.serve,
    serving.demo,
):
    cli.add_command(command)


if __name__ == "__main__":
    cli()
