"""Does the served application end when it is told to, with what was under way answered, and is its log of one form?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from app import STOP_SECONDS
from storage.access import SYSTEM, Role
from storage.database import open_database, reading, transaction
from storage.inbox_tables import InboxRow
from storage.tokens import Scope, add_token

ROOT = Path(__file__).parents[1]
TURNS = [
    {"speaker": "agent", "text": "Hello", "start": 0, "end": 1},
    {"speaker": "customer", "text": "Hello", "start": 1, "end": 2},
]
BODY = json.dumps({"transcript": {"file": "chat", "duration_seconds": 2, "language": "en", "turns": TURNS}}).encode()


def _sending(port: int, secret: str, key: str) -> socket.socket:
    """A program that has begun to send a call, and not finished."""
    program = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = (
        "POST /api/v1/transcripts HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {secret}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
    )
    program.sendall("\r\n".join((*head, "", "")).encode() + BODY[:10])
    return program


def test_a_server_that_is_told_to_stop_answers_what_is_under_way_and_ends_within_seconds(
    tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "attune.db").write_bytes(sqlite_template.read_bytes())
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with transaction(engine) as session:
        _, secret = add_token(session, SYSTEM, "a test", [Scope.SEND_CALLS], Role.REVIEWER, 3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = {"ATTUNE_HOME": str(tmp_path), "ATTUNE_PORT": str(port), "ATTUNE_LOG": "json"}
    server = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    )
    try:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
                break
            except httpx.TransportError:
                time.sleep(0.1)
        finishes, hangs = _sending(port, secret, "finishes"), _sending(port, secret, "hangs")
        httpx.get(f"http://127.0.0.1:{port}/health")  # so that both have been read
        server.send_signal(signal.SIGTERM)
        began = time.monotonic()
        finishes.sendall(BODY[10:])
        answer = finishes.recv(4000).decode()
        _, log = server.communicate(timeout=60)
    finally:
        server.kill()
    took = time.monotonic() - began
    assert answer.startswith("HTTP/1.1 202"), answer
    assert took < STOP_SECONDS + 20
    hangs.close()
    finishes.close()
    entries = [json.loads(line) for line in log.splitlines()]
    assert {"attune", "uvicorn.error"} <= {entry["logger"] for entry in entries}
    with reading(engine) as session:
        assert [row.idempotency_key for row in session.query(InboxRow)] == ["finishes"]
    engine.dispose()
