"""How does a program send a call, and follow what becomes of it?

A recording, or a transcript of any format that Attune reads, comes as a file; a transcript that the program has as JSON
comes as such. Both are answered when they are safely kept, before any work begins, with an address to follow them at.
"""

import json
from io import BytesIO
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Header, Path, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from api.programs import models
from api.programs.door import needs
from api.programs.paging import LARGEST_ID, Cursor, Limit, cursor_of, number_after
from api.programs.problems import documented
from pipeline.receive import Sent, accept
from storage import inbox
from storage.database import reading
from storage.identities import hidden
from storage.tokens import Scope, Token

Sending = Annotated[Token, Depends(needs(Scope.SEND_CALLS))]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="A word of yours for this call, such as its id. The same word with the same call is harmless.",
    ),
]
Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


def no_number(moment: Any) -> Any:
    """A moment is written out, as the document says: of a number nobody knows whether it means seconds or milliseconds."""
    if isinstance(moment, int | float):
        raise ValueError("write a moment out, such as 2026-03-05T12:00:00+00:00")
    return moment


class Facts(BaseModel):
    """What is known of a call beside its words; everything may be left out."""

    agent: Word = ""
    team: Word = ""
    customer: Word = ""
    started_at: Annotated[AwareDatetime | None, BeforeValidator(no_number)] = Field(
        None, description="With a time zone; without it the moment of sending counts."
    )
    direction: Literal["inbound", "outbound", ""] = ""
    queue: Word = ""
    reason: Word = Field("", description="What the call is about, from a list of your own.")
    customer_id: Word = Field("", description="Anything that is the same at each contact of the same customer.")
    customer_phone: Word = Field("", description="However it is written; a keyed hash alone is kept.")
    customer_email: Word = Field("", description="However it is written; a keyed hash alone is kept.")
    case_id: Word = Field("", description="The id in your customer system of the case that the call belongs to.")
    transfers: int | None = Field(None, ge=0, le=999, description="How often the call was passed on; 0 says: never.")
    scorecards: list[Name] = Field([], max_length=20, description="Judge by these; without any by the usual ones.")

    def sent(self) -> Sent:
        """As the pipeline takes it: a telephone number and an e-mail address as keyed hashes, before anything is kept of
        them. Raises HTTPException where the moment is none that UTC knows."""
        given = hidden(self.model_dump(include=set(Facts.model_fields)))
        try:
            facts = Sent(**{**given, "scorecards": tuple(self.scorecards)})
            facts.to_dict()
        except OverflowError as wrong:
            raise HTTPException(422, "started_at lies outside of all time.") from wrong
        return facts


class FileWithFacts(Facts):
    """A call as a file."""

    file: UploadFile = Field(description="A recording (wav, mp3, ogg, …) or a transcript of a format that Attune reads.")


class TranscriptWithFacts(Facts):
    """A call as words."""

    transcript: dict[str, Any] = Field(
        description="In any JSON format that Attune reads; its own has `turns` with `speaker` (agent or customer), `text`, "
        "and `start` and `end` in seconds where they are known."
    )


def sending_routes(engine: Engine) -> APIRouter:
    """Every address that takes a call or says what became of it."""
    router = APIRouter(tags=["calls"])

    def take(response: Response, token: Token, key: str, name: str, content: IO[bytes], facts: Facts) -> models.Received:
        taken = accept(engine, token, key, name, content, facts.sent())
        response.headers["Location"] = f"/api/v1/received/{taken.id}"
        return _received(taken)

    @router.post("/calls", status_code=202, responses=documented(408))
    def send_file(
        token: Sending, key: Key, sent: Annotated[FileWithFacts, Form(media_type="multipart/form-data")], response: Response
    ) -> models.Received:
        """Send a recording or a file with a transcript."""
        return take(response, token, key, sent.file.filename or "", sent.file.file, sent)

    @router.post("/transcripts", status_code=202, responses=documented(408))
    def send_transcript(token: Sending, key: Key, sent: TranscriptWithFacts, response: Response) -> models.Received:
        """Send a transcript as JSON."""
        content = BytesIO(json.dumps(sent.transcript).encode())
        return take(response, token, key, "transcript.json", content, sent)

    @router.get("/received", responses=documented())
    def list_received(token: Sending, limit: Limit = 50, cursor: Cursor = "") -> models.Page[models.Received]:
        """What this token sent, in the order it came."""
        with reading(engine) as session:
            found = inbox.received_after(session, token, number_after(cursor), limit + 1)
        more = len(found) > limit
        return models.Page(items=list(map(_received, found[:limit])), next=cursor_of(found[limit - 1].id) if more else None)

    @router.get("/received/{received_id}", responses=documented(404))
    def read_received(token: Sending, received_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> models.Received:
        """What has become of a call that this token sent."""
        with reading(engine) as session:
            found = inbox.find_received(session, token, received_id)
        if found is None:
            raise HTTPException(404, "There is nothing of this id that this token sent.")
        return _received(found)

    return router


_STATES: dict[inbox.State, Literal["received", "working", "scored", "failed"]] = {
    inbox.State.RECEIVED: "received",
    inbox.State.TRANSCRIBING: "working",
    inbox.State.SCORED: "scored",
    inbox.State.FAILED: "failed",
    inbox.State.SET_ASIDE: "failed",
    inbox.State.REMOVED: "failed",
}
"""What a program is told; its interface keeps its words."""


def _received(found: inbox.Received) -> models.Received:
    return models.Received(
        id=found.id,
        state=_STATES[found.state],
        reason=found.reason,
        calls=list(found.calls),
        sent_as=found.sent_as,
        tries=found.tries,
        received_at=found.received_at,
        finished_at=found.finished_at,
    )
