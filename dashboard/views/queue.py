"""What is there to review today, why, and by which rules does it come here?"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import access, data, data_queue
from dashboard.pages import call_address, open_call
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import count, day, length, literal, moment, signed
from errors import AttuneError
from reviews.queue import State
from reviews.sampling import EVERY_CARD, ONE_CARD, Period, Rule, RuleKind, chance_words
from storage.access import Asker, may_manage_quality
from storage.review_queue import MOST_PER_DAY, Desk, Listed
from storage.review_rules import StoredRule, usual_rules
from storage.roles import Right

KINDS = {
    RuleKind.RANDOM: "A random sample of each agent",
    RuleKind.FAILURE: "Automatic failures",
    RuleKind.UNSURE: "What the machine is unsure of",
    RuleKind.SENTIMENT: "The unhappiest customers",
    RuleKind.DISPUTE: "Disputed answers",
    RuleKind.NEW_AGENT: "New agents' first calls",
}

PERIODS = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}

HOW_IT_IS_DRAWN = (
    "Every call has a number between 0 and 1 under a seed: the first 13 hexadecimal digits of the SHA-256 of "
    "`seed|call id`, divided by 16 to the power of 13. The random sample takes the calls with the lowest numbers of each "
    "agent and period; a rule that takes a share takes those whose number lies below it. Calls that come in when their "
    "period is drawn already are taken with the chance that the others had. So anybody who has the seed and the list of "
    "calls draws the same sample again, and nobody can pick a call and say that it was chance."
)


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.CORRECT)
    st.title("To review", anchor=False)
    if data.filter_choices(asker).first is None:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    data_queue.fill_if_due()
    _say_what_changed()
    if not may_manage_quality(asker):
        _own(asker)
        return
    names = ["Everybody's work", "Reviewers", "Rules", "Samples drawn"]
    own = data_queue.assignments(asker, reviewer_id=asker.user_id)
    work, reviewers, rules, samples = st.tabs(names, key="queue-show", bind="query-params")
    if work.open:
        with work:
            if own:
                _own(asker)
                st.subheader("Everybody's", anchor=False)
            _everybodys(asker)
    if reviewers.open:
        with reviewers:
            _reviewers(asker)
    if rules.open:
        with rules:
            _rules(asker)
    if samples.open:
        with samples:
            _samples(asker)


# A reviewer's own work


def _own(asker: Asker) -> None:
    today = _today()
    work = data_queue.assignments(asker, reviewer_id=asker.user_id)
    desk = next((desk for desk in data_queue.desks(asker) if desk.user_id == asker.user_id), None)
    if desk is not None:
        _progress(desk, work, today)
    if not work:
        if data_queue.rules(asker):
            nothing_here("All done", "Nothing is waiting for you. New calls come with the next working day.")
        else:
            nothing_here("Nothing to review yet", "A quality manager says by which rules calls come here.")
        return
    first = work[0].assignment
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        label = "Go on with the call" if first.state is State.IN_PROGRESS else "Open the next call"
        if st.button(label, type="primary", icon=":material/play_arrow:"):
            open_call(first.call_id, card=first.scorecards[0])
        st.caption(literal(f"{_due_words(first.due, today)} · {first.why}"), width="content")
    chosen = show_table_with_downloads(
        "my reviews", "Your calls to review, the first due first", _COLUMNS, _rows(work, today)
    )
    if chosen:
        one = next(each.assignment for each in work if str(each.assignment.id) == chosen)
        open_call(one.call_id, card=one.scorecards[0])


def _progress(desk: Desk, work: Sequence[Listed], today: date) -> None:
    due_today = sum(each.assignment.due == today for each in work)
    columns = st.columns(4)
    columns[0].metric("Done today", f"{desk.done_today} of at most {desk.per_day}")
    columns[1].metric("Due today", due_today)
    columns[2].metric("Overdue", desk.overdue)
    columns[3].metric("Done this week", f"{desk.done_this_week} of {desk.done_this_week + desk.waiting}")


_COLUMNS = [
    table.Column("Due"),
    table.Column("Call of"),
    table.Column("Customer"),
    table.Column("Agent"),
    table.Column("Length", number=True),
    table.Column("Why you see it", help="Which rule chose it, and the chance that it had"),
]


def _rows(work: Sequence[Listed], today: date) -> list[table.Row]:
    return [
        table.Row(
            _cells(each, today),
            id=str(each.assignment.id),
            href=call_address(each.assignment.call_id, card=each.assignment.scorecards[0]),
        )
        for each in work
    ]


def _cells(each: Listed, today: date) -> list[table.Cell]:
    given = each.assignment
    blind = "Judged blind: the machine's answers come after yours. " if given.blind else ""
    return [
        table.text(_due_words(given.due, today), _state_words(given.state), sort=given.due.isoformat(), nowrap=True),
        table.text(
            moment(each.started_at), " · ".join(each.titles), link=True, sort=each.started_at.isoformat(), nowrap=True
        ),
        table.text(each.customer or "not named", each.queue, nowrap=True),
        table.text(each.agent or "not named", each.team, nowrap=True),
        table.number(each.duration_seconds, length(each.duration_seconds)),
        table.text(given.why, blind.strip()),
    ]


def _due_words(due: date, today: date) -> str:
    match (due - today).days:
        case 0:
            return "Today"
        case 1:
            return "Tomorrow"
        case late if late < 0:
            return f"Overdue since {due:%a} {day(due)}"
        case _:
            return f"{due:%a} {day(due)}"


def _state_words(state: State) -> str:
    return "begun" if state is State.IN_PROGRESS else ""


# Everybody's


def _everybodys(asker: Asker) -> None:
    today = _today()
    people = {desk.name: desk.user_id for desk in data_queue.desks(asker)}
    who = st.selectbox("Reviewer", ["Everybody", *people], key="queue-of", width=260)
    work = data_queue.assignments(asker, reviewer_id=people.get(who))
    if without := data_queue.waiting():
        st.info(f"{count(without, 'chosen call')} found no room yet: more reviewers, or more calls a day, would take them.")
    if not work:
        nothing_here("Nothing is waiting", "No call is to be reviewed just now.")
        return
    st.caption("Choose a row to see why it is there, open it, or hand it over.")
    rows = [
        table.Row(
            [
                table.text(each.assignment.reviewer, "blind" if each.assignment.blind else "", nowrap=True),
                *_cells(each, today),
            ],
            id=str(each.assignment.id),
        )
        for each in work
    ]
    columns = [table.Column("Reviewer"), *_COLUMNS[:-1], table.Column("Why it is reviewed")]
    chosen = show_table_with_downloads("all reviews", "Everybody's calls to review, the first due first", columns, rows)
    if chosen:
        _one_review(next(each for each in work if str(each.assignment.id) == chosen), people)


@st.dialog("A call to review")
def _one_review(each: Listed, people: Mapping[str, int]) -> None:
    given = each.assignment
    st.markdown(f"**{literal(each.customer or 'A customer')} and {literal(each.agent or 'an agent')}**")
    st.markdown(literal(f"{given.why} With {given.reviewer}, due {day(given.due)}."))
    st.link_button("Open the call", call_address(given.call_id, card=given.scorecards[0]), icon=":material/headphones:")
    others = [name for name, id_ in people.items() if id_ != given.reviewer_id]
    if not others:
        st.caption("Nobody else reviews, so it cannot be handed over.")
        return
    with st.form("hand over", border=False):
        name = st.selectbox("Hand it over to", others)
        why = st.text_input("Why?", placeholder="Away until Thursday")
        if not st.form_submit_button("Hand over"):
            return
    # Who asks is looked up again: the dialog may have stood open for longer than the session.
    asker = access.required_asker(Right.MANAGE_QUALITY)
    if _do(lambda: data_queue.pass_on(asker, given.id, people[name], why), f"Handed over to {name}."):
        st.rerun()


# Reviewers


def _reviewers(asker: Asker) -> None:
    desks = data_queue.desks(asker)
    if desks:
        loads = [desk.given_this_week for desk in desks]
        st.markdown(
            f"Given this week: **{min(loads)} to {max(loads)}** calls each."
            if min(loads) != max(loads)
            else f"Given this week: **{loads[0]}** calls each."
        )
        columns = [
            table.Column("Reviewer"),
            table.Column("At most a day", number=True),
            table.Column("Given this week", number=True),
            table.Column("Done this week", number=True),
            table.Column("Done today", number=True),
            table.Column("Waiting", number=True),
            table.Column("Overdue", number=True),
        ]
        numbers = ("per_day", "given_this_week", "done_this_week", "done_today", "waiting", "overdue")
        rows = [
            table.Row([table.text(desk.name, nowrap=True), *(table.number(getattr(desk, name)) for name in numbers)])
            for desk in desks
        ]
        show_table_with_downloads("reviewers", "Reviewers and what is on their desks", columns, rows)
        st.caption(
            "New work goes to whoever was given least this week, so that nobody has more than one call above another. "
            "Nobody is given a call that they took themselves, were given before, or have corrected."
        )
    else:
        nothing_here("Nobody reviews yet", "Say below how many calls a day somebody reviews, or let a reviewer sign in.")
    st.subheader("How many calls a day", anchor=False)
    people, per_day = data_queue.could_review(asker), {desk.user_id: desk.per_day for desk in desks}
    with st.form("quotas", border=True):
        given = {}
        columns_ = st.columns(4)
        for place, (id_, name) in enumerate(people.items()):
            now = per_day.get(id_, 0)
            given[id_] = columns_[place % 4].number_input(name, 0, MOST_PER_DAY, now, key=f"quota {id_}")
        st.caption("0 gives somebody no calls. What they have already stays with them.")
        if st.form_submit_button("Save"):
            changed = {id_: number for id_, number in given.items() if number != per_day.get(id_, 0)}
            if _do(lambda: data_queue.set_quotas(asker, changed), "Saved."):
                st.rerun()


# Rules


def _rules(asker: Asker) -> None:
    rules = data_queue.rules(asker)
    titles = data.filter_choices(asker).scorecards
    if not rules:
        nothing_here(
            "No rules yet",
            "Without rules no call comes to anybody. The usual ones are a good start: one call of each agent a week by "
            "chance, automatic failures, and a part of what was unsure or ended in anger.",
        )
        if st.button("Start with the usual rules", type="primary") and _do(
            lambda: data_queue.save_rules(asker, [(rule, None) for rule in usual_rules(_today())]),
            "The usual rules are in force.",
        ):
            st.rerun()
    for stored in rules:
        _rule(asker, stored, titles)
    with st.expander("Add a rule", icon=":material/add:"):
        kind = st.selectbox("What should it look for?", list(KINDS), format_func=KINDS.__getitem__, key="new-kind")
        monday = _today() - timedelta(days=_today().weekday() + 7)
        _form(asker, Rule(kind, ONE_CARD, bound=_USUAL_BOUNDS.get(kind, 1.0), since=monday), None, titles)
    if rules:
        st.caption("The queue fills itself once a day. After a change it can be filled again at once.")
        if st.button("Fill the queue now", icon=":material/refresh:"):
            _fill()


_USUAL_BOUNDS = {RuleKind.UNSURE: 3.0, RuleKind.SENTIMENT: -0.5, RuleKind.NEW_AGENT: 10.0}


def _fill() -> None:
    try:
        filled = data_queue.fill_now()
    except AttuneError as error:
        st.error(str(error))
        return
    st.session_state["queue-said"] = (
        f"Drew from {count(filled.candidates, 'call')}, chose {filled.chosen}, gave {filled.given}; "
        f"{filled.waiting} found no room."
    )
    st.rerun()


def rule_words(rule: Rule, titles: Mapping[str, str]) -> str:
    """What a rule does, in a sentence or two."""
    by = {EVERY_CARD: "each of its scorecards", ONE_CARD: "one of its scorecards, drawn by chance"}
    card = by.get(rule.scorecard, titles.get(rule.scorecard, rule.scorecard))
    by_chance = "All of them are chosen" if rule.share == 1 else f"Each has {chance_words(rule.share)}"
    match rule.kind:
        case RuleKind.RANDOM:
            whose = "each agent and queue" if rule.by_queue else "each agent"
            what = f"{count(rule.number, 'call')} of {whose} in each {PERIODS[rule.period]}, by chance"
            if rule.blind_share:
                what += f"; {round(100 * rule.blind_share)} in 100 of them are judged blind"
        case RuleKind.FAILURE:
            what = f"Calls with an automatic failure. {by_chance}"
        case RuleKind.UNSURE:
            what = f"Calls with at least {count(int(rule.bound), 'answer')} that the machine was unsure of. {by_chance}"
        case RuleKind.SENTIMENT:
            what = f"Calls in which the customer's sentiment was {signed(rule.bound)} or worse. {by_chance}"
        case RuleKind.DISPUTE:
            what = f"Calls with a disputed answer. {by_chance}"
        case RuleKind.NEW_AGENT:
            what = f"{_new_words(rule)} of agents who began after {day(rule.since)}. {by_chance}"
    return f"{what}. Reviewed by {card}, within {count(rule.due_days, 'working day')}."


def _new_words(rule: Rule) -> str:
    """Which calls of a new agent a rule takes."""
    if not rule.days:
        return f"The first {count(int(rule.bound), 'call')}"
    days = f"first {count(rule.days, 'day')}"
    return (
        f"The first {count(int(rule.bound), 'call')}, as far as in the {days}," if rule.bound else f"The calls of the {days}"
    )


def _rule(asker: Asker, stored: StoredRule, titles: Mapping[str, str]) -> None:
    with st.container(border=True):
        st.markdown(f"**{KINDS[stored.rule.kind]}**")
        st.markdown(literal(rule_words(stored.rule, titles)))
        st.caption(
            f"By {literal(stored.author)}, {moment(stored.at)}; for calls from {day(stored.rule.since)} on. "
            f"Seed: `{stored.seed}`"
        )
        with st.expander("Change or end it", icon=":material/edit:"):
            _form(asker, stored.rule, stored.key, titles)
            ended = "The rule has ended. What it chose stays."
            if st.button("End this rule", key=f"end {stored.key}") and _do(
                lambda: data_queue.end_rule(asker, stored.key), ended
            ):
                st.rerun()


def _form(asker: Asker, rule: Rule, key: str | None, titles: Mapping[str, str]) -> None:
    name = key or f"new {rule.kind}"
    cards = {ONE_CARD: "One of the call's scorecards, by chance", EVERY_CARD: "All of the call's scorecards", **titles}
    known = list(cards) if rule.scorecard in cards else [*cards, rule.scorecard]
    with st.form(f"rule {name}", border=False):
        first, second, third = st.columns(3)
        changed: dict[str, Any] = {}
        if rule.kind is RuleKind.RANDOM:
            changed["number"] = first.number_input("Calls of each agent", 1, 1000, rule.number, key=f"number {name}")
            changed["period"] = second.selectbox(
                "In each", list(PERIODS), list(PERIODS).index(rule.period), format_func=PERIODS.__getitem__, key=f"in {name}"
            )
            blind = third.number_input(
                "Judged blind, in 100",
                0,
                100,
                round(100 * rule.blind_share),
                key=f"blind {name}",
                help="Of so many in 100 the reviewer answers before the machine's answers are shown. Only these say how "
                "often the machine is right.",
            )
            changed["blind_share"] = blind / 100
            changed["by_queue"] = first.checkbox("Of each queue too", rule.by_queue, key=f"queues {name}")
        else:
            share = first.number_input(
                "Chosen, in 100", 1, 100, max(1, round(100 * rule.share)), key=f"share {name}", help="100 takes all of them."
            )
            changed["share"] = share / 100
            if rule.kind is RuleKind.UNSURE:
                changed["bound"] = float(
                    second.number_input("At least so many unsure answers", 1, 100, int(rule.bound), key=f"bound {name}")
                )
            elif rule.kind is RuleKind.SENTIMENT:
                changed["bound"] = second.number_input(
                    "Sentiment at most", -1.0, 1.0, rule.bound, 0.05, key=f"bound {name}", help="-1 is furious, 1 delighted."
                )
            elif rule.kind is RuleKind.NEW_AGENT:
                changed["bound"] = float(
                    second.number_input(
                        "Their first so many calls", 0, 1000, int(rule.bound), key=f"bound {name}", help="0: however many."
                    )
                )
                changed["days"] = third.number_input(
                    "In their first so many days",
                    0,
                    366,
                    rule.days,
                    key=f"days {name}",
                    help="Counted from an agent's first call; 0: however long it takes.",
                )
        changed["scorecard"] = second.selectbox(
            "Reviewed by",
            known,
            known.index(rule.scorecard),
            format_func=lambda id_: cards.get(id_, id_),
            key=f"card {name}",
        )
        changed["due_days"] = third.number_input("Within working days", 1, 60, rule.due_days, key=f"due {name}")
        if not st.form_submit_button("Save" if key else "Put in force"):
            return
    values = {field: getattr(rule, field) for field in Rule.__dataclass_fields__}
    says = "The rule is changed, for what is drawn from now on." if key else "The rule is in force."
    if _do(lambda: data_queue.save_rules(asker, [(Rule(**{**values, **changed}), key)]), says):
        st.rerun()


# Samples


def _samples(asker: Asker) -> None:
    with st.expander("How it is drawn, and how to draw it again", icon=":material/casino:"):
        st.markdown(HOW_IT_IS_DRAWN)
    draws = data_queue.draws(asker)
    if not draws:
        nothing_here("Nothing is drawn yet", "Samples are drawn when a day, week or month is over, by the rules in force.")
        return
    st.caption("The latest first. Choose a row to draw it once more by its seed and compare.")
    columns = [
        table.Column("Drawn"),
        table.Column("Rule"),
        table.Column("From the calls of"),
        table.Column("Calls", number=True),
        table.Column("Chosen", number=True),
        table.Column("Seed"),
    ]
    rows = [
        table.Row(
            [
                table.text(moment(draw.at), sort=draw.at.isoformat(), nowrap=True),
                table.text(KINDS[draw.kind]),
                table.text(draw.agent or "all agents", _span(draw.first_day, draw.end_day, draw.queue)),
                table.number(draw.candidates),
                table.number(draw.chosen),
                table.text(draw.seed),
            ],
            id=str(draw.id),
        )
        for draw in draws
    ]
    chosen = show_table_with_downloads("draws", "What was drawn, the latest first", columns, rows)
    if chosen:
        if data_queue.drawn_again(asker, int(chosen)):
            st.success("Drawn once more by its seed: the same calls come out.", icon=":material/check_circle:")
        else:
            st.error("Drawn once more by its seed, other calls come out. Somebody has changed what was stored.")


def _span(first: date, end: date, queue: str) -> str:
    last = end - timedelta(days=1)
    when = day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"{when}, {queue}" if queue else when


# Small things


def _today() -> date:
    return datetime.now(UTC).date()


def _do(act: Callable[[], object], says: str) -> bool:
    """Do it and remember what to say on the page as it is then; or say what went wrong."""
    try:
        act()
    except AttuneError as error:
        st.error(str(error))
        return False
    st.session_state["queue-said"] = says
    return True


def _say_what_changed() -> None:
    if words := st.session_state.pop("queue-said", ""):
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
