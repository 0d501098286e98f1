"""A call that a program sends is kept before it is answered, worked on once, and never lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient

from pipeline import receive
from pipeline.arrivals import work_off
from pipeline.erase import erase_customer
from pipeline.listen import Listening
from scoring.course import TransferKnown
from settings import settings
from storage import holds, queries
from storage.access import SYSTEM
from storage.course_tables import CourseRow
from storage.database import reading, transaction
from storage.inbox_tables import InboxRow
from storage.tables import Base, CallRow
from storage.tokens import Scope
from tests.api.programs.conftest import API

TURNS = [
    {"speaker": "agent", "text": "Good morning, you are speaking with Mina. How can I help?", "start": 0, "end": 4},
    {"speaker": "customer", "text": "My parcel is late.", "start": 4, "end": 6},
]
TRANSCRIPT = {"file": "chat", "duration_seconds": 6, "language": "en", "turns": TURNS}
SPEECH = Path(__file__).parents[2] / "transcripts" / "audio"


def _send(client: TestClient, key: str = "call-1", **changes: Any) -> Any:
    sent = {"transcript": TRANSCRIPT, "agent": "Mina Park", "team": "Parcels", "scorecards": ["compliance"], **changes}
    return client.post(f"{API}/transcripts", json=sent, headers={"Idempotency-Key": key})


def _send_file(client: TestClient, content: bytes, name: str = "call.wav", key: str = "file-1", **facts: str) -> Any:
    return client.post(f"{API}/calls", files={"file": (name, content)}, data=facts, headers={"Idempotency-Key": key})


def _inbox() -> list[Path]:
    return sorted(path for path in (settings().home / "inbox").rglob("*") if path.is_file())


def _listening() -> Listening:
    return Listening.from_settings(settings())


def test_a_transcript_is_kept_answered_and_then_scored(crm: TestClient, own: Engine) -> None:
    answer = _send(crm, started_at="2026-03-31T14:05:00+02:00", queue="late", direction="inbound")
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert len(_inbox()) == 1
    address = answer.headers["location"]
    assert len(work_off(own, _listening())) == 1
    followed = crm.get(address).json()
    assert (followed["state"], followed["reason"], followed["tries"]) == ("scored", "", 1)
    call = crm.get(f"{API}/calls/{followed['calls'][0]}").json()
    assert (call["agent"], call["team"], call["queue"]) == ("Mina Park", "Parcels", "late")
    assert call["started_at"] == "2026-03-31T12:05:00Z"
    assert len(call["evaluations"]) == 1
    assert _inbox() == []
    assert work_off(own, _listening()) == []


def test_what_a_sent_call_is_about_whose_it_is_and_that_it_was_passed_on_is_counted(crm: TestClient, own: Engine) -> None:
    address = _send(crm, reason="Parcel missing", customer_id="C-17", transfers=1).headers["location"]
    work_off(own, _listening())
    (call,) = crm.get(address).json()["calls"]
    with reading(own) as session:
        course = session.execute(select(CourseRow).where(CourseRow.call_id == call)).scalar_one()
    assert (course.reason, course.transfers, course.transfer_known) == ("Parcel missing", 1, TransferKnown.GIVEN)
    assert course.customer_key


def test_a_customer_is_known_by_what_a_program_says_and_neither_number_nor_address_is_ever_kept(
    crm: TestClient, own: Engine
) -> None:
    given = {"customer_phone": "+44 20 7946 0123", "customer_email": "Vera@Example.org", "case_id": "00001027"}
    addresses = [_send(crm, **given).headers["location"]]
    second = {"customer_phone": "+442079460123", "transcript": {**TRANSCRIPT, "duration_seconds": 7}}
    addresses.append(_send(crm, key="call-2", **second).headers["location"])
    assert _send(crm, **given).status_code == 202  # the same again, with the same hashes
    assert not _names_vera(own)  # while it waits
    work_off(own, _listening())
    calls = [crm.get(address).json()["calls"][0] for address in addresses]
    with reading(own) as session:
        whose = [queries.customer_of_call(session, SYSTEM, call) for call in calls]
        assert session.get_one(CallRow, calls[0]).extra["case_id"] == "00001027"
    assert whose[0] == whose[1] is not None
    assert not _names_vera(own)


def _names_vera(engine: Engine) -> bool:
    with reading(engine) as session:
        rows = [tuple(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    kept = repr(rows).replace(" ", "").casefold()
    return "79460123" in kept or "vera@" in kept


def test_a_file_that_waits_is_erased_by_the_telephone_number_that_was_sent_with_it(crm: TestClient, own: Engine) -> None:
    hers = _send(crm, customer_phone="+44 20 7946 0123", case_id="00001027").json()
    _send(crm, key="call-2", customer_phone="+44 20 7946 0999")
    done = erase_customer(own, SYSTEM, "+44 (0)20 7946 0123")
    assert [one.id for one in done.waiting] == [hers["id"]]
    with reading(own) as session:
        facts = session.get_one(InboxRow, hers["id"]).facts
    assert not {"customer_phone_hash", "case_id"} & set(facts)


def test_the_same_key_with_the_same_call_is_one_call_and_with_another_one_is_refused(crm: TestClient) -> None:
    first, again = _send(crm), _send(crm)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(_inbox()) == 1
    assert _send(crm, agent="Somebody else").status_code == 422
    assert "new key" in _send(crm, transcript={**TRANSCRIPT, "duration_seconds": 7}).json()["detail"]
    assert len(_inbox()) == 1
    assert _send(crm, key="call-2").json()["id"] != first.json()["id"]


def test_what_was_sent_with_one_token_does_not_exist_for_another(
    crm: TestClient, token: Callable[..., dict[str, str]]
) -> None:
    sent = _send(crm).json()
    other = token()
    assert crm.get(f"{API}/received/{sent['id']}", headers=other).status_code == 404
    assert crm.get(f"{API}/received", headers=other).json()["items"] == []
    assert [one["id"] for one in crm.get(f"{API}/received").json()["items"]] == [sent["id"]]
    assert crm.get(f"{API}/received/{sent['id']}", headers=token(Scope.READ_RESULTS)).status_code == 403


def test_a_token_without_the_scope_sends_nothing(crm: TestClient, token: Callable[..., dict[str, str]]) -> None:
    crm.headers.update(token(Scope.READ_RESULTS, Scope.READ_COACHING, Scope.HOOKS))
    assert (_send(crm).status_code, _send_file(crm, b"x").status_code, _inbox()) == (403, 403, [])


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x", "/etc/passwd", "..\\..\\x.wav", "a\r\nX-Evil: 1.wav", "con.wav", "x" * 5000, "%00.wav"]
)
def test_a_name_of_a_file_leads_nowhere(crm: TestClient, own: Engine, name: str) -> None:
    answer = _send_file(crm, json.dumps(TRANSCRIPT).encode(), name)
    assert answer.status_code in (202, 400, 422)
    for file in _inbox():
        assert file.parent.parent == settings().home / "inbox"
        assert file.name.startswith("call")
    assert "\n" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"scorecards": ["/etc/passwd"]}, {"scorecards": ["../../x"]}, {"scorecards": ["nobody_knows"]},
        {"started_at": "2026-03-31T14:05:00"}, {"started_at": "0001-01-01T00:00:00+14:00"}, {"started_at": 169},
        {"direction": "sideways"},
        {"agent": "x" * 300}, {"agent": "two\nlines"}, {"transcript": []}, {"transcript": None},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_kept(crm: TestClient, wrong: dict[str, Any]) -> None:
    answer = _send(crm, **wrong)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert _inbox() == []


def test_a_key_is_needed(crm: TestClient) -> None:
    assert crm.post(f"{API}/transcripts", json={"transcript": TRANSCRIPT}).status_code == 422


def test_an_archive_an_empty_file_and_one_that_is_too_large_are_refused(crm: TestClient) -> None:
    assert "archive (zip)" in _send_file(crm, b"PK\x03\x04" + b"\0" * 100).json()["detail"]
    assert "empty" in _send_file(crm, b"").json()["detail"]
    assert _send_file(crm, b"\0" * 1_100_000).status_code == 413
    assert _inbox() == []


def test_what_is_no_call_fails_with_a_sentence_that_names_no_place_of_ours(crm: TestClient, own: Engine) -> None:
    sent = _send_file(crm, b"words, and no sound", "greeting.wav").json()
    assert len(work_off(own, _listening())) == 1
    followed = crm.get(f"{API}/received/{sent['id']}").json()
    assert (followed["state"], followed["tries"], followed["calls"]) == ("failed", 1, [])
    assert "greeting.wav" in followed["reason"]
    assert str(settings().home) not in followed["reason"]
    assert _inbox() == []


def test_what_went_wrong_through_no_fault_of_the_call_is_tried_again_later(
    crm: TestClient, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*anything: object) -> None:
        raise RuntimeError("the disk is on fire")

    sent = _send(crm).json()
    monkeypatch.setattr("pipeline.arrivals.jobs_of", breaks)
    assert [outcome.state.value for outcome in work_off(own, _listening())] == ["failed"]
    followed = crm.get(f"{API}/received/{sent['id']}").json()
    assert (followed["state"], "fire" in followed["reason"]) == ("received", False)
    assert len(_inbox()) == 1
    monkeypatch.undo()
    assert work_off(own, _listening()) == []  # not at once
    with transaction(own) as session:
        session.execute(update(InboxRow).values(not_before=datetime.now(UTC)))
    assert [outcome.state.value for outcome in work_off(own, _listening())] == ["scored"]


def test_what_a_cut_off_sender_left_is_tidied_away_and_nothing_else(
    crm: TestClient, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send(crm)
    left = settings().home / "inbox" / ("0" * 32)
    left.mkdir()
    (left / "call.wav").write_bytes(b"half")
    monkeypatch.setattr(receive, "ORPHAN_SECONDS", -1.0)
    receive.tidy(own)
    assert not left.exists()
    assert len(_inbox()) == 1


def test_with_a_key_what_waits_lies_there_encrypted_and_is_taken_in_all_the_same(
    crm: TestClient, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    settings.cache_clear()
    sent, wrong = _send(crm).json(), _send_file(crm, b"words, and no sound", "greeting.wav").json()
    assert not any(b"parcel" in path.read_bytes() or b"no sound" in path.read_bytes() for path in _inbox())
    assert len(work_off(own, _listening())) == 2
    assert crm.get(f"{API}/received/{sent['id']}").json()["state"] == "scored"
    failed = crm.get(f"{API}/received/{wrong['id']}").json()["reason"]
    assert "greeting.wav" in failed
    assert str(settings().home) not in failed
    assert _inbox() == []
    assert not list(settings().home.glob("unsealed-*"))


def test_what_could_not_be_taken_in_goes_after_some_days_and_what_was_taken_in_at_once(
    crm: TestClient, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "ORPHAN_SECONDS", -1.0)
    ids = [_send(crm, key=f"call-{number}").json()["id"] for number in range(4)]
    long_ago = datetime.now(UTC) - timedelta(days=8)
    for id, state, at in zip(ids, ("failed", "failed", "scored"), (long_ago, datetime.now(UTC), long_ago), strict=False):
        with transaction(own) as session:
            session.execute(update(InboxRow).where(InboxRow.id == id).values(state=state, finished_at=at))
    receive.tidy(own)
    assert len(_inbox()) == 2  # the one that failed today, and the one that waits


def test_what_failed_long_ago_is_forgotten_unless_it_names_somebody_under_a_legal_hold(crm: TestClient, own: Engine) -> None:
    told = [{"customer": "Vera Lindqvist"}, {"agent": "Ana Ruiz"}, {"customer_id": "K-77"}, {"customer": "Tom Adler"}]
    for number, facts in enumerate(told):
        _send(crm, key=f"call-{number}", **facts)
    with transaction(own) as session:
        holds.set_hold(session, SYSTEM, holds.Scope.CUSTOMER, "Vera Lindqvist", "court case")
        holds.set_hold(session, SYSTEM, holds.Scope.CUSTOMER, "K-77", "court case")
        long_ago = datetime.now(UTC) - timedelta(days=8)
        session.execute(update(InboxRow).values(state="failed", reason="no sound in it", finished_at=long_ago))
    receive.tidy(own)
    with reading(own) as session:
        rows = session.scalars(select(InboxRow).order_by(InboxRow.id)).all()
        assert [row.state for row in rows] == ["failed", "removed", "failed", "removed"]
        assert {(row.reason, row.sent_as, str(row.facts)) for row in rows if row.state == "removed"} == {("", "", "{}")}


def test_a_customer_who_is_erased_leaves_the_inbox_too(crm: TestClient, own: Engine) -> None:
    _send(crm, customer="Vera Lindqvist", customer_id="K-77")
    work_off(own, _listening())
    waits = _send(crm, key="call-2", customer="Vera Lindqvist", transcript={**TRANSCRIPT, "duration_seconds": 7}).json()
    done = erase_customer(own, SYSTEM, "Vera Lindqvist")
    assert (len(done.calls), len(done.waiting), dict(done.named)) == (1, 1, {})
    assert _inbox() == []
    assert crm.get(f"{API}/received/{waits['id']}").json()["reason"] == "The customer was erased."
    with reading(own) as session:
        assert all("K-77" not in str(row.facts) for row in session.scalars(select(InboxRow)))


def test_what_a_killed_program_left_in_the_clear_is_tidied_away_whatever_vanishes_meanwhile(
    crm: TestClient, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [settings().home / f"{prefix}-left" for prefix in ("unsealed", "storing", "restoring")]
    for folder in left:
        folder.mkdir()
        (folder / "call.wav").write_bytes(b"sound")
    (settings().home / "unsealed-gone").symlink_to("nowhere")  # found, and no longer there once it is looked at
    (settings().home / "inbox").mkdir(exist_ok=True)
    (settings().home / "inbox" / "gone").symlink_to("nowhere")
    monkeypatch.setattr(receive, "FORGOTTEN_SECONDS", -1.0)
    receive.tidy(own)
    assert not any(folder.exists() for folder in left)
