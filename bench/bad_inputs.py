"""Does every door stand up to whatever is pushed through it, and answer each with a sentence?

    python -m bench.bad_inputs [--files 10000] [--seed 1]

Broken files (recordings with their bytes changed or cut off, text and rubbish under the names of recordings, empty files,
archives, broken transcripts of every format as `bench.fuzz_formats` makes them, broken mailboxes, names that are no text)
are shared out to the doors: sent as another program sends them, put into a watched folder, put at a watched address (the
one that fsspec has in memory, fetched from as any other), and named on the command line. Each has to end as a call, or
failed with a reason of one line that names no place of ours; none may wait for ever, and the worker has to live, which a
good recording behind all of them shows. The last line printed is one JSON object; `files_a_second` is how fast that went,
all doors together, and `processor_seconds_a_file` what it took of all processors, which other work changes less.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
from sqlalchemy import Engine, func, select, update

from bench.crash import cut
from bench.fuzz_formats import EXAMPLES, break_file
from errors import AttuneError
from pipeline.arrivals import ingest_files, work_off
from pipeline.ingest import SUFFIXES
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN
from pipeline.receive import Sent, accept
from pipeline.sources import sources
from settings import settings
from storage import inbox, tokens
from storage.access import SYSTEM, Role
from storage.database import open_database, reading, transaction
from storage.inbox import Door
from storage.inbox_tables import InboxRow

LONGEST_REASON = 1000
DOORS = ("interface", "folder", "command line", "address")
ENDINGS = ("wav", "ogg", "mp3", "flac", "m4a", "amr", "json", "jsonl", "vcon", "vtt", "srt", "mbox", "eml")
ADDRESS = "memory://bad-inputs"
MAILBOX = b"""From ana@example.org Mon Mar  2 09:00:00 2026
From: Ana Ruiz <ana@example.org>
To: Care <care@example.com>
Date: Mon, 2 Mar 2026 09:00:00 +0000
Message-ID: <1@example.org>
Subject: Where is my parcel?
Content-Type: text/plain; charset=utf-8

It was to come last week.

From care@example.com Mon Mar  2 10:00:00 2026
From: Care <care@example.com>
To: Ana Ruiz <ana@example.org>
Date: Mon, 2 Mar 2026 10:00:00 +0000
Message-ID: <2@example.com>
In-Reply-To: <1@example.org>
Subject: Re: Where is my parcel?
Content-Type: text/plain; charset=utf-8

I am sorry that it is late. It comes tomorrow.

"""
"""An exchange of two e-mails as mail programs export it."""
HEADS = (
    b"RIFF\xff\xff\xff\xffWAVEfmt ",
    b"OggS\x00\x02",
    b"fLaC\x00",
    b"ID3\x04",
    b"\x1aE\xdf\xa3",
    b"PK\x03\x04",
    b"\x1f\x8b",
)


def main() -> int:
    """Run from the command line; the exit status is 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attune-bad-") as folder:
        result = run(Path(folder), asked.files, asked.seed)
    print(json.dumps(result))
    return 0 if result["holds"] else 1


