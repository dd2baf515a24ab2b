"""Facts of the risk compensation pool: agreement, and the money in it (P6.1, P6.2, P6.7).

Amounts are fen, leverage hundredths (500 = five times), parts ppm, dates ISO. Called by rules,
API and pages. Persons, members and cooperatives are ids. What the pool guarantees is guarantees.py.
"""

import msgspec

from contracts.facts import Facts, Nothing, Reason, Votes


class Covenants(Facts, frozen=True):
    """What an agreement says and a new version may change (R-083…R-089).

    ``base`` is ``stake`` or ``stake_and_match``; ``layers`` the order in which a claim is met;
    ``match_order`` ``after_stake`` or ``pro_rata``; ``mutual``: pooled deposits answer for each
    other; ``loan_cap`` one borrower's guaranteed loans; ``term_max`` months; ``wait_days``
    calendar days overdue before a claim, the other days business days.
    """

    leverage: int
    base: str
    match_ppm: int
    bank_part_ppm: int
    wait_days: int
    check_days: int
    pay_days: int
    layers: tuple[str, ...]
    match_order: str
    mutual: bool
    stop_ppm: int
    loan_cap: int
    term_max: int
    grades: tuple[str, ...]


class Propose(Covenants, frozen=True):
    """A pool agreement between one cooperative, one bank and the county.

    ``grade`` is the cooperative's grade as the county knows it on this day.
    """

    variant: str
    bank: str
    grade: str
    number: str = ""


class Amend(Facts, frozen=True):
    """The version on offer is signed; ``terms`` is its digest, the same for every signer."""

    terms: str
    votes: dict[str, str] = msgspec.field(default_factory=dict)
    vote: str = "yes"
    minutes: str = ""
    said: str = ""


class Stop(Facts, frozen=True):
    """Why new guarantees stop: ``grade``, ``claim_rate``, ``breach`` or a word of the person."""

    reason: str
    rate_ppm: int = 0
    grade: str = ""


class OfAgreement(Facts, frozen=True):
    """An act about one agreement and nothing else."""

    agreement: str


class StakeAsked(Facts, frozen=True):
    """Stake or top up (variant 2): ``minutes`` of the member meeting that voted it (R-082)."""

    agreement: str
    amount: int
    minutes: str = ""
    said: str = ""


class ReleaseAsked(Facts, frozen=True):
    """Money asked back from the pool (R-090).

    ``kind``: ``stake`` to the sub-account, ``match`` to the finance bureau (``of`` names the
    release of the stake it goes with), ``deposit`` to a member's card, ``set_off`` a member's
    deposit to the sub-account, against his own ``loan`` of the cooperative.
    """

    agreement: str
    kind: str
    amount: int
    member: str = ""
    person: str = ""
    loan: str = ""
    of: str = ""
    minutes: str = ""
    said: str = ""


class PoolApply(Facts, frozen=True):
    """Variant 1: a member pools the money of a paid-out loan as guarantee (R-081).

    ``mutual``: the form says that pooled deposits answer for each other.
    """

    agreement: str
    member: str
    person: str
    loan: str
    amount: int
    mutual: bool = False


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("agreement", "propose"): Propose,
    ("agreement", "sign"): Votes,
    ("agreement", "decline"): Reason,
    ("agreement", "offer"): Covenants,
    ("agreement", "amend"): Amend,
    ("agreement", "suspend"): Stop,
    ("agreement", "resume"): Votes,
    ("agreement", "settle"): Nothing,
    ("agreement", "end"): Reason,
    ("match", "claim"): OfAgreement,
    ("match", "approve"): Nothing,
    ("match", "refuse"): Reason,
    ("transfer", "stake"): StakeAsked,
    ("transfer", "ask"): ReleaseAsked,
    ("transfer", "sign"): Votes,
    ("transfer", "drop"): Reason,
    ("transfer", "cancel"): Reason,
    ("pooling", "apply"): PoolApply,
    ("pooling", "withdraw"): Reason,
}
