"""Does every reader of transcripts end in a transcript or in one sentence, whatever it is given?

    python -m bench.fuzz_formats [--files 10000] [--seed 1] [NAME ...]

Takes the example files of the tests, breaks each in seeded ways (bits, cuts, other types and values in JSON, deep nesting,
numbers without end, NaN, halves of characters, very long texts) and reads the result. The last line printed is one JSON
object: for each example how many were read and how many refused, the slowest file in seconds of processor time, the growth
of memory, what went wrong, and whether it `holds`.
"""

import argparse
import copy
import json
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from errors import AttuneError
from transcripts.formats import is_transcript, read_conversations
from transcripts.formats.vcon import inline_recordings

EXAMPLES = Path(__file__).resolve().parent.parent / "tests/transcripts/formats/examples"
MOST_SECONDS = 2.0
"""Of processor time for one broken file."""

HUNG_SECONDS = 60.0
"""After so much processor time a file is given up and counts as wrong, however busy the machine is."""

MOST_BYTES = 2 * 1024**2
"""Of one broken file: a three-hour call takes twice that, but ten thousand of them would take all day."""

MOST_GROWTH_MB = 256.0
"""Of the process over the whole run."""

LONGEST_SENTENCE = 1000
LONG = "long " * 40_000


class TooSlow(Exception):
    """A file that was not done with in time."""


@dataclass
class Tally:
    """What became of the broken files of one example."""

    read: int = 0
    refused: int = 0
    slowest_seconds: float = 0.0
    slowest: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Run from the command line; the exit status is 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only the examples whose file name contains one of these")
    parser.add_argument("--files", type=int, default=10_000, help="broken files for each example")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chosen = [path for path in sorted(EXAMPLES.iterdir()) if not asked.names or any(n in path.name for n in asked.names)]
    result = fuzz(chosen, asked.files, asked.seed)
    print(json.dumps(result))
    return 0 if result["holds"] else 1


