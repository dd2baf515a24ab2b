"""P4.2 and P4.3 as a county lives them: real nodes, the real bank, night after night."""

import re
from collections.abc import Callable

import pytest
from litestar.testing import TestClient

from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Actor
from infra.bank_simulator import orders
from journal import store
from journal.audit import audit
from journal.engine import reading
from kernel.intercoop import owed_on, terms_digest
from kernel.rules_federation import COUNTY_FUND
from kernel.rules_intercoop_loss import debt_digest
from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from services.cooperative_node.page import sign_ins
from services.cooperative_node.ports import real_ports
from services.federation.cases import intercoop, lending, own_money, reconcile
from services.federation.cases.actors import INTAKE
from services.federation.cases.intercoop import Match
from services.federation.cases.registers import BankAccount, ExpectedReceipt
from tests.federation.lending import county_act
from tests.federation.life import ACCOUNT, FIRST_DAY, SETTLEMENT, STAFF, UNALLOCATED, Life
from tests.federation.villager import Villager

OWN_ACCOUNT = "955001-6"
OWN = 1_000_000
IN, OUT = "intercoop-1-in", "intercoop-1-out"
COUNCIL = ("chair", "accountant", "council")
REVIEWER = Actor(role="reviewer@federation", operator="p-rev", persons=("p-rev",))
LEADERS = Actor(role="leading_group@federation", operator="p-lead", persons=("p-lead",))


@pytest.fixture
def life(new_life: Callable[..., Life]) -> Life:
    """Two villages under a federation that lends as principal, for a fee of 5 ‰."""
    return new_life(
        "baiguo", "houba",
        county={"member.notice_days": 1, "notice.days": 1, "intercoop.mode": "principal",
                "intercoop.service_fee": "5", "intercoop.max_term": 12},
        account=BankAccount(account=ACCOUNT, name="县级专户", unallocated=UNALLOCATED,
                            settlement=SETTLEMENT, federation=OWN_ACCOUNT),
        expected=(ExpectedReceipt(
            id="own-fund", cooperative=FEDERATION_BOOK, source=COUNTY_FUND, amount=OWN,
            reference="own-fund", expected_on=FIRST_DAY.isoformat(),
        ),),
    )  # fmt: skip


def paid_to_the_federation(life: Life, amount: int, reference: str) -> None:
    life.order(orders.Credit, sub_account=OWN_ACCOUNT, amount_fen=amount, payer_name="财政局",
               payer_account="999000000000000", reference=reference, text=reference)  # fmt: skip


def nights(life: Life, count: int) -> None:
    """So many nights, each proven; the account agrees with its statement to the fen."""
    for _ in range(count):
        done = life.everyone_closes()
        assert not done["prove"].counts.get("failed", 0), done["prove"].names
    with reading(life.engine).connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert told.difference_fen == 0
    assert [one.difference_fen for one in told.sub_accounts] == [0] * len(told.sub_accounts)


def say(village: Villager, case: str, act: str, *, step: int = 0, **told: object) -> None:
    facts = {"for": case, "process": "intercoop", "act": act, **told}
    village.do("voice", f"voice-{village.name}-{act}-{step}", "say", "council", facts, by=COUNCIL)


def lent(life: Life, own: int = OWN) -> tuple[Villager, Villager]:
    """3,000.00 of Baiguo's through the federation to Houba, signed by all, funded.

    Another sum than was announced is the federation's only when somebody names it so.
    """
    baiguo = life.villages["baiguo"].elected().joined()
    houba = life.villages["houba"].elected().joined(share="5000.00")
    paid_to_the_federation(life, own, "own-fund")
    nights(life, 1)
    asked = Match(case="intercoop-1", lender="baiguo", borrower="houba", amount=300_000,
                  rate_ppm=3_000, term_months=1)  # fmt: skip
    world = life.county.world
    with life.engine.begin() as conn:
        lending.match(conn, world, asked, STAFF, {"baiguo": "A", "houba": "A"})
    for village, case in ((baiguo, IN), (houba, OUT)):
        village.synchronise()
        terms = terms_digest(life.case(case).terms)
        votes = {village.person[alias]: "yes" for alias in COUNCIL}
        say(village, case, "sign", terms=terms, votes=votes)
        village.synchronise()
        with life.engine.begin() as conn:
            intercoop.sign(conn, world, life.case(case), STAFF, terms=terms, act_id=f"{case}/s")
    nights(life, 4)
    assert (life.case(IN).state, life.case(OUT).state) == ("active", "active")
    return baiguo, houba


