"""What two councils say about a loan between them, each in its own book (process ``voice``)."""

from collections.abc import Iterator
from datetime import date

from infra.county_directory.kinds import COUNCIL_POSTS
from infra.county_directory.model import IntercoopLoan
from infra.demonstration.life import Village, Wish, case_of
from kernel.intercoop import owed_on, terms_digest
from kernel.processes import START
from kernel.signatures import YES


def voices(village: Village) -> Iterator[Wish]:
    """Signatures of this village's council, and what it asks to repay today."""
    own = village.cooperative
    for lent in village.directory.intercoop:
        if own not in (lent.lender, lent.borrower):
            continue
        yield from _wish(village, lent)
        case = case_of(lent, village.cases.values())
        if case is None:
            continue
        said = f"voice-{own}-{lent.id.lower()}"
        if case.state == "proposed" and village.state(f"{said}-sign") == START:
            yield _say(village, f"{said}-sign", case.id, "sign", terms=terms_digest(case.terms))
        if own != lent.borrower or case.state != "active":
            continue
        for number, part in enumerate(lent.repayments, 1):
            name = f"{said}-repay-{number}"
            if part.on <= village.today and village.state(name) == START:
                # Settlement takes it on the next business day, with the fee to that day.
                paid_on = village.directory.working_days.next_business_day(village.today)
                amount = _with_fee(case.terms, part.amount_fen, paid_on)
                yield _say(village, name, case.id, "repay", amount=amount)


def wish_of(lent: IntercoopLoan, cooperative: str) -> str:
    """The id under which a village posts its side of a directory's row (P4.1)."""
    return f"wish-{cooperative}-{lent.id.lower()}"


def _wish(village: Village, lent: IntercoopLoan) -> Iterator[Wish]:
    """The village offers, or asks, on the day its row says; the county matches by it."""
    own = village.cooperative
    offers = own == lent.lender
    name, on = wish_of(lent, own), lent.offered_on if offers else lent.asked_on
    if on <= village.today and village.state(name) == START:
        council = village.holders(*COUNCIL_POSTS)
        yield Wish(
            process="lending_wish", case=name, act="post_offer" if offers else "post_request",
            facts={"amount": lent.amount_fen, "rate_ppm": lent.monthly_ppm,
                   "term_months": lent.term_months},
            role="council@node", operator=village.bookkeeper, persons=tuple(council),
        )  # fmt: skip


def _with_fee(terms: dict[str, object], principal: int | None, on: date) -> int:
    """A repayment pays the fee first, so the part of principal wanted comes on top (fen)."""
    owed, fee = owed_on(terms, on)
    return fee + (owed if principal is None else min(principal, owed))


def _say(village: Village, name: str, case: str, act: str, **told: object) -> Wish:
    council = village.holders(*COUNCIL_POSTS)
    facts: dict[str, object] = {"for": case, "process": "intercoop", "act": act, **told}
    if act == "sign":
        facts["votes"] = dict.fromkeys(council, YES)
    return Wish(
        process="voice",
        case=name,
        act="say",
        facts=facts,
        role="council@node",
        operator=village.bookkeeper,
        persons=tuple(council),
    )
