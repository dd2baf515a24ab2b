"""The risk pool on a real database: agreement, stake, match, line, release (P6.1, P6.2)."""

import pytest

from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, COVENANTS_SAID, PoolVillage
from tests.support.village import fen


def test_e1_stake_match_and_line(staked: PoolVillage) -> None:
    assert staked.held("802") == fen("200_000.00")
    assert staked.held("803") == fen("60_000.00")
    assert staked.held("903") == fen("1_000_000.00")
    assert staked.held("80101") == fen("100_000.00")
    assert staked.held("701") == fen("100_000.00")


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
        ({"layers": []}, "FACTS_INVALID"),
        ({"layers": ["guarantors", "match"]}, "FACTS_INVALID"),
        ({"variant": "v1", "match_ppm": 0, "grades": ["A"], "layers": ["stake"]}, "FACTS_INVALID"),
        ({"grades": []}, "FACTS_INVALID"),
    ],
)
def test_r083_r085_an_agreement_outside_the_rules_is_refused(
    backed: PoolVillage, changes: dict[str, object], code: str
) -> None:
    said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID, **changes}
    assert backed.refused("agreement.propose", AGREEMENT, "staff@federation", said) == code


@pytest.mark.parametrize("leverage", [500, 1000])
@pytest.mark.parametrize("match_ppm", [300_000, 500_000])
def test_r083_r085_both_ends_of_the_ranges_are_allowed(
    backed: PoolVillage, leverage: int, match_ppm: int
) -> None:
    backed.fund("200_000.00")
    assert backed.agree(leverage=leverage, match_ppm=match_ppm).state == "open"
    backed.stake("200_000.00")
    backed.match()
    assert backed.held("903") == fen("200_000.00") * leverage // 100
    assert backed.held("803") == fen("200_000.00") * match_ppm // 1_000_000


def test_one_agreement_of_a_cooperative_is_live(staked: PoolVillage) -> None:
    said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID}
    found = staked.refused("agreement.propose", "agreement-2", "staff@federation", said)
    assert found == "AGREEMENT_LIVE"


def test_a_stake_larger_than_the_fund_is_refused(backed: PoolVillage) -> None:
    backed.fund("1_000.00")
    backed.agree()
    told = {"agreement": AGREEMENT, "amount": fen("1_000.01")}
    assert backed.refused("transfer.stake", "t", "system:intake", told) == "STAKE_ABOVE_FUND"
    # A stake is the member meeting's vote, which intake brings; the county may not ask for one.
    mine = {**told, "amount": 1}
    assert backed.refused("transfer.stake", "t", "staff@federation", mine) == "ROLE_NOT_ALLOWED"


def test_r085_a_match_is_claimed_once_for_the_same_stake(staked: PoolVillage) -> None:
    told = {"agreement": AGREEMENT}
    assert staked.refused("match.claim", "match-2", "staff@federation", told) == "MATCH_NOT_DUE"


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


def test_an_agreement_ends_only_with_an_empty_pool(staked: PoolVillage) -> None:
    told = {"reason": "协议期满"}
    found = staked.refused("agreement.end", AGREEMENT, "staff@federation", told)
    assert found == "POOL_NOT_EMPTY"
