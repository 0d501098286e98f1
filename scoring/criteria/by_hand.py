"""What is left to a person?"""

from dataclasses import dataclass
from typing import ClassVar

from scoring.criteria.base import Context, Judgement, unsure


@dataclass(frozen=True)
class ByHand:
    """A question that a person answers: always unsure until then.

    kind: by_hand.v1
    with:
      look_for: Whether the notes in the customer's file agree with what was promised.   # may be left out
    """

    name: ClassVar[str] = "by_hand.v1"
    placed: ClassVar[bool] = False

    look_for: str = ""

    def judge(self, context: Context) -> Judgement:
        """Leave it to a person."""
        return unsure(f"A person answers this. {self.look_for}".strip())
