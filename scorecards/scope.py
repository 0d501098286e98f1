"""Which conversations is a scorecard for?

A scope names teams, queues, channels and directions; what it leaves out it does not ask about. Names are compared without
regard to capitals, as people type them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Channel(StrEnum):
    """What a conversation came in as: with its sound, or as text, and what was written in."""

    RECORDING = "recording"
    WRITTEN = "written"  # as text: a transcript of a call, or any of those below
    CHAT = "chat"
    EMAIL = "email"
    SOCIAL = "social"


_WRITTEN = frozenset({Channel.WRITTEN, Channel.CHAT, Channel.EMAIL, Channel.SOCIAL})
_IN_WORDS = {
    Channel.RECORDING: "recorded calls",
    Channel.WRITTEN: "chats and transcripts",
    Channel.CHAT: "chats",
    Channel.EMAIL: "e-mails",
    Channel.SOCIAL: "social messages",
}


DIRECTIONS = ("inbound", "outbound")


@dataclass(frozen=True)
class Kept:
    """What is known of a conversation that decides which scorecards are for it; empty where it is not known."""

    channel: Channel
    team: str = ""
    queue: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Scope:
    """Conversations for which all of this holds; an empty list asks nothing.

    only_named: none of itself, only those for which the list of calls names the scorecard.
    """

    teams: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    directions: tuple[str, ...] = ()
    only_named: bool = False

    def __post_init__(self) -> None:
        for name in ("teams", "queues"):
            given = {value.strip().casefold(): value.strip() for value in getattr(self, name) if value.strip()}
            object.__setattr__(self, name, tuple(sorted(given.values())))
        object.__setattr__(self, "channels", tuple(sorted({Channel(value) for value in self.channels})))
        object.__setattr__(self, "directions", tuple(sorted(set(self.directions))))
        if unknown := set(self.directions) - set(DIRECTIONS):
            raise ValueError(f"a direction is one of {', '.join(DIRECTIONS)}, not {', '.join(sorted(unknown))}")

    def covers(self, call: Kept) -> bool:
        """Whether the scorecard is for that conversation, unasked."""
        return (
            not self.only_named
            and _among(call.team, self.teams)
            and _among(call.queue, self.queues)
            and (_among(call.channel, self.channels) or (Channel.WRITTEN in self.channels and call.channel in _WRITTEN))
            and _among(call.direction, self.directions)
        )

    def words(self) -> str:
        """What it is for, as people say it: `inbound recorded calls of team Harbour in the queue Billing`."""
        if self.only_named:
            return "only calls for which it is named in the list of calls"
        named = [_IN_WORDS[channel] for channel in self.channels]
        every = not named or {Channel.RECORDING, Channel.WRITTEN} <= set(self.channels)
        what = "calls" if every else " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
        if len(self.directions) == 1:
            what = f"{self.directions[0]} {what}"
        where = [
            _listed(word, names, of)
            for word, names, of in (("team", self.teams, "of"), ("queue", self.queues, "in"))
            if names
        ]
        return " ".join(["all calls" if what == "calls" and not where else what, *where])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives an equal scope back."""
        lists = {name: list(getattr(self, name)) for name in ("teams", "queues", "channels", "directions")}
        return {**lists, "only_named": self.only_named}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        lists = {name: tuple(data.get(name, ())) for name in ("teams", "queues", "channels", "directions")}
        return cls(**lists, only_named=bool(data.get("only_named")))


EVERYTHING = Scope()
ONLY_NAMED = Scope(only_named=True)


def _among(value: str, wanted: Iterable[str]) -> bool:
    names = {one.casefold() for one in wanted}
    return not names or value.strip().casefold() in names


def _listed(word: str, names: tuple[str, ...], before: str) -> str:
    if len(names) == 1:
        return f"{before} {'the ' if before == 'in' else ''}{word} {names[0]}"
    return f"{before} the {word}s {', '.join(names[:-1])} and {names[-1]}"
