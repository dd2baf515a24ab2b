"""The bank under the pool: answers line by line, pays out, reports, claims, tells what it recovers.

Also the committee at the county that decides on its claims, and the money that comes from outside.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.money import show
from infra.bank_simulator.orders import Order, Repay
from infra.county_directory.model import GuaranteeLine
from infra.demonstration.outside import pool_account
from infra.demonstration.pool_desk import PoolDesk, reached
from infra.demonstration.pool_life import pooling_of
from journal.perform import World
from kernel.calendar import months_after
from kernel.cases import Case
from kernel.claims import PAPERS
from services.federation.cases import claims, guarantees, packages, papers


class PoolBank(PoolDesk):
    """The bank's maker and checker, and the committee of federation and poverty office."""

    def act(self, on: date) -> Iterator[str]:
        """Do everything that waits on a day; what was done, in words."""
        if self.directory.pool is None:
            return
        bank = self.directory.pool.bank
        for line in self.directory.packages:
            case = self.guarantee(line)
            if case is None:
                continue
            if case.state == "sent":
                yield from self._answer(line, case, bank)
            elif case.state == "accepted" and reached(on, line.paid_on):
                yield from self._pay(line, case, bank, on)
            elif case.terms.get("paid_on"):
                yield from self._report(line, case, bank, on)

    def _answer(self, line: GuaranteeLine, case: Case, bank: str) -> Iterator[str]:
        package = self.case(str(case.terms["package"]))
        yield from self.does(
            f"银行答复 {line.id} {line.answer}",
            packages.answer,
            package,
            case.id,
            line.answer,
            bank,
            self.offices.checker,
            line.reason,
        )

    def _pay(self, line: GuaranteeLine, case: Case, bank: str, on: date) -> Iterator[str]:
        said: dict[str, Any] = {
            "bank": bank,
            "amount": line.amount_fen,
            "paid_on": on.isoformat(),
            "due_on": months_after(on, line.term_months).isoformat(),
            "contract": f"RCC-{line.id}",
        }
        words = f"银行放款 {line.id} {show(line.amount_fen)}"
        yield from self.does(words, guarantees.paid, case, said, self.offices.maker, line.id)

    def _report(self, line: GuaranteeLine, case: Case, bank: str, on: date) -> Iterator[str]:
        for part in line.repaid[len(case.terms["repaid"]) :]:
            amount = part.amount_fen or 0
            if reached(on, part.on):
                said = {"bank": bank, "amount": amount, "repaid_on": on.isoformat()}
                words = f"归还 {line.id} {show(amount)}"
                yield from self.does(
                    words, guarantees.repaid, case, said, self.offices.maker, part.on.isoformat()
                )
        since = line.overdue_on
        if since is not None and since <= on and not case.terms.get("arrears"):
            late = {"bank": bank, "since": since.isoformat(), "principal": line.amount_fen}
            yield from self.does(
                f"逾期 {line.id}", guarantees.arrears, case, late, self.offices.maker, "1"
            )
        if reached(on, line.claimed_on):
            yield from self._claim(line, case, bank, on)

    def _claim(self, line: GuaranteeLine, guarantee: Case, bank: str, on: date) -> Iterator[str]:
        """The notice with its papers, the check, the committee, and what is recovered later."""
        found = self.linked("claim", "guarantee", guarantee.id)
        if not found:
            yield from self.does(f"代偿通知书 {line.id}", self._notice, line, guarantee, bank)
            return
        claim = found[-1]
        told = claim.terms["guarantors_told"]
        if claim.state == "noticed" and claim.terms["guarantors_first"] and not told:
            yield from self.does(
                f"联保人清偿 {claim.id} {show(0)}", claims.guarantors, claim, bank, 0,
                self.offices.checker,
            )  # fmt: skip
        elif claim.state == "noticed" and not claim.terms["checked"]:
            seen: Mapping[str, bool] = dict.fromkeys(PAPERS, True)
            yield from self.does(
                f"审核材料 {claim.id}", claims.check, claim, seen, self.offices.staff
            )
        elif claim.state == "noticed":
            amount = int(claim.terms["amount"])
            for actor in (self.offices.staff, self.offices.poverty_office):
                words = f"同意代偿 {claim.id} {actor.role}"
                yield from self.does(words, claims.accept, claim, amount, actor)
        elif claim.state == "paid" and not int(claim.terms["recovered"]):
            for part in line.recovered:
                amount = part.amount_fen or 0
                if reached(on, part.on):
                    words = f"追回 {line.id} {show(amount)}"
                    yield from self.does(
                        words,
                        claims.recovered,
                        claim,
                        bank,
                        amount,
                        self.offices.checker,
                        self._pursuit(line, part.on),
                    )

    def _pursuit(self, line: GuaranteeLine, on: date | None) -> Mapping[str, Any]:
        """How it was recovered, and the principal the borrower owes after this part."""
        paid = [one.amount_fen or 0 for one in (*line.repaid, *line.recovered)
                if on and one.on <= on]  # fmt: skip
        return {"method": "paid", "still_owed": max((line.amount_fen or 0) - sum(paid), 0)}

    def _notice(
        self, conn: sa.Connection, world: World, line: GuaranteeLine, guarantee: Case, bank: str
    ) -> None:
        """Four papers go with a notice, each kept under its digest."""
        kept = {
            name: papers.keep(
                conn, self.county, f"{name}.txt", "text/plain", bank,
                f"{name} {line.id} {guarantee.id}\n".encode(),
            )
            for name in PAPERS
        }  # fmt: skip
        said = {
            "bank": bank,
            "amount": line.amount_fen,
            "manifest": guarantee.terms["manifest"],
            "papers": kept,
        }
        claims.notice(conn, world, guarantee.id, said, self.offices.checker)

    def orders(self) -> Iterator[Order]:
        """Money from outside: matches, members' deposits, the pool's share of recoveries.

        An order has one id, so the bank does it once however often it is asked.
        """
        told = self.directory.pool
        if told is None:
            return
        for case in self.all("match", "approved"):
            amount = int(case.terms["amount"])
            yield self._order(case.id, told.finance_account, amount, case.id)
        for deposit in self.directory.deposits:
            loan = self.directory.loan[deposit.loan]
            form = pooling_of(deposit, loan.cooperative)
            if self.village_state(loan.cooperative, form) == "applied":
                card = self.directory.member[loan.household].card_no
                yield self._order(form, card, loan.amount_fen, form)
        for claim in self.all("claim", "paid", "written_off"):
            waiting = int(claim.terms["share_due"]) - int(claim.terms["share_in"])
            if waiting:
                name = f"{claim.id}-{claim.terms['share_due']}"
                yield self._order(name, told.bank_account, waiting, claim.id)

    def _order(self, name: str, card: str, amount_fen: int, text: str) -> Order:
        return Repay(
            id=f"pool-{name}",
            card=card,
            sub_account=pool_account(self.directory),
            amount_fen=amount_fen,
            text=text,
        )
