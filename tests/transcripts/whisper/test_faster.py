"""What the default engine promises about the windows that it is given."""

import numpy as np
import pytest

from tests.transcripts.sound import RATE, the_call
from transcripts.whisper.engine import load_engine
from transcripts.whisper.faster import HUSH, SIZES, size_of


def test_a_window_is_encoded_in_the_least_size_that_leaves_it_some_silence() -> None:
    seconds = {0.5: 1_000, 9.5: 1_000, 9.6: 2_000, 19.5: 2_000, 19.6: 3_000, 30.0: 3_000}
    assert {s: size_of(np.zeros(round(s * RATE), np.float32)) for s in seconds} == seconds
    assert HUSH == RATE / 2
    assert SIZES[-1] == 3_000


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_come_in_the_order_of_the_windows_whatever_their_sizes(threads: int) -> None:
    agent, customer = the_call()
    windows = [agent[: 12 * RATE], customer[: 8 * RATE], agent[: 21 * RATE], agent[: 5 * RATE]]
    engine = load_engine("faster-whisper", "tiny.en", threads)
    together = [heard.text for heard in engine.recognise(windows, "en")]
    assert together == [engine.recognise([window], "en")[0].text for window in windows]
    assert len(set(together)) == len(windows)
