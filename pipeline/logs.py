"""How is the log written so that every line in it is ours?

What people put into an address, a name or a file reaches messages. A line break among it would begin a line that looks
like an entry of our own (CWE-117), and a control character would colour or clear a terminal.
"""

import logging
import sys


class OneLine(logging.Formatter):
    """One line for what happened; control characters stand in it as they are written in a program. A traceback follows in
    lines that begin with blanks, which no entry does."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().formatMessage(record)
        return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)

    def formatException(self, ei: object) -> str:
        """The traceback, moved in."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"    {line}" for line in lines)


def log_to_the_terminal(level: int, form: str) -> None:
    """From now on what is logged from this level on goes to standard error, in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(form))
    logging.basicConfig(level=level, handlers=[handler])
