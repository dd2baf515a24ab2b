"""The records of a county directory: one frozen Struct for a row of each file, money in fen.

Made by ``infra.county_directory.build``; read by whoever plays a county. They hold what people
decided and did, never what the system should answer.
"""

from datetime import date

import msgspec

from infra.county_directory.kinds import FaultKind, Funding, PostKind, Source


class Township(msgspec.Struct, frozen=True, kw_only=True):
    """A township (乡镇)."""

    id: str
    name: str
    name_en: str = ""


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """The bank with the county's special account (R-025)."""

    name: str
    special_account: str
    name_en: str = ""
    code: str = ""
    """The bank's own number (行号), empty if unknown."""
    account_name: str = ""


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands on the other side of the risk compensation pool (P6)."""

    bank: str
    bank_name: str
    bank_account: str
    finance_account: str


class Federation(msgspec.Struct, frozen=True, kw_only=True):
    """The federation's own account, and the county fund the budget pays on it (P4.2, P4.3)."""

    own_fund_fen: int = 0
    own_fund_on: date | None = None

    def arrives_on(self, first_day: date) -> date:
        """The day the fund arrives: the one named, or the county's first."""
        return self.own_fund_on or first_day


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The span the directory tells of, both days included, and the county's own days off."""

    first_day: date
    last_day: date
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()


class Cooperative(msgspec.Struct, frozen=True, kw_only=True):
    """A cooperative of one village (R-001)."""

    id: str
    name: str
    township: str
    sub_account: str
    opened_on: date
    name_en: str = ""
    grade: str = ""
    """A to D as entered at the start; empty: not rated."""
    grade_entered_by: str = ""
    node: bool = True
    """Keeps its books on its own computer; else the township station hosts them."""
    fund_level: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A mutual-aid group (互助小组), not a guarantee group (R-041)."""

    id: str
    cooperative: str
    name: str
    centre: str = ""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member household; it asks to join on ``joined_on`` and pays in once admitted (P1)."""

    household: str
    cooperative: str
    person: str
    poor: bool
    group: str
    joined_on: date
    share_fen: int
    card_no: str
    wealthy: bool = False
    shuangdao_fen: int = 0
    id_number: str = ""
    credit_level: int = 1
    """1 is the lowest (R-045)."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One post held by one person (R-010)."""

    cooperative: str
    person: str
    kind: PostKind
    elected_on: date
    term_months: int
    household: str = ""
    group: str = ""
    centre: str = ""

    @property
    def holder(self) -> tuple[str, str]:
        """The natural person: cooperative and household, or name where no household is given."""
        return (self.cooperative, self.household or self.person)


class GuaranteeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A joint-liability group (联保小组, R-038 to R-041)."""

    id: str
    cooperative: str
    households: tuple[str, ...]
    formed_on: date
    leaders: tuple[str, ...] = ()
    dissolved_on: date | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Money given to a cooperative from one source."""

    id: str
    cooperative: str
    received_on: date
    source: Source
    amount_fen: int
    document: str = ""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """How one council member votes: ``yes``, ``no`` or ``abstain``."""

    person: str
    answer: str


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """An application for a loan (P2)."""

    id: str
    cooperative: str
    household: str
    guarantee_group: str
    amount_fen: int
    purpose: str
    applied_on: date
    term_months: int
    project: str = ""
    funding: Funding = Funding.OWN
    funding_id: str = ""
    votes: tuple[Vote, ...] = ()
    """Empty: every council member who may vote says yes."""
    bounce: bool = False
    """The first payout comes back because of a wrong card."""


class Repayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment towards a loan as it reaches the bank."""

    id: str
    loan: str
    paid_on: date
    amount_fen: int | None
    """None: everything owed that day, fee included."""
    via: str = "card"
    payer: str = ""
    """Household that pays if not the borrower (R-054)."""


class DatedAmount(msgspec.Struct, frozen=True, kw_only=True):
    """A sum of principal on a day; ``amount_fen`` None: the rest."""

    on: date
    amount_fen: int | None


class IntercoopLoan(msgspec.Struct, frozen=True, kw_only=True):
    """An offer and an ask that are to meet (P4)."""

    id: str
    lender: str
    borrower: str
    amount_fen: int
    monthly_ppm: int
    term_months: int
    offered_on: date
    asked_on: date
    repayments: tuple[DatedAmount, ...] = ()


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """A person who acts for federation, county office, township or bank."""

    person: str
    body: str
    duty: str
    township: str = ""


class Facility(msgspec.Struct, frozen=True, kw_only=True):
    """A wholesale line of a bank to a cooperative (P5)."""

    id: str
    cooperative: str
    amount_fen: int
    annual_ppm: int
    term_months: int
    signed_on: date
    draws: tuple[DatedAmount, ...] = ()
    repayments: tuple[DatedAmount, ...] = ()


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """Money placed in the risk compensation pool (P6)."""

    id: str
    cooperative: str
    variant: str
    amount_fen: int
    leverage: int
    agreed_on: date
    staked_on: date
    match_ppm: int = 0
    base: str = "stake"
    topped_up: tuple[DatedAmount, ...] = ()
    released: tuple[DatedAmount, ...] = ()
    resumed_on: date | None = None


class Deposit(msgspec.Struct, frozen=True, kw_only=True):
    """A member's pooled deposit: the money of a loan that was paid out (variant 1, R-081)."""

    id: str
    stake: str
    loan: str


class GuaranteeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One borrower in a guarantee package to the bank (P6.4)."""

    id: str
    package: str
    stake: str
    household: str
    guarantee_group: str
    amount_fen: int
    term_months: int
    purpose: str
    applied_on: date
    sent_on: date
    answer: str = "accept"
    reason: str = ""
    paid_on: date | None = None
    repaid: tuple[DatedAmount, ...] = ()
    overdue_on: date | None = None
    claimed_on: date | None = None
    recovered: tuple[DatedAmount, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes wrong on purpose; ``docs/county-directory.md`` explains each kind."""

    kind: FaultKind
    what: str
    first_day: date | None = None
    last_day: date | None = None
    amount_fen: int | None = None
    note: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A figure to prove: ``key`` as in ``lianhe demo --summary`` (design.md section 6)."""

    key: str
    value: int | str
    """Fen for keys ending in ``_fen`` or ``_fen.<tag>``, a count, or a percentage as text."""
    document: str
    section: str = ""
    kind: str = "published"
    """published, derived (computed from published figures), or context (not computed here)."""
    text: str = ""
    """The words of the document."""
