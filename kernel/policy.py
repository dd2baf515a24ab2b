"""The policy in force for one cooperative: defaults, its profile, its county, its village.

Parses bytes handed in (journal.data reads the files). Rules, processes, pages and reports ask it;
it decides nothing itself. County sets, village may only tighten (domain.md 1.13). A policy has a
start date and travels as ``as_json`` in the facts of the act that puts it in force; a loan keeps
the values of its approval day.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from contracts import codec
from contracts.ids import FEDERATION_BOOK
from kernel.errors import ensure
from kernel.policy_kinds import OPTIONAL, Span, Value, canonical
from kernel.policy_merge import PolicyProblem, PolicyRefused, Setting, merge, profile_parts
from kernel.policy_schema import load as load_schema
from kernel.policy_signatures import Role, SignatureSet, Variant, load_roles, load_sets
from kernel.signatures import Step

__all__ = [
    "Policy",
    "PolicyProblem",
    "PolicyRefused",
    "Role",
    "SignatureSet",
    "Sources",
    "Step",
    "from_json",
    "in_force",
    "load_roles",
    "parse",
]

RATES = ("percent", "permille", "factor")
TABLES = ("percents", "permilles", "counts")


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes a policy is made of. An empty ``profile`` means the defaults alone."""

    default: bytes
    roles: bytes
    signatures: bytes
    profile: bytes = b""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Every parameter with its value and source, and every signature set.

    An accessor asked for a key that does not exist, is of another kind or was not entered is a
    bug of the caller: InvariantViolation. Ask ``has`` first where a value may be missing.
    """

    profile: str
    starts: date
    settings: dict[str, Setting]
    sets: dict[str, SignatureSet]

    def get(self, key: str) -> Value:
        """The canonical value of any kind; None where nothing was entered."""
        return self._setting(key).value

    def has(self, key: str) -> bool:
        """Whether a value that may be missing was entered."""
        return self._setting(key).value is not None

    def kind(self, key: str) -> str:
        """The kind of a parameter, as in default.toml."""
        return self._setting(key).kind

    def source(self, key: str) -> str:
        """Document and section, or who set it: ``county: …``, ``village: …``."""
        return self._setting(key).source

    def fen(self, key: str) -> int:
        """An amount in fen."""
        return int(self._typed(key, "fen"))

    def ppm(self, key: str) -> int:
        """A rate in ppm: 7.0 ‰ = 7,000; 30 % = 300,000; 1.0 times = 1,000,000."""
        return int(self._typed(key, *RATES))

    def days(self, key: str) -> int:
        """Days; calendar or business days by ``kind``."""
        return int(self._typed(key, "days", "business_days"))

    def months(self, key: str) -> int:
        """Whole months."""
        return int(self._typed(key, "months"))

    def count(self, key: str) -> int:
        """A bare number."""
        return int(self._typed(key, "count"))

    def flag(self, key: str) -> bool:
        """A switch."""
        return bool(self._typed(key, "flag"))

    def text(self, key: str) -> str:
        """A word or choice; ``MM-DD`` for a day of the year."""
        return str(self._typed(key, "text", "choice", "month_day"))

    def day(self, key: str) -> date:
        """A date."""
        return date.fromisoformat(self._typed(key, "date"))

    def numbers(self, key: str) -> tuple[int, ...]:
        """A rising list: days, or factors in ppm."""
        return tuple(self._typed(key, "day_list", "factors"))

    def table(self, key: str) -> dict[str, int]:
        """Name → number: rates in ppm, counts as they are."""
        return dict(self._typed(key, *TABLES))

    def words(self, key: str) -> dict[str, str]:
        """Name → word."""
        return dict(self._typed(key, "words"))

    def ranges(self, key: str) -> dict[str, Span]:
        """Name → first and last day, both included; last None: without end."""
        return dict(self._typed(key, "day_ranges"))

    def list(self, key: str) -> tuple[str, ...]:
        """A list of words, in order."""
        return tuple(self._typed(key, "list"))

    def steps(self, name: str, terms: Mapping[str, Any]) -> tuple[Step, ...]:
        """Who must sign set ``name`` for a case with these terms (``amount`` in fen, if any).

        Where the federation itself stands at a side (``lender`` in the terms is F), no council of
        that side is asked: its offices sign in steps of their own.
        """
        variant = self._variant(name, int(terms.get("amount", 0)))
        return tuple(
            Step(role=step.role, quorum=step.quorum, power=step.power)
            for step in variant.steps
            if all(self.get(key) == value for key, value in step.when.items())
            and terms.get(step.role.partition("@")[2]) != FEDERATION_BOOK
            and (not step.federation_is or terms.get(step.federation_is) == FEDERATION_BOOK)
        )

    def signature_set(self, name: str) -> SignatureSet:
        """A signature set with all its variants."""
        ensure(name in self.sets, "signature_set_is_known", set=name)
        return self.sets[name]

    def digest(self) -> str:
        """Hex digest of everything this policy says; equal policies have equal digests."""
        return codec.digest("policy.v1", codec.encode(self.as_json())).hex()

    def as_json(self) -> dict[str, Any]:
        """The whole policy as plain JSON values, to travel inside an act's facts."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        return body

    def _variant(self, name: str, amount: int) -> Variant:
        plain, *above = self.signature_set(name).variants
        found = [variant for variant in above if amount > self.fen(variant.above)]
        return found[-1] if found else plain

    def _setting(self, key: str) -> Setting:
        ensure(key in self.settings, "policy_key_is_known", key=key)
        return self.settings[key]

    def _typed(self, key: str, *kinds: str) -> Value:
        setting = self._setting(key)
        kind = setting.kind.removesuffix(OPTIONAL)
        ensure(kind in kinds, "policy_key_is_of_this_kind", key=key, kind=setting.kind)
        ensure(setting.value is not None, "policy_value_was_entered", key=key)
        return setting.value


def parse(
    sources: Sources,
    county: Mapping[str, object] | None = None,
    village: Mapping[str, object] | None = None,
    *,
    starts: date = date.min,
) -> Policy:
    """Merge defaults, profile, county and village into one policy in force from ``starts``.

    Overrides may be flat (``{"loan.cap": "30000"}``) or nested as TOML reads them. Raises
    PolicyRefused with every problem at once, in Chinese and English: unknown keys, wrong kinds,
    values out of range or against the profile's document, a village that loosens its county's
    rule, values that contradict each other.
    """
    schema = load_schema(sources.default)
    name, profile, sets = profile_parts(sources.profile)
    settings, problems = merge(schema, profile, county or {}, village or {})
    if problems:
        raise PolicyRefused(problems)
    roles = load_roles(sources.roles)
    return Policy(
        profile=name,
        starts=starts,
        settings=settings,
        sets=load_sets(sources.signatures, sets, roles, schema),
    )


def from_json(body: Mapping[str, Any]) -> Policy:
    """The policy ``as_json`` gave. Raises msgspec.ValidationError for anything else."""
    policy = msgspec.convert(body, Policy)
    settings = {
        key: msgspec.structs.replace(setting, value=canonical(setting.kind, setting.value))
        for key, setting in policy.settings.items()
    }
    return msgspec.structs.replace(policy, settings=settings)


def in_force(versions: Sequence[Policy], on: date) -> Policy:
    """The version in force on a day: the latest that has started. Versions start on distinct days.

    Raises InvariantViolation when none has started.
    """
    started = [policy for policy in versions if policy.starts <= on]
    ensure(bool(started), "a_policy_is_in_force", on=on)
    return max(started, key=lambda policy: policy.starts)
