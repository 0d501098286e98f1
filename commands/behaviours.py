"""How are the judges of single turns asked, taught and chosen, from the command line?"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TypeVar

import click

from commands.common import FILES, answer
from errors import InputError
from settings import settings

T = TypeVar("T")

# Turns judged together: enough for batches of like length, few enough that whoever reads along need not wait for long.
TURNS_AT_ONCE = 512


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of up to so many."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


@click.command()
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
        raised = load_judge().raised(texts, answers).tolist()
        for value, aloud in zip(valences(texts, answers), raised, strict=True):
            answer({"label": label(value, raised=aloud), "valence": value})


@click.command()
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


@click.command()
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


@click.group()
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
