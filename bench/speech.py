"""How much faster is the whole way from recordings to stored evaluations than openai-whisper's transcription alone?

    python -m bench.speech [FILE...]      without files: three of the recorded sample calls; --all takes all of them
    python -m bench.speech --long         how long, and how much memory, a one-hour call takes to transcribe

Ours starts from nothing: worker processes, models, transcription, scoring, storing. Theirs is `whisper.transcribe` with word
times on every channel of the same files, with the same weights already loaded and every core. Both in one run, one after the
other, so that whatever else the machine does slows both. The last line printed is one JSON object; `holds` says whether
ours is at least six times as fast or, for the long call, whether it stays under 1.2 GB.
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
FEW = 3

LEAST_RATIO = 6.0
MOST_BYTES = 1.2e9

LONG_SECONDS = 3600.0
TELEPHONE_RATE = 8_000


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="every recorded sample call that has two channels")
    parser.add_argument("--long", action="store_true", help="one call of an hour, made of the samples")
    asked = parser.parse_args()
    files = asked.files or TWO_CHANNELS[: None if asked.all or asked.long else FEW]
    figures = measure_long(files) if asked.long else compare(files)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def compare(files: Sequence[Path]) -> dict[str, Any]:
    """Both ways over the same recordings; the figures, with `holds`."""
    busy = os.getloadavg()[0]
    stored, ours = take_in(files)
    print(f"ours, to stored evaluations: {ours:.1f} s", file=sys.stderr)
    audio, theirs = transcribe_with_openai(files)
    print(f"openai-whisper, words alone: {theirs:.1f} s", file=sys.stderr)
    return {
        "recordings": len(files),
        "stored": stored,
        "channel_seconds": round(audio, 1),
        "ours_seconds": round(ours, 2),
        "openai_whisper_seconds": round(theirs, 2),
        "ratio": round(theirs / ours, 2),
        "cores": cores(),
        "load_before": round(busy, 2),
        "holds": stored == len(files) and theirs / ours >= LEAST_RATIO,
    }


def take_in(files: Sequence[Path]) -> tuple[int, float]:
    """How many recordings were scored and stored in a new database, and the seconds from the program's start to its end."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ATTUNE_HOME": home, "ATTUNE_DATABASE_URL": ""}
        command = [sys.executable, str(ROOT / "cli.py"), "ingest", *(str(file.absolute()) for file in files)]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        print(done.stderr, file=sys.stderr)
        return sum(path.is_file() for path in Path(home, "recordings").rglob("*")) if done.returncode == 0 else 0, seconds


def transcribe_with_openai(files: Sequence[Path]) -> tuple[float, float]:
    """Seconds of sound on all channels, and what openai-whisper took for it; decoding and loading are not counted."""
    import whisper

    from transcripts.whisper.openai import OpenAIWhisper

    # The model inside, for its own program around it, which cuts windows and times words in its own way.
    model = OpenAIWhisper(settings().model, cores())._whisper
    language = None if settings().language == "auto" else settings().language
    audio = seconds = 0.0
    for file in files:
        for channel in decode_channels(file):
            began = time.perf_counter()
            whisper.transcribe(model, channel, language=language, word_timestamps=True, fp16=False)
            seconds += time.perf_counter() - began
            audio += len(channel) / whisper.audio.SAMPLE_RATE
    return audio, seconds


def measure_long(files: Sequence[Path]) -> dict[str, Any]:
    """Time and peak memory of a program that transcribes one long call, with `holds`."""
    with tempfile.TemporaryDirectory() as folder:
        call = Path(folder) / "long.wav"
        write_long(call, files, LONG_SECONDS)
        busy = os.getloadavg()[0]
        began = time.perf_counter()
        command = [sys.executable, str(ROOT / "cli.py"), "transcribe", str(call)]
        done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - began
    # Linux counts in kilobytes, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "audio_seconds": LONG_SECONDS,
        "seconds": round(seconds, 1),
        "times_real_time": round(LONG_SECONDS / seconds, 1),
        "peak_memory_gb": round(peak / 1e9, 3),
        "cores": cores(),
        "load_before": round(busy, 2),
        "holds": done.returncode == 0 and bool(done.stdout.strip()) and peak < MOST_BYTES,
    }


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
