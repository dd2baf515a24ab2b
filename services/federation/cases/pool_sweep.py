"""What follows by itself in the pool each night: lines of dead packages, stops, ends.

A step of the county close, after deadlines. Idempotent: each thing done removes its own reason.
Sources R-087 (grade), R-089 (claim rate), P6.3.
"""

from collections import Counter

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK
from journal import heads as journal_heads
from journal import store
from kernel.errors import Rejected
from services.federation.cases import (
    agreements,
    bank_reports,
    claims,
    guarantees,
    packages,
    registers,
)
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
            packages.line_act(
                conn, world, line, "release", packages.SYSTEM, {"reason": package.state}
            )
            counts["lines_released"] += 1
        elif line.state == "running" and guarantees.finish(conn, world, line):
            counts["lines_ended"] += 1
    for package in store.in_states(conn, store.COUNTY_SCOPE, packages.PROCESS, ("sent",)):
        counts["packages_answered"] += packages.close_answered(conn, world, package.id)
    for agreement in store.in_states(conn, store.COUNTY_SCOPE, agreements.PROCESS, ("open",)):
        counts["agreements_stopped"] += _stopped(conn, county, agreement.id)
    today = journal_heads.read(conn, COUNTY_BOOK).today
    counts["reports_expected"] += bank_reports.expect(conn, world, today)
    return counts


def _stopped(conn: sa.Connection, county: County, name: str) -> int:
    agreement = store.load(conn, store.COUNTY_SCOPE, name)
    if agreement is None:
        return 0
    grade = registers.find_cooperative(conn, agreement.parties["coop"]).grade
    if grade not in agreement.terms["grades"]:
        try:
            agreements.stop(conn, county.world, agreement, "grade", grade=grade)
        except Rejected:
            return 0
        return 1
    return int(claims.watch(conn, county.world, agreement) is not None)
