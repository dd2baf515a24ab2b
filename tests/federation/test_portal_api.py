"""The bank's machine at the API: signed requests, its own bank, orders, reports, messages."""

from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from services.federation.cases import bank_keys, bank_periods, guarantees, night
from services.federation.core import Core
from services.federation.guarantee_messages.exchange import (
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import (
    About,
    Answer,
    Demand,
    DemandRefusal,
    Enclosure,
    Format,
    Party,
    Status,
)
from services.federation.guarantee_messages.translation import PAPERS
from tests.federation.portal_world import LINE, PACKAGE, SAMPLE, SECOND, Machine, acts, state, today

Client = TestClient[Litestar]
UNION = Party(id="union", name="联合社")


@pytest.fixture
def maker(core: Core, client: Client) -> Machine:
    return Machine(core, client, "maker@bank")


@pytest.fixture
def checker(core: Core, client: Client) -> Machine:
    return Machine(core, client, "checker@bank")


def accepted(maker: Machine, checker: Machine) -> None:
    said = {"answers": [{"guarantee": one, "answer": "accept"} for one in (LINE, SECOND)]}
    order = maker.ask("POST", f"/packages/{PACKAGE}/answers", said)
    assert order.status_code == 201, order.text
    told = order.json()
    done = checker.ask("POST", f"/orders/{told['id']}/release", {"terms": told["terms"]["digest"]})
    assert (done.status_code, done.json()["state"]) == (200, "released")


def test_i_18_only_a_registered_key_asks_and_only_once(
    core: Core, client: Client, maker: Machine
) -> None:
    assert client.get("/bank-api/v1/cases/package").status_code == 401
    asked = maker.ask("GET", "/cases/package")
    assert [one["id"] for one in asked.json()] == [PACKAGE]
    headers = {name: asked.request.headers[name] for name in asked.request.headers}
    again = client.get("/bank-api/v1/cases/package", headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "REQUEST_REPLAYED")
    moved = client.get("/bank-api/v1/cases/claim", headers=headers)
    assert moved.json()["code"] == "SIGNATURE_INVALID"
    with core.engine.begin() as conn:
        bank_keys.revoke(conn, maker.key, today(core))
    assert maker.ask("GET", "/cases/package").json()["code"] == "KEY_UNKNOWN"


def test_i_17_another_banks_machine_finds_nothing(core: Core, client: Client) -> None:
    other = Machine(core, client, "maker@bank", "abc")
    for process in ("package", "guarantee", "claim", "correction", "bank_order", "agreement"):
        assert other.ask("GET", f"/cases/{process}").json() == []
    for path in (f"/cases/package/{PACKAGE}", f"/cases/guarantee/{LINE}/acts",
                 f"/packages/{PACKAGE}/file", f"/packages/{PACKAGE}/verdict",
                 "/cases/member/member-baiguo-001", "/papers/" + "0" * 64):  # fmt: skip
        assert other.ask("GET", path).status_code == 404, path
    before = acts(core)
    for path, said in (
        (f"/packages/{PACKAGE}/answers", {"answers": []}),
        (f"/packages/{PACKAGE}/receipt", {"sha256": "0" * 64, "verified": True}),
        ("/reports/utilisation", {"report": "1", "period": "2017-01", "rows": []}),
    ):
        assert other.ask("POST", path, said).status_code == 404, path
    wanted = {"guarantee": LINE, "field": "contract", "old": "", "new": "1", "cause": "reversed"}
    line = other.ask("POST", "/corrections", wanted)
    assert (line.status_code, line.json()["code"]) == (409, "LINE_UNKNOWN")
    paid = {"guarantee": LINE, "amount": 1, "paid_on": "2017-01-05", "due_on": "2018-01-05"}
    told = other.ask("POST", "/reports/payout", {"report": "1", "rows": [paid]})
    assert [one["code"] for one in told.json()["cells"]] == ["LINE_UNKNOWN"]
    assert acts(core) == before


def test_a_package_is_fetched_verified_and_received(core: Core, maker: Machine) -> None:
    assert maker.ask("GET", f"/packages/{PACKAGE}/file").content == SAMPLE.read_bytes()
    verdict = maker.ask("GET", f"/packages/{PACKAGE}/verdict").json()
    assert verdict["holds"]
    said = {"sha256": verdict["sha256"], "verified": True}
    assert maker.ask("POST", f"/packages/{PACKAGE}/receipt", said).status_code == 200
    assert maker.ask("GET", f"/packages/{PACKAGE}/messages").content[:2] == b"PK"


def test_the_makers_key_prepares_and_the_checkers_releases(
    core: Core, maker: Machine, checker: Machine
) -> None:
    said = {"answers": [{"guarantee": LINE, "answer": "accept"},
                        {"guarantee": "guarantee-x", "answer": "accept"},
                        {"guarantee": SECOND, "answer": "refuse"}]}  # fmt: skip
    wrong = maker.ask("POST", f"/packages/{PACKAGE}/answers", said)
    assert wrong.status_code == 422
    assert [(one["row"], one["code"]) for one in wrong.json()["cells"]] == [
        (2, "LINE_UNKNOWN"), (3, "FACTS_INVALID"),
    ]  # fmt: skip
    refused = checker.ask("POST", f"/packages/{PACKAGE}/answers", {"answers": said["answers"][:1]})
    assert refused.json()["code"] == RejectionCode.ROLE_NOT_ALLOWED.value
    accepted(maker, checker)
    log = maker.ask("GET", f"/cases/guarantee/{LINE}/acts").json()
    assert log[-1]["act"] == "accept"
    assert (log[-1]["role"], log[-1]["person"]) == ("checker@bank", "p-chao")


def test_reports_name_every_wrong_field_of_every_row(
    core: Core, maker: Machine, checker: Machine
) -> None:
    accepted(maker, checker)
    on = today(core)
    good = {"guarantee": LINE, "amount": 2_000_000, "paid_on": on, "due_on": "2018-01-05"}
    before = acts(core)
    wrong = maker.ask("POST", "/reports/payout", {"report": "jan", "rows": [
        good, {**good, "guarantee": SECOND, "amount": -5, "paid_on": "soon"}, {"amount": "x"},
        {**good, "guarantee": SECOND, "amount": 2_000_001}, {**good, "more": 1},
    ]})  # fmt: skip
    assert [(one["row"], one["column"], one["code"]) for one in wrong.json()["cells"]] == [
        (2, "paid_on", "FACTS_INVALID"), (3, "amount", "FACTS_INVALID"),
        (3, "due_on", "FACTS_INVALID"), (3, "guarantee", "FACTS_INVALID"),
        (3, "paid_on", "FACTS_INVALID"), (4, "amount", "PAID_ABOVE_LINE"),
        (5, "more", "FACTS_INVALID"),
    ]  # fmt: skip
    assert acts(core) == before
    rows = [good, {**good, "guarantee": SECOND}]
    taken = maker.ask("POST", "/reports/payout", {"report": "jan", "rows": rows})
    assert taken.json() == {"report": "api-jan", "rows": 2, "total_fen": 4_000_000}
    stands = acts(core)
    assert maker.ask("POST", "/reports/payout", {"report": "jan", "rows": rows}).is_success
    assert acts(core) == stands
    other = maker.ask("POST", "/reports/payout", {"report": "jan", "rows": [
        {**good, "amount": 1_000_000},
    ]})  # fmt: skip
    assert [one["code"] for one in other.json()["cells"]] == ["REQUEST_CHANGED"]
    with core.engine.begin() as conn:
        bank_periods.expect(conn, core.county.world, night.open_date(conn))
    late = {"guarantee": LINE, "arrears_principal": -1}
    minus = maker.ask("POST", "/reports/repayment",
                      {"report": "r", "period": on[:7], "rows": [late]})  # fmt: skip
    assert [one["column"] for one in minus.json()["cells"]] == ["arrears_principal"]


def test_a_status_message_answers_a_line(core: Core, maker: Machine, checker: Machine) -> None:
    status = Status(
        sender=Party(id="rcc", name="信用联社"), guarantee_id=LINE, issuer=UNION,
        about=About.ISSUE, answer=Answer.ACCEPTED,
    )  # fmt: skip
    order = maker.ask("POST", "/messages", raw=write_guarantee_message(status))
    assert order.status_code == 201, order.text
    told = order.json()
    checker.ask("POST", f"/orders/{told['id']}/release", {"terms": told["terms"]["digest"]})
    assert state(core, LINE) == "accepted"
    stranger = msgspec.structs.replace(status, guarantee_id="guarantee-x")
    unknown = maker.ask("POST", "/messages", raw=write_guarantee_message(stranger))
    assert unknown.json()["code"] == RejectionCode.LINE_UNKNOWN.value


def test_a_demand_before_its_days_is_answered_in_its_own_language(
    core: Core, maker: Machine, checker: Machine
) -> None:
    accepted(maker, checker)
    on = today(core)
    paid = {"guarantee": LINE, "amount": 2_000_000, "paid_on": on, "due_on": "2018-01-05"}
    maker.ask("POST", "/reports/payout", {"report": "jan", "rows": [paid]})
    with core.engine.connect() as conn:
        line = guarantees.find(conn, "rcc", LINE)
        day = night.open_date(conn)
    demand = Demand(
        demand_id="DC-1", guarantee_id=LINE, issuer=UNION, presented_on=day,
        amount_fen=2_000_000, interest_fen=100, package_digest=str(line.terms["manifest"]),
        narrative="逾期。",
        enclosures=tuple(
            Enclosure(kind=kind, file_id=f"{kind}.pdf", format=Format.PDF, content=kind.encode())
            for kind in PAPERS
        ),
    )  # fmt: skip
    body = write_guarantee_message(demand)
    plain = maker.ask("POST", "/messages", raw=body)
    assert (plain.status_code, plain.json()["code"]) == (409, "CLAIM_WITHOUT_ARREARS")
    told = maker.ask("POST", "/messages", raw=body, accept="application/xml")
    message = read_guarantee_message(told.content, [GuaranteeKind.DEMAND_REFUSAL])
    assert isinstance(message, DemandRefusal)
    assert [one.code for one in message.discrepancies] == ["CLAIM_WITHOUT_ARREARS"]


@pytest.mark.parametrize("body", [
    b"", b"\x00", b"[]", b"{}", b'{"rows": 1}', b"\xff", b'{"report":"a","rows":[[]]}',
    b'{"report":"a","rows":[{"guarantee":"\\u0000"}]}', b'{"report":"a/b","rows":[]}',
])  # fmt: skip
def test_any_bytes_are_refused_and_never_a_fault(maker: Machine, body: bytes) -> None:
    for path in ("/reports/payout", "/reports/repayment", "/reports/x", "/messages",
                 "/corrections", f"/packages/{PACKAGE}/answers", f"/packages/{PACKAGE}/receipt",
                 f"/guarantees/{LINE}/notice", "/claims/x/recovery", "/claims/x/y",
                 "/orders/x/release", "/corrections/x/accept"):  # fmt: skip
        answer = maker.ask("POST", path, raw=body)
        assert 400 <= answer.status_code < 500, (path, answer.text)


def test_a_key_that_cannot_be_is_not_entered(core: Core) -> None:
    key: dict[str, Any] = {"key": "k", "bank": "rcc", "role": "maker@bank", "person": "p-ma",
                           "signing": b"k" * 32, "valid_from": "2017-01-01"}  # fmt: skip
    for name, value in (("bank", "finance"), ("bank", "x"), ("role", "staff@federation"),
                        ("person", "p-1"), ("person", "p-chao"), ("person", "p-qian"),
                        ("signing", b"k"), ("key", "")):  # fmt: skip
        entry = bank_keys.BankKey(**{**key, name: value})
        with pytest.raises(Exception, match="FACTS_INVALID"), core.engine.begin() as conn:
            bank_keys.enter(conn, entry)
