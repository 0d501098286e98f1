"""How is another program told of what happened, so that it knows it was us, and nobody else is reached by it?

Signed as the Standard Webhooks specification has it (standardwebhooks.com): HMAC-SHA256 over id, moment and body. Only
addresses of the open network are told, over https: a name is resolved once, every address it has is looked at, and the
connection goes to the one that was looked at; redirects are not followed. What could not be told is tried again with
growing pauses (those of tenacity), for about ten hours.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import socket
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Engine
from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_exponential_jitter

from errors import InputError, StorageError
from pipeline.background import Background
from settings import settings
from storage import hooks, plan_lists
from storage.database import reading, transaction
from storage.hooks import Delivery, DeliveryState, Happening, Hook
from storage.secret import kept_key

_log = logging.getLogger(__name__)

MOST_TRIES = 9
"""The last one comes about ten hours after the first."""

_PAUSES = wait_exponential_jitter(multiplier=10.0, exp_base=4.0, max=4 * 3600.0, jitter=5.0)

_SECONDS = httpx.Timeout(10.0, connect=5.0)

_GOOD_FOR_A_WAY_AROUND = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24")))
"""Addresses of the open network behind which others may lie: translations between versions of the protocol."""

LOOK_SECONDS = 2.0

DUE_SECONDS = 900.0
"""How often is looked whether something of a coaching plan is due."""


# Where


def check_address(url: str) -> None:
    """Raise InputError where nothing is ever told to such an address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as wrong:
        raise InputError("This is no address; one looks like https://crm.example.org/attune.") from wrong
    inside = settings().webhooks_inside
    schemes = ("https", "http") if inside else ("https",)
    printable = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if parts.scheme not in schemes or not host or parts.username is not None or parts.fragment or not printable:
        raise InputError("An address begins with https:// and a name, and has neither a user nor a fragment.")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if not inside and not is_open(literal):
        raise InputError("This address lies within a network and not on the open one; webhooks do not go there.")


def is_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the open network: no loopback, private, link-local or other special one."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_open(address.ipv4_mapped)
    around = any(address in network for network in _GOOD_FOR_A_WAY_AROUND if network.version == address.version)
    return address.is_global and not address.is_multicast and not around


def resolve(host: str, port: int) -> str:
    """The address to connect to. Raises InputError where there is none, or any of them is not of the open network."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        raise InputError("The name could not be resolved.") from wrong
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not settings().webhooks_inside and not all(is_open(ipaddress.ip_address(one)) for one in addresses):
        raise InputError("The name leads to an address within a network; webhooks do not go there.")
    return addresses[0]


# What


def secret_of(hook: Hook) -> str:
    """What signs what this address is told, as Standard Webhooks writes it.

    Made from a key in a file beside the database, so that the database alone is not enough to sign. Raises StorageError.
    """
    made = hmac.new(_key(), f"{hook.id}.{hook.salt}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()


def _key() -> bytes:
    file = settings().home / "webhooks.key"
    try:
        return kept_key(file, secrets.token_bytes(32))
    except OSError as wrong:
        raise StorageError(f"The key of webhooks in {file.parent} cannot be used ({wrong.strerror}).") from wrong


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def body_of(delivery: Delivery) -> bytes:
    """What is sent: the event, when it happened, and its ids and scores."""
    told: dict[str, Any] = {"type": delivery.event.value, "timestamp": delivery.at.isoformat(), "data": dict(delivery.data)}
    return json.dumps(told, separators=(",", ":")).encode()


# Telling


def deliver_due(engine: Engine, client: httpx.Client) -> int:
    """Tell what is due; how much of it was taken."""
    with reading(engine) as session:
        waiting = hooks.due(session)
    taken = 0
    for hook, delivery in waiting:
        answered, state, ended = _try(client, hook, delivery)
        next_at = datetime.now(UTC) + timedelta(seconds=pause_after(delivery.tries + 1))
        with transaction(engine) as session:
            hooks.tried(session, delivery.id, answered, state, next_at)
            if ended:
                hooks.end_hook(session, hook.id, ended)
        taken += state is DeliveryState.DELIVERED
    return taken


def pause_after(tries: int) -> float:
    """Seconds until the next try after so many."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = tries
    return float(_PAUSES(state))


def _try(client: httpx.Client, hook: Hook, delivery: Delivery) -> tuple[str, DeliveryState, str]:
    """How it was answered, what becomes of it, and why the address is told nothing any more, or nothing."""
    try:
        status = _send(client, hook, delivery)
    except InputError as wrong:
        answered, taken = str(wrong), False
    except httpx.HTTPError as wrong:
        answered, taken = f"No answer ({type(wrong).__name__}).", False
    else:
        answered, taken = f"Answered {status}.", 200 <= status < 300
        if status == httpx.codes.GONE:
            return answered, DeliveryState.FAILED, "It answered that it is gone (410)."
    if taken:
        return answered, DeliveryState.DELIVERED, ""
    return answered, DeliveryState.FAILED if delivery.tries + 1 >= MOST_TRIES else DeliveryState.WAITING, ""


def _send(client: httpx.Client, hook: Hook, delivery: Delivery) -> int:
    """Send it to the address that was looked at; the status of the answer, of which nothing else is read."""
    check_address(hook.url)  # what is allowed may have changed since
    url = httpx.URL(hook.url)
    port = url.port or (443 if url.scheme == "https" else 80)
    address = resolve(url.host, port)
    body, moment = body_of(delivery), int(datetime.now(UTC).timestamp())
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": "Attune",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(secret_of(hook), delivery.message_id, moment, body),
    }
    request = client.build_request(
        "POST", url.copy_with(host=address), content=body, headers=headers, extensions={"sni_hostname": url.host}
    )
    answer = client.send(request, stream=True)
    answer.close()
    return answer.status_code


def tell_what_is_due(engine: Engine, today: date) -> int:
    """Write down for each address that wants it what of the plans that it may see is due; how much is new."""
    found: list[tuple[Hook, str, dict[str, Any]]] = []
    with reading(engine) as session:
        for hook in hooks.hooks_in_force(session):
            last = 0
            while Happening.PLAN_DUE in hook.events and (some := plan_lists.plans_after(session, hook.token.asker, last)):
                last = some[-1].id
                for plan in some:
                    for one in plan.due:
                        if one.day <= today:
                            about = {"plan_id": plan.id, "agent_id": plan.agent_id, "key": one.key, "day": str(one.day)}
                            found.append((hook, f"plan {plan.id} {one.key} {one.day}", about))
    with transaction(engine) as session:
        hooks.drop_unwanted(session)
        return sum(hooks.tell(session, hook, Happening.PLAN_DUE, key, about) for hook, key, about in found)


def new_client() -> httpx.Client:
    """What tells: without the machine's proxies, and following no redirect."""
    return httpx.Client(
        timeout=_SECONDS, follow_redirects=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )


class Notifier(Background):
    """Tells what is due, as long as the application serves; what waits at the end is told after the next start."""

    def __init__(self, engine: Engine) -> None:
        super().__init__("webhooks", self._look, "webhooks could not be told", LOOK_SECONDS)
        self._engine, self._since_due = engine, float(DUE_SECONDS)

    def _run(self) -> None:
        with new_client() as self._client:
            super()._run()

    def _look(self) -> None:
        self._since_due += LOOK_SECONDS
        if self._since_due >= DUE_SECONDS:
            tell_what_is_due(self._engine, datetime.now(UTC).date())
            self._since_due = 0.0
        deliver_due(self._engine, self._client)
