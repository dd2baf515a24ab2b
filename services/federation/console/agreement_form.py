"""The form of a pool agreement and of its new version: every covenant, every fault at once (P6.1).

Called by the agreement pages. Texts become covenants here; whether they may be is asked of the
rule itself (kernel.rules_pool.faults). Defaults are the county's policy, with their source.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.facts.pool import Covenants, Propose
from contracts.money import PPM
from contracts.rejections import RejectionCode
from journal import store
from journal.heads import Head
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.policy import Policy
from kernel.policy_kinds import Misread, display, read
from kernel.rules import Asked
from kernel.rules_pool import faults
from services.federation.cases import agreements
from services.federation.console import words
from services.federation.console.desk import Visitor
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair

TIMES, CHOICE, LIST, FLAG = "times", "choice", "list", "flag"
_DIGITS = 6


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One covenant of the form. ``policy`` is the parameter its default and source come from."""

    name: str
    kind: str
    zh: str
    en: str
    policy: str
    choices: tuple[tuple[str, str, str], ...] = ()


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A covenant on the page: its text, where the default comes from, what is wrong with it."""

    about: Input
    text: str
    default: Pair
    source: str
    wrong: Pair | None = None


_ORDER = (
    ("after_stake", "缴存先赔,配套后赔", "stake first, then match"),
    ("pro_rata", "按比例同赔", "pro rata"),
)
_BASE = (("stake", "缴存", "stake"), ("stake_and_match", "缴存加配套", "stake and match"))
_LAYERS = (
    ("guarantors", "联保人", "guarantors"), ("own_deposit", "违约人打包资金", "own deposit"),
    ("stake", "缴存", "stake"), ("match", "配套", "match"),
    ("bundle_deposits", "其他成员打包", "others' deposits"),
)  # fmt: skip
_YES = (("yes", "是", "yes"), ("no", "否", "no"))
INPUTS = (
    Input(name="leverage", kind=TIMES, zh="授信倍数(5—10)", en="Leverage (5 to 10)",
          policy="pool.leverage"),
    Input(name="base", kind=CHOICE, zh="授信基数", en="Base of the line",
          policy="pool.leverage_base", choices=_BASE),
    Input(name="match_ppm", kind="percent", zh="县级配套(占缴存 %)", en="County match, % of stake",
          policy="pool.match_pct"),
    Input(name="bank_part_ppm", kind="percent", zh="银行分担(%)", en="Borne by the bank, %",
          policy="claim.bank_part"),
    Input(name="wait_days", kind="days", zh="代偿等待期(天)", en="Days overdue before a claim",
          policy="claim.wait_days"),
    Input(name="check_days", kind="days", zh="审核期限(工作日)", en="Business days to check",
          policy="claim.check_days"),
    Input(name="pay_days", kind="days", zh="支付期限(工作日)", en="Business days to pay",
          policy="claim.pay_days"),
    Input(name="layers", kind=LIST, zh="代偿顺序", en="Order of the layers", policy="claim.order",
          choices=_LAYERS),
    Input(name="match_order", kind=CHOICE, zh="配套与缴存的先后", en="Match and stake",
          policy="claim.match_order", choices=_ORDER),
    Input(name="mutual", kind=FLAG, zh="成员打包互担", en="Pooled deposits answer for each other",
          policy="pool.v1_mutual", choices=_YES),
    Input(name="stop_ppm", kind="percent", zh="代偿率停办线(%)", en="Claim rate that stops it, %",
          policy="claim.stop_rate"),
    Input(name="loan_cap", kind="fen", zh="单户担保上限(元)", en="Cap per borrower, yuan",
          policy="pool.loan_cap"),
    Input(name="term_max", kind="months", zh="最长期限(月)", en="Longest term, months",
          policy="pool.term_max"),
    Input(name="grades", kind=LIST, zh="可办评级", en="Eligible grades", policy="pool.v2_grades"),
)  # fmt: skip
_WHERE = {
    RejectionCode.LEVERAGE_OUT_OF_RANGE: "leverage",
    RejectionCode.MATCH_OUT_OF_RANGE: "match_ppm",
    RejectionCode.OVER_GUARANTEE_CAP: "loan_cap",
    RejectionCode.TERM_TOO_LONG: "term_max",
}
"""The field a rule's refusal belongs to; a refusal of the whole stands above the form."""


def shown(
    policy: Policy, asked: Mapping[str, str], current: Mapping[str, Any], language: str
) -> list[Shown]:
    """Every covenant: what was typed, else what stands in the agreement, else the policy's."""
    place = words.LANGUAGES.index(language)
    found = []
    for one in INPUTS:
        held = current.get(one.name, _default(one, policy))
        text = asked.get(one.name, _typed(one, held, place)).strip()
        wrong: Pair | None = None
        try:
            value(one, text)
        except Misread as error:
            wrong = (error.zh, error.en)
        source = policy.source(one.policy)
        default = told(one, held)
        found.append(Shown(about=one, text=text, default=default, source=source, wrong=wrong))
    return found


