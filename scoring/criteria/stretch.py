"""Which stretch of the conversation is looked through?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scoring.criteria.base import UNSEARCHED, Context, Judgement, Place, Who, does_not_apply, unsure
from scoring.criteria.said import Said, evidence_of, quote_all
from scoring.criteria.shown import Showing, nearest, sighted, sighted_all
from scoring.result import Evidence, Searched, Verdict


class Bounds(NamedTuple):
    """A stretch found in one conversation: of whom, in which turns, from and to which second, after and before what."""

    who: Who
    turns: frozenset[int]
    earliest: float | None = None
    latest: float | None = None
    after: Place | None = None
    before: Place | None = None

    @property
    def whole_turns(self) -> bool:
        """Whether it is bounded by nothing within a turn."""
        return self[2:] == (None, None, None, None)

    def holds(self, place: Place, seconds: Callable[[], float | None]) -> bool:
        """Whether something lies in the stretch at that place, and at that time, which is asked for where it matters."""
        return (
            place.turn in self.turns
            and (self.after is None or place > self.after)
            and (self.before is None or place < self.before)
            and ((self.earliest is None and self.latest is None) or self._holds_time(seconds()))
        )

    def _holds_time(self, seconds: float | None) -> bool:
        return (
            seconds is not None
            and (self.earliest is None or seconds >= self.earliest)
            and (self.latest is None or seconds <= self.latest)
        )

    def searched(self, context: Context, sought: str, nearest: Evidence | None = None) -> Searched:
        """What was looked through, as evidence that something was not there."""
        if not context.telling:
            return UNSEARCHED
        looked = context.conversation.found.get(self)
        if looked is None:  # several criteria look through the same stretch
            looked = context.conversation.found[self] = self._looked_through(context)
        turns, start, end = looked
        return Searched(self.who, turns, start, end, sought, nearest)

    def _looked_through(self, context: Context) -> tuple[int, float | None, float | None]:
        """How many turns lie in the stretch, and from and to which second; None where no times are known."""
        own = context.turns_of_set(self.who)
        spans = [
            turn.span
            for index, turn in enumerate(context.transcript.turns)
            if index in own
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
        return len(spans), start, end


@dataclass(frozen=True)
class Stretch:
    """A part of the conversation. What is given must hold together.

        within: {first_seconds: 30, first_turns: 3}
        within: {last_turns: 2}
        within: {after: {speaker: customer, phrases: ["I want to complain"]}}
        within: {before: {speaker: agent, phrases: ["outstanding balance"]}}
        within: {after: {behaviour: distress}, turns_after: 2}
        within: {where: public}

    `first_turns` and `last_turns` count the turns of the speaker who is looked at. Where a conversation has no times, a
    bound in seconds is passed over if one in turns stands beside it; alone, it leaves the criterion unsure. `after` and
    `before` are the first time that something was said, or that a behaviour was shown; where that never was, nothing comes
    after it (the criterion does not apply) and everything comes before it. `turns_after` ends the stretch with the so
    many-th turn of the speaker who is looked at that begins after it; a mere "mhm" does not count as a turn. `where` takes
    the messages that everybody could read, or those that only the two of them could; where there are none, the criterion
    does not apply.
    """

    first_seconds: float | None = None
    last_seconds: float | None = None
    first_turns: int | None = None
    last_turns: int | None = None
    after: Said | Showing | None = None
    before: Said | Showing | None = None
    turns_after: int | None = None
    where: Literal["public", "private"] | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Bounds that leave nothing."""
        for name in ("first_seconds", "last_seconds", "first_turns", "last_turns", "turns_after"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                yield name, f"a number above 0, not {value:g}"
        if self.turns_after is not None and self.after is None:
            yield "turns_after", "needs an `after` to count from"

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
        for name, event in (("after", self.after), ("before", self.before)):
            if event is None:
                continue
            place = _first_said(context, event) if isinstance(event, Said) else _first_shown(context, event)
            if place.verdict is Verdict.UNSURE:
                return place
            if place.verdict is Verdict.NOT_MET and name == "after":
                why = f"This is looked for only after {event.sought}, which never came."
                return does_not_apply(why, place.searched, place.probability)
            places[name] = place.place
        turns = self._turns(context, who)
        if self.where is not None:
            told = frozenset(n for n, turn in enumerate(transcript.turns) if turn.public is (self.where == "public"))
            if not told & context.turns_of_set(who):
                whose = "Nobody" if who == "anyone" else f"The {who}" if who != "other" else "Nobody else"
                wrote = "wrote" if whose.startswith("Nobody") else "wrote nothing"
                return does_not_apply(f"{whose} {wrote} in {self.where}.")
            turns &= told
        if self.turns_after is not None and (after := places["after"]):
            turns &= following(context, who, after.turn, self.turns_after)
        return Bounds(who, turns, earliest, latest, places["after"], places["before"])

    def _turns(self, context: Context, who: Who) -> frozenset[int]:
        turns = context.turns_of(who)
        if self.first_turns is None and self.last_turns is None:
            # All of them: a turn whose side is in doubt may be this speaker's as well.
            return frozenset(range(len(context.transcript.turns)))
        first = turns[: self.first_turns] if self.first_turns is not None else turns
        last = turns[-self.last_turns :] if self.last_turns is not None else turns
        return frozenset(first) & frozenset(last)


def following(context: Context, who: Who, turn: int, count: int) -> frozenset[int]:
    """That turn and those after it up to the so many-th of that speaker, leaving out a mere "mhm"."""
    own = [after for after in context.turns_of(who) if after > turn and not context.conversation.is_backchannel(after)]
    last = own[count - 1] if len(own) >= count else len(context.transcript.turns) - 1
    return frozenset(range(turn, last + 1))


def _first_said(context: Context, said: Said) -> Judgement:
    """Met where it was first said, not met with what was looked through, or unsure."""
    if refused := context.cannot_tell(said.speaker):
        return refused
    looked = said.look(context)
    doubtful = []
    for found in looked.found():
        if not found.doubt:
            return Judgement(Verdict.MET, 1.0, place=found.place)
        doubtful.append(found)
    if looked.too_slow:
        return unsure(f"The pattern “{looked.too_slow}” took too long on this conversation.")
    if doubtful:
        return unsure("It is not certain where the stretch begins or ends.", evidence=quote_all(context, tuple(doubtful)))
    near = evidence_of(context, looked.nearest)[0] if looked.nearest else None
    return Judgement(Verdict.NOT_MET, 1.0, searched=_everywhere(context, said.speaker).searched(context, said.sought, near))


def _first_shown(context: Context, showing: Showing) -> Judgement:
    """The same for a behaviour."""
    found = showing.find(context)
    if isinstance(found, Judgement):
        return found
    for item in found:
        if item.sure:
            return Judgement(Verdict.MET, item.probability, place=item.place)
    if possible := tuple(item for item in found if item.possible):
        why = f"It is not certain that the {showing.speaker} shows {showing.titles}, and so where to look."
        return unsure(why, evidence=sighted_all(context, possible))
    near = nearest(found)
    bounds = _everywhere(context, showing.speaker.value)
    searched = bounds.searched(context, showing.sought, sighted(context, near) if near else None)
    return Judgement(Verdict.NOT_MET, round(1 - near.probability, 4) if near else 1.0, searched=searched)


def _everywhere(context: Context, who: Who) -> Bounds:
    return Bounds(who, frozenset(range(len(context.transcript.turns))))


EVERYWHERE = Stretch()
