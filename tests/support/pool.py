"""One village's risk pool, told act by act at the county and in the village, on a real database.

Used by the tests of pool, guarantee and claim. Both books stand in one database: what differs
between node and county is only who performs. After every county act the lines of all three
books are what leverage × base says (targets.md I6).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Self

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, custody_book
from contracts.ledger import Actor
from journal import heads as journal_heads
from journal import store
from journal.perform import Command, Performed, World, perform
from journal.pool_funds import free_funds
from journal.tables import balance, cases, head
from kernel import pool
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.errors import Rejected
from kernel.policy import Policy
from kernel.pool_agreement import terms_of
from tests.support.village import BOOK, COOP, Village, fen, policy_of

BANK = "bank-rcc"
CUSTODY = custody_book(COOP)
AGREEMENT = "agreement-baiguo-1"
PARTIES = {"coop": COOP, "bank": "", "county": ""}
SIGNERS = (
    ("meeting@coop", "p-minutes"), ("council@coop", "c1"), ("council@coop", "c2"),
    ("checker@bank", "b2"), ("staff@federation", "f1"), ("cpo@federation", "o1"),
    ("cfb@federation", "o2"),
)  # fmt: skip
PERSONS = {"maker@bank": "b1", "checker@bank": "b2", "cpo@federation": "o1", "cfb@federation": "o2"}
"""Who acts in a role unless the story says otherwise."""
COMMITTEE = (("staff@federation", "f1"), ("cpo@federation", "o1"))
COVENANTS_SAID: dict[str, Any] = {
    "leverage": 500,
    "base": "stake",
    "match_ppm": 300_000,
    "bank_part_ppm": 200_000,
    "wait_days": 90,
    "check_days": 10,
    "pay_days": 15,
    "layers": ["guarantors", "own_deposit", "stake", "match", "bundle_deposits"],
    "match_order": "after_stake",
    "mutual": True,
    "stop_ppm": 50_000,
    "loan_cap": 5_000_000,
    "term_max": 24,
    "grades": ["A", "B"],
}
PAPERS = {name: name[0] * 64 for name in ("contract", "payout", "dunning", "balance")}
MANIFEST = "a" * 64


class PoolVillage(Village):
    """A village with its custody book, the county's book, and acts of both."""

    def __init__(self, conn: sa.Connection, policy: Policy | None = None) -> None:
        super().__init__(conn, policy or policy_of())
        self.county = World(
            registry=self.world.registry,
            policy=lambda _conn, _coop: self.policy,
            calendar=self.world.calendar,
        )
        for book in (CUSTODY, COUNTY_BOOK):
            journal_heads.create(conn, book, self.today)

    def _open(self, day: date) -> None:
        super()._open(day)
        for book in (CUSTODY, COUNTY_BOOK):
            head = journal_heads.lock(self.conn, [book])[book]
            journal_heads.close_day(self.conn, head, day)
        for case in store.due(self.conn, store.COUNTY_SCOPE, day.isoformat()):
            self.act(f"{case.process}.{case.due_act}", case.id, "system:deadline")

    def act(
        self,
        name: str,
        case: str,
        role: str,
        facts: Mapping[str, Any] | None = None,
        *,
        person: str = "",
        on: date | None = None,
        parties: dict[str, str] | None = None,
    ) -> Performed:
        """One act at the county; raises what it raises, and proves the lines after it."""
        process, act = name.split(".")
        person = person or PERSONS.get(role, "f1")
        done = perform(
            self.conn,
            self.county,
            Command(
                id=f"county-{next(self._ids)}",
                process=process,
                case=case,
                act=act,
                actor=Actor(role=role, operator=person, persons=(person,)),
                facts=dict(facts or {}),
                parties=parties or PARTIES,
                value_date=on,
            ),
        )
        self.prove_lines()
        return done

    def refused(self, name: str, case: str, role: str, facts: Mapping[str, Any]) -> str:
        """The code an act is refused with; it must be refused, and leaves no trace."""
        savepoint, before = self.conn.begin_nested(), self.stands()
        try:
            self.act(name, case, role, facts)
        except Rejected as refusal:
            assert self.stands() == before, f"{name} was refused and left a trace"
            return refusal.code.value
        finally:
            savepoint.rollback()
        return "performed"

    def stands(self) -> list[object]:
        """Every head, balance and case, as they are in the database now."""
        return [
            tuple(self.conn.execute(sa.select(*table.primary_key.columns, column).order_by(
                *table.primary_key.columns)).all())
            for table, column in ((head, head.c.seq), (balance, balance.c.amount),
                                  (cases, cases.c.body))
        ]  # fmt: skip

    def signed(
        self, name: str, case: str, signers: tuple[tuple[str, str], ...], **facts: Any
    ) -> Case:
        """Everyone of a signature set signs; the case after the last."""
        for role, person in signers:
            self.act(name, case, role, facts, person=person)
        return self.county_case(case)

    def fund(self, amount: str) -> None:
        """Money of the cooperative in its sub-account."""
        name = f"line-{next(self._ids)}"
        self.act("receipt.unclaimed", name, "system:bank_line",
                 {"line": name, "amount": fen(amount)}, parties={"coop": COOP})  # fmt: skip

    def agree(self, **changes: Any) -> Case:
        """An agreement proposed and signed by everyone."""
        said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID, **changes}
        self.act("agreement.propose", AGREEMENT, "staff@federation", said, person="f2")
        return self.signed("agreement.sign", AGREEMENT, SIGNERS)

    def stake(self, amount: str, name: str = "transfer-1") -> None:
        """Stake through the bank: held, filed, moved."""
        self.act("transfer.stake", name, "system:intake",
                 {"agreement": AGREEMENT, "amount": fen(amount)})  # fmt: skip
        self.act("transfer.file", name, "system:file")
        self.act("transfer.staked", name, "system:bank_line")

    def match(self, name: str = "match-1") -> None:
        """The finance bureau's match: claimed, approved, in."""
        self.act("match.claim", name, "staff@federation", {"agreement": AGREEMENT})
        self.act("match.approve", name, "cfb@federation", person="o2")
        self.act("match.booked", name, "system:bank_line")

    def e1(self) -> Self:
        """E1's pool: 200,000 staked at five times, 60,000 matched."""
        self.agree()
        self.stake("200_000.00")
        self.match()
        return self

    def second_group(self) -> None:
        """Members 4 to 6 as group g2: they owe nothing for a default in g1."""
        for number in (4, 5, 6):
            self.join(number)
        self.group("g2", 4, 5, 6)

    def cleared(self, number: int, amount: str, months: int = 12) -> str:
        """Member ``number``'s application through group, council and public notice."""
        name = f"bank_loan-{number}-{next(self._ids)}"
        group, numbers = ("g1", (1, 2, 3)) if number <= 3 else ("g2", (4, 5, 6))
        said = {"agreement": AGREEMENT, "member": f"m{number}", "person": f"p{number}",
                "group": group, "amount": fen(amount), "purpose": "养殖",
                "term_months": months}  # fmt: skip
        self.do("bank_loan", "apply", name, f"member:p{number}", said)
        others = [f"p{other}" for other in numbers if other != number]
        self.do("bank_loan", "sign", name, f"guarantor:{','.join(others)}")
        self.do("bank_loan", "vote", name, "council:c1,c2")
        self.do("bank_loan", "notice", name, "bookkeeper:c2")
        self.forward(self.case(name).due or self.today)
        return name

    def seeded(self, number: int, amount: str) -> str:
        """A cleared application of a person of its own, as a replica holds it; no procedure."""
        name = f"bank_loan-seeded-{number}"
        process = self.world.registry.table["bank_loan"]
        terms = {"agreement": AGREEMENT, "member": f"s{number}", "person": f"person-{number}",
                 "group": "g1", "amount": fen(amount), "purpose": "养殖", "term_months": 12,
                 "approved_on": self.today.isoformat()}  # fmt: skip
        case = Case(id=name, process="bank_loan", version=process.version, home="node",
                    state="cleared", step=5, parties={"coop": COOP}, terms=terms,
                    opened=self.today, since=self.today)  # fmt: skip
        store.save(self.conn, BOOK, case, process)
        return name

    def reserve(self, number: int, amount: str, package: str = "package-1") -> str:
        """A cleared application with its head-room reserved."""
        application = self.cleared(number, amount)
        name = f"guarantee-{number}-{next(self._ids)}"
        self.act("guarantee.reserve", name, "staff@federation",
                 {"agreement": AGREEMENT, "application": application, "package": package,
                  "line": number, "grade": "A"})  # fmt: skip
        return name

    def running(self, number: int, amount: str) -> str:
        """A guarantee whose loan the bank has paid out."""
        name = self.reserve(number, amount)
        self.act("guarantee.send", name, "system:package", {"manifest": MANIFEST})
        self.act("guarantee.accept", name, "checker@bank", {"bank": BANK}, person="b2")
        self.act("guarantee.paid", name, "maker@bank", self.payout(amount), person="b1")
        return name

    def payout(self, amount: str) -> dict[str, Any]:
        """A payout today, due in a year."""
        due = self.today + timedelta(days=365)
        return {"bank": BANK, "amount": fen(amount), "paid_on": self.today.isoformat(),
                "due_on": due.isoformat(), "contract": "RCC-1"}  # fmt: skip

    def defaulted(self, guarantee: str, amount: str) -> str:
        """Arrears told, the waiting days past, the notice given: a claim to be checked."""
        self.forward(self.today + timedelta(days=2))
        since = self.today
        self.act("guarantee.arrears", guarantee, "maker@bank", {
            "bank": BANK, "since": since.isoformat(), "principal": fen(amount),
        }, person="b1")  # fmt: skip
        self.forward(since + timedelta(days=90))
        name = f"claim-{guarantee}"
        self.act("claim.notice", name, "checker@bank", self.notice(guarantee, amount), person="b2")
        return name

    def notice(self, guarantee: str, amount: str) -> dict[str, Any]:
        """A complete notice."""
        return {"bank": BANK, "guarantee": guarantee, "amount": fen(amount),
                "manifest": MANIFEST, "papers": PAPERS}  # fmt: skip

    def called(self, claim: str, amount: str = "0.00") -> None:
        """The guarantors were called and paid the bank this much."""
        told = {"bank": BANK, "amount": fen(amount)}
        self.act("claim.guarantors", claim, "checker@bank", told, person="b2")

    def accept(self, claim: str, principal: str) -> Case:
        """The guarantors called, the papers checked, and accepted by the committee."""
        if not self.county_case(claim).terms["guarantors_told"]:
            self.called(claim)
        self.act("claim.check", claim, "staff@federation", {"papers": dict.fromkeys(PAPERS, True)})
        return self.signed("claim.accept", claim, COMMITTEE, principal=fen(principal))

    def pay_claim(self, claim: str) -> Case:
        """The bank has its money."""
        self.act("claim.file", claim, "system:file")
        amount = loss_of(self.county_case(claim)).pool
        return self.act("claim.pay", claim, "system:bank_line", {"amount": amount}).case

    def lost(self, number: int, amount: str) -> tuple[str, str]:
        """A guarantee called in full and its claim, which the pool has paid."""
        guarantee = self.running(number, amount)
        claim = self.defaulted(guarantee, amount)
        self.accept(claim, amount)
        self.pay_claim(claim)
        return guarantee, claim

    def county_case(self, name: str) -> Case:
        """A case of the county as it stands."""
        found = store.load(self.conn, store.COUNTY_SCOPE, name)
        assert found is not None, name
        return found

    def held(self, account: str, key: str | None = None, book: str = CUSTODY) -> int:
        """A balance of custody in fen; all keys unless one is said."""
        where = [balance.c.book == book, balance.c.account == account]
        if key is not None:
            where.append(balance.c.key == key)
        return int(self.conn.scalar(sa.select(sa.func.sum(balance.c.amount)).where(*where)) or 0)

    def funds(self) -> pool.Funds:
        """The free pool money."""
        return free_funds(self.conn, CUSTODY)

    def prove_lines(self) -> None:
        """I6: 903 + 9041 + 904 − 9039 = leverage × base, for cooperative, bank and county."""
        known = store.DatabaseLookup(self.conn, store.COUNTY_SCOPE).all("agreement", COOP)
        live = [one for one in known if one.state in ("open", "suspended")]
        line = sum(pool.line_of(terms_of(one), self.funds()) for one in live)
        own = 0 if any(one.state == "suspended" for one in live) else line
        for book, key, expected in (
            (CUSTODY, "", own), (COUNTY_BOOK, BANK, line), (COUNTY_BOOK, "county", line),
        ):  # fmt: skip
            free, over = self.held("903", key, book), self.held("9039", key, book)
            used_key = None if book == CUSTODY else key
            used = self.held("9041", used_key, book) + self.held("904", used_key, book)
            assert free + used - over == expected == self.held("909", key, book), (book, key)
            assert not (free and over)
        assert self.held("702") == sum(
            self.held(name) for name in ("802", "8021", "803", "8031", "805", "8051")
        )
