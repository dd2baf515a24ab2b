"""P6.6: a borrower pays a claimed loan to the village, which passes it on to the bank."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode as Code
from infra.bank_simulator import orders
from journal import store
from journal.engine import reading
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_custody import consent_digest
from services.federation.bank_files.messages import Direction
from services.federation.cases import bank_register, claims, consents, proofs, reconcile
from services.federation.cases.matching import Books, receipt_of
from tests.federation.console_world import enter_officers
from tests.federation.life import CPO
from tests.federation.pool_life import BANK, BANK_ACCOUNT, CHECKER, POOL, PoolLife
from tests.federation.portal_world import OFFICERS, a_client, a_core, as_officer
from tests.federation.test_custody import a_line, placed
from tests.federation.test_payment_requests import asking
from tests.federation.villager import Villager, card_number
from tests.support.village import fen

CLAIM, ITEM = "claim-baiguo-1-0001", "suspense-baiguo-001"


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    """E1's default: 20,000 called, the bank bore 4,000 and the stake 16,000."""
    return default_of(county_engine, tmp_path)


def default_of(engine: sa.Engine, folder: Path, *, also_lent: bool = False) -> PoolLife:
    """The same; ``also_lent``: the village lent the defaulter money of its own before."""
    found = PoolLife(engine, folder, "baiguo", **{"loan.cap": "8000"})
    village = found.villages["baiguo"].elected().joined(share="100000.00")
    found.agreement(village)
    found.staked(village, "200000.00")
    if also_lent:
        loan = village.loan(amount="4000.00")
        while village.case(loan).state != "active":
            found.everyone_closes()
    line = found.paid_out(found.package(village, found.cleared(village, 1, "20000.00")), "1")
    claim = found.defaulted(line, fen("20000.00"))
    assert claim.id == CLAIM
    found.accepted(claim, fen("20000.00"))
    while found.case(CLAIM).state != "paid":
        found.everyone_closes()
    found.everyone_closes()
    return found


def item_of(village: Villager) -> str:
    """The one item in suspense."""
    with reading(village.node.engine).connect() as conn:
        (item,) = store.rows(conn, "N-baiguo", ["21105"])["21105"]
    return str(item)


def paid_in(life: PoolLife, amount: str, text: str = CLAIM) -> str:
    """The borrower pays to the village; the item it waits under."""
    village = life.villages["baiguo"]
    village.pays(1, amount, text)
    life.everyone_closes()
    assert village.balances("21105")["21105"] == fen(amount)
    return item_of(village)


def passed_on(life: PoolLife, item: str, amount: str, claim: str = CLAIM) -> None:
    """The cashier passes it on, and the county hears of it."""
    village = life.villages["baiguo"]
    facts = {"item": item, "amount": fen(amount), "claim": claim}
    village.do("suspense", ITEM, "pass_on", "cashier", facts, by=("cashier",))
    village.synchronise()


def again(life: PoolLife) -> None:
    """The cashier pays once more what came back, and the county hears of it."""
    village = life.villages["baiguo"]
    village.do("suspense", ITEM, "pay_again", "cashier", by=("cashier",))
    village.synchronise()


def share_returned(life: PoolLife, amount: str) -> None:
    """The pool's share of what the bank told, as it must be, comes back to the pool."""
    assert life.case(CLAIM).terms["share_due"] == fen(amount)
    life.order(orders.Repay, card=BANK_ACCOUNT, sub_account=POOL, amount_fen=fen(amount),
               text=CLAIM)  # fmt: skip
    life.everyone_closes()


def payments_of(life: PoolLife) -> list[Case]:
    with reading(life.engine).connect() as conn:
        lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
        return list(lookup.linked("payment", "claim", CLAIM))


def prove(life: PoolLife) -> None:
    """Mirrors, lines, custody against the bank: nothing is open and nothing differs."""
    life.prove_lines()
    assert [one for one in life.findings() if not one.startswith("receipt_missing")] == []
    with reading(life.engine).connect() as conn:
        counted = proofs.counters(conn)
        told = reconcile.reconcile(conn)
    for invariant in ("I5", "I6", "I8", "I9", "I13", "I19"):
        checked, failed = counted[invariant]
        assert checked > 0, invariant
        assert failed == 0, invariant
    assert told is not None
    assert (told.difference_fen, told.breaks) == (0, ())


