"""What holds for the hearing of many recordings at once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SOUNDS = ROOT / "tests" / "transcripts" / "audio"


def heard(*names: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "cli.py"), "transcribe", *(str(SOUNDS / name) for name in names)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == list(names)
    return {Path(line["file"]).name: line for line in lines}


def test_a_call_is_heard_the_same_alone_and_among_others() -> None:
    """Alone it is heard in one process with every core, among others in a process with a share of them."""
    together = heard("german.ogg", "call.ogg")
    assert heard("call.ogg") == {"call.ogg": together["call.ogg"]}
