"""How far is it, and how long will it take?"""

import sys
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

from settings import settings


class Progress:
    """A line on standard error with what is done and the time left. Where nobody watches, a line every ten seconds."""

    def __init__(self, total: int, title: str) -> None:
        watched = sys.stderr.isatty()
        self._bar = tqdm(
            total=total,
            desc=title,
            unit="call",
            file=_WhereThereIsRoom(sys.stderr),
            mininterval=0.2 if watched else 10,
            miniters=1,
            dynamic_ncols=watched,
            ncols=None if watched else 80,
            bar_format="{desc}: {n_fmt} of {total_fmt} |{bar}| {elapsed} so far, {remaining} left",
            disable=total < 2 or settings().log == "json",  # which is read by a program
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.close()

    def step(self) -> None:
        """One more is done."""
        self._bar.update()

    def reached(self, done: int, total: int) -> None:
        """So many of so many are done, where how many there are shows only on the way."""
        self._bar.total = total
        self._bar.n = done
        self._bar.refresh()


class _WhereThereIsRoom:
    """A stream, on which what cannot be written is left out: a full disk under a log file is no reason to end the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write this, if it can be."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Hand it on, if it can be."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
