"""Would the same call have the same verdicts if other people had held it?

A call is written down once more with other names, the other gender's pronouns and titles, other places, or the words of
another region, and nothing else changed: the same turns by the same sides at the same times. Judged again, it has to get
the same verdicts. What is exchanged for what stands in `fairness.yaml`; which is drawn follows from a seed, so that an
audit can be repeated.

The idea is that of counterfactual fairness tests (Kusner et al., "Counterfactual Fairness", 2017; Garg et al.,
"Counterfactual Fairness in Text Classification through Robustness", 2019).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any

from ruamel.yaml import YAML

from scoring.result import CriterionResult, Evaluation, Verdict
from transcripts.model import Speaker, Transcript, Turn, Word

DATA = Path(__file__).with_name("fairness.yaml")

MOST_FLIPS = 0.005
"""The share of verdicts that may flip; above it the audit does not hold."""
LEVEL = 0.90  # of intervals, as for agreement

# Of the sentences where a word of address or a tag could stand, this share gets one: more is a caricature.
SHARE_ADDRESSED = 0.3
FEWEST_WORDS_ADDRESSED = 3
MOST_SHOWN = 240  # letters of a sentence in a report


class Exchange(StrEnum):
    """What is exchanged."""

    NAMES = "names"
    PRONOUNS = "pronouns and titles"
    PLACES = "places"
    DIALECT = "words of a region"
    ADDRESS = "address and tags"


@dataclass(frozen=True)
class Edit:
    """These letters of a turn's text are replaced; where `start` equals `end`, something is put in."""

    start: int
    end: int
    new: str


def exchanged(transcript: Transcript, exchange: Exchange, seed: int = 0) -> Transcript:
    """The same call with that exchanged, equal to the given one where there is nothing to exchange.

    Turns, speakers and times stay. A replaced word keeps the time and confidence of the word it replaces, one that is put
    in shares those of the word before it. The same seed and transcript give the same exchange.
    """
    random = Random(f"{seed}|{exchange}|{transcript.content_hash}")
    edits = _EDITORS[exchange]([(turn.speaker, turn.text) for turn in transcript.turns], random)
    turns = tuple(
        _edited(turn, edits[number]) if edits.get(number) else turn for number, turn in enumerate(transcript.turns)
    )
    return replace(transcript, turns=turns)


Lines = Sequence[tuple[Speaker, str]]
Edits = dict[int, list[Edit]]


def _edited(turn: Turn, edits: Sequence[Edit]) -> Turn:
    """The turn with these edits, of which no two overlap."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    return replace(turn, text=_apply(turn.text, ordered, 0, len(turn.text)), words=tuple(_edited_words(turn, ordered)))


def _apply(text: str, edits: Sequence[Edit], first: int, last: int) -> str:
    """The letters from `first` to `last` with the edits within."""
    parts, at = [], first
    for edit in edits:
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:last]])


def _edited_words(turn: Turn, edits: Sequence[Edit]) -> Iterator[Word]:
    """The timed words after the edits. Words that one edit spans become one, with the time of all of them."""
    placed: list[tuple[int, int, list[Word]]] = []
    cursor = 0
    for word in turn.words:
        text = word.text.strip()
        at = turn.text.find(text, cursor) if text else -1
        if at < 0:
            continue
        cursor = at + len(text)
        spanned = placed and any(edit.start <= placed[-1][1] and edit.end > at for edit in edits)
        if spanned:
            placed[-1] = (placed[-1][0], cursor, [*placed[-1][2], word])
        else:
            placed.append((at, cursor, [word]))
    for number, (first, last, words) in enumerate(placed):
        end = placed[number + 1][0] if number + 1 < len(placed) else len(turn.text) + 1
        # An edit belongs to the word it begins in, or stands right after.
        own = [edit for edit in edits if first <= edit.start < end or (number == 0 and edit.start < first)]
        if not own:
            yield from words
            continue
        begin, stop = min(first, own[0].start), max(last, own[-1].end)
        text = _apply(turn.text, own, begin, stop).strip()
        if text:
            confidence = sum(word.confidence for word in words) / len(words)
            yield Word(text, words[0].start, max(word.end for word in words), confidence)


# What is exchanged for what


@dataclass(frozen=True)
class Variety:
    """How English is spoken somewhere: words instead of those understood everywhere, words of address, tags."""

    words: Mapping[str, str]
    address: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Lists:
    """The lists in `fairness.yaml`."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]
    street_kinds: tuple[str, ...]
    streets: tuple[str, ...]
    genders: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    varieties: Mapping[str, Variety]


