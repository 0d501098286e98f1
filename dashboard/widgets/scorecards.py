"""What does each scorecard say about a call, by which words, how sure is it, and what have people said since?"""

from collections.abc import Mapping
from typing import Any

from dashboard.widgets.words import VERDICTS, count, plain
from exports.words import answer_label, fails_words, searched_words
from scorecards.answers import AnswerType
from scorecards.definition import Criterion, Section
from scoring.asked import asked_words
from scoring.result import CriterionResult, Evidence, Verdict
from storage.desk import Given
from storage.records import StoredEvaluation
from storage.review_queue import BlindCard

Answers = Mapping[int, tuple[Given, ...]]
"""People's answers by result id, in the order they were given."""


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"why": plain(evidence.why), "quote": evidence.quote, "turn": evidence.turn, "start": evidence.start}


def _result(
    stored: StoredEvaluation, result: CriterionResult, answers: Answers, blind: Mapping[int, Verdict]
) -> dict[str, Any]:
    criterion, id_ = stored.scorecard.criterion(result.criterion), stored.result_ids[result.criterion]
    searched, machine = result.searched, stored.machine.result(result.criterion)
    judged = blind.get(id_)
    return {
        **_asks(criterion, id_),
        "verdict": result.verdict.value,
        "answer": answer_label(criterion, result.verdict, result.answer),
        "value": result.answer,
        "bonus": _bonus_words(result, criterion.bonus),
        "asked_only": _asked_only(stored, result),
        "not_asked": result.if_asked is not None,
        "probability": result.probability,
        "machine": {
            "verdict": machine.verdict.value,
            "answer": answer_label(criterion, machine.verdict, machine.answer),
            "probability": machine.probability,
        },
        "judged_blind": judged and {"verdict": judged.value, "answer": VERDICTS[judged]},
        "by_person": result.criterion in stored.overrides,
        "fails_words": fails_words(result),
        "tip": criterion.tip if result.verdict in (Verdict.NOT_MET, Verdict.PARTLY) else "",
        "evidence": [_evidence(item) for item in result.evidence],
        "searched": searched
        and {
            "words": searched_words(searched),
            "nearest": _evidence(searched.nearest) if searched.nearest else None,
        },
        "history": [_given(criterion, given) for given in answers.get(id_, ())],
    }


def _asks(criterion: Criterion, result_id: int) -> dict[str, Any]:
    """What is asked and how it can be answered; nothing of what anybody answered."""
    options = criterion.options if criterion.type is not AnswerType.NUMBER else ()
    return {
        "id": result_id,
        "criterion": criterion.id,
        "question": criterion.question,
        "type": criterion.type.value,
        "options": [{"value": one.value, "label": one.label, "verdict": one.verdict.value} for one in options],
        "needs_words": list(criterion.comment_required),
    }


def _given(criterion: Criterion, given: Given) -> dict[str, Any]:
    return {
        "id": given.id,
        "author": given.author,
        "at": given.at.isoformat(),
        "verdict": given.after.value,
        "before": answer_label(criterion, given.before, given.answer_before),
        "after": answer_label(criterion, given.after, given.answer),
        "reason": given.reason,
        "confirms": given.confirms,
        "own": given.own,
        "quote": given.quote and {"turn": given.quote.turn, "start": given.quote.start, "quote": given.quote.text},
    }


def _bonus_words(result: CriterionResult, bonus: bool) -> str:
    if not bonus:
        return ""
    return "Bonus: earned" if result.points is not None and result.points > 0 else "Bonus: to be had beside the rest"


def _asked_only(stored: StoredEvaluation, result: CriterionResult) -> str:
    """When the question is asked, where that is so; where it is not, the first piece of evidence says it already."""
    criterion = stored.scorecard.criterion(result.criterion)
    if criterion.asked_when is None or result.if_asked is not None:
        return ""
    return f"Asked only where {asked_words(criterion, stored.scorecard)}."


def _section(stored: StoredEvaluation, section: Section, answers: Answers, blind: Mapping[int, Verdict]) -> dict[str, Any]:
    score = next((score for score in stored.current.sections if score.section == section.id), None)
    return {
        "title": section.title,
        "score": score.after if score else None,
        "before": score.before if score else None,
        "results": [
            _result(stored, result, answers, blind) for result in stored.current.results if result.section == section.id
        ],
    }


def _changed(stored: StoredEvaluation, answers: Answers) -> str:
    """What people's answers have done to the total, where there are any."""
    given = [one for id_ in stored.result_ids.values() for one in answers.get(id_, ())]
    changes = sum(not one.confirms for one in given)
    if not given:
        return ""
    machine, now = stored.machine.total, stored.current.total
    said = count(changes, "change") if changes else count(len(given), "confirmed answer")
    if machine == now:
        return f"as the machine had it, {'after' if changes else 'with'} {said}"
    return f"{'not scored' if machine is None else f'{machine:.0f}'} by the machine, before {said}"


def card_data(
    stored: StoredEvaluation, answers: Answers | None = None, judged_blind: Mapping[int, Verdict] | None = None
) -> dict[str, Any]:
    """One scorecard's evaluation as plain JSON values, with people's answers and one's own blind ones by result id."""
    current, scorecard = stored.current, stored.scorecard
    answers, blind = answers or {}, judged_blind or {}
    return {
        "id": scorecard.id,
        "title": scorecard.title,
        "pass_mark": scorecard.pass_mark,
        "total": current.total,
        "before": current.total_before,
        "band": scorecard.band(current.total),
        "failed_by": [scorecard.criterion(failed).question for failed in current.failed_by],
        "waiting": len(current.unsure),
        "changed": _changed(stored, answers),
        "sections": [_section(stored, section, answers, blind) for section in scorecard.sections],
    }


def blind_card_data(card: BlindCard) -> dict[str, Any]:
    """A scorecard to be filled in blind, in the same form: its questions, one's own answers, and nothing besides."""

    def result(criterion: Criterion) -> dict[str, Any]:
        own = card.answers.get(criterion.id)
        return {
            **_asks(criterion, card.result_ids[criterion.id]),
            "verdict": own.verdict.value if own else None,
            "answer": answer_label(criterion, own.verdict, own.answer) if own else None,
            "value": own.answer if own else None,
            "reason": own.note if own else "",
        }

    return {
        "id": card.scorecard.id,
        "title": card.scorecard.title,
        "blind": True,
        "sections": [
            {
                "title": section.title,
                "results": [result(each) for each in section.criteria if each.id in card.result_ids],
            }
            for section in card.scorecard.sections
        ],
    }
