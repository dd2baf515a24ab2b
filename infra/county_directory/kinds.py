"""The closed lists of words a county directory uses: sources, posts, fundings, faults.

Read by the format, the checks and whoever plays a county. What a person may write for each stands
in format.toml.
"""

from enum import StrEnum


class Source(StrEnum):
    """Where granted money comes from (R-066); domain.md 1.15 gives each its account."""

    CENTRAL = "central"
    PROVINCIAL = "provincial"
    MUNICIPAL = "municipal"
    COUNTY = "county"
    DONATION = "donation"
    UNDP = "undp"
    ENTERPRISE = "enterprise"
    HELPER = "helper"
    MERGED = "merged"


FISCAL = (Source.CENTRAL, Source.PROVINCIAL, Source.MUNICIPAL, Source.COUNTY)


class PostKind(StrEnum):
    """The posts of a cooperative (R-009, R-010)."""

    CHAIR = "chair"
    DEPUTY = "deputy"
    CASHIER = "cashier"
    ACCOUNTANT = "accountant"
    COUNCIL = "council"
    GROUP_HEAD = "group_head"
    CENTRE_HEAD = "centre_head"
    SUPERVISOR_HEAD = "supervisor_head"
    SUPERVISOR = "supervisor"


COUNCIL_POSTS = (PostKind.CHAIR, PostKind.DEPUTY, PostKind.ACCOUNTANT, PostKind.COUNCIL)
SUPERVISOR_POSTS = (PostKind.SUPERVISOR_HEAD, PostKind.SUPERVISOR)


class Funding(StrEnum):
    """Whose money a loan lends on (domain.md conventions)."""

    OWN = "own"
    WHOLESALE = "wholesale"
    INTERCOOP = "intercoop"
    ENTERPRISE = "enterprise"
    SHUANGDAO = "shuangdao"


class FaultKind(StrEnum):
    """What a directory may let go wrong."""

    LATE_NODE = "late_node"
    MISSING_BANK_LINE = "missing_bank_line"
    DOUBLED_BANK_LINE = "doubled_bank_line"
    WRONG_AMOUNT_LINE = "wrong_amount_line"
    UNKNOWN_BANK_LINE = "unknown_bank_line"
    WRONG_CARD = "wrong_card"
    RETURNED_PAYMENT = "returned_payment"
    LOST_FILE = "lost_file"
