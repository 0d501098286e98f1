"""Which words that are more than a number are private: dates of birth, e-mail, addresses?"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from transcripts.model import Speaker
from transcripts.private.cues import Cue, Found
from transcripts.private.kinds import Kind
from transcripts.private.numbers import ACKNOWLEDGING, UNITS_AFTER, Hit
from transcripts.private.spoken import NATO, Token, number_at, words

MONTHS = frozenset(
    words(
        "january february march april may june july august september october november december jan feb mar apr jun jul "
        "aug sep sept "
        "oct nov dec"
    )
)
ORDINALS = frozenset(
    words(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth thirty-first twenty-first twenty-second "
        "twenty-third "
        "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth"
    )
)
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
_WHOLE_DATE = re.compile(r"\d{1,4}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?")
_DATE_JOINERS = frozenset(words("of the slash stroke dash in and end on um uh er comma a"))

TURNS_OPEN = 3
"""For so many turns after a question an answer is looked for."""

_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_DOMAIN = re.compile(r"@?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_TOP = frozenset(words("com co net org uk edu gov io ie eu au ca de fr us info biz me example"))
_MARKS = frozenset(words("dot point underscore dash hyphen period plus"))
_NOT_LOCAL = ACKNOWLEDGING | frozenset(
    words(
        "is are me us to at on as email e-mail mail address invoice send under case lower upper small capital for with "
        "my your the "
        "you your that's should be been get got will can could do does from if or by in just want use using have has"
    )
)

_STREET_KINDS = frozenset(
    words("avenue ave road rd street crescent lane gardens terrace boulevard blvd mews parade highway broadway esplanade")
)
_STREET_KINDS_TOO = frozenset(
    words(
        "drive drove close way court place park grove hill square walk row rise view green st garden house bank wharf quay"
    )
)
"""Words that end the name of a street and are other words besides: they count where something else says address."""

_NOT_STREET = (
    UNITS_AFTER
    | frozenset(
        words(
            "of the down per way more or and to in is a my your our for from at on one two three minutes this that it "
            "we i you they "
            "each every different other new old same with up off out all no not just only then"
        )
    )
) - {"stone"}
_ADDRESS_STOPS = frozenset(
    words(
        "if and an a but that's now please since do does i we so for because thanks thank it's is you can could has "
        "have isn't did are "
        "then with when would will that my the us me at"
    )
)
_FLAT = frozenset(words("flat apartment unit apt suite"))


def find_phrases(tokens: Sequence[Token], cues: Sequence[Found]) -> list[Hit]:
    """All private phrases. `cues` are those of the whole conversation, in order."""
    return [
        *_dates(tokens, cues, Cue.BIRTH, Kind.DATE_OF_BIRTH, lambda found: True),
        *_dates(tokens, cues, Cue.EXPIRY, Kind.CARD_EXPIRY, lambda found: _speaks_of_card(tokens, cues, found)),
        *_mails(tokens, cues),
        *_streets(tokens, cues),
    ]


def _turn_of(tokens: Sequence[Token], found: Found) -> int:
    return tokens[found.first].turn


def _until(tokens: Sequence[Token], found: Found, cues: Sequence[Found], turns: int) -> int:
    """The place up to which words may answer a cue: where whoever gave it gives another in a later turn, or so many "
    "turns on."""
    end = _end_of_turn(tokens, found, turns)
    speaker, turn = tokens[found.first].speaker, _turn_of(tokens, found)
    for other in cues[bisect_right(cues, found.first, key=lambda one: one.first) :]:
        if other.cue is not Cue.NEUTRAL and tokens[other.first].turn > turn and tokens[other.first].speaker is speaker:
            return min(other.first, end)
    return end


def _end_of_turn(tokens: Sequence[Token], found: Found, turns: int) -> int:
    last = _turn_of(tokens, found) + turns
    place = found.after
    while place < len(tokens) and tokens[place].turn <= last:
        place += 1
    return place


# Dates


def _speaks_of_card(tokens: Sequence[Token], cues: Sequence[Found], expiry: Found) -> bool:
    """Whether a card was spoken of not long before or in the same breath: offers and passports expire too."""
    turn = _turn_of(tokens, expiry)
    card = any(found.cue in (Cue.CARD, Cue.CARD_CODE) and abs(turn - _turn_of(tokens, found)) <= 8 for found in cues)
    return card or any(token.core.startswith("card") for token in tokens if abs(token.turn - turn) <= 8)


def _dates(
    tokens: Sequence[Token], cues: Sequence[Found], cue: Cue, kind: Kind, applies: Callable[[Found], bool]
) -> list[Hit]:
    hits: list[Hit] = []
    for found in cues:
        if found.cue is not cue or not applies(found):
            continue
        turn = _turn_of(tokens, found)
        asked = tokens[found.first].speaker is not Speaker.CUSTOMER or found.after == len(tokens)
        until = _until(tokens, found, cues, TURNS_OPEN if asked else 0)
        start = found.after
        while start > 0 and tokens[start - 1].turn == turn:  # `the third of May is my date of birth`
            start -= 1
        place = start
        while place < until:
            date = _date_at(tokens, place, kind)
            if date:
                hits.append(Hit(kind, place, date))
                place = date
            else:
                place += 1
    return hits


