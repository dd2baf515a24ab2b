"""What the bank reports on an accepted line: paid out, repaid, in arrears (P6.3).

Called by the bank portal and its API, one act a row, each under the bank's own name. A line ends
when nothing of it runs or is reserved any more.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import packages
from services.federation.cases.actors import COUNTY


def find(conn: sa.Connection, bank: str, name: str) -> Case:
    """A line of this bank by case id; another bank's is as unknown as one that never was.

    Raises LINE_UNKNOWN.
    """
    found = store.load(conn, store.COUNTY_SCOPE, name)
    if found is None or found.process != packages.LINE or found.terms["bank"] != bank:
        raise Rejected(RejectionCode.LINE_UNKNOWN, line=name)
    return found


def of_bank(conn: sa.Connection, bank: str) -> list[Case]:
    """Every line of a bank that was ever sent, in id order."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(packages.LINE, "bank", bank)
    return [one for one in found if one.terms.get("manifest")]


def paid(
    conn: sa.Connection, world: World, line: Case, said: dict[str, Any], actor: Actor, report: str
) -> Performed:
    """The bank paid out. Raises PAID_ABOVE_LINE, PAID_OUTSIDE_LETTER, ACT_NOT_ALLOWED_NOW."""
    return packages.line_act(
        conn, world, line, "paid", actor, said, act_id=f"{line.id}/paid/{report}"
    )


def repaid(
    conn: sa.Connection, world: World, line: Case, said: dict[str, Any], actor: Actor, report: str
) -> Performed:
    """Principal came back to the bank; a line with nothing left ends. Raises MORE_THAN_OWED."""
    done = packages.line_act(
        conn, world, line, "repaid", actor, said, act_id=f"{line.id}/repaid/{report}"
    )
    return finish(conn, world, done.case) or done


def arrears(
    conn: sa.Connection, world: World, line: Case, said: dict[str, Any], actor: Actor, report: str
) -> Performed:
    """Arrears as of a report, or that they were made good: the claim's clock."""
    return packages.line_act(
        conn, world, line, "arrears", actor, said, act_id=f"{line.id}/arrears/{report}"
    )


def finish(conn: sa.Connection, world: World, line: Case) -> Performed | None:
    """End a line of which nothing runs and nothing is reserved; None while something is."""
    try:
        with conn.begin_nested():
            return packages.line_act(conn, world, line, "finish", COUNTY, {})
    except Rejected:
        return None


def overdue_days(line: Case, on: date) -> int:
    """Days since the first arrears the bank reported; 0 without any."""
    since = str((line.terms.get("arrears") or {}).get("since", ""))
    return max((on - date.fromisoformat(since)).days, 0) if since else 0
