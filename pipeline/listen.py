"""How do many recordings become transcripts?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from errors import AttuneError, InputError, ModelError, SettingsError, Unavailable
from pipeline.progress import Progress
from pipeline.stages import DIED, kind_of
from pipeline.workers import spread
from settings import Settings
from transcripts.hear import transcribe_recording
from transcripts.model import Transcript
from transcripts.roles import ChannelRule


@dataclass(frozen=True)
class Listening:
    """How to hear: the options of one run. `workers` is how many recordings at once; 0 chooses from the cores."""

    engine: str
    model: str
    language: str
    agent_channel: int
    workers: int = 0
    channels: ChannelRule = "check"
    vocabulary: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> "Listening":
        """As it is set."""
        return cls(
            engine=settings.engine,
            model=settings.model,
            language=settings.language,
            agent_channel=settings.agent_channel,
            workers=settings.workers,
            channels=settings.channels,
            vocabulary=settings.names,
        )

    def to(self, file: Path, agent_channel: int | None = None, agent_name: str = "") -> Transcript:
        """Hear one recording. `agent_channel` is the agent's where it is known better than it is set, `agent_name` the
        agent's name where it is known.

        Raises RecordingError or ModelError.
        """
        return transcribe_recording(
            file,
            engine=self.engine,
            model=self.model,
            language=self.language,
            vocabulary=self.vocabulary,
            agent_channel=self.agent_channel if agent_channel is None else agent_channel,
            channels=self.channels,
            agent_name=agent_name,
        )


@dataclass(frozen=True)
class Heard:
    """A recording with what was said in it."""

    file: Path
    transcript: Transcript


class Fault(StrEnum):
    """What a failure lies in: the file, for good; the machine, which the next file would meet too; the place where the file
    lies, which files from elsewhere do not meet; or nobody knows yet."""

    FILE = "file"
    MACHINE = "machine"
    PLACE = "place"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Failed:
    """A file that could not be used, the sentence that says why, what sort of failure it was where that is known, and what
    it lies in."""

    file: Path
    reason: str
    kind: str = ""
    fault: Fault = Fault.FILE


def fault_of(wrong: AttuneError) -> Fault:
    """What an error lies in: what we were given, what was to be had of the machine, or it may be either."""
    if isinstance(wrong, InputError):
        return Fault.FILE
    return Fault.MACHINE if isinstance(wrong, ModelError | SettingsError | Unavailable) else Fault.UNKNOWN


def hear(file: Path, listening: Listening) -> Heard | Failed:
    """Hear one recording; what cannot be heard comes back as the reason."""
    try:
        return Heard(file, listening.to(file))
    except AttuneError as wrong:
        return Failed(file, str(wrong), kind_of(wrong), fault_of(wrong))


def worker_died(file: Path) -> Failed:
    """The answer for a file that ended the process which worked on it."""
    reason = f"{file}: working on this file ended the program that did it, perhaps for lack of memory."
    return Failed(file, reason, DIED, Fault.UNKNOWN)


def hear_all(files: Sequence[Path], listening: Listening) -> Iterator[Heard | Failed]:
    """Hear recordings on every core, and give the results in the order of the files."""
    done: dict[int, Heard | Failed] = {}
    following = 0
    numbered = list(enumerate(files))
    with Progress(len(files), "Transcribing") as progress:
        for (number, _), outcome in spread(
            partial(_hear_numbered, listening=listening), numbered, lambda item: worker_died(item[1]), listening.workers
        ):
            progress.step()
            done[number] = outcome
            while following in done:
                yield done.pop(following)
                following += 1


def _hear_numbered(item: tuple[int, Path], listening: Listening) -> Heard | Failed:
    return hear(item[1], listening)
