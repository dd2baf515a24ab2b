"""Guarantee lines and packages on a real database: reserved, sent, paid out, closed (P6.3)."""

from datetime import timedelta

import pytest

from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, PoolVillage
from tests.support.village import fen


def test_r086_the_last_fen_of_the_line_is_guaranteed_and_not_one_more(
    backed: PoolVillage,
) -> None:
    backed.fund("10_000.00")
    backed.agree()
    backed.stake("10_000.00")
    backed.reserve(1, "50_000.00")
    assert backed.held("903") == 0
    application = backed.cleared(2, "0.01")
    told = {"agreement": AGREEMENT, "application": application, "package": "package-1",
            "line": 2, "grade": "A"}  # fmt: skip
    assert backed.refused("guarantee.reserve", "g2", "staff@federation", told) == "LINE_USED_UP"


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