@lru_cache(maxsize=1)
def lists() -> Lists:
    """The lists, read once."""
    data: dict[str, Any] = YAML(typ="safe").load(DATA.read_text(encoding="utf-8"))
    return Lists(
        first_names=_every(data["first_names"].values()),
        last_names=_every(data["last_names"].values()),
        places=tuple(tuple(group) for group in data["places"]),
        street_kinds=tuple(data["street_kinds"]),
        streets=tuple(data["streets"]),
        genders=tuple((tuple(one), tuple(other)) for one, other in data["genders"]),
        varieties={
            name: Variety(variety["words"], tuple(variety["address"]), tuple(variety["tags"]))
            for name, variety in data["varieties"].items()
        },
    )


def _every(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


# Names

_NAME = r"(?-i:[A-ZÀ-ÝŁŞÖ][\w'’-]+)"
# Where people say who they are, whatever the name: (first name, last name or none).
_INTRODUCTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bmy name(?:'s| is) ({_NAME})(?: ({_NAME}))?",
        rf"\b(?:I'm|I am|it's|this is|called|with) ({_NAME})(?: ({_NAME}))?(?=[,.!?]| (?:speaking|here|from|at|and)\b|$)",
        rf"\b({_NAME})(?: ({_NAME}))? (?:speaking|here)\b",
    )
)
_TITLED = re.compile(rf"\b(?-i:Mr|Mrs|Ms|Miss|Dr)\.? ({_NAME})(?: ({_NAME}))?")
_NO_NAMES_WORDS = """
I I'm It It's The This That What Yes No Well Okay So And Hello Hi Good Thank Thanks Please Sorry My Your We
You He She They Who Now There Here Just Mr Mrs Ms Miss Dr Monday Tuesday Wednesday Thursday Friday Saturday
Sunday January February March April May June July August September October November December English British
"""
_NO_NAMES = frozenset(_NO_NAMES_WORDS.split())


def _exchange_names(lines: Lines, random: Random) -> Edits:
    """Every name of a person for one of any origin, the same one throughout the call."""
    known = lists()
    first, last = _names_said(lines)
    drawn: dict[str, str] = {}
    for names, pool in ((sorted(first), known.first_names), (sorted(last - first), known.last_names)):
        fresh = [name for name in pool if name not in first | last]
        drawn |= dict(zip(names, random.sample(fresh, len(names)), strict=True)) if len(names) <= len(fresh) else {}
    if not drawn:
        return {}
    pattern = re.compile(rf"\b(?:{_any_of(drawn)})\b(?!\s+(?:{_any_of(known.street_kinds)})\b)")
    return _replace_all(lines, pattern, lambda match: drawn[match.group()])


def _names_said(lines: Lines) -> tuple[set[str], set[str]]:
    """First and last names in these lines: those that are listed, and those by which people are introduced or addressed."""
    known = lists()
    first, last = set[str](), set[str]()
    pattern = re.compile(rf"\b({_any_of(known.first_names)})\b(?:'s\b)?(?: ({_NAME}))?")
    for _, text in lines:
        for match in pattern.finditer(text):
            first.add(match.group(1))
            if match.group(2) and _is_name(match.group(2)):
                last.add(match.group(2))
        for introduction in _INTRODUCTIONS:
            for match in introduction.finditer(text):
                # What stands at "this is" may be a company; a person's name is listed, or is called a name.
                sure = introduction is _INTRODUCTIONS[0] or match.group(1) in known.first_names
                if sure and _is_name(match.group(1)):
                    first.add(match.group(1))
                    if match.group(2) and _is_name(match.group(2)):
                        last.add(match.group(2))
        for match in _TITLED.finditer(text):
            last |= {name for name in match.groups() if name and _is_name(name)}
        last |= {name for name in known.last_names if re.search(rf"\b{re.escape(name)}\b", text)}
    return first, last - first


def _is_name(word: str) -> bool:
    return word not in _NO_NAMES and not word.isupper()


# Pronouns and titles

