"""What does a call come to as a piece of a process, for its customer's sentiment, and for harm: in whole numbers?

As expressions, from which one call's numbers are read and from which calls are counted one by one alike; and how these
numbers lie in the sums. A bound that somebody chooses can be answered from sums only where they were counted for it:
`HOLD_SECONDS` and `REPEAT_DAYS` are those.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Integer, SQLColumnExpression, and_, case, func, or_
from sqlalchemy import cast as sql_cast

from errors import StorageError
from scoring.behaviours.judge import DOUBT
from scoring.course import HARMFUL, TransferKnown
from scoring.reasons.judge import State
from storage.cells import AGENT, DAMAGED, MILLIONTHS, Cells, added
from storage.course_tables import CourseRow
from storage.reason_tables import CallReasonRow, Source
from storage.tables import CallKind, CallRow, TranscriptRow

HOLD_SECONDS = (15, 30, 45, 60, 90, 120, 180, 240, 300, 600)
"""From how many seconds on a hold may count as a long one, for the sums to be able to say how many there were."""

SOON_DAYS, LATER_DAYS = 7, 30
"""Within so many days of a contact another one of the same customer is a repeat of it."""

REPEAT_DAYS = (SOON_DAYS, LATER_DAYS)
"""Within how many days a customer may have had to come back, for the sums to be able to say how many did."""

SUBJECT = AGENT + 1
"""The column of `Cells.keys` with the number of what calls are about, after those of `storage.cells`."""

GIVEN: ColumnElement[str] = case((CallReasonRow.source == Source.PERSON, ""), else_=CourseRow.reason)
ASSIGNED: ColumnElement[str] = case(
    (or_(CallReasonRow.source == Source.PERSON, CourseRow.reason == ""), func.coalesce(CallReasonRow.reason, "")), else_=""
)
"""What a call is about: what a person said, else what was given, in its own words, else what the machine put it under."""

NOT_READ = "not_read"
"""The state of a conversation that was stored before there was a tree."""

REASON: ColumnElement[str] = func.coalesce(CallReasonRow.reason, "")
STATE: ColumnElement[str] = case(
    (CallReasonRow.call_id.is_(None), NOT_READ),
    (CallReasonRow.reason != "", State.FITS.value),
    (CallReasonRow.source == Source.PERSON, State.NONE.value),
    (CallReasonRow.source == Source.GIVEN, State.FITS.value),
    (CallReasonRow.state == State.UNSURE, State.UNSURE.value),
    else_=State.NONE.value,
)
"""Under which reason of the tree a conversation stands, by whomever, and what is known where it stands under none."""

ABOUT = (GIVEN, ASSIGNED, REASON, STATE, func.coalesce(CallReasonRow.tree_id, 0))
"""What is read of one call for its `Subject`."""


class Subject(NamedTuple):
    """What calls are about: what was `given`, or the reason `assigned`, as pieces of a process; the `reason` under which
    they stand, with the `state` and the version of the tree that was asked, as conversations."""

    given: str
    assigned: str
    reason: str
    state: str
    tree_id: int


NOTHING = Subject("", "", "", NOT_READ, 0)
"""Of calls of which nothing is known."""

CHANNEL: ColumnElement[str] = func.coalesce(
    TranscriptRow.medium, case((CallRow.kind == CallKind.RECORDING, "call"), else_="written")
)
"""By which way a conversation was held: `call`, or the medium of a written one."""

SEEN = (TransferKnown.GIVEN, TransferKnown.SAID, TransferKnown.VOICE)


def numbered() -> ColumnElement[bool]:
    """The condition that a number of the customer is known."""
    return CourseRow.customer_key != ""


def inbound() -> ColumnElement[bool]:
    """The condition that it was not the centre that rang."""
    return CallRow.direction != "outbound"


def said_again() -> ColumnElement[bool]:
    """The condition that without a number the customer's words settle that they were in touch before."""
    return and_(inbound(), ~numbered(), CourseRow.repeat_said >= 1 - DOUBT)


def came_back(days: float) -> ColumnElement[bool]:
    """The condition that by their number the customer was in touch within so many days before."""
    return and_(inbound(), numbered(), CourseRow.days_since_contact <= days)


def repeat_known() -> ColumnElement[bool]:
    """The condition that it can be said whether the customer was in touch before."""
    settled = or_(CourseRow.repeat_said <= DOUBT, CourseRow.repeat_said >= 1 - DOUBT)
    return and_(inbound(), or_(numbered(), settled))


def repeat_unsure() -> ColumnElement[bool]:
    """The condition that there is no number, and the words leave it open."""
    return and_(~numbered(), inbound(), CourseRow.repeat_said > DOUBT, CourseRow.repeat_said < 1 - DOUBT)


def long_hold(seconds: float) -> ColumnElement[bool]:
    """The condition that a hold was as long as that."""
    return CourseRow.longest_hold_seconds >= seconds


