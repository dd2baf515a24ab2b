"""A small village whose story is told as a text table, one act a row, the outcome last.

Used by tests of the village's rules on a real database. Aliases stand for ids: ``m1`` is the
member case, ``p1`` the person; loans are ``L1``… After every row the trial balance is zero, per
funding, and every case is the fold of its acts.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any, Self

import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import node_book
from contracts.ledger import Act, Actor
from contracts.money import show, yuan
from journal import data, store
from journal import heads as journal_heads
from journal.perform import Command, Performed, World, perform
from journal.registry import registry
from journal.tables import act as act_table
from journal.tables import balance
from kernel.calendar import Calendar, month_end
from kernel.cases import Case, fold
from kernel.errors import Rejected
from kernel.policy import Policy

COOP = "baiguo"
BOOK = node_book(COOP)
FIRST_DAY = date(2016, 12, 1)
COUNCIL = {"chair": "c1", "accountant": "c2", "council": "c3"}
POSTS = {**COUNCIL, "cashier": "k1", "supervisor_head": "s1"}
SYSTEMS = ("follow", "deadline", "close", "intake", "bank_line", "settlement")
OFFICES = ("cpo", "reviewer", "leading_group", "cfb", "staff")
_PROCESS = {"m": "member", "g": "group", "L": "loan", "S": "suspense", "o": "post"}


def policy_of(profile: str = "DEFAULT", **county: object) -> Policy:
    """A county's policy; keyword ``loan__cap`` sets ``loan.cap``."""
    return data.policy(profile, {key.replace("__", "."): value for key, value in county.items()})


