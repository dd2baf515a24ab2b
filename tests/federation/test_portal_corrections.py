"""Corrections between a bank and the county: old and new value, both sides, acts that follow."""

import re

from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import store
from services.federation.cases import bank_reports, guarantees, night
from services.federation.core import Core
from tests.federation.console_world import PASSWORD
from tests.federation.portal_world import LINE, acts, as_officer, csrf, paid_out, post, state

Client = TestClient[Litestar]


def asked(client: Client, field: str, old: str, new: str, cause: str = "typing_error") -> str:
    as_officer(client, "ma")
    answer = post(client, "/corrections", about=LINE, field=field, new=new, cause=cause,
                  **{f"old-{field}": old})  # fmt: skip
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].rsplit("/", 1)[1])


def by_county(client: Client, name: str, act: str = "accept") -> int:
    as_officer(client, "shang")
    page = client.get(f"/console/corrections/{name}").text
    terms = re.search(r'name="terms" value="([0-9a-f]{64})"', page)
    answer = client.post("/console/corrections/answer", data={
        "csrf": csrf(client), "case": name, "act": act, "terms": terms[1] if terms else "",
        "password": PASSWORD, "reason": "已核对",
    }, follow_redirects=False)  # fmt: skip
    return int(answer.status_code)


def running(core: Core) -> int:
    with core.engine.connect() as conn:
        return store.rows(conn, "K-baiguo", ["904"])["904"].get(LINE, 0)


def test_a_correction_changes_nothing_before_and_follows_by_acts(
    client: Client, core: Core
) -> None:
    paid_out(client, core)
    name = asked(client, "drawn", "20,000.00", "15000.00")
    assert (state(core, name), running(core)) == ("asked_county", 2_000_000)
    second = post(client, "/corrections", about=LINE, field="drawn", new="14000.00",
                  cause="reversed", **{"old-drawn": "20,000.00"})  # fmt: skip
    assert RejectionCode.CORRECTION_WAITS.value in second.text
    assert by_county(client, name) == 303
    assert (state(core, name), running(core)) == ("accepted", 1_500_000)
    as_officer(client, "ma")
    log = client.get(f"/bank/lines/{LINE}").text
    assert "少放更正" in log
    stale = post(client, "/corrections", about=LINE, field="drawn", new="1.00",
                 cause="reversed", **{"old-drawn": "20,000.00"})  # fmt: skip
    assert RejectionCode.CORRECTION_OLD_DIFFERS.value in stale.text
    for field, old, new in (
        ("contract", "H-1", "H-2"), ("due_on", "2018-01-05", "2018-02-01"),
        ("repaid", "0.00", "5000.00"), ("repaid", "5,000.00", "2000.00"),
    ):  # fmt: skip
        assert by_county(client, asked(client, field, old, new)) == 303, field
    assert running(core) == 1_300_000
    # What was given back is no longer reserved for this line: the rule refuses to pay it again.
    assert by_county(client, asked(client, "drawn", "15,000.00", "18000.00")) == 409
    with core.engine.connect() as conn:
        line = guarantees.find(conn, "rcc", LINE)
        assert (line.terms["contract"], line.terms["due_on"]) == ("H-2", "2018-02-01")
        stands = bank_reports.figures(conn, line, night.open_date(conn))
    assert (stands.drawn, stands.balance) == (1_500_000, 1_300_000)


def test_the_county_asks_and_the_bank_answers_or_refuses(client: Client, core: Core) -> None:
    paid_out(client, core)
    as_officer(client, "shang")
    assert client.get("/console/corrections/of?line=nothing").status_code == 404
    assert "H-1" in client.get(f"/console/corrections/of?line={LINE}").text
    answer = client.post("/console/corrections", data={
        "csrf": csrf(client), "about": LINE, "field": "contract", "old-contract": "H-1",
        "new": "H-9", "cause": "paper_differs",
    }, follow_redirects=False)  # fmt: skip
    assert answer.status_code == 303, answer.text
    name = answer.headers["location"].rsplit("/", 1)[1]
    assert by_county(client, name) == 403  # its own request is not its own to agree to
    as_officer(client, "ma")
    maker = post(client, "/corrections/answer", case=name, act="refuse", reason="无误")
    assert maker.status_code == 403
    as_officer(client, "chao")
    assert post(client, "/corrections/answer", case=name, act="refuse").status_code == 422
    assert post(client, "/corrections/answer", case=name, act="refuse",
                reason="合同无误").status_code == 303  # fmt: skip
    assert state(core, name) == "refused"
    back = asked(client, "contract", "H-1", "H-3")
    assert post(client, "/corrections/answer", case=back, act="withdraw",
                reason="看错了").status_code == 303  # fmt: skip
    assert state(core, back) == "withdrawn"


def test_a_correction_a_rule_refuses_stays_asked(client: Client, core: Core) -> None:
    paid_out(client, core)
    name = asked(client, "arrears_principal", "0.00", "30000.00")
    before = acts(core)
    assert by_county(client, name) == 409
    assert (state(core, name), acts(core)) == ("asked_county", before)
