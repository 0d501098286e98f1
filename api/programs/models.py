"""What do programs get to read, field by field?

The OpenAPI document is made from these, and so is what leaves the program: a field that is not here is told to nobody.
Scores are 0 to 100, shares and probabilities 0 to 1, times within a call seconds from its start, moments in UTC.
"""

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item")

Score = Annotated[float | None, Field(ge=0, le=100, description="0 to 100; null where nothing could be scored.")]
Share = Annotated[float, Field(ge=0, le=1)]


class Page(BaseModel, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = Field(description="Send it as `cursor` to read on; null at the end.")


class Call(BaseModel):
    """A call in a list."""

    id: str
    started_at: datetime
    agent_id: int | None
    agent: str
    team_id: int | None
    team: str
    customer: str
    queue: str
    direction: str
    kind: Literal["recording", "transcript"]
    duration_seconds: float
    total: Score = Field(description="The mean of its scorecards' totals.")
    lowest_total: Score
    failed: bool = Field(description="Whether a question failed a whole scorecard.")
    unsure: int = Field(description="Answers that wait for a person.")
    customer_valence: Annotated[float | None, Field(ge=-1, le=1)] = Field(description="How the customer felt, -1 to 1.")


class Evidence(BaseModel):
    """The words, or the stretch, that an answer rests on."""

    why: str
    turn: int | None
    start: float | None
    end: float | None
    quote: str = Field(description="Verbatim from the call; show it escaped.")


class Result(BaseModel):
    """One question's answer as it holds now."""

    section: str
    criterion: str
    question: str
    verdict: Literal["met", "partly", "not_met", "not_applicable", "unsure"]
    answer: Any = Field(description="What was answered: an option, a number, several options; null where it does not count.")
    answer_label: str
    probability: Share
    points: float | None
    weight: float
    judged_by: str = Field(description="The rule that answered, or `person`.")
    evidence: list[Evidence]


class Section(BaseModel):
    """A section's score."""

    section: str
    before: Score
    after: Score


class Evaluation(BaseModel):
    """A call judged by one version of one scorecard, as it holds now, people's corrections included."""

    id: int
    call_id: str
    scorecard: str
    title: str
    version: int
    pass_mark: float
    total: Score
    total_before: Score = Field(description="Before automatic failure.")
    passed: bool | None
    failed_by: list[str] = Field(description="The questions that failed the whole.")
    band: str | None
    unsure: int
    sections: list[Section]
    results: list[Result]


class CallWithEvaluations(Call):
    """One call with the ids of its evaluations in force."""

    evaluations: list[int]


class Criterion(BaseModel):
    """A question of a scorecard."""

    id: str
    section: str
    question: str
    weight: float
    fails: Literal["nothing", "section", "scorecard"]


class Scorecard(BaseModel):
    """A scorecard in force."""

    id: str
    version: int
    title: str
    pass_mark: float
    criteria: list[Criterion]


class Gap(BaseModel):
    """A question that an agent or a team likely falls short on, by enough to matter."""

    id: int = Field(description="Of the agent or the team.")
    name: str
    belongs: Literal["agent", "team", "everyone"] = Field(description="Whom it speaks about.")
    scorecard: str
    criterion: str
    question: str
    calls: int
    observed: Share
    rate: Share = Field(description="The estimate, pulled towards the peers.")
    low: Share
    high: Share
    target: Share
    probability_below: Share


class Goal(BaseModel):
    """A goal of a plan."""

    scorecard: str
    criterion: str
    question: str
    rate_from: Share
    rate_to: Share
    by: date


class Action(BaseModel):
    """Something to do."""

    kind: str
    words: str
    due: date
    done_at: datetime | None


class Due(BaseModel):
    """Something that is still to happen."""

    key: str
    day: date
    words: str


class Plan(BaseModel):
    """A coaching plan."""

    id: int
    agent_id: int
    agent: str
    team: str
    coach: str
    state: Literal["draft", "offered", "confirmed", "running", "done", "stopped"]
    words: str
    starts_on: date
    made_at: datetime
    goals: list[Goal]
    actions: list[Action]
    due: list[Due]


class Received(BaseModel):
    """A call that a program sent, and what has become of it."""

    id: int
    state: Literal["received", "working", "scored", "failed"]
    reason: str = Field(description="Why it is not scored, or is tried again; empty where all is well.")
    calls: list[str] = Field(description="The ids of the calls that it became.")
    sent_as: str
    tries: int
    received_at: datetime
    finished_at: datetime | None


Event = Literal[
    "evaluation.finished",
    "evaluation.failed_automatically",
    "dispute.opened",
    "dispute.decided",
    "plan.due",
    "alert.raised",
    "alert.closed",
]


class Hook(BaseModel):
    """An address that is told of what happens."""

    id: int
    url: str
    events: list[Event]
    at: datetime


class HookWithSecret(Hook):
    """A new one, with what signs what it is told."""

    secret: str = Field(description="`whsec_` and base64, as Standard Webhooks has it.")


class Delivery(BaseModel):
    """Something that an address was told, or is to be told."""

    id: int
    message_id: str = Field(description="The header `webhook-id`: the same for every try.")
    event: Event
    at: datetime
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    answered: str = Field(description="How the last try went.")
    delivered_at: datetime | None
