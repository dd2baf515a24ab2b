"""Proves an export of books: the county's signature, every file, each chain, balance and table.

Called by the entry with the files of a zip or a folder. What can be recomputed is: the chain over
the acts to the head that was signed, balances from movements, the table's rows from the acts.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verifier import batch, strict_json
from verifier.falsehood import Falsehood, require

MANIFEST = "export.json"
DOMAIN = "export.v1"
_TEXT = {"type": str, "county": str, "books": list, "files": list}
_BOOK = {"book": str, "seq": int, "digest": str, "closed": str, "balances": list}
_GENESIS = bytes(32).hex()
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CELLS = 23
_NAMED = (14, 15, 18, 19)
"""Cells with the accounts' names, which no act holds: only their bytes are proven."""


@dataclass(frozen=True)
class ProvenExport:
    """An export that holds together. ``books``: id, acts, last closed day ("" before the first)."""

    county: str
    books: tuple[tuple[str, int, str], ...]
    key: str
    trusted: bool


def looks_like(names: Mapping[str, bytes]) -> bool:
    """Whether these files mean to be an export."""
    return MANIFEST in names


def check(files: Mapping[str, bytes], public: str) -> ProvenExport:
    """Raise Falsehood for the first false fact. ``public`` is the 64 hex of a key, or ""."""
    envelope = batch.opened(files[MANIFEST])
    if public:
        require(batch.signed(envelope, public, DOMAIN), "signature_false", "envelope · signature")
    told = _formed(strict_json.read(envelope["body"], MANIFEST), _TEXT, MANIFEST)
    _files(files, told["files"])
    books = [_formed(one, _BOOK, f"{MANIFEST} · books") for one in told["books"]]
    for book in books:
        _book(files, book)
    return ProvenExport(
        county=told["county"],
        books=tuple((one["book"], one["seq"], one["closed"]) for one in books),
        key=strict_json.read(envelope["key"], "envelope · key"),
        trusted=bool(public),
    )


def acts_of(book: str) -> str:
    """The file with the exact bytes of a book's acts, one a line."""
    return f"{book}.acts"


def table_of(book: str) -> str:
    """The file with a book's table."""
    return f"{book}.csv"


def _formed(told: Any, form: Mapping[str, type], place: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise Falsehood("not_json", place)
    for name, kind in form.items():
        require(name in told, "missing_field", place, field=name)
        require(type(told[name]) is kind, "not_json", f"{place} · {name}")
    return told


def _files(files: Mapping[str, bytes], listed: list[Any]) -> None:
    told: dict[str, str] = {}
    for one in listed:
        pair = isinstance(one, list) and [type(part) for part in one] == [str, str]
        require(pair, "not_json", f"{MANIFEST} · files")
        told[one[0]] = one[1]
    for name in told:
        require(name in files, "file_missing", name, file=name)
    for name, body in files.items():
        if name == MANIFEST:
            continue
        require(name in told, "file_unlisted", name, file=name)
        found = hashlib.sha256(body).hexdigest()
        require(found == told[name], "file_altered", name, found=found, listed=told[name])


def _book(files: Mapping[str, bytes], told: dict[str, Any]) -> None:
    book = told["book"]
    acts_file, table = acts_of(book), table_of(book)
    for name in (acts_file, table):
        require(name in files, "file_missing", name, file=name)
    acts = files[acts_file].split(b"\n")
    require(acts.pop() == b"", "not_json", acts_file)
    chain = {"book": book, "first": 1, "last": told["seq"],
             "opening_digest": _GENESIS, "closing_digest": told["digest"]}  # fmt: skip
    moved = batch.follow(acts, chain, acts_file)
    _balances(told["balances"], moved, f"{MANIFEST} · {book} · balances")
    _table(files[table], acts, table)


def _balances(listed: list[Any], moved: batch.Totals, place: str) -> None:
    told: batch.Totals = {}
    for one in listed:
        kinds = isinstance(one, list) and [type(part) for part in one] == [str, str, int]
        require(kinds, "not_json", place)
        told[one[0], one[1]] = one[2]
    for account, funding in sorted({*told, *moved}):
        change, after = moved.get((account, funding), 0), told.get((account, funding), 0)
        require(change == after, "totals_differ", place, account=account, funding=funding,
                opening=0, moved=change, closing=after)  # fmt: skip


def _table(body: bytes, acts: list[bytes], place: str) -> None:
    """Every row of the table as its act says it, but for the names of accounts."""
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))[1:]
        expected = [row for act in acts for row in _rows(strict_json.read(act, place))]
    except (csv.Error, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise Falsehood("not_json", place) from None
    for number, (row, wanted) in enumerate(zip(rows, expected, strict=False), 2):
        at = f"{place} · 行 row {number}"
        require(len(row) == _CELLS, "cell_differs", at, said=len(row), true=_CELLS)
        for cell, (said, true) in enumerate(zip(row, wanted, strict=True)):
            require(cell in _NAMED or said == true, "cell_differs", f"{at} [{cell + 1}]",
                    said=said, true=true)  # fmt: skip
    require(len(rows) == len(expected), "cell_differs", f"{place} · 行数 rows",
            said=len(rows), true=len(expected))  # fmt: skip


def _rows(act: dict[str, Any]) -> Iterator[list[str]]:
    actor = act["actor"]
    head = [
        str(act["seq"]), act["business_date"], act["value_date"], act["id"], act["case"],
        act["process"], act["act"], act["state"], actor["role"], actor["operator"],
        " ".join(actor.get("persons", ())), act.get("recipe", ""),
    ]  # fmt: skip
    head = [_harmless(cell) for cell in head]
    movements = act.get("movements", ())
    if not movements:
        yield [*head, *[""] * (_CELLS - len(head))]
    for line, (debit, debit_key, credit, credit_key, funding, fen) in enumerate(movements, 1):
        amount = f"{fen // 100}.{fen % 100:02d}"
        cells = (str(line), debit, "", "", debit_key, credit, "", "", credit_key, funding, amount)
        yield [*head, *map(_harmless, cells)]


def _harmless(text: str) -> str:
    """A spreadsheet would run it as a formula: the table writes an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
