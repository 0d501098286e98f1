"""What is heard of the recorded sample calls, by real Whisper, once per run of the tests."""

from collections.abc import Callable
from functools import cache

import pytest

from samples.make_recordings import CALLS
from scoring.signals import measure
from scoring.signals.model import Signals
from transcripts.hear import transcribe_recording
from transcripts.model import Transcript
from transcripts.private import redact


@pytest.fixture(scope="session")
def hear_sample() -> Callable[[str], Transcript]:
    """The transcript of a recorded sample call by its name (`hotel_recovery`, or `hotel_recovery.mixed`); heard once."""
    return cache(lambda name: transcribe_recording(CALLS / f"{name}.ogg"))


@pytest.fixture(scope="session")
def judge_sample(hear_sample: Callable[[str], Transcript]) -> Callable[[str], Transcript]:
    """The same without its private words: what is judged and stored."""
    return cache(lambda name: redact(hear_sample(name)).transcript)


@pytest.fixture(scope="session")
def measure_sample(judge_sample: Callable[[str], Transcript]) -> Callable[[str], Signals]:
    """The signals of a recorded sample call by its name; measured once."""
    return cache(lambda name: measure(judge_sample(name)))
