"""How do a thousand people say what is private, as a recogniser writes it down, and where exactly does it stand?

`examples` fills the patterns of `bench.private_lines` with invented values, drawn from a seed. Each is said in one of
several styles: digit by digit, doubled, in pairs, in hundreds, in figures, with the slips that recognisers make (`for`
instead of four). Each is then written as a recogniser would: bare words; bare words with their numbers made readable; or
with capitals and full stops. The rehearsed and the held-out set have different patterns and different styles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from bench import private_lines as lines
from transcripts.model import Speaker, Transcript, Turn, Word
from transcripts.private.spoken import words
from transcripts.readable import make_readable

WORDS = words("oh one two three four five six seven eight nine")
TEENS = words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
TENS = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
MONTHS = words("january february march april may june july august september october november december")
DAYS = words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
NATO = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        words(
            "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec "
            "romeo sierra "
            "tango uniform victor whiskey xray yankee zulu"
        ),
        strict=True,
    )
)
SLIPS = {"four": "for", "two": "to", "eight": "ate", "one": "won"}
WRITINGS = ("bare", "readable", "sentences")
SECONDS_A_WORD = 0.3


@dataclass(frozen=True)
class Example:
    """A short conversation. `private` are the places (turn, word) of the private words, `kind` is theirs; "" for none."""

    kind: str
    transcript: Transcript
    private: frozenset[tuple[int, int]]
    held_out: bool


@dataclass(frozen=True)
class _Style:
    """How one speaker says digits: `digits` turns one group of digits into words."""

    digits: Callable[[str, Random], str]
    figures: bool = False
    nato: bool = False


def examples(seed: int, held_out: bool, each: int) -> list[Example]:
    """`each` examples of every kind, patterns in turn."""
    rng = Random(f"{seed} private {held_out}")
    patterns = lines.HELD_OUT if held_out else lines.REHEARSED
    return [
        _example(kind, of_kind[number % len(of_kind)], rng, held_out)
        for kind, of_kind in patterns.items()
        for number in range(each)
    ]


def nothing_private(seed: int, held_out: bool, count: int) -> list[Example]:
    """So many short conversations with numbers in them and nothing private."""
    rng = Random(f"{seed} nothing {held_out}")
    patterns = lines.HELD_OUT_NOTHING if held_out else lines.REHEARSED_NOTHING
    return [_example("", patterns[number % len(patterns)], rng, held_out) for number in range(count)]


def _example(kind: str, pattern: str, rng: Random, held_out: bool) -> Example:
    style = rng.choice(_HELD_OUT_STYLES if held_out else _REHEARSED_STYLES)
    values = _values(rng, style, held_out)
    turns: list[tuple[Speaker, list[tuple[str, bool]]]] = []
    for piece in pattern.split("|"):
        who, _, text = piece.strip().partition(": ")
        marked: list[tuple[str, bool]] = []
        for word in text.split():
            if not word.startswith("{"):
                marked.append((word, False))
                continue
            name, _, part = word.strip("{}").partition(".")
            said = values[name]()
            is_private = name in _PRIVATE
            if part:  # what is left of a value that is said in parts comes with its last part
                said = said[int(part) - 1 :] if int(part) == _PARTS.get(name) else said[int(part) - 1 : int(part)]
            marked += [(token, is_private) for group in said for token in group.split()]
        turns.append((Speaker.AGENT if who == "A" else Speaker.CUSTOMER, marked))
    return _written(kind, turns, rng.choice(WRITINGS), held_out)


def _written(
    kind: str, turns: Sequence[tuple[Speaker, Sequence[tuple[str, bool]]]], writing: str, held_out: bool
) -> Example:
    """The conversation as that recogniser writes it; private words are followed through by their times."""
    clock = 1.0
    made: list[Turn] = []
    private_times: list[tuple[float, float]] = []
    for speaker, marked in turns:
        row: list[Word] = []
        for place, (token, is_private) in enumerate(marked):
            text = token
            if writing == "sentences":
                text = (text[0].upper() + text[1:]) if place == 0 else text
                text += "." if place == len(marked) - 1 else ""
            row.append(Word(text, round(clock, 2), round(clock + SECONDS_A_WORD, 2)))
            if is_private:
                private_times.append((row[-1].start, row[-1].end))
            clock += SECONDS_A_WORD
        made.append(Turn(speaker, row[0].start, row[-1].end, " ".join(word.text for word in row), tuple(row)))
        clock += 0.5
    transcript = Transcript("example", tuple(made), round(clock, 2), 2, engine="generated")
    if writing != "bare":
        transcript = make_readable(transcript)
    private = frozenset(
        (t, w)
        for t, turn in enumerate(transcript.turns)
        for w, word in enumerate(turn.words)
        if any(word.start < end - 0.01 and start < word.end - 0.01 for start, end in private_times)
    )
    return Example(kind, transcript, private, held_out)


# How digits are said


def _one_by_one(group: str, rng: Random) -> str:
    zero = rng.choice(["oh", "zero"])
    return " ".join(zero if digit == "0" else WORDS[int(digit)] for digit in group)


def _doubled(group: str, rng: Random, triple: str = "triple", zero: str = "oh") -> str:
    said, at = [], 0
    while at < len(group):
        run = next(n for n in (3, 2, 1) if group[at : at + n] == group[at] * n)
        word = zero if group[at] == "0" else WORDS[int(group[at])]
        said.append({1: "", 2: "double ", 3: triple + " "}[run] + word)
        at += run
    return " ".join(said)


def _below_hundred(number: int) -> str:
    if number < 10:
        return WORDS[number]
    if number < 20:
        return TEENS[number - 10]
    return TENS[number // 10] + (f" {WORDS[number % 10]}" if number % 10 else "")


def _pairs(group: str, rng: Random) -> str:
    if len(group) % 2:
        return _one_by_one(group[0], rng) + " " + (_pairs(group[1:], rng) if len(group) > 1 else "")
    said = [group[at : at + 2] for at in range(0, len(group), 2)]
    return " ".join(_one_by_one(pair, rng) if pair[0] == "0" else _below_hundred(int(pair)) for pair in said)


def _treble(group: str, rng: Random) -> str:
    return _doubled(group, rng, "treble", "nought")


def _slipping(group: str, rng: Random) -> str:
    words = _one_by_one(group, rng).split()
    inner = [
        SLIPS.get(word, word) if 0 < place < len(words) - 1 and rng.random() < 0.7 else word
        for place, word in enumerate(words)
    ]
    return " ".join(inner)


def _hundreds(group: str, rng: Random) -> str:
    if len(group) == 3 and group[0] != "0":
        rest = int(group[1:])
        return f"{WORDS[int(group[0])]} hundred" + (f" and {_below_hundred(rest)}" if rest else "")
    if len(group) == 4 and group[0] != "0" and group[2:] == "00" and group[1] != "0":
        return f"{_below_hundred(int(group[:2]))} hundred"
    return _pairs(group, rng)


def _as_figures(group: str, rng: Random) -> str:
    return group


def _dashed(group: str, rng: Random) -> str:
    return "-".join(group)


_REHEARSED_STYLES = (
    _Style(_one_by_one),
    _Style(_doubled),
    _Style(_pairs),
    _Style(_as_figures, figures=True),
)
_HELD_OUT_STYLES = (
    _Style(_treble, nato=True),
    _Style(_slipping),
    _Style(_hundreds),
    _Style(_dashed, figures=True, nato=True),
    _Style(_as_figures, figures=True),
)

# What is drawn

_PRIVATE = frozenset(
    words(
        "card cvv expiry sort account iban routing nino ssn nhs passport licence birth email phone postcode street "
        "town zip "
        "secret surname pin otp"
    )
)
_PARTS = {"card": 4, "phone": 2, "sort": 3}


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def card_number(rng: Random) -> str:
    """Sixteen digits whose last is the check digit by Luhn's formula (ISO/IEC 7812-1)."""
    start = rng.choice(["4", "51", "52", "55"])
    body = start + _digits(rng, 15 - len(start))
    doubled = sum(sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(body))
    return body + str(-doubled % 10)


