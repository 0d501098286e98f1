"""Who can look into a process that knows secrets, and what need those that it starts not know?

On Linux another process of the same user may read a process's environment and memory, unless it says otherwise. One that
reads a stranger's file (`pipeline.bounded`) is such a process. Elsewhere the system decides, and nothing is changed here.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Mapping

_DUMPABLE = 4
"""`PR_SET_DUMPABLE` of Linux's prctl(2)."""

OF_NO_USE_TO_WORKERS = ("ATTUNE_SMTP_PASSWORD", "ATTUNE_OIDC_SECRET")
"""Who hears and judges sends no mail and signs nobody in."""


def close_to_others() -> None:
    """From now on only this process and the superuser read its environment and its memory, and neither goes to a file where
    it crashes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DUMPABLE, 0, 0, 0, 0)


def for_workers(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what those at work have no use for."""
    return {name: value for name, value in environment.items() if name.upper() not in OF_NO_USE_TO_WORKERS}


def forget_what_is_of_no_use() -> None:
    """Take that out of this process's own environment, before the settings are read."""
    for name in set(os.environ) - set(for_workers(os.environ)):
        del os.environ[name]
