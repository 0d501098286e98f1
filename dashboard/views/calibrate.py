"""Do we judge the same call alike? Several people judge the same calls blind, and then see how far they agree.

Nothing that the machine found in a call is on this page or asked for by it, but the call's words and sound.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboard import access, data, data_calibration
from dashboard.data_calibration import Own
from dashboard.pages import CALIBRATE, whole_number
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.player import speaker_name
from dashboard.widgets.words import clock, count, day, literal, moment, percent, signed
from errors import AttuneError
from reviews.calibration import FEWEST_CALLS, Difference, OfReviewer
from scorecards.answers import Answer, AnswerType, Steps, Verdict
from scorecards.definition import Criterion
from scoring.agreement import Agreement
from settings import settings
from storage.access import Asker, may_manage_quality
from storage.calibration import Calibration, Given
from storage.queries import CallFilter
from storage.roles import Right

LATEST = 200
"""So many of the latest calls are offered for a session; the box finds one among them by what is typed."""

NOT_APPLICABLE, NONE_OF_THESE = "does not apply", "none of these"
"""Stand beside an option's values in the boxes; no option is called so, as values are identifiers."""


def show() -> None:
    """Draw the page: the sessions, or the one in the address."""
    asker = access.required_asker(Right.CORRECT)
    st.title("Calibration", anchor=False)
    if said := st.session_state.pop("calibrated", ""):
        st.success(said, icon=":material/check_circle:")
    chosen = whole_number("session")
    if chosen is None:
        _sessions(asker)
        return
    st.page_link(CALIBRATE, label="All calibrations", icon=":material/arrow_back:")
    one = data_calibration.find(asker, chosen)
    if one is None:
        nothing_here("No such calibration", "There is no calibration at this address, or you are none of its people.")
        return
    _one(asker, one)


# The sessions


def _sessions(asker: Asker) -> None:
    found = data_calibration.sessions(asker)
    if found:
        columns = [table.Column(name) for name in ("Calibration", "Calls", "Due", "State", "Finished")]
        rows = [
            table.Row(
                [
                    table.text(one.title, one.scorecard.title, link=True),
                    table.number(len(one.call_ids)),
                    table.text(day(one.due), sort=one.due.isoformat(), nowrap=True),
                    table.text(_state(asker, one)),
                    table.text(_finished(one)),
                ],
                id=str(one.id),
                href=f"/calibrate?session={one.id}",
            )
            for one in found
        ]
        if chosen := show_table_with_downloads("calibrations", "Calibrations", columns, rows):
            st.switch_page(CALIBRATE, query_params={"session": chosen})
    else:
        nothing_here(
            "No calibration yet",
            "In a calibration several people judge the same calls without seeing each other’s answers or the machine’s. "
            "A quality manager begins one; it appears here for the people in it.",
        )
    if may_manage_quality(asker):
        with st.expander("Begin a calibration", icon=":material/add:", expanded=not found):
            _begin(asker)


def _state(asker: Asker, one: Calibration) -> str:
    if one.closed_at is not None:
        return "closed, results are there"
    member = one.member(asker.user_id)
    waits = member is not None and not member.finished
    late = ", overdue" if one.due < datetime.now(UTC).date() else ""
    return f"{'waits for you' if waits else 'open'}{late}"


def _finished(one: Calibration) -> str:
    return f"{sum(member.finished for member in one.members)} of {len(one.members)}"


def _begin(asker: Asker) -> None:
    cards, people = data.filter_choices(asker).scorecards, data_calibration.who_can_judge(asker)
    left, right = st.columns(2)
    with left:
        title = st.text_input("Title", max_chars=120, placeholder="Greeting, March")
        card = st.selectbox("Scorecard", list(cards), format_func=cards.__getitem__)
    with right:
        due = st.date_input("Due", datetime.now(UTC).date() + timedelta(days=7), format="DD/MM/YYYY")
        expert = st.selectbox(
            "Expert (if there is one)",
            list(people),
            index=None,
            format_func=people.__getitem__,
            placeholder="Nobody",
            help="Their answers are the reference for everybody else’s.",
        )
    again = st.toggle(
        "Only calls that were judged blind before",
        help=f"Calls that somebody judged blind at least {settings().again_days} days ago: "
        "judged again they show who is steady.",
    )
    offered = _judged_before(asker, card) if again and card else _latest(asker)
    chosen = st.multiselect(
        "Calls", list(offered), format_func=offered.__getitem__, placeholder="Choose calls, or type to find"
    )
    members = st.multiselect("People", list(people), format_func=people.__getitem__, placeholder="Who judges them")
    st.caption(f"From {FEWEST_CALLS} calls on it is said how sure a figure is; with ten or more it says something.")
    if st.button("Begin", type="primary"):
        try:
            # Who asks is looked up again: the page may have stood open for longer than the session.
            begun = data_calibration.begin(access.required_asker(), title, card or "", chosen, members, due, expert)
        except AttuneError as error:
            st.error(literal(str(error)))
            return
        st.switch_page(CALIBRATE, query_params={"session": str(begun)})


