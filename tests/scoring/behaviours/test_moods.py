"""The answers of feeling are taught on top of the judge's layers, and length of line counts for nothing."""

import numpy as np
import pytest

from scoring.behaviours import moods
from scoring.behaviours.corpus import Said
from scoring.behaviours.judge import POOLED, load_judge
from scoring.behaviours.moods import ASSUMED, LENGTHS, MOST, line_weights, teach_moods
from scoring.behaviours.rows import Row, all_rows, dialogue_rows, feeling_of
from scoring.behaviours.turns import Heard
from scoring.signals.sentiment import label, valences
from transcripts.model import Speaker


def test_the_assumed_shares_are_of_one_whole() -> None:
    assert sum(ASSUMED.values()) == pytest.approx(1)


def test_in_every_length_of_line_each_feeling_weighs_what_is_assumed() -> None:
    rows = [row for row in all_rows() if row.kind == "sentiment" and row.group.startswith("everyday")]
    felt, weights = feeling_of(rows), line_weights(rows)
    longest = np.array([len(row.heard.said.text.split()) >= LENGTHS[1] for row in rows])
    for way, share in ASSUMED.items():
        own = weights[longest & (felt == way)]
        assert own.sum() / weights[longest].sum() == pytest.approx(share, abs=0.06) or own.max() == MOST


def test_what_is_taught_tells_pleasure_from_displeasure(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [row for row in all_rows() if row.kind == "sentiment"][::120]
    fresh = dialogue_rows()[::20]
    monkeypatch.setattr(moods, "all_rows", lambda: seen)
    monkeypatch.setattr(moods, "dialogue_rows", lambda: fresh)
    monkeypatch.setattr(moods, "STRENGTHS", (1.0,))
    taught = teach_moods(load_judge())
    assert taught.weights.shape == (2, POOLED)
    assert taught.talk.shape == (POOLED + 1,)
    assert taught.turns == len(fresh)
    pleased, displeased = (taught.weights @ _pooled(fresh).T + taught.bias[:, None]).astype(float)
    felt = feeling_of(fresh)
    assert (pleased - displeased)[felt == 1].mean() > 0 > (pleased - displeased)[felt == -1].mean()
    assert all(0 < bound < 1 for bound in taught.feels_from.values())


def _pooled(rows: list[Row]) -> np.ndarray:
    return load_judge().answers([row.heard for row in rows]).pooled


@pytest.mark.parametrize(
    "text",
    [
        "We went by the ring road and stopped at my cousin's, and from there it's about an hour on the bus to the harbour.",
        "You take the lift to the fourth floor, and at the end of the corridor there's a desk where you sign for the key.",
    ],
)
def test_a_long_plain_telling_is_no_pleasure(text: str) -> None:
    (value,) = valences([text], load_judge().answers([Heard(Said(Speaker.CUSTOMER, text))]))
    assert label(value) == "neutral"
