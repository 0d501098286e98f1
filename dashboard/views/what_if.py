"""What would a scorecard have said of the calls of the past, who gains or loses by it, and which calls are behind that?"""

import streamlit as st

from dashboard import access, data_rescore, data_scorecards
from dashboard.pages import call_address, whole_number
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import VERDICTS, count, literal, moment, percent, signed, total
from errors import AttuneError
from scorecards.answers import Verdict
from scorecards.definition import Scorecard
from scoring.criteria import check_data, parse_checked
from storage.access import Asker
from storage.rescore import AnswerChange, ChangedCall, GroupChange, Job, Kind, State
from storage.roles import Right

NOT_ASKED = "Not asked"
STATES = {
    State.WAITING: "is about to begin",
    State.RUNNING: "is running",
    State.DONE: "is done",
    State.STOPPED: "was stopped",
    State.FAILED: "could not be done",
}


def show() -> None:
    """Draw the page: what to try, how far it is, and what came of it."""
    asker = access.required_asker(Right.MANAGE_QUALITY)
    st.title("What if", anchor=False)
    st.markdown(
        "Run a scorecard over the calls of the past before it counts. Nothing is heard again and nothing changes: you see "
        "what each call would have scored, and why."
    )
    known = data_rescore.jobs(asker)
    wanted = whole_number("job")
    chosen = next((one for one in known if one.id == wanted), known[0] if known else None)
    _show_choice(asker)
    if chosen is None:
        nothing_here("Nothing tried yet", "Choose a scorecard above and run it over the past.")
        return
    if chosen.state.open:
        _show_progress(asker, chosen.id)
    else:
        _show_result(asker, chosen)


def _show_choice(asker: Asker) -> None:
    cards = _scorecards_to_try(asker)
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        label = left.selectbox("Scorecard", list(cards), index=0 if cards else None)
        file = right.file_uploader("or a file of yours", type=["yaml", "yml"])
        card = cards.get(label or "")
        if file is not None:
            try:
                card = parse_checked(file.getvalue().decode("utf-8", "replace"), file.name)
            except AttuneError as wrong:
                st.error(literal(str(wrong)))
                return
        if card is None:
            st.write("There is no scorecard to try yet. Make one on the page Scorecards.")
            return
        active = next((one for one in data_rescore.active_scorecards() if one.id == card.id), None)
        in_force = active is not None and active.content_hash == card.content_hash
        against = _choose_what_to_compare_with(asker, card, active)
        with st.container(horizontal=True):
            if st.button("Run it over the past", type="primary", icon=":material/play_arrow:"):
                _start(asker, Kind.WHAT_IF, card, against)
            if in_force and st.button("Score past calls by it", icon=":material/history:"):
                _ask_to_rescore(asker, card)


def _choose_what_to_compare_with(asker: Asker, card: Scorecard, active: Scorecard | None) -> int | None:
    """The version that it is compared with; None for what holds now."""
    kept = data_scorecards.versions(asker).get(card.id, [])
    if active is None and not kept:
        st.caption("Compared with nothing, as no version of it has scored a call.")
        return None
    chosen: int | None = st.selectbox(
        "Compared with",
        [None, *(one.version for one in kept)],
        format_func=lambda version: "What holds now" if version is None else f"Version {version}, on the calls it scored",
        width=360,
    )
    return chosen


def _scorecards_to_try(asker: Asker) -> dict[str, Scorecard]:
    """Drafts that are fit to be tried, then what is in force, each under the words it is chosen by."""
    found: dict[str, Scorecard] = {}
    for draft in data_scorecards.drafts(asker):
        checked = check_data({**draft.definition, "version": (draft.based_on or 0) + 1}).scorecard
        if checked is not None:
            found[f"{draft.title} (draft {draft.id})"] = checked
    for card in data_rescore.active_scorecards():
        found[f"{card.title} (version {card.version}, in use)"] = card
    return found


def _start(asker: Asker, kind: Kind, card: Scorecard, against: int | None = None) -> None:
    try:
        job_id = data_rescore.start(asker, kind, card, against)
    except AttuneError as wrong:
        st.error(literal(str(wrong)))
        return
    st.query_params["job"] = str(job_id)
    st.rerun()


