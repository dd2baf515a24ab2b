"""The console's doors: sign-in, sessions, CSRF, throttle, users, hostile forms."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import data
from kernel.errors import Rejected
from services.federation.console import users
from services.federation.console.desk import Desk
from services.federation.console.queries.people import Held, Officer
from services.federation.console.routes import A_MINUTE, PAGES
from services.federation.tables import sessions
from tests.federation.console_world import (
    ORIGIN,
    PASSWORD,
    Clock,
    a_client,
    a_lending_desk,
    sign_in,
    token_of,
)

COOKIE = "lianhe"
Client = TestClient[Litestar]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(county_engine: sa.Engine, clock: Clock) -> Desk:
    return a_lending_desk(county_engine, clock)


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with a_client(desk) as one:
        yield one


def kept(desk: Desk) -> list[str]:
    with desk.engine.connect() as conn:
        return list(conn.scalars(sa.select(sessions.c.id)))


# --- coming and going


def test_whoever_is_not_signed_in_goes_to_the_sign_in_page_and_back(client: Client) -> None:
    answer = client.get("/console/findings?all=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Ffindings%3Fall%3D1"
    token = token_of(client.get(answer.headers["location"]))
    form = {"csrf": token, "user": "shang", "password": PASSWORD}
    for following, then in (
        ("/console/findings?all=1", "/console/findings?all=1"),
        ("https://elsewhere.example/console", "/console"),
        ("//elsewhere.example/console", "/console"),
        ("/console/../etc", "/console"),
    ):
        token = token_of(client.get("/console/sign-in"))
        form = {"csrf": token, "user": "shang", "password": PASSWORD, "next": following}
        done = client.post("/console/sign-in", data=form, follow_redirects=False)
        assert (done.status_code, done.headers["location"]) == (303, then)
        client.cookies.clear()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client, desk: Desk) -> None:
    told = sign_in(client, "shang").headers["set-cookie"]
    assert re.match(r"lianhe=[0-9a-f]{64};", told)
    for part in ("HttpOnly", "Path=/", "SameSite=strict", "Max-Age=28800"):
        assert part in told, part
    assert "Secure" not in told
    session_id = client.cookies[COOKIE]
    assert session_id not in kept(desk)


def test_with_tls_the_cookie_is_bound_to_the_host(county_engine: sa.Engine, clock: Clock) -> None:
    desk = a_lending_desk(county_engine, clock, secure=True, origins=("https://county.example",))
    with a_client(desk, "https://county.example") as client:
        told = sign_in(client, "shang").headers["set-cookie"]
    assert told.startswith("__Host-lianhe=")
    assert "Secure" in told
    assert "Domain" not in told


def test_a_session_id_from_outside_is_never_adopted(client: Client, desk: Desk) -> None:
    client.get("/console/sign-in")
    chosen = "ab" * 32
    token = token_of(client.get("/console/sign-in"))
    client.cookies.set(COOKIE, chosen)
    client.post(
        "/console/sign-in",
        data={"csrf": token, "user": "shang", "password": PASSWORD},
        follow_redirects=False,
    )
    client.cookies.clear()
    client.cookies.set(COOKIE, chosen)
    assert client.get("/console", follow_redirects=False).status_code == 303
    assert len(kept(desk)) == 1


def test_signing_in_again_ends_the_session_before(client: Client, desk: Desk) -> None:
    sign_in(client, "shang")
    first = client.cookies[COOKIE]
    token = token_of(client.get("/console/me"))
    client.post("/console/sign-out", data={"csrf": token}, follow_redirects=False)
    assert kept(desk) == []
    sign_in(client, "shang")
    assert client.cookies[COOKIE] != first


def test_a_session_ends_after_a_working_day(client: Client, clock: Clock) -> None:
    sign_in(client, "shang")
    clock.now += timedelta(hours=7, minutes=59)
    assert client.get("/console", follow_redirects=False).status_code == 200
    clock.now += timedelta(minutes=1)
    assert client.get("/console", follow_redirects=False).status_code == 303


def test_a_change_of_roles_ends_every_session(client: Client, desk: Desk) -> None:
    sign_in(client, "shang")
    with desk.engine.begin() as conn:
        users.set_roles(conn, data.roles(), "shang", [Held("cpo@federation")])
    assert client.get("/console", follow_redirects=False).status_code == 303


def test_wrong_password_wrong_user_and_no_user_are_told_apart_by_nobody(client: Client) -> None:
    answers = []
    for user, password in (("shang", "wrong-password"), ("nobody", PASSWORD), ("", "")):
        said = re.sub(r"[0-9a-f]{64}", "", sign_in(client, user, password).text)
        # The name that was typed stands in its field again, whoever it is.
        assert f'name="user" autocomplete="username" autocapitalize="none" value="{user}"' in said
        answers.append(said.replace(f'value="{user}"', 'value=""'))
    assert len(set(answers)) == 1
    told = Rejected(RejectionCode.SIGN_IN_FAILED).as_struct()
    assert told.text("zh") in answers[0]
    assert told.text("en") in answers[0]


def test_five_failures_make_one_wait_and_the_right_password_does_not_help(
    client: Client, clock: Clock
) -> None:
    for _ in range(5):
        assert sign_in(client, "shang", "wrong-password").status_code == 403
    refused = sign_in(client, "shang")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert sign_in(client, "feng").status_code == 303
    clock.now += timedelta(minutes=16)
    assert sign_in(client, "shang").status_code == 303


def test_one_session_may_not_ask_without_end_and_is_told_how_long_to_wait(
    client: Client, clock: Clock
) -> None:
    sign_in(client, "shang")
    answers = [client.get("/console/nowhere").status_code for _ in range(A_MINUTE + 1)]
    assert set(answers[:-1]) == {404}
    refused = client.get("/console/nowhere")
    assert (answers[-1], refused.status_code) == (429, 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    told = Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=refused.headers["retry-after"])
    assert told.as_struct().text("zh") in refused.text
    clock.now += timedelta(minutes=1)
    assert client.get("/console/nowhere").status_code == 404


def test_a_second_factor_is_asked_for_and_a_code_counts_once(
    client: Client, desk: Desk, clock: Clock
) -> None:
    secret = pyotp.random_base32()
    with desk.engine.begin() as conn:
        users.set_second_factor(conn, "shang", secret)
    code = pyotp.TOTP(secret).at(clock.now)
    assert sign_in(client, "shang").status_code == 403
    assert sign_in(client, "shang", code="000000").status_code == 403
    assert sign_in(client, "shang", code=code).status_code == 303
    assert sign_in(client, "shang", code=code).status_code == 403


def test_users_are_entered_whole_or_refused_with_everything_wrong(desk: Desk) -> None:
    held = (Held("staff@federation", "碧口镇"), Held("nobody@nowhere"), Held("township@node"))
    bad = Officer(user="Shang!", name=" ", person="somebody", held=held)
    with pytest.raises(Rejected) as refused, desk.engine.begin() as conn:
        users.create(conn, data.roles(), bad, "short")
    assert refused.value.code == RejectionCode.FACTS_INVALID
    assert set(refused.value.facts["where"].split(", ")) == {
        "user", "name", "person", "password", "roles.staff@federation", "roles.nobody@nowhere",
        "roles.township@node",
    }  # fmt: skip


OPEN = ("/sign-in", "/language/{language:str}")
"""What answers whoever is not signed in."""


def test_i_17_every_other_page_and_form_sends_a_stranger_to_the_sign_in(client: Client) -> None:
    asked = 0
    for page in PAGES:
        for path in page.paths - set(OPEN):
            address = "/console" + re.sub(r"\{\w+:(\w+)\}", _anything, path).rstrip("/")
            for method in page.http_methods - {"HEAD", "OPTIONS"}:
                answer = client.request(method, address, follow_redirects=False)
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"].startswith("/console/sign-in"), path
                assert answer.text == "", path
                asked += 1
    assert asked >= len(PAGES) - 3


def _anything(part: re.Match[str]) -> str:
    return "1" if part[1] == "int" else "x"


# --- forms


def test_every_form_takes_the_sessions_token_and_our_own_origin(client: Client) -> None:
    sign_in(client, "shang")
    token = token_of(client.get("/console/me"))
    forms = [
        path for page in PAGES if "POST" in page.http_methods for path in page.paths
        if path != "/sign-out"
    ]  # fmt: skip
    assert len(forms) >= 8
    for path in forms:
        to = f"/console{path}"
        none = client.post(to, data={}, follow_redirects=False)
        forged = client.post(to, data={"csrf": "0" * 64}, follow_redirects=False)
        foreign = client.post(
            to,
            data={"csrf": token},
            headers={"origin": "https://elsewhere.example"},
            follow_redirects=False,
        )
        nobody = client.post(to, data={"csrf": token}, headers={"origin": ""})
        assert [one.status_code for one in (none, forged, foreign, nobody)] == [403] * 4, path
    twice = client.post(
        "/console/findings/own",
        content=f"csrf={token}&csrf={token}&case=x",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert twice.status_code == 403


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=1", b"csrf=%ff%fe", b"a=" + b"b" * 40_000, b"&".join([b"a=1"] * 500), b"\0"]
)
def test_hostile_bytes_in_a_form_are_refused(client: Client, body: bytes) -> None:
    sign_in(client, "shang")
    answer = client.post("/console/findings/own", content=body, headers={"origin": ORIGIN})
    assert answer.status_code in (400, 403, 413)


def test_pages_load_nothing_from_elsewhere_and_are_not_kept(client: Client) -> None:
    sign_in(client, "shang")
    headers = client.get("/console").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
