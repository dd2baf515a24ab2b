"""Reading an act's facts as its typed struct: every wrong field at once, by name.

Called by rules. Pure. What an act may say is declared in contracts.facts.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from contracts.facts import Facts
from contracts.rejections import RejectionCode
from kernel.errors import Rejected

_F = TypeVar("_F", bound=Facts)


def read(facts: Mapping[str, Any], kind: type[_F]) -> _F:
    """The facts as ``kind``; raises Rejected FACTS_INVALID naming every field that is wrong."""
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    wrong = {name: "unknown" for name in facts if name not in known}
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name not in facts:
            if field.required:
                wrong[name] = "missing"
            continue
        try:
            values[field.name] = msgspec.convert(facts[name], field.type)
        except msgspec.ValidationError as error:
            wrong[name] = str(error)
    if wrong:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where=", ".join(sorted(wrong)),
            problem="; ".join(f"{name}: {wrong[name]}" for name in sorted(wrong)),
        )
    return kind(**values)


def positive(facts: Mapping[str, Any]) -> int:
    """The positive ``amount`` in fen among facts another book wrote; raises AMOUNT_NOT_POSITIVE."""
    amount = facts.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    return amount


def invalid(where: str, problem: str) -> Rejected:
    """FACTS_INVALID for one fact."""
    return Rejected(RejectionCode.FACTS_INVALID, where=where, problem=problem)
