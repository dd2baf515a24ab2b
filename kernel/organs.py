"""What a cooperative calls itself, its council and its supervisors (domain.md 1.13, ``labels.*``).

Called by whatever shows words of one cooperative: pages and papers of node, console and portal,
and the package. Words are written with the neutral names below; ``said`` puts the cooperative's own
in their place. A page of many cooperatives keeps the neutral ones. English has one word for each.
"""

import msgspec

from kernel.policy import Policy

KEYS = ("labels.coop", "labels.council", "labels.supervisors")


class Organs(msgspec.Struct, frozen=True, kw_only=True):
    """Chinese names; the defaults are the neutral ones."""

    coop: str = "互助社"
    council: str = "管委会/理事会"
    supervisors: str = "监督小组/监事会"

    def said(self, text: str) -> str:
        """A text of ours, never somebody's data, with its neutral names replaced by these."""
        for neutral, own in zip(_NEUTRAL, (self.council, self.supervisors, self.coop), strict=True):
            text = text.replace(neutral, own)
        return text


NEUTRAL = Organs()
_NEUTRAL = (NEUTRAL.council, NEUTRAL.supervisors, NEUTRAL.coop)


def organs_of(*policies: Policy) -> Organs:
    """The names under a policy; under several (a loan between two) those they share.

    The neutral name stands where they differ, and where there is no policy.
    """
    shared = [{policy.text(key) for policy in policies} for key in KEYS]
    names = (NEUTRAL.coop, NEUTRAL.council, NEUTRAL.supervisors)
    coop, council, supervisors = (
        own.pop() if len(own) == 1 else neutral for own, neutral in zip(shared, names, strict=True)
    )
    return Organs(coop=coop, council=council, supervisors=supervisors)
