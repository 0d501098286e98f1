"""How does a customer system say what it knows of its cases?

As `cli.py cases import` takes a file in: what was said before changes nothing, and a dry run says what would change.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from api.programs.door import needs
from api.programs.problems import documented
from api.programs.sending import Word, no_number
from coaching.satisfaction import AnswerKind
from pipeline import cases
from pipeline.cases import LONGEST_ID, MOST_CALLS, reason_of
from storage.case_tables import CaseState
from storage.cases import Answer, Stated
from storage.identities import EMAIL, PHONE, identities_of
from storage.tokens import Scope, Token

MOST_AT_ONCE = 500
"""Cases that one request may have."""

Writing = Annotated[Token, Depends(needs(Scope.WRITE_CASES))]
Moment = Annotated[AwareDatetime | None, BeforeValidator(no_number)]
CallId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Case(BaseModel):
    """A case; everything but its id may be left out, and stays as it is. Without `case_id`, what a customer answered about
    the conversations in `calls`."""

    case_id: Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        "", description="Its id in the customer system."
    )
    customer_id: Word = Field("", description="Anything that is the same at each contact of the same customer.")
    customer_phone: Word = Field("", description="However it is written; a keyed hash alone is kept.")
    customer_email: Word = Field("", description="However it is written; a keyed hash alone is kept.")
    reason: Word | None = None
    state: Literal["open", "solved"] | None = None
    opened_at: Moment = Field(None, description="With a time zone.")
    closed_at: Moment = Field(None, description="With a time zone; one that is open again is no longer closed.")
    calls: list[CallId] | None = Field(
        None, max_length=MOST_CALLS, description="The ids of all conversations that belong to it, as far as you know them."
    )
    csat: int | None = Field(None, ge=1, le=5, strict=True, description="How satisfied the customer was.")
    nps: int | None = Field(None, ge=0, le=10, strict=True, description="How likely they recommend you.")
    answered_at: Moment = Field(None, description="With a time zone.")

    def stated(self, number: int) -> Stated:
        """As the pipeline takes it. Raises HTTPException where nothing is named, or a moment is none that UTC knows."""
        name = self.case_id.strip()
        if not name and not self.calls:
            raise HTTPException(422, f"Case {number} has neither a case_id nor calls.")
        answers = ((AnswerKind.CSAT, self.csat), (AnswerKind.NPS, self.nps))
        at = _utc(self.answered_at, number)
        given = {"customer_id": self.customer_id, PHONE: self.customer_phone, EMAIL: self.customer_email}
        return Stated(
            number,
            name,
            identities_of({column: said for column, said in given.items() if said.strip()}),
            None if self.reason is None else reason_of(self.reason),
            None if self.state is None else CaseState(self.state),
            _utc(self.opened_at, number),
            _utc(self.closed_at, number),
            None if self.calls is None else tuple(dict.fromkeys(self.calls)),
            tuple(Answer(kind, score, at) for kind, score in answers if score is not None),
        )


class Cases(BaseModel):
    """Cases of one customer system."""

    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(
        description="A short name of yours for it; the ids of two systems are never mixed."
    )
    cases: list[Case] = Field(min_length=1, max_length=MOST_AT_ONCE)
    dry_run: bool = Field(False, description="Only say what would change.")


class CaseOutcome(BaseModel):
    """What became of a case, or in a dry run would."""

    case_id: str = Field(description="Of conversations without a case their ids.")
    result: Literal["new", "changed", "same"]
    what: list[str] = Field(description="What of it is new.")
    unknown: list[str] = Field(description="Sentences about what it names and is not known here.")


class CasesTaken(BaseModel):
    """What became of the cases, in their order."""

    dry_run: bool
    cases: list[CaseOutcome]


def case_routes(engine: Engine) -> APIRouter:
    """The address that takes cases in."""
    router = APIRouter(tags=["cases"])

    @router.post("/cases", responses=documented())
    def send_cases(token: Writing, sent: Cases) -> CasesTaken:
        """Say what a customer system knows of its cases, and what customers answered."""
        stated = [case.stated(number) for number, case in enumerate(sent.cases, 1)]
        done = cases.import_stated(engine, token.asker, sent.system, stated, dry_run=sent.dry_run)
        outcomes = [
            CaseOutcome(case_id=one.number, result=one.change.value, what=list(one.fields), unknown=list(one.unknown))
            for one in done.outcomes
        ]
        return CasesTaken(dry_run=sent.dry_run, cases=outcomes)

    return router


def _utc(moment: datetime | None, number: int) -> datetime | None:
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError as wrong:
        raise HTTPException(422, f"A moment of case {number} lies outside of all time.") from wrong
