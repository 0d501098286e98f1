"""How does a day's work come onto the reviewers' desks?

The queue is filled by the command line (`cli.py assign`), and otherwise by whoever first opens it on a day: that costs
one transaction, and only where there is a rule and the day has not been filled yet.
"""

from datetime import date

from sqlalchemy import Engine

from storage.access import SYSTEM
from storage.database import reading, transaction
from storage.review_fill import Filled, fill, is_filled
from storage.review_rules import rules, save_rule, usual_rules


def assign(engine: Engine, day: date) -> Filled:
    """Choose calls by the rules in force and give them to reviewers, as of this day. Again is harmless."""
    with transaction(engine) as session:
        return fill(session, day)


def assign_if_due(engine: Engine, day: date) -> Filled | None:
    """As `assign`, where nobody has done so for this day yet; None where somebody has."""
    with reading(engine) as session:
        if is_filled(session, day):
            return None
    return assign(engine, day)


def start_with_usual_rules(engine: Engine, day: date) -> bool:
    """Put the usual rules in force where there are none yet; whether they were."""
    with transaction(engine) as session:
        if rules(session, SYSTEM):
            return False
        for rule in usual_rules(day):
            save_rule(session, SYSTEM, rule)
    return True
