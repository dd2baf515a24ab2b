"""Claims on the pool on a real database: refused, borne by layer, recovered (P6.5, P6.6)."""

from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK
from journal import store
from journal.audit import audit_book
from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, COMMITTEE, CUSTODY, PAPERS, PoolVillage
from tests.support.village import BOOK, fen, policy_of


def test_e1_a_default_of_20_000_costs_the_stake_16_000_and_the_line_80_000(
    staked: PoolVillage,
) -> None:
    guarantee = staked.running(1, "20_000.00")
    claim = staked.defaulted(guarantee, "20_000.00")
    accepted = staked.accept(claim, "20_000.00")
    assert accepted.terms["bank_part"] == fen("4_000.00")
    assert accepted.terms["stake"] == fen("16_000.00")
    assert staked.held("909", "") == fen("920_000.00")
    assert staked.held("903") == fen("920_000.00")
    assert staked.held("8021") == fen("16_000.00")
    staked.pay_claim(claim)
    assert (staked.held("802"), staked.held("8021")) == (fen("184_000.00"), 0)
    assert staked.county_case(claim).state == "paid"


def test_over_use_after_a_claim_stops_new_guarantees_until_topped_up(
    backed: PoolVillage,
) -> None:
    backed.fund("20_000.00")
    backed.agree()
    backed.stake("10_000.00")
    guarantee = backed.running(1, "20_000.00")
    backed.running(2, "30_000.00")
    claim = backed.defaulted(guarantee, "20_000.00")
    backed.accept(claim, "20_000.00")
    assert (backed.held("903"), backed.held("9039")) == (0, fen("30_000.00"))
    told = {"agreement": AGREEMENT, "application": backed.seeded(9, "0.01"),
            "package": "package-1", "line": 9, "grade": "A"}  # fmt: skip
    assert backed.refused("guarantee.reserve", "g9", "staff@federation", told) == "LINE_USED_UP"
    backed.pay_claim(claim)
    backed.stake("8_000.00", "transfer-2")
    assert (backed.held("903"), backed.held("9039")) == (fen("10_000.00"), 0)
    backed.act("guarantee.reserve", "g9", "staff@federation", told)


def test_e1c_recovery_goes_back_in_reverse_order(backed: PoolVillage) -> None:
    backed.fund("10_000.00")
    backed.agree()
    backed.stake("10_000.00")
    backed.match()
    guarantee = backed.running(1, "20_000.00")
    claim = backed.defaulted(guarantee, "20_000.00")
    accepted = backed.accept(claim, "20_000.00")
    assert accepted.terms["uncovered"] == fen("3_000.00")
    backed.pay_claim(claim)
    assert (backed.held("802"), backed.held("803")) == (0, 0)
    recovered = {"bank": BANK, "amount": fen("10_000.00")}
    told = backed.act("claim.recovered", claim, "checker@bank", recovered, person="b2").case
    assert told.terms["share_due"] == fen("6_500.00")
    share = {"amount": fen("6_500.00")}
    backed.act("claim.receive", claim, "system:bank_line", share)
    assert (backed.held("802"), backed.held("803")) == (
        fen("3_500.00"),
        fen("3_000.00"),
    )
    more = {**recovered, "amount": fen("10_000.01")}
    found = backed.refused("claim.recovered", claim, "checker@bank", more)
    assert found == "RECOVERY_ABOVE_LOSS"