# After "her" these begin something else than a noun, so that it is "him" and not "his".
_NO_NOUN_WORDS = """
a an the that to if and or but for with in on at by from about what when where who how why is was will would
can could again back up out off so as because i you he she it we they this yes no please today tomorrow now
then
"""
_NO_NOUN = frozenset(_NO_NOUN_WORDS.split())


def _exchange_pronouns(lines: Lines, random: Random) -> Edits:
    """Each word that has a gender for the other's."""
    table: dict[str, str] = {}
    for one, other in lists().genders:
        table |= {word.lower(): other[0] for word in one} | {word.lower(): one[0] for word in other}

    def other_gender(match: re.Match[str]) -> str:
        word = match.group()
        if word.islower() and word == "miss":
            return word  # "I miss" is a verb
        return _cased(table[word.replace("’", "'").lower()], word)

    def pronoun(match: re.Match[str]) -> str:
        word, after = match.group(1), match.group(2)
        noun = bool(after) and after.lower() not in _NO_NOUN
        new = {"him": "her", "her": "his" if noun else "him", "his": "her" if noun else "hers", "hers": "his"}[word.lower()]
        return _cased(new, word)

    words = re.compile(rf"\b(?:{_any_of(table)})\b", re.IGNORECASE)
    edits = _replace_all(lines, words, other_gender)
    pronouns = re.compile(r"\b(him|hers|her|his)\b(?= ?(\w+)?)", re.IGNORECASE)
    for number, found in _replace_all(lines, pronouns, pronoun).items():
        edits.setdefault(number, []).extend(found)
    return edits


# Places


def _exchange_places(lines: Lines, random: Random) -> Edits:
    """Towns, regions and countries for others of any part of the world, and the names of streets."""
    known = lists()
    every = _every(known.places)
    drawn: dict[str, str] = {}

    def elsewhere(match: re.Match[str]) -> str:
        place = match.group()
        if place not in drawn:
            drawn[place] = random.choice([other for other in every if other != place and other not in drawn.values()])
        return drawn[place]

    def other_street(match: re.Match[str]) -> str:
        street = match.group(1)
        if street not in drawn:
            drawn[street] = random.choice([other for other in known.streets if other != street])
        return f"{drawn[street]} {match.group(2)}"

    streets = re.compile(rf"\b((?:{_NAME})) ({_any_of(known.street_kinds)})\b")
    edits = _replace_all(lines, streets, other_street)
    taken = {number: [(edit.start, edit.end) for edit in found] for number, found in edits.items()}
    for number, found in _replace_all(lines, re.compile(rf"\b(?:{_any_of(every)})\b"), elsewhere).items():
        free = [edit for edit in found if all(edit.end <= a or edit.start >= b for a, b in taken.get(number, []))]
        if free:
            edits.setdefault(number, []).extend(free)
    return edits


# Words of a region


def _exchange_dialect(lines: Lines, random: Random) -> Edits:
    """Each side speaks as people do in a region of its own; what it said in the words of another becomes those of this."""
    varieties = lists().varieties
    own = dict(zip(Speaker, random.sample(sorted(varieties), len(Speaker)), strict=False))
    standard: dict[str, str] = {}
    for name in sorted(varieties):
        for word, local in varieties[name].words.items():
            standard.setdefault(word, word)
            standard.setdefault(local, word)
    pattern = re.compile(rf"(?<![\w'-])(?:{_any_of(standard)})(?![\w'-])", re.IGNORECASE)

    def said_in(variety: Variety) -> Callable[[re.Match[str]], str]:
        def local(match: re.Match[str]) -> str:
            word = standard[match.group().lower()]
            return _cased(variety.words.get(word, word), match.group())

        return local

    edits: Edits = {}
    for number, (speaker, text) in enumerate(lines):
        found = _replace_all([(speaker, text)], pattern, said_in(varieties[own[speaker]]))
        if found:
            edits[number] = found[0]
    return edits


# Address and tags

# A tag stands after a statement about somebody or something, not after thanks or a greeting.
_STATEMENT = re.compile(r"\s*(?:I|you|we|they|he|she|it|that|this|there|the|my|your)\b(?! you)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[a-z]{2})(?<!\bMr)(?<!\bMrs)(?<!\bDr)([.!?])(?=\s|$)|(?<=\w)()$")


