"""What is in the file that somebody gets who asks for all that is kept about them?"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, select

from errors import StorageError
from pipeline.export_person import PersonKind, write_person
from pipeline.originals import vcon_of
from settings import settings
from storage import administration, desk, holds, inbox, queries, repository
from storage.access import SYSTEM, Asker, Role
from storage.audit import What
from storage.audit_check import all_entries
from storage.calibration_tables import CalibrationMemberRow, CalibrationRow
from storage.database import reading, transaction
from storage.holds import Scope
from storage.inbox_tables import InboxCallRow, InboxRow
from storage.keeping import list_reports
from storage.originals import Original, keep_original_call
from storage.people import add_user, set_password
from storage.plan_tables import CoachingPlanRow
from storage.sealed import copy_kept
from storage.sessions import start
from storage.tables import ScorecardVersionRow
from storage.token_tables import ApiTokenRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Contents

VERA, SAID, CARD = "Vera Lindqvist", "the harbour fee was never explained to me", "4929 1182 3341 2219"
NOW = datetime(2025, 3, 6, tzinfo=UTC)
HERS = a_scored_call("hers", "agent: Hello", f"customer: {SAID}", customer=VERA, extra={"customer_id": "K-77"})
CALL_ID = HERS.transcript.call_id


@dataclass(frozen=True)
class Centre:
    """A stored call of Vera's with Ana, whom Rita reviews and Cora coaches; the ids of their accounts."""

    engine: Engine
    ana: Asker
    rita: Asker
    ada: Asker


@pytest.fixture(params=["in the clear", "encrypted"])
def centre(
    request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch, shared_contents: tuple[Engine, Contents]
) -> Any:
    """On both databases, with a key of words and files or none."""
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32 if request.param == "encrypted" else "")
    settings.cache_clear()
    engine, contents = shared_contents
    with transaction(engine) as session:
        repository.store_scored_call(session, HERS)
        agent = repository.add_agent(session, "Ana Ruiz")
        ana = add_user(session, "ana@example.org", "Ana Ruiz", Role.AGENT, "argon2 of hers", agent)
        rita = add_user(session, "rita@example.org", "Rita Moss", Role.REVIEWER, "argon2 of hers")
        ada = add_user(session, "ada@example.org", "Ada Berg", Role.ADMINISTRATOR, "argon2 of hers")
    yield Centre(
        engine,
        Asker(ana, Role.AGENT, agent, name="Ana Ruiz"),
        Asker(rita, Role.REVIEWER, name="Rita Moss"),
        Asker(ada, Role.ADMINISTRATOR, name="Ada Berg"),
    )
    contents.empty()


Handed = Callable[..., "File"]


@dataclass(frozen=True)
class File:
    """What was handed out: by name, and all of it."""

    about: dict[str, Any]
    files: dict[str, bytes]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[f"rows/{table}.jsonl"].decode().splitlines()]

    @property
    def readme(self) -> str:
        return " ".join(self.files["README.txt"].decode().split())

    @property
    def everything(self) -> str:
        return b"\n".join(self.files.values()).decode("utf-8", "replace")


@pytest.fixture
def handed(centre: Centre, tmp_path: Path) -> Handed:
    def out(kind: PersonKind, name: str, asker: Asker = SYSTEM) -> File:
        file = tmp_path / f"{len(list(tmp_path.glob('*.zip')))}.zip"
        about = write_person(centre.engine, asker, kind, name, file)
        with ZipFile(file) as packed:
            return File(about, {one: packed.read(one) for one in packed.namelist()})

    return out


def came_in(engine: Engine, name: str, **values: Any) -> int:
    """A file that came in and names Vera."""
    facts = {"customer": VERA, "extra": {}}
    with transaction(engine) as session:
        inbox.arrive(session, "a place", [inbox.Found(name, name, f"a place/{name}", facts)])
        row = session.query(InboxRow).filter_by(idempotency_key=name).one()
        for column, value in values.items():
            setattr(row, column, value)
        return row.id