def sound(life: Life) -> None:
    """Every book of the county recomputed from its bytes; F is whole, nothing in transit."""
    with reading(life.engine).connect() as conn:
        assert list(audit(conn, life.county.world.registry, replicas="N")) == []
    assert life.totals(FEDERATION_BOOK, "10202", "10203") == {"10202": 0, "10203": 0}


def defaulted(life: Life) -> tuple[Villager, Villager]:
    """Houba has nothing on the day, and of the federation's account nobody knows whose it is."""
    baiguo, houba = lent(life, own=900_000)
    nights(life, 2)
    with life.engine.begin() as conn:
        county_act(
            conn, life.county.world, "payment", "pay-houba", "queue", INTAKE,
            parties={"coop": "houba"},
            facts={"for": "cost-1", "amount": life.custody("houba")[0], "person": "p-nobody",
                   "said": 1, "recipe": "payment.cost", "back": "payment.cost_back",
                   "funding": "own"},
        )  # fmt: skip
    while f"intercoop_overdue:{IN}" not in life.findings():
        nights(life, 1)
    # Its service fee is all the federation has of its own, and pays a first part.
    nights(life, 4)
    own = life.totals(FEDERATION_BOOK, "10201", "10204", "21109")
    assert own == {"10201": 0, "10204": 900_000, "21109": 900_000}
    return baiguo, houba


def refused(life: Life) -> str:
    """The code of the last thing a village said that the county did not take in."""
    with life.engine.connect() as conn:
        cases = store.in_states(conn, store.COUNTY_SCOPE, "finding", ("opened",))
        told = [one for one in cases if str(one.terms["about"]).startswith("voice_refused")]
        return str(told[-1].terms["code"])


def said_late(life: Life, village: Villager, case: str) -> None:
    """The council states by its minutes that a borrower is late, and delivers."""
    say(village, case, intercoop.SUSPEND, minutes="管委会 9 号")
    village.synchronise()


def say_late_on_the_page(life: Life, village: Villager) -> None:
    """The same, as the accountant enters it; without minutes or members it is not taken."""
    base, accountant = f"/n/{village.name}", village.person["accountant"]
    village.synchronise()
    with village.node.engine.begin() as conn:
        sign_ins.set_pin(conn, accountant, "135790")
    app = create_app(Host(life.folder, real_ports()))
    with TestClient(app, base_url="http://village.local") as client:
        client.post(f"{base}/sign-in", data={"person": accountant, "pin": "135790"})
        forms = [
            dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
            for form in re.findall(
                r"<form method.*?</form>", client.get(f"{base}/lending").text, re.DOTALL
            )
        ]
        (form,) = [one for one in forms if one.get("act") == "suspend"]
        council = [village.person[alias] for alias in COUNCIL]
        whole = {**form, "by": council, "minutes": "管委会 9 号"}
        for lacks, status in (("minutes", 409), ("by", 409), ("", 303)):
            told = {name: value for name, value in whole.items() if name != lacks}
            answer = client.post(f"{base}/lending/{IN}", data=told, follow_redirects=False)
            assert answer.status_code == status, answer.text
    village.synchronise()


