"""How long is the way from a recording to a stored evaluation, per minute of audio, and where does the time go?

    python -m bench.walk [FILE...]        without files: every recorded sample call

Each recording is walked through in this process, one after the other, after one that warms the models up. The last line
printed is one JSON object; `holds` says whether the whole way took less time than the recordings last.
`processor_seconds_per_audio_minute` is the time of all processors together, which other work on the machine changes less.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pipeline.listen import Listening
from pipeline.score import load_scorecards
from scoring.evaluate import evaluate
from scoring.signals import measure
from settings import settings
from storage import repository
from storage.database import open_database, transaction
from storage.records import CallFacts, CallKind, ScoredCall
from transcripts.audio import decode_channels
from transcripts.identify import file_hash

Value = TypeVar("Value")
SAMPLES = Path(__file__).parent.parent / "samples" / "calls"


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files or sorted(SAMPLES.glob("*.ogg"))
    listening = Listening.from_settings(settings())
    scorecards = load_scorecards(settings().scorecards.split())
    seconds: dict[str, float] = defaultdict(float)

    def timed(stage: str, work: Callable[..., Value], *given: object) -> Value:
        began = time.perf_counter()
        value = work(*given)
        seconds[stage] += time.perf_counter() - began
        return value

    audio_seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/walk.db")

        def store(scored: ScoredCall) -> None:
            with transaction(engine) as session:
                repository.store_scored_call(session, scored)

        warm = listening.to(files[0])
        evaluate(warm, measure(warm), scorecards[0])
        processor_before = time.process_time()
        for file in files:
            # Decoding is part of hearing; it is also timed alone to show its share.
            timed("decode", decode_channels, file)
            transcript = timed("hear (decoding included)", listening.to, file)
            audio_seconds += transcript.duration_seconds
            signals = timed("measure", measure, transcript)
            judged = tuple((card, timed("judge", evaluate, transcript, signals, card)) for card in scorecards)
            facts = CallFacts(file_hash(file), CallKind.RECORDING, file.name, datetime.now(UTC))
            timed("store", store, ScoredCall(facts, transcript, signals, judged))
        worked = time.process_time() - processor_before
        engine.dispose()

    whole = sum(spent for stage, spent in seconds.items() if stage != "decode")
    minutes = audio_seconds / 60
    for stage, spent in seconds.items():
        print(
            f"{stage:<26} {spent:7.2f} s   {spent / minutes:6.3f} s a minute of audio   {spent / whole:6.1%}",
            file=sys.stderr,
        )
    figures = {
        "recordings": len(files),
        "audio_minutes": round(minutes, 2),
        "seconds_per_audio_minute": round(whole / minutes, 3),
        "processor_seconds_per_audio_minute": round(worked / minutes, 3),
        "times_real_time": round(audio_seconds / whole, 1),
        "stages": {stage: round(spent / minutes, 4) for stage, spent in seconds.items()},
        "holds": whole < audio_seconds,
    }
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
