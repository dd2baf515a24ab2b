"""A county as it lives: the real federation on PostgreSQL, real village files, the real bank.

Builders of the federation's tests. A delivery goes through ``intake.deliver`` in a transaction of
its own, a night through its six steps, a payment through the bank's own books; only wires are
short-circuited.
"""

import itertools
import shutil
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.batch import Envelope
from contracts.codec import encode
from contracts.envelopes import pack
from contracts.ids import custody_book, node_book
from contracts.ledger import Actor
from contracts.money import yuan
from contracts.persons import Person
from contracts.sync import BatchReceipt, SyncState
from infra.bank_simulator import orders
from infra.bank_simulator.bank import Bank
from journal import store
from journal.engine import open_engine, reading, sqlite_url
from journal.perform import Command, Performed
from kernel.cases import Case
from kernel.errors import Rejected
from services.cooperative_node import acting, people, set_up
from services.cooperative_node import ports as node_ports
from services.cooperative_node.api import synchronise
from services.cooperative_node.close_day import catch_up
from services.cooperative_node.world import Node
from services.federation.cases import bank_register, hand_over, intake, night, ranges
from services.federation.cases.night import StepResult
from services.federation.cases.registers import BankAccount, ExpectedReceipt
from services.federation.identity import make_keys
from services.federation.ports import Ports
from services.federation.setup import CooperativePlan, CountyPlan
from services.federation.setup import set_up as set_up_county
from tests.support import databases

FIRST_DAY = date(2017, 1, 3)
ACCOUNT, UNALLOCATED, SETTLEMENT = "955001", "955001-0", "955001-9"
POSTS = ("chair", "accountant", "council", "cashier", "supervisor_head")
NAMES = ("王秀英", "李建国", "张桂兰", "刘永福", "陈玉梅")
STAFF = Actor(role="staff@federation", operator="p-staff", persons=("p-staff",))
CPO = Actor(role="cpo@federation", operator="p-cpo", persons=("p-cpo",))


def seeded(seed: str) -> Any:
    """A source of bytes that is the same every run."""
    numbers = itertools.count()

    def random(size: int) -> bytes:
        block = b""
        while len(block) < size:
            block += sha256(f"{seed}/{next(numbers)}".encode()).digest()
        return block[:size]

    return random


def a_moment() -> datetime:
    """A clock that stands still."""
    return datetime(2017, 1, 3, 8, tzinfo=UTC)


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


def card_number(village: int, member: int) -> str:
    """A card with a right check digit."""
    body = f"622848{village:04d}{member:08d}"
    digits = [int(digit) for digit in reversed(body)]
    total = sum(
        (d * 2 - 9 if d * 2 > 9 else d * 2) if place % 2 == 0 else d
        for place, d in enumerate(digits)
    )
    return body + str(-total % 10)


