"""Whom money goes to that leaves a sub-account of ours: a person's card, or a partner's account.

Called by payments and pool money for each line of a file, and by lines for what the bank booked.
An account is never taken from what a village wrote: a person's card comes from his sealed record, a
bank's and the finance bureau's from the county's register. Decides nothing, writes nothing.
"""

import msgspec
import sqlalchemy as sa

from contracts.ids import node_book
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from kernel.claims import met_claim, must_be_owed
from kernel.errors import Rejected
from services.federation.cases import person_register, registers
from services.federation.county import County

SUSPENSE = "21105"
_GOING = ("queued", "in_file", "paid")
"""States of a payment whose money the payee has, or will have."""


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Name and account as a payment file carries them; empty where the county knows none."""

    name: str = ""
    account: str = ""

    def got(self, county: County, account: str) -> bool:
        """Whether this account is the payee's, however the bank writes it."""
        index = county.keys.card_index
        return bool(self.account) and index(account) == index(self.account)


def person(conn: sa.Connection, county: County, name: str, cooperative: str) -> Payee:
    """A person of a cooperative, by his newest record."""
    found = person_register.open_person(conn, county.keys, name, cooperative)
    return Payee(name=found.name, account=found.card) if found else Payee()


def partner(conn: sa.Connection, name: str) -> Payee:
    """A bank of the pool or the finance bureau."""
    found = registers.find_partner(conn, name)
    return Payee(name=found.name, account=found.account) if found else Payee()


def of_payment(conn: sa.Connection, county: County, payment: Case) -> Payee:
    """Whom a payment pays: the bank of its claim where it passes money on, else a person."""
    if payment.terms.get("claim"):
        return partner(conn, str(payment.terms["bank"]))
    return person(conn, county, str(payment.terms["person"]), payment.parties["coop"])


def bank_owed(conn: sa.Connection, cooperative: str, claim: str, item: str, amount: int) -> str:
    """The bank a village may pass ``amount`` fen of an item in suspense on to for a claim (P6.6).

    The node has asked the same; the county believes no node what it can see for itself. Raises
    NOT_A_CLAIMED_LOAN, MORE_THAN_OWED for more than is still owed or the item holds.
    """
    found = met_claim(store.DatabaseLookup(conn, store.COUNTY_SCOPE), claim, cooperative)
    must_be_owed(found, passed_on(conn, claim), amount)
    held = store.rows(conn, node_book(cooperative), [SUSPENSE])[SUSPENSE].get(item, 0)
    if amount > held:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(held))
    return str(found.terms["bank"])


def passed_on(conn: sa.Connection, claim: str) -> int:
    """What a village passed on to the bank for a claim, there or on its way (fen)."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked("payment", "claim", claim)
    return sum(int(one.terms["amount"]) for one in found if one.state in _GOING)
