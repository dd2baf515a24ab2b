"""What follows by itself in the pool each night: lines of dead packages, stops, ends.

A step of the county close, after deadlines. Idempotent: each thing done removes its own reason.
Sources R-087 (grade), R-089 (claim rate), P6.3.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK
from journal import heads as journal_heads
from journal import store
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import (
    agreements,
    bank_periods,
    claims,
    findings,
    guarantees,
    packages,
    registers,
)
from services.federation.cases.actors import PACKAGES
from services.federation.county import County

DEAD = ("lapsed", "declined", "withdrawn", "expired")


def sweep(conn: sa.Connection, county: County) -> Counter[str]:
    """Release lines whose package came to nothing, stop what must stop, end what has ended."""
    counts: Counter[str] = Counter()
    world = county.world
    lines = store.in_states(
        conn, store.COUNTY_SCOPE, packages.LINE, (*packages.OPEN_LINES, "running")
    )
    for line in lines:
        package = store.load(conn, store.COUNTY_SCOPE, str(line.terms["package"]))
        if line.state in packages.OPEN_LINES and package is not None and package.state in DEAD:
            dead = {"reason": package.state}
            counts["lines_released"] += _done(
                conn, county, line,
                partial(packages.line_act, conn, world, line, "release", PACKAGES, dead),
            )  # fmt: skip
        elif line.state == "running" and guarantees.finish(conn, world, line):
            counts["lines_ended"] += 1
    for package in store.in_states(conn, store.COUNTY_SCOPE, packages.PROCESS, ("sent",)):
        counts["packages_answered"] += _done(
            conn, county, package, partial(packages.close_answered, conn, world, package.id)
        )
    for agreement in store.in_states(conn, store.COUNTY_SCOPE, agreements.PROCESS, ("open",)):
        counts["agreements_stopped"] += _done(
            conn, county, agreement, partial(_stopped, conn, county, agreement)
        )
    today = journal_heads.read(conn, COUNTY_BOOK).today
    counts["reports_expected"] += bank_periods.expect(conn, world, today)
    return counts


def _done(conn: sa.Connection, county: County, case: Case, doing: Callable[[], object]) -> bool:
    """Do one thing, or tell who must look at its case: one case never stops the county's night."""
    try:
        with conn.begin_nested():
            return bool(doing())
    except Rejected as refusal:
        findings.open_once(
            conn, county, "pool_sweep_refused", case.id, cooperative=case.parties["coop"],
            facts={"case": case.id, **findings.refusal_facts(refusal.as_struct())},
        )  # fmt: skip
        return False


def _stopped(conn: sa.Connection, county: County, agreement: Case) -> bool:
    grade = registers.find_cooperative(conn, agreement.parties["coop"]).grade
    if grade not in agreement.terms["grades"]:
        return agreements.stop(conn, county.world, agreement, "grade", grade=grade).fresh
    return claims.watch(conn, county.world, agreement) is not None
