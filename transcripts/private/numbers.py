"""Which digits and spelled codes are private?

Three things speak for it: the number's own check digits and form (a card's by Luhn's formula, ISO/IEC 7812-1; an IBAN's
by ISO 13616; by `python-stdnum`), that it is a telephone number somebody can have (`phonenumbers`), and
the words that announced it. Sums, times, quantities and references are none of these.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum import iban, luhn
from stdnum.us import ssn

from transcripts.model import Speaker
from transcripts.private.cues import Cue, Found
from transcripts.private.kinds import Kind
from transcripts.private.spoken import JOINERS, SLIPS, Character, Row, Token, number_at, rows, spelled, words


@dataclass(frozen=True)
class Hit:
    """Private words: the places of the first and after the last, among all tokens of the conversation."""

    kind: Kind
    first: int
    after: int


UNITS_AFTER = frozenset(
    words(
        "pounds pound quid pence p dollars dollar cents euros euro percent % per minutes minute mins seconds second "
        "hours hour "
        "days day weeks week months month years year times people person items boxes rooms nights miles kilometres "
        "kilos grams "
        "stone metres centimetres feet inches degrees megabits megabytes gigabytes gigs meg am pm a.m p.m o'clock th "
        "st nd rd "
        "million thousand units stars points percentage working"
    )
)
"""After these words a number is how many there are."""

ACKNOWLEDGING = (
    frozenset(
        words(
            "yes yeah yep yup okay ok right sure go on and then it's its is that's thats that i it the so uh um er erm "
            "mm hm mhm no "
            "sorry "
            "correction finally next last bit number please thank thanks you lovely perfect great got alright all hang "
            "hold wait "
            "let me see say back read again which was course of my oh first second think be would"
        )
    )
    | JOINERS
    | SLIPS.keys()
)
"""Words among which a number stands that is being read out."""

MOST_OTHER_WORDS = 4
"""With more other words than this in a turn, small numbers in it are not part of a number that is read out."""

FEWEST_CLEAR_DIGITS = 4
"""So many digits in a row are a number that is read out, whatever stands around them."""

FEWEST_SURE_DIGITS = 6
"""So many in a row are a number that a cue announced, even in a turn about other things."""

TURNS_OPEN = 4
"""For so many turns after a cue, or after the last digits that followed it, digits belong to it."""

CARD_LENGTHS = range(13, 20)
LONG = 12
"""Of so many digits that nothing announces, a card's are the likeliest, with or without its check digit."""
CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[068]|6(?:011|4|5|2)|50|5[678]|6[37]")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-HJKMNPR-Y\d]?\d[ABD-HJLNP-UW-Z]{2}")
_NINO = re.compile(r"[A-Z]{2}\d{6}[A-D]")
_LICENCE = re.compile(r"[A-Z]{1,5}\d{5,11}[A-Z]{1,3}\d?[A-Z]{2}|[A-Z]{1,2}\d{6,12}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_PASSPORT = re.compile(r"[A-Z]{0,2}\d{6,9}")

_PUBLIC = re.compile(r"0(?:80|3[0347]|84|87)|1?8(?:00|33|44|55|66|77|88)")
"""How freephone and service numbers begin: a company's own, in Britain (Ofcom's plan) and North America (NANP)."""

_MOBILE = re.compile(r"(?:0|0044|44)7\d{9}")
"""A British mobile, whether or not its range is in use: misheard digits may well leave one that is not."""

_BANKING = frozenset({Cue.SORT_CODE, Cue.ROUTING, Cue.IBAN})
UK_ACCOUNT_DIGITS = 8

# How many digits the whole that follows a cue may have: fewer are something else; of more, only those that fit.
_SHAPES: dict[Cue, tuple[Kind, int, int]] = {
    Cue.CARD: (Kind.CARD_NUMBER, 4, 60),
    Cue.CARD_CODE: (Kind.CARD_SECURITY_CODE, 3, 8),
    Cue.SORT_CODE: (Kind.BANK_ACCOUNT, 4, 18),
    Cue.ACCOUNT: (Kind.BANK_ACCOUNT, 6, 40),
    Cue.ROUTING: (Kind.BANK_ACCOUNT, 6, 27),
    Cue.IBAN: (Kind.BANK_ACCOUNT, 6, 60),
    Cue.IDENTIFIER: (Kind.NATIONAL_IDENTIFIER, 4, 30),
    Cue.PHONE: (Kind.PHONE, 6, 45),
    Cue.ZIP: (Kind.ADDRESS, 5, 27),
    Cue.CODE: (Kind.PASSWORD, 3, 24),
}


_LENGTHS: dict[Cue, Collection[int]] = {
    Cue.NEUTRAL: range(1, 5),
    Cue.CARD_CODE: (3, 4),
    Cue.CODE: (4, 6),
    Cue.SORT_CODE: (6,),
    Cue.ACCOUNT: range(7, 13),
    Cue.ROUTING: (9,),
    Cue.IDENTIFIER: (9, 10),
    Cue.PHONE: range(9, 14),
    Cue.CARD: range(13, 20),
    Cue.ZIP: (5,),
}
"""How many digits the whole of each has, to tell apart what was asked for in one breath."""


@dataclass(frozen=True)
class _Read:
    """A row of digits with what is known of its surroundings."""

    row: Row
    turn: int
    cue: int | None  # the place of its cue among the cues
    in_passing: bool  # a small number in a turn about something else
    surely: bool  # read out digit after digit, right after its cue, or too long to be anything else


def find_numbers(tokens: Sequence[Token], cues: Sequence[Found], known: Collection[int]) -> list[Hit]:
    """All private numbers. `cues` are those of the whole conversation, in order; `known` the places of words that are
    something else, such as the day of a date."""
    codes = find_codes(tokens, cues)
    known = {*known, *(place for hit in codes for place in range(hit.first, hit.after))}
    read = _read(tokens, cues, known)
    hits = [hit for group in _by_cue(read) for hit in _announced(group, cues, tokens)]
    taken = {place for hit in hits for place in range(hit.first, hit.after)}
    rest = [one for one in read if one.row.first not in taken]
    hits += _by_form(rest, cues, tokens)
    return hits + codes


def _read(tokens: Sequence[Token], cues: Sequence[Found], taken: Collection[int]) -> list[_Read]:
    found: list[_Read] = []
    asked: list[int] = []  # the cues of the last turn that has any, by their places
    following = 0
    last_turn = 0
    heavy = _heavy_turns(tokens)
    for row in rows(tokens):
        turn = tokens[row.first].turn
        while following < len(cues) and cues[following].first <= row.first:
            last_turn = tokens[cues[following].first].turn
            asked = [place for place in asked if tokens[cues[place].first].turn == last_turn] + [following]
            following += 1
        if row.first in taken or _is_amount(tokens, row) or (asked and row.first < cues[asked[-1]].after):
            continue
        cue = _meant(row, asked, cues, here=last_turn == turn) if turn - last_turn <= TURNS_OPEN else None
        near = bool(found) and found[-1].turn == turn and row.first - found[-1].row.after <= 3 and not found[-1].in_passing
        read_out = (turn in heavy or near) and _leads_up(tokens, row)
        clear = len(row.digits) >= FEWEST_CLEAR_DIGITS or read_out
        passing = not clear and not _follows(tokens, cues, cue, row)
        surely = read_out or len(row.digits) >= FEWEST_SURE_DIGITS or _follows(tokens, cues, cue, row)
        found.append(_Read(row, turn, cue, passing, surely))
        if not passing:
            last_turn = turn
    return found


def _meant(row: Row, asked: Sequence[int], cues: Sequence[Found], here: bool) -> int | None:
    """Which of the cues of a turn a number answers: the nearest in its own turn; of several that were asked at once the one
    of its length, else the last."""
    if not asked or here or len(asked) == 1:
        return asked[-1] if asked else None
    fits = [place for place in asked if len(row.digits) in _LENGTHS.get(cues[place].cue, ())]
    return fits[0] if fits else asked[-1]


def _leads_up(tokens: Sequence[Token], row: Row) -> bool:
    """Whether the word before a number leads up to one that is read out: `and seven`, not `after seven`."""
    if row.first == 0 or tokens[row.first - 1].turn != tokens[row.first].turn:
        return True
    return tokens[row.first - 1].core in ACKNOWLEDGING or number_at(tokens, row.first - 1) is not None


def _follows(tokens: Sequence[Token], cues: Sequence[Found], cue: int | None, row: Row) -> bool:
    """Whether nothing but small words stand between a number and its cue in the same turn."""
    if cue is None or tokens[cues[cue].first].turn != tokens[row.first].turn:
        return False
    return all(
        tokens[place].core in ACKNOWLEDGING or tokens[place].core in ("are", "for")
        for place in range(cues[cue].after, row.first)
    )


def _heavy_turns(tokens: Sequence[Token]) -> set[int]:
    """The turns in which digits are read out and little else is said."""
    heavy: set[int] = set()
    for turn, group in groupby(tokens, key=lambda token: token.turn):
        own = list(group)
        in_rows = {place for row in rows(own) for place in range(row.first, row.after)}
        others = [t for place, t in enumerate(own) if place not in in_rows and t.core and t.core not in ACKNOWLEDGING]
        small_only = all(token.core in ("one", "oh", "o") for place, token in enumerate(own) if place in in_rows)
        if in_rows and len(others) <= MOST_OTHER_WORDS and not (small_only and others):
            heavy.add(turn)
    return heavy


def _is_amount(tokens: Sequence[Token], row: Row) -> bool:
    """Whether it says how many, how much or when: a sum, a share, a time."""
    after = tokens[row.after].core if row.after < len(tokens) and tokens[row.after].turn == tokens[row.first].turn else ""
    return after in UNITS_AFTER and len(row.digits) <= 5


def _by_cue(read: Sequence[_Read]) -> list[list[_Read]]:
    announced = [one for one in read if one.cue is not None and not one.in_passing]
    return [list(group) for _, group in groupby(announced, key=lambda one: one.cue)]


def _announced(group: Sequence[_Read], cues: Sequence[Found], tokens: Sequence[Token]) -> list[Hit]:
    """What followed one cue, where it has the shape that the cue promises."""
    place = group[0].cue
    if place is None:
        return []
    cue = cues[place].cue
    if cue not in _SHAPES:
        return []
    kind, fewest, most = _SHAPES[cue]
    total = 0
    kept: list[_Read] = []
    for one in group:
        length = len(one.row.digits)
        if total + length > most:
            break
        if cue is Cue.CARD_CODE and not 1 <= length <= 4:
            break
        kept.append(one)
        total += length
    if total < fewest or not any(one.surely for one in kept):
        return []
    if cue is Cue.ACCOUNT and not _is_bank_account(kept, place, cues, total, tokens):
        return []
    if cue is Cue.PHONE and _PUBLIC.match("".join(one.row.digits for one in kept)):
        return []
    if cue is Cue.CARD and total < 12 and not _asks_for_card(tokens, cues[place]):
        return []
    return [Hit(kind, one.row.first, one.row.after) for one in kept]


def _asks_for_card(tokens: Sequence[Token], found: Found) -> bool:
    """Whether a number was asked for, rather than a card only named: then less than a whole number is private too."""
    said = {token.core for token in tokens[found.first : found.after]}
    return bool(said & {"number", "numbers", "number's", "digits", "digit", "details", "front"})


def _is_bank_account(kept: Sequence[_Read], place: int, cues: Sequence[Found], total: int, tokens: Sequence[Token]) -> bool:
    """An account number may be a shop's own reference: it is a bank's with eight digits, or where one speaks of a bank."""
    digits = "".join(one.row.digits for one in kept)
    eight = total == UK_ACCOUNT_DIGITS or digits[:UK_ACCOUNT_DIGITS] == digits[UK_ACCOUNT_DIGITS:]
    near = cues[max(0, place - CUES_NEAR) : place + CUES_NEAR + 1]
    return eight or any(found.cue in _BANKING for found in near) or any(_names_bank(tokens, found) for found in near)


def _names_bank(tokens: Sequence[Token], found: Found) -> bool:
    return bool({token.core for token in tokens[found.first : found.after]} & {"bank", "checking", "savings", "debit"})


CUES_NEAR = 4


def _by_form(read: Sequence[_Read], cues: Sequence[Found], tokens: Sequence[Token]) -> list[Hit]:
    """Cards and telephone numbers that nothing announced, known by their own form."""
    hits: list[Hit] = []
    for chain in _chains(read, tokens):
        digits = "".join(one.row.digits for one in chain)
        taken = _card_in(chain)
        if taken:
            hits += [Hit(Kind.CARD_NUMBER, one.row.first, one.row.after) for one in taken]
            continue
        if (
            len(digits) >= LONG
            and not is_private_phone(digits)
            and not _PUBLIC.match(digits)
            and not _is_neutral(chain, cues)
        ):
            # One digit heard wrongly is likelier than a number so long that is read out and is nobody's secret.
            hits += [Hit(Kind.CARD_NUMBER, one.row.first, one.row.after) for one in chain]
            continue
        if _is_neutral(chain, cues):
            continue
        written = [one for one in chain if _SSN.fullmatch(tokens[one.row.first].core) and ssn.is_valid(one.row.digits)]
        hits += [Hit(Kind.NATIONAL_IDENTIFIER, one.row.first, one.row.after) for one in written]
        if not written and is_private_phone(digits):
            hits += [Hit(Kind.PHONE, one.row.first, one.row.after) for one in chain]
    return hits


def _is_neutral(chain: Sequence[_Read], cues: Sequence[Found]) -> bool:
    return any(one.cue is not None and cues[one.cue].cue is Cue.NEUTRAL for one in chain)


def _chains(read: Sequence[_Read], tokens: Sequence[Token]) -> list[list[_Read]]:
    """Rows that one speaker says one after the other, while the other at most says yes or says them back."""
    chains: list[list[_Read]] = []
    latest: dict[Speaker, list[_Read]] = {}
    for one in read:
        if one.in_passing:
            continue
        speaker = tokens[one.row.first].speaker
        own = latest.get(speaker)
        if own is None or not _goes_on(own[-1], one):
            other = chains[-1] if chains else None
            # Where one begins to say it back and the other ends it, both said it.
            shared = other is not None and own is None and other[-1].turn + 1 == one.turn and _digits(other) < LONG + 4
            own = other if other is not None and shared else []
            if not shared:
                chains.append(own)
            latest[speaker] = own
        own.append(one)
    return chains


def _digits(chain: Sequence[_Read]) -> int:
    return sum(len(one.row.digits) for one in chain)


def _goes_on(before: _Read, one: _Read) -> bool:
    """Whether a row follows so soon that it goes on with the number."""
    return one.turn - before.turn <= 2 if one.turn != before.turn else one.row.first - before.row.after <= 6


def _card_in(chain: Sequence[_Read]) -> list[_Read]:
    """The rows of a chain that hold the digits of a card; empty where none do."""
    for first in range(len(chain)):
        digits = ""
        for last in range(first, len(chain)):
            digits += chain[last].row.digits
            if holds_card(digits):
                return list(chain[first : last + 1])
            if len(digits) > 2 * max(CARD_LENGTHS):
                break
    return []


def holds_card(digits: str) -> bool:
    """Whether digits hold a card's number: one that begins as cards do, of their length, whose check digit is right.

    Luhn's formula lets one of ten wrong numbers pass, so that the number has to begin or end where the digits do.
    """
    return any(
        len(part) in CARD_LENGTHS and CARD_STARTS.match(part) and len(set(part)) > 2 and luhn.is_valid(part)
        for length in CARD_LENGTHS
        for part in {digits[:length], digits[-length:]}
        if len(part) == length
    )


def is_private_phone(digits: str) -> bool:
    """Whether digits are a telephone number that a person may have: no freephone, service or short number.

    Without a country's code a number that begins with 0 is read as British, another as North American.
    """
    if not 9 <= len(digits) <= 15:
        return False
    if _MOBILE.fullmatch(digits):
        return True
    public = (
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.UAN,
        PhoneNumberType.UNKNOWN,
    )
    attempts: list[tuple[str, str | None]] = [(digits, "GB" if digits[0] == "0" else "US")]
    attempts += [(f"+{digits.removeprefix('00')}", None)] if len(digits) > 10 else []
    for text, region in attempts:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) not in public:
            return True
    return False


