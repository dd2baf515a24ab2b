"""Payments: the only way money leaves, and the only writer of bank files (design.md 3).

A village's act asks for money; intake opens the payment and takes its hold in K(i), or refuses it
by name. ``build`` puts everything queued into one file in one transaction; the file's bytes are
stored before they go anywhere, so writing them out again changes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.ledger import Act, Actor
from contracts.money import FEN_MAX, show
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, perform
from journal.registry import Registry
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.policy import Policy
from services.federation.bank_files.messages import PaymentFile, PaymentLine
from services.federation.bank_files.payment_file import check_payment_file, write_pain001
from services.federation.cases import (
    bank_register,
    consents,
    findings,
    payees,
    references,
    registers,
)
from services.federation.cases.actors import FILER, INTAKE
from services.federation.cases.county_acts import act_on
from services.federation.county import County

PROCESS = "payment"
KEYS = frozenset({"loan", "member", "item", "contract", "suspense"})
"""Account keys a village may name for its half of a payout."""
TO_THE_BANK = "payment.pass_on"
"""The recipe of the one payout whose payee is no person: the bank of a claimed loan (P6.6)."""


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """What a village's act asks for in its terms: amount (fen), payee, the recipe of the payout.

    Money that is passed on names the ``claim`` it was paid for, and no person.
    """

    amount: int
    person: str
    claim: str = ""
    recipe: str
    back: str = ""
    keys: dict[str, str] = {}
    funding: str = "own"


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One line of tonight's file and the act that puts its case into it."""

    line: PaymentLine
    command: Command


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """The file of one night: its id, its lines and their sum (fen); what had to be left out."""

    file: str = ""
    lines: int = 0
    total_fen: int = 0
    left_out: int = 0


def request(
    conn: sa.Connection, county: County, cooperative: str, act: Act, policy: Policy
) -> Performed:
    """Open the payment an act asks for: queued with its hold, or refused by name with a finding.

    The refusal travels in K(i), so the node takes its instruction back and says why.
    """
    case = f"pay-{act.book}-{act.seq}"
    facts: dict[str, Any] = {"for": act.case, "amount": 0, "person": "", "said": act.seq}
    try:
        pay = _asked(act, county.world.registry)
        facts |= {
            **pay.keys,
            "for": act.case,
            "amount": pay.amount,
            "person": pay.person,
            "recipe": pay.recipe,
            "back": pay.back,
            "funding": pay.funding,
        }
        if pay.claim:
            item = pay.keys.get("item", "")
            bank = payees.bank_owed(conn, cooperative, pay.claim, item, pay.amount)
            facts |= {"claim": pay.claim, "bank": bank}
        _undisputed(conn, cooperative, act.case)
        _consented(conn, county, cooperative, act, pay, policy)
        return _open(conn, county, cooperative, case, "queue", facts)
    except Rejected as refusal:
        told = refusal.as_struct()
        refused = _open(
            conn, county, cooperative, case, "refuse",
            {**facts, "code": told.code.value, "refusal": told.facts},
        )  # fmt: skip
        findings.open_once(
            conn, county, "payout_refused", case, cooperative=cooperative,
            facts={"case": act.case, **findings.refusal_facts(told)},
        )  # fmt: skip
        return refused


def stop(conn: sa.Connection, county: County, case: str, actor: Actor, reason: str) -> Performed:
    """Stop a queued payment and give its hold back.

    Raises Rejected ACT_NOT_ALLOWED_NOW once it is in a file: then only the bank can stop it.
    """
    return act_on(conn, county.world, PROCESS, case, "stop", actor, {"reason": reason})


def build(
    conn: sa.Connection,
    county: County,
    on: date,
    sources: Sequence[Callable[[sa.Connection, County], list[Instruction]]],
) -> Built:
    """Put everything whose turn has come into the file of one night, and store its bytes.

    What cannot be paid yet (a payee without name or card, a bank line about the same thing that
    is still open) stays queued, with a finding. The caller writes the stored bytes out after its
    commit.
    """
    account = registers.the_bank_account(conn)
    asked = [instruction for source in sources for instruction in source(conn, county)]
    if account is None or not asked:
        return Built()
    good = [one for one in asked if _clear(conn, county, one) and _payable(conn, county, one)]
    if not good:
        return Built(left_out=len(asked))
    file = PaymentFile(
        file_id=f"P{on:%Y%m%d}",
        created_on=on,
        debtor_account=account.account,
        lines=tuple(one.line for one in good),
        initiator=county.name,
        execute_on=county.world.calendar.next_business_day(on),
    )
    for one in good:
        command = msgspec.structs.replace(
            one.command, facts={**one.command.facts, "file": file.file_id}
        )
        perform(conn, county.world, command)
    told = [one.line.reference for one in good]
    bank_register.keep_built(conn, file.file_id, on, write_pain001(file), told)
    return Built(
        file=file.file_id,
        lines=len(good),
        total_fen=file.total_fen,
        left_out=len(asked) - len(good),
    )


def queued(conn: sa.Connection, county: County) -> list[Instruction]:
    """Every queued payment as an instruction; name and card stay empty where none is readable."""
    cases = store.in_states(conn, store.COUNTY_SCOPE, PROCESS, ("queued",))
    numbers = {one.id: one.sub_account for one in registers.cooperatives(conn)}
    return [_instruction(conn, county, case, numbers) for case in cases]