def debt_given_up(life: Life, village: Villager, act: str, *offices: Actor) -> None:
    """The council votes, the members' meeting too where it is a waiver, then offices sign."""
    terms = debt_digest(life.case(IN).terms)
    votes = {village.person[alias]: "yes" for alias in COUNCIL}
    step = life.case(IN).step
    say(village, IN, act, step=step, terms=terms, votes=votes)
    if act == intercoop.WAIVE:
        facts = {"for": IN, "process": "intercoop", "act": act, "terms": terms, "minutes": "8"}
        village.do("voice", f"voice-{village.name}-all-{step}", "say", "meeting", facts, by=())
    village.synchronise()
    with life.engine.begin() as conn:
        for office in offices:
            intercoop.give_up(conn, life.county.world, life.case(IN), act, office, terms=terms)


def test_p4_2_both_villages_books_are_as_ever_and_the_federation_stands_between(
    life: Life,
) -> None:
    baiguo, houba = lent(life)
    assert baiguo.balances("11301") == {"11301": 300_000}
    assert houba.balances("20102") == {"20102": 300_000}
    own = life.totals(FEDERATION_BOOK, "11301", "20102", "311")
    assert own == {"11301": 300_000, "20102": 300_000, "311": OWN}
    nights(life, 3)
    assert life.case("fee-intercoop-1-out").state == "paid"
    assert houba.balances("52104") == {"52104": 1_500}
    assert life.totals(FEDERATION_BOOK, "501", "10201") == {"501": 1_500, "10201": OWN + 1_500}
    sound(life)
    assert life.findings() == []


def test_p4_2_a_repayment_goes_through_and_month_end_leaves_the_federation_nothing_of_the_fee(
    life: Life,
) -> None:
    """F earns what it owes: 11305 and 501 against 21101 and 521, to the fen."""
    baiguo, houba = lent(life)
    say(houba, OUT, "repay", amount=100_000)
    nights(life, 4)
    due_from, due_to = baiguo.balances("11301")["11301"], houba.balances("20102")["20102"]
    assert due_from == due_to < 300_000
    while life.today.month == FIRST_DAY.month:
        nights(life, 1)
    fee = life.totals(FEDERATION_BOOK, "11305", "21101", "521", "501")
    assert fee["11305"] == fee["21101"] > 0
    assert fee["501"] - 1_500 == fee["521"] > 0
    sound(life)


def test_p4_2_the_borrower_defaults_and_the_lender_is_paid_in_full_by_the_federation(
    life: Life,
) -> None:
    """All Houba has is held for a payment before the day; only F's own money can repay Baiguo."""
    baiguo, _ = lent(life)
    nights(life, 2)
    with life.engine.begin() as conn:
        county_act(
            conn, life.county.world, "payment", "pay-houba", "queue", INTAKE,
            parties={"coop": "houba"},
            facts={"for": "cost-1", "amount": life.custody("houba")[0], "person": "p-nobody",
                   "said": 1, "recipe": "payment.cost", "back": "payment.cost_back",
                   "funding": "own"},
        )  # fmt: skip
    while life.case(IN).state == "active":
        nights(life, 1)
    into, out = life.case(IN), life.case(OUT)
    assert into.state == "repaid"
    month = life.today.month
    while life.today.month == month:
        nights(life, 1)
    assert baiguo.balances("11301", "11302") == {"11301": 0, "11302": 0}
    owed = sum(owed_on(out.terms, life.today))
    assert out.state == "active"
    assert owed > 0
    assert life.totals(FEDERATION_BOOK, "11301", "20102")["20102"] == 0
    # Late by 1 to 90 days: attention, 2 % of the principal (P4.5, P14).
    assert life.totals(FEDERATION_BOOK, "118", "523") == {"118": 6_000, "523": 6_000}
    assert f"intercoop_overdue:{OUT}" in life.findings()
    sound(life)


def test_p4_2_money_nobody_announced_waits_in_21109_until_staff_names_it(life: Life) -> None:
    paid_to_the_federation(life, 70_000, "利息")
    nights(life, 2)
    assert life.totals(FEDERATION_BOOK, "21109") == {"21109": 70_000}
    (found,) = life.findings()
    assert found.startswith("bank_own_unnamed:")
    with life.engine.begin() as conn:
        (case,) = store.in_states(conn, store.COUNTY_SCOPE, own_money.PROCESS, ("unnamed",))
        own_money.name(conn, life.county, case.id, "is_income", STAFF, "银行回单")
    assert life.totals(FEDERATION_BOOK, "21109", "502") == {"21109": 0, "502": 70_000}
    assert life.findings() == []
    sound(life)


