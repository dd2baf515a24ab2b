"""The night: which dates were closed, what each step did, who was missing, what was proven.

Staff start the close by a button; the door is ``Desk.start_close``. While it runs the page asks
again every second. County-wide: a township has no night.
"""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.rejections import RejectionCode
from journal.heads import Head
from kernel.errors import Rejected
from services.federation.console import page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import NUMBER, Cell, Column, Listing
from services.federation.console.queries import nights as rows
from services.federation.console.queries import villages, waiting
from services.federation.console.queries.villages import Village

STAFF = "staff@federation"
STEPS = ("cut_off", "bank_lines", "prove", "settle", "files", "open_next")
_WATCH = "watch"


@get("/nights", sync_to_thread=True)
def nights(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The closed dates on which something happened, and the button that closes the open one.

    With ``all=1`` also the quiet dates, of which a year has many.
    """
    _county(visitor)
    every = visitor.request.query_params.get("all") == "1"
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        found = rows.nights(conn)
        late = [one for one in villages.villages(conn, visitor.scope) if _is_late(one, head)]
    return page.show_list(
        visitor,
        "nights.html",
        night_list([one for one in found if every or not one.quiet]),
        every=every,
        quiet=sum(one.quiet for one in found),
        head=head,
        late=late,
        may_close=_may_close(visitor),
    )


@post("/nights/close", sync_to_thread=True)
def close(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Ask for the close of every open date up to one; Temporal does it, this page watches."""
    _county(visitor)
    start = visitor.desk.start_close
    if STAFF not in visitor.roles or start is None:
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED,
            role=", ".join(visitor.roles) or "-",
            act="close",
            needed=STAFF,
        )
    with visitor.reading() as conn:
        today = villages.county_head(conn).today
    asked = _day(form.get("day", ""))
    if asked != today:
        raise Rejected(RejectionCode.DAY_CLOSED, date=asked, open=today)
    start(today)
    return page.go(visitor, f"{AT}/nights/{today}?{_WATCH}=1")


@get("/nights/{day:str}", sync_to_thread=True)
def night(visitor: NamedDependency[Visitor], day: FromPath[str]) -> Response[Any]:
    """One night."""
    return _night(visitor, day, "night.html")


@get("/nights/{day:str}/progress", sync_to_thread=True)
def progress(visitor: NamedDependency[Visitor], day: FromPath[str]) -> Response[Any]:
    """The part of the page that changes while a close runs."""
    return _night(visitor, day, "_night.html")


def night_list(found: list[rows.Night]) -> Listing:
    """Nights as a table."""
    return Listing(
        name="nights",
        title=("夜间日结", "Nights"),
        columns=(
            Column(zh="业务日", en="Business date"),
            Column(zh="步骤", en="Steps"),
            Column(zh="用时(秒)", en="Seconds"),
            Column(zh="未日结节点", en="Missing nodes", kind=NUMBER),
            Column(zh="核验项", en="Checks", kind=NUMBER, total=True),
            Column(zh="未通过", en="Failed", kind=NUMBER, total=True),
        ),
        rows=tuple(
            (
                Cell(value=one.day, href=f"{AT}/nights/{one.day}"),
                Cell(
                    value=f"{one.done}/{one.steps}",
                    tone="" if one.done == one.steps else "warn",
                ),
                Cell(value=page.seconds(one.milliseconds)),
                Cell(value=one.missing, tone="warn" if one.missing else ""),
                Cell(value=one.checked),
                Cell(value=one.failed, tone="bad" if one.failed else ""),
            )
            for one in found
        ),
        empty=("还没有日结过。", "No day has been closed yet."),
    )


def _night(visitor: Visitor, day: str, template: str) -> Response[Any]:
    _county(visitor)
    asked = _day(day)
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        steps = rows.steps(conn, asked.isoformat())
        absent = rows.absent(conn, asked.isoformat())
        proofs = rows.proofs(conn, asked.isoformat())
        labels = villages.labels(conn, visitor.scope)
        found = waiting.opened_on(conn, "finding", asked.isoformat())
    if not steps and asked != head.today:
        raise NotFoundException
    watch = visitor.request.query_params.get(_WATCH) == "1"
    done = {one.step: one for one in steps}
    running = any(one.milliseconds is None for one in steps)
    closed = asked < head.today
    return page.show_page(
        visitor,
        template,
        day=asked.isoformat(),
        head=head,
        closed=closed,
        steps=[(name, done.get(name)) for name in STEPS],
        absent=[(one, labels.get(one.cooperative, (one.cooperative,) * 2)) for one in absent],
        proofs=[(one, words.word("invariants", one.name)) for one in proofs],
        failed=sum(one.failed for one in proofs),
        checked=sum(one.checked for one in proofs),
        total=sum(one.milliseconds or 0 for one in steps),
        found=found,
        names=labels,
        steps_begun=bool(steps),
        polling=not closed and (running or watch or bool(steps)),
        may_close=_may_close(visitor) and asked == head.today and not steps and not watch,
    )


def _may_close(visitor: Visitor) -> bool:
    return STAFF in visitor.roles and visitor.desk.start_close is not None


def _county(visitor: Visitor) -> None:
    if not visitor.county_wide:
        raise NotFoundException


def _is_late(one: Village, head: Head) -> bool:
    """Whether this node has not closed the day that is open now: tonight it would be missing."""
    return one.closed < head.open_date


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFoundException from None
