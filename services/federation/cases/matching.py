"""Whose money a bank line is: read from its references, its text and the payer's card.

Called by custody for each new line; decides nothing and writes nothing. A guess is no match: what
is not certain is ``unclaimed`` (the village is known, the purpose is not), ``unknown``, or a break.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec
import sqlalchemy as sa

from contracts.ids import node_book
from journal import store
from kernel.cases import Case
from kernel.claims import MET, owed_to_bank
from kernel.loans import INSURER, quotes
from services.federation.bank_files.messages import StatementLine
from services.federation.cases import person_register, references, registers
from services.federation.cases.registers import ExpectedReceipt
from services.federation.county import County

_NAMED = re.compile(r"(?<![a-z0-9-])(?:loan|member)-[a-z0-9]+(?:-[a-z0-9]+)*")
_OF_A_BANK_LOAN = re.compile(
    r"(?<![a-z0-9-])(?:claim|guarantee|bank_loan)-[a-z0-9]+(?:-[a-z0-9]+)*"
)
LOAN, MEMBER, CLAIM, GUARANTEE = "loan", "member", "claim", "guarantee"
ACTIVE, INSTRUCTED = "active", "instructed"
PAYS_IN = ("admitted", "active")
SHUANGDAO = "双到"
"""What the payer writes when 双到 money is paid in as a household's membership money (R-068)."""

INSURANCE = ("保险赔付", "保险理赔")
"""What an insurer writes, beside the loan or the member it pays for (R-058)."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """How an incoming line is booked: the act of ``receipt``, whose it is, and what it is for.

    ``elsewhere`` is the cooperative the payer named when the money reached another's sub-account.
    """

    act: str
    cooperative: str = ""
    keys: dict[str, str] = {}
    source: str = ""
    expected: str = ""
    elsewhere: str = ""


class Books:
    """What lines are matched against, read once for a run of lines in one transaction."""

    def __init__(self, conn: sa.Connection, county: County) -> None:
        self.conn = conn
        self.county = county
        self._villages: dict[str, list[Case]] = {}

    @cached_property
    def sub_accounts(self) -> dict[str, str]:
        """Sub-account → cooperative."""
        return registers.by_sub_account(self.conn)

    def loans(self, cooperative: str) -> list[Case]:
        """Loans of a village on which money may come in.

        The replica may not know yet that a loan was paid out; custody does.
        """
        if cooperative not in self._villages:
            found = store.in_states(self.conn, node_book(cooperative), LOAN, (ACTIVE, INSTRUCTED))
            self._villages[cooperative] = [one for one in found if self.paid_out(cooperative, one)]
        return self._villages[cooperative]

    def paid_out(self, cooperative: str, loan: Case) -> bool:
        """Whether the loan's money is with the borrower, by the replica or by custody."""
        if loan.state != INSTRUCTED:
            return loan.state == ACTIVE
        payments = store.DatabaseLookup(self.conn, store.COUNTY_SCOPE).linked(
            "payment", "for", loan.id
        )
        return any(one.state == "paid" and one.parties["coop"] == cooperative for one in payments)

    def member(self, cooperative: str, name: str) -> Case | None:
        """A member of a village by case id."""
        found = store.load(self.conn, node_book(cooperative), name)
        return found if found and found.process == MEMBER else None


def receipt_of(books: Books, line: StatementLine) -> Receipt:
    """How an incoming line that answers none of our payments is booked."""
    cooperative = books.sub_accounts.get(line.sub_account or "", "")
    told = _told(line)
    if cooperative and (grant := announced(books.conn, cooperative, line)):
        return Receipt(act="grant", cooperative=cooperative, source=grant.source, expected=grant.id)
    if cooperative and _OF_A_BANK_LOAN.search(told.lower()):
        # The village is not the bank: what is paid on the bank's loan is nothing of its own (P6.6).
        return _for_a_claim(cooperative, _claims_named(books, line, told))
    named = list(_named(books, told))
    if not cooperative:
        # The bank names no sub-account, or one that is nobody's: only what the payer wrote can.
        places = {owner for owner, _ in named}
        if line.sub_account is not None or len(places) != 1:
            return Receipt(act="unknown")
        cooperative = places.pop()
    mine = [case for owner, case in named if owner == cooperative]
    if any(word in told for word in INSURANCE):
        return _insured(books, cooperative, mine) or Receipt(
            act="unclaimed", cooperative=cooperative
        )
    if len(mine) == 1 and (found := _purpose(books, cooperative, mine[0], told, line)):
        return found
    if named and not mine:
        return Receipt(act="unclaimed", cooperative=cooperative, elsewhere=named[0][0])
    return _by_card(books, cooperative, line) or Receipt(act="unclaimed", cooperative=cooperative)


def _named(books: Books, told: str) -> Iterator[tuple[str, Case]]:
    """Loans and members the payer named, by id or by the contract number on the passbook."""
    seen = set()
    for name in _NAMED.findall(told.lower()):
        for cooperative in sorted(set(books.sub_accounts.values())):
            if f"-{cooperative}-" in name and name not in seen:
                case = store.load(books.conn, node_book(cooperative), name)
                if case is not None:
                    seen.add(name)
                    yield cooperative, case
    if seen or not told:
        return
    for cooperative in sorted(set(books.sub_accounts.values())):
        for loan in books.loans(cooperative):
            if quotes(told, str(loan.terms.get("number", ""))):
                yield cooperative, loan


