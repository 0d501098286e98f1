"""When does a session end, and what does a token that was not given out come to?"""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from errors import SettingsError
from settings import settings
from storage import sessions
from storage.access import SYSTEM, Role
from storage.database import transaction
from storage.people import add_user, deactivate_user, set_password
from storage.secret import server_key
from storage.tables import SessionRow


@pytest.fixture
def rita(engine: Engine) -> int:
    with transaction(engine) as session:
        return add_user(session, "rita@example.org", "Rita Boyle", Role.REVIEWER, "hash")


def _has_idled(session: Session, minutes: float) -> None:
    for row in session.scalars(select(SessionRow)):
        assert row.idle_until is not None
        row.idle_until -= timedelta(minutes=minutes)
    session.flush()


@pytest.fixture
def key_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("ATTUNE_SECRET")
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "secret.key"
    settings.cache_clear()


def test_a_session_that_is_not_used_ends(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, rita, 10, idle_minutes=30)
        _has_idled(session, 29)
        assert sessions.asker_of(session, token) is not None
        _has_idled(session, 2)
        assert sessions.asker_of(session, token) is None


def test_use_keeps_a_session_until_its_absolute_end_and_no_longer(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, rita, 1, idle_minutes=30)
        _has_idled(session, 20)
        sessions.note_use(session, token, 30)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert timedelta(minutes=29) < found.idle_until - datetime.now(UTC) <= timedelta(minutes=30)
        sessions.note_use(session, token, 10_000)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert found.idle_until == found.expires_at
        assert not sessions.is_due(found, 10_000)


def test_use_does_not_wake_a_session_that_has_ended(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        unused, ended = (sessions.start(session, rita, 10, idle_minutes=30) for _ in range(2))
        _has_idled(session, 31)
        sessions.end(session, ended)
        for token in (unused, ended):
            sessions.note_use(session, token, 30)
            assert sessions.asker_of(session, token) is None


def test_use_is_written_down_no_more_than_once_a_minute(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, rita, 10, idle_minutes=30)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert not sessions.is_due(found, 30)
        _has_idled(session, 2)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert sessions.is_due(found, 30)


def test_everywhere_is_everywhere_and_nobody_elses(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        other = sessions.start(session, add_user(session, "o@example.org", "Otto", Role.REVIEWER, "hash"), 1)
        tokens = [sessions.start(session, rita, 1) for _ in range(3)]
        assert len(sessions.open_since(session, rita)) == 3
        sessions.end_all(session, rita, SYSTEM)
        assert [sessions.asker_of(session, token) for token in tokens] == [None] * 3
        assert sessions.asker_of(session, other) is not None
        assert sessions.open_since(session, rita) == []


def test_losing_the_account_or_the_password_ends_every_session(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        token = sessions.start(session, rita, 1)
        set_password(session, rita, "another hash")
        assert sessions.asker_of(session, token) is None
        token = sessions.start(session, rita, 1)
        deactivate_user(session, rita)
        assert sessions.asker_of(session, token) is None


def test_with_a_one_time_password_somebody_is_known_and_may_ask_nothing(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        set_password(session, rita, "hash", datetime.now(UTC) + timedelta(days=1))
        token = sessions.start(session, rita, 1)
        found = sessions.signed_in(session, token)
        assert found is not None
        assert found.must_choose
        assert sessions.asker_of(session, token) is None


@pytest.mark.parametrize("forged", ["", ".", "x", "é", "x." + "0" * 64])
def test_a_token_that_nobody_gave_out_is_refused(engine: Engine, forged: str) -> None:
    with transaction(engine) as session:
        assert sessions.signed_in(session, forged) is None


def test_a_token_is_good_only_with_its_own_signature(engine: Engine, rita: int) -> None:
    with transaction(engine) as session:
        first, second = (sessions.start(session, rita, 1) for _ in range(2))
        value, signature = first.split(".")[0], second.split(".")[1]
        assert sessions.signed_in(session, f"{value}.{signature}") is None


def test_a_row_put_into_the_database_by_hand_signs_nobody_in(engine: Engine, rita: int) -> None:
    """Whoever writes to the database, but does not have the key, cannot make a token for a row of theirs."""
    with transaction(engine) as session:
        sessions.start(session, rita, 1)
        row = session.scalars(select(SessionRow)).one()
        row.token_hash = sessions._hash("chosen.by-them")
        session.flush()
        assert sessions.signed_in(session, "chosen.by-them") is None


def test_the_key_is_made_once_and_for_its_owner_alone(key_in_a_file: Path) -> None:
    made = server_key()
    assert stat.S_IMODE(key_in_a_file.stat().st_mode) == 0o600
    assert key_in_a_file.read_bytes() == made
    assert len(made) == 64
    assert list(key_in_a_file.parent.iterdir()) == [key_in_a_file]


def test_a_short_key_is_refused_without_being_shown(key_in_a_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_SECRET", "hunter2")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="needs 32 or more") as refused:
        server_key()
    assert "hunter2" not in f"{refused.value} {settings()!r}"
