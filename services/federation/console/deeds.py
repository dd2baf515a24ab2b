"""What the county does to a case from a page: the pool's (P6), and a loan that is late (P4.5).

One table of deeds, each with the words of its button and the fields of its form; every one is
tried before its button is shown. Called by the pool's pages and by the inbox. Decides nothing:
rules, signatures and limits are perform's.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.money import plain, typed_yuan
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.claims import PAPERS
from kernel.errors import Rejected
from services.federation.cases import (
    agreements,
    claims,
    intercoop,
    own_money,
    packages,
    pool_money,
    service_fees,
)
from services.federation.console import acting, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair
from services.federation.transactions import in_transaction

REASON, YUAN, TEXT, TICK = "reason", "yuan", "text", "tick"
PROCESSES = (
    agreements.PROCESS, pool_money.MATCH, pool_money.TRANSFER, packages.PROCESS, packages.LINE,
    claims.PROCESS,
)  # fmt: skip
ON_ITS_OWN_PAGE = (intercoop.PROCESS, service_fees.PROCESS, own_money.PROCESS)
"""Processes whose cases are worked on where they are read."""
PAPER_NAMES: dict[str, Pair] = {
    "contract": ("借款合同", "Loan contract"),
    "payout": ("放款凭证", "Proof of payout"),
    "dunning": ("催收记录", "Dunning record"),
    "balance": ("本息余额证明", "Balance of principal and interest"),
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a deed's form. ``term`` names the term a sum starts from."""

    name: str
    kind: str
    zh: str
    en: str
    term: str = ""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One act: the words of its button, its fields, and whether it ends or refuses something."""

    process: str
    act: str
    zh: str
    en: str
    fields: tuple[Field, ...] = ()
    ends: bool = False

    @property
    def plain(self) -> bool:
        """Whether nothing has to be said: the inbox may offer it as it is."""
        return not self.fields


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A deed on a page: what it would be refused with now, and the texts its fields start with."""

    deed: Deed
    refusal: Pair | None
    starts: dict[str, str]


_WHY = Field(name="reason", kind=REASON, zh="原因", en="Reason")
_PAPER = Field(name="evidence", kind=REASON, zh="依据(单据)", en="By what paper")
_MINUTES = Field(name="minutes", kind=REASON, zh="记录或理由", en="Minutes or reason")
_REMARK = Field(name="remark", kind=TEXT, zh="意见", en="Remark")
_PRINCIPAL = Field(
    name="principal", kind=YUAN, zh="受理本金(元)", en="Principal accepted (yuan)", term="amount"
)
_TICKS = tuple(
    Field(name=name, kind=TICK, zh=PAPER_NAMES[name][0], en=PAPER_NAMES[name][1]) for name in PAPERS
)
_TABLE = (
    Deed(process="agreement", act="sign", zh="按以上条款签署协议", en="Sign the agreement"),
    Deed(process="agreement", act="amend", zh="签署新版本", en="Sign the new version"),
    Deed(process="agreement", act="resume", zh="同意恢复放款", en="Agree to resume"),
    Deed(process="agreement", act="decline", zh="不同意协议", en="Decline", fields=(_WHY,),
         ends=True),
    Deed(process="agreement", act="suspend", zh="暂停新增担保", en="Suspend", fields=(_WHY,),
         ends=True),
    Deed(process="agreement", act="end", zh="终止协议", en="End the agreement", fields=(_WHY,),
         ends=True),
    Deed(process="match", act="approve", zh="同意拨付配套", en="Approve the match"),
    Deed(process="match", act="refuse", zh="不同意拨付", en="Refuse the match", fields=(_WHY,),
         ends=True),
    Deed(process="transfer", act="sign", zh="同意释放", en="Agree to the release"),
    Deed(process="transfer", act="drop", zh="不同意释放", en="Drop the release", fields=(_WHY,),
         ends=True),
    Deed(process="transfer", act="cancel", zh="撤销缴存", en="Cancel the stake", fields=(_WHY,),
         ends=True),
    Deed(process="package", act="sign", zh="批准担保文件", en="Approve the package"),
    Deed(process="package", act="decline", zh="不同意", en="Decline", fields=(_WHY,), ends=True),
    Deed(process="package", act="withdraw", zh="撤回担保文件", en="Withdraw the package",
         fields=(_WHY,), ends=True),
    Deed(process="guarantee", act="meet", zh="条件已满足,请银行再答", en="Condition met"),
    Deed(process="guarantee", act="release", zh="释放本笔额度", en="Release this line",
         fields=(_WHY,), ends=True),
    Deed(process="claim", act="check", zh="登记核查结果", en="Record the check",
         fields=(*_TICKS, _REMARK)),
    Deed(process="claim", act="accept", zh="受理代偿", en="Accept the claim",
         fields=(_PRINCIPAL, _REMARK)),
    Deed(process="claim", act="reject", zh="不予代偿", en="Reject the claim", fields=(_MINUTES,),
         ends=True),
    Deed(process="claim", act="write_off", zh="核销", en="Write off", fields=(_MINUTES,),
         ends=True),
    Deed(process="intercoop", act="suspend", zh="中止(不得再借)", en="Suspend the borrower",
         fields=(_WHY,), ends=True),
    Deed(process="intercoop", act="resume", zh="恢复", en="Resume"),
    Deed(process="intercoop", act="waive", zh="同意免除以上欠款", en="Sign the waiver"),
    Deed(process="intercoop", act="write_off", zh="同意核销(仍要追还)",
         en="Sign the write-off (it is still owed)"),
    Deed(process="service_fee", act="waive", zh="免收这笔服务费", en="Let this fee go",
         fields=(_WHY,), ends=True),
    Deed(process="own_money", act="is_fund", zh="记作县级专项(311)", en="It is county fund (311)",
         fields=(_PAPER,)),
    Deed(process="own_money", act="is_income", zh="记作其他收入(502)",
         en="It is other income (502)", fields=(_PAPER,)),
)  # fmt: skip
DEEDS = {(one.process, one.act): one for one in _TABLE}