def _purpose(
    books: Books, cooperative: str, case: Case, told: str, line: StatementLine
) -> Receipt | None:
    if case.process == LOAN and books.paid_out(cooperative, case):
        keys = {LOAN: case.id, **_guarantor(books, cooperative, case, line)}
        return Receipt(act="repayment", cooperative=cooperative, keys=keys)
    if case.process == MEMBER and case.state in PAYS_IN:
        act = "share_shuangdao" if SHUANGDAO in told else "share"
        return Receipt(act=act, cooperative=cooperative, keys={MEMBER: case.id})
    return None


def announced(conn: sa.Connection, owner: str, line: StatementLine) -> ExpectedReceipt | None:
    """Money that was announced to this owner: the same amount, its reference in what was written.

    The owner is a cooperative, or the federation itself (F).
    """
    told = _told(line)
    waiting = registers.expected_receipts(conn, owner, line.amount_fen)
    return next((one for one in waiting if one.reference and one.reference in told), None)


def _told(line: StatementLine) -> str:
    return " ".join(filter(None, (line.reference, line.text)))


def _by_card(books: Books, cooperative: str, line: StatementLine) -> Receipt | None:
    """The payer's card is a member's: one live loan is repaid, a first share is paid in."""
    keys = books.county.keys
    persons = person_register.persons_by_card(
        books.conn, keys, line.counterparty_account, cooperative
    )
    village = store.DatabaseLookup(books.conn, node_book(cooperative))
    members = [case for one in persons for case in village.linked(MEMBER, "person", one)]
    if len(members) != 1:
        return None
    member = members[0]
    loans = _loans_of(books, cooperative, member.id)
    claims = _claims_of(books, "member", member.id)
    if claims:
        # He owes the bank too: which of the two debts he paid, a card does not say.
        return _for_a_claim(cooperative, () if loans else claims)
    if len(loans) == 1:
        return _purpose(books, cooperative, loans[0], "", line)
    if not loans and member.state == "admitted":
        return _purpose(books, cooperative, member, "", line)
    return None


def _insured(books: Books, cooperative: str, named: list[Case]) -> Receipt | None:
    """An insurer pays for the one loan it names, or for the one loan of the member it names."""
    if len(named) != 1:
        return None
    case = named[0]
    loans = [case] if case.process == LOAN else _loans_of(books, cooperative, case.id)
    loans = [loan for loan in loans if books.paid_out(cooperative, loan)]
    if len(loans) != 1:
        return None
    keys = {LOAN: loans[0].id, "payer": INSURER}
    return Receipt(act="insurance", cooperative=cooperative, keys=keys)


def _guarantor(books: Books, cooperative: str, loan: Case, line: StatementLine) -> dict[str, str]:
    """Who paid an overdue loan from a card of his own beside its borrower: his is 907 (R-054)."""
    due = str(loan.terms.get("due_on") or "")
    if not due or line.value_date.isoformat() <= due:
        return {}
    persons = person_register.persons_by_card(
        books.conn, books.county.keys, line.counterparty_account, cooperative
    )
    village = store.DatabaseLookup(books.conn, node_book(cooperative))
    group = village.case(str(loan.terms.get("group", "")))
    others = {*(group.terms["group_member"] if group else ())} - {str(loan.terms["member"])}
    payers = [
        case.id
        for one in persons
        for case in village.linked(MEMBER, "person", one)
        if case.id in others
    ]
    return {"payer": payers[0]} if len(payers) == 1 else {}


def _loans_of(books: Books, cooperative: str, member: str) -> list[Case]:
    return [loan for loan in books.loans(cooperative) if loan.terms.get("member") == member]


def _for_a_claim(cooperative: str, claims: Sequence[Case]) -> Receipt:
    """Unclaimed, with the claim the money is for where there is one only: the village decides."""
    mine = [one for one in claims if one.parties["coop"] == cooperative]
    return Receipt(
        act="unclaimed",
        cooperative=cooperative,
        keys={CLAIM: mine[0].id} if len(mine) == 1 else {},
        elsewhere=claims[0].parties["coop"] if claims and not mine else "",
    )


def _claims_named(books: Books, line: StatementLine, told: str) -> Sequence[Case]:
    """Met claims the payer named: by the claim, its guarantee or the application.

    A reference a bank had to cut short is looked up whole.
    """
    county = store.DatabaseLookup(books.conn, store.COUNTY_SCOPE)
    names = set(_OF_A_BANK_LOAN.findall(told.lower()))
    referred = references.find(books.conn, line.reference) if line.reference else None
    names |= {referred.id} if referred is not None else set()
    found: dict[str, Case] = {}
    for name in sorted(names):
        case = county.case(name)
        if case is not None and case.process == CLAIM:
            found[case.id] = case
        links = ("application", GUARANTEE)
        for claim in (one for link in links for one in _claims_of(books, link, name)):
            found[claim.id] = claim
    return [one for one in found.values() if _is_owed(one)]


def _claims_of(books: Books, link: str, value: str) -> Sequence[Case]:
    """Claims whose bank is still owed: of a guarantee, or of those found by another link."""
    county = store.DatabaseLookup(books.conn, store.COUNTY_SCOPE)
    lines = [value]
    if link != GUARANTEE:
        lines = [one.id for one in county.linked(GUARANTEE, link, value)]
    found = [one for line in lines for one in county.linked(CLAIM, GUARANTEE, line)]
    return [one for one in found if _is_owed(one)]


def _is_owed(claim: Case) -> bool:
    return claim.state in MET and owed_to_bank(claim, 0) > 0
