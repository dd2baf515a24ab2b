"""The act and its movements: entry, event, outbox row, idempotency row and receipt in one.

Written by journal.append, read by everyone. A movement names debit and credit with one
positive amount, so an unbalanced act cannot be written down (design.md 3). Nothing here can
refer to itself, so the collector of cycles need not look at any of it (``gc=False``).
"""

from datetime import date
from typing import Any

import msgspec


class Movement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One debit, one credit, one funding, one amount (fen, above zero)."""

    debit: str
    debit_key: str
    credit: str
    credit_key: str
    funding: str
    amount: int


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a recipe is filled with: named amounts (fen), the keys of its accounts, one funding."""

    amounts: dict[str, int]
    keys: dict[str, str] = {}
    funding: str = "own"


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who decided (natural-person ids) and, apart, the operator signed in, in one role.

    ``role`` is ``name@place`` for people and ``system:place`` for the system.
    """

    role: str
    operator: str
    persons: tuple[str, ...] = ()


class Act(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
    tag="act.v1",
):
    """One act of one book. ``seq`` counts from 1 without gaps; ``state`` is the case's after it.

    ``request`` is the hex digest of what the caller asked: the same id with another request is
    refused, with the same one the stored act is the answer (invariant I7). ``terms`` are the
    changes of the case's terms; folding them in ``step`` order gives the case back (I15).
    """

    book: str
    seq: int
    epoch: int
    id: str
    business_date: date
    value_date: date
    process: str
    version: int
    case: str
    step: int
    act: str
    state: str
    actor: Actor
    request: str
    parties: dict[str, str] = {}
    facts: dict[str, Any] = {}
    terms: dict[str, Any] = {}
    recipe: str = ""
    lines: tuple[Line, ...] = ()
    movements: tuple[Movement, ...] = ()
