"""What does a scorecard that somebody is still writing say of real calls?

A draft is judged as far as it makes sense: questions that have something wrong with them are left out, so that the one
being written can be tried while another is half done. Calls are judged from what is stored of them; nothing is kept.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from errors import AttuneError, Problem
from scorecards.definition import Criterion, Scorecard, Section
from scoring.asked import with_asked
from scoring.criteria import check_data
from scoring.evaluate import evaluate, weigh
from scoring.result import CriterionResult, Evaluation, Stamp, Verdict
from storage.queries import MeasuredCall
from storage.scorecard_drafts import Mark


@dataclass(frozen=True)
class Tried:
    """What a draft says of one call; `evaluation` is None where it cannot be judged, and `why` says so."""

    call: MeasuredCall
    evaluation: Evaluation | None
    why: str = ""

    def result(self, criterion: str) -> CriterionResult | None:
        """The answer to one question; None where there is none."""
        results = self.evaluation.results if self.evaluation else ()
        return next((result for result in results if result.criterion == criterion), None)


@dataclass(frozen=True)
class Agreement:
    """How far a question's answers are what people marked: how many right of how many marked, and which calls are wrong."""

    right: int
    marked: int
    wrong: frozenset[str]


def try_out(values: Mapping[str, Any], calls: Sequence[MeasuredCall], only: str | None = None) -> tuple[Tried, ...]:
    """Judge each call by what of these values (those of a scorecard's file) makes sense.

    only: one question, for then the others, and so the total, are not worked out. An answer is worked out once, and again
    where its question changed.
    """
    scorecard = sound_part(values)
    if scorecard is not None and only is not None:
        scorecard = _with_one(scorecard, only)
    if scorecard is None:
        return tuple(Tried(call, None, "There is nothing yet that can be judged.") for call in calls)
    return tuple(_try(call, scorecard) for call in calls)


def sound_part(values: Mapping[str, Any]) -> Scorecard | None:
    """The scorecard without the questions that have something wrong with them; None where nothing is left."""
    data: dict[str, Any] = {**deepcopy(dict(values)), "id": "draft", "version": 1}
    # Leaving out a question may leave another without the one that it is asked by, so it is looked at again.
    for _ in range(1 + _count(data)):
        checked = check_data(data)
        if checked.scorecard is not None:
            return checked.scorecard
        if not isinstance(data.get("sections"), list):
            return None
        _leave_out(data, checked.problems)
    return None


def is_right(mark: Mark, verdict: Verdict) -> bool:
    """Whether an answer agrees with a person's mark: the answer that was marked right, or another than the one marked
    wrong, if it decides at all."""
    if mark.right:
        return verdict is mark.verdict
    return verdict not in (mark.verdict, Verdict.UNSURE)


def agreement(criterion: str, tried: Sequence[Tried], marks: Sequence[Mark]) -> Agreement:
    """How far the answers to a question are what people marked, over the calls that were tried."""
    results = {one.call.call_id: result for one in tried if (result := one.result(criterion)) is not None}
    own = [mark for mark in marks if mark.criterion == criterion and mark.call_id in results]
    wrong = frozenset(mark.call_id for mark in own if not is_right(mark, results[mark.call_id].verdict))
    return Agreement(len(own) - len(wrong), len(own), wrong)


def _try(call: MeasuredCall, scorecard: Scorecard) -> Tried:
    try:
        alone = [_alone(scorecard, section, criterion) for section, criterion in scorecard]
        results = with_asked([_answer(_Asked(call, one)) for one in alone], scorecard)
    except AttuneError as wrong:
        return Tried(call, None, str(wrong))
    weighed = weigh(results, scorecard)
    stamp = Stamp(call.transcript.content_hash, scorecard.content_hash, dict(call.signals.models))
    evaluation = Evaluation(
        call.call_id,
        scorecard.id,
        scorecard.version,
        results,
        weighed.sections,
        weighed.total_before,
        weighed.total,
        weighed.passed,
        weighed.failed_by,
        stamp,
    )
    return Tried(call, evaluation)


def _with_one(scorecard: Scorecard, criterion: str) -> Scorecard | None:
    """The scorecard with that question alone; None where it is not among them."""
    found = [(section, one) for section, one in scorecard if one.id == criterion]
    return _alone(scorecard, *found[0]) if found else None


def _alone(scorecard: Scorecard, section: Section, criterion: Criterion) -> Scorecard:
    """The scorecard with that question alone, asked of every call."""
    criterion = replace(criterion, asked_when=None)
    return Scorecard("draft", 1, "", 0, (replace(section, title="", criteria=(criterion,)),), "", scorecard.language)


@dataclass(frozen=True, eq=False)
class _Asked:
    """A question, alone in its scorecard, asked of a call: the same where the call and the question are."""

    call: MeasuredCall
    scorecard: Scorecard

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same."""
        return self.call.call_id, self.call.transcript.content_hash, self.scorecard.content_hash

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.key == other.key


@lru_cache(maxsize=4096)
def _answer(asked: _Asked) -> CriterionResult:
    (result,) = evaluate(asked.call.transcript, asked.call.signals, asked.scorecard).results
    return result


def _count(data: Mapping[str, Any]) -> int:
    sections = data.get("sections")
    return sum(len(s.get("criteria") or ()) for s in sections if isinstance(s, dict)) if isinstance(sections, list) else 0


def _leave_out(data: dict[str, Any], problems: Sequence[Problem]) -> None:
    """Take out the questions and whatever else has problems; what a scorecard cannot be without gets a stand-in."""
    stand_ins = {"title": "Draft", "pass_mark": 0}
    bad: set[tuple[int, int]] = set()
    for problem in problems:
        match problem.place:
            case ("sections", int(place), "criteria", int(at), *_):
                bad.add((place, at))
            case ("sections", int(place), *_) if isinstance(data["sections"][place], dict):
                asked = data["sections"][place].get("criteria")
                data["sections"][place] = {"id": f"section_{place + 1}", "title": "Section", "criteria": asked}
            case ("sections", *_) | ():
                data.update({key: value for key, value in stand_ins.items() if key not in data})
            case (str(key), *_):
                data.pop(key, None)
                data.update({name: value for name, value in stand_ins.items() if name == key})
    sections: list[dict[str, Any]] = []
    for place, section in enumerate(data["sections"]):
        asked = section.get("criteria") if isinstance(section, dict) else None
        kept = [one for at, one in enumerate(asked if isinstance(asked, list) else []) if (place, at) not in bad]
        if kept:
            sections.append({**section, "criteria": kept})
    data["sections"] = sections
