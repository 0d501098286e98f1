"""How is all that is kept about one person handed to them?

As a zip file: `about.json` says of what sort of person, when and how many rows; `rows/TABLE.jsonl` has the rows as they
stand, `words/CALL.txt` what was said, `sound/CALL.…` the recordings.
"""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Engine

from errors import InputError
from storage import about_person, erasure, keeping, repository
from storage.access import Asker
from storage.audit import About, What, note_one_of_many
from storage.database import reading, transaction
from storage.keeping import ReportKind
from storage.store import recording_file
from transcripts.formats.write import as_text


class PersonKind(StrEnum):
    """Who it is about."""

    CUSTOMER = "customer"
    AGENT = "agent"


def write_person(
    engine: Engine, asker: Asker, kind: PersonKind, name: str, out: Path, most_calls: int | None = None
) -> dict[str, Any]:
    """Write all about a customer (by name or number) or an agent (by name) into a new zip file; what `about.json` says.

    Raises NotAllowed for others than administrators, InputError where there is no such person, they have more than
    `most_calls` calls, or the file is there already or cannot be written.
    """
    with reading(engine) as session:
        if kind is PersonKind.AGENT:
            agent_id = about_person.agent_id_of(session, asker, name)
            calls = about_person.calls_of_agent(session, asker, agent_id)
            rows = about_person.rows_of_agent(session, asker, agent_id)
        else:
            calls = tuple((call.id, call.recording) for call in erasure.calls_of_customer(session, asker, name))
            if not calls:
                raise InputError("No call carries this name or number; it has to be written as the list of calls has it.")
            rows = about_person.rows_of_calls(session, asker, [call_id for call_id, _ in calls])
        if most_calls is not None and len(calls) > most_calls:
            raise InputError(
                f"There are {len(calls)} calls, and a page hands out {most_calls} at most; whoever runs Attune puts them "
                f"together with `cli.py export-person {kind.value}`."
            )
        try:
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as wrong:
            raise InputError(f"{out} cannot be written: {wrong.strerror}.") from wrong
        with os.fdopen(handle, "wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as packed:
            counts, sounds = Counter[str](), 0
            lines: dict[str, list[str]] = {}
            for table, row in rows:
                counts[table] += 1
                lines.setdefault(table, []).append(json.dumps(row, ensure_ascii=False))
            for table, written in lines.items():
                packed.writestr(f"rows/{table}.jsonl", "".join(f"{line}\n" for line in written))
            for number, (call_id, recording) in enumerate(calls, 1):
                packed.writestr(
                    f"words/{number}.txt", f"Call {call_id}\n\n{as_text(repository.load_transcript(session, call_id))}"
                )
                sounds += _sound(packed, recording, number)
            about = {
                "about": kind.value,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "calls": len(calls),
                "recordings": sounds,
                "rows": dict(sorted(counts.items())),
            }
            packed.writestr("about.json", json.dumps(about, indent=2))
    with transaction(engine) as session:
        figures = {"about": kind.value, "calls": len(calls), "rows": sum(counts.values())}
        report = keeping.save_report(session, asker, ReportKind.EXPORT, What.PERSON_EXPORTED, figures)
        for call_id, _ in calls:
            note_one_of_many(session, asker, What.CALL_TAKEN, About.REPORT, report, call_id, form="person")
    return about


def _sound(packed: ZipFile, recording: str | None, number: int) -> int:
    """Put a recording into the file; how many that were."""
    if recording is None:
        return 0
    kept = recording_file(recording)
    try:
        source = kept.open()
    except FileNotFoundError:
        return 0
    with source, packed.open(f"sound/{number}{kept.suffix}", "w", force_zip64=True) as target:
        _copy(source, target)
    return 1


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while piece := source.read(1_000_000):
        target.write(piece)
