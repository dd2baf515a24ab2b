"""Whoever signs in changes his own password: faults by field, sessions, first passwords."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import Rejection, RejectionCode
from services.federation.console import users
from services.federation.console.desk import Desk
from services.federation.console.queries import people
from services.federation.console.queries.people import Held
from services.federation.portal.routes import portal_router
from services.federation.tables import partner, sessions
from tests.federation.console_world import (
    ORIGIN,
    PASSWORD,
    Clock,
    a_lending_desk,
    an_app,
    sign_in,
    submit,
    token_of,
)

AT = "/console/me/password"
NEW = "another-horse-7"
COOKIE = "lianhe"
BANK = "rcc"
RIGHT = {"password": PASSWORD, "new": NEW, "again": NEW}
Client = TestClient[Litestar]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(county_engine: sa.Engine, clock: Clock) -> Desk:
    desk = a_lending_desk(county_engine, clock)
    with desk.engine.begin() as conn:
        told = {"name": "信用联社", "name_en": "Credit union", "account": "6228"}
        conn.execute(partner.insert().values(id=BANK, **told))
        people.replace_roles(conn, "tan", (Held("maker@bank", BANK),))
    return desk


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    app = an_app(desk)
    app.register(portal_router(desk))
    with TestClient(app, base_url=ORIGIN) as one:
        one.headers["origin"] = ORIGIN
        yield one


def change(client: Client, **fields: str) -> httpx.Response:
    return submit(client, AT, AT, **fields)


def told(page: httpx.Response) -> list[tuple[str, str]]:
    """Field and code of every fault a page names."""
    parts = re.findall(
        r'(?:<input class="form-control" id="(\w+)")|(?:data-code="(\w+)")', page.text
    )
    found, field = [], ""
    for name, code in parts:
        field = name or field
        found += [(field, code)] if code else []
    return found


def kept(desk: Desk, user: str) -> list[str]:
    with desk.engine.connect() as conn:
        return list(conn.scalars(sa.select(sessions.c.id).where(sessions.c.user_id == user)))


@pytest.mark.parametrize(("user", "front"), [("shang", "/console"), ("tan", "/bank")])
def test_officer_and_banker_find_the_page_in_their_header_and_change_it(
    client: Client, user: str, front: str
) -> None:
    sign_in(client, user)
    assert f'href="{AT}"' in client.get(front).text
    client.cookies.set("lianhe_language", "en")
    assert "Change password" in client.get(front).text
    done = change(client, **RIGHT)
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (303, AT)
    after = client.get(done.headers["location"]).text
    assert "Your password is changed" in after
    assert f'<a href="{front}">' in after
    assert client.get(front).status_code == 200
    assert sign_in(client, user).status_code == 403
    assert sign_in(client, user, NEW).headers["location"] == front


def test_every_fault_is_told_at_once_beside_its_field_in_both_languages(
    client: Client, desk: Desk
) -> None:
    sign_in(client, "shang")
    before = client.cookies[COOKIE]
    wrong = change(client, password="wrong-password", new="shang", again="other")
    assert wrong.status_code == 403
    assert told(wrong) == [
        ("password", "PASSWORD_WRONG"), ("new", "PASSWORD_LENGTH"),
        ("new", "PASSWORD_HOLDS_USER"), ("again", "PASSWORD_TYPED_APART"),
    ]  # fmt: skip
    uniform = change(client, password=PASSWORD, new="a" * 201, again="a" * 201)
    assert uniform.status_code == 422
    assert told(uniform) == [("new", "PASSWORD_LENGTH"), ("new", "PASSWORD_TOO_UNIFORM")]
    facts = {"least": "10", "most": "200"}
    length = Rejection(code=RejectionCode.PASSWORD_LENGTH, facts=facts)
    assert length.text("zh") in uniform.text
    client.cookies.set("lianhe_language", "en")
    same = change(client, password=PASSWORD, new=PASSWORD, again=PASSWORD)
    assert told(same) == [("new", "PASSWORD_UNCHANGED")]
    assert Rejection(code=RejectionCode.PASSWORD_UNCHANGED).text("en") in same.text
    nothing = change(client)
    assert told(nothing) == [
        ("password", "PASSWORD_WRONG"), ("new", "PASSWORD_LENGTH"),
        ("new", "PASSWORD_TOO_UNIFORM"), ("new", "PASSWORD_UNCHANGED"),
    ]  # fmt: skip
    for page in (wrong, uniform, same):
        assert "wrong-password" not in page.text, "no page repeats what was typed"
        assert PASSWORD not in page.text
    assert client.cookies[COOKIE] == before
    assert sign_in(client, "shang").status_code == 303


def test_a_change_ends_the_other_sessions_and_renews_this_ones_id(
    client: Client, desk: Desk, clock: Clock
) -> None:
    sign_in(client, "shang")
    other = client.cookies[COOKIE]
    sign_in(client, "feng")
    sign_in(client, "shang")
    mine = client.cookies[COOKIE]
    assert len(kept(desk, "shang")) == 2
    clock.now += timedelta(hours=7)
    assert change(client, **RIGHT).status_code == 303
    fresh = client.cookies[COOKIE]
    assert re.fullmatch("[0-9a-f]{64}", fresh)
    assert fresh not in (other, mine)
    assert len(kept(desk, "shang")) == len(kept(desk, "feng")) == 1
    assert client.get("/console", follow_redirects=False).status_code == 200
    clock.now += timedelta(hours=1)
    over = client.get("/console", follow_redirects=False)
    assert over.status_code == 303, "a password alone does not lengthen the working day"
    for old in (other, mine):
        client.cookies.clear()
        client.cookies.set(COOKIE, old)
        assert client.get("/console", follow_redirects=False).status_code == 303


def test_wrong_present_passwords_make_one_wait_as_at_the_door(client: Client, clock: Clock) -> None:
    sign_in(client, "shang")
    for _ in range(5):
        assert change(client, **{**RIGHT, "password": "wrong-password"}).status_code == 403
    waits = change(client, **RIGHT)
    assert waits.status_code == 429
    assert int(waits.headers["retry-after"]) > 0
    clock.now += timedelta(minutes=16)
    assert change(client, **RIGHT).status_code == 303


def test_the_form_takes_the_sessions_token_and_our_own_origin(client: Client, desk: Desk) -> None:
    sign_in(client, "tan")
    token = token_of(client.get(AT))
    foreign = {"origin": "https://elsewhere.example"}
    assert client.post(AT, data=RIGHT).status_code == 403
    assert client.post(AT, data={**RIGHT, "csrf": "0" * 64}).status_code == 403
    assert client.post(AT, data={**RIGHT, "csrf": token}, headers=foreign).status_code == 403
    assert sign_in(client, "tan").status_code == 303
    client.cookies.clear()
    assert client.get(AT, follow_redirects=False).headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize(("user", "front", "page"), [
    ("shang", "/console", "/console/findings"), ("tan", "/bank", "/bank/lines"),
])  # fmt: skip
def test_a_first_password_leads_to_the_page_until_it_is_changed_and_stops_nothing(
    client: Client, desk: Desk, user: str, front: str, page: str
) -> None:
    with desk.engine.begin() as conn:
        users.set_password(conn, user, PASSWORD, first=True)
    for _ in range(2):
        led = sign_in(client, user, next=page)
        assert led.headers["location"].partition("?")[0] == AT
        shown = client.get(led.headers["location"]).text
        assert "首次密码" in shown
        assert f'<a href="{page}">稍后再改' in shown
        other = client.get(page)
        assert other.status_code == 200
        assert "首次密码" in other.text
    done = change(client, **RIGHT, next=page)
    assert f'<a href="{page}">' in client.get(done.headers["location"]).text
    assert "首次密码" not in client.get(front).text
    assert sign_in(client, user, NEW, next=page).headers["location"] == page


def test_where_it_leads_afterwards_is_a_page_of_ours(client: Client) -> None:
    sign_in(client, "tan")
    for following in ("https://elsewhere.example", "//elsewhere.example", "/console/findings"):
        page = client.get(AT, params={"next": following, "changed": "yes"}).text
        assert '<a href="/bank">' in page, following
        assert "elsewhere" not in page[page.index("<main") :], following
