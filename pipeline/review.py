"""What happens when a person says that the machine got an answer wrong?"""

from sqlalchemy import Engine

from scorecards.answers import Answer
from scoring.result import Evaluation, Verdict
from storage import repository
from storage.access import Asker
from storage.database import transaction


def correct(
    engine: Engine,
    asker: Asker,
    result_id: int,
    verdict: Verdict | None,
    reason: str,
    answer: Answer | None = None,
) -> Evaluation:
    """Put this person's verdict, or answer, with their reason beside the machine's; the evaluation as it holds now.

    The machine's answer stays as it was. Raises NotAllowed where the asker may not correct, InputError where the answer is
    none of the criterion's, StorageError where the reason is empty, the question is not asked or the result is not theirs
    to see.
    """
    with transaction(engine) as session:
        return repository.add_override(session, asker, result_id, verdict, reason, answer)
