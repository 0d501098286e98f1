"""The operator's and the integrator's command line.

Answers are JSON Lines on standard output (or what `--format` names); progress and messages go to standard error. The
exit status is 0 where everything asked for was done, 1 where something failed, 2 where the command itself was not
understood, 130 where it was interrupted. Modules are imported by the command that needs them, so that each starts fast.
"""

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from errors import AttuneError, InputError
from settings import settings

T = TypeVar("T")

# Turns judged together: enough for batches of like length, few enough that whoever reads along need not wait for long.
TURNS_AT_ONCE = 512

FILES = click.Path(path_type=Path)

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
    from pipeline.logs import log_to_the_terminal

    log_to_the_terminal(logging.INFO if verbose else logging.WARNING, "%(levelname)s %(name)s: %(message)s")


def answer(value: dict[str, Any]) -> None:
    """Print one line of JSON and send it off at once, so that a program may read along."""
    click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of up to so many."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


ENGINE = click.option("--engine", type=click.Choice(["faster-whisper", "openai-whisper"]), help="The speech recogniser.")
MODEL = click.option("--model", help="base, tiny.en, a path to weights, or a name that the engine can fetch.")


def listening(engine: str | None, model: str | None, agent_channel: int | None = None) -> Any:
    """The options of hearing: as named on the command line, else as set."""
    from pipeline.listen import Listening

    chosen = settings()
    return Listening(
        engine=engine or chosen.engine,
        model=model or chosen.model,
        language=chosen.language,
        agent_channel=chosen.agent_channel if agent_channel is None else agent_channel,
        workers=chosen.workers,
        # What somebody names for this one run is taken at its word.
        channels=chosen.channels if agent_channel is None else "trust",
        vocabulary=chosen.names,
    )


@cli.command()
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


@cli.command()
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


@cli.command()
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


@cli.command()
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
    from pipeline.ingest import State, ingest_files, table
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


@cli.command()
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


OUT = click.option("-o", "--out", type=FILES, required=True, help="The file to write.")
FOR = click.option("--for", "email", help="Whom it is for, by e-mail: it holds what they may see. Else all.")


def asking(session: Any, email: str | None) -> Any:
    """The person a paper is for, or the operator."""
    from pipeline.reports import asker_by_email
    from storage.access import SYSTEM
    from storage.audit import OPERATOR, done_by

    done_by(session, OPERATOR)
    return asker_by_email(session, email) if email else SYSTEM


def write_out(out: Path, data: bytes) -> None:
    """Write a file, or raise InputError with the reason why it cannot be written."""
    try:
        out.write_bytes(data)
    except OSError as wrong:
        raise InputError(f"{out} cannot be written: {wrong.strerror}.") from wrong
    click.echo(f"{out} written.", err=True)


@cli.group()
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


@cli.command()
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


@cli.command()
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


@cli.command()
def recount() -> None:
    """Make anew what pages count from: verdicts out of the single answers, and of each call how it ran.

    Says of how many calls either was missing or wrong.
    """
    from storage import courses, tallies
    from storage.database import open_database, transaction

    with transaction(open_database(settings().url)) as session:
        answer({**tallies.recount(session)._asdict(), "courses_mended": courses.recount(session).mended})


@cli.command()
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


@cli.group()
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


@cli.command()
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


@cli.command()
def sentiment() -> None:
    """Read {"speaker", "text"} lines, answer {"label", "valence"} lines."""
    from scoring.behaviours.corpus import Said
    from scoring.behaviours.judge import load_judge
    from scoring.behaviours.lines import objects, text_of
    from scoring.behaviours.turns import Heard
    from scoring.signals.sentiment import label, valences
    from transcripts.model import Speaker

    given = (text_of(value, line) for line, value in objects(sys.stdin, "standard input"))
    for texts in batched(given, TURNS_AT_ONCE):
        # Feeling is read from the words alone, whoever says them.
        answers = load_judge().answers([Heard(Said(Speaker.CUSTOMER, text)) for text in texts])
        for value in valences(texts, answers):
            answer({"label": label(value), "valence": value})


