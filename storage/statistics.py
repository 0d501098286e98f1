"""How does a database learn how its values are spread, so that it takes the right index for a question?

PostgreSQL does so by itself after a while. SQLite never does unless it is told, and takes an equal number of rows for every
value of every index until then: with a hundred thousand calls it looked for what was answered to sixty disputed questions
by going through all answers that were ever given to them.

What SQLite is told is a sample of each index (https://www.sqlite.org/lang_analyze.html#approx), which takes as long however
much is stored, and of which numbers alone are kept, no value. Connections that are open keep what they knew; none stays open
for long (`storage.database`).
"""

from sqlalchemy import Connection

ROWS_OF_AN_INDEX = 1_000
"""How many rows of an index are looked at; SQLite's own documents advise 100 to 1,000."""


def learn(connection: Connection) -> None:
    """Let SQLite look how values are spread, within this transaction; PostgreSQL is left alone."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS_OF_AN_INDEX}")
        connection.exec_driver_sql("ANALYZE")
