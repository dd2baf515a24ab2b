"""The world outside the county's files, as orders to the bank: cards, grants, pay-ins, repayments.

Pure: a directory and a day in, orders out. The bank simulator carries them out; the county sees
only its statements. What a payer writes in the text line is what the contract, the passbook or
the grant notice tells him to write.
"""

from collections.abc import Iterator
from datetime import date

from infra.bank_simulator.orders import (
    Credit,
    Fail,
    FaultKind,
    Holder,
    IssueCards,
    OpenAccount,
    Order,
    Repay,
)
from infra.county_directory import CountyDirectory, kinds
from infra.county_directory import model as county
from infra.demonstration.life import loan_case, member_case

PAYERS = {
    "donation": "捐赠人",
    "undp": "联合国开发计划署",
    "enterprise": "龙头企业",
    "helper": "帮扶单位",
}
"""Who pays a grant, by source; a bureau of finance for all others."""


OWN_FUND = "FEDERATION-FUND"
"""Reference of the notice of the county fund that goes to the federation itself."""


def unallocated(directory: CountyDirectory) -> str:
    """The sub-account for money that names none."""
    return directory.bank.special_account[:-1] + "8"


def settlement(directory: CountyDirectory) -> str:
    """The sub-account through which settlement between cooperatives runs."""
    return directory.bank.special_account[:-1] + "9"


def pool_account(directory: CountyDirectory) -> str:
    """The sub-account of the risk compensation pool, empty where the county has none."""
    return directory.bank.special_account[:-1] + "7" if directory.pool else ""


def own_account(directory: CountyDirectory) -> str:
    """The sub-account of the federation's own money, empty where it has none."""
    return directory.bank.special_account[:-1] + "6" if directory.federation else ""


def opening(directory: CountyDirectory) -> Iterator[Order]:
    """The special account with its sub-accounts, and every member's card."""
    bank = directory.bank
    own = [Holder(number=c.sub_account, name=c.name) for c in directory.cooperatives]
    yield OpenAccount(
        id="open-account",
        account=bank.special_account,
        name=bank.account_name or bank.name,
        on=directory.calendar.first_day,
        unallocated=unallocated(directory),
        sub_accounts=(
            *own,
            Holder(number=unallocated(directory), name="待查"),
            Holder(number=settlement(directory), name="清算"),
            *(
                [Holder(number=pool_account(directory), name="风险补偿金")]
                if directory.pool
                else []
            ),
            *(
                [Holder(number=own_account(directory), name="联合社自有资金")]
                if directory.federation
                else []
            ),
        ),
    )
    cards = [Holder(number=m.card_no, name=m.person) for m in directory.members]
    if directory.pool is not None:
        cards += [
            Holder(number=directory.pool.bank_account, name=directory.pool.bank_name),
            Holder(number=directory.pool.finance_account, name="县财政局"),
        ]
    yield IssueCards(id="issue-cards", cards=tuple(cards), on=directory.calendar.first_day)


def grants(directory: CountyDirectory, on: date) -> Iterator[Order]:
    """Grants that arrive on a day (P13), with the reference of their notice."""
    sub_accounts = {c.id: c.sub_account for c in directory.cooperatives}
    for grant in directory.grants:
        if grant.received_on == on:
            yield Credit(
                id=f"grant-{grant.id}",
                sub_account=sub_accounts[grant.cooperative],
                amount_fen=grant.amount_fen,
                payer_name=PAYERS.get(grant.source, "财政局"),
                payer_account="999000000000000",
                text=f"拨款 {grant.id}",
                reference=grant.id,
                late_days=_late_days(directory, grant.id, on),
            )


def own_fund(directory: CountyDirectory, on: date) -> Iterator[Order]:
    """County fund the budget pays to the federation itself, the day it arrives."""
    told = directory.federation
    if told is None or not told.own_fund_fen:
        return
    if told.arrives_on(directory.calendar.first_day) == on:
        yield Credit(
            id=OWN_FUND,
            sub_account=own_account(directory),
            amount_fen=told.own_fund_fen,
            payer_name="财政局",
            payer_account="999000000000000",
            text=f"拨款 {OWN_FUND}",
            reference=OWN_FUND,
        )


def pay_in(directory: CountyDirectory, member: county.Member) -> Iterator[Order]:
    """A household's share and 双到 money from its card; the passbook gives the member's number."""
    for kind, amount, word in (
        ("share", member.share_fen, "股金"),
        ("shuangdao", member.shuangdao_fen, "双到"),
    ):
        if amount:
            yield _paid_in(directory, member, f"{kind}-{member.household}", amount, word)


def _paid_in(
    directory: CountyDirectory, member: county.Member, order: str, amount_fen: int, word: str
) -> Order:
    return Repay(
        id=order,
        card=member.card_no,
        sub_account=_sub_account(directory, member.cooperative),
        amount_fen=amount_fen,
        text=f"{word} {member_case(member)}",
        late_days=_late_days(directory, member.household, member.joined_on),
    )


def repayment(directory: CountyDirectory, paid: county.Repayment, amount_fen: int) -> Order:
    """A repayment by card; the contract gives the loan's number."""
    loan = directory.loan[paid.loan]
    payer = directory.member[paid.payer or loan.household]
    return Repay(
        id=f"repay-{paid.id}",
        card=payer.card_no,
        sub_account=_sub_account(directory, loan.cooperative),
        amount_fen=amount_fen,
        text=f"还款 {loan_case(loan)}",
        late_days=_late_days(directory, paid.id, paid.paid_on),
    )


def strays(directory: CountyDirectory, on: date) -> Iterator[Credit]:
    """Money from nobody known, once its day has come (``unknown_bank_line``)."""
    for number, fault in enumerate(directory.faults, 1):
        due = fault.first_day is not None and fault.first_day <= on
        if fault.kind is kinds.FaultKind.UNKNOWN_BANK_LINE and due and fault.amount_fen:
            yield Credit(
                id=f"stray-{number}",
                sub_account=_sub_account(directory, fault.what),
                amount_fen=fault.amount_fen,
                payer_name="不详",
                payer_account="999000000000009",
            )


def _late_days(directory: CountyDirectory, what: str, on: date) -> int:
    """Days by which a fault keeps this line off its statement."""
    for fault in directory.faults:
        late = fault.kind is kinds.FaultKind.MISSING_BANK_LINE and fault.what == what
        if late and fault.last_day is not None:
            return max((fault.last_day - on).days, 1)
    return 0


def payout_fault(fault: county.Fault, order: str, reference: str) -> Order | None:
    """What the bank is told to get wrong with one payout; None for faults of another kind."""
    kind = _PAYOUT_FAULTS.get(fault.kind)
    if kind is None:
        return None
    return Fail(id=order, fault=kind, reference=reference, amount_fen=fault.amount_fen or 1)


_PAYOUT_FAULTS = {
    kinds.FaultKind.WRONG_CARD: FaultKind.REJECT,
    kinds.FaultKind.DOUBLED_BANK_LINE: FaultKind.DOUBLE_LINE,
    kinds.FaultKind.WRONG_AMOUNT_LINE: FaultKind.WRONG_AMOUNT,
    kinds.FaultKind.RETURNED_PAYMENT: FaultKind.RETURN,
}


def _sub_account(directory: CountyDirectory, cooperative: str) -> str:
    return next(c.sub_account for c in directory.cooperatives if c.id == cooperative)
