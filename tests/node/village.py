"""A founded village for node tests: a real file, a real county beside it, people with ids.

Everything is done through acting, follow, close_day and delivery, as pages and API do it.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa

from contracts.money import yuan
from contracts.persons import Person
from services.cooperative_node import people, set_up
from services.cooperative_node.api import synchronise
from services.cooperative_node.close_day import catch_up, close_day
from services.cooperative_node.follow import follow
from services.cooperative_node.ports import Ports
from services.cooperative_node.world import Node
from tests.node.county import County
from tests.support.at_node import AtNode
from tests.support.steady import seeded, years_later

_T = TypeVar("_T")
COOP = "baiguo"
FIRST_DAY = date(2017, 1, 3)
NAMES = ("王秀英", "李建国", "张桂兰", "刘永福", "陈玉梅", "杨德山", "赵小燕", "周长青")
ID_NUMBER = "622626197001011234"
CARD = "6228480000000000018"
POSTS = ("chair", "accountant", "council", "cashier", "supervisor_head")


def seeded_ports(seed: str = "node") -> Ports:
    """Randomness that is the same every run; a clock that stands still."""
    return Ports(now=years_later, random=seeded(seed))


class Village(AtNode):
    """One node, its county, and the people by alias: posts, then m1, m2, …."""

    def __init__(self, engine: sa.Engine, county: County, seed: str = "node") -> None:
        super().__init__(Node(cooperative=COOP, engine=engine, ports=seeded_ports(seed)), seed)
        self.county = county

    def opened(self) -> "Village":
        """Keys made and registered, books open, policy told."""
        with self.node.engine.begin() as conn:
            card = set_up.create(
                conn, self.node, name="白果村互助社", county=self.county.card,
                open_date=FIRST_DAY,
            )  # fmt: skip
            for alias, name in zip(POSTS, NAMES, strict=False):
                self.person[alias] = people.keep(conn, self.node, Person(name=name))
            set_up.open_books(conn, self.node, self.person["accountant"])
        self.county.register(card)
        self.county.tell_policy("DEFAULT")
        return self

    def founded(self, members: int = 3, share: str = "20000.00") -> "Village":
        """Posts held, members active with a share each, one guarantee group of the first three."""
        self.opened()
        for number, post in enumerate(POSTS, 1):
            facts = {"post": post, "person": self.person[post], "elected_on": "2017-01-01",
                     "until": "2019-12-31"}  # fmt: skip
            self.do("post", f"post-{COOP}-{number}", "elect", "meeting", facts)
        for number in range(1, members + 1):
            self.join(number)
        self.until_state("member-baiguo-001", "admitted")
        for number in range(1, members + 1):
            self.county.bank_line(
                "share", f"S{number}", self.county_day, member=member(number),
                amount=int(yuan(share)),
            )  # fmt: skip
        self.synchronise()
        group = {"group_member": [member(n) for n in (1, 2, 3)], "kind": "g3"}
        self.do("group", "group-baiguo-01", "form", "bookkeeper", group)
        return self

    def join(self, number: int) -> None:
        """A household applies and the council admits it."""
        with self.node.engine.begin() as conn:
            data = Person(name=f"社员{number}", card=CARD, id_number=ID_NUMBER)
            self.person[f"m{number}"] = people.keep(conn, self.node, data)
        facts = {"person": self.person[f"m{number}"], "household": f"H{number:03d}"}
        self.do("member", member(number), "apply", "bookkeeper", facts)
        self.do("member", member(number), "admit", "council", by=("chair", "accountant"))

    def loan(
        self, number: int = 1, amount: str = "5000.00", state: str = "contracted", **told: Any
    ) -> str:
        """A loan of member 1, brought to a state before the payout; ``told`` are more facts."""
        loan = f"loan-baiguo-{number:04d}"
        facts = {
            "member": member(1), "person": self.person["m1"], "group": "group-baiguo-01",
            "amount": int(yuan(amount)), "purpose": "养殖", "term_months": 12, **told,
        }  # fmt: skip
        steps: list[Callable[[], object]] = [
            lambda: self.do("loan", loan, "apply", "member", facts, by=("m1",)),
            lambda: self.do("loan", loan, "sign", "guarantor", by=("m2", "m3")),
            lambda: self.do("loan", loan, "vote", "council", by=("chair", "accountant")),
            lambda: self.do("loan", loan, "notice", "bookkeeper"),
            lambda: self.until_state(loan, "cleared"),
            lambda: self.do("loan", loan, "contract", "bookkeeper"),
            lambda: self.do("loan", loan, "instruct", "cashier", by=("cashier",)),
        ]
        for step in steps:
            step()
            if self.case(loan).state == state:
                break
        return loan

    def paid_loan(self, number: int = 1, amount: str = "5000.00") -> str:
        """A loan of member 1 that the bank has paid out."""
        loan = self.loan(number, amount, "instructed")
        self.synchronise()
        self.county.pay()
        self.synchronise()
        return loan

    def until_state(self, case: str, state: str) -> None:
        """Close days at node and county until a case has this state."""
        for _ in range(40):
            if self.case(case).state == state:
                return
            self.next_day()
        raise AssertionError(f"{case} never became {state}")

    def next_day(self) -> None:
        """Both close their day."""
        close_day(self.node)
        self.county.next_day()

    def catch_up(self, until: date) -> None:
        """Both close every day through ``until``."""
        catch_up(self.node, until)
        while self.county_day <= until:
            self.county.next_day()

    @property
    def county_day(self) -> date:
        """The county's open day."""
        return self.county.state().business_date

    def synchronise(self) -> None:
        """Deliver, pull and follow."""
        synchronise(self.node, self.county)

    def follow(self) -> int:
        """Follow what was pulled."""
        return follow(self.node)


def member(number: int) -> str:
    """Case id of a member."""
    return f"member-baiguo-{number:03d}"


def power_cut(engine: sa.Engine, step: Callable[[sa.Connection], _T]) -> _T:
    """Do a step and lose power before its commit; what the step said, then a file reopened."""
    conn = engine.connect()
    done = step(conn)
    conn.connection.dbapi_connection.close()  # type: ignore[union-attr]
    conn.invalidate()
    conn.close()
    engine.dispose()
    return done
