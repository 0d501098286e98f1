"""How is a moment of a call shown so that one can read it, hear it and go there: the words behind an answer?"""

from collections.abc import Sequence
from dataclasses import dataclass

from coaching.personal import Moment
from dashboard.pages import call_address
from dashboard.widgets.component import widget
from dashboard.widgets.words import VERDICTS, moment, plain
from scoring.result import Verdict

_moments = widget("moments")


@dataclass(frozen=True)
class Piece:
    """Words with where they stand in seconds, None where no times are known; `why` is a sentence."""

    quote: str
    why: str
    start: float | None
    end: float | None


@dataclass(frozen=True)
class Item:
    """Something to read and hear of one call. `href` leads there, said as `link`; `notes` are sentences below.

    title: what stands in front, such as a question. points: quieter words at its end. recorded: it can be heard.
    """

    id: str
    call: str
    recorded: bool
    pieces: Sequence[Piece]
    verdict: Verdict | None = None
    words: str = ""
    title: str = ""
    points: str = ""
    notes: Sequence[str] = ()
    href: str = ""
    link: str = "Open the call here"


def item_of(found: Moment, scorecard: str, words: str = "") -> Item:
    """A moment with its call's day; `words` stand in its chip instead of the verdict."""
    return Item(
        id=found.call_id,
        call=found.call_id,
        recorded=found.recorded,
        pieces=[Piece(found.quote, plain(found.why), found.start, found.end)],
        verdict=found.verdict,
        words=words or VERDICTS[found.verdict],
        href=call_address(found.call_id, card=scorecard, at=found.start, turn=found.turn),
        link=f"Open the call of {moment(found.started_at)} here",
    )


def show_moments(key: str, caption: str, items: Sequence[Item]) -> str | None:
    """Draw them; the id of the item whose call was just asked for, if one was. `caption` says what they are."""
    chosen = _moments(
        key=key,
        data={
            "caption": caption,
            "items": [
                {
                    "id": item.id,
                    "call": item.call,
                    "recorded": item.recorded,
                    "tone": item.verdict and item.verdict.value,
                    "words": item.words or (VERDICTS[item.verdict] if item.verdict else ""),
                    "title": item.title,
                    "points": item.points,
                    "notes": list(item.notes),
                    "href": item.href,
                    "link": item.link,
                    "pieces": [
                        {"quote": piece.quote, "why": piece.why, "start": piece.start, "end": piece.end}
                        for piece in item.pieces
                    ],
                }
                for item in items
            ],
        },
        on_chosen_change=_nothing_else,
    ).chosen
    return str(chosen) if chosen else None


def _nothing_else() -> None:
    """A choice reruns the page, which sees it; there is nothing to do before."""
