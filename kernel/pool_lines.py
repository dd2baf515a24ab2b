"""The three guarantee lines of one act: the cooperative's in K(i), the bank's and county's in K(0).

Called by the rules of the pool with both books locked. Splits a change of a line, or of what is
used under it, into free line and over-use: over-use is refilled first, and a fall beyond the free
line becomes over-use (design.md 5). Pure; amounts fen.
"""

from collections.abc import Mapping

import msgspec

from kernel.cases import Case
from kernel.rules import Asked

COUNTY = "county"
"""Key of the county's own line in K(0); a bank's line has the bank's id."""
LINE_READS: Mapping[str, str] = {
    "free": "903",
    "over": "9039",
    "line": "909",
    "all_free": "bank:903.*",
    "all_over": "bank:9039.*",
}
OWN, BANK = "", "bank_"


class Stand(msgspec.Struct):
    """One line: what is free and what is used beyond it; never both above 0 (I6)."""

    free: int
    over: int


class Lines:
    """The three lines as they stand under the lock; each call says amounts and moves them on."""

    def __init__(self, asked: Asked, agreement: Case) -> None:
        bank = str(agreement.terms["bank"])
        free, over = asked.rows["all_free"], asked.rows["all_over"]
        self.suspended = agreement.state == "suspended"
        # Money may still come back to an agreement that is over; it carries no line any more.
        self.over = agreement.state == "ended"
        self.stands = {
            OWN: Stand(asked.balance["free"], asked.balance["over"]),
            BANK: Stand(free.get(bank, 0), over.get(bank, 0)),
            "county_": Stand(free.get(COUNTY, 0), over.get(COUNTY, 0)),
        }

    def free(self) -> dict[str, int]:
        """What a new guarantee finds: the free line of cooperative, bank and county."""
        return {name.rstrip("_") or "coop": stand.free for name, stand in self.stands.items()}

    def move(self, change: int) -> dict[str, int]:
        """All three lines rise or fall; a suspended cooperative's own line stays at nothing."""
        amounts: dict[str, int] = {}
        for name in () if self.over else self.stands:
            if name != OWN or not self.suspended:
                amounts |= self._move(name, change)
        return amounts

    def move_own(self, change: int) -> dict[str, int]:
        """Only the cooperative's own line rises or falls."""
        return self._move(OWN, change)

    def give_back(self, amount: int) -> dict[str, int]:
        """Used line is given back: ``over`` refills over-use, ``free`` is free again."""
        amounts: dict[str, int] = {}
        for name, stand in self.stands.items():
            over = min(amount, stand.over)
            stand.over -= over
            stand.free += amount - over
            amounts |= {f"{name}free": amount - over, f"{name}over": over}
        return amounts

    def _move(self, name: str, change: int) -> dict[str, int]:
        stand = self.stands[name]
        if change >= 0:
            over = min(change, stand.over)
            stand.over -= over
            stand.free += change - over
            return {f"{name}up": change - over, f"{name}up_over": over}
        cut = min(-change, stand.free)
        stand.free -= cut
        stand.over += -change - cut
        return {f"{name}cut": cut, f"{name}cut_over": -change - cut}


def line_keys(agreement: Case) -> dict[str, str]:
    """The keys of line and guarantee rows in each of the three books' places."""
    bank = str(agreement.terms["bank"])
    return {
        "agreement": agreement.id,
        "line": "",
        "line@bank": bank,
        "line@county": COUNTY,
        "guarantee@bank": bank,
        "guarantee@county": COUNTY,
    }
