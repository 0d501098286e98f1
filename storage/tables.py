"""Which tables are there, and what does a row of each hold? (Others: `scorecard_tables`, `queue_tables`, `desk_tables`.)

The mappings only: `storage.repository` writes them, `storage.queries` reads them, `storage.migrations` creates them.
All times of day are UTC. All times within a call are seconds from its start.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from reviews.disputes import DisputeState, DisputeStep
from reviews.queue import State
from reviews.sampling import Period, RuleKind
from reviews.sides import SideChange
from scorecards.definition import Fails
from scoring.result import Verdict
from storage.roles import Role
from storage.sealed_words import SealedBytes, SealedFold, SealedJson, SealedName, SealedText
from transcripts.model import Sides, Speaker

Json = dict[str, Any]
JsonList = list[Any]


class CallKind(StrEnum):
    """What a call came in as."""

    RECORDING = "recording"
    TRANSCRIPT = "transcript"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no time zone, so that it is put off before writing and on again after reading."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; times are stored as UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _choice(values: type[StrEnum]) -> Enum:
    """A column of one of these words, kept as plain text so that a new word needs no change of type."""
    return Enum(values, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


class Base(DeclarativeBase):
    """The one set of tables. Constraints have names by rule, so that a later migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        datetime: UtcDateTime,
        Json: JSON,
        JsonList: JSON,
        Role: _choice(Role),
        CallKind: _choice(CallKind),
        Speaker: _choice(Speaker),
        Sides: _choice(Sides),
        SideChange: _choice(SideChange),
        RuleKind: _choice(RuleKind),
        Period: _choice(Period),
        State: _choice(State),
        Verdict: _choice(Verdict),
        Fails: _choice(Fails),
    }


# People


class OrganisationRow(Base):
    """A company that speaks for us, or a part of our own. `kind` is of `storage.organisations.OrganisationKind`. Teams and
    people of whom nothing else is said are our own, which has no row."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class OrganisationTeamRow(Base):
    """That a team belonged to an organisation: from `since` on (None: ever since there is the team), and before `until`
    (None: it still does). The times of a team never overlap."""

    __tablename__ = "organisation_teams"
    __table_args__ = (Index(None, "organisation_id", "team_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TeamRow(Base):
    """A team of agents."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class AgentRow(Base):
    """Someone whose conversations are scored, and the team they are in today."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)


class UserRow(Base):
    """Someone who can sign in. `agent_id` is who they are among the agents, where they are one. `password_until` is until
    when a one-time password lets them in, to choose another; None once they have. `organisation_id` is the partner that
    they are of and are kept to; None for our own people, and for agents, who are of whom their team is of."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(Text)
    password_until: Mapped[datetime | None]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    active: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[datetime]


class CoachTeamRow(Base):
    """A team that a coach looks after."""

    __tablename__ = "coach_teams"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)


