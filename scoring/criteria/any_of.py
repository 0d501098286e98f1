"""Does at least one of several things hold?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, Kind
from scoring.criteria.combined import applying, concluded, having, in_doubt, in_words, so_many
from scoring.result import Verdict


@dataclass(frozen=True)
class AnyOf:
    """Several rules of which one has to hold.

        kind: any_of.v1
        with:
          rules:
            - {kind: says.v1, with: {phrases: ["I'm sorry", "I apologise"]}}
            - {kind: means.v1, with: {examples: ["Please accept my apologies for this"]}}

    Parts that do not apply are left out. The best part decides: met, else unsure, else partly, else not met.
    probability: of met, that of the surest part that holds; else that of the least sure part.
    """

    name: ClassVar[str] = "any_of.v1"
    placed: ClassVar[bool] = True

    rules: tuple[Kind, ...]

    def problems(self) -> Iterator[tuple[str, str]]:
        """No rules."""
        if not self.rules:
            yield "rules", "give at least one rule"

    def judge(self, context: Context) -> Judgement:
        """Judge every part, then the whole."""
        judged = list(self._judged(context))
        parts = applying(judged)
        if not parts:
            return concluded(Verdict.NOT_APPLICABLE, judged, min, "None of the parts of this applies here.")
        if met := having(parts, Verdict.MET):
            places = [part.place for part in met if part.place is not None]
            why = so_many(len(met), len(parts), "sign", "was found", "were found")
            enough = "; one is enough" if len(met) < len(parts) else ""
            return concluded(Verdict.MET, met, max, f"{why}{enough}.", min(places, default=None))
        none = so_many(0, len(parts), "sign", "was found", "were found")
        if doubtful := having(parts, Verdict.UNSURE):
            return concluded(Verdict.UNSURE, doubtful, max, f"{none} for certain; {in_doubt(len(doubtful))}.")
        if partial := having(parts, Verdict.PARTLY):
            found = f"{in_words(len(partial))} {'was' if len(partial) == 1 else 'were'} found in part"
            return concluded(Verdict.PARTLY, partial, max, f"{none} in full; {found}.")
        return concluded(Verdict.NOT_MET, parts, min, f"{none}.")

    def _judged(self, context: Context) -> Iterator[Judgement]:
        """Every part; where only the verdict is wanted, no further than to one that holds."""
        for rule in self.rules:
            part = rule.judge(context)
            yield part
            if part.verdict is Verdict.MET and not context.quoting:
                return
