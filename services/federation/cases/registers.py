"""The county's registers: cooperatives, townships, the bank account, partners, announced money.

Called by intake, custody, payments, set-up and pages. Registers say who is who; they hold no money
and no decision. Callers own the transaction.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.codec import encode
from contracts.ids import FEDERATION_BOOK, PLAIN_ID
from contracts.rejections import RejectionCode
from kernel.errors import Rejected, ensure
from services.federation.tables import (
    bank_account,
    cooperative,
    county,
    expected_receipt,
    partner,
    township,
)


class Cooperative(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative as the county registers it. Dates are ISO text."""

    id: str
    name: str
    name_en: str
    township: str
    sub_account: str
    opened_on: str
    grade: str
    grade_source: str


class Township(msgspec.Struct, frozen=True, kw_only=True):
    """A township (乡镇) as people call it; ``id`` is what registers and roles name it by."""

    id: str
    name: str
    name_en: str = ""


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The special account (专户) and the sub-accounts that belong to no cooperative.

    ``pool`` is the risk compensation pool's, ``federation`` the federation's own money's; each is
    empty where the county has none.
    """

    account: str
    name: str
    unallocated: str
    settlement: str
    pool: str = ""
    federation: str = ""

    def of(self, owner: str, known: Mapping[str, str]) -> str:
        """An owner's sub-account: the federation's, or a cooperative's among ``known``."""
        return self.federation if owner == FEDERATION_BOOK else known[owner]


FINANCE = "finance"
"""Id of the county finance bureau in the register of partners."""


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A bank of the pool, or the finance bureau; ``account`` receives what is paid to it."""

    id: str
    name: str
    account: str
    name_en: str = ""


class ExpectedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Money announced to a cooperative: source (R-066), amount (fen), what the payer will write."""

    id: str
    cooperative: str
    source: str
    amount: int
    reference: str
    expected_on: str


# Every delivery asks this, so it is put together once.
_COOPERATIVE = sa.select(cooperative).where(cooperative.c.id == sa.bindparam("name"))


def cooperatives(conn: sa.Connection) -> list[Cooperative]:
    """All cooperatives, in id order."""
    rows = conn.execute(sa.select(cooperative).order_by(cooperative.c.id)).mappings()
    return [Cooperative(**row) for row in rows]


def find_cooperative(conn: sa.Connection, name: str) -> Cooperative:
    """One cooperative; raises Rejected COOPERATIVE_UNKNOWN."""
    row = conn.execute(_COOPERATIVE, {"name": name}).mappings().first()
    if row is None:
        raise Rejected(RejectionCode.COOPERATIVE_UNKNOWN, cooperative=name)
    return Cooperative(**row)


def by_sub_account(conn: sa.Connection) -> dict[str, str]:
    """Sub-account number → cooperative."""
    rows = conn.execute(sa.select(cooperative.c.sub_account, cooperative.c.id))
    return {str(number): str(name) for number, name in rows}


def the_bank_account(conn: sa.Connection) -> BankAccount | None:
    """The county's special account, None before it is registered."""
    row = conn.execute(sa.select(bank_account).order_by(bank_account.c.account)).mappings().first()
    return None if row is None else BankAccount(**row)


def enter_county(
    conn: sa.Connection,
    name: str,
    key: str,
    profile: str,
    rest: Iterable[date],
    work: Iterable[date],
) -> None:
    """Enter the county this database belongs to; there is one."""
    conn.execute(
        county.insert().values(
            name=name,
            key=key,
            profile=profile,
            holidays=encode(sorted(rest)).decode(),
            workdays=encode(sorted(work)).decode(),
        )
    )


def enter_township(conn: sa.Connection, entry: Township) -> None:
    """Enter what a township is called."""
    conn.execute(township.insert().values(msgspec.structs.asdict(entry)))


