"""The county's own statements on SQLite: the few words of PostgreSQL they use, said in SQLite's.

In a simulation the county's database is a file, so that five hundred counties live and die in
minutes. Most statements are SQLAlchemy's and fit both; the proofs of the night are written for
PostgreSQL, where they have to be quick, and are rewritten here. Changes no meaning.
"""

import hashlib
import re
from functools import cache
from typing import Any

import sqlalchemy as sa

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"'\\x([0-9a-f]*)'::bytea", r"x'\1'"),
        (r"::(bigint|jsonb|bytea|text|int)\b", ""),
        (r"decode\(repeat\('00', 32\), 'hex'\)", "zeroblob(32)"),
        (r"sha256\(([^()]*)\)", r"sha256(CAST(\1 AS BLOB))"),
        (r"CROSS JOIN LATERAL jsonb_array_elements\(", "CROSS JOIN json_each("),
        (r"\bhand ->>", "hand.value ->>"),
        (
            r"\(VALUES \(('\w+')\), \(('\w+')\)\) AS a\(account\)",
            r"(SELECT \1 AS account UNION ALL SELECT \2) AS a",
        ),
        (r"(FROM \w+)\s+ON CONFLICT", r"\1 WHERE true ON CONFLICT"),
        (r" ~ '", " REGEXP '"),
    )
)


def speak_sqlite(engine: sa.Engine) -> None:
    """Let every statement of this engine be understood by SQLite."""
    sa.event.listen(engine, "connect", _functions)
    sa.event.listen(engine, "before_cursor_execute", _rewrite, retval=True)


def _functions(connection: Any, _record: Any) -> None:
    connection.create_function("sha256", 1, _sha256, deterministic=True)
    connection.create_function("regexp", 2, _matches, deterministic=True)


def _sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _matches(pattern: str, value: object) -> bool:
    return value is not None and re.search(pattern, str(value)) is not None


def _rewrite(
    _conn: sa.Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    _context: Any,
    _many: bool,
) -> tuple[str, Any]:
    return in_sqlite(statement), parameters


@cache
def in_sqlite(statement: str) -> str:
    """The statement as SQLite reads it; one without PostgreSQL's words stays as it is."""
    for pattern, said in _WORDS:
        statement = pattern.sub(said, statement)
    return statement