def _groups(digits: str, *sizes: int) -> list[str]:
    made, at = [], 0
    for size in sizes:
        made.append(digits[at : at + size])
        at += size
    return made


def _nhs_number(rng: Random) -> str:
    while True:
        nine = _digits(rng, 9)
        check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
        if check != 10:
            return nine + str(check % 11)


def _iban(rng: Random) -> str:
    country = "GB"
    rest = "NWBK" + _digits(rng, 14)
    as_digits = "".join(str(int(letter, 36)) for letter in rest + country + "00")
    return f"{country}{98 - int(as_digits) % 97:02}{rest}"


def _values(rng: Random, style: _Style, held_out: bool) -> Mapping[str, Callable[[], list[str]]]:
    """For each name in a pattern, what is said for it: one text for each part. What is private is the same each time."""

    def say(digits: str) -> str:
        return style.digits(digits, rng)

    def letters(text: str) -> str:
        if style.figures:
            return text.upper()
        return " ".join(NATO[letter] if style.nato else letter for letter in text.lower())

    def mixed(*groups: str) -> list[str]:
        if style.figures:
            joined = rng.choice(["", " "]).join(groups)
            return [joined.upper()]
        return [say(group) if group.isdigit() else letters(group) for group in groups]

    def fixed(groups: Sequence[str]) -> Callable[[], list[str]]:
        return lambda: list(groups)

    first, last = rng.choice(lines.FIRST_NAMES), rng.choice(lines.LAST_NAMES)
    which = "held_out" if held_out else "rehearsed"
    card = card_number(rng)
    kind = rng.choice(lines.STREET_KINDS[which])
    street = f"{_number(rng.randrange(1, 99), style)} {rng.choice(lines.STREETS)} {kind}"
    if rng.random() < 0.25:
        street = f"flat {_number(rng.randrange(1, 30), style)} {street}"
    nino = f"{rng.choice('abceghj')}{rng.choice('abcehjk')}", *_groups(_digits(rng, 6), 2, 2, 2), rng.choice("abcd")
    phone = rng.choice(
        [
            ["07700", f"900{_digits(rng, 3)}"],
            ["020 7946", f"0{_digits(rng, 3)}"],
            ["0161 496", f"0{_digits(rng, 3)}"],
            ["212 555", f"01{_digits(rng, 2)}"],
        ]
    )
    secret = rng.choice(lines.SECRETS[which]).format(nn=_number(rng.randrange(20, 99), style), nnn=say(_digits(rng, 3)))
    postcode = rng.choice(["nr3 1tx", "br6 8qq", "de55 4ab", "se1 9sg", "ha3 7rf"]).split()
    licence = f"{(last + '99999')[:5].upper()}{_digits(rng, 6)}{first[0].upper()}A{_digits(rng, 1)}BC"
    return {
        "card": fixed([say(group) for group in _groups(card, 4, 4, 4, 4)]),
        "wrong": lambda: [say(_digits(rng, 2))],
        "cvv": fixed([say(_digits(rng, 3))]),
        "expiry": fixed([_expiry(rng, style, held_out)]),
        "sort": fixed([say(group) for group in _groups(_digits(rng, 6), 2, 2, 2)]),
        "account": fixed([say(group) for group in _groups(_digits(rng, 8), 4, 4)]),
        "iban": fixed(mixed(*_iban_groups(_iban(rng)))),
        "routing": fixed([say(group) for group in _groups("0" + _digits(rng, 8), 3, 3, 3)]),
        "nino": fixed(mixed(*nino)),
        "ssn": fixed(
            [say(group) for group in _groups(f"{rng.randrange(101, 665)}{rng.randrange(10, 99)}{_digits(rng, 4)}", 3, 2, 4)]
        ),
        "nhs": fixed([say(group) for group in _groups(_nhs_number(rng), 3, 3, 4)]),
        "passport": fixed([say(group) for group in _groups(_digits(rng, 9), 3, 3, 3)]),
        "licence": fixed([licence if style.figures else _spell(licence, style, rng)]),
        "birth": fixed([_birth(rng, style, held_out)]),
        "email": fixed([_email(rng, first, last, style, held_out)]),
        "phone": fixed([" ".join(say(group) for group in part.split()) for part in phone]),
        "postcode": fixed(
            [" ".join(postcode).upper()] if style.figures else [_spell(code, style, rng) for code in postcode]
        ),
        "street": fixed([street.title() if style.figures else street]),
        "town": fixed([rng.choice(lines.TOWNS)]),
        "zip": fixed([say(_digits(rng, 5))]),
        "secret": fixed([secret]),
        "surname": fixed([last]),
        "pin": fixed([say(_digits(rng, 4))]),
        "otp": fixed([say(_digits(rng, 6))]),
        "n": lambda: [_number(rng.randrange(2, 10), style)],
        "nn": lambda: [_number(rng.randrange(10, 100), style)],
        "nnn": lambda: [_number(rng.randrange(100, 1000), style)],
        "nnnnn": lambda: [say(_digits(rng, 5))],
        "money": lambda: [_money(rng, style)],
        "day": lambda: [_day(rng, style)],
        "time": lambda: [_time(rng, style)],
        "year": lambda: [
            f"20{rng.randrange(10, 26)}" if style.figures else f"twenty {_below_hundred(rng.randrange(10, 26))}"
        ],
        "order": lambda: [_order(rng, say, letters)],
        "freephone": lambda: [say("0800"), say("496"), say(f"0{_digits(rng, 3)}")],
        "flight": lambda: [f"{letters('qz')} {say(_digits(rng, 3))}"],
        "model": lambda: [f"{letters('xr')} {_number(rng.randrange(10, 99), style)}"],
    }


