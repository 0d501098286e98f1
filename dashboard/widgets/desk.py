"""How is a call heard, read and judged on one screen, by the keyboard if one likes?

One widget holds the player, the transcript and the scorecards, so that keys mean the same wherever one last clicked.
`player.py` and `scorecards.py` say what stands in it. What a reviewer does goes to `api/desk.py` without the page being
drawn again; the answer has the form of `state` here, so that the widget shows it in place of what it had.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard.widgets.component import widget
from dashboard.widgets.player import player_data
from dashboard.widgets.scorecards import blind_card_data, card_data
from pipeline.desk import Standing
from reviews.queue import Assignment
from scoring.behaviours.corpus import behaviours
from scoring.result import Verdict
from storage.access import Asker, may_correct
from storage.desk import Notes
from storage.records import CallDetails

_desk = widget("desk", "timeline", "player", "scorecards", "review", "saving", "keys")

REASONS: Mapping[Verdict, tuple[str, ...]] = {
    Verdict.MET: (
        "It was said in other words.",
        "It was done at another moment of the call.",
        "The words were misheard.",
        "What was done comes to the same.",
    ),
    Verdict.PARTLY: ("Only a part of it was done.", "It was done, but late.", "It was done, but only when asked."),
    Verdict.NOT_MET: (
        "The quoted words do not do this.",
        "It came too late.",
        "It was said without being meant.",
        "The words were misheard.",
    ),
    Verdict.NOT_APPLICABLE: ("There was no occasion for it in this call.", "Another part of the call took care of it."),
}
"""Reasons for a change that are often right, to be chosen by a digit, by what the answer becomes."""


class Asked(NamedTuple):
    """What somebody just asked for: to say who spoke a turn; to mark what a turn shows; to finish the review, and go on to
    the next (`finish` is the assignment's id, `onwards` whether to go on)."""

    speaker: int | None = None
    mark: int | None = None
    finish: int | None = None
    onwards: bool = False


def _notes(notes: Notes) -> dict[str, Any]:
    titles = {name: one.title for name, one in behaviours().items()}
    return {
        "comments": [
            {
                "id": one.id,
                "author": one.author,
                "at": one.at.isoformat(),
                "text": one.text,
                "turn": one.turn,
                "start": one.start,
                "for_agent": one.for_agent,
                "own": one.own,
            }
            for one in notes.comments
        ],
        "clips": [
            {
                "id": one.id,
                "author": one.author,
                "at": one.at.isoformat(),
                "start": one.start,
                "end": one.end,
                "good": one.good,
                "about": one.about,
                "title": titles.get(one.about, ""),
                "note": one.note,
                "for_agent": one.for_agent,
                "own": one.own,
            }
            for one in notes.clips
        ],
        "coaching": [
            {"id": one.id, "author": one.author, "at": one.at.isoformat(), "note": one.note} for one in notes.coaching
        ],
    }


def state(standing: Standing) -> dict[str, Any]:
    """How a call stands, as plain JSON values; `mark` is another one whenever anything in it is."""
    cards = [blind_card_data(card) for card in standing.to_judge] or [
        card_data(stored, standing.answers, standing.judged_blind) for stored in standing.evaluations
    ]
    now = {"cards": cards, "notes": _notes(standing.notes)}
    written = json.dumps(now, sort_keys=True).encode()
    return {**now, "mark": hashlib.sha256(written).hexdigest()[:16]}


def _review(asker: Asker, details: CallDetails, assignment: Assignment | None) -> dict[str, Any] | None:
    """What a reviewer needs to judge; None for whoever reads."""
    if not may_correct(asker):
        return None
    return {
        "user": asker.user_id,
        "save": f"/desk/{details.call_id}",
        "blind": details.blind,
        "reasons": {verdict.value: list(reasons) for verdict, reasons in REASONS.items()},
        "behaviours": [{"name": name, "title": one.title} for name, one in behaviours().items()],
        "assignment": assignment
        and {"id": assignment.id, "why": assignment.why, "due": assignment.due.isoformat(), "blind": assignment.blind},
    }


def show_desk(
    asker: Asker,
    details: CallDetails,
    standing: Standing,
    assignment: Assignment | None,
    *,
    scorecard: str | None,
    at: float | None,
    turn: int | None,
) -> Asked:
    """Draw the desk with one scorecard in front, ready at a second or a turn."""
    asked = _desk(
        key="desk",
        data={
            "call": details.call_id,
            "may_correct": may_correct(asker),
            "review": _review(asker, details, assignment),
            "chosen": scorecard,
            "player": player_data(details, at, turn),
            **state(standing),
        },
        on_speaker_change=_nothing_else,
        on_mark_change=_nothing_else,
        on_finish_change=_nothing_else,
        on_onwards_change=_nothing_else,
    )
    speaker, mark, finish, onwards = (
        int(value) if value else None for value in (asked.speaker, asked.mark, asked.finish, asked.onwards)
    )
    return Asked(speaker, mark, finish if onwards is None else onwards, onwards is not None)


def _nothing_else() -> None:
    """The request reruns the page, which sees it; there is nothing to do before."""
