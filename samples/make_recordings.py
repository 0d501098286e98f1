"""Which program made the sample recordings, and how are they made again?

    python -m venv voices && voices/bin/pip install -r samples/requirements.txt
    voices/bin/python -m samples.make_recordings            all of them; or name the scripts: … broadband_outage

It reads `samples/calls/NAME.yaml`, has every line spoken, lays the lines out in time, sends each side down a telephone
line of its own, and writes `NAME.ogg` (8 kHz, agent left, customer right), `NAME.reference.jsonl` (what was said and
when, in the form of `cli.py transcribe`), for some also `NAME.mixed.ogg` on one channel, and `metadata.csv` for them all.
The same packages make the same recordings.
"""

import csv
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from ruamel.yaml import YAML

from samples.line import RATE, Noise, Samples, babble, band_limit, decibels, hiss, hum, loudness
from samples.voice import Speech, Voice

CALLS = Path(__file__).parent / "calls"
SIDES = ("agent", "customer")  # in the order of the channels: left, right
LEAD_SECONDS = 0.6
TAIL_SECONDS = 0.8
GAP_SECONDS = (0.2, 0.8)  # between one person's last sound and the other's first, where the script gives no pause
SPEECH_LEVEL = 0.11  # root mean square of speech, of full scale: about -19 dBFS
QUIET_LINE_BELOW_DB = 46.0  # hiss of an ordinary line, below speech
BIT_RATE = 24_000
MIXED_BIT_RATE = 14_000
METADATA_COLUMNS = (
    "file", "agent", "team", "customer", "started_at", "direction", "queue", "reason", "company", "title", "scorecards",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a script. `pause_before` is seconds after everything said so far has ended; below 0 it overlaps."""

    speaker: str
    text: str
    pause_before: float | None = None


@dataclass(frozen=True)
class Person:
    """Someone invented, and their voice."""

    name: str
    voice: Voice


@dataclass(frozen=True)
class LineNoise:
    """What one side's line adds, and how many decibels below the speech it lies."""

    noise: Noise
    below_speech_db: float


@dataclass(frozen=True)
class Script:
    """A call as it was written. `started_at` is in UTC; `scorecards` are those to judge it with; `expected` is scorecard ->
    criterion -> the verdict that the call was made to show, decided from its words and not from what is heard of them."""

    name: str
    title: str
    shows: str
    company: str
    people: Mapping[str, Person]
    team: str
    queue: str
    reason: str
    direction: str
    started_at: datetime
    lines: tuple[Line, ...]
    scorecards: tuple[str, ...]
    expected: Mapping[str, Mapping[str, str]]
    noise: Mapping[str, LineNoise]
    mixed_too: bool = False


@dataclass(frozen=True)
class Spoken:
    """A line with its sound, and the second at which it starts."""

    line: Line
    start: float
    samples: Samples

    @property
    def end(self) -> float:
        """The second of its last sound."""
        return self.start + len(self.samples) / RATE


def read_script(path: Path) -> Script:
    """The script in that file. KeyError or TypeError where a field is missing or unknown."""
    data: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return Script(
        name=path.stem,
        title=data["title"],
        shows=data["shows"],
        company=data["company"],
        people={side: Person(data[side]["name"], Voice(**data[side]["voice"])) for side in SIDES},
        team=data["team"],
        queue=data["queue"],
        reason=data["reason"],
        direction=data["direction"],
        started_at=data["started_at"].replace(tzinfo=UTC),
        lines=tuple(Line(**line) for line in data["script"]),
        scorecards=tuple(data["scorecards"]),
        expected=data["expected"],
        noise={side: LineNoise(**noise) for side, noise in data.get("line", {}).items()},
        mixed_too=data.get("mixed_too", False),
    )


def read_scripts(names: Sequence[str] = ()) -> list[Script]:
    """The scripts of those names, or all of them, in alphabetical order."""
    return [read_script(path) for path in sorted(CALLS.glob("*.yaml")) if not names or path.stem in names]


def seed_of(name: str) -> int:
    """A number that depends on the call's name alone, so that one call can be made again without the others."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:7], 16)


def lay_out(script: Script, speech: Speech, random: np.random.Generator) -> list[Spoken]:
    """Every line spoken, one after the other, with the pauses and overlaps that the script asks for."""
    spoken: list[Spoken] = []
    ended = 0.0
    for line in script.lines:
        gap = float(random.uniform(*GAP_SECONDS))
        pause = LEAD_SECONDS if not spoken else gap if line.pause_before is None else line.pause_before
        samples = speech.say(line.text, script.people[line.speaker].voice, RATE)
        spoken.append(Spoken(line, max(0.0, ended + pause), samples))
        ended = max(ended, spoken[-1].end)
    return spoken


def sides_of(script: Script, spoken: Sequence[Spoken], speech: Speech, random: np.random.Generator) -> list[Samples]:
    """One array per side as the telephone carried it, agent first, both of the call's length."""
    length = round((max(piece.end for piece in spoken) + TAIL_SECONDS) * RATE)
    sides = []
    for side in SIDES:
        channel = np.zeros(length, np.float32)
        for piece in spoken:
            if piece.line.speaker == side:
                start = round(piece.start * RATE)
                channel[start : start + len(piece.samples)] += piece.samples
        channel = band_limit(channel)
        channel *= SPEECH_LEVEL * decibels(script.people[side].voice.level_db) / loudness(channel)
        channel += noise_under(channel, script.noise.get(side), speech, random)
        sides.append(np.clip(channel, -1, 1).astype(np.float32))
    return sides


def noise_under(channel: Samples, extra: LineNoise | None, speech: Speech, random: np.random.Generator) -> Samples:
    """The line's own hiss, and what the script adds to it, measured against the loudness of the speech."""
    level = loudness(channel)
    noise = band_limit(hiss(len(channel), random)) * level * decibels(-QUIET_LINE_BELOW_DB)
    if extra:
        kinds = {
            "hiss": lambda: hiss(len(channel), random),
            "hum": lambda: hum(len(channel)),
            "babble": lambda: babble(crowd(speech), len(channel), random),
        }
        noise = noise + band_limit(kinds[extra.noise]()) * level * decibels(-extra.below_speech_db)
    return noise.astype(np.float32)


def crowd(speech: Speech) -> list[Samples]:
    """People in the background: eight voices, each with a passage of their own."""
    passages = (
        "The next train to the coast leaves from platform four in about ten minutes, they said on the board.",
        "So I told her that we could meet by the clock, and then walk over to the market together for lunch.",
        "No, the other bag, the blue one, it has the sandwiches in it and the little bottle of orange juice.",
        "He has been working nights since the spring, and I don't think that he has seen a morning in months.",
        "Two coffees and a tea, please, and one of those buns with the white sugar on the top, if there is one left.",
        "We should have taken the earlier one, there are always seats on the earlier one, even on a Friday.",
        "Mind the step there, and hold on to your brother's hand until we are through the gate, will you?",
        "They painted the whole front of the house yellow, and now the neighbours want to do the same thing.",
    )
    pitches = (-3, -2, -1, 0, 2, 3, 4, 5)
    return [speech.say(text, Voice(semitones=pitch), RATE) for text, pitch in zip(passages, pitches, strict=True)]


def mix(sides: Sequence[Samples]) -> Samples:
    """Both sides on one channel."""
    mixed: Samples = np.mean(sides, axis=0, dtype=np.float32)
    return mixed


def encode(path: Path, sides: Sequence[Samples], bit_rate: int) -> None:
    """Write one or two channels as Opus in Ogg, the same bytes for the same samples.

    Opus is told that the channels are no stereo pair (mapping family 255). As a pair they would be coded together, and at
    this rate each side would be heard, faintly, on the other's channel.
    """
    layout = "stereo" if len(sides) == 2 else "mono"
    pcm = (np.stack(sides) * 32767).round().astype(np.int16)
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(
            "libopus", rate=RATE, layout=layout, options={"application": "voip", "mapping_family": "255"}
        )
        stream.bit_rate = bit_rate
        stream.codec_context.flags |= int(av.codec.context.Flags.bitexact)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm.T).reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def reference(script: Script, spoken: Sequence[Spoken], seconds: float) -> dict[str, Any]:
    """What was said and when. Times are the script's own, to the millisecond; words have none, so there are no words."""
    return {
        "file": f"{script.name}.ogg",
        "duration_seconds": round(seconds, 3),
        "language": "en",
        "turns": [
            {
                "speaker": piece.line.speaker,
                "start": round(piece.start, 3),
                "end": round(piece.end, 3),
                "text": piece.line.text,
                "words": [],
            }
            for piece in sorted(spoken, key=lambda piece: piece.start)
        ],
    }


