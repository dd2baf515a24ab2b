"""Wishes about members, groups and posts: P1 and who decides in a village."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from kernel.cases import Case
from simulation.village_eyes import Eyes
from simulation.wishing import Area, Facts, Wish, rarely


def _mark(_eyes: Eyes, chance: Random, case: Case) -> Facts:
    # Who signs later signs the same flags: they follow from the case, not from chance.
    del chance
    return {"poor": not case.terms.get("poor", False), "wealthy": False}


def _insure(eyes: Eyes, chance: Random, case: Case) -> Facts:
    """Who is not insured and must be shows a policy, sometimes one that ended yesterday."""
    asked_for = eyes.policy.flag("insurance.required") or chance.random() < 0.2
    if case.terms.get("insured_until") or not asked_for:
        return None
    until = eyes.today + timedelta(days=chance.choice((365, 3, 0, -1)))
    return {"insurer": "simulated", "number": f"P-{case.id}", "until": until.isoformat()}


def _leaves(eyes: Eyes, chance: Random, case: Case) -> Facts:
    """Most people who may not leave yet know it."""
    groups = [one for one in eyes.of("group", "live") if case.id in one.terms["group_member"]]
    return {"reason": "simulated"} if not groups or chance.random() < 0.05 else None


def _expel(eyes: Eyes, chance: Random, case: Case) -> Facts:
    """Mostly who has not repaid what is long due."""
    late = any(_is_late(eyes, loan) for loan in eyes.of("loan", "active")
               if loan.terms["member"] == case.id)  # fmt: skip
    return {"reason": "simulated"} if late or rarely(chance) else None


def _is_late(eyes: Eyes, loan: Case) -> bool:
    return bool(loan.terms.get("due_on")) and loan.terms["due_on"] < eyes.today.isoformat()


def _dissolve(eyes: Eyes, chance: Random, case: Case) -> Facts:
    """Mostly a group nobody of which has a loan."""
    offered = eyes.registry.table["loan"].offered
    busy = {loan.terms["group"] for loan in eyes.of("loan") if offered(loan.state)}
    return {} if case.id not in busy or rarely(chance) else None


def _group(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    taken = {one for group in eyes.of("group", "live") for one in group.terms["group_member"]}
    free = [case.id for case in eyes.of("member", "active") if case.id not in taken]
    if len(free) >= 3:
        facts = {"group_member": sorted(chance.sample(free, 3)), "kind": "g3"}
        yield Wish(
            weight=20, process="group", case=f"group-{eyes.coop}-{serial:04d}", act="form",
            role="bookkeeper@node", operator=eyes.clerk, facts=facts,
        )  # fmt: skip


def _seats(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    held = [str(post.terms["post"]) for post in eyes.of("post", "held")]
    vacant = [one for one in ("chair", "deputy", "accountant", "cashier") if one not in held]
    if vacant:
        person = chance.choice([one.person for one in eyes.villagers])
        facts = {
            "post": vacant[0], "person": person, "elected_on": eyes.today.isoformat(),
            "until": "2020-12-31",
        }  # fmt: skip
        yield Wish(
            weight=60, process="post", case=f"post-{eyes.coop}-{serial:04d}", act="elect",
            role="meeting@node", operator=eyes.clerk, facts=facts,
        )  # fmt: skip


AREA = Area(
    weights={
        ("member", "admit"): 30, ("member", "object"): 2, ("member", "mark"): 2,
        ("member", "insure"): 6,
        ("member", "ask_leave"): 20, ("member", "stay"): 30, ("member", "expel"): 20,
        ("member", "refund"): 30, ("member", "settle"): 20, ("member", "withdraw"): 1,
        ("group", "dissolve"): 8, ("post", "vacate"): 1,
    },
    facts={
        ("member", "mark"): _mark,
        ("member", "insure"): _insure,
        ("member", "ask_leave"): _leaves,
        ("member", "expel"): _expel,
        ("group", "dissolve"): _dissolve,
    },
    opened=(_group, _seats),
)  # fmt: skip
