"""A county office with one village's pool behind it, and a visitor who presses its buttons.

Builders of the console's pool tests: the story is told act by act (tests.support.pool).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import sqlalchemy as sa

from services.federation.cases import registers
from services.federation.console.desk import Desk
from services.federation.county import County
from services.federation.identity import make_keys
from services.federation.ports import Ports
from services.federation.tables import cooperative
from tests.federation import lending
from tests.federation.console_world import PASSWORD, Clock, enter_officers
from tests.support.pool import AGREEMENT, BANK, PoolVillage
from tests.support.steady import seeded
from tests.support.village import COOP

POOL = "/console/pool"
NAME = f"{POOL}/agreements/{AGREEMENT}"
PROPOSAL = {
    "coop": "baiguo", "bank": BANK, "variant": "v2", "leverage": "5", "base": "stake",
    "match_ppm": "30", "bank_part_ppm": "20", "wait_days": "90", "check_days": "10",
    "pay_days": "15", "layers": "guarantors, own_deposit, stake, match, bundle_deposits",
    "match_order": "after_stake", "mutual": "yes", "stop_ppm": "5", "loan_cap": "50000",
    "term_max": "24", "grades": "A, B",
}  # fmt: skip


class Office:
    """A county whose one village is played act by act, and its console beside it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        county = County(
            name="文县联合社",
            world=lending.county_world("DEFAULT"),
            keys=make_keys(seeded("console pool")),
            ports=Ports(now=Clock(), random=seeded("console pool ports")),
        )
        self.desk = Desk(engine=engine, county=county)
        with engine.begin() as conn:
            register(conn, "A")
            enter_officers(conn)
            for name, called in ((BANK, "信用联社"), ("finance", "县财政局")):
                registers.enter_partner(
                    conn, registers.Partner(id=name, name=called, account="6228480000000000")
                )
            self.village = PoolVillage(conn).founded()
            self.village.fund("300_000.00")

    @contextmanager
    def played(self) -> Iterator[PoolVillage]:
        """The village's story goes on in a transaction of its own."""
        with self.engine.begin() as conn:
            self.village.conn = conn
            yield self.village

    def staked(self) -> None:
        """E1's pool: five times, 200,000 staked, 60,000 matched."""
        with self.played() as village:
            village.e1()

    def defaulted(self) -> str:
        """A claim of 20,000 that waits for its check."""
        with self.played() as village:
            return village.defaulted(village.running(1, "20_000.00"), "20_000.00")


def register(conn: sa.Connection, grade: str) -> None:
    """Enter the village of the pool's stories in the county's register."""
    conn.execute(
        cooperative.insert().values(
            id=COOP, name="白果村互助社", name_en="Baiguo", township="碧口镇", sub_account="1",
            opened_on="", grade=grade, grade_source="entered",
        )
    )  # fmt: skip


def acts(client: Any, path: str) -> dict[tuple[str, str], dict[str, str]]:
    """The deeds a page offers: (case, act) → its hidden fields."""
    found = {}
    page = client.get(path).text
    for form in re.findall(r'<form class="act-row"[^>]*/pool/act">.*?</form>', page, re.DOTALL):
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        found[hidden["case"], hidden["act"]] = hidden
    return found


def do(client: Any, path: str, case: str, act: str, **fields: str) -> httpx.Response:
    """Press a button of a page, the password given again."""
    hidden = acts(client, path)[case, act]
    data = {**hidden, **fields, "password": PASSWORD}
    answer: httpx.Response = client.post(f"{POOL}/act", data=data, follow_redirects=False)
    return answer
