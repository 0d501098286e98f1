"""What do pages ask of calibration? Nothing of it is remembered: several people answer at the same time.

Who begins, finishes or closes a session changes what its members may see of its calls, so that everything `dashboard.data`
remembers is forgotten with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from dashboard.data import engine, forget
from reviews.calibration import Results
from scorecards.answers import Answer, Verdict
from scorecards.definition import Criterion
from settings import settings
from storage import calibration
from storage.access import Asker
from storage.calibration import Calibration, Comment, Given, JudgedBefore
from storage.database import reading, transaction


class Own(NamedTuple):
    """What the asker has answered, by call and criterion, and what they still have to."""

    given: Mapping[tuple[str, str], Given]
    missing: tuple[tuple[str, str], ...]


class Outcome(NamedTuple):
    """What a closed session says, and what was written to its answers."""

    results: Results
    comments: tuple[Comment, ...]


def sessions(asker: Asker) -> tuple[Calibration, ...]:
    """The sessions that the asker may know of, the latest first."""
    with reading(engine()) as session:
        return calibration.calibrations(session, asker)


def find(asker: Asker, calibration_id: int) -> Calibration | None:
    """One session; None where there is none that the asker may know of."""
    with reading(engine()) as session:
        return calibration.find_calibration(session, asker, calibration_id)


def own(asker: Asker, one: Calibration) -> Own:
    """What the asker has answered in a session, and has not."""
    with reading(engine()) as session:
        given = calibration.own_answers(session, asker, one.id)
        return Own(given, calibration.unanswered(session, asker, one))


def questions(one: Calibration, given: Mapping[str, Given]) -> tuple[Criterion, ...]:
    """The questions that a call is asked after these answers to it, by criterion."""
    return calibration.asked(one.scorecard, given)


def outcome(asker: Asker, calibration_id: int) -> Outcome:
    """What a closed session says."""
    with reading(engine()) as session:
        found = calibration.calibration_results(session, asker, calibration_id, settings().again_days)
        return Outcome(found, calibration.comments(session, asker, calibration_id))


def who_can_judge(asker: Asker) -> Mapping[int, str]:
    """Who can be a member, by id."""
    with reading(engine()) as session:
        return calibration.who_can_judge(session, asker)


def judged_before(asker: Asker, scorecard: str) -> tuple[JudgedBefore, ...]:
    """The calls that were judged blind long enough ago to be judged again."""
    with reading(engine()) as session:
        return calibration.judged_before(session, asker, scorecard, settings().again_days)


def begin(
    asker: Asker, title: str, scorecard: str, calls: Sequence[str], people: Sequence[int], due: date, expert: int | None
) -> int:
    """Begin a session; its id."""
    with transaction(engine()) as session:
        begun = calibration.begin(session, asker, title, scorecard, calls, people, due, expert)
    forget()
    return begun


def answer(
    asker: Asker,
    calibration_id: int,
    call_id: str,
    criterion: str,
    verdict: Verdict | None,
    given: Answer | None,
    comment: str,
) -> None:
    """Keep one answer of the asker's."""
    with transaction(engine()) as session:
        calibration.answer(session, asker, calibration_id, call_id, criterion, verdict, given, comment)


def finish(asker: Asker, calibration_id: int) -> None:
    """The asker has answered everything."""
    with transaction(engine()) as session:
        calibration.finish(session, asker, calibration_id)
    forget()


def close(asker: Asker, calibration_id: int) -> None:
    """Close a session with the answers that there are."""
    with transaction(engine()) as session:
        calibration.close(session, asker, calibration_id)
    forget()
