"""How am I doing: what goes well, what is the one thing to practise now, by which words, and which way does it go?"""

from dataclasses import replace
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from coaching.gaps import SURE
from coaching.personal import Practice, Praise, Room, Score
from coaching.plans import PlanState
from dashboard import access, data, data_plans, data_processes
from dashboard.pages import MY_COACHING, call_address, open_call, open_criterion
from dashboard.widgets import charts, table
from dashboard.widgets.dispute import show_my_disputes
from dashboard.widgets.downloads import show_downloads
from dashboard.widgets.feelings import show_feelings
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.moments import Item, Piece, item_of, show_moments
from dashboard.widgets.papers import show_my_month
from dashboard.widgets.words import count, day, length, literal, moment, percent, plain, signed
from exports.words import answer_label, came_about, direction_words, fails_words, searched_words
from scoring.result import CriterionResult, Verdict
from storage.access import Asker
from storage.records import CallFilter, Choices, StoredEvaluation
from storage.roles import Right

LISTED = 20
"""Calls listed to begin with, and how many more each time."""

MOST_PIECES = 3
"""Pieces of evidence shown for an answer; the call's own page has all of them."""


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.DISPUTE)
    choices = data.filter_choices(asker)
    st.title(f"Hello, {literal(asker.name.split()[0]) if asker.name else 'there'}", anchor=False)
    if not choices.scorecards or asker.agent_id is None:
        nothing_here(
            "No scored calls yet", "As soon as one of your calls is scored it appears here, with the words behind it."
        )
        return
    wanted = choose_calls(choices)
    evaluations = data.evaluations(asker, wanted)
    if evaluations.empty:
        show_my_disputes(asker)
        nothing_here("No calls in this period", "Choose a longer period to see older ones.")
        return
    start, end = _days(wanted, choices)
    room = data.agent_room(asker, asker.agent_id, start, end)
    show_my_month(asker.agent_id, choices)
    _figures(room.scores)
    well, practise = st.columns(2, gap="large")
    with well:
        _went_well(room)
    with practise:
        _to_practise(room)
    _plans(asker)
    show_my_disputes(asker)
    # Only the tab that is looked at is worked out.
    mine, answers, trend, how = st.tabs(
        ["Your calls", "Answer by answer", "Which way it goes", "How a score comes about"], key="show", bind="query-params"
    )
    if mine.open:
        with mine:
            _my_calls(asker, wanted, evaluations)
    if answers.open:
        with answers:
            _answers(asker, evaluations)
    if trend.open:
        with trend:
            _trend(room.scores)
            _feeling(asker, asker.agent_id, wanted, (start, end))
    if how.open:
        with how:
            _how_it_comes_about(asker, choices)


def _days(wanted: CallFilter, choices: Choices) -> tuple[date, date]:
    """First and last day of the period; where it has no beginning, from the first call on."""
    last = choices.last or date.today()
    return wanted.start or choices.first or last, last


def _figures(scores: tuple[Score, ...]) -> None:
    for column, score in zip(st.columns(max(1, min(5, len(scores)))), scores, strict=False):
        column.metric(
            literal(score.title),
            f"{score.mean:.0f}",
            f"{score.passed} of {count(score.calls, 'call')} passed",
            "off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=f"The mean of your totals, of 100. A call passes from {score.pass_mark:.0f} on.",
        )
    ranges = [f"{literal(score.title)} {_hundredths(score)}" for score in scores if score.peers]
    if ranges:
        st.caption(
            f"The middle half of colleagues with comparable calls: {'; '.join(ranges)}. "
            "No single person’s figure stands in it."
        )


def _hundredths(score: Score) -> str:
    peers = score.peers
    return f"{100 * peers.low:.0f} to {100 * peers.high:.0f} ({count(peers.peers, 'colleague')})" if peers else ""


def _went_well(room: Room) -> None:
    st.subheader("What goes well", anchor=False)
    if not room.strengths:
        st.write(
            "This needs a few more scored calls before anything certain can be said. "
            "Every call below shows what went well in it."
        )
    for strength in room.strengths:
        with st.container(border=True):
            _strength(strength)


