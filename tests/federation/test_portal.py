"""The bank portal: a bank's officers at work, by page; every refusal by cell."""

import hashlib
import re
from datetime import date

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import RejectionCode
from journal import store
from services.federation.bank_files.sheets import Form
from services.federation.cases import agreements, bank_periods, guarantees, night
from services.federation.core import Core
from services.federation.portal import door, sheets
from services.federation.portal.routes import PAGES
from tests.federation.console_world import PASSWORD
from tests.federation.life import STAFF
from tests.federation.portal_world import (
    LINE,
    PACKAGE,
    PAID,
    SAMPLE,
    SECOND,
    Machine,
    accepted,
    acts,
    as_officer,
    codes,
    paid_out,
    post,
    released,
    send,
    sheet,
    state,
    today,
)
from tests.support.pool import COVENANTS_SAID

Client = TestClient[Litestar]
DIGEST = r'摘要 <span class="mono">([0-9a-f]{64})'
"""The digest of an order's terms, as its page shows it."""


# --- receive, verify, answer


def test_a_package_is_received_under_the_digest_the_bank_computed(
    client: Client, core: Core
) -> None:
    as_officer(client, "ma")
    page = client.get(f"/bank/packages/{PACKAGE}").text
    digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert digest not in page + client.get("/bank/packages").text, "nobody copies what he computes"
    assert "全部属实" in page
    file = client.get(f"/bank/packages/{PACKAGE}/file")
    assert file.content == SAMPLE.read_bytes()
    named = f'attachment; filename="guarantee-package-{PACKAGE}.zip"'
    assert file.headers["content-disposition"].startswith(named)
    open_verdict = post(client, "/packages/receive", case=PACKAGE, sha256=digest, verified="")
    assert open_verdict.status_code == 422, "nobody says by default that a package is true"
    assert "本行核验结果 未填" in open_verdict.text
    wrong = post(client, "/packages/receive", case=PACKAGE, sha256="ab" * 32, verified="yes")
    assert (wrong.status_code, RejectionCode.DOCUMENT_CHANGED.value in wrong.text) == (409, True)
    right = post(client, "/packages/receive", case=PACKAGE, sha256=digest, verified="yes")
    assert right.status_code == 303
    received = client.get(f"/bank/packages/{PACKAGE}").text
    assert "已收件" in received
    assert digest in received
    assert digest in client.get("/bank/packages").text


def test_an_answer_to_no_line_is_told_and_what_waits_for_the_checker_is_not_asked_for_again(
    client: Client, core: Core
) -> None:
    as_officer(client, "ma")
    before = acts(core)
    none = post(client, "/packages/answer", case=PACKAGE, rest="")
    assert (none.status_code, "一项也没有" in none.text) == (422, True)
    assert acts(core) == before
    assert "逐笔答复" in client.get("/bank").text
    order = post(client, "/packages/answer", case=PACKAGE, rest="accept")
    assert "20,000.00" in client.get(order.headers["location"]).text
    assert "等同事办理" in client.get("/bank").text
    waiting = client.get("/bank").text
    assert "复核:逐笔答复" in waiting
    assert ">逐笔答复<" not in waiting