def _date_at(tokens: Sequence[Token], first: int, kind: Kind) -> int:
    """The place after the date that begins there; 0 where none does."""
    elements, place, after, named, spoken_digits = 0, first, 0, False, 0
    while place < len(tokens) and tokens[place].turn == tokens[first].turn and elements < 9:
        core = tokens[place].core
        if (
            core in ("end", "start", "beginning")
            and place == first
            and tokens[place + 1 : place + 2]
            and tokens[place + 1].core == "of"
        ):
            place += 2
            continue
        if core in MONTHS or core in ORDINALS or _ORDINAL.fullmatch(core):
            elements, place, named = elements + 1, place + 1, True
        elif _WHOLE_DATE.fullmatch(core) and len(core) >= 4:
            elements, place = elements + 2, place + 1
        elif core in ("thousand", "hundred") and elements:
            place += 1
        elif (number := number_at(tokens, place)) and len(number.digits) <= 8:
            spoken_digits += len(number.digits)
            if tokens[number.after - 1 : number.after] and _unit_follows(tokens, number.after):
                break
            whole = len(number.digits) in (6, 8) or (len(number.digits) == 4 and kind is Kind.CARD_EXPIRY)
            elements, place = elements + (2 if whole else 1), number.after
        elif core in _DATE_JOINERS and elements:
            place += 1
            continue
        else:
            break
        after = place
    if spoken_digits > MOST_DATE_DIGITS or (not named and spoken_digits and after < len(tokens) and _goes_on(tokens, after)):
        return 0  # a longer number that is something else
    return after if elements >= 2 else 0


MOST_DATE_DIGITS = 8
"""A day, a month and a year have no more."""


def _goes_on(tokens: Sequence[Token], after: int) -> bool:
    return tokens[after].turn == tokens[after - 1].turn and number_at(tokens, after) is not None


def _unit_follows(tokens: Sequence[Token], place: int) -> bool:
    return (
        place < len(tokens)
        and tokens[place].turn == tokens[place - 1].turn
        and tokens[place].core in UNITS_AFTER - {"second", "seconds"}
    )


# E-mail


def _mails(tokens: Sequence[Token], cues: Sequence[Found]) -> list[Hit]:
    hits = [Hit(Kind.EMAIL, place, place + 1) for place, token in enumerate(tokens) if _MAIL.search(token.core)]
    for place, token in enumerate(tokens):
        if token.core != "at":
            continue
        after = _domain_after(tokens, place + 1)
        if after:
            hits.append(Hit(Kind.EMAIL, _local_before(tokens, place), after))
    for found in cues:
        if found.cue is Cue.EMAIL:
            hits += _spelled_out(tokens, found, _until(tokens, found, cues, TURNS_OPEN))
    return hits


def _domain_after(tokens: Sequence[Token], first: int) -> int:
    """The place after the domain (`gmail dot com`, `gmail.com`) that begins there; 0 where none does."""
    turn = tokens[first - 1].turn
    place, dotted = first, False
    while place < min(len(tokens), first + 12) and tokens[place].turn == turn:
        core = tokens[place].core
        if _DOMAIN.fullmatch(core) and core.rsplit(".", 1)[1] in _TOP:
            return place + 1
        if core == "dot":
            dotted = True
            names = tokens[place + 1 : place + 2]
            if not names or names[0].turn != turn:
                return 0
            place += 1
            if names[0].core in _TOP:
                end = place + 1
                while (
                    end + 1 < len(tokens)
                    and tokens[end].turn == turn
                    and ((tokens[end].core == "dot" and tokens[end + 1].core in _TOP) or tokens[end].core == "uk")
                ):
                    end += 2 if tokens[end].core == "dot" else 1
                return min(end, len(tokens)) + (
                    1 if end < len(tokens) and tokens[end].core == "uk" and tokens[end].turn == turn else 0
                )
        elif not core.replace("-", "").isalnum() or (place > first + 2 and not dotted and len(core) > 1):
            return 0
        place += 1
    return 0


def _local_before(tokens: Sequence[Token], at: int) -> int:
    """The place where what stands before `at` in an address begins."""
    turn, place, plain = tokens[at].turn, at, 0
    while place > 0 and tokens[place - 1].turn == turn:
        before = tokens[place - 1]
        if before.ends and place - 1 < at - 1:
            break
        joined = place < at and tokens[place].core in _MARKS
        core = before.core
        single = len(core) == 1 and core.isalnum()
        if (
            core in _MARKS
            or single
            or core in NATO
            or any(letter.isdigit() for letter in core)
            or number_at(tokens, place - 1)
        ):
            place -= 1
        elif (joined and core) or (core and core not in _NOT_LOCAL and plain < 2 and not core.endswith("'s")):
            place, plain = place - 1, plain + 1
        else:
            break
    return place