def _strength(strength: Praise) -> None:
    rate = strength.rate
    st.markdown(f"**{literal(rate.question)}**")
    st.markdown(f":green-badge[:material/check: {percent(rate.observed)} of points] in {count(rate.calls, 'call')}")
    if strength.moment is not None:
        item = item_of(strength.moment, rate.scorecard, "For example")
        if show_moments(f"well {rate.scorecard} {rate.criterion}", "Words of yours that show it", [item]):
            _open(strength.moment.call_id, rate.scorecard, strength.moment.start, strength.moment.turn)


def _to_practise(room: Room) -> None:
    st.subheader("One thing to practise now", anchor=False)
    if room.practice is None:
        st.write(
            "Nothing stands out: no question is clearly below its target."
            if room.enough
            else "Too few calls so far to say anything fair."
        )
        return
    with st.container(border=True):
        _practice(room.practice)
    if room.others:
        with st.expander(f"Later: {count(len(room.others), 'more question')} below the aim"):
            for rate in room.others:
                words = (
                    f"{percent(rate.observed)} of points in {count(rate.calls, 'call')}, the aim is {percent(rate.target)}"
                )
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"{literal(rate.question)}  \n:small[{words}]", width="stretch")
                    if st.button("See these calls", key=f"see {rate.scorecard} {rate.criterion}", type="tertiary"):
                        open_criterion(rate.scorecard, rate.criterion)


def _practice(practice: Practice) -> None:
    rate = practice.rate
    st.markdown(f"**{literal(rate.question)}**")
    st.markdown(
        f":orange-badge[:material/trending_up: {percent(rate.observed)} of points] in {count(rate.calls, 'call')}; "
        f"the aim is {percent(rate.target)}. Over many calls it would likely be {percent(rate.low)} to {percent(rate.high)}."
    )
    if practice.peers:
        among = f"{percent(practice.peers.low)} to {percent(practice.peers.high)}"
        hard = " They find it as hard, so it may be the question or the process." if practice.is_shared else ""
        st.caption(f"The middle half of {practice.peers.peers} colleagues with comparable calls: {among}.{hard}")
    if rate.tip:
        st.markdown(literal(rate.tip))
    names = {Verdict.MET: "Here it went well", Verdict.PARTLY: "Here nearly", Verdict.NOT_MET: "Here it was missed"}
    items = [item_of(example, rate.scorecard, names.get(example.verdict, "")) for example in practice.examples]
    chosen = show_moments("practise", "Two moments of your calls", items)
    found = next((example for example in practice.examples if example.call_id == chosen), None)
    if found is not None:
        _open(found.call_id, rate.scorecard, found.start, found.turn)
    if st.button("See all these calls", key=f"see {rate.scorecard} {rate.criterion}", icon=":material/arrow_forward:"):
        open_criterion(rate.scorecard, rate.criterion)


def _open(call_id: str, scorecard: str, start: float | None, turn: int | None) -> None:
    open_call(call_id, card=scorecard, at=start, turn=turn)


def _plans(asker: Asker) -> None:
    """What was agreed with the coach, in brief; the page about it has the rest."""
    plans = data_plans.open_plans(asker)
    if not plans:
        return
    st.subheader("What you agreed with your coach", anchor=False)
    for plan in plans:
        goals = "; ".join(goal.question for goal in plan.goals)
        waits = " It waits for your answer." if plan.state is PlanState.OFFERED else ""
        st.markdown(f"**{literal(goals)}**  \nWith {literal(plan.coach)}, from {day(plan.starts_on)} on.{waits}")
    st.page_link(MY_COACHING, label="My coaching", icon=":material/arrow_forward:")


# Their calls


