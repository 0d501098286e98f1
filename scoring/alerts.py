"""Is there something in a conversation that somebody should be told of at once, and how sure is that?

Four causes: a written complaint that nobody has answered, a customer who threatens to leave, distress that was still there
at the end, and an automatic failure. A `Trigger` says which of them is looked for, and where; `find` says what was found,
with the turn and the words. Nothing here reads a clock: when a wait becomes too long is worked out by `due`, and whoever
knows what time it is compares.

What the judge of behaviours is unsure of (`scoring.behaviours.judge.DOUBT`) is no cause, or one that says "perhaps", as the
trigger has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from errors import InputError
from scoring.behaviours.judge import DOUBT
from scoring.signals.model import Shown
from scoring.signals.replies import waits_of
from scoring.signals.shown import side_in_doubt
from transcripts.hours import read_hours
from transcripts.model import Speaker, Transcript

LONGEST_LIMIT = 30 * 24 * 60
"""Minutes; whoever may wait for a month for an answer gets none."""

_EVEN = 0.5
"""How likely something is that could not be looked for."""


class AlertKind(StrEnum):
    """What somebody is told of."""

    UNANSWERED = "unanswered"
    LEAVING = "leaving"
    DISTRESS = "distress"
    FAILURE = "failure"


class Channel(StrEnum):
    """How the customer was in contact."""

    PHONE = "phone"
    CHAT = "chat"
    EMAIL = "email"
    SOCIAL = "social"


WRITTEN = (Channel.CHAT, Channel.EMAIL, Channel.SOCIAL)


class Clock(StrEnum):
    """Which minutes of a wait count: those in which somebody was there to answer, or all."""

    WORKING = "working"
    ALWAYS = "always"


@dataclass(frozen=True)
class Trigger:
    """What is looked for, and where.

    channels, teams (ids), queues: where; empty is everywhere. perhaps: whether what is unsure counts too, as "perhaps".
    Of an unanswered message: limit_minutes on `clock`; public_only: those alone that everybody could read; complaints_only:
    those alone of conversations in which the customer complains.
    end_below: distress is unresolved where the customer's sentiment at the end (-1 to 1) is below this.
    scorecard, criterion: by which an automatic failure counts; empty is by any.

    Raises InputError where it cannot be.
    """

    kind: AlertKind
    channels: tuple[Channel, ...] = ()
    teams: tuple[int, ...] = ()
    queues: tuple[str, ...] = ()
    perhaps: bool = False
    limit_minutes: int = 60
    clock: Clock = Clock.WORKING
    public_only: bool = False
    complaints_only: bool = True
    end_below: float = 0.0
    scorecard: str = ""
    criterion: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", AlertKind(self.kind))
        object.__setattr__(self, "clock", Clock(self.clock))
        object.__setattr__(self, "channels", tuple(map(Channel, self.channels)))
        object.__setattr__(self, "teams", tuple(self.teams))
        object.__setattr__(self, "queues", tuple(self.queues))
        if not 1 <= self.limit_minutes <= LONGEST_LIMIT:
            raise InputError(f"A wait may be 1 to {LONGEST_LIMIT} minutes long before somebody is told.")
        if not -1 <= self.end_below <= 1:
            raise InputError("Sentiment at the end is a number from -1 (negative) to 1 (positive).")
        if self.criterion and not self.scorecard:
            raise InputError("Name the scorecard that the question is of, too.")
        if self.kind is AlertKind.UNANSWERED and Channel.PHONE in self.channels:
            raise InputError("On the telephone no message stays unanswered; choose chat, e-mail or social pages.")


@dataclass(frozen=True)
class Failed:
    """A question that fails the whole, and was answered so that it does; `unsure` where a person has yet to say so."""

    scorecard: str
    title: str
    criterion: str
    question: str
    probability: float
    unsure: bool = False
    turn: int | None = None
    quote: str = ""


@dataclass(frozen=True)
class Conversation:
    """What is known of one: where it was held, what was said and shown, and what failed it.

    channel: None where nothing says how a written one was held. team: the id, None where it has none. valence_end: the
    customer's sentiment in the end. measured: whether behaviours could be looked for at all.
    """

    channel: Channel | None
    team: int | None
    queue: str
    began: datetime
    transcript: Transcript
    shown: tuple[Shown, ...] = ()
    measured: bool = True
    valence_end: float | None = None
    failed: tuple[Failed, ...] = ()


@dataclass(frozen=True)
class Cause:
    """What was found: at which turn, in which words of whom was there, why it matters in a sentence that holds nobody's
    words, and how likely it is. since: when the customer began to wait, in seconds after the conversation's beginning."""

    why: str
    probability: float
    turn: int | None = None
    quote: str = ""
    since: float | None = None

    @property
    def perhaps(self) -> bool:
        """Whether a person has to look before anybody says so."""
        return self.probability < 1 - DOUBT


def channel_of(transcript: Transcript) -> Channel | None:
    """How a conversation was held; None where nothing says."""
    if transcript.medium is not None:
        return Channel(transcript.medium.value)
    return Channel.PHONE if transcript.spoken else None


