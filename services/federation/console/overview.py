"""The county on one page: every village with its figures, compared as a picture and as a table.

Figures are as of each village's own last closed day, told with the head they hold at; whoever is
late or waits is marked where the eye falls first.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from contracts.money import Fen
from kernel.policy import Policy
from kernel.recovery import Recovery
from services.federation.console import page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.lists import CODE, FEN, NUMBER, Cell, Column, Listing
from services.federation.console.queries import villages, waiting
from services.federation.console.queries.villages import Village

_PICTURE = 1000


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a bar: where it begins and how long it is, of 1000."""

    tone: str
    start: int
    width: int


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One village of the picture. ``mark`` is where its fund ends, of 1000."""

    village: Village
    segments: tuple[Segment, ...]
    mark: int
    recovery_permille: int | None
    below: bool


@get("/", sync_to_thread=True)
def overview(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The county, or a township's villages."""
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        found = villages.villages(conn, visitor.scope)
        policy = visitor.desk.county.world.policy(conn, "")
        open_findings = waiting.count_live(conn, "finding", villages.LIVE_FINDINGS)
    return page.show_list(
        visitor,
        "overview.html",
        listing(found, policy, head.closed_date),
        head=head,
        villages=found,
        bars=picture(found, policy),
        floor=policy.ppm("recovery.min") // 1000,
        total=total(found),
        open_findings=open_findings if visitor.county_wide else total(found)["findings"],
        late=[one for one in found if one.late_days],
        waiting=[one for one in found if one.mode not in ("open", "")],
        recovery=recovery(found),
    )


def recovery(found: Sequence[Village]) -> Recovery:
    """Due recovery of all these villages together (R-052)."""
    return Recovery(
        due_fen=Fen(sum(one.recovery.due_fen for one in found)),
        repaid_fen=Fen(sum(one.recovery.repaid_fen for one in found)),
    )


def total(found: Sequence[Village]) -> dict[str, int]:
    """Sums of the figures that can be summed."""
    names = (
        "fund_fen", "lent_fen", "overdue_fen", "free_fen", "held_fen",
        "loans", "members", "findings",
    )  # fmt: skip
    return {name: sum(getattr(one, name) for one in found) for name in names}


def picture(found: Sequence[Village], policy: Policy) -> list[Bar]:
    """Where each village's money is, on one scale; the widest village fills the picture."""
    widest = max([1, *(max(one.fund_fen, _placed(one)) for one in found)])
    return [_bar(one, widest, policy) for one in found]


def listing(found: Sequence[Village], policy: Policy, county_closed: str) -> Listing:
    """The table under the picture; the same in Excel."""
    return Listing(
        name="county",
        title=("县总览", "County overview"),
        columns=(
            Column(zh="互助社", en="Cooperative"),
            Column(zh="乡镇", en="Township"),
            Column(zh="评级", en="Grade"),
            Column(zh="社员", en="Members", kind=NUMBER, total=True),
            Column(zh="互助资金", en="Fund", kind=FEN, total=True),
            Column(zh="借出余额", en="Lent", kind=FEN, total=True),
            Column(zh="其中逾期", en="Overdue", kind=FEN, total=True),
            Column(zh="到期还款率", en="Due recovery"),
            Column(zh="保管可用", en="Custody free", kind=FEN, total=True),
            Column(zh="保管占用", en="Custody held", kind=FEN, total=True),
            Column(zh="待办差异", en="Findings", kind=NUMBER, total=True),
            Column(zh="日结至", en="Closed to"),
            Column(zh="账簿末端", en="Head", kind=CODE),
        ),
        rows=tuple(_row(one, policy, county_closed) for one in found),
        empty=("您的范围内没有互助社。", "There is no cooperative in your scope."),
    )


def _row(one: Village, policy: Policy, county_closed: str) -> tuple[Cell, ...]:
    reaches = one.recovery.reaches(policy.ppm("recovery.min"))
    rate = one.recovery.percent
    own = f"{AT}/cooperatives/{one.id}"
    book = f"{AT}/books/N-{one.id}/accounts"
    custody = f"{AT}/books/K-{one.id}/accounts"
    return (
        Cell(value=(one.name, one.name_en), href=own, title=one.id),
        Cell(value=one.township if one.township[0] else None),
        Cell(value=one.grade or None),
        Cell(value=one.members),
        Cell(value=one.fund_fen, href=own),
        Cell(value=one.lent_fen, href=f"{own}/loans"),
        Cell(
            value=one.overdue_fen,
            href=f"{book}/116" if one.overdue_fen else "",
            tone="bad" if one.overdue_fen else "",
        ),
        Cell(
            value=f"{rate}%" if rate else ("无到期", "none due"),
            tone="bad" if reaches is False else "",
        ),
        Cell(value=one.free_fen, href=f"{custody}/80101"),
        Cell(value=one.held_fen, href=f"{custody}/80102"),
        Cell(
            value=one.findings,
            href=f"{AT}/findings?q-findings={one.id}" if one.findings else "",
            tone="warn" if one.findings else "",
        ),
        _closed(one, county_closed),
        Cell(
            value=f"N#{one.seq} {one.digest[: page.DIGEST_SHOWN]}" if one.seq else None,
            title=one.digest,
        ),
    )


def _closed(one: Village, county_closed: str) -> Cell:
    """The last closed day, and in words when that is not the county's."""
    if one.mode not in ("open", ""):
        zh, en = words.word("states", one.mode)
        return Cell(value=(f"{one.closed or '—'} {zh}", f"{one.closed or '—'} {en}"), tone="bad",
                    title=one.reason)  # fmt: skip
    if one.late_days:
        return Cell(
            value=(f"{one.closed or '—'} 迟 {one.late_days} 天",
                   f"{one.closed or '—'} {one.late_days} d late"),
            tone="warn",
            title=county_closed,
        )  # fmt: skip
    return Cell(value=one.closed or None)


def _placed(one: Village) -> int:
    return one.lent_fen + one.lent_on_fen + one.free_fen + one.held_fen


def _bar(one: Village, widest: int, policy: Policy) -> Bar:
    start = 0
    segments = []
    for tone, amount in (
        ("lent", one.lent_fen - one.overdue_fen),
        ("overdue", one.overdue_fen),
        ("lent-on", one.lent_on_fen),
        ("held", one.held_fen),
        ("free", one.free_fen),
    ):
        end = start + max(amount, 0)
        left, right = start * _PICTURE // widest, end * _PICTURE // widest
        segments.append(Segment(tone=tone, start=left, width=right - left))
        start = end
    due, repaid = one.recovery.due_fen, one.recovery.repaid_fen
    return Bar(
        village=one,
        segments=tuple(segments),
        mark=one.fund_fen * _PICTURE // widest,
        recovery_permille=repaid * _PICTURE // due if due else None,
        below=one.recovery.reaches(policy.ppm("recovery.min")) is False,
    )