def _latest(asker: Asker) -> Mapping[str, str]:
    rows = data.each(data.calls(asker, CallFilter(), LATEST))
    return {row.call_id: _call_words(row.started_at, row.customer, row.agent) for row in rows}


def _judged_before(asker: Asker, scorecard: str) -> Mapping[str, str]:
    return {
        one.call_id: f"{_call_words(one.started_at, one.customer, one.agent)}, judged before by {', '.join(one.people)}"
        for one in data_calibration.judged_before(asker, scorecard)
    }


def _call_words(when: datetime, customer: Any, agent: Any) -> str:
    return f"{moment(when)}: {customer or 'a customer'} and {agent or 'an agent'}"


# One session


def _one(asker: Asker, one: Calibration) -> None:
    st.subheader(literal(one.title), anchor=False)
    facts = (
        one.scorecard.title,
        count(len(one.call_ids), "call"),
        f"due {day(one.due)}",
        f"{_finished(one)} have finished",
        f"begun by {one.author}",
    )
    st.caption(literal(" · ".join(facts)))
    member = one.member(asker.user_id)
    if one.closed_at is not None:
        _results(asker, one)
        return
    if may_manage_quality(asker):
        st.markdown(
            "  \n".join(f"{literal(who.name)}: {'finished' if who.finished else 'not finished yet'}" for who in one.members)
        )
        if st.button("Close it now", help="With the answers that there are; nobody can answer afterwards."):
            _do(lambda: data_calibration.close(access.required_asker(), one.id), "Closed. These are the results.")
    if member is None:
        st.info("The results open once everybody has finished, or you close it.")
    elif member.finished:
        st.info("You have finished. The results open once everybody has, or a quality manager closes it.")
    else:
        _judge(asker, one)


def _do(what: Any, said: str) -> None:
    try:
        what()
    except AttuneError as error:
        st.error(literal(str(error)))
        return
    st.session_state["calibrated"] = said
    st.rerun()


def _judge(asker: Asker, one: Calibration) -> None:
    own = data_calibration.own(asker, one)
    open_in = [call_id for call_id, _ in own.missing]
    places = {call_id: number for number, call_id in enumerate(one.call_ids, 1)}

    def call_words(call_id: str) -> str:
        left = open_in.count(call_id)
        return f"Call {places[call_id]}: {count(left, 'question') + ' open' if left else 'all answered'}"

    call_id = st.selectbox("Call", one.call_ids, format_func=call_words, key=f"calibrated call {one.id}")
    left, right = st.columns([6, 5], gap="large")
    with left:
        _heard(asker, call_id)
    with right:
        _questions(one, call_id, own)
    st.divider()
    if own.missing:
        st.markdown(f"{count(len(own.missing), 'question is', 'questions are')} still open in all calls together.")
    if st.button(
        "I am done", type="primary", disabled=bool(own.missing), help="Your answers stay as they are from then on."
    ):
        _do(lambda: data_calibration.finish(access.required_asker(), one.id), "Thank you, your answers are kept.")


def _heard(asker: Asker, call_id: str) -> None:
    """The call's sound and words, and nothing else."""
    details = data.call_details(asker, call_id)
    if details is None:
        st.write("This call is no longer there.")
        return
    if details.facts.recording is not None:
        st.html(f'<audio controls preload="none" style="width: 100%" src="/audio/{escape(call_id, quote=True)}"></audio>')
    with st.container(height=620):
        for turn in details.transcript.turns:
            when = f"{clock(turn.start)} " if turn.start is not None else ""
            st.markdown(
                f"{when}**{literal(speaker_name(details.transcript, turn))}**: {literal(' '.join(turn.text.split()))}"
            )


