"""What does the draft say of real calls, while it is being written?

Beside the form stand calls with the answer to the question at work, its evidence and why; a person marks each answer right
or wrong, and sees with every change how many of the marked calls are right.
"""

from collections import Counter
from typing import Any

import streamlit as st

from dashboard import data, data_scorecards
from dashboard.editor.places import done
from dashboard.editor.work import Work
from dashboard.pages import call_address
from dashboard.widgets.component import widget
from dashboard.widgets.frame import NO_CALLS_YET
from dashboard.widgets.words import VERDICTS, count, moment, plain
from exports.words import searched_words
from pipeline.try_out import Agreement, Tried, agreement, sound_part, try_out
from scorecards.definition import Criterion
from scoring.asked import answer_words
from scoring.result import CriterionResult, Evidence, Verdict
from storage.access import Asker
from storage.records import CallFilter
from storage.scorecard_drafts import Mark

_trial = widget("trial")

CALLS = 10
MOST_CALLS = 40


def show_trial(asker: Asker, work: Work, criterion: str | None) -> None:
    """Draw the calls with what the draft says of them: of one question, or the totals."""
    st.subheader("On real calls", anchor=False)
    ids = _choose(asker)
    marks = data_scorecards.marks(asker, work.draft.id)
    marked = [mark.call_id for mark in marks if mark.criterion == criterion]
    calls = data_scorecards.measured_calls(asker, tuple(dict.fromkeys([*marked, *ids]))[:MOST_CALLS])
    if not calls:
        st.markdown(NO_CALLS_YET if not st.session_state.get("trial words") else "No call has these words.")
        return
    tried = try_out(work.data, calls, only=criterion)
    if all(one.evaluation is None for one in tried):
        st.markdown("As soon as this makes sense, it is tried on these calls." if criterion else tried[0].why)
        return
    if criterion is None:
        _show_totals(tried)
    else:
        _show_answers(asker, work, criterion, tried, marks)


def _choose(asker: Asker) -> list[str]:
    """The calls to try it on: the last ones, or those in which something was said, or somebody's."""
    words, agent = st.columns(2)
    with words:
        said = st.text_input(
            "Calls with the words", key="trial words", placeholder="The last ten", live=True,
            help='Words that were said in one turn; "in quotes" as they stand.'
            + (f" {data.WHOLE_WORDS}" if data.finds_whole_words() else ""),
        )  # fmt: skip
    with agent:
        agents = data.filter_choices(asker).agents
        chosen = st.selectbox(
            "Agent", list(agents), index=None, format_func=agents.__getitem__, placeholder="All", key="trial agent"
        )
    wanted = CallFilter(words=said or "", agent_ids=() if chosen is None else (chosen,))
    return [str(call) for call in data.calls(asker, wanted, CALLS)["call_id"]]


def _show_totals(tried: tuple[Tried, ...]) -> None:
    totals = [one.evaluation.total for one in tried if one.evaluation and one.evaluation.total is not None]
    failed = sum(bool(one.evaluation and one.evaluation.failed_by) for one in tried)
    said = f"Mean total {sum(totals) / len(totals):.0f} of 100" if totals else "Nothing counts yet"
    st.markdown(f"**{said}** over {count(len(tried), 'call')}" + (f", {failed} failed by one answer" if failed else ""))
    rows = [
        {
            "id": one.call.call_id,
            "title": _title(one),
            "when": moment(one.call.started_at),
            "href": call_address(one.call.call_id),
            "total": one.evaluation.total if one.evaluation else None,
            "why": _waiting(one),
        }
        for one in tried
    ]
    _trial(key="trial-totals", data={"calls": rows, "marks": False}, on_mark_change=_nothing_else)


def _waiting(one: Tried) -> str:
    if one.evaluation is None:
        return one.why
    unsure = len(one.evaluation.unsure)
    failed = "failed by one answer" if one.evaluation.failed_by else ""
    return "; ".join(filter(None, [failed, f"{unsure} left to a person" if unsure else ""]))


def _show_answers(asker: Asker, work: Work, criterion: str, tried: tuple[Tried, ...], marks: tuple[Mark, ...]) -> None:
    results = [(one, result) for one in tried if (result := one.result(criterion)) is not None]
    numbers = Counter(result.verdict for _, result in results)
    st.markdown(" · ".join(f"**{numbers[v]}** {VERDICTS[v].lower()}" for v in Verdict if numbers[v]))
    agrees = agreement(criterion, tried, marks)
    st.markdown(_agreement_words(agrees))
    own = {mark.call_id: mark for mark in marks if mark.criterion == criterion}
    scorecard = sound_part(work.data)
    asked = scorecard.criterion(criterion) if scorecard else None
    rows = [_row(one, result, asked, own.get(one.call.call_id), agrees) for one, result in results]
    said = _trial(
        key=f"trial-{criterion}", data={"calls": rows, "marks": True}, on_mark_change=_nothing_else
    ).mark  # fmt: skip
    if said:
        call_id, _, how = str(said).partition(" ")
        verdict = next((result.verdict for one, result in results if one.call.call_id == call_id), None)
        right = {"right": True, "wrong": False}.get(how)
        if verdict is not None and done(
            lambda: data_scorecards.mark_call(asker, work.draft.id, criterion, call_id, verdict, right)
        ):
            work.then(lambda: None)


def _agreement_words(agrees: Agreement) -> str:
    if not agrees.marked:
        return ":gray[Say of each answer whether it is right: then you see with every change how many still are.]"
    symbol = ":material/check_circle:" if agrees.right == agrees.marked else ":material/error:"
    return f"{symbol} **{agrees.right} of {count(agrees.marked, 'marked call')} right**"


def _row(
    one: Tried, result: CriterionResult, asked: Criterion | None, mark: Mark | None, agrees: Agreement
) -> dict[str, Any]:
    searched = result.searched
    return {
        "id": one.call.call_id,
        "title": _title(one),
        "when": moment(one.call.started_at),
        "href": call_address(one.call.call_id),
        "verdict": result.verdict.value,
        "answer": None if asked is None or result.answer is None else answer_words(asked, result),
        "probability": result.probability,
        "evidence": [{"quote": item.quote, "why": plain(item.why)} for item in _quotes_first(result)],
        "searched": searched_words(searched) if searched else "",
        "nearest": searched.nearest.quote if searched and searched.nearest else "",
        "mark": None if mark is None else "right" if mark.right else "wrong",
        "agrees": one.call.call_id not in agrees.wrong,
    }


def _quotes_first(result: CriterionResult) -> list[Evidence]:
    """The evidence with what was said in front of what was made of it: there is room for one piece."""
    return sorted(result.evidence, key=lambda item: not item.quote)


def _title(one: Tried) -> str:
    return " and ".join(filter(None, [one.call.customer or "A customer", one.call.agent or "an agent"]))


def _nothing_else() -> None:
    """A mark reruns the page, which sees it; there is nothing to do before."""
