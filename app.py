"""How is Attune served?

One process answers everything: the dashboard, the sign-in before it, the recordings and the health of the service.
`python app.py` starts it with the settings in force; `serve` is the same for the command line.
"""

import gc
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st
import streamlit.logger
from anyio import to_thread
from sqlalchemy import Engine
from streamlit.web.server.starlette import starlette_server

from api.routes import middleware, routes
from dashboard import COOKIE
from dashboard.widgets.desk import state
from errors import AttuneError, SettingsError
from pipeline.alerting import Alerter
from pipeline.background import Background
from pipeline.closed import close_to_others
from pipeline.logs import DATED, log_to_the_terminal
from pipeline.notify import Notifier
from pipeline.options import look
from pipeline.people import first_administrator
from pipeline.retain import Keeper
from pipeline.work import Worker
from settings import settings
from storage import statistics
from storage.database import open_database, transaction

_log = logging.getLogger("attune")

_PAGES = Path(__file__).parent / "dashboard" / "main.py"


def show_sentence(error: Exception) -> bool:
    """Show what went wrong on a page as a sentence; the traceback goes to the log, under a number to quote.

    True tells Streamlit that nothing more is to be shown.
    """
    if isinstance(error, AttuneError):
        _log.warning("a page could not be shown: %s", error)
        st.error(str(error), icon=":material/error:")
        return True
    number = uuid4().hex[:8]
    _log.error("a page failed, number %s", number, exc_info=error)
    st.error(
        "This page could not be shown, through a fault of the program and not of yours. Nothing was changed. "
        f"Try it again; if it stays, whoever runs Attune finds the reason in the log under **{number}**.",
        icon=":material/error:",
    )
    return True


def build_app(engine: Engine) -> st.App:
    """Everything that is served, on that database; with it goes the work for other programs, and retention."""

    @asynccontextmanager
    async def at_work(app: st.App) -> AsyncIterator[None]:
        worker, notifier, keeper, alerter = Worker(engine), Notifier(engine), Keeper(engine), Alerter(engine)
        looking = Background(
            "statistics", partial(learn_spread, engine), "how values are spread stays as it was known", DAY, 1
        )
        if settings().work_here:
            worker.start()
        notifier.start()
        keeper.start()
        alerter.start()
        looking.start()
        yield
        await to_thread.run_sync(looking.stop)
        await to_thread.run_sync(alerter.stop)
        await to_thread.run_sync(keeper.stop)
        await to_thread.run_sync(notifier.stop)
        if settings().work_here:
            await to_thread.run_sync(worker.stop)

    return st.App(
        _PAGES,
        lifespan=at_work,
        routes=routes(engine, COOKIE, state),
        middleware=middleware(engine, COOKIE),
        on_script_error=show_sentence,
    )


DAY = 24 * 60 * 60
"""Seconds between two looks at how values are spread; what comes in by then is looked at as it comes (`storage.sums`)."""


def learn_spread(engine: Engine) -> None:
    """Have SQLite look how its values are spread (`storage.statistics`). Raises StorageError."""
    with transaction(engine) as session:
        statistics.learn(session.connection())


def collect_rarely() -> None:
    """Look for garbage more seldom, and not among what was loaded to begin with.

    A page makes tens of thousands of small values, which by Python's usual measure is a reason to look through everything
    that the program holds, for a quarter of a second, while somebody waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


COLLECT_AFTER = (20_000, 10, 10)
"""So many new values, and so many of the smaller looks before the next larger one; Python's own measure is 700, 10, 10."""


def _through_ours(logger: logging.Logger) -> None:
    """What Streamlit and the server beneath it log goes the way of every entry, in the form that is set.

    Streamlit would give each of its loggers a way of its own, and does so anew whenever it reads its options.
    """
    own = getattr(logger, "streamlit_console_handler", None)
    if own is not None:
        logger.removeHandler(own)
    logger.propagate = True


STOP_SECONDS = 5
"""How long requests that are under way may take once the process was told to stop; a page takes about one second, and
whoever sends a large file over a slow line begins again."""


def _server_options(streamlits: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What Streamlit tells the server beneath it, and what it has no option for: not to wait for ever when it is to stop,
    and to log our way."""
    return {**streamlits(), "timeout_graceful_shutdown": STOP_SECONDS, "log_config": None}


def _check_port(host: str, port: int) -> None:
    """Raise SettingsError where nothing can listen there, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise SettingsError(
                f"Nothing can listen on {host} port {port} ({taken.strerror}). "
                f"Perhaps Attune is running already; if not, choose another port, such as ATTUNE_PORT={port + 1}."
            ) from taken


def serve(*, host: str | None = None, port: int | None = None) -> None:
    """Serve the dashboard until it is stopped; `host` and `port` replace those of the settings.

    Raises SettingsError where the port is taken, StorageError where the database cannot be opened.
    """
    close_to_others()
    options = settings()
    host, port = host or options.host, port or options.port
    _check_port(host, port)
    streamlit.logger.setup_formatter = _through_ours
    streamlit.logger.update_formatter()
    starlette_server._get_uvicorn_config_kwargs = partial(_server_options, starlette_server._get_uvicorn_config_kwargs)
    # Streamlit logs what a page raises a second time, without the number under which `show_sentence` logs it.
    logging.getLogger("streamlit.error_util").addFilter(lambda record: False)
    engine = open_database(options.url)
    look(engine)
    first = first_administrator(engine)
    if first:
        _log.warning("Nobody could sign in yet. %s can now, with the one-time password in %s.", options.administrator, first)
    collect_rarely()
    build_app(engine).run(
        config={
            "server.address": host,
            "server.port": port,
            "server.headless": True,
            "server.maxUploadSize": 1,  # megabyte; only scorecards are sent to pages, and those have 256 KB at most
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": False,
            "client.toolbarMode": "minimal",
            "client.showErrorDetails": "none",
            "client.showErrorLinks": False,
            "logger.hideWelcomeMessage": True,
            "logger.enableRich": False,
            "runner.magicEnabled": False,
            "global.disableWidgetStateDuplicationWarning": True,
        }
    )


def main() -> int:
    """Serve, say where, and give the exit status."""
    log_to_the_terminal(logging.WARNING, DATED)
    _log.setLevel(logging.INFO)
    try:
        options = settings()
        _log.info("Attune is at http://%s:%s", "localhost" if options.host == "127.0.0.1" else options.host, options.port)
        serve()
    except AttuneError as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
