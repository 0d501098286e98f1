"""Which stretch of the conversation is looked through?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scoring.criteria.base import Context, Judgement, Place, Who, does_not_apply, unsure
from scoring.criteria.said import Said, quote_all
from scoring.result import Evidence, Searched


class Bounds(NamedTuple):
    """A stretch found in one conversation: of whom, in which turns, from and to which second, after and before what."""

    who: Who
    turns: frozenset[int]
    earliest: float | None = None
    latest: float | None = None
    after: Place | None = None
    before: Place | None = None

    def holds(self, place: Place, seconds: float | None) -> bool:
        """Whether something at that place and time lies in the stretch."""
        return (
            place.turn in self.turns
            and (self.earliest is None or (seconds is not None and seconds >= self.earliest))
            and (self.latest is None or (seconds is not None and seconds <= self.latest))
            and (self.after is None or place > self.after)
            and (self.before is None or place < self.before)
        )

    def searched(self, context: Context, sought: str, nearest: Evidence | None = None) -> Searched:
        """What was looked through, as evidence that something was not there."""
        spans = [
            turn.span
            for index, turn in enumerate(context.transcript.turns)
            if index in context.turns_of_set(self.who)
            and index in self.turns
            and (self.after is None or index >= self.after.turn)
            and (self.before is None or index <= self.before.turn)
            and (self.earliest is None or (turn.end is not None and turn.end >= self.earliest))
            and (self.latest is None or (turn.start is not None and turn.start <= self.latest))
        ]
        known = [span for span in spans if span]
        start = min((span.start for span in known), default=None)
        end = max((span.end for span in known), default=None)
        if start is not None and end is not None:
            start = start if self.earliest is None else max(start, self.earliest)
            end = end if self.latest is None else min(end, self.latest)
        return Searched(self.who, len(spans), start, end, sought, nearest)


@dataclass(frozen=True)
class Stretch:
    """A part of the conversation. What is given must hold together.

        within: {first_seconds: 30, first_turns: 3}
        within: {last_turns: 2}
        within: {after: {speaker: customer, phrases: ["I want to complain"]}}
        within: {before: {speaker: agent, phrases: ["outstanding balance"]}}

    `first_turns` and `last_turns` count the turns of the speaker who is looked at. Where a conversation has no times, a
    bound in seconds is passed over if one in turns stands beside it; alone, it leaves the criterion unsure. `after` and
    `before` are the first time that something was said; where that never was, nothing comes after it (the criterion does
    not apply) and everything comes before it.
    """

    first_seconds: float | None = None
    last_seconds: float | None = None
    first_turns: int | None = None
    last_turns: int | None = None
    after: Said | None = None
    before: Said | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Bounds that leave nothing."""
        for name in ("first_seconds", "last_seconds", "first_turns", "last_turns"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                yield name, f"a number above 0, not {value:g}"

    def find(self, context: Context, who: Who) -> Bounds | Judgement:
        """The stretch in this conversation, or why nothing can be said about it."""
        transcript = context.transcript
        in_seconds = self.first_seconds is not None or self.last_seconds is not None
        in_turns = self.first_turns is not None or self.last_turns is not None
        if in_seconds and not transcript.timed and not in_turns:
            return unsure("This conversation has no times, so a stretch in seconds cannot be found in it.")
        earliest = latest = None
        if transcript.timed:
            latest = self.first_seconds
            if self.last_seconds is not None:
                earliest = max(0.0, transcript.duration_seconds - self.last_seconds)
        places: dict[str, Place | None] = {"after": None, "before": None}
        for name, said in (("after", self.after), ("before", self.before)):
            if said is None:
                continue
            place = _first_said(context, said)
            if isinstance(place, Judgement):
                return place
            if place is None and name == "after":
                return does_not_apply(f"This is looked for only after {said.sought}, which never came.")
            places[name] = place
        return Bounds(who, self._turns(context, who), earliest, latest, places["after"], places["before"])

    def _turns(self, context: Context, who: Who) -> frozenset[int]:
        turns = context.turns_of(who)
        if self.first_turns is None and self.last_turns is None:
            # All of them: a turn whose side is in doubt may be this speaker's as well.
            return frozenset(range(len(context.transcript.turns)))
        first = turns[: self.first_turns] if self.first_turns is not None else turns
        last = turns[-self.last_turns :] if self.last_turns is not None else turns
        return frozenset(first) & frozenset(last)


def _first_said(context: Context, said: Said) -> Place | Judgement | None:
    """Where it was first said, None where it never was, or why that is not known."""
    if refused := context.cannot_tell(said.speaker):
        return refused
    findings = said.find(context)
    if findings.too_slow:
        return unsure(f"The pattern “{findings.too_slow[0]}” took too long on this conversation.")
    sure = [found for found in findings.found if not found.doubt]
    if sure:
        return sure[0].place
    if findings.found:
        return unsure("It is not certain where the stretch begins or ends.", evidence=quote_all(context, findings.found))
    return None


EVERYWHERE = Stretch()