def is_about(trigger: Trigger, conversation: Conversation) -> bool:
    """Whether conversations held there are looked at."""
    return (
        (not trigger.channels or conversation.channel in trigger.channels)
        and (not trigger.teams or conversation.team in trigger.teams)
        and (not trigger.queues or conversation.queue in trigger.queues)
    )


def find(trigger: Trigger, conversation: Conversation) -> Cause | None:
    """What of this conversation somebody is to be told by this trigger; None where there is nothing."""
    if not is_about(trigger, conversation):
        return None
    cause = _FINDERS[trigger.kind](trigger, conversation)
    if cause is None or cause.probability <= DOUBT or (cause.perhaps and not trigger.perhaps):
        return None
    return cause


def due(trigger: Trigger, conversation: Conversation, cause: Cause) -> datetime | None:
    """When somebody is to be told: at once (the beginning of the conversation is past), or once the customer has waited for
    longer than the limit. None where by the hours nobody will ever be there."""
    if cause.since is None:
        return conversation.began
    asked = conversation.began + timedelta(seconds=cause.since)
    limit = timedelta(minutes=trigger.limit_minutes)
    hours = read_hours(conversation.transcript.hours) if trigger.clock is Clock.WORKING else None
    return asked + limit if hours is None else hours.after(asked, limit.total_seconds())


def _unanswered(trigger: Trigger, conversation: Conversation) -> Cause | None:
    """The wait that is still going on at the end of what is known."""
    transcript = conversation.transcript
    waits = waits_of(transcript)
    if not waits or waits[-1].answered is not None:
        return None
    asked = waits[-1].asked
    turn = transcript.turns[asked]
    if trigger.public_only and not turn.public:
        return None
    where = "in public, before everybody’s eyes" if turn.public else "in writing"
    if not trigger.complaints_only:
        return Cause(f"A customer wrote {where}, and nobody has answered.", 1.0, asked, turn.text, turn.sent)
    if not conversation.measured:
        why = f"A customer wrote {where}, and nobody has answered; whether it is a complaint could not be told."
        return Cause(why, _EVEN, asked, turn.text, turn.sent)
    complains = _likeliest(conversation, "complains")
    if complains is None:
        return None
    return Cause(
        f"A customer complained {where}, and nobody has answered.", complains.probability, asked, turn.text, turn.sent
    )


def _leaving(trigger: Trigger, conversation: Conversation) -> Cause | None:
    shown = _likeliest(conversation, "threatens_to_leave")
    if shown is None:
        return None
    return Cause("The customer says that they may leave.", shown.probability, shown.turn, _words(conversation, shown))


def _distress(trigger: Trigger, conversation: Conversation) -> Cause | None:
    """Distress, where the customer felt badly at the end, or, where that is not known, nobody reassured them or offered a
    remedy after it. Whoever felt well again at the end is no news, whatever it was that helped."""
    shown = _likeliest(conversation, "distress")
    if shown is None:
        return None
    helped = any(
        one.behaviour in ("reassures", "offers_remedy") and one.turn > shown.turn and one.probability > _EVEN
        for one in conversation.shown
    )
    end = conversation.valence_end
    low = end is not None and end < trigger.end_below
    if not low and (helped or end is not None):
        return None
    reasons = [
        *(["felt badly at the end"] if low else []),
        *([] if helped else ["was neither reassured nor offered a remedy after it"]),
    ]
    why = f"The customer was in distress, and {' and '.join(reasons)}."
    return Cause(why, shown.probability, shown.turn, _words(conversation, shown))


def _failure(trigger: Trigger, conversation: Conversation) -> Cause | None:
    of_these = [
        one
        for one in conversation.failed
        if trigger.scorecard in ("", one.scorecard) and trigger.criterion in ("", one.criterion)
    ]
    one = min(of_these, key=lambda failed: failed.unsure, default=None)
    if one is None:
        return None
    if one.unsure:
        why = f"{one.title} may fail as a whole: “{one.question}” waits for a person."
        return Cause(why, _EVEN, one.turn, one.quote)
    return Cause(f"{one.title} failed as a whole by “{one.question}”", 1.0, one.turn, one.quote)


_FINDERS = {
    AlertKind.UNANSWERED: _unanswered,
    AlertKind.LEAVING: _leaving,
    AlertKind.DISTRESS: _distress,
    AlertKind.FAILURE: _failure,
}


def _likeliest(conversation: Conversation, behaviour: str) -> Shown | None:
    """The customer's turn that shows it most likely. One whose side is in doubt shows nothing beyond doubt."""
    transcript = conversation.transcript
    return max(
        (
            Shown(one.turn, behaviour, _capped(transcript, one), one.start, one.end)
            for one in _of(conversation.shown, behaviour)
            if one.turn < len(transcript.turns) and transcript.turns[one.turn].speaker is Speaker.CUSTOMER
        ),
        key=lambda one: one.probability,
        default=None,
    )


def _of(shown: Iterable[Shown], behaviour: str) -> Iterable[Shown]:
    return (one for one in shown if one.behaviour == behaviour)


def _capped(transcript: Transcript, one: Shown) -> float:
    return min(one.probability, _EVEN) if side_in_doubt(transcript, one.turn) else one.probability


def _words(conversation: Conversation, shown: Shown) -> str:
    text = conversation.transcript.turns[shown.turn].text
    return text[shown.start : shown.end].strip() or text