class Village:
    """One village's book in one transaction, and the story played on it."""

    def __init__(self, conn: sa.Connection, policy: Policy, first: date = FIRST_DAY) -> None:
        self.conn = conn
        self.policy = policy
        self.world = World(
            registry=registry(),
            policy=lambda _conn, _coop: self.policy,
            calendar=Calendar(),
        )
        self._ids = count(1)
        journal_heads.create(conn, BOOK, first)
        self.do("village_book", "open", f"village-{COOP}", "bookkeeper:c2")

    @property
    def today(self) -> date:
        """The open day."""
        return journal_heads.read(self.conn, BOOK).today

    def founded(self, members: int = 3, share: str = "20_000.00") -> Self:
        """Posts held, ``members`` active members with a share each, one group of all of them."""
        for post, person in POSTS.items():
            facts = {"post": post, "person": person, "elected_on": "2017-01-01",
                     "until": "2019-12-31"}  # fmt: skip
            self.do("post", "elect", f"o-{post}", "meeting:c1", facts)
        for number in range(1, members + 1):
            self.join(number, share)
        if not members:
            return self
        self.group("g1", *range(1, members + 1))
        return self

    def group(self, name: str, *members: int, **facts: object) -> None:
        """A guarantee group of these members in the county's mode."""
        kind = self.policy.text("guarantee.mode")
        names = [f"m{number}" for number in members]
        told = {"group_member": names, "kind": kind, **facts}
        self.do("group", "form", name, "bookkeeper:c2", told)

    def join(self, number: int, share: str = "20_000.00", **facts: object) -> None:
        """Member ``m<number>``, person ``p<number>``, admitted and paid in."""
        name = f"m{number}"
        asked = {"person": f"p{number}", "household": f"h{number}", **facts}
        self.do("member", "apply", name, "bookkeeper:c2", asked)
        voters = [person for person in COUNCIL.values() if person != asked["person"]]
        self.do("member", "admit", name, f"council:{','.join(voters[:2])}")
        self.forward(self.case(name).due or self.today)
        self.do("member", "pay_in", name, "follow", {"amount": fen(share)})

    def grant(self, amount: str) -> None:
        """Own money from the county: Dr 10201 / Cr 31102, as the node follows a grant."""
        line = {"amounts": {"amount": fen(amount), "provincial": fen(amount)}, "keys": {}}
        self.do("village_book", "follow", f"village-{COOP}", "follow",
                {"recipe": "grant.in", "lines": [line], "party": "coop"})  # fmt: skip

    def take(self, amount: str) -> None:
        """Money out again, as a bank's error is followed: Dr 11309 / Cr 10201."""
        line = {"amounts": {"amount": fen(amount)}, "keys": {}}
        self.do("village_book", "follow", f"village-{COOP}", "follow",
                {"recipe": "receipt.error", "lines": [line], "party": "coop"})  # fmt: skip

    def do(
        self,
        process: str,
        act: str,
        case: str,
        who: str,
        facts: Mapping[str, Any] | None = None,
        on: date | None = None,
    ) -> Performed:
        """Perform one act; raises what it raises. ``who`` is role:person,person or a system."""
        command = Command(
            id=f"act-{next(self._ids)}",
            process=process,
            case=case,
            act=act,
            actor=actor_of(who),
            facts=dict(facts or {}),
            parties={"coop": COOP},
            value_date=on,
        )
        return perform(self.conn, self.world, command)

    def attempt(
        self, process: str, act: str, case: str, who: str, facts: Mapping[str, Any], on: date | None
    ) -> str:
        """The state after the act, or the refusal's code; a refusal leaves no trace."""
        savepoint = self.conn.begin_nested()
        try:
            state = self.do(process, act, case, who, facts, on).case.state
        except Rejected as refusal:
            savepoint.rollback()
            return refusal.code.value
        savepoint.commit()
        return state

    def try_out(self, process: str, act: str, case: str, who: str, facts: Mapping[str, Any]) -> str:
        """The state an act would lead to, or the refusal's code; leaves no trace either way."""
        savepoint = self.conn.begin_nested()
        try:
            return self.do(process, act, case, who, facts).case.state
        except Rejected as refusal:
            return refusal.code.value
        finally:
            savepoint.rollback()

    def attempt_as(self, process: str, act: str, case: str, told: Mapping[str, Any]) -> str:
        """What an act by an actor written out in full is refused with; it must be refused."""
        command = Command(
            id=f"act-{next(self._ids)}", process=process, case=case, act=act, actor=Actor(**told)
        )
        savepoint = self.conn.begin_nested()
        try:
            perform(self.conn, self.world, command)
        except Rejected as refusal:
            return refusal.code.value
        finally:
            savepoint.rollback()
        return "performed"

    def play(self, story: str) -> "Village":
        """Play rows ``act case who [fact=value…] outcome``; ``until DATE``; ``ACCOUNT key fen``.

        A fact ``amount`` is yuan; ``on`` is the value date; ``votes=c1:yes,c2:abstain``.
        """
        for line in story.splitlines():
            row = line.split("#")[0].split()
            if not row:
                continue
            if row[0] == "until":
                self.until(date.fromisoformat(row[1]))
            elif row[0][0].isdigit():
                account, key, expected = row
                assert show(self.balance(account, key)) == show(fen(expected)), line
            else:
                self._act(row, line)
            self.prove()
        return self

    def _act(self, row: list[str], line: str) -> None:
        act, case, who, *pairs, outcome = row
        facts = dict(_fact(pair) for pair in pairs)
        on = facts.pop("on", None)
        process = _PROCESS[case[0]]
        if (process, act) == ("loan", "apply"):
            facts = {**_application(who), **facts}
        found = self.attempt(process, act, case, who, facts, on and date.fromisoformat(on))
        assert found == outcome, f"{line.strip()!r} gave {found}"

    def case(self, name: str) -> Case:
        """A case as it stands."""
        found = store.load(self.conn, BOOK, name)
        assert found is not None, name
        return found

    def balance(self, account: str, key: str = "-") -> int:
        """A balance over all fundings (fen, normal side); key ``-`` over all keys."""
        where = [balance.c.book == BOOK, balance.c.account == account]
        if key != "-":
            where.append(balance.c.key == key)
        return int(self.conn.scalar(sa.select(sa.func.sum(balance.c.amount)).where(*where)) or 0)

    def forward(self, day: date) -> None:
        """Open ``day`` without closing the days between one by one; deadlines due are done."""
        if day > self.today:
            self._open(day)

    def until(self, last: date) -> None:
        """Close every day on which something can happen, up to and including ``last``."""
        while self.today <= last:
            self.close()
            self._open(self._next(last))

    def close(self) -> None:
        """The acts of a close on the open day: age, and at a month's end fee and provision."""
        for name in ("age", "fee", "intercoop_fee", "provision"):
            savepoint = self.conn.begin_nested()
            done = self.do("village_book", name, f"village-{COOP}", "close")
            (savepoint.commit if done.acts[0].movements else savepoint.rollback)()

    def _open(self, day: date) -> None:
        head = journal_heads.lock(self.conn, [BOOK])[BOOK]
        journal_heads.close_day(self.conn, head, day)
        for case in store.due(self.conn, BOOK, day.isoformat()):
            self.do(case.process, case.due_act, case.id, "deadline")

    def _next(self, last: date) -> date:
        """The next month's end, day after a due date, or the day after ``last``."""
        tomorrow = self.today + timedelta(days=1)
        days = [month_end(tomorrow), last + timedelta(days=1)]
        days += [
            date.fromisoformat(case.terms["due_on"]) + timedelta(days=1)
            for case in store.in_states(self.conn, BOOK, "loan", ["active"])
        ]
        return min(day for day in days if day >= tomorrow)

    def prove(self) -> None:
        """Trial balance zero per funding; every case the fold of its acts (I1, I2, I15)."""
        rows = self.conn.execute(
            sa.select(balance.c.funding, sa.func.sum(balance.c.side * balance.c.amount))
            .where(balance.c.book == BOOK)
            .group_by(balance.c.funding)
        )
        assert not [row for row in rows if row[1]], "trial balance"
        folded: dict[str, Case] = {}
        for act in self.acts():
            process = self.world.registry.table[act.process]
            folded[act.case] = fold(folded.get(act.case), act, process)
        for name, case in folded.items():
            assert self.case(name) == case, name

    def acts(self) -> Iterator[Act]:
        """Every act of the book, in order."""
        query = (
            sa.select(act_table.c.body).where(act_table.c.book == BOOK).order_by(act_table.c.seq)
        )
        for body in self.conn.scalars(query):
            yield decode(body, Act)