@cli.command()
@click.argument("behaviour")
@click.option("--learned", type=FILES, help="Ask the judge that `learn` wrote to this file.")
def detect(behaviour: str, learned: Path | None) -> None:
    """Read {"speaker", "text", "before"} lines, answer {"probability", "present"} lines.

    `before` holds the turns before, the oldest first, each {"speaker", "text"}; it may be left out.
    """
    from scoring.behaviours.judge import load_judge
    from scoring.behaviours.learned import read_learned
    from scoring.behaviours.lines import heard_of, objects

    judge = load_judge()
    place = judge.place(behaviour)
    taught = read_learned(learned, judge, behaviour) if learned else None
    present_from = taught.threshold if taught else judge.present_from[place]
    given = (heard_of(value, line) for line, value in objects(sys.stdin, "standard input"))
    for some in batched(given, TURNS_AT_ONCE):
        answers = judge.answers(some)
        probabilities = taught.probabilities(some, answers) if taught else answers.probability[:, place]
        for probability in probabilities.tolist():
            answer({"probability": probability, "present": bool(probability >= present_from)})


@cli.command()
@click.argument("name")
@click.option("--labels", type=FILES, help='Lines of {"speaker", "text", "before", "present", "group"}.')
@click.option("--out", type=FILES, help="The file to write, for `detect --learned`.")
@click.option("--from-reviews", is_flag=True, help="Teach from the stored marks and corrections, and keep the judge there.")
def learn(name: str, labels: Path | None, out: Path | None, from_reviews: bool) -> None:
    """Teach a behaviour, or a question of a scorecard as SCORECARD/QUESTION, and say how much better it is then.

    A behaviour is taught from labels or from what reviewers said, a question from what reviewers answered.
    """
    if "/" in name:
        if labels or out or not from_reviews:
            raise click.UsageError("A question of a scorecard is taught with --from-reviews alone.")
        _learn_question(*name.split("/", 1))
        return
    _learn_behaviour(name, labels, out, from_reviews)


def _learn_question(scorecard: str, criterion: str) -> None:
    from pipeline.teach_criteria import teach_criterion
    from scoring.learn_criterion import sentences
    from storage.access import SYSTEM
    from storage.database import open_database

    def say(message: str) -> None:
        click.echo(message, err=True)

    taught = teach_criterion(open_database(settings().url), SYSTEM, scorecard, criterion, say)
    figures = taught.learned.to_dict()
    for sentence in sentences(figures):
        say(sentence)
    labels = taught.learned.rule.params["labels"]
    written = {"id": f"q{taught.id}", "question": f"{scorecard}/{criterion}", "labels": labels}
    answer({**written, "passed_over": taught.passed_over, "figures": figures})


def _learn_behaviour(behaviour: str, labels: Path | None, out: Path | None, from_reviews: bool) -> None:
    from scoring.behaviours.judge import load_judge
    from scoring.behaviours.lines import read_labels
    from scoring.learn import Figures
    from scoring.learn import learn as teach

    if from_reviews is bool(labels) or not (from_reviews or out):
        raise click.UsageError("Give --labels and --out, or --from-reviews.")

    def say(message: str) -> None:
        click.echo(message, err=True)

    if labels:
        learned = teach(behaviour, read_labels(labels), load_judge(), say=say)
    else:
        from pipeline.teach import teach as teach_from_reviews
        from storage.access import SYSTEM
        from storage.database import open_database

        learned = teach_from_reviews(open_database(settings().url), SYSTEM, behaviour, say)
    if out:
        try:
            out.write_bytes(learned.data())
        except OSError as wrong:
            raise InputError(f"The learned judge cannot be written to {out}: {wrong.strerror}.") from wrong
    figures = Figures.from_dict(learned.about["figures"])
    for sentence in figures.sentences():
        say(sentence)
    answer({"behaviour": behaviour, "sha256": learned.stamp, "labels": learned.labels, "figures": figures.to_dict()})


@cli.group()
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


@cli.command("assign")
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


@cli.group()
def judges() -> None:
    """What was taught from reviewers' labels and answers, and which of it is in force."""