def run(folder: Path, files: int, seed: int) -> dict[str, Any]:
    """Push so many broken files through the doors; the figures, with `holds`."""
    watched = folder / "watched"
    watched.mkdir()
    address = fsspec.filesystem("memory")
    watch = f"{watched};{ADDRESS}"
    os.environ.update(ATTUNE_HOME=str(folder / "home"), ATTUNE_WATCH=watch, ATTUNE_WATCH_REST_SECONDS="0")
    os.environ.update(ATTUNE_SCORECARDS="empathy", ATTUNE_DATABASE_URL="")
    settings.cache_clear()
    began, refused, wrong = time.monotonic(), 0, list[str]()
    engine, listening = open_database(settings().url), Listening.from_settings(settings())
    cut(folder / "good", 3)
    good = sorted((folder / "good").iterdir())
    token = _token(engine)
    named = folder / "named"
    named.mkdir()
    for number in range(files):
        random_ = random.Random(f"{seed} {number}")
        data, name = _broken(random_, good, number)
        door = DOORS[number % len(DOORS)]
        if door == "interface":
            try:
                accept(engine, token, f"key-{number}", os.fsdecode(name), BytesIO(data), Sent())
            except AttuneError as no:
                refused += 1
                wrong += _problems(str(no), folder, f"refused {number}")
        elif door == "address":
            address.pipe_file(f"{ADDRESS}/{os.fsdecode(name)}", data)
        else:
            place = os.path.join(os.fsencode(watched if door == "folder" else named), name)
            Path(os.fsdecode(place)).write_bytes(data)
    Path(watched / "zz-good.wav").write_bytes(good[0].read_bytes())
    for source in sources():
        source.look(engine)
    ingest_files([named], NOTHING_KNOWN, listening)
    while True:  # what failed for a reason that nobody knows is tried again
        work_off(engine, listening)
        with transaction(engine) as session:
            waits = session.scalar(select(func.count()).where(InboxRow.state == inbox.State.RECEIVED.value)) or 0
            session.execute(update(InboxRow).values(not_before=inbox.the_time(session) - timedelta(seconds=1)))
        if not waits:
            break
    with reading(engine) as session:
        rows = session.scalars(select(InboxRow)).all()
        states = Counter((_door_of(row), row.state) for row in rows)
        for row in rows:
            if row.state == inbox.State.FAILED.value:
                wrong += _problems(row.reason, folder if row.door != Door.COMMAND_LINE else None, f"row {row.id}")
        alive = next((row.state for row in rows if row.sent_as == "zz-good.wav"), "not there")
    engine.dispose()
    address.rm(ADDRESS, recursive=True)
    seconds = time.monotonic() - began
    left = {f"{door} {state}": count for (door, state), count in sorted(states.items())}
    stuck = sum(count for (_, state), count in states.items() if state not in ("scored", "failed"))
    return {
        "files": files,
        "seed": seed,
        "refused at the door": refused,
        "became": left,
        "stuck": stuck,
        "a good recording after them": alive,
        "seconds": round(seconds),
        "files_a_second": round(files / seconds, 1),
        "processor_seconds_a_file": round(sum(os.times()[:4]) / files, 3),
        "wrong": wrong[:20],
        "holds": not wrong and not stuck and alive == "scored" and refused + sum(states.values()) == files + 1,
    }


def _door_of(row: InboxRow) -> str:
    """Which of `DOORS` a file came by."""
    if row.door == Door.WATCHED.value:
        return "address" if row.source == ADDRESS else "folder"
    return "interface" if row.door == Door.API.value else "command line"


def _broken(random_: random.Random, good: list[Path], number: int) -> tuple[bytes, bytes]:
    """The content and the name of a broken file."""
    ending = random_.choice(ENDINGS)
    name = f"{number}.{ending}".encode()
    if random_.random() < 0.02:
        name = (
            f"{number}-".encode() + random_.choice([b"\xff\xfe", "Ø ü\u202e".encode(), b"a\nb", b"%s{}", b"'; --"]) + b".wav"
        )
    what = random_.random()
    if what < 0.05:
        return break_file(MAILBOX, random_), f"{number}.{random_.choice(['mbox', 'eml'])}".encode()
    if what < 0.5:
        example = random_.choice(sorted(path for path in EXAMPLES.iterdir() if path.suffix in SUFFIXES))
        return break_file(example.read_bytes(), random_), f"{number}{example.suffix}".encode()
    data = bytearray(random_.choice(good).read_bytes())
    if what < 0.6:
        return bytes(data[: random_.randrange(len(data) // 8)]), name
    if what < 0.7:
        for _ in range(random_.choice([1, 10, 100])):
            data[random_.randrange(64)] = random_.randrange(256)  # the head says what it is
        return bytes(data[:400]), name
    if what < 0.8:
        return random_.choice(HEADS) + random_.randbytes(random_.choice([0, 10, 1000, 20_000])), name
    if what < 0.9:
        return ("The recording is attached. " * random_.randrange(40)).encode(), name
    return random_.randbytes(random_.choice([0, 1, 7, 511, 4096])), name


def _problems(reason: str, ours: Path | None, where: str) -> list[str]:
    """What is wrong with a reason."""
    found = []
    if not reason.strip():
        found.append(f"{where}: no reason is given")
    if "\n" in reason.strip() or "Traceback" in reason or len(reason) > LONGEST_REASON:
        found.append(f"{where}: this is no sentence: {reason[:200]!r}")
    if ours and str(ours) in reason:
        found.append(f"{where}: a place of ours is named: {reason[:200]!r}")
    if "fault of Attune" in reason:
        found.append(f"{where}: {reason[:200]!r}")
    return found


def _token(engine: Engine) -> tokens.Token:
    with transaction(engine) as session:
        id_, _ = tokens.add_token(session, SYSTEM, "bench", [tokens.Scope.SEND_CALLS], Role.QUALITY_MANAGER, 30, [], None)
        return next(one for one in tokens.list_tokens(session, SYSTEM) if one.id == id_)


if __name__ == "__main__":
    sys.exit(main())