def test_p65_a_claim_is_refused_by_name(staked: PoolVillage) -> None:
    guarantee = staked.running(1, "20_000.00")
    said = staked.notice(guarantee, "20_000.00")

    def refused(**changes: object) -> str:
        return staked.refused("claim.notice", "claim-1", "checker@bank", {**said, **changes})

    assert refused(guarantee="guarantee-none") == "CLAIM_NOT_COVERED"
    assert refused(bank="bank-other") == "NOT_YOUR_BANK"
    assert refused(manifest="f" * 64) == "DOCUMENT_CHANGED"
    assert refused(papers={"contract": "c" * 64}) == "CLAIM_PAPERS_MISSING"
    for alike in ({"payout": "c" * 64}, {"payout": "C" * 64}, dict.fromkeys(PAPERS, "e" * 64)):
        assert refused(papers={**PAPERS, **alike}) == "CLAIM_PAPERS_ALIKE"
    assert refused() == "CLAIM_WITHOUT_ARREARS"
    staked.forward(staked.today + timedelta(days=2))
    arrears = {"bank": BANK, "since": staked.today.isoformat(), "principal": fen("20_000.00")}
    staked.act("guarantee.arrears", guarantee, "maker@bank", arrears, person="b1")
    staked.forward(staked.today + timedelta(days=89))
    assert refused() == "CLAIM_TOO_EARLY"
    staked.forward(staked.today + timedelta(days=1))
    assert refused(amount=fen("20_000.01")) == "CLAIM_ABOVE_COVER"
    staked.act("claim.notice", "claim-1", "checker@bank", said, person="b2")
    assert staked.refused("claim.notice", "claim-2", "checker@bank", said) == "CLAIM_TWICE"
    accept = {"principal": fen("20_000.00")}
    found = staked.refused("claim.accept", "claim-1", "staff@federation", accept)
    assert found == "CLAIM_NOT_CHECKED"


def test_p65_a_claim_pays_principal_and_the_interest_is_told_and_not_paid(
    staked: PoolVillage,
) -> None:
    guarantee = staked.running(1, "20_000.00")
    staked.forward(staked.today + timedelta(days=2))
    since = staked.today
    arrears = {"bank": BANK, "since": since.isoformat(), "principal": fen("20_000.00")}
    staked.act("guarantee.arrears", guarantee, "maker@bank", arrears, person="b1")
    staked.forward(since + timedelta(days=90))
    said = {**staked.notice(guarantee, "20_000.00"), "interest": fen("1_500.00")}
    both = {**said, "amount": fen("21_500.00")}
    assert staked.refused("claim.notice", "claim-1", "checker@bank", both) == "CLAIM_ABOVE_COVER"
    noticed = staked.act("claim.notice", "claim-1", "checker@bank", said, person="b2").case
    assert (noticed.terms["interest"], noticed.terms["amount"]) == (
        fen("1_500.00"), fen("20_000.00")
    )  # fmt: skip
    accepted = staked.accept("claim-1", "20_000.00")
    assert (accepted.terms["bank_part"], accepted.terms["stake"]) == (
        fen("4_000.00"), fen("16_000.00")
    )  # fmt: skip
    staked.pay_claim("claim-1")
    assert (staked.held("802"), staked.held("904")) == (fen("184_000.00"), 0)
    assert staked.held("909", "") == fen("920_000.00")


def test_l18_a_recovery_tells_how_at_what_cost_and_what_is_still_owed(staked: PoolVillage) -> None:
    claim = staked.defaulted(staked.running(1, "20_000.00"), "20_000.00")
    staked.accept(claim, "20_000.00")
    staked.pay_claim(claim)

    def said(**changes: object) -> dict[str, object]:
        return {"bank": BANK, "amount": fen("1_000.00"), "cost": 5_00, "method": "lawsuit",
                "still_owed": fen("19_000.00"), **changes}  # fmt: skip

    def refused(**changes: object) -> str:
        return staked.refused("claim.recovered", claim, "checker@bank", said(**changes))

    assert refused(method="magic") == "FACTS_INVALID"
    assert refused(cost=-1) == "FACTS_INVALID"
    assert refused(still_owed=-1) == "FACTS_INVALID"
    assert refused(still_owed=fen("20_000.01")) == "MORE_THAN_OWED"
    staked.act("claim.recovered", claim, "checker@bank", said(), person="b2")
    assert refused(still_owed=fen("19_000.01")) == "MORE_THAN_OWED", "a debt does not grow back"
    second = said(method="paid", cost=0, still_owed=fen("18_000.00"))
    staked.act("claim.recovered", claim, "checker@bank", second, person="b2")
    record = staked.county_case(claim).terms["pursuit"]
    assert [(one["method"], one["cost"], one["still_owed"]) for one in record] == [
        ("lawsuit", 5_00, fen("19_000.00")), ("paid", 0, fen("18_000.00")),
    ]  # fmt: skip
    assert staked.county_case(claim).terms["recovered"] == fen("2_000.00")