def _spell(text: str, style: _Style, rng: Random) -> str:
    if style.figures:
        return text.upper()
    return " ".join(
        style.digits(letter, rng) if letter.isdigit() else (NATO[letter] if style.nato else letter)
        for letter in text.lower()
    )


def _iban_groups(iban: str) -> list[str]:
    return [iban[:2], iban[2:4], iban[4:8], iban[8:12], iban[12:16], iban[16:20], iban[20:]]


def _number(number: int, style: _Style) -> str:
    if style.figures:
        return str(number)
    if number < 100:
        return _below_hundred(number)
    rest = number % 100
    return f"{WORDS[number // 100]} hundred" + (f" and {_below_hundred(rest)}" if rest else "")


def _money(rng: Random, style: _Style) -> str:
    pounds, pence = rng.randrange(2, 400), rng.choice([0, 50, 99, 25])
    if style.figures:
        return f"£{pounds}.{pence:02}" if pence else f"£{pounds}"
    return f"{_number(pounds, style)} pounds" + (f" {_below_hundred(pence)}" if pence else "")


def _day(rng: Random, style: _Style) -> str:
    day, month = rng.randrange(1, 21), rng.choice(MONTHS)
    return f"{day} {month.title()}" if style.figures else f"{DAYS[day - 1]} of {month}"