def _questions(one: Calibration, call_id: str, own: Own) -> None:
    still = {criterion for call, criterion in own.missing if call == call_id}
    given = {criterion: answer for (call, criterion), answer in own.given.items() if call == call_id}
    for criterion in data_calibration.questions(one, given):
        with st.container(border=True):
            st.markdown(f"**{literal(criterion.question)}**")
            _question(one, call_id, criterion, given.get(criterion.id))
            st.caption("not answered yet" if criterion.id in still else "saved")
    if said := st.session_state.pop("not saved", ""):
        st.error(literal(said))


def _question(one: Calibration, call_id: str, criterion: Criterion, given: Given | None) -> None:
    """The question's answers; whatever is changed is saved at once."""
    key = f"{one.id} {call_id} {criterion.id}"
    labels = {option.value: option.label for option in criterion.options}
    names = {**labels, NONE_OF_THESE: "None of these", NOT_APPLICABLE: "Does not apply"}
    asking: dict[str, Any] = {"label_visibility": "collapsed", "on_change": _save, "args": (one.id, call_id, criterion, key)}
    st.session_state.setdefault(f"answer {key}", _in_box(criterion, given))
    if criterion.type is AnswerType.NUMBER:
        st.session_state.setdefault(f"applies not {key}", given is not None and given.answer is None)
        unit = criterion.answers.unit if isinstance(criterion.answers, Steps) else ""
        st.number_input(criterion.question, key=f"answer {key}", placeholder=unit or "A number", **asking)
        st.checkbox("Does not apply", key=f"applies not {key}", on_change=_save, args=asking["args"])
    elif criterion.type is AnswerType.SEVERAL:
        st.multiselect(criterion.question, list(names), key=f"answer {key}", format_func=names.__getitem__, **asking)
    else:
        values = [*labels, NOT_APPLICABLE]
        wide = len(values) <= 4
        st.radio(criterion.question, values, key=f"answer {key}", format_func=names.__getitem__, horizontal=wide, **asking)
    st.session_state.setdefault(f"comment {key}", given.comment if given else "")
    st.text_input("Comment", key=f"comment {key}", max_chars=500, placeholder="Why? (if you like)", **asking)


def _in_box(criterion: Criterion, given: Given | None) -> Any:
    """A kept answer as its box shows it."""
    if criterion.type is AnswerType.SEVERAL:
        if given is None:
            return []
        if given.answer is None:
            return [NOT_APPLICABLE]
        return list(given.answer) if isinstance(given.answer, tuple) and given.answer else [NONE_OF_THESE]
    if given is None:
        return None
    return given.answer if given.answer is not None or criterion.type is AnswerType.NUMBER else NOT_APPLICABLE


def _save(calibration_id: int, call_id: str, criterion: Criterion, key: str) -> None:
    """Keep what stands in a question's boxes. A comment without an answer waits for the answer."""
    boxed = st.session_state[f"answer {key}"]
    not_applicable = st.session_state.get(f"applies not {key}", False)
    if boxed in (None, []) and not not_applicable:
        return
    answer: Answer | None
    ticked: list[str] = boxed if isinstance(boxed, list) else []
    if not_applicable or boxed == NOT_APPLICABLE or NOT_APPLICABLE in ticked:
        answer = None
    elif isinstance(boxed, list):
        answer = () if NONE_OF_THESE in boxed else tuple(boxed)
    else:
        answer = boxed
    verdict = Verdict.NOT_APPLICABLE if answer is None else None
    if isinstance(boxed, list):
        st.session_state[f"answer {key}"] = (
            [NOT_APPLICABLE] if NOT_APPLICABLE in ticked else [NONE_OF_THESE] if NONE_OF_THESE in ticked else ticked
        )
    try:
        comment = st.session_state.get(f"comment {key}", "")
        data_calibration.answer(
            access.required_asker(Right.CORRECT), calibration_id, call_id, criterion.id, verdict, answer, comment
        )
    except AttuneError as error:
        st.session_state["not saved"] = str(error)


# The results