def test_p66_what_the_village_received_is_passed_on_and_comes_back_to_the_stake(
    life: PoolLife,
) -> None:
    """The whole circle to the fen: borrower, village, bank, the bank's report, pool, stake."""
    village = life.villages["baiguo"]
    free, _ = life.custody("baiguo")
    banked = life.bank.books().cards[BANK_ACCOUNT].paid_in
    item = paid_in(life, "4999.99")
    assert village.balances("10201", "21105", "10901", "11304") == {
        "10201": fen("104999.99"), "21105": fen("4999.99"), "10901": fen("184000.00"),
        "11304": fen("16000.00"),
    }  # fmt: skip
    assert life.custody("baiguo") == (free + fen("4999.99"), 0)

    passed_on(life, item, "4999.99")
    (payment,) = payments_of(life)
    assert (payment.state, payment.terms["bank"], payment.terms["person"]) == ("queued", BANK, "")
    assert life.custody("baiguo") == (free, fen("4999.99"))
    life.everyone_closes()
    life.everyone_closes()
    assert payments_of(life)[0].state == "paid"
    with reading(life.engine).connect() as conn:
        (told,) = bank_register.lines_for(conn, payment.id)
    assert (told.line.sub_account, told.line.signed_fen) == (village.sub_account, -499_999)
    assert told.line.text == CLAIM, "the bank reads for which claim it is"
    assert life.bank.books().cards[BANK_ACCOUNT].paid_in - banked == fen("4999.99")
    assert village.case(ITEM).state == "paid"
    assert village.balances("10201", "21105", "11304") == {
        "10201": fen("100000.00"), "21105": 0, "11304": fen("16000.00"),
    }  # fmt: skip
    assert life.custody("baiguo") == (free, 0)
    assert life.case(CLAIM).terms["recovered"] == 0, "the bank has not told it yet"

    with life.engine.begin() as conn:
        claims.recovered(conn, life.county.world, life.case(CLAIM), BANK, fen("4999.99"), CHECKER)
    share_returned(life, "3999.99")  # four fifths of 4,999.99, half up
    assert life.totals("K-baiguo", "802", "702", "8021") == {
        "802": fen("187999.99"), "702": fen("187999.99"), "8021": 0,
    }  # fmt: skip
    assert village.balances("10201", "10901", "11304", "21105") == {
        "10201": fen("100000.00"), "10901": fen("187999.99"), "11304": fen("12000.01"),
        "21105": 0,
    }  # fmt: skip
    prove(life)


def test_r_027_above_the_cap_it_waits_for_consent_and_then_goes_on_whole(life: PoolLife) -> None:
    """All that was lost is passed on at once: the claim ends, and one fen too much stays."""
    village = life.villages["baiguo"]
    item = paid_in(life, "20000.01")
    with pytest.raises(Rejected) as more:
        passed_on(life, item, "20000.01")
    assert (more.value.code, more.value.facts["owed"]) == (Code.MORE_THAN_OWED, "20,000.00")
    passed_on(life, item, "20000.00")
    life.everyone_closes()
    assert village.case(ITEM).state == "returned"
    with life.engine.begin() as conn:
        (asked,) = consents.waiting(conn)
        assert (asked.terms["of"], asked.terms["amount"]) == ("suspense.pass_on", fen("20000.00"))
        shown = consent_digest(asked.terms)
        consents.answer(conn, life.county, asked.id, "grant", CPO, terms=shown)
    village.synchronise()
    again(life)
    life.everyone_closes()
    life.everyone_closes()
    assert village.balances("21105")["21105"] == 1
    assert [one.state for one in payments_of(life)] == ["refused", "paid"]
    with life.engine.begin() as conn:
        claims.recovered(conn, life.county.world, life.case(CLAIM), BANK, fen("20000.00"), CHECKER)
    share_returned(life, "16000.00")
    assert life.case(CLAIM).state == "recovered"
    assert village.balances("11304", "10901") == {"11304": 0, "10901": fen("200000.00")}
    facts = {"item": item, "amount": 1, "claim": CLAIM}
    with pytest.raises(Rejected) as nothing:
        village.do("suspense", f"{ITEM}-2", "pass_on", "cashier", facts, by=("cashier",))
    assert (nothing.value.code, nothing.value.facts["owed"]) == (Code.MORE_THAN_OWED, "0.00")
    # The refused payment is told, and that is all that is open.
    (finding,) = [one for one in life.findings() if not one.startswith("receipt_missing")]
    assert finding.startswith("payout_refused:")


