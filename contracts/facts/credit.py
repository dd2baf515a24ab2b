"""Facts of a village loan from application to its end (P2, R-029…R-056).

Called by the node's page and API. Amounts are fen; persons, members and groups are ids.
"""

from datetime import date

from contracts.facts import Facts, Nothing, Reason, Votes


class LoanApply(Facts):
    """The application (借款审批表, R-046). ``purpose`` is from the county's list (R-029).

    ``funding`` says whose money is lent on; ``project`` what exactly it is for, and ``benefit``
    the gain hoped for (fen a year).
    """

    member: str
    person: str
    group: str
    amount: int
    purpose: str
    term_months: int
    poor: bool = False
    funding: str = "own"
    project: str = ""
    benefit: int = 0


class LoanNotice(Facts):
    """The public notice is put up (公示, R-048); ``place`` says where."""

    place: str = ""


class LoanContract(Facts):
    """The contract is signed on paper (借款合同); ``number`` is the number written on it."""

    number: str = ""


class LoanAssign(Facts):
    """Money in suspense is recognised as a repayment; ``item`` is the suspense key, ``amount`` fen."""

    item: str
    amount: int


class LoanExtend(Facts):
    """Extension (R-055): the new due date, and the signatures of guarantors and council."""

    due_on: date
    votes: dict[str, str] = {}
    vote: str = "yes"
    minutes: str = ""


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("loan", "apply"): LoanApply,
    ("loan", "sign"): Votes,
    ("loan", "vote"): Votes,
    ("loan", "refuse"): Reason,
    ("loan", "notice"): LoanNotice,
    ("loan", "object"): Reason,
    ("loan", "dismiss"): Reason,
    ("loan", "sustain"): Reason,
    ("loan", "contract"): LoanContract,
    ("loan", "instruct"): Nothing,
    ("loan", "assign"): LoanAssign,
    ("loan", "call"): Nothing,
    ("loan", "extend"): LoanExtend,
    ("loan", "write_off"): Votes,
    ("loan", "withdraw"): Reason,
    ("loan", "cancel"): Reason,
}
