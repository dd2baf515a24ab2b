"""The end-to-end reference of a payment, leg or transfer: its case id, as a bank carries it.

Called by whoever writes a payment line, and by custody when one comes back. Two cases never share
a reference: what is cut off is replaced by a digest of the whole. A bank takes a reference once,
so what bounced and is filed again has the number of its filing behind it.
"""

from hashlib import sha256

import sqlalchemy as sa

from contracts.codec import decode
from journal import store
from journal.tables import cases
from kernel.cases import Case
from services.federation.bank_files.values import REFERENCE_MAX

_KEPT, _DIGEST, _MARK, _AGAIN = 24, 10, ".", "+"


def reference_of(case: str, filing: int = 1) -> str:
    """The reference of a case's ``filing``-th filing; its id itself where a bank can carry it."""
    name = case if filing == 1 else f"{case}{_AGAIN}{filing}"
    if len(name) <= REFERENCE_MAX:
        return name
    return f"{case[:_KEPT]}{_MARK}{sha256(name.encode()).hexdigest()[:_DIGEST]}"


def current(case: Case) -> str:
    """The reference under which a case is at the bank, or will be filed next."""
    return reference_of(case.id, _filing(case))


def find(conn: sa.Connection, reference: str) -> Case | None:
    """The county case of a reference of any of its filings, if there is one."""
    if _MARK not in reference:
        return store.load(conn, store.COUNTY_SCOPE, reference.partition(_AGAIN)[0])
    prefix = reference[:_KEPT]
    query = sa.select(cases.c.body).where(
        cases.c.scope == store.COUNTY_SCOPE, cases.c.id.startswith(prefix, autoescape=True)
    )
    found = (decode(body.encode(), Case) for body in conn.scalars(query))
    return next((one for one in found if reference in _all(one)), None)


def _all(case: Case) -> list[str]:
    return [reference_of(case.id, filing) for filing in range(1, _filing(case) + 1)]


def _filing(case: Case) -> int:
    return int(case.terms.get("filing", 1))
