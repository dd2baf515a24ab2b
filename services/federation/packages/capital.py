"""What lies in the pool and what is free of its line: receipts and the head-room statement.

Called by assemble.py. Counted from the movements of K(i), so receipts less what was given back
and called is the balance by itself (R-085, R-086, R-090). Amounts are fen.
"""

from contracts import package as said
from contracts.ids import COUNTY_BOOK
from contracts.ledger import Act
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import store
from journal.pool_funds import DEPOSITS, MATCH, STAKE, free_funds
from journal.read import Entry, account_ledger
from kernel import pool
from kernel.errors import Rejected
from kernel.pool_agreement import terms_of
from kernel.pool_lines import COUNTY
from services.federation.cases import registers
from services.federation.packages.sources import Sources, own_digest, place

_FREE, _RESERVED, _RUNNING, _OVER = "903", "9041", "904", "9039"
_LINES = (_FREE, _RESERVED, _RUNNING, _OVER)
_BACK = ("ask", "drop")
"""Acts of a transfer by which money asked back leaves the pool, or stays after all."""
_INTEREST = "专户利息 bank interest"


class Layer:
    """One layer of the pool's money: its receipts, and what has left it since, net (fen)."""

    def __init__(self, sources: Sources, account: str) -> None:
        self.given_back = self.called = self.balance = 0
        entries: dict[str, list[Entry]] = {}
        for entry in account_ledger(sources.conn, sources.custody, account):
            self.balance += entry.change_fen
            if entry.act.process == "claim":
                self.called -= entry.change_fen
            elif entry.act.process == "transfer" and entry.act.act in _BACK:
                self.given_back -= entry.change_fen
            else:
                entries.setdefault(entry.act.id, []).append(entry)
        self.receipts = tuple(_receipt(sources, of_act) for of_act in entries.values())


class Capital:
    """The pool's money: of variant 1 the deposits stand where the stake does."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.terms = terms_of(sources.agreement)
        deposits = self.terms.variant == pool.V1
        self.stake = Layer(sources, DEPOSITS if deposits else STAKE)
        self.match = Layer(sources, MATCH)
        pooled = free_funds(sources.conn, sources.custody).deposits.values() if deposits else ()
        self.pooled = sum(1 for amount in pooled if amount > 0)

    @property
    def base(self) -> int:
        """What the leverage multiplies (R-084)."""
        both = self.terms.variant == pool.V2 and self.terms.base == pool.STAKE_AND_MATCH
        return self.stake.balance + (self.match.balance if both else 0)

    def headroom(self) -> said.Headroom:
        """The three limits before and after the package. Raises LINE_USED_UP at the first."""
        own = store.rows(self.sources.conn, self.sources.custody, _LINES)
        county = store.rows(self.sources.conn, COUNTY_BOOK, _LINES)
        bank = str(self.sources.package.terms["bank"])
        mine = {line.id for line in self.sources.lines}
        reserved = sum(amount for key, amount in own[_RESERVED].items() if key in mine)
        whole = {account: sum(rows.values()) for account, rows in own.items()}
        return said.Headroom(
            as_of=self.sources.today,
            stake_fen=self.stake.balance,
            stake_given_back_fen=self.stake.given_back,
            stake_called_fen=self.stake.called,
            match_fen=self.match.balance,
            match_given_back_fen=self.match.given_back,
            match_called_fen=self.match.called,
            base_fen=self.base,
            pooled_members=self.pooled,
            cooperative=self._scope("coop", whole, reserved),
            bank=self._scope("bank", _of(county, bank), reserved),
            county=self._scope("county", _of(county, COUNTY), reserved),
        )

    def _scope(self, whose: str, held: dict[str, int], reserved: int) -> said.Scope:
        """One limit; what this package reserved counts as not yet reserved."""
        used = held[_RUNNING] + held[_RESERVED]
        line = held[_FREE] + used - held[_OVER]
        free, amount = line - used + reserved, self.sources.amount
        if amount > free:
            raise Rejected(
                RejectionCode.LINE_USED_UP,
                whose=whose,
                asked=show(amount),
                free=show(max(free, 0)),
            )
        return said.Scope(
            line_fen=line,
            guaranteed_fen=held[_RUNNING],
            reserved_fen=held[_RESERVED] - reserved,
            free_before_fen=free,
            free_after_fen=free - amount,
        )


def _of(rows: dict[str, dict[str, int]], key: str) -> dict[str, int]:
    return {account: amounts.get(key, 0) for account, amounts in rows.items()}


def _receipt(sources: Sources, entries: list[Entry]) -> said.Receipt:
    act = entries[0].act
    return said.Receipt(
        act=place(act),
        digest=own_digest(act),
        booked_on=act.business_date,
        amount_fen=sum(entry.change_fen for entry in entries),
        payer=_payer(sources, act),
        reference=str(act.facts.get("line", act.case)),
    )


def _payer(sources: Sources, act: Act) -> str:
    """Who paid: a member by his case, so that no name of a third person leaves the county."""
    if act.process == "match":
        finance = registers.find_partner(sources.conn, registers.FINANCE)
        return finance.name if finance else registers.FINANCE
    if act.act == "pooled":
        return f"社员 {act.facts['member']}"
    return _INTEREST if act.act == "pool_interest" else sources.registered.name
