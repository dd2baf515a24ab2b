"""Chart, recipes, processes and roles of this release, loaded and proven once.

Called by every composition root. Rosters (who holds a role) are read from the cases of posts
and groups; nothing here writes.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from journal import data
from journal.store import DatabaseLookup
from kernel import chart, processes, recipes
from kernel.cases import Case
from kernel.policy import Role, load_roles
from kernel.rules import RULES


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """The proven tables. ``powers`` maps a role to the one of the four powers it uses."""

    chart: chart.Chart
    recipes: Mapping[str, recipes.Recipe]
    table: processes.Table
    roles: Mapping[str, Role]
    powers: Mapping[str, str]

    def roster(
        self, role: str, case: Case, parties: Mapping[str, str], lookup: DatabaseLookup
    ) -> Sequence[str] | None:
        """Persons who hold ``role`` for this case; None when the sign-in alone decides.

        ``council@lender`` is the council of the cooperative that is the case's lender;
        ``guarantor@node`` are the other households of the loan's joint-liability group (R-041);
        ``member@node`` is the person the case is about. A role without one of the four powers
        (bookkeeper, township, meeting) may be held by contract, so it keeps no roster.
        """
        name, _, place = role.partition("@")
        cooperative = parties.get(place) or parties.get("coop", "")
        if not cooperative:
            return None
        village = lookup.village(cooperative)
        if name == "guarantor":
            return _guarantors(case, village)
        if name == "member":
            person = case.terms.get("person")
            return [person] if isinstance(person, str) else None
        known = self.roles.get(f"{name}@node")
        if known is None or not known.power or any("." in post for post in known.posts):
            return None
        held = {
            str(post.terms["person"])
            for post in village.all("post", cooperative)
            if post.state == "held" and post.terms["post"] in known.posts
        }
        return sorted(held)


def _guarantors(case: Case, village: DatabaseLookup) -> Sequence[str]:
    group = village.case(str(case.terms.get("group", "")))
    members = () if group is None else group.terms["group_member"]
    others = village.some([m for m in members if m != case.terms.get("member")])
    return sorted(str(other.terms["person"]) for other in others.values())


@cache
def registry() -> Registry:
    """This release's tables, proven; raises InvariantViolation if a row is wrong."""
    data.load_rules()
    accounts = chart.load(data.kernel_file("chart.toml"))
    known = recipes.load(data.kernel_file("recipes.toml"), accounts)
    roles = load_roles(data.kernel_file("policies/roles.toml"))
    table = processes.load(data.kernel_file("processes.toml"), RULES.keys(), known, roles.keys())
    return Registry(
        chart=accounts,
        recipes=known,
        table=table,
        roles=roles,
        powers={name: role.power for name, role in roles.items()},
    )
