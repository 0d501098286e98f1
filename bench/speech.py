"""How much faster is the whole way from recordings to stored evaluations than openai-whisper's transcription alone?

    python -m bench.speech [FILE...]      without files: six of the recorded sample calls; --all takes all of them
    python -m bench.speech --cold         how long one short call takes from a cold start to stored evaluations
    python -m bench.speech --long         how long, and how much memory, calls of one hour and of three take to transcribe

Ours starts from nothing: worker processes, models, transcription, scoring, storing. Theirs is `whisper.transcribe` with word
times on every channel of the same files, with the same weights already loaded and every core. Both in one run, one after
the other, so that whatever else the machine does slows both; the processor's seconds of both are printed beside. The last
line printed is one JSON object. `holds` says whether ours is at least six times as fast; from a cold start, whether it takes
under 6 s; for the long calls, whether both stay under 1.2 GB and an hour of three takes at most 1.15 times as long as one.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.workers import cores
from settings import settings
from transcripts.audio import decode_channels

ROOT = Path(__file__).parent.parent
TWO_CHANNELS = sorted(path for path in (ROOT / "samples" / "calls").glob("*.ogg") if ".mixed" not in path.name)
SHORT = ROOT / "tests" / "transcripts" / "audio" / "call.ogg"
FEW = 6

LEAST_RATIO = 6.0
MOST_COLD_SECONDS = 6.0
MOST_BYTES = 1.2e9
# How much longer an hour may take in a call of three than in a call of one.
MOST_GROWTH = 1.15

LONG_HOURS = (1, 3)
TELEPHONE_RATE = 8_000


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="every recorded sample call that has two channels")
    parser.add_argument("--cold", action="store_true", help="one short call, from a cold start")
    parser.add_argument("--long", action="store_true", help="calls of one hour and of three, made of the samples")
    asked = parser.parse_args()
    files = asked.files or TWO_CHANNELS[: None if asked.all or asked.long else FEW]
    if asked.cold:
        figures = measure_cold(asked.files[0] if asked.files else SHORT)
    else:
        figures = measure_long(files) if asked.long else compare(files)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def compare(files: Sequence[Path]) -> dict[str, Any]:
    """Both ways over the same recordings; the figures, with `holds`."""
    busy = os.getloadavg()[0]
    stored, ours = take_in(files)
    print(f"ours, to stored evaluations: {ours}", file=sys.stderr)
    audio, theirs = transcribe_with_openai(files)
    print(f"openai-whisper, words alone: {theirs}", file=sys.stderr)
    return {
        "recordings": len(files),
        "stored": stored,
        "channel_seconds": round(audio, 1),
        "ours_seconds": round(ours.clock, 2),
        "openai_whisper_seconds": round(theirs.clock, 2),
        "ratio": round(theirs.clock / ours.clock, 2),
        "ours_processor_seconds": round(ours.processor, 1),
        "openai_whisper_processor_seconds": round(theirs.processor, 1),
        "cores": cores(),
        "load_before": round(busy, 2),
        "holds": stored == len(files) and theirs.clock / ours.clock >= LEAST_RATIO,
    }


def measure_cold(file: Path) -> dict[str, Any]:
    """What one recording takes from the start of the program to its stored evaluations, with `holds`."""
    busy = os.getloadavg()[0]
    stored, taken = take_in([file])
    return {
        "audio_seconds": round(len(decode_channels(file)[0]) / 16_000, 1),
        "stored": stored,
        "seconds": round(taken.clock, 2),
        "processor_seconds": round(taken.processor, 2),
        "cores": cores(),
        "load_before": round(busy, 2),
        "holds": stored == 1 and taken.clock < MOST_COLD_SECONDS,
    }


@dataclass(frozen=True)
class Taken:
    """Seconds that something took, by the clock and of the processors."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s, {self.processor:.1f} s of the processors"


