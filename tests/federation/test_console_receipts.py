"""Staff identify an unknown receipt in the console: from its finding to the village's account."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.federation.cases import receipts
from tests.federation.console_world import (
    PASSWORD,
    a_client,
    a_desk,
    enter_officers,
    sign_in,
    submit,
)
from tests.federation.life import Life
from tests.federation.money import free, proven
from tests.federation.test_unknown_receipts import stray

IDENTIFY, WITHDRAW = "/console/receipts/identify", "/console/receipts/withdraw"
Client = TestClient[Litestar]


@pytest.fixture
def client(life: Life) -> Iterator[Client]:
    with life.engine.begin() as conn:
        enter_officers(conn)
    with a_client(a_desk(life)) as one:
        yield one


def identified(life: Life, receipt: str) -> str:
    with life.engine.connect() as conn:
        found = receipts.identification_of(conn, receipt)
    return found.id if found else ""


def test_the_page_of_a_finding_identifies_its_receipt(client: Client, life: Life) -> None:
    receipt = stray(life)
    (finding,) = life.findings()
    at = f"/console/cases/K/finding-{finding.replace(':', '-')}"
    form = {"case": receipt, "cooperative": "baiguo", "password": PASSWORD}
    sign_in(client, "shang")
    assert client.get(at).text.count(f'action="{IDENTIFY}"') == 1
    assert f'action="{IDENTIFY}"' in client.get(f"/console/cases/K/{receipt}").text
    silent = submit(client, at, IDENTIFY, **form, evidence="  ")
    assert (silent.status_code, "FACTS_INVALID" in silent.text) == (422, True)
    done = submit(client, at, IDENTIFY, **form, evidence="缴款回单第12号")
    found = identified(life, receipt)
    assert done.headers["location"] == f"/console/cases/K/{found}"
    assert "缴款回单第12号" in client.get(f"/console/cases/K/{found}").text
    assert f'action="{IDENTIFY}"' not in client.get(at).text
    assert all(proven(life.night()) for _ in range(2))
    assert free(life) == 70_000
    assert life.findings() == []


def test_an_identification_is_taken_back_on_its_page_until_it_is_filed(
    client: Client, life: Life
) -> None:
    receipt = stray(life)
    sign_in(client, "shang")
    form = {"case": receipt, "cooperative": "houba", "password": PASSWORD, "evidence": "x"}
    submit(client, f"/console/cases/K/{receipt}", IDENTIFY, **form)
    found = identified(life, receipt)
    at = f"/console/cases/K/{found}"
    told = {"case": found, "reason": "看错了 misread"}
    assert submit(client, at, WITHDRAW, **told).status_code == 303
    assert (life.case(found).state, identified(life, receipt)) == ("withdrawn", "")
    assert f'action="{WITHDRAW}"' not in client.get(at).text


def test_only_county_staff_identify_and_no_township_sees_the_form(
    client: Client, life: Life
) -> None:
    receipt = stray(life)
    form = {"case": receipt, "cooperative": "baiguo", "password": PASSWORD, "evidence": "x"}
    sign_in(client, "yuan")
    refused = submit(client, f"/console/cases/K/{receipt}", IDENTIFY, **form)
    assert "ROLE_NOT_ALLOWED" in refused.text
    sign_in(client, "chen")
    assert submit(client, "/console/me", IDENTIFY, **form).status_code == 404
    assert client.get(f"/console/cases/K/{receipt}").status_code == 404
    assert identified(life, receipt) == ""
