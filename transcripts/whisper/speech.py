"""Where on a channel does somebody speak?

Whisper writes words over silence, hold music and line noise when it is given them, so it is only given speech. The
detector is Silero VAD, whose network comes inside the faster-whisper package; it is run here on a stream, block by block,
with its state carried over, so that the answer does not depend on where the blocks end.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from errors import ModelError
from transcripts.model import Span

Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
FRAME = 512  # samples the network looks at for one answer: 32 ms
CONTEXT = 64  # samples before a frame that it also looks at

# A stretch of speech begins where the probability reaches this. The detector's own bound, 0.5, is too high for a telephone:
# after a long silence plain speech as 8 kHz mu-law reached 0.4, and whole turns were lost. On three sample calls of two
# channels 0.3 lowered the word error rate from 12.6 to 8.6 %, and from 28.6 to 10.5 % as mu-law; what else gets through by
# it is found later, by its sound and by the engine's own doubt.
SPEECH = 0.3
# … and ends where it stays under this …
SILENCE = 0.15
# … for this long.
SILENCE_SECONDS = 0.5
# Sound kept on either side of a stretch: the detector wakes a little late and goes to sleep a little early.
MARGIN_SECONDS = 0.25
# Shorter bursts are clicks and breath.
SHORTEST_SECONDS = 0.1
# Longer stretches are cut, so that each fits into one of Whisper's windows of 30 s with its margins.
LONGEST_SECONDS = 28.0

MARGIN = round(MARGIN_SECONDS * SAMPLE_RATE)


class SpeechDetector:
    """Gives the probability of speech for each 32 ms of one channel, block after block."""

    def __init__(self) -> None:
        self._session = _session()
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._before = np.zeros(CONTEXT, np.float32)

    def probabilities(self, frames: Samples) -> NDArray[np.float32]:
        """One probability for each 512 samples; the number of samples is a multiple of 512."""
        if not len(frames):
            return np.zeros(0, np.float32)
        with_context = np.concatenate([self._before, frames])
        rows = np.lib.stride_tricks.sliding_window_view(with_context, FRAME + CONTEXT)[::FRAME]
        answers, self._hidden, self._cell = self._session.run(
            None, {"input": np.ascontiguousarray(rows), "h": self._hidden, "c": self._cell}
        )
        self._before = frames[-CONTEXT:].copy()
        return np.asarray(answers, np.float32).reshape(-1)


@dataclass(frozen=True)
class Piece:
    """A stretch of speech with a margin around it: its sound at 16 kHz, where that starts in seconds on the call's clock,
    how many seconds of it come before the speech (`lead`) and after it (`tail`), and the highest probability of speech in
    it."""

    start: float
    samples: Samples
    lead: float = 0.0
    tail: float = 0.0
    speech: float = 1.0

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def span(self) -> Span:
        """Where it lies in the call, its margins included."""
        return Span(self.start, self.start + self.duration)


class SpeechFinder:
    """Cuts one channel, given block by block, into the stretches where somebody speaks."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._sound = np.zeros(0, np.float32)  # what may still be needed
        self._sound_start = 0  # its first sample on the channel's clock
        self._judged = 0  # frames looked at so far
        self._recent: list[float] = []  # probabilities since the current stretch began
        self._began: int | None = None  # frame where the current stretch began
        self._last = 0  # its last frame that was speech
        self._cut = 0  # the sample up to which sound has been handed out

    def add(self, block: Samples) -> list[Piece]:
        """The stretches that are known to be over once this block has been heard."""
        self._sound = np.concatenate([self._sound, block])
        start = self._judged * FRAME - self._sound_start
        whole = (len(self._sound) - start) // FRAME
        pieces = self._judge(self._detector.probabilities(self._sound[start : start + whole * FRAME]))
        self._forget()
        return pieces

    def finish(self) -> list[Piece]:
        """The stretches left over at the end of the channel."""
        end = self._sound_start + len(self._sound)
        rest = end - self._judged * FRAME
        pieces = self.add(np.zeros(-rest % FRAME, np.float32)) if rest else []
        if self._began is not None:
            pieces += self._close(self._last + 1, min(end, (self._last + 1) * FRAME + MARGIN))
        return pieces

    def _judge(self, probabilities: NDArray[np.float32]) -> list[Piece]:
        pieces: list[Piece] = []
        for probability in probabilities.tolist():
            frame = self._judged
            self._judged += 1
            if self._began is None:
                if probability < SPEECH:
                    continue
                self._began, self._recent = frame, []
            self._recent.append(probability)
            if probability >= SILENCE:
                self._last = frame
            if (frame - self._last) * FRAME >= SILENCE_SECONDS * SAMPLE_RATE:
                pieces += self._close(self._last + 1, (self._last + 1) * FRAME + MARGIN)
            elif (frame + 1 - self._began) * FRAME >= LONGEST_SECONDS * SAMPLE_RATE:
                pieces += self._split()
        return pieces

    def _close(self, end_frame: int, end: int) -> list[Piece]:
        """End the current stretch at a silence."""
        assert self._began is not None
        began, self._began = self._began, None
        if (end_frame - began) * FRAME < SHORTEST_SECONDS * SAMPLE_RATE:
            return []
        return [self._hand_out(began * FRAME, end_frame * FRAME, end, max(self._recent))]

    def _split(self) -> list[Piece]:
        """Cut a stretch that is getting too long where its second half is most likely a breath, and go on from there."""
        assert self._began is not None
        half = len(self._recent) // 2
        quietest = half + int(np.argmin(self._recent[half:]))
        began, self._began = self._began, self._began + quietest
        highest, self._recent = max(self._recent[:quietest]), self._recent[quietest:]
        return [self._hand_out(began * FRAME, self._began * FRAME, self._began * FRAME, highest)]

    def _hand_out(self, speech_start: int, speech_end: int, end: int, speech: float) -> Piece:
        """The stretch between two samples, with the margin before it that no earlier stretch has had, up to `end`."""
        start = max(self._cut, speech_start - MARGIN, 0)
        self._cut = end
        return Piece(
            start / SAMPLE_RATE,
            self._sound[start - self._sound_start : end - self._sound_start].copy(),
            lead=(speech_start - start) / SAMPLE_RATE,
            tail=max(0, end - speech_end) / SAMPLE_RATE,
            speech=speech,
        )

    def _forget(self) -> None:
        """Let go of sound that no stretch can need any more."""
        needed = self._judged if self._began is None else self._began
        keep_from = max(self._sound_start, needed * FRAME - MARGIN)
        self._sound = self._sound[keep_from - self._sound_start :].copy()
        self._sound_start = keep_from


_loaded: list[onnxruntime.InferenceSession] = []


def _session() -> onnxruntime.InferenceSession:
    """The detector's network, loaded once per process."""
    if not _loaded:
        package = importlib.util.find_spec("faster_whisper")
        found = sorted(Path(package.origin).parent.glob("assets/silero_vad*.onnx")) if package and package.origin else []
        if not found:
            raise ModelError("The speech detector is not here: it comes with faster-whisper; `pip install faster-whisper`")
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        _loaded.append(onnxruntime.InferenceSession(str(found[-1]), options, providers=["CPUExecutionProvider"]))
    return _loaded[0]
