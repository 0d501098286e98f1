"""How is a customer known again by a telephone number or an e-mail address that is never stored?

The list of calls may have `customer_phone` and `customer_email`. Before anything is kept of them they become keyed hashes:
HMAC-SHA256 (RFC 2104) under a key drawn by HKDF (RFC 5869) from the server's secret (`storage.secret`), which is not in the
database; a plain hash of a telephone number could be found by trying all numbers. The key of encryption has no part in it,
so that `rotate-key` changes nothing here; who changes the server's secret is matched anew by number alone.
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import phonenumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scoring.course import CUSTOMER_COLUMNS, EMAIL_HASH, PHONE_HASH
from scoring.same_customer import Identity, IdentityKind
from settings import settings
from storage.secret import server_key

PHONE, EMAIL = "customer_phone", "customer_email"
"""The columns of the list of calls that are never kept."""

FEWEST_DIGITS = 5
"""What has fewer is an extension or a word for nothing, as of a caller who withheld their number."""

_DIGITS = 32


def hidden(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What came with a call, with keyed hashes in the place of a telephone number and an e-mail address."""
    found = {}
    for name, value in facts.items():
        column = str(name).strip().lower()
        if column not in (PHONE, EMAIL):
            found[name] = value
            continue
        said = "" if value is None else str(value)
        plain = same_phone(said) if column == PHONE else same_email(said)
        if plain:
            found[PHONE_HASH if column == PHONE else EMAIL_HASH] = keyed_hash(column, plain)
    return found


def same_phone(written: str) -> str:
    """A telephone number in one way of writing (E.164 where it is one of a country); empty where it is none.

    Without a country code it is taken for one of `ATTUNE_PHONE_REGION`.
    """
    digits = "".join(letter for letter in written if letter.isdecimal())
    if len(digits) < FEWEST_DIGITS:
        return ""
    try:
        number = phonenumbers.parse(written, settings().phone_region or None)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def same_email(written: str) -> str:
    """An e-mail address without distinctions of case; empty where it is none."""
    return written.strip().casefold() if "@" in written.strip()[1:-1] else ""


def identities_of(facts: Mapping[str, Any]) -> tuple[Identity, ...]:
    """By what the customer of a call is known, going by what is kept of what came with it; the strongest first."""
    known = {str(name).strip().lower(): "" if value is None else str(value).strip() for name, value in hidden(facts).items()}
    number = next((known[name] for name in CUSTOMER_COLUMNS if name not in (PHONE_HASH, EMAIL_HASH) and known.get(name)), "")
    given = {
        IdentityKind.NUMBER: number.casefold(),
        IdentityKind.PHONE: known.get(PHONE_HASH, ""),
        IdentityKind.EMAIL: known.get(EMAIL_HASH, ""),
    }
    return tuple(Identity(kind, keyed_hash(kind.value, said)) for kind, said in given.items() if said)


def typed(text: str) -> tuple[Identity, ...]:
    """What somebody who types this may mean: a number of the centre's own, a telephone number, an e-mail address."""
    return (
        *identities_of({CUSTOMER_COLUMNS[0]: text}),
        *identities_of({PHONE: text}),
        *identities_of({EMAIL: text}),
    )


def customer_id_of(identity: Identity) -> str:
    """The id of the customer who is first known by this."""
    return keyed_hash("customer", f"{identity.kind.value} {identity.key}")[:16]


def keyed_hash(of: str, said: str) -> str:
    """What is said of that sort so that the same is known again, and is not found by trying without the server's key."""
    return hmac.new(_key(server_key()), f"{of} {said}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]


@lru_cache(maxsize=8)
def _key(secret: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"attune customers").derive(secret)
