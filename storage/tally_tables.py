"""Which table is it that screens count verdicts from?"""

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base


class TallyRow(Base):
    """The answers that hold of one evaluation, all in one value (`storage.tallies`): a copy of what `results` says.

    To count the verdicts of a quarter reads one short row an evaluation, in the place of one a question.
    """

    __tablename__ = "tallies"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)
