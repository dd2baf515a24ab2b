"""Money of the pool on its way through the bank: stake, release, match, and what is paid out.

Every transfer between a cooperative's sub-account and the pool's is one case and one reference;
money leaves the pool account only for a claim, a match going back or a deposit going back. Called
by agreements, claims, console, the files step and custody. Sources P6.1, P6.5, R-085, R-090.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, World
from kernel import pool
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.errors import Rejected
from kernel.pool_agreement import terms_of
from kernel.rules_release import RETURNS
from services.federation.bank_files.messages import Direction, PaymentLine, StatementLine
from services.federation.cases import payees, references, registers
from services.federation.cases.actors import BANK_LINE, FILER
from services.federation.cases.county_acts import act_on
from services.federation.cases.payees import Payee
from services.federation.cases.payments import Instruction
from services.federation.county import County

TRANSFER, MATCH, CLAIM = "transfer", "match", "claim"
PAYBACK = "payback-"
BETWEEN = ("in", "stake", "set_off")
"""Kinds of transfer between two sub-accounts of ours: the bank tells two lines of each."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Money to go into or out of the pool: the case's id, fen, and the minutes it rests on."""

    name: str
    amount: int
    minutes: str = ""
    said: str = ""
    kind: str = "stake"
    member: str = ""
    person: str = ""
    loan: str = ""
    of: str = ""


def stake(
    conn: sa.Connection, world: World, agreement: Case, wish: Wish, actor: Actor
) -> Performed:
    """Hold a stake or top-up in the sub-account; tonight's file moves it (R-082).

    Raises Rejected AGREEMENT_NOT_OPEN, AMOUNT_NOT_POSITIVE, STAKE_ABOVE_FUND.
    """
    return _open(conn, world, agreement, TRANSFER, "stake", wish.name, actor, {
        "agreement": agreement.id, "amount": wish.amount, "minutes": wish.minutes,
        "said": wish.said,
    })  # fmt: skip


def release(
    conn: sa.Connection, world: World, agreement: Case, wish: Wish, actor: Actor
) -> tuple[Performed, ...]:
    """Ask money back; with a stake its match goes back in the same proportion (R-090, E1b).

    The line falls at once. Raises Rejected AMOUNT_NOT_POSITIVE, RELEASE_TOO_LARGE.
    """
    first = _release(conn, world, agreement, wish, actor)
    terms = first.case.terms
    if wish.kind != "stake":
        return (first,)
    before = pool.Funds(stake=int(terms["stake_before"]), match=int(terms["match_before"]))
    back = pool.match_back(terms_of(agreement), before, wish.amount)
    if not back:
        return (first,)
    also = msgspec.structs.replace(wish, kind="match", amount=back, of=first.case.id)
    return first, _release(conn, world, agreement, also, actor)


def _release(
    conn: sa.Connection, world: World, agreement: Case, wish: Wish, actor: Actor
) -> Performed:
    # What leaves us altogether has one bank line, not two: its name says so.
    name = wish.name if wish.kind in BETWEEN else f"{PAYBACK}{wish.name.removeprefix(PAYBACK)}"
    facts: dict[str, Any] = {
        "agreement": agreement.id, "kind": wish.kind, "amount": wish.amount, "of": wish.of,
        "member": wish.member, "person": wish.person, "loan": wish.loan,
        "minutes": wish.minutes, "said": wish.said,
    }  # fmt: skip
    return _open(conn, world, agreement, TRANSFER, "ask", name, actor, facts)


def claim_match(
    conn: sa.Connection, world: World, agreement: Case, name: str, actor: Actor
) -> Performed:
    """Claim from the finance bureau what the stake calls for (R-085). Raises MATCH_NOT_DUE."""
    return _open(conn, world, agreement, MATCH, "claim", name, actor, {"agreement": agreement.id})


def decide(
    conn: sa.Connection, world: World, case: Case, act: str, actor: Actor, reason: str = ""
) -> Performed:
    """Sign or drop a release, cancel a queued stake, approve or refuse a match.

    With a stake that stays, the match that was to go with it stays.
    """
    facts = {"reason": reason} if reason else {}
    done = act_on(conn, world, case.process, case.id, act, actor, facts)
    if done.fresh and act == "drop":
        lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
        for other in lookup.linked(TRANSFER, "agreement", str(case.terms["agreement"])):
            if other.terms.get("of") == case.id and other.state in ("asked", "queued"):
                decide(conn, world, other, act, actor, reason)
    return done


