"""How does the database itself keep a promise? By a trigger that holds against any program that writes, not only ours."""

from alembic import op


def keep(table: str, columns: tuple[str, ...], when: str, message: str, what: str = "") -> None:
    """Refuse any change of these columns while `when` holds. `what` tells a second promise about a table from the first."""
    name = "_".join(part for part in (table, what, "stay") if part)
    listed = ", ".join(f'"{column}"' for column in columns)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {listed} ON {table} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE OF {listed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def drop(table: str, what: str = "") -> None:
    """Take a promise back, to make it anew in other words."""
    name = "_".join(part for part in (table, what, "stay") if part)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
