"""Why are customers in touch, from the command line: the tree, what stands under it, and what is proposed?"""

from dataclasses import asdict
from pathlib import Path

import click

from commands.common import answer
from settings import settings


@click.group("reasons")
def reasons() -> None:
    """Why customers are in touch: a tree of reasons, what each conversation is put under, and what is proposed."""


@reasons.command("tree")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file instead of showing it.")
def tree(out: Path | None) -> None:
    """Show the tree in force as YAML."""
    from scoring.reasons.tree import write_tree
    from storage.database import open_database, reading
    from storage.reasons import tree_in_force

    with reading(open_database(settings().url)) as session:
        text = write_tree(tree_in_force(session).judge.tree)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        answer({"file": str(out)})


@reasons.command("put")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def put(file: Path | None) -> None:
    """Put the tree in FILE in force, or, without one, the present tree with what corrections have taught since.

    It is asked of what comes in from then on; `reasons reassign` puts past conversations under it.
    """
    from pipeline.reasons import change_tree
    from scoring.reasons.tree import read_tree_file
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.reason_trees import versions

    given = None if file is None else read_tree_file(file)
    engine = open_database(settings().url)
    change_tree(engine, SYSTEM, given, lambda words: click.echo(words, err=True))
    with reading(engine) as session:
        newest = next(one for one in versions(session, SYSTEM) if one.in_force)
    figures = None if newest.held_out is None else newest.held_out.to_dict()
    said = {"version": newest.id, "hash": newest.hash, "reasons": newest.reasons, "learned_from": newest.learned_from}
    answer({**said, "held_out": figures})


@reasons.command("versions")
def list_versions() -> None:
    """List every version of the tree, the newest first, with what corrections brought."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.reason_trees import versions

    with reading(open_database(settings().url)) as session:
        for one in versions(session, SYSTEM):
            answer({**asdict(one), "at": one.at.isoformat()})


@reasons.command("reassign")
@click.option("--dry-run", is_flag=True, help="Count what would change, and change nothing.")
def reassign(dry_run: bool) -> None:
    """Put every stored conversation under the tree in force; what was before is kept."""
    from storage import reasons as stored
    from storage.access import SYSTEM
    from storage.database import open_database, reading, transaction

    engine = open_database(settings().url)
    with reading(engine) if dry_run else transaction(engine) as session:
        done = stored.would_change(session, SYSTEM) if dry_run else stored.reassign(session, SYSTEM)
    changes = [asdict(one) for one in done.changes]
    answer({"dry_run": dry_run, "calls": done.calls, "new": done.new, "changed": done.changed, "changes": changes})


@reasons.command("propose")
def propose() -> None:
    """Group what fits nowhere, and list what is proposed."""
    from storage import reason_proposals
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        found = reason_proposals.propose(session, SYSTEM)
    for one in found:
        quotes = [quote.text for quote in one.quotes]
        about = {"id": one.id, "name": one.name, "conversations": one.conversations, "stability": one.stability}
        answer({**about, "terms": list(one.terms), "quotes": quotes})


@reasons.command("accept")
@click.argument("proposal", type=int)
@click.option("--group", required=True, help="Id of the group that it goes into.")
@click.option("--id", "id_", required=True, help="Id of the new reason, such as lost_dog.")
@click.option("--title", required=True, help="What it is called.")
def accept(proposal: int, group: str, id_: str, title: str) -> None:
    """Make a proposal a reason, and put the tree that has it in force."""
    from pipeline.reasons import accept_proposal
    from storage.access import SYSTEM
    from storage.database import open_database

    answer({"version": accept_proposal(open_database(settings().url), SYSTEM, proposal, group, id_, title)})


@reasons.command("merge")
@click.argument("proposal", type=int)
@click.argument("reason")
def merge(proposal: int, reason: str) -> None:
    """Let a proposal's sentences be examples of REASON when the tree is next put in force."""
    from storage import reason_proposals
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        reason_proposals.merge(session, SYSTEM, proposal, reason)
    answer({"proposal": proposal, "reason": reason})


@reasons.command("dismiss")
@click.argument("proposal", type=int)
def dismiss(proposal: int) -> None:
    """Leave a proposal; it is not made again."""
    from storage import reason_proposals
    from storage.access import SYSTEM
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        reason_proposals.dismiss(session, SYSTEM, proposal)
    answer({"proposal": proposal, "dismissed": True})


@reasons.command("figures")
@click.option("--groups", is_flag=True, help="By group instead of by reason.")
def figures(groups: bool) -> None:
    """List the figures of every reason, those with most conversations first."""
    from pipeline.reasons import by_group, by_reason, listed
    from storage import queries
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.records import CallFilter

    with reading(open_database(settings().url)) as session:
        counts = queries.reason_counts(session, SYSTEM, CallFilter(), settings().long_hold_seconds)
        titles = queries.reason_titles(session)
    for one in listed((by_group if groups else by_reason)(counts, titles)).to_dict("records"):
        answer({str(name): None if value != value else value for name, value in one.items()})
