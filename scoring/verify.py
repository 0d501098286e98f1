"""Is this evaluation still what comes out when the same things are judged again, and if not, what is different?

Pure: two evaluations, two stamps or two sets of signals in, the differences out, each as a sentence. Everything is compared
exactly, since the same inputs give the same evaluation byte for byte.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from itertools import zip_longest
from typing import Any

import numpy as np

from scoring.result import CriterionResult, Evaluation, Evidence, Searched, Stamp
from scoring.signals.model import Signals

MOST_LISTED = 5
SHORT_HASH = 12


class Part(StrEnum):
    """What of a stored call can be different from what comes out again."""

    TRANSCRIPT = "transcript"
    SCORECARD = "scorecard"
    MODELS = "models"
    PROGRAM = "program"
    SIGNALS = "signals"
    VERDICT = "verdict"
    EVIDENCE = "evidence"
    TOTAL = "total"
    CORRECTION = "correction"  # people's verdicts, and what they come to
    STANDING = "standing"  # whether it is in force, and what lists are filtered by
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `where` names the criterion, the model or the measure; empty where it is the whole.

    `stored` and `now` are plain JSON values, `says` is the sentence for a person.
    """

    part: Part
    where: str
    says: str
    stored: Any = None
    now: Any = None


def compare_evaluations(stored: Evaluation, again: Evaluation) -> Iterator[Difference]:
    """Where a stored evaluation differs from the same judged again: verdicts, their evidence, and what they come to.

    Stamps are left to `compare_stamps`.
    """
    before = {result.criterion: result for result in stored.results}
    after = {result.criterion: result for result in again.results}
    for criterion in [*after, *(name for name in before if name not in after)]:
        if criterion not in before:
            says = f"{criterion}: no verdict is stored, “{_words(after[criterion].verdict)}” comes out."
            yield Difference(Part.VERDICT, criterion, says, None, after[criterion].verdict)
        elif criterion not in after:
            says = f"{criterion}: “{_words(before[criterion].verdict)}” is stored, but the scorecard has no such criterion."
            yield Difference(Part.VERDICT, criterion, says, before[criterion].verdict, None)
        else:
            yield from _compare_results(before[criterion], after[criterion])
    yield from compare_totals(stored, again)


def compare_totals(stored: Evaluation, again: Evaluation, part: Part = Part.TOTAL) -> Iterator[Difference]:
    """Where the totals, the sections' scores and what failed them differ."""
    for name, title in (
        ("total_before", "The total before automatic failure"),
        ("total", "The total"),
        ("passed", "Whether it passed"),
        ("failed_by", "What failed it"),
    ):
        old, new = getattr(stored, name), getattr(again, name)
        if old != new:
            yield Difference(part, name, f"{title}: {_shown(old)} is stored, {_shown(new)} comes out.", old, new)
    if stored.sections != again.sections:
        old, new = ([asdict(section) for section in one.sections] for one in (stored, again))
        wrong = [section.section for section in stored.sections if section not in again.sections]
        says = f"The scores of sections differ from what comes out{': ' if wrong else ''}{', '.join(wrong)}."
        yield Difference(part, "sections", says, old, new)


def compare_stamps(stamp: Stamp, models: Mapping[str, str], program: str) -> Iterator[Difference]:
    """Which model or program is another one today than the one that made an evaluation."""
    if stamp.program != program:
        says = (
            f"It was made by {stamp.program or 'an unnamed program'}, and this is {program}: "
            "it cannot be recomputed to the letter."
        )
        yield Difference(Part.PROGRAM, "", says, stamp.program, program)
    for name in sorted({*stamp.models, *models}):
        old, new = stamp.models.get(name), models.get(name)
        if old == new:
            continue
        if new is None:
            says = f"The model {name} that took part is no longer used: it cannot be recomputed to the letter."
        elif old is None:
            says = f"The model {name} takes part today and did not then: it cannot be recomputed to the letter."
        else:
            says = (
                f"The model {name} has changed since ({_short(old)} then, {_short(new)} now): "
                "it cannot be recomputed to the letter."
            )
        yield Difference(Part.MODELS, name, says, old, new)


