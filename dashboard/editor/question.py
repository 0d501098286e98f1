"""How is one question written: what it asks, how it is answered, what it is worth, and when it is asked at all?"""

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.editor import sheet as on
from dashboard.editor.fields import rule_form
from dashboard.editor.sheet import Sheet
from dashboard.editor.work import Work
from dashboard.widgets.words import VERDICTS, literal
from scorecards.answers import AnswerType, Verdict
from scorecards.definition import Fails
from scorecards.load import Place

TYPES: Mapping[str, str] = {
    AnswerType.YES_NO: "Yes or no (met, partly, not met)",
    AnswerType.SCALE: "A scale of numbers",
    AnswerType.CHOICE: "One of several answers",
    AnswerType.SEVERAL: "Several answers at once",
    AnswerType.NUMBER: "A number",
}
FAILURES: Mapping[str, str] = {
    Fails.NOTHING: "Nothing else is lost",
    Fails.SECTION: "Its whole section counts as 0",
    Fails.SCORECARD: "The whole call fails, with a total of 0",
}
_COUNTING = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET)
_DEFAULT_POINTS = {Verdict.MET: 1.0, Verdict.PARTLY: 0.5, Verdict.NOT_MET: 0.0}
_EARNS = "In percent of the question's weight; below 0 it takes points away."


def question_form(sheet: Sheet, section: int, at: int) -> None:
    """Draw the whole form of a question, by the places of its section and its own."""
    work = sheet.work
    question = work.sections[section]["criteria"][at]
    place = ("sections", section, "criteria", at)
    on.text(
        sheet, question, "question", place, "The question", help="As a reviewer would ask it, so that yes is good.",
        placeholder="Did the agent say their name at the start?",
    )  # fmt: skip
    rule_form(sheet, question, place)
    _worth(sheet, question, place)
    _answers(sheet, question, place)
    _when_asked(sheet, question, place)
    with st.expander("Comment, coaching tip and target", expanded=_filled(question, "comment_required", "tip", "target")):
        on.choices(
            sheet, question, "comment_required", place, "A reviewer has to say why, for", known_answers(question),
            help="Nobody can give these answers without a word why.", placeholder="No answer",
        )  # fmt: skip
        on.paragraph(
            sheet, question, "tip", place, "Coaching tip", help="What a coach would say to somebody who misses it.",
            placeholder="Give your name in your first breath.",
        )  # fmt: skip
        on.number(
            sheet, question, "target", place, "Should be met in … % of calls", percent=True,
            help="Coaching measures gaps against it. Leave it empty for the usual target.",
        )  # fmt: skip
    sheet.say(*place)


def share_of(work: Work, question: Mapping[str, Any]) -> float | None:
    """The share of 100 that a question makes where every question counts; None for a bonus, and where it has no weight."""
    own = weight_of(question)
    if own is None or question.get("bonus") is True:
        return None
    weights = [weight_of(one) for _, _, one in work.questions() if one.get("bonus") is not True]
    return 100 * own / sum(weight for weight in weights if weight is not None)


def weight_of(question: Mapping[str, Any]) -> float | None:
    """Its weight; None where what stands there is none."""
    weight = question.get("weight", 1)
    return float(weight) if isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0 else None


def _worth(sheet: Sheet, question: dict[str, Any], place: Place) -> None:
    weight, share, bonus = st.columns([2, 2, 3], vertical_alignment="bottom")
    with weight:
        on.number(sheet, question, "weight", place, "Weight", default=1, help="How much it counts beside the others.")
    with bonus:
        given = st.checkbox(
            "Bonus",
            question.get("bonus") is True,
            key=sheet.work.key(*place, "bonus"),
            help="What it earns comes on top; missing it costs nothing.",
        )
        if given:
            question["bonus"] = True
        else:
            question.pop("bonus", None)
        sheet.say(*place, "bonus")
    own = share_of(sheet.work, question)
    share.markdown("comes on top" if own is None else f"= **{own:.1f}** of 100")


