"""How are spoken numbers, sums of money, times and dates written so that people can read them?

A recogniser writes down what it heard, one time as `25`, another as `twenty five`, an order number as `4-1-1-1-0-9` or as
six words. Here English words become figures by the rules that newspapers keep:

- numbers from ten up in figures, one to nine in words, but in figures beside a unit: `$5`, `5%`, `5 p.m.`;
- digits said one by one are one number, in the groups in which they were said: `020 7946 0018`;
- sums with their sign (`$25.50`), times as `10:30 a.m.`, ordinals and dates as `21st of March`.

What can be read in two ways (`twenty thirty`, said of nothing) stays as it was heard. Each figure has the time from the
first of its words to the last and the lowest of their confidences. Doing it again changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from transcripts import languages
from transcripts.model import Transcript, Turn, Word


def _numbered(words: str, first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * number for number, word in enumerate(words.split())}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


UNITS = _numbered("zero one two three four five six seven eight nine", 0)
TEENS = _numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10)
TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
SCALES = {"hundred": 100, "thousand": 1000}
ZEROS = _set("oh o")
TIMES_SAID = {"double": 2, "triple": 3}

UNIT_ORDINALS = _numbered("first second third fourth fifth sixth seventh eighth ninth", 1)
TEEN_ORDINALS = "eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
ORDINALS = {"tenth": 10, **_numbered(TEEN_ORDINALS, 11), "thirtieth": 30}
MONTHS = _set("January February March April May June July August September October November December")
MONTH_NAMES = frozenset(month.lower() for month in MONTHS)

CURRENCIES = {"dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€"}
SMALL_COINS = {"$": ("cent", "cents"), "£": ("pence", "penny", "p"), "€": ("cent", "cents")}
WEIGHTS = re.compile(r"\b(?:weigh\w*|heav\w+|kilos?|kilograms?|ounces?|lbs?)\b", re.IGNORECASE)
"""Where these are said, pounds may be no money."""

BEFORE_CLOCK = _set("at by around about until till before after from since between")
BEFORE_YEAR = _set("in since year until of") | MONTH_NAMES
# Beside a number on its own these make a sum or a rate of what would else be a time: `at twelve fifty a month`.
AFTER_SUM = _set("a an per each every") | CURRENCIES.keys()

# Nor is it one before these.
NOT_CLOCK = _set("percent per minutes minute seconds days hours times past to or hundred thousand million")
# `at five to ten` is a time, `five to ten days` are a number of days.
TELLS_TIME = _set("at is was it's its")
MINUTES_TO = _set("five ten twenty twenty-five")

FEWEST_DIGITS = 3
FEWEST_LISTED_DIGITS = 4
"""Digits with a pause after each are a number from this many on; fewer are as likely a list."""

COUNTED = SCALES.keys() | CURRENCIES.keys() | _set("percent per % point million cents pence")
"""Before these stands how many there are, not a row of digits."""

_PARTS = re.compile(r"([^\w$£€]*)(.*?)([^\w%$£€]*)", re.DOTALL)
_FIGURES = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,9}")
_SUM = re.compile(r"([$£€])(\d{1,3}(?:,\d{3})+|\d{1,9})(\.\d\d)?")
_HALF_DAY = re.compile(r"([ap])\.?m", re.IGNORECASE)
_IN_ORDER = re.compile(r"\d+(?:st|nd|rd|th)")
_CLOCK = re.compile(r"(\d{1,2})[:.]([0-5]\d)")


class _Token(NamedTuple):
    """One word: what opens it (a quote), the word itself in small letters, what closes it (a comma)."""

    word: Word
    opening: str
    core: str
    closing: str


class _Written(NamedTuple):
    """Figures for some words: what is to be read, and the place after the last word that it stands for."""

    texts: tuple[str, ...]
    after: int


class _Number(NamedTuple):
    """A whole number or a decimal fraction as figures; `spoken` where words were said, `article` where it began with `a`."""

    value: int
    fraction: str
    after: int
    spoken: bool
    article: bool = False

    @property
    def figures(self) -> str:
        """As it is written: `2,300`, but `2026`, which is more likely a year."""
        plain = str(self.value) if 2000 < self.value < 2100 or self.value < 1000 else f"{self.value:,}"
        return plain + self.fraction


def make_readable(transcript: Transcript) -> Transcript:
    """The transcript with its numbers in figures where it is in English, else as it is."""
    if languages.base(transcript.language) != "en":
        return transcript
    return replace(transcript, turns=tuple(readable_turn(turn) for turn in transcript.turns))


def readable_turn(turn: Turn) -> Turn:
    """The turn with its numbers in figures; one whose words are not known apart stays as it is."""
    if " ".join(word.text for word in turn.words) != turn.text:
        return turn
    words = readable(turn.words)
    return replace(turn, words=words, text=" ".join(word.text for word in words))


def readable(words: Sequence[Word]) -> tuple[Word, ...]:
    """Words in order with their numbers in figures. Words hold no spaces, before as after."""
    tokens = [_token(word) for word in words]
    weighed = bool(WEIGHTS.search(" ".join(word.text for word in words)))
    rules: tuple[Callable[[Sequence[_Token], int], _Written | None], ...] = (
        _clock,
        _digits,
        _date,
        lambda tokens, at: _money(tokens, at, weighed),
        _percent,
        _year,
        _range,
        _count,
    )
    made: list[Word] = []
    at = 0
    while at < len(tokens):
        written = next((found for rule in rules if (found := rule(tokens, at))), None)
        if written is None:
            # Of numbers side by side that say nothing clear, none is written in figures by itself.
            after = max(at + 1, _unclear_until(tokens, at))
            made += words[at:after]
            at = after
        else:
            made += _figures(tokens[at : written.after], written.texts)
            at = written.after
    return tuple(made)


def _token(word: Word) -> _Token:
    opening, core, closing = _parts(word.text)
    return _Token(word, opening, core.lower(), closing)


def _parts(text: str) -> tuple[str, str, str]:
    found = _PARTS.fullmatch(text)
    return (found[1], found[2], found[3]) if found else ("", text, "")


def _figures(said: Sequence[_Token], texts: Sequence[str]) -> list[Word]:
    """The words for some figures, the time of all that was said shared out by the length of each text."""
    text = list(texts)
    text[0] = said[0].opening + text[0]
    closing = said[-1].closing
    text[-1] += closing[1:] if text[-1].endswith(".") and closing.startswith(".") else closing
    start, end = said[0].word.start, max(token.word.end for token in said)
    confidence = min(token.word.confidence for token in said)
    whole = sum(map(len, texts))
    made: list[Word] = []
    done = 0
    for number, part in enumerate(text):
        done += len(texts[number])
        until = end if number == len(text) - 1 else max(start, round(start + (end - start) * len(texts[number]) / whole, 2))
        whole -= len(texts[number])
        until = min(until, end)
        made.append(Word(part, start, until, confidence))
        start = until
    return made


# What a number is


def _atoms(tokens: Sequence[_Token], at: int) -> list[tuple[str, int, bool]]:
    """What could make up a number from there on: each part (`twenty-five` has two), the place after its word, and whether
    it is the last of it. Nothing after a pause or in quotes belongs to the same number."""
    atoms: list[tuple[str, int, bool]] = []
    for place in range(at, min(at + 12, len(tokens))):
        token = tokens[place]
        if place > at and token.opening:
            break
        parts = token.core.split("-")
        atoms += [(part, place + 1, number == len(parts)) for number, part in enumerate(parts, 1)]
        if token.closing:
            break
    return atoms


def _number(tokens: Sequence[_Token], at: int) -> _Number | None:
    """The number that is said from there on, in words or figures; None where there is none, or it ends within a word."""
    if at >= len(tokens):
        return None
    atoms = _atoms(tokens, at)
    texts = [text for text, _, _ in atoms]
    article = texts[:1] == ["a"] and texts[1:2] != [] and texts[1] in SCALES
    if _FIGURES.fullmatch(texts[0]):
        value, length = int(texts[0].replace(",", "")), 1
        scale = SCALES.get(texts[1]) if len(texts) > 1 else None
        if scale and value < 100 and len(texts[0]) < 3:
            value, length = value * scale, 2
    else:
        value, length = _spoken(texts)
    if not length or not atoms[length - 1][2] or (length < len(texts) and texts[length] in SCALES):
        return None
    fraction = ""
    if not article and texts[length : length + 1] == ["point"]:
        digits = [UNITS[text] for text in _while_in(texts[length + 1 :], UNITS)]
        if digits and atoms[length + len(digits)][2]:
            fraction, length = "." + "".join(map(str, digits)), length + 1 + len(digits)
    elif re.fullmatch(r"\d+\.\d+", texts[0]):
        return None
    return _Number(value, fraction, atoms[length - 1][1], not texts[0][:1].isdigit(), article)


def _while_in(texts: Iterable[str], known: dict[str, int]) -> list[str]:
    found: list[str] = []
    for text in texts:
        if text not in known:
            break
        found.append(text)
    return found


def _spoken(texts: Sequence[str]) -> tuple[int, int]:
    """The value of the number in words at the start of these texts, and how many of them it takes; 0, 0 where none is."""
    value, at = (1, 1) if texts[0] == "a" else _below_hundred(texts, 0)
    if not at or (texts[0] == "a" and (len(texts) < 2 or texts[1] not in SCALES)):
        return 0, 0
    for scale, size in SCALES.items():
        if value and at < len(texts) and texts[at] == scale:
            value, at = value * size, at + 1
            rest = at + 1 if at < len(texts) and texts[at] == "and" else at
            more, after = _below_hundred(texts, rest)
            if scale == "thousand" and more and after < len(texts) and texts[after] == "hundred":
                hundreds, after = more * 100, after + 1
                joined = after + 1 if after < len(texts) and texts[after] == "and" else after
                units, end = _below_hundred(texts, joined)
                more, after = (hundreds + units, end) if units else (hundreds, after)
            if more and not (after < len(texts) and texts[after] in SCALES and rest > at):
                value, at = value + more, after
    return value, at


def _below_hundred(texts: Sequence[str], at: int) -> tuple[int, int]:
    """A number below a hundred and the place after it; 0, `at` where there is none."""
    text = texts[at] if at < len(texts) else ""
    for known in (UNITS, TEENS):
        if text in known:
            return known[text], at + 1
    if text not in TENS:
        return 0, at
    more = UNITS.get(texts[at + 1], 0) if at + 1 < len(texts) else 0
    return (TENS[text] + more, at + 2) if more else (TENS[text], at + 1)


def _unclear_until(tokens: Sequence[_Token], at: int) -> int:
    """The place after numbers that stand side by side."""
    after, count = at, 0
    while (number := _number(tokens, after)) and not number.article:
        after, count = number.after, count + 1
        if tokens[after - 1].closing:
            break
    return after if count > 1 else at


def _before(tokens: Sequence[_Token], at: int) -> str:
    """The word before, empty where a pause lies between or there is none."""
    return tokens[at - 1].core if at and not tokens[at - 1].closing and not tokens[at].opening else ""


def _after(tokens: Sequence[_Token], after: int) -> str:
    """The word that follows without a pause, empty where there is none."""
    return tokens[after].core if after < len(tokens) and not tokens[after - 1].closing and not tokens[after].opening else ""


def _is_number(tokens: Sequence[_Token], after: int) -> bool:
    """Whether a number follows without a pause."""
    return bool(_after(tokens, after)) and (_number(tokens, after) is not None or tokens[after].core in ZEROS)


# What is written how


def _clock(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`ten thirty a m`, `10.30 AM`, `at ten thirty`, `five o'clock`."""
    whole = _CLOCK.fullmatch(tokens[at].core)
    if whole:
        half, after = _half_day(tokens, at + 1)
        same = whole[0].replace(".", ":")
        return _Written((same, half), after) if half and 1 <= int(whole[1]) <= 12 else None
    hour = _number(tokens, at)
    if hour is None or hour.fraction or hour.article or not 1 <= hour.value <= 12 or _before(tokens, at) in MONTH_NAMES:
        return None
    half, after = _half_day(tokens, hour.after)
    if half:
        return _Written((str(hour.value), half), after)
    if _after(tokens, hour.after).replace("’", "'") in ("o'clock", "oclock"):
        return _Written((str(hour.value), "o'clock"), hour.after + 1)
    minute, past = _minute(tokens, hour.after)
    if not minute:
        return None
    half, after = _half_day(tokens, past)
    if half:
        return _Written((f"{hour.value}:{minute}", half), after)
    clear = _before(tokens, at) in BEFORE_CLOCK and not _is_number(tokens, past) and _after(tokens, past) not in AFTER_SUM
    return _Written((f"{hour.value}:{minute}",), past) if clear and _after(tokens, past) not in NOT_CLOCK else None


