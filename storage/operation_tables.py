"""Which table holds what was counted of the work itself, for whoever watches it run?"""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base


class OperationRow(Base):
    """A sum that only grows. `measure` is of `storage.operations.Measure`; nothing here says of which call it came."""

    __tablename__ = "operations"

    measure: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    stage: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[float]
