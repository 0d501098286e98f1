"""What of a turn does a judge see that is taught from a few hundred labels?

Four things: what the shipped judge makes of it (the log-odds of all its answers), how it relates to what the other side said
just before (a reflection echoes that), what the encoder makes of its words, and which words and runs of letters it has.
Words are those that somebody from anywhere would have said, and nothing tells who the agent is, or how they did before.
N-grams are counted by a hash, so that a taught judge keeps no word of anybody's call.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scoring.behaviours.calibration import FURTHEST
from scoring.behaviours.judge import Answers
from scoring.behaviours.turns import BEFORE_TURNS, Heard
from scoring.signals.regional import plain

if TYPE_CHECKING:
    from scipy import sparse

Array = NDArray[np.float64]

# N-grams of words, and of letters, are counted in so many places each; two that share one are told apart by the others.
PLACES = 1 << 15
LONGEST_WORDS = 3
LETTERS = (3, 5)

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!]")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ASKING = _set("what how why when where which who whose")
# Said back, "my" becomes "your" and "I" becomes "you".
_TURNED = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're", "i've": "you've",
    "i'd": "you'd", "i'll": "you'll", "am": "are", "we": "you", "our": "your", "us": "you", "was": "were",
}  # fmt: skip
_OF_THE_OTHER = _set("you your you're you've you'd you'll yours yourself")
_OF_ONESELF = _set("i me my i'm i've i'd i'll we our we'll we've us")
# Words that any two sentences share.
_COMMON = _set(
    """
    a about am an and are as at be been but by can could did do does don't for from get got had has have he her him how i
    i'd i'll i'm i've if in is it it's just know like me mean my no not of oh okay on or our out she so some that that's the
    them then there they this to uh um up us was we well were what when which who with would yeah yes you you'd you'll
    you're you've your ? !
    """
)

RELATION = (
    "nothing said before", "same side before", "share of its words said before", "share of the words before said again",
    "longest run said before", "pronouns turned", "asked before", "length before", "length", "three words at most",
    "ends with a question mark", "question marks", "a word that asks", "begins with a word that asks", "of the other",
    "of oneself",
)  # fmt: skip


@dataclass(frozen=True)
class Looks:
    """Turns as numbers, a row each.

    odds: log-odds of the shipped judge's answers; relation: as `RELATION` names it; pooled: the encoder's 768 numbers;
    grams: sparse, words first, then letters, each half of unit length.
    """

    odds: Array
    relation: Array
    pooled: Array
    grams: "sparse.csr_matrix"

    @property
    def dense(self) -> Array:
        """All but the n-grams, side by side."""
        return np.concatenate([self.odds, self.relation, self.pooled], axis=1)


def look(turns: Sequence[Heard], answers: Answers) -> Looks:
    """What a judge that is taught sees of these turns, beside the shipped judge's answers to them. Each is looked at by
    itself, so their order changes nothing."""
    from scipy import sparse  # imported where it is used: a centre that has taught nothing does not need it

    words, letters = _hashing(_word_grams), _hashing(_letter_grams)
    texts = [turn.said.text for turn in turns]
    return Looks(
        odds=np.clip(answers.log_odds, -FURTHEST, FURTHEST),
        relation=np.array([relation(turn) for turn in turns], float).reshape(len(turns), len(RELATION)),
        pooled=answers.pooled.astype(float),
        grams=sparse.hstack([words.transform(texts), letters.transform(texts)]).tocsr()
        if texts
        else sparse.csr_matrix((0, 2 * PLACES)),
    )


def relation(turn: Heard) -> list[float]:
    """How a turn is made, and how it relates to what the other side said just before; by the names of `RELATION`."""
    others = [said for said in turn.before[-BEFORE_TURNS:] if said.speaker is not turn.said.speaker and said.text.strip()]
    words, before = tokens(turn.said.text), tokens(others[-1].text) if others else []
    turned = [_TURNED.get(word, word) for word in before]
    telling, telling_before = set(words) - _COMMON, set(turned) - _COMMON
    shared = telling & telling_before
    of_the_other = bool(_OF_THE_OTHER & set(words))
    return [
        float(not before),
        float(bool(turn.before) and turn.before[-1].speaker is turn.said.speaker),
        len(shared) / len(telling) if telling else 0.0,
        len(shared) / len(telling_before) if telling_before else 0.0,
        min(4, _longest_run(words, turned)) / 4,
        float(of_the_other and bool(_OF_ONESELF & set(before))),
        float("?" in before),
        min(1.0, len(before) / 40),
        float(np.log1p(len(words))) / 4,
        float(len(words) <= 3),
        float(plain(turn.said.text).text.rstrip(" \"'”’").endswith("?")),
        min(3, words.count("?")) / 3,
        float(bool(_ASKING & set(words))),
        float(bool(_ASKING & set(words[:2]))),
        float(of_the_other),
        float(bool(_OF_ONESELF & set(words))),
    ]


def _longest_run(words: Sequence[str], others: Sequence[str]) -> int:
    """The most words in a row that both have."""
    best = 0
    lengths = [0] * (len(others) + 1)
    for word in words:
        fresh = [0] * (len(others) + 1)
        for place, other in enumerate(others, 1):
            if word == other:
                fresh[place] = lengths[place - 1] + 1
                best = max(best, fresh[place])
        lengths = fresh
    return best


def tokens(text: str) -> list[str]:
    """The words of a text in small letters, with question and exclamation marks as words of their own."""
    return _WORD.findall(plain(text).text.lower().replace("’", "'"))


def _word_grams(text: str) -> Iterator[str]:
    """Runs of one to three words, the text's beginning and end marked."""
    words = ["^", *tokens(text), "$"]
    for length in range(1, LONGEST_WORDS + 1):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _letter_grams(text: str) -> Iterator[str]:
    """Runs of three to five letters within words, each word's ends marked."""
    shortest, longest = LETTERS
    for word in tokens(text):
        padded = f"_{word}_"
        for length in range(shortest, longest + 1):
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]


def _hashing(grams: Any) -> Any:
    """Counts each gram once, in one of `PLACES` places."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(analyzer=grams, n_features=PLACES, alternate_sign=False, binary=True, norm="l2")
