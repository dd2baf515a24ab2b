"""Wishes about loans between villages: what a council says on a case of the county (P4)."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from kernel.cases import Case
from kernel.intercoop import terms_digest
from kernel.rules_intercoop_loss import MAY_BE_GIVEN_UP, debt_digest
from simulation.village_eyes import Eyes
from simulation.wishing import Area, Wish


def _voices(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """What the council says about loans between villages: sign, decline, pay back."""
    council = eyes.roster("council@node", next(iter(eyes.cases.values())))
    said = {(v.terms.get("for"), v.terms.get("act")) for v in eyes.of("voice")}
    for _, case in sorted(eyes.county.items()):
        if case.process != "intercoop" or not council or eyes.coop not in case.parties.values():
            continue
        facts: dict[str, Any] = {"for": case.id}
        if case.state == "proposed" and (case.id, "sign") not in said:
            facts["act"] = chance.choices(("sign", "decline"), (88, 12))[0]
            facts["terms"] = terms_digest(case.terms)
            facts["votes"] = dict.fromkeys(council, "yes")
        elif case.state == "active" and case.parties.get("borrower") == eyes.coop:
            facts |= _repay(case, chance)
        elif case.state in MAY_BE_GIVEN_UP:
            yield from _late(eyes, chance, serial, case, council)
            continue
        else:
            continue
        yield _say(eyes, serial, facts, council, 60 if facts["act"] == "sign" else 20)


def _wishes(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """The council posts what it would lend or borrow, or takes it back (P4.1)."""
    council = eyes.roster("council@node", next(iter(eyes.cases.values())))
    if not council:
        return
    facts: dict[str, Any] = {
        "amount": chance.choice((300_000, 500_000, 1_200_000)),
        "rate_ppm": chance.choice((3000, 3000, 0)),
        "term_months": chance.choice((1, 3, 12, 13)),
    }
    act = chance.choice(("post_offer", "post_request"))
    told = [(f"wish-{eyes.coop}-{serial}", act, facts, 8)]
    told += [(one.id, "withdraw", {}, 1) for one in eyes.of("lending_wish", "offered", "requested")]
    for case, name, said, weight in told:
        yield Wish(
            weight=weight, process="lending_wish", case=case, act=name, role="council@node",
            operator=eyes.clerk, persons=tuple(council), facts=said,
        )  # fmt: skip


def _repay(case: Case, chance: Random) -> dict[str, Any]:
    part = int(case.terms.get("outstanding", 0)) // chance.choice((1, 2, 5)) + 100
    return {"act": "repay", "amount": max(part, 1)}


def _late(
    eyes: Eyes, chance: Random, serial: int, case: Case, council: Sequence[str]
) -> Iterator[Wish]:
    """A loan that is late: give it up, by council or meeting, or pay something after all."""
    lender = case.parties["lender"] == eyes.coop
    given_up = {"for": case.id, "terms": debt_digest(case.terms)}
    votes = dict.fromkeys(council, "yes")
    yield _say(eyes, serial, {**given_up, "act": "waive", "votes": votes}, council, 60)
    if lender:
        yield _say(eyes, serial, {**given_up, "act": "waive"}, (), 60, "meeting@node")
        lost = {**given_up, "act": "write_off", "votes": votes}
        yield _say(eyes, serial, lost, council, 80 if case.state == "suspended" else 2)
    else:
        yield _say(eyes, serial, {"for": case.id, **_repay(case, chance)}, council, 20)


def _say(
    eyes: Eyes, serial: int, facts: dict[str, Any], persons: Sequence[str], weight: int,
    role: str = "council@node",
) -> Wish:  # fmt: skip
    return Wish(
        weight=weight, process="voice", case=f"voice-{eyes.coop}-{serial:04d}", act="say",
        role=role, operator=eyes.clerk, persons=tuple(persons),
        facts={"process": "intercoop", **facts},
    )  # fmt: skip


AREA = Area(weights={}, opened=(_voices, _wishes))
