"""Rules of a guarantee package: reserved lines approved, sent and answered as one (P6.4).

Registered in kernel.rules; called by journal.perform under the locks of K(i) and K(0). Pure.
Amounts fen. Sources R-017, R-088, P6.4, targets.md I14.
"""

from contracts.facts.guarantees import PackageReceived, PackageSent
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.facts import read
from kernel.pool_agreement import agreed
from kernel.rules import Asked, Outcome, rule
from kernel.rules_guarantee import own_bank


@rule()
def package_lines(asked: Asked) -> Outcome:
    """A package holds reserved lines of one agreement, once each, and their sum is its amount.

    Raises AGREEMENT_NOT_OPEN, BORROWER_TWICE, LINE_UNKNOWN, FACTS_INVALID.
    """
    facts = asked.facts
    agreement = agreed(asked, str(facts["agreement"]))
    persons: dict[str, str] = {}
    total = 0
    for name in facts["lines"]:
        line = asked.lookup.case(str(name))
        if line is None or line.process != "guarantee" or line.state != "reserved":
            raise Rejected(RejectionCode.LINE_UNKNOWN, line=name)
        person = str(line.terms["person"])
        if person in persons or line.terms["package"] != asked.case.id:
            raise Rejected(RejectionCode.BORROWER_TWICE, person=person, case=line.id)
        persons[person] = line.id
        total += int(line.terms["amount"])
    if not persons or total != facts["amount"]:
        raise Rejected(RejectionCode.FACTS_INVALID, where="amount", problem=show(total))
    return Outcome(
        terms={
            "version": agreement.terms["version"],
            # Borrowers on the council must abstain from approving their own package.
            "relatives": sorted({*persons, *map(str, facts.get("relatives", ()))}),
        }
    )


@rule()
def set_sent(asked: Asked) -> Outcome:
    """The signed set left: the case keeps the digests of its manifest and of its file."""
    facts = read(asked.facts, PackageSent)
    return Outcome(terms={"manifest": facts.manifest, "file": facts.file})


@rule()
def set_received(asked: Asked) -> Outcome:
    """The bank holds the very file that was sent; raises NOT_YOUR_BANK, DOCUMENT_CHANGED."""
    facts = read(asked.facts, PackageReceived)
    own_bank(asked)
    if facts.file != asked.case.terms["file"]:
        raise Rejected(RejectionCode.DOCUMENT_CHANGED, paper="guarantee-package.zip")
    return Outcome(terms={"received_on": asked.today.isoformat(), "verified": facts.verified})


@rule()
def lines_answered(asked: Asked) -> Outcome:
    """A package closes when the bank has answered every line; raises STILL_WAITING."""
    open_lines = [
        line.id
        for line in asked.lookup.linked("guarantee", "package", asked.case.id)
        if line.state in ("reserved", "sent", "conditioned")
    ]
    if open_lines:
        raise Rejected(RejectionCode.STILL_WAITING, lines=", ".join(open_lines[:10]))
    return Outcome()
