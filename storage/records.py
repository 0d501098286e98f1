"""Which values go into the store, and which come out of it?

Frozen values that are neither rows nor part of the domain: what is known of a call besides its words, a scored call as
it is handed in, and a call's details as they are handed out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from reviews.sides import SideChange
from scorecards.answers import Answer, answer_of
from scorecards.definition import Scorecard
from scoring.result import Evaluation, Verdict
from scoring.signals.model import Interruption, Signals, Silence
from storage.access import Asker
from storage.roles import Role
from storage.tables import CallKind
from transcripts.model import Speaker, Transcript

__all__ = [
    "CallDetails",
    "CallFacts",
    "CallFilter",
    "CallKind",
    "Choices",
    "KeptCall",
    "KeptEvaluation",
    "KeptTranscript",
    "NewTranscript",
    "OverrideRecord",
    "Rejudged",
    "ScoredCall",
    "SideCorrection",
    "StoredEvaluation",
    "Unreadable",
    "UserRecord",
]


@dataclass(frozen=True)
class CallFacts:
    """What is known of a call besides its words.

    content_hash: SHA-256 of the file's bytes as 64 hex digits; a call is the same call when this is the same.
    agent, team: names, of the time of the call; people that are not known yet are added. None where nobody is named.
    started_at: with a time zone.
    recording: path of the audio relative to the folder of recordings; None for a written conversation.
    extra: the metadata's other columns, as they came.
    """

    content_hash: str
    kind: CallKind
    file_name: str
    started_at: datetime
    agent: str | None = None
    team: str | None = None
    customer: str = ""
    direction: str = ""
    queue: str = ""
    recording: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", CallKind(self.kind))
        if self.started_at.tzinfo is None:
            raise ValueError(f"{self.file_name}: the start of a call has a time zone, {self.started_at} has none")
        if len(self.content_hash) != 64:
            raise ValueError(f"{self.file_name}: a content hash has 64 hex digits, not {len(self.content_hash)}")


@dataclass(frozen=True)
class ScoredCall:
    """A call with everything that was made of it, ready to be stored in one go; each evaluation with its scorecard."""

    facts: CallFacts
    transcript: Transcript
    signals: Signals
    evaluations: tuple[tuple[Scorecard, Evaluation], ...] = ()


@dataclass(frozen=True)
class OverrideRecord:
    """A person's correction of one result: who, when, from what to what, and why.

    answer_before, answer: what was answered; None where the verdict does not count.
    """

    author: str
    at: datetime
    before: Verdict
    after: Verdict
    reason: str
    answer_before: Answer | None = None
    answer: Answer | None = None

    def __post_init__(self) -> None:
        for name, verdict in (("answer_before", self.before), ("answer", self.after)):
            given = getattr(self, name)
            object.__setattr__(self, name, verdict.value if given is None and verdict.counts else answer_of(given))


@dataclass(frozen=True)
class StoredEvaluation:
    """An evaluation as it is kept: what the machine said, and what holds now, after people's corrections.

    result_ids and overrides are by criterion; a correction names a result id. Overrides are in the order they were made.
    """

    id: int
    scorecard: Scorecard
    machine: Evaluation
    current: Evaluation
    result_ids: Mapping[str, int]
    overrides: Mapping[str, tuple[OverrideRecord, ...]]


@dataclass(frozen=True)
class NewTranscript:
    """A call's transcript after a person said who spoke, with everything that was made of it, to take the old one's place.

    made_from: content hash of the transcript that the person corrected.
    evaluations: by every scorecard version that is in force for the call, of the new transcript.
    """

    kind: SideChange
    made_from: str
    transcript: Transcript
    signals: Signals
    evaluations: tuple[tuple[Scorecard, Evaluation], ...]


@dataclass(frozen=True)
class Rejudged:
    """What a scorecard said of a call, and what it says since somebody corrected who spoke; totals 0 to 100 or None."""

    scorecard: str
    title: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class SideCorrection:
    """A person's word on who spoke: who, when, why, which turns (index, speaker before, after), what it did to totals; or
    that it went on: the turns that came, the first of them sent at `since`."""

    id: int
    author: str
    at: datetime
    kind: SideChange
    reason: str
    turns: tuple[tuple[int, Speaker, Speaker], ...]
    totals: tuple[Rejudged, ...]
    since: datetime | None = None


@dataclass(frozen=True)
class CallDetails:
    """One call with everything that is known of it. `evaluations` are those in force, one a scorecard, by title.

    `side_corrections` are in the order they were made. `blind`: who asked is judging the call blind, and is given nothing
    that the machine found in it.
    """

    call_id: str
    agent_id: int | None
    team_id: int | None
    facts: CallFacts
    transcript: Transcript
    measures: Mapping[str, float | None]
    silences: tuple[Silence, ...]
    interruptions: tuple[Interruption, ...]
    valence: tuple[float, ...]
    evaluations: tuple[StoredEvaluation, ...]
    side_corrections: tuple[SideCorrection, ...] = ()
    blind: bool = False


@dataclass(frozen=True)
class Unreadable:
    """Something stored that can no longer be read as what it was; `why` is a sentence."""

    why: str


@dataclass(frozen=True)
class KeptTranscript:
    """A transcript with the hash (64 hex digits) that was written beside it."""

    hash: str
    transcript: Transcript | Unreadable


@dataclass(frozen=True)
class KeptEvaluation:
    """An evaluation, in force or not, with what its rows say of it besides the values: all of it can be checked.

    transcript_hash, scorecard_hash: as written beside it. failed, unsure: what lists are filtered by.
    """

    id: int
    scorecard: str
    version: int
    in_force: bool
    transcript_hash: str
    scorecard_hash: str
    failed: bool
    unsure: int
    stored: StoredEvaluation | Unreadable


@dataclass(frozen=True)
class KeptCall:
    """A call with everything that was ever made of it, as it lies in the database, to be checked.

    earlier: the transcripts before somebody corrected who spoke, the oldest first; their signals are not kept.
    valences: the two copies of measures by which lists are filtered. evaluations: by scorecard, version and age.
    """

    call_id: str
    kept: KeptTranscript
    signals: Signals | Unreadable
    earlier: tuple[KeptTranscript, ...]
    valences: Mapping[str, float | None]
    evaluations: tuple[KeptEvaluation, ...]


@dataclass(frozen=True)
class UserRecord:
    """Someone who can sign in, with what signing in needs. The hash of the password is kept out of any print; `one_time`
    says that it is one to choose another with."""

    id: int
    email: str
    name: str
    role: Role
    agent_id: int | None
    team_ids: frozenset[int]
    password_hash: str = field(repr=False)
    one_time: bool = False
    organisation_id: int | None = None

    @property
    def asker(self) -> Asker:
        """This person as somebody who asks."""
        return Asker(self.id, self.role, self.agent_id, self.team_ids, self.name, self.organisation_id)


@dataclass(frozen=True)
class CallFilter:
    """Which calls a screen is about. Nothing set means all that the asker may see.

    start, end: first and last day in UTC, both included.
    scorecard: an id; only calls judged by it, and totals, failures and doubts are those of this scorecard alone.
    total_min, total_max: bounds, included, of a call's total: the mean of its evaluations' totals.
    valence_max: upper bound, included, of the customer's valence over the call, -1 to 1.
    failed_only: only calls where a criterion failed a whole scorecard.
    unsure_only: only calls with a result that waits for a person.
    words: each of these words in one turn; words within double quotes as they stand; case makes no difference.
    """

    start: date | None = None
    end: date | None = None
    team_ids: tuple[int, ...] = ()
    agent_ids: tuple[int, ...] = ()
    queues: tuple[str, ...] = ()
    scorecard: str | None = None
    total_min: float | None = None
    total_max: float | None = None
    valence_max: float | None = None
    failed_only: bool = False
    unsure_only: bool = False
    words: str = ""


@dataclass(frozen=True)
class Choices:
    """What a filter can be set to, from the calls that the asker may see. Names are in alphabetical order.

    agent_teams: the team of each agent's latest such call. first, last: days in UTC of the first and the last call.
    """

    teams: Mapping[int, str]
    agents: Mapping[int, str]
    agent_teams: Mapping[int, int]
    queues: tuple[str, ...]
    scorecards: Mapping[str, str]
    first: date | None
    last: date | None