def covenants(found: Sequence[Shown]) -> dict[str, Any]:
    """The covenants of a form without misread fields, as facts."""
    return {one.about.name: value(one.about, one.text) for one in found}


def judged(
    conn: sa.Connection, visitor: Visitor, case: Case, said: Mapping[str, Any], head: Head
) -> list[Rejected]:
    """Every limit a proposal breaks, by the rule that will decide; most basic first."""
    world = visitor.desk.county.world
    asked = Asked(
        case=case, act="propose", facts=dict(said), policy=world.policy(conn, case.parties["coop"]),
        calendar=world.calendar, today=head.today, value_date=head.today, balance={}, rows={},
        lookup=store.DatabaseLookup(conn, store.COUNTY_SCOPE),
    )  # fmt: skip
    return list(faults(asked, msgspec.convert(said, Propose)))


def placed(
    found: Sequence[Shown], refused: Sequence[Rejected], names: Names
) -> tuple[list[Shown], list[Pair]]:
    """Refusals beside the fields they belong to, and those that belong to none."""
    by_field: dict[str, Pair] = {}
    others: list[Pair] = []
    for one in refused:
        told = words.refusal(one.as_struct(), names)
        fields = [_WHERE[one.code]] if one.code in _WHERE else []
        if one.code is RejectionCode.FACTS_INVALID:
            fields = [name for name in str(one.facts["where"]).split(", ") if _is_input(name)]
        for name in fields:
            by_field.setdefault(name, told)
        if not fields:
            others.append(told)
    return (
        [msgspec.structs.replace(one, wrong=one.wrong or by_field.get(one.about.name))
         for one in found],
        others,
    )  # fmt: skip


def changes(case: Case, said: Mapping[str, Any]) -> list[tuple[Input, Pair, Pair]]:
    """What a new version changes: the covenant, how it reads now and how it would."""
    return [
        (one, told(one, case.terms[one.name]), told(one, said[one.name]))
        for one in INPUTS
        if _plain(case.terms[one.name]) != _plain(said[one.name])
    ]


def told(one: Input, held: Any) -> Pair:
    """A covenant as people read it, in both languages."""
    sign = {TIMES: " ×", "percent": "%"}.get(one.kind, "")
    zh, en = (_named(one, held, place) for place in range(len(words.LANGUAGES)))
    return (f"{zh}{sign}", f"{en}{sign}")


def blank(cooperative: str, name: str) -> Case:
    """The case a proposal would open."""
    return Case(
        id=name, process=agreements.PROCESS, version=1, home="county",
        parties=agreements.parties(cooperative),
    )  # fmt: skip


def value(one: Input, text: str) -> Any:
    """A text as its covenant: hundredths, ppm, fen, days, a word or several. Raises Misread."""
    if one.kind == TIMES:
        exact = int(read("factor", text))
        if exact % (PPM // pool.HUNDREDTHS):
            raise Misread("最多两位小数", "at most two decimals")
        return exact * pool.HUNDREDTHS // PPM
    if one.kind in (CHOICE, FLAG):
        if text not in [choice[0] for choice in one.choices]:
            raise Misread("请从列表中选择", "choose one of the list")
        return text == "yes" if one.kind == FLAG else text
    if one.kind == LIST:
        parts = [part.strip() for part in text.replace(",", ",").replace("、", ",").split(",")]
        names = {called: name for name, *both in one.choices for called in both}
        return [names.get(part, part) for part in parts if part]
    if one.kind in ("days", "months"):
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise Misread("须为非负整数", "a whole number, not negative")
        return int(text)
    return read(one.kind, text.replace(",", ""))


def _default(one: Input, policy: Policy) -> Any:
    held = policy.get(one.policy)
    return held * pool.HUNDREDTHS if one.kind == TIMES else held


def _typed(one: Input, held: Any, place: int) -> str:
    """A covenant as it is typed into its field: a choice by its name, a list by its words."""
    return _named(one, held, place) if one.kind == LIST else _text(one, held)


def _named(one: Input, held: Any, place: int) -> str:
    """A covenant with every name in it said in one language."""
    names = {name: (zh, en)[place] for name, zh, en in one.choices}
    if one.kind == LIST:
        return (("、", ", ")[place] if one.choices else ", ").join(
            names.get(part, part) for part in held
        )
    text = _text(one, held)
    return names.get(text, text)


def _text(one: Input, held: Any) -> str:
    if one.kind == TIMES:
        whole, rest = divmod(int(held), pool.HUNDREDTHS)
        return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)
    if one.kind == FLAG:
        return "yes" if held else "no"
    if one.kind in (CHOICE, "days", "months"):
        return str(held)
    return display(one.kind, held).strip("%").replace(",", "")


def _plain(held: Any) -> Any:
    return list(held) if isinstance(held, list | tuple) else held


def _is_input(name: str) -> bool:
    return name in Covenants.__struct_fields__
