"""A home of its own for each test, and a short real recording."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from settings import settings
from storage.database import open_database

SPEECH = Path(__file__).parent.parent / "transcripts" / "audio"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """ATTUNE_HOME in a fresh folder; the settings are read again for it."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture
def engine(home: Path) -> Iterator[Engine]:
    """The database of that home."""
    opened = open_database(settings().url)
    yield opened
    opened.dispose()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with one good recording in it, `good.ogg`."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    shutil.copy(SPEECH / "call.ogg", folder / "good.ogg")
    return folder
