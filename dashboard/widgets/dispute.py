"""What does an agent say to an evaluation: that they have read it, that an answer is wrong, and what came of that?

On a call's page the agent says it there; whoever else sees the call reads what was said. On their own page an agent is told
what was decided.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import streamlit as st

from dashboard import access, data_disputes
from dashboard.pages import DISPUTES, open_call
from dashboard.widgets.words import VERDICTS, clock, count, literal, moment, plain, total
from errors import AttuneError
from reviews.disputes import DisputeState
from scoring.result import CriterionResult
from storage.access import Asker, Role
from storage.dispute_lists import Dispute
from storage.disputes import answer_in_words
from storage.records import CallDetails, StoredEvaluation

READ = "I have read this"
DISPUTE = "Dispute an answer"
TAKE_BACK = "Take it back"

LONGEST = 2000
"""Letters that a reason or a note may have; enough for anybody's case."""

_NEWS = 5
"""Decided and open disputes, each, that an agent's own page tells of; all of them stand on the pages of their calls."""

_NEWS_DAYS = 30
"""How long a decision is news on the agent's own page."""


class StateWords(NamedTuple):
    """A dispute's state as a word, a shape and a colour."""

    word: str
    icon: str
    colour: str


STATES: Mapping[DisputeState, StateWords] = {
    DisputeState.OPEN: StateWords("open", ":material/hourglass_empty:", "violet"),
    DisputeState.UPHELD: StateWords("upheld", ":material/check_circle:", "green"),
    DisputeState.KEPT: StateWords("answer stays", ":material/do_not_disturb_on:", "orange"),
    DisputeState.WITHDRAWN: StateWords("taken back", ":material/undo:", "gray"),
}


def by_whom(answered_by: str) -> str:
    """Whose answer it was."""
    return literal(answered_by) if answered_by else "the machine"


def disputed_answer(dispute: Dispute) -> str:
    """The answer that is disputed, in the scorecard's words or as a verdict."""
    return literal(dispute.answer_words) if dispute.answer_words else VERDICTS[dispute.answer]


def answer_after(dispute: Dispute) -> str:
    """The answer that a decision left; empty while there is none."""
    if dispute.answer_after_words:
        return literal(dispute.answer_after_words)
    return VERDICTS[dispute.answer_after] if dispute.answer_after else ""


def outcome_words(dispute: Dispute) -> str:
    """What has become of a dispute, as a sentence."""
    answer = disputed_answer(dispute)
    match dispute.state:
        case DisputeState.OPEN:
            return "It waits for a decision."
        case DisputeState.WITHDRAWN:
            return "It was taken back before anybody decided."
        case DisputeState.KEPT:
            now = answer if dispute.answer_after is None else answer_after(dispute)
            return f"The answer stays: {now}."
        case DisputeState.UPHELD:
            after = answer_after(dispute) if dispute.answer_after else answer
            return f"The answer was {answer} and is now {after}; {_total_words(dispute)}."


def _total_words(dispute: Dispute) -> str:
    before, after = total(dispute.total_before), total(dispute.total_after)
    if dispute.total_before is None and dispute.total_after is None:
        return "no total changes, as the call was judged again without this question"
    return f"the total stays at {after}" if before == after else f"the total went from {before} to {after}"


def badge(dispute: Dispute) -> str:
    """The state of a dispute, as Markdown."""
    words = STATES[dispute.state]
    return f":{words.colour}-badge[{words.icon} {words.word}]"


def _news(dispute: Dispute) -> str:
    """What an agent is told of a dispute of theirs."""
    if dispute.settled_at is not None and dispute.state is not DisputeState.WITHDRAWN:
        return (
            f"Decided on {moment(dispute.settled_at)} by {literal(dispute.settled_by)}: {outcome_words(dispute)}"
            f"  \n“{literal(' '.join(dispute.decision.split()))}”"
        )
    return outcome_words(dispute)


# On a call's page