def test_r054_the_committee_accepts_nothing_before_the_guarantors_were_called(
    staked: PoolVillage,
) -> None:
    claim = staked.defaulted(staked.running(1, "20_000.00"), "20_000.00")
    staked.act("claim.check", claim, "staff@federation", {"papers": dict.fromkeys(PAPERS, True)})
    accept = {"principal": fen("20_000.00")}

    def refused() -> str:
        return staked.refused("claim.accept", claim, "staff@federation", accept)

    assert refused() == "GUARANTORS_NOT_CALLED"
    below = {"bank": BANK, "amount": -1}
    assert staked.refused("claim.guarantors", claim, "checker@bank", below) == "AMOUNT_NOT_POSITIVE"
    others = {"bank": "bank-other", "amount": 0}
    assert staked.refused("claim.guarantors", claim, "checker@bank", others) == "NOT_YOUR_BANK"
    assert refused() == "GUARANTORS_NOT_CALLED"
    staked.called(claim, "0.00")
    told = staked.county_case(claim).terms
    assert (told["guarantors_told"], told["guarantors"]) == (staked.today.isoformat(), 0)
    assert (told["amount"], staked.held("904")) == (fen("20_000.00"), fen("20_000.00"))
    assert staked.accept(claim, "20_000.00").state == "accepted"


def test_r054_an_agreement_without_a_layer_of_guarantors_does_not_ask_for_them(
    backed: PoolVillage,
) -> None:
    backed.fund("300_000.00")
    backed.agree(layers=["own_deposit", "stake", "match", "bundle_deposits"])
    backed.stake("200_000.00")
    claim = backed.defaulted(backed.running(1, "20_000.00"), "20_000.00")
    assert accepted_uncalled(backed, claim) == "accepted"


def test_r054_a_loan_nobody_guaranteed_does_not_ask_for_guarantors(staked: PoolVillage) -> None:
    guarantee = staked.running(1, "20_000.00")
    alone = staked.case("g1")
    alone = msgspec.structs.replace(alone, terms={**alone.terms, "group_member": ["m1"]})
    store.save(staked.conn, BOOK, alone, staked.world.registry.table["group"])
    claim = staked.defaulted(guarantee, "20_000.00")
    assert accepted_uncalled(staked, claim) == "accepted"


def accepted_uncalled(village: PoolVillage, claim: str) -> str:
    """The state of a claim that is accepted although nobody told of its guarantors."""
    village.act("claim.check", claim, "staff@federation", {"papers": dict.fromkeys(PAPERS, True)})
    assert not village.county_case(claim).terms["guarantors_told"]
    return village.signed("claim.accept", claim, COMMITTEE, principal=fen("20_000.00")).state


def test_p65_waiting_checking_and_paying_days_are_the_agreements_own(backed: PoolVillage) -> None:
    backed.fund("20_000.00")
    backed.agree(wait_days=30, check_days=3, pay_days=4)
    backed.stake("10_000.00")
    guarantee = backed.running(1, "10_000.00")
    backed.forward(backed.today + timedelta(days=2))
    since = backed.today
    arrears = {"bank": BANK, "since": since.isoformat(), "principal": fen("10_000.00")}
    backed.act("guarantee.arrears", guarantee, "maker@bank", arrears)
    backed.forward(since + timedelta(days=29))
    said = backed.notice(guarantee, "10_000.00")
    assert backed.refused("claim.notice", "claim-1", "checker@bank", said) == "CLAIM_TOO_EARLY"
    backed.forward(since + timedelta(days=30))

    def within(days: int) -> object:
        return backed.world.calendar.add_business_days(backed.today, days)

    noticed = backed.act("claim.notice", "claim-1", "checker@bank", said).case
    assert (noticed.due, noticed.due_act) == (within(3), "escalate")
    backed.forward(noticed.due or backed.today)
    late = backed.county_case("claim-1")
    assert (late.state, late.step) == ("noticed", 2)
    assert late.due == within(backed.policy.days("claim.escalate_days"))
    # The county's own parameter changed meanwhile; who signed four days has four days.
    backed.policy = policy_of(claim__check_days=1, claim__pay_days=1)
    accepted = backed.accept("claim-1", "10_000.00")
    assert (accepted.due, accepted.due_act) == (promised := within(4), "escalate")
    backed.act("claim.file", "claim-1", "system:file")
    backed.act("claim.bounce", "claim-1", "system:bank_line")
    assert backed.county_case("claim-1").due == promised


