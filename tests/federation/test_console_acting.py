"""What officers do in the console: approve under exact terms, tried before; findings; the night."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import data, store
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import terms_digest
from services.federation.app import create_app
from services.federation.cases import consents, findings
from services.federation.close_door import close_door
from services.federation.console import users
from services.federation.console.desk import Desk
from services.federation.console.queries.people import Held
from services.federation.console.routes import console_router
from services.federation.core import Core
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from tests.federation import lending
from tests.federation.console_world import (
    ORIGIN,
    PASSWORD,
    Clock,
    a_client,
    a_lending_desk,
    sign_in,
    submit,
    token_of,
)

COOKIE = "lianhe"
SIGN = {"case": "intercoop-1", "act": "sign", "password": PASSWORD}
Client = TestClient[Litestar]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def started() -> list[date]:
    return []


@pytest.fixture
def desk(county_engine: sa.Engine, clock: Clock, started: list[date]) -> Desk:
    return a_lending_desk(county_engine, clock, start_close=started.append)


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with a_client(desk) as one:
        yield one


def propose(desk: Desk, **changes: Any) -> Case:
    with desk.engine.begin() as conn:
        return lending.propose(conn, desk.county.world, **changes).case


def case_of(desk: Desk, name: str) -> Case:
    with desk.engine.connect() as conn:
        found = store.load(conn, "K", name)
    assert found is not None
    return found


def test_a_signature_takes_the_password_and_rotates_the_session(client: Client, desk: Desk) -> None:
    digest = terms_digest(propose(desk).terms)
    sign_in(client, "shang")
    before = client.cookies[COOKIE]
    wrong = {**SIGN, "terms": digest, "password": "wrong-password"}
    refused = submit(client, "/console/approvals", "/console/approvals", **wrong)
    assert refused.status_code == 403
    assert case_of(desk, "intercoop-1").signed == ()
    done = submit(client, "/console/approvals", "/console/approvals", **{**SIGN, "terms": digest})
    assert done.status_code == 303
    assert client.cookies[COOKIE] != before
    client.get("/console/approvals")
    [hand] = case_of(desk, "intercoop-1").signed
    assert (hand.person, hand.role) == ("p-shang", "staff@federation")
    stale = client.cookies[COOKIE]
    client.cookies.set(COOKIE, before)
    assert client.get("/console", follow_redirects=False).status_code == 303
    assert stale != before


def test_within_minutes_the_password_is_not_asked_again(
    client: Client, desk: Desk, clock: Clock
) -> None:
    first = terms_digest(propose(desk, amount=1_000_000).terms)
    second = terms_digest(propose(desk, case="intercoop-2", amount=500_000, lender="houba").terms)
    sign_in(client, "shang")
    submit(client, "/console/approvals", "/console/approvals", **{**SIGN, "terms": first})
    assert 'type="password"' not in client.get("/console/approvals").text
    clock.now += timedelta(minutes=6)
    assert 'type="password"' in client.get("/console/approvals").text
    late = {"case": "intercoop-2", "act": "sign", "terms": second}
    answer = submit(client, "/console/approvals", "/console/approvals", **late)
    assert answer.status_code == 403
    assert case_of(desk, "intercoop-2").signed == ()


def test_i_14_one_fen_changed_is_refused(client: Client, desk: Desk) -> None:
    case = propose(desk)
    other = terms_digest({**case.terms, "amount": case.terms["amount"] + 1})
    sign_in(client, "shang")
    answer = submit(client, "/console/approvals", "/console/approvals", **SIGN, terms=other)
    assert answer.status_code == 409
    assert "SIGNED_OTHER_TERMS" in answer.text
    assert case_of(desk, "intercoop-1").signed == ()


def test_who_signed_one_step_sees_the_refusal_of_another_in_place_of_its_button(
    client: Client, desk: Desk
) -> None:
    both = (Held("staff@federation"), Held("cpo@federation"))
    with desk.engine.begin() as conn:
        users.set_roles(conn, data.roles(), "shang", both)
    form = {**SIGN, "terms": terms_digest(propose(desk).terms)}
    sign_in(client, "shang")
    assert 'value="sign"' in client.get("/console/approvals").text
    assert submit(client, "/console/approvals", "/console/approvals", **form).status_code == 303
    page = client.get("/console/approvals").text
    assert 'value="sign"' not in page
    told = Rejected(RejectionCode.ALREADY_SIGNED, person="尚玉兰").as_struct()
    assert told.text("zh") in page
    assert told.text("en").replace("'", "&#39;") in page
    assert case_of(desk, "intercoop-1").step == 2


def test_what_waits_for_others_is_shown_without_a_button(client: Client, desk: Desk) -> None:
    with desk.engine.begin() as conn:
        case = consents.ask(conn, desk.county, "baiguo", "loan-1", {"amount": 2_500_000})
    for user, button in (("yuan", True), ("shang", False), ("wang", False)):
        sign_in(client, user)
        page = client.get("/console/approvals").text
        assert case.id in page
        assert "25,000.00" in page
        assert ('value="grant"' in page) is button, user


def test_r_027_the_poverty_office_alone_answers_a_consent(client: Client, desk: Desk) -> None:
    with desk.engine.begin() as conn:
        case = consents.ask(conn, desk.county, "baiguo", "loan-1", {"amount": 2_500_000})
    form: dict[str, str] = {}
    for user in ("shang", "wang", "yang"):
        sign_in(client, user)
        page = client.get("/console/approvals")
        digest = re.search(r'title="([0-9a-f]{64})">[0-9a-f]{10}</span></strong>', page.text)
        assert digest is not None
        form = {"case": case.id, "act": "grant", "terms": digest[1], "password": PASSWORD}
        refused = submit(client, "/console/approvals", "/console/approvals", **form)
        assert refused.status_code == 403, user
        assert "ROLE_NOT_ALLOWED" in refused.text
    sign_in(client, "yuan")
    other = {**form, "terms": "0" * 64}
    answer = submit(client, "/console/approvals", "/console/approvals", **other)
    assert "SIGNED_OTHER_TERMS" in answer.text
    assert submit(client, "/console/approvals", "/console/approvals", **form).status_code == 303
    assert case_of(desk, case.id).state == "granted"


def test_a_finding_is_owned_and_resolved_with_words(client: Client, desk: Desk) -> None:
    with desk.engine.begin() as conn:
        case = findings.open_once(conn, desk.county, "bank_doubled", "L1", cooperative="baiguo")
    at = f"/console/cases/K/{case.id}"
    sign_in(client, "yang")
    refused = submit(client, at, "/console/findings/own", case=case.id)
    assert "ROLE_NOT_ALLOWED" in refused.text
    sign_in(client, "shang")
    assert submit(client, at, "/console/findings/own", case=case.id).status_code == 303
    silent = submit(client, at, "/console/findings/resolve", case=case.id, reason="  ")
    assert silent.status_code == 422
    told = {"case": case.id, "reason": "银行已冲正 reversed by the bank"}
    assert submit(client, at, "/console/findings/resolve", **told).status_code == 303
    assert case_of(desk, case.id).state == "resolved"
    assert "银行已冲正" in client.get(at).text


def test_a_township_can_do_nothing_to_a_case_of_another(client: Client, desk: Desk) -> None:
    with desk.engine.begin() as conn:
        case = findings.open_once(conn, desk.county, "bank_doubled", "L1", cooperative="xiaojiaba")
    digest = terms_digest(propose(desk).terms)
    sign_in(client, "chen")
    for to, form in (
        ("/console/findings/own", {"case": case.id}),
        ("/console/findings/resolve", {"case": case.id, "reason": "x"}),
        ("/console/approvals", {**SIGN, "terms": digest}),
        ("/console/payments/stop", {"case": "pay-N-xiaojiaba-1", "reason": "x"}),
        ("/console/lending", {"case": "intercoop-9", "terms": digest}),
        ("/console/nights/close", {"day": lending.DAY.isoformat()}),
    ):
        answer = submit(client, "/console/me", to, **form)
        assert answer.status_code == 404, to
    assert case_of(desk, case.id).state == "opened"


def test_r_076_a_match_is_tried_shown_and_proposed_once(client: Client, desk: Desk) -> None:
    sign_in(client, "shang")
    terms = {"lender": "baiguo", "borrower": "houba", "amount": "30000.00", "rate": "3",
             "months": "12"}  # fmt: skip
    too_much = client.get("/console/lending/new", params={**terms, "amount": "75000.01"})
    assert (
        Rejected(RejectionCode.LEND_MAX, cooperative="baiguo", total="75,000.01", limit="75,000.00")
        .as_struct()
        .text("en")
        in too_much.text
    )
    wrong = client.get("/console/lending/new", params={**terms, "amount": "1e2", "months": "x"})
    assert "金额: 须为元,写成 1234.56; 期限: 须为整月数" in wrong.text
    assert "amount: yuan, written as 1234.56; term: whole months" in wrong.text
    comma = client.get("/console/lending/new", params={**terms, "amount": "5000,5"})
    assert "金额: 须为元" in comma.text
    page = client.get("/console/lending/new", params=terms)
    shown = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {**shown, "password": PASSWORD}
    changed = client.post("/console/lending", data={**form, "amount": "30000.01"})
    assert "SIGNED_OTHER_TERMS" in changed.text
    for _ in range(2):
        form["csrf"] = token_of(client.get("/console/lending/new"))
        answer = client.post("/console/lending", data=form, follow_redirects=False)
        assert answer.status_code == 303
    case = case_of(desk, shown["case"])
    assert (case.state, case.step, case.terms["amount"]) == ("proposed", 1, 3_000_000)
    with desk.engine.connect() as conn:
        assert lending.free(conn, "baiguo") == 25_000_000 - 3_000_000


def test_p4_1_a_posted_wish_is_taken_up_on_the_form_and_named_by_the_match(
    client: Client, desk: Desk
) -> None:
    wish = Case(
        id="wish-baiguo-1", process="lending_wish", version=1, home="node", state="offered", step=1,
        parties={"coop": "baiguo"},
        terms={"amount": 3_000_000, "rate_ppm": 3_000, "term_months": 12, "wants": "lend"},
    )  # fmt: skip
    with desk.engine.begin() as conn:
        process = desk.county.world.registry.table["lending_wish"]
        store.save(conn, "N-baiguo", wish, process)
    sign_in(client, "shang")
    page = client.get("/console/lending/new").text
    assert "愿借出" in page
    (taken,) = re.findall(r'href="(/console/lending/new\?[^"]*offer=[^"]*)"', page)
    page = client.get(f"{unescape(taken)}&borrower=houba").text
    assert "已选用" in page
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert (form["lender"], form["amount"], form["offer"]) == ("baiguo", "30000.00", wish.id)
    form |= {"csrf": token_of(client.get("/console/lending/new")), "password": PASSWORD}
    answer = client.post("/console/lending", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert case_of(desk, form["case"]).terms["offer"] == wish.id
    assert "没有村挂牌" in client.get("/console/lending/new").text


def test_only_staff_start_the_night_and_only_of_the_open_day(
    client: Client, started: list[date]
) -> None:
    day = lending.DAY.isoformat()
    sign_in(client, "yuan")
    refused = submit(client, "/console/nights", "/console/nights/close", day=day)
    assert "ROLE_NOT_ALLOWED" in refused.text
    sign_in(client, "shang")
    other = submit(client, "/console/nights", "/console/nights/close", day="2009-05-31")
    assert "DAY_CLOSED" in other.text
    assert started == []
    done = submit(client, "/console/nights", "/console/nights/close", day=day)
    assert done.headers["location"] == f"/console/nights/{day}?watch=1"
    assert started == [lending.DAY]
    watched = client.get(done.headers["location"])
    assert "hx-get" in watched.text


def test_a_close_that_temporal_does_not_take_is_said_to_be_not_started() -> None:
    with pytest.raises(Rejected) as refused:
        close_door("127.0.0.1:1")(lending.DAY)
    assert refused.value.code == RejectionCode.CLOSE_NOT_STARTED


def test_the_service_serves_pages_beside_its_json_doors(desk: Desk) -> None:
    core = Core(
        engine=desk.engine,
        county=desk.county,
        settings=Settings(datadir=Path()),
        throttle=Throttle(60),
    )
    with TestClient(create_app(core, [console_router(desk)]), base_url=ORIGIN) as service:
        assert service.get("/console/sign-in").status_code == 200
        assert service.get("/console/static/console.css").status_code == 200
        lost = service.get("/console/no-such-page")
        assert "text/html" in lost.headers["content-type"]
        assert service.get("/no-such-door").headers["content-type"].startswith("application/prob")
