"""Is a file that somebody sent what it should be, and does reading it do no harm?

    python -m pipeline.probe FILE          one line of JSON: what it is, or why it is refused

The file is read to its end in a process of its own, which has so much memory, so much time of the processor and may write
nothing. A file that blows up when it is unpacked, hangs a decoder or brings it down so harms that process alone.
"""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

from errors import AttuneError, InputError, RecordingError, Unavailable

MEMORY_BYTES = 4_000_000_000
"""Address space of the process; the decoders with what they bring take less than 2 GB of it before they read anything."""

PROCESSOR_SECONDS = 120
"""Hours of a call are decoded in less."""

WALL_SECONDS = 300.0

TOO_MUCH = 3
"""The exit status of the process where it ran out of memory; Python's own is 1 for whatever goes wrong in it."""

LONGEST_HOURS = 12.0
"""A longer recording is no call."""

ARCHIVES: dict[bytes, str] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PK\x07\x08": "zip",
    b"\x1f\x8b": "gzip",
    b"\x1f\x9d": "compress",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"]\x00\x00": "lzma",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"\x04\x22\x4d\x18": "lz4",
    b"MSCF": "cab",
    b"!<arch>\n": "ar",
}
"""How files begin that hold other files."""

ROOT = Path(__file__).parent.parent


def check_is_no_archive(beginning: bytes) -> None:
    """Raise InputError where a file that begins so (512 bytes of it) holds other files."""
    kind = next((name for start, name in ARCHIVES.items() if beginning.startswith(start)), None)
    kind = kind or ("tar" if beginning[257:262] == b"ustar" else None)
    if kind:
        raise InputError(f"This is an archive ({kind}); send each call by itself, not packed.")


def probe(file: Path) -> None:
    """Raise InputError with a sentence where the file is neither a recording nor a transcript that can be read in bounds.

    Raises Unavailable where the reading was told to stop, AttuneError where it ended in a way that may not be the file's.
    """
    with file.open("rb") as stream:
        check_is_no_archive(stream.read(512))
    too_much = "Reading this file took more time or memory than any call does, so it is refused."
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.probe", str(file.absolute())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_SECONDS,
            start_new_session=True,  # Ctrl-C at a terminal is for whoever works, and says nothing of this file
        )
    except subprocess.TimeoutExpired as slow:
        raise InputError(too_much) from slow
    if done.returncode in (TOO_MUCH, -signal.SIGXCPU):
        raise InputError(too_much)
    if done.returncode in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP):
        raise Unavailable("Reading this file was stopped from outside.")
    if done.returncode:
        raise AttuneError(f"Reading this file ended the program that did it (status {done.returncode}).")
    refused = json.loads(done.stdout)["refused"]
    if refused:
        raise InputError(refused)


def _limit() -> None:
    """Bound this process before it opens anything of somebody else's."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # At the first of both limits it ends by a signal of its own, at the second by one that may have many reasons.
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))


def _read_whole(file: Path) -> None:
    """Read the file to its end, and keep nothing. Raises InputError."""
    from transcripts.audio import open_recording, read_blocks
    from transcripts.formats import is_transcript, read_conversations
    from transcripts.formats.vcon import inline_recordings

    if is_transcript(file):
        if not list(inline_recordings(file)):
            read_conversations(file)
        return
    rate, samples = 8_000, 0
    for block in read_blocks(open_recording(file), rate):
        samples += block.shape[1]
        if samples > LONGEST_HOURS * 3600 * rate:
            raise RecordingError(f"This recording is longer than {LONGEST_HOURS:g} hours, which no call is.")


def main(file: Path) -> int:
    """Say what is wrong with the file, in one line; the exit status is 0 wherever that could be said."""
    _limit()
    refused = ""
    try:
        _read_whole(file)
    except AttuneError as wrong:
        refused = str(wrong)
    except MemoryError:
        return TOO_MUCH
    print(json.dumps({"refused": refused}))  # noqa: T201 - the answer to whoever started this process
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
