"""The county's parameters that a directory is held against, from its profile and overrides.

Called by ``load``. The values come from kernel.policy alone; nothing here is a number of its own.
"""

from pathlib import Path

import msgspec

import kernel.policy
from contracts.money import PPM
from infra.county_directory.layout import SETTINGS
from infra.county_directory.model import Funding
from infra.county_directory.problems import Place, Problems
from infra.county_directory.settings import Settings
from kernel.policy import Policy, PolicyRefused, Sources

PROFILES = ("WENXIAN", "NINGXIA", "LANZHOU", "CHONGQING", "LINYI")
_POLICIES = Path(kernel.policy.__file__).parent / "policies"


class Limits(msgspec.Struct, frozen=True):
    """What the checks ask of the policy."""

    policy: Policy

    @property
    def deputy_is_cashier(self) -> bool:
        """Whether the deputy may be cashier too (R-011)."""
        return self.policy.flag("posts.deputy_is_cashier")

    @property
    def guarantee_mode(self) -> str:
        """g3, g5 or leader (R-038 to R-040)."""
        return self.policy.text("guarantee.mode")

    @property
    def guarantee_households(self) -> int:
        """Households of a group; only in modes g3 and g5."""
        return self.policy.count(f"guarantee.{self.guarantee_mode}_households")

    @property
    def leaders(self) -> tuple[int, int]:
        """Fewest and most leaders in leader mode."""
        return self.policy.count("guarantee.leaders_min"), self.policy.count(
            "guarantee.leaders_max"
        )

    @property
    def led(self) -> tuple[int, int]:
        """Fewest and most poor households in leader mode."""
        return self.policy.count("guarantee.led_min"), self.policy.count("guarantee.led_max")

    @property
    def exclude_wealthy(self) -> bool:
        """Whether wealthy households may not borrow (R-005)."""
        return self.policy.flag("borrower.exclude_wealthy")

    @property
    def term_most(self) -> int:
        """Longest term in months (R-043, R-044)."""
        long_cycle = self.policy.flag("loan.long_cycle")
        return self.policy.months("loan.long_cycle_max" if long_cycle else "loan.term_max")

    @property
    def purposes(self) -> tuple[str, ...]:
        """The list of production purposes (R-029)."""
        return self.policy.list("purpose.list")

    def cap_fen(self, funding: str) -> int:
        """Highest loan, fen (R-042)."""
        shuangdao = funding == Funding.SHUANGDAO
        return self.policy.fen("loan.cap_shuangdao" if shuangdao else "loan.cap")

    def level_limit_fen(self, level: int) -> int:
        """Highest loan at a credit level, fen (R-045); a level above the list is the highest."""
        factors = self.policy.numbers("level.factors")
        return self.policy.fen("loan.cap") * factors[min(level, len(factors)) - 1] // PPM

    def fee_ppm(self, purpose: str) -> int:
        """Fee a month in ppm (R-060, R-062)."""
        own = self.policy.table("fee.by_purpose").get(purpose)
        return self.policy.ppm("fee.monthly_permille") if own is None else own


def read_limits(settings: Settings, problems: Problems) -> Limits | None:
    """The county's parameters; None and problems where profile or overrides are not accepted."""
    profile = settings.top.get("profile")
    if profile is None:
        return None
    if profile not in PROFILES:
        facts = {"value": profile, "allowed": ", ".join(PROFILES)}
        problems.note(Place(SETTINGS, 0, "profile"), "PROFILE_UNKNOWN", **facts)
        return None
    sources = Sources(
        default=(_POLICIES / "default.toml").read_bytes(),
        roles=(_POLICIES / "roles.toml").read_bytes(),
        signatures=(_POLICIES / "signatures.toml").read_bytes(),
        profile=(_POLICIES / f"{profile.lower()}.toml").read_bytes(),
    )
    try:
        return Limits(kernel.policy.parse(sources, settings.parameters))
    except PolicyRefused as refused:
        for problem in refused.problems:
            place = Place(SETTINGS, 0, f"parameters.{problem.key}")
            facts = {"reason": problem.en, "reason_zh": problem.zh}
            problems.note(place, "PARAMETER_REFUSED", **facts)
        return None
