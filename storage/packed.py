"""What do the bytes mean in which the answers and the totals of calls are kept, to be counted (`storage.tallies`)?"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.result import Verdict

VERDICTS: tuple[Verdict, ...] = (Verdict.MET, Verdict.PARTLY, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNSURE)
"""What the first byte of an answer says, by its number. A verdict that comes to be is put at the end."""

_CODES = {verdict.value: code for code, verdict in enumerate(VERDICTS)}

ANSWER = np.dtype([("verdict", "u1"), ("points", "<f8")])
"""One answer: the verdict's place in `VERDICTS`, and the share of the weight, NaN where it does not count."""

TOTAL = np.dtype([("hundredths", "<i4"), ("scored", "u1"), ("passed", "u1"), ("failed", "u1"), ("unsure", "u1")])
"""What one version came to: the total in hundredths, which is as fine as totals are, 0 where there is none; and, as 0 or 1,
whether there is one, whether the call passed, whether a criterion failed the whole, whether an answer waits for a person."""


def packed_answers(answers: Iterable[tuple[str, float | None]]) -> bytes:
    """Verdicts and points, one `ANSWER` after the other."""
    return np.array(
        [(_CODES[verdict], np.nan if points is None else points) for verdict, points in answers], ANSWER
    ).tobytes()


def packed_totals(totals: Iterable[tuple[float | None, bool | None, bool, int]]) -> bytes:
    """Total, passed, failed and how many wait, one `TOTAL` after the other."""
    return np.array(
        [
            (0 if total is None else round(100 * total), total is not None, bool(passed), failed, unsure > 0)
            for total, passed, failed, unsure in totals
        ],
        TOTAL,
    ).tobytes()


def unpack(joined: bytes, questions: int) -> NDArray[Any]:
    """The answers in values put one after the other, all by the same versions: a row a call, a column a question, of
    `ANSWER`."""
    return np.frombuffer(joined, ANSWER).reshape(-1, questions)
