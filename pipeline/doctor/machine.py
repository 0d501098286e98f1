"""Is what the program stands on there: packages, models, its port, and who signs people in?"""

import importlib.metadata
import re
import socket
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import httpx

from errors import AttuneError, ModelError, SettingsError, WorkersAway
from pipeline.cluster import threads_there
from pipeline.doctor.finding import Finding, mind, wrong
from settings import settings
from transcripts.whisper.weights import find_weights

ROOT = Path(__file__).parents[2]

_SECONDS = 3.0


def packages() -> Iterator[Finding]:
    """Whether the packages are of the versions that everything was tried with."""
    pinned = ROOT / "constraints.txt"
    if not pinned.is_file():
        yield mind(
            "packages", f"{pinned} is missing, so that versions cannot be compared.", "Bring it back from the release."
        )
        return
    other = []
    for line in pinned.read_text(encoding="utf-8").splitlines():
        pin = re.fullmatch(r"([\w.-]+)==([\w.+!-]+)", line.strip())
        if pin:
            try:
                there = importlib.metadata.version(pin[1])
            except importlib.metadata.PackageNotFoundError:
                continue  # one for another system, or for tests
            if there.partition("+")[0] != pin[2]:
                other.append(f"{pin[1]} {there} instead of {pin[2]}")
    if other:
        more = f" and {len(other) - 5} others" if len(other) > 5 else ""
        yield mind(
            "packages",
            f"Not of the versions that everything was tried with: {', '.join(other[:5])}{more}.",
            "pip install -r requirements.txt -c constraints.txt",
        )


def models() -> Iterator[Finding]:
    """Whether the models are there, with the right hashes, and in the cache as they are run: what is not there yet is put
    there."""
    kept: tuple[Callable[[], object], ...] = (
        lambda: find_weights(settings().model),
        lambda: _keep_encoders(settings().cache),
    )
    for keep in kept:
        try:
            keep()
        except ModelError as missing:
            yield wrong("models", str(missing), "Install requirements.txt again, or correct ATTUNE_MODEL or ATTUNE_CACHE.")


@lru_cache(maxsize=1)
def _keep_encoders(_cache: Path) -> None:
    """Both encoders in that cache; where they are, they are looked at once in a process, as all their bytes are read."""
    from scoring.behaviours import judge
    from scoring.signals import bert, embeddings

    bert.packaged_model()  # whose tokenizer is read from where it is, whatever the cache holds
    embeddings.keep_model()
    judge.keep_model()


def workers() -> Iterator[Finding]:
    """Whether other machines work, where they are to."""
    if not settings().dask:
        return
    try:
        if not threads_there():
            yield wrong(
                "workers",
                f"No worker of the scheduler at {settings().dask} takes calls.",
                "Start workers, with what ATTUNE_DASK_RESOURCES asks for; docs/cluster.md says how.",
            )
    except (WorkersAway, SettingsError) as away:
        yield wrong("workers", str(away), "Start the scheduler, or correct ATTUNE_DASK; docs/cluster.md says how.")


def port() -> Iterator[Finding]:
    """Whether the port is free, or Attune itself is there."""
    host, number = settings().host, settings().port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
            return
        except OSError as taken:
            why = taken.strerror
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    try:
        with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
            if client.get(f"http://{here}:{number}/health").json() == {"status": "ok"}:
                return
    except (httpx.HTTPError, ValueError):
        pass
    yield wrong(
        "port",
        f"Nothing can listen on {host} port {number} ({why}), and it is not Attune that does.",
        "End the other program, or set ATTUNE_PORT or ATTUNE_HOST.",
    )


def provider() -> Iterator[Finding]:
    """Whether the provider of sign-in answers."""
    from pipeline.provider import discover

    if settings().oidc_issuer:
        try:
            discover()
        except AttuneError as away:
            yield wrong("sign-in", str(away), "Look whether ATTUNE_OIDC_ISSUER is right and reachable from this machine.")