@judges.command("list")
def judges_list() -> None:
    """Write a line for each judge and question that was taught: id, figures, by whom and when, whether it is in force.

    The id of a question begins with q.
    """
    from storage import learned_criteria, teaching
    from storage.access import SYSTEM
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        versions = teaching.learned_versions(session, SYSTEM)
        taught = learned_criteria.learned_criteria(session, SYSTEM)
    for one in versions:
        answer({**asdict(one), "at": one.at.isoformat()})
    for question in taught:
        answer({**asdict(question), "id": f"q{question.id}", "at": question.at.isoformat()})


@judges.command("questions")
def judges_questions() -> None:
    """Write a line for each question that people have answered: how often, and what is still needed to teach it."""
    from pipeline.teach_criteria import given_to_questions
    from storage.access import SYSTEM
    from storage.database import open_database

    for one in given_to_questions(open_database(settings().url), SYSTEM):
        name = f"{one.scorecard}/{one.criterion}"
        told = {"question": name, "asks": one.question, "answers": len(one.answers), "met": one.met}
        answer({**told, "missing": one.missing})


@judges.command("adopt")
@click.argument("id")
def judges_adopt(id: str) -> None:
    """Judge by what was taught from now on, where it is better beyond doubt; an id as `judges list` gives it."""
    from pipeline.teach import adopt
    from pipeline.teach_criteria import adopt_criterion
    from storage.access import SYSTEM
    from storage.database import open_database

    kind, number = ("q", id[1:]) if id.startswith("q") else ("", id)
    if not number.isdecimal():
        raise InputError(f"{id} is no id; `cli.py judges list` gives them, such as 3, or q3 for a question.")
    engine = open_database(settings().url)
    if kind:
        card = adopt_criterion(engine, SYSTEM, int(number))
        click.echo(f"Version {card.version} of {card.title} answers the question by what was taught, from now on.", err=True)
    else:
        behaviour = adopt(engine, SYSTEM, int(number))
        click.echo(f"{behaviour} is judged by the learned judge {number} from now on.", err=True)


@judges.command("restore")
@click.argument("name")
def judges_restore(name: str) -> None:
    """Judge a behaviour by the shipped judge again, or SCORECARD/QUESTION by the scorecard's own rule."""
    from pipeline.teach import restore
    from pipeline.teach_criteria import restore_criterion
    from storage.access import SYSTEM
    from storage.database import open_database

    engine = open_database(settings().url)
    scorecard, slash, criterion = name.partition("/")
    if slash:
        card = restore_criterion(engine, SYSTEM, scorecard, criterion)
        click.echo(f"Version {card.version} of {card.title} answers the question by its own rule, from now on.", err=True)
    else:
        restore(engine, SYSTEM, name)
        click.echo(f"{name} is judged by the shipped judge from now on.", err=True)


@cli.group()
def person() -> None:
    """The people who can sign in."""


@person.command("add")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice(["administrator", "quality_manager", "reviewer", "coach", "agent"]))
@click.option("--team", "teams", multiple=True, help="A coach's team (again for more).")
@click.option("--agent", help="The agent, by the name in the list of calls, that an agent's sign-in belongs to.")
@click.password_option(help="Asked for where it is not given.")
def person_add(name: str, email: str, role: str, teams: tuple[str, ...], agent: str | None, password: str) -> None:
    """Let a person sign in."""
    from pipeline.people import add_person
    from storage.access import Role

    add_person(settings().url, name=name, email=email, role=Role(role), password=password, teams=teams, agent=agent)
    click.echo(f"{name} can sign in as {email}.", err=True)


@cli.group()
def token() -> None:
    """What lets other programs in."""