def _results(asker: Asker, one: Calibration) -> None:
    found, comments = data_calibration.outcome(asker, one.id)
    if not found.calls:
        nothing_here("Nobody answered", "It was closed before anybody had answered a question.")
        return
    names = {member.user_id: member.name for member in one.members}
    questions = {criterion.id: criterion.question for _, criterion in one.scorecard}
    expert = names.get(one.expert_id or 0, "")
    st.markdown(
        f"Two people gave the same answer in **{_plain(found.agreement)}** of cases. These answers are in no score and no "
        "average."
    )
    st.caption(
        f"With a probability of 90 % a range holds what many more such calls would show; it is given from "
        f"{FEWEST_CALLS} calls on. Beyond chance (Krippendorff’s alpha): 1 is full agreement, 0 what guessing would give."
    )
    st.subheader("By question", anchor=False)
    with_expert = [table.Column(f"With {expert}")] if expert else []
    columns = [
        table.Column("Question"),
        table.Column("Alike"),
        table.Column("Beyond chance"),
        *with_expert,
        table.Column("Wording"),
    ]
    rows = [
        table.Row(
            [
                table.text(questions[of.criterion]),
                _share(of.agreement),
                _alpha(of.alpha),
                *([_share(of.with_expert)] if expert else []),
                table.text("seems to be understood in several ways" if of.wording else "nothing seen"),
            ]
        )
        for of in found.questions
    ]
    show_table_with_downloads("calibrated questions", "Questions", columns, rows)
    if any(of.wording for of in found.questions):
        st.caption(
            "A wording is doubted where people agree clearly less on the question than on all others, and no single person "
            "is why."
        )
    st.subheader("By reviewer", anchor=False)
    columns = [table.Column("Reviewer"), table.Column("Like the others"), *with_expert]
    columns += [table.Column("Strict or lenient"), table.Column("Like their own answers before")]
    rows = [_person(of, names, expert) for of in found.reviewers]
    show_table_with_downloads("calibrated people", "Reviewers", columns, rows)
    if comments:
        places = {call_id: number for number, call_id in enumerate(one.call_ids, 1)}
        st.subheader("What was written to the answers", anchor=False)
        rows = [
            table.Row(
                [
                    table.number(places[said.call_id]),
                    table.text(questions[said.criterion]),
                    table.text(said.name),
                    table.text(said.words),
                ]
            )
            for said in comments
        ]
        heads = [table.Column(name) for name in ("Call", "Question", "Who", "Comment")]
        show_table_with_downloads("calibrated comments", "Comments", heads, rows)


def _person(of: OfReviewer, names: Mapping[int, str], expert: str) -> table.Row:
    return table.Row(
        [
            table.text(names[of.reviewer]),
            _share(of.with_others),
            *([_share(of.with_expert)] if expert else []),
            _leaning(of.difference),
            _share(of.again) if of.again else table.text("judged none of them before", sort=-1),
        ]
    )


def _plain(agreed: Agreement) -> str:
    return percent(agreed.value) if agreed.value is not None else "no"


def _share(agreed: Agreement | None) -> table.Cell:
    if agreed is None or agreed.value is None:
        return table.text("nothing to compare", sort=-1)
    if agreed.low is None or agreed.high is None:
        return table.text(percent(agreed.value), "not enough calls to say how sure", sort=agreed.value)
    return table.text(percent(agreed.value), f"likely {percent(agreed.low)} to {percent(agreed.high)}", sort=agreed.value)


def _alpha(agreed: Agreement) -> table.Cell:
    if agreed.value is None:
        return table.text("not enough calls to say, or all alike", sort=-2)
    between = "" if agreed.low is None or agreed.high is None else f"likely {agreed.low:.2f} to {agreed.high:.2f}"
    return table.text(f"{agreed.value:.2f}", between, sort=agreed.value)


def _leaning(found: Difference) -> table.Cell:
    if found.value is None or found.low is None or found.high is None:
        return table.text("not enough calls to say", sort=0)
    word = "strict" if found.strict else "lenient" if found.lenient else "neither, as far as can be told"
    value, low, high = (signed(100 * one, 0) for one in (found.value, found.low, found.high))
    ranges = f"{value} points of 100 a question, likely {low} to {high}"
    return table.text(word, ranges, sort=found.value)


if __name__ == "__main__":
    show()