def fuzz(examples: Sequence[Path], files: int, seed: int) -> dict[str, Any]:
    """Break each example `files` times and read it; the figures, with `holds`."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        for example in examples:
            tallies[example.name] = _fuzz_one(example, Path(folder) / example.name, files, seed)
            print(f"{example.name}: {tallies[example.name]}"[:300], file=sys.stderr)
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    wrong = [problem for tally in tallies.values() for problem in tally.wrong]
    slowest = max((tally.slowest_seconds for tally in tallies.values()), default=0.0)
    return {
        "files": files * len(tallies),
        "seed": seed,
        "examples": {name: {"read": tally.read, "refused": tally.refused} for name, tally in tallies.items()},
        "slowest_seconds": round(slowest, 3),
        "memory_growth_mb": round(growth, 1),
        "wrong": wrong[:20],
        "holds": bool(tallies) and not wrong and slowest <= MOST_SECONDS and growth <= MOST_GROWTH_MB,
    }


def _fuzz_one(example: Path, broken: Path, files: int, seed: int) -> Tally:
    tally = Tally()
    whole = example.read_bytes()
    for number in range(files):
        random_ = random.Random(f"{seed} {example.name} {number}")
        broken.write_bytes(break_file(whole, random_))
        started = time.process_time()
        try:
            with _at_most(HUNG_SECONDS):
                is_transcript(broken)
                problem = _read(broken, tally)
        except TooSlow:
            problem = "took too long"
        except Exception as escaped:  # this is what the whole program looks for
            problem = f"{type(escaped).__name__}: {escaped}"[:200]
        if (seconds := time.process_time() - started) > tally.slowest_seconds:
            tally.slowest_seconds, tally.slowest = seconds, number
        if problem:
            tally.wrong.append(f"{example.name} number {number}: {problem}")
    return tally


def _read(broken: Path, tally: Tally) -> str:
    """Read a file; what is wrong with the outcome, empty where it is as it should be."""
    try:
        conversations = read_conversations(broken)
    except AttuneError as refused:
        tally.refused += 1
        sentence = str(refused)
        sentence.encode()
        return (
            "" if 10 < len(sentence) < LONGEST_SENTENCE and "\n" not in sentence else f"not a sentence: {sentence[:200]!r}"
        )
    finally:
        try:
            inline_recordings(broken)
        except AttuneError as refused:
            str(refused).encode()
    tally.read += 1
    for conversation in conversations:
        transcript = conversation.transcript
        json.dumps(transcript.to_dict(), allow_nan=False, ensure_ascii=False).encode()
        if not transcript.content_hash or not transcript.call_id:
            return "a transcript without an id"
        if transcript.duration_seconds > 15 * 24 * 3600:
            return f"lasts {transcript.duration_seconds} seconds"
    return "" if conversations else "neither a transcript nor a sentence"


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow where the block takes longer."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    earlier = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)


# Breaking


def break_file(whole: bytes, random_: random.Random) -> bytes:
    """The file with one to three things broken: in its values where it is JSON, else in its text or its bytes."""
    data = whole
    for _ in range(random_.choice([1, 1, 2])):
        broken = random_.choice(BREAKERS)(data, random_)
        data = broken if len(broken) <= MOST_BYTES else data
    return data


def _flip_bits(data: bytes, random_: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(random_.randint(1, 8)):
        if broken:
            broken[random_.randrange(len(broken))] ^= 1 << random_.randrange(8)
    return bytes(broken)


def _cut(data: bytes, random_: random.Random) -> bytes:
    start, end = sorted(random_.randint(0, len(data)) for _ in range(2))
    return random_.choice([data[:end], data[start:], data[:start] + data[end:]])


def _repeat(data: bytes, random_: random.Random) -> bytes:
    start = random_.randint(0, len(data))
    piece = data[start : start + random_.randint(1, 200)]
    return data[:start] + piece * random_.randint(2, 50) + data[start:]


TOKENS = (
    *(b"NaN", b"-Infinity", b"1e999", b"-1e999", b"-0.5", b"1e-400", b"9" * 30, b"9" * 5000, b"null", b"true", b"[]", b"{}"),
    *(
        b'""',
        b'"\\ud800"',
        b'"\\u0000"',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\xed\xa0\x80",
        b"\r\n\r\n",
        b"-->",
        b"WEBVTT\n",
    ),
    *(
        b"[" * 3000,
        b'{"a":' * 3000,
        b"<v " * 500,
        b"<" * 2000,
        b": " * 500,
        b'"' * 99,
        b"&#xD800;",
        b"00:00:01,000 --> ",
        b"\x1f\x8b",
    ),
    *("١٢".encode(), "\u2028".encode(), b"99:99:99.999 --> 00:00:00.000", b" " * 20000, b"a" * 20000),
)


def _put_token(data: bytes, random_: random.Random) -> bytes:
    at = random_.randint(0, len(data))
    return data[:at] + random_.choice(TOKENS) + data[at + random_.choice([0, 0, 1, 5, 20]) :]


def _change_number(data: bytes, random_: random.Random) -> bytes:
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not places:
        return data
    at = random_.choice(places)
    return (
        data[:at]
        + random_.choice([b"", b"-", b"9", b"e", b"e308", b".", b"9" * 12, b"0x"])
        + data[at + random_.randint(0, 2) :]
    )


def _move_lines(data: bytes, random_: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, to = random_.randrange(len(lines)), random_.randrange(len(lines))
    line = lines.pop(at)
    lines[to:to] = [line] * random_.randint(0, 3)
    return b"\n".join(lines)


VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        -0.25,
        2.5,
        64,
        10**12,
        10**18,
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        -float("inf"),
    ),
    *(
        "",
        " ",
        "0",
        "12",
        "-3",
        "agent",
        "AGENT",
        "customer",
        "NaN",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "\ud800",
        "a\x00b",
    ),
    *(
        "9999-12-31T23:59:59-14:00",
        "text/html",
        "multipart/mixed",
        "base64url",
        "none",
        "json",
        "[[[",
        "{}",
        "sha512-x",
        "sha1-abc",
    ),
    *("recording", "transcript", "WEBVTT\n\n00:01.000 --> 00:02.000\nx", LONG, "\n".join(["Agent: x"] * 500), "<p>" * 3000),
    *(
        [],
        {},
        [[]],
        [None],
        [0, 1],
        [1, 0],
        {"milliseconds": "x"},
        {"text": 1},
        [{"text": "x"}],
        [{"text": "x", "start": 1}] * 300,
    ),
)


def _change_value(data: bytes, random_: random.Random) -> bytes:
    """Change, drop, double or nest a value somewhere in the JSON (or in one of its lines); other files as tokens do."""
    lines = data.split(b"\n") if data.count(b"\n{") else [data]
    at = random_.randrange(len(lines))
    try:
        value = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _put_token(data, random_)
    for _ in range(random_.choice([1, 1, 2, 4])):
        value = _changed(value, random_)
    try:
        lines[at] = json.dumps(value).encode()
    except (RecursionError, ValueError):
        return data
    return b"\n".join(lines)


def _changed(value: Any, random_: random.Random) -> Any:
    """The value with something in it changed, mostly deep inside."""
    if not isinstance(value, dict | list) or not value or random_.random() < 0.04:
        return _other(value, random_)
    broken = copy.copy(value)
    key: Any = random_.choice(list(broken)) if isinstance(broken, dict) else random_.randrange(len(broken))
    what = random_.random()
    if what < 0.75:
        broken[key] = _changed(broken[key], random_)
    elif what < 0.85:
        del broken[key]
    elif isinstance(broken, list):
        broken[key:key] = [broken[key]] * random_.randint(1, 30)
        random_.shuffle(broken)
    else:
        broken[random_.choice([str(key).upper(), "", *broken])] = broken[key]
    return broken


def _other(value: Any, random_: random.Random) -> Any:
    if random_.random() < 0.15:
        for _ in range(random_.choice([1, 5, 200, 900])):
            value = [value] if random_.random() < 0.5 else {"a": value}
        return value
    if isinstance(value, float) and random_.random() < 0.5:
        return value * random_.choice([-1, 0, 0.001, 1000, 1e9])
    return random_.choice(VALUES)


BREAKERS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bits,
    _cut,
    _repeat,
    _put_token,
    _change_number,
    _move_lines,
    *[_change_value] * 5,
)


if __name__ == "__main__":
    sys.exit(main())
