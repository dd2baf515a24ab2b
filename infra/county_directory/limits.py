"""The county's policy, and what of it a directory is held against.

Called by ``load`` and its checks. Every number comes from kernel.policy; there is none here.
"""

from contracts.money import PPM
from infra.county_directory.kinds import Funding
from infra.county_directory.layout import SETTINGS
from infra.county_directory.problems import Place, Problems
from infra.county_directory.settings import Settings
from journal.data import PROFILES, kernel_file, policy
from kernel import policy_schema
from kernel.intercoop import needs_own_account
from kernel.policy import Policy, PolicyRefused


def read_policy(settings: Settings, problems: Problems) -> Policy | None:
    """The profile with the county's overrides; None and problems where they are not accepted."""
    profile = settings.top.get("profile")
    if profile is None:
        return None
    if profile not in PROFILES:
        facts = {"value": profile, "allowed": ", ".join(PROFILES)}
        problems.note(Place(SETTINGS, 0, "profile"), "PROFILE_UNKNOWN", **facts)
        return None
    schema = policy_schema.load(kernel_file("policies/default.toml"))
    for key in settings.parameters:
        if (spec := schema.get(key)) and spec.waits:
            place = Place(SETTINGS, 0, f"parameters.{key}")
            problems.note(place, "PARAMETER_WAITS", waits=spec.waits)
    try:
        found = policy(profile, settings.parameters)
    except PolicyRefused as refused:
        for problem in refused.problems:
            place = Place(SETTINGS, 0, f"parameters.{problem.key}")
            facts = {"reason": problem.en, "reason_zh": problem.zh}
            problems.note(place, "PARAMETER_REFUSED", **facts)
        return None
    if settings.federation is None:
        for key in needs_own_account(found):
            problems.note(Place(SETTINGS, 0, f"parameters.{key}"), "FEDERATION_MISSING", key=key)
    return found


def term_most(policy: Policy) -> int:
    """Longest term in months (R-043, R-044)."""
    long_cycle = policy.flag("loan.long_cycle")
    return policy.months("loan.long_cycle_max" if long_cycle else "loan.term_max")


def cap_fen(policy: Policy, funding: str) -> int:
    """Highest loan, fen (R-042)."""
    shuangdao = funding == Funding.SHUANGDAO
    return policy.fen("loan.cap_shuangdao" if shuangdao else "loan.cap")


def level_limit_fen(policy: Policy, level: int) -> int:
    """Highest loan at a credit level, fen (R-045); a level above the list is the highest."""
    factors = policy.numbers("level.factors")
    return policy.fen("loan.cap") * factors[min(level, len(factors)) - 1] // PPM


def fee_ppm(policy: Policy, purpose: str) -> int:
    """Fee a month in ppm (R-060, R-062)."""
    own = policy.table("fee.by_purpose").get(purpose)
    return policy.ppm("fee.monthly_permille") if own is None else own
