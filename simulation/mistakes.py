"""What people get wrong about loans between villages, told beside the day's story.

A payer names somebody's case on the federation's own account; a council speaks for the other side
of its own claim. Called by the generator for some seeds; draws from a stream of its own. What is
done changes what others find on their screens, so the seeds without mistakes keep their stories.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts.ids import FEDERATION_BOOK
from journal import store
from kernel.cases import Case
from kernel.intercoop import OWED
from services.federation.bank_files.values import REFERENCE_MAX
from services.federation.cases import references
from simulation import events
from simulation.chance import stream
from simulation.queries import known_cases
from simulation.village_eyes import look
from simulation.world import COUNTY, World

PAYER, COUNCIL = 0.35, 0.5
"""How often a day has one of each."""
_STRANGER = "6200999900001111"


class Mistakes:
    """One seed's mistakes, day by day."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = stream("mistakes", seed)
        self._serial = 0

    def day(self) -> Iterator[events.AnyEvent]:
        """What goes wrong today: nothing on most days."""
        paid, said = (self.chance.random() < often for often in (PAYER, COUNCIL))
        if paid:
            yield self._paid()
        if said:
            coops = list(self.world.cooperatives)
            self.chance.shuffle(coops)
            yield from next(filter(None, map(self._said, coops)), [])

    def _paid(self) -> events.Money:
        """To the federation's account, under the reference of a case or with its id as text."""
        with self.world.reading(COUNTY) as conn:
            cases = known_cases(conn, store.COUNTY_SCOPE)
        by_process: dict[str, list[Case]] = {}
        for _, case in sorted(cases.items()):
            by_process.setdefault(case.process, []).append(case)
        case = self.chance.choice(by_process[self.chance.choice(sorted(by_process))])
        written = self.chance.choice(("reference", "first", "text"))
        # A bank's form holds no more of what a payer copies.
        copied = case.id[:REFERENCE_MAX]
        return events.Money(
            coop=events.FEDERATION, amount=self.chance.randint(1, 99_999), card=_STRANGER,
            text=case.id if written == "text" else "还款",
            reference={"reference": references.current(case), "first": copied}.get(written, ""),
        )  # fmt: skip

    def _said(self, coop: str) -> list[events.Act]:
        """The council of a lender says that its borrower repays, or that it is late."""
        eyes = look(self.world, coop)
        lent = [
            case for _, case in sorted(eyes.county.items())
            if case.process == "intercoop" and case.state in OWED
            and case.parties["lender"] == coop
        ]  # fmt: skip
        council = eyes.roster("council@node", next(iter(eyes.cases.values())))
        if not lent or not council:
            return []
        # A village seldom has anything left to take; the federation has.
        weights = [5 if case.parties["borrower"] == FEDERATION_BOOK else 1 for case in lent]
        case = self.chance.choices(lent, weights)[0]
        act = self.chance.choice(("repay", "repay", "suspend"))
        told = (
            {"amount": self.chance.choice((1_000, 100_000))}
            if act == "repay"
            else {"minutes": "会议记录"}
        )
        return [self._voice(coop, eyes.clerk, council, {"for": case.id, "act": act, **told})]

    def _voice(
        self, coop: str, clerk: str, council: Sequence[str], facts: dict[str, Any]
    ) -> events.Act:
        self._serial += 1
        return events.Act(
            coop=coop, id=f"mistake-{self._serial:04d}", process="voice",
            case=f"voice-{coop}-mistake-{self._serial:04d}", act="say", role="council@node",
            operator=clerk, persons=tuple(council), facts={"process": "intercoop", **facts},
        )  # fmt: skip