def keep(home: Path, place: str, content: bytes, tmp_path: Path) -> None:
    """A file as Attune keeps it: encrypted where there is a key."""
    plain, kept = tmp_path / "plain", home / place
    plain.write_bytes(content)
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy_kept(plain, kept)


def test_a_customer_gets_what_came_in_about_them_with_the_files_that_wait(
    centre: Centre, handed: Handed, home: Path, tmp_path: Path
) -> None:
    waits = came_in(centre.engine, "waits.wav", spooled="abc/call.wav", place="")
    elsewhere = came_in(centre.engine, "elsewhere.wav", state="failed", reason=f"{VERA} is no agent.")
    became, shared = (
        came_in(centre.engine, "became.wav", state="scored"),
        came_in(centre.engine, "a mailbox", state="scored"),
    )
    with transaction(centre.engine) as session:
        session.add_all(InboxCallRow(inbox_id=one, call_id=CALL_ID) for one in (became, shared))
        session.add(InboxCallRow(inbox_id=shared, call_id="another's"))
        inbox.arrive(session, "a place", [inbox.Found("others.wav", "others.wav", "", {"customer": "Otto Brandt"})])
    keep(home, "inbox/abc/call.wav", b"sound that waits", tmp_path)
    file = handed(PersonKind.CUSTOMER, VERA)
    assert file.files[f"inbox/{waits}/call.wav"] == b"sound that waits"
    rows = {row["id"]: row for row in file.rows("inbox")}
    assert set(rows) == {waits, elsewhere, became, shared}
    assert rows[shared]["sent_as"] == "[left out]" != rows[became]["sent_as"]
    withheld = {one["of"]: one["why"] for one in file.about["withheld"]}
    assert withheld[f"row {elsewhere} of the inbox"].startswith("it lies in a place that others look after")
    assert withheld[f"call {CALL_ID}"] == "it is not where it was kept."
    assert "Otto" not in file.everything
    assert "another's" not in file.everything


def test_a_customer_of_whom_a_file_waits_and_no_call_is_stored_gets_that(centre: Centre, handed: Handed) -> None:
    with transaction(centre.engine) as session:
        inbox.arrive(session, "a place", [inbox.Found("o.wav", "o.wav", "x/o.wav", {"customer": "Otto Brandt"})])
        holds.set_hold(session, SYSTEM, Scope.CUSTOMER, "Mira Holm", "court case 4711")
    assert handed(PersonKind.CUSTOMER, "Otto Brandt").about["rows"] == {"inbox": 1}
    assert handed(PersonKind.CUSTOMER, "Mira Holm").rows("legal_holds")[0]["reason"] == "court case 4711"


def test_a_customer_learns_of_holds_and_of_who_opened_their_calls(centre: Centre, handed: Handed) -> None:
    with transaction(centre.engine) as session:
        holds.set_hold(session, SYSTEM, Scope.CUSTOMER, VERA, "court case 4711")
        holds.set_hold(session, SYSTEM, Scope.CALL, CALL_ID, "court case 4712")
        holds.set_hold(session, SYSTEM, Scope.CUSTOMER, "Otto Brandt", "another case")
    with reading(centre.engine) as session:
        assert queries.call_details(session, centre.rita, CALL_ID) is not None
    file = handed(PersonKind.CUSTOMER, "K-77")
    assert {row["reason"] for row in file.rows("legal_holds")} == {"court case 4711", "court case 4712"}
    done = {(row["who"], row["what"]) for row in file.rows("audit_entries")}
    assert {("Rita Moss", "call_opened"), ("operator", "hold_set")} <= done
    assert "rita@example.org" not in file.everything