def enter_cooperative(conn: sa.Connection, entry: Cooperative) -> None:
    """Enter a cooperative; its id is part of every case id and reference."""
    ensure(bool(PLAIN_ID.fullmatch(entry.id)), "cooperative_id_is_short_and_plain", id=entry.id)
    conn.execute(cooperative.insert().values(msgspec.structs.asdict(entry)))


def enter_grade(conn: sa.Connection, name: str, grade: str, source: str) -> None:
    """Enter a cooperative's grade and where it comes from."""
    conn.execute(
        cooperative.update()
        .where(cooperative.c.id == name)
        .values(grade=grade, grade_source=source)
    )


def enter_bank_account(conn: sa.Connection, entry: BankAccount) -> None:
    """Enter the special account."""
    conn.execute(bank_account.insert().values(msgspec.structs.asdict(entry)))


def enter_own_account(conn: sa.Connection, number: str) -> None:
    """Enter the sub-account of the federation's own money, once the bank has opened it.

    Raises Rejected FACTS_INVALID for a number another sub-account has, or where there is one.
    """
    account = the_bank_account(conn)
    taken = {*by_sub_account(conn)} | set(
        (account.account, account.unallocated, account.settlement, account.pool) if account else ()
    )
    if account is None or account.federation or not number.strip() or number in taken:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="own_account",
            problem=f"{number or '-'}: 已登记或号码已用 one is entered, or the number is in use",
        )  # fmt: skip
    conn.execute(bank_account.update().values(federation=number))


def expect_receipt(conn: sa.Connection, entry: ExpectedReceipt) -> None:
    """Enter money that was announced; the same announcement again changes nothing."""
    values = {**msgspec.structs.asdict(entry), "line": ""}
    conn.execute(insert(expected_receipt).values(values).on_conflict_do_nothing())


def expected_receipts(conn: sa.Connection, owner: str, amount: int) -> list[ExpectedReceipt]:
    """Money announced to an owner in this amount (fen) that has not come yet, oldest first."""
    query = (
        sa.select(*[c for c in expected_receipt.columns if c.name != "line"])
        .where(
            expected_receipt.c.cooperative == owner,
            expected_receipt.c.amount == amount,
            expected_receipt.c.line == "",
        )
        .order_by(expected_receipt.c.expected_on, expected_receipt.c.id)
    )
    return [ExpectedReceipt(**row) for row in conn.execute(query).mappings()]


def receipt_came(conn: sa.Connection, announced: str, line: str) -> None:
    """Note the bank line by which announced money came."""
    row = expected_receipt.update().where(expected_receipt.c.id == announced)
    conn.execute(row.values(line=line))


def overdue_receipts(conn: sa.Connection, before: str) -> list[ExpectedReceipt]:
    """Announced money that should have come before a date (ISO) and has not."""
    query = (
        sa.select(*[c for c in expected_receipt.columns if c.name != "line"])
        .where(expected_receipt.c.line == "", expected_receipt.c.expected_on < before)
        .order_by(expected_receipt.c.id)
    )
    return [ExpectedReceipt(**row) for row in conn.execute(query).mappings()]


def enter_partner(conn: sa.Connection, entry: Partner) -> None:
    """Enter a bank of the pool or the finance bureau."""
    conn.execute(partner.insert().values(msgspec.structs.asdict(entry)))


def find_partner(conn: sa.Connection, name: str) -> Partner | None:
    """A partner by id, None when there is none."""
    row = conn.execute(sa.select(partner).where(partner.c.id == name)).mappings().first()
    return None if row is None else Partner(**row)


def partners(conn: sa.Connection) -> list[Partner]:
    """Every bank of the pool and the finance bureau, in id order."""
    rows = conn.execute(sa.select(partner).order_by(partner.c.id)).mappings()
    return [Partner(**row) for row in rows]


def bank_names(conn: sa.Connection) -> dict[str, str]:
    """Partner → its name, as pages and files call it."""
    return {one.id: one.name for one in partners(conn)}
