"""Is a file that came in what it should be, and does reading it do no harm?

Whatever is to be taken in, by whichever door, is read to its end by a process with limits (`pipeline.bounded`) before
anything else opens it: the words of a file and, once they are unpacked, the recordings inside it.
"""

from contextlib import suppress
from pathlib import Path

from errors import InputError, RecordingError, TranscriptError
from pipeline.bounded import run

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


def check_is_no_archive(beginning: bytes) -> None:
    """Raise InputError where a file that begins so (512 bytes of it) holds other files."""
    kind = next((name for start, name in ARCHIVES.items() if beginning.startswith(start)), None)
    kind = kind or ("tar" if beginning[257:262] == b"ustar" else None)
    if kind:
        raise InputError(f"This is an archive ({kind}); send each call by itself, not packed.")


def probe(file: Path) -> None:
    """Raise InputError with a sentence where the file is neither a recording nor a transcript that can be read in bounds.

    Raises Unavailable and AttuneError as `run` does.
    """
    with suppress(OSError), file.open("rb") as stream:  # whoever reads it whole says why it cannot be opened
        check_is_no_archive(stream.read(512))
    run(read_whole, file)


def read_whole(file: Path) -> None:
    """Read the file to its end, and keep nothing. Raises InputError."""
    from transcripts.audio import open_recording, read_blocks
    from transcripts.formats import is_transcript, read_conversations
    from transcripts.formats.vcon import inline_recordings

    if is_transcript(file):
        inside = inline_recordings(file)
        try:
            read_conversations(file)
        except TranscriptError:
            if not inside:
                raise
        return
    rate, samples = 8_000, 0
    for block in read_blocks(open_recording(file), rate):
        samples += block.shape[1]
        if samples > LONGEST_HOURS * 3600 * rate:
            raise RecordingError(f"This recording is longer than {LONGEST_HOURS:g} hours, which no call is.")