def show_word_of_agent(details: CallDetails, asker: Asker) -> None:
    """What the agent says to a call's scorecards; the agent says it here, others read it where anything was said."""
    said = data_disputes.said_of(asker, details.call_id)
    disputes = data_disputes.disputes_of_call(asker, details.call_id)
    theirs = asker.role is Role.AGENT
    if not details.evaluations or not (theirs or said.read or disputes):
        return
    with st.container(border=True, key="word-of-agent"):
        _say(details.call_id)
        if theirs:
            _show_own(details, said)
        else:
            _show_read(details, said)
        for dispute in disputes:
            _show_on_call(dispute, asker)


def _show_own(details: CallDetails, said: data_disputes.Said) -> None:
    unread = [stored for stored in details.evaluations if stored.id not in said.read_as_they_are]
    answers = _disputable(details, said)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**What do you say to this?**", width="content")
        if unread:
            if st.button(READ, icon=":material/done_all:"):
                _read(details.call_id, unread)
        else:
            st.badge("you have read this", icon=":material/done_all:", color="gray")
        if answers and st.button(DISPUTE, icon=":material/contract_edit:"):
            _dispute(details.call_id, answers, said)
    if not answers:
        st.caption(_why_none(said))


def _why_none(said: data_disputes.Said) -> str:
    """Why nothing can be disputed: what most answers have in the way."""
    reasons = list(said.why_not.values())
    return max(dict.fromkeys(reasons), key=reasons.count) if reasons else ""


class Answer(NamedTuple):
    """An answer that can be disputed."""

    result_id: int
    stored: StoredEvaluation
    result: CriterionResult


def _disputable(details: CallDetails, said: data_disputes.Said) -> Mapping[int, Answer]:
    """The answers that can be disputed now, those that cost points first."""
    found = [
        Answer(stored.result_ids[result.criterion], stored, result)
        for stored in details.evaluations
        for result in stored.current.results
        if said.why_not.get(stored.result_ids[result.criterion]) == ""
    ]
    found.sort(key=lambda answer: 1.0 if answer.result.points is None else answer.result.points)
    return {answer.result_id: answer for answer in found}


def _show_read(details: CallDetails, said: data_disputes.Said) -> None:
    titles = {stored.id: stored.scorecard.title for stored in details.evaluations}
    read = [one for one in said.read if one.evaluation_id in titles]
    st.markdown("**What the agent says to this**")
    for one in read:
        note = f"  \n“{literal(' '.join(one.note.split()))}”" if one.note else ""
        st.markdown(
            f":material/done_all: {literal(one.author)} has read {literal(titles[one.evaluation_id])} "
            f"({total(one.total)} then), {moment(one.at)}{note}"
        )


def _show_on_call(dispute: Dispute, asker: Asker) -> None:
    st.markdown(
        f"{badge(dispute)} {literal(dispute.title)}: **{literal(dispute.question)}**  \n"
        f"“{literal(' '.join(dispute.reason.split()))}”  \n{_news(dispute)}"
    )
    if asker.role is Role.AGENT:
        _take_back_button(dispute)
    elif dispute.state is DisputeState.OPEN and asker.role is not Role.COACH:
        st.page_link(DISPUTES, label="See the dispute", icon=":material/gavel:", query_params={"dispute": str(dispute.id)})


def _take_back_button(dispute: Dispute) -> None:
    if dispute.state is DisputeState.OPEN and st.button(TAKE_BACK, key=f"take back {dispute.id}", type="tertiary"):
        _save(dispute.call_id, lambda: data_disputes.withdraw(access.required_asker(), dispute.id), "Taken back.")


@st.dialog(READ)
def _read(call_id: str, unread: Sequence[StoredEvaluation]) -> None:
    titles = {stored.id: stored.scorecard.title for stored in unread}
    with st.form("read", border=False):
        chosen = list(titles)
        if len(titles) > 1:
            chosen = st.pills(
                "Which scorecards have you read?",
                list(titles),
                selection_mode="multi",
                default=list(titles),
                format_func=titles.__getitem__,
            )
        note = st.text_area("Anything to say to it?", placeholder="You need not write anything", max_chars=LONGEST)
        st.caption("Reading is not agreeing: you can still dispute an answer. Your coach and the reviewers see the note.")
        if not st.form_submit_button("Save", type="primary"):
            return
    if not chosen:
        st.error("Choose what you have read.")
        return

    def save() -> None:
        for evaluation_id in chosen:
            data_disputes.acknowledge(access.required_asker(), evaluation_id, note)

    _save(call_id, save, "Saved: you have read this.")