def id_number(village: int, member: int) -> str:
    """A citizen's ID number of an adult with a right check digit."""
    body = (
        f"622824{1950 + village % 40}{1 + member % 12:02d}{1 + member % 28:02d}{member % 1000:03d}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


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
            sub_accounts=(*holders, orders.Holder(number=SETTLEMENT, name="清算户")),
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


class Villager:
    """One village: its own file, its people by alias (posts, then m1, m2 …), its line to county."""

    def __init__(self, life: Life, entry: CooperativePlan, number: int) -> None:
        self.life = life
        self.name = entry.id
        self.number = number
        self.sub_account = entry.sub_account
        self.person: dict[str, str] = {}
        self._ids = itertools.count(1)
        file = life.folder / f"{entry.id}.sqlite"
        shutil.copyfile(databases.node_template(), file)
        self.node = Node(
            cooperative=entry.id,
            engine=open_engine(sqlite_url(file)),
            ports=node_ports.Ports(now=a_moment, random=seeded(entry.id)),
        )
        with self.node.engine.begin() as conn:
            self.card = set_up.create(
                conn, self.node, name=entry.name, county=life.county.keys.card(),
                open_date=life.plan.open_date,
            )  # fmt: skip
            for alias, called in zip(POSTS, NAMES, strict=True):
                self.person[alias] = people.keep(conn, self.node, Person(name=called))
            set_up.open_books(conn, self.node, self.person["accountant"])
        with life.engine.begin() as conn:
            hand_over.register_node(conn, self.card)

    # --- delivery.Transport

    def state(self) -> SyncState:
        """What the county holds and offers."""
        with reading(self.life.engine).connect() as conn:
            return ranges.state(conn, self.name)

    def send(self, envelope: Envelope) -> BatchReceipt:
        """Hand over one batch as it travels."""
        answer = self.life.deliver(self.name, pack(envelope))
        if answer.refusal is not None:
            raise Rejected(answer.refusal.code, **answer.refusal.facts)
        assert answer.receipt is not None
        return answer.receipt

    def pull(self, after: int) -> Envelope | None:
        """A range of K(i)."""
        with reading(self.life.engine).connect() as conn:
            return ranges.custody_range(conn, self.life.county, self.name, after)

    def replica(self, after: int) -> Envelope | None:
        """A range of the county's replica."""
        with reading(self.life.engine).connect() as conn:
            return ranges.replica_range(conn, self.life.county, self.name, after)

    # --- the village's days

    def synchronise(self) -> None:
        """Deliver, pull and follow."""
        synchronise(self.node, self)

    def close(self) -> None:
        """Close every day through the county's open one and deliver."""
        catch_up(self.node, self.life.today)
        self.synchronise()

    def do(
        self,
        process: str,
        case: str,
        act: str,
        role: str,
        facts: dict[str, Any] | None = None,
        by: tuple[str, ...] = (),
    ) -> Performed:
        """Perform one act of the village's people."""
        persons = tuple(self.person[alias] for alias in by)
        operator = persons[0] if role == "cashier" else self.person["accountant"]
        return acting.act(
            self.node,
            Command(
                id=f"{self.name}-{next(self._ids)}",
                process=process,
                case=case,
                act=act,
                actor=Actor(role=f"{role}@node", operator=operator, persons=persons),
                facts=facts or {},
                parties={"coop": self.name},
            ),
        )

    def case(self, name: str) -> Case:
        """A case of the village at its own node."""
        with reading(self.node.engine).connect() as conn:
            found = store.load(conn, node_book(self.name), name)
        assert found is not None, name
        return found

    def balances(self, *accounts: str) -> dict[str, int]:
        """Balances of N(i) at the node, fen."""
        with reading(self.node.engine).connect() as conn:
            return store.totals(conn, node_book(self.name), accounts)

    def member(self, number: int) -> str:
        """Case id of a member."""
        return f"member-{self.name}-{number:03d}"

    def elected(self) -> "Villager":
        """The posts are held."""
        for number, post in enumerate(POSTS, 1):
            until = self.life.plan.open_date + timedelta(days=1000)
            facts = {"post": post, "person": self.person[post], "until": until.isoformat(),
                     "elected_on": self.life.plan.open_date.isoformat()}  # fmt: skip
            self.do("post", f"post-{self.name}-{number}", "elect", "meeting", facts)
        return self

    def joined(
        self, members: int = 3, share: str = "20000.00", level: int = 1, poor: tuple[int, ...] = ()
    ) -> "Villager":
        """Members are admitted and have paid their shares in, each from the own card.

        ``poor`` are the numbers of the poor households on file.
        """
        for number in range(1, members + 1):
            card = card_number(self.number, number)
            called = f"社员{self.number}{number}"
            with self.node.engine.begin() as conn:
                known = Person(name=called, card=card, id_number=id_number(self.number, number))
                self.person[f"m{number}"] = people.keep(conn, self.node, known)
            facts = {
                "person": self.person[f"m{number}"], "household": f"H{number:03d}",
                "level": level, "poor": number in poor,
            }  # fmt: skip
            self.do("member", self.member(number), "apply", "bookkeeper", facts)
            self.do("member", self.member(number), "admit", "council",
                    by=("chair", "accountant"))  # fmt: skip
            self.life.order(orders.IssueCards, cards=(orders.Holder(number=card, name=called),))
        while self.case(self.member(members)).state != "admitted":
            self.life.everyone_closes()
        for number in range(1, members + 1):
            self.pays(number, share, self.member(number))
        self.life.everyone_closes()
        group = {"group_member": [self.member(n) for n in (1, 2, 3)], "kind": "g3"}
        self.do("group", f"group-{self.name}-01", "form", "bookkeeper", group)
        return self

    def pays(self, member: int, amount: str, text: str) -> None:
        """A member pays from the own card into the village's sub-account."""
        self.life.order(
            orders.Repay, card=card_number(self.number, member), sub_account=self.sub_account,
            amount_fen=int(yuan(amount)), text=text,
        )  # fmt: skip

    def loan(self, number: int = 1, amount: str = "5000.00", state: str = "instructed") -> str:
        """A loan of member 1, brought to a state before its payout."""
        loan = f"loan-{self.name}-{number:04d}"
        facts = {
            "member": self.member(1), "person": self.person["m1"],
            "group": f"group-{self.name}-01", "amount": int(yuan(amount)), "purpose": "养殖",
            "term_months": 12,
        }  # fmt: skip
        self.do("loan", loan, "apply", "member", facts, by=("m1",))
        self.do("loan", loan, "sign", "guarantor", by=("m2", "m3"))
        self.do("loan", loan, "vote", "council", by=("chair", "accountant"))
        if self.case(loan).state == "approved" and state != "approved":
            self.after_approval(loan)
        return loan

    def after_approval(self, loan: str) -> None:
        """Notice, contract, instruction."""
        self.do("loan", loan, "notice", "bookkeeper")
        while self.case(loan).state != "cleared":
            self.life.everyone_closes()
        self.do("loan", loan, "contract", "bookkeeper")
        self.do("loan", loan, "instruct", "cashier", by=("cashier",))


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
