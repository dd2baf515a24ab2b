"""`lianhe federation audit`: the county's books and cases recomputed from the acts' bytes.

Called by people: when a bank or an auditor asks, or after a restore. Reads in one moment, beside a
county at work; the heads the county signed each night stand as witnesses, with those of ``--told``.
"""

import os
from pathlib import Path

import click

from contracts.codec import public_bytes
from infra.county_service import county_engine
from journal import heads
from lianhe.commands import audited
from services.federation.cases import closing
from services.federation.identity import load_keys
from services.federation.settings import read_settings


@click.command("audit")
@click.option("--data", "datadir", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="数据目录 The county's data directory.")  # fmt: skip
@click.option("--database", default="", help="PostgreSQL 地址 URL of a PostgreSQL.")
@audited.TOLD
def audit(datadir: Path, database: str, files: tuple[Path, ...]) -> None:
    """核账 Recompute every book and case; 0 when nothing differs, 1 when something does."""
    told = audited.told(files)
    key = public_bytes(load_keys(read_settings(os.environ, datadir=datadir).keys).signing)
    with county_engine(datadir, database) as engine:
        moment = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with moment.begin() as conn:
            signed, forged = closing.witnesses(conn, key)
            found = [*forged, *audited.recomputed(conn, "N", [*told, *signed])]
            books = len(heads.read_all(conn))
    audited.end(found, books, len(told) + len(signed))
