"""Which table holds what lets other programs in?"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.roles import Role
from storage.tables import Base, JsonList


class ApiTokenRow(Base):
    """A token of another program. Only the SHA-256 of its secret is kept: whoever reads the database cannot use it.

    `scopes` are of `storage.tokens.Scope`; `role`, `agent_id` and `team_ids` say whose eyes it sees with. Rows are never
    deleted, so that what a program sent can be told for ever.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[JsonList]
    role: Mapped[Role]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    team_ids: Mapped[JsonList]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
