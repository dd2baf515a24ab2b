"""Pages of guarantee packages: receive, verify, download, answer line by line.

Answers are prepared by the bank's maker; its checker releases them on the page of orders.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import bank_orders, packages, papers
from services.federation.console import page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, NUMBER, Cell, Column, Listing
from services.federation.portal import door, proof, queries, sheets, show
from services.federation.portal.papers_in import Upload
from services.federation.portal.window import MAKER, Window
from verifier.bundle import zipapp

OPEN = ("sent", "conditioned")
_ZIP = "application/zip"


@get("/packages", sync_to_thread=True)
def all_packages(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every package the bank was sent."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        coops = door.names(conn)
        found = window.all(conn, packages.PROCESS)
    rows = tuple(
        (
            Cell(value=one.id, href=f"{BANK_AT}/packages/{one.id}"),
            Cell(value=door.called(coops, one.parties["coop"])),
            door.state(one),
            Cell(value=len(one.terms["lines"])),
            Cell(value=int(one.terms["amount"])),
            Cell(value=str(one.terms.get("received_on", ""))),
            Cell(value=str(one.due or "")),
            _shown_after_receipt(one),
        )
        for one in found
    )
    listing = Listing(
        name="packages",
        title=("担保文件", "Guarantee packages"),
        columns=(
            Column(zh="编号", en="Package", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="状态", en="State"),
            Column(zh="笔数", en="Lines", kind=NUMBER, total=True),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="收件日", en="Received on", kind="date"),
            Column(zh="答复期限", en="Answer by", kind="date"),
            Column(zh="文件 SHA-256", en="File SHA-256", kind=CODE),
        ),
        rows=rows,
        empty=("还没有收到担保文件。", "No package has come yet."),
    )
    return page.show_list(visitor, "bank_packages.html", listing)


@get("/packages/{name:str}", sync_to_thread=True)
def one_package(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One package: file, verdict, lines and their answers, its acts."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, packages.PROCESS, name)
        coops = door.names(conn)
        lines = packages.lines_of(conn, name)
        balances = queries.balances(conn, lines)
        file = _file(conn, window, case)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, coops, organs)
    verdict = proof.verdict(file, str(case.terms["file"])) if file is not None else None
    return page.show_page(
        visitor,
        "bank_package.html",
        case=case,
        listing=door.lines_list(lines, balances, coops),
        waiting=[line for line in lines if line.state in OPEN],
        verdict=verdict,
        answers=door.ANSWERS,
        borrowers=proof.borrowers(file) if file is not None else {},
        maker=MAKER in window.roles,
        log=log,
        names=coops,
        organs=organs,
    )


@get("/packages/{name:str}/file", sync_to_thread=True)
def download(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The package as it was sent."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, packages.PROCESS, name)
        body = _file(conn, window, case)
    if body is None:
        raise NotFoundException
    return show.file(body, f"guarantee-package-{name}.zip", _ZIP)


@get("/packages/{name:str}/messages", sync_to_thread=True)
def messages(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The package's lines as guarantee messages, one tsrv.001 a line, in a zip."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, packages.PROCESS, name)
        body = _file(conn, window, case)
        if body is None:
            raise NotFoundException
        made = proof.issue_messages(conn, window.county, case, body)
    return show.file(made, f"{name}-tsrv.zip", _ZIP)


@get("/packages/{name:str}/answers", sync_to_thread=True)
def answer_sheet(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The open lines as an Excel sheet to be filled in."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, packages.PROCESS, name)
        rows = [{"guarantee": one.id} for one in packages.lines_of(conn, name) if one.state in OPEN]
        today = window.today(conn)
    return show.sheet(sheets.ANSWERS, rows, today, f"{name}-answers")


@get("/verifier", sync_to_thread=True)
def verifier(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The stand-alone verifier, which needs no trust in us."""
    door.window_of(visitor)
    return show.file(zipapp(), "lianhe-verify.pyz", "application/octet-stream")


@post("/packages/receive", sync_to_thread=True)
def receive(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """The bank says which file it holds and whether its own check held."""
    name = form.get("case", "")
    sha256 = form.get("sha256", "").strip().lower().replace(" ", "")
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, packages.PROCESS, name)
    if form.get("verified", "") not in ("yes", "no"):
        raise Rejected(RejectionCode.FACTS_INVALID, where="verified", problem="missing")
    window.receive(name, sha256, verified=form["verified"] == "yes")
    return page.go(visitor, f"{BANK_AT}/packages/{name}")


@post("/packages/answer", sync_to_thread=True)
def answer(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Answers to lines, and one answer to all that were left, prepared as one order."""
    name, rest = form.get("case", ""), form.get("rest", "")
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, packages.PROCESS, name)
        lines = [one.id for one in packages.lines_of(conn, name) if one.state in OPEN]
    answers: list[list[str]] = []
    for line in lines:
        said = form.get(f"answer-{line}", "") or rest
        if said:
            answers.append([line, said, form.get(f"reason-{line}", "").strip()])
    # A line that was named and is not open is refused by name, not passed over.
    named = [one.removeprefix("answer-") for one in form if one.startswith("answer-") and form[one]]
    answers += [[one, form[f"answer-{one}"], ""] for one in named if one not in lines]
    return _prepared(visitor, window, name, answers)


@post("/packages/{name:str}/answers", sync_to_thread=True)
def answer_by_sheet(
    visitor: NamedDependency[Visitor], upload: NamedDependency[Upload], name: FromPath[str]
) -> Response[Any]:
    """Answers in a sheet, prepared as one order."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, packages.PROCESS, name)
    file = upload.files.get("file")
    found = sheets.from_file(sheets.ANSWERS, file.body if file else b"")
    if found.wrong:
        return show.cells(visitor, found.wrong, sheets.ANSWERS, f"{BANK_AT}/packages/{name}")
    said = [[one.guarantee, one.answer, one.reason] for one in found.answers]
    return _prepared(visitor, window, name, said)


def _prepared(
    visitor: Visitor, window: Window, name: str, answers: list[list[str]]
) -> Response[Any]:
    content = {"answers": answers}
    with show.refusing(visitor, sheets.ANSWERS, f"{BANK_AT}/packages/{name}") as out:
        order = window.prepare(bank_orders.ANSWERS, packages.PROCESS, name, content)
        out.go(f"{BANK_AT}/orders/{order.id}")
    return out.response


def _shown_after_receipt(package: Case) -> Cell:
    """The SHA-256 the county keeps; before receipt the bank computes its own and copies none."""
    told = str(package.terms["file"]) if package.terms.get("received_on") else ""
    return Cell(value=told, digest=bool(told), title=told)


def _file(conn: sa.Connection, window: Window, case: Case) -> bytes | None:
    """The bytes of a package, where they are kept."""
    found = papers.find(conn, str(case.terms["file"]), window.bank)
    return found.body if found else None
