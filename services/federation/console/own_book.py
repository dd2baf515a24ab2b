"""The federation's own book F: its money at the bank, what it lends, its fees and receipts (P4).

For offices of the county. Every figure opens to its vouchers (books.py); what may be done with a
fee or a receipt stands on its own page.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from contracts.ids import FEDERATION_BOOK
from journal import read, store
from kernel.cases import Case
from services.federation.cases import own_money, reconcile, registers, service_fees
from services.federation.console import page, words
from services.federation.console.cooperative import trial
from services.federation.console.desk import AT, Visitor
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.console.queries import villages, waiting
from services.federation.console.words import Pair

_TILES = ("10201", "10203", "10204", "11301", "20102", "501", "523")
_TONES = {"due": "warn", "held": "warn", "unnamed": "warn"}


@get("/federation", sync_to_thread=True)
def federation(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Its account against the bank, its trial balance on a date, its fees and receipts."""
    if not visitor.county_wide:
        raise NotFoundException
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        day = visitor.day(head.today)
        rows = read.trial_balance(conn, FEDERATION_BOOK, day)
        totals = store.totals(conn, FEDERATION_BOOK, _TILES)
        told = reconcile.reconcile(conn)
        bank = registers.the_bank_account(conn)
        labels = villages.labels(conn, visitor.scope)
        _, fees = waiting.every(conn, service_fees.PROCESS)
        _, receipts = waiting.every(conn, own_money.PROCESS)
    number = bank.federation if bank else ""
    subs = told.sub_accounts if told else ()
    account = next((one for one in subs if one.sub_account == number), None)
    return page.show_lists(
        visitor,
        "federation.html",
        {
            "book": trial(FEDERATION_BOOK, rows, ("联合社", "The federation")),
            "fees": fee_list(fees, labels),
            "receipts": receipt_list(receipts),
        },
        totals=totals,
        account=account,
        on=told.on if told else None,
        day=day,
        head=head,
    )


def fee_list(fees: list[Case], labels: dict[str, Pair]) -> Listing:
    """Service fees, newest first."""
    return Listing(
        name="service-fees",
        title=("调剂服务费", "Service fees"),
        columns=(
            Column(zh="编号", en="Fee", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="调剂合同", en="Loan", kind=CODE),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="状态", en="State"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=f"{AT}/cases/K/{one.id}"),
                Cell(value=labels.get(one.parties["coop"], (one.parties["coop"],) * 2)),
                Cell(value=one.terms["loan"], href=f"{AT}/cases/K/{one.terms['loan']}"),
                Cell(value=int(one.terms["amount"])),
                Cell(value=words.state(one.process, one.state), tone=_TONES.get(one.state, "")),
            )
            for one in fees
        ),
        empty=("还没有收过服务费。", "No service fee has been charged yet."),
    )


def receipt_list(receipts: list[Case]) -> Listing:
    """What came to its own account from outside, newest first."""
    return Listing(
        name="own-receipts",
        title=("自有户来款", "Receipts on its own account"),
        columns=(
            Column(zh="编号", en="Receipt", kind=CODE),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="状态", en="State"),
            Column(zh="依据", en="By what paper"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=f"{AT}/cases/K/{one.id}"),
                Cell(value=int(one.terms["amount"])),
                Cell(value=words.state(one.process, one.state), tone=_TONES.get(one.state, "")),
                Cell(value=one.terms.get("evidence") or one.terms.get("expected")),
            )
            for one in receipts
        ),
        empty=("还没有来款。", "Nothing has come in yet."),
    )