@st.dialog(DISPUTE, width="medium")
def _dispute(call_id: str, answers: Mapping[int, Answer], said: data_disputes.Said) -> None:
    left = said.rules.per_month - said.raised
    st.markdown(
        f"Somebody else than who answered listens again and decides; you read here what they decided and why. "
        f"You can dispute {count(left, 'more answer')} this month."
    )
    chosen = st.selectbox(
        "Which answer is wrong?",
        list(answers),
        index=None,
        format_func=lambda id_: _named(answers[id_]),
        placeholder="Choose",
    )
    if chosen is not None:
        for words in evidence_words(answers[chosen].result)[:2]:
            st.caption(words)
    with st.form("dispute", border=False):
        reason = st.text_area(
            "What is wrong about it?", placeholder="What was said, and where in the call", max_chars=LONGEST
        )
        if not st.form_submit_button("Send the dispute", type="primary"):
            return
    if chosen is None or not reason.strip():
        st.error("Choose an answer, and say in a few words what is wrong about it.")
        return
    _save(
        call_id,
        lambda: data_disputes.raise_dispute(access.required_asker(), chosen, reason),
        "Sent. It waits for a decision.",
    )


def _named(answer: Answer) -> str:
    scorecard = answer.stored.scorecard
    criterion = scorecard.criterion(answer.result.criterion)
    said = answer_in_words(criterion, answer.result.answer) or VERDICTS[answer.result.verdict]
    return f"{criterion.question} – {said} ({scorecard.title})"


def evidence_words(result: CriterionResult) -> list[str]:
    """The evidence of an answer as lines of Markdown."""

    def line(why: str, quote: str, start: float | None) -> str:
        place = f"at {clock(start)}: " if start is not None else ""
        return f"{literal(plain(why))} {place}“{literal(quote)}”" if quote else literal(plain(why))

    return [line(item.why, item.quote, item.start) for item in result.evidence]


def _save(call_id: str, act: Callable[[], object], says: str) -> None:
    """Do it, and say so on the page as it is then; or say what went wrong."""
    try:
        act()
    except AttuneError as error:
        st.error(str(error))
        return
    st.session_state["word of agent"] = (call_id, says)
    st.rerun()


def _say(call_id: str) -> None:
    about, words = st.session_state.pop("word of agent", (None, ""))
    if about == call_id:
        st.success(words, icon=":material/check_circle:")


# On the agent's own page


def show_my_disputes(asker: Asker) -> None:
    """Tell an agent what was decided on what they disputed, and what is still open; nothing where they disputed nothing."""
    since = datetime.now(UTC) - timedelta(days=_NEWS_DAYS)
    decided = [
        dispute
        for dispute in data_disputes.settled_disputes(asker, 2 * _NEWS)
        if dispute.state is not DisputeState.WITHDRAWN and dispute.settled_at is not None and dispute.settled_at > since
    ]
    news = [*decided[:_NEWS], *data_disputes.open_disputes(asker, _NEWS)]
    if not news:
        return
    st.subheader("What you disputed", anchor=False)
    for dispute in news:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{badge(dispute)} **{literal(dispute.question)}**", width="content")
                if st.button(
                    "See the call", key=f"call of dispute {dispute.id}", type="tertiary", icon=":material/arrow_forward:"
                ):
                    open_call(dispute.call_id, card=dispute.scorecard)
            st.markdown(_news(dispute))
            st.caption(
                f"{literal(dispute.title)} · call of {moment(dispute.call_at)} · disputed {moment(dispute.raised_at)}"
            )
