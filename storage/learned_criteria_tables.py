"""Which table holds the questions that were taught from reviewers' answers?"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, Json, JsonList


class LearnedCriterionRow(Base):
    """A question's rule as it was taught, `kind` and `with` as a scorecard has them; never changed.

    `hash` is the rule's SHA-256, `labels_hash` that of the answers it was taught from, `labels` these: call, met or not, and
    who answered. Whether it is in force is the scorecard's to say: its version in force asks by this rule, or not.
    """

    __tablename__ = "learned_criteria"
    __table_args__ = (Index(None, "scorecard", "criterion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    rule: Mapped[Json]
    labels_hash: Mapped[str] = mapped_column(String(64))
    labels: Mapped[JsonList]
    figures: Mapped[Json]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
