"""P4.5 at the county's desk: a late loan is suspended, waived, written off from the console."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from contracts.ledger import Actor
from journal import data, heads, store
from kernel.cases import Case
from kernel.rules_intercoop_loss import debt_digest
from services.federation.cases import intercoop, settlement
from services.federation.console import users
from services.federation.console.desk import Desk
from services.federation.console.queries.people import Held
from tests.federation import lending, pool_office
from tests.federation.console_world import (
    PASSWORD,
    Clock,
    a_client,
    a_lending_desk,
    sign_in,
    submit,
)

Client = TestClient[Litestar]
CASE, PAGE, INBOX = "intercoop-1", "/console/cases/K/intercoop-1", "/console/approvals"
LATE = date(2010, 6, 2)


@pytest.fixture
def desk(county_engine: sa.Engine) -> Desk:
    """Baiguo lent xiaojiaba 30,000.00, due 1 June 2010."""
    desk = a_lending_desk(county_engine, Clock(), start_close=lambda _on: None)
    world = desk.county.world
    with desk.engine.begin() as conn:
        lending.propose(conn, world)
        lending.sign_all(conn, world)
        settlement.plan(conn, world, lending.DAY)
        for _ in range(3):
            settlement.progress(conn, world)
            lending.bank_moves_legs(conn, world, settlement.fileable(conn))
    return desk


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with a_client(desk) as one:
        yield one


def the_day_after(desk: Desk) -> None:
    with desk.engine.begin() as conn:
        books = [head.book for head in heads.read_all(conn, "K")]
        for head in heads.lock(conn, books).values():
            heads.close_day(conn, head, LATE)


def the_loan(desk: Desk) -> Case:
    with desk.engine.connect() as conn:
        found = store.load(conn, "K", CASE)
    assert found is not None
    return found


def council(desk: Desk, side: str, act: str, role: str = "council") -> None:
    """What a village said and intake performed."""
    case = the_loan(desk)
    actor = Actor(role=f"{role}@{side}", operator=f"p-{case.parties[side]}")
    with desk.engine.begin() as conn:
        world = desk.county.world
        intercoop.give_up(conn, world, case, act, actor, terms=debt_digest(case.terms))


def suspended(desk: Desk, client: Client) -> None:
    the_day_after(desk)
    sign_in(client, "shang")
    done = pool_office.do(client, PAGE, CASE, "suspend", reason="大棚受灾")
    assert done.status_code == 303
    assert done.headers["location"].endswith(PAGE)


def inbox(client: Client, user: str, act: str, **fields: str) -> Any:
    sign_in(client, user)
    told = {"case": CASE, "act": act, "password": PASSWORD, **fields}
    return submit(client, INBOX, INBOX, **told)


def test_p45_staff_suspend_a_late_borrower_with_a_reason_and_not_before(
    desk: Desk, client: Client
) -> None:
    sign_in(client, "shang")
    page = client.get(PAGE).text
    assert "没有逾期" in page
    assert pool_office.acts(client, PAGE)[CASE, "suspend"]
    early = pool_office.do(client, PAGE, CASE, "suspend", reason="早了")
    assert (early.status_code, the_loan(desk).state) == (409, "active")
    suspended(desk, client)
    page = client.get(PAGE).text
    assert "逾期,已中止再借" in page
    assert "大棚受灾" in page
    assert {act for _, act in pool_office.acts(client, PAGE)} == {"waive"}
    assert "尚欠" in client.get(PAGE).text  # what resuming is refused with
    assert "大棚受灾" not in client.get(INBOX).text


def test_p45_a_waiver_the_lender_began_waits_for_the_offices_that_sign_it(
    desk: Desk, client: Client
) -> None:
    suspended(desk, client)
    assert 'value="waive"' not in client.get(INBOX).text
    council(desk, "lender", "waive")
    council(desk, "lender", "waive", role="meeting")
    council(desk, "borrower", "waive")
    page = client.get(INBOX).text
    assert 'value="waive"' in page
    assert "30,000.00" in page
    other = inbox(client, "shang", "waive", terms="0" * 64)
    assert (other.status_code, "SIGNED_OTHER_TERMS" in other.text) == (409, True)
    shown = debt_digest(the_loan(desk).terms)
    assert inbox(client, "shang", "waive", terms=shown).status_code == 303
    assert the_loan(desk).state == "suspended"
    assert inbox(client, "yuan", "waive", terms=shown).status_code == 303
    assert the_loan(desk).state == "waived"
    assert "已免除" in client.get(PAGE).text


def test_p45_a_write_off_takes_a_first_review_and_a_final_decision_by_others(
    desk: Desk, client: Client
) -> None:
    suspended(desk, client)
    council(desk, "lender", "write_off")
    shown = debt_digest(the_loan(desk).terms)
    with desk.engine.begin() as conn:
        users.set_roles(conn, data.roles(), "wang", (Held("reviewer@federation"),))
    assert inbox(client, "shang", "write_off", terms=shown).status_code == 403
    assert inbox(client, "wang", "write_off", terms=shown).status_code == 303
    assert the_loan(desk).state == "suspended"
    assert inbox(client, "yang", "write_off", terms=shown).status_code == 303
    assert the_loan(desk).state == "written_off"
    sign_in(client, "shang")
    page = client.get("/console/lending").text
    assert "调出社已核销" in page
