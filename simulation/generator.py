"""The story of a seed, event by event: people, the line, the bank, evenings and nights.

A generator that looks at the world before each event; the run lets the event happen in between.
Everything it draws comes from the seed's own stream, so the same seed tells the same story. A
quarter of the seeds are told without any fault.
"""

from collections.abc import Iterator
from random import Random

import msgspec

from simulation import events, outside_wishes, wishes
from simulation.bank_orders import BankFault
from simulation.liars import LIES
from simulation.machine import AFTER, BEFORE, Crash
from simulation.mistakes import Mistakes
from simulation.network import FINE, LINE_FAULTS
from simulation.parameters import BILATERAL, MODE, told
from simulation.village_eyes import look
from simulation.wishing import Wish
from simulation.world import World

FAULTLESS = 4
"""One seed in so many is told without faults."""
MISTAKEN = 2
"""Remainder of the seeds that are told with the mistakes of simulation.mistakes besides."""
MESSAGES = 6
"""Messages of one exchange that something may happen to."""


class Generator:
    """Tells one seed's story to a world."""

    def __init__(self, world: World, seed: int, nights: int) -> None:
        self.world = world
        self.chance = Random(f"story/{seed}")
        self.nights = nights
        self.faulty = seed % FAULTLESS != 0
        self.mistaken = seed % FAULTLESS == MISTAKEN
        self._serial = 0
        self._mistakes = Mistakes(world, seed)
        self._done: list[events.Act] = []

    def story(self) -> Iterator[events.AnyEvent]:
        """Every event of the story, in order; each must happen before the next is asked for."""
        if self._sometimes(0.5):
            yield events.Desk(what="mode", case="", facts=told({MODE: BILATERAL}))
        for night in range(self.nights):
            if night and self._sometimes(0.45):
                days = self.chance.choices((1, 2, 3, 6, 12, 20, 34), (4, 4, 4, 3, 3, 3, 2))[0]
                yield events.Quiet(days=days)
            yield from self._day()
            if self.mistaken:
                yield from self._mistakes.day()
            yield from self._evening()
            yield events.Night(crash=self._crash(0.25, 16))
            yield from self._morning()

    def _sometimes(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _fault(self, probability: float) -> bool:
        """Draws always, so that a story has the same shape with and without its faults."""
        return self._sometimes(probability) and self.faulty

    def _crash(self, probability: float, commits: int) -> Crash | None:
        when, commit = self.chance.choice((BEFORE, AFTER)), self.chance.randint(1, commits)
        return Crash(when=when, commit=commit) if self._fault(probability) else None

    def _day(self) -> Iterator[events.AnyEvent]:
        """Thirty or so things happen, in no order: acts, payments at the bank, work at the desk."""
        if self._fault(0.6):
            yield events.BankFails(fault=self.chance.choice(list(BankFault)))
        for _ in range(self.chance.randint(22, 42)):
            coop = self.chance.choice(self.world.cooperatives)
            kind = self.chance.choices(
                ("act", "money", "desk", "join", "again", "noon", "pool", "lie"),
                (67, 9, 14, 3, 3, 2, 2, 1),
            )[0]
            match kind:
                case "act":
                    yield from self._act(coop)
                case "money":
                    paid = outside_wishes.money(look(self.world, coop), self.chance)
                    if paid is not None:
                        yield paid
                case "desk":
                    yield from self._desk()
                case "pool":
                    yield outside_wishes.CountyEyes(self.world).pool_money(self.chance)
                case "join":
                    yield from self._join(coop)
                case "again":
                    yield from self._again()
                case "noon":
                    yield self._sync(coop)
                case "lie" if self.faulty:
                    what = self.chance.choice(sorted(LIES))
                    yield events.Lie(coop=coop, what=what)

    def _act(self, coop: str) -> Iterator[events.AnyEvent]:
        """One thing somebody in a village thinks of, among all the screen offers."""
        eyes = look(self.world, coop)
        self._serial += 1
        found = [
            *wishes.offered(eyes, self.chance),
            *wishes.opened(eyes, self.chance, self._serial),
        ]
        if not found:
            return
        wish = self.chance.choices(found, [one.weight for one in found])[0]
        if self._sometimes(0.03):
            wish = self._mistaken(wish, [one.role for one in found])
        act = events.Act(
            coop=coop,
            id=f"act-{self._serial:05d}",
            process=wish.process,
            case=wish.case,
            act=wish.act,
            role=wish.role,
            operator=wish.operator,
            persons=wish.persons,
            facts=wish.facts,
            value_date=wish.value_date,
            crash=self._crash(0.03, 1),
        )
        self._done.append(act)
        yield act

    def _mistaken(self, wish: Wish, roles: list[str]) -> Wish:
        """The same with a wrong role, or an act the state does not offer."""
        if self._sometimes(0.5):
            return msgspec.structs.replace(wish, role=self.chance.choice(roles))
        act = self.chance.choice(("contract", "instruct", "paid", "refunded", "finish", "clear"))
        return msgspec.structs.replace(wish, act=act)

    def _again(self) -> Iterator[events.AnyEvent]:
        """An act is asked for once more, as it was or under the same id with something else."""
        if not self._done:
            return
        act = msgspec.structs.replace(self.chance.choice(self._done), crash=None)
        if self._sometimes(0.3):
            act = msgspec.structs.replace(act, facts={**act.facts, "reason": "otherwise"})
        yield act

    def _desk(self) -> Iterator[events.AnyEvent]:
        self._serial += 1
        found = list(outside_wishes.CountyEyes(self.world).wishes(self.chance, self._serial))
        deed = self.chance.choices([one for _, one in found], [weight for weight, _ in found])[0]
        yield msgspec.structs.replace(deed, crash=self._crash(0.04, 1))

    def _join(self, coop: str) -> Iterator[events.AnyEvent]:
        """A household nobody knew asks to join; sometimes its card number is written down wrong."""
        self._serial += 1
        number = 100 + self._serial
        person = f"p-{self.chance.getrandbits(64):016x}"
        card = f"6217{self.chance.getrandbits(40):013d}"
        household = f"h-{coop}-{number:04d}"
        yield events.Enrol(
            coop=coop, person=person, name=f"村民{coop}{number}", household=household, card=card,
            known=self._sometimes(0.8),
        )  # fmt: skip
        facts = {
            "person": person, "household": household, "poor": self._sometimes(0.5),
            "wealthy": self._sometimes(0.1), "level": self.chance.randint(1, 5),
        }  # fmt: skip
        yield events.Act(
            coop=coop, id=f"act-{self._serial:05d}", process="member",
            case=f"member-{coop}-{number:04d}", act="apply", role="bookkeeper@node",
            operator="p-clerk", facts=facts,
        )  # fmt: skip

    def _evening(self) -> Iterator[events.AnyEvent]:
        """Villages close their day and deliver; some are late, some use a stick."""
        coops = list(self.world.cooperatives)
        self.chance.shuffle(coops)
        for coop in coops:
            if self._fault(0.12):
                continue
            yield events.CloseDay(coop=coop, crash=self._crash(0.06, 6))
            if self._fault(0.1):
                order = list(range(self.chance.randint(1, 4)))
                self.chance.shuffle(order)
                flip = self.chance.randint(1, 9999) if self._sometimes(0.3) else 0
                yield events.Stick(coop=coop, order=tuple(order), flip=flip)
            else:
                yield self._sync(coop)
        if self.world.outside.late and self._sometimes(0.7):
            yield events.Arrive()

    def _sync(self, coop: str) -> events.Sync:
        line = [
            self.chance.choice(LINE_FAULTS) if self._sometimes(0.12) else FINE
            for _ in range(MESSAGES)
        ]
        skew = self.chance.choice((-86_400, 3_600))
        return events.Sync(
            coop=coop,
            line=tuple(line) if self.faulty else (),
            crash=self._crash(0.05, 12),
            county_crash=self._crash(0.05, 3),
            skew=skew if self._fault(0.03) else 0,
        )

    def _morning(self) -> Iterator[events.AnyEvent]:
        """Villages fetch what the night brought; who lied gets a new computer, sooner or later."""
        for coop in self.world.cooperatives:
            caught = coop in self.world.outside.liars and self._sometimes(0.6)
            if caught or self._fault(0.01):
                yield events.HandOver(coop=coop)
            if self._sometimes(0.7):
                yield self._sync(coop)
