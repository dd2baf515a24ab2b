"""The race of a guarantee package: from approved to signed, proven, kept and sent.

Called by `python -m bench`; an "act" of its table is one borrower. The limit renders and signs a
package that was said before: no book is read, nothing is kept, nothing is sent.
"""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bench.cluster import Cluster
from bench.harness import Contestant
from bench.races import Race
from bench.villages import PLAN, county_of
from contracts.ids import node_book
from contracts.ledger import Actor
from contracts.persons import Person, public_key, seal
from journal import heads, post, replica, store
from journal.perform import Command, perform
from journal.post import Draft
from kernel.cases import HANDS, Case, Hand
from kernel.errors import ensure
from services.federation import setup
from services.federation.cases import packages, person_register, registers
from services.federation.county import County
from services.federation.packages import publish
from services.federation.packages.assemble import assemble
from services.federation.packages.build import build_package
from services.federation.packages.keys import make_signing_keys

BORROWERS = 1_000
NAME, BANK, AGREEMENT = "poolbench", "rcc", "agreement-poolbench-1"
Terms = dict[str, Any]
OPENED, NOTICE = date(2009, 1, 5), timedelta(days=10)
NODE = Actor(role="bookkeeper@node", operator="p-bookkeeper")
DRAFTER = Actor(role="staff@federation", operator="p-drafter", persons=("p-drafter",))
AT = datetime(2010, 1, 2, tzinfo=UTC)
AMOUNT = 10_000_00
"""Fen a borrower: a thousand of them are a fiftieth of the line, so many packages fit."""
STAKE = 100_000_000_00
COVENANTS: dict[str, Any] = {
    "variant": "v2", "bank": BANK, "grade": "A", "leverage": 500, "base": "stake",
    "match_ppm": 300_000, "bank_part_ppm": 200_000, "wait_days": 90, "check_days": 10,
    "pay_days": 15, "layers": ["guarantors", "own_deposit", "stake", "match"],
    "match_order": "after_stake", "mutual": True, "stop_ppm": 50_000, "loan_cap": 5_000_000,
    "term_max": 24, "grades": ["A", "B"],
}  # fmt: skip
SIGNERS = (
    ("meeting@coop", "p-minutes"), ("council@coop", "p-chair"), ("council@coop", "p-council"),
    ("checker@bank", "p-bank"), ("staff@federation", "p-staff"), ("cpo@federation", "p-cpo"),
    ("cfb@federation", "p-cfb"),
)  # fmt: skip
APPROVERS = (SIGNERS[1], SIGNERS[2], SIGNERS[4], SIGNERS[5])
PARTIES = {"coop": NAME, "bank": "", "county": ""}


class Village:
    """A village under an open agreement; ``approve`` lays out a list and has it approved."""

    def __init__(self, engine: sa.Engine, county: County, borrowers: int) -> None:
        self.engine, self.county, self.borrowers = engine, county, borrowers
        self.book, self.numbers = node_book(NAME), itertools.count(1)
        self.package = ""
        with engine.begin() as conn:
            # Older than the county's books, so that every notice has run out by their open date.
            heads.create(conn, self.book, OPENED)
            _enter(conn, county)
            self._village(conn)
            self._agreement(conn)

    def approve(self) -> None:
        """A fresh package of fresh borrowers, approved and not yet made."""
        number = next(self.numbers)
        self.package = f"package-{NAME}-{number}"
        ids = range(number * 100_000, number * 100_000 + self.borrowers)
        with self.engine.begin() as conn:
            names = self._borrowers(conn, ids)
            agreement = _case(conn, AGREEMENT)
            packages.draft(conn, self.county.world, agreement, names, self.package, DRAFTER)
            for role, person in APPROVERS:
                if _case(conn, self.package).state == "drafting":
                    self._act(conn, "package.sign", self.package, role, person)

    def _village(self, conn: sa.Connection) -> None:
        """Council, members' meeting and the book's day, as its node would have delivered them."""
        until = date(2030, 1, 1).isoformat()
        for name, person in (("chair", "p-chair"), ("council", "p-council")):
            facts = {"post": name, "person": person, "until": until}
            self._says(conn, "post", {f"post-{NAME}-{name}": [("elect", "held", facts)]})
        heads_counted = f"2009-1 实到{self.borrowers}人 同意{self.borrowers}人"
        said = {
            "for": AGREEMENT, "act": "sign", "minutes": heads_counted,
            **_hand("p-minutes", "meeting@node", "", "say"),
        }  # fmt: skip
        self._says(conn, "voice", {f"voice-{NAME}-1": [("say", "said", said)]})

    def _agreement(self, conn: sa.Connection) -> None:
        self._act(conn, "agreement.propose", AGREEMENT, *SIGNERS[4], COVENANTS)
        for role, person in SIGNERS:
            self._act(conn, "agreement.sign", AGREEMENT, role, person)
        name = f"transfer-{NAME}-1"
        self._act(conn, "receipt.unclaimed", f"line-{NAME}-1", "system:bank_line", "bank",
                  {"line": f"{NAME}-1", "amount": STAKE})  # fmt: skip
        self._act(conn, "transfer.stake", name, "system:intake", "intake",
                  {"agreement": AGREEMENT, "amount": STAKE})  # fmt: skip
        self._act(conn, "transfer.file", name, "system:file", "files")
        self._act(conn, "transfer.staked", name, "system:bank_line", "bank")

    def _borrowers(self, conn: sa.Connection, numbers: Sequence[int]) -> list[str]:
        """Members with card and papers, their applications cleared after a notice."""
        keys = self.county.keys
        recipients = {keys.key: public_key(keys.sealing)}
        known = [
            seal(_person(number), 1, _known(number), recipients, self.county.ports.random)
            for number in numbers
        ]
        person_register.keep_persons(conn, keys, NAME, known)
        self._says(conn, "member", {
            _member(number): [("apply", "active", {"person": _person(number), "level": 1})]
            for number in numbers
        })  # fmt: skip
        asked = {f"bank_loan-{NAME}-{number}": _asked(number) for number in numbers}
        self._says(conn, "bank_loan", asked)
        head = heads.lock(conn, [self.book])[self.book]
        heads.close_day(conn, head, head.today + NOTICE)
        self._says(conn, "bank_loan", {name: [("clear", "cleared", {})] for name in asked})
        return list(asked)

    def _says(
        self, conn: sa.Connection, process: str, told: dict[str, list[tuple[str, str, Terms]]]
    ) -> None:
        """Lay out acts of cases in the replica, folded as intake folds them."""
        world = self.county.world
        drafts = []
        known = store.DatabaseLookup(conn, self.book).some(list(told))
        for case, acts in told.items():
            first = known[case].step + 1 if case in known else 1
            drafts += [
                Draft(
                    book=self.book, id=f"{case}/{act}", value_date=OPENED, process=process,
                    version=1, case=case, step=step, act=act, state=state, actor=NODE, request="",
                    parties={"coop": NAME}, terms=terms,
                )
                for step, (act, state, terms) in enumerate(acts, first)
            ]  # fmt: skip
        head = heads.lock(conn, [self.book])
        written = post.append(conn, head, drafts, world.registry.chart)
        after = replica.fold_all(known, written, world.registry.table)
        replica.save_all(conn, self.book, known, after, world.registry.table)

    def _act(
        self, conn: sa.Connection, name: str, case: str, role: str, person: str,
        facts: Terms | None = None,
    ) -> None:  # fmt: skip
        process, act = name.split(".")
        perform(conn, self.county.world, Command(
            id=f"{case}/{act}/{person}", process=process, case=case, act=act,
            actor=Actor(role=role, operator=person, persons=(person,)), facts=facts or {},
            parties={"coop": NAME} if process == "receipt" else PARTIES,
        ))  # fmt: skip


