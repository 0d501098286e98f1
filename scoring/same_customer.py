"""Whose contact is this, going by what is known of who called?

A number of the centre's own decides; without one a telephone number or an e-mail address does, as long as it is known of one
customer alone. Nothing here takes an identity away from anybody or puts two customers together: that is for people to do
(`storage.customers`), and what they did stands.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class IdentityKind(StrEnum):
    """By what a customer is known; the first that is given decides."""

    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Identity:
    """Something that is the same at each contact of a customer; `key` is a keyed hash of it."""

    kind: IdentityKind
    key: str


@dataclass(frozen=True)
class Owner:
    """A customer who has an identity. numbered: whether a number of the centre's own is known of them; by_hand: whether a
    person gave them this identity."""

    customer: str
    numbered: bool
    by_hand: bool = False


@dataclass(frozen=True)
class Match:
    """Whose contact it is: a customer who is known, or a new one where `customer` is None; and by what.

    learned: the identities that are new of this customer.
    """

    customer: str | None
    by: Identity
    learned: tuple[Identity, ...]


def match(given: Sequence[Identity], owners: Mapping[Identity, Collection[Owner]]) -> Match | None:
    """Whose contact it is; None where nothing is given, or only what several customers share.

    given: what is known of who called. owners: who has each of these. A telephone number that comes with two numbers of the
    centre's own is of a household or a company: it then stands for nobody alone.
    """
    number = next((one for one in given if one.kind is IdentityKind.NUMBER), None)
    contacts = [one for one in given if one.kind is not IdentityKind.NUMBER]
    if number is not None:
        known = sorted(one.customer for one in owners.get(number, ()))
        customer = known[0] if known else _without_number(contacts, owners)
        by = number
    else:
        if not contacts:
            return None
        alone = [one for one in contacts if len(owners.get(one, ())) == 1]
        if not alone and any(owners.get(one) for one in contacts):
            return None
        by = alone[0] if alone else contacts[0]
        customer = next((one.customer for one in owners.get(by, ())), None)
    return Match(customer, by, tuple(one for one in given if _is_learned(one, customer, number, owners.get(one, ()))))


def _without_number(contacts: Sequence[Identity], owners: Mapping[Identity, Collection[Owner]]) -> str | None:
    """The one customer who is known by such a contact and by no number yet."""
    for one in contacts:
        known = list(owners.get(one, ()))
        if len(known) == 1 and not known[0].numbered:
            return known[0].customer
    return None


def _is_learned(one: Identity, customer: str | None, number: Identity | None, known: Collection[Owner]) -> bool:
    """Whether this is to be known of the customer from now on. What is another's is shared only where a number says that
    there are two, and no person said whose it is."""
    if not known:
        return True
    if any(owner.customer == customer for owner in known):
        return False
    return number is not None and one != number and not any(owner.by_hand for owner in known)
