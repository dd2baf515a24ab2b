"""P4.2, P4.3 at the county's desk: two contracts proposed as one, fees, own receipts."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from contracts.ids import FEDERATION_BOOK
from journal import store
from kernel.cases import Case
from services.federation.cases import service_fees
from services.federation.cases.actors import BANK_LINE
from services.federation.console.desk import Desk
from tests.federation import lending, pool_office
from tests.federation.console_world import (
    PASSWORD,
    Clock,
    a_client,
    a_lending_desk,
    sign_in,
    token_of,
)

Client = TestClient[Litestar]
TERMS = {"lender": "baiguo", "borrower": "houba", "amount": "10000.00", "rate": "3", "months": "12"}
PARAMETERS = {"intercoop.mode": "principal", "intercoop.service_fee": "5"}


@pytest.fixture
def desk(county_engine: sa.Engine) -> Desk:
    """A county in mode principal with 5,000.00 of its own."""
    world = lending.county_world(changes=PARAMETERS)
    desk = a_lending_desk(county_engine, Clock(), world=world, start_close=lambda _on: None)
    with desk.engine.begin() as conn:
        lending.enter_federation(conn, world, 500_000)
    return desk


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with a_client(desk) as one:
        yield one


def the(desk: Desk, name: str) -> Case:
    with desk.engine.connect() as conn:
        found = store.load(conn, "K", name)
    assert found is not None, name
    return found


def proposed(client: Client) -> str:
    """The form filled in, looked at and sent; the case it opened on."""
    page = client.get("/console/lending/new", params=TERMS)
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form |= {"csrf": token_of(page), "password": PASSWORD}
    answer = client.post("/console/lending", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[2]


def test_p4_2_the_form_shows_both_contracts_and_proposes_both(desk: Desk, client: Client) -> None:
    sign_in(client, "shang")
    page = client.get("/console/lending/new", params=TERMS).text
    assert page.count("条款摘要") == 2
    assert "5‰" in page
    first = proposed(client)
    into, out = the(desk, first), the(desk, str(the(desk, first).terms["pair"]))
    assert (into.parties["borrower"], out.parties["lender"]) == (FEDERATION_BOOK, FEDERATION_BOOK)
    assert (into.terms["service_ppm"], out.terms["service_ppm"]) == (0, 5000)
    listed = client.get("/console/lending").text
    assert listed.count("联合社</a>") >= 2
    assert 'href="/console/federation"' in listed
    case = client.get(f"/console/cases/K/{out.id}")
    assert case.status_code == 200
    assert into.id in case.text


def test_p4_2_the_federation_signs_each_contract_in_its_inbox(desk: Desk, client: Client) -> None:
    sign_in(client, "shang")
    first = proposed(client)
    inbox = client.get("/console/approvals").text
    for name in (first, str(the(desk, first).terms["pair"])):
        assert f"/console/cases/K/{name}" in inbox
    assert "管委会" in inbox or "理事会" in inbox


def test_p4_3_a_fee_stands_in_the_list_and_is_let_go_with_a_reason(
    desk: Desk, client: Client
) -> None:
    world = desk.county.world
    with desk.engine.begin() as conn:
        lending.county_act(
            conn, world, "intercoop", "intercoop-9", "match", lending.STAFF,
            parties={"lender": "F", "borrower": "houba"},
            facts={"lender": "F", "borrower": "houba", "amount": 1_000_000, "rate_ppm": 3000,
                   "term_months": 12, "service_ppm": 5000, "pair": "intercoop-8", "grades":
                   {"houba": "A"}, "own_fund": {"houba": 25_000_000}, "names": {}},
        )  # fmt: skip
        found = store.load(conn, "K", "intercoop-9")
        assert found is not None
        fee = service_fees.charge(conn, world, found)
        assert fee is not None
    sign_in(client, "shang")
    assert "50.00" in client.get("/console/federation").text
    page = f"/console/cases/K/{fee.id}"
    done = pool_office.do(client, page, fee.id, "waive", reason="灾年")
    assert done.status_code == 303
    assert the(desk, fee.id).state == "waived"
    assert "已免收" in client.get("/console/federation").text


def test_p4_2_staff_names_what_came_to_the_federations_account(desk: Desk, client: Client) -> None:
    world = desk.county.world
    with desk.engine.begin() as conn:
        lending.county_act(
            conn, world, "own_money", "own-2", "wonder", BANK_LINE,
            parties={"federation": FEDERATION_BOOK}, facts={"amount": 70_000, "line": "B2"},
        )  # fmt: skip
    sign_in(client, "shang")
    assert "另有待查来款 700.00" in client.get("/console/federation").text
    page = "/console/cases/K/own-2"
    assert {act for _, act in pool_office.acts(client, page)} == {"is_fund", "is_income"}
    done = pool_office.do(client, page, "own-2", "is_fund", evidence="财政拨款单 3 号")
    assert done.status_code == 303
    assert the(desk, "own-2").state == "booked"
    book = client.get("/console/federation")
    assert book.status_code == 200
    assert "5,700.00" in book.text
    assert "财政拨款单 3 号" in book.text
    assert "另有待查来款" not in book.text
    excel = client.get("/console/federation", params={"as": "xlsx", "list": "book"})
    assert excel.status_code == 200


def test_the_federations_book_is_for_offices_of_the_county(client: Client) -> None:
    sign_in(client, "chen")
    assert client.get("/console/federation").status_code == 404