class SessionRow(Base):
    """A sign-in. Only the SHA-256 of its token is kept: whoever reads the database cannot sign in with it. `idle_until` is
    when it ends unless it is used before."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    idle_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


# Conversations


class CallRow(Base):
    """One conversation. `agent_id` and `team_id` are those of the time.

    `week` is the Monday of `started_at`; it is worked out once when a call is stored, so that every database groups
    alike. `customer_valence` and `customer_valence_end` are copies of two measures that lists are filtered by.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "team_id", "started_at"),
        Index(None, "agent_id", "started_at"),
        Index(None, "queue"),  # which ones there are
        Index(None, "customer", postgresql_using="hash"),  # an ordered one takes no name of more than some 2,700 bytes
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[CallKind]
    file_name: Mapped[str] = mapped_column(SealedText("calls.file_name"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    customer: Mapped[str] = mapped_column(SealedName("customer"))
    started_at: Mapped[datetime] = mapped_column(index=True)
    week: Mapped[date] = mapped_column(index=True)
    direction: Mapped[str] = mapped_column(Text)
    queue: Mapped[str] = mapped_column(Text)
    duration_seconds: Mapped[float]
    channels: Mapped[int]
    sides: Mapped[Sides]
    customer_valence: Mapped[float | None]
    customer_valence_end: Mapped[float | None]
    recording: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[Json] = mapped_column(SealedJson("calls.extra"))
    created_at: Mapped[datetime]


class TranscriptRow(Base):
    """What was heard of a call; its words are in `turns`, its length, channels and sides are the call's.

    `sounds` holds kind, start and end of each stretch of ringing, music and recorded voices.

    Of a written conversation `medium` is how it was held, `hours` those that replies were timed by, `seen_seconds` up to
    when it is known, after its first message.

    This, the turns and the signals are those in force; `side_corrections` keeps what they were before.
    """

    __tablename__ = "transcripts"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(Text)
    sounds: Mapped[JsonList] = mapped_column(server_default="[]")
    medium: Mapped[str | None] = mapped_column(String(20))
    hours: Mapped[str] = mapped_column(Text, server_default="")
    seen_seconds: Mapped[float | None]
    seen_worked_seconds: Mapped[float | None]


class TurnRow(Base):
    """One turn. `folded` is its text without distinctions of case, for searching alike on every database.

    `sent_seconds` is when a written message was sent, after the first one, `worked_seconds` the same in the hours in which
    somebody was there to answer.
    """

    __tablename__ = "turns"
    # What a search goes through, without the rest of each turn; PostgreSQL takes no long text into such an index, and looks
    # words up by three letters in a row (`storage.substring`).
    __table_args__ = (Index(None, "call_id", "position", "folded").ddl_if(dialect="sqlite"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    speaker: Mapped[Speaker]
    start_seconds: Mapped[float | None]
    end_seconds: Mapped[float | None]
    text: Mapped[str] = mapped_column(SealedText("turns.text"))
    folded: Mapped[str] = mapped_column(SealedFold("turns.folded"))
    side_confidence: Mapped[float]
    valence: Mapped[float]
    words: Mapped[JsonList] = mapped_column(SealedJson("turns.words"))
    sent_seconds: Mapped[float | None]
    worked_seconds: Mapped[float | None]
    public: Mapped[bool] = mapped_column(server_default=false())


class SignalsRow(Base):
    """Everything measured of a call; the valence of each turn stands with the turn.

    `embeddings` are float32, little-endian, row by row, one row a sentence, `embedding_size` numbers each. `behaviours`
    holds turn, name, probability, and first and last letter.
    """

    __tablename__ = "signals"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    measures: Mapped[Json]
    silences: Mapped[JsonList]
    interruptions: Mapped[JsonList]
    sentences: Mapped[JsonList] = mapped_column(SealedJson("signals.sentences"))
    behaviours: Mapped[JsonList] = mapped_column(server_default="[]")
    models: Mapped[Json]
    embedding_size: Mapped[int]
    embeddings: Mapped[bytes] = mapped_column(SealedBytes("signals.embeddings"))


# Scores


class ScorecardVersionRow(Base):
    """One version of a scorecard. Once it has scored a call, what it asks can no longer change."""

    __tablename__ = "scorecard_versions"
    __table_args__ = (UniqueConstraint("scorecard", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    pass_mark: Mapped[float]
    hash: Mapped[str] = mapped_column(String(64))
    definition: Mapped[Json]
    active: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[datetime]


class EvaluationRow(Base):
    """A call judged by one scorecard version. The machine's totals stay; the current ones follow people's corrections.

    `failed` is whether a criterion failed the whole, `unsure` how many results wait for a person, both as they are now.
    `superseded` is set when a newer version of the same scorecard has judged the call, or when somebody corrected who
    spoke in it and it was judged again: figures count a call once.
    """

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("call_id", "scorecard_version_id", "transcript_hash"),
        # Totals, and what failed or waits, are read from it alone.
        Index(
            "ix_evaluations_totals", "call_id", "superseded", "scorecard_version_id", "total", "passed", "failed", "unsure"
        ),
        Index(None, "scorecard_version_id", "superseded"),  # how many each version judged is counted from it alone
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    scorecard_version_id: Mapped[int] = mapped_column(ForeignKey("scorecard_versions.id"))
    transcript_hash: Mapped[str] = mapped_column(String(64))
    machine_total_before: Mapped[float | None]
    machine_total: Mapped[float | None]
    machine_passed: Mapped[bool | None]
    machine_failed_by: Mapped[JsonList]
    machine_sections: Mapped[JsonList]
    total_before: Mapped[float | None]
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    failed_by: Mapped[JsonList]
    sections: Mapped[JsonList]
    failed: Mapped[bool]
    unsure: Mapped[int]
    superseded: Mapped[bool] = mapped_column(server_default=false())
    stamp: Mapped[Json]
    created_at: Mapped[datetime]


class ResultRow(Base):
    """One criterion's answer: what the machine said, and what holds now. Both are the same until a person decides.

    `answer` is what was answered: an option's value, a number, several values; null in rows from before there was more
    than yes and no, where it is the verdict. `if_asked` is the answer of a question that another one's answer keeps from
    being asked, with the sentence that says so; the rows of `evidence` are those of that answer.
    """

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "position"),
        Index(None, "criterion", "verdict"),
        Index(None, "evaluation_id", "criterion", "verdict", "points", "bonus"),  # verdicts are counted from it alone
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    position: Mapped[int]
    section: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    weight: Mapped[float]
    fails: Mapped[Fails]
    machine_verdict: Mapped[Verdict]
    machine_probability: Mapped[float]
    machine_points: Mapped[float | None]
    machine_judged_by: Mapped[str] = mapped_column(Text)
    machine_answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    machine_if_asked: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    verdict: Mapped[Verdict] = mapped_column(index=True)
    probability: Mapped[float]
    points: Mapped[float | None]
    judged_by: Mapped[str] = mapped_column(Text)
    answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    if_asked: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    bonus: Mapped[bool] = mapped_column(server_default=false())
    searched: Mapped[Json | None] = mapped_column(SealedJson("results.searched", none_as_null=True))


class EvidenceRow(Base):
    """The words, or the stretch, that a result rests on."""

    __tablename__ = "evidence"

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    turn: Mapped[int | None]
    start_seconds: Mapped[float | None]
    end_seconds: Mapped[float | None]
    quote: Mapped[str] = mapped_column(SealedText("evidence.quote"))
    why: Mapped[str] = mapped_column(Text)


class OverrideRow(Base):
    """A person's correction. Rows are added and never changed. `author` is the name of the time."""

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedText("overrides.reason"))
    before: Mapped[Verdict]
    after: Mapped[Verdict]
    answer_before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class SideCorrectionRow(Base):
    """A person's word on who spoke in a call, or that a written one went on (`kind`), of which the program is the author.
    Rows are added and never changed. `author` is the name of the time.

    `turns` are those that changed: index, speaker before, speaker after; where it went on, those that came. `since` is when
    the first of these was sent. `totals` are what became of each scorecard: its id, its title, the total before and after.
    `before` is the whole transcript as it was, so that it can be restored.
    """

    __tablename__ = "side_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedText("side_corrections.reason"))
    kind: Mapped[SideChange]
    turns: Mapped[JsonList]
    totals: Mapped[JsonList]
    hash_before: Mapped[str] = mapped_column(String(64))
    hash_after: Mapped[str] = mapped_column(String(64))
    before: Mapped[Json] = mapped_column(SealedJson("side_corrections.before"))
    since: Mapped[datetime | None]


# What people teach


class TurnMarkRow(Base):
    """A person's word on whether a turn shows a behaviour. Rows are added and never changed; the last one counts.

    `turn` is the turn's index and `text` its words as they were then. `author` is the name of the time.
    """

    __tablename__ = "turn_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    turn: Mapped[int]
    behaviour: Mapped[str] = mapped_column(Text)
    present: Mapped[bool]
    text: Mapped[str] = mapped_column(SealedText("turn_marks.text"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class LearnedJudgeRow(Base):
    """A judge that was taught from people's labels, as its file; never changed. `hash` is the file's SHA-256, `labels_hash`
    that of the labels it was taught from."""

    __tablename__ = "learned_judges"

    id: Mapped[int] = mapped_column(primary_key=True)
    behaviour: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    labels_hash: Mapped[str] = mapped_column(String(64))
    figures: Mapped[Json]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class AdoptionRow(Base):
    """A person's decision which judge of a behaviour is in force from then on; None is the shipped one. Rows are added and
    never changed; the last one of a behaviour counts."""

    __tablename__ = "adoptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    behaviour: Mapped[str] = mapped_column(Text, index=True)
    learned_id: Mapped[int | None] = mapped_column(ForeignKey("learned_judges.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


# Disputes


class AcknowledgementRow(Base):
    """An agent's word that they have read an evaluation, with the total that it had then. Rows are never changed."""

    __tablename__ = "acknowledgements"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    total: Mapped[float | None]
    note: Mapped[str] = mapped_column(SealedText("acknowledgements.note"))


_OPEN = text("state = 'open'")


class DisputeRow(Base):
    """An agent's dispute of one answer: why, of which answer by whom, and what has become of it.

    It is of the answer of a call to a question, by their names, as the call may be judged anew before it is decided;
    `result_id` is where the answer stood. `answer` and `answer_after` are answers by their words in the database,
    `answer_words` and `answer_after_words` by the scorecard's, empty where they are met, partly, not met or do not apply.
    `answered_by` is empty where the machine answered. `settled_at` is when it was decided or taken back; what was settled
    never changes.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        Index(
            "uq_disputes_open",
            "call_id",
            "scorecard",
            "criterion",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(None, "state", "given_to_id"),
        Index(None, "agent_id", "raised_at"),
        Index(None, "call_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"))
    scorecard: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    raised_by: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedText("disputes.reason"))
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str] = mapped_column(Text)
    state: Mapped[DisputeState] = mapped_column(_choice(DisputeState))
    given_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_by: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(SealedText("disputes.decision"))
    answer_after: Mapped[str | None] = mapped_column(Text)
    answer_words: Mapped[str] = mapped_column(Text, server_default="")
    answer_after_words: Mapped[str] = mapped_column(Text, server_default="")
    total_before: Mapped[float | None]
    total_after: Mapped[float | None]


class DisputeStepRow(Base):
    """Something that happened to a dispute after it was raised. Rows are added and never changed. `to` names who got it."""

    __tablename__ = "dispute_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id"), index=True)
    step: Mapped[DisputeStep] = mapped_column(_choice(DisputeStep))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(SealedText("dispute_steps.words"))
    to: Mapped[str] = mapped_column(Text)
