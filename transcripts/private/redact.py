"""How does a conversation read once its private words are taken out?

A token such as `[card number]` stands in the place of the words, with their time, so that player, quotes and search go on
working. Doing it again changes nothing, and no time is ever lengthened.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from transcripts.model import Transcript, Turn, Word
from transcripts.private.find import Hit, find
from transcripts.private.kinds import ALL_KINDS, Kind, Removed
from transcripts.private.spoken import Token, tokens_of

_TOKEN = re.compile("|".join(re.escape(kind.token) for kind in Kind))
_BY_TOKEN = {kind.token: kind for kind in Kind}
_AROUND = re.compile(r"^([(\"'“‘]*).*?([.?!,;:)\"'”’]*)$", re.DOTALL)


@dataclass(frozen=True)
class Redacted:
    """A conversation without its private words, and the places where they stood; none where nothing was taken out."""

    transcript: Transcript
    removed: tuple[Removed, ...]


def redact(transcript: Transcript, kinds: Collection[Kind] = ALL_KINDS) -> Redacted:
    """The conversation without private words of these kinds. `transcript` itself is not changed."""
    wanted = frozenset(kinds)
    turns = transcript.turns
    # What is taken out can bring words together that read as private in turn. It ends, for each round leaves fewer words
    # that may be read.
    while hits := _hits(turns, wanted):
        turns = tuple(_without(turn, hits[place]) if place in hits else turn for place, turn in enumerate(turns))
    if turns is transcript.turns:
        return Redacted(transcript, ())
    cleaned = replace(transcript, turns=turns)
    return Redacted(cleaned, removed_from(cleaned))


def removed_from(transcript: Transcript) -> tuple[Removed, ...]:
    """The places of a redacted conversation where something was taken out, in order."""
    return tuple(removed for place, turn in enumerate(transcript.turns) for removed in _removed(place, turn))


def _removed(place: int, turn: Turn) -> Iterator[Removed]:
    if "[" not in turn.text:
        return
    words = turn.words if _agree(turn) else ()
    for match in _TOKEN.finditer(turn.text):
        before = turn.text[: match.start()]
        # An opening quote or bracket belongs to the token's first word.
        first = len(before.split()) - bool(before and not before[-1].isspace())
        after = first + len(match[0].split())
        start, end = (words[first].start, words[after - 1].end) if words else (turn.start, turn.end)
        yield Removed(_BY_TOKEN[match[0]], place, first, after, start, end)


def _agree(turn: Turn) -> bool:
    """Whether a turn's words are those of its text, one by one."""
    return [word.text for word in turn.words] == turn.text.split()


def _hits(turns: Sequence[Turn], wanted: frozenset[Kind]) -> Mapping[int, list[tuple[Kind, int, int]]]:
    """For each turn with private words: their kinds, and the places of the first and after the last in the turn."""
    tokens = [token for place, turn in enumerate(turns) for token in tokens_of(turn.text.split(), place, turn.speaker)]
    found = [hit for hit in find(tokens) if hit.kind in wanted]
    hits = {place: list(of_turn) for place, of_turn in groupby(found, key=lambda hit: tokens[hit.first].turn)}
    return {place: [_within(tokens, hit) for hit in of_turn] for place, of_turn in hits.items()}


def _within(tokens: Sequence[Token], hit: Hit) -> tuple[Kind, int, int]:
    return hit.kind, tokens[hit.first].place, tokens[hit.after - 1].place + 1


def _without(turn: Turn, hits: Sequence[tuple[Kind, int, int]]) -> Turn:
    words = _words_of(turn)
    texts = turn.text.split()
    made: list[str] = []
    timed: list[Word] = []
    at = 0
    for kind, first, after in hits:
        made += texts[at:first]
        written = _written(kind, texts[first], texts[after - 1])
        made += written
        if words:
            timed += [*words[at:first], *_spread(written, words[first:after])]
        at = after
    made += texts[at:]
    timed += words[at:]
    return replace(turn, text=" ".join(made), words=tuple(timed))


def _words_of(turn: Turn) -> tuple[Word, ...]:
    """A word for each word of the text. Where a file's words are not those of its text their times cannot be kept: the
    turn's time is shared out then, for its own words would still hold what is taken out of the text."""
    if not turn.words or _agree(turn):
        return turn.words
    start, end = turn.words[0].start, max(word.end for word in turn.words)
    whole = Word("", start, max(start, end), min(word.confidence for word in turn.words))
    return _spread(turn.text.split(), [whole])


def _written(kind: Kind, first: str, last: str) -> list[str]:
    """The token's words, with the punctuation that stood around the private ones."""
    opening, closing = _AROUND.fullmatch(first), _AROUND.fullmatch(last)
    return f"{opening[1] if opening else ''}{kind.token}{closing[2] if closing else ''}".split()


def _spread(texts: Sequence[str], words: Sequence[Word]) -> tuple[Word, ...]:
    """Words of these texts that share the time of others by their length."""
    start, end = words[0].start, max(word.end for word in words)
    confidence = min(word.confidence for word in words)
    whole, done, made = sum(map(len, texts)), 0, []
    from_ = start
    for number, text in enumerate(texts, 1):
        done += len(text)
        until = end if number == len(texts) else min(end, max(from_, round(start + (end - start) * done / whole, 2)))
        made.append(Word(text, from_, until, confidence))
        from_ = until
    return tuple(made)