PROCESSES: Mapping[str, ColumnElement[bool]] = {
    "calls": CourseRow.call_id.is_not(None),
    "hold_known": CourseRow.longest_hold_seconds.is_not(None),
    "transfer_known": CourseRow.transfers.is_not(None),
    "transfer": CourseRow.transfers > 0,
    **{f"transfer_{how}": and_(CourseRow.transfers > 0, CourseRow.transfer_known == how) for how in SEEN},
    "repeat_known": repeat_known(),
    "repeat_numbered": and_(numbered(), inbound()),
    "repeat_unsure": repeat_unsure(),
    "repeat_said": said_again(),
    **{f"repeat_{days}": came_back(days) for days in REPEAT_DAYS},
    **{f"hold_{seconds}": long_hold(seconds) for seconds in HOLD_SECONDS},
}
"""What is counted of the process: 1 where it holds of a call."""

_BOTH = (CourseRow.valence_peak + CourseRow.valence_end) / 2
FELT = and_(CourseRow.valence_start.is_not(None), _BOTH.is_not(None))
"""The condition that a customer's sentiment was measured throughout."""

FEELINGS: Mapping[str, SQLColumnExpression[Any]] = {
    "start": CourseRow.valence_start,
    "lowest": CourseRow.valence_lowest,
    "end": CourseRow.valence_end,
    "peak_end": _BOTH,
    "peak_end_squared": _BOTH * _BOTH,
}
"""What is added up of the sentiment, of calls in which it was `FELT`."""


def contact_known() -> ColumnElement[bool]:
    """The condition that it is known whose contact it was."""
    return and_(CallReasonRow.call_id.is_not(None), CourseRow.contacted_at.is_not(None))


def again_within(days: float) -> ColumnElement[bool]:
    """The condition that the same customer was in touch again within so many days."""
    return and_(contact_known(), CallReasonRow.days_until_contact <= days)


def first_contact() -> ColumnElement[bool]:
    """The condition that the customer had not been in touch shortly before."""
    long_ago = or_(CourseRow.days_since_contact.is_(None), CourseRow.days_since_contact > SOON_DAYS)
    return and_(contact_known(), long_ago)


def answered_first() -> ColumnElement[bool]:
    """The condition that such a first contact was not followed by another one shortly."""
    not_soon = or_(CallReasonRow.days_until_contact.is_(None), CallReasonRow.days_until_contact > SOON_DAYS)
    return and_(first_contact(), not_soon)


def one_where(condition: SQLColumnExpression[bool]) -> ColumnElement[int]:
    """1 where it holds, else 0."""
    return func.coalesce(sql_cast(condition, Integer), 0)


