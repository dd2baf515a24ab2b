"""A county as it lives: the real federation on PostgreSQL, real village files, the real bank.

Builders of the federation's tests. A delivery goes through ``intake.deliver`` in a transaction of
its own, a night through its six steps, a payment through the bank's own books; only wires are
short-circuited.
"""

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.batch import Envelope
from contracts.codec import encode
from contracts.envelopes import pack
from contracts.ids import custody_book
from contracts.ledger import Actor
from contracts.money import yuan
from infra.bank_simulator import orders
from infra.bank_simulator.bank import Bank
from journal import store
from journal.engine import reading
from kernel.cases import Case
from services.federation.cases import bank_register, intake, night
from services.federation.cases.night import StepResult
from services.federation.cases.registers import BankAccount, ExpectedReceipt
from services.federation.identity import make_keys
from services.federation.ports import Ports
from services.federation.setup import CooperativePlan, CountyPlan
from services.federation.setup import set_up as set_up_county
from tests.federation.villager import Villager
from tests.support.steady import a_moment, seeded

FIRST_DAY = date(2017, 1, 3)
ACCOUNT, UNALLOCATED, SETTLEMENT = "955001", "955001-0", "955001-9"
STAFF = Actor(role="staff@federation", operator="p-staff", persons=("p-staff",))
CPO = Actor(role="cpo@federation", operator="p-cpo", persons=("p-cpo",))


def a_plan(*villages: str, **changes: Any) -> CountyPlan:
    """A county of these villages under the default policy, open from the first day."""
    values: dict[str, Any] = {
        "name": "试验县联合社",
        "profile": "DEFAULT",
        "county": {"member.notice_days": 1, "notice.days": 1},
        "open_date": FIRST_DAY,
        "account": BankAccount(
            account=ACCOUNT, name="县级专户", unallocated=UNALLOCATED, settlement=SETTLEMENT
        ),
        "cooperatives": tuple(
            CooperativePlan(
                id=name,
                name=f"{name}互助社",
                sub_account=sub_account(number),
                grade="A",
                grade_source="entered",
            )
            for number, name in enumerate(villages, 1)
        ),
    }
    return CountyPlan(**{**values, **changes})


def sub_account(number: int) -> str:
    """The sub-account of the county's ``number``-th village."""
    return f"{ACCOUNT}-{number}"


class Life:
    """The county: set up, delivered to, paid for, closed night by night."""

    def __init__(self, engine: sa.Engine, folder: Path, plan: CountyPlan) -> None:
        self.engine = engine
        self.folder = folder
        self.plan = plan
        self.bank = Bank()
        self._orders = itertools.count(1)
        keys = make_keys(seeded("county"))
        ports = Ports(now=a_moment, random=seeded("county ports"))
        with engine.begin() as conn:
            self.county = set_up_county(conn, keys, ports, plan)
        self.villages = {
            entry.id: Villager(self, entry, number)
            for number, entry in enumerate(plan.cooperatives, 1)
        }
        holders = tuple(
            orders.Holder(number=entry.sub_account, name=entry.name) for entry in plan.cooperatives
        )
        self.order(
            orders.OpenAccount,
            account=ACCOUNT,
            name="县级专户",
            unallocated=UNALLOCATED,
            sub_accounts=(
                *holders,
                orders.Holder(number=SETTLEMENT, name="清算户"),
                *(
                    [orders.Holder(number=plan.account.federation, name="联合社自有资金")]
                    if plan.account.federation
                    else []
                ),
            ),
            on=plan.open_date,
        )

    @property
    def today(self) -> date:
        """The county's open date."""
        with reading(self.engine).connect() as conn:
            return night.open_date(conn)

    def order(self, kind: Any, **facts: Any) -> None:
        """Let the world at the bank act; the bank's answers go to the county."""
        self.receive(self.bank.order(kind(id=f"order-{next(self._orders)}", **facts)))

    def receive(self, files: tuple[Any, ...]) -> None:
        """Files of the bank reach the county's register."""
        with self.engine.begin() as conn:
            for file in files:
                bank_register.keep_received(conn, file.name, file.body, night.open_date(conn))

    def deliver(self, cooperative: str, data: bytes) -> intake.Answer:
        """One delivery in its own transaction."""
        with self.engine.begin() as conn:
            return intake.deliver(conn, self.county, cooperative, data)

    def night(self) -> dict[str, StepResult]:
        """Close the open date step by step; the bank closes its day first, pays after."""
        on = self.today
        self.receive(self.bank.close_day(on))
        done = {}
        for step in night.STEPS:
            with self.engine.begin() as conn:
                done[step] = night.run_step(conn, self.county, on, step)
        self.send()
        return done

    def step(self, name: str) -> StepResult:
        """One step of the open date's close in its own transaction."""
        with self.engine.begin() as conn:
            return night.run_step(conn, self.county, night.open_date(conn), name)

    def send(self) -> None:
        """What is built goes to the bank; its answers come back."""
        with self.engine.begin() as conn:
            built = bank_register.files_in(conn, bank_register.OUT, bank_register.BUILT)
            for file in built:
                bank_register.mark_file(conn, file.id, bank_register.SENT)
        for file in built:
            self.receive(self.bank.receive(file.body))

    def everyone_closes(self) -> dict[str, StepResult]:
        """Every village closes and delivers, the county's night runs, everyone hears of it."""
        for village in self.villages.values():
            village.close()
        done = self.night()
        for village in self.villages.values():
            village.synchronise()
        return done

    def case(self, name: str) -> Case:
        """A county case."""
        with reading(self.engine).connect() as conn:
            found = store.load(conn, store.COUNTY_SCOPE, name)
        assert found is not None, name
        return found

    def findings(self) -> list[str]:
        """What is open, as ``kind:subject``."""
        with reading(self.engine).connect() as conn:
            live = store.in_states(conn, store.COUNTY_SCOPE, "finding", ("opened", "owned"))
        return sorted(str(case.terms["about"]) for case in live)

    def totals(self, book: str, *accounts: str) -> dict[str, int]:
        """Balances of a book, fen."""
        with reading(self.engine).connect() as conn:
            return store.totals(conn, book, accounts)

    def custody(self, cooperative: str) -> tuple[int, int]:
        """What the county holds for a village: free, held (fen)."""
        found = self.totals(custody_book(cooperative), "80101", "80102")
        return found["80101"], found["80102"]


def expected(cooperative: str, amount: str, reference: str) -> ExpectedReceipt:
    """An announced provincial grant."""
    return ExpectedReceipt(
        id=f"grant-{cooperative}", cooperative=cooperative, source="provincial",
        amount=int(yuan(amount)), reference=reference, expected_on=FIRST_DAY.isoformat(),
    )  # fmt: skip


def changed(envelope: Envelope, **parts: Any) -> bytes:
    """An envelope with another body or signature, as it travels."""
    return pack(msgspec.structs.replace(envelope, **parts))


def raw(value: Any) -> msgspec.Raw:
    """Canonical bytes of a contract inside another."""
    return msgspec.Raw(encode(value))
