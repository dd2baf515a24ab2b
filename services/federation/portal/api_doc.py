"""The bank API described for a bank's engineers: OpenAPI 3.1, made from contracts/bank.py.

Served at ``/bank-api/v1/openapi.json`` and written to docs/bank-api.json by infra.bank_api_doc. The
routes read raw bytes, since the signature covers them, so their bodies are told here; a test holds
every route of the router against this table. Holds no rule.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from contracts import bank
from contracts.bank import CellsProblem
from contracts.rejections import RejectionCode
from contracts.requests import KEY, NONCE, SIGNATURE, TIME
from services.federation.portal.queries import Done
from services.federation.problems import PROBLEM, STATUS, Problem

JSON, XML, ZIP, BYTES = (
    "application/json", "application/xml", "application/zip", "application/octet-stream",
)  # fmt: skip
_REF = "#/components/schemas/{name}"
_ROWS: dict[str, type[Any]] = {
    "PayoutReport": bank.PayoutRow,
    "RepaymentReport": bank.RepaymentRow,
    "UtilisationReport": bank.UtilisationRow,
}
"""Body of a report → its rows, which the door reads one by one to name every wrong cell."""
CODES = (
    RejectionCode.KEY_UNKNOWN, RejectionCode.SIGNATURE_INVALID, RejectionCode.REQUEST_STALE,
    RejectionCode.REQUEST_REPLAYED, RejectionCode.TOO_MANY_REQUESTS, RejectionCode.FACTS_INVALID,
    RejectionCode.ROLE_NOT_ALLOWED, RejectionCode.SAME_PERSON, RejectionCode.SIGNED_OTHER_TERMS,
    RejectionCode.ACT_NOT_ALLOWED_NOW, RejectionCode.LINE_UNKNOWN, RejectionCode.UNKNOWN_CASE,
    RejectionCode.DOCUMENT_CHANGED, RejectionCode.REQUEST_CHANGED, RejectionCode.TOO_EARLY,
    RejectionCode.DAY_OUTSIDE, RejectionCode.AMOUNT_NOT_POSITIVE, RejectionCode.PAID_ABOVE_LINE,
    RejectionCode.PAID_OUTSIDE_LETTER, RejectionCode.MORE_THAN_OWED, RejectionCode.REPORT_DIFFERS,
    RejectionCode.REPORT_LINE_MISSING, RejectionCode.REPORT_ROW_TWICE,
    RejectionCode.CLAIM_NOT_COVERED, RejectionCode.CLAIM_TWICE, RejectionCode.CLAIM_PAPERS_MISSING,
    RejectionCode.CLAIM_PAPERS_ALIKE, RejectionCode.CLAIM_WITHOUT_ARREARS,
    RejectionCode.CLAIM_TOO_EARLY, RejectionCode.CLAIM_TOO_LATE, RejectionCode.CLAIM_ABOVE_COVER,
    RejectionCode.RECOVERY_ABOVE_LOSS, RejectionCode.CORRECTION_AFTER_CLAIM,
    RejectionCode.CORRECTION_WAITS, RejectionCode.CORRECTION_OLD_DIFFERS,
)  # fmt: skip
"""Every refusal by rule a bank's machine may meet; docs/bank-portal.md lists them."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One request: what it asks (a struct, a named body or a media type) and what it is given."""

    method: str
    path: str
    says: str
    asks: type[Any] | str | None = None
    gives: type[Any] | str
    many: bool = False
    status: int = 200
    query: str = ""
    maker: bool | None = None


def _get(path: str, says: str, gives: type[Any] | str, *, many: bool = False) -> Operation:
    return Operation(method="get", path=path, says=says, gives=gives, many=many)


def _order(path: str, says: str, asks: type[Any] | str) -> Operation:
    """A request that prepares an order, by a maker's key."""
    return Operation(
        method="post", path=path, says=says, asks=asks, gives=bank.CaseTold, status=201, maker=True
    )


def _act(
    path: str, says: str, asks: type[Any], *, maker: bool | None = None, status: int = 200
) -> Operation:
    return Operation(
        method="post", path=path, says=says, asks=asks, gives=bank.CaseTold, status=status,
        maker=maker,
    )  # fmt: skip