# Answers


def known_answers(question: Mapping[str, Any]) -> dict[str, str]:
    """The answers of a question by their values, with does not apply."""
    answers = question.get("answers")
    options = answers.get("options") if isinstance(answers, Mapping) else None
    if isinstance(options, list):
        found = {str(o.get("value")): _label(o) for o in options if isinstance(o, Mapping) and o.get("value") is not None}
    else:
        found = {verdict.value: VERDICTS[verdict] for verdict in _COUNTING}
    return {**found, Verdict.NOT_APPLICABLE.value: VERDICTS[Verdict.NOT_APPLICABLE]}


def _label(option: Mapping[str, Any]) -> str:
    label = option.get("label")
    return label if isinstance(label, str) and label else str(option.get("value", "")).replace("_", " ").capitalize()


def _answers(sheet: Sheet, question: dict[str, Any], place: Place) -> None:
    raw = question.get("answers")
    answers: dict[str, Any] = raw if isinstance(raw, dict) else {}
    where = (*place, "answers")
    with st.expander("Answers and what they earn", expanded=bool(answers), key=sheet.work.key(*where, "open")):
        before = answers.get("type", AnswerType.YES_NO.value)
        on.choice(sheet, answers, "type", where, "It is answered with", TYPES, default=AnswerType.YES_NO.value)
        kind = answers.get("type", AnswerType.YES_NO.value)
        if kind != before:
            sheet.work.then(lambda: _begin_answers(question, kind))
        elif kind == AnswerType.YES_NO:
            _yes_no(sheet, answers, where)
        elif kind == AnswerType.NUMBER:
            _steps(sheet, answers, where)
        elif kind in TYPES:
            _options(sheet, answers, where, kind)
        on.choice(
            sheet, question, "fails", place, "Where it is not met", FAILURES, default=Fails.NOTHING.value,
            help="Automatic failure: what is lost besides the points of this question.",
        )  # fmt: skip
        sheet.say(*where)
    if answers:
        question["answers"] = answers
    else:
        question.pop("answers", None)


def _begin_answers(question: dict[str, Any], kind: str) -> None:
    """Something to begin with where another type of answer was chosen."""
    met, partly, not_met = (verdict.value for verdict in _COUNTING)
    match kind:
        case AnswerType.SCALE:
            stands = {1: not_met, 3: partly, 5: met}
            options: list[dict[str, Any]] = [{"value": n, "label": str(n), "points": (n - 1) / 4} for n in range(1, 6)]
            options = [{**o, **({"stands_for": stands[o["value"]]} if o["value"] in stands else {})} for o in options]
            question["answers"] = {"type": kind, "options": options}
        case AnswerType.CHOICE:
            options = [
                {"value": "good", "label": "Good", "points": 1, "stands_for": met},
                {"value": "poor", "label": "Poor", "points": 0, "stands_for": not_met},
            ]
            question["answers"] = {"type": kind, "options": options}
        case AnswerType.SEVERAL:
            first = {"value": "first_thing", "label": "First thing", "points": 0.5}
            question["answers"] = {
                "type": kind,
                "options": [first, {"value": "second_thing", "label": "Second thing", "points": 0.5}],
            }
        case AnswerType.NUMBER:
            question["answers"] = {"type": kind, "steps": [{"up_to": 1, "points": 1}, {"points": 0}]}
        case _:
            question.pop("answers", None)
    question.pop("comment_required", None)


def _yes_no(sheet: Sheet, answers: dict[str, Any], where: Place) -> None:
    for column, verdict in zip(st.columns(3), _COUNTING, strict=True):
        with column:
            on.number(
                sheet, answers, verdict.value, where, f"{VERDICTS[verdict]} earns, in %", percent=True,
                default=_DEFAULT_POINTS[verdict], help=_EARNS,
            )  # fmt: skip


