"""Two people changed the same draft at once: what do both changes come to, and where do they clash?

A three-way merge of plain data: what only one of them changed is taken; where both changed the same thing in different
ways theirs (what was saved first) stands, and mine is handed back as a clash, so that nothing is lost. Sections and
criteria are known by their ids, wherever they were moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scorecards.load import Place


class _Gone:
    """Stands for something that is not there."""


GONE: Final = _Gone()


@dataclass(frozen=True)
class Clash:
    """Both changed this: `place` is where, by keys and ids; `mine` is what did not get in, None where it was taken out."""

    place: Place
    mine: Any


@dataclass(frozen=True)
class Merged:
    """What both come to, and what of mine did not get in."""

    data: Any
    clashes: tuple[Clash, ...]


def merge(base: Any, mine: Any, theirs: Any) -> Merged:
    """Both changes to `base` put together, where `theirs` was saved before `mine`."""
    clashes: list[Clash] = []
    data = _merge(base, mine, theirs, (), clashes)
    return Merged(None if data is GONE else data, tuple(clashes))


def _merge(base: Any, mine: Any, theirs: Any, place: Place, clashes: list[Clash]) -> Any:
    if mine in (theirs, base):
        return theirs
    if theirs == base:
        return mine
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _mapping(base if isinstance(base, Mapping) else {}, mine, theirs, place, clashes)
    if _by_id(mine) is not None and _by_id(theirs) is not None:
        return _list(base if _by_id(base) is not None else [], mine, theirs, place, clashes)
    if theirs is GONE:  # they took out what I changed: the change stays, and is easily taken out again
        return mine
    clashes.append(Clash(place, None if mine is GONE else mine))
    return theirs


def _mapping(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], place: Place, clashes: list[Clash]
) -> dict[str, Any]:
    merged = {}
    for key in dict.fromkeys([*theirs, *mine]):
        value = _merge(base.get(key, GONE), mine.get(key, GONE), theirs.get(key, GONE), (*place, key), clashes)
        if value is not GONE:
            merged[key] = value
    return merged


def _list(base: Any, mine: Any, theirs: Any, place: Place, clashes: list[Clash]) -> list[Any]:
    """Lists of things with ids: each thing is merged, in the order of whoever moved things."""
    before, own, other = _by_id(base) or {}, _by_id(mine) or {}, _by_id(theirs) or {}
    ids = _order(list(before), list(own), list(other))
    merged = [_merge(before.get(id_, GONE), own.get(id_, GONE), other.get(id_, GONE), (*place, id_), clashes) for id_ in ids]
    return [item for item in merged if item is not GONE]


def _order(base: list[str], mine: list[str], theirs: list[str]) -> list[str]:
    """Every id once: their order unless only I moved things, what the other order alone has after its predecessor."""
    kept_by_both = set(mine) & set(theirs)
    moved = [id_ for id_ in mine if id_ in kept_by_both] != [id_ for id_ in base if id_ in kept_by_both]
    first, second = (mine, theirs) if moved else (theirs, mine)
    ids = list(first)
    for at, id_ in enumerate(second):
        if id_ not in ids:
            before = next((one for one in reversed(second[:at]) if one in ids), None)
            ids.insert(0 if before is None else ids.index(before) + 1, id_)
    return ids


def _by_id(value: Any) -> dict[str, Any] | None:
    """Things by their ids, where it is a list of things that have one, each once."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    if not all(isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in value):
        return None
    by_id = {item["id"]: item for item in value}
    return by_id if len(by_id) == len(value) else None
