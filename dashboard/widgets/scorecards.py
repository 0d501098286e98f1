"""What does each scorecard say about a call, by which words, how sure is it, and what have people said since?"""

from typing import Any

from dashboard.widgets.words import VERDICTS, clock, count, moment, plain
from scorecards.answers import Answer, AnswerType
from scorecards.definition import Criterion, Fails, Section
from scoring.asked import asked_words
from scoring.result import CriterionResult, Evidence, Searched, Verdict
from storage.records import StoredEvaluation
from transcripts.model import Speaker

_WHOSE = {Speaker.AGENT.value: "of the agent", Speaker.CUSTOMER.value: "of the customer"}


def searched_words(searched: Searched) -> str:
    """A sentence that says what was looked through, for what: the evidence of something that was never said."""
    whose = _WHOSE.get(searched.speaker, "")
    turns = " ".join(filter(None, [count(searched.turns, "turn"), whose]))
    where = ""
    if searched.start is not None and searched.end is not None:
        where = f" from {clock(searched.start)} to {clock(searched.end)}"
    return f"Looked through {turns}{where} for {plain(searched.sought)}."


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"why": plain(evidence.why), "quote": evidence.quote, "turn": evidence.turn, "start": evidence.start}


def _fails_words(result: CriterionResult) -> str:
    if result.verdict is not Verdict.NOT_MET:
        return ""
    match result.fails:
        case Fails.SCORECARD:
            return "This alone fails the whole scorecard."
        case Fails.SECTION:
            return "This alone fails the section."
        case Fails.NOTHING:
            return ""


def _result(stored: StoredEvaluation, result: CriterionResult) -> dict[str, Any]:
    criterion = stored.scorecard.criterion(result.criterion)
    searched = result.searched
    return {
        "id": stored.result_ids[result.criterion],
        "criterion": criterion.id,
        "question": criterion.question,
        "verdict": result.verdict.value,
        "answer": answer_label(criterion, result.verdict, result.answer),
        "bonus": _bonus_words(result, criterion.bonus),
        "asked_only": _asked_only(stored, result),
        "probability": result.probability,
        "by_person": result.criterion in stored.overrides,
        "fails_words": _fails_words(result),
        "tip": criterion.tip if result.verdict in (Verdict.NOT_MET, Verdict.PARTLY) else "",
        "evidence": [_evidence(item) for item in result.evidence],
        "searched": searched
        and {
            "words": searched_words(searched),
            "nearest": _evidence(searched.nearest) if searched.nearest else None,
        },
        "overrides": [
            {
                "author": override.author,
                "at": moment(override.at),
                "before": answer_label(criterion, override.before, override.answer_before),
                "after": answer_label(criterion, override.after, override.answer),
                "reason": override.reason,
            }
            for override in stored.overrides.get(result.criterion, ())
        ],
    }


def answer_label(criterion: Criterion, verdict: Verdict, answer: Answer | None) -> str:
    """The answer as a person reads it: for yes/no and what does not count our word for the verdict, else the scorecard's."""
    if answer is None or criterion.type is AnswerType.YES_NO:
        return VERDICTS[verdict]
    return criterion.answers.label(answer)


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


def _section(stored: StoredEvaluation, section: Section) -> dict[str, Any]:
    score = next((score for score in stored.current.sections if score.section == section.id), None)
    return {
        "title": section.title,
        "score": score.after if score else None,
        "before": score.before if score else None,
        "results": [_result(stored, result) for result in stored.current.results if result.section == section.id],
    }


def _changed(stored: StoredEvaluation) -> str:
    """What people's corrections have done to the total, where there are any."""
    if not stored.overrides:
        return ""
    machine, now = stored.machine.total, stored.current.total
    corrections = count(sum(map(len, stored.overrides.values())), "correction")
    if machine == now:
        return f"unchanged by {corrections}"
    return f"{'not scored' if machine is None else f'{machine:.0f}'} before {corrections}"


def card_data(stored: StoredEvaluation) -> dict[str, Any]:
    """One scorecard's evaluation as plain JSON values."""
    current, scorecard = stored.current, stored.scorecard
    return {
        "id": scorecard.id,
        "title": scorecard.title,
        "pass_mark": scorecard.pass_mark,
        "total": current.total,
        "before": current.total_before,
        "band": scorecard.band(current.total),
        "failed_by": [scorecard.criterion(failed).question for failed in current.failed_by],
        "waiting": len(current.unsure),
        "changed": _changed(stored),
        "sections": [_section(stored, section) for section in scorecard.sections],
    }
