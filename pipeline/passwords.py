"""Is this a password, and is it the right one?

Passwords are kept as Argon2id hashes with the library's parameters (RFC 9106, low-memory profile); they are never
stored, logged or printed after the moment they are made. What may be one follows NIST SP 800-63B: length over rules, no
composition, and nothing that is tried first (the commonest, the service's name, the person's own).
"""

import re
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from errors import InputError

SHORTEST = 12
LONGEST = 128
"""Characters; the upper bound keeps a flood of long passwords from keeping the processor busy."""

_LEFT = 8
"""Characters that must be left of a password without what is tried first and without the person's own names."""

_TRIED_FIRST = (
    "password", "passwort", "passphrase", "qwertyuiop", "qwerty", "qwertz", "azerty", "asdfghjkl", "zxcvbnm", "letmein",
    "welcome", "iloveyou", "administrator", "admin", "changeme", "secret", "dragon", "monkey", "football", "baseball",
    "sunshine", "princess", "superman", "batman", "starwars", "trustno1", "whatever", "computer", "internet", "callcentre",
    "callcenter", "contactcentre", "attune", "default", "guest", "login", "master", "hello", "abc123", "1q2w3e4r", "test",
    "spring", "summer", "autumn", "winter",
)  # fmt: skip
"""What guessing begins with, as far as it is long enough to be built upon."""

_RUNS = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")

_hasher = PasswordHasher()


def check_new(password: str, name: str, email: str) -> None:
    """Raise InputError with the reason where this cannot be the password of this person."""
    if len(password) < SHORTEST:
        raise InputError(f"The password has {len(password)} characters; it needs {SHORTEST} or more.")
    if len(password) > LONGEST:
        raise InputError(f"The password has {len(password)} characters; {LONGEST} are the most.")
    plain = password.casefold()
    own = [part for part in re.split(r"[\W_]+", f"{name} {email}".casefold()) if len(part) >= 4]
    if len(_without(plain, own)) < _LEFT:
        raise InputError("That is hardly more than your name or address, which is tried first. Choose something else.")
    left = _without(plain, _TRIED_FIRST)
    if len(left) < _LEFT or len(set(plain)) < 5 or any(_runs_along(left, run) for run in _RUNS):
        raise InputError("That is one of the passwords that are tried first. Choose something else, such as four words.")


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the right one. Without a hash (nobody by that name) the same time is spent, and the answer is no."""
    if len(password) > LONGEST:
        password = ""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def new_password() -> str:
    """A password that nobody has chosen: 16 characters, 96 bits."""
    return secrets.token_urlsafe(12)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _without(plain: str, parts: tuple[str, ...] | list[str]) -> str:
    for part in sorted(parts, key=len, reverse=True):
        plain = plain.replace(part, "")
    return plain


def _runs_along(plain: str, run: str) -> bool:
    """Whether all but a few characters are one piece of a row such as 123456789."""
    return (
        any(run[start : start + len(plain) - 3] in plain for start in range(len(run) - len(plain) + 4)) if plain else False
    )