def test_lines_are_answered_by_two_pairs_of_eyes(client: Client, core: Core) -> None:
    as_officer(client, "ma")
    before = acts(core)
    # A line that is unknown, one without its reason: both at once, and nothing is prepared.
    wrong = send(client, f"/packages/{PACKAGE}/answers", {"file": ("a.csv", sheet(
        "answers", {"guarantee": LINE, "answer": "不同意"},
        {"guarantee": "guarantee-houba-1-0001", "answer": "同意"},
        {"guarantee": LINE, "answer": "同意"},
    ))})  # fmt: skip
    assert wrong.status_code == 422
    assert [(row, code) for row, _, code in codes(wrong)] == [
        (1, "FACTS_INVALID"), (2, "LINE_UNKNOWN"), (3, "REPORT_ROW_TWICE"),
    ]  # fmt: skip
    assert acts(core) == before
    order = post(client, "/packages/answer", case=PACKAGE, rest="accept",
                 **{f"answer-{SECOND}": "refuse", f"reason-{SECOND}": "已有他行贷款"})  # fmt: skip
    place = order.headers["location"]
    again = post(client, "/packages/answer", case=PACKAGE, rest="accept",
                 **{f"answer-{SECOND}": "refuse", f"reason-{SECOND}": "已有他行贷款"})  # fmt: skip
    assert again.headers["location"] == place
    assert state(core, LINE) == "sent"
    terms = re.search(DIGEST, client.get(place).text)
    assert terms is not None
    mine = post(client, "/orders", case=place[-15:], act="release", terms=terms[1],
                password=PASSWORD)  # fmt: skip
    assert (mine.status_code, "ROLE_NOT_ALLOWED" in mine.text) == (403, True)
    as_officer(client, "chao")
    without = post(client, "/orders", case=place[-15:], act="release", terms=terms[1])
    assert without.status_code == 403
    other = post(client, "/orders", case=place[-15:], act="release", terms="0" * 64,
                 password=PASSWORD)  # fmt: skip
    assert RejectionCode.SIGNED_OTHER_TERMS.value in other.text
    assert released(client, place).status_code == 303
    assert (state(core, LINE), state(core, SECOND), state(core, PACKAGE)) == (
        "accepted", "refused", "answered",
    )  # fmt: skip


def test_who_prepared_does_not_release(client: Client, core: Core) -> None:
    as_officer(client, "both")
    place = post(client, "/packages/answer", case=PACKAGE, rest="accept").headers["location"]
    terms = re.search(DIGEST, client.get(place).text)
    assert terms is not None
    answer = post(client, "/orders", case=place[-15:], act="release", terms=terms[1],
                  password=PASSWORD)  # fmt: skip
    assert RejectionCode.SAME_PERSON.value in answer.text
    assert state(core, LINE) == "sent"
    back = post(client, "/orders", case=place[-15:], act="turn_back", reason="再看")
    assert back.status_code == 303
    assert state(core, place[-15:]) == "turned_back"


def test_i14_the_checker_signs_exactly_the_version_shown(client: Client, core: Core) -> None:
    world = core.county.world
    with core.engine.begin() as conn:
        agreement = store.load(conn, store.COUNTY_SCOPE, "agreement-baiguo-1")
        assert agreement is not None
        offer = {**COVENANTS_SAID, "leverage": 800}
        agreements.offer(conn, world, agreement, offer, STAFF)
    as_officer(client, "ma")
    assert 'name="terms"' not in client.get("/bank/approvals").text
    as_officer(client, "chao")
    page = client.get("/bank/approvals").text
    assert re.search(r"<strong>8(\.00)? ×</strong>", page), page
    terms = re.search(r'name="terms" value="([0-9a-f]{64})"', page)
    assert terms is not None
    other = post(client, "/approvals", case=agreement.id, terms=agreement.terms["digest"],
                 password=PASSWORD)  # fmt: skip
    assert RejectionCode.SIGNED_OTHER_TERMS.value in other.text
    assert post(client, "/approvals", case=agreement.id, terms=terms[1],
                password=PASSWORD).status_code == 303  # fmt: skip
    assert "本行已签" in client.get("/bank/approvals").text
    twice = post(client, "/approvals", case=agreement.id, terms=terms[1], password=PASSWORD)
    assert RejectionCode.ALREADY_SIGNED.value in twice.text


# --- reports


