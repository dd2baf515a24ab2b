"""Planted bug: a payment counts as paid when its file is written, before the bank has said so."""

from collections.abc import Callable, Sequence
from datetime import date

import pytest
import sqlalchemy as sa

from journal import store
from journal.perform import Command, perform
from services.federation.cases import payments
from services.federation.cases.actors import BANK_LINE
from services.federation.county import County

NAME = "count money before its bank line"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the building of the night's payment file."""
    build = payments.build

    def build_and_pay(
        conn: sa.Connection,
        county: County,
        on: date,
        sources: Sequence[Callable[[sa.Connection, County], list[payments.Instruction]]],
    ) -> payments.Built:
        built = build(conn, county, on, sources)
        for case in store.in_states(conn, store.COUNTY_SCOPE, payments.PROCESS, ("in_file",)):
            pay = Command(
                id=f"{case.id}/pay",
                process=payments.PROCESS,
                case=case.id,
                act="pay",
                actor=BANK_LINE,
                facts={"line": "none"},
            )
            perform(conn, county.world, pay)
        return built

    patch.setattr(payments, "build", build_and_pay)
