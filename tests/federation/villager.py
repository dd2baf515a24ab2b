"""A village of a living county: its own file, its people, its line to the county's intake.

Built by life.py; what the county answers is the real federation's.
"""

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from contracts.batch import Envelope
from contracts.envelopes import pack
from contracts.money import yuan
from contracts.persons import Person
from contracts.sync import BatchReceipt, SyncState
from infra.bank_simulator import orders
from journal.engine import open_engine, reading, sqlite_url
from kernel.errors import Rejected
from services.cooperative_node import people, set_up
from services.cooperative_node.api import synchronise
from services.cooperative_node.close_day import catch_up
from services.cooperative_node.ports import Ports
from services.cooperative_node.world import Node
from services.federation.cases import hand_over, ranges
from services.federation.setup import CooperativePlan
from tests.support import databases
from tests.support.at_node import AtNode
from tests.support.steady import seeded, years_later

if TYPE_CHECKING:  # a county is made of villages, and each knows its county
    from tests.federation.life import Life

POSTS = ("chair", "accountant", "council", "cashier", "supervisor_head")
NAMES = ("王秀英", "李建国", "张桂兰", "刘永福", "陈玉梅")


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


class Villager(AtNode):
    """One village: its own file, its people by alias (posts, then m1, m2 …), its line to county."""

    def __init__(self, life: "Life", entry: CooperativePlan, number: int) -> None:
        self.life = life
        self.name = entry.id
        self.number = number
        self.sub_account = entry.sub_account
        file = life.folder / f"{entry.id}.sqlite"
        shutil.copyfile(databases.node_template(), file)
        node = Node(
            cooperative=entry.id,
            engine=open_engine(sqlite_url(file)),
            ports=Ports(now=years_later, random=seeded(entry.id)),
        )
        super().__init__(node, entry.id)
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
