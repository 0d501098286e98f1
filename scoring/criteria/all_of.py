"""Do several things all hold?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, Kind
from scoring.criteria.combined import applying, concluded, every, having, in_doubt, in_words, so_many
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
        judged = [rule.judge(context) for rule in self.rules]
        parts = applying(judged)
        if not parts:
            return concluded(Verdict.NOT_APPLICABLE, judged, min, "None of the parts of this applies here.")
        held, failed = having(parts, Verdict.MET, Verdict.PARTLY), having(parts, Verdict.NOT_MET)
        doubtful = having(parts, Verdict.UNSURE)
        count = so_many(len(held), len(parts), "part", "is met", "are met")
        takes_all = f"; it takes {every(len(parts))}" if held else ""
        if failed:
            if self.partly_from is None or len(held) + len(doubtful) < self.partly_from:
                return concluded(Verdict.NOT_MET, failed, max, f"{count}{takes_all}.")
            if len(held) >= self.partly_from:
                return concluded(Verdict.PARTLY, [*failed, *held], min, f"{count}{takes_all} to meet it in full.")
        if doubtful:
            return concluded(Verdict.UNSURE, doubtful, min, f"{count} for certain; {in_doubt(len(doubtful))}.")
        if partial := having(parts, Verdict.PARTLY):
            some = f", {in_words(len(partial))} of them only in part" if len(partial) < len(parts) else " in part"
            return concluded(Verdict.PARTLY, partial, min, f"{count}{some}.")
        places = [part.place for part in parts if part.place is not None]
        return concluded(Verdict.MET, parts, min, f"{count}.", max(places, default=None))
