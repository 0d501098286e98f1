"""What happens when an agent has read an evaluation, disputes an answer of it, and somebody decides?

One transaction each, under the rules that the settings lay down.
"""

from sqlalchemy import Engine

from reviews.disputes import Decider, Rules
from scorecards.answers import Answer
from scoring.result import Verdict
from settings import settings
from storage import disputes
from storage.access import Asker
from storage.database import transaction
from storage.dispute_lists import Dispute


def rules() -> Rules:
    """How long, how often and to whom answers may be disputed, by the settings."""
    options = settings()
    return Rules(options.dispute_days, options.disputes_per_month, Decider(options.dispute_decider))


def acknowledge(engine: Engine, asker: Asker, evaluation_id: int, note: str = "") -> None:
    """The agent has read this evaluation. Raises as `storage.disputes.acknowledge` does."""
    with transaction(engine) as session:
        disputes.acknowledge(session, asker, evaluation_id, note)


def raise_dispute(engine: Engine, asker: Asker, result_id: int, reason: str) -> int:
    """The agent disputes an answer; the dispute's id. Raises as `storage.disputes.raise_dispute` does."""
    with transaction(engine) as session:
        return disputes.raise_dispute(session, asker, rules(), result_id, reason)


def withdraw(engine: Engine, asker: Asker, dispute_id: int) -> None:
    """The agent takes a dispute back. Raises as `storage.disputes.withdraw` does."""
    with transaction(engine) as session:
        disputes.withdraw(session, asker, dispute_id)


def decide(
    engine: Engine, asker: Asker, dispute_id: int, answer: Verdict | None, reason: str, given: Answer | None = None
) -> Dispute:
    """Decide a dispute: a new answer, or None where the old one stays. Raises as `storage.disputes.decide` does."""
    with transaction(engine) as session:
        return disputes.decide(session, asker, rules(), dispute_id, answer, reason, given)


def hand_over(engine: Engine, asker: Asker, dispute_id: int, user_id: int) -> str:
    """Give a dispute to somebody else to decide; their name. Raises as `storage.disputes.hand_over` does."""
    with transaction(engine) as session:
        return disputes.hand_over(session, asker, rules(), dispute_id, user_id)
