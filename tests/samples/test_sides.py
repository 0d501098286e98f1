"""What is promised of the sides of the recorded sample calls, whichever way round their channels are."""

from collections.abc import Callable

import pytest

from samples.make_recordings import CALLS
from transcripts.model import Speaker, Transcript
from transcripts.roles import choose_channel

TWO_CHANNELS = sorted(path.stem for path in CALLS.glob("*.ogg") if ".mixed" not in path.name)


@pytest.mark.parametrize("name", TWO_CHANNELS)
def test_the_agent_is_found_whichever_channel_is_set_and_whichever_it_is(
    hear_sample: Callable[[str], Transcript], name: str
) -> None:
    sides = [" ".join(t.text for t in hear_sample(name).by(side)) for side in (Speaker.AGENT, Speaker.CUSTOMER)]
    for set_to in (0, 1):
        for rule in ("check", "decide"):
            assert choose_channel(sides, set_to, rule) == 0
            assert choose_channel(sides[::-1], set_to, rule) == 1
