"""What can go wrong, as one tree.

    AttuneError
    ├── InputError             something we were given cannot be used; nothing else is harmed
    │   ├── RecordingError     a recording that cannot be read
    │   ├── TranscriptError    a transcript that is not one
    │   ├── ScorecardError     a scorecard with problems; `problems` lists every one
    │   └── MetadataError      a metadata file with a column or a cell that does not fit
    ├── SettingsError          an option outside what it may be
    ├── ModelError             weights that are missing or damaged, an engine that cannot run
    ├── StorageError           the database or the store of recordings cannot do what was asked
    │   └── Unavailable        it is away, locked or full just now: the same may succeed later
    │       ├── Busy           as much of it is under way as may be at once
    │       └── WorkersAway    the machines that do the work cannot be reached; none of it has failed
    └── NotAllowed             the person asking may not see or do this

Every message says what failed, where, and what would work, in a sentence that can be shown to a user.
All of them take positional arguments only, so that they survive the way back from a worker process.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class AttuneError(Exception):
    """The root: whoever catches it catches everything that Attune raises on purpose."""


class InputError(AttuneError):
    """Something we were given cannot be used."""


class RecordingError(InputError):
    """A recording that cannot be read."""


class TranscriptError(InputError):
    """A transcript that is not one."""


class MetadataError(InputError):
    """A metadata file with a column or a cell that does not fit."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a scorecard: `where` is a path such as `opening.greeting`, `line` counts from 1.

    `place` are the keys and positions that lead to it, such as `("sections", 0, "criteria", 2, "with", "phrases")`.
    """

    file: str
    line: int | None
    where: str
    message: str
    place: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}, {self.where}: {self.message}" if self.where else f"{place}: {self.message}"


class ScorecardError(InputError):
    """A scorecard with problems. `problems` lists every one, in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class SettingsError(AttuneError):
    """An option outside what it may be."""


class ModelError(AttuneError):
    """Weights that are missing or damaged, or an engine that cannot run."""


class StorageError(AttuneError):
    """The database or the store of recordings cannot do what was asked."""


class Unavailable(StorageError):
    """The database or the store is away, locked or full just now; what was asked may succeed later."""


class Busy(Unavailable):
    """As much of what was asked is under way as may be at once: the same succeeds in a while."""


class WorkersAway(Unavailable):
    """The machines that do the work cannot be reached, or run another program: the work waits, and none of it has failed."""


class NotAllowed(AttuneError):
    """The person asking may not see or do this."""
