"""Wishes about loans between villages: what a council says on a case of the county (P4)."""

from collections.abc import Iterator
from random import Random
from typing import Any

from kernel.rules_intercoop import terms_digest
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
            part = int(case.terms.get("outstanding", 0)) // chance.choice((1, 2, 5)) + 100
            facts |= {"act": "repay", "amount": max(part, 1)}
        else:
            continue
        yield Wish(
            weight=60 if facts["act"] == "sign" else 20, process="voice",
            case=f"voice-{eyes.coop}-{serial:04d}", act="say", role="council@node",
            operator=eyes.clerk, persons=tuple(council), facts=facts,
        )  # fmt: skip


AREA = Area(weights={}, opened=(_voices,))
