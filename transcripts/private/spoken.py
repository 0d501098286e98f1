"""Which digits and letters are said in a row of words?

Digits come as figures (`4929`, `4-9-2-9`, `4,900`), one by one, doubled (`double one`, `treble nought`), in pairs
(`forty-two eleven`), in hundreds (`one hundred and five`), and with the slips of recognisers: `for`, `to` and `ate` are
digits only between digits. Letters come single, by the NATO alphabet, or as `B for bravo`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transcripts.model import Speaker, Turn


@dataclass(frozen=True)
class Token:
    """A word of a turn: `core` in small letters without the punctuation around it, empty where it may not be read.

    `ends` where a sentence ends after it, `pauses` where any punctuation does, `raw` as it is written without punctuation.
    """

    turn: int
    place: int
    speaker: Speaker
    core: str
    raw: str
    ends: bool
    pauses: bool


class Row(NamedTuple):
    """Digits said in a row: the places of the first word and after the last, among the conversation's tokens."""

    first: int
    after: int
    digits: str


class Character(NamedTuple):
    """A letter or digit of something spelled, and the place of the word that it is from."""

    text: str
    place: int


def words(text: str, between: str | None = None) -> tuple[str, ...]:
    """The words of a list that is written as a text."""
    return tuple(text.split(between))


