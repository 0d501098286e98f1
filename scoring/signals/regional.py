"""What would have been said by somebody from anywhere?

"Ta, love" and "Thank you, sir" are thanks, and nothing in them should tell a judge of behaviours or of feeling more than
that. Terms of address and tags at the end of a clause are taken out, and a few words of a region become those understood
everywhere, before a turn is judged. Where a word does something else ("I love it", "the wee small hours, like I said"), it
stays as far as its place tells. Every letter remembers where it came from, so that evidence quotes what was said.

Other systems write capitals in the place of private words: `#NAME#`, `[PERSON_NAME]`, `<EMAIL>`, `{{ORDER_NUMBER}}`, `XXXX`.
Nobody said those, and to a judge they look like shouting: `unmasked` reads a name in the place of a name, the same one for
everybody, and otherwise what the mask stands for in small letters. Marks and pictures alone ("****", "!!!") it reads as
nothing said. The judge was taught on its corpus as written, with `plain`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_ADDRESS = r"""
love|luv|lovey|my love|dear|my dear|dearie|darling|sweetheart|sweetie|honey|hun|hen|duck|pet|flower|petal|treasure|sunshine
mate|pal|buddy|bud|bro|bruv|man|dude|boss|chief|guv|squire|friend|my friend|son|lad|lass|sir|ma'am|madam|miss|sir ji
auntie|uncle
""".strip().replace("\n", "|")
_TAGS = "innit|isn't it though|eh|like|lah|lor|leh|ken|so it is|you get me|y'know|you know|na|hey|y'all"

_TAKEN_OUT = re.compile(
    rf",\s+(?:{_ADDRESS}|{_TAGS})(?=\s*(?:[,.!?;]|$))"
    rf"|(?<=\byou)\s+(?:{_ADDRESS})(?=\s*(?:[,.!?;]|$))"
    rf"|(?<=\bta)\s+(?:{_ADDRESS})(?=\s*(?:[,.!?;]|$))",
    re.IGNORECASE,
)
_EVERYWHERE = {
    "aye": "yes",
    "ta": "thanks",
    "cheers": "thanks",
    "ta-ra": "goodbye",
    "cheerio": "goodbye",
    "hooroo": "goodbye",
    "hiya": "hello",
    "howdy": "hello",
    "wotcha": "hello",
    "howya": "hello",
    "ay up": "hello",
    "g'day": "hello",
    "nowt": "nothing",
    "owt": "anything",
    "wee": "little",
    "ain't": "isn't",
    "y'all": "you all",
    "mam": "mum",
    "mom": "mum",
}
_LOCAL = "|".join(re.escape(word).replace("'", "['’]") for word in sorted(_EVERYWHERE, key=len, reverse=True))
_WORDS = re.compile(rf"(?<![\w'’-])(?:{_LOCAL})(?![\w'’-])")
_CHANGED = re.compile(f"{_TAKEN_OUT.pattern}|{_WORDS.pattern}", re.IGNORECASE)

_CAPITALS = r"(?-i:[A-Z][A-Z0-9]+(?:[_ -][A-Z0-9]+)*)"
_MASK = re.compile(
    rf"#{_CAPITALS}#|\[{_CAPITALS}\]|<{_CAPITALS}>|\{{\{{{_CAPITALS}\}}\}}|(?<!\w)(?-i:XXXX+(?:[ -]XX+)*)(?!\w)-?",
    re.IGNORECASE,
)
_OF_A_NAME = re.compile(r"NAME|PERSON")
_SOME_NAME = "Sam"
_OF_ANYTHING = re.compile(r"PII|PHI|PCI|REDACTED|REMOVED|MASKED|HIDDEN|X[X -]+")
_CHANGED_OR_MASKED = re.compile(f"{_CHANGED.pattern}|{_MASK.pattern}", re.IGNORECASE)


@dataclass(frozen=True)
class Plain:
    """A text without the marks of a region. `places` holds for each of its letters the place in the original, and last the
    original's length."""

    text: str
    places: tuple[int, ...]

    def within_original(self, start: int, end: int) -> tuple[int, int]:
        """The original's letters for the letters `start` to `end`."""
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


@lru_cache(maxsize=256)  # a turn is read as itself, and again as what came before the next ones
def plain(text: str) -> Plain:
    """The text as somebody from anywhere would have said it."""
    return _with_changes(text, _CHANGED)


@lru_cache(maxsize=256)
def unmasked(text: str) -> Plain:
    """The text as somebody from anywhere would have said it, with something sayable where another system masked words;
    empty where there is no letter and no digit."""
    found = _with_changes(text, _CHANGED_OR_MASKED)
    return found if any(letter.isalnum() for letter in found.text) else Plain("", (len(text),))


def _with_changes(text: str, changed: re.Pattern[str]) -> Plain:
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in changed.finditer(text):
        parts.append(text[at : match.start()])
        places += range(at, match.start())
        new = _instead(match.group())
        parts.append(new)
        # The first letters stand for the first, and the last for the last, so that a whole word is quoted whole.
        old = match.end() - match.start()
        places += [match.start() + (min(n, old - 1) if n < len(new) - 1 else old - 1) for n in range(len(new))]
        at = match.end()
    parts.append(text[at:])
    places += range(at, len(text) + 1)
    return Plain("".join(parts), tuple(places))


def _instead(said: str) -> str:
    """What is read in the place of a word of a region, or of a mask."""
    if _MASK.fullmatch(said):
        masked = said.strip("#[]<>{}")
        if _OF_A_NAME.search(masked):
            return _SOME_NAME
        return "" if _OF_ANYTHING.fullmatch(masked) else masked.replace("_", " ").lower()
    new = _EVERYWHERE.get(said.replace("’", "'").lower(), "")
    return new.capitalize() if said[0].isupper() else new