def thousandths(value: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Seconds as a whole number of milliseconds."""
    return func.coalesce(sql_cast(func.round(1000 * value), BigInteger), 0)


def millionths(value: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """As a whole number of millionths, so that a sum does not depend on the order of adding; 0 where there is none."""
    return func.coalesce(sql_cast(func.round(MILLIONTHS * value), BigInteger), 0)


_TIMED = CallRow.duration_seconds > 0
ENDED = and_(CourseRow.valence_start.is_not(None), CourseRow.valence_end.is_not(None))
"""The condition that a customer's sentiment is known at the start and at the end."""

CONTACTS: Mapping[str, ColumnElement[int]] = {
    "ms": thousandths(CallRow.duration_seconds),
    "timed": one_where(_TIMED),
    "inbound": one_where(inbound()),
    "inbound_ms": case((inbound(), thousandths(CallRow.duration_seconds)), else_=0),
    "inbound_timed": one_where(and_(inbound(), _TIMED)),
    "contact_known": one_where(contact_known()),
    "soon": one_where(again_within(SOON_DAYS)),
    "later": one_where(again_within(LATER_DAYS)),
    "first": one_where(first_contact()),
    "answered": one_where(answered_first()),
    "by_person": one_where(CallReasonRow.source == Source.PERSON),
    "by_given": one_where(CallReasonRow.source == Source.GIVEN),
    "ended": one_where(ENDED),
    "start_of_ended": case((ENDED, millionths(CourseRow.valence_start)), else_=0),
    "end_of_ended": case((ENDED, millionths(CourseRow.valence_end)), else_=0),
}
"""What is added up of calls as contacts of customers."""

FIGURES: tuple[str, ...] = (
    *PROCESSES,
    *CONTACTS,
    "felt",
    *FEELINGS,
    "measured",
    *(f"{way} {name}" for way in ("shown", "unsure") for name in HARMFUL),
)
"""The numbers of a call, in order; the last ones are in how many calls each harmful behaviour was shown, or may have been,
of those in which it was looked for (`measured`)."""

_OF_CALL: tuple[ColumnElement[Any], ...] = (
    *(one_where(condition) for condition in PROCESSES.values()),
    *CONTACTS.values(),
    one_where(FELT),
    *(case((FELT, millionths(value)), else_=0) for value in FEELINGS.values()),
    one_where(CourseRow.behaviours_measured),
)
OF_CALL = tuple(expression.label(name.replace(" ", "_")) for name, expression in zip(FIGURES, _OF_CALL, strict=False))
"""What is read of one call for its `FIGURES`, but for the last ones, which are in `harms`."""

assert len(FIGURES) == len(OF_CALL) + 2 * len(HARMFUL), "each figure of a call is read from somewhere"


class Part(StrEnum):
    """The parts of a sum, each told apart by other things."""

    PROCESSES = "processes"
    CONTACTS = "contacts"
    HARMS = "harms"
    FEELINGS = "feelings"


_MEASURED = FIGURES.index("measured")
_FELT = FIGURES.index("felt")
_CONTACTS = FIGURES.index("ms")
COLUMNS: Mapping[Part, slice] = {
    Part.PROCESSES: slice(0, _CONTACTS),
    Part.CONTACTS: slice(_CONTACTS, _FELT),
    Part.HARMS: slice(_MEASURED, len(FIGURES)),
    Part.FEELINGS: slice(_FELT, _MEASURED),
}
"""Which of the figures each part has."""

_APART: Mapping[Part, tuple[bool, bool]] = {
    Part.PROCESSES: (False, True),
    Part.CONTACTS: (False, True),
    Part.HARMS: (True, False),
    Part.FEELINGS: (True, True),
}
"""Whether each part tells agents apart, and what calls are about."""

_WIDE = {Part.PROCESSES: "<i4", Part.CONTACTS: "<i8", Part.HARMS: "<i4", Part.FEELINGS: "<i8"}
_ROW = {
    part: np.dtype([("who", "<i4", (2,)), ("figures", _WIDE[part], (columns.stop - columns.start,))])
    for part, columns in COLUMNS.items()
}
_OWN = np.dtype("<i8")
OWN_BYTES = _OWN.itemsize * len(FIGURES)
"""How long one call's figures are as they are stored."""


class Written(NamedTuple):
    """A group's cells, all of one day, team, queue and kind, as `CourseSumRow` has them: a row for each agent, or for each
    thing that calls are about, or for both, with its figures."""

    processes: bytes
    contacts: bytes
    harms: bytes
    feelings: bytes


def own_bytes(figures: NDArray[np.int64]) -> bytes:
    """One call's figures as `CourseCountRow` has them."""
    return figures.astype(_OWN).tobytes()


def own_figures(values: Sequence[bytes]) -> NDArray[np.int64]:
    """Of several calls, a row each. Raises StorageError where one is damaged."""
    if any(len(value) != OWN_BYTES for value in values):
        raise StorageError(DAMAGED)
    return np.frombuffer(b"".join(values), _OWN).reshape(len(values), len(FIGURES)).astype(np.int64)


def parts_of(cells: Cells) -> dict[Part, Cells]:
    """Cells with all figures as those of each part, added up."""
    found = {}
    for part, columns in COLUMNS.items():
        keys = cells.keys.copy()
        for column, apart in zip((AGENT, SUBJECT), _APART[part], strict=True):
            if not apart:
                keys[:, column] = 0
        found[part] = added(Cells(keys, cells.heads[:, columns], cells.answers))
    return found


def written(parts: Mapping[Part, Cells]) -> Written:
    """Parts that were `added` and differ in nothing else than their agents and what the calls are about. The same cells are
    always written alike."""
    return Written(**{str(part): _bytes_of(part, parts[part]) for part in Part})


def _bytes_of(part: Part, cells: Cells) -> bytes:
    rows = np.empty(len(cells), _ROW[part])
    rows["who"], rows["figures"] = cells.keys[:, [AGENT, SUBJECT]], cells.heads
    return rows.tobytes()


def read_part(part: Part, places: Sequence[Sequence[int]], values: Sequence[bytes]) -> Cells:
    """The cells of rows of the sums. places: day, team, queue and kind of each, as numbers. Raises StorageError where one is
    damaged."""
    kind = _ROW[part]
    if any(len(value) % kind.itemsize for value in values):
        raise StorageError(DAMAGED)
    rows = np.frombuffer(b"".join(values), kind)
    keys = np.zeros((len(rows), SUBJECT + 1), np.int64)
    numbers = np.array(places, np.int64).reshape(-1, AGENT)
    keys[:, :AGENT] = np.repeat(numbers, [len(value) // kind.itemsize for value in values], axis=0)
    keys[:, [AGENT, SUBJECT]] = rows["who"]
    return cells_of(keys, rows["figures"].astype(np.int64))


def cells_of(keys: NDArray[np.int64], figures: NDArray[np.int64]) -> Cells:
    """Figures with their keys; there are no answers."""
    return Cells(keys, figures, np.empty((len(keys), 0), np.int64))


def place_of(names: Iterable[str], part: Part) -> list[int]:
    """At which columns of a part's cells these of the `FIGURES` stand."""
    return [FIGURES.index(name) - COLUMNS[part].start for name in names]
