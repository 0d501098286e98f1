"""Which calls are of the same customer, by number, telephone number or e-mail address; and whether promises were kept."""

import sqlalchemy as sa
from alembic import op

from storage.same_customer import fill

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "customer_identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        _customer("customer_identities", "customer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_identities")),
        sa.UniqueConstraint("kind", "key", "customer_id", name=op.f("uq_customer_identities_kind_key_customer_id")),
    )
    _index("customer_identities", "customer_id")
    op.create_table(
        "customer_calls",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(16), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched_by", sa.String(20), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_customer_calls_call_id_calls")),
        _customer("customer_calls", "customer_id"),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["customer_identities.id"],
            name=op.f("fk_customer_calls_identity_id_customer_identities"),
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_customer_calls")),
    )
    _index("customer_calls", "customer_id", "contacted_at")
    _index("customer_calls", "identity_id")
    op.create_table(
        "customer_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("customer_id", sa.String(16), nullable=False),
        sa.Column("other_id", sa.String(16), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.Column("identities", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_customer_changes_author_id_users")),
        _customer("customer_changes", "customer_id"),
        _customer("customer_changes", "other_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_changes")),
    )
    _index("customer_changes", "customer_id")
    _index("customer_changes", "other_id")
    op.create_table(
        "promise_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_promise_marks_author_id_users")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_promise_marks_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_marks")),
    )
    _index("promise_marks", "call_id")
    fill(op.get_bind())


def _customer(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["customers.id"], name=op.f(f"fk_{table}_{column}_customers"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