@token.command("add")
@click.option("--name", required=True, help="Which program has it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(["calls:write", "results:read", "coaching:read", "webhooks:write"]),
    help="What it is for (again for more).",
)
@click.option(
    "--role",
    default="quality_manager",
    show_default=True,
    type=click.Choice(["administrator", "quality_manager", "reviewer", "coach", "agent"]),
    help="Whose eyes it sees with.",
)
@click.option("--team", "teams", multiple=True, help="A coach's team (again for more).")
@click.option("--agent", help="The agent, by the name in the list of calls, whose eyes it sees with.")
@click.option("--days", default=90, show_default=True, help="Days after which it ends.")
def token_add(name: str, scopes: tuple[str, ...], role: str, teams: tuple[str, ...], agent: str | None, days: int) -> None:
    """Let another program in. Its token is printed now and never again."""
    from pipeline.reports import agent_called, team_called
    from storage.access import SYSTEM, Role
    from storage.database import open_database, transaction
    from storage.tokens import Scope, add_token

    with transaction(open_database(settings().url)) as session:
        team_ids = [team_called(session, SYSTEM, team) for team in teams]
        agent_id = agent_called(session, SYSTEM, agent) if agent else None
        id_, secret = add_token(session, SYSTEM, name, [Scope(one) for one in scopes], Role(role), days, team_ids, agent_id)
    answer({"id": id_, "name": name, "token": secret})
    click.echo("Keep the token now: it is not kept here, and cannot be shown again.", err=True)


@token.command("list")
def token_list() -> None:
    """The tokens that were made, without what opens anything."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.tokens import list_tokens

    with reading(open_database(settings().url)) as session:
        found = list_tokens(session, SYSTEM)
    for one in found:
        answer(
            {
                "id": one.id,
                "name": one.name,
                "state": one.state(datetime.now(UTC)),
                "scopes": sorted(one.scopes),
                "role": one.role,
                "by": one.author,
                "made": one.at.isoformat(),
                "ends": one.expires_at.isoformat(),
                "last_used": one.last_used_at.isoformat() if one.last_used_at else None,
            }
        )


@token.command("revoke")
@click.argument("id", type=int)
def token_revoke(id: int) -> None:
    """From now on a token opens nothing."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.tokens import revoke_token

    with transaction(open_database(settings().url)) as session:
        revoke_token(session, SYSTEM, id)
    click.echo(f"Token {id} is revoked.", err=True)


@person.command("reset")
@click.argument("email")
def person_reset(email: str) -> None:
    """Give somebody who cannot sign in a one-time password, and sign them out everywhere."""
    from pipeline.people import ONE_TIME_DAYS, reset_password

    click.echo(reset_password(settings().url, email))
    click.echo(f"It is for once: whoever uses it chooses another. It lets in for {ONE_TIME_DAYS} days.", err=True)


@cli.group()
def webhook() -> None:
    """What other programs are told of."""


@webhook.command("list")
def webhook_list() -> None:
    """The addresses that are told, and how many deliveries are in which state."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.hooks import list_hooks

    with reading(open_database(settings().url)) as session:
        found = list_hooks(session, SYSTEM)
    for hook, counts in found:
        answer(
            {
                "id": hook.id,
                "token": hook.token.name,
                "url": hook.url,
                "events": sorted(hook.events),
                "ended": hook.ended_why if hook.ended_at else None,
                "deliveries": dict(counts),
            }
        )


@webhook.command("deliveries")
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]), help="Those in this state alone.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def webhook_deliveries(state: str | None, limit: int) -> None:
    """The latest deliveries: of what, how often tried, and how the last try went."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.hooks import DeliveryState, list_deliveries

    with reading(open_database(settings().url)) as session:
        found = list_deliveries(session, SYSTEM, DeliveryState(state) if state else None, limit)
    for one in found:
        answer(
            {
                "id": one.id,
                "webhook": one.webhook_id,
                "event": one.event,
                "data": dict(one.data),
                "at": one.at.isoformat(),
                "state": one.state,
                "tries": one.tries,
                "answered": one.answered,
            }
        )


@cli.command()
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
def retain(dry_run: bool) -> None:
    """Remove the recordings, words and scores that are kept no longer, by the settings; what is held stays.

    A line for each kind and team. The application that serves does this once a day by itself.
    """
    from pipeline.retain import due_now
    from pipeline.retain import retain as remove
    from storage import keeping
    from storage.access import SYSTEM
    from storage.database import open_database

    engine = open_database(settings().url)
    if not keeping.rules():
        click.echo("No setting says for how long anything is kept: everything is kept until told.", err=True)
    if dry_run:
        for one in due_now(engine, SYSTEM):
            answer(asdict(one))
        return
    done = remove(engine, SYSTEM)
    for went in done.went:
        answer(asdict(went))
    held = sum(one.held for one in done.held)
    click.echo(f"Passed over, as they are under a legal hold: {held}.", err=True)