def _instruction(
    conn: sa.Connection, county: County, case: Case, numbers: dict[str, str]
) -> Instruction:
    payee = payees.of_payment(conn, county, case)
    line = PaymentLine(
        reference=references.reference_of(case.id),
        cooperative_sub_account=numbers[case.parties["coop"]],
        payee_name=payee.name,
        payee_card=payee.account,
        amount_fen=int(case.terms["amount"]),
        # A bank knows its claim; what a village calls its own item tells it nothing.
        remark=str(case.terms.get("claim") or case.terms["for"]),
    )
    command = Command(id=f"{case.id}/file", process=PROCESS, case=case.id, act="file", actor=FILER)
    return Instruction(line=line, command=command)


def _clear(conn: sa.Connection, county: County, one: Instruction) -> bool:
    """Whether no open bank line concerns what is paid here; what waits for one is a finding."""
    case = store.load(conn, store.COUNTY_SCOPE, one.command.case)
    ensure(case is not None, "instruction_has_its_case", case=one.command.case)
    cooperative = case.parties.get("coop", "") if case else ""
    try:
        if case is not None and case.process == PROCESS:
            _undisputed(conn, cooperative, str(case.terms["for"]))
        _no_open_line(conn, one.command.case, [one.command.case])
    except Rejected as refusal:
        findings.open_once(
            conn, county, "payment_waits", one.command.case, cooperative=cooperative,
            facts={"case": one.command.case, **findings.refusal_facts(refusal.as_struct())},
        )  # fmt: skip
        return False
    return True


def _payable(conn: sa.Connection, county: County, one: Instruction) -> bool:
    """Whether a bank can carry it out; a payee without name or card is a finding, once."""
    alone = PaymentFile(
        file_id="alone", created_on=date.min, debtor_account="alone", lines=(one.line,)
    )
    faults = sorted({fault.place.field for fault in check_payment_file(alone).found()})
    if not faults:
        return True
    case = store.load(conn, store.COUNTY_SCOPE, one.command.case)
    terms = case.terms if case else {}
    findings.open_once(
        conn, county, "payee_unknown", one.command.case,
        cooperative=case.parties.get("coop", "") if case else "",
        facts={
            "code": RejectionCode.PAYEE_UNKNOWN.value,
            "refusal": {"person": str(terms.get("person") or terms.get("bank", ""))},
            "fields": faults,
        },
    )  # fmt: skip
    return False


def _asked(act: Act, registry: Registry) -> Pay:
    """What the act asks for, if it is a payout this release knows."""
    try:
        pay = msgspec.convert(act.terms["pay"], Pay)
    except (msgspec.ValidationError, TypeError) as error:
        raise Rejected(RejectionCode.PAYOUT_NOT_KNOWN, problem=str(error)[:200]) from error
    if pay.recipe not in payouts(registry):
        raise Rejected(RejectionCode.PAYOUT_NOT_KNOWN, problem=pay.recipe[:80])
    if pay.back not in ("", *returns(registry)):
        raise Rejected(RejectionCode.PAYOUT_NOT_KNOWN, problem=pay.back[:80])
    if not 0 < pay.amount <= FEN_MAX:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="pay.amount")
    if bool(pay.claim) != (pay.recipe == TO_THE_BANK) or (pay.claim and pay.person):
        raise Rejected(RejectionCode.PAYOUT_NOT_KNOWN, problem=f"claim {pay.claim}"[:80])
    if stray := sorted(set(pay.keys) - KEYS):
        raise Rejected(RejectionCode.PAYOUT_NOT_KNOWN, problem=f"keys {stray}"[:80])
    return pay


def payouts(registry: Registry) -> set[str]:
    """Recipes by which held money leaves the special account: the only ones a node may name."""
    return _by_movement(registry, "80102", "701")


def returns(registry: Registry) -> set[str]:
    """Recipes by which a payout comes back."""
    return _by_movement(registry, "701", "80101")


def _by_movement(registry: Registry, debit: str, credit: str) -> set[str]:
    wanted = [(debit, credit, "amount")]
    return {
        name
        for name, recipe in registry.recipes.items()
        if [(d.code, c.code, a) for d, c, a in recipe.halves.get(("county", "coop"), ())] == wanted
        and recipe.parties("county") == ("coop",)
    }


def _undisputed(conn: sa.Connection, cooperative: str, about: str) -> None:
    """I8: nothing is paid again for a thing while the bank tells a line about it that fits nothing.

    Raises Rejected PAYMENT_LINE_OPEN: the bank may have paid already.
    """
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "for", about)
    _no_open_line(conn, about, [one.id for one in found if one.parties["coop"] == cooperative])


def _no_open_line(conn: sa.Connection, about: str, cases: Sequence[str]) -> None:
    for told in bank_register.open_about(conn, cases):
        raise Rejected(
            RejectionCode.PAYMENT_LINE_OPEN,
            about=about,
            line=told.line.line_id,
            amount=show(told.line.amount_fen),
            payment=told.matched,
            reason=told.reason,
        )


def _consented(
    conn: sa.Connection, county: County, cooperative: str, act: Act, pay: Pay, policy: Policy
) -> None:
    """R-027: an outlay above the general cap needs the county's consent before it is paid."""
    cap = policy.fen("loan.cap")
    if pay.amount <= cap or consents.granted(conn, cooperative, act.case, pay.amount):
        return
    if act.process != "loan" or policy.text("loan.over_cap") == "consent":
        told = {"amount": pay.amount, "of": f"{act.process}.{act.act}"}
        consents.ask(conn, county, cooperative, act.case, told)
    raise Rejected(RejectionCode.CONSENT_MISSING, asked=show(pay.amount), cap=show(cap))


def _open(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    case: str,
    act: str,
    facts: dict[str, Any],
) -> Performed:
    return act_on(
        conn, county.world, PROCESS, case, act, INTAKE, facts,
        act_id=f"{case}/{act}", parties={"coop": cooperative},
    )  # fmt: skip
