"""What a bank's machine and the county say to each other beside guarantee messages: JSON types.

Made and read by the bank portal's API and its sheets; docs/bank-portal.md tells them to a bank.
Amounts are fen, dates ISO, ids those of the guarantee package. Holds no rule.
"""

from datetime import date
from typing import Any, Literal

import msgspec

from contracts.facts import Facts

Answer = Literal["accept", "condition", "refuse"]
Method = Literal["paid", "deducted", "lawsuit", "collateral", "insurance", "other"]


class PayoutRow(Facts, frozen=True):
    """放款: ``amount`` fen paid to the borrower's card on ``paid_on`` under the bank's contract."""

    guarantee: str
    amount: int
    paid_on: date
    due_on: date
    contract: str = ""


class RepaymentRow(Facts, frozen=True):
    """还款与逾期: principal repaid since the last report, and arrears as they stand.

    ``arrears_principal`` 0 says that arrears were made good; left out, nothing is said of them.
    """

    guarantee: str
    repaid: int = 0
    repaid_on: date | None = None
    arrears_since: date | None = None
    arrears_principal: int | None = None
    arrears_interest: int = 0


class UtilisationRow(Facts, frozen=True):
    """使用情况: at the month's end ``drawn`` in all, ``balance`` of it still outstanding (fen)."""

    guarantee: str
    drawn: int
    balance: int


Row = PayoutRow | RepaymentRow | UtilisationRow


class CellError(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong cell: row of the sheet (or of the list, from 1), column, code, both languages."""

    row: int
    column: str
    code: str
    zh: str
    en: str


class CellsProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A report or message that was not taken: every wrong cell."""

    status: int
    code: str
    title: str
    zh: str
    en: str
    cells: tuple[CellError, ...]


class Payouts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payout report; ``report`` is the bank's own name of it, taken in once."""

    report: str
    rows: list[dict[str, Any]]


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of one month (``period`` YYYY-MM)."""

    report: str
    period: str
    rows: list[dict[str, Any]]


class ReportTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report was taken in: its rows and what they add up to (fen)."""

    report: str
    rows: int
    total_fen: int


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to one line of a package; a refusal or condition says why."""

    guarantee: str
    answer: Answer
    reason: str = ""


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers to lines of one package, all of them or none taken."""

    answers: list[LineAnswer]


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """代偿通知书: papers handed in before are named by their SHA-256."""

    guarantee: str
    amount_fen: int
    manifest: str
    papers: dict[str, str]
    interest_fen: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the joint guarantors of a claimed loan paid (fen); 0: called, and nothing came."""

    amount_fen: int


class Recovery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money recovered on a claimed loan, net of its cost (fen), how, and what is still owed.

    ``still_owed_fen`` is the principal the borrower owes after it, never more than told before.
    """

    amount_fen: int
    method: Method
    still_owed_fen: int
    cost_fen: int = 0


class Received(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bank has a package of this SHA-256 and says whether every proof held."""

    sha256: str
    verified: bool


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something goes back."""

    reason: str


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which digest of its terms an order is released or a correction agreed to."""

    terms: str
    remark: str = ""


class CorrectionAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A correction of one field of a line: fen for amounts, ISO days or text for the others."""

    guarantee: str
    field: str
    old: int | str
    new: int | str
    cause: str
    note: str = ""


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """The county's open business date, by which reports, notices and deadlines are counted."""

    business_date: date


class CaseTold(msgspec.Struct, frozen=True, kw_only=True):
    """A case as its bank sees it; ``due`` is an ISO day or empty."""

    id: str
    process: str
    state: str
    due: str
    terms: dict[str, Any]


class PaperKept(msgspec.Struct, frozen=True, kw_only=True):
    """A paper is kept under the SHA-256 of its bytes."""

    sha256: str
    name: str
    bytes: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the county's run of the public verifier finds; the bank runs its own to compare."""

    holds: bool
    sha256: str
    authority: str
    zh: str
    en: str
