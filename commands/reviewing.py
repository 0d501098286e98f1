"""How do calls get to the people who review them, from the command line?"""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from commands.common import answer
from settings import settings


@click.command("assign")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Fill as of this day; else today (UTC).")
@click.option("--usual-rules", is_flag=True, help="Where there are no rules yet, put the usual ones in force first.")
def assign_calls(day: datetime | None, usual_rules: bool) -> None:
    """Choose calls for review by the rules in force, and give them to reviewers."""
    from pipeline.assign import assign, start_with_usual_rules
    from storage.database import open_database

    as_of = day.date() if day else datetime.now(UTC).date()
    engine = open_database(settings().url)
    if usual_rules:
        start_with_usual_rules(engine, as_of)
    answer({"day": as_of.isoformat(), **asdict(assign(engine, as_of))})
