"""Whatever comes in is a row, by whichever door; who works on it holds one lease for all that it has in hand."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_workers")),
    )
    became = _calls()
    with op.batch_alter_table("inbox") as inbox:
        # All that is there came through the interface for programs, by the token that it was sent with.
        inbox.add_column(sa.Column("door", sa.String(length=20), nullable=False, server_default="api"))
        inbox.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
        inbox.add_column(sa.Column("place", sa.Text(), nullable=False, server_default=""))
        inbox.add_column(sa.Column("interruptions", sa.Integer(), nullable=False, server_default="0"))
        inbox.add_column(sa.Column("worker", sa.String(length=32), nullable=True))
        inbox.drop_column("lease_until")
        inbox.drop_column("calls")
        inbox.alter_column("token_id", existing_type=sa.Integer(), nullable=True)
        inbox.drop_constraint(op.f("uq_inbox_token_id_idempotency_key"), type_="unique")
    # What was being worked on has no worker that is known now, and is taken up again.
    op.execute("UPDATE inbox SET source = 'token ' || token_id")
    op.execute("UPDATE inbox SET state = 'transcribing' WHERE state = 'working'")
    with op.batch_alter_table("inbox") as inbox:
        for name in ("door", "source", "place", "interruptions"):
            inbox.alter_column(name, server_default=None)
        inbox.create_unique_constraint(op.f("uq_inbox_source_idempotency_key"), ["source", "idempotency_key"])
        inbox.create_index(op.f("ix_inbox_worker_state"), ["worker", "state"])
        inbox.create_index(op.f("ix_inbox_state_finished_at"), ["state", "finished_at"])
        inbox.create_index(op.f("ix_inbox_token_id"), ["token_id"])
    # Last: SQLite makes a table anew to change it, which it refuses while another one refers to its rows.
    op.create_table(
        "inbox_calls",
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_inbox_calls_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("inbox_id", "call_id", name=op.f("pk_inbox_calls")),
    )
    op.create_index(op.f("ix_inbox_calls_call_id"), "inbox_calls", ["call_id"])
    if became:
        op.bulk_insert(sa.table("inbox_calls", sa.column("inbox_id"), sa.column("call_id")), became)


def _calls() -> list[dict[str, object]]:
    """What each file had become, read before the table is changed."""
    rows = op.get_bind().execute(sa.text("SELECT id, calls FROM inbox"))
    lists = ((id_, json.loads(calls) if isinstance(calls, str) else calls) for id_, calls in rows)
    return [{"inbox_id": id_, "call_id": call} for id_, calls in lists for call in dict.fromkeys(calls)]
