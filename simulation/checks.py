"""All checks of a simulated county: after every night, and after everything has healed.

Looks at every computer's file, at the bank and at the model; counts what it checks and raises
Found for the first thing that does not hold. Changes nothing. Called by a run.
"""

from collections import Counter
from datetime import date

from journal.audit import audit
from journal.registry import registry
from simulation import invariants_books as books
from simulation import invariants_cases as cases
from simulation import invariants_lending as lending
from simulation import invariants_money as money
from simulation import invariants_pool as pool
from simulation import queries
from simulation.founding_pool import PARTNERS
from simulation.model import VillageModel
from simulation.queries import Files
from simulation.tally import Tally
from simulation.world import COUNTY, World

_WAITS_FOR_PEOPLE = frozenset(
    {"finding", "consent", "intercoop", "service_fee", "own_money", "federation_book", "book",
     "agreement", "match", "package", "guarantee", "claim", "bank_order", "bank_report",
     "correction"}
)  # fmt: skip
"""County cases that may stay open for years: a named person, or a term, is waited for."""
_LENT_TO_VILLAGES = "intercoop"
"""How the key of a loan between villages begins; the other keys of 902 are members' loans."""
AUDIT_EVERY = 3
"""Nights from one audit by journal.audit to the next; the checks of this room run every night."""


