"""How long did each side of a written conversation wait, on the clock of whoever was there to answer?"""

from dataclasses import replace
from datetime import datetime, timedelta

from transcripts.hours import read_hours
from transcripts.model import Transcript

EARLIEST, LATEST = 1990, 2200
"""Years in which a message may have been sent; programs write the year 1 where they know none."""

LONGEST_SECONDS = 3 * 365 * 86_400.0
"""Beyond three years nobody waits; days are counted one by one."""


def on_the_clock(transcript: Transcript, began: datetime | None, hours: str) -> Transcript:
    """The same conversation with the working time at which each message was sent.

    began: when its first message was sent, with a zone of time. hours: as they are written (`transcripts.hours`). Where the
    clock never stops, it is not known when messages were sent, or a date among them cannot be right, nothing is added.
    Raises ValueError where the hours cannot be read.
    """
    week = read_hours(hours)
    if week is None or began is None or not transcript.clocked or not EARLIEST <= began.year <= LATEST:
        return transcript
    if max(transcript.seen or 0.0, *(turn.sent or 0.0 for turn in transcript.turns)) > LONGEST_SECONDS:
        return transcript

    def worked(seconds: float | None) -> float | None:
        return None if seconds is None else round(week.seconds_between(began, began + timedelta(seconds=seconds)), 3)

    turns = tuple(replace(turn, worked=worked(turn.sent)) for turn in transcript.turns)
    return replace(transcript, turns=turns, hours=week.written, seen_worked=worked(transcript.seen))
