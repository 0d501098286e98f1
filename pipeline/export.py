"""How does a stored call leave the program for somebody else's?

As what was said (JSON Lines, WebVTT, plain text), or as a vCon with our transcript and scorecards in its `analysis`. Who
asks gets what they may see: the vCon that a call came in goes out again only to those who may correct the machine, for it
can hold more than the call.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from errors import StorageError
from pipeline.originals import original_of
from pipeline.score import written_out
from storage import queries
from storage.access import Asker, may_correct
from storage.audit import What, note_opening
from storage.records import CallDetails
from transcripts.formats import vcon
from transcripts.formats.write import as_jsonl, as_text, as_vtt


class Form(StrEnum):
    """What a call can be written as."""

    VCON = "vcon"
    VTT = "vtt"
    JSONL = "jsonl"
    TEXT = "text"


ENDINGS = {Form.VCON: ".vcon.json", Form.VTT: ".vtt", Form.JSONL: ".jsonl", Form.TEXT: ".txt"}
MEDIA_TYPES = {
    Form.VCON: "application/vcon+json",
    Form.VTT: "text/vtt",
    Form.JSONL: "application/jsonl",
    Form.TEXT: "text/plain",
}


@dataclass(frozen=True)
class Exported:
    """A call written down; `name` is that of a file to put it into, without a folder."""

    name: str
    media_type: str
    text: str


def export_call(session: Session, asker: Asker, call_id: str, form: Form) -> Exported:
    """A stored call in that form, its scorecards as they hold now, people's corrections included.

    Raises StorageError where there is no such call that the asker may see, TranscriptError where the vCon that it came in
    can no longer be read.
    """
    details = queries.call_details(session, asker, call_id)
    if details is None:
        raise StorageError(f"There is no call {call_id!r}, or it is not yours to see.")
    note_opening(session, asker, call_id, What.CALL_TAKEN, form=form.value)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", call_id)[:80] or "call"
    return Exported(name + ENDINGS[form], MEDIA_TYPES[form], _written(details, asker, form))


def _written(details: CallDetails, asker: Asker, form: Form) -> str:
    transcript = details.transcript
    match form:
        case Form.JSONL:
            return as_jsonl(transcript, details.facts.file_name) + "\n"
        case Form.VTT:
            return as_vtt(transcript)
        case Form.TEXT:
            return as_text(transcript) + "\n"
        case Form.VCON:
            scorecards = [
                {"title": stored.scorecard.title, **written_out(stored.current, stored.scorecard)}
                for stored in details.evaluations
            ]
            original = original_of(details.call_id) if may_correct(asker) else None
            return vcon.write(original, transcript, scorecards) + "\n"
