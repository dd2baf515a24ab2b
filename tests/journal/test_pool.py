"""The risk pool on a real database: agreement, stake, match, line, guarantee, claim (P6)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK
from journal.audit import audit_book
from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, COVENANTS_SAID, CUSTODY, PoolVillage
from tests.support.village import fen, policy_of


@pytest.fixture
def village(engine: sa.Engine) -> Iterator[PoolVillage]:
    with engine.connect() as conn, conn.begin():
        yield PoolVillage(conn).founded()


@pytest.fixture
def staked(village: PoolVillage) -> PoolVillage:
    """E1's pool, and 100,000 left in the village's own account."""
    village.fund("300_000.00")
    return village.e1()


def test_e1_stake_match_and_line(staked: PoolVillage) -> None:
    assert staked.held("802") == fen("200_000.00")
    assert staked.held("803") == fen("60_000.00")
    assert staked.held("903") == fen("1_000_000.00")
    assert staked.held("80101") == fen("100_000.00")
    assert staked.held("701") == fen("100_000.00")


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


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"leverage": 499}, "LEVERAGE_OUT_OF_RANGE"),
        ({"leverage": 1001}, "LEVERAGE_OUT_OF_RANGE"),
        ({"match_ppm": 290_000}, "MATCH_OUT_OF_RANGE"),
        ({"match_ppm": 510_000}, "MATCH_OUT_OF_RANGE"),
        ({"variant": "v1", "grade": "B", "match_ppm": 0}, "GRADE_NOT_ALLOWED"),
        ({"grade": "C"}, "GRADE_NOT_ALLOWED"),
        ({"loan_cap": 5_000_001}, "OVER_GUARANTEE_CAP"),
        ({"base": "everything"}, "FACTS_INVALID"),
    ],
)
def test_r083_r085_an_agreement_outside_the_rules_is_refused(
    village: PoolVillage, changes: dict[str, object], code: str
) -> None:
    said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID, **changes}
    assert village.refused("agreement.propose", AGREEMENT, "staff@federation", said) == code


@pytest.mark.parametrize("leverage", [500, 1000])
@pytest.mark.parametrize("match_ppm", [300_000, 500_000])
def test_r083_r085_both_ends_of_the_ranges_are_allowed(
    village: PoolVillage, leverage: int, match_ppm: int
) -> None:
    village.fund("200_000.00")
    assert village.agree(leverage=leverage, match_ppm=match_ppm).state == "open"
    village.stake("200_000.00")
    village.match()
    assert village.held("903") == fen("200_000.00") * leverage // 100
    assert village.held("803") == fen("200_000.00") * match_ppm // 1_000_000


def test_one_agreement_of_a_cooperative_is_live(staked: PoolVillage) -> None:
    said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID}
    found = staked.refused("agreement.propose", "agreement-2", "staff@federation", said)
    assert found == "AGREEMENT_LIVE"


def test_a_stake_larger_than_the_fund_is_refused(village: PoolVillage) -> None:
    village.fund("1_000.00")
    village.agree()
    told = {"agreement": AGREEMENT, "amount": fen("1_000.01")}
    assert village.refused("transfer.stake", "t", "system:intake", told) == "STAKE_ABOVE_FUND"


def test_r085_a_match_is_claimed_once_for_the_same_stake(staked: PoolVillage) -> None:
    told = {"agreement": AGREEMENT}
    assert staked.refused("match.claim", "match-2", "staff@federation", told) == "MATCH_NOT_DUE"


def test_r086_the_last_fen_of_the_line_is_guaranteed_and_not_one_more(
    village: PoolVillage,
) -> None:
    village.fund("10_000.00")
    village.agree()
    village.stake("10_000.00")
    village.reserve(1, "50_000.00")
    assert village.held("903") == 0
    application = village.cleared(2, "0.01")
    told = {"agreement": AGREEMENT, "application": application, "package": "package-1",
            "line": 2, "grade": "A"}  # fmt: skip
    assert village.refused("guarantee.reserve", "g2", "staff@federation", told) == "LINE_USED_UP"


def test_r090_e1b_release_of_what_no_guarantee_needs(staked: PoolVillage) -> None:
    for number in (1, 2):
        staked.reserve(number, "50_000.00")
    free = fen("200_000.00") - fen("100_000.00") // 5
    told = {"agreement": AGREEMENT, "kind": "stake", "amount": free + 1}
    found = staked.refused("transfer.ask", "r1", "staff@federation", told)
    assert found == "RELEASE_TOO_LARGE"
    staked.act("transfer.ask", "r1", "staff@federation", {**told, "amount": free}, person="f2")
    assert staked.held("903") == 0
    back = {"agreement": AGREEMENT, "kind": "match", "of": "r1", "amount": fen("54_000.00")}
    staked.act("transfer.ask", "r2", "staff@federation", back, person="f2")
    for name in ("r1", "r2"):
        for role, person in (("checker@bank", "b2"), ("staff@federation", "f1")):
            staked.act("transfer.sign", name, role, person=person)
        staked.act("transfer.file", name, "system:file")
        staked.act("transfer.released", name, "system:bank_line")
    assert (staked.held("802"), staked.held("803")) == (fen("20_000.00"), fen("6_000.00"))
    assert staked.held("80101") == fen("280_000.00")


def test_r090_a_release_nobody_signs_is_dropped_and_the_line_stands_again(
    staked: PoolVillage,
) -> None:
    told = {"agreement": AGREEMENT, "kind": "stake", "amount": fen("50_000.00")}
    staked.act("transfer.ask", "r1", "staff@federation", told)
    assert staked.held("903") == fen("750_000.00")
    staked.forward(staked.county_case("r1").due or staked.today)
    assert staked.county_case("r1").state == "dropped"
    assert staked.held("903") == fen("1_000_000.00")


def test_a_new_version_moves_the_line_at_once_and_pins_the_old_one(staked: PoolVillage) -> None:
    guarantee = staked.running(1, "50_000.00")
    signers = (("council@coop", "c1"), ("council@coop", "c2"), ("checker@bank", "b2"),
               ("cpo@federation", "o1"))  # fmt: skip
    new = {**COVENANTS_SAID, "leverage": 1000, "bank_part_ppm": 300_000}
    offer = staked.act("agreement.offer", AGREEMENT, "staff@federation", new).case.terms["offer"]
    told = {"terms": "0" * 64}
    found = staked.refused("agreement.amend", AGREEMENT, "checker@bank", told)
    assert found == "SIGNED_OTHER_TERMS"
    agreement = staked.signed("agreement.amend", AGREEMENT, signers, terms=offer["digest"])
    assert agreement.terms["version"] == 2
    assert staked.held("909", "") == fen("2_000_000.00")
    assert staked.county_case(guarantee).terms["pinned"]["bank_part_ppm"] == 200_000


def test_r087_a_stop_takes_the_free_line_and_lets_the_running_run_off(
    staked: PoolVillage,
) -> None:
    guarantee = staked.running(1, "50_000.00")
    staked.act("agreement.suspend", AGREEMENT, "system:county", {"reason": "grade", "grade": "C"})
    assert (staked.held("903"), staked.held("9039")) == (0, fen("50_000.00"))
    with pytest.raises(Rejected, match="AGREEMENT_NOT_OPEN"):
        staked.cleared(2, "1_000.00")
    repaid = {"bank": BANK, "amount": fen("20_000.00"), "repaid_on": staked.today.isoformat()}
    staked.act("guarantee.repaid", guarantee, "maker@bank", repaid, person="b1")
    assert (staked.held("903"), staked.held("9039")) == (0, fen("30_000.00"))
    signers = (("checker@bank", "b2"), ("staff@federation", "f1"), ("cpo@federation", "o1"))
    staked.signed("agreement.resume", AGREEMENT, signers)
    assert (staked.held("903"), staked.held("9039")) == (fen("970_000.00"), 0)


def test_over_use_after_a_claim_stops_new_guarantees_until_topped_up(
    village: PoolVillage,
) -> None:
    village.fund("20_000.00")
    village.agree()
    village.stake("10_000.00")
    guarantee = village.running(1, "20_000.00")
    village.running(2, "30_000.00")
    claim = village.defaulted(guarantee, "20_000.00")
    village.accept(claim, "20_000.00")
    assert (village.held("903"), village.held("9039")) == (0, fen("30_000.00"))
    village.pay_claim(claim)
    village.stake("8_000.00", "transfer-2")
    assert (village.held("903"), village.held("9039")) == (fen("10_000.00"), 0)


def test_e1c_recovery_goes_back_in_reverse_order(village: PoolVillage) -> None:
    village.fund("10_000.00")
    village.agree()
    village.stake("10_000.00")
    village.match()
    guarantee = village.running(1, "20_000.00")
    claim = village.defaulted(guarantee, "20_000.00")
    accepted = village.accept(claim, "20_000.00")
    assert accepted.terms["uncovered"] == fen("3_000.00")
    village.pay_claim(claim)
    assert (village.held("802"), village.held("803")) == (0, 0)
    recovered = {"bank": BANK, "amount": fen("10_000.00")}
    told = village.act("claim.recovered", claim, "checker@bank", recovered, person="b2").case
    assert told.terms["share_due"] == fen("6_500.00")
    share = {"amount": fen("6_500.00")}
    village.act("claim.receive", claim, "system:bank_line", share)
    assert (village.held("802"), village.held("803")) == (fen("3_500.00"), fen("3_000.00"))
    more = {**recovered, "amount": fen("10_000.01")}
    found = village.refused("claim.recovered", claim, "checker@bank", more)
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
    assert refused() == "CLAIM_TOO_EARLY"
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


def test_p63_a_borrower_stands_in_one_guarantee(staked: PoolVillage) -> None:
    staked.reserve(1, "20_000.00")
    with pytest.raises(Rejected, match="BORROWER_TWICE"):
        staked.cleared(1, "1_000.00")


def test_p63_payout_stays_within_line_and_letter(staked: PoolVillage) -> None:
    guarantee = staked.reserve(1, "20_000.00")
    staked.act("guarantee.send", guarantee, "system:package", {"manifest": "a" * 64})
    wrong = {"bank": "bank-other"}
    found = staked.refused("guarantee.accept", guarantee, "checker@bank", wrong)
    assert found == "NOT_YOUR_BANK"
    staked.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK}, person="b2")
    payout = staked.payout("20_000.01")
    found = staked.refused("guarantee.paid", guarantee, "maker@bank", payout)
    assert found == "PAID_ABOVE_LINE"
    part = staked.payout("15_000.00")
    staked.act("guarantee.paid", guarantee, "maker@bank", part, person="b1")
    due = staked.county_case(guarantee).due
    assert due is not None
    staked.forward(due)
    assert (staked.held("9041"), staked.held("904")) == (0, fen("15_000.00"))
    late = staked.payout("1.00")
    assert staked.refused("guarantee.paid", guarantee, "maker@bank", late) == "PAID_ABOVE_LINE"


def test_p63_an_accepted_line_counts_until_the_letters_end_plus_grace(
    staked: PoolVillage,
) -> None:
    guarantee = staked.reserve(1, "20_000.00")
    staked.act("guarantee.send", guarantee, "system:package", {"manifest": "a" * 64})
    staked.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK}, person="b2")
    case = staked.county_case(guarantee)
    last = staked.today + timedelta(days=60 + 15)
    assert case.terms["count_until"] == last.isoformat()
    staked.forward(last - timedelta(days=1))
    assert staked.held("9041") == fen("20_000.00")
    staked.forward(last)
    assert staked.county_case(guarantee).state == "released"
    assert staked.held("903") == fen("1_000_000.00")


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


def test_an_agreement_ends_only_with_an_empty_pool(staked: PoolVillage) -> None:
    told = {"reason": "协议期满"}
    found = staked.refused("agreement.end", AGREEMENT, "staff@federation", told)
    assert found == "POOL_NOT_EMPTY"


def test_p63_headroom_is_reserved_only_for_what_went_through_the_village(
    staked: PoolVillage,
) -> None:
    told = {"agreement": AGREEMENT, "application": "bank_loan-none", "package": "package-1",
            "line": 1, "grade": "A"}  # fmt: skip
    found = staked.refused("guarantee.reserve", "g1", "staff@federation", told)
    assert found == "APPLICATION_NOT_READY"


def test_p63_a_payout_after_the_letters_end_is_outside_it(staked: PoolVillage) -> None:
    guarantee = staked.reserve(1, "20_000.00")
    staked.act("guarantee.send", guarantee, "system:package", {"manifest": "a" * 64})
    staked.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK})
    staked.forward(staked.today + timedelta(days=61))
    found = staked.refused("guarantee.paid", guarantee, "maker@bank", staked.payout("1.00"))
    assert found == "PAID_OUTSIDE_LETTER"


def test_p64_a_package_holds_reserved_lines_and_closes_when_all_are_answered(
    staked: PoolVillage,
) -> None:
    line = staked.reserve(1, "20_000.00")
    draft = {"agreement": AGREEMENT, "bank": BANK, "version": 1, "amount": fen("20_000.00"),
             "digest": "d" * 64}  # fmt: skip
    unknown = {**draft, "lines": ["guarantee-none"]}
    found = staked.refused("package.draft", "package-1", "staff@federation", unknown)
    assert found == "LINE_UNKNOWN"
    twice = {**draft, "lines": [line, line]}
    found = staked.refused("package.draft", "package-1", "staff@federation", twice)
    assert found == "BORROWER_TWICE"
    staked.act("package.draft", "package-1", "staff@federation", {**draft, "lines": [line]})
    signers = (("council@coop", "c1"), ("council@coop", "c2"), ("staff@federation", "f1"))
    assert staked.signed("package.sign", "package-1", signers).state == "approved"
    staked.act(
        "package.send", "package-1", "system:package", {"manifest": "a" * 64, "file": "b" * 64}
    )
    assert staked.refused("package.close", "package-1", "system:county", {}) == "STILL_WAITING"
    staked.act("guarantee.send", line, "system:package", {"manifest": "a" * 64})
    staked.act("guarantee.accept", line, "checker@bank", {"bank": BANK})
    assert staked.act("package.close", "package-1", "system:county").case.state == "answered"


def test_r017_a_borrower_on_the_council_abstains_from_the_package(staked: PoolVillage) -> None:
    line = staked.reserve(1, "20_000.00")
    draft = {"agreement": AGREEMENT, "bank": BANK, "version": 1, "amount": fen("20_000.00"),
             "digest": "d" * 64, "lines": [line], "relatives": ["c1"]}  # fmt: skip
    staked.act("package.draft", "package-1", "staff@federation", draft)
    votes = {"votes": {"c1": "yes"}}
    found = staked.refused("package.sign", "package-1", "council@coop", votes)
    assert found == "MUST_ABSTAIN"


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
