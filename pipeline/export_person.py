"""How is all that is kept about one person handed to them?

As a zip file that says itself what is in it: `README.txt` in plain words, `about.json` for machines. `rows/TABLE.jsonl` has
the rows, `words/1.txt` and the following what was said, `sound/1.wav` and its like the recordings; a customer's file has
vCons, originals and files that wait besides.
"""

import json
import os
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import AttuneError, InputError, StorageError, Unavailable
from pipeline.kept_files import audio_files
from pipeline.person_readme import Withheld, readme
from settings import settings
from storage import about_person, keeping, repository
from storage.about_person import Person, PersonKind
from storage.access import Asker
from storage.audit import About, What, note_one_of_many
from storage.database import reading, transaction
from storage.keeping import ReportKind
from storage.originals import read_original
from storage.person_tables import Whose
from storage.store import Folder, KeptFile
from transcripts.formats.write import as_text

__all__ = ["PersonKind", "write_person"]

_FOLDERS = {"recording": "sound", "waveform": "waveforms", "vcon": "vcons"}
"""Into which folder goes which sort of the files that are kept of a call (`pipeline.kept_files`)."""


def write_person(
    engine: Engine, asker: Asker, kind: PersonKind, name: str, out: Path, most_calls: int | None = None
) -> dict[str, Any]:
    """Write all about a person into a new zip file; what `about.json` says. `name` is as `find_person` takes it.

    Raises NotAllowed for others than administrators, InputError where there is no such person, they have more than
    `most_calls` calls, or the file is there already or cannot be written, Unavailable where recordings cannot be had just
    now. Nothing is left of the file then.
    """
    with reading(engine) as session:
        person = about_person.find_person(session, asker, kind, name)
        calls = about_person.calls_of(session, asker, person)
        if most_calls is not None and len(calls) > most_calls:
            raise InputError(
                f"There are {len(calls)} calls, and a page hands out {most_calls} at most; whoever runs Attune puts them "
                f"together with `cli.py export-person {kind.value}`."
            )
        try:
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as wrong:
            raise InputError(f"{out} cannot be written: {wrong.strerror}.") from wrong
        try:
            with (
                os.fdopen(handle, "wb") as file,
                # A store that does not know when a file changed says 1970, which a zip file cannot.
                ZipFile(file, "w", ZIP_DEFLATED, strict_timestamps=False) as packed,
            ):
                about = _Pack(session, asker, person, calls, packed).write()
        except BaseException:
            out.unlink()
            raise
    try:
        _write_down(engine, asker, person, calls, about)
    except BaseException:
        out.unlink()
        raise
    return about


def _write_down(
    engine: Engine, asker: Asker, person: Person, calls: tuple[tuple[str, str | None], ...], about: dict[str, Any]
) -> None:
    """Put into the record that it was made: about whom by numbers, as reports have no names."""
    whom = {"agent": person.agent_id, "accounts": list(person.user_ids)}
    figures = {"about": person.kind.value, "calls": len(calls), "rows": sum(about["rows"].values()), **whom}
    with transaction(engine) as session:
        report = keeping.save_report(session, asker, ReportKind.EXPORT, What.PERSON_EXPORTED, figures)
        for call_id, _ in calls:
            note_one_of_many(session, asker, What.CALL_TAKEN, About.REPORT, report, call_id, form="person")


