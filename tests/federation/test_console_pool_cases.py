"""The console's packages and claims: chosen, approved, checked, decided, shown by layer (P6)."""

from datetime import timedelta

from litestar import Litestar
from litestar.testing import TestClient

from contracts.money import yuan
from journal import heads
from services.federation.cases import driver
from tests.federation.console_world import PASSWORD, sign_in, submit, told_by
from tests.federation.pool_office import POOL, Office, acts, do
from tests.support.pool import AGREEMENT, BANK


def test_a_package_is_drafted_of_eligible_lines_approved_and_withdrawn(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    with office.played() as village:
        first = village.cleared(1, "20_000.00")
        second = village.cleared(2, "30_000.00")
    new = f"{POOL}/packages/new?agreement={AGREEMENT}"
    page = visitor.get(new).text
    assert page.count(">合格<") == 2
    assert "1,000,000.00" in page
    assert "950,000.00" in page
    nothing = submit(visitor, new, f"{POOL}/packages", agreement=AGREEMENT, password=PASSWORD)
    assert nothing.status_code == 422
    made = submit(visitor, new, f"{POOL}/packages", agreement=AGREEMENT, password=PASSWORD,
                  **{f"pick-{first}": "yes", f"pick-{second}": "yes"})  # fmt: skip
    assert made.status_code == 303, made.text
    at = made.headers["location"]
    name = at.rsplit("/", 1)[1]
    shown = told_by(visitor.get(at).text)
    assert "50,000.00" in shown
    assert "本社可用" in shown
    sign_in(visitor, "feng")
    assert name in visitor.get("/console/approvals").text
    assert do(visitor, at, name, "sign").status_code == 303
    refused = do(visitor, at, name, "withdraw", reason="")
    assert refused.status_code == 422
    assert do(visitor, at, name, "withdraw", reason="填错").status_code == 303
    with office.played() as village:
        assert village.held("903") == yuan("1000000.00")
        assert village.held("9041") == 0


def test_lines_that_do_not_fit_are_refused_each_by_name_and_nothing_is_reserved(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree()
        village.stake("8_000.00")
        first = village.cleared(1, "20_000.00")
        second = village.cleared(2, "30_000.00")
    new = f"{POOL}/packages/new?agreement={AGREEMENT}"
    assert visitor.get(new).text.count(">合格<") == 2
    answer = submit(visitor, new, f"{POOL}/packages", agreement=AGREEMENT, password=PASSWORD,
                    **{f"pick-{first}": "yes", f"pick-{second}": "yes"})  # fmt: skip
    assert answer.status_code == 409
    assert "没有起草,也没有预留任何额度" in answer.text
    assert answer.text.count('class="refused"') == 1
    with office.played() as village:
        assert village.held("9041") == 0


def test_e1_a_claim_is_checked_accepted_in_part_by_two_and_its_layers_are_shown(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    claim = office.defaulted()
    at = f"{POOL}/claims/{claim}"
    before = told_by(visitor.get(at).text)
    assert "如现在全部受理" in before
    assert "16,000.00" in before
    assert "未核" in before
    assert (claim, "accept") in acts(visitor, at)  # refused until the papers are checked
    early = do(visitor, at, claim, "accept", principal="20000")
    assert early.status_code == 409
    checked = do(visitor, at, claim, "check", contract="yes", payout="yes", dunning="yes",
                 balance="yes")  # fmt: skip
    assert checked.status_code == 303, checked.text
    page = told_by(visitor.get(at).text)
    assert page.count("齐全有效") == 4
    assert "联保人清偿待银行报告" in page
    uncalled = do(visitor, at, claim, "accept", principal="15000")
    assert "须先由联保人清偿" in uncalled.text
    with office.played() as village:
        village.called(claim)
    above = do(visitor, at, claim, "accept", principal="20000.01")
    assert above.status_code == 409
    assert do(visitor, at, claim, "accept", principal="15000").status_code == 303
    sign_in(visitor, "yuan")
    assert do(visitor, at, claim, "accept", principal="15,000.00").status_code == 303
    page = told_by(visitor.get(at).text)
    assert "委员会受理的数额" in page
    for said in ("3,000.00", "12,000.00"):
        assert said in page
    assert "layer-stake" in page
    assert "layer-match" not in page.split("<table", 1)[0].split("layer-stake")[0]


def test_a_claim_past_its_days_stands_late_in_the_inbox_of_the_office_named(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    claim = office.defaulted()
    inbox = "/console/approvals"
    assert "逾期" not in told_by(visitor.get(inbox).text)
    with office.played() as village:
        due = village.county_case(claim).due
    assert due is not None
    with office.engine.begin() as conn:
        books = [head.book for head in heads.read_all(conn, "K")]
        for head in heads.lock(conn, books).values():
            heads.close_day(conn, head, due + timedelta(days=6))
        driver.advance(conn, office.desk.county, claim)
    page = told_by(visitor.get(inbox).text)
    assert "逾期 6 天" in page
    assert "已升级至 联合社" in page
    listed = told_by(visitor.get("/console/findings").text)
    assert "逾期升级" in listed
    assert claim in listed
    assert "在等 联合社" in listed


def test_e1c_a_recovery_is_shown_by_layer_in_reverse_order(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree()
        village.stake("10_000.00")
        village.match()
        claim = village.defaulted(village.running(1, "20_000.00"), "20_000.00")
        village.accept(claim, "20_000.00")
        village.pay_claim(claim)
        told = {"bank": BANK, "amount": yuan("10000.00"), "cost": yuan("321.00"),
                "method": "collateral", "still_owed": yuan("9679.00")}  # fmt: skip
        village.act("claim.recovered", claim, "checker@bank", told, person="b2")
        village.act("claim.receive", claim, "system:bank_line", {"amount": yuan("6500.00")})
    page = told_by(visitor.get(f"{POOL}/claims/{claim}").text)
    borne = ("未覆盖", "6,500.00", "3,500.00", "10,000.00")
    for said in (*borne, "追偿记录", "处置抵质押物", "321.00", "9,679.00"):
        assert said in page
    listed = visitor.get(f"{POOL}?as=csv&list=claims").content.decode("utf-8-sig").splitlines()
    assert listed[1].split(",")[3:7] == ["20000.00", "20000.00", "13000.00", "6500.00"]
