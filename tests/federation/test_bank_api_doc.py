"""The bank API says what it is: every route described, bodies and answers as they really travel."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from contracts.rejections import Rejection, RejectionCode
from infra.bank_api_doc import render
from services.federation.core import Core
from services.federation.portal.api import AT, api_router
from services.federation.portal.api_doc import OPERATIONS
from tests.architecture.source import ROOT
from tests.federation.portal_world import LINE, PACKAGE, Machine, acts, today

Client = TestClient[Litestar]


@pytest.fixture
def maker(core: Core, client: Client) -> Machine:
    return Machine(core, client, "maker@bank")


def test_the_document_is_served_without_a_key_and_is_the_one_in_the_docs(client: Client) -> None:
    served = client.get(f"{AT}/openapi.json")
    assert served.status_code == 200
    text = (ROOT / "docs/bank-api.json").read_text(encoding="utf-8")
    again = "run: python -m infra.bank_api_doc docs/bank-api.json"
    assert text == render(), again
    assert served.json() == json.loads(text)
    assert "bank-api" not in client.get("/api-docs/openapi.json").text


def test_every_route_is_described_and_nothing_else() -> None:
    routes = {
        (method.lower(), re.sub(r"{(\w+):\w+}", r"{\1}", route.path.removeprefix(AT)))
        for route in api_router().routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    } - {("get", "/openapi.json")}
    told = {(one.method, one.path) for one in OPERATIONS}
    one_route_for_several = {
        ("post", f"/claims/{{name}}/{kind}") for kind in ("recovery", "guarantors", "withdraw")
    } | {
        ("post", f"/corrections/{{name}}/{act}") for act in ("accept", "refuse", "withdraw")
    } | {("post", f"/reports/{kind}") for kind in ("repayment", "utilisation")}  # fmt: skip
    shared = {
        ("post", "/claims/{name}/{kind}"), ("post", "/corrections/{name}/{act}"),
        ("post", "/reports/{kind}"),
    }  # fmt: skip
    assert told - one_route_for_several == routes - shared


def fits(document: dict[str, Any], schema: dict[str, Any], said: Any) -> list[str]:
    """What of a body or an answer the document does not allow."""
    whole = {**schema, "components": document["components"]}
    return [str(one.message) for one in jsonschema_rs.Draft202012Validator(whole).iter_errors(said)]


def test_bodies_and_answers_are_what_the_document_says(core: Core, maker: Machine) -> None:
    document = json.loads(render())
    on = today(core)
    row = {"guarantee": LINE, "amount": 100, "paid_on": on, "due_on": "2018-01-05"}
    for path, said, status in (
        (f"/packages/{PACKAGE}/receipt", {"sha256": "0" * 64, "verified": True}, 409),
        (f"/packages/{PACKAGE}/answers", {"answers": [{"guarantee": LINE, "answer": "accept"}]},
         201),
        (f"/packages/{PACKAGE}/answers", {"answers": []}, 422),
        (f"/guarantees/{LINE}/notice",
         {"guarantee": LINE, "amount_fen": 1, "manifest": "0", "papers": {}}, 409),
        ("/reports/payout", {"report": "a", "rows": [row]}, 422),
        ("/claims/none/recovery", {"amount_fen": 1, "method": "paid", "still_owed_fen": 0}, 404),
    ):  # fmt: skip
        parts = path.split("/")
        name = "/".join([*parts[:2], "{name}", *parts[3:]] if parts[3:] else parts)
        told = document["paths"][AT + name]["post"]
        body = told["requestBody"]["content"]["application/json"]["schema"]
        assert fits(document, body, said) == [], path
        answer = maker.ask("POST", path, said)
        assert answer.status_code == status, answer.text
        allowed = told["responses"][str(status)]
        if "$ref" in allowed:
            allowed = document["components"]["responses"][str(status)]
        (content,) = allowed["content"].values()
        assert answer.headers["content-type"] in allowed["content"]
        assert fits(document, content["schema"], answer.json()) == [], path


def test_the_county_tells_its_business_date_to_a_bank_alone(
    core: Core, client: Client, maker: Machine
) -> None:
    document = json.loads(render())
    told = document["paths"][f"{AT}/today"]["get"]["responses"]["200"]["content"]
    answer = maker.ask("GET", "/today")
    assert (answer.status_code, answer.json()) == (200, {"business_date": today(core)})
    assert fits(document, told["application/json"]["schema"], answer.json()) == []
    assert fits(document, told["application/json"]["schema"], {}) != []
    assert client.get(f"{AT}/today").status_code == 401


def test_what_is_empty_not_there_or_of_another_day_is_refused_in_words(
    core: Core, maker: Machine
) -> None:
    before = acts(core)
    nothing = maker.ask("POST", "/reports/payout", {"report": "a", "rows": []})
    assert (nothing.status_code, nothing.json()["zh"]) == (
        422, "填写有误:行 一项也没有。改正后再提交。",
    )  # fmt: skip
    none = maker.ask("POST", f"/packages/{PACKAGE}/answers", {"answers": []}).json()
    assert (none["code"], none["facts"]["problem"]) == ("FACTS_INVALID", "none")
    absent = maker.ask("GET", "/cases/package/other").json()
    assert (absent["code"], absent["zh"]) == (
        "NOT_FOUND", "没有这一项,或不属于本行。请核对地址和编号。",
    )  # fmt: skip
    wrong = maker.ask("POST", "/reports/payout", {"report": "a", "rows": [
        {"guarantee": LINE, "amount": "x", "paid_on": "2017-13-01", "due_on": "2018-01-05"},
    ]}).json()["cells"]  # fmt: skip
    assert [(one["column"], "paid_on" in one["en"]) for one in wrong] == [
        ("amount", False), ("paid_on", True),
    ]  # fmt: skip
    assert acts(core) == before


def test_a_refusal_says_its_facts_in_the_language_of_its_sentence() -> None:
    told = Rejection(code=RejectionCode.CLAIM_PAPERS_MISSING, facts={"papers": "contract, dunning"})
    assert told.text("zh") == "代偿通知书缺附件:借款合同、催收记录。补齐后重新提交。"
    assert "contract, dunning" in told.text("en")
    state = {"state": "refused", "act": "accept", "allowed": "-"}
    now = Rejection(code=RejectionCode.ACT_NOT_ALLOWED_NOW, facts=state)
    assert now.text("zh") == "现状态“已拒绝”不能做“同意”;现在可做:无。"
    odd = Rejection(code=RejectionCode.FACTS_INVALID, facts={"where": "x, y", "problem": "a, b"})
    assert odd.text("zh") == "填写有误:x, y a, b。改正后再提交。"
    day = {"where": "since", "day": "2017-03-01", "first": "2017-01-02", "last": "2017-02-01"}
    assert Rejection(code=RejectionCode.DAY_OUTSIDE, facts=day).text("zh").startswith("逾期起始日")
