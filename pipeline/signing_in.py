"""May this person come in, and are they still here?

A wrong password and an unknown address take equally long and are told apart by nobody. Failures are counted at an account
from one address, at an account from everywhere, and from an address; whoever has made too many waits.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, SettingsError
from pipeline import provider
from pipeline.options import look_now_and_then
from pipeline.passwords import check_new, check_password, hash_password, new_password
from pipeline.people import FIRST_PASSWORD
from settings import settings
from storage import people, queries, sessions, throttle
from storage.access import Role
from storage.database import reading, transaction
from storage.provided import Provided, admit
from storage.records import UserRecord
from storage.sessions import SignedIn
from storage.throttle import Limit

AT_AN_ACCOUNT = Limit(5, 300)
"""Failures that one address may make at one account."""

AT_AN_ACCOUNT_FROM_ANYWHERE = Limit(50, 3600)
"""Failures at one account from all addresses together; NIST SP 800-63B asks for no more than a hundred."""

FROM_AN_ADDRESS = Limit(30, 300)
"""Failures that one address may make in all; several people may share an address."""


@dataclass(frozen=True)
class Came:
    """Whoever signed in gets a token, whoever did not may have to wait for so many seconds."""

    token: str | None
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Standing:
    """A person's own sign-in: who they are, whether they have to choose a password, and since when they are signed in."""

    name: str
    email: str
    must_choose: bool
    open_since: tuple[datetime, ...]


def sign_in(engine: Engine, email: str, password: str, address: str, before: str | None = None) -> Came:
    """A new session for whoever has this password; the one that the browser had before ends.

    Where passwords are off, for administrators with a one-time password alone: an operator gives them one when the
    provider of sign-ins does not answer.

    address: from where it is tried, as an IP address. before: the token that came along.
    """
    wait, user = _try(engine, email, password, address, _may_use_a_password)
    if user is None:
        return Came(None, wait)
    with transaction(engine) as session:
        if before:
            sessions.end(session, before)
        return Came(begin(session, user.id))


def by_provider(
    engine: Engine, begun: provider.Start, sent: Mapping[str, str], back: str, address: str, before: str | None = None
) -> str:
    """A new session for whom the organisation's sign-in says it is: its token.

    begun: the sign-in that was begun in this browser, good once. sent: what came back to our address `back`. address and
    before: as for `sign_in`. Raises NotAllowed with a sentence for whoever is not let in, InputError where the provider does
    not answer.
    """
    limits = {f"start {begun.seed}": Limit(1, 2 * provider.START_SECONDS), f"provider {_network(address)}": FROM_AN_ADDRESS}
    with transaction(engine) as session:
        if throttle.attempt(session, limits) > 0:
            raise NotAllowed(
                "This sign-in was used before, or too many failed from here. Begin again, or wait five minutes."
            )
    try:
        known = provider.who_came_back(begun, sent, back)
        said = Provided(known.email, known.name, _role(known.claims), _teams(known.claims), _agent(known.claims))
        hashed = hash_password(new_password())
        with transaction(engine) as session:
            user_id = admit(session, said, settings().oidc_people == "add", hashed)
        with transaction(engine) as session:
            throttle.forgive(session, (), f"provider {_network(address)}")
            if before:
                sessions.end(session, before)
            return begin(session, user_id)
    except NotAllowed:
        with transaction(engine) as session:
            sessions.refuse(session, None)
        raise


def _role(claims: Mapping[str, Any]) -> Role | None:
    """The role that the claims give; None where the provider does not decide roles. Raises NotAllowed where they give
    none, SettingsError where the setting makes no sense."""
    options = settings()
    if not options.oidc_roles_claim:
        return None
    held = set(provider.claimed(claims, options.oidc_roles_claim))
    for pair in filter(str.strip, options.oidc_roles.split(";")):
        name, _, role = pair.rpartition(":")
        if role.strip() not in set(Role):
            raise SettingsError(f"ATTUNE_OIDC_ROLES: {role.strip()!r} is no role; there are {', '.join(Role)}.")
        if name.strip() in held:
            return Role(role.strip())
    raise NotAllowed("Your organisation's sign-in gives you no role here. Ask whoever looks after it.")