def _exchange_address(lines: Lines, random: Random) -> Edits:
    """Words of address and tags of a region are taken out where they stand, and put at the ends of other sentences."""
    varieties = lists().varieties
    own = dict(zip(Speaker, random.sample(sorted(varieties), len(Speaker)), strict=False))
    markers = _every(variety.address + variety.tags for variety in varieties.values())
    there = re.compile(
        rf",? (?:{_any_of(word for word in markers if word not in ('no', 'like', 'hey', 'pet'))})(?=[,.!?]|$)"
    )
    edits: Edits = {}
    for number, (speaker, text) in enumerate(lines):
        taken = [Edit(match.start(), match.end(), "") for match in there.finditer(text) if match.start()]
        variety = varieties[own[speaker]]
        put = []
        for match in _SENTENCE_END.finditer(text):
            begun = max((text.rfind(mark, 0, match.start()) for mark in ".!?"), default=-1)
            sentence = text[begun + 1 : match.start()]
            long = len(sentence.split()) >= FEWEST_WORDS_ADDRESSED
            near = any(edit.end == match.start() for edit in taken)
            if long and not near and random.random() < SHARE_ADDRESSED:
                states = match.group() != "?" and _STATEMENT.match(sentence)
                choices = variety.address + (variety.tags if states else ())
                put.append(Edit(match.start(), match.start(), f", {random.choice(choices)}"))
        if taken or put:
            edits[number] = taken + put
    return edits


_EDITORS: Mapping[Exchange, Callable[[Lines, Random], Edits]] = {
    Exchange.NAMES: _exchange_names,
    Exchange.PRONOUNS: _exchange_pronouns,
    Exchange.PLACES: _exchange_places,
    Exchange.DIALECT: _exchange_dialect,
    Exchange.ADDRESS: _exchange_address,
}


def _any_of(words: Iterable[str]) -> str:
    """A pattern of all of them, longer ones first, with either apostrophe."""
    return "|".join(re.escape(word).replace("'", "['’]") for word in sorted(set(words), key=lambda w: (-len(w), w)))