UNITS = {word: str(number) for number, word in enumerate(words("zero one two three four five six seven eight nine"))}
ZEROS = frozenset(words("oh o nought naught nil"))
ODD_DIGITS = {"niner": "9", "fife": "5"}
ONE_DIGIT = UNITS | dict.fromkeys(ZEROS, "0") | ODD_DIGITS
TEENS = {
    word: number
    for number, word in enumerate(
        words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), 10
    )
}
TENS = {word: 10 * number for number, word in enumerate(words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
TENS |= {"fourty": 40}
TIMES = {"double": 2, "treble": 3, "triple": 3, "quadruple": 4}
SLIPS = {"for": "4", "fore": "4", "to": "2", "too": "2", "ate": "8", "won": "1", "tree": "3", "sex": "6", "free": "3"}
"""What recognisers write for a digit; read as one only between digits."""

JOINERS = frozenset(words("dash hyphen space slash stroke uh um er erm"))
"""Words between the digits of one number that say nothing."""

_BEGIN = ONE_DIGIT.keys() | TEENS.keys() | TENS.keys() | TIMES.keys()

NATO = {
    word: word[0]
    for word in words(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar "
        "papa quebec "
        "romeo sierra tango uniform victor whiskey whisky xray x-ray yankee zulu"
    )
}

_FIGURES = re.compile(r"\+?\(?\d[\d()]*(?:[-–./,]\d[\d()]*)*")
_AMOUNT = re.compile(r"\d+\.\d{1,2}|\d{1,3}\.\d+")
_EDGES = re.compile(r"^[^\w£$€+(\[@]+|[^\w%\])]+$")
PAUSES = tuple(",;:.?!")
_END = re.compile(r"[.?!][\"'”’)]*$")


def tokens_of(texts: Sequence[str], turn: int, speaker: Speaker) -> list[Token]:
    """The tokens of one turn's words. What stands in brackets was taken out before and may not be read."""
    made = []
    inside = False
    for place, text in enumerate(texts):
        opens = text.startswith("[")
        inside = inside or opens
        stripped = _EDGES.sub("", text)
        if not _FIGURES.fullmatch(stripped):  # brackets belong to `(020)` alone
            stripped = stripped.strip("()[]\"'“”‘’.,;:?!")
        core = "" if inside else stripped.lower().replace("’", "'")
        made.append(
            Token(turn, place, speaker, core, "" if inside else stripped, bool(_END.search(text)), text[-1:] in PAUSES)
        )
        if inside and "]" in text:
            inside = False
    return made


def texts_of(turn: Turn) -> list[str]:
    """A turn's words as they are written; of its text where its words do not give that."""
    return turn.text.split()


def rows(tokens: Sequence[Token]) -> list[Row]:
    """All rows of digits, none longer than its turn."""
    found: list[Row] = []
    at = 0
    while at < len(tokens):
        row = _row(tokens, at)
        if row:
            found.append(row)
            at = row.after
        else:
            at += 1
    return found


def _row(tokens: Sequence[Token], first: int) -> Row | None:
    digits, after, at = "", first, first
    turn = tokens[first].turn
    while at < len(tokens) and tokens[at].turn == turn:
        number = number_at(tokens, at)
        if number:
            digits, at = digits + number.digits, number.after
            after = at
        elif digits and tokens[at].core in SLIPS and not _is_range(tokens, first) and _slips(tokens, at, digits):
            digits, at = digits + SLIPS[tokens[at].core], at + 1
            after = at
        elif digits and tokens[at].core in JOINERS:
            at += 1
        else:
            break
    return Row(first, after, digits) if digits else None


def _is_range(tokens: Sequence[Token], first: int) -> bool:
    """Whether a number is the first of two: `from 0 to 10`."""
    return first > 0 and tokens[first - 1].turn == tokens[first].turn and tokens[first - 1].core in ("from", "between")


def _slips(tokens: Sequence[Token], at: int, before: str) -> bool:
    """Whether a word such as `for` is a digit here: digits before it in the row, and one digit said alone after it."""
    place = at + 1
    while place < len(tokens) and tokens[place].turn == tokens[at].turn and tokens[place].core in SLIPS:
        place += 1
    if place >= len(tokens) or tokens[place].turn != tokens[at].turn:
        return len(before) >= FEWEST_BEFORE_LAST_SLIP
    return number_at(tokens, place) is not None


FEWEST_BEFORE_LAST_SLIP = 3
"""So many digits in a row make a slip at the end of the turn a digit too."""


def number_at(tokens: Sequence[Token], at: int) -> Row | None:
    """The digits of the one number that begins there; None where there is none."""
    core = tokens[at].core
    if not core:
        return None
    if _FIGURES.fullmatch(core) and not _AMOUNT.fullmatch(core):
        return Row(at, at + 1, re.sub(r"\D", "", core))
    if core.split("-", 1)[0] not in _BEGIN:
        return None
    atoms = _atoms(tokens, at)
    digits, length = _in_words([text for text, _, _ in atoms])
    if not length or not atoms[length - 1][2]:
        return None
    return Row(at, atoms[length - 1][1], digits)


def _atoms(tokens: Sequence[Token], at: int) -> list[tuple[str, int, bool]]:
    """The parts of the next words of the turn, with the place after the word of each, and whether it is the word's last."""
    atoms: list[tuple[str, int, bool]] = []
    for place in range(at, min(at + 6, len(tokens))):
        if tokens[place].turn != tokens[at].turn or not tokens[place].core:
            break
        parts = tokens[place].core.split("-")
        atoms += [(part, place + 1, number == len(parts)) for number, part in enumerate(parts, 1)]
    return atoms


def _in_words(texts: Sequence[str]) -> tuple[str, int]:
    """The digits of the number at the start of these texts, and how many of them it takes; none is "", 0."""
    first = texts[0]
    if first in TIMES and len(texts) > 1:
        if texts[1] in ONE_DIGIT:
            return ONE_DIGIT[texts[1]] * TIMES[first], 2
        if re.fullmatch(r"\d", texts[1]):
            return texts[1] * TIMES[first], 2
        return "", 0
    if first in ZEROS:
        return "0", 1
    small, length = _below_hundred(texts)
    if not length:
        return "", 0
    if length < len(texts) and texts[length] == "hundred":
        rest = length + 2 if texts[length + 1 : length + 2] == ["and"] else length + 1
        more, taken = _below_hundred(texts[rest:]) if rest < len(texts) else (0, 0)
        # `nine hundred and five` is 905; `nine hundred five four` is more likely read on digit by digit.
        joined = rest == length + 2
        if taken and (joined or more >= TEENS["ten"]):
            return str(small * 100 + more), rest + taken
        return f"{small * 100}", length + 1
    if length < len(texts) and texts[length] == "thousand":
        return f"{small * 1000}", length + 1
    return str(small), length


def _below_hundred(texts: Sequence[str]) -> tuple[int, int]:
    first = texts[0]
    if first in UNITS or first in ODD_DIGITS:
        return int((UNITS | ODD_DIGITS)[first]), 1
    if first in TEENS:
        return TEENS[first], 1
    if first in TENS:
        unit = texts[1] if len(texts) > 1 else ""
        if unit in UNITS and unit != "zero":
            return TENS[first] + int(UNITS[unit]), 2
        return TENS[first], 1
    return 0, 0


def spelled(tokens: Sequence[Token]) -> Iterator[list[Character]]:
    """All stretches of letters and digits said one after the other, character by character."""
    stretch: list[Character] = []
    at = 0
    while at < len(tokens):
        taken = _characters(tokens, at)
        if not taken or (stretch and tokens[stretch[-1].place].turn != tokens[at].turn):
            if len(stretch) > 1:
                yield stretch
            stretch = []
        if taken:
            stretch += [Character(text, at) for text in taken[0]]
            # Words that only say which letter was meant belong to it.
            stretch += [Character("", place) for place in range(at + 1, taken[1])]
            at = taken[1]
        else:
            at += 1
    if len(stretch) > 1:
        yield stretch


def _characters(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """The characters that begin at a word, and the place after it."""
    core, raw = tokens[at].core, tokens[at].raw
    if not core:
        return None
    number = number_at(tokens, at)
    if number:
        return number.digits, number.after
    if len(core) == 1 and core.isascii() and core.isalpha():
        return core.upper(), _after_example(tokens, at)
    if core in NATO:
        return NATO[core].upper(), at + 1
    if core in SLIPS and 0 < at < len(tokens) - 1 and _is_one(tokens, at - 1) and _is_one(tokens, at + 1):
        return SLIPS[core], at + 1
    plain = re.sub(r"[-.]", "", core)
    if core in TIMES and at + 1 < len(tokens) and len(tokens[at + 1].core) == 1 and tokens[at + 1].core.isalpha():
        return tokens[at + 1].core.upper() * TIMES[core], at + 2
    if plain.isascii() and plain.isalnum() and (re.search(r"\d", plain) or (raw.isupper() and len(raw) <= MOST_CAPITALS)):
        return plain.upper(), at + 1
    if re.fullmatch(r"(?:[a-z]-)+[a-z]", core):
        return plain.upper(), at + 1
    return None


MOST_CAPITALS = 5
"""Capitals in a row up to here are letters of a code and not a word that is shouted."""


def _is_one(tokens: Sequence[Token], at: int) -> bool:
    core = tokens[at].core
    return core in ONE_DIGIT or core.isdigit() or core in NATO or (len(core) == 1 and core.isalpha())


def _after_example(tokens: Sequence[Token], at: int) -> int:
    """The place after a letter and, where `for` or `as in` follows, after its example."""
    texts = [token.core for token in tokens[at + 1 : at + 4] if token.turn == tokens[at].turn]
    letter = tokens[at].core
    if len(texts) > 1 and texts[0] in ("for", "like") and len(texts[1]) > 1 and texts[1].startswith(letter):
        return at + 3
    if len(texts) > 2 and texts[:2] == ["as", "in"] and texts[2].startswith(letter):
        return at + 4
    return at + 1