@cli.command()
@click.argument("customer")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
def erase(customer: str, dry_run: bool) -> None:
    """Erase a customer, by the name or the number that the list of calls has; scores stay as numbers.

    Words, sound and who called go from calls, files, notes and the inbox; a line says what was there, what went with the
    hashes it had, and where else the name stands. Exit status 1 where there is nobody of that name.
    """
    from pipeline.erase import erase_customer, look_for
    from storage.access import SYSTEM
    from storage.database import open_database

    engine = open_database(settings().url)
    found = look_for(engine, SYSTEM, customer) if dry_run else erase_customer(engine, SYSTEM, customer)
    answer(found.to_dict())
    if not found.calls and not found.waiting:
        click.echo("No call carries this name or number; it has to be written as the list of calls has it.", err=True)
        raise click.exceptions.Exit(1)


@cli.command("rotate-key")
def rotate_key() -> None:
    """Encrypt every kept file with the key in force: those in the clear, and those with the key before.

    Each file is read back before the old one goes. Whoever interrupts it starts it again. Exit status 1 where a file
    cannot be read.
    """
    from pipeline.rotate import rotate
    from storage.database import open_database

    done = rotate(open_database(settings().url))
    for problem in done.problems:
        click.echo(problem, err=True)
    answer(asdict(done))
    if done.problems:
        raise click.exceptions.Exit(1)


@cli.command("export-person")
@click.argument("kind", type=click.Choice(["customer", "agent"]))
@click.argument("name")
@OUT
def export_person(kind: str, name: str, out: Path) -> None:
    """Write all that is kept about a customer or an agent into a zip file: rows as JSON, words as text, and the sound."""
    from pipeline.export_person import PersonKind, write_person
    from storage.access import SYSTEM
    from storage.database import open_database

    answer(write_person(open_database(settings().url), SYSTEM, PersonKind(kind), name, out))


@cli.group()
def hold() -> None:
    """Calls of which nothing is removed, whatever the settings say."""


@hold.command("set")
@click.argument("scope", type=click.Choice(["call", "agent", "customer"]))
@click.argument("target")
@click.option("--reason", required=True, help="Why they have to be kept.")
def hold_set(scope: str, target: str, reason: str) -> None:
    """Hold a call by its id, or the calls of an agent or a customer by name, those to come too."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.holds import Scope, set_hold

    with transaction(open_database(settings().url)) as session:
        answer({"id": set_hold(session, SYSTEM, Scope(scope), target, reason)})


@hold.command("release")
@click.argument("id", type=int)
@click.option("--reason", required=True, help="Why they need not be kept any longer.")
def hold_release(id: int, reason: str) -> None:
    """Hold them no longer."""
    from storage.access import SYSTEM
    from storage.database import open_database, transaction
    from storage.holds import release_hold

    with transaction(open_database(settings().url)) as session:
        release_hold(session, SYSTEM, id, reason)
    click.echo(f"Hold {id} is released.", err=True)


@hold.command("list")
@click.option("--released", is_flag=True, help="Also those that were released.")
def hold_list(released: bool) -> None:
    """The holds: on what, why, since when and by whom."""
    from storage.access import SYSTEM
    from storage.database import open_database, reading
    from storage.holds import list_holds

    with reading(open_database(settings().url)) as session:
        found = list_holds(session, SYSTEM, released)
    for one in found:
        ended = one.released_at.isoformat() if one.released_at else None
        answer({**asdict(one), "at": one.at.isoformat(), "released_at": ended})


@cli.command()
def serve() -> None:
    """Serve the dashboard."""
    from app import serve as serve_dashboard

    serve_dashboard()


@cli.command()
@click.option("--no-serve", is_flag=True, help="Prepare everything and stop before the dashboard opens.")
def demo(no_serve: bool) -> None:
    """Set up the demonstration from the sample calls and open the dashboard on it."""
    from pipeline.demo import prepare

    prepare()
    if not no_serve:
        from app import serve as serve_dashboard

        serve_dashboard()


if __name__ == "__main__":
    cli()
