"""What the finding of speech promises."""

import os
import subprocess
import sys
from pathlib import Path

from bench.hearing import as_mu_law, write_wav
from bench.speech import TWO_CHANNELS
from transcripts.audio import decode_channels
from transcripts.whisper.speech import SpeechFinder

RATE = 16_000


def test_a_turn_after_a_long_silence_on_an_old_telephone_line_is_found(tmp_path: Path) -> None:
    # The agent says who it is until 7 s, listens, and asks for a date of birth from 12.2 s to 15.5 s.
    channels, rate, codec = as_mu_law([], TWO_CHANNELS[0])
    write_wav(tmp_path / "line.wav", [channel[: 20 * rate] for channel in channels], rate, codec)
    agent = decode_channels(tmp_path / "line.wav", RATE)[0]
    finder = SpeechFinder()
    pieces = [*finder.add(agent), *finder.finish()]
    assert any(piece.start < 12.4 and piece.start + piece.duration > 15.3 for piece in pieces)
    assert not any(8 < piece.start < 11 for piece in pieces)


def test_nobody_is_told_that_the_detector_runs(tmp_path: Path) -> None:
    # Where it is to tell its maker, ONNX Runtime keeps a name for the machine and what is still to be sent under the home.
    hearing = "import numpy, transcripts.whisper.speech as s; s.SpeechFinder().add(numpy.zeros(16000, numpy.float32))"
    plain = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", hearing],
        cwd=Path(__file__).parents[3], env={**plain, "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
