"""Does what `deploy/` says fit the program: settings that there are, commands that there are, units that systemd can read?

That the image is built and the services come up is not tried here: it takes a container engine and the network.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from cli import cli
from settings import Settings
from storage.database import open_database

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
KNOWN = {f"ATTUNE_{name.upper()}" for name in Settings.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as it is read."""
    read: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    return read


def _is_a_command(words: list[str]) -> bool:
    group: click.Command = cli
    for word in words:
        if not isinstance(group, click.Group):
            return True  # an argument of the command
        if word not in group.commands:
            return False
        group = group.commands[word]
    return not isinstance(group, click.Group)


def test_every_setting_that_is_named_is_one() -> None:
    named = {name for file in DEPLOY.iterdir() for name in re.findall(r"ATTUNE_[A-Z_]+", file.read_text())}
    assert named
    assert named <= KNOWN


def test_every_command_that_is_started_is_one(compose: dict[str, Any]) -> None:
    started = [re.findall(r"cli\.py (.*)", unit.read_text())[0].split() for unit in DEPLOY.glob("*.service")]
    started += [service["command"][2:] for service in compose["services"].values() if "command" in service]
    started += [[word] for word in re.findall(r'cli\.py"?,? "?(\w+)', (DEPLOY / "Containerfile").read_text())]
    assert len(started) == 8
    assert [words for words in started if not _is_a_command(words)] == []


def test_what_is_copied_into_the_image_is_there_and_what_is_secret_is_not() -> None:
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {"attune.env", "**/.env", "data", ".git"} <= set(left_out)
    assert not (DEPLOY / ".env").exists()


def test_the_image_has_what_runs_and_not_what_checks() -> None:
    needed = (ROOT / "requirements.txt").read_text().partition("\n# checks\n")[0]
    assert "streamlit==" in needed
    assert "prometheus-client==" in needed
    assert "pytest==" not in needed


def test_nothing_in_the_compose_file_runs_as_root_of_ours_or_is_open_to_the_network(compose: dict[str, Any]) -> None:
    for name in ("dashboard", "worker"):
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"]
        assert "home:/var/lib/attune" in service["volumes"]
    assert "USER attune" in (DEPLOY / "Containerfile").read_text()
    assert all(port.startswith("127.0.0.1:") for port in compose["services"]["dashboard"]["ports"])
    assert compose["services"]["worker"]["networks"] == compose["services"]["database"]["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"]


def test_the_worker_waits_for_nothing_that_waits_for_a_worker(compose: dict[str, Any]) -> None:
    # `GET /ready` says no where a file has waited long and nobody works, as after a night in which the machine was off.
    assert "dashboard" in compose["services"]["worker"]["depends_on"]
    assert "healthcheck" not in compose["services"]["dashboard"]
    assert re.findall(r"8501(/\w+)", (DEPLOY / "Containerfile").read_text()) == ["/health"]


def test_the_address_of_the_database_is_one_that_is_understood(compose: dict[str, Any]) -> None:
    address = compose["services"]["worker"]["environment"]["ATTUNE_DATABASE_URL"]
    filled_in = re.sub(r"\$\{[^}]*\}", "a-password", address).replace("@database/", "@127.0.0.1:1/")
    with pytest.raises(Exception, match="cannot be opened") as away:
        open_database(filled_in)
    assert "a-password" not in str(away.value)


def test_systemd_reads_every_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed, so the units were not read")
    for unit in UNITS:
        text = unit.read_text().replace("/opt/attune/.venv/bin/python", sys.executable)
        (tmp_path / unit.name.replace("@.", "@daily.")).write_text(text)
    read = subprocess.run(
        [analyze, "verify", "--man=no", *(str(unit) for unit in sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [line for line in read.stderr.splitlines() if "attune" in line]
    assert (read.returncode, ours) == (0, [])
