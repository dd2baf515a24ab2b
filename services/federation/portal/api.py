"""The bank portal as a JSON API: the same windows, for a bank's machine; described by api_doc.

A refusal is problem+json with code, Chinese and English; a refused report names every wrong cell
in ``cells``. A demand a rule refuses is answered in ISO 20022 (tsrv.016) where XML is accepted.
"""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter, RawBody

from contracts import bank
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.bank_files.faults import BankFileRefused
from services.federation.cases import bank_orders, claims, corrections, packages
from services.federation.cases.bank_reports import ReportRefused
from services.federation.core import Core
from services.federation.portal import api_doc, messages, proof, queries, sheets
from services.federation.portal.api_door import cells_problem, not_found, window_of
from services.federation.portal.window import Window
from services.federation.problems import as_problem

AT = "/bank-api/v1"
Asked = Request[Any, Any, Any]
Asks = NamedDependency[Core]
Name = Annotated[str, QueryParameter(name="name", max_length=120)]
_PROCESSES = (
    packages.PROCESS, packages.LINE, claims.PROCESS, corrections.PROCESS, bank_orders.PROCESS,
    "bank_report", "agreement",
)  # fmt: skip
_XML = "application/xml"
_INNER = ("relatives",)
"""Terms of a village's own decisions, which are no bank's to know."""


@get("/today", sync_to_thread=True)
def today(request: Asked, core: Asks) -> bank.Today:
    """The county's open business date."""
    window = window_of(core, request)
    with core.engine.connect() as conn:
        return bank.Today(business_date=date.fromisoformat(window.today(conn)))


@get("/cases/{process:str}", sync_to_thread=True)
def cases(process: FromPath[str], request: Asked, core: Asks) -> list[bank.CaseTold]:
    """Every case of a process that is the bank's: package, guarantee, claim and the like."""
    window = window_of(core, request)
    if process not in _PROCESSES:
        raise NotFoundException
    with core.engine.connect() as conn:
        return [_told(one) for one in window.all(conn, process)]


@get("/cases/{process:str}/{name:str}", sync_to_thread=True)
def one_case(
    process: FromPath[str], name: FromPath[str], request: Asked, core: Asks
) -> bank.CaseTold:
    """One case of the bank."""
    window = window_of(core, request)
    with core.engine.connect() as conn:
        return _told(window.own(conn, process, name))


@get("/cases/{process:str}/{name:str}/acts", sync_to_thread=True)
def acts(
    process: FromPath[str], name: FromPath[str], request: Asked, core: Asks
) -> list[queries.Done]:
    """Every act of a case of the bank: who did what, on which business date."""
    window = window_of(core, request)
    with core.engine.connect() as conn:
        return queries.acts(conn, window.own(conn, process, name))


@get("/packages/{name:str}/file", sync_to_thread=True)
def package_file(name: FromPath[str], request: Asked, core: Asks) -> Response[bytes]:
    """The package as it was sent."""
    return Response(_package(core, window_of(core, request), name)[1], media_type=_ZIP)


@get("/packages/{name:str}/messages", sync_to_thread=True)
def package_messages(name: FromPath[str], request: Asked, core: Asks) -> Response[bytes]:
    """Its lines as guarantee messages, one tsrv.001 a line, in a zip."""
    case, body = _package(core, window_of(core, request), name)
    with core.engine.connect() as conn:
        return Response(proof.issue_messages(conn, core.county, case, body), media_type=_ZIP)


@get("/packages/{name:str}/verdict", sync_to_thread=True)
def package_verdict(name: FromPath[str], request: Asked, core: Asks) -> bank.Verdict:
    """What the county's run of the public verifier finds, for comparison with the bank's own."""
    case, body = _package(core, window_of(core, request), name)
    return proof.verdict(body, str(case.terms["file"]))