def test_files_of_a_call_are_handed_out_as_they_were_kept(
    centre: Centre, handed: Handed, home: Path, tmp_path: Path
) -> None:
    keep(home, f"recordings/{HERS.facts.recording}", b"sound of hers", tmp_path)
    keep(home, f"waveforms/{HERS.facts.content_hash}.json", b"[0.5]", tmp_path)
    (tmp_path / "vcon").write_text(json.dumps({"parties": [{"name": VERA}]}))
    vcon_of(CALL_ID).keep(tmp_path / "vcon")
    file = handed(PersonKind.CUSTOMER, VERA)
    assert (file.files["sound/1.wav"], file.files["waveforms/1.json"]) == (b"sound of hers", b"[0.5]")
    assert VERA in file.files["vcons/1.json"].decode()
    assert SAID in file.files["words/1.txt"].decode()
    assert file.about["numbers"] == {"1": CALL_ID}
    agents = handed(PersonKind.AGENT, "Ana Ruiz")
    assert agents.files["sound/1.wav"] == b"sound of hers"
    assert "vcons/1.json" not in agents.files
    assert VERA not in agents.everything
    assert "K-77" not in agents.everything


def test_an_original_is_deciphered_for_whom_may_read_it_and_else_withheld_with_the_reason(
    centre: Centre, handed: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ORIGINALS": "keep", "ORIGINALS_KEY": "0f" * 32}.items():
        monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()
    private = a_scored_call("hers", "agent: Hello", f"customer: {CARD}").transcript
    keep_original_call(Original(private, CARD.encode(), ".wav"), CALL_ID)
    file = handed(PersonKind.CUSTOMER, VERA)
    assert CARD in file.files["originals/1.json"].decode()
    assert file.files["originals/1.wav"] == CARD.encode()
    with reading(centre.engine) as session:
        assert What.ORIGINAL_READ.value in {entry.what for entry in all_entries(session)}
    assert CARD not in handed(PersonKind.AGENT, "Ana Ruiz").everything
    monkeypatch.setenv("ATTUNE_ORIGINALS_FOR", "quality_manager")
    settings.cache_clear()
    withheld = handed(PersonKind.CUSTOMER, VERA)
    assert CARD not in withheld.everything
    assert "Originals are read by the roles that ATTUNE_ORIGINALS_FOR names" in withheld.readme


def test_an_agent_gets_what_is_about_their_account_and_no_secret(centre: Centre, handed: Handed) -> None:
    ana, ada = centre.ana.user_id, centre.ada
    with transaction(centre.engine) as session:
        token = start(session, ana, 8)
        set_password(session, ana, "argon2 of another", by=ada)
        north = administration.add_team(session, ada, "West")
        administration.move_agent(session, ada, centre.ana.agent_id or 0, north, date(2025, 3, 1), date(2025, 3, 1))
        program = ApiTokenRow(
            name="her calendar", secret_hash="a secret of hers", scopes=[], role=Role.AGENT, agent_id=centre.ana.agent_id,
            team_ids=[], author_id=ada.user_id, author=ada.name, at=NOW, expires_at=NOW,
        )  # fmt: skip
        plan = CoachingPlanRow(
            agent_id=centre.ana.agent_id, coach="Cora Bell", state="draft", words="Slow down.", starts_on=date(2025, 3, 1),
            agent_view="I will.", made_at=NOW,
        )  # fmt: skip
        session.add_all([program, plan])
    file = handed(PersonKind.AGENT, "ana@example.org")
    done = {(row["who"], row["what"]) for row in file.rows("audit_entries")}
    assert {
        ("operator", "person_added"),
        ("Ana Ruiz", "signed_in"),
        ("Ada Berg", "password_set"),
        ("Ada Berg", "agent_moved"),
    } <= done
    assert file.rows("coaching_plans")[0]["agent_view"] == "I will."
    assert (len(file.rows("sessions")), file.rows("api_tokens")[0]["name"]) == (1, "her calendar")
    for secret in ("argon2", "a secret of hers", token):
        assert secret not in file.everything
    assert "ada@example.org" not in file.everything


def test_a_reviewer_gets_what_they_did_and_no_words_of_the_calls(centre: Centre, handed: Handed) -> None:
    rita, ada = centre.rita, centre.ada
    with reading(centre.engine) as session:
        assert queries.call_details(session, rita, CALL_ID) is not None
    with transaction(centre.engine) as session:
        desk.comment(session, rita, "a comment", CALL_ID, "Too quick here.", turn=1)
        card = session.scalars(select(ScorecardVersionRow.id)).one()
        calibration = CalibrationRow(
            title="In spring", scorecard_version_id=card, due=date(2025, 4, 1), author_id=ada.user_id, author=ada.name,
            at=NOW, closed_by="",
        )  # fmt: skip
        session.add(calibration)
        session.flush()
        session.add(CalibrationMemberRow(calibration_id=calibration.id, user_id=rita.user_id))
        set_password(session, centre.ana.user_id, "argon2 of another", by=rita)
    file = handed(PersonKind.REVIEWER, "Rita Moss")
    assert file.rows("comments")[0]["text"] == "Too quick here."
    assert file.rows("calibrations")[0]["title"] == "In spring"
    of_ana = [row for row in file.rows("audit_entries") if row["what"] == "password_set"]
    assert [row["details"] for row in of_ana] == ["[left out]"]
    assert ("call_opened", CALL_ID) in {(row["what"], row["about_id"]) for row in file.rows("audit_entries")}
    for others in (SAID, VERA, "K-77", "ana@example.org", "Ana Ruiz"):
        assert others not in file.everything
    assert "The words of calls that this person merely reviewed" in file.readme
    assert not [name for name in file.files if name.startswith(("words", "sound", "rows/turns", "rows/calls"))]


def test_the_readme_says_what_is_in_each_file_and_what_is_not_and_why(centre: Centre, handed: Handed) -> None:
    for kind, name in ((PersonKind.CUSTOMER, VERA), (PersonKind.AGENT, "Ana Ruiz"), (PersonKind.ADMINISTRATOR, "Ada Berg")):
        file = handed(kind, name)
        for path in file.files:
            folder, _, _ = path.partition("/")
            assert (path if folder == "rows" else folder) in file.readme, path
        assert "sign_in_attempts: hashes by which too many wrong passwords are noticed" in file.readme
        assert file.readme.startswith("All that is kept about a")


def test_each_export_is_in_the_record_with_whom_it_is_about_by_number(centre: Centre, handed: Handed) -> None:
    handed(PersonKind.AGENT, "Ana Ruiz", asker=centre.ada)
    with reading(centre.engine) as session:
        (entry,) = [one for one in all_entries(session) if one.what == "person_exported"]
        (report,) = list_reports(session, SYSTEM)
    assert (entry.who, report.figures["accounts"], report.figures["about"]) == ("Ada Berg", [centre.ana.user_id], "agent")
    assert "Ana" not in json.dumps(report.figures)


def test_a_recording_that_cannot_be_read_is_withheld_and_named_and_the_rest_is_there(
    centre: Centre, handed: Handed, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    settings.cache_clear()
    keep(home, f"recordings/{HERS.facts.recording}", b"sound of hers", tmp_path)
    kept = home / f"recordings/{HERS.facts.recording}"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    file = handed(PersonKind.CUSTOMER, VERA)
    assert "sound/1.wav" not in file.files
    assert file.about["withheld"][0]["what"] == "The recording"
    assert "words/1.txt" in file.files


def test_nothing_is_left_of_a_file_that_could_not_be_finished(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The database is full.")

    monkeypatch.setattr("pipeline.export_person.keeping.save_report", refuse)
    with pytest.raises(StorageError, match="full"):
        write_person(centre.engine, SYSTEM, PersonKind.CUSTOMER, VERA, tmp_path / "vera.zip")
    assert not (tmp_path / "vera.zip").exists()
