"""What sound is in a recording, channel by channel?

PyAV reads the file, so every container and codec that libav knows will do (wav with PCM, mu-law or A-law, mp3, flac,
ogg with Opus or Vorbis, m4a, wma, …) and no ffmpeg program is needed. The sound is handed on in blocks, so that an hour
of it need not stand in memory at once; `decode_channels` puts the blocks together for whoever wants it whole.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import av
import numpy as np
from numpy.typing import NDArray

from errors import RecordingError

Samples = NDArray[np.float32]

WHAT_WORKS = "a recording such as wav, mp3, flac, ogg, m4a or wma would work"
BLOCK_SECONDS = 30.0

# The survey of a file's channels needs no more than telephone quality.
SURVEY_RATE = 8_000
# Below this level (about -72 dB of full scale: the idle noise of mu-law) a channel carries nothing at all.
SILENT_RMS = 2.5e-4
# From this level on (-50 dB) a channel is heard well enough to compare it with another.
AUDIBLE_RMS = 3e-3
# Two channels that share this much of their variance are one, perhaps at another volume or through a lossy codec.
SAME_CORRELATION = 0.95
# Two that share less than this after a second of sound on each are two people; no need to read on.
DIFFERENT_CORRELATION = 0.5
COMPARED_SECONDS = 1.0

# A playlist is text that points at other files or addresses; following it is not reading a recording.
PLAYLISTS = frozenset({"hls", "concat", "concatf", "dash", "imf", "rtsp", "sdp"})


@dataclass(frozen=True)
class Recording:
    """A file that has sound. `channels` are the ones of its channels that carry a side each, by their place in the file:
    one or two. `channels_in_file` is how many there are altogether."""

    path: Path
    channels: tuple[int, ...]
    channels_in_file: int


def decode_channels(path: str | Path, sample_rate: int = 16_000) -> list[Samples]:
    """The sound of a recording: one array of samples between -1 and 1 per channel, always a list, all of one length.

    One or two channels come back. Where the file has two that are the same (or one of them is silent) it is one channel;
    of more than two, the first two that carry sound of their own are kept.

    Raises RecordingError with one sentence where there is nothing to hear in the file.
    """
    recording = open_recording(path)
    blocks = list(read_blocks(recording, sample_rate))
    return [np.concatenate([block[channel] for block in blocks]) for channel in range(len(recording.channels))]


def open_recording(path: str | Path) -> Recording:
    """Look at a file and decide which of its channels count.

    Raises RecordingError with one sentence where there is nothing to hear in the file.
    """
    path = Path(path)
    survey: _Survey | None = None
    for block in _decode(path, SURVEY_RATE):
        if survey is None:
            survey = _Survey(len(block))
        survey.add(block)
        if survey.settled:
            break
    if survey is None:
        raise RecordingError(
            f"{path.name} is cut off, damaged or of a kind that is not known: no sound could be read; {WHAT_WORKS}"
        )
    return Recording(path, survey.channels_that_count(), survey.channels)


def read_blocks(recording: Recording, sample_rate: int = 16_000, block_seconds: float = BLOCK_SECONDS) -> Iterator[Samples]:
    """The sound of the channels that count, block by block: arrays of shape (channels, samples), samples between -1 and 1.

    Every block but the last has the same length.
    """
    size = round(block_seconds * sample_rate)
    kept = list(recording.channels)
    waiting: list[Samples] = []
    count = 0
    for frame in _decode(recording.path, sample_rate, sample_rate):
        waiting.append(frame[kept])
        count += frame.shape[1]
        if count >= size:
            whole = np.concatenate(waiting, axis=1)
            for start in range(0, count - size + 1, size):
                yield whole[:, start : start + size]
            rest = whole[:, count - count % size :]
            waiting, count = [rest.copy()], rest.shape[1]
    if count:
        yield np.concatenate(waiting, axis=1)


class _Survey:
    """Collects what is needed to tell which channels carry a side of their own."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self._products = np.zeros((channels, channels))
        self._samples = 0
        self._audible = np.zeros(channels)

    def add(self, block: Samples) -> None:
        wide = block.astype(np.float64)
        self._products += wide @ wide.T
        self._samples += block.shape[1]
        self._audible += (np.sqrt((wide**2).mean(axis=1)) > AUDIBLE_RMS) * block.shape[1]

    @property
    def settled(self) -> bool:
        """Whether it is already clear that there are two sides: reading on would not change the answer."""
        if self.channels == 1:
            return True
        heard = bool((self._audible >= COMPARED_SECONDS * SURVEY_RATE).all())
        return self.channels == 2 and heard and self._shared(0, 1) < DIFFERENT_CORRELATION

    def _shared(self, one: int, other: int) -> float:
        """The share of variance that two channels have in common, 0 to 1."""
        power = self._products[one, one] * self._products[other, other]
        return float(self._products[one, other] ** 2 / power) if power else 1.0

    def channels_that_count(self) -> tuple[int, ...]:
        levels = np.sqrt(np.diag(self._products) / max(1, self._samples))
        kept: list[int] = []
        for channel in range(self.channels):
            copied = any(self._shared(channel, earlier) > SAME_CORRELATION for earlier in kept)
            if levels[channel] > SILENT_RMS and not copied:
                kept.append(channel)
        return tuple(kept[:2]) or (0,)


