"""Which words are a password, a memorable word or a mother's maiden name?

Nothing in such a word itself gives it away: it is what follows `my password is`, or what answers the question for it.
"""

import re
from collections.abc import Collection, Sequence

from transcripts.model import Speaker
from transcripts.private.cues import Cue, Found
from transcripts.private.kinds import Kind
from transcripts.private.numbers import ACKNOWLEDGING, Hit
from transcripts.private.spoken import Token, words

ANSWERED_WITHIN = 4
"""For so many turns after a question its answer is looked for."""
MOST_WORDS = 6
"""An answer longer than this is no password but a sentence about it; of one clause so many words are taken at most."""

_LEADING = ACKNOWLEDGING | frozenset(words("put that'll should believe maybe probably set called used"))
_GIVES = frozenset(words("is was it's"))
_SETS = frozenset(words("set changed change made"))
_BEFORE_GIVEN = frozenset(words("for on the my your account file security actually"))
_ASKS = re.compile(
    r"what(?:'s|s| is| was| were)?|which|tell me|give me|can i|could i|may i|confirm|remind|have you got|need|"
    r"let me have|and|"
    r"please|mind|together|then|verify|checks?|only|just"
)
_ASKS_NOTHING = re.compile(
    r"\b(?:reset|change|forgot(?:ten)?|new password|never|don't tell|website|link|wrong|update|set up a)\b"
)
_NO_SECRET = re.compile(
    r"\b(?:\w+n't|do not|cannot|forgot(?:ten)?|no idea|not sure|remember|changed|reset|never|wrong|what|why|"
    r"which|how)\b"
)
_NOT_FIRST = frozenset(words("not being going in on too at very to so about"))


def find_secrets(tokens: Sequence[Token], cues: Sequence[Found], known: Collection[int]) -> list[Hit]:
    """All secret words. `cues` are those of the whole conversation; `known` the places of words that are something else."""
    hits: list[Hit] = []
    for number, found in enumerate(cues):
        if found.cue is not Cue.SECRET:
            continue
        turn = tokens[found.first].turn
        end = _end(tokens, found.first)
        given = _given_after(tokens, found, end)
        if given:
            hits.append(Hit(Kind.PASSWORD, *given))
        elif tokens[found.first].speaker is not Speaker.CUSTOMER:
            first = found.first
            while first > 0 and tokens[first - 1].turn == turn:
                first -= 1
            text = " ".join(token.core for token in tokens[first:end])
            near = " ".join(token.core for token in tokens[max(first, found.first - 4) : min(end, found.after + 3)])
            if _ASKS.search(text) and not _ASKS_NOTHING.search(near):
                together = [place for place, other in enumerate(cues) if tokens[other.first].turn == turn]
                answer = _answer(tokens, end, together.index(number), len(together), known)
                hits += [Hit(Kind.PASSWORD, *answer)] if answer else []
    return hits


def _end(tokens: Sequence[Token], place: int) -> int:
    turn = tokens[place].turn
    while place < len(tokens) and tokens[place].turn == turn:
        place += 1
    return place


def _given_after(tokens: Sequence[Token], found: Found, end: int) -> tuple[int, int] | None:
    """What stands after `my password is`, up to the end of the clause."""
    before = {token.core for token in tokens[max(0, found.first - 3) : found.first]}
    gives = _GIVES | {"to"} if before & _SETS else _GIVES
    place = found.after
    while place < end and tokens[place].core not in gives and tokens[place].core in _BEFORE_GIVEN:
        place += 1
    if place >= end or tokens[place].core not in gives:
        return None
    return _clause(tokens, place + 1, end)


def _answer(tokens: Sequence[Token], first: int, place: int, asked: int, known: Collection[int]) -> tuple[int, int] | None:
    """The words that answer a question: of `asked` things asked in one breath the one at `place`.

    Several answers may come in one turn, a clause each, or one after the other in turns of their own.
    """
    if first >= len(tokens):
        return None
    asking, passed, at = tokens[first].turn - 1, 0, first
    while at < len(tokens) and tokens[at].turn - asking <= ANSWERED_WITHIN:
        end = _end(tokens, at)
        if tokens[at].speaker is Speaker.CUSTOMER:
            clauses = _clauses(tokens, at, end)
            wanted = place - passed
            if len(clauses) == 1 or asked == 1:
                chosen = clauses[:1] if wanted == 0 else []
            else:
                chosen = clauses[wanted : wanted + 1] or clauses[-1:]
            for one in chosen:
                if not any(word in known or not tokens[word].core for word in range(*one)):
                    return _clause(tokens, *one)
            passed += len(clauses)
            if passed > place:
                return None
        at = end
    return None


def _clauses(tokens: Sequence[Token], first: int, end: int) -> list[tuple[int, int]]:
    """The clauses of a turn, parted by punctuation and by `and`, that say more than `yes` and `sure`.

    One of which something was taken out before counts: it was an answer.
    """
    found: list[tuple[int, int]] = []
    start = first
    for place in range(first, end + 1):
        at_end = place == end
        if at_end or tokens[place].core in ("and", "then"):
            found.append((start, place))
            start = place + 1
        elif tokens[place].pauses:
            found.append((start, place + 1))
            start = place + 1
    return [
        (one, after) for one, after in found if any(tokens[place].core not in ACKNOWLEDGING for place in range(one, after))
    ]


def _clause(tokens: Sequence[Token], first: int, end: int) -> tuple[int, int] | None:
    """The words of a clause without what only leads up to them; None where it says no password."""
    while first < end and tokens[first].core in _LEADING:
        first += 1
    after = first
    while (
        after < end and after - first < MOST_WORDS and tokens[after].core and tokens[after].core not in ("and", "but", "if")
    ):
        after += 1
        if tokens[after - 1].pauses:
            break
    text = " ".join(token.core for token in tokens[first:after])
    if after == first or _NO_SECRET.search(text) or tokens[first].core in _NOT_FIRST:
        return None
    return first, after
