"""Reads the data files that ship inside the kernel package, which itself opens none.

Called by the registry, by node and county at start, by commands and by tests. Decides nothing:
the bytes go to the parsers of the kernel.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from kernel import (
    rules_application,
    rules_claim,
    rules_claim_recovery,
    rules_close,
    rules_collection,
    rules_correction,
    rules_custody,
    rules_escalation,
    rules_federation,
    rules_funding,
    rules_groups,
    rules_guarantee,
    rules_insurance,
    rules_intercoop,
    rules_intercoop_loss,
    rules_loans,
    rules_members,
    rules_opening,
    rules_package,
    rules_pool,
    rules_pool_money,
    rules_release,
    rules_repayment,
    rules_suspense,
)
from kernel.errors import ensure
from kernel.policy import Policy, Role, Sources, load_roles, parse
from kernel.rules import RULES

PROFILES = ("WENXIAN", "NINGXIA", "LANZHOU", "CHONGQING", "LINYI")
"""The built-in profiles, one document each (domain.md 1.13)."""
DEFAULT = "DEFAULT"
"""Name of the policy without a profile: every default as it stands."""


@cache
def kernel_file(name: str) -> bytes:
    """Bytes of a data file of the kernel, by its path inside the package (``chart.toml``)."""
    return files("kernel").joinpath(name).read_bytes()


def load_rules() -> int:
    """Make sure that every module of rules has registered its rules; how many rules there are."""
    modules = (
        rules_application,
        rules_claim,
        rules_claim_recovery,
        rules_close,
        rules_collection,
        rules_correction,
        rules_custody,
        rules_escalation,
        rules_federation,
        rules_funding,
        rules_groups,
        rules_guarantee,
        rules_insurance,
        rules_intercoop,
        rules_intercoop_loss,
        rules_loans,
        rules_members,
        rules_opening,
        rules_package,
        rules_pool,
        rules_pool_money,
        rules_release,
        rules_repayment,
        rules_suspense,
    )
    known = {module.__name__ for module in modules}
    stray = {rule.run.__module__ for rule in RULES.values()} - known
    ensure(not stray, "every_module_of_rules_is_loaded_here", stray=stray)
    return len(RULES)


def roles() -> dict[str, Role]:
    """Every role of this release (``policies/roles.toml``)."""
    return load_roles(kernel_file("policies/roles.toml"))


def sources(profile: str) -> Sources:
    """The files one profile is made of; DEFAULT has none of its own. Case does not matter."""
    name = profile.upper()
    ensure(name in (*PROFILES, DEFAULT), "profile_is_built_in", profile=profile)
    own = b"" if name == DEFAULT else kernel_file(f"policies/{name.lower()}.toml")
    return Sources(
        default=kernel_file("policies/default.toml"),
        roles=kernel_file("policies/roles.toml"),
        signatures=kernel_file("policies/signatures.toml"),
        profile=own,
    )


def policy(
    profile: str,
    county: Mapping[str, object] | None = None,
    village: Mapping[str, object] | None = None,
    *,
    starts: date = date.min,
) -> Policy:
    """The policy of a cooperative in a county of this profile. Raises PolicyRefused."""
    return parse(sources(profile), county, village, starts=starts)
