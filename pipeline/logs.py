"""How is the log written so that every line in it is ours, says of which call it is, and holds nothing that anybody said?

What people put into an address, a name or a file reaches messages. A line break among it would begin a line that looks
like an entry of our own (CWE-117), and a control character would colour or clear a terminal. As text an entry is one line
for a person; as JSON (`ATTUNE_LOG=json`) one object for a program that gathers logs, from every process alike.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from errors import SettingsError
from settings import Settings, settings

PLAIN = "%(levelname)s %(name)s: %(message)s"
"""How an entry of a command looks."""

DATED = f"%(asctime)s {PLAIN}"
"""How an entry of a process looks that runs on and on."""

OURS = (
    *("attune", "api", "app", "coaching", "commands", "dashboard", "exports", "pipeline", "reviews", "samples"),
    *("scorecards", "scoring", "storage", "transcripts"),
)
"""The loggers of this program. Nobody else's is ever asked for more than `INFO`: what a library says to whoever mends it may
be what it works on, and that is what customers said."""

_call: ContextVar[str] = ContextVar("call", default="")


@contextmanager
def about_call(call_id: str) -> Iterator[None]:
    """What is logged within this, in this thread, is of this call."""
    token = _call.set(call_id)
    try:
        yield
    finally:
        _call.reset(token)


def log_to_the_terminal(level: int, form: str) -> None:
    """From now on what is logged goes to standard error, in the form that is set; `form` is that of an entry as text.

    level: more than `ATTUNE_LOG_LEVEL` asks for is said where this is lower than a warning.
    """
    chosen = _settings()
    set_level = logging.getLevelNamesMapping()[chosen.log_level.upper()] if chosen else logging.WARNING
    level = set_level if level >= logging.WARNING else min(level, set_level)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_name_call)
    as_json = chosen is not None and chosen.log == "json"
    handler.setFormatter(OneObject() if as_json else OneLine(form))
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler])
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # six lines at each start, of nothing of ours
    if as_json:
        logging.captureWarnings(True)
        sys.excepthook = _log_the_end


def _settings() -> Settings | None:
    """None where they cannot be read: whoever needs them says so, by a log that is written all the same."""
    try:
        return settings()
    except SettingsError:
        return None


def _name_call(record: logging.LogRecord) -> bool:
    record.call = _call.get()
    return True


class OneObject(JsonFormatter):
    """One JSON object for what happened: when (UTC), how grave, who says it, what, in which process, and of which call."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message", "process", "call"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            timestamp="time",
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Those fields and no others: what a library hangs on to a record is its own affair."""
        return {name: log_data[name] for name in _FIELDS if log_data.get(name) not in (None, "")}


_FIELDS = ("time", "level", "logger", "message", "call", "process", "traceback")


def _log_the_end(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("attune").critical("the process ends", exc_info=(kind, value, trace))


class OneLine(logging.Formatter):
    """One line for what happened; control characters stand in it as they are written in a program. A traceback follows in
    lines that begin with blanks, which no entry does."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().formatMessage(record)
        call = getattr(record, "call", "")
        line = f"{line} (call {call})" if call else line
        return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)

    def formatException(self, ei: object) -> str:
        """The traceback, moved in."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"    {line}" for line in lines)
