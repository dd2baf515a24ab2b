"""Reconciliation of the special account: books against the bank's last statement, to the fen.

Σ 701 and 702 over all K and the federation's own account (F 10201, 10203, 10204) = the closing
balance less what is listed in flight, and the same for each sub-account (R-028, invariant I9).
Called by the proofs of the night, by console and reports; reads only. Amounts are fen, positive
where the bank holds more than the books.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, custody_book, opening_case
from journal import store
from journal.tables import balance, cases
from kernel.cases import Case
from services.federation.cases import bank_register, registers
from services.federation.cases.bank_register import (
    BOOKED,
    COUNTERPART,
    OPEN,
    StoredStatement,
)

OWN_ACCOUNTS = ("10201", "10203", "10204")
"""Accounts of F that lie on its own sub-account: free, held for a cycle, not yet named."""
OPEN_LINE, HALF_LEG = "open_line", "half_leg"
MISSING_STATEMENT, OPENING = "missing_statement", "opening"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One item in flight: what it is, where, how much (fen), since when, and its reason."""

    kind: str
    subject: str
    sub_account: str
    amount_fen: int
    since: str
    reason: str = ""
    case: str = ""


class SubAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One sub-account: the bank's balance, the books', what is listed, what is left unexplained.

    ``cooperative`` is empty for the pool's and for the federation's own money's.
    """

    sub_account: str
    cooperative: str
    bank_fen: int
    books_fen: int
    listed_fen: int

    @property
    def difference_fen(self) -> int:
        """What nobody can explain; 0 when it reconciles."""
        return self.bank_fen - self.books_fen - self.listed_fen


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """The special account as of its last statement, with every break listed."""

    account: str
    statement: str
    on: date
    bank_fen: int
    books_fen: int
    breaks: tuple[Break, ...]
    sub_accounts: tuple[SubAccount, ...]

    @property
    def listed_fen(self) -> int:
        """Sum of the items in flight."""
        return sum(one.amount_fen for one in self.breaks)

    @property
    def difference_fen(self) -> int:
        """What nobody can explain; 0 when it reconciles."""
        return self.bank_fen - self.books_fen - self.listed_fen


def reconcile(conn: sa.Connection) -> Reconciliation | None:
    """The account against its last statement; None before there is an account or a statement."""
    account = registers.the_bank_account(conn)
    told = bank_register.statements(conn, account.account) if account else []
    if account is None or not told:
        return None
    openings = _openings(conn)
    breaks = (
        *_missing(told, "", sum(openings.values())),
        *_open_lines(conn),
        *_half_transfers(conn, account),
    )
    books, pooled = _custody(conn, "701"), sum(_custody(conn, "702").values())
    owners = registers.by_sub_account(conn)
    last = told[-1]
    known = {number: openings.get(owner, 0) for number, owner in owners.items()}
    subs = _sub_accounts(told, account, owners, books, breaks, known) if last.sub_accounts else ()
    own = sum(store.totals(conn, FEDERATION_BOOK, OWN_ACCOUNTS).values())
    for number, held in ((account.pool, pooled), (account.federation, own)):
        if subs and number:
            subs = (*subs, _sub_account(told, (number,), "", held, breaks, {}))
    return Reconciliation(
        account=account.account,
        statement=last.statement,
        on=last.date,
        bank_fen=last.closing,
        books_fen=sum(books.values()) + pooled + own,
        breaks=breaks,
        sub_accounts=subs,
    )


def _custody(conn: sa.Connection, account: str) -> dict[str, int]:
    """One account (701, or 702 of the pool) of every K book (fen, debit)."""
    query = (
        sa.select(balance.c.book, sa.cast(sa.func.sum(balance.c.amount), sa.BigInteger))
        .where(balance.c.account == account, balance.c.book.like("K-%"))
        .group_by(balance.c.book)
    )
    return {str(book): int(amount) for book, amount in conn.execute(query)}


def _openings(conn: sa.Connection) -> dict[str, int]:
    """Cooperative → cash of its opening statement: what the first bank statement begins with."""
    query = sa.select(cases.c.body).where(
        cases.c.scope == store.COUNTY_SCOPE, cases.c.id.startswith(opening_case(""))
    )
    found = (decode(body.encode(), Case) for body in conn.scalars(query))
    return {one.parties["coop"]: int(one.terms["amount"]) for one in found}


def _missing(told: Sequence[StoredStatement], sub_account: str, known: int) -> Iterable[Break]:
    """Where one statement does not begin with what the last ended with: one lies between.

    One whose lines cancel out is known by the bank's running numbers alone, where it gives any.
    The first begins with what opening statements said (``known``, fen).
    """
    first = _opening(told[0], sub_account) - known
    if first:
        yield Break(
            kind=OPENING,
            subject=told[0].statement,
            sub_account=sub_account,
            amount_fen=first,
            since=told[0].date.isoformat(),
        )
    for before, after in pairwise(told):
        gap = _opening(after, sub_account) - _closing(before, sub_account)
        if gap or (not sub_account and _numbers_skip(before, after)):
            yield Break(
                kind=MISSING_STATEMENT,
                subject=after.statement,
                sub_account=sub_account,
                amount_fen=gap,
                since=before.date.isoformat(),
            )


def _numbers_skip(before: StoredStatement, after: StoredStatement) -> bool:
    """Whether the bank's own numbers leave one out. A bank may begin again at 1 (a new year)."""
    if before.sequence is None or after.sequence is None:
        return False
    return after.sequence > before.sequence + 1


