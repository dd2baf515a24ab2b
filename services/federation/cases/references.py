"""The end-to-end reference of a payment or leg: its case id, cut to what a bank carries.

Called by payments and legs when they write a line, by custody when one comes back. Two cases never
share a reference: what is cut off is replaced by a digest of the whole id.
"""

from hashlib import sha256

import sqlalchemy as sa

from contracts.codec import decode
from journal import store
from journal.tables import cases
from kernel.cases import Case
from services.federation.bank_files.values import REFERENCE_MAX

_KEPT, _DIGEST, _MARK = 24, 10, "."


def reference_of(case: str) -> str:
    """The reference of a case id; the id itself where a bank can carry it."""
    if len(case) <= REFERENCE_MAX:
        return case
    return f"{case[:_KEPT]}{_MARK}{sha256(case.encode()).hexdigest()[:_DIGEST]}"


def find(conn: sa.Connection, reference: str) -> Case | None:
    """The county case of a reference, if there is one."""
    if _MARK not in reference:
        return store.load(conn, store.COUNTY_SCOPE, reference)
    prefix = reference[:_KEPT]
    query = sa.select(cases.c.body).where(
        cases.c.scope == store.COUNTY_SCOPE, cases.c.id.startswith(prefix, autoescape=True)
    )
    found = (decode(body.encode(), Case) for body in conn.scalars(query))
    return next((one for one in found if reference_of(one.id) == reference), None)
