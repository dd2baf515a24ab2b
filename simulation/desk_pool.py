"""What people of county, bank and finance bureau do about the risk pool (P6): deeds by name.

Joined into simulation.desk. Each deed is one door of the federation's pool cases in one
transaction of the county; an event names the actor by a word of ``WHO``. Decides nothing.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from journal import store
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.pool_agreement import COVENANTS
from services.federation.cases import (
    agreements,
    claims,
    corrections,
    guarantees,
    packages,
    pool_money,
)
from services.federation.county import County
from simulation.events import Desk

BANK = "rcc"


def _actor(role: str, person: str) -> Actor:
    return Actor(role=role, operator=person, persons=(person,))


WHO = {
    "staff": _actor("staff@federation", "p-staff-1"),
    "drafter": _actor("staff@federation", "p-staff-2"),
    "cpo": _actor("cpo@federation", "p-cpo-1"),
    "cfb": _actor("cfb@federation", "p-cfb-1"),
    "maker": _actor("maker@bank", "p-maker-1"),
    "checker": _actor("checker@bank", "p-checker-1"),
    "reviewer": _actor("reviewer@federation", "p-reviewer-1"),
    "leading_group": _actor("leading_group@federation", "p-leading-1"),
}
"""Who may be named by an event."""
MANIFEST, FILE = "a" * 64, "b" * 64
PAPERS = {name: name[0] * 64 for name in ("contract", "payout", "dunning", "balance")}


def _case(conn: sa.Connection, name: str) -> Case:
    found = store.load(conn, store.COUNTY_SCOPE, name)
    if found is None:
        raise LookupError(name)
    return found


def _propose(conn: sa.Connection, county: County, event: Desk) -> None:
    said = {"bank": BANK, **event.facts}
    agreements.propose(conn, county.world, event.coop, event.case, said, WHO["drafter"])


def _sign(conn: sa.Connection, county: County, event: Desk) -> None:
    case, who = _case(conn, event.case), WHO[str(event.facts["who"])]
    door = packages.sign if case.process == packages.PROCESS else agreements.sign
    act_id = f"{case.id}/sign/{case.state}/{case.step}/{who.operator}"
    shown = offered(case) if case.state == "open" else str(case.terms["digest"])
    door(conn, county.world, case, who, terms=shown, act_id=act_id)


def offered(agreement: Case) -> str:
    """The digest of the version on offer; "" where there is none."""
    return str((agreement.terms.get("offer") or {}).get("digest", ""))


def _offer(conn: sa.Connection, county: County, event: Desk) -> None:
    agreement = _case(conn, event.case)
    covenants = {name: agreement.terms[name] for name in COVENANTS} | dict(event.facts)
    agreements.offer(conn, county.world, agreement, covenants, WHO["drafter"])


def _match(conn: sa.Connection, county: County, event: Desk) -> None:
    agreement = _case(conn, str(event.facts["agreement"]))
    pool_money.claim_match(conn, county.world, agreement, event.case, WHO["staff"])


def _ask_back(conn: sa.Connection, county: County, event: Desk) -> None:
    facts = dict(event.facts)
    agreement = _case(conn, str(facts.pop("agreement")))
    wish = pool_money.Wish(name=event.case, **facts)
    pool_money.release(conn, county.world, agreement, wish, WHO["drafter"])


def _decide(conn: sa.Connection, county: County, event: Desk) -> None:
    facts = event.facts
    who, reason = WHO[str(facts["who"])], "simulated" if facts.get("reason") else ""
    pool_money.decide(conn, county.world, _case(conn, event.case), str(facts["act"]), who, reason)


def _draft(conn: sa.Connection, county: County, event: Desk) -> None:
    agreement = _case(conn, str(event.facts["agreement"]))
    chosen = tuple(event.facts["applications"])
    try:
        packages.draft(conn, county.world, agreement, chosen, event.case, WHO["drafter"])
    except packages.LinesRefused as refused:
        first = next(iter(refused.refusals.values()))
        raise Rejected(first.code, **first.facts) from refused


def _send(conn: sa.Connection, county: County, event: Desk) -> None:
    packages.send(conn, county.world, _case(conn, event.case), MANIFEST, FILE)


def _answer(conn: sa.Connection, county: County, event: Desk) -> None:
    line = _case(conn, event.case)
    package, act = _case(conn, str(line.terms["package"])), str(event.facts["act"])
    packages.answer(
        conn, county.world, package, line.id, act, BANK, WHO["checker"], "" if act == "accept"
        else "simulated",
    )  # fmt: skip


_TOLD: dict[str, Callable[..., Any]] = {
    "paid": guarantees.paid, "repaid": guarantees.repaid, "arrears": guarantees.arrears,
}  # fmt: skip


def _meet(conn: sa.Connection, county: County, event: Desk) -> None:
    packages.line_act(conn, county.world, _case(conn, event.case), "meet", WHO["staff"], {})


def _told(conn: sa.Connection, county: County, event: Desk) -> None:
    """The bank reports a payout, a repayment or arrears of one loan."""
    line, facts = _case(conn, event.case), dict(event.facts)
    door, report = _TOLD[facts.pop("act")], str(facts.pop("report"))
    door(conn, county.world, line, {"bank": BANK, **facts}, WHO["maker"], report)


def _notice(conn: sa.Connection, county: County, event: Desk) -> None:
    said = {"bank": BANK, "manifest": MANIFEST, "papers": PAPERS, **event.facts}
    claims.notice(conn, county.world, event.case, said, WHO["checker"])


def _check(conn: sa.Connection, county: County, event: Desk) -> None:
    papers = dict.fromkeys(PAPERS, True)
    claims.check(conn, county.world, _case(conn, event.case), papers, WHO["staff"])


def _accept(conn: sa.Connection, county: County, event: Desk) -> None:
    who, principal = WHO[str(event.facts["who"])], int(event.facts["principal"])
    claims.accept(conn, county.world, _case(conn, event.case), principal, who)


def _guarantors(conn: sa.Connection, county: County, event: Desk) -> None:
    amount = int(event.facts["amount"])
    claims.guarantors(conn, county.world, _case(conn, event.case), BANK, amount, WHO["checker"])


def _end(conn: sa.Connection, county: County, event: Desk) -> None:
    """A claim is rejected, withdrawn or written off."""
    act, who = str(event.facts["act"]), WHO[str(event.facts["who"])]
    said = {"bank": BANK} if act == "withdraw" else {"reason": "simulated"}
    claims.decide(conn, county.world, _case(conn, event.case), act, who, said)


def _correct(conn: sa.Connection, county: County, event: Desk) -> None:
    said = {"bank": BANK, "about": event.case, "cause": "typing_error", **event.facts}
    corrections.ask(conn, county.world, corrections.BY_BANK, said, WHO["maker"])


def _agree(conn: sa.Connection, county: County, event: Desk) -> None:
    case = _case(conn, event.case)
    corrections.accept(conn, county.world, case, str(case.terms["digest"]), WHO["staff"])


def _recovered(conn: sa.Connection, county: County, event: Desk) -> None:
    amount, claim = int(event.facts["amount"]), _case(conn, event.case)
    pursuit = {"method": "lawsuit", "cost": 100, "still_owed": 0}
    claims.recovered(conn, county.world, claim, BANK, amount, WHO["checker"], pursuit)


DEEDS: dict[str, Callable[[sa.Connection, County, Desk], None]] = {
    "agreement.propose": _propose,
    "pool.sign": _sign,
    "match.claim": _match,
    "transfer.ask": _ask_back,
    "pool.decide": _decide,
    "package.draft": _draft,
    "package.send": _send,
    "package.answer": _answer,
    "guarantee.told": _told,
    "claim.notice": _notice,
    "claim.check": _check,
    "claim.accept": _accept,
    "claim.recovered": _recovered,
    "claim.guarantors": _guarantors,
    "claim.end": _end,
    "agreement.offer": _offer,
    "guarantee.meet": _meet,
    "correction.ask": _correct,
    "correction.accept": _agree,
}
"""Name of a deed → how."""
WORDS = {
    "agreement.propose": ("联合社提出补偿金协议", "the federation proposes the pool agreement"),
    "pool.sign": ("签字", "somebody signs"),
    "match.claim": ("联合社申请配套", "the federation claims the match"),
    "transfer.ask": ("联合社申请退回打包资金", "the federation asks a deposit back"),
    "pool.decide": ("决定补偿金划转", "somebody decides on pool money"),
    "package.draft": ("联合社编制担保名单", "the federation drafts the package"),
    "package.send": ("送交银行", "the county sends to the bank"),
    "package.answer": ("银行答复", "the bank answers line"),
    "guarantee.told": ("银行报告", "the bank reports on"),
    "claim.notice": ("银行通知代偿", "the bank claims for"),
    "claim.check": ("联合社核对代偿材料", "the federation checks"),
    "claim.accept": ("委员会同意代偿", "the committee accepts"),
    "claim.recovered": ("银行报告追回", "the bank tells a recovery on"),
    "claim.guarantors": ("银行报告联保人代还", "the bank tells what guarantors paid on"),
    "claim.end": ("了结代偿", "somebody ends the claim"),
    "agreement.offer": ("联合社提出新版本", "the federation offers a new version"),
    "guarantee.meet": ("条件已满足", "the federation tells that a condition is met"),
    "correction.ask": ("银行申请更正", "the bank asks for a correction"),
    "correction.accept": ("联合社同意更正", "the federation agrees to a correction"),
}
"""Name of a deed → how a story tells it, Chinese and English."""
