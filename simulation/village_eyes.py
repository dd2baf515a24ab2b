"""What a person sees who stands in a village's office: cases, posts, groups, suspense.

Read from the node's file before each act, so that people choose among what is really offered.
Called by the generator's wishes; decides nothing and writes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from journal import heads as journal_heads
from journal import store
from journal.registry import Registry, registry
from kernel.cases import Case
from kernel.policy import Policy
from kernel.processes import Transition
from services.cooperative_node.world import policy_of
from simulation.queries import known_cases
from simulation.world import Villager, World


class Eyes(msgspec.Struct, frozen=True, kw_only=True):
    """One village at one moment. ``county`` are the county's cases it knows of."""

    coop: str
    today: date
    cases: Mapping[str, Case]
    by_process: Mapping[str, Sequence[Case]]
    county: Mapping[str, Case]
    suspense: Mapping[str, int]
    staked: int
    policy: Policy
    registry: Registry
    villagers: Sequence[Villager]

    def of(self, process: str, *states: str) -> list[Case]:
        """Cases of a process, in id order; all states when none is named."""
        found = self.by_process.get(process, ())
        return [case for case in found if not states or case.state in states]

    def offered(self, case: Case) -> list[Transition]:
        """Rows that people may perform from the case's state."""
        rows = self.registry.table[case.process].offered(case.state)
        return [row for row in rows if not row.by_system]

    def roster(self, role: str, case: Case) -> list[str]:
        """Who holds a role for this case; empty where nobody is listed."""
        name = role.partition("@")[0]
        if name == "guarantor":
            group = self.cases.get(str(case.terms.get("group", "")))
            members = group.terms["group_member"] if group else ()
            return [
                str(self.cases[one].terms["person"])
                for one in members
                if one != case.terms.get("member") and one in self.cases
            ]
        if name == "member":
            return [str(case.terms["person"])] if "person" in case.terms else []
        known = self.registry.roles.get(f"{name}@node")
        posts = known.posts if known else ()
        held = [post for post in self.of("post", "held") if post.terms["post"] in posts]
        return sorted({str(post.terms["person"]) for post in held})

    def villager(self, person: str) -> Villager | None:
        """The paper on one person."""
        return next((one for one in self.villagers if one.person == person), None)

    @property
    def clerk(self) -> str:
        """Who types: the accountant, or whoever stands in."""
        held = [post for post in self.of("post", "held") if post.terms["post"] == "accountant"]
        return str(held[0].terms["person"]) if held else "p-clerk"


def look(world: World, coop: str) -> Eyes:
    """See a village as it stands."""
    node = world.node(coop)
    with world.reading(coop) as conn:
        policy, _ = policy_of(conn)
        mine = known_cases(conn, node.book)
        theirs = known_cases(conn, store.COUNTY_SCOPE)
        suspense: dict[str, Any] = store.rows(conn, node.book, ["21105"])["21105"]
        staked = store.totals(conn, node.book, ["10901"])["10901"]
        today = journal_heads.read(conn, node.book).today
    by_process: dict[str, list[Case]] = {}
    for _, case in sorted(mine.items()):
        by_process.setdefault(case.process, []).append(case)
    papers = [one for one in world.outside.villagers.values() if one.coop == coop]
    return Eyes(
        coop=coop,
        today=today,
        cases=mine,
        by_process=by_process,
        county=theirs,
        suspense=suspense,
        staked=staked,
        policy=policy,
        registry=registry(),
        villagers=sorted(papers, key=lambda one: one.person),
    )