def test_what_the_bank_sends_back_waits_in_suspense_and_is_passed_on_again(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    item = paid_in(life, "4000.00")
    life.order(orders.Fail, fault=orders.FaultKind.RETURN)
    passed_on(life, item, "4000.00")
    free, _ = life.custody("baiguo")
    for _ in range(3):
        life.everyone_closes()
    (payment,) = payments_of(life)
    assert (payment.state, village.case(ITEM).state) == ("returned", "returned")
    assert village.balances("10201", "21105") == {
        "10201": fen("104000.00"), "21105": fen("4000.00"),
    }  # fmt: skip
    assert life.custody("baiguo") == (free + fen("4000.00"), 0)
    again(life)
    for _ in range(2):
        life.everyone_closes()
    assert [one.state for one in payments_of(life)] == ["returned", "paid"]
    assert village.balances("10201", "21105") == {"10201": fen("100000.00"), "21105": 0}


def test_what_the_bank_rejects_never_left_and_is_passed_on_again(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    item = paid_in(life, "4000.00")
    life.order(orders.Fail, fault=orders.FaultKind.REJECT)
    passed_on(life, item, "4000.00")
    for _ in range(2):
        life.everyone_closes()
    assert village.case(ITEM).state == "returned"
    assert village.balances("21105")["21105"] == fen("4000.00")
    again(life)
    for _ in range(2):
        life.everyone_closes()
    assert village.case(ITEM).state == "paid"
    assert village.balances("10201", "21105") == {"10201": fen("100000.00"), "21105": 0}


def test_money_passed_on_that_went_to_another_account_is_a_break(life: PoolLife) -> None:
    item = paid_in(life, "4000.00")
    passed_on(life, item, "4000.00")
    life.everyone_closes()
    (payment,) = payments_of(life)
    assert payment.state == "in_file"
    line = a_line(
        reference=payment.id, amount_fen=fen("4000.00"), value_date=life.today,
        counterparty_name="信用联社", counterparty_account=card_number(1, 1),
    )  # fmt: skip
    assert placed(life, line).reason == "wrong_payee"
    right = msgspec.structs.replace(line, counterparty_account=BANK_ACCOUNT)
    assert placed(life, right).state == "booked"


WRONG: tuple[tuple[dict[str, Any], Code], ...] = (
    ({"claim": "claim-houba-1-0001"}, Code.NOT_A_CLAIMED_LOAN),
    ({"claim": "guarantee-baiguo-1-0001"}, Code.NOT_A_CLAIMED_LOAN),
    ({"amount": 2_000_001}, Code.MORE_THAN_OWED),
    ({"amount": 400_001}, Code.MORE_THAN_OWED),
    ({"keys": {"suspense": ITEM}}, Code.MORE_THAN_OWED),
    ({"person": "p-00000000000000aa"}, Code.PAYOUT_NOT_KNOWN),
    ({"claim": ""}, Code.PAYOUT_NOT_KNOWN),
    ({"recipe": "payment.excess"}, Code.PAYOUT_NOT_KNOWN),
)
"""What a node that lies may ask instead, and the name of the county's refusal."""


def test_a_node_directs_no_money_to_an_account_of_its_own_choice(life: PoolLife) -> None:
    """The county takes the bank from the claim, and tries again what the node says it tried."""
    item = paid_in(life, "4000.00")
    life.villages["baiguo"].synchronise()
    pay: dict[str, Any] = {
        "amount": 400_000, "person": "", "claim": CLAIM, "recipe": "payment.pass_on",
        "back": "payment.pass_on_back", "keys": {"suspense": ITEM, "item": item},
    }  # fmt: skip
    for seq, (wrong, code) in enumerate(WRONG, 900):
        case, act = asking(life, {**pay, **wrong}, "suspense", ITEM, seq=seq)
        assert (case.state, act.facts["code"]) == ("refused", code), wrong
        assert act.movements == ()
        assert life.custody("baiguo")[1] == 0
    case, act = asking(life, pay, "suspense", ITEM, seq=999)
    assert case.state == "queued", act.facts
    assert case.terms["bank"] == BANK


def test_what_is_under_way_and_what_was_told_are_counted_once(life: PoolLife) -> None:
    """A bank tells what it was passed: the larger of the two is what has come back."""
    with life.engine.begin() as conn:
        claims.recovered(conn, life.county.world, life.case(CLAIM), BANK, fen("15000.00"), CHECKER)
    item = paid_in(life, "6000.00")
    life.villages["baiguo"].synchronise()
    with pytest.raises(Rejected) as more:
        passed_on(life, item, "5000.01")
    assert (more.value.code, more.value.facts["owed"]) == (Code.MORE_THAN_OWED, "5,000.00")
    passed_on(life, item, "5000.00")
    assert [one.state for one in payments_of(life)] == ["queued"]


def test_a_payer_who_names_the_bank_loan_repays_no_loan_of_the_village(
    county_engine: sa.Engine, tmp_path: Path
) -> None:
    """He owes both: a name says which, a card alone does not."""
    life, loan = default_of(county_engine, tmp_path, also_lent=True), "loan-baiguo-0001"
    assert life.villages["baiguo"].case(loan).state == "active"
    texts = {
        CLAIM: CLAIM,
        "还银行贷款 guarantee-baiguo-1-0001": CLAIM,
        "bank_loan-baiguo-001": CLAIM,
        "还 claim-baiguo-1-0009": "",
        "谢谢": "",
    }
    for text, claim in texts.items():
        line = a_line(direction=Direction.IN, reference=None, text=text, value_date=life.today,
                      counterparty_account=card_number(1, 1))  # fmt: skip
        with reading(life.engine).connect() as conn:
            found = receipt_of(Books(conn, life.county), line)
        assert (found.act, found.keys.get("claim", "")) == ("unclaimed", claim), text
    line = a_line(direction=Direction.IN, reference=None, text=f"还款 {loan}",
                  value_date=life.today, counterparty_account=card_number(1, 1))  # fmt: skip
    with reading(life.engine).connect() as conn:
        found = receipt_of(Books(conn, life.county), line)
    assert (found.act, found.keys["loan"]) == ("repayment", loan)


def test_the_bank_may_name_its_claim_by_reference(life: PoolLife) -> None:
    line = a_line(direction=Direction.IN, reference=CLAIM, value_date=life.today,
                  counterparty_account=BANK_ACCOUNT)  # fmt: skip
    assert placed(life, line).state == "booked"
    with reading(life.engine).connect() as conn:
        found = receipt_of(Books(conn, life.county), line)
    assert (found.act, found.keys) == ("unclaimed", {"claim": CLAIM})


def test_county_and_bank_see_who_is_paid_and_what_is_not_told_yet(life: PoolLife) -> None:
    passed_on(life, paid_in(life, "4000.00"), "4000.00")
    (payment,) = payments_of(life)
    with life.engine.begin() as conn:
        enter_officers(conn, OFFICERS)
        claims.recovered(conn, life.county.world, life.case(CLAIM), BANK, fen("1000.00"), CHECKER)
    with a_client(a_core(life.engine, life)) as client:
        as_officer(client, "shang")
        listed = client.get("/console/payments").text
        assert f'title="{BANK}">信用联社</td>' in listed
        for page in (f"/console/cases/K/{payment.id}", f"/console/cases/N-baiguo/{ITEM}"):
            assert CLAIM in client.get(page).text, page
        assert "信用联社" in client.get(f"/console/cases/K/{payment.id}").text
        seen = client.get(f"/console/pool/claims/{CLAIM}").text
        assert "村里收到并转交银行 4,000.00" in seen
        assert "其中银行尚未报告 3,000.00" in seen
        as_officer(client, "ma")
        mine = client.get(f"/bank/claims/{CLAIM}").text
        assert "互助社代收并转交贵行" in mine
        assert "4,000.00" in mine
