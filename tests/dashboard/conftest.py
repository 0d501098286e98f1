"""Pages as Streamlit runs them, on a small, invented contact centre, seen as whoever a test says."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import dashboard.access
import dashboard.widgets.charts
from dashboard.pages import pages_for
from settings import settings
from storage.access import Asker, Role
from tests.dashboard.centre import Centre, build_centre

MAIN = Path(__file__).parents[2] / "dashboard" / "main.py"


@pytest.fixture(scope="session", autouse=True)
def packages_are_read_once() -> Iterator[None]:
    """Streamlit reads what every installed package says of itself for each `AppTest`, which takes longer than most pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def charts_are_checked() -> Iterator[None]:
    """Whatever a page draws is held to Vega-Lite's schema."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dashboard.widgets.charts, "check", True)
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre as it was made, once, which no test looks at itself."""
    return build_centre(tmp_path_factory.mktemp("built") / "centre")


def _copy(built: Centre, folder: Path) -> Centre:
    home = Path(shutil.copytree(built.home, folder / "centre"))
    return replace(built, home=home, url=f"sqlite:///{home / 'attune.db'}")


@pytest.fixture(scope="session")
def centre(built: Centre, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The centre that tests share, and only look at."""
    return _copy(built, tmp_path_factory.mktemp("shared"))


def _point_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_HOME", str(home))
    settings.cache_clear()
    st.cache_data.clear()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Points the settings at a folder for the length of a test."""
    yield lambda folder: _point_at(folder, monkeypatch)
    settings.cache_clear()
    st.cache_data.clear()


def open_page(who: Asker | None, view: str = "", **params: Any) -> AppTest:
    """A page as its address opens it: only that page is run, and not the one on which this person's day begins first.

    `current_asker` has to give the same person. Without a view it begins where a day begins. Raises ValueError, as
    Streamlit words it, for a page that is none of theirs.
    """
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    addresses = _addresses(who.role, who.organisation_id is not None) if who and view else {}
    if addresses:
        app._page_hash = calc_hash(addresses.get(view, addresses["call"]))
    if view and view not in addresses:
        app.run()  # after which Streamlit knows whose pages there are
        app.switch_page(f"views/{view}.py")
    for name, value in params.items():
        app.query_params[name] = str(value)
    return app.run()


@cache
def _addresses(role: Role, of_partner: bool) -> dict[str, str]:
    """The address of each page of a role, by its file; Streamlit itself makes a page only while a script runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "Page", lambda target, **more: SimpleNamespace(target=target, **more))
        made: list[Any] = list(pages_for(role, of_partner=of_partner))
    return {Path(page.target).stem: page.url_path for page in made if isinstance(page.target, str)}


@pytest.fixture
def fresh_centre(built: Centre, tmp_path: Path, home: Callable[[Path], None]) -> Centre:
    """A centre of a test's own, to change, with the settings pointed at it."""
    made = _copy(built, tmp_path)
    home(made.home)
    return made


Look = Callable[..., AppTest]


@pytest.fixture
def page_of(home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Opens a page of any home as any asker: `page_of(folder, asker, "causes", cause="3")`; nothing on it may fail."""

    def at(folder: Path, asker: Asker, view: str, **params: str) -> AppTest:
        home(folder)
        monkeypatch.setattr(dashboard.access, "current_asker", lambda: asker)
        app = open_page(asker, view, **params)
        assert not app.exception
        return app

    return at


@pytest.fixture
def look(centre: Centre, home: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Opens a page as somebody: `look("reviewer", "calls", words="heating")`."""

    def at(who: str | None, view: str = "", place: Centre = centre, **params: Any) -> AppTest:
        home(place.home)
        asker = place.askers[who] if who else None
        monkeypatch.setattr(dashboard.access, "current_asker", lambda: asker)
        return open_page(asker, view, **params)

    return at


def widget_data(app: AppTest, key: str) -> Any:
    """The values that a widget of ours was given, by its key; an AssertionError where it is not on the page."""
    import json

    for element in app.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            return json.loads(element.proto.json)
    raise AssertionError(f"no widget {key} on the page")


def words_of(app: AppTest) -> str:
    """Everything that stands on the page in Streamlit's own elements."""
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.error, *app.success, *app.metric]
    return "\n".join(f"{getattr(element, 'label', '')} {element.value}" for element in shown)
