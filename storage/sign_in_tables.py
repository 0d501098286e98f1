"""Which failures to sign in are remembered, and for how long a one-time password lets in?"""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base


class SignInAttemptRow(Base):
    """An attempt to sign in that failed, or is not yet known to have succeeded. `key` is a hash of what is counted (an
    account, an address, both); rows older than any window are deleted."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
