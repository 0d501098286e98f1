"""Which public functions of `storage` change what is stored? Found in their code, so that a new one cannot be forgotten.

A function changes something where it inserts, updates, deletes, flushes or sets a column of a row, or calls a function of
`storage` that does.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import storage

ROOT = Path(storage.__file__).parent

WRITES = {"insert", "update", "delete", "insert_unless_known", "add", "add_all", "flush", "merge", "note"}
"""Calls that write, by the last part of their names; `note` writes to the record."""

APART = ("audit.py", "audit_check.py", "database.py", "migrations")
"""The record itself, and what opens the database and moves its tables."""


@cache
def changing() -> frozenset[str]:
    """Every such function as `module.function`, `queries.module.function` for those of the queries."""
    bodies = {name: body for file in _files() for name, body in _functions(file)}
    imported = {_module(file): _imports(file) for file in _files()}
    calls = {name: _called(body, name, imported) for name, body in bodies.items()}
    found = {name for name, body in bodies.items() if _writes(body)}
    while more := {name for name, called in calls.items() if called & found} - found:
        found |= more
    return frozenset(name for name in found if not name.rpartition(".")[2].startswith("_") and _takes_session(bodies[name]))


def _files() -> list[Path]:
    found = sorted(ROOT.rglob("*.py"))
    return [file for file in found if not any(part in APART for part in file.relative_to(ROOT).parts)]


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _functions(file: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in _parsed(file).body:
        if isinstance(node, ast.FunctionDef):
            yield f"{_module(file)}.{node.name}", node


def _imports(file: Path) -> dict[str, str]:
    """Names in a file that stand for functions or modules of `storage`, by what they stand for."""
    known = {}
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "storage":
            inside = ".".join(node.module.split(".")[1:])
            for one in node.names:
                known[one.asname or one.name] = ".".join(part for part in (inside, one.name) if part)
    return known


def _called(body: ast.FunctionDef, name: str, imported: dict[str, dict[str, str]]) -> set[str]:
    module = name.rpartition(".")[0]
    known = imported[module]
    found = set()
    for node in ast.walk(body):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            found.add(known.get(node.func.id, f"{module}.{node.func.id}"))
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            found.add(f"{known.get(node.func.value.id, node.func.value.id)}.{node.func.attr}")
    return found


def _writes(body: ast.FunctionDef) -> bool:
    for node in ast.walk(body):
        if isinstance(node, ast.Call):
            called, on_session = node.func, False
            if isinstance(called, ast.Attribute):
                on_session = isinstance(called.value, ast.Name) and called.value.id == "session"
                name = called.attr
            else:
                name = called.id if isinstance(called, ast.Name) else ""
            if name in WRITES and (on_session or isinstance(called, ast.Name)):
                return True
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            flat = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
            if any(isinstance(one, ast.Attribute) for one in flat):
                return True
    return False


def _takes_session(body: ast.FunctionDef) -> bool:
    return any(argument.arg == "session" for argument in body.args.args)