def _options(sheet: Sheet, answers: dict[str, Any], where: Place, kind: str) -> None:
    raw = answers.get("options")
    options: list[Any] = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    answers["options"] = options
    stands_for = {"": "a person alone", **{verdict.value: VERDICTS[verdict].lower() for verdict in _COUNTING}}
    # A scale has a number of its own before each label.
    widths, heads = [3.0, 2.0, 3.0, 1.0], ["Answer", "Earns, in %", "The machine gives it for", ""]
    if kind == AnswerType.SCALE:
        widths, heads = [1.3, *widths], ["Number", *heads]
    if options:
        for column, words in zip(st.columns(widths), heads, strict=True):
            column.caption(words)
    for at, option in enumerate(options):
        own = (*where, "options", at)
        *first, label, points, stands, out = st.columns(widths, vertical_alignment="top")
        for column in first:
            with column:
                on.number(sheet, option, "value", own, "Number on the scale", hidden=True)
        with label:
            _option_label(sheet, option, own, kind, options)
        with points:
            on.number(sheet, option, "points", own, "Earns, in %", percent=True, hidden=True)
        with stands:
            held = option.get("stands_for", "")
            given = st.selectbox(
                "The machine gives it for",
                list(stands_for),
                index=list(stands_for).index(held) if held in stands_for else 0,
                format_func=stands_for.__getitem__,
                key=sheet.work.key(*own, "stands_for"),
                label_visibility="collapsed",
            )
            if given:
                option["stands_for"] = given
            else:
                option.pop("stands_for", None)
            sheet.say(*own, "stands_for")
        with out:
            if st.button("", icon=":material/close:", key=sheet.work.key(*own, "out"), help="Take it out", type="tertiary"):
                on.later(sheet, lambda at=at: options.pop(at))  # type: ignore[misc]
        sheet.say(*own)
    if st.button("Add an answer", icon=":material/add:", key=sheet.work.key(*where, "add")):
        on.later(sheet, lambda: options.append(_new_option(options, kind)))
    if kind == AnswerType.SEVERAL:
        on.number(
            sheet, answers, "at_most", where, "Together at most, in %", percent=True, default=1.0,
            help="The points of all that is ticked are added up to this.",
        )  # fmt: skip
    sheet.say(*where, "options")


def _option_label(sheet: Sheet, option: dict[str, Any], own: Place, kind: str, options: list[Any]) -> None:
    """The label of an option. A new option's value follows from its label."""
    shown = _label(option)
    given = st.text_input(
        "Answer", shown, key=sheet.work.key(*own, "label"), label_visibility="collapsed", live=True, placeholder="Answer"
    ).strip()
    if given and given != shown:
        option["label"] = given
        if kind != AnswerType.SCALE and str(option.get("value", "")).startswith("answer_"):
            option["value"] = free_id(given, [str(one.get("value")) for one in options if one is not option], "answer")
    if kind != AnswerType.SCALE:
        sheet.say(*own, "value")
    sheet.say(*own, "label")


def _new_option(options: list[Any], kind: str) -> dict[str, Any]:
    if kind == AnswerType.SCALE:
        numbers = [one.get("value") for one in options if isinstance(one.get("value"), int)]
        value = max(numbers, default=0) + 1
        return {"value": value, "label": str(value), "points": 1}
    value = free_id("answer", [*(str(one.get("value")) for one in options), "answer"], "answer")
    return {"value": value, "label": f"Answer {len(options) + 1}", "points": 0}