class _Pack:
    """One file while it is written, with what went into it so far."""

    def __init__(
        self, session: Session, asker: Asker, person: Person, calls: tuple[tuple[str, str | None], ...], packed: ZipFile
    ) -> None:
        self._session, self._asker, self._person, self._calls, self._packed = session, asker, person, calls, packed
        self._rows, self._files, self._withheld = Counter[str](), Counter[str](), list[Withheld]()

    def write(self) -> dict[str, Any]:
        """Write everything; what `about.json` says."""
        rows = about_person.rows_about(self._session, self._asker, self._person)
        for table, of_table in groupby(rows, lambda one: one[0]):
            with self._packed.open(f"rows/{table}.jsonl", "w", force_zip64=True) as file:
                for _, row in of_table:
                    file.write(f"{json.dumps(row, ensure_ascii=False)}\n".encode())
                    self._rows[table] += 1
        for number, (call_id, recording) in enumerate(self._calls, 1):
            said = repository.load_transcript(self._session, call_id)
            self._text(f"words/{number}.txt", f"Call {call_id}\n\n{as_text(said)}\n")
            self._files_of(number, call_id, recording)
        self._waiting()
        now = datetime.now(UTC)
        about = {
            "about": self._person.kind.value,
            "at": now.isoformat(timespec="seconds"),
            "calls": len(self._calls),
            "numbers": {str(number): call_id for number, (call_id, _) in enumerate(self._calls, 1)},
            "recordings": self._files["sound"],
            "files": dict(sorted(self._files.items())),
            "rows": dict(sorted(self._rows.items())),
            "withheld": [asdict(one) for one in self._withheld],
        }
        when = f"on {now:%d %B %Y at %H:%M} UTC"
        text = readme(self._person, when, len(self._calls), self._rows, dict(sorted(self._files.items())), self._withheld)
        self._packed.writestr("README.txt", text)
        self._packed.writestr("about.json", json.dumps(about, indent=2, ensure_ascii=False))
        return about

    def _files_of(self, number: int, call_id: str, recording: str | None) -> None:
        """The files that are kept of a call: of the customer's all, of an agent's those that do not name the customer."""
        found = dict(audio_files(call_id, recording))
        if recording is not None and "recording" not in found:
            self._withheld.append(Withheld(f"call {call_id}", "The recording", "it is not where it was kept."))
        if self._person.whose is Whose.AGENT:
            found.pop("vcon", None)
        elif "original" in found:
            self._original(number, call_id)
        for sort, folder in _FOLDERS.items():
            if sort in found:
                self._file(found[sort], f"{folder}/{number}{found[sort].suffix}", f"call {call_id}", f"The {sort}")

    def _original(self, number: int, call_id: str) -> None:
        """A call as it was with its private words, where the asker may read it; that it was read stands in the record."""
        try:
            original = read_original(self._session, self._asker, call_id, "all about a person was asked for")
        except Unavailable:
            raise
        except AttuneError as wrong:
            self._withheld.append(Withheld(f"call {call_id}", "The original, with its private words", str(wrong)))
            return
        self._text(f"originals/{number}.json", json.dumps(original.transcript.to_dict(), ensure_ascii=False, indent=2))
        if original.sound:
            self._packed.writestr(f"originals/{number}{original.ending}", original.sound)
            self._files["originals"] += 1

    def _waiting(self) -> None:
        """The files that wait or could not be used; one that lies elsewhere is not ours to hand out."""
        inbox = Folder(settings().home)
        for waiting in about_person.files_waiting(self._session, self._asker, self._person):
            row = f"row {waiting.id} of the inbox"
            if waiting.place and not waiting.spooled:
                why = "it lies in a place that others look after, and has to be asked for there; the row says where."
                self._withheld.append(Withheld(row, "The file", why))
            folder = PurePosixPath(waiting.spooled).parent
            names = list(inbox.names(f"inbox/{folder}")) if waiting.spooled else []
            if waiting.spooled and not names:
                self._withheld.append(Withheld(row, "The file", "it was deleted, as it could not be used for long."))
            for name in names:
                self._file(KeptFile(inbox, name), f"inbox/{waiting.id}/{PurePosixPath(name).name}", row, "The file")

    def _file(self, kept: KeptFile, name: str, of: str, what: str) -> None:
        try:
            with kept.in_the_clear() as path:
                self._packed.write(path, name)
        except Unavailable:
            raise
        except (StorageError, FileNotFoundError) as wrong:
            why = str(wrong) if isinstance(wrong, StorageError) else "it was deleted while this was put together."
            self._withheld.append(Withheld(of, what, why))
        else:
            self._files[name.partition("/")[0]] += 1

    def _text(self, name: str, text: str) -> None:
        self._packed.writestr(name, text)
        self._files[name.partition("/")[0]] += 1