def _spelled_out(tokens: Sequence[Token], found: Found, until: int) -> list[Hit]:
    """Pieces of an address said in several turns after one was asked for: words joined by dots, letters one by one."""
    hits: list[Hit] = []
    place = found.after
    while place < until:
        first = place
        while (
            place < until
            and tokens[place].turn == tokens[first].turn
            and tokens[place].core
            and _may_be_spelled(tokens, place)
        ):
            place += 1
        marks = sum(_joins(tokens, mark) for mark in range(first + 1, place - 1))
        letters = sum(len(token.core) == 1 and token.core.isalpha() for token in tokens[first:place])
        if marks or letters >= 4:
            hits.append(Hit(Kind.EMAIL, first, place))
        place = max(place, first + 1)
    return hits


def _joins(tokens: Sequence[Token], place: int) -> bool:
    """Whether a word such as `dot` stands between two that may be parts of an address."""
    beside = {tokens[place - 1].core, tokens[place + 1].core}
    return tokens[place].core in ("dot", "underscore", "hyphen") and not beside & _NOT_LOCAL


def _may_be_spelled(tokens: Sequence[Token], place: int) -> bool:
    core = tokens[place].core
    beside = [
        tokens[n].core for n in (place - 1, place + 1) if 0 <= n < len(tokens) and tokens[n].turn == tokens[place].turn
    ]
    marks = ("dot", "underscore", "hyphen")
    return (
        core in marks
        or (len(core) == 1 and core.isalnum())
        or core in NATO
        or number_at(tokens, place) is not None
        or any(near in marks for near in beside)
        or _DOMAIN.fullmatch(core) is not None
    )


# Addresses


def _streets(tokens: Sequence[Token], cues: Sequence[Found]) -> list[Hit]:
    hits: list[Hit] = []
    open_ = _announced_turns(tokens, cues)
    for place, token in enumerate(tokens):
        if not (token.core in _FLAT or token.core[:1].isdigit() or number_at(tokens, place)):
            continue
        announced = open_.get(token.turn, len(tokens)) <= place
        if token.core in _FLAT and (number := _house_number(tokens, place + 1)):
            # `flat four, twelve Acacia Avenue`
            street = _street_at(tokens, number, announced=True)
            if street:
                hits.append(Hit(Kind.ADDRESS, place, _with_town(tokens, street, announced)))
            elif announced:
                hits.append(Hit(Kind.ADDRESS, place, number))
        elif street := _street_at(tokens, place, announced or _stands_where(tokens, place)):
            hits.append(Hit(Kind.ADDRESS, place, _with_town(tokens, street, announced)))
    return hits


def _announced_turns(tokens: Sequence[Token], cues: Sequence[Found]) -> Mapping[int, int]:
    """The turns in which an address may follow, each with the place of its first word that may belong to one."""
    open_: dict[int, int] = {}
    for found in cues:
        if found.cue is Cue.ADDRESS:
            until = _until(tokens, found, cues, TURNS_OPEN)
            for place in range(found.after, until):
                open_.setdefault(tokens[place].turn, place)
    return open_


def _stands_where(tokens: Sequence[Token], place: int) -> bool:
    return (
        place > 0
        and tokens[place - 1].turn == tokens[place].turn
        and tokens[place - 1].core in ("at", "live", "on", "to", "address")
    )


def _house_number(tokens: Sequence[Token], place: int) -> int:
    """The place after a house's number that begins there; 0 where none does."""
    if place >= len(tokens):
        return 0
    number = number_at(tokens, place)
    if number and 1 <= len(number.digits) <= 4 and tokens[place].turn == tokens[place - 1].turn:
        return number.after
    return place + 1 if re.fullmatch(r"\d{1,4}[a-d]", tokens[place].core) else 0


def _street_at(tokens: Sequence[Token], first: int, announced: bool) -> int:
    """The place after `12 Acacia Avenue` where it begins there; 0 where it does not."""
    if first >= len(tokens):
        return 0
    number = number_at(tokens, first)
    if number and len(number.digits) <= 5:
        after = number.after
    elif re.fullmatch(r"\d{1,4}[a-d]", tokens[first].core):
        after = first + 1
    else:
        return 0
    for place in range(after, min(after + 4, len(tokens))):
        if tokens[place].turn != tokens[first].turn:
            return 0
        core = tokens[place].core
        if place > after and (core in _STREET_KINDS or (announced and core in _STREET_KINDS_TOO)):
            return place + 1
        if core in _NOT_STREET or not core.replace("'", "").isalpha() or tokens[place].ends:
            return 0
    return 0


def _with_town(tokens: Sequence[Token], after: int, announced: bool) -> int:
    """The place after the town that follows a street, where an address was asked for or said to come."""
    if not announced or after >= len(tokens) or tokens[after - 1].ends:
        return after
    place = after
    while place < min(after + 4, len(tokens)) and tokens[place].turn == tokens[after - 1].turn:
        core = tokens[place].core
        if not core or len(core) == 1 or (core != "in" and core in _ADDRESS_STOPS) or number_at(tokens, place):
            break
        place += 1
        if tokens[place - 1].ends:
            break
    return place
