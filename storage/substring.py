"""How does a database find the few texts that hold a word, or a part of one, without reading all of them?

A text that holds a term holds each three letters in a row of it. Each database keeps for every three letters which turns
have them, so that only turns are looked at that have the term's; whether the term stands there is then asked of the text
itself, so that both find the same.

PostgreSQL does so in an inverted index of its own (GIN) over `attune_trigrams(folded)`. This is what the extension pg_trgm
does; a server's owner may allow none.

SQLite does so in a table of its full text search, `turn_words` (FTS5 with the tokenizer trigram,
https://www.sqlite.org/fts5.html#the_trigram_tokenizer), which keeps for three letters the numbers of turns and no text;
`searched_turns` says which turn a number is of, and triggers keep both with `turns` (migration 0051). Of a search whose
letters more than `FEW` turns have, the calls are walked instead, the latest first, until there are enough.

In the index stands what stands in the column: no word in the clear where words are encrypted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    column,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LETTERS = 3

FULL_TEXT = "turn_words"
"""SQLite's table of full text; what it keeps lies in tables of its own whose names begin with it."""

NUMBERED = "searched_turns"
"""Which turn of which call a number in it is of."""

FEW = 20_000
"""So many turns with the letters of a search are looked up by SQLite; where there are more, a page is soon full anyway."""

MOST_PIECES = 100
"""So many three letters of a search are looked up; what more it has is asked of the text."""


def holds(column: SQLColumnExpression[str], term: str) -> ColumnElement[bool]:
    """The condition that this text stands in a column, with the help of the index where there is one."""
    stands, pieces = column.contains(term, autoescape=True), _pieces(term)
    return _Holds(stands, column, literal(term), literal(pieces, ARRAY(Text))) if pieces else stands


def _pieces(term: str) -> list[str]:
    """The term's letters, three in a row each, one beside the other: PostgreSQL reckons with three letters as if they came
    by chance, so that with all of them a word that everybody says would seem to be a rare one."""
    starts = [*range(0, len(term) - LETTERS + 1, LETTERS), max(0, len(term) - LETTERS)]
    return list(dict.fromkeys(term[start : start + LETTERS] for start in starts)) if len(term) >= LETTERS else []


class _Holds(FunctionElement[bool]):
    """Whether a text holds a term: how to ask the text, and then the column, the term and its pieces."""

    type = Boolean()
    inherit_cache = True
    name = "holds"


@compiles(_Holds)
def _by_reading(element: _Holds, compiler: Any, **more: Any) -> str:
    stands, *_ = element.clauses
    return str(compiler.process(stands, **more))


@compiles(_Holds, "postgresql")
def _by_index(element: _Holds, compiler: Any, **more: Any) -> str:
    column, term, pieces = (compiler.process(clause, **more) for clause in list(element.clauses)[1:])
    return f"(attune_trigrams({column}) @> {pieces} AND strpos({column}, {term}) > 0)"


Terms = Iterable[Sequence[Sequence[str]]]
"""Of each term of a search the ways in which it may stand there, and of a way all texts that stand there then."""


def may_hold(call_id: SQLColumnExpression[str], terms: Terms, *, few: bool | None = None) -> ColumnElement[bool] | None:
    """A condition on calls that is cheap, and true of each that has a turn with all of these terms; None where it would
    say nothing.

    few: whether few turns may, where that is known (`is_found_in_few`): these calls are gone through then, not all.
    """
    asked = _question(terms)
    if not asked or few is False:
        return None
    numbered = table(NUMBERED, column("id"), column("call_id"))
    found = call_id.in_(select(numbered.c.call_id).where(numbered.c.id.in_(_found(asked))))
    return found if few else _MayHold(found | ~_are_few(asked).scalar_subquery())


def is_found_in_few(terms: Terms) -> Select[bool] | None:
    """A question to SQLite, whether no more than `FEW` turns may have all of these terms; None where it cannot be asked."""
    asked = _question(terms)
    return _are_few(asked) if asked else None


def _are_few(asked: str) -> Select[bool]:
    return select(func.count() <= FEW).select_from(_found(asked).subquery())


def _found(asked: str) -> Select[int]:
    """The numbers of the turns that the index of SQLite finds, one more than few at most."""
    full_text = table(FULL_TEXT, column("rowid", Integer), column(FULL_TEXT))
    return select(full_text.c.rowid).where(full_text.c[FULL_TEXT].match(asked)).limit(FEW + 1)


def _question(terms: Terms) -> str:
    """What FTS5 is asked, of the terms of three letters and more; empty where there are none."""
    asked = [ways for term in terms if (ways := [_letters(texts) for texts in term]) and all(ways)]
    return " AND ".join(f"({' OR '.join(f'({way})' for way in dict.fromkeys(ways))})" for ways in asked)


def _letters(texts: Sequence[str]) -> str:
    """The condition, in the language of FTS5, that a text has each three letters in a row of these; empty for none."""
    pieces = dict.fromkeys(text[start : start + LETTERS] for text in texts for start in range(len(text) - LETTERS + 1))
    return " AND ".join('"{}"'.format(piece.replace('"', '""')) for piece in list(pieces)[:MOST_PIECES])


class _MayHold(FunctionElement[bool]):
    """A condition that only SQLite can ask, and that is true of whatever is looked for."""

    type = Boolean()
    inherit_cache = True
    name = "may_hold"


@compiles(_MayHold)
def _for_all_one_knows(element: _MayHold, compiler: Any, **more: Any) -> str:
    return "true"


@compiles(_MayHold, "sqlite")
def _by_full_text(element: _MayHold, compiler: Any, **more: Any) -> str:
    (condition,) = element.clauses
    return f"({compiler.process(condition, **more)})"