def compare_signals(stored: Signals, measured: Signals) -> Iterator[Difference]:
    """Where what is stored as measured differs from what is measured again of the same transcript."""
    for name in sorted({*stored.measures, *measured.measures}):
        old, new = stored.measures.get(name), measured.measures.get(name)
        if old != new:
            says = f"The measure {name}: {_shown(old)} is stored, {_shown(new)} is measured."
            yield Difference(Part.SIGNALS, name, says, old, new)
    turns = [n for n, pair in enumerate(zip_longest(stored.valence, measured.valence)) if pair[0] != pair[1]]
    if turns:
        says = f"The valence of {_turns(turns)} is stored otherwise than it is measured."
        yield Difference(Part.SIGNALS, "valence", says, [_at(stored.valence, n) for n in turns[:MOST_LISTED]],
                         [_at(measured.valence, n) for n in turns[:MOST_LISTED]])  # fmt: skip
    for field in fields(Signals):
        if field.name in ("measures", "valence"):
            continue
        old_value, new_value = getattr(stored, field.name), getattr(measured, field.name)
        if isinstance(old_value, np.ndarray):
            yield from _compare_numbers(field.name, old_value, new_value)
        elif old_value != new_value:
            says = f"The stored {field.name.replace('_', ' ')} differ from those that are measured again."
            yield Difference(Part.SIGNALS, field.name, says)


def _compare_numbers(name: str, stored: Any, measured: Any) -> Iterator[Difference]:
    title = name.replace("_", " ")
    if stored.shape != measured.shape:
        says = f"The stored {title} are {stored.shape} numbers, {measured.shape} are measured."
        yield Difference(Part.SIGNALS, name, says, list(stored.shape), list(measured.shape))
    elif not np.array_equal(stored, measured, equal_nan=True):
        far = float(np.nanmax(np.abs(stored.astype(float) - measured.astype(float))))
        says = f"The stored {title} differ from those that are measured again, by up to {far:.4g}."
        yield Difference(Part.SIGNALS, name, says, None, far)


def _compare_results(stored: CriterionResult, again: CriterionResult) -> Iterator[Difference]:
    criterion = stored.criterion
    if stored.verdict is not again.verdict:
        says = f"{criterion}: “{_words(stored.verdict)}” is stored, “{_words(again.verdict)}” comes out."
        yield Difference(Part.VERDICT, criterion, says, stored.verdict, again.verdict)
    for name in ("answer", "probability", "points", "weight", "bonus", "fails", "section", "judged_by"):
        old, new = getattr(stored, name), getattr(again, name)
        if old != new:
            title = name.replace("_", " ")
            says = f"{criterion}: {title} is stored as {_shown(old)}, and comes out as {_shown(new)}."
            yield Difference(Part.VERDICT, criterion, says, old, new)
    for number, (old, new) in enumerate(zip_longest(stored.evidence, again.evidence), start=1):
        if old != new:
            says = f"{criterion}: evidence {number} is stored as {_quoted(old)}, and comes out as {_quoted(new)}."
            if _quoted(old) == _quoted(new):
                says = (
                    f"{criterion}: evidence {number}, {_quoted(old)}, has another {_what_differs(old, new)} than comes out."
                )
            yield Difference(Part.EVIDENCE, criterion, says, asdict(old) if old else None, asdict(new) if new else None)
    if stored.searched != again.searched:
        old_search, new_search = (asdict(one) if one else None for one in (stored.searched, again.searched))
        was, comes_out = _sought(stored.searched), _sought(again.searched)
        says = f"{criterion}: what was searched is stored as {was}, and comes out as {comes_out}."
        if was == comes_out:
            says = (
                f"{criterion}: what was searched, or the nearest thing found there, is stored otherwise than it comes out."
            )
        yield Difference(Part.EVIDENCE, criterion, says, old_search, new_search)


def _what_differs(old: Evidence | None, new: Evidence | None) -> str:
    names = [f.name for f in fields(Evidence) if old and new and getattr(old, f.name) != getattr(new, f.name)]
    return " and ".join(names)


def _quoted(evidence: Evidence | None) -> str:
    if evidence is None:
        return "nothing"
    if not evidence.quote:
        return f"“{evidence.why}”"
    return f"“{evidence.quote}”" + (f" in turn {evidence.turn + 1}" if evidence.turn is not None else "")


def _sought(searched: Searched | None) -> str:
    if searched is None:
        return "nothing"
    return f"{searched.turns} turns of {searched.speaker} for {searched.sought}"


def _turns(indexes: list[int]) -> str:
    shown = ", ".join(str(index + 1) for index in indexes[:MOST_LISTED])
    more = f" and {len(indexes) - MOST_LISTED} more" if len(indexes) > MOST_LISTED else ""
    return f"turn {shown}" if len(indexes) == 1 else f"turns {shown}{more}"


def _at(values: tuple[float, ...], index: int) -> float | None:
    return values[index] if index < len(values) else None


def _short(hash_: str) -> str:
    return hash_[:SHORT_HASH]


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)
