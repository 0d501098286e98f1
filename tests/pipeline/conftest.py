"""A home of its own for each test, and a short real recording."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from settings import settings
from storage.database import open_database
from tests.dashboard.centre import Centre, build_centre

SPEECH = Path(__file__).parent.parent / "transcripts" / "audio"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """ATTUNE_HOME in a fresh folder; the settings are read again for it."""
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture(scope="session")
def built_centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """A centre with recordings, to be copied."""
    return build_centre(tmp_path_factory.mktemp("built") / "centre")


@pytest.fixture(scope="module")
def own_centre(built_centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """A copy of it for the tests of one file."""
    home = shutil.copytree(built_centre.home, tmp_path_factory.mktemp("own") / "centre")
    return replace(built_centre, home=home, url=f"sqlite:///{home / 'attune.db'}")


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