def test_a_payout_report_names_every_wrong_cell_and_takes_nothing(
    client: Client, core: Core
) -> None:
    accepted(client)
    as_officer(client, "ma")
    before, on = acts(core), today(core)
    wrong = send(client, "/sheets/payout", {"file": ("p.csv", sheet(
        "payout",
        {"guarantee": LINE, **PAID, "paid_on": on},
        {"guarantee": SECOND, **PAID, "amount": "20000.01", "paid_on": on},
        {"guarantee": "guarantee-x", **PAID},
        {"guarantee": LINE, **PAID, "amount": "一万", "paid_on": "2017-02-30"},
        {"guarantee": LINE, **PAID},
    ))})  # fmt: skip
    assert wrong.status_code == 422
    assert codes(wrong) == [
        (3, "放款金额", "PAID_ABOVE_LINE"), (4, "担保编号", "LINE_UNKNOWN"),
        (5, "放款日", "NOT_A_DATE"), (5, "放款金额", "NOT_AN_AMOUNT"),
        (6, "担保编号", "REPORT_ROW_TWICE"),
    ]  # fmt: skip
    assert acts(core) == before
    good = sheet("payout", {"guarantee": LINE, **PAID, "paid_on": on},
                 {"guarantee": SECOND, **PAID, "paid_on": on})  # fmt: skip
    assert send(client, "/sheets/payout", {"file": ("p.csv", good)}).status_code == 200
    assert state(core, LINE) == state(core, SECOND) == "running"
    stands = acts(core)
    twice = send(client, "/sheets/payout", {"file": ("p.csv", good)})
    assert "没有重复入账" in twice.text
    assert acts(core) == stands


def test_repayments_and_arrears_come_by_form_and_by_excel(client: Client, core: Core) -> None:
    paid_out(client, core)
    as_officer(client, "ma")
    with core.engine.begin() as conn:
        bank_periods.expect(conn, core.county.world, night.open_date(conn))
    period, on = today(core)[:7], today(core)
    row = {"guarantee": LINE, "repaid": 500_000, "repaid_on": on}
    body = sheets.blank("repayment", Form.XLSX, [row], date.fromisoformat(on))
    taken = send(client, "/sheets/repayment", {"file": ("r.xlsx", body)}, period=period)
    assert taken.status_code == 200, taken.text
    assert state(core, f"report-rcc-repayment-{period}") == "received"
    wrong = send(client, "/sheets/repayment", {"file": ("r.csv", sheet(
        "repayment",
        {"guarantee": LINE, "repaid": "15000.01", "repaid_on": on, "arrears_principal": "1"},
        {"guarantee": SECOND, "arrears_since": on, "arrears_principal": "99999"},
    ))}, period=period)  # fmt: skip
    assert codes(wrong) == [
        (2, "逾期起始日", "FACTS_INVALID"), (2, "归还本金", "MORE_THAN_OWED"),
        (3, "逾期本金", "MORE_THAN_OWED"),
    ]  # fmt: skip
    page = client.get(f"/bank/lines/{LINE}").text
    nonce = re.search(r'name="nonce" value="([0-9a-f]{16})"', page)
    assert nonce is not None
    form = {"nonce": nonce[1], "guarantee": LINE, "period": period, "repaid": "1000.00",
            "repaid_on": on}  # fmt: skip
    assert post(client, "/told/repayment", **form).status_code == 303
    stands = acts(core)
    assert post(client, "/told/repayment", **form).status_code == 303
    assert acts(core) == stands
    with core.engine.connect() as conn:
        line = guarantees.find(conn, "rcc", LINE)
    assert [part for part, _ in line.terms["repaid"]] == [500_000, 100_000]


def test_l21_a_month_not_yet_over_or_never_opened_is_no_report(client: Client, core: Core) -> None:
    paid_out(client, core)
    as_officer(client, "ma")
    body = sheet("utilisation", {"guarantee": LINE, "drawn": "20000.00", "balance": "20000.00"})
    never = send(client, "/sheets/utilisation", {"file": ("u.csv", body)}, period="2016-01")
    assert never.status_code == 404
    with core.engine.begin() as conn:
        assert bank_periods.expect(conn, core.county.world, night.open_date(conn)) in (0, 2)
    period = today(core)[:7]
    page = client.get("/bank/reports").text
    assert period in page
    assert "待报送" in page
    early = send(client, "/sheets/utilisation", {"file": ("u.csv", body)}, period=period)
    assert RejectionCode.TOO_EARLY.value in early.text


