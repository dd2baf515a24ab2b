"""The pool's people at the county: agreement, match, release, borrower lists and their approval."""

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.ids import custody_book
from contracts.rejections import Rejection, RejectionCode
from infra.county_directory import CountyDirectory
from infra.county_directory.model import GuaranteeLine, Stake
from infra.demonstration.pool_desk import PoolDesk, has_signed, reached
from infra.demonstration.pool_life import agreement_of, application_of, package_of
from journal import store
from journal.engine import reading
from kernel import pool
from kernel.cases import Case
from kernel.pool_agreement import terms_of
from services.federation.cases import agreements, findings, packages, pool_money
from services.federation.county import County
from services.federation.packages import publish

SIGNERS = {
    "proposed": ("checker", "staff", "poverty_office", "finance"),
    "suspended": ("checker", "staff", "poverty_office"),
}
"""State of an agreement → the offices that sign outside the village."""
ACTS = {"proposed": "sign", "suspended": "resume"}


_PAUSE, _PATIENCE = 0.05, 120.0
"""Seconds between two looks at a package that is to leave, and after which nobody waits."""


class PackageNotSent(Exception):
    """The worker did not send an approved package; the text is its case."""


class PoolCounty(PoolDesk):
    """Federation, poverty office and finance bureau, as far as the pool goes."""

    def __init__(self, engine: sa.Engine, county: County, directory: CountyDirectory) -> None:
        super().__init__(engine, county, directory)
        self.left: set[str] = set()

    def act(self, on: date) -> Iterator[str]:
        """Do everything that waits on a day; what was done, in words."""
        for stake in self.directory.stakes:
            yield from self._agreement(stake, on)
        for name in dict.fromkeys(line.package for line in self.directory.packages):
            lines = [line for line in self.directory.packages if line.package == name]
            yield from self._package(name, lines, on)

    def _agreement(self, stake: Stake, on: date) -> Iterator[str]:
        name = agreement_of(stake)
        case = self.case(name)
        if case is None:
            if reached(on, stake.agreed_on):
                said = self._covenants(stake)
                yield from self.does(
                    f"提出合作协议 {name}",
                    agreements.propose,
                    stake.cooperative,
                    name,
                    said,
                    self.offices.drafter,
                )
            return
        if case.state == "proposed" or (
            case.state == "suspended" and reached(on, stake.resumed_on)
        ):
            yield from self._sign(case)
        elif case.state == "open" and stake.match_ppm:
            yield from self._match(stake, case, on)
        for transfer in self.linked("transfer", "agreement", name):
            if transfer.state == "asked":
                for actor in (self.offices.checker, self.offices.staff):
                    yield from self.does(
                        f"同意释放 {transfer.id}", pool_money.decide, transfer, "sign", actor
                    )

    def _sign(self, case: Case) -> Iterator[str]:
        act = ACTS[case.state]
        for office in SIGNERS[case.state]:
            actor = getattr(self.offices, office)
            if not has_signed(case, actor, act):
                yield from self.does(
                    f"{case.id} {actor.role} 签字",
                    agreements.sign,
                    case,
                    actor,
                    terms=str(case.terms["digest"]),
                    act_id=f"{case.id}/{act}/{actor.operator}/{case.since}",
                )

    def _match(self, stake: Stake, agreement: Case, on: date) -> Iterator[str]:
        """The federation claims a match for each stake that is in; the finance bureau approves."""
        known = self.linked("match", "agreement", agreement.id)
        stakes = 1 + sum(reached(on, part.on) for part in stake.topped_up)
        with reading(self.engine).connect() as conn:
            have = store.totals(conn, custody_book(stake.cooperative), ["802", "803"])
        under_way = sum(int(one.terms["amount"]) for one in known if one.state != "booked")
        due = pool.match_due(terms_of(agreement), have["802"])
        if len(known) < stakes and due > have["803"] + under_way:
            name = f"match-{stake.id.lower()}-{len(known) + 1}"
            yield from self.does(
                f"申请县级配套 {name}", pool_money.claim_match, agreement, name, self.offices.staff
            )
        for case in known:
            if case.state == "claimed":
                yield from self.does(
                    f"财政局批准 {case.id}",
                    pool_money.decide,
                    case,
                    "approve",
                    self.offices.finance,
                )

    def _package(self, name: str, lines: list[GuaranteeLine], on: date) -> Iterator[str]:
        case = self.case(package_of(name))
        stake = self.directory.stake[lines[0].stake]
        agreement = self.case(agreement_of(stake))
        if agreement is None or not reached(on, max(line.sent_on for line in lines)):
            return
        if case is None:
            wanted = [application_of(line, stake.cooperative) for line in lines]
            ready = all(self.village_state(stake.cooperative, a) == "cleared" for a in wanted)
            if ready and package_of(name) not in self.refusals:
                yield from self.does(
                    f"编制担保包 {name}({len(lines)} 户)",
                    packages.draft,
                    agreement,
                    wanted,
                    package_of(name),
                    self.offices.drafter,
                    stops=package_of(name),
                )
        elif case.state == "drafting":
            asked = self._signers(case)
            for actor in (self.offices.staff, self.offices.poverty_office):
                if actor.role in asked and not has_signed(case, actor, "sign"):
                    yield from self.does(
                        f"{case.id} {actor.role} 审批",
                        packages.sign,
                        case,
                        actor,
                        terms=str(case.terms["digest"]),
                        act_id=f"{case.id}/sign/{actor.operator}",
                    )
        yield from self._leaves(package_of(name))

    def _leaves(self, name: str) -> Iterator[str]:
        """The worker renders, signs and sends what is approved; the day waits for it."""
        case, until = self.case(name), time.monotonic() + _PATIENCE
        while case is not None and case.state == "approved":
            if stopped := self._stopped(name):
                yield self._refused(f"{name} 送出", name, stopped)
                return
            if time.monotonic() > until:
                raise PackageNotSent(name)
            time.sleep(_PAUSE)
            case = self.case(name)
        if case is not None and case.terms.get("file") and name not in self.left:
            self.left.add(name)
            yield f"{name} 送出"

    def _stopped(self, name: str) -> Rejection | None:
        """Why the worker could not send it, if it has said so."""
        with reading(self.engine).connect() as conn:
            found = findings.live(conn, publish.FINDING, name)
        if found is None:
            return None
        return Rejection(
            code=RejectionCode(found.terms["code"]), facts=dict(found.terms["refusal"])
        )

    def _signers(self, package: Case) -> set[str]:
        """The roles this package needs: above one loan's cap the poverty office too."""
        with reading(self.engine).connect() as conn:
            policy = self.county.world.policy(conn, package.parties["coop"])
        return {step.role for step in policy.steps("package.sign", package.terms)}

    def _covenants(self, stake: Stake) -> dict[str, Any]:
        """What the agreement says: the row, and the county's own parameters for the rest."""
        with reading(self.engine).connect() as conn:
            policy = self.county.world.policy(conn, stake.cooperative)
        told = self.directory.pool
        return {
            "variant": stake.variant,
            "bank": told.bank if told else "",
            "leverage": stake.leverage * pool.HUNDREDTHS,
            "base": stake.base,
            "match_ppm": stake.match_ppm,
            "bank_part_ppm": policy.ppm("claim.bank_part"),
            "wait_days": policy.days("claim.wait_days"),
            "check_days": policy.days("claim.check_days"),
            "pay_days": policy.days("claim.pay_days"),
            "layers": list(policy.list("claim.order")),
            "match_order": policy.text("claim.match_order"),
            "mutual": stake.variant == pool.V1 and policy.flag("pool.v1_mutual"),
            "stop_ppm": policy.ppm("claim.stop_rate"),
            "loan_cap": policy.fen("pool.loan_cap"),
            "term_max": policy.months("pool.term_max"),
            "grades": list(policy.list(f"pool.{stake.variant}_grades")),
        }
