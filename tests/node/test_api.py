"""The JSON door: one typed route an act, a token a node, and any bytes answered by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from journal.registry import registry
from services.cooperative_node import api, queries, set_up
from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from tests.node.village import COOP, Village, seeded_ports

Door = TestClient[Any]


@pytest.fixture
def door(village: Village, tmp_path: Path) -> Iterator[Door]:
    """The door of the village's own file, with its token in hand."""
    village.founded()
    with village.node.engine.begin() as conn:
        token = set_up.new_token(conn, village.node)
    source = village.node.engine.url.database
    assert source
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / f"{COOP}.sqlite").symlink_to(source)
    with TestClient(create_app(Host(tmp_path / "host", seeded_ports("host")))) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def path(name: str) -> str:
    return f"/n/{COOP}/api/{name}"


def body(village: Village, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "api-1",
        "case": "loan-baiguo-0001",
        "actor": {
            "role": "member@node",
            "operator": village.person["accountant"],
            "persons": [village.person["m1"]],
        },
        "facts": {
            "member": "member-baiguo-001", "person": village.person["m1"],
            "group": "group-baiguo-01", "amount": 5_000_00, "purpose": "养殖", "term_months": 12,
        },
    }  # fmt: skip
    return values | changes


def test_every_human_act_of_the_node_has_its_own_route(door: Door) -> None:
    document = door.get("/api-docs/openapi.json").json()
    for process, act in api.human_acts():
        assert f"/n/{{coop}}/api/acts/{process}/{act}" in document["paths"]


def test_every_person_s_act_says_what_it_must_be_told() -> None:
    rows = {
        (process.name, row.act)
        for process in registry().table.values()
        if process.home == "node"
        for row in process.rows
        if not row.by_system
    }
    by_set_up = {("village_book", "open"), ("village_book", "take_over")}
    assert rows - set(api.human_acts()) == by_set_up


def test_an_act_is_done_once_and_a_repeat_gives_the_same_answer(
    door: Door, village: Village
) -> None:
    first = door.post(path("acts/loan/apply"), json=body(village))
    again = door.post(path("acts/loan/apply"), json=body(village))
    assert (first.status_code, first.json()["state"]) == (200, "applied")
    assert again.json() == first.json() | {"fresh": False}
    other = body(village, id="api-1", case="loan-baiguo-0002")
    refused = door.post(path("acts/loan/apply"), json=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "REQUEST_CHANGED")


def test_a_refusal_names_its_code_and_both_sentences(door: Door, village: Village) -> None:
    facts = body(village)["facts"] | {"purpose": "娱乐"}
    answer = door.post(path("acts/loan/apply"), json=body(village, facts=facts))
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "PURPOSE_NOT_LISTED")
    assert "娱乐" in told["zh"]
    assert "娱乐" in told["en"]


@pytest.mark.parametrize("amount", ["500000", 1.5, "1e2", None, True, -1, 0, 2**80, [], {"$": 1}])
def test_a_hostile_amount_is_refused_and_nothing_is_written(
    door: Door, village: Village, amount: object
) -> None:
    facts = body(village)["facts"] | {"amount": amount}
    before = door.get(path("state")).json()["seq"]
    answer = door.post(path("acts/loan/apply"), json=body(village, facts=facts))
    assert 400 <= answer.status_code < 500
    assert door.get(path("state")).json()["seq"] == before


