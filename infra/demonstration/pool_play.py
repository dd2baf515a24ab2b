"""The pool's part of a demonstration: what is done on a day, and the line right after each step.

Called by ``play`` once a day and by ``result`` for the table at the end. Balances are read from
custody (K(i)); nothing is computed here that the books do not say.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ids import custody_book
from contracts.money import show
from contracts.rejections import RejectionCode
from infra.bank_simulator.orders import Order
from infra.county_directory import CountyDirectory
from infra.county_directory.layout import LINE_STEPS, OTHERS_SHARES
from infra.demonstration.pool_bank import PoolBank
from infra.demonstration.pool_county import PoolCounty
from infra.demonstration.pool_life import agreement_of
from journal import store
from journal.engine import reading
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.pool import Loss
from services.federation.county import County

_ACCOUNTS = ("802", "803", "805", "909", "9041", "904", "903", "9039")
ARROW = " → "
PAID = ("paid", "written_off", "recovered")
Figures = dict[str, int | dict[str, str] | dict[str, int]]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A cooperative's pool after something happened. Amounts fen."""

    on: date
    cooperative: str
    what: tuple[str, ...]
    stake_fen: int
    match_fen: int
    deposits_fen: int
    line_fen: int
    reserved_fen: int
    guaranteed_fen: int
    free_fen: int
    over_fen: int
    state: str


def line_steps(story: Sequence[Step]) -> dict[str, str]:
    """Each cooperative's line after every step that moved it, as custody held it then."""
    found: dict[str, list[int]] = {}
    for step in story:
        lines = found.setdefault(step.cooperative, [])
        if step.line_fen != (lines[-1] if lines else 0):
            lines.append(step.line_fen)
    return {name: ARROW.join(show(line) for line in lines) for name, lines in found.items()}


def by_layer(losses: Sequence[Loss]) -> dict[str, int]:
    """What each layer of the pool paid on these losses (fen, P6.5)."""
    return {
        "own_deposit": sum(loss.own_deposit for loss in losses),
        "stake": sum(loss.stake for loss in losses),
        "match": sum(loss.match for loss in losses),
        "others": sum(sum(loss.others.values()) for loss in losses),
    }


def others_shares(claims: Sequence[Case]) -> dict[str, str]:
    """How many other members paid how much, of each cooperative whose deposits paid a claim."""
    found: dict[str, Counter[int]] = {}
    for claim in claims:
        if parts := loss_of(claim).others:
            found.setdefault(claim.parties["coop"], Counter()).update(parts.values())
    return {
        name: " + ".join(f"{count} × {show(part)}" for part, count in sorted(parts.items()))
        for name, parts in found.items()
    }


class PoolPlay:
    """County and bank of the pool, and the story of its lines."""

    def __init__(self, engine: sa.Engine, county: County, directory: CountyDirectory) -> None:
        self.engine = engine
        self.directory = directory
        self.county = PoolCounty(engine, county, directory)
        self.bank = PoolBank(engine, county, directory)
        self.story: list[Step] = []
        self._told: dict[str, list[str]] = {}

    def act(self, on: date) -> list[str]:
        """Everything people at county and bank do on a day, in words."""
        if not self.directory.stakes:
            return []
        done = [*self.county.act(on), *self.bank.act(on)]
        for stake in self.directory.stakes:
            own = f"{stake.id.lower()}-"
            mine = [one for one in done if stake.id.lower() in one or own in one]
            self._told.setdefault(stake.cooperative, []).extend(mine)
        self._look(on)
        return done

    def orders(self) -> Iterator[Order]:
        """Money that comes into the pool from outside."""
        return self.bank.orders()

    def after_night(self, on: date) -> None:
        """Note what the bank's lines and the county's close have moved."""
        self._look(on)

    def figures(self) -> Figures:
        """The pool's figures of the summary, from custody and the county's cases."""
        with reading(self.engine).connect() as conn:
            books = [custody_book(one.id) for one in self.directory.cooperatives]
            totals = [store.totals(conn, book, _ACCOUNTS) for book in books]
            lines = store.in_states(
                conn, store.COUNTY_SCOPE, "guarantee", ("running", "ended", "released")
            )
            claims = store.in_states(conn, store.COUNTY_SCOPE, "claim", PAID)
            packages = store.in_states(
                conn, store.COUNTY_SCOPE, "package", ("approved", "sent", "answered", "expired")
            )
        losses = [loss_of(claim) for claim in claims]
        refusals = self.county.refusals.values()
        return {
            "packages": len(packages),
            "pool_stake_fen": sum(one["802"] for one in totals),
            "pool_match_fen": sum(one["803"] for one in totals),
            "pool_deposits_fen": sum(one["805"] for one in totals),
            "pool_line_fen": sum(one["909"] for one in totals),
            "guaranteed_loans": sum(bool(line.terms["drawn"]) for line in lines),
            "guaranteed_fen": sum(int(line.terms["drawn"]) for line in lines),
            "claims": len(claims),
            "claims_paid_fen": sum(loss.pool for loss in losses),
            "claims_by_layer_fen": by_layer(losses),
            OTHERS_SHARES: others_shares(claims),
            "claims_bank_fen": sum(loss.bank_part for loss in losses),
            "claims_uncovered_fen": sum(loss.uncovered for loss in losses),
            "claims_recovered_fen": sum(int(claim.terms["share_in"]) for claim in claims),
            LINE_STEPS: line_steps(self.story),
            "over_use_stopped": sum(one.code is RejectionCode.LINE_USED_UP for one in refusals),
        }

    def _look(self, on: date) -> None:
        """Add a step for every cooperative whose pool has moved."""
        with reading(self.engine).connect() as conn:
            for stake in self.directory.stakes:
                found = store.totals(conn, custody_book(stake.cooperative), _ACCOUNTS)
                agreement = store.load(conn, store.COUNTY_SCOPE, agreement_of(stake))
                step = Step(
                    on=on,
                    cooperative=stake.cooperative,
                    what=tuple(self._told.pop(stake.cooperative, ())),
                    stake_fen=found["802"],
                    match_fen=found["803"],
                    deposits_fen=found["805"],
                    line_fen=found["909"],
                    reserved_fen=found["9041"],
                    guaranteed_fen=found["904"],
                    free_fen=found["903"],
                    over_fen=found["9039"],
                    state=agreement.state if agreement else "-",
                )
                if step.what or self._moved(step):
                    self.story.append(step)

    def _moved(self, step: Step) -> bool:
        before = [one for one in self.story if one.cooperative == step.cooperative]
        same = msgspec.structs.replace(step, on=date.min, what=())
        last = msgspec.structs.replace(before[-1], on=date.min, what=()) if before else None
        return same != last and (bool(before) or step.state != "-")
