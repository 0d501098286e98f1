"""How do cases of a customer system come in on the command line, and how do they leave with their scores?"""

from datetime import datetime
from pathlib import Path

import click

from commands.common import FILES, OUT, answer, write_out
from settings import settings


@click.group("cases")
def cases_group() -> None:
    """Cases of the customer system: what was said of them, and what customers answered."""


@cases_group.command("import")
@click.argument("file", type=FILES)
@click.option(
    "--mapping", type=FILES, required=True, help="How the system names things: a YAML file, or salesforce or zendesk."
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_context
def import_file(ctx: click.Context, file: Path, mapping: Path, dry_run: bool) -> None:
    """Take in a customer system's CSV of cases: a line for each that is new, changed, refused or names what is not known
    here, then the counts."""
    from pipeline import cases
    from pipeline.case_mapping import read_mapping_file
    from storage.access import SYSTEM
    from storage.cases import Change
    from storage.database import open_database

    known = read_mapping_file(mapping)
    done = cases.import_file(open_database(settings().url), SYSTEM, file, known, dry_run=dry_run)
    for one in done.outcomes:
        if one.change is not Change.SAME or one.unknown:
            answer(cases.as_line(one))
    answer({"system": done.system, **done.counts, "dry_run": dry_run})
    if done.counts[Change.REFUSED]:
        ctx.exit(1)


@cases_group.command("export")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", help="A line a case, or a table.")
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), help="Of the conversations, in UTC; else from the first.")
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), help="The last one that counts; else up to the latest.")
@OUT
def export(form: str, first_day: datetime | None, last_day: datetime | None, out: Path) -> None:
    """Write down by the id of each case how its conversations went, without a word that was said."""
    from pipeline.case_export import as_json_lines, as_table, export_cases
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    first, last = (one.date() if one else None for one in (first_day, last_day))
    with transaction(open_database(settings().url)) as session:
        cases = export_cases(session, SYSTEM, first, last)
    days = {"From": str(first or "the first"), "To": str(last or "the latest")}
    write_out(out, as_json_lines(cases) if form == "jsonl" else as_table(cases, {"What": "Cases", **days}))
    answer({"cases": len(cases), "conversations": sum(len(one["conversations"]) for one in cases)})
