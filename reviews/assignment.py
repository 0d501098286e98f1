"""Who reviews which call, and by when?

Work is spread so that no reviewer has more than one call above another where that can be, and no day of theirs is fuller
than it need be. Nobody is given a call that they handled themselves or have judged before, and nobody more in a day than
their quota. What finds no room stays in the queue for another day.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Work:
    """A chosen call. `days` are those it may be due on, the first one first; `barred` are who must not review it."""

    call_id: str
    days: tuple[date, ...]
    barred: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Person:
    """A reviewer. `per_day` is their quota; `taken` counts what is due on a day already, `load` what they were given of
    late, by which it is seen whose turn it is."""

    id: int
    per_day: int
    load: int = 0
    taken: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """A call given to a reviewer, to be done by the end of that day."""

    call_id: str
    reviewer_id: int
    due: date


def spread(work: Sequence[Work], people: Iterable[Person]) -> tuple[Given, ...]:
    """Who gets which of these calls, for when; `work` in the order of urgency, which counts where there is too little room.

    Each call goes to whoever may have it, has room and was given least so far. Afterwards calls are handed on, along
    chains of people if need be, as long as that makes two loads more alike: so no two loads differ by more than one
    unless every call that could be handed on is barred to, or finds no day with, everybody it would have to go to.
    """
    desks = {person.id: _Desk(person) for person in people}
    left_out = []
    for item in work:
        able = [desk for desk in desks.values() if desk.day_for(item) is not None]
        if able:
            # Between equals neither the first in the list nor the last is always the one.
            min(able, key=lambda desk: (desk.load, _tie(item.call_id, desk.person.id))).take(item)
        else:
            left_out.append(item)
    while _hand_on(desks):
        pass
    given = [Given(item.call_id, desk.person.id, due) for desk in desks.values() for item, due in desk.given.values()]
    place = {item.call_id: n for n, item in enumerate(work)}
    return tuple(sorted(given, key=lambda each: place[each.call_id]))


class _Desk:
    """A person with what they are being given."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.given: dict[str, tuple[Work, date]] = {}
        self.taken = dict(person.taken)

    @property
    def load(self) -> int:
        return self.person.load + len(self.given)

    def day_for(self, item: Work) -> date | None:
        """The emptiest day with room, the earliest of such; None where there is none, or where they must not have it."""
        if self.person.id in item.barred:
            return None
        free = [day for day in item.days if self.taken.get(day, 0) < self.person.per_day]
        return min(free, key=lambda day: (self.taken.get(day, 0), day)) if free else None

    def take(self, item: Work) -> None:
        day = self.day_for(item)
        assert day is not None, "asked before"
        self.given[item.call_id] = (item, day)
        self.taken[day] = self.taken.get(day, 0) + 1

    def give_up(self, call_id: str) -> Work:
        item, day = self.given.pop(call_id)
        self.taken[day] -= 1
        return item


def _hand_on(desks: Mapping[int, _Desk]) -> bool:
    """Hand calls on along one shortest chain that makes two loads more alike; whether there was one."""
    for start in sorted(desks.values(), key=lambda desk: (-desk.load, desk.person.id)):
        chain = _chain(start, desks)
        if chain:
            for call_id, giver, taker in reversed(chain):  # from the far end, so that each has room when it takes
                taker.take(giver.give_up(call_id))
            return True
    return False


def _chain(start: _Desk, desks: Mapping[int, _Desk]) -> list[tuple[str, _Desk, _Desk]]:
    """The hand-overs from `start` to somebody with at least two calls fewer; empty where there are none.

    Each taker has room before anything moves; a giver in the middle gives one up and takes one.
    """
    came: dict[int, tuple[str, _Desk] | None] = {start.person.id: None}
    waiting = deque([start])
    while waiting:
        desk = waiting.popleft()
        if desk.load <= start.load - 2:
            chain = []
            while (step := came[desk.person.id]) is not None:
                call_id, giver = step
                chain.append((call_id, giver, desk))
                desk = giver
            return chain[::-1]
        for item, _ in desk.given.values():
            for other in desks.values():
                if other.person.id not in came and other.day_for(item) is not None:
                    came[other.person.id] = (item.call_id, desk)
                    waiting.append(other)
    return []


def _tie(call_id: str, person_id: int) -> str:
    return hashlib.sha256(f"{call_id}|{person_id}".encode()).hexdigest()
