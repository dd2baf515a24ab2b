"""P6.6 on both databases: what a village received on a claimed loan is passed on to its bank."""

from datetime import timedelta

import pytest

from contracts.rejections import RejectionCode
from journal import store
from kernel.claims import met_claim
from kernel.errors import Rejected
from tests.support.pool import BANK, PoolVillage
from tests.support.village import COOP, fen


def received(village: PoolVillage, amount: str, item: str = "K-baiguo/9") -> None:
    """Money that came into the village's account and waits in suspense."""
    line = {"amounts": {"amount": fen(amount)}, "keys": {"item": item}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "receipt.unclaimed", "lines": [line]})  # fmt: skip


def noticed(village: PoolVillage, interest: str = "0.00") -> str:
    """A default of 20,000 with its notice given: principal called, interest told."""
    guarantee = village.running(1, "20_000.00")
    village.forward(village.today + timedelta(days=2))
    since = village.today
    arrears = {"bank": BANK, "since": since.isoformat(), "principal": fen("20_000.00")}
    village.act("guarantee.arrears", guarantee, "maker@bank", arrears)
    village.forward(since + timedelta(days=90))
    said = {**village.notice(guarantee, "20_000.00"), "interest": fen(interest)}
    village.act("claim.notice", "claim-1", "checker@bank", said)
    return "claim-1"


def test_p66_it_waits_for_the_pool_and_then_goes_to_the_bank(staked: PoolVillage) -> None:
    """Nothing is passed on before the pool has met the claim; then 21105 falls by what went."""
    claim = noticed(staked)
    received(staked, "5_000.00")
    for step in ("noticed", "accepted", "in_file"):
        assert staked.county_case(claim).state == step
        staked.play(f"""
          pass_on S1 cashier:k1 item=K-baiguo/9 amount=100.00 claim={claim}  NOT_A_CLAIMED_LOAN
        """)
        if step == "noticed":
            staked.accept(claim, "20_000.00")
        elif step == "accepted":
            staked.act("claim.file", claim, "system:file")
    staked.act("claim.pay", claim, "system:bank_line", {"amount": fen("16_000.00")})
    staked.play(f"""
      pass_on   S1 bookkeeper:c2 item=K-baiguo/9 amount=100.00 claim={claim}    ROLE_NOT_ALLOWED
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=0.00 claim={claim}         AMOUNT_NOT_POSITIVE
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=100.00 claim=claim-none    NOT_A_CLAIMED_LOAN
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=100.00 claim=transfer-1    NOT_A_CLAIMED_LOAN
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=5_000.01 claim={claim}     MORE_THAN_OWED
      pass_on   S1 cashier:k1 item=K-baiguo/8 amount=100.00 claim={claim}       MORE_THAN_OWED
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=100.00 claim={claim} person=p1 FACTS_INVALID
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=4_999.99 claim={claim}     asked
      pass_on   S2 cashier:k1 item=K-baiguo/9 amount=0.02 claim={claim}         MORE_THAN_OWED
      pay_back  S3 cashier:k1 item=K-baiguo/9 member=m1 person=p1 amount=0.02   MORE_THAN_OWED
      passed_on S1 follow amount=4_999.99                                       paid
      21105     K-baiguo/9  0.01
      passed_back S1 follow amount=4_999.99                                     returned
      21105     K-baiguo/9  5_000.00
      pay_again S1 cashier:k1                                                   asked
      returned  S1 follow                                                       returned
      pay_back  S4 cashier:k1 item=K-baiguo/9 member=m1 person=p1 amount=0.01   asked
      pay_again S1 cashier:k1                                                   asked
      passed_on S1 follow amount=4_999.99                                       paid
      paid      S4 follow amount=0.01                                           paid
      21105     K-baiguo/9  0.00
    """)
    pay = staked.case("S1").terms["pay"]
    assert (pay["person"], pay["claim"], pay["recipe"]) == ("", claim, "payment.pass_on")


def test_p66_no_more_than_the_bank_is_owed_with_its_interest(staked: PoolVillage) -> None:
    """Principal and interest of the notice, less guarantors, less the larger of told and passed."""
    claim = noticed(staked, "300.00")
    staked.called(claim, "2_000.00")
    staked.accept(claim, "18_000.00")
    staked.pay_claim(claim)
    received(staked, "30_000.00")
    staked.play(f"""
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=18_300.01 claim={claim}    MORE_THAN_OWED
      pass_on   S1 cashier:k1 item=K-baiguo/9 amount=10_000.00 claim={claim}    asked
      pass_on   S2 cashier:k1 item=K-baiguo/9 amount=8_300.01 claim={claim}     MORE_THAN_OWED
      returned  S1 follow                                                       returned
      pass_on   S2 cashier:k1 item=K-baiguo/9 amount=8_300.01 claim={claim}     asked
      pay_again S1 cashier:k1                                                   MORE_THAN_OWED
      passed_on S2 follow amount=8_300.01                                       paid
    """)
    told = {"bank": BANK, "amount": fen("12_000.00")}
    staked.act("claim.recovered", claim, "checker@bank", told)
    # 12,000 told is more than 8,300.01 passed on: the bank tells what it was passed.
    staked.play(f"""
      pass_on   S3 cashier:k1 item=K-baiguo/9 amount=6_300.01 claim={claim}     MORE_THAN_OWED
      pass_on   S3 cashier:k1 item=K-baiguo/9 amount=6_300.00 claim={claim}     asked
    """)


def test_another_villages_claim_is_nothing_to_this_one(staked: PoolVillage) -> None:
    _, claim = staked.lost(1, "20_000.00")
    county = store.DatabaseLookup(staked.conn, store.COUNTY_SCOPE)
    assert met_claim(county, claim, COOP).id == claim
    with pytest.raises(Rejected) as refused:
        met_claim(county, claim, "houba")
    assert (refused.value.code, refused.value.facts) == (
        RejectionCode.NOT_A_CLAIMED_LOAN, {"claim": claim},
    )  # fmt: skip
