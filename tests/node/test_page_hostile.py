"""Whatever is sent to the village page: an answer, never a fault; and sessions are minted here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from services.cooperative_node.page import sign_ins
from services.cooperative_node.ports import real_ports
from tests.node.village import COOP, Village

Client = TestClient[Litestar]
PIN = "135790"
COOKIE = f"lianhe-{COOP}"
FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LOAN = "loan-baiguo-0001"
FORMS = (
    "members/new", "groups", "posts", "pins", "loans/new", "assign", "to-share", "pay-back",
    "lending/intercoop-1", "usb-import", f"cases/{LOAN}/vote", f"cases/{LOAN}/instruct",
    "cases/member-baiguo-001/ask_leave", "cases/nobody/sign",
)  # fmt: skip
"""Every form but those that close the day, send, or end the session."""
FIELDS = (
    "act_id", "process", "role", "by", "pin", "own_pin", "person", "name", "household", "amount",
    "term_months", "value_date", "member", "loan", "item", "terms", "act", "group_member", "kind",
    "votes", "vote.x", "back", "post", "elected_on", "until", "funding", "purpose",
)  # fmt: skip
QUERIES = ("show", "only", "q", "before", "every", "member")
TOLD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["bookkeeper@node", "cashier@node", "council@node", LOAN, "loan", "member-baiguo-001",
         "-1", "1e9", "NaN", "9" * 30, "\x00", "2017-02-30", "2017-01-10", "yes", "//elsewhere"]
    ),
)  # fmt: skip


@pytest.fixture
def client(village: Village, tmp_path: Path) -> Iterator[Client]:
    village.founded()
    village.loan(state="endorsed")
    with village.node.engine.begin() as conn:
        sign_ins.set_pin(conn, village.person["accountant"], PIN)
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / f"{COOP}.sqlite").symlink_to(str(village.node.engine.url.database))
    app = create_app(Host(tmp_path / "host", real_ports()))
    with TestClient(app, base_url="http://village.local") as made:
        yield made


@pytest.fixture
def csrf(client: Client, village: Village) -> str:
    """The token of the accountant's session, who is signed in from here on."""
    assert sign_in(client, village).status_code == 303
    page = client.get(f"/n/{COOP}/members/new").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def sign_in(client: Client, village: Village) -> Any:
    form = {"person": village.person["accountant"], "pin": PIN}
    return client.post(f"/n/{COOP}/sign-in", data=form, follow_redirects=False)


def post(client: Client, to: str, body: bytes) -> int:
    answer = client.post(
        f"/n/{COOP}/{to}",
        content=body,
        headers={"content-type": "application/x-www-form-urlencoded"},
        follow_redirects=False,
    )
    return int(answer.status_code)


def test_a_session_id_from_outside_is_never_adopted(client: Client, village: Village) -> None:
    chosen = "ab" * 32
    client.cookies.set(COOKIE, chosen)
    answer = sign_in(client, village)
    told = answer.headers["set-cookie"]
    assert chosen not in told
    for part in ("HttpOnly", "SameSite=strict", f"Path=/n/{COOP}"):
        assert part in told, part
    client.cookies.clear()
    client.cookies.set(COOKIE, chosen)
    assert client.get(f"/n/{COOP}/members", follow_redirects=False).status_code == 303


def test_each_sign_in_has_an_id_of_its_own(client: Client, village: Village) -> None:
    first = sign_in(client, village).headers["set-cookie"].split(";")[0]
    client.cookies.clear()
    assert sign_in(client, village).headers["set-cookie"].split(";")[0] != first


@FEW
@given(to=st.sampled_from(FORMS), body=st.binary(max_size=400))
@example(to=FORMS[0], body=b"\xff\xfe")
def test_any_bytes_sent_to_a_form_are_answered(
    client: Client, csrf: str, to: str, body: bytes
) -> None:
    assert post(client, to, body) < 500
    assert post(client, to, f"csrf={csrf}&".encode() + body) < 500


@FEW
@given(to=st.sampled_from(FORMS), told=st.dictionaries(st.sampled_from(FIELDS), TOLD))
@example(to="loans/new", told={"role": "member@node", "member": "member-baiguo-001", "amount": "x"})
@example(to="pay-back", told={"by": "nobody", "pin": "0", "item": "x", "amount": "1"})
def test_any_fields_in_our_own_forms_are_answered(
    client: Client, csrf: str, to: str, told: dict[str, str]
) -> None:
    fields = {"csrf": csrf, **told}
    body = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in fields.items())
    assert post(client, to, body.encode()) < 500


@FEW
@given(
    page=st.sampled_from(("cases/{}", "print/contract/{}", "print/passbook/{}", "print/receipt/{}",
                          "lists/{}.csv", "lists/members.{}", "language/{}", "{}", "lending/{}")),
    part=TOLD,
    query=st.dictionaries(st.sampled_from(QUERIES), TOLD),
)  # fmt: skip
def test_any_address_is_a_page_or_none(
    client: Client, csrf: str, page: str, part: str, query: dict[str, str]
) -> None:
    path = page.format(quote(part or "x", safe="", errors="replace"))
    asked: Any = {name: value.encode(errors="replace") for name, value in query.items()}
    answer = client.get(f"/n/{COOP}/{path}", params=asked, follow_redirects=False)
    assert answer.status_code < 500, (path, query)
