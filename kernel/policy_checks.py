"""Values that must agree with each other and with this release, checked over the whole policy.

Called by policy_merge after every place has had its say. Each check names the keys it reads, so
that the problem is laid to the place that set one of them.
"""

from collections.abc import Iterator, Mapping, Sequence

from contracts.money import PPM
from kernel.classing import coverage_fault
from kernel.policy_kinds import Value

Contradiction = tuple[tuple[str, ...], str, str]
"""The keys that disagree, and why, in Chinese and English."""

_NOT_OVER = (
    ("loan.term_default", "loan.term_max"),
    ("loan.term_max", "loan.long_cycle_max"),
    ("guarantee.leaders_min", "guarantee.leaders_max"),
    ("guarantee.led_min", "guarantee.led_max"),
)
_WHOLE = ("surplus.div_parts", "rating.weights")
_NOT_PLAYED = {
    ("account.mode", "cash"): "bank_only",
    ("coa.presentation", "non_profit"): "cooperative",
}
"""Values the documents know and this release does not act on, and what it does instead. A county
that set one would be told nothing and get the other."""
_PACKAGE = "pkg.items"
_PARTS = (
    "guarantee_letter", "cooperative_certificate", "county_match_receipt", "borrower_list",
    "applications_and_guarantees", "notice_proof", "pool_headroom", "recovery_statistics",
    "contact_and_signatures", "manifest",
)  # fmt: skip
"""What a guarantee package is made of (P6.4). The bank's verifier proves each part against the
others, without us: a set that lacks one, or tells one twice, is none it would take."""


def contradictions(values: Mapping[str, Value]) -> Iterator[Contradiction]:
    """Every pair or table of values that cannot stand together."""
    for (key, value), instead in _NOT_PLAYED.items():
        if values[key] == value:
            yield (
                (key,),
                f"本版本尚不办理 {value},请用 {instead}",
                f"{value} is not played by this release; use {instead}",
            )
    yield from _whole_package(values[_PACKAGE])
    for low, high in _NOT_OVER:
        if values[low] > values[high]:
            yield (low, high), f"{low} 不得大于 {high}", f"{low} may not be above {high}"
    for key in _WHOLE:
        if sum(values[key].values()) != PPM:
            yield (key,), "各项之和须为 100%", "the parts must add up to 100 %"
    if not values["escalation.offices"]:
        yield ("escalation.offices",), "至少列一个", "name at least one office"
    cuts = values["rating.cuts"]
    if not cuts["A"] > cuts["B"] > cuts["C"]:
        yield ("rating.cuts",), "分数线须 A > B > C", "the cuts must fall from A to C"
    if fault := coverage_fault(values["provision.days"]):
        yield ("provision.days",), *fault
    else:
        yield from _provision_rises(values)
    known = values["purpose.list"]
    if stray := [name for name in values["fee.by_purpose"] if name not in known]:
        names = "、".join(stray)
        yield (
            ("fee.by_purpose", "purpose.list"),
            f"用途 {names} 不在目录 purpose.list 内",
            f"purpose {', '.join(stray)} is not in purpose.list",
        )


def _whole_package(items: Sequence[str]) -> Iterator[Contradiction]:
    """Fewer parts are refused, and not left in silently: the set is proven as a whole."""
    missing = [name for name in _PARTS if name not in items]
    if missing or len(items) != len(_PARTS):
        names = ", ".join(missing or [name for name in _PARTS if items.count(name) > 1])
        yield (
            (_PACKAGE,),
            f"本版本的担保文件是一整套,各部分互相印证,须逐项列一次:{names}",
            (
                "a package of fewer parts is not played by this release: the verifier proves "
                f"each part by the others; list each once: {names}"
            ),
        )


def _provision_rises(values: Mapping[str, Value]) -> Iterator[Contradiction]:
    days, rates = values["provision.days"], values["provision.rates"]
    by_age = [rates[name] for name in sorted(days, key=lambda name: days[name][0])]
    if by_age != sorted(by_age):
        keys = ("provision.rates", "provision.days")
        yield keys, "分类越差,比例不得越低", "a worse class may not have a lower rate"