def find_codes(tokens: Sequence[Token], cues: Sequence[Found]) -> list[Hit]:
    """What is spelled in letters and digits: postcodes, national identifiers, IBANs."""
    hits: list[Hit] = []
    for stretch in spelled(tokens):
        text = "".join(character.text for character in stretch)
        places = [character.place for character in stretch for _ in character.text]
        for kind, first, after in _in_code(text, _cue_before(tokens, cues, stretch)):
            hits.append(Hit(kind, places[first], _end_of(stretch, places[after - 1])))
    return hits


def _end_of(stretch: Sequence[Character], last: int) -> int:
    """The place after a word and after the words that only say which letter it was."""
    end = last + 1
    while any(character.place == end and not character.text for character in stretch):
        end += 1
    return end


def _cue_before(tokens: Sequence[Token], cues: Sequence[Found], stretch: Sequence[Character]) -> Cue | None:
    """The cue that a code answers: the nearest, but of those asked in one turn rather one for a code."""
    first = stretch[0].place
    before = cues[: bisect_right(cues, first, key=lambda found: found.first)]
    if not before or tokens[first].turn - tokens[before[-1].first].turn > TURNS_OPEN:
        return None
    together = [found.cue for found in before if tokens[found.first].turn == tokens[before[-1].first].turn]
    return next((cue for cue in reversed(together) if cue in (Cue.IDENTIFIER, Cue.IBAN, Cue.ADDRESS)), together[-1])


def _in_code(text: str, cue: Cue | None) -> list[tuple[Kind, int, int]]:
    """Kind, and first and after the last character, of each private code in a spelled text."""
    found: list[tuple[Kind, int, int]] = []
    for match in re.finditer(r"[A-Z]{2}\d{2}", text):
        for length in range(34, 14, -1):
            part = text[match.start() : match.start() + length]
            if len(part) == length and iban.is_valid(part):
                return [(Kind.BANK_ACCOUNT, match.start(), match.start() + length)]
    if cue is Cue.IBAN and len(text) >= 10:
        return [(Kind.BANK_ACCOUNT, 0, len(text))]
    if cue is Cue.IDENTIFIER:
        if _NINO.search(text) or _LICENCE.search(text) or _PASSPORT.search(text):
            return [(Kind.NATIONAL_IDENTIFIER, 0, len(text))]
        return []
    if cue is not Cue.NEUTRAL:
        found += [(Kind.NATIONAL_IDENTIFIER, *match.span()) for match in _NINO.finditer(text)]
        found += [
            (Kind.ADDRESS, *match.span()) for match in _POSTCODE.finditer(text) if match.span()[1] - match.span()[0] >= 5
        ]
    return found
