"""What is something that is not as it should be?"""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether something cannot go on like this, or can for now."""

    WRONG = "wrong"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """What is not as it should be, in a sentence, and what helps. `check` is the word by which docs/operating.md has it."""

    check: str
    level: Level
    says: str
    do: str

    def __str__(self) -> str:
        mark = "WRONG" if self.level is Level.WRONG else "Mind"
        return f"{mark}, {self.check}: {self.says}\n    {self.do}"


def wrong(check: str, says: str, do: str) -> Finding:
    """It cannot go on like this."""
    return Finding(check, Level.WRONG, says, do)


def mind(check: str, says: str, do: str) -> Finding:
    """It can go on for now."""
    return Finding(check, Level.WARNING, says, do)
