"""A bank's window at the county: one officer or machine, its own bank, one transaction an act.

Made by the pages and by the API for every request, so that both do the same. Another bank's case
is as absent as one that never was (NotFoundException). Rules decide; nothing here does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar.exceptions import NotFoundException

from contracts.bank import CellError
from contracts.codec import digest, encode
from contracts.ids import COUNTY_BOOK
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import (
    agreements,
    bank_orders,
    bank_periods,
    bank_reports,
    corrections,
    packages,
    papers,
    pool_money,
)
from services.federation.cases.bank_reports import Numbered, Taken
from services.federation.county import County
from services.federation.transactions import in_transaction

MAKER, CHECKER = "maker@bank", "checker@bank"
SIGNABLE = {"agreement": ("proposed", "open", "suspended"), "transfer": ("asked",)}
"""What of the county waits for a bank's signature: process → states."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the window: of which bank, in which roles, which natural person."""

    engine: sa.Engine
    county: County
    bank: str
    roles: tuple[str, ...]
    person: str

    def actor(self, *wanted: str) -> Actor:
        """In the first wanted role he holds; else in one he holds, to be refused by its row."""
        role = next((one for one in wanted if one in self.roles), self.roles[0])
        return Actor(role=role, operator=self.person, persons=(self.person,))

    def own(self, conn: sa.Connection, process: str, name: str) -> Case:
        """A case of this bank. Raises NotFoundException for any other."""
        found = store.load(conn, store.COUNTY_SCOPE, name)
        if found is None or found.process != process or found.terms.get("bank") != self.bank:
            raise NotFoundException
        if process in (packages.LINE, packages.PROCESS) and not found.terms.get("manifest"):
            raise NotFoundException  # not sent yet: the bank has not heard of it
        return found

    def all(self, conn: sa.Connection, process: str) -> list[Case]:
        """Every case of a process that is this bank's, in id order."""
        found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(process, "bank", self.bank)
        hidden = process in (packages.LINE, packages.PROCESS)
        return [one for one in found if not hidden or one.terms.get("manifest")]

    def signable(self, conn: sa.Connection) -> list[Case]:
        """Agreements, versions, resumptions and releases a checker may have to sign."""
        mine = self.all(conn, "agreement")
        lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
        moving = [
            one for case in mine for one in lookup.linked("transfer", "agreement", case.id)
        ]  # fmt: skip
        return [
            one
            for one in (*mine, *moving)
            if one.state in SIGNABLE[one.process]
            and (one.state != "open" or one.terms.get("offer"))
        ]

    def receive(self, name: str, sha256: str, *, verified: bool) -> Case:
        """The bank has a package under this SHA-256. Raises DOCUMENT_CHANGED."""

        def doing(conn: sa.Connection) -> Case:
            case = self.own(conn, packages.PROCESS, name)
            return packages.receive(
                conn, self.county.world, case, self.bank, self.actor(MAKER, CHECKER),
                file=sha256, verified=verified,
            ).case  # fmt: skip

        return in_transaction(self.engine, doing)

    def prepare(self, kind: str, process: str, about: str, content: Mapping[str, Any]) -> Case:
        """The maker prepares an order. Raises what its release would raise now."""

        def doing(conn: sa.Connection) -> Case:
            case = self.own(conn, process, about)
            return bank_orders.prepare(
                conn, self.county.world, kind, case, content, self.actor(MAKER)
            )

        return in_transaction(self.engine, doing)

    def release(self, name: str, terms: str) -> Case:
        """The checker releases an order under the digest shown, and it is done."""

        def doing(conn: sa.Connection) -> Case:
            order = self.own(conn, bank_orders.PROCESS, name)
            world = self.county.world
            return bank_orders.release(conn, world, order, terms, self.actor(CHECKER)).case

        return in_transaction(self.engine, doing)

    def turn_back(self, name: str, reason: str) -> Case:
        """An order goes back to its maker with a reason."""

        def doing(conn: sa.Connection) -> Case:
            order = self.own(conn, bank_orders.PROCESS, name)
            actor = self.actor(CHECKER, MAKER)
            return bank_orders.turn_back(conn, self.county.world, order, reason, actor).case

        return in_transaction(self.engine, doing)

    def report(
        self, kind: str, rows: Sequence[Numbered], name: str, *, period: str = "",
        wrong: Sequence[CellError] = (),
    ) -> Taken:  # fmt: skip
        """Take a whole report or nothing. Raises ReportRefused, UNKNOWN_CASE, TOO_EARLY."""

        def doing(conn: sa.Connection) -> Taken:
            world, actor = self.county.world, self.actor(MAKER)
            if kind == "payout":
                return bank_reports.take_payouts(conn, world, self.bank, rows, actor, name, wrong)
            if kind not in bank_periods.KINDS:
                raise NotFoundException
            taking = (
                bank_reports.take_repayments
                if kind == bank_periods.REPAYMENT
                else bank_reports.take_utilisation
            )
            return taking(conn, world, self.bank, rows, actor, name, period, wrong)

        return in_transaction(self.engine, doing)

    def keep(self, name: str, media: str, body: bytes) -> str:
        """Keep a paper for this bank; its SHA-256 (hex)."""
        return in_transaction(
            self.engine,
            lambda conn: papers.keep(conn, self.county, name, media, self.bank, body),
        )

    def paper(self, conn: sa.Connection, digest: str) -> papers.Paper:
        """A paper of this bank. Raises NotFoundException."""
        found = papers.find(conn, digest, self.bank)
        if found is None:
            raise NotFoundException
        return found

    def correct(self, said: Mapping[str, Any]) -> Case:
        """Ask the county for a correction."""

        def doing(conn: sa.Connection) -> Case:
            actor = self.actor(MAKER, CHECKER)
            facts = {**said, "bank": self.bank}
            world = self.county.world
            return corrections.ask(conn, world, corrections.BY_BANK, facts, actor).case

        return in_transaction(self.engine, doing)

    def answer_correction(self, name: str, act: str, terms: str, reason: str) -> Case:
        """Agree to, refuse or take back a correction."""

        def doing(conn: sa.Connection) -> Case:
            case, world = self.own(conn, corrections.PROCESS, name), self.county.world
            actor = self.actor(CHECKER, MAKER)
            if act == "accept":
                return corrections.accept(conn, world, case, terms, actor, reason).case
            return corrections.settle(conn, world, case, act, actor, reason).case

        if act not in ("accept", "refuse", "withdraw"):
            raise NotFoundException
        return in_transaction(self.engine, doing)

    def sign(self, name: str, terms: str) -> Case:
        """The checker signs an agreement, its version, its resumption or a release."""

        def doing(conn: sa.Connection) -> Case:
            found = {one.id: one for one in self.signable(conn)}.get(name)
            if found is None:
                raise NotFoundException
            world, actor = self.county.world, self.actor(CHECKER)
            if found.process == "transfer":
                if terms != transfer_digest(found):
                    raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
                return pool_money.decide(conn, world, found, "sign", actor).case
            act_id = f"{found.id}/sign/{found.step + 1}/{self.person}"
            return agreements.sign(conn, world, found, actor, terms=terms, act_id=act_id).case

        return in_transaction(self.engine, doing)

    def today(self, conn: sa.Connection) -> str:
        """The county's open business date (ISO)."""
        return journal_heads.read(conn, COUNTY_BOOK).open_date


def transfer_digest(case: Case) -> str:
    """Hex digest of a release as it is shown and signed."""
    return digest(f"terms.{case.process}", encode(case.terms)).hex()
