"""Answers that are no ordinary page: files, sheets to fill in, and every wrong cell of a report."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import quote

from litestar import Response

from contracts.bank import CellError
from services.federation.bank_files.faults import BankFileRefused
from services.federation.bank_files.sheets import Form
from services.federation.cases.bank_reports import ReportRefused
from services.federation.console import page
from services.federation.console.desk import Visitor
from services.federation.portal import sheets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WRONG = 422


def file(body: bytes, name: str, media: str) -> Response[bytes]:
    """Bytes to be saved under a name, never to be shown by the browser."""
    plain = name.encode("ascii", "ignore").decode() or "file"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return Response(content=body, media_type=media, headers={"Content-Disposition": disposition})


def sheet(kind: str, rows: Sequence[Mapping[str, Any]], today: str, name: str) -> Response[bytes]:
    """A sheet to be filled in, as Excel."""
    body = sheets.blank(kind, Form.XLSX, rows, date.fromisoformat(today))
    return file(body, f"{name}.xlsx", XLSX)


def cells(visitor: Visitor, wrong: Sequence[CellError], kind: str, back: str) -> Response[Any]:
    """Every wrong cell at once; nothing of the report was taken."""
    titles = sheets.titles(kind)
    response = page.show_page(
        visitor,
        "bank_cells.html",
        wrong=[(one, titles.get(one.column, (one.column, one.column))) for one in wrong],
        back=back,
    )
    response.status_code = WRONG
    return response


class Out:
    """What a form is answered with: a page to look at, or the wrong cells."""

    response: Response[Any]

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def go(self, path: str) -> None:
        """Everything was taken: look at this page."""
        self.response = page.go(self._visitor, path)


@contextmanager
def refusing(visitor: Visitor, kind: str, back: str) -> Iterator[Out]:
    """Turn refused cells, of a rule or of a file, into the page that names them all."""
    out = Out(visitor)
    try:
        yield out
    except ReportRefused as refused:
        out.response = cells(visitor, refused.errors, kind, back)
    except BankFileRefused as refused:
        out.response = cells(visitor, sheets.cells_of(refused.faults), kind, back)
