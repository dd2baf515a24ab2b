"""Pages of corrections, both ways: asked with old and new value, answered by the other side.

Called by the bank's browser; the county's desk (``console.corrections``) shows the same pages and
reads the same form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_correction import AMOUNTS, value_of
from services.federation.bank_files.faults import Faults, Place
from services.federation.bank_files.values import fen_of_cell
from services.federation.cases import corrections, packages
from services.federation.console import guard, page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.words import Pair
from services.federation.portal import door, queries


@get("/corrections", sync_to_thread=True)
def all_corrections(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every correction of the bank's lines, whoever asked."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        listing = door.corrections_list(window.all(conn, corrections.PROCESS), BANK_AT)
    return page.show_list(visitor, "bank_list.html", listing)


@get("/corrections/{name:str}", sync_to_thread=True)
def one_correction(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One correction: what stands, what it shall be, why, and the answer."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, corrections.PROCESS, name)
        names = door.names(conn)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, names, organs)
    return show_case(
        visitor, case, log, names, at=BANK_AT, lines="lines",
        answers=case.state == corrections.ASKED_BANK and "checker@bank" in window.roles,
        withdraws=case.state == corrections.ASKED_COUNTY,
    )  # fmt: skip


@get("/lines/{name:str}/correction", sync_to_thread=True)
def form_of(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The form in which a correction of one line is asked for."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        line = window.own(conn, packages.LINE, name)
    return show_form(visitor, line, at=BANK_AT, lines="lines")


@post("/corrections", sync_to_thread=True)
def ask(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Ask the county for a correction; the old value is the one the form was shown with."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, packages.LINE, form.get("about", ""))
    case = window.correct(said_of(form))
    return page.go(visitor, f"{BANK_AT}/corrections/{case.id}")


@post("/corrections/answer", sync_to_thread=True)
def answer(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Agree under the digest shown, refuse, or take back."""
    name, act = form.get("case", ""), form.get("act", "")
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, corrections.PROCESS, name)
    sure = guard.confirm(visitor, form) if act == "accept" else visitor
    window.answer_correction(name, act, form.get("terms", ""), form.get("reason", "").strip())
    return page.go(sure, f"{BANK_AT}/corrections/{name}")


def show_case(
    visitor: Visitor, case: Case, log: Sequence[queries.Logged], names: Mapping[str, Pair], *,
    at: str, lines: str, answers: bool, withdraws: bool,
) -> Response[Any]:  # fmt: skip
    """One correction as either side sees it.

    ``at`` is where the side's pages stand, ``lines`` where below it a line has its page.
    """
    return page.show_page(
        visitor,
        "bank_correction.html",
        case=case,
        fields=door.FIELDS,
        causes=door.CAUSES,
        shown=door.shown,
        log=log,
        names=names,
        place=f"{at}/corrections",
        line_at=f"{at}/{lines}/{case.terms['about']}",
        answers=answers,
        withdraws=withdraws,
    )


def show_form(visitor: Visitor, line: Case, *, at: str, lines: str) -> Response[Any]:
    """The form of either side for one line, with what stands now; places as in ``show_case``."""
    return page.show_page(
        visitor,
        "bank_correct.html",
        line=line,
        fields=door.FIELDS,
        causes=door.CAUSES,
        values={field: door.shown(field, value_of(line, field)) for field in door.FIELDS},
        amounts=AMOUNTS,
        place=f"{at}/corrections",
        line_at=f"{at}/{lines}/{line.id}",
    )


def said_of(form: Form) -> dict[str, Any]:
    """The facts of a correction from its form; raises FACTS_INVALID naming the field."""
    field = form.get("field", "")
    if field not in door.FIELDS:
        raise Rejected(RejectionCode.FACTS_INVALID, where="field", problem=field[:40] or "missing")
    said: dict[str, Any] = {
        "about": form.get("about", ""), "field": field, "cause": form.get("cause", ""),
        "old": form.get(f"old-{field}", "").strip(), "new": form.get("new", "").strip(),
    }  # fmt: skip
    if note := form.get("note", "").strip():
        said["note"] = note[:200]
    for name in ("old", "new"):
        if said[name] == "—":
            said[name] = ""
        if field in AMOUNTS:
            faults = Faults()
            text = str(said[name])
            said[name] = fen_of_cell(text, Place(field=name), faults, positive=False)
            if faults:
                raise Rejected(RejectionCode.FACTS_INVALID, where=name, problem=text[:40] or "—")
    return said