@st.dialog("Score past calls again")
def _ask_to_rescore(asker: Asker, card: Scorecard) -> None:
    st.markdown(
        f"Every call that **{literal(card.title)}** has scored gets an evaluation by version {card.version} beside its "
        "own. The earlier ones are kept. What people corrected is taken along, in their names, where question, rule and "
        "answers are the same; other corrections stay with the earlier evaluation."
    )
    if st.button("Score them", type="primary"):
        _start(access.required_asker(Right.MANAGE_QUALITY), Kind.HISTORY, card)


def _show_progress(asker: Asker, job_id: int) -> None:
    @st.fragment(run_every=2)
    def progress() -> None:
        job = data_rescore.job(asker, job_id)
        if not job.state.open:
            data_rescore.forget_what_was_read()
            st.rerun()
        what = f"“{job.scorecard.title}” {STATES[job.state]}"
        reached = f": {job.done:,} of {count(job.total, 'call')}" if job.total else ""
        st.progress(min(job.share, 1.0), literal(what + reached))
        st.caption(literal(f"Started by {job.author}, {moment(job.created_at)}. You can leave this page; it goes on."))
        if st.button("Stop", icon=":material/stop:"):
            data_rescore.stop(access.required_asker(Right.MANAGE_QUALITY), job_id)
            st.write("It stops with the calls that are under way.")

    progress()


def _show_result(asker: Asker, job: Job) -> None:
    st.subheader(literal(job.scorecard.title), anchor=False)
    what = "Scoring past calls again" if job.kind is Kind.HISTORY else "The trial"
    reached = f"{what} {STATES[job.state]}: {job.done:,} of {count(job.total, 'call')}."
    compared = "" if job.against is None else f" Compared with version {job.against}."
    st.caption(literal(f"{reached}{compared} {job.author}, {moment(job.created_at)}."))
    if job.message:
        st.warning(literal(job.message), icon=":material/warning:")
    if job.failed:
        st.warning(f"{count(job.failed, 'call')} could not be judged and is left out.")
    if job.kind is Kind.HISTORY or not job.done:
        return
    summary = data_rescore.summary(asker, job.id)
    if not summary.calls:
        nothing_here("Forgotten", "Somebody tried this scorecard again since; what this trial found is no longer kept.")
        return
    first, second, third, fourth = st.columns(4)
    change = None
    if summary.mean_before is not None and summary.mean_after is not None:
        change = f"{summary.mean_after - summary.mean_before:+.1f} from {summary.mean_before:.1f}"
    same = change is None or change.startswith(("+0.0 ", "-0.0 "))
    first.metric(
        "Mean total",
        total(summary.mean_after) if summary.mean_after is None else f"{summary.mean_after:.1f}",
        "as before" if change and same else change,
        delta_color="off" if same else "normal",
        delta_arrow="off" if same else "auto",
    )
    passed = summary.passed_after - summary.passed_before
    second.metric(
        "Calls that pass",
        f"{summary.passed_after:,}",
        (f"{passed:+,}" if passed else "as before") if summary.compared else None,
        delta_color="normal" if passed else "off",
        delta_arrow="auto" if passed else "off",
    )
    third.metric(
        "Calls with another answer",
        f"{summary.changed_calls:,}",
        percent(summary.changed_calls / summary.calls),
        delta_color="off",
        delta_arrow="off",
    )
    fourth.metric(
        "Automatic failures", f"+{summary.failed_added:,} / −{summary.failed_removed:,}", help="Added and removed by it."
    )
    answers, people, failures = st.tabs(
        ["Answers that change", "Agents and teams", "Automatic failures"], key="show", bind="query-params"
    )
    with answers:
        _show_answers(asker, job)
    with people:
        _show_groups("Teams", job, data_rescore.group_changes(asker, job.id, "team"))
        _show_groups("Agents", job, data_rescore.group_changes(asker, job.id, "agent"))
    with failures:
        _show_calls("Fail only with it", job, data_rescore.failures_changed(asker, job.id, "added"))
        _show_calls("Fail only without it", job, data_rescore.failures_changed(asker, job.id, "removed"))


