"""What counts as private, and what stands in its place?"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of private words. The value is how settings and answers name it."""

    CARD_NUMBER = "card_number"
    CARD_SECURITY_CODE = "card_security_code"
    CARD_EXPIRY = "card_expiry"
    BANK_ACCOUNT = "bank_account"
    NATIONAL_IDENTIFIER = "national_identifier"
    DATE_OF_BIRTH = "date_of_birth"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    PASSWORD = "password"

    @property
    def token(self) -> str:
        """What is written in the place of the words."""
        return f"[{_TOKENS[self]}]"

    @property
    def in_words(self) -> str:
        """Its name for a person to read."""
        return _TOKENS[self]


_TOKENS = {
    Kind.CARD_NUMBER: "card number",
    Kind.CARD_SECURITY_CODE: "security code",
    Kind.CARD_EXPIRY: "expiry date",
    Kind.BANK_ACCOUNT: "bank account",
    Kind.NATIONAL_IDENTIFIER: "national identifier",
    Kind.DATE_OF_BIRTH: "date of birth",
    Kind.EMAIL: "e-mail address",
    Kind.PHONE: "phone number",
    Kind.ADDRESS: "address",
    Kind.PASSWORD: "password",
}
ALL_KINDS = frozenset(Kind)


@dataclass(frozen=True)
class Removed:
    """A place where something private was taken out; never what it was.

    turn: place of the turn, from 0. first_word, after_word: the words of the token in the redacted turn, as in a slice.
    start, end: seconds on the call's clock; None where no times are known.
    """

    kind: Kind
    turn: int
    first_word: int
    after_word: int
    start: float | None
    end: float | None
