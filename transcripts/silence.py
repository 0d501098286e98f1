"""How does a recording sound without the seconds in which something private was said?

Those seconds are silence on every channel, for a voice is heard faintly on the other side's too. The rest is kept as it
was heard, at its own rate, as FLAC: without loss, and played by every browser. Nothing else of the file comes along: no
tags, no pictures, no further streams.
"""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from errors import RecordingError
from transcripts.audio import Recording, open_container, open_recording, read_blocks
from transcripts.model import Span, merge_spans
from transcripts.private.kinds import Removed

MARGIN_SECONDS = 0.15
"""So much before and after is silent too: times of words are no more exact."""
BRIDGED_SECONDS = 1.0
"""A pause of up to so long between two silent stretches is silent as well: a digit that nobody wrote down may lie in it."""

MOST_KEPT_CHANNELS = 2
FULL_SCALE = 32_767


def silent_spans(removed: Iterable[Removed], duration_seconds: float) -> list[Span]:
    """The seconds to be silent, in order and apart, within the call."""
    wide = []
    for one in removed:
        if one.start is not None and one.end is not None:
            start = max(0.0, one.start - MARGIN_SECONDS)
            wide.append(Span(start, max(start, min(duration_seconds, one.end + MARGIN_SECONDS))))
    return merge_spans(wide, BRIDGED_SECONDS)


def write_silenced(source: Path, target: Path, spans: Iterable[Span]) -> None:
    """Write `source` as FLAC to `target` with silence in these seconds, holding half a minute at a time.

    Raises RecordingError where the recording cannot be read or written.
    """
    silent = list(spans)
    recording = open_recording(source)
    if recording.channels_in_file <= MOST_KEPT_CHANNELS:
        recording = Recording(source, tuple(range(recording.channels_in_file)), recording.channels_in_file)
    try:
        with open_container(source) as opened:
            rate = opened.streams.audio[0].codec_context.sample_rate
        layout = "mono" if len(recording.channels) == 1 else "stereo"
        with av.open(str(target.absolute()), "w", format="flac") as written:
            stream = written.add_stream("flac", rate=rate, layout=layout, format="s16")
            first = 0
            for block in read_blocks(recording, rate):
                samples = np.round(block * FULL_SCALE).astype(np.int16)
                for span in silent:
                    samples[:, max(0, int(span.start * rate) - first) : max(0, int(np.ceil(span.end * rate)) - first)] = 0
                frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), format="s16", layout=layout)
                frame.sample_rate, frame.pts = rate, first
                written.mux(stream.encode(frame))
                first += samples.shape[1]
            written.mux(stream.encode(None))
    except (av.error.FFmpegError, ValueError, OSError) as wrong:
        raise RecordingError(f"{source.name} cannot be written again without what is private in it: {wrong}") from wrong