def _minute(tokens: Sequence[_Token], at: int) -> tuple[str, int]:
    """The minutes in two figures, and the place after them; empty where there are none."""
    if not _after(tokens, at):
        return "", at
    if tokens[at].core in ZEROS and not tokens[at].closing and _after(tokens, at + 1) in UNITS:
        return f"0{UNITS[tokens[at + 1].core]}", at + 2
    minute = _number(tokens, at)
    if minute is None or minute.fraction or minute.article or not 10 <= minute.value <= 59:
        return "", at
    return str(minute.value), minute.after


def _half_day(tokens: Sequence[_Token], at: int) -> tuple[str, int]:
    """`a.m.` or `p.m.` where that is said next, and the place after it."""
    said = _after(tokens, at)
    if found := _HALF_DAY.fullmatch(said):
        # `at nine am I to call` is no time.
        return ("", at) if said == "am" and _after(tokens, at + 1) == "i" else (f"{found[1].lower()}.m.", at + 1)
    if said in ("a", "p") and tokens[at].closing in ("", ".") and at + 1 < len(tokens) and tokens[at + 1].core == "m":
        return f"{said}.m.", at + 2
    return "", at


class _Group(NamedTuple):
    """Digits said without a pause, the place after them, and how many times something was said for them."""

    digits: str
    after: int
    items: int