def _time(rng: Random, style: _Style) -> str:
    hour, minute = rng.randrange(1, 13), rng.choice([0, 15, 30, 45])
    if style.figures:
        return f"{hour}:{minute:02}"
    return f"{_below_hundred(hour)} {_below_hundred(minute)}" if minute else f"{_below_hundred(hour)} o'clock"


def _order(rng: Random, say: Callable[[str], str], letters: Callable[[str], str]) -> str:
    digits = say(_digits(rng, rng.randrange(6, 9)))
    return f"{letters(rng.choice(['ab', 'rt', 'ord']))} {digits}" if rng.random() < 0.5 else digits


def _birth(rng: Random, style: _Style, held_out: bool) -> str:
    day, month, year = rng.randrange(1, 21), rng.randrange(12), rng.randrange(1940, 2004)
    in_words = f"{_below_hundred(year // 100)} {_below_hundred(year % 100) if year % 100 > 9 else 'oh ' + WORDS[year % 10]}"
    if year >= 2000:
        in_words = f"two thousand and {WORDS[year % 100]}" if year % 100 else "two thousand"
    if style.figures:
        forms = [f"{day}/{month + 1}/{year}", f"{day} {MONTHS[month].title()} {year}"]
        return rng.choice(
            [f"{day:02}.{month + 1:02}.{year % 100:02}", f"{MONTHS[month].title()} {day}, {year}"] if held_out else forms
        )
    two = _below_hundred(year % 100) if year % 100 > 9 else "oh " + WORDS[year % 10]
    forms = [f"{DAYS[day - 1]} of {MONTHS[month]} {in_words}", f"{MONTHS[month]} {DAYS[day - 1]} {in_words}"]
    spare = [
        f"{_below_hundred(day)} {_below_hundred(month + 1)} {two}",
        f"{DAYS[day - 1]} of the {DAYS[month]} {two}",
        f"{DAYS[day - 1]} {MONTHS[month]} {two}",
    ]
    return rng.choice(spare if held_out else forms)


def _expiry(rng: Random, style: _Style, held_out: bool) -> str:
    month, year = rng.randrange(1, 13), rng.randrange(26, 32)
    if style.figures:
        return rng.choice([f"{month:02}/{year}", f"{month:02}/20{year}"])
    spoken = f"oh {WORDS[month]}" if month < 10 else _below_hundred(month)
    if held_out:
        return rng.choice(
            [f"{MONTHS[month - 1]} twenty {_below_hundred(year)}", f"end of {MONTHS[month - 1]} {_below_hundred(year)}"]
        )
    return rng.choice([f"{spoken} {_below_hundred(year)}", f"{MONTHS[month - 1]} {_below_hundred(year)}"])


def _email(rng: Random, first: str, last: str, style: _Style, held_out: bool) -> str:
    provider = rng.choice(lines.PROVIDERS)
    number = rng.randrange(10, 99)
    if style.figures:
        local = rng.choice([f"{first}.{last}", f"{first[0]}{last}{number}", f"{first}_{last}"])
        return f"{local}@{provider}"
    domain = provider.replace(".", " dot ").replace("co uk", "co uk")
    local = rng.choice([f"{first} dot {last}", f"{first} {last}", f"{first[0]} {last} {_below_hundred(number)}"])
    if held_out:
        local = rng.choice(
            [
                f"{first} underscore {last}",
                f"{' '.join(first)} dot {last}",
                f"{first} hyphen {last} {_below_hundred(number)}",
            ]
        )
    return f"{local} at {domain}"


def as_lines(found: Sequence[Example]) -> list[Example]:
    """The same with each conversation's number as its id, so that they can be told apart."""
    return [replace(one, transcript=replace(one.transcript, call_id=f"example {n}")) for n, one in enumerate(found)]
