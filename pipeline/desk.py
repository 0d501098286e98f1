"""What happens to what a reviewer's browser sends: answers, comments, clips, requests for coaching, and "I am still here"?

Each thing is taken in a transaction of its own, so that one that cannot be taken harms no other; sent again, it changes
nothing. On a call that is judged blind an answer goes to the blind review, and nothing of anybody else's comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import AttuneError, InputError
from scorecards.answers import Answer, answer_of
from scorecards.definition import Criterion
from scoring.result import Verdict
from storage import desk, review_queue
from storage.access import Asker
from storage.database import reading, transaction
from storage.desk import Given, Notes, Overtaken
from storage.quotes import Quote
from storage.records import StoredEvaluation
from storage.review_queue import BlindAnswer, BlindCard

MOST_AT_ONCE = 200
"""How much a browser can send at once; one that has more sends it piece by piece."""

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """What became of what was sent, each by the name that the browser gave it: kept, refused with a sentence why, or held
    back because somebody else answered in the meantime."""

    saved: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    overtaken: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """How a call stands: the evaluations in force, people's answers by result id, what was said beside them, and what
    whoever asks had answered blind before, by result id.

    While they judge it blind, there is `to_judge` instead, and no evaluations and answers.
    """

    evaluations: tuple[StoredEvaluation, ...] = ()
    answers: Mapping[int, tuple[Given, ...]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    judged_blind: Mapping[int, Verdict] = field(default_factory=dict)
    to_judge: tuple[BlindCard, ...] = ()


def take(engine: Engine, asker: Asker, call_id: str, items: Sequence[Item]) -> Taken:
    """Keep what was sent of a call. Raises InputError where it is more than `MOST_AT_ONCE` things or has no names."""
    if len(items) > MOST_AT_ONCE:
        raise InputError(f"At most {MOST_AT_ONCE} things are sent at once.")
    saved: list[str] = []
    refused: dict[str, str] = {}
    overtaken: dict[str, Given] = {}
    for item in items:
        name = _text(item, "id")
        try:
            with transaction(engine) as session:
                held = _TAKES[_text(item, "kind")](session, asker, name, call_id, item)
        except KeyError as wrong:
            refused[name] = f"What was sent lacks {wrong}, or is of no known kind."
        except AttuneError as wrong:
            refused[name] = str(wrong)
        else:
            if held is None:
                saved.append(name)
            else:
                overtaken[name] = held.by
    return Taken(tuple(saved), refused, overtaken)


def standing(engine: Engine, asker: Asker, call_id: str) -> Standing:
    """How a call stands for whoever asks; of one that they judge blind, their own notes alone."""
    with reading(engine) as session:
        notes = desk.notes_of(session, asker, call_id)
        blind = review_queue.blind_for(session, asker, call_id)
        if blind is not None:
            return Standing(notes=notes, to_judge=review_queue.blind_cards(session, asker, blind.id))
        return Standing(
            desk.evaluations_of(session, asker, call_id),
            desk.answers_of(session, asker, call_id),
            notes,
            desk.judged_blind(session, asker, call_id),
        )


def present(engine: Engine, asker: Asker, call_id: str) -> tuple[str, ...]:
    """Say that the asker has the call open; who else has. Raises as `storage.desk.here` does."""
    with transaction(engine) as session:
        return desk.here(session, asker, call_id)


def _take_answer(session: Session, asker: Asker, name: str, call_id: str, item: Item) -> Overtaken | None:
    verdict, answer = _verdict(item), _answer(item)
    blind = review_queue.blind_for(session, asker, call_id)
    if blind is not None:
        if desk.known(session, asker, name):
            return None
        result_id = _whole(item, "result")
        decided = _asked_blind(session, asker, blind.id, result_id).decide(verdict, answer)
        given = BlindAnswer(decided.verdict, str(item.get("reason") or ""), decided.answer, _quote(item))
        review_queue.answer_blind(session, asker, blind.id, result_id, given)
        desk.receive(session, asker, name)
        return None
    return desk.answer(
        session,
        asker,
        name,
        _whole(item, "result"),
        verdict=verdict,
        answer=answer,
        reason=str(item.get("reason") or ""),
        quote=_quote(item),
        seen=_whole(item, "seen"),
        of_call=call_id,
    )


def _asked_blind(session: Session, asker: Asker, assignment_id: int, result_id: int) -> Criterion:
    for card in review_queue.blind_cards(session, asker, assignment_id):
        for criterion, id_ in card.result_ids.items():
            if id_ == result_id:
                return card.scorecard.criterion(criterion)
    raise InputError("This question is not part of the blind review; load the page again.")


def _take_comment(session: Session, asker: Asker, name: str, call_id: str, item: Item) -> None:
    desk.comment(
        session,
        asker,
        name,
        call_id,
        _text(item, "text"),
        turn=None if item.get("turn") is None else _whole(item, "turn"),
        start=None if item.get("start") is None else _number(item, "start"),
        for_agent=bool(item.get("for_agent", True)),
    )


def _take_clip(session: Session, asker: Asker, name: str, call_id: str, item: Item) -> None:
    desk.clip(
        session,
        asker,
        name,
        call_id,
        _number(item, "start"),
        _number(item, "end"),
        good=bool(item["good"]),
        about=_text(item, "about"),
        note=str(item.get("note") or ""),
        for_agent=bool(item.get("for_agent", True)),
    )


def _take_coaching(session: Session, asker: Asker, name: str, call_id: str, item: Item) -> None:
    desk.ask_coaching(session, asker, name, call_id, _text(item, "text"))


def _take_withdrawal(session: Session, asker: Asker, name: str, call_id: str, item: Item) -> None:
    desk.withdraw(session, asker, name, _text(item, "of"), _whole(item, "number"))


_TAKES = {
    "answer": _take_answer,
    "comment": _take_comment,
    "clip": _take_clip,
    "coaching": _take_coaching,
    "withdraw": _take_withdrawal,
}


def _verdict(item: Item) -> Verdict | None:
    given = item.get("verdict")
    if given is None:
        return None
    try:
        return Verdict(given)
    except ValueError as wrong:
        raise InputError(f"{given!r} is no verdict.") from wrong


def _answer(item: Item) -> Answer | None:
    given = item.get("answer")
    if given is not None and not isinstance(given, str | int | float | list):
        raise InputError("An answer is an option, a number, or a list of options.")
    return answer_of(given)


def _quote(item: Item) -> Quote | None:
    given = item.get("quote")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InputError("A quote names a turn and its words.")
    start = None if given.get("start") is None else _number(given, "start")
    return Quote(_whole(given, "turn"), _text(given, "text"), start)


def _text(item: Item, name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        raise InputError(f"`{name}` is text.")
    return value


def _whole(item: Item, name: str) -> int:
    value = item[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InputError(f"`{name}` is a whole number.")
    return value


def _number(item: Item, name: str) -> float:
    value = item[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e7:
        raise InputError(f"`{name}` is a number of seconds.")
    return float(value)