def test_i9_whatever_its_payer_wrote_money_on_the_federations_account_is_in_its_own_book(
    life: Life,
) -> None:
    lent(life)
    nights(life, 3)
    life.order(orders.Credit, sub_account=OWN_ACCOUNT, amount_fen=5_000, payer_name="某人",
               payer_account="999000000000000", reference=OUT, text="还款")  # fmt: skip
    nights(life, 2)
    assert life.totals(FEDERATION_BOOK, "21109") == {"21109": 5_000}
    sound(life)


def test_p4_2_a_lender_cannot_say_that_its_borrower_repays(life: Life) -> None:
    baiguo, _ = lent(life)
    nights(life, 3)
    say(baiguo, IN, "repay", amount=200_000)
    baiguo.synchronise()
    assert life.case(IN).terms["aside"] == 0
    (found,) = life.findings()
    assert found.startswith("voice_refused:N-baiguo/")


def test_p4_5_the_lender_itself_says_that_the_federation_is_late_and_may_then_waive(
    life: Life,
) -> None:
    """Nobody judges his own default: not before the day, not of another borrower."""
    baiguo, _ = defaulted(life)
    assert life.case(OUT).state == life.case(IN).state == "active"
    debt_given_up(life, baiguo, intercoop.WAIVE)
    assert refused(life) == "NOT_SUSPENDED"
    say_late_on_the_page(life, baiguo)
    assert life.case(IN).state == "suspended"
    assert life.case(IN).terms["suspended_for"] == "管委会 9 号"
    principal, fee = owed_on(life.case(IN).terms, life.today)
    debt_given_up(life, baiguo, intercoop.WAIVE, STAFF)
    assert life.case(IN).state == "waived"
    nights(life, 2)
    assert life.totals(FEDERATION_BOOK, "20102", "502") == {"20102": 0, "502": principal + fee}
    assert baiguo.balances("11301", "523") == {"11301": 0, "523": principal}
    assert life.case(OUT).state == "active"
    sound(life)


def test_p4_5_what_its_lender_wrote_off_the_federation_owes_and_pays_after_all(
    life: Life,
) -> None:
    baiguo, _ = defaulted(life)
    said_late(life, baiguo, IN)
    principal, _ = owed_on(life.case(IN).terms, life.today)
    debt_given_up(life, baiguo, intercoop.WRITE_OFF, REVIEWER, LEADERS)
    assert life.case(IN).state == "written_off"
    nights(life, 1)
    assert baiguo.balances("902", "11301") == {"902": principal, "11301": 0}
    assert life.totals(FEDERATION_BOOK, "20102") == {"20102": principal}
    with life.engine.begin() as conn:
        (case,) = store.in_states(conn, store.COUNTY_SCOPE, own_money.PROCESS, ("unnamed",))
        own_money.name(conn, life.county, case.id, "is_fund", STAFF, "拨款单")
    while life.case(IN).state == "written_off":
        nights(life, 1)
    assert life.case(IN).state == "recovered"
    assert baiguo.balances("902", "50202")["902"] == 0
    assert baiguo.balances("50202")["50202"] > principal
    sound(life)


def test_p4_5_no_council_says_of_another_village_or_too_early_that_a_borrower_is_late(
    life: Life,
) -> None:
    baiguo, houba = lent(life)
    nights(life, 3)
    said_late(life, baiguo, IN)
    assert refused(life) == "NOT_OVERDUE"
    said_late(life, houba, OUT)
    assert refused(life) == "ROLE_NOT_ALLOWED"
    assert (life.case(IN).state, life.case(OUT).state) == ("active", "active")
