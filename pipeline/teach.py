"""How does a centre teach the judge of behaviours, and who decides that it counts?

What people said of turns becomes labels, labels become a learned judge, and an administrator adopts it where it is better
beyond doubt. Calls that are measured afterwards are measured by it and say so in their stamp; earlier ones stay as they are.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from errors import AttuneError, NotAllowed
from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import load_judge
from scoring.behaviours.learned import Learned
from scoring.behaviours.lines import Label
from scoring.learn import FOLDS, check_enough, labels_hash, learn
from storage import queries, teaching
from storage.access import Asker, may
from storage.database import reading, transaction
from storage.queries import GivenLabel
from storage.roles import Right

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Given:
    """What people have said about one behaviour so far. hash: that of the labels, to know whether a judge was taught from
    these; missing: a sentence on what is still needed to teach, empty where it is enough."""

    behaviour: str
    title: str
    labels: tuple[GivenLabel, ...]
    hash: str
    missing: str

    @property
    def present(self) -> int:
        """How many say that it is there."""
        return sum(label.present for label in self.labels)

    @property
    def calls(self) -> int:
        """How many calls they are of."""
        return len({label.call_id for label in self.labels})


def given(engine: Engine, asker: Asker) -> tuple[Given, ...]:
    """What people have said, behaviour by behaviour, the one with most labels first."""
    with reading(engine) as session:
        said = queries.given_labels(session, asker)
    count = Counter(label.behaviour for label in said)
    found = [_given(name, tuple(label for label in said if label.behaviour == name)) for name in behaviours() if count[name]]
    return tuple(sorted(found, key=lambda one: -len(one.labels)))


def teach(engine: Engine, asker: Asker, behaviour: str, say: Callable[[str], None] = lambda _: None) -> Learned:
    """Teach a judge of a behaviour from what people said, and keep it beside the earlier ones; nothing is adopted.

    Raises NotAllowed for others than administrators, InputError where the labels are too few or there is no such
    behaviour, ModelError where the shipped judge cannot run.
    """
    if not may(asker, Right.TEACH):
        raise NotAllowed("Administrators teach the machine; ask one of them.")
    judge = load_judge()
    judge.place(behaviour)
    with reading(engine) as session:
        said = [label for label in queries.given_labels(session, asker) if label.behaviour == behaviour]
    learned = learn(behaviour, labels_of(said), judge, calls=len({label.call_id for label in said}), say=say)
    with transaction(engine) as session:
        teaching.save_learned(session, asker, learned)
    return learned


def labels_of(said: Sequence[GivenLabel]) -> list[Label]:
    """Labels to learn from: all calls of an agent are kept together, or, where few agents are known, each call."""
    agents = {label.agent for label in said}
    by_agent = None not in agents and len(agents) >= FOLDS
    return [Label(one.heard, one.present, str(one.agent) if by_agent else one.call_id) for one in said]


def mark(engine: Engine, asker: Asker, call_id: str, turn: int, behaviour: str, present: bool) -> None:
    """Write down what a person says of a turn. Raises as `teaching.mark_turn` does."""
    with transaction(engine) as session:
        teaching.mark_turn(session, asker, call_id, turn, behaviour, present)


def adopt(engine: Engine, asker: Asker, learned_id: int) -> str:
    """Put a learned judge in force; its behaviour. Raises as `teaching.adopt` does."""
    with transaction(engine) as session:
        return teaching.adopt(session, asker, learned_id)


def restore(engine: Engine, asker: Asker, behaviour: str) -> None:
    """Put the shipped judge in force again. Raises as `teaching.restore` does."""
    with transaction(engine) as session:
        teaching.restore(session, asker, behaviour)


def _given(behaviour: str, said: tuple[GivenLabel, ...]) -> Given:
    labels = labels_of(said)
    try:
        check_enough(behaviour, [label.present for label in labels], [label.group for label in labels])
        missing = ""
    except AttuneError as few:
        missing = str(few)
    return Given(behaviour, behaviours()[behaviour].title, said, labels_hash(labels), missing)
