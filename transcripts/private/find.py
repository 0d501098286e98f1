"""Where in a conversation do private words stand?"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from transcripts.private.cues import Found, cues
from transcripts.private.kinds import Kind
from transcripts.private.numbers import Hit, find_numbers
from transcripts.private.phrases import find_phrases
from transcripts.private.secret_words import find_secrets
from transcripts.private.spoken import JOINERS, Token

__all__ = ["Hit", "find"]


def find(tokens: Sequence[Token]) -> list[Hit]:
    """The private words among all tokens of a conversation: in order, none overlapping, each within one turn."""
    announced = _cues(tokens)
    phrases = find_phrases(tokens, announced)
    known = {place for hit in phrases for place in range(hit.first, hit.after)}
    hits = [*find_numbers(tokens, announced, known), *phrases]
    spoken_for = {place for hit in hits for place in range(hit.first, hit.after)}
    hits += find_secrets(tokens, announced, spoken_for)
    return _apart([piece for hit in hits for piece in _pieces(tokens, hit)], tokens)


def _cues(tokens: Sequence[Token]) -> list[Found]:
    found: list[Found] = []
    first = 0
    for _, group in groupby(tokens, key=lambda token: token.turn):
        own = list(group)
        found += [replace(one, first=one.first + first, after=one.after + first) for one in cues(own)]
        first += len(own)
    return found


def _pieces(tokens: Sequence[Token], hit: Hit) -> Iterable[Hit]:
    """A hit without what was taken out before, each piece within one turn."""
    places = [place for place in range(hit.first, hit.after) if tokens[place].core]
    for _, group in groupby(enumerate(places), key=lambda item: (item[1] - item[0], tokens[item[1]].turn)):
        own = [place for _, place in group]
        yield Hit(hit.kind, own[0], own[-1] + 1)


_STRONGER = list(Kind)


def _apart(hits: Iterable[Hit], tokens: Sequence[Token]) -> list[Hit]:
    """Hits that overlap, or of one kind that touch, become one; its kind is that of the longest."""
    made: list[Hit] = []
    longest = 0
    for hit in sorted(hits, key=lambda one: (one.first, -one.after, _STRONGER.index(one.kind))):
        before = made[-1] if made else None
        if before and (hit.first < before.after or (hit.kind is before.kind and _touch(tokens, before, hit))):
            kind = hit.kind if hit.after - hit.first > longest else before.kind
            made[-1] = Hit(kind, before.first, max(before.after, hit.after))
        else:
            made.append(hit)
            longest = 0
        longest = max(longest, hit.after - hit.first)
    return made


def _touch(tokens: Sequence[Token], one: Hit, other: Hit) -> bool:
    between = tokens[one.after : other.first]
    return tokens[one.first].turn == tokens[other.first].turn and all(token.core in JOINERS for token in between)
