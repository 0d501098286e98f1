"""How did a call run, seen as a piece of a process: what was it about, who waited, who was passed on, who had to come back,
and how did the customer feel from its start to its end?

A `Course` is a short value that lists of a hundred thousand calls are counted from. All of it is read from what is known
already: the facts that were given with the call, the words, and what was measured of them. Where a thing was given it counts
as given; where it was not, the words may say it, and then the value says so. What cannot be known is None.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from scoring.behaviours.judge import DOUBT
from scoring.signals.model import Shown, Signals
from scoring.signals.shown import LANGUAGE, side_in_doubt
from transcripts import languages
from transcripts.model import Sides, Speaker, Transcript

REASON_COLUMNS = ("reason", "contact_reason", "call_reason", "topic", "category")
"""Under which names the reason for a call may be given with it; the first that is there counts."""

PHONE_HASH, EMAIL_HASH = "customer_phone_hash", "customer_email_hash"
"""Under which names the keyed hashes of a telephone number and an e-mail address stand (`storage.identities`)."""

CUSTOMER_COLUMNS = ("customer_id", "customer_number", "caller_hash", PHONE_HASH, EMAIL_HASH)
"""Under which names something may be given that is the same whenever the same customer is in contact."""

CASE_COLUMN = "case_id"
"""Under which name the id of the case in the customer system may be given that a call belongs to."""

TRANSFER_COLUMNS = ("transfers", "transferred", "transferred_to")
"""How often a call was passed on, whether it was, or to whom."""

HARMFUL = (
    "argues", "blames_customer", "dismisses", "jargon", "over_promises", "reads_script", "rude", "threatens",
)  # fmt: skip
"""The agent's behaviours that harm."""

REPEAT_CONTACT = "repeat_contact"

LONGEST_REASON = 120
"""Letters of a reason; what is longer is a note about one call."""

THIRD_VOICE_WORDS = 20
"""From so many words on a third person is somebody the call was passed to, and not a greeting from the background."""

ANNOUNCES_TRANSFER = re.compile(
    r"(?:\b(?:i|we)(?:['’]ll| will|['’]m| am|['’]re| are)(?: just| now| going to| gonna| about to| quickly)*"
    r"|\blet me(?: just| quickly)*|(?:^|[.!?,]\s+)(?:okay |right |just |now )*)"
    r"\s*(?:put(?:ting)? (?:you|this call|your call) (?:straight |right |back )?(?:through|over)\b"
    r"(?! (?:that|this|it|all|any|so|such|hell|more)\b)"
    r"|transfer(?:ring)? (?:you|this call|your call)\b(?! (?:the|a|an|some|my|that|£|\d))"
    r"|pass(?:ing)? (?:you|this call|your call) (?:over|on|across|through|to)\b"
    r"|hand(?:ing)? you (?:over|across)\b"
    r"|connect(?:ing)? (?:you|this call|your call) (?:to|with|through|now)\b)",
    re.IGNORECASE,
)
"""An agent who says that they pass the call on, not who offers it, asks about it, or is sorry for what you went through."""


class TransferKnown(StrEnum):
    """How it is known whether a call was passed on."""

    GIVEN = "given"  # with the call, by whoever recorded it
    SAID = "said"  # the agent announced it
    VOICE = "voice"  # a third person was heard after the agent
    NOTHING = "nothing"  # looked for in words and voices, and not found
    UNKNOWN = "unknown"  # the sides could not be told apart


@dataclass(frozen=True)
class Sight:
    """The turn that shows a behaviour most likely, how likely, and the letters of it that speak most for it."""

    turn: int
    probability: float
    start: int
    end: int


@dataclass(frozen=True)
class Course:
    """How a call ran.

    reason: what it was about, as it was given; empty where it was not. customer_key: the same for every contact of the same
    customer, and nothing that can be read; empty where none was given.
    repeat_said: how likely the customer says that they were in touch about this before (0 to 1), at turn `repeat_turn`.
    holds, hold_seconds, longest_hold_seconds: None where no times are known.
    transfers: how often it was passed on; one where that was only said or heard, at turn `transfer_turn`.
    valence_start, valence_lowest, valence_end: the customer's sentiment, -1 to 1, in the first third, in the most negative
    turn and in the last two turns; valence_peak the strongest turn, whichever way.
    harms: of each harmful behaviour that may have been shown the likeliest turn.
    behaviours_measured: whether `repeat_said` and `harms` could be looked for at all.
    """

    reason: str
    customer_key: str
    repeat_said: float | None
    repeat_turn: int | None
    holds: int | None
    hold_seconds: float | None
    longest_hold_seconds: float | None
    transfers: int | None
    transfer_known: TransferKnown
    transfer_turn: int | None
    valence_start: float | None
    valence_lowest: float | None
    valence_peak: float | None
    valence_end: float | None
    behaviours_measured: bool
    harms: Mapping[str, Sight]