def _my_calls(asker: Asker, wanted: CallFilter, evaluations: pd.DataFrame) -> None:
    unread = data.unread(asker, wanted)
    waiting = dict(unread.groupby("call_id", sort=False)["title"].count())
    st.caption(
        f"{count(len(evaluations) - len(unread), 'scorecard')} read, {count(len(unread), 'scorecard')} not yet. "
        "On a call’s page you say that you have read one, and dispute an answer that is wrong."
    )
    listed = int(st.session_state.get("listed", LISTED))
    calls = data.calls(asker, wanted, listed)
    titles = sorted(evaluations["title"].unique())
    totals = {(e.call_id, e.title): (e.total, e.pass_mark) for e in data.each(evaluations)}
    rows = [
        table.Row(
            [
                table.text(moment(call.started_at), link=True, sort=call.started_at.isoformat(), nowrap=True),
                table.text(call.customer or "not named", call.queue, nowrap=True),
                table.number(call.duration_seconds, length(call.duration_seconds)),
                *(_total(totals.get((call.call_id, title))) for title in titles),
                table.text(f"{waiting[call.call_id]} to read" if call.call_id in waiting else "read", nowrap=True),
            ],
            id=call.call_id,
            href=call_address(call.call_id),
        )
        for call in data.each(calls)
    ]
    filters = {"From": day(wanted.start)} if wanted.start else {}
    show_downloads("my-scorecards", "My calls by each scorecard, latest first", partial(_taken, wanted), filters)
    columns = [
        table.Column("Call of"),
        table.Column("Customer"),
        table.Column("Length", number=True),
        *(table.Column(title) for title in titles),
        table.Column("Read"),
    ]
    chosen = table.show_table("mine", "Your calls, latest first", columns, rows)
    if chosen:
        open_call(chosen)
    if len(calls) == listed and st.button("Show earlier calls", icon=":material/expand_more:"):
        st.session_state["listed"] = listed + LISTED
        st.rerun()


def _taken(wanted: CallFilter, asker: Asker) -> pd.DataFrame:
    """The agent's evaluations with columns named as people read them."""
    names = {
        "call_id": "Call",
        "started_at": "Call of",
        "title": "Scorecard",
        "total": "Score",
        "pass_mark": "Pass mark",
        "passed": "Passed",
        "unsure": "Questions to decide",
    }
    return data.evaluations(asker, wanted)[list(names)].rename(columns=names)


def _total(total_and_mark: tuple[float, float] | None) -> table.Cell:
    return table.score(*total_and_mark) if total_and_mark else table.text("")


# One scorecard, answer by answer


def _answers(asker: Asker, evaluations: pd.DataFrame) -> None:
    """One call's scorecards: every answer with the words it rests on, to be read and heard here."""
    latest = evaluations.drop_duplicates("call_id").head(LISTED)
    days = {str(row.call_id): moment(row.started_at) for row in data.each(latest)}
    first, second, _ = st.columns([1.5, 1.5, 2])
    call_id = first.selectbox(
        "Call of", list(days), format_func=lambda id_: days.get(id_, id_), key="of", bind="query-params", help="Your latest."
    )
    details = data.call_details(asker, call_id) if call_id else None
    if details is None or not details.evaluations:
        return
    by_id = {stored.scorecard.id: stored for stored in details.evaluations}
    card = second.selectbox(
        "Scorecard", list(by_id), format_func=lambda id_: by_id[id_].scorecard.title if id_ in by_id else id_, key="judged"
    )
    stored = by_id.get(card or "", details.evaluations[0])
    for sentence in came_about(stored):
        st.markdown(literal(sentence))
    recorded = details.facts.recording is not None
    for section in stored.scorecard.sections:
        st.markdown(f"**{literal(section.title)}**")
        own = [result for result in stored.current.results if result.section == section.id]
        items = [_answer(stored, result, details.call_id, recorded) for result in own]
        chosen = show_moments(f"answers {stored.id} {section.id}", section.title, items)
        for result in own:
            if result.criterion == chosen:
                piece = next(iter(result.evidence), None)
                _open(details.call_id, stored.scorecard.id, piece.start if piece else None, piece.turn if piece else None)