def _report(kind: str, says: str, asks: str) -> Operation:
    return Operation(
        method="post", path=f"/reports/{kind}", says=says, asks=asks, gives=bank.ReportTaken,
        maker=True,
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    _get("/today", "The county's open business date, by which reports, notices and deadlines are "
         "counted; the computer's own date may differ.", bank.Today),
    _get("/cases/{process}", "Your cases of a process: package, guarantee, claim, correction, "
         "bank_order, bank_report or agreement.", bank.CaseTold, many=True),
    _get("/cases/{process}/{name}", "One case.", bank.CaseTold),
    _get("/cases/{process}/{name}/acts", "Who did what with a case, in order.", Done, many=True),
    _get("/packages/{name}/file", "The package as it was sent.", ZIP),
    _get("/packages/{name}/messages", "Its tsrv.001 messages, one a line, in a zip.", ZIP),
    _get("/packages/{name}/verdict", "What the county's run of the public verifier finds; for "
         "comparison with your own.", bank.Verdict),
    _act("/packages/{name}/receipt", "You hold the file of this SHA-256; whether every proof held.",
         bank.Received),
    _order("/packages/{name}/answers", "Answers to lines, all or none, as one order.",
           bank.Answers),
    _order("/guarantees/{name}/notice", "代偿通知书 as an order; the four papers were handed in "
           "before.", bank.Notice),
    _order("/claims/{name}/recovery", "Money recovered, net of cost, how, and the principal "
           "still owed, as an order.", bank.Recovery),
    _order("/claims/{name}/guarantors", "Money the joint guarantors paid, as an order; 0: they "
           "were called and paid nothing. The committee accepts after it.", bank.Told),
    _order("/claims/{name}/withdraw", "The claim is taken back, as an order.", bank.Reason),
    _act("/orders/{name}/release", "Release an order under the digest of its terms.", bank.Terms,
         maker=False),
    _act("/orders/{name}/turn_back", "An order goes back with a reason.", bank.Reason),
    _report("payout", "Payouts, all rows or none.", "PayoutReport"),
    _report("repayment", "A month's repayments and arrears, all rows or none.", "RepaymentReport"),
    _report("utilisation", "A month's utilisation, all rows or none.", "UtilisationReport"),
    Operation(method="post", path="/papers", says="Keep a paper under the SHA-256 of its bytes.",
              asks=BYTES, gives=bank.PaperKept, status=201, query="name"),
    _get("/papers/{digest}", "A paper you handed in, or the file of a package.", BYTES),
    _order("/messages", "A tsrv.013, tsrv.017 or tsrv.019 as an order. A demand a rule refuses is "
           "answered by tsrv.016 where application/xml is accepted.", XML),
    _act("/corrections", "Ask the county for a correction.", bank.CorrectionAsked, status=201),
    _act("/corrections/{name}/accept", "Agree to the county's correction.", bank.Terms,
         maker=False),
    _act("/corrections/{name}/refuse", "Refuse it with a reason.", bank.Reason, maker=False),
    _act("/corrections/{name}/withdraw", "Take your own back with a reason.", bank.Reason),
)  # fmt: skip
"""Every request of the API."""


def document(at: str) -> dict[str, Any]:
    """The OpenAPI document of the API that stands at the path ``at``."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(at + one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lianhe bank API 联合社银行接口",
            "version": "1.1",
            "description": "Amounts are fen, dates ISO. How a request is signed, each step with "
            "its command, and every refusal: docs/bank-portal.md.",
        },
        "paths": paths,
        "security": [{"key": [], "time": [], "nonce": [], "signature": []}],
        "components": {
            "schemas": _schemas(),
            "responses": dict(_refusals()),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header}
                for name, header in zip(
                    ("key", "time", "nonce", "signature"), (KEY, TIME, NONCE, SIGNATURE),
                    strict=True,
                )
            },
        },
    }  # fmt: skip


def _operation(one: Operation) -> dict[str, Any]:
    hands = {True: " By a maker's key.", False: " By a checker's key.", None: ""}[one.maker]
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    told: dict[str, Any] = {
        "operationId": f"{one.method} {one.path}".translate(str.maketrans(" /{}", "____")),
        "summary": one.says + hands,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ]
        + ([{"name": one.query, "in": "query", "required": False, "schema": {"type": "string"}}]
           if one.query else []),
        "responses": {
            str(one.status): {"description": "Taken.", "content": _content(one.gives, one.many)},
            **{status: {"$ref": f"#/components/responses/{status}"}
               for status in ("401", "403", "404", "409", "422", "429")},
        },
    }  # fmt: skip
    if one.asks is not None:
        told["requestBody"] = {"required": True, "content": _content(one.asks)}
    return told


def _content(kind: type[Any] | str, many: bool = False) -> dict[str, Any]:
    """Content by media type: bytes of a named type, or JSON of a struct or a named schema."""
    if isinstance(kind, type):
        name = kind.__name__
    elif kind in (XML, ZIP, BYTES):
        return {kind: {}}
    else:
        name = kind
    schema: dict[str, Any] = {"$ref": _REF.format(name=name)}
    return {JSON: {"schema": {"type": "array", "items": schema} if many else schema}}


def _schemas() -> dict[str, Any]:
    named = [kind for one in OPERATIONS for kind in (one.asks, one.gives)]
    kinds: list[type[Any]] = [kind for kind in named if isinstance(kind, type)]
    kinds += [*_ROWS.values(), bank.Payouts, bank.Report, Problem, CellsProblem]
    _, found = msgspec.json.schema_components(set(kinds), ref_template=_REF)
    for name, row in _ROWS.items():
        whole = found["Payouts" if row is bank.PayoutRow else "Report"]
        rows = {"type": "array", "items": {"$ref": _REF.format(name=row.__name__)}}
        found[name] = {
            **whole, "title": name, "properties": {**whole["properties"], "rows": rows}
        }  # fmt: skip
    del found["Payouts"], found["Report"]
    return dict(sorted(found.items()))


def _refusals() -> Iterator[tuple[str, dict[str, Any]]]:
    by_status: dict[int, list[str]] = {404: ["NOT_FOUND"], 422: ["CELLS"]}
    for code in CODES:
        by_status.setdefault(STATUS.get(code, 409), []).append(code.value)
    for status, codes in sorted(by_status.items()):
        problem = {"$ref": _REF.format(name="Problem")}
        cells = {"$ref": _REF.format(name="CellsProblem")}
        content = {PROBLEM: {"schema": {"anyOf": [problem, cells]} if status == 422 else problem}}
        yield str(int(status)), {"description": ", ".join(codes), "content": content}