def page_of(case: Case) -> str:
    """Where a case is worked on."""
    if case.process in ON_ITS_OWN_PAGE:
        return f"{AT}/cases/K/{case.id}"
    if case.process in (agreements.PROCESS, packages.PROCESS, claims.PROCESS):
        return f"{AT}/pool/{case.process}s/{case.id}"
    if case.process == packages.LINE:
        return f"{AT}/pool/packages/{case.terms['package']}"
    return f"{AT}/pool/agreements/{case.terms['agreement']}"


def do(visitor: Visitor, name: str, act: str, terms: str, given: Mapping[str, str]) -> Case:
    """Do it, under exactly the terms shown. Raises Rejected, NotFoundException."""
    return in_transaction(
        visitor.desk.engine,
        lambda conn: do_on(conn, visitor=visitor, name=name, act=act, terms=terms, given=given),
    )


def do_on(
    conn: sa.Connection, *, visitor: Visitor, name: str, act: str, terms: str,
    given: Mapping[str, str],
) -> Case:  # fmt: skip
    """``do`` in a transaction of the caller, who may only be trying."""
    case = acting.seen_case(conn, visitor, "", name)
    deed = DEEDS.get((case.process, act))
    if deed is None:
        raise Rejected(RejectionCode.UNKNOWN_ACT, process=case.process, act=act)
    if terms != acting.terms_digest(case):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    said = _said(deed, given)
    doing: dict[str, Callable[..., Case]] = {
        agreements.PROCESS: _agreement, pool_money.MATCH: _money, pool_money.TRANSFER: _money,
        packages.PROCESS: _package, packages.LINE: _line, claims.PROCESS: _claim,
        intercoop.PROCESS: _late, service_fees.PROCESS: _fee, own_money.PROCESS: _own,
    }  # fmt: skip
    return doing[case.process](conn, visitor, case, act, said)


def offered(conn: sa.Connection, visitor: Visitor, case: Case, names: Names) -> list[Offered]:
    """What this visitor may do with a case now, each tried with what its form starts with."""
    found = []
    for deed in _TABLE:
        if deed.process != case.process or not acting.may(conn, visitor, case, deed.act):
            continue
        if deed.act == "amend" and not case.terms.get("offer"):
            continue
        starts = {
            one.name: _yuan(case.terms.get(one.term)) for one in deed.fields if one.kind == YUAN
        }
        found.append(
            Offered(deed=deed, refusal=tried(visitor, case, deed, starts, names), starts=starts)
        )
    return found