def _show_answers(asker: Asker, job: Job) -> None:
    changes = data_rescore.answer_changes(asker, job.id)
    if not changes:
        st.write("No call has another answer than before.")
        return
    questions = _questions(job.scorecard)
    rows = [
        table.Row(
            [
                table.text(questions.get(one.criterion, one.criterion)),
                _verdict(one.before),
                _verdict(one.after),
                table.number(one.calls),
                table.number(one.by_person),
            ],
            id=str(place),
        )
        for place, one in enumerate(changes)
    ]
    columns = [
        table.Column("Question"),
        table.Column("Now"),
        table.Column("With it"),
        table.Column("Calls", number=True),
        table.Column(
            "Of these a person's word", number=True, help="Somebody had answered this; the question is another now."
        ),
    ]
    picked = show_table_with_downloads(
        f"what-if answers {job.id}",
        "Changes, the most frequent first; choose one to see its calls",
        columns,
        rows,
        _about(job),
    )
    if picked is not None:
        st.session_state["what-if change"] = (job.id, int(picked))
    job_id, place = st.session_state.get("what-if change", (None, 0))
    if job_id == job.id and place < len(changes):
        _show_behind(asker, job, changes[place], questions)


def _questions(tried: Scorecard) -> dict[str, str]:
    """What each question says: as it was tried, and where it was left out as it is asked now."""
    cards = [*(card for card in data_rescore.active_scorecards() if card.id == tried.id), tried]
    return {criterion.id: criterion.question for card in cards for _, criterion in card}


def _show_behind(asker: Asker, job: Job, change: AnswerChange, questions: dict[str, str]) -> None:
    calls = data_rescore.calls_with_change(asker, job.id, change.criterion, change.before, change.after)
    question = questions.get(change.criterion, change.criterion)
    words = f"{_words(change.before)} → {_words(change.after)}"
    _show_calls(f"{question} {words}", job, calls)


def _show_groups(title: str, job: Job, groups: tuple[GroupChange, ...]) -> None:
    columns = [
        table.Column(title),
        table.Column("Calls", number=True),
        table.Column("Now", number=True),
        table.Column("With it", number=True),
        table.Column(
            "Difference", number=True, help="The mean over their calls, with the range it lies in nine times of ten."
        ),
    ]
    rows = [
        table.Row(
            [
                table.text(group.name),
                table.number(group.calls),
                table.number(group.before, f"{group.before:.1f}"),
                table.number(group.after, f"{group.after:.1f}"),
                table.number(group.difference, _difference(group)),
            ]
        )
        for group in groups
    ]
    if rows:
        show_table_with_downloads(f"what-if {title}", f"{title}, the largest loss first", columns, rows, _about(job))


def _difference(group: GroupChange) -> str:
    if group.low is None or group.high is None:
        return f"{signed(group.difference, 1)} (one call)"
    return f"{signed(group.difference, 1)} ({signed(group.low, 1)} to {signed(group.high, 1)})"


def _show_calls(caption: str, job: Job, calls: tuple[ChangedCall, ...]) -> None:
    if not calls:
        st.write(literal(f"{caption}: no call."))
        return
    mark = job.scorecard.pass_mark
    rows = [
        table.Row(
            [
                table.text(moment(one.started_at), link=True, sort=one.started_at.isoformat(), nowrap=True),
                table.text(one.agent, one.team),
                table.score(one.before, mark),
                table.score(one.after, mark),
            ],
            href=call_address(one.call_id, card=job.scorecard.id),
        )
        for one in calls
    ]
    columns = [
        table.Column("Call"),
        table.Column("Agent"),
        table.Column("Total now", number=True),
        table.Column("Total with it", number=True),
    ]
    show_table_with_downloads(f"what-if calls {caption}", caption, columns, rows, _about(job))


def _about(job: Job) -> dict[str, str]:
    """What was tried, for the tables that are taken along."""
    compared = "what held then" if job.against is None else f"version {job.against}"
    return {"Scorecard tried": job.scorecard.title, "Compared with": compared, "Tried by": job.author}


def _words(verdict: Verdict | None) -> str:
    return VERDICTS[verdict] if verdict else NOT_ASKED


def _verdict(verdict: Verdict | None) -> table.Cell:
    return table.verdict(verdict) if verdict else table.text(NOT_ASKED)


if __name__ == "__main__":
    show()