@post("/packages/{name:str}/receipt", sync_to_thread=True, status_code=200)
def receipt(name: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """The bank holds the file of this SHA-256 and says whether every proof held."""
    window, said = window_of(core, request, body), _read(body, bank.Received)
    return _told(window.receive(name, said.sha256, verified=said.verified))


@post("/packages/{name:str}/answers", sync_to_thread=True)
def answers(name: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """Prepare answers to lines as one order, which the checker's key releases."""
    window, said = window_of(core, request, body), _read(body, bank.Answers)
    content = {"answers": [[one.guarantee, one.answer, one.reason] for one in said.answers]}
    return _told(window.prepare(bank_orders.ANSWERS, packages.PROCESS, name, content))


@post("/guarantees/{name:str}/notice", sync_to_thread=True)
def notice(name: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """Prepare a 代偿通知书; its papers were handed in before."""
    window, said = window_of(core, request, body), _read(body, bank.Notice)
    if said.guarantee != name:
        raise Rejected(RejectionCode.FACTS_INVALID, where="guarantee", problem=said.guarantee[:80])
    content = {
        "amount": said.amount_fen, "interest": said.interest_fen, "manifest": said.manifest,
        "papers": said.papers,
    }  # fmt: skip
    return _told(window.prepare(bank_orders.NOTICE, packages.LINE, name, content))


@post("/claims/{name:str}/{kind:str}", sync_to_thread=True)
def claim_told(
    name: FromPath[str], kind: FromPath[str], body: RawBody, request: Asked, core: Asks
) -> bank.CaseTold:
    """Prepare ``recovery``, ``guarantors`` or ``withdraw`` of a claim."""
    window = window_of(core, request, body)
    content: dict[str, Any]
    if kind == bank_orders.WITHDRAW:
        content = {"reason": _read(body, bank.Reason).reason}
    elif kind == bank_orders.GUARANTORS:
        content = {"amount": _read(body, bank.Told).amount_fen}
    elif kind == bank_orders.RECOVERY:
        said = _read(body, bank.Recovery)
        content = {
            "amount": said.amount_fen, "cost": said.cost_fen, "method": said.method,
            "still_owed": said.still_owed_fen,
        }  # fmt: skip
    else:
        raise NotFoundException
    return _told(window.prepare(kind, claims.PROCESS, name, content))


@post("/orders/{name:str}/release", sync_to_thread=True, status_code=200)
def release(name: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """The checker's key releases an order under the digest of its terms."""
    window, said = window_of(core, request, body), _read(body, bank.Terms)
    return _told(window.release(name, said.terms))


@post("/orders/{name:str}/turn_back", sync_to_thread=True, status_code=200)
def turn_back(name: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """An order goes back with a reason."""
    window, said = window_of(core, request, body), _read(body, bank.Reason)
    return _told(window.turn_back(name, said.reason))


@post("/reports/payout", sync_to_thread=True, status_code=200)
def payouts(body: RawBody, request: Asked, core: Asks) -> bank.ReportTaken:
    """Payouts, all rows or none."""
    window, said = window_of(core, request, body), _read(body, bank.Payouts)
    return _reported(window, sheets.PAYOUT, said.rows, said.report, "")


@post("/reports/{kind:str}", sync_to_thread=True, status_code=200)
def report(kind: FromPath[str], body: RawBody, request: Asked, core: Asks) -> bank.ReportTaken:
    """A month's ``utilisation`` or ``repayment``, all rows or none."""
    window, said = window_of(core, request, body), _read(body, bank.Report)
    if kind not in (sheets.UTILISATION, sheets.REPAYMENT):
        raise NotFoundException
    return _reported(window, kind, said.rows, said.report, said.period)


@post("/papers", sync_to_thread=True)
def paper(body: RawBody, request: Asked, core: Asks, name: Name = "paper") -> bank.PaperKept:
    """Keep a paper under the SHA-256 of its bytes."""
    window = window_of(core, request, body)
    if not body:
        raise Rejected(RejectionCode.FACTS_INVALID, where="body", problem="empty")
    plain = name.replace("\x00", "")
    digest = window.keep(plain, "application/octet-stream", body)
    return bank.PaperKept(sha256=digest, name=plain, bytes=len(body))


@get("/papers/{digest:str}", sync_to_thread=True)
def paper_body(digest: FromPath[str], request: Asked, core: Asks) -> Response[bytes]:
    """A paper of the bank."""
    window = window_of(core, request)
    with core.engine.connect() as conn:
        found = window.paper(conn, digest)
    return Response(found.body, media_type="application/octet-stream")


@post("/messages", sync_to_thread=True)
def message(body: RawBody, request: Asked, core: Asks) -> Response[Any]:
    """Take a tsrv.013, tsrv.017 or tsrv.019 as an order; a refused demand is told by tsrv.016."""
    window = window_of(core, request, body)
    try:
        order = messages.take(window, body)
    except messages.DemandRefused as refused:
        if _XML not in request.headers.get("accept", ""):
            raise refused.refusal from None
        return Response(refused.message, status_code=409, media_type=_XML)
    return Response(_told(order), status_code=201)


@post("/corrections", sync_to_thread=True)
def correct(body: RawBody, request: Asked, core: Asks) -> bank.CaseTold:
    """Ask the county for a correction."""
    window, said = window_of(core, request, body), _read(body, bank.CorrectionAsked)
    facts: dict[str, Any] = {
        "about": said.guarantee, "field": said.field, "old": said.old, "new": said.new,
        "cause": said.cause,
    }  # fmt: skip
    return _told(window.correct(facts | ({"note": said.note} if said.note else {})))


@post("/corrections/{name:str}/{act:str}", sync_to_thread=True, status_code=200)
def answer_correction(
    name: FromPath[str], act: FromPath[str], body: RawBody, request: Asked, core: Asks
) -> bank.CaseTold:
    """``accept`` under the digest of its terms; ``refuse`` or ``withdraw`` with a reason."""
    window = window_of(core, request, body)
    if act == "accept":
        said = _read(body, bank.Terms)
        return _told(window.answer_correction(name, act, said.terms, said.remark))
    return _told(window.answer_correction(name, act, "", _read(body, bank.Reason).reason))


@get("/openapi.json", sync_to_thread=False)
def described() -> dict[str, Any]:
    """What this API takes and gives (OpenAPI 3.1); read without a signature."""
    return api_doc.document(AT)


def api_router() -> Router:
    """Everything under ``/bank-api/v1``."""
    return Router(
        path=AT,
        include_in_schema=False,
        route_handlers=[
            described, today,
            cases, one_case, acts, package_file, package_messages, package_verdict, receipt,
            answers, notice, claim_told, release, turn_back, payouts, report, paper, paper_body,
            message, correct, answer_correction,
        ],
        exception_handlers={
            ReportRefused: cells_problem, BankFileRefused: cells_problem,
            NotFoundException: not_found, Exception: as_problem,
        },
    )  # fmt: skip


_ZIP = "application/zip"


def _read(body: bytes, kind: type[Any]) -> Any:
    """A request's JSON; raises FACTS_INVALID naming what does not fit."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = str(error)[:200].replace("\x00", "")
        raise Rejected(RejectionCode.FACTS_INVALID, where="body", problem=problem) from error


def _reported(
    window: Window, kind: str, rows: list[dict[str, Any]], name: str, period: str
) -> bank.ReportTaken:
    if not (0 < len(name) <= 40 and name.isascii() and name.replace("-", "").isalnum()):
        raise Rejected(RejectionCode.FACTS_INVALID, where="report", problem=name[:40] or "-")
    if len(rows) > sheets.ROWS_MAX:
        raise Rejected(RejectionCode.FACTS_INVALID, where="rows", problem=f"> {sheets.ROWS_MAX}")
    found = sheets.from_json(kind, rows)
    taken = window.report(kind, found.rows, f"api-{name}", period=period, wrong=found.wrong)
    return bank.ReportTaken(report=taken.report, rows=taken.rows, total_fen=taken.total)


def _package(core: Core, window: Window, name: str) -> tuple[Case, bytes]:
    with core.engine.connect() as conn:
        case = window.own(conn, packages.PROCESS, name)
        return case, window.paper(conn, str(case.terms["file"])).body


def _told(case: Case) -> bank.CaseTold:
    return bank.CaseTold(
        id=case.id, process=case.process, state=case.state, due=str(case.due or ""),
        terms={name: value for name, value in case.terms.items() if name not in _INNER},
    )  # fmt: skip
