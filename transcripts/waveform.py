"""What does a recording look like at a glance?

For each channel that carries a side, how loud it was, in steps of the call's clock: enough to draw, far too little to be
understood. Worked out once, as reading an hour of sound takes seconds, and kept as a small file.
"""

import base64
import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from errors import Unavailable
from transcripts.audio import SURVEY_RATE, open_recording, read_blocks

Levels = NDArray[np.uint8]

STEP_SECONDS = 0.02
"""The finest step: a syllable lasts about 0.2 s."""

MOST_STEPS = 3_000
"""More than twice as many as a wide screen has columns for it; longer calls take wider steps."""

LEAST_LOUD = 0.05
"""The least amplitude, of 1, that fills the height: a channel of faint noise alone is not blown up to look like speech."""

FORM = 1
"""Changes when the file's form does, so that an old file is worked out again."""


@dataclass(frozen=True)
class Waveform:
    """How loud each channel was, 0 to 255, in steps of `step_seconds`; the heights go by the root of the amplitude, as
    loudness is felt, about. A channel's loudest moments are at the full height, but for the loudest half percent, so that
    one knock on the table does not flatten everything else."""

    step_seconds: float
    channels: tuple[Levels, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, each channel's levels as bytes in base 64; `from_dict` reads them."""
        levels = [base64.b64encode(channel.tobytes()).decode("ascii") for channel in self.channels]
        return {"form": FORM, "step_seconds": self.step_seconds, "channels": levels}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises ValueError where it is of another form."""
        if data.get("form") != FORM:
            raise ValueError("this waveform was written in another form")
        levels = (np.frombuffer(base64.b64decode(channel), np.uint8) for channel in data["channels"])
        return cls(data["step_seconds"], tuple(levels))


def draw_waveform(path: Path) -> Waveform:
    """The waveform of a recording, holding half a minute of sound at a time.

    Raises RecordingError where it cannot be heard.
    """
    recording = open_recording(path)
    size = round(STEP_SECONDS * SURVEY_RATE)
    peaks = []
    for block in read_blocks(recording, SURVEY_RATE):
        peaks.append(_widest(np.abs(block), size))
    whole = np.concatenate(peaks, axis=1)
    together = math.ceil(whole.shape[1] / MOST_STEPS)
    return Waveform(STEP_SECONDS * together, tuple(_levels(channel) for channel in _widest(whole, together)))


def waveform_values(path: Path) -> dict[str, Any]:
    """`draw_waveform` as plain JSON values, to be worked out in a process of its own."""
    return draw_waveform(path).to_dict()


def _widest(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The highest of every `size` values, row by row; the last of fewer."""
    missing = -values.shape[1] % size
    padded = np.pad(values, ((0, 0), (0, missing)))
    highest: NDArray[np.float32] = padded.reshape(len(values), -1, size).max(axis=2)
    return highest


def _levels(peaks: NDArray[np.float32]) -> Levels:
    full = max(LEAST_LOUD, float(np.quantile(peaks, 0.995)))
    levels: Levels = np.round(255 * np.sqrt(np.minimum(1, peaks / full))).astype(np.uint8)
    return levels


def _write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(unfinished, path)


def kept_waveform(
    path: Path,
    folder: Path,
    *,
    changed: float | None = None,
    in_the_clear: Callable[[Path], AbstractContextManager[Path]] = nullcontext,
    read: Callable[[Path], bytes] = Path.read_bytes,
    write: Callable[[Path, bytes], None] = _write,
    draw: Callable[[Path], Waveform] = draw_waveform,
) -> Waveform:
    """The waveform of a recording from the file kept in `folder`, worked out and kept first where there is none.

    A file that is older than the recording, damaged or of another form is replaced. Where files are encrypted,
    `in_the_clear` gives a recording that can be heard, and `read` and `write` are how the drawn one is kept, and `draw`
    how it is worked out. Where the
    recording is no file of this machine, `changed` says when it last changed, in seconds since 1970. Raises RecordingError
    where the recording cannot be heard, Unavailable where the drawn one cannot be written.
    """
    kept = folder / f"{path.stem}.json"
    try:
        if kept.stat().st_mtime >= (path.stat().st_mtime if changed is None else changed):
            return Waveform.from_dict(json.loads(read(kept)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # there is none yet, or none that can be read
    with in_the_clear(path) as heard:
        waveform = draw(heard)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(kept, json.dumps(waveform.to_dict()).encode())
    except OSError as wrong:
        raise Unavailable(f"The waveform of {path.name} cannot be kept in {folder}: {wrong.strerror}") from wrong
    return waveform
