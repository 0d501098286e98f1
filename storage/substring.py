"""How does PostgreSQL find the few texts that hold a word, or a part of one, without reading all of them?

A text that holds a term holds each three letters in a row of it. PostgreSQL keeps for every three letters which turns have
them, in an inverted index of its own (GIN) over `attune_trigrams(folded)`, so that only turns are looked at that have the
term's; whether the term stands there is then asked of the text itself, so that both databases find the same. This is what
the extension pg_trgm does; a server's owner may allow none. SQLite goes through an index of the texts (`storage.tables`).

In the index stands what stands in the column: no word in the clear where words are encrypted.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, SQLColumnExpression, Text, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LETTERS = 3


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
