"""A bank's year at the portal: months that are owed and compared, arrears, a claim, a recovery."""

from datetime import date
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import store
from services.federation.cases import bank_periods, bank_reports, claims, guarantees
from services.federation.core import Core
from services.federation.guarantee_messages.exchange import write_guarantee_message
from services.federation.guarantee_messages.messages import (
    Demand,
    DemandWithdrawal,
    Enclosure,
    Format,
    Party,
)
from services.federation.portal import door
from tests.federation.life import CPO, STAFF
from tests.federation.pool_life import PoolLife
from tests.federation.portal_world import (
    LINE,
    SECOND,
    PortalWorld,
    acts,
    as_officer,
    codes,
    paid_out,
    post,
    released,
    send,
    sheet,
    state,
)

Client = TestClient[Litestar]
FILES = {kind: (f"{kind}.pdf", b"%PDF-1.7 " + kind.encode()) for kind in door.PAPERS}


def lived_on(life: PoolLife, until: date) -> None:
    while life.today < until:
        life.everyone_closes()


def figures_agree(life: PoolLife) -> None:
    """What the reports are compared with is what K(i) holds as guaranteed."""
    with life.engine.connect() as conn:
        rows = store.rows(conn, "K-baiguo", ["904"])["904"]
        for name in (LINE, SECOND):
            line = guarantees.find(conn, "rcc", name)
            stands = bank_reports.figures(conn, line, life.today)
            assert stands.balance == rows.get(name, 0), name


def utilisation(client: Client, period: str, *rows: tuple[str, str, str]) -> Any:
    body = sheet("utilisation", *(
        {"guarantee": line, "drawn": drawn, "balance": balance} for line, drawn, balance in rows
    ))  # fmt: skip
    return send(client, "/sheets/utilisation", {"file": ("u.csv", body)}, period=period)


@pytest.mark.timeout(540)
def test_p6_a_bank_reports_claims_and_recovers_by_its_portal(
    portal_world: PortalWorld, core: Core, client: Client
) -> None:
    life: PoolLife = portal_world.life
    life.engine = core.engine
    paid_out(client, core)
    life.everyone_closes()
    as_officer(client, "ma")
    first = life.today.strftime("%Y-%m")
    with core.engine.connect() as conn:
        # The night opened the month before the bank sent anything for it.
        assert bank_periods.period_of(conn, "rcc", "utilisation", first).state == "expected"
    form = {"file": ("r.csv", sheet("repayment", {
        "guarantee": SECOND, "repaid": "5000.00", "repaid_on": life.today.isoformat(),
    }))}  # fmt: skip
    assert send(client, "/sheets/repayment", form, period=first).status_code == 200
    lived_on(life, bank_periods.last_day(first))
    figures_agree(life)

    before = acts(core)
    wrong = utilisation(client, first, (SECOND, "20000.00", "20000.00"))
    assert codes(wrong) == [
        (2, "在保本金余额", "REPORT_DIFFERS"), (3, "担保编号", "REPORT_LINE_MISSING"),
    ]  # fmt: skip
    assert acts(core) == before
    rows = ((LINE, "20000.00", "20000.00"), (SECOND, "20000.00", "15000.00"))
    assert utilisation(client, first, *rows).status_code == 200
    assert state(core, f"report-rcc-utilisation-{first}") == "received"

    since = life.today
    form = {"file": ("r.csv", sheet("repayment", {
        "guarantee": LINE, "arrears_since": since.isoformat(), "arrears_principal": "20000.00",
    }))}  # fmt: skip
    assert send(client, "/sheets/repayment", form, period=first).status_code == 200
    early = send(client, f"/lines/{LINE}/notice", FILES, amount="20000.00")
    assert RejectionCode.CLAIM_TOO_EARLY.value in early.text
    while (life.today - since).days < 90:
        life.everyone_closes()
    second = (since.replace(day=1).replace(month=since.month % 12 + 1)).strftime("%Y-%m")
    assert state(core, f"report-rcc-utilisation-{second}") == "overdue"
    claimed(client, core, life)
    paid_and_recovered(client, core, life)