def _teams(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    name = settings().oidc_teams_claim
    return provider.claimed(claims, name) if name else None


def _agent(claims: Mapping[str, Any]) -> str:
    return next(iter(provider.claimed(claims, settings().oidc_agent_claim)), "")


def begin(session: Session, user_id: int) -> str:
    """A new token for this user, good for as long as the settings say."""
    options = settings()
    return sessions.start(session, user_id, options.session_hours, options.idle_minutes)


def who(engine: Engine, token: str | None, *, in_use: bool = False) -> SignedIn | None:
    """Whose session this is; None where it is over. `in_use` says that a person is doing something with it just now, so that
    it does not end for want of use."""
    if not token:
        return None
    look_now_and_then(engine)
    with reading(engine) as session:
        found = sessions.signed_in(session, token)
    if found is not None and in_use and sessions.is_due(found, settings().idle_minutes):
        with transaction(engine) as session:
            sessions.note_use(session, token, settings().idle_minutes)
    return found


def standing(engine: Engine, token: str) -> Standing:
    """How this person's own sign-in stands. Raises NotAllowed where the session is over."""
    with reading(engine) as session:
        found = _required(sessions.signed_in(session, token))
        user = people.account(session, found.asker.user_id)
        since = tuple(sessions.open_since(session, user.id))
    return Standing(user.name, user.email, found.must_choose, since)


def change_password(engine: Engine, token: str, old: str, new: str, address: str) -> Came:
    """Give the person whose session this is the new password. They are signed out everywhere, and in again here.

    Raises NotAllowed where the session is over, InputError where the new one is none, or is the old one, and where passwords
    are off.
    """
    with reading(engine) as session:
        found = _required(sessions.signed_in(session, token))
    if not settings().passwords and not found.must_choose:
        raise InputError("People sign in without passwords here.")
    with reading(engine) as session:
        email = people.account(session, found.asker.user_id).email
    wait, user = _try(engine, email, old, address)
    if user is None:
        return Came(None, wait)
    if new == old:
        raise InputError("The new password is the old one. Choose another.")
    check_new(new, user.name, user.email)
    hashed = hash_password(new)
    with transaction(engine) as session:
        people.set_password(session, user.id, hashed, by=found.asker)
        token = begin(session, user.id)
    if found.must_choose and email == settings().administrator.strip().lower():
        (settings().home / FIRST_PASSWORD).unlink(missing_ok=True)
    return Came(token)


def sign_out_everywhere(engine: Engine, token: str) -> None:
    """End all sessions of the person whose session this is. Raises NotAllowed where it is over."""
    with transaction(engine) as session:
        asker = _required(sessions.signed_in(session, token)).asker
        sessions.end_all(session, asker.user_id, asker)


def sign_out(engine: Engine, token: str) -> None:
    """End this session."""
    with transaction(engine) as session:
        sessions.end(session, token)


def _required(found: SignedIn | None) -> SignedIn:
    if found is None:
        raise NotAllowed("You are no longer signed in. Sign in again.")
    return found


def _may_use_a_password(user: UserRecord) -> bool:
    return settings().passwords or (user.one_time and user.role is Role.ADMINISTRATOR)


def _try(
    engine: Engine, email: str, password: str, address: str, may: Callable[[UserRecord], bool] = lambda user: True
) -> tuple[float, UserRecord | None]:
    """Who has this address and this password, or how many seconds whoever tries has to wait.

    Whom `may` does not let in is answered, counted and written down like a wrong password: nothing tells that it was right.
    """
    email = email.strip().lower()
    place = _network(address)
    pair, account, everyone = f"pair {place} {email}", f"account {email}", f"address {place}"
    limits = {pair: AT_AN_ACCOUNT, account: AT_AN_ACCOUNT_FROM_ANYWHERE, everyone: FROM_AN_ADDRESS}
    with transaction(engine) as session:
        wait = throttle.attempt(session, limits)
    if wait > 0:
        return wait, None
    with reading(engine) as session:
        user = queries.user_by_email(session, email)
    # Checked for an unknown person too, so that the answer takes equally long; the database does not wait for it.
    if not check_password(user.password_hash if user else None, password) or user is None or not may(user):
        with transaction(engine) as session:
            sessions.refuse(session, user.id if user else None)
        return 0.0, None
    with transaction(engine) as session:
        throttle.forgive(session, (pair, account), everyone)
    return 0.0, user


def _network(address: str) -> str:
    """Whose address it is: of IPv6 the first 64 bits, as one subscriber has all that begin with them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False).network_address)