def _cased(new: str, old: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _replace_all(lines: Lines, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Edits:
    """An edit for each match that becomes something else, by line."""
    edits: Edits = {}
    for number, (_, text) in enumerate(lines):
        for match in pattern.finditer(text):
            word = new(match)
            if word != match.group():
                edits.setdefault(number, []).append(Edit(match.start(), match.end(), word))
    return edits


# What became of the verdicts


@dataclass(frozen=True)
class Flip:
    """A verdict that became another one, with the sentence that was changed near what it rests on, before and after."""

    call: str
    exchange: Exchange
    scorecard: str
    criterion: str
    before: Verdict
    after: Verdict
    surety: float
    sentence_before: str
    sentence_after: str

    @property
    def badness(self) -> tuple[bool, float]:
        """To sort by: a flip between two answers that both count is worse than one to or from doubt, a sure one worse."""
        return self.before.counts and self.after.counts, self.surety


@dataclass(frozen=True)
class Compared:
    """One call judged with and without an exchange: every criterion (`scorecard.criterion`), and those that flipped.

    `applied` are those that counted before or after: the others say only that a question still does not apply.
    """

    call: str
    exchange: Exchange
    criteria: tuple[str, ...]
    applied: tuple[str, ...]
    flips: tuple[Flip, ...]


def compare(
    transcript: Transcript,
    other: Transcript,
    exchange: Exchange,
    before: Sequence[Evaluation],
    after: Sequence[Evaluation],
) -> Compared:
    """What became of the verdicts; `before` and `after` are by the same scorecards in the same order."""
    pairs = [
        (one.scorecard, old, new)
        for one, again in zip(before, after, strict=True)
        for old, new in zip(one.results, again.results, strict=True)
    ]
    return Compared(
        transcript.call_id,
        exchange,
        tuple(f"{card}.{old.criterion}" for card, old, _ in pairs),
        tuple(f"{card}.{old.criterion}" for card, old, new in pairs if old.verdict.counts or new.verdict.counts),
        tuple(
            _flip(transcript, other, exchange, card, old, new) for card, old, new in pairs if old.verdict is not new.verdict
        ),
    )


def _flip(
    transcript: Transcript, other: Transcript, exchange: Exchange, card: str, old: CriterionResult, new: CriterionResult
) -> Flip:
    changed = [n for n, (a, b) in enumerate(zip(transcript.turns, other.turns, strict=True)) if a.text != b.text]
    rested = {evidence.turn for result in (old, new) for evidence in _evidence(result)}
    turn = next((n for n in changed if n in rested), changed[0] if changed else None)
    sentences = ("", "") if turn is None else (transcript.turns[turn].text, other.turns[turn].text)
    return Flip(
        transcript.call_id,
        exchange,
        card,
        old.criterion,
        old.verdict,
        new.verdict,
        min(old.probability, new.probability),
        *_around_the_change(*sentences),
    )


def _evidence(result: CriterionResult) -> Iterator[Any]:
    yield from result.evidence
    if result.searched and result.searched.nearest:
        yield result.searched.nearest


def _around_the_change(before: str, after: str) -> tuple[str, str]:
    """Both texts, cut to the first difference and what surrounds it."""
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    start = max(0, at - MOST_SHOWN // 2)
    lead = "…" if start else ""
    return lead + before[start : start + MOST_SHOWN], lead + after[start : start + MOST_SHOWN]


@dataclass(frozen=True)
class Share:
    """How many of how many, with the interval that holds the true share with a probability of 90 %."""

    flips: int
    verdicts: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Flips by verdicts, 0 to 1; 0 where there are none."""
        return self.flips / self.verdicts if self.verdicts else 0.0


@dataclass(frozen=True)
class Report:
    """What an audit found. `criteria` holds those that flipped at all, the most often first; `flips` every flip, the worst
    first."""

    calls: int
    overall: Share
    applied: Share
    exchanges: Mapping[Exchange, Share]
    criteria: Mapping[str, Share]
    flips: tuple[Flip, ...]

    @property
    def holds(self) -> bool:
        """Whether anything was compared, and no more flips than may."""
        return self.overall.verdicts > 0 and self.overall.share <= MOST_FLIPS


def report(compared: Sequence[Compared]) -> Report:
    """The shares that flipped: of all verdicts, of those that applied, by what was exchanged and by criterion."""
    flipped = Counter(f"{flip.scorecard}.{flip.criterion}" for one in compared for flip in one.flips)
    asked = Counter(criterion for one in compared for criterion in one.criteria)
    return Report(
        calls=len({one.call for one in compared}),
        overall=_share((one.call, len(one.flips), len(one.criteria)) for one in compared),
        applied=_share((one.call, len(one.flips), len(one.applied)) for one in compared),
        exchanges={
            exchange: _share((one.call, len(one.flips), len(one.criteria)) for one in compared if one.exchange is exchange)
            for exchange in Exchange
        },
        criteria={
            name: _share(
                (one.call, sum(f"{flip.scorecard}.{flip.criterion}" == name for flip in one.flips), 1)
                for one in compared
                if name in one.criteria
            )
            for name, _ in sorted(flipped.items(), key=lambda item: (-item[1] / asked[item[0]], item[0]))
        },
        flips=tuple(
            sorted(
                (flip for one in compared for flip in one.flips),
                key=lambda flip: (*(-value for value in flip.badness), flip.scorecard, flip.criterion, flip.call),
            )
        ),
    )


def _share(found: Iterable[tuple[str, int, int]]) -> Share:
    """The share of flips in (call, flips, verdicts).

    Wilson's score interval ("Probable inference", 1927), with the number of verdicts divided by Kish's design effect
    ("Survey Sampling", 1965), because the verdicts of one call stand and fall together.
    """
    calls: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for call, flips, verdicts in found:
        calls[call][0] += flips
        calls[call][1] += verdicts
    flips, verdicts = (sum(both[n] for both in calls.values()) for n in (0, 1))
    if not verdicts:
        return Share(0, 0, 0.0, 1.0)
    share, count = flips / verdicts, len(calls)
    effect = 1.0
    if 0 < share < 1 and count > 1:
        between = sum((k - share * n) ** 2 for k, n in calls.values()) * count / (count - 1) / verdicts**2
        effect = max(1.0, between / (share * (1 - share) / verdicts))
    n, z = verdicts / effect, NormalDist().inv_cdf(0.5 + LEVEL / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(flips, verdicts, max(0.0, middle - half), min(1.0, middle + half))