# --- claims


def test_one_file_is_not_two_papers_of_a_claim_by_page_or_by_machine(
    client: Client, core: Core
) -> None:
    paid_out(client, core)
    as_officer(client, "ma")
    before, one = acts(core), ("scan.pdf", b"%PDF-1.7 one scan")
    form = {kind: (f"{kind}.pdf", kind.encode()) for kind in door.PAPERS}
    twice = form | {"payout": one, "balance": one}
    page = send(client, f"/lines/{LINE}/notice", twice, amount="20000.00")
    assert RejectionCode.CLAIM_PAPERS_ALIKE.value in page.text
    assert "放款凭证、本息余额表 交的是同一份文件" in page.text
    maker = Machine(core, client, "maker@bank")
    kept = maker.ask("POST", "/papers?name=scan.pdf", raw=one[1]).json()["sha256"]
    manifest = maker.ask("GET", f"/cases/guarantee/{LINE}").json()["terms"]["manifest"]
    said = {"guarantee": LINE, "amount_fen": 1, "manifest": manifest,
            "papers": dict.fromkeys(door.PAPERS, kept)}  # fmt: skip
    told = maker.ask("POST", f"/guarantees/{LINE}/notice", said)
    assert (told.status_code, told.json()["code"]) == (409, "CLAIM_PAPERS_ALIKE")
    assert "contract, payout, dunning, balance" in told.json()["en"]
    apart = send(client, f"/lines/{LINE}/notice", form, amount="20000.00")
    assert RejectionCode.CLAIM_WITHOUT_ARREARS.value in apart.text
    assert acts(core) == before


# --- hostile


@pytest.mark.parametrize("body", [
    b"", b"\x00", b"\xff\xfe", b"csrf=%ff%fe", b"a=1&a=2", b"--x\r\n", b"{}", b"PK\x03\x04",
    b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00"\r\n\r\nz\r\n--x--',
])  # fmt: skip
def test_any_bytes_are_refused_and_never_a_fault(client: Client, body: bytes) -> None:
    as_officer(client, "ma")
    for path in ("/packages/receive", "/packages/answer", f"/packages/{PACKAGE}/answers",
                 "/told/payout", "/told/x", "/sheets/payout", "/sheets/x", "/reports/nothing",
                 f"/lines/{LINE}/notice", "/claims", "/orders", "/corrections",
                 "/corrections/answer", "/messages", "/approvals"):  # fmt: skip
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                     "multipart/form-data", "text/plain"):  # fmt: skip
            answer = client.post(f"/bank{path}", content=body, headers={"content-type": kind},
                                 follow_redirects=False)  # fmt: skip
            assert 400 <= answer.status_code < 500, (path, kind, answer.status_code)


@pytest.mark.parametrize("file", [
    b"x", b"\x00\x01", b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0", b"<a/>", b"<!DOCTYPE a [", b",,,\n",
    "担保编号\n".encode(), b'"', b"\xff" * 100,
])  # fmt: skip
def test_any_file_is_refused_with_its_faults(client: Client, core: Core, file: bytes) -> None:
    as_officer(client, "ma")
    before = acts(core)
    for path in ("/sheets/payout", f"/packages/{PACKAGE}/answers", "/messages"):
        answer = send(client, path, {"file": ("f", file)})
        assert answer.status_code == 422, (path, answer.status_code)
        assert codes(answer), path
    assert acts(core) == before


def test_every_page_of_the_router_was_looked_at() -> None:
    assert len(PAGES) == len({page.fn.__qualname__ + page.fn.__module__ for page in PAGES})