def claimed(client: Client, core: Core, life: PoolLife) -> None:
    """The notice with its papers by two pairs of eyes; a second one and a correction refused."""
    as_officer(client, "ma")
    few = {name: FILES[name] for name in ("contract", "payout")}
    missing = send(client, f"/lines/{LINE}/notice", few, amount="20000.00")
    assert RejectionCode.CLAIM_PAPERS_MISSING.value in missing.text
    changed = send(client, f"/lines/{LINE}/notice", FILES, amount="20000.00", manifest="b" * 64)
    assert RejectionCode.DOCUMENT_CHANGED.value in changed.text
    above = send(client, f"/lines/{LINE}/notice", FILES, amount="20000.01")
    assert RejectionCode.CLAIM_ABOVE_COVER.value in above.text
    order = send(client, f"/lines/{LINE}/notice", FILES, amount="20000.00", interest="123.45")
    assert order.status_code == 303, order.text
    assert released(client, order.headers["location"]).status_code == 303
    claim = f"claim-{LINE.removeprefix('guarantee-')}"
    assert state(core, claim) == "noticed"
    page = client.get(f"/bank/claims/{claim}").text
    assert "dunning.pdf" in page
    as_officer(client, "qian")
    assert client.get(f"/bank/claims/{claim}").status_code == 404
    as_officer(client, "ma")
    twice = send(client, f"/lines/{LINE}/notice", FILES, amount="1.00")
    assert RejectionCode.CLAIM_TWICE.value in twice.text
    late = post(client, "/corrections", about=LINE, field="drawn", new="1.00",
                cause="reversed", **{"old-drawn": "20000.00"})  # fmt: skip
    assert RejectionCode.CORRECTION_AFTER_CLAIM.value in late.text
    claim = demanded_again(client, core, life, claim)
    as_officer(client, "ma")
    order = post(client, "/claims", case=claim, kind="guarantors", amount="4000.00")
    assert released(client, order.headers["location"]).status_code == 303
    figures_agree(life)
    world = life.county.world
    with core.engine.begin() as conn:
        claims.check(conn, world, life.case(claim), dict.fromkeys(door.PAPERS, True), STAFF)
    for actor in (STAFF, CPO):
        with core.engine.begin() as conn:
            claims.accept(conn, world, life.case(claim), 1_600_000, actor)
    figures_agree(life)


def demanded_again(client: Client, core: Core, life: PoolLife, claim: str) -> str:
    """Taken back by tsrv.017 and demanded again by tsrv.013, each by two pairs of eyes."""
    with core.engine.connect() as conn:
        line = guarantees.find(conn, "rcc", LINE)
    union, amount = Party(id="union", name="联合社"), 2_000_000
    back = DemandWithdrawal(
        guarantee_id=LINE, issuer=union, demand_id="DC-1", submitted_on=life.today,
        amount_fen=amount,
    )  # fmt: skip
    demand = Demand(
        demand_id="DC-2", guarantee_id=LINE, issuer=union, presented_on=life.today,
        amount_fen=amount, interest_fen=1, package_digest=str(line.terms["manifest"]),
        narrative="逾期九十日。",
        enclosures=tuple(
            Enclosure(kind=kind, file_id=name, format=Format.PDF, content=body)
            for kind, (name, body) in FILES.items()
        ),
    )  # fmt: skip
    for message in (back, demand):
        as_officer(client, "ma")
        body = write_guarantee_message(message)
        order = send(client, "/messages", {"file": ("m.xml", body)})
        assert order.status_code == 303, order.text
        assert released(client, order.headers["location"]).status_code == 303
    assert state(core, claim) == "withdrawn"
    assert state(core, f"{claim}-2") == "noticed"
    return f"{claim}-2"


def paid_and_recovered(client: Client, core: Core, life: PoolLife) -> None:
    """The pool pays at night; what the bank recovers is told by both hands."""
    claim = f"claim-{LINE.removeprefix('guarantee-')}-2"
    while life.case(claim).state != "paid":
        life.everyone_closes()
    as_officer(client, "ma")
    pursuit = {"method": "lawsuit", "still_owed": "7000.00"}
    for missing in pursuit:
        told = {name: value for name, value in pursuit.items() if name != missing}
        half = post(client, "/claims", case=claim, kind="recovery", amount="1.00", **told)
        assert RejectionCode.FACTS_INVALID.value in half.text, missing
    above = post(client, "/claims", case=claim, kind="recovery", amount="16000.01", **pursuit)
    assert RejectionCode.RECOVERY_ABOVE_LOSS.value in above.text
    order = post(client, "/claims", case=claim, kind="recovery", amount="8000.00", cost="12.00",
                 **pursuit)  # fmt: skip
    assert released(client, order.headers["location"]).status_code == 303
    terms = life.case(claim).terms
    assert (terms["recovered"], terms["share_due"]) == (800_000, 640_000)
    [entry] = terms["pursuit"]
    assert (entry["method"], entry["amount"]) == ("lawsuit", 800_000)
    assert (entry["cost"], entry["still_owed"]) == (1_200, 700_000)
    log = client.get(f"/bank/claims/{claim}").text
    assert "诉讼执行" in log
    assert "晁国栋" in log
    life.prove_lines()
    life.everyone_closes()
    assert [one for one in life.findings() if not one.startswith("receipt_missing")] == []
    as_officer(client, "shang")
    county = client.get("/console/corrections").text
    assert "使用情况月报" in county
    assert "逾期未报" in county