def instructions(conn: sa.Connection, county: County) -> list[Instruction]:
    """Every transfer and every accepted claim whose turn has come, as lines of tonight's file."""
    account = registers.the_bank_account(conn)
    if account is None or not account.pool:
        return []
    known = {one.id: one for one in registers.cooperatives(conn)}
    found = []
    for case in _waiting(conn):
        cooperative = known[case.parties["coop"]]
        amount = loss_of(case).pool if case.process == CLAIM else int(case.terms["amount"])
        payer = account.pool
        payee = Payee(name=cooperative.name, account=cooperative.sub_account)
        if case.terms.get("kind") == "in":
            payer, payee = cooperative.sub_account, Payee(name=county.name, account=account.pool)
        elif case.terms.get("kind") not in BETWEEN:
            payee = _payee(conn, county, case)
        line = PaymentLine(
            reference=references.current(case),
            cooperative_sub_account=payer,
            payee_name=payee.name,
            payee_card=payee.account,
            amount_fen=amount,
            remark=str(case.terms["agreement"]),
        )
        command = Command(
            # What bounced is filed again: the step makes each filing an act of its own.
            id=f"{case.id}/file/{case.step + 1}", process=case.process, case=case.id, act="file",
            actor=FILER,
        )  # fmt: skip
        found.append(Instruction(line=line, command=command))
    return found


def fits(case: Case, line: StatementLine, account: registers.BankAccount, own: str) -> str:
    """Why a line at the place where its money is booked is not this case's; "" when it is."""
    done = {TRANSFER: ("done",), CLAIM: ("paid", "written_off", "recovered"), MATCH: ("booked",)}
    waits = {TRANSFER: "in_file", CLAIM: "in_file", MATCH: "approved"}[case.process]
    if case.state != waits:
        return "doubled" if case.state in done[case.process] else "unexpected"
    if line.signed_fen != signed(case):
        return "wrong_amount"
    place = own if case.terms.get("kind") in BETWEEN else account.pool
    return "" if line.sub_account == place else "wrong_sub_account"


def counterpart(case: Case, line: StatementLine, account: registers.BankAccount) -> bool:
    """Whether a line is the pool's half of a transfer between two of our sub-accounts."""
    return case.terms.get("kind") in BETWEEN and line.sub_account == account.pool


def matched(case: Case, line: StatementLine) -> Command:
    """The act by which a line books its case."""
    act = {MATCH: "booked", CLAIM: "pay"}.get(case.process, "")
    act = act or ("staked" if case.terms["kind"] == "in" else "released")
    facts: dict[str, Any] = {"line": line.line_id}
    if case.process == CLAIM:
        facts["amount"] = line.amount_fen
    # What came back is paid again: each line's booking is an act of its own.
    return Command(
        id=f"{case.id}/{act}/{line.line_id}", process=case.process, case=case.id, act=act,
        actor=BANK_LINE, facts=facts, value_date=line.value_date,
    )  # fmt: skip


def came_back(case: Case, line: StatementLine) -> Command | None:
    """The act by which what the bank paid and sends back is held again; None: not of this kind."""
    facts: dict[str, Any] = {"line": line.line_id, "amount": line.amount_fen}
    act, name, parties = "come_back", case.id, {}
    if case.process == TRANSFER:
        recipe = RETURNS.get(str(case.terms["kind"]))
        if recipe is None:
            return None
        facts |= {"recipe": recipe, "returns": case.id}
        act, name, parties = "returned", f"{case.id}-again", dict(case.parties)
    elif case.process != CLAIM:
        return None
    return Command(
        id=f"{name}/{act}/{line.line_id}", process=case.process, case=name, act=act,
        actor=BANK_LINE, facts=facts, parties=parties, value_date=line.value_date,
    )  # fmt: skip


def payee_differs(conn: sa.Connection, county: County, case: Case, line: StatementLine) -> bool:
    """Whether money that left the pool account went to another account than the case's payee."""
    if line.direction is not Direction.OUT or case.terms.get("kind") in BETWEEN:
        return False
    return not _payee(conn, county, case).got(county, line.counterparty_account)


def signed(case: Case) -> int:
    """The line's amount as it stands where the case is booked: out negative (fen)."""
    if case.process == CLAIM:
        return -loss_of(case).pool
    amount = int(case.terms["amount"])
    if case.process == MATCH:
        return amount
    return amount if case.terms["kind"] in ("stake", "set_off") else -amount


def _waiting(conn: sa.Connection) -> Iterable[Case]:
    yield from store.in_states(conn, store.COUNTY_SCOPE, TRANSFER, ("queued",))
    yield from store.in_states(conn, store.COUNTY_SCOPE, CLAIM, ("accepted",))


def _payee(conn: sa.Connection, county: County, case: Case) -> Payee:
    """Whom money is paid to that leaves our own sub-accounts altogether."""
    if case.process == CLAIM:
        return payees.partner(conn, str(case.terms["bank"]))
    if case.terms["kind"] == "match":
        return payees.partner(conn, registers.FINANCE)
    return payees.person(conn, county, str(case.terms["person"]), case.parties["coop"])


def _open(
    conn: sa.Connection, world: World, agreement: Case, process: str, act: str, name: str,
    actor: Actor, facts: dict[str, Any],
) -> Performed:  # fmt: skip
    if agreement.process != "agreement":
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=agreement.id)
    told = {key: value for key, value in facts.items() if value != ""}
    return act_on(
        conn, world, process, name, act, actor, told,
        act_id=f"{name}/{act}", parties=agreement.parties,
    )  # fmt: skip