def tried(
    visitor: Visitor, case: Case, deed: Deed, starts: Mapping[str, str], names: Names
) -> Pair | None:
    """What a deed would be refused with now; a form that starts empty is tried with a trifle."""
    trifles = {REASON: "—", YUAN: "0.01", TEXT: "", TICK: ""}
    given = {one.name: starts.get(one.name) or trifles[one.kind] for one in deed.fields}
    doing = partial(
        do_on, visitor=visitor, name=case.id, act=deed.act, terms=acting.terms_digest(case),
        given=given,
    )  # fmt: skip
    refusal = acting.trial(visitor, doing)
    return words.refusal(refusal.as_struct(), names) if refusal else None


def _said(deed: Deed, given: Mapping[str, str]) -> dict[str, Any]:
    """A deed's fields as values. Raises FACTS_INVALID naming every wrong one."""
    said: dict[str, Any] = {}
    wrong: list[Pair] = []
    for field in deed.fields:
        text = given.get(field.name, "").strip()
        if field.kind == TICK:
            said[field.name] = text == "yes"
        elif field.kind == YUAN:
            try:
                said[field.name] = typed_yuan(text)
            except ValueError:
                how = ("须为元,写成 1234.56", "yuan, written as 1234.56")
                wrong.append((f"{field.zh}: {how[0]}", f"{field.en}: {how[1]}"))
        elif field.kind == REASON and not text:
            wrong.append((f"{field.zh}: 不能为空", f"{field.en}: must not be empty"))
        else:
            said[field.name] = text
    if wrong:
        raise Rejected(RejectionCode.FACTS_INVALID, where="", problem=words.both(wrong))
    return said


def _agreement(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    if act == "suspend":
        return agreements.stop(conn, world, case, said["reason"], actor=actor).case
    if act == "end":
        return agreements.end(conn, world, case, actor, said["reason"]).case
    if act == "decline":
        return agreements.decline(conn, world, case, actor, said["reason"]).case
    terms = acting.terms_digest(case)
    act_id = f"{case.id}/{act}/{case.step + 1}/{actor.operator}"
    return agreements.sign(conn, world, case, actor, terms=terms, act_id=act_id).case


def _money(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    return pool_money.decide(conn, world, case, act, actor, said.get("reason", "")).case


def _package(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    if act != "sign":
        return packages.drop(conn, world, case, act, actor, said["reason"]).case
    act_id = f"{case.id}/sign/{actor.operator}"
    terms = str(case.terms["digest"])
    return packages.sign(conn, world, case, actor, terms=terms, act_id=act_id).case


def _line(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    return packages.line_act(conn, world, case, act, actor, said).case


def _claim(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    if act == "check":
        papers = {name: bool(said[name]) for name in PAPERS}
        return claims.check(conn, world, case, papers, actor, said["remark"]).case
    if act == "accept":
        return claims.accept(conn, world, case, said["principal"], actor, said["remark"]).case
    return claims.decide(conn, world, case, act, actor, said).case


def _late(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]
) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    if act in intercoop.GIVEN_UP:
        terms = acting.terms_digest(case)
        return intercoop.give_up(conn, world, case, act, actor, terms=terms).case
    return intercoop.suspend(conn, world, case, act, actor, said.get("reason", "")).case


def _fee(conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]) -> Case:
    world, actor = visitor.desk.county.world, acting.actor_for(conn, visitor, case, act)
    return service_fees.waive(conn, world, case.id, actor, said["reason"]).case


def _own(conn: sa.Connection, visitor: Visitor, case: Case, act: str, said: dict[str, Any]) -> Case:
    county, actor = visitor.desk.county, acting.actor_for(conn, visitor, case, act)
    return own_money.name(conn, county, case.id, act, actor, said["evidence"]).case


def _yuan(fen: Any) -> str:
    return plain(int(fen)) if fen is not None else ""
