"""Due recovery rate (R-052) and the percentages of the reports (D1), exact and rounded once.

Called by the close (rating, the 70 % floor), by pages and reports. Pure; amounts fen. Nothing
due is "no data", never a failure and never 100 %.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from contracts.money import PPM, Fen, round_half_up


class Instalment(msgspec.Struct, frozen=True, kw_only=True):
    """One due amount of one loan. ``first_due`` never moves: extended and written-off count.

    ``repaid_fen`` is principal from borrower, guarantor or insurer that went to this instalment
    by the day of the report; money for later instalments is not in it.
    """

    first_due: date
    principal_fen: int
    repaid_fen: int


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """Principal due and principal repaid of what was due (fen)."""

    due_fen: Fen
    repaid_fen: Fen

    @property
    def overdue_fen(self) -> Fen:
        """Due and not repaid."""
        return Fen(self.due_fen - self.repaid_fen)

    @property
    def percent(self) -> str | None:
        """``"70.92"``, or None: no data."""
        return percent(self.repaid_fen, self.due_fen)

    def reaches(self, floor_ppm: int) -> bool | None:
        """Whether the exact rate is at least ``recovery.min``, the floor included; None: no data.

        69.996 % shows as 70.00 and does not reach 70 %.
        """
        if self.due_fen == 0:
            return None
        return self.repaid_fen * PPM >= floor_ppm * self.due_fen


def due_recovery(instalments: Iterable[Instalment], on: date) -> Recovery:
    """The rate to a date: everything whose first due date is on or before it (R-052)."""
    due = repaid = 0
    for one in instalments:
        if one.first_due <= on:
            due += one.principal_fen
            repaid += min(one.repaid_fen, one.principal_fen)
    return Recovery(due_fen=Fen(due), repaid_fen=Fen(repaid))


def percent(part: int, whole: int) -> str | None:
    """``part`` of ``whole`` in percent with two decimals, half up, as text; None if whole is 0."""
    if whole == 0:
        return None
    hundredths = round_half_up(part * 10_000, whole)
    sign, size = ("-", -hundredths) if hundredths < 0 else ("", hundredths)
    return f"{sign}{size // 100}.{size % 100:02d}"


def average(total_fen: int, count: int) -> Fen | None:
    """An amount a head or a loan, rounded half up to the fen; None if there is nobody."""
    return Fen(round_half_up(total_fen, count)) if count else None
