"""In what form is a recording, and how does it become one that a browser plays?

Both open a decoder on a file that somebody sent, so that `pipeline.bounded` has them done.
"""

import errno
import wave
from pathlib import Path

import av

from errors import RecordingError, Unavailable
from transcripts.audio import open_container


def form_of(path: Path) -> tuple[str, str]:
    """The names of a recording's container, with commas between them, and of its codec, as FFmpeg has them.

    Raises RecordingError where it is no recording.
    """
    with open_container(path) as container:
        return container.format.name, container.streams.audio[0].codec_context.name


def convert_to_wav(source: Path, target: Path) -> None:
    """Write `source` as 16-bit WAV with its own rate and up to two channels, holding one frame at a time.

    Raises RecordingError where it cannot be decoded, or its sound is more than may be written here; Unavailable where there
    is no room for it, or nothing may be written at all.
    """
    try:
        with open_container(source) as container, wave.open(str(target), "wb") as wav:
            stream = container.streams.audio[0]
            channels = min(2, stream.codec_context.channels)
            wav.setnchannels(channels)
            wav.setsampwidth(2)
            wav.setframerate(stream.codec_context.sample_rate)
            resampler = av.AudioResampler("s16", "mono" if channels == 1 else "stereo", stream.codec_context.sample_rate)
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    wav.writeframesraw(piece.to_ndarray().tobytes())
            for piece in resampler.resample(None):
                wav.writeframesraw(piece.to_ndarray().tobytes())
    except av.FFmpegError as wrong:
        raise RecordingError(f"{source.name} cannot be decoded for playing: {wrong}") from wrong
    except OSError as wrong:
        kind = RecordingError if wrong.errno == errno.EFBIG else Unavailable
        raise kind(f"{source.name} cannot be written for playing: {wrong.strerror}") from wrong
