"""Plays a county directory day by day through the doors: people, bank, nodes, county night.

A date is played when the files say that somebody acts, at each month's end, when a deadline
falls, and on the business days after, while money or paper is still on its way. Quiet days
between are closed by catch-up, oldest first. Decides nothing of the domain: what may happen is
the services' answer, and a refusal is counted and told.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta

import msgspec

from contracts.codec import learn_types
from infra.bank_simulator.orders import Order
from infra.county_directory import CountyDirectory
from infra.county_directory.kinds import FaultKind
from infra.county_directory.model import Repayment
from infra.demonstration import outside
from infra.demonstration.doors import BankDoor, CountyDoor, Refused, VillageDoor
from infra.demonstration.lending import voices
from infra.demonstration.life import Village, Wish, loan_case, member_case, wishes
from infra.demonstration.people import people_of
from infra.demonstration.pool_life import pool_wishes
from infra.demonstration.pool_play import PoolPlay
from infra.demonstration.proof import Proof
from journal import data
from kernel.calendar import month_ends
from kernel.cases import Case
from kernel.loans import loan_of

QUIET, PEOPLE, BANK = "quiet days 补日结", "people 村里办事", "bank 银行"
NODES, NIGHT = "nodes 村日结收发", "county night 县夜间日结"
_ONE_DAY = timedelta(days=1)
_REPEATED = 50
"""How many of the latest acts are asked for again at the end."""
_MOVING = {
    "loan": ("applied", "endorsed", "approved", "cleared", "contracted", "instructed"),
    "member": ("applied", "admitted", "refunding"),
    "bank_loan": ("applied", "endorsed", "approved"),
    "pooling": ("applied",),
}
"""States from which people or the bank go on by themselves the next business day."""


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """What one played date brought."""

    on: date
    acts: Counter[str]
    refusals: tuple[tuple[Wish, Refused], ...]
    counts: Mapping[str, int]
    pool: tuple[str, ...] = ()


class Player:
    """One county on its way through time.

    ``tell`` is called after every night; ``phase`` counts the time of a part of the day.
    """

    def __init__(
        self,
        directory: CountyDirectory,
        villages: Mapping[str, VillageDoor],
        bank: BankDoor,
        county: CountyDoor,
        pool: PoolPlay,
        tell: Callable[[Night], None],
        phase: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self.directory = directory
        self.villages = villages
        self.bank = bank
        self.county = county
        self.pool = pool
        self.tell = tell
        self.phase = phase
        self.persons: dict[str, dict[str, str]] = {}
        self.cases: dict[str, dict[str, Case]] = {}
        self.ordered: set[str] = set()
        self.lent: dict[str, str] = {}
        self.refused: set[tuple[str, str, date]] = set()
        policy = data.policy(directory.profile, directory.parameters)
        self.insures = policy.flag("insurance.required")
        self.group_kind = policy.text("guarantee.mode")
        self.closed = directory.calendar.first_day - _ONE_DAY
        self.latest: deque[tuple[str, Wish, date]] = deque(maxlen=_REPEATED)
        learn_types()  # villages are asked by threads

    def open(self) -> None:
        """The bank opens its accounts, villages register their people."""
        self.bank.order(list(outside.opening(self.directory)))
        for name, door in self.villages.items():
            self.persons[name] = door.register(people_of(self.directory, name))
            self.cases[name] = door.cases()

    def play(self, limit: int | None = None) -> Iterator[Night]:
        """Play from the first day to the last; stops after ``limit`` dates if one is given."""
        calendar = self.directory.calendar
        on: date | None = calendar.first_day
        played = 0
        while on is not None and on <= calendar.last_day and played != limit:
            night = self._play_day(on)
            played += 1
            self.tell(night)
            yield night
            on = self._next_day(on)

    def repeat(self) -> Proof:
        """Ask the latest acts of every village again: each is answered, none happens twice (I7)."""
        failed = 0
        for name, wish, on in self.latest:
            before = self.villages[name].last_act()
            answered = self.villages[name].perform(wish, on) is None
            failed += not answered or self.villages[name].last_act() != before
        return Proof(name="I7", checked=len(self.latest), failed=failed)

    def _play_day(self, on: date) -> Night:
        acts: Counter[str] = Counter()
        refusals: list[tuple[Wish, Refused]] = []
        with self.phase(QUIET):
            self._catch_up(on)
            self._each_village(lambda name, door: self._reach(name, door, on))
        with self.phase(PEOPLE):
            for name, door in self.villages.items():
                self._live(name, door, on, acts, refusals)
            self._lend(on, acts)
            told = self.pool.act(on)
        with self.phase(BANK):
            self.bank.order([*self._orders(on), *self.pool.orders()])
        with self.phase(NODES):
            self._each_village(lambda name, door: self._end_day(name, door, on))
        with self.phase(BANK):
            self.bank.close_day(on)
        with self.phase(NIGHT):
            counts = self.county.close(on)
        self.closed = on
        self.pool.after_night(on)
        self.bank.order(list(self._misfortunes()))
        return Night(on=on, acts=acts, refusals=tuple(refusals), counts=counts, pool=tuple(told))

    def _each_village(self, does: Callable[[str, VillageDoor], None]) -> None:
        """Every village at once, as their own computers would."""
        with ThreadPoolExecutor(len(self.villages)) as nodes:
            list(nodes.map(does, self.villages, self.villages.values()))

    def _reach(self, name: str, door: VillageDoor, on: date) -> None:
        """Hear what the county did and close the days before ``on``."""
        if not self._late(name, on):
            door.synchronise()
        door.close_through(on - _ONE_DAY)

    def _end_day(self, name: str, door: VillageDoor, on: date) -> None:
        """Close ``on`` and send it."""
        door.close_through(on)
        if not self._late(name, on):
            door.synchronise()

    def _catch_up(self, on: date) -> None:
        """Close the county's quiet dates before a day: a village is never ahead of its county."""
        yesterday = on - _ONE_DAY
        if self.directory.working_days.next_business_day(self.closed) <= yesterday:
            self.county.close(yesterday)

    def _live(
        self,
        name: str,
        door: VillageDoor,
        on: date,
        acts: Counter[str],
        refusals: list[tuple[Wish, Refused]],
    ) -> None:
        """People act until nobody wants anything more that may be done."""
        done = True
        while done:
            done = False
            self.cases[name] = door.cases()
            for wish in self._wishes(name, on):
                key = (wish.case, wish.act, on)
                if key in self.refused:
                    continue
                refused = door.perform(wish, on)
                if refused is None:
                    acts[f"{wish.process}.{wish.act}"] += 1
                    self.latest.append((name, wish, on))
                    done = True
                else:
                    self.refused.add(key)
                    refusals.append((wish, refused))

    def _wishes(self, name: str, on: date) -> list[Wish]:
        village = Village(
            directory=self.directory,
            cooperative=name,
            persons=self.persons[name],
            today=on,
            cases=self.cases[name],
            group_kind=self.group_kind,
            insures=self.insures,
        )
        return [*wishes(village), *voices(village), *pool_wishes(village)]

    def _lend(self, on: date, acts: Counter[str]) -> None:
        for lent in self.directory.intercoop:
            if max(lent.offered_on, lent.asked_on) == on and lent.id not in self.lent:
                for side in (lent.lender, lent.borrower):
                    # What was posted today reaches the county at noon.
                    if not self._late(side, on):
                        self.villages[side].synchronise()
                done = self.county.match(lent)
                self.lent[lent.id] = "" if isinstance(done, Refused) else done
                code = f"refused.{done.code}" if isinstance(done, Refused) else "intercoop.match"
                acts[code] += 1
            if case := self.lent.get(lent.id):
                self.county.sign(case)

    def _orders(self, on: date) -> Iterator[Order]:
        yield from outside.grants(self.directory, on)
        yield from outside.own_fund(self.directory, on)
        for member in self.directory.members:
            case = self.cases[member.cooperative].get(member_case(member))
            order = f"share-{member.household}"
            if case is not None and case.state == "admitted" and order not in self.ordered:
                self.ordered.add(order)
                yield from outside.pay_in(self.directory, member)
        for stray in outside.strays(self.directory, on):
            if stray.id not in self.ordered:
                self.ordered.add(stray.id)
                yield stray
        for paid in self.directory.repayments:
            ready = paid.paid_on <= on and f"repay-{paid.id}" not in self.ordered
            amount = self._owed(paid, on) if ready else None
            if amount is not None:
                self.ordered.add(f"repay-{paid.id}")
                yield outside.repayment(self.directory, paid, amount)

    def _misfortunes(self) -> Iterator[Order]:
        """What the bank will get wrong with the payouts that are now on their way to it."""
        for fault in self.directory.faults:
            order = f"fail-{fault.kind}-{fault.what}"
            loan = self.directory.loan.get(fault.what)
            if loan is None or order in self.ordered:
                continue
            reference = self.county.payment_of(loan_case(loan))
            wrong = outside.payout_fault(fault, order, reference) if reference else None
            if wrong is not None:
                self.ordered.add(order)
                yield wrong

    def _owed(self, paid: Repayment, on: date) -> int | None:
        """What the household pays: the written amount, or everything owed that day (fen)."""
        loan = self.directory.loan[paid.loan]
        case = self.cases[loan.cooperative].get(loan_case(loan))
        if case is None or case.state != "active":
            return None
        if paid.amount_fen is not None:
            return paid.amount_fen
        return loan_of(case).owed(on) or None

    def _next_day(self, on: date) -> date | None:
        """The next date on which something happens, is due or is still on its way."""
        last = self.directory.calendar.last_day
        if on >= last:
            return None
        days = {day for day in self.directory.event_days() if day > on}
        days |= {day for day in month_ends(on + _ONE_DAY, last) if day > on}
        if self._moving() or self.county.in_motion():
            days.add(self.directory.working_days.next_business_day(on))
        for cases in self.cases.values():
            days |= {max(due, on + _ONE_DAY) for due in map(_waits_for, cases.values()) if due}
        days.add(last)
        return min(day for day in days if day <= last)

    def _moving(self) -> bool:
        for name, door in self.villages.items():
            self.cases[name] = door.cases()
        return any(
            case.state in _MOVING.get(case.process, ())
            for cases in self.cases.values()
            for case in cases.values()
        )

    def _late(self, cooperative: str, on: date) -> bool:
        return any(
            fault.kind is FaultKind.LATE_NODE
            and fault.what == cooperative
            and fault.first_day is not None
            and fault.first_day <= on <= (fault.last_day or fault.first_day)
            for fault in self.directory.faults
        )


def _waits_for(case: Case) -> date | None:
    """A deadline whose day has to be played: a notice that ends, an answer that is due."""
    return case.due if case.state in ("noticed", "asked", "proposed") else None