def course_of(transcript: Transcript, signals: Signals, given: Mapping[str, Any]) -> Course:
    """How this call ran. `given`: the facts that came with it, by the names of their columns.

    Of the signals only measures, behaviours and models are read, so that values without embeddings will do.
    """
    facts = _facts(given)
    measured = signals.behaviours_measured and _judged(transcript)
    repeat = _likeliest(transcript, signals.behaviours, REPEAT_CONTACT)
    harms = {name: _likeliest(transcript, signals.behaviours, name) for name in HARMFUL} if measured else {}
    transfers, known, transfer_turn = _transfers(transcript, facts)
    measures = signals.measures
    holds = measures.get("holds")
    extremes = [measures.get(f"customer_valence_{end}") for end in ("lowest", "highest")]
    return Course(
        reason=given_reason(given),
        customer_key=_key(_first(facts, CUSTOMER_COLUMNS)),
        repeat_said=(repeat.probability if repeat else 0.0) if measured else None,
        repeat_turn=repeat.turn if measured and repeat and repeat.probability > DOUBT else None,
        holds=None if holds is None else int(holds),
        hold_seconds=measures.get("hold_seconds"),
        longest_hold_seconds=measures.get("longest_hold_seconds"),
        transfers=transfers,
        transfer_known=known,
        transfer_turn=transfer_turn,
        valence_start=measures.get("customer_valence_first_third"),
        valence_lowest=extremes[0],
        valence_peak=max((value for value in extremes if value is not None), key=abs, default=None),
        valence_end=measures.get("customer_valence_end"),
        behaviours_measured=measured,
        harms={name: harm for name, harm in harms.items() if harm and harm.probability > DOUBT},
    )


def given_reason(given: Mapping[str, Any]) -> str:
    """What a call was about, by the facts that came with it; empty where nobody says."""
    return " ".join(_first(_facts(given), REASON_COLUMNS).split())[:LONGEST_REASON]


def without_private_reason(given: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    """The facts that came with a call, with everything that may be its reason as `clean` reads it."""
    return {
        name: clean(_words(value)) if value and str(name).strip().lower() in REASON_COLUMNS else value
        for name, value in given.items()
    }


def customer_key(given: Mapping[str, Any]) -> str:
    """Whose contact a call is, by the facts that came with it; empty where nobody says."""
    return _key(_first(_facts(given), CUSTOMER_COLUMNS))


def given_transfers(value: str) -> int | None:
    """How many transfers a cell of `transfers` or `transferred` says; None where it says nothing that can be read."""
    said = value.strip().lower()
    if said.isascii() and said.isdecimal() and len(said) < 4:
        return int(said)
    return {"yes": 1, "true": 1, "y": 1, "no": 0, "false": 0, "n": 0}.get(said)


def _facts(given: Mapping[str, Any]) -> dict[str, str]:
    """What came with a call, its columns by small letters."""
    return {str(name).strip().lower(): _words(value) for name, value in given.items()}


def _words(value: object) -> str:
    return "" if value is None else str(value).strip()


def _first(facts: Mapping[str, str], names: Iterable[str]) -> str:
    return next((facts[name] for name in names if facts.get(name)), "")


def _key(customer: str) -> str:
    """Digits of a hash: equal for equal customers, of one length, and of no use to whoever reads a table over a shoulder.

    It is no protection of a telephone number, which whoever has the table could guess; give a number of your own, or a hash.
    """
    return sha256(customer.casefold().encode()).hexdigest()[:32] if customer else ""


def _judged(transcript: Transcript) -> bool:
    """Whether the judge of behaviours can have said anything of it."""
    return transcript.sides is not Sides.UNKNOWN and languages.base(transcript.language) == LANGUAGE


def _likeliest(transcript: Transcript, shown: Iterable[Shown], behaviour: str) -> Sight | None:
    """The turn that shows it most likely. A turn whose side is in doubt shows nothing beyond doubt."""
    best: Sight | None = None
    for one in shown:
        if one.behaviour != behaviour or one.turn >= len(transcript.turns):
            continue
        likely = min(one.probability, 0.5) if side_in_doubt(transcript, one.turn) else one.probability
        if best is None or likely > best.probability:
            best = Sight(one.turn, likely, one.start, one.end)
    return best


def _transfers(transcript: Transcript, facts: Mapping[str, str]) -> tuple[int | None, TransferKnown, int | None]:
    """How often the call was passed on, how that is known, and at which turn it is seen."""
    turn, by = _transfer_seen(transcript)
    counted = next(
        (n for n in map(given_transfers, (facts.get(name, "") for name in TRANSFER_COLUMNS[:2])) if n is not None), None
    )
    if counted is not None or facts.get("transferred_to"):
        times = 1 if counted is None else counted
        return times, TransferKnown.GIVEN, turn if times else None
    if transcript.sides is Sides.UNKNOWN:
        return None, TransferKnown.UNKNOWN, None
    return int(turn is not None), by, turn


def _transfer_seen(transcript: Transcript) -> tuple[int | None, TransferKnown]:
    """The turn that announces a transfer, else the first of a third person after the agent."""
    if transcript.sides is Sides.UNKNOWN:
        return None, TransferKnown.UNKNOWN
    first_agent, third, words = None, None, 0
    for place, turn in enumerate(transcript.turns):
        if turn.speaker is Speaker.AGENT:
            first_agent = place if first_agent is None else first_agent
            if ANNOUNCES_TRANSFER.search(turn.text):
                return place, TransferKnown.SAID
        elif turn.speaker is Speaker.OTHER and first_agent is not None and not transcript.is_recorded(turn):
            third, words = place if third is None else third, words + len(turn.text.split())
    return (third, TransferKnown.VOICE) if words >= THIRD_VOICE_WORDS else (None, TransferKnown.NOTHING)
