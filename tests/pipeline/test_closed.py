"""What a process knows is not read out of it by another of the same user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.closed import for_workers

LOOK = """
import ctypes, os
from pipeline.closed import close_to_others
if not os.getuid():  # the superuser sees all
    os.setgid(65534); os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as it is after a start

def seen():
    reader, writer = os.pipe()
    if not os.fork():
        try:
            found = b"not to be seen" in open(f"/proc/{os.getppid()}/environ", "rb").read()
        except PermissionError:
            found = False
        os.write(writer, b"seen" if found else b"kept")
        os._exit(0)
    os.wait()
    return os.read(reader, 4).decode()

before = seen()
close_to_others()
print(before, seen(), len(os.listdir("/proc/self/fd")) > 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system decides")
def test_the_environment_of_a_process_is_read_by_no_other_of_its_user() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={**os.environ, "ATTUNE_ENCRYPTION_KEY": "not to be seen"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["seen", "kept", "True"], told.stderr


def test_workers_are_not_given_what_they_have_no_use_for() -> None:
    given = for_workers({"ATTUNE_OIDC_SECRET": "a", "attune_smtp_password": "b", "ATTUNE_ENCRYPTION_KEY": "c", "PATH": "d"})
    assert given == {"ATTUNE_ENCRYPTION_KEY": "c", "PATH": "d"}