def test_p65_the_right_to_claim_ends(staked: PoolVillage) -> None:
    guarantee = staked.running(1, "20_000.00")
    staked.forward(staked.today + timedelta(days=2))
    arrears = {"bank": BANK, "since": staked.today.isoformat(), "principal": fen("20_000.00")}
    staked.act("guarantee.arrears", guarantee, "maker@bank", arrears, person="b1")
    staked.forward(staked.today + timedelta(days=90 + 366))
    said = staked.notice(guarantee, "20_000.00")
    assert staked.refused("claim.notice", "c", "checker@bank", said) == "CLAIM_TOO_LATE"


def test_p65_what_guarantors_pay_lowers_the_claim_and_a_part_may_be_accepted(
    staked: PoolVillage,
) -> None:
    guarantee = staked.running(1, "20_000.00")
    claim = staked.defaulted(guarantee, "20_000.00")
    paid = {"bank": BANK, "amount": fen("5_000.00")}
    staked.act("claim.guarantors", claim, "checker@bank", paid, person="b2")
    assert staked.county_case(claim).terms["amount"] == fen("15_000.00")
    assert staked.held("904") == fen("15_000.00")
    accepted = staked.accept(claim, "10_000.00")
    assert (accepted.terms["stake"], staked.held("904")) == (fen("8_000.00"), fen("5_000.00"))


def test_e2_variant_one_end_to_end(engine: sa.Engine) -> None:
    with engine.connect() as conn, conn.begin():
        village = PoolVillage(conn, policy_of(conc__max_household_pct="100")).founded()
        village.agree(variant="v1", match_ppm=0, grades=["A"])
        for number in range(1, 11):
            village.act("receipt.pooled", f"line-{number}", "system:bank_line", {
                "line": f"line-{number}", "amount": fen("10_000.00"), "agreement": AGREEMENT,
                "member": f"m{number}", "pooling": f"pooling-{number}",
            })  # fmt: skip
        assert village.held("805") == fen("100_000.00")
        assert village.held("903") == fen("500_000.00")
        guarantee = village.running(1, "50_000.00")
        claim = village.defaulted(guarantee, "50_000.00")
        village.accept(claim, "50_000.00")
        village.pay_claim(claim)
        assert village.held("805") == fen("60_000.00")
        village.act("claim.recovered", claim, "checker@bank",
                    {"bank": BANK, "amount": fen("20_000.00")}, person="b2")  # fmt: skip
        village.act("claim.receive", claim, "system:bank_line", {"amount": fen("15_000.00")})
        assert village.held("805") == fen("75_000.00")
        for book in (CUSTODY, COUNTY_BOOK):
            assert list(audit_book(conn, book, village.world.registry)) == []


def test_r054_a_group_in_arrears_to_the_bank_borrows_no_more_until_it_is_cleared(
    staked: PoolVillage,
) -> None:
    guarantee = staked.running(1, "20_000.00")
    claim = staked.defaulted(guarantee, "20_000.00")
    with pytest.raises(Rejected, match="GROUP_NOT_CLEAN"):
        staked.cleared(2, "1_000.00")
    staked.accept(claim, "20_000.00")
    staked.act("guarantee.finish", guarantee, "system:county")
    staked.pay_claim(claim)
    with pytest.raises(Rejected, match="GROUP_NOT_CLEAN"):
        staked.cleared(2, "1_000.00")
    staked.act("claim.recovered", claim, "checker@bank", {"bank": BANK, "amount": fen("20_000.00")})
    staked.act("claim.receive", claim, "system:bank_line", {"amount": fen("16_000.00")})
    staked.act("claim.finish", claim, "system:county")
    assert staked.cleared(2, "1_000.00")
