"""What the default engine promises about the windows that it is given."""

import numpy as np

from tests.transcripts.sound import RATE, the_call
from transcripts.whisper.engine import load_engine
from transcripts.whisper.faster import HUSH, SIZES, size_of


def test_a_window_is_encoded_in_the_least_size_that_leaves_it_some_silence() -> None:
    seconds = {0.5: 1_000, 9.5: 1_000, 9.6: 2_000, 19.5: 2_000, 19.6: 3_000, 30.0: 3_000}
    assert {s: size_of(np.zeros(round(s * RATE), np.float32)) for s in seconds} == seconds
    assert HUSH == RATE / 2
    assert SIZES[-1] == 3_000


def test_answers_come_in_the_order_of_the_windows_whatever_their_sizes_and_on_however_many_threads() -> None:
    agent, customer = the_call()
    windows = [agent[: 12 * RATE], customer[: 8 * RATE], agent[: 21 * RATE], agent[: 5 * RATE]]
    one, two = (load_engine("faster-whisper", "tiny.en", threads) for threads in (1, 2))
    alone = [one.recognise([window], "en")[0].text for window in windows]
    assert len(set(alone)) == len(windows)
    for engine in (one, two):
        assert [heard.text for heard in engine.recognise(windows, "en")] == alone