def take_in(files: Sequence[Path]) -> tuple[int, Taken]:
    """How many recordings were scored and stored in a new database, and what the program took from its start to its end."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ATTUNE_HOME": home, "ATTUNE_DATABASE_URL": ""}
        command = [sys.executable, str(ROOT / "cli.py"), "ingest", *(str(file.absolute()) for file in files)]
        began, used = time.perf_counter(), _used_by_children()
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
        taken = Taken(time.perf_counter() - began, _used_by_children() - used)
        print(done.stderr, file=sys.stderr)
        return sum(path.is_file() for path in Path(home, "recordings").rglob("*")) if done.returncode == 0 else 0, taken


def _used_by_children() -> float:
    """The processors' seconds of every program that this one has started and seen end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def transcribe_with_openai(files: Sequence[Path]) -> tuple[float, Taken]:
    """Seconds of sound on all channels, and what openai-whisper took for it; decoding and loading are not counted."""
    import whisper

    from transcripts.whisper.openai import OpenAIWhisper

    # The model inside, for its own program around it, which cuts windows and times words in its own way.
    model = OpenAIWhisper(settings().model, cores())._whisper
    language = None if settings().language == "auto" else settings().language
    audio = clock = processor = 0.0
    for file in files:
        for channel in decode_channels(file):
            began, used = time.perf_counter(), time.process_time()
            whisper.transcribe(model, channel, language=language, word_timestamps=True, fp16=False)
            clock += time.perf_counter() - began
            processor += time.process_time() - used
            audio += len(channel) / whisper.audio.SAMPLE_RATE
    return audio, Taken(clock, processor)


def measure_long(files: Sequence[Path]) -> dict[str, Any]:
    """Time and peak memory of programs that transcribe one long call each, with `holds`."""
    busy = os.getloadavg()[0]
    calls = [measure_hours(files, hours) for hours in LONG_HOURS]
    one, three = calls
    growth = three["seconds"] / LONG_HOURS[1] / (one["seconds"] / LONG_HOURS[0])
    return {
        "calls": calls,
        "growth_of_an_hour": round(growth, 3),
        "cores": cores(),
        "load_before": round(busy, 2),
        "holds": growth <= MOST_GROWTH and all(c["transcribed"] and c["peak_memory_gb"] < MOST_BYTES / 1e9 for c in calls),
    }


def measure_hours(files: Sequence[Path], hours: int) -> dict[str, Any]:
    """Time and peak memory of one program that transcribes a call of so many hours."""
    seconds = hours * 3600.0
    with tempfile.TemporaryDirectory() as folder:
        call = Path(folder) / "long.wav"
        write_long(call, files, seconds)
        began = time.perf_counter()
        command = [sys.executable, str(ROOT / "cli.py"), "transcribe", str(call)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            written = program.stdout.read()
            # This one program's peak, where getrusage would give the largest of all so far.
            _, status, usage = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - began
    # Linux counts in kilobytes, macOS in bytes.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures = {
        "hours": hours,
        "transcribed": program.returncode == 0 and bool(written.strip()),
        "seconds": round(taken, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "times_real_time": round(seconds / taken, 1),
        "peak_memory_gb": round(peak / 1e9, 3),
    }
    print(json.dumps(figures), file=sys.stderr)
    return figures


def write_long(path: Path, files: Sequence[Path], seconds: float) -> None:
    """One two-channel telephone call (mu-law, 8 kHz) of that length: recordings one after the other, again and again."""
    left = round(seconds * TELEPHONE_RATE)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_mulaw", rate=TELEPHONE_RATE, layout="stereo")
        for file in cycle(files):
            # A recording of one channel is heard on both.
            channels = decode_channels(file, TELEPHONE_RATE)
            sound = np.stack([channels[0], channels[-1]])[:, :left]
            samples = np.clip(sound.T.reshape(1, -1) * 32767, -32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            frame.sample_rate = TELEPHONE_RATE
            container.mux(stream.encode(frame))
            left -= sound.shape[1]
            if left <= 0:
                break
        container.mux(stream.encode(None))


if __name__ == "__main__":
    sys.exit(main())