class Checks:
    """The checks of one run, and what they remember from one night to the next."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.reached: Counter[tuple[str, str, str]] = Counter()
        self._witnesses: dict[str, dict[str, tuple[int, bytes]]] = {}
        self._nights = 0

    def night(self, world: World) -> None:
        """Everything that is always true, from scratch. Raises Found."""
        county = self._files(world, COUNTY)
        with world.reading(COUNTY) as conn:
            lines = queries.bank_lines(conn)
            batches, keys = queries.batches(conn), queries.keys(conn)
        self._own_books(world, county)
        coops = world.outside.cooperatives
        accounts = {one.id: one.account for one in PARTNERS}
        money.payments_happen_once(
            self.tally, county, world.bank, world.outside.villagers, accounts
        )
        money.account_agrees(self.tally, county, lines, world.bank, coops)
        money.custody_is_whole(self.tally, county, coops)
        money.cycles_net_to_zero(self.tally, county)
        money.deliveries_were_signed(self.tally, county, batches, keys)
        money.holds_have_cases(self.tally, county)
        lending.lending_is_bounded(self.tally, county)
        lending.the_federation_stands_between(self.tally, county)
        lending.every_side_speaks_for_itself(self.tally, county)
        lending.wishes_are_answered_once(self.tally, county)
        pool.lines_are_leverage_times_base(self.tally, county)
        pool.pool_is_whole(self.tally, county, lines, world.bank)
        pool.claims_are_covered(self.tally, county)
        pool.passed_on_is_owed(self.tally, county)
        cases.cases_are_folds(self.tally, county, whole=("K", *(f"N-{c}" for c in coops)))
        self.reached = Counter()
        for book in county.acts:
            if not book.startswith("N"):
                self.reached.update(cases.rows_reached(county, book))
        for coop in world.cooperatives:
            self._village(world, county, coop)
        if not self._nights % AUDIT_EVERY:
            self.audit(world)
        self._nights += 1

    def audit(self, world: World) -> None:
        """The house's own audit, which recomputes everything too, must find nothing either.

        What it could find stays in the books and is found the next time, so it is not asked every
        night: the first, every third, and when all has healed.
        """
        for name in (COUNTY, *world.cooperatives):
            others = "N" if name == COUNTY else "K"
            with world.reading(name) as conn:
                found = next(iter(audit(conn, registry(), replicas=others)), None)
            self.tally.hold("audit", "journal.audit finds no difference", fine=found is None,
                            at=name, found=found)  # fmt: skip

    def healed(self, world: World, begun: date) -> None:
        """I19: nothing is on its way any more, and what is open waits for a named person."""
        self.audit(world)
        hold = self.tally.hold
        hold("I19", "the bank is at rest", fine=world.bank.quiet)
        county = self._files(world, COUNTY)
        with world.reading(COUNTY) as conn:
            hold("I19", "no bank file waits", fine=not queries.unsent_files(conn))
            lines = queries.bank_lines(conn)
        told = {line.line for line in lines}
        missing = [one.line.line_id for one in world.bank.bookings if one.line.line_id not in told]
        hold("I19", "every line of the bank is known", fine=not missing, missing=missing[:3])
        total, stated = sum(line.amount for line in lines), sum(world.bank.stated.values())
        hold("I9", "all lines make the bank's balance", fine=total == stated,
             lines=total, bank=stated)  # fmt: skip
        for (scope, name), case in sorted(county.cases.items()):
            if scope == "K":
                self._ended_or_waits(name, case, begun)
        for coop in world.cooperatives:
            own = self._files(world, coop)
            seq, held = own.heads[f"N-{coop}"]["seq"], county.heads[f"N-{coop}"]["seq"]
            hold("I19", "every batch is acknowledged", fine=seq == held, coop=coop,
                 own=seq, county=held)  # fmt: skip
            behind = county.heads[f"K-{coop}"]["seq"] - own.heads[f"N-{coop}"]["cursor"]
            hold("I19", "every custody act is followed", fine=not behind, coop=coop, behind=behind)
            for (scope, name), case in sorted(own.cases.items()):
                if scope == f"N-{coop}" and case["process"] in ("loan", "member", "suspense"):
                    hold("I19", "no instruction hangs",
                         fine=case["state"] not in ("instructed", "refunding", "asked"),
                         case=name, state=case["state"])  # fmt: skip
        lending.what_is_owed_is_due(self.tally, county)
        lending.service_fees_are_earned(self.tally, county)

    def _ended_or_waits(self, name: str, case: queries.Told, begun: date) -> None:
        process = registry().table[case["process"]]
        state = case["state"]
        waits = case["process"] in _WAITS_FOR_PEOPLE or state in ("paid", "unknown", "queued")
        waits = waits or (case["process"], state) == ("transfer", "asked")
        # What began while all healed has a night or two to go.
        waits = waits or case["opened"] >= begun.isoformat()
        self.tally.hold(
            "I19", "a case has ended or waits for a named person",
            fine=process.ended(state) or waits, case=name, state=state,
        )  # fmt: skip

    def _own_books(self, world: World, here: Files) -> None:
        books.books_are_sound(self.tally, here)
        # A new computer begins with the county's replica: what was never delivered is lost.
        computer = f"{here.name}-{world.outside.computers[here.name]}"
        books.nothing_changed(self.tally, here, self._witnesses.get(computer, {}))
        self._witnesses[computer] = {
            book: (head["seq"], head["digest"]) for book, head in here.heads.items()
        }
        cases.powers_are_apart(self.tally, here)

    def _village(self, world: World, county: Files, coop: str) -> None:
        own = self._files(world, coop)
        book = f"N-{coop}"
        self._own_books(world, own)
        cases.cases_are_folds(self.tally, own, whole=(book,))
        cases.votes_were_won(self.tally, own, book)
        books.copies_agree(self.tally, own, county, book)
        books.copies_agree(self.tally, county, own, f"K-{coop}")
        books.mirrors_agree(self.tally, county, own, coop)
        books.mirrors_agree(self.tally, county, county, coop)
        lending.loans_are_bounded(self.tally, own, book)
        lending.borrowed_money_is_lent_once(self.tally, own, book)
        self.reached.update(cases.rows_reached(own, book))
        self._model(own, coop)

    def _model(self, own: Files, coop: str) -> None:
        """The small model steps through the same book and stands where the book stands."""
        model = VillageModel()
        book = f"N-{coop}"
        model.read(own.acts[book])
        sums: Counter[str] = Counter()
        principal: Counter[str] = Counter()
        for (name, account, key, _), amount in own.balances.items():
            if name == book:
                sums[account] += amount
                if account in ("115", "116"):
                    principal[key] += amount
                if account == "902" and key.startswith(_LENT_TO_VILLAGES):
                    sums["902 of villages"] += amount
        for account, wanted in (
            ("10201", model.cash),
            ("30101", -model.shares),
            ("30102", -model.household_money),
            ("23503", -model.due_back),
            ("21105", -model.suspense),
            ("11309", model.wrong),
            ("11301", model.lent),
            ("52104", model.service_fees),
            ("10901", model.staked),
            ("20102", -model.borrowed),
            ("902 of villages", model.given_up),
        ):
            self.tally.hold(
                "model", "the model has the same", fine=sums[account] == wanted,
                coop=coop, account=account, book=sums[account], model=wanted,
            )  # fmt: skip
        for loan, out in model.out.items():
            self.tally.hold(
                "model", "the model has the same loan", fine=principal[loan] == out,
                loan=loan, book=principal[loan], model=out,
            )  # fmt: skip

    def _files(self, world: World, name: str) -> Files:
        with world.reading(name) as conn:
            return queries.files(conn, name)
