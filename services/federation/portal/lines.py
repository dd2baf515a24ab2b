"""Pages of the bank's guaranteed lines: the list, one line with its log, payout and repayment."""

import re
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.federation.cases import claims, packages
from services.federation.cases.guarantees import overdue_days
from services.federation.console import page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form, FormRefused
from services.federation.portal import door, queries, sheets, show
from services.federation.portal.window import MAKER

NONCE = re.compile(r"[0-9a-f]{16}")


@get("/lines", sync_to_thread=True)
def all_lines(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every line the bank was ever sent."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        found = window.all(conn, packages.LINE)
        listing = door.lines_list(found, queries.balances(conn, found), door.names(conn))
    return page.show_list(visitor, "bank_list.html", listing)


@get("/lines/{name:str}", sync_to_thread=True)
def one_line(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One line: what is guaranteed, paid, repaid, in arrears, claimed; and every act."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        line = window.own(conn, packages.LINE, name)
        names = door.names(conn)
        today = window.today(conn)
        periods = [
            one for one in window.all(conn, "bank_report") if one.terms["kind"] == sheets.REPAYMENT
        ]
        organs = visitor.organs(conn, line.parties)
        data = {
            "balance": queries.balances(conn, [line]).get(name, 0),
            "claims": door.linked(conn, claims.PROCESS, "guarantee", name),
            "corrections": door.linked(conn, "correction", "about", name),
            "log": queries.log(conn, line, names, organs),
            "organs": organs,
        }
    return page.show_page(
        visitor,
        "bank_line.html",
        line=line,
        names=names,
        today=today,
        overdue=overdue_days(line, date.fromisoformat(today)),
        periods=periods[::-1],
        maker=MAKER in window.roles,
        nonce=visitor.desk.county.ports.random(8).hex(),
        **data,
    )


@post("/told/{kind:str}", sync_to_thread=True)
def told(
    visitor: NamedDependency[Visitor], form: NamedDependency[Form], kind: FromPath[str]
) -> Response[Any]:
    """One payout or one repayment, by form: a report of one row."""
    nonce, name = form.get("nonce", ""), form.get("guarantee", "")
    if kind not in (sheets.PAYOUT, sheets.REPAYMENT) or NONCE.fullmatch(nonce) is None:
        raise FormRefused
    window, back = door.window_of(visitor), f"{BANK_AT}/lines/{name}"
    with visitor.reading() as conn:
        window.own(conn, packages.LINE, name)
    found = sheets.from_form(kind, form)
    with show.refusing(visitor, kind, back) as out:
        window.report(
            kind, found.rows, f"form-{nonce}", period=form.get("period", ""), wrong=found.wrong
        )
        out.go(back)
    return out.response
