"""The counties that come with Lianhe: their sums, and that the rules will let them happen."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from stdnum import luhn

from infra.county_directory import COUNTIES, CountyDirectory, find, load
from infra.county_directory.figures import from_files, percent
from infra.county_directory.kinds import FaultKind, Funding, PostKind, Source
from infra.county_directory.limits import level_limit_fen
from infra.county_directory.model import Cooperative, Loan, Repayment
from journal.data import policy
from kernel.calendar import months_after

# No fixture may depend on how long vote, contract, night and bank take after the notice.
SLOWEST = timedelta(days=24)
FAST, SLOW = "fast", "slow"
NAMES = sorted(path.name for path in COUNTIES.iterdir())


@pytest.fixture(scope="module")
def wenxian() -> CountyDirectory:
    return load(find("wenxian"))


@pytest.fixture(params=NAMES, scope="module")
def county(request: pytest.FixtureRequest) -> CountyDirectory:
    return load(find(request.param))


def test_every_built_in_county_loads_without_a_warning(county: CountyDirectory) -> None:
    assert county.warnings == ()
    assert county.invented


def test_wen_county_reproduces_every_published_figure(wenxian: CountyDirectory) -> None:
    ours = from_files(wenxian)
    published = {f.key: f.value for f in wenxian.expected if f.kind == "published"}
    assert published == {
        "cooperatives": 4,
        "groups": 27,
        "managers": 44,
        "households": 275,
        "fund_fen": 94_820_000,
        "fund_by_source_fen.fiscal": 75_000_000,
        "fund_by_source_fen.shares": 14_820_000,
        "fund_by_source_fen.undp": 5_000_000,
        "loans_count": 87,
        "loans_fen": 41_600_000,
        "poor_loans_count": 46,
        "poor_loans_fen": 19_500_000,
        "poor_loans_count_percent": "52.87",
        "poor_loans_percent": "46.88",
        "repaid_fen": 10_000_000,
        "due_recovery_percent": "70.92",
    }
    of_the_run = {"repaid_fen", "due_recovery_percent"}
    assert {key: ours[key] for key in published.keys() - of_the_run} == {
        key: value for key, value in published.items() if key not in of_the_run
    }


@pytest.mark.parametrize("pace", [FAST, SLOW])
def test_wen_county_has_its_due_rate_however_long_a_payout_takes(
    wenxian: CountyDirectory, pace: str
) -> None:
    due = [loan for loan in wenxian.loans if due_on(wenxian, loan, pace) <= wenxian.as_of]
    repaid = [loan for loan in wenxian.loans if loan.id in repayments_of(wenxian)]
    assert sum(loan.amount_fen for loan in due) == 14_100_000
    assert sum(loan.amount_fen for loan in repaid) == 10_000_000
    assert percent(10_000_000, 14_100_000) == "70.92"
    assert {loan.id for loan in repaid} <= {loan.id for loan in due}
    # The floor of R-052 holds in each village, so that no village has to stop lending.
    for cooperative in wenxian.cooperatives:
        own = sum(loan.amount_fen for loan in due if loan.cooperative == cooperative.id)
        back = sum(loan.amount_fen for loan in repaid if loan.cooperative == cooperative.id)
        assert back * 100 >= own * 70


def test_wen_county_lends_once_to_each_of_87_households(wenxian: CountyDirectory) -> None:
    assert len({loan.household for loan in wenxian.loans}) == 87
    assert all(r.amount_fen is None for r in wenxian.repayments)


def test_nobody_in_wen_county_borrows_beside_an_overdue_guarantor(wenxian: CountyDirectory) -> None:
    overdue = [loan for loan in wenxian.loans if loan.id not in repayments_of(wenxian)]
    first_overdue = min(due_on(wenxian, loan, FAST) for loan in overdue)
    last_payout = max(loan.applied_on for loan in wenxian.loans) + SLOWEST
    assert last_payout < first_overdue
    # A repayment comes before its loan can be overdue.
    for loan_id, (paid,) in repayments_of(wenxian).items():
        assert paid.paid_on <= due_on(wenxian, wenxian.loan[loan_id], FAST)


def test_wen_county_has_eleven_managers_a_village(wenxian: CountyDirectory) -> None:
    for cooperative in wenxian.cooperatives:
        posts = wenxian.posts_of[cooperative.id]
        assert len({post.holder for post in posts}) == 11
        (deputy,) = wenxian.holders(cooperative.id, PostKind.DEPUTY)
        (cashier,) = wenxian.holders(cooperative.id, PostKind.CASHIER)
        assert deputy.holder == cashier.holder
        groups = {group.id for group in wenxian.groups if group.cooperative == cooperative.id}
        assert {p.group for p in wenxian.holders(cooperative.id, PostKind.GROUP_HEAD)} == groups


def test_wen_county_books_its_fiscal_money_as_provincial(wenxian: CountyDirectory) -> None:
    assert {grant.source for grant in wenxian.grants} == {Source.PROVINCIAL, Source.UNDP}


def test_wen_county_has_an_intercoop_loan_that_needs_county_consent(
    wenxian: CountyDirectory,
) -> None:
    (lent,) = wenxian.intercoop
    rules = policy(wenxian.profile, wenxian.parameters)
    assert lent.amount_fen > rules.fen("loan.cap")
    assert lent.monthly_ppm == 3_000
    assert lent.term_months <= rules.months("intercoop.max_term")
    assert 0 < sum(item.amount_fen or 0 for item in lent.repayments) < lent.amount_fen
    grades = {c.id: c for c in wenxian.cooperatives}
    for side in (lent.lender, lent.borrower):
        assert grades[side].grade in rules.list("intercoop.grades")
        assert grades[side].grade_entered_by
    for part, side in (("lend_max", lent.lender), ("borrow_max", lent.borrower)):
        most = own_fund(wenxian, side, lent.offered_on) * rules.ppm(f"intercoop.{part}")
        assert lent.amount_fen * 1_000_000 <= most
    on_lent = [loan for loan in wenxian.loans if loan.funding is Funding.INTERCOOP]
    assert sum(loan.amount_fen for loan in on_lent) + 1_000_000 <= lent.amount_fen
    for loan in on_lent:
        assert loan.applied_on > lent.asked_on + SLOWEST


def test_the_demonstration_of_wen_county_is_quick(wenxian: CountyDirectory) -> None:
    # Each day of applications is followed by about three more: notice over, paid, followed.
    assert len(wenxian.event_days()) <= 20


def test_every_loan_keeps_to_cap_level_and_concentration(county: CountyDirectory) -> None:
    rules = policy(county.profile, county.parameters)
    for loan in county.loans:
        member = county.member[loan.household]
        assert loan.amount_fen <= level_limit_fen(rules, member.credit_level)
        fund = own_fund(county, loan.cooperative, loan.applied_on)
        assert loan.amount_fen * 1_000_000 <= fund * rules.ppm("conc.max_household_pct")
        assert loan.applied_on > member.joined_on + timedelta(days=13)


def test_every_council_can_decide_every_loan(county: CountyDirectory) -> None:
    for loan in county.loans:
        able = {post.person for post in county.voters(loan)}
        votes = {vote.person: vote.answer for vote in loan.votes} or dict.fromkeys(able, "yes")
        assert {person for person, answer in votes.items() if answer != "abstain"} <= able
        yes, no = (sum(a == answer for a in votes.values()) for answer in ("yes", "no"))
        council = {
            p.holder
            for p in county.posts_of[loan.cooperative]
            if p.kind in (PostKind.CHAIR, PostKind.DEPUTY, PostKind.ACCOUNTANT, PostKind.COUNCIL)
        }
        abstained = sum(answer == "abstain" for answer in votes.values())
        assert yes > (len(council) - abstained) // 2
        assert yes > no


@pytest.mark.parametrize("pace", [FAST, SLOW])
def test_no_village_ever_runs_out_of_money(county: CountyDirectory, pace: str) -> None:
    rules = policy(county.profile, county.parameters)
    for cooperative in county.cooperatives:
        balance = {"own": 0, "borrowed": 0}
        floor = 0
        for day, purse, fen in sorted(cash(county, cooperative, pace), key=lambda move: move[0]):
            balance[purse] += fen
            assert min(balance.values()) >= floor, (cooperative.id, day)
        for lent in county.intercoop:
            if lent.lender == cooperative.id:
                # What is left in 10201 once the loan is paid out.
                before = [
                    fen
                    for day, _, fen in cash(county, cooperative, pace)
                    if day <= lent.asked_on + SLOWEST
                ]
                fund = own_fund(county, cooperative.id, lent.offered_on)
                assert sum(before) * 1_000_000 >= fund * rules.ppm("intercoop.lender_floor")


def test_cards_and_accounts_are_valid_and_plainly_made_up(county: CountyDirectory) -> None:
    accounts = [county.bank.special_account, *(c.sub_account for c in county.cooperatives)]
    cards = [member.card_no for member in county.members]
    assert all(number.startswith("9990") for number in [*accounts, *cards])
    assert all(luhn.is_valid(card) for card in cards)
    assert not any(member.id_number for member in county.members)


def test_liushu_has_what_goes_wrong() -> None:
    liushu = load(find("liushu"))
    assert {fault.kind for fault in liushu.faults} == {
        FaultKind.LATE_NODE,
        FaultKind.MISSING_BANK_LINE,
        FaultKind.WRONG_CARD,
    }
    assert liushu.profile == "NINGXIA"
    assert all(len(group.households) == 5 for group in liushu.guarantee_groups)
    assert any(loan.amount_fen % 100 for loan in liushu.loans)
    # One loan falls due unpaid; two of its guarantors pay a part of it.
    failing = liushu.loan["sj-l1"]
    paid = repayments_of(liushu)[failing.id]
    assert all(r.paid_on > due_on(liushu, failing, SLOW) and r.payer for r in paid)
    assert sum(r.amount_fen or 0 for r in paid) < failing.amount_fen


def repayments_of(county: CountyDirectory) -> dict[str, list[Repayment]]:
    """Repayments by loan, in order of date; a loan without any is absent."""
    found: dict[str, list[Repayment]] = {}
    for one in sorted(county.repayments, key=lambda one: one.paid_on):
        found.setdefault(one.loan, []).append(one)
    return found


def payout_on(county: CountyDirectory, loan: Loan, pace: str) -> date:
    """The earliest day the notice allows, or a late one."""
    notice = policy(county.profile, county.parameters).days("notice.days")
    if pace == FAST:
        return county.working_days.add_business_days(loan.applied_on, notice)
    return loan.applied_on + SLOWEST


def due_on(county: CountyDirectory, loan: Loan, pace: str) -> date:
    return months_after(payout_on(county, loan, pace), loan.term_months)


def own_fund(county: CountyDirectory, cooperative: str, on: date) -> int:
    grants = sum(
        g.amount_fen for g in county.grants if g.cooperative == cooperative and g.received_on <= on
    )
    return grants + sum(
        m.share_fen + m.shuangdao_fen
        for m in county.members
        if m.cooperative == cooperative and m.joined_on <= on
    )


def cash(
    county: CountyDirectory, cooperative: Cooperative, pace: str
) -> Iterator[tuple[date, str, int]]:
    """Movements of the sub-account, fees left out: day, purse, fen.

    Money comes in as late as it can be; loans are paid out at the given pace.
    """
    late, own, borrowed = SLOWEST, "own", "borrowed"
    repaid = repayments_of(county)
    for grant in county.grants:
        if grant.cooperative == cooperative.id:
            yield grant.received_on + timedelta(days=3), own, grant.amount_fen
    for member in county.members:
        if member.cooperative == cooperative.id:
            yield member.joined_on + late, own, member.share_fen + member.shuangdao_fen
    for loan in county.loans:
        if loan.cooperative != cooperative.id:
            continue
        purse = own if loan.funding is Funding.OWN else borrowed
        yield payout_on(county, loan, pace), purse, -loan.amount_fen
        left = loan.amount_fen
        for paid in repaid.get(loan.id, ()):
            part = left if paid.amount_fen is None else min(paid.amount_fen, left)
            left -= part
            yield paid.paid_on + timedelta(days=3), purse, part
    for lent in county.intercoop:
        sides = {lent.lender: (own, -1, timedelta(0)), lent.borrower: (borrowed, 1, late)}
        if cooperative.id in sides:
            purse, sign, wait = sides[cooperative.id]
            yield lent.asked_on + wait, purse, sign * lent.amount_fen
            for item in lent.repayments:
                yield item.on, purse, -sign * (item.amount_fen or 0)