@pytest.mark.parametrize(
    "raw", [b"", b"[" * 100_000, b"\xff\xfe", b"{}", b'{"id":1}', b"null", b'{"a":' * 50_000]
)
def test_any_bytes_are_answered_without_a_fault(door: Door, raw: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = door.post(path("acts/loan/apply"), content=raw, headers=headers)
    assert 400 <= answer.status_code < 500


def test_nobody_applies_whom_the_node_does_not_keep(door: Door, village: Village) -> None:
    facts = {"person": "p-nobody", "household": "H9"}
    actor = {"role": "bookkeeper@node", "operator": village.person["accountant"]}
    asked = body(village, case="member-baiguo-009", facts=facts, actor=actor)
    answer = door.post(path("acts/member/apply"), json=asked)
    assert (answer.status_code, answer.json()["code"]) == (409, "PERSON_UNKNOWN")
    assert "p-nobody" in answer.json()["zh"]


def test_a_text_no_county_could_hold_is_refused_at_the_node(door: Door, village: Village) -> None:
    person = village.person["chair"]
    actor = {"role": "bookkeeper@node", "operator": village.person["accountant"]}
    told = []
    for number, household in enumerate(("H\x009", "H\\u00009"), 1):
        facts = {"person": person, "household": household}
        asked = body(village, id=f"n{number}", case="member-baiguo-009", facts=facts, actor=actor)
        told.append(door.post(path("acts/member/apply"), json=asked))
    assert (told[0].status_code, told[0].json()["code"]) == (422, "FACTS_INVALID")
    assert told[0].json()["facts"]["problem"] == "U+0000"
    assert told[1].status_code == 200, "a backslash is a text like any other"


@pytest.mark.parametrize("case", ["", "loan baiguo", "贷款", "a" * 101, "a\n"])
def test_an_id_is_plain(door: Door, village: Village, case: str) -> None:
    for name in ("id", "case"):
        answer = door.post(path("acts/loan/apply"), json=body(village, **{name: case}))
        assert (answer.status_code, answer.json()["code"]) == (400, "BODY_INVALID")


def test_an_unknown_field_is_refused(door: Door, village: Village) -> None:
    facts = body(village)["facts"] | {"approved": True}
    answer = door.post(path("acts/loan/apply"), json=body(village, facts=facts))
    assert answer.status_code == 400


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic eDp5"])
def test_without_the_token_nothing_is_told(door: Door, token: str) -> None:
    answer = door.get(path("state"), headers={"authorization": token})
    assert answer.status_code == 401
    assert COOP not in answer.text


def test_another_village_s_token_opens_nothing(door: Door) -> None:
    assert door.get("/n/houba/api/state").status_code == 404


def test_days_close_through_the_door_and_persons_stay_sealed(door: Door) -> None:
    state = door.get(path("state")).json()
    reports = door.post(path("close-day"), json={}).json()
    assert [report["closed"] for report in reports] == [state["open_date"]]
    kept = door.post(path("persons"), json={"name": "新人", "card": "6228480000000000018"})
    assert kept.json()["person"].startswith("p-")
    assert "新人" not in door.get(path("cases")).text


def test_without_an_address_the_county_is_unreachable_and_nothing_is_called_sent(
    door: Door, village: Village
) -> None:
    with village.node.engine.begin() as conn:
        queries.write_setting(
            conn, queries.COUNTY, '{"type":"county_card.v1","key":"k","signing":"","sealing":""}'
        )
    answer = door.post(path("sync"))
    assert (answer.status_code, answer.json()["code"]) == (502, "UNREACHABLE")
    assert "address" in answer.json()["facts"]["why"]


def test_the_pool_is_told_and_a_bank_loan_is_refused_by_name_without_an_agreement(
    door: Door, village: Village
) -> None:
    told = door.get(path("pool")).json()
    assert (told["agreement"], told["line"], told["pooled"]) == ("", 0, 0)
    facts = {
        "agreement": "agreement-none", "member": "member-baiguo-001",
        "person": village.person["m1"], "group": "group-baiguo-01", "amount": 5_000_00,
        "purpose": "养殖", "term_months": 12,
    }  # fmt: skip
    asked = body(village, case="bank_loan-baiguo-0001", facts=facts)
    answer = door.post(path("acts/bank_loan/apply"), json=asked)
    assert (answer.status_code, answer.json()["code"]) == (409, "AGREEMENT_NOT_OPEN")
    typed = door.post(path("acts/bank_loan/apply"), json={**asked, "facts": {**facts, "x": 1}})
    assert typed.status_code == 400
