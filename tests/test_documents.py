"""Documents that cannot drift: what they name exists, and what exists they name."""

import re
from pathlib import Path

import click
import pytest

from cli import cli
from settings import Settings

ROOT = Path(__file__).parent.parent
PROSE = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "samples").glob("*.md")])


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found |= commands(command, f"{before}{name} ") if isinstance(command, click.Group) else {before + name: command}
    return found


def test_every_setting_stands_in_the_quickstart_with_its_default() -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text()
    rows = {
        cells[0].strip("` "): [c.strip() for c in cells[1:]]
        for cells in (line.strip("|").split("|") for line in text.splitlines())
    }
    for name, field in Settings.model_fields.items():
        row = rows[f"ATTUNE_{name.upper()}"]
        assert row[0] == (f"`{field.default}`" if str(field.default) else "empty")
        assert row[1] == field.description
    assert {name for name in rows if name.startswith("ATTUNE_")} == {f"ATTUNE_{n.upper()}" for n in Settings.model_fields}


def test_every_command_stands_in_the_quickstart() -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text()
    missing = [name for name in commands(cli) if f"`cli.py {name}" not in text]
    assert missing == []


@pytest.mark.parametrize("document", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_that_a_document_shows_exists(document: Path) -> None:
    known = commands(cli)
    for shown in re.findall(r"cli\.py ((?:[a-z]+ ?)+(?:[^`\n]*))", document.read_text()):
        words = shown.split()
        name = next((n for n in (" ".join(words[:2]), words[0]) if n in known), None)
        assert name is not None, f"{document.name} shows `cli.py {shown}`"
        options = {option for parameter in known[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
        for option in re.findall(r"(?<![\w-])--[a-z-]+", shown):
            assert option in options, f"{document.name} shows `cli.py {shown}`; {name} has no {option}"


def test_every_dependency_has_its_reason() -> None:
    listed = [
        re.split(r"[=\[]", line)[0]
        for file in ("requirements.txt", "requirements-voices.txt")
        for line in (ROOT / file).read_text().splitlines()
        if line and not line.startswith("#")
    ]
    reasons = re.findall(r"^\| ([\w.-]+) \| \S+", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name for name in reasons if name not in ("package", "---"))


def test_every_dependency_is_pinned() -> None:
    for file in ("requirements.txt", "constraints.txt", "requirements-voices.txt"):
        for line in (ROOT / file).read_text().splitlines():
            assert not line or line.startswith("#") or re.fullmatch(r"[\w.\[\]-]+==[\w.+!]+", line), f"{file}: {line}"


def test_nothing_is_pinned_that_differs_with_the_build_of_torch() -> None:
    # One build of torch asks for exact versions of these and another for none, so a pin keeps one of them from being had.
    of_a_build = re.compile(r"^(triton|nvidia[\w.-]*|cuda[\w.-]*)==", re.MULTILINE)
    assert of_a_build.findall((ROOT / "constraints.txt").read_text()) == []


@pytest.mark.parametrize("document", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_links_to_exists(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
