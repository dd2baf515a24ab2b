"""A book as a beancount file: accounts, one transaction an act, and closing balances to check.

Called by `lianhe export`. Each account is opened with its Chinese and English name; keys (loan,
member …) and funding stand as metadata of the postings. Acts that move no money are `custom`
lines. The last lines assert every balance, so `bean-check` proves that the export adds up.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from contracts.ledger import Act
from contracts.money import plain
from infra.export.rows import Book

_ROOTS = {
    "1": "Assets", "2": "Liabilities", "3": "Equity", "50": "Income", "52": "Expenses",
    "7": "Assets", "8": "Liabilities", "9": "Equity:Memo",
}  # fmt: skip
_CURRENCY = "CNY"
_NOT_IN_A_LINK = re.compile(r"[^A-Za-z0-9_/.-]")


def beancount(book: Book) -> Iterator[str]:
    """The file, line by line."""
    yield f'option "title" {_text(f"联合 Lianhe {book.name}")}'
    yield f'option "operating_currency" "{_CURRENCY}"'
    yield ""
    opened: set[str] = set()
    last = date.min
    for act in book.acts():
        for code in sorted({c for m in act.movements for c in (m.debit, m.credit)} - opened):
            opened.add(code)
            account = book.accounts[code]
            yield f"{act.business_date} open {_account(code)} {_CURRENCY}"
            yield f"  zh: {_text(account.zh)}"
            yield f"  en: {_text(account.en)}"
        yield from _transaction(act) if act.movements else _custom(act)
        last = act.business_date
    yield from _balances(book, last)


def _transaction(act: Act) -> Iterator[str]:
    link = _NOT_IN_A_LINK.sub("-", act.case)
    yield f"{act.business_date} * {_text(f'{act.process}.{act.act}')} {_text(act.case)} ^{link}"
    yield f"  act: {_text(act.id)}"
    yield f"  seq: {act.seq}"
    yield f"  value-date: {act.value_date}"
    yield f"  recipe: {_text(act.recipe)}"
    yield f"  role: {_text(act.actor.role)}"
    for m in act.movements:
        for code, key, amount in (
            (m.debit, m.debit_key, m.amount),
            (m.credit, m.credit_key, -m.amount),
        ):
            yield f"  {_account(code)}  {plain(amount)} {_CURRENCY}"
            if key:
                yield f"    key: {_text(key)}"
            yield f"    funding: {_text(m.funding)}"
    yield ""


def _custom(act: Act) -> Iterator[str]:
    yield (
        f'{act.business_date} custom "act" {_text(f"{act.process}.{act.act}")} {_text(act.case)}'
        f" {_text(act.state)}"
    )
    yield f"  act: {_text(act.id)}"
    yield f"  seq: {act.seq}"
    yield f"  role: {_text(act.actor.role)}"
    yield ""


def _balances(book: Book, last: date) -> Iterator[str]:
    """A balance assertion holds at the start of its day, so it stands on the day after."""
    sums: dict[str, int] = {}
    for row in book.trial():
        sums[row.account] = sums.get(row.account, 0) + row.debit_fen - row.credit_fen
    for code, amount in sorted(sums.items()):
        yield f"{last + timedelta(days=1)} balance {_account(code)}  {plain(amount)} {_CURRENCY}"


def _account(code: str) -> str:
    root = _ROOTS.get(code[:2]) or _ROOTS[code[0]]
    return f"{root}:{code}"


def _text(value: str) -> str:
    """A beancount string: quotes and backslashes escaped, one line."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(escaped.splitlines()) + '"'
