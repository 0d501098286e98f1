"""How does Alembic reach the database? Through the connection that `storage.database` has opened and locked for it."""

from alembic import context

from storage.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
