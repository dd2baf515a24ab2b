"""The county's side of the folders between county and bank: fetch what came, put out what is built.

Called before and after the steps of a close, never inside their transaction. Every move is
repeatable: a file is stored before it is taken away, and put out from its stored bytes.
"""

from pathlib import Path

import sqlalchemy as sa

from journal.engine import reading
from services.federation.bank_files.exchange import FROM_BANK, TO_BANK, put, take, waiting
from services.federation.cases import bank_register, night


def collect(engine: sa.Engine, folder: Path) -> int:
    """Store every file that lies in ``from_bank`` and take it away; how many were new."""
    new = 0
    for path in waiting(folder / FROM_BANK):
        with engine.begin() as conn:
            on = night.open_date(conn)
            new += bank_register.keep_received(conn, path.name, path.read_bytes(), on)
        take(path)
    return new


def send(engine: sa.Engine, folder: Path) -> int:
    """Put every file that is built into ``to_bank``; how many. Killed in between, it is put again.

    The bank knows a file by its id and its bytes: the same one twice pays nothing twice.
    """
    with reading(engine).connect() as conn:
        built = bank_register.files_in(conn, bank_register.OUT, bank_register.BUILT)
    for file in built:
        put(folder / TO_BANK, file.name, file.body)
        with engine.begin() as conn:
            bank_register.mark_file(conn, file.id, bank_register.SENT)
    return len(built)