def make(script: Script) -> float:
    """Voice one script and write its files; its length in seconds comes back."""
    random = np.random.default_rng(seed_of(script.name))
    speech = Speech(seed_of(script.name))
    spoken = lay_out(script, speech, random)
    sides = sides_of(script, spoken, speech, random)
    encode(CALLS / f"{script.name}.ogg", sides, BIT_RATE)
    if script.mixed_too:
        encode(CALLS / f"{script.name}.mixed.ogg", [mix(sides)], MIXED_BIT_RATE)
    seconds = len(sides[0]) / RATE
    text = json.dumps(reference(script, spoken, seconds), ensure_ascii=False)
    (CALLS / f"{script.name}.reference.jsonl").write_text(text + "\n", encoding="utf-8")
    return seconds


def metadata_rows(scripts: Sequence[Script]) -> Iterator[dict[str, str]]:
    """A row for every recording. A call that is also on one channel has two, which differ in file and title alone."""
    for script in scripts:
        row = {
            "file": f"{script.name}.ogg",
            "agent": script.people["agent"].name,
            "team": script.team,
            "customer": script.people["customer"].name,
            "started_at": script.started_at.isoformat(),
            "direction": script.direction,
            "queue": script.queue,
            "reason": script.reason,
            "company": script.company,
            "title": script.title,
            "scorecards": " ".join(script.scorecards),
        }
        yield row
        if script.mixed_too:
            yield row | {"file": f"{script.name}.mixed.ogg", "title": f"{script.title} (on one channel)"}


def write_metadata(scripts: Sequence[Script]) -> None:
    """`metadata.csv`, in the form that `cli.py ingest --metadata` reads."""
    with (CALLS / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, METADATA_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(metadata_rows(scripts))


def main(names: Sequence[str]) -> None:
    """Make the named recordings, or all, and the metadata of all."""
    for script in read_scripts(names):
        print(f"{script.name}: {make(script):.1f} s", flush=True)
    write_metadata(read_scripts())


if __name__ == "__main__":
    main(sys.argv[1:])
