"""How villages come to lend each other in a simulated county, and the federation between them.

Two contracts between villages, one of them late and given up; then the county goes over to mode
principal, and a third runs through the federation's two (P4.2). Called by founding.
"""

from journal import store
from kernel.errors import ensure
from kernel.intercoop import terms_digest
from kernel.rules_intercoop_loss import debt_digest
from simulation import events
from simulation.founders import day, do, must, person_id
from simulation.parameters import MODE, PRINCIPAL, told
from simulation.world import World

LONG, SHORT, BETWEEN = "intercoop-1", "intercoop-short", "intercoop-between"
AMOUNT_FEN = 500_000


def propose(world: World) -> None:
    """Two matches between two villages, the short one due before a story begins.

    Then the county goes over, and a third village lends the same borrower through the federation,
    for so long that it falls due within a story.
    """
    for case, (lender, borrower, months) in _loans(world).items():
        _match(world, case, lender, borrower, months)
    must(world, events.Desk(what="mode", case="", facts=told({MODE: PRINCIPAL})))
    if _third(world):
        _match(world, BETWEEN, _third(world), _loans(world)[SHORT][1], 2)


def agree(world: World) -> None:
    """Every council signs its side, the federation each contract."""
    contracts = [(case, one) for case, (*both, _) in _loans(world).items() for one in both]
    if _third(world):
        borrower = _loans(world)[SHORT][1]
        contracts += [(f"{BETWEEN}-in", _third(world)), (f"{BETWEEN}-out", borrower)]
    for case, coop in contracts:
        say(world, coop, case)
    for case in dict(contracts):
        must(world, events.Desk(what="intercoop.sign", case=case))


def give_up(world: World) -> None:
    """The borrower staked nearly all it had and is late; the lender's council takes the loss."""
    must(world, events.Desk(what="intercoop.suspend", case=SHORT))
    day(world)
    say(world, _loans(world)[SHORT][0], SHORT, "write_off")
    day(world)


def _third(world: World) -> str:
    """The village that lends through the federation, "" where there are but two."""
    return next(iter(world.cooperatives[2:]), "")


def _loans(world: World) -> dict[str, tuple[str, str, int]]:
    """Lender, borrower, months."""
    lender, borrower, *_ = world.cooperatives
    return {LONG: (lender, borrower, 12), SHORT: (lender, borrower, 1)}


def _match(world: World, case: str, lender: str, borrower: str, months: int) -> None:
    terms = {
        "lender": lender, "borrower": borrower, "amount": AMOUNT_FEN, "rate_ppm": 3000,
        "term_months": months,
    }  # fmt: skip
    must(world, events.Desk(what="intercoop.match", case=case, facts=terms))


def say(world: World, coop: str, name: str, act: str = "sign") -> None:
    """The council signs a loan between two villages, or gives it up, in its own book."""
    with world.reading(coop) as conn:
        case = store.load(conn, store.COUNTY_SCOPE, name)
    ensure(case is not None, "village_knows_the_loan", coop=coop)
    votes = {person_id(coop, one): "yes" for one in (1, 4, 7)}
    facts = {"for": name, "act": act, "votes": votes}
    shown = terms_digest if act == "sign" else debt_digest
    facts["terms"] = shown(case.terms if case else {})
    voice, clerk = f"voice-{coop}-{name}-{act}", person_id(coop, 10)
    do(
        world, coop, "voice", voice, "say", "council@node", clerk, tuple(votes), facts,
    )  # fmt: skip
