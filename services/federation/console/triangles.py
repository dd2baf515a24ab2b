"""Claims and recoveries by cohort (代偿与追偿): how each quarter's loans turned out as they aged.

Two triangles with their shares, as pages, Excel and CSV. County-wide, like the stress page, whose
default rates these figures are there to correct.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from kernel.policy_kinds import display
from services.federation.console import page
from services.federation.console.desk import Visitor
from services.federation.console.lists import FEN, Cell, Column, Listing
from services.federation.console.queries import villages
from services.federation.console.words import Pair
from services.federation.insight.cohorts import cohorts
from services.federation.insight.triangles import QUARTER, YEAR, Row, triangle

PERIODS = {"quarter": QUARTER, "year": YEAR}
_AGES = 12
"""Columns a page has room for; older ages stand in the last one."""


@get("/stress/triangles", sync_to_thread=True)
def triangles(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Both triangles, by quarter or by year."""
    if not visitor.county_wide:
        raise NotFoundException
    by = visitor.request.query_params.get("by", "quarter")
    months = PERIODS.get(by, QUARTER)
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        found = cohorts(conn)
    today = head.today
    claims = triangle(found.loans, found.claims, as_of=today, months=months)
    back = triangle(found.paid, found.recoveries, as_of=today, months=months)
    return page.show_lists(
        visitor,
        "triangles.html",
        {
            "claims": triangle_list(
                "claims",
                ("累计代偿,按放款期", "Claims paid so far, by when the loans were paid out"),
                ("放款期", "Paid out in"),
                ("放款本金", "Principal paid out"),
                claims,
            ),
            "recoveries": triangle_list(
                "recoveries",
                ("累计追回,按代偿期", "Recovered so far, by when the claims were paid"),
                ("代偿期", "Claim paid in"),
                ("补偿金已赔", "Paid by the pool"),
                back,
            ),
        },
        head=head,
        by="year" if months == YEAR else "quarter",
    )


def triangle_list(name: str, title: Pair, cohort: Pair, base: Pair, rows: Sequence[Row]) -> Listing:
    """A triangle as a table: a column an age, the share of the base last."""
    ages = min(max((len(row.cells) for row in rows), default=0), _AGES)
    return Listing(
        name=name,
        title=title,
        columns=(
            Column(zh=cohort[0], en=cohort[1]),
            Column(zh=base[0], en=base[1], kind=FEN, total=True),
            *(Column(zh=f"第 {age} 期", en=f"age {age}", kind=FEN) for age in range(ages)),
            Column(zh="至今", en="To date", kind=FEN, total=True),
            Column(zh="占比", en="Share"),
        ),
        rows=tuple(_row(row, ages) for row in rows),
        empty=("还没有。", "Nothing yet."),
    )


def _row(row: Row, ages: int) -> tuple[Cell, ...]:
    reached = max(age for age, cell in enumerate(row.cells) if cell is not None)
    return (
        Cell(value=row.cohort),
        Cell(value=row.base_fen),
        *(Cell(value=row.cells[age], title=_share(row, age)) for age in range(ages)),
        Cell(value=row.latest_fen),
        Cell(value=_share(row, reached)),
    )


def _share(row: Row, age: int) -> str:
    ppm = row.rate_ppm(age)
    return "" if ppm is None else display("percent", ppm)
