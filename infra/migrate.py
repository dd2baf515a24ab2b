"""Bring a database to the newest schema: a node's file, or the county's database.

Called by `lianhe node init`, `lianhe federation migrate`, the demonstration and the tests: every
database starts here, none by ``create_all``. It changes no row of a book.
"""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

NODE = ("journal", "node")
"""Rooms whose tables a cooperative's file holds."""
COUNTY = ("journal", "federation")
"""Rooms whose tables the county's database holds."""
_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x11A4_4E01
"""Advisory lock of PostgreSQL: two processes that migrate at once wait for each other."""


def upgrade(engine: sa.Engine, rooms: Sequence[str] = ("journal",)) -> None:
    """Run every version the database lacks of each room, all in one transaction.

    A database that is up to date is left as it is. Raises ValueError for an unknown room.
    """
    known = {folder.name for folder in (_HERE / "versions").iterdir() if folder.is_dir()}
    if unknown := set(rooms) - known:
        raise ValueError(f"no versions of {sorted(unknown)}")
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations",
        "\n".join(str(_HERE / "versions" / room).replace("%", "%%") for room in sorted(known)),
    )
    with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config.attributes["connection"] = conn
        for room in rooms:
            command.upgrade(config, f"{room}@head")
