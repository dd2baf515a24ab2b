"""The bank portal: who sees what of it, and by which name; a bank sees only its own."""

import hashlib

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import data, store
from kernel.errors import Rejected
from services.federation.console import users
from services.federation.console.queries.people import Held
from services.federation.core import Core
from services.federation.portal import queries
from tests.federation.console_world import sign_in
from tests.federation.portal_world import (
    LINE,
    OFFICERS,
    PACKAGE,
    SAMPLE,
    as_officer,
    post,
)

Client = TestClient[Litestar]

OF_CASES = (
    f"/packages/{PACKAGE}", f"/packages/{PACKAGE}/file", f"/packages/{PACKAGE}/messages",
    f"/packages/{PACKAGE}/answers", f"/lines/{LINE}", f"/lines/{LINE}/notice",
    f"/lines/{LINE}/correction",
)  # fmt: skip
OPEN_TO_ANY_BANK = (
    "", "/packages", "/lines", "/reports", "/claims", "/orders", "/corrections", "/approvals",
    "/verifier", "/sheets/payout", "/sheets/repayment", "/sheets/utilisation",
)  # fmt: skip


@pytest.mark.parametrize("user", [one.user for one in OFFICERS])
def test_i_17_a_bank_sees_only_the_portal_and_only_its_own(client: Client, user: str) -> None:
    as_officer(client, user)
    mine = user in ("ma", "chao", "both")
    foreign = user in ("qian", "sun")
    for path in OPEN_TO_ANY_BANK:
        page = client.get(f"/bank{path}", follow_redirects=False)
        assert page.status_code == (200 if mine or foreign else 404), (user, path)
        if foreign and page.headers["content-type"].startswith("text/html"):
            assert "baiguo" not in page.text, path
    for path in OF_CASES:
        page = client.get(f"/bank{path}", follow_redirects=False)
        # The sample in this county is another package: its messages are refused, not missing.
        assert page.status_code == (200 if mine else 404), (user, path)
    for path in ("", "/findings", "/payments", "/lending", "/approvals", "/corrections", "/nights"):
        expected = 404 if mine or foreign else 200
        assert client.get(f"/console{path}").status_code == expected, (user, path)
    assert client.get("/console/me").status_code == 200
    for path, fields in (
        ("/packages/receive", {"case": PACKAGE, "sha256": "0" * 64}),
        ("/packages/answer", {"case": PACKAGE, "rest": "accept"}),
        ("/corrections", {"about": LINE, "field": "contract", "new": "x"}),
        ("/claims", {"case": "claim-1", "kind": "recovery", "amount": "1"}),
        ("/orders", {"case": "order-rcc-00001", "act": "release"}),
        ("/approvals", {"case": "agreement-baiguo-1", "terms": "0" * 64}),
    ):
        answer = post(client, path, **fields)
        if not mine:
            assert answer.status_code == 404, (user, path)


def test_whoever_is_not_signed_in_is_sent_to_the_door(client: Client) -> None:
    for path in (*OPEN_TO_ANY_BANK, *OF_CASES):
        answer = client.get(f"/bank{path}", follow_redirects=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/console/sign-in?next=%2Fbank")


def test_a_bank_officer_is_led_from_the_door_into_the_portal(client: Client) -> None:
    answer = sign_in(client, "ma")
    assert answer.headers["location"] == "/bank"
    client.cookies.set("lianhe_language", "en")
    page = client.get("/bank").text
    assert "Waiting for me" in page
    assert "bank maker" in page
    assert "等我办理" not in page


@pytest.mark.parametrize(("user", "front"), [("ma", "/bank"), ("shang", "/console")])
def test_whoever_switches_the_language_comes_back_or_to_the_front_of_his_own_house(
    client: Client, user: str, front: str
) -> None:
    as_officer(client, user)
    for back, then in (
        ("", front), ("/bank/none", "/bank/none" if front == "/bank" else front),
        ("/console/me", "/console/me"), ("https://elsewhere.example", front),
        ("/console/findings", "/console/findings" if front == "/console" else front),
    ):  # fmt: skip
        address = f"/console/language/en?back={back}" if back else "/console/language/en"
        answer = client.get(address, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, then), back
    assert client.get("/console/language/zh").status_code == 200


def test_an_officer_is_of_one_bank_and_holds_no_other_office(core: Core) -> None:
    for held in (
        [Held("maker@bank", "rcc"), Held("staff@federation")],
        [Held("maker@bank", "rcc"), Held("maker@bank", "abc")],
        [Held("maker@bank", "nobody")],
    ):
        with pytest.raises(Rejected) as refused, core.engine.begin() as conn:
            users.set_roles(conn, data.roles(), "ma", held)
        assert refused.value.code is RejectionCode.FACTS_INVALID


def test_a_village_signs_under_its_office_and_never_under_a_persons_id(
    client: Client, core: Core
) -> None:
    """A bank may not read villagers' names; an officer is told by office and name."""
    with core.engine.connect() as conn:
        case = store.load(conn, store.COUNTY_SCOPE, PACKAGE)
        assert case is not None
        done = queries.acts(conn, case)
    villagers = {p for one in done if one.role == "council@coop" for p in one.person.split(", ")}
    assert len(villagers) == 2, "the book itself knows who it was"
    as_officer(client, "ma")
    digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert post(client, "/packages/receive", case=PACKAGE, sha256=digest,
                verified="yes").status_code == 303  # fmt: skip
    for language, village, own in (
        ("zh", "baiguo互助社 理事会", "银行经办 · 马文秀"),
        ("en", "baiguo互助社: council", "bank maker · 马文秀"),
    ):
        client.cookies.set("lianhe_language", language)
        page = client.get(f"/bank/packages/{PACKAGE}").text
        assert f"<td>{village}</td>" in page
        assert f"<td>{own}</td>" in page
        assert not [one for one in villagers if one in page], language
