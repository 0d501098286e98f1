"""Which table is it that screens count verdicts from?"""

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base


class TallyRow(Base):
    """The answers that hold of one call, all in one value (`storage.tallies`): a copy of what `results` says.

    `versions` are the scorecard versions whose evaluations of the call are in force, by their ids, with commas between;
    `packed` is what was answered to the first one's questions, then to the next one's, and `totals` what each came to
    (`storage.packed`); `length` is the call's, in milliseconds. Every call has one, also while nothing has judged it. To
    count the verdicts of some calls reads one short row a call, in the place of one a question.
    """

    __tablename__ = "call_tallies"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)
    versions: Mapped[str] = mapped_column(Text)
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    totals: Mapped[bytes] = mapped_column(LargeBinary)