def actor_of(who: str) -> Actor:
    """``council:c1,c3`` acts for these persons, the first signed in; ``follow`` is the system."""
    if who in SYSTEMS:
        return Actor(role=f"system:{who}", operator="system")
    role, _, persons = who.partition(":")
    named = tuple(persons.split(","))
    places = {"maker": "bank", "checker": "bank"} | dict.fromkeys(OFFICES, "federation")
    return Actor(role=f"{role}@{places.get(role, 'node')}", operator=named[0], persons=named)


def _application(who: str) -> dict[str, Any]:
    """What ``member:p1`` asks for unless the row says otherwise."""
    person = who.partition(":")[2]
    member = f"m{person.removeprefix('p')}"
    return {"member": member, "person": person, "group": "g1", "purpose": "养殖", "term_months": 12}


def fen(text: str) -> int:
    """Yuan as a story writes them, ``10_000.00``, in fen."""
    return yuan(text.replace("_", ""))


def _fact(pair: str) -> tuple[str, Any]:
    name, _, value = pair.partition("=")
    if name in ("amount", "benefit"):
        return name, fen(value)
    if name in ("term_months", "level"):
        return name, int(value)
    if name == "votes":
        return name, dict(vote.split(":") for vote in value.split(","))
    if name in ("relatives", "group_member", "leaders"):
        return name, value.split(",")
    if value in ("true", "false"):
        return name, value == "true"
    return name, value
