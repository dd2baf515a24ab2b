"""From a county directory to the plan a federation is set up from: the same facts, typed twice.

Called by `lianhe federation init` and by the demonstration. Grants are announced, with the
reference their payers will write; all that happens later comes through nodes and bank.
"""

from contracts.ids import FEDERATION_BOOK
from infra.county_directory import CountyDirectory
from infra.demonstration.outside import (
    OWN_FUND,
    own_account,
    pool_account,
    settlement,
    unallocated,
)
from kernel.rules_federation import COUNTY_FUND
from services.federation.cases.registers import (
    FINANCE,
    BankAccount,
    ExpectedReceipt,
    Partner,
    Township,
)
from services.federation.setup import CooperativePlan, CountyPlan


def plan_of(directory: CountyDirectory) -> CountyPlan:
    """The county, its special account, its calendar and its cooperatives, open on its first day."""
    days = directory.working_days.special
    bank = directory.bank
    return CountyPlan(
        name=directory.name,
        profile=directory.profile,
        county=directory.parameters,
        open_date=directory.calendar.first_day,
        rest=tuple(sorted(day for day, worked in days.items() if not worked)),
        work=tuple(sorted(day for day, worked in days.items() if worked)),
        account=BankAccount(
            account=bank.special_account,
            name=bank.account_name or bank.name,
            unallocated=unallocated(directory),
            settlement=settlement(directory),
            pool=pool_account(directory),
            federation=own_account(directory),
        ),
        partners=_partners(directory),
        townships=tuple(
            Township(id=one.id, name=one.name, name_en=one.name_en) for one in directory.townships
        ),
        cooperatives=tuple(
            CooperativePlan(
                id=one.id,
                name=one.name,
                name_en=one.name_en,
                township=one.township,
                sub_account=one.sub_account,
                opened_on=one.opened_on,
                grade=one.grade,
                grade_source=one.grade_entered_by,
            )
            for one in directory.cooperatives
        ),
        expected=tuple(
            ExpectedReceipt(
                id=grant.id,
                cooperative=grant.cooperative,
                source=grant.source.value,
                amount=grant.amount_fen,
                reference=grant.id,
                expected_on=grant.received_on.isoformat(),
            )
            for grant in directory.grants
        )
        + _own_fund(directory),
    )


def _own_fund(directory: CountyDirectory) -> tuple[ExpectedReceipt, ...]:
    """The county fund that is announced to the federation itself."""
    told = directory.federation
    if told is None or not told.own_fund_fen:
        return ()
    arrives = told.arrives_on(directory.calendar.first_day)
    return (
        ExpectedReceipt(
            id=OWN_FUND, cooperative=FEDERATION_BOOK, source=COUNTY_FUND,
            amount=told.own_fund_fen, reference=OWN_FUND, expected_on=arrives.isoformat(),
        ),
    )  # fmt: skip


def _partners(directory: CountyDirectory) -> tuple[Partner, ...]:
    """The bank under the pool and the finance bureau, where there is a pool."""
    told = directory.pool
    if told is None:
        return ()
    return (
        Partner(id=told.bank, name=told.bank_name, account=told.bank_account),
        Partner(id=FINANCE, name="县财政局", account=told.finance_account),
    )
