"""The one closed list of business refusals, with what would make each allowed.

Every refusal is a code, its facts, a sentence in Chinese and one in English. Called by every
room through ``kernel.errors.Rejected``; pages and API render ``text``. Holds no rule.
"""

from enum import StrEnum

import msgspec

from contracts.refusal_texts import TEXTS


class RejectionCode(StrEnum):
    """Named as the sentence it says; order is by room, not by weight."""

    # identity and shape
    REQUEST_CHANGED = "REQUEST_CHANGED"
    UNKNOWN_CASE = "UNKNOWN_CASE"
    UNKNOWN_ACT = "UNKNOWN_ACT"
    FACTS_INVALID = "FACTS_INVALID"
    POLICY_INVALID = "POLICY_INVALID"
    CASE_EXISTS = "CASE_EXISTS"
    # who
    ROLE_NOT_ALLOWED = "ROLE_NOT_ALLOWED"
    FOUR_POWERS = "FOUR_POWERS"
    ALREADY_SIGNED = "ALREADY_SIGNED"
    NOT_ON_THE_LIST = "NOT_ON_THE_LIST"
    MUST_ABSTAIN = "MUST_ABSTAIN"
    OWN_SIGN_IN = "OWN_SIGN_IN"
    SIGNED_OTHER_TERMS = "SIGNED_OTHER_TERMS"
    # state
    ACT_NOT_ALLOWED_NOW = "ACT_NOT_ALLOWED_NOW"
    DAY_CLOSED = "DAY_CLOSED"
    BOOK_NOT_OPEN = "BOOK_NOT_OPEN"
    BOOK_WAITS = "BOOK_WAITS"
    TOO_EARLY = "TOO_EARLY"
    # limits and money
    BALANCE_TOO_LOW = "BALANCE_TOO_LOW"
    BALANCE_TOO_HIGH = "BALANCE_TOO_HIGH"
    AMOUNT_NOT_POSITIVE = "AMOUNT_NOT_POSITIVE"
    # members and loans
    NOT_A_MEMBER = "NOT_A_MEMBER"
    HOUSEHOLD_HAS_MEMBER = "HOUSEHOLD_HAS_MEMBER"
    WEALTHY_MAY_NOT_BORROW = "WEALTHY_MAY_NOT_BORROW"
    PURPOSE_NOT_LISTED = "PURPOSE_NOT_LISTED"
    OVER_LOAN_CAP = "OVER_LOAN_CAP"
    OVER_LEVEL_LIMIT = "OVER_LEVEL_LIMIT"
    TERM_TOO_LONG = "TERM_TOO_LONG"
    LOAN_STILL_OPEN = "LOAN_STILL_OPEN"
    GROUP_NOT_CLEAN = "GROUP_NOT_CLEAN"
    GROUP_SIZE = "GROUP_SIZE"
    NOT_IN_GROUP = "NOT_IN_GROUP"
    MEMBER_IN_GROUP = "MEMBER_IN_GROUP"
    GROUP_HAS_LOAN = "GROUP_HAS_LOAN"
    POST_TAKEN = "POST_TAKEN"
    POST_CONFLICT = "POST_CONFLICT"
    CONTRACT_NUMBER_TAKEN = "CONTRACT_NUMBER_TAKEN"
    EXTENSIONS_USED = "EXTENSIONS_USED"
    MORE_THAN_OWED = "MORE_THAN_OWED"
    CONCENTRATION = "CONCENTRATION"
    OVER_BORROWED = "OVER_BORROWED"
    VOTE_NOT_LOST = "VOTE_NOT_LOST"
    RECOVERY_TOO_LOW = "RECOVERY_TOO_LOW"
    STILL_OWED = "STILL_OWED"
    NOT_FREE_TO_LEAVE = "NOT_FREE_TO_LEAVE"
    # inter-cooperative lending
    INTERCOOP_OFF = "INTERCOOP_OFF"
    GRADE_NOT_ALLOWED = "GRADE_NOT_ALLOWED"
    LENDER_FLOOR = "LENDER_FLOOR"
    LEND_MAX = "LEND_MAX"
    BORROW_MAX = "BORROW_MAX"
    RATE_NOT_POSITIVE = "RATE_NOT_POSITIVE"
    SAME_COOPERATIVE = "SAME_COOPERATIVE"
    # county
    COOPERATIVE_UNKNOWN = "COOPERATIVE_UNKNOWN"
    CONSENT_MISSING = "CONSENT_MISSING"
    PAYOUT_NOT_KNOWN = "PAYOUT_NOT_KNOWN"
    PAYEE_UNKNOWN = "PAYEE_UNKNOWN"
    RECEIPT_NOT_UNKNOWN = "RECEIPT_NOT_UNKNOWN"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    CLOSE_NOT_STARTED = "CLOSE_NOT_STARTED"
    STRESS_TOO_LARGE = "STRESS_TOO_LARGE"
    STRESS_NO_BOOK = "STRESS_NO_BOOK"
    STRESS_BUSY = "STRESS_BUSY"
    # delivery
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    REQUEST_STALE = "REQUEST_STALE"
    REQUEST_REPLAYED = "REQUEST_REPLAYED"
    BATCH_MALFORMED = "BATCH_MALFORMED"
    BATCH_TOO_LARGE = "BATCH_TOO_LARGE"
    BATCH_GAP = "BATCH_GAP"
    BATCH_FORK = "BATCH_FORK"
    BATCH_TOTALS_FALSE = "BATCH_TOTALS_FALSE"
    BATCH_FUTURE_DATED = "BATCH_FUTURE_DATED"


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as it travels: code and facts as text."""

    code: RejectionCode
    facts: dict[str, str] = {}

    def text(self, language: str = "zh") -> str:
        """One sentence with the facts filled in, ending with what would make it allowed."""
        template = TEXTS[self.code.value][0 if language == "zh" else 1]
        return template.format_map(_Facts(self.facts))


class _Facts(dict[str, str]):
    """A fact the refusal was not given reads as an ellipsis, never as an error."""

    def __missing__(self, key: str) -> str:
        return "…"