@contextmanager
def open_container(path: Path) -> Iterator[av.container.InputContainer]:
    """A recording's file with its decoder, however it is to be read: nothing that it points at is opened.

    The one place that opens what somebody sent. Raises RecordingError where it cannot be opened, points elsewhere or has no
    sound.
    """
    _check_readable(path)
    av.logging.set_level(av.logging.PANIC)
    try:
        # An absolute path, so that a colon in a name is not taken for a protocol.
        container = av.open(str(path.absolute()), metadata_errors="ignore", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, ValueError, OSError) as wrong:
        _refuse(path, wrong)
    with container:
        if PLAYLISTS & set(container.format.name.split(",")):
            raise RecordingError(f"{path.name} is a playlist that points elsewhere, not a recording; {WHAT_WORKS}")
        if not container.streams.audio:
            if _is_text(path):
                raise RecordingError(f"{path.name} holds text, not sound, whatever its name says; {WHAT_WORKS}")
            raise RecordingError(f"{path.name} has no sound in it, only pictures or data; {WHAT_WORKS}")
        yield container


def _decode(path: Path, sample_rate: int, frame_samples: int | None = None) -> Iterator[Samples]:
    """Frames of a file as arrays of shape (channels, samples). A damaged stretch is left out, the rest is kept.

    They are as long as in the file, or of so many samples: what is done for each takes longer than the decoding where a
    codec has fifty a second.

    Raises RecordingError where the file cannot be opened or has no sound; a file that ends before its first frame gives
    nothing.
    """
    with open_container(path) as container:
        stream = container.streams.audio[0]
        resampler: av.AudioResampler | None = None
        kind: tuple[object, ...] = ()
        layout = None
        for frame in _frames(container, stream):
            if resampler is None or kind != (frame.format.name, frame.layout.name, frame.sample_rate):
                if resampler is not None:
                    yield from _arrays(resampler, None)
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                layout = layout or frame.layout
                resampler = av.AudioResampler(format="fltp", layout=layout, rate=sample_rate, frame_size=frame_samples)
            yield from _arrays(resampler, frame)
        if resampler is not None:
            yield from _arrays(resampler, None)


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """Decoded frames; packets that cannot be decoded are passed over, and a broken end is the end."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue


def _arrays(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Samples]:
    """A frame at the wanted rate. What is no number in a damaged file becomes silence; lossy codecs may overshoot 1."""
    for resampled in resampler.resample(frame):
        if resampled.samples:
            yield np.clip(np.nan_to_num(resampled.to_ndarray()), -1.0, 1.0).astype(np.float32, copy=False)


def _check_readable(path: Path) -> None:
    """One sentence for each way in which a file cannot even be looked at."""
    if path.is_dir():
        raise RecordingError(f"{path.name} is a folder, not a recording; name the files in it, or ingest the folder")
    if not path.exists():
        raise RecordingError(f"{path} is not there; check the name and the folder")
    if not os.access(path, os.R_OK):
        raise RecordingError(f"{path.name} may not be read by this user; give it read permission")
    if path.stat().st_size == 0:
        raise RecordingError(f"{path.name} is empty (0 bytes); copy it again from where it was recorded")


def _refuse(path: Path, wrong: Exception) -> NoReturn:
    if isinstance(wrong, PermissionError):
        raise RecordingError(f"{path.name} may not be read by this user; give it read permission") from wrong
    if _is_text(path):
        raise RecordingError(f"{path.name} holds text, not sound, whatever its name says; {WHAT_WORKS}") from wrong
    raise RecordingError(
        f"{path.name} is not a recording that can be read: it is damaged, cut off or of an unknown kind; {WHAT_WORKS}"
    ) from wrong


def _is_text(path: Path) -> bool:
    """Whether the beginning of a file reads as plain text."""
    with path.open("rb") as file:
        beginning = file.read(1024)
    return b"\0" not in beginning and all(byte >= 32 or byte in b"\t\n\r\f" for byte in beginning)
