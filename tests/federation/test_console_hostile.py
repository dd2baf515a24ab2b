"""Whatever a browser, or somebody who is none, sends to the console: an answer, never a fault.

Signed in as staff of the county with a fresh step-up, so that what is sent reaches the handlers.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from kernel.intercoop import terms_digest
from services.federation.console.desk import Desk
from services.federation.console.routes import PAGES
from tests.federation import lending
from tests.federation.console_world import (
    PASSWORD,
    Clock,
    a_client,
    a_lending_desk,
    sign_in,
    submit,
    token_of,
)

Client = TestClient[Litestar]
FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
FORMS = sorted(
    path
    for page in PAGES
    if "POST" in page.http_methods
    for path in page.paths
    if path not in ("/sign-out", "/sign-in", "/me/password")
)
"""Forms that leave the session as it is; the others are tried in test_console."""
READ = sorted(path for page in PAGES if "GET" in page.http_methods for path in page.paths)
FIELDS = (
    "case", "act", "terms", "reason", "lender", "borrower", "amount", "rate", "months", "day",
    "cooperative", "evidence", "next", "password",
)  # fmt: skip
TOLD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["intercoop-1", "sign", "grant", "-1", "1e9", "NaN", "９", "2009-06-01", "0" * 64, "../K",
         "9" * 30, "\x00", "％", "' OR 1=1 --", "=1+1", "<script>", "\u202e", "intercoop-" * 60]
    ),
)  # fmt: skip


@pytest.fixture
def client(county_engine: sa.Engine) -> Iterator[Client]:
    desk = a_lending_desk(county_engine, Clock(), start_close=lambda _: None)
    with a_client(desk) as one:
        confirmed(one, desk)
        yield one


def confirmed(client: Client, desk: Desk) -> None:
    """Sign in and give the password once more: for five minutes of a clock that stands still."""
    with desk.engine.begin() as conn:
        case = lending.propose(conn, desk.county.world).case
    sign_in(client, "shang")
    form = {"case": case.id, "act": "sign", "terms": terms_digest(case.terms)}
    done = submit(client, "/console/approvals", "/console/approvals", **form, password=PASSWORD)
    assert done.status_code == 303
    assert 'type="password"' not in client.get("/console/lending/new").text


def post(client: Client, to: str, body: bytes) -> int:
    answer = client.post(
        f"/console{to}",
        content=body,
        headers={"content-type": "application/x-www-form-urlencoded"},
        follow_redirects=False,
    )
    return int(answer.status_code)


@FEW
@given(to=st.sampled_from(FORMS), body=st.binary(max_size=400))
@example(to=FORMS[0], body=b"")
@example(to=FORMS[0], body=b"[" * 4000)
def test_any_bytes_sent_to_a_form_are_answered(client: Client, to: str, body: bytes) -> None:
    assert post(client, to, body) < 500
    token = token_of(client.get("/console/me"))
    assert post(client, to, b"csrf=%s&" % token.encode() + body) < 500


@FEW
@given(to=st.sampled_from(FORMS), told=st.dictionaries(st.sampled_from(FIELDS), TOLD))
def test_any_fields_in_our_own_forms_are_answered(
    client: Client, to: str, told: dict[str, str]
) -> None:
    token = token_of(client.get("/console/me"))
    fields = {"csrf": token, **told}
    body = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in fields.items())
    assert post(client, to, body.encode()) < 500


@FEW
@given(
    page=st.sampled_from(READ),
    part=TOLD,
    query=st.dictionaries(
        st.sampled_from(("all", "day", "key", "as", "list", "q-county", "watch", "next", *FIELDS)),
        TOLD,
        max_size=4,
    ),
)
def test_any_address_is_a_page_or_none(
    client: Client, page: str, part: str, query: dict[str, str]
) -> None:
    path = "/".join(
        quote(part or "x", safe="", errors="replace") if one.startswith("{") else one
        for one in page.split("/")
    )
    asked: Any = {name: value.encode(errors="replace") for name, value in query.items()}
    answer = client.get(f"/console{path}", params=asked, follow_redirects=False)
    assert answer.status_code < 500, (path, query)
