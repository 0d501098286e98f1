"""How is what is known put on paper or into a letter, from the command line?"""

from pathlib import Path

import click

from commands.common import FOR, OUT, asking, write_out
from settings import settings


@click.group()
def report() -> None:
    """Papers for a meeting or a file, as PDF."""


@report.command("call")
@click.argument("call")
@FOR
@OUT
def report_call(call: str, email: str | None, out: Path) -> None:
    """The scorecards of one call: questions, answers, the words with their times, and the line of sentiment."""
    from pipeline.reports import call_paper
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        paper = call_paper(session, asking(session, email), call)
    write_out(out, paper.data)


@report.command("agent")
@click.argument("name")
@click.option("--month", "words", required=True, metavar="YYYY-MM", help="Of which month.")
@FOR
@OUT
def report_agent(name: str, words: str, email: str | None, out: Path) -> None:
    """One agent's month: what goes well, one thing to practise, which way it goes, and room to write on."""
    from pipeline.reports import agent_called, agent_paper, month
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        asker = asking(session, email)
        paper = agent_paper(session, asker, agent_called(session, asker, name), month(words))
    write_out(out, paper.data)


@report.command("team")
@click.argument("name")
@click.option("--month", "words", required=True, metavar="YYYY-MM", help="Of which month.")
@FOR
@OUT
def report_team(name: str, words: str, email: str | None, out: Path) -> None:
    """A team's month on one page: scores by week, what to train, what to be proud of, and who is where."""
    from pipeline.reports import month, team_called, team_paper
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        asker = asking(session, email)
        paper = team_paper(session, asker, team_called(session, asker, name), month(words))
    write_out(out, paper.data)


@click.command()
@click.option("--team", "name", help="Of this team's calls alone.")
@FOR
@click.option("--week", "words", required=True, metavar="YYYY-Www", help="Of which week, as 2026-W32.")
@OUT
def digest(name: str | None, email: str | None, words: str, out: Path) -> None:
    """Write the weekly letter as HTML, ready to be sent: how it went, what stands out, what to practise, what failed."""
    from pipeline.digest import weekly_digest
    from pipeline.reports import team_called, week
    from storage.database import open_database, reading

    if not name and not email:
        raise click.UsageError("Say of whom or for whom: --team NAME, --for EMAIL, or both.")
    with reading(open_database(settings().url)) as session:
        asker = asking(session, email)
        letter = weekly_digest(session, asker, week(words), team_called(session, asker, name) if name else None)
    write_out(out, letter.encode())
