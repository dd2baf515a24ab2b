"""The pool on one page: lines of county, banks and cooperatives as gauges, live; what is overdue.

County-wide. The gauges ask again by themselves; every figure leads to the agreement behind it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from contracts.money import scaled
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.policy_kinds import display
from services.federation.cases import agreements, claims, packages, registers
from services.federation.console import acting, deeds, guard, page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.console.queries import naming, pool, villages, waiting
from services.federation.console.queries.naming import Names
from services.federation.console.queries.pool import Gauge, Standing
from services.federation.console.words import Pair

_PICTURE = 1000
STAFF = "staff@federation"
_TONES = {
    "proposed": "warn", "open": "good", "suspended": "bad", "drafting": "warn",
    "approved": "warn", "noticed": "warn", "accepted": "warn",
}  # fmt: skip


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A gauge as a picture: widths of 1000, the line's end as a mark."""

    gauge: Gauge
    title: Pair
    href: str
    running: int
    reserved: int
    free: int
    over: int
    mark: int
    match_due_fen: int = 0
    standing: Standing | None = None


@get("/pool", sync_to_thread=True)
def overview(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Gauges, agreements, packages and claims."""
    county(visitor)
    with visitor.reading() as conn:
        names = names_of(conn, visitor)
        found = pool.standings(conn)
        every = waiting.every(conn, agreements.PROCESS)[1]
        bundles = waiting.every(conn, packages.PROCESS)[1]
        asked = waiting.every(conn, claims.PROCESS)[1]
        head = villages.county_head(conn)
        whole = pool.whole(conn)
    return page.show_lists(
        visitor,
        "pool.html",
        {
            "agreements": agreement_list(every, found, names),
            "packages": package_list(bundles, names),
            "claims": claim_list(asked, names),
        },
        bars=bars(whole, found, names),
        standings=found,
        may_propose=STAFF in visitor.roles,
        names=names,
        head=head,
    )


@get("/pool/live", sync_to_thread=True)
def live(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The gauges alone, as they stand now."""
    county(visitor)
    with visitor.reading() as conn:
        names = names_of(conn, visitor)
        found, whole = pool.standings(conn), pool.whole(conn)
    return page.show_page(
        visitor, "_gauges.html", bars=bars(whole, found, names), standings=found, names=names
    )


@post("/pool/act", sync_to_thread=True)
def act(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """One deed on one case of the pool, under exactly the terms it was shown with."""
    county(visitor)
    # Who may not see the case is told nothing about it, before any password is asked for.
    with visitor.reading() as conn:
        case = acting.seen_case(conn, visitor, "", form.get("case", ""))
    sure = guard.confirm(visitor, form)
    done = deeds.do(sure, case.id, form.get("act", ""), form.get("terms", ""), form)
    return page.go(sure, deeds.page_of(done))


def county(visitor: Visitor) -> None:
    """The pool is the whole county's. Raises NotFoundException."""
    if not visitor.county_wide:
        raise NotFoundException


def names_of(conn: Any, visitor: Visitor, villages_of: Sequence[str] = ()) -> dict[str, Pair]:
    """Cooperatives, townships, officers and banks by their names."""
    banks = {one: (name, name) for one, name in registers.bank_names(conn).items()}
    return banks | naming.names(conn, visitor.scope, villages_of)


def bars(whole: Sequence[Gauge], found: Sequence[Standing], names: Names) -> list[Bar]:
    """County and banks on one scale, cooperatives on another: theirs is a part of it."""
    widest = max([1, *(max(one.line_fen, one.used_fen) for one in whole)])
    top = [
        _bar(one, widest, ("全县", "County") if one.name == pool.COUNTY else
             names.get(one.name, (one.name, one.name)), "", _match_due(found, one.name))
        for one in whole
    ]  # fmt: skip
    widest = max([1, *(max(one.gauge.line_fen, one.gauge.used_fen) for one in found)])
    return top + [
        msgspec.structs.replace(
            _bar(one.gauge, widest, names.get(one.village, (one.village, one.village)),
                 f"{AT}/pool/agreements/{one.agreement.id}", one.match_due_fen),
            standing=one,
        )
        for one in found
    ]  # fmt: skip


def _match_due(found: Sequence[Standing], name: str) -> int:
    """What is due of match under a bank's agreements, or under all of the county's (fen)."""
    return sum(
        one.match_due_fen for one in found if name in (pool.COUNTY, one.agreement.terms["bank"])
    )


def _bar(gauge: Gauge, widest: int, title: Pair, href: str, match_due_fen: int) -> Bar:
    def wide(fen: int) -> int:
        return fen * _PICTURE // widest

    return Bar(
        gauge=gauge,
        title=title,
        href=href,
        running=wide(gauge.running_fen),
        reserved=wide(gauge.reserved_fen),
        free=wide(gauge.free_fen),
        over=wide(gauge.over_fen),
        mark=wide(gauge.line_fen),
        match_due_fen=match_due_fen,
    )


def state(case: Case) -> Cell:
    """A case's state as a cell."""
    return Cell(value=words.state(case.process, case.state), tone=_TONES.get(case.state, ""))


def agreement_list(every: Sequence[Case], found: Sequence[Standing], names: Names) -> Listing:
    """Agreements with their lines; the same in Excel."""
    standing = {one.agreement.id: one for one in found}
    return Listing(
        name="agreements",
        title=("合作协议", "Agreements"),
        columns=(
            Column(zh="互助社", en="Cooperative"),
            Column(zh="银行", en="Bank"),
            Column(zh="状态", en="State"),
            Column(zh="方式", en="Variant"),
            Column(zh="版本", en="Version"),
            Column(zh="倍数", en="Leverage"),
            Column(zh="缴存", en="Stake", kind=FEN, total=True),
            Column(zh="成员打包", en="Pooled deposits", kind=FEN, total=True),
            Column(zh="配套", en="Match", kind=FEN, total=True),
            Column(zh="应配未配", en="Match due", kind=FEN, total=True),
            Column(zh="额度", en="Line", kind=FEN, total=True),
            Column(zh="在保", en="Running", kind=FEN, total=True),
            Column(zh="预留", en="Reserved", kind=FEN, total=True),
            Column(zh="可用", en="Headroom", kind=FEN, total=True),
            Column(zh="超用", en="Over-use", kind=FEN, total=True),
            Column(zh="代偿率", en="Claim rate"),
            Column(zh="停办线", en="Stops above"),
        ),
        rows=tuple(_agreement_row(case, standing.get(case.id), names) for case in every),
        empty=("还没有合作协议。", "There is no agreement yet."),
    )


def _agreement_row(case: Case, found: Standing | None, names: Names) -> tuple[Cell, ...]:
    village, terms = case.parties["coop"], case.terms
    rate = found.claim_rate_ppm if found else 0
    figures: tuple[int | None, ...] = (None,) * 9
    if found is not None:
        gauge = found.gauge
        figures = (
            found.funds.stake, found.deposits_fen, found.funds.match, found.match_due_fen,
            gauge.line_fen, gauge.running_fen, gauge.reserved_fen, gauge.free_fen, gauge.over_fen,
        )  # fmt: skip
    return (
        Cell(value=names.get(village, (village, village)),
             href=f"{AT}/pool/agreements/{case.id}", title=case.id),
        Cell(value=names.get(str(terms["bank"]), (str(terms["bank"]),) * 2)),
        state(case),
        Cell(value=words.word("variants", str(terms["variant"]))),
        Cell(value=str(terms.get("version", 1))),
        Cell(value=scaled(int(terms["leverage"]), 2)),
        *(Cell(value=fen, tone="bad" if place == len(figures) - 1 and fen else "")
          for place, fen in enumerate(figures)),
        Cell(value=display("percent", rate) if found else None,
             tone="bad" if rate > int(terms["stop_ppm"]) else ""),
        Cell(value=display("percent", int(terms["stop_ppm"]))),
    )  # fmt: skip


def package_list(found: Sequence[Case], names: Names) -> Listing:
    """Guarantee packages as a table."""
    return Listing(
        name="packages",
        title=("担保文件", "Guarantee packages"),
        columns=(
            Column(zh="文件", en="Package", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="状态", en="State"),
            Column(zh="笔数", en="Lines", kind="number"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="起草日", en="Drafted"),
            Column(zh="期限", en="Due"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=deeds.page_of(one)),
                Cell(value=names.get(one.parties["coop"], (one.parties["coop"],) * 2)),
                state(one),
                Cell(value=len(one.terms["lines"])),
                Cell(value=int(one.terms["amount"])),
                Cell(value=str(one.opened)),
                Cell(value=str(one.due) if one.due else None),
            )
            for one in found
        ),
        empty=("还没有担保文件。", "There is no package yet."),
    )


def claim_list(found: Sequence[Case], names: Names) -> Listing:
    """Claims as a table."""
    return Listing(
        name="claims",
        title=("代偿", "Claims"),
        columns=(
            Column(zh="代偿", en="Claim", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="状态", en="State"),
            Column(zh="通知金额", en="Noticed", kind=FEN, total=True),
            Column(zh="受理本金", en="Accepted", kind=FEN, total=True),
            Column(zh="补偿金应赔", en="Borne by the pool", kind=FEN, total=True),
            Column(zh="已追回", en="Recovered", kind=FEN, total=True),
            Column(zh="通知日", en="Noticed on"),
            Column(zh="期限", en="Due"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=deeds.page_of(one)),
                Cell(value=names.get(one.parties["coop"], (one.parties["coop"],) * 2)),
                state(one),
                Cell(value=int(one.terms["noticed"])),
                Cell(value=one.terms.get("called")),
                Cell(value=borne(one)),
                Cell(value=one.terms.get("share_in")),
                Cell(value=str(one.opened)),
                Cell(value=str(one.due) if one.due else None),
            )
            for one in found
        ),
        empty=("还没有代偿。", "There is no claim yet."),
    )


def borne(claim: Case) -> int | None:
    """What the pool pays on an accepted claim (fen)."""
    return loss_of(claim).pool if claim.terms.get("accepted_on") else None
