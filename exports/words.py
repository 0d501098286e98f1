"""How are figures, times and verdicts said in plain words, on paper as on the screen?"""

import math
import re
from collections import Counter
from datetime import UTC, date, datetime, tzinfo

from coaching.weekly import Direction
from scorecards.answers import Answer, AnswerType
from scorecards.definition import Criterion, Fails
from scoring.result import CriterionResult, Searched, Verdict
from storage.records import StoredEvaluation
from transcripts.model import Speaker

VERDICTS = {
    Verdict.MET: "Met",
    Verdict.PARTLY: "Partly",
    Verdict.NOT_MET: "Not met",
    Verdict.NOT_APPLICABLE: "Does not apply",
    Verdict.UNSURE: "Unsure",
}


_WHOSE = {Speaker.AGENT.value: "of the agent", Speaker.CUSTOMER.value: "of the customer"}


def clock(seconds: float) -> str:
    """A place in a call: `1:05`."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def length(seconds: float) -> str:
    """How long something lasts: `45 s`, `2 min 5 s`, `1 h 12 min`."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float) -> str:
    """A share of 0 to 1: `72 %`, which no line breaks in two."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 call`, `640 calls`, `1,250 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_EXPRESSION = re.compile(r"(?:the )?(?:pattern )?“[^”]*[\\\\|\[\]()^$*+][^”]*”")
_REPEATED = re.compile(r"a listed wording(?:(?:, | or | and |, or )a listed wording)+")


def plain(words: str) -> str:
    """A reason as people read it: the regular expressions of a scorecard's author are said to be listed wordings."""
    return _REPEATED.sub("one of the listed wordings", _EXPRESSION.sub("a listed wording", words))


def total(points: float | None) -> str:
    """A total of 0 to 100 as a whole number, or that there is none."""
    return "not scored" if points is None else f"{points:.0f}"


def day(when: date) -> str:
    """A day: `4 Aug 2026`."""
    return f"{when.day} {when:%b %Y}"


def moment(when: datetime, zone: tzinfo = UTC) -> str:
    """A moment in a time zone: `Tue 4 Aug 2026, 14:05`."""
    local = when.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def searched_words(searched: Searched) -> str:
    """A sentence that says what was looked through, for what: the evidence of something that was never said."""
    whose = _WHOSE.get(searched.speaker, "")
    turns = " ".join(filter(None, [count(searched.turns, "turn"), whose]))
    where = ""
    if searched.start is not None and searched.end is not None:
        where = f" from {clock(searched.start)} to {clock(searched.end)}"
    return f"Looked through {turns}{where} for {plain(searched.sought)}."


def fails_words(result: CriterionResult) -> str:
    """What else is lost by this answer; empty where nothing is."""
    if result.verdict is not Verdict.NOT_MET:
        return ""
    match result.fails:
        case Fails.SCORECARD:
            return "This alone fails the whole scorecard."
        case Fails.SECTION:
            return "This alone fails the section."
        case Fails.NOTHING:
            return ""


def answer_label(criterion: Criterion, verdict: Verdict, answer: Answer | None) -> str:
    """The answer as a person reads it: for yes/no and what does not count our word for the verdict, else the scorecard's."""
    if answer is None or criterion.type is AnswerType.YES_NO:
        return VERDICTS[verdict]
    return criterion.answers.label(answer)


def signed(value: float, digits: int = 2) -> str:
    """A difference, or a sentiment: `+0.42`, `−0.42` with a proper minus, `0.00` without a sign; a dash for what is no
    number."""
    if math.isnan(value):
        return "–"
    written = f"{value:+.{digits}f}"
    return written.replace("-", "\N{MINUS SIGN}") if float(written) else written[1:]


def direction_words(going: Direction | None, *, short: bool = False) -> str:
    """Whether a score rises or falls, with its doubt, in a sentence; a short one where there is little room."""
    if going is None:
        return "Too few weeks to say more." if short else "There are too few weeks to say which way it goes."
    likely = f"likely {signed(going.low, 1)} to {signed(going.high, 1)}{'' if short else ' points'} a week"
    if not going.is_clear:
        return f"{'No clear way' if short else 'No clear way up or down'}: {likely}."
    return f"It {'rises' if going.slope > 0 else 'falls'}: {likely}."


def came_about(stored: StoredEvaluation) -> list[str]:
    """How the total of an evaluation came about, in sentences that can be worked out again with a pencil."""
    evaluation, results = stored.current, stored.current.results
    counting = [(result, result.points) for result in results if result.points is not None]
    weights = math.fsum(result.weight for result, _ in counting if not result.bonus)
    earned = math.fsum(points * result.weight for result, points in counting)
    if evaluation.total is None or evaluation.total_before is None or not weights:
        return [
            "No question counted in this call, so there is no total, and the call neither passed nor failed.",
            *_left_out(results),
        ]
    asked = sum(not result.bonus for result, _ in counting)
    said = [
        f"{count(asked, 'question')} counted, with a weight of {weights:g} in all. "
        f"The answers earned {earned:.4g} of that: {evaluation.total_before:.0f} of 100."
    ]
    if bonus := [result for result, points in counting if result.bonus and points]:
        said.append(f"{count(len(bonus), 'bonus', 'bonuses')} counted beside the rest.")
    said += _left_out(results)
    for section in evaluation.sections:
        if section.failed_by and not evaluation.failed_by:
            question = stored.scorecard.criterion(section.failed_by[0]).question
            said.append(f"“{question}” was not met, which alone takes all that its section earned.")
    if evaluation.failed_by:
        question = stored.scorecard.criterion(evaluation.failed_by[0]).question
        said.append(f"“{question}” was not met, which alone makes the total 0.")
    changed = len(stored.overrides)
    if changed:
        said.append(f"People changed {count(changed, 'answer')}; the machine's own total was {total(stored.machine.total)}.")
    passed = "passed" if evaluation.passed else "did not pass"
    said.append(
        f"The total is {evaluation.total:.0f}; a call passes from {stored.scorecard.pass_mark:.0f} on, so this one {passed}."
    )
    return said


def _left_out(results: tuple[CriterionResult, ...]) -> list[str]:
    """What stands neither above nor below the line."""
    numbers = Counter(result.verdict for result in results if not result.bonus)
    off, open_ = numbers[Verdict.NOT_APPLICABLE], numbers[Verdict.UNSURE]
    said = []
    if off:
        said.append(f"{count(off, 'question does', 'questions do')} not apply here, and {_counts(off)} for nothing.")
    if open_:
        said.append(
            f"{count(open_, 'question waits', 'questions wait')} for a person, and {_counts(open_)} for nothing until then."
        )
    return said


def _counts(number: int) -> str:
    return "counts" if number == 1 else "count"
