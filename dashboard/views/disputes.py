"""Which answers do agents dispute, which of them are mine to decide, and how often are the agents right?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import access, data, data_disputes
from dashboard.pages import DISPUTES, call_address, open_call, whole_number
from dashboard.widgets import table
from dashboard.widgets.dispute import LONGEST, answer_after, badge, by_whom, disputed_answer, outcome_words
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.filters import PERIODS, choose_one
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import VERDICTS, clock, count, excerpt, literal, moment, percent, plain
from errors import AttuneError
from exports.words import searched_words
from reviews.disputes import FEWEST_DECIDED, DisputeState, DisputeStep, Upheld
from scorecards.answers import DECISIVE, Answer, AnswerType, Steps
from scorecards.definition import Criterion
from scoring.result import CriterionResult, Evidence, Verdict
from storage.access import Asker, Role, may_correct, may_manage_quality
from storage.dispute_lists import Dispute, Step
from storage.disputes import Choice, InForce, answer_in_words

LISTED = 100
"""Disputes on a list; what waits the longest, and what was decided last, stands first."""

NOBODY = "Nobody can decide it"


def show() -> None:
    """Draw the page: the lists, or the one dispute in the address."""
    asker = access.required_overseer()
    st.title("Disputes", anchor=False)
    _say_what_changed()
    chosen = whole_number("dispute")
    if chosen is None:
        _lists(asker)
        return
    st.page_link(DISPUTES, label="All disputes", icon=":material/arrow_back:")
    dispute = data_disputes.find_dispute(asker, chosen)
    if dispute is None:
        nothing_here("No such dispute", "There is no dispute at this address, or it is not yours to see.")
        return
    _one(asker, dispute)


# The lists


def _lists(asker: Asker) -> None:
    names = ["Open", "Decided"]
    if may_correct(asker):
        names = ["Waiting for me", *(names if may_manage_quality(asker) else ["Decided"])]
    if may_manage_quality(asker):
        names.append("How often agents are right")
    tabs = dict(zip(names, st.tabs(names, key="show", bind="query-params"), strict=True))
    if "Waiting for me" in tabs:
        with tabs["Waiting for me"]:
            _list(
                "waiting",
                data_disputes.waiting_for(asker, LISTED),
                "Nothing waits for you",
                "A dispute that is given to you to decide appears here.",
            )
    if "Open" in tabs:
        with tabs["Open"]:
            _open(asker)
    with tabs["Decided"]:
        _list(
            "decided",
            data_disputes.settled_disputes(asker, LISTED),
            "Nothing decided yet",
            "Disputes stand here once they are decided, with the decision and its reason.",
        )
    if "How often agents are right" in tabs:
        with tabs["How often agents are right"]:
            _report(asker)


def _open(asker: Asker) -> None:
    disputes = data_disputes.open_disputes(asker, LISTED)
    people = data_disputes.choices(asker, [one.id for one in disputes]) if may_manage_quality(asker) else {}
    stuck = [one for one in disputes if one.id in people and not _able(people[one.id])]
    if stuck:
        st.error(
            f"Nobody can decide {count(len(stuck), 'dispute')}: whoever might has answered the question, or coaches the "
            "agent's team. Open it to see who; another quality manager would help, or letting reviewers decide "
            "(`ATTUNE_DISPUTE_DECIDER=reviewer`).",
            icon=":material/person_off:",
        )
    _list(
        "open",
        disputes,
        "No open disputes",
        "An agent disputes an answer on the page of a call of theirs; it appears here until it is decided.",
        {one.id: _holder(one, people.get(one.id)) for one in disputes},
    )


def _able(people: Sequence[Choice]) -> list[Choice]:
    return [person for person in people if not person.why_not]


def _holder(dispute: Dispute, people: Sequence[Choice] | None) -> str:
    """With whom an open dispute lies; `people` are those who come into question, where the asker may know."""
    if people is None:
        return dispute.given_to or "nobody yet"
    able = _able(people)
    if not able:
        return NOBODY
    if dispute.given_to_id in {person.id for person in able}:
        return dispute.given_to
    return f"{dispute.given_to}, who can no longer decide it" if dispute.given_to else "Nobody yet: give it to somebody"


def _list(
    key: str, disputes: Sequence[Dispute], none: str, what_then: str, holders: Mapping[int, str] | None = None
) -> None:
    if not disputes:
        nothing_here(none, what_then)
        return
    last = "Given to" if holders is not None else "Decision" if key == "decided" else "Since"
    columns = [
        table.Column("Disputed"),
        table.Column("Agent"),
        table.Column("Answer"),
        table.Column("What the agent says"),
        table.Column(last),
    ]

    def end(one: Dispute) -> table.Cell:
        if holders is not None:
            return table.text(holders[one.id], f"since {moment(one.raised_at)}")
        if one.settled_at is None:
            return table.text(moment(one.raised_at), sort=one.raised_at.isoformat(), nowrap=True)
        return table.text(_decision(one), f"{one.settled_by}, {moment(one.settled_at)}", sort=one.settled_at.isoformat())

    rows = [
        table.Row(
            [
                table.text(one.question, one.title, link=True),
                table.text(one.agent, one.team, nowrap=True),
                table.verdict(one.answer, f"by {one.answered_by or 'the machine'}"),
                table.quote(excerpt(" ".join(one.reason.split()), "", 160)),
                end(one),
            ],
            id=str(one.id),
            href=f"/disputes?dispute={one.id}",
        )
        for one in disputes
    ]
    chosen = show_table_with_downloads(f"disputes {key}", "Disputes", columns, rows)
    if len(disputes) == LISTED:
        st.caption(f"The first {LISTED} are listed.")
    if chosen:
        st.switch_page(DISPUTES, query_params={"dispute": chosen})


def _decision(one: Dispute) -> str:
    match one.state:
        case DisputeState.UPHELD if one.answer_after:
            return f"Upheld: {answer_after(one)}"
        case DisputeState.WITHDRAWN:
            return "Taken back"
        case _:
            return "The answer stays"


# One dispute


def _one(asker: Asker, dispute: Dispute) -> None:
    st.subheader(literal(dispute.question), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        who = " · ".join(part for part in (dispute.agent, dispute.team, f"call of {moment(dispute.call_at)}") if part)
        st.markdown(f"{badge(dispute)} {literal(dispute.title)} · {literal(who)}", width="content")
        if st.button("Open the call", icon=":material/headphones:", type="tertiary"):
            open_call(dispute.call_id, card=dispute.scorecard)
    left, right = st.columns([6, 5], gap="large")
    with left:
        _agents_words(dispute)
        _answer(asker, dispute)
    with right:
        if dispute.state is not DisputeState.OPEN:
            st.markdown(f"**{outcome_words(dispute)}**")
            if dispute.decision:
                st.markdown(f"“{literal(' '.join(dispute.decision.split()))}”")
        elif asker.role is Role.COACH:
            st.markdown("It waits for a decision. You read along; somebody who does not coach the team decides.")
        else:
            _decide(asker, dispute)
            if may_manage_quality(asker):
                _hand_over(asker, dispute)
        _history(dispute)


def _agents_words(dispute: Dispute) -> None:
    with st.container(border=True):
        st.markdown(f"**What {literal(dispute.raised_by)} says**")
        st.markdown(f"“{literal(' '.join(dispute.reason.split()))}”")
        st.caption(
            f"Disputed {moment(dispute.raised_at)}: the answer “{disputed_answer(dispute)}”, given by "
            f"{by_whom(dispute.answered_by)}."
        )


def _answer(asker: Asker, dispute: Dispute) -> None:
    """The answer as it holds now with its evidence, each piece a link that plays it."""
    details = data.call_details(asker, dispute.call_id)
    evaluations = details.evaluations if details else ()
    stored = next((one for one in evaluations if one.scorecard.id == dispute.scorecard), None)
    if stored is None or dispute.criterion not in stored.result_ids:
        st.markdown("The call has been judged again since, and is no longer asked this question.")
        return
    result = stored.current.result(dispute.criterion)
    with st.container(border=True):
        criterion = stored.scorecard.criterion(dispute.criterion)
        said = literal(answer_in_words(criterion, result.answer)) or VERDICTS[result.verdict]
        st.markdown(f"**The answer now: {said}**")
        for line in _evidence_lines(dispute, result):
            st.markdown(line)
        for override in stored.overrides.get(dispute.criterion, ()):
            was, became = (
                literal(answer_in_words(criterion, answer)) or VERDICTS[verdict]
                for verdict, answer in ((override.before, override.answer_before), (override.after, override.answer))
            )
            change = f"{was} → {became}"
            why = literal(" ".join(override.reason.split()))
            st.caption(f"{literal(override.author)}, {moment(override.at)}: {change}. {why}")


def _evidence_lines(dispute: Dispute, result: CriterionResult) -> list[str]:
    def line(item: Evidence) -> str:
        quoted = f" “{literal(item.quote)}”" if item.quote else ""
        if item.start is None:
            return f"- {literal(plain(item.why))}{quoted}"
        address = call_address(dispute.call_id, card=dispute.scorecard, at=item.start, turn=item.turn)
        return f"- {literal(plain(item.why))} [:material/play_arrow: {clock(item.start)}]({address}){quoted}"

    lines = [line(item) for item in result.evidence]
    if result.searched is not None:
        lines.append(f"- {literal(searched_words(result.searched))}")
        if result.searched.nearest is not None:
            lines.append(line(result.searched.nearest))
    return lines


def _decide(asker: Asker, dispute: Dispute) -> None:
    why_not = data_disputes.why_not_mine(asker, dispute.id)
    if why_not:
        st.markdown(f":material/info: {literal(why_not)}")
        return
    now = data_disputes.in_force(asker, dispute)
    if now is not None and now.not_asked:
        st.info(f"The answer can only stay: the question is not asked here any more. {literal(now.not_asked)}")
    options = _options(dispute, now)
    with st.form("decide"):
        st.markdown("**Your decision**")
        chosen = st.radio("The answer", list(options), index=None, format_func=options.__getitem__)
        boxed = _box(now.criterion) if now is not None and OTHER in options else None
        reason = st.text_area("Why?", placeholder="What you heard; the agent reads it", max_chars=LONGEST)
        st.caption("A new answer stands beside the old one and the total is worked out again. A decision is final.")
        if not st.form_submit_button("Decide", type="primary"):
            return
    if chosen is None or not reason.strip() or (chosen == OTHER and boxed is None):
        st.error("Choose what becomes of the answer, and say in a few words why; the agent will read it.")
        return
    verdict = Verdict(chosen) if chosen in set(Verdict) else None
    option = chosen.removeprefix(OPTION) if chosen.startswith(OPTION) else None
    try:
        # Who asks is looked up again: the page may have stood open for longer than the session.
        given = boxed if chosen == OTHER else option
        decided = data_disputes.decide(access.required_asker(), dispute.id, verdict, reason, given)
    except AttuneError as error:
        st.error(str(error))
        return
    st.session_state["decided"] = f"Decided. {outcome_words(decided)}"
    st.rerun()


STAYS, OTHER, OPTION = "stays", "other", "option "
"""What is chosen beside a verdict: that the answer stays, what stands in the box, or an option by its value."""


def _options(dispute: Dispute, now: InForce | None) -> dict[str, str]:
    """What can be decided: that the answer stays, and each other answer that the question has."""
    options = {STAYS: f"It stays: {disputed_answer(dispute)}"}
    if now is not None and now.not_asked:
        return options
    kind = now.criterion.type if now is not None else AnswerType.YES_NO
    if now is not None and kind in (AnswerType.SCALE, AnswerType.CHOICE):
        labels = {f"{OPTION}{option.value}": option.label for option in now.criterion.options}
        other = {key: f"It becomes: {label}" for key, label in labels.items() if label != dispute.answer_words}
    elif kind in (AnswerType.NUMBER, AnswerType.SEVERAL):
        other = {OTHER: "It becomes another number" if kind is AnswerType.NUMBER else "It becomes these"}
    else:
        other = {one.value: f"It becomes: {VERDICTS[one]}" for one in DECISIVE if one is not dispute.answer}
    if dispute.answer is not Verdict.NOT_APPLICABLE:
        other[Verdict.NOT_APPLICABLE.value] = f"It becomes: {VERDICTS[Verdict.NOT_APPLICABLE]}"
    return {**options, **other}


def _box(criterion: Criterion) -> Answer | None:
    """The number, or those of several options, that it becomes; None where nothing was filled in."""
    if criterion.type is AnswerType.NUMBER:
        unit = criterion.answers.unit if isinstance(criterion.answers, Steps) else ""
        number: float | None = st.number_input("The number", value=None, placeholder=unit or "A number")
        return number
    labels = {option.value: option.label for option in criterion.options}
    ticked = st.multiselect("These", list(labels), format_func=labels.__getitem__, placeholder="None of them")
    return tuple(ticked)


def _hand_over(asker: Asker, dispute: Dispute) -> None:
    people = data_disputes.choices(asker, [dispute.id]).get(dispute.id, ())
    able = [person for person in _able(people) if person.id != dispute.given_to_id]
    names = {person.id: person.name for person in able}
    if not _able(people):
        st.error(f"{NOBODY}. " + " ".join(literal(person.why_not) for person in people), icon=":material/person_off:")
        return
    st.caption(f"Given to: {literal(_holder(dispute, people))}.")
    if not names:
        return
    with st.form("hand over", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Give it to", list(names), format_func=names.__getitem__)
        if st.form_submit_button("Give") and chosen is not None:
            try:
                name = data_disputes.hand_over(access.required_asker(), dispute.id, chosen)
            except AttuneError as error:
                st.error(str(error))
                return
            st.session_state["decided"] = f"Given to {literal(name)}."
            st.rerun()


_STEPS = {
    DisputeStep.UPHELD: "upheld the dispute",
    DisputeStep.KEPT: "let the answer stay",
    DisputeStep.WITHDRAWN: "took the dispute back",
}


def _history(dispute: Dispute) -> None:
    def words(step: Step) -> str:
        what = f"gave it to {literal(step.to)}" if step.step is DisputeStep.GIVEN else _STEPS[step.step]
        return f"- {moment(step.at)}: {literal(step.author)} {what}."

    raised = f"- {moment(dispute.raised_at)}: {literal(dispute.raised_by)} disputed the answer."
    with st.expander("What happened so far", icon=":material/history:"):
        st.markdown("\n".join([raised, *map(words, dispute.steps)]))


# The report


def _report(asker: Asker) -> None:
    first, _ = st.columns([1, 4])
    with first:
        period = choose_one("Period", "period", list(PERIODS), "13 weeks", help="Counted back from today.")
    weeks = PERIODS[period]
    since = datetime.now(UTC) - timedelta(weeks=weeks) if weeks else datetime.min.replace(tzinfo=UTC)
    by_question = data_disputes.dispute_report(asker, ("question", "title"), since)
    if not by_question:
        nothing_here("Nobody disputed anything", "In this period no agent disputed an answer.")
        return
    st.caption(
        f"Upheld means that the agent was right. A share is given from {FEWEST_DECIDED} decided disputes on; with a "
        "probability of 90 % the range holds the share that many more such disputes would show."
    )
    _counts("question", "By question", "Question", by_question, period)
    _counts("scorecard", "By scorecard", "Scorecard", data_disputes.dispute_report(asker, ("title",), since), period)
    _counts(
        "reviewer",
        "By who gave the answer",
        "Answer by",
        data_disputes.dispute_report(asker, ("answered_by",), since),
        period,
    )


def _counts(key: str, title: str, of: str, rows: Sequence[Upheld], period: str) -> None:
    st.subheader(title, anchor=False)
    columns = [
        table.Column(of),
        *(table.Column(name, number=True) for name in ("Disputed", "Open", "Taken back", "Upheld", "Answer stayed")),
        table.Column("Share upheld"),
    ]

    def share(row: Upheld) -> table.Cell:
        if row.share is None or row.low is None or row.high is None:
            return table.text("too few to say", f"{row.decided} of {FEWEST_DECIDED} decided", sort=-1)
        return table.text(percent(row.share), f"likely {percent(row.low)} to {percent(row.high)}", sort=row.share)

    show_table_with_downloads(
        f"report {key}",
        title,
        columns,
        [
            table.Row(
                [
                    table.text(row.of[0] or "The machine", *row.of[1:]),
                    *(table.number(n) for n in (row.raised, row.open, row.withdrawn, row.upheld, row.kept)),
                    share(row),
                ]
            )
            for row in rows
        ],
        {"Period": period},
    )


def _say_what_changed() -> None:
    if words := st.session_state.pop("decided", ""):
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
