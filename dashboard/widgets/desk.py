"""How is a call heard, read and judged on one screen, by the keyboard if one likes?

One widget holds the player, the transcript and the scorecards, so that keys mean the same wherever one last clicked.
`player.py` and `scorecards.py` say what stands in it.
"""

from typing import NamedTuple

from dashboard.widgets.component import widget
from dashboard.widgets.player import player_data
from dashboard.widgets.scorecards import card_data
from storage.records import CallDetails

_desk = widget("desk", "timeline", "player", "scorecards", "keys")


class Asked(NamedTuple):
    """What somebody just asked for: to correct a result, by its id; to say who spoke a turn; to mark what a turn shows."""

    correct: int | None = None
    speaker: int | None = None
    mark: int | None = None


def show_desk(
    details: CallDetails, *, scorecard: str | None, at: float | None, turn: int | None, may_correct: bool
) -> Asked:
    """Draw the desk with one scorecard in front, ready at a second or a turn."""
    asked = _desk(
        key="desk",
        data={
            "call": details.call_id,
            "may_correct": may_correct,
            "chosen": scorecard,
            "player": player_data(details, at, turn),
            "cards": [card_data(stored) for stored in details.evaluations],
        },
        on_correct_change=_nothing_else,
        on_speaker_change=_nothing_else,
        on_mark_change=_nothing_else,
    )
    return Asked(*(int(value) if value else None for value in (asked.correct, asked.speaker, asked.mark)))


def _nothing_else() -> None:
    """The request reruns the page, which sees it; there is nothing to do before."""
