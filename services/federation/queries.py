"""Read models of the county: what pages, reports and the demonstration show.

Every function reads in the caller's transaction and writes nothing. Figures are told with the
date and the heads they hold at; amounts are fen.
"""

import sqlalchemy as sa

from services.federation.tables import county


def county_row(conn: sa.Connection) -> tuple[str, str, str, str] | None:
    """Name, key id, days off and days worked (JSON) of this database's county."""
    query = sa.select(county.c.name, county.c.key, county.c.holidays, county.c.workdays)
    row = conn.execute(query).first()
    return None if row is None else (row.name, row.key, row.holidays, row.workdays)