def _opening(one: StoredStatement, sub_account: str) -> int:
    return one.sub_accounts.get(sub_account, (0, 0))[0] if sub_account else one.opening


def _closing(one: StoredStatement, sub_account: str) -> int:
    return one.sub_accounts.get(sub_account, (0, 0))[1] if sub_account else one.closing


def _open_lines(conn: sa.Connection) -> Iterable[Break]:
    """Lines the bank has booked and no book has."""
    for one in bank_register.lines_of(conn, OPEN):
        yield Break(
            kind=OPEN_LINE,
            subject=one.line.line_id,
            sub_account=one.line.sub_account or "",
            amount_fen=one.line.signed_fen,
            since=one.business_date,
            reason=one.reason,
            case=one.matched,
        )


def _half_transfers(conn: sa.Connection, account: registers.BankAccount) -> Iterable[Break]:
    """Transfers between two sub-accounts of which the bank has told one half only.

    A settlement leg has its other half in the settlement sub-account, an identified receipt where
    the receipt lay, pool money in the pool's; all are the county's own.
    """
    halves = (
        ("leg-", account.settlement),
        ("ident-line-", account.unallocated),
        ("transfer-", account.pool),
    )
    for prefix, other in halves:
        for case, amount, since in bank_register.transfer_sums(conn, prefix, (BOOKED, COUNTERPART)):
            yield Break(
                kind=HALF_LEG,
                subject=case,
                sub_account=other,
                amount_fen=amount,
                since=since,
                case=case,
            )


def _sub_accounts(
    told: Sequence[StoredStatement],
    account: registers.BankAccount,
    owners: dict[str, str],
    books: dict[str, int],
    breaks: Sequence[Break],
    known: dict[str, int],
) -> tuple[SubAccount, ...]:
    """Each cooperative's own sub-account; the county's two stand together for K-0."""
    last = told[-1]
    county = (account.unallocated, account.settlement)
    found = [
        _sub_account(told, (number,), owner, books.get(custody_book(owner), 0), breaks, known)
        for number, owner in sorted(owners.items())
    ]
    others = {*county, account.pool, account.federation}
    strays = tuple(sorted(set(last.sub_accounts) - set(owners) - others))
    own = tuple(dict.fromkeys((*county, *strays)))
    held = _sub_account(told, own, "", books.get(COUNTY_BOOK, 0), breaks, known)
    # A line on no sub-account waits at the county.
    lost = sum(one.amount_fen for one in breaks if one.kind == OPEN_LINE and not one.sub_account)
    return (*found, msgspec.structs.replace(held, listed_fen=held.listed_fen + lost))


def _sub_account(
    told: Sequence[StoredStatement],
    numbers: tuple[str, ...],
    owner: str,
    books_fen: int,
    breaks: Sequence[Break],
    known: dict[str, int],
) -> SubAccount:
    listed = [one for one in breaks if one.sub_account in numbers and one.sub_account]
    listed += [one for n in numbers for one in _missing(told, n, known.get(n, 0))]
    return SubAccount(
        sub_account=numbers[0],
        cooperative=owner,
        bank_fen=sum(_closing(told[-1], number) for number in numbers),
        books_fen=books_fen,
        listed_fen=sum(one.amount_fen for one in listed),
    )
