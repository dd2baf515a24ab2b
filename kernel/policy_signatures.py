"""Roles and signature sets as policy data: who must sign what, above which amount.

Parses the bytes of ``policies/roles.toml`` and ``policies/signatures.toml`` and proves them.
Called by policy, which resolves a set for one case; kernel.signatures counts the hands.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from kernel.errors import InvariantViolation, ensure
from kernel.policy_kinds import Misread, read
from kernel.policy_schema import Schema, check_allowed

POWERS = ("approve", "pay", "use", "supervise")
NO_POWER = "none"
PLACES = ("node", "federation", "bank")
MAJORITY, ALL = "majority", "all"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """One role. ``power`` is one of the four, or empty; ``posts`` are those that give the role.

    ``posts`` is empty where the case itself knows who holds it: member, guarantor, meeting.
    """

    name: str
    place: str
    power: str
    posts: tuple[str, ...]
    source: str
    zh: str
    en: str


Roles = Mapping[str, Role]


class SetStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind of signer; ``power`` is filled from the role.

    ``when`` names the values of parameters under which the step is asked; empty: always.
    ``federation_is`` is the side of the case at which the federation itself must stand for it.
    """

    role: str
    quorum: str | int
    power: str = ""
    when: dict[str, Any] = {}
    federation_is: str = ""


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps for amounts above the parameter ``above`` (empty: any amount)."""

    steps: tuple[SetStep, ...]
    above: str = ""


class SignatureSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All variants of one set, the plain one first. ``apart``: nobody signs two steps."""

    name: str
    source: str
    variants: tuple[Variant, ...]
    apart: bool = False


def load_roles(body: bytes) -> dict[str, Role]:
    """Read ``roles.toml``. A wrong row is a bug of the release: InvariantViolation."""
    roles = {}
    for name, (power, posts, source, zh, en) in tomllib.loads(body.decode()).items():
        place = name.partition("@")[2]
        ensure(place in PLACES, "role_place_is_known", role=name)
        ensure(power in (*POWERS, NO_POWER), "role_power_is_known", role=name, power=power)
        roles[name] = Role(
            name=name,
            place=place,
            power="" if power == NO_POWER else power,
            posts=tuple(posts),
            source=source,
            zh=zh,
            en=en,
        )
    return roles


def load_sets(
    body: bytes, profile_sets: Mapping[str, Any], roles: Roles, schema: Schema
) -> dict[str, SignatureSet]:
    """Read ``signatures.toml`` and a profile's replacements, and prove both.

    Every role, parameter and value named exists; the first variant has no amount, every later
    one has; no step carries a power its role has not. Raises InvariantViolation.
    """
    raw = {**tomllib.loads(body.decode()), **profile_sets}
    sets = {}
    for name, table in raw.items():
        ensure("source" in table, "signature_set_names_its_source", set=name)
        loaded = msgspec.convert({"name": name, **table}, SignatureSet)
        ensure(bool(loaded.variants), "signature_set_has_a_variant", set=name)
        variants = tuple(
            _variant(name, variant, number, roles, schema)
            for number, variant in enumerate(loaded.variants)
        )
        sets[name] = msgspec.structs.replace(loaded, variants=variants)
    return sets


def role_of(role: str, roles: Roles) -> Role | None:
    """The role a step names: ``council@lender`` is council at the party ``lender``'s node."""
    name = role.partition("@")[0]
    return roles.get(role) or roles.get(f"{name}@node")


def _variant(name: str, variant: Variant, number: int, roles: Roles, schema: Schema) -> Variant:
    ensure(bool(variant.above) == (number > 0), "first_variant_alone_has_no_amount", set=name)
    if variant.above:
        spec = schema.get(variant.above)
        known = spec is not None and spec.kind == "fen"
        ensure(known, "variant_amount_is_a_parameter", set=name, above=variant.above)
    ensure(bool(variant.steps), "variant_has_steps", set=name)
    named = [step.role for step in variant.steps]
    ensure(len(named) == len(dict.fromkeys(named)), "role_stands_in_one_step", set=name)
    steps = tuple(_step(name, step, roles, schema) for step in variant.steps)
    return msgspec.structs.replace(variant, steps=steps)


def _step(name: str, step: SetStep, roles: Roles, schema: Schema) -> SetStep:
    role = role_of(step.role, roles)
    ensure(role is not None, "step_role_is_known", set=name, role=step.role)
    quorum = step.quorum
    counts = quorum in (MAJORITY, ALL) if isinstance(quorum, str) else quorum > 0
    ensure(counts, "step_quorum_counts", set=name, role=step.role, quorum=quorum)
    own = role.power if role else ""
    ensure(step.power in ("", own), "step_power_is_its_roles", set=name, role=step.role)
    for key, value in step.when.items():
        _prove_condition(name, key, value, schema)
    return msgspec.structs.replace(step, power=own)


def _prove_condition(name: str, key: str, value: object, schema: Schema) -> None:
    spec = schema.get(key)
    ensure(spec is not None, "step_condition_is_a_parameter", set=name, key=key)
    if spec is None:
        return
    ensure(spec.kind in ("flag", "choice"), "step_condition_is_a_switch", set=name, key=key)
    try:
        check_allowed(spec.allowed, read(spec.kind, value))
    except Misread as wrong:
        raise InvariantViolation(
            "step_condition_is_possible", set=name, key=key, why=wrong.en
        ) from wrong
