"""What holds for the hearing of many recordings at once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.transcripts.sound import GERMAN, RATE, the_call, write_sound

ROOT = Path(__file__).parent.parent.parent


def heard(*files: Path) -> dict[Path, Any]:
    command = [sys.executable, str(ROOT / "cli.py"), "transcribe", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]) for line in lines] == list(files)
    return {Path(line["file"]): line for line in lines}


def test_a_call_is_heard_the_same_alone_and_among_others(tmp_path: Path) -> None:
    """Alone it is heard in one process with every core, among others in a process with a share of them."""
    call = write_sound(tmp_path / "call.wav", the_call()[:, : round(9.1 * RATE)], rate=8_000)
    together = heard(GERMAN, call)
    assert together[call]["turns"]
    assert heard(call) == {call: together[call]}