def _enter(conn: sa.Connection, county: County) -> None:
    entry = setup.CooperativePlan(
        id=NAME, name="池村互助社", sub_account=f"1-{NAME}", grade="A", grade_source="bench"
    )
    setup.add_cooperative(conn, county, PLAN, entry)
    registers.enter_partner(conn, registers.Partner(id=BANK, name="信用联社", account="1"))


def _case(conn: sa.Connection, name: str) -> Case:
    found = store.load(conn, store.COUNTY_SCOPE, name)
    ensure(found is not None, "benchmark_case_is_there", case=name)
    return found or Case(id=name, process="", version=1, home="")


def _hand(person: str, role: str, power: str, act: str) -> Terms:
    return {HANDS: msgspec.to_builtins([Hand(person, role, power, act, "yes")])}


def _person(number: int) -> str:
    return f"p-{number:016x}"


def _member(number: int) -> str:
    return f"member-{NAME}-{number}"


def _known(number: int) -> Person:
    """Somebody whose place of birth does not exist."""
    return Person(
        name=f"社员{number}",
        card=f"622848{number:013d}",
        id_number=f"99999919700101{number % 10_000:04d}",
    )


def _asked(number: int) -> list[tuple[str, str, Terms]]:
    facts = {
        "agreement": AGREEMENT, "member": _member(number), "person": _person(number),
        "group": f"group-{NAME}-{number // 5}", "amount": AMOUNT, "purpose": "养殖",
        "term_months": 12,
    }  # fmt: skip
    return [
        ("apply", "applied", facts),
        ("sign", "endorsed", _hand(f"p-o{number}", "guarantor@node", "", "sign")),
        ("vote", "approved", {"approved_on": OPENED.isoformat(),
                              **_hand("p-chair", "council@node", "approve", "vote")}),
        ("notice", "noticed", {}),
    ]  # fmt: skip


@contextlib.contextmanager
def click_to_sent(cluster: Cluster, borrowers: int) -> Iterator[Sequence[Contestant]]:
    """A package of ``borrowers`` households, from approved to sent."""
    county = county_of(cluster.engine)
    numbers = itertools.count(1)
    keys = make_signing_keys("bench", lambda size: next(numbers).to_bytes(size, "big"), AT).signing
    village = Village(cluster.engine, county, borrowers)
    village.approve()
    with cluster.engine.connect() as conn:
        said = assemble(conn, county, _case(conn, village.package))

    def alone() -> int:
        build_package(said, keys, AT)
        return borrowers

    def run() -> int:
        sent = publish.publish(cluster.engine, county, keys, village.package)
        ensure(sent, "benchmark_package_is_sent", package=village.package)
        return borrowers

    yield [
        Contestant(name="rendered and signed", run=alone),
        Contestant(name="package sent", run=run, prepare=village.approve),
    ]


def races(cluster: Cluster) -> dict[str, tuple[str, Race, str]]:
    """The race by its title."""
    title = f"a guarantee package of {BORROWERS:,} borrowers, approved to sent"
    return {title: ("pool", click_to_sent(cluster, BORROWERS), "")}
