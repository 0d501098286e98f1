"""Do several things all hold?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, Kind, does_not_apply
from scoring.criteria.combined import applying, concluded, having
from scoring.result import Verdict


@dataclass(frozen=True)
class AllOf:
    """Several rules that all have to hold.

        kind: all_of.v1
        with:
          rules:
            - {kind: says.v1, with: {phrases: ["my name is", "this is"], within: {first_turns: 1}}}
            - {kind: says.v1, with: {phrases: ["calling from"], within: {first_turns: 1}}}
          partly_from: 1                      # so many that hold make it partly met; left out: all or nothing

    Parts that do not apply are left out. A part that is partly met makes the whole partly met. Unsure where a part is
    unsure that could change the answer. probability: that of the least sure part that decides.
    """

    name: ClassVar[str] = "all_of.v1"
    placed: ClassVar[bool] = True

    rules: tuple[Kind, ...]
    partly_from: int | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """No rules, or a count that cannot be."""
        if not self.rules:
            yield "rules", "give at least one rule"
        if self.partly_from is not None and not 1 <= self.partly_from < max(len(self.rules), 2):
            yield "partly_from", f"a number from 1 to less than the {len(self.rules)} rules, not {self.partly_from}"

    def judge(self, context: Context) -> Judgement:
        """Judge every part, then the whole."""
        parts = applying(rule.judge(context) for rule in self.rules)
        if not parts:
            return does_not_apply("None of the parts of this applies here.")
        held, failed = having(parts, Verdict.MET, Verdict.PARTLY), having(parts, Verdict.NOT_MET)
        doubtful = having(parts, Verdict.UNSURE)
        count = f"{len(held)} of {len(parts)} parts hold"
        if failed:
            if self.partly_from is None or len(held) + len(doubtful) < self.partly_from:
                return concluded(Verdict.NOT_MET, failed, max, f"{count}, where all have to.")
            if len(held) >= self.partly_from:
                return concluded(Verdict.PARTLY, [*failed, *held], min, f"{count}, where all have to for the whole.")
        if doubtful:
            return concluded(Verdict.UNSURE, doubtful, min, f"{count}, and {len(doubtful)} cannot be told.")
        if partial := having(parts, Verdict.PARTLY):
            return concluded(Verdict.PARTLY, partial, min, f"{count}, {len(partial)} of them partly.")
        places = [part.place for part in parts if part.place is not None]
        return concluded(Verdict.MET, parts, min, f"All of {len(parts)} parts hold.", max(places, default=None))
