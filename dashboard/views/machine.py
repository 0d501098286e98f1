"""How often is the machine right, and what would the scores be if people had reviewed every call?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from dashboard import access, data, data_queue
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.filters import choose_one
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import count, day, percent
from reviews.estimates import Estimate, Share
from storage.access import Asker
from storage.review_figures import GroupScore, QuestionRight
from storage.roles import Right

SPANS = {"The last 30 days": 30, "The last 90 days": 90, "The last year": 365}

TARGET = 0.8
"""The notch in the figures: agreement on four answers of five is what two trained reviewers can be expected to reach."""

NOT_YET = (
    "This is said only from blind reviews: calls of the random sample that a person judges before the machine's answers are "
    "shown. None is finished in this time. A quality manager sets how many are judged blind, under *To review*, *Rules*."
)

EVERY_CARD = "Each scorecard as a whole"


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.CORRECT)
    st.title("How right the machine is", anchor=False)
    span, _ = st.columns([1, 3])
    with span:
        chosen = choose_one("When", "span", list(SPANS), "The last 90 days")
    end = datetime.now(UTC).date()
    start = end - timedelta(days=SPANS[chosen])
    right, scores = st.tabs(
        ["The machine's answers", "Scores, as if all were reviewed"], key="right-show", bind="query-params"
    )
    if right.open:
        with right:
            _answers(data_queue.machine_right(asker, start, end), chosen)
    if scores.open:
        with scores:
            _scores(asker, start, end)


def _answers(found: Sequence[QuestionRight], when: str) -> None:
    st.caption(
        "How often the machine's answer is the one a person gave blind, over all calls, with the range that holds the "
        "truth with a probability of 90 %. Each answer counts for the calls like it that were not drawn. Beside it, counted "
        "apart: how often people changed an answer that they had seen, which says nothing of the answers they let pass."
    )
    if not any(one.right.answers for one in found):
        nothing_here("Not known yet", NOT_YET)
    if not found:
        return
    titles = {one.title: one.scorecard for one in found}
    with st.columns([1, 3])[0]:
        title = choose_one("Questions of", "of", [EVERY_CARD, *titles], EVERY_CARD)
    # All questions of all scorecards are more than anybody reads; what they come to together is where one begins.
    shown = [one for one in found if (not one.criterion if title == EVERY_CARD else one.scorecard == titles[title])]
    rows = [_answer_row(one) for one in shown]
    columns = [
        table.Column("Scorecard and question"),
        table.Column("Right"),
        table.Column("Blind reviews", number=True),
        table.Column("Left to a person", number=True, help="Blind reviews in which the machine had been unsure"),
        table.Column("Corrected after seeing", number=True, help="Answers that people changed with the machine's in sight"),
    ]
    show_table_with_downloads(
        "machine right", "How often the machine is right", columns, rows, {"When": when, "Questions of": title}
    )


def _answer_row(one: QuestionRight) -> table.Row:
    whole = not one.criterion
    title = table.text(one.title, "All questions together") if whole else table.text(one.question, one.title)
    seen = f"{one.corrections} in {count(one.seen, 'review')}" if one.seen else str(one.corrections)
    return table.Row(
        [
            title,
            _share(one.right),
            table.number(one.right.calls),
            table.number(one.undecided),
            table.number(one.corrections, seen),
        ]
    )


def share_words(share: Share) -> str:
    """A share with its doubt: `91 %, between 84 % and 95 %`, and what is missing where it is not known well enough."""
    if share.value is None or share.low is None or share.high is None:
        return f"not known yet: about {count(share.more, 'blind review')} would do"
    words = f"{percent(share.value)}, between {percent(share.low)} and {percent(share.high)}"
    return words if share.enough else f"{words}; not enough yet: about {share.more} more would do"


def _share(share: Share) -> table.Cell:
    if share.value is None or share.low is None or share.high is None:
        return table.text("–", share_words(share), sort=-1)
    return table.likely_range(share.value, share.low, share.high, TARGET, share_words(share), plain=share.value >= TARGET)


def _scores(asker: Asker, start: date, end: date) -> None:
    titles = {title: id_ for id_, title in data.filter_choices(asker).scorecards.items()}
    if not titles:
        nothing_here("No scores yet", "No scorecard has judged a call.")
        return
    by, card = st.columns([1, 2])
    with by:
        who = choose_one("Of each", "each", ["Agent", "Team"], "Agent")
    with card:
        title = choose_one("Scorecard", "scorecard", sorted(titles), min(titles))
    groups = data_queue.reviewed_scores(asker, "agent" if who == "Agent" else "team", titles[title], start, end)
    st.caption(
        "What the average of **all** calls would be if people had reviewed each of them. Reviewed calls are no fair "
        "picture: failed, doubtful and unhappy ones come up more often. So this begins with the machine's average over all "
        "calls and adds what people changed, each change counting for as many calls as the reviewed one stands for (one "
        "over its chance of being chosen). The range holds the truth with a probability of 90 %; the notch is the machine's "
        "average. Calls that were chosen and are not reviewed yet are taken to be like those that are."
    )
    if not groups:
        nothing_here("Nothing is drawn yet", "A random sample has to be drawn first; see *To review*.")
        return
    columns = [
        table.Column(who),
        table.Column("Estimate", help="Average of all calls, had people reviewed each"),
        table.Column("Calls", number=True),
        table.Column("Reviewed", number=True),
        table.Column("The machine alone", number=True, help="Its average over all calls"),
        table.Column("Only those reviewed", number=True, help="Their plain average: a mean of troubles"),
    ]
    rows = [_score_row(each) for each in groups]
    about = {"From": day(start), "To": day(end), "Scorecard": title}
    show_table_with_downloads("reviewed scores", f"Average scores by {who.lower()}", columns, rows, about)


def estimate_words(estimate: Estimate) -> str:
    """An average with its doubt: `76, between 71 and 80`."""
    if estimate.value is None or not estimate.reviewed:
        return "nothing reviewed yet"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.0f}; too few are reviewed to say how sure"
    return f"{estimate.value:.0f}, between {estimate.low:.0f} and {estimate.high:.0f}"


def _score_row(group: GroupScore) -> table.Row:
    estimate = group.estimate
    words = estimate_words(estimate)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        cell = table.text(
            "–" if estimate.value is None or not estimate.reviewed else f"{estimate.value:.0f}", words, sort=-1
        )
    else:
        shown = (estimate.value / 100, estimate.low / 100, estimate.high / 100)
        cell = table.likely_range(*shown, (estimate.machine or 0.0) / 100, words, plain=True)
    waiting = f"{estimate.reviewed}, {group.waiting} waiting" if group.waiting else str(estimate.reviewed)
    return table.Row(
        [
            table.text(group.name, nowrap=True),
            cell,
            table.number(group.calls),
            table.number(estimate.reviewed, waiting),
            _points(estimate.machine),
            _points(estimate.plain),
        ]
    )


def _points(value: float | None) -> table.Cell:
    return table.number(value, None if value is None else f"{value:.0f}")


if __name__ == "__main__":
    show()