def _digits(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`four one double one oh nine`, `4-1-1-1-0-9`, `0, 2, 0, 7`: an order's or a telephone's number."""
    if _before(tokens, at) in SMALL_COINS:
        return None
    groups: list[_Group] = []
    after = at
    while after < len(tokens) and (group := _group(tokens, after)):
        groups.append(group)
        after = group.after
        if not (tokens[after - 1].closing == "," and after < len(tokens) and not tokens[after].opening):
            break
    # What follows a comma and goes on as a sentence belongs to that: `4110, one moment`.
    if len(groups) > 1 and groups[-1].items == 1 and _after(tokens, groups[-1].after):
        groups.pop()
    if all(group.items == 1 for group in groups):
        digits = "".join(group.digits for group in groups)
        upward = all(int(b) - int(a) == 1 for a, b in pairwise(digits))
        if len(groups) == 1:
            groups = [g for g in groups if "-" in tokens[at].core]
        elif len(digits) < FEWEST_LISTED_DIGITS or upward or tokens[at].core in ZEROS:
            return None
        return _Written((digits,), groups[-1].after) if groups and len(digits) >= FEWEST_DIGITS else None
    kept = groups[:1]
    for group in groups[1:]:
        if len(group.digits) < 2:
            break
        kept.append(group)
    said = "".join(group.digits for group in kept)
    # `oh` before fewer digits is more likely an interjection before a count.
    if len(said) < (FEWEST_LISTED_DIGITS if tokens[at].core in ZEROS else FEWEST_DIGITS):
        return None
    return _Written(tuple(group.digits for group in kept), kept[-1].after)


def _group(tokens: Sequence[_Token], at: int) -> _Group | None:
    """The digits that are said from there on up to a pause."""
    digits, after, items = "", at, 0
    while after < len(tokens) and (after == at or _after(tokens, after)):
        twice = tokens[after].core in TIMES_SAID and not tokens[after].closing
        if _after(tokens, after + 1 + twice) in COUNTED:
            break
        token = tokens[after]
        parts = token.core.split("-")
        if token.core in ZEROS and token.closing and not items:
            break  # `oh, one moment`
        if twice and _digit(_after(tokens, after + 1)):
            digits += TIMES_SAID[token.core] * _digit(tokens[after + 1].core)
            after, items = after + 2, items + 1
        elif all(map(_digit, parts)):
            # An `oh` that goes on as a sentence belongs to that.
            if token.core in ZEROS and _after(tokens, after + 1) and not _starts_digits(tokens, after + 1):
                break
            digits, after, items = digits + "".join(map(_digit, parts)), after + 1, items + len(parts)
        else:
            break
    return _Group(digits, after, items) if items else None


def _starts_digits(tokens: Sequence[_Token], at: int) -> bool:
    core = tokens[at].core
    return core in TIMES_SAID or all(map(_digit, core.split("-")))


def _digit(text: str) -> str:
    """The digit that one says so, empty where it is none."""
    if text in ZEROS:
        return "0"
    if text in UNITS:
        return str(UNITS[text])
    return text if len(text) == 1 and text in "0123456789" else ""


def _ordinal(tokens: Sequence[_Token], at: int) -> tuple[int, int]:
    """An ordinal in words and the place after it; 0 where there is none."""
    atoms = _atoms(tokens, at)
    texts = [text for text, _, _ in atoms]
    if texts[0] in UNIT_ORDINALS or texts[0] in ORDINALS:
        return (UNIT_ORDINALS | ORDINALS)[texts[0]], at + 1 if atoms[0][2] else 0
    if texts[0] in TENS and len(texts) > 1 and texts[1] in UNIT_ORDINALS and atoms[1][2]:
        return TENS[texts[0]] + UNIT_ORDINALS[texts[1]], atoms[1][1]
    return 0, at


def _date(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`the twenty first of March`, `April twenty-third`, and any ordinal from `tenth` up."""
    value, after = _ordinal(tokens, at)
    if not value or not after:
        return None
    ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    of_month = after + 1 < len(tokens) and _after(tokens, after) == "of" and _is_month(tokens, after + 1)
    # `may first` and `march second` are more likely no dates.
    in_month = bool(_before(tokens, at)) and _is_month(tokens, at - 1) and tokens[at - 1].core not in ("may", "march")
    if value < 10 and not of_month and not in_month:
        return None
    return _Written((f"{value}{ending}",), after)


def _is_month(tokens: Sequence[_Token], at: int) -> bool:
    return _parts(tokens[at].word.text)[1] in MONTHS


def _money(tokens: Sequence[_Token], at: int, weighed: bool) -> _Written | None:
    """`twenty five dollars and fifty cents`, `$ 25`, `£25 and 50 pence`, `twenty five pounds fifty`."""
    sign, whole, after = _whole_sum(tokens, at, weighed)
    if not sign:
        return None
    joined = after + 1 if _after(tokens, after) == "and" and not tokens[after].closing else after
    small = _number(tokens, joined) if _after(tokens, joined) else None
    if small and not small.fraction and not small.article and 1 <= small.value <= 99 and not _has_cents(whole):
        if _after(tokens, small.after) in SMALL_COINS[sign]:
            return _Written((f"{whole}.{small.value:02}",), small.after + 1)
        ends = small.after == len(tokens) or bool(tokens[small.after - 1].closing)
        if sign == "£" and joined == after and small.value >= 10 and ends:
            return _Written((f"{whole}.{small.value:02}",), small.after)
    same = after == at + 1 and tokens[at].core == whole
    return None if same else _Written((whole,), after)


def _has_cents(whole: str) -> bool:
    return "." in whole


def _whole_sum(tokens: Sequence[_Token], at: int, weighed: bool) -> tuple[str, str, int]:
    """The currency's sign, the sum with it, and the place after it; empty where there is none."""
    core = tokens[at].core
    if found := _SUM.fullmatch(core):
        return found[1], found[0], at + 1
    if core in SMALL_COINS and not tokens[at].closing and at + 1 < len(tokens):
        return _after_sign(tokens, at)
    number = _number(tokens, at)
    if number and number.value % 100 == 0 < number.value < 1000 and not number.fraction and _before(tokens, at) != "between":
        number = _with_rest(tokens, number)
    unit = _after(tokens, number.after) if number else ""
    sign = CURRENCIES.get(unit, "")
    if number is None or not sign or (sign == "£" and weighed) or len(number.fraction) not in (0, 3):
        return "", "", at
    # A sum of 2026 is none that is read as a year.
    return sign, f"{sign}{number.value:,}{number.fraction}", number.after + 1


def _with_rest(tokens: Sequence[_Token], hundreds: _Number) -> _Number:
    """A recogniser writes four hundred and eighty as `400 and 80` now and then."""
    if _after(tokens, hundreds.after) != "and" or not _after(tokens, hundreds.after + 1):
        return hundreds
    rest = _number(tokens, hundreds.after + 1)
    if rest is None or rest.article or rest.fraction or rest.value >= 100 or _after(tokens, rest.after) not in CURRENCIES:
        return hundreds
    return hundreds._replace(value=hundreds.value + rest.value, after=rest.after)


def _after_sign(tokens: Sequence[_Token], at: int) -> tuple[str, str, int]:
    """The same for a sign that stands by itself: `$ 25`, `$ twelve`."""
    sign = tokens[at].core
    if tokens[at + 1].opening:
        return "", "", at
    if found := _SUM.fullmatch(sign + tokens[at + 1].core):
        return sign, found[0], at + 2
    number = _number(tokens, at + 1)
    if number is None or number.article or len(number.fraction) not in (0, 3):
        return "", "", at
    return sign, f"{sign}{number.value:,}{number.fraction}", number.after


def _percent(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`five percent`, `25 per cent`, `25 %`."""
    number = _number(tokens, at)
    if number is None:
        return None
    unit = _after(tokens, number.after)
    if unit in ("percent", "%"):
        return _Written((f"{number.figures}%",), number.after + 1)
    if unit == "per" and not tokens[number.after].closing and _after(tokens, number.after + 1) == "cent":
        return _Written((f"{number.figures}%",), number.after + 2)
    return None


def _year(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`in twenty twenty six`, `nineteen ninety nine`."""
    century = _number(tokens, at)
    if century is None or not century.spoken or century.fraction or century.value not in (19, 20):
        return None
    if not _after(tokens, century.after):
        return None
    after = century.after
    if tokens[after].core in ZEROS and not tokens[after].closing and _after(tokens, after + 1) in UNITS:
        rest, end = UNITS[tokens[after + 1].core], after + 2
    else:
        year = _number(tokens, after)
        if year is None or not year.spoken or year.fraction or year.article or not 10 <= year.value <= 99:
            return None
        rest, end = year.value, year.after
    dated = _before(tokens, at) in BEFORE_YEAR or (at > 0 and tokens[at - 1].closing == "," and _dates_end(tokens, at))
    if _is_number(tokens, end) or not (dated or century.value == 19) or _after(tokens, end) in CURRENCIES:
        return None
    return _Written((f"{century.value}{rest:02}",), end)


def _dates_end(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a month or a day of one stands before, as in `April 2nd, …`."""
    for first in range(max(0, at - 3), at - 1):
        number = _number(tokens, first + 1)
        ends = {_ordinal(tokens, first + 1)[1], number.after if number else 0}
        in_figures = first + 2 == at and _IN_ORDER.fullmatch(tokens[first + 1].core) is not None
        if _is_month(tokens, first) and not tokens[first].closing and (at in ends or in_figures):
            return True
    return _is_month(tokens, at - 1)


def _range(tokens: Sequence[_Token], at: int) -> _Written | None:
    """`nine to twelve` becomes `9 to 12`: both in figures, or neither."""
    first = _number(tokens, at)
    if first is None or not first.spoken or first.fraction or not 0 < first.value < 10 or _is_clock_word(tokens, at):
        return None
    link = _after(tokens, first.after)
    if link not in ("to", "or") or tokens[first.after].closing or _before(tokens, at) in TELLS_TIME:
        return None
    second = _number(tokens, first.after + 1) if _after(tokens, first.after + 1) else None
    if second is None or second.article or second.fraction or second.value < 10 or _is_number(tokens, second.after):
        return None
    if _after(tokens, second.after) in ("past", "percent", "per", "point", *CURRENCIES):
        return None
    return _Written((str(first.value), link, second.figures), second.after)


def _count(tokens: Sequence[_Token], at: int) -> _Written | None:
    """Any other number from ten up, and decimal fractions."""
    number = _number(tokens, at)
    if number is None or not number.spoken or _is_clock_word(tokens, at) or _is_number(tokens, number.after):
        return None
    if number.fraction:
        return _Written((number.figures,), number.after)
    if number.value < 10 or (number.article and number.value in (100, 1000)) or _ordinal_follows(tokens, number.after):
        return None
    if _after(tokens, number.after) == "past":
        return None
    return _Written((number.figures,), number.after)


def _is_clock_word(tokens: Sequence[_Token], at: int) -> bool:
    """`half past ten`, `quarter to twelve` and `at five to ten` stay words."""
    before = _before(tokens, at)
    if before != "to":
        return before == "past"
    minutes = _before(tokens, at - 1)
    return minutes == "quarter" or (minutes in MINUTES_TO and _before(tokens, at - 2) in TELLS_TIME)


def _ordinal_follows(tokens: Sequence[_Token], at: int) -> bool:
    following = _after(tokens, at)
    return bool(following) and (_ordinal(tokens, at)[0] > 0 or _IN_ORDER.fullmatch(following) is not None)