def _steps(sheet: Sheet, answers: dict[str, Any], where: Place) -> None:
    raw = answers.get("steps")
    steps: list[Any] = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    answers["steps"] = steps
    on.text(sheet, answers, "unit", where, "What is counted", placeholder="seconds, times, …")
    for at, step in enumerate(steps):
        own = (*where, "steps", at)
        last = at == len(steps) - 1
        to, points, out = st.columns([3, 3, 1], vertical_alignment="bottom")
        with to:
            if last and step.get("up_to") is None:
                st.markdown("and everything above")
            else:
                on.number(sheet, step, "up_to", own, "Up to and including")
        with points:
            on.number(sheet, step, "points", own, "Earns, in %", percent=True, help=_EARNS)
        with out:
            if st.button("", icon=":material/close:", key=sheet.work.key(*own, "out"), help="Take it out", type="tertiary"):
                on.later(sheet, lambda at=at: steps.pop(at))  # type: ignore[misc]
        sheet.say(*own)
    if st.button("Add a step", icon=":material/add:", key=sheet.work.key(*where, "add")):
        on.later(sheet, lambda: steps.insert(max(len(steps) - 1, 0), {"up_to": _above(steps), "points": 0}))
    sheet.say(*where, "steps")


def _above(steps: list[Any]) -> float:
    known = [step["up_to"] for step in steps if isinstance(step.get("up_to"), int | float)]
    return max(known, default=0) + 1


# When it is asked


def _when_asked(sheet: Sheet, question: dict[str, Any], place: Place) -> None:
    filled = _filled(question, "applies_when", "asked_when")
    with st.expander("When it is asked", expanded=filled, key=sheet.work.key(*place, "asked")):
        held = question.get("applies_when")
        on_calls = st.toggle(
            "Only of calls where something holds",
            isinstance(held, dict),
            key=sheet.work.key(*place, "applies_when", "on"),
            help="Such as: the customer complained. Of other calls it is not asked, and it costs nothing there.",
        )
        if on_calls:
            rule: dict[str, Any] = held if isinstance(held, dict) else {"kind": "says.v1", "with": {"speaker": "customer"}}
            question["applies_when"] = rule
            with st.container(border=True):
                rule_form(sheet, rule, (*place, "applies_when"), "It is asked where there are")
                sheet.say(*place, "applies_when")
        else:
            question.pop("applies_when", None)
        _on_another_answer(sheet, question, place)


def _on_another_answer(sheet: Sheet, question: dict[str, Any], place: Place) -> None:
    """Asked only where another question was answered so."""
    held = question.get("asked_when")
    others = {
        str(one["id"]): str(one.get("question") or "A question without words")
        for _, _, one in sheet.work.questions()
        if isinstance(one.get("id"), str) and one is not question
    }
    wanted = st.toggle(
        "Only where another question was answered so",
        isinstance(held, dict),
        key=sheet.work.key(*place, "asked_when", "on"),
        disabled=not others and not isinstance(held, dict),
        help="It is shown to a reviewer, and counts, only then.",
    )
    if not wanted:
        question.pop("asked_when", None)
        return
    asked: dict[str, Any] = held if isinstance(held, dict) else {"criterion": next(iter(others)), "is": ["met"]}
    question["asked_when"] = asked
    where = (*place, "asked_when")
    with st.container(border=True):
        on.choice(sheet, asked, "criterion", where, "The other question", others)
        found = sheet.work.find(str(asked.get("criterion")))
        on.choices(sheet, asked, "is", where, "was answered", known_answers(found[2]) if found else {})
        sheet.say(*where)


def _filled(question: Mapping[str, Any], *names: str) -> bool:
    return any(name in question for name in names)


# Ids


def free_id(words: str, taken: list[str], otherwise: str) -> str:
    """A short name made of words, that nothing else has: `says_their_name`."""
    made = "_".join(re.findall(r"[a-z0-9]+", words.lower())[:6]).lstrip("0123456789_")[:40].rstrip("_") or otherwise
    names = (made, *(f"{made}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def show_name(question: Mapping[str, Any]) -> str:
    """A question for a list: its words, or that it has none yet."""
    given = question.get("question")
    return literal(given) if isinstance(given, str) and given else "*A question without words*"
