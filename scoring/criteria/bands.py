"""Into which band does a number fall?"""

from dataclasses import dataclass

from scoring.result import Verdict


@dataclass(frozen=True)
class Band:
    """From `low` to `high`, both included; None is without end. A scorecard writes `[0.4, 0.6]` or `[null, 3]`."""

    low: float | None
    high: float | None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("a band has at least one end, such as [null, 3]")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"a band runs upwards, not from {self.low:g} to {self.high:g}")

    def __contains__(self, number: float) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"at most {self.high:g}"
        if self.high is None:
            return f"at least {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


def verdict_in(number: float, met: Band, partly: Band | None) -> Verdict:
    """Met in the one band, partly in the other, not met outside both."""
    if number in met:
        return Verdict.MET
    return Verdict.PARTLY if partly is not None and number in partly else Verdict.NOT_MET


def asked(met: Band, partly: Band | None) -> str:
    """What is asked for, for a reader."""
    return f"met by {met}" + (f", partly by {partly}" if partly else "")
