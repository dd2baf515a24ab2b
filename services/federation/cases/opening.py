"""The life of a K(i) book told by the county: opened, its policy, its opening, its grade.

Called by set-up, by staff when parameters change, and by the rating case later. Each is an act of
K(i) that the node follows; the register keeps what was told last.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.facts import facts_of
from contracts.facts.books import PolicyFacts
from contracts.facts.opening import Opening
from contracts.ids import COUNTY_BOOK, custody_book, node_book, opening_case
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal.perform import Performed
from kernel.errors import Rejected
from kernel.intercoop import needs_own_account
from services.federation.cases import policies, registers
from services.federation.cases.actors import COUNTY
from services.federation.cases.county_acts import act_on
from services.federation.county import County


def open_cooperative(conn: sa.Connection, county: County, entry: registers.Cooperative) -> None:
    """Register a cooperative and open its two books on the county's open day."""
    today = journal_heads.read(conn, COUNTY_BOOK).today
    registers.enter_cooperative(conn, entry)
    journal_heads.create(conn, custody_book(entry.id), today, key=county.keys.key)
    journal_heads.create(conn, node_book(entry.id), today)
    _tell(conn, county, entry.id, "open", {"opened_on": entry.opened_on}, step="open", opens=True)


def tell_policy(
    conn: sa.Connection, county: County, cooperative: str, facts: PolicyFacts
) -> Performed:
    """Tell a cooperative its parameters from now on.

    Raises kernel.policy.PolicyRefused with every problem, and then nothing was told.
    """
    policies.parse(facts)
    head = journal_heads.lock(conn, [custody_book(cooperative)])[custody_book(cooperative)]
    told = _tell(
        conn, county, cooperative, "policy", facts_of(facts), step=f"policy/{head.seq + 1}"
    )
    policies.keep_version(conn, cooperative, told.acts[0].seq, head.today, facts)
    return told


def change_parameters(
    conn: sa.Connection, county: County, changes: Mapping[str, Any]
) -> PolicyFacts:
    """Change parameters of the county from today on, and tell every cooperative.

    Raises kernel.policy.PolicyRefused with every problem (a village's own that would then loosen
    its county's among them), Rejected FEDERATION_HAS_NO_ACCOUNT; then nothing was told.
    """
    own = policies.told_to(conn, "")
    changed = msgspec.structs.replace(own, county={**own.county, **changes})
    parsed = policies.parse(changed)
    account = registers.the_bank_account(conn)
    if needs_own_account(parsed) and (account is None or not account.federation):
        raise Rejected(RejectionCode.FEDERATION_HAS_NO_ACCOUNT)
    today = journal_heads.read(conn, COUNTY_BOOK).today
    policies.keep_version(conn, "", policies.next_version(conn), today, changed)
    for one in registers.cooperatives(conn):
        mine = policies.told_to(conn, one.id)
        told = msgspec.structs.replace(mine, county=changed.county)
        tell_policy(conn, county, one.id, told)
    return changed


def tell_opening(
    conn: sa.Connection, county: County, cooperative: str, facts: Opening
) -> Performed:
    """Tell a cooperative that joins with running books its checked opening statement, once.

    Its cash stands in K(i) from here; the village follows it and brings in the rest, which has to
    agree (kernel.rules_opening). Raises Rejected FACTS_INVALID, REQUEST_CHANGED if told otherwise.
    """
    case = opening_case(cooperative)
    return act_on(
        conn, county.world, "receipt", case, "opening", COUNTY, facts_of(facts),
        act_id=f"{case}/opening", parties={"coop": cooperative},
    )  # fmt: skip


def tell_grade(
    conn: sa.Connection, county: County, cooperative: str, grade: str, source: str
) -> Performed:
    """Tell a cooperative its grade (A to D) and where it comes from.

    Raises Rejected COOPERATIVE_UNKNOWN.
    """
    registers.find_cooperative(conn, cooperative)
    head = journal_heads.lock(conn, [custody_book(cooperative)])[custody_book(cooperative)]
    registers.enter_grade(conn, cooperative, grade, source)
    return _tell(
        conn, county, cooperative, "grade", {"grade": grade, "source": source},
        step=f"grade/{head.seq + 1}",
    )  # fmt: skip


def _tell(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    act: str,
    facts: dict[str, Any],
    *,
    step: str,
    opens: bool = False,
) -> Performed:
    case = f"book-{cooperative}"
    return act_on(
        conn, county.world, "book", case, act, COUNTY, facts,
        act_id=f"{case}/{step}", parties={"coop": cooperative} if opens else {},
    )  # fmt: skip