def _answer(stored: StoredEvaluation, result: CriterionResult, call_id: str, recorded: bool) -> Item:
    criterion = stored.scorecard.criterion(result.criterion)
    notes = [f"{record.author}: {record.reason}" for record in stored.overrides.get(result.criterion, ())]
    if result.searched is not None:
        notes.append(searched_words(result.searched))
    notes += filter(None, [fails_words(result)])
    if criterion.tip and result.verdict in (Verdict.NOT_MET, Verdict.PARTLY):
        notes.append(f"To practise: {criterion.tip}")
    earned = "" if result.points is None else f"{result.points * result.weight:.3g} of {result.weight:g}"
    return Item(
        id=result.criterion,
        call=call_id,
        recorded=recorded,
        pieces=[Piece(piece.quote, plain(piece.why), piece.start, piece.end) for piece in result.evidence[:MOST_PIECES]],
        verdict=result.verdict,
        words=answer_label(criterion, result.verdict, result.answer),
        title=criterion.question,
        points=earned,
        notes=notes,
        href=call_address(call_id, card=stored.scorecard.id, at=next((p.start for p in result.evidence), None)),
        link="In the call",
    )


# Which way it goes


def _trend(scores: tuple[Score, ...]) -> None:
    st.caption(
        f"The mean of each week’s calls. The band is the range in which your score of that week lies with a likelihood of "
        f"{percent(SURE)}: the fewer calls, the wider. The dashed line is the pass mark."
    )
    columns = st.columns(2)
    for number, score in enumerate(scores):
        with columns[number % 2]:
            charts.draw(partial(charts.score_with_doubt, score))
            st.caption(direction_words(score.direction))


def _feeling(asker: Asker, agent_id: int, wanted: CallFilter, days: tuple[date, date]) -> None:
    """How the agent's own customers feel along their calls, beside the range of colleagues."""
    own = data_processes.feelings(asker, wanted, "agent")
    if not own:
        return
    st.subheader("How your customers feel", anchor=False)
    show_feelings("mine", [replace(own[0], name="Your calls")], "Agent", {"From": day(days[0]), "To": day(days[1])})
    peers = data_processes.peer_feeling(asker, agent_id, *days)
    if peers is not None:
        st.caption(
            f"Peak and end for the middle half of {peers.peers} colleagues with comparable calls: {signed(peers.low)} to "
            f"{signed(peers.high)}. No single person’s figure stands in it."
        )


# How it comes about


def _how_it_comes_about(asker: Asker, choices: Choices) -> None:
    st.markdown(
        "1. **Each question of a scorecard is answered** with *met*, *partly* or *not met*, or one of the scorecard’s own "
        "answers. Where there was no occasion for it, it *does not apply*; what the machine cannot tell is *unsure*.\n"
        "2. **Every answer shows the words it rests on**, or what was looked through. You can hear them above under "
        "*Answer by answer*, and on the page of the call.\n"
        "3. **An answer earns its share of the question’s weight**: met all of it, partly half, not met nothing, unless the "
        "scorecard says otherwise. What was earned, divided by the weights of the questions that counted, is your total of "
        "100. What does not apply or is unsure counts for nothing, neither for you nor against you.\n"
        "4. **A few questions weigh more than their points**: not meeting one can take its section or the whole total. "
        "The scorecard then says which, and what the total was before.\n"
        "5. **The machine answers first, people have the last word.** A reviewer’s change stands beside the machine’s "
        "answer with a reason. On the page of a call you dispute an answer that is wrong, and somebody else decides.\n"
        "6. **Nothing is said from a few calls.** What goes well and what to practise is named only where it is likely over "
        "enough calls, and every range says how sure it is."
    )
    st.caption(
        f"You are judged by {', '.join(literal(title) for title in choices.scorecards.values())}. Your calls from "
        f"{day(choices.first) if choices.first else ''} on are here. Nobody’s name or score but yours is on this page."
    )


if __name__ == "__main__":
    show()
