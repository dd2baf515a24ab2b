"""One row of the proofs table: an invariant, how often it was checked, how often it failed.

Made by the player and by the result; shown and written by run. Holds no check of its own.
"""

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant of targets.md, by its number.

    ``needed`` is false where the county's files hold nothing it could check.
    """

    name: str
    checked: int
    failed: int
    needed: bool = True

    def holds(self, *, partial: bool) -> bool:
        """Nothing failed, and what had to be checked was; a partial run may not be there yet."""
        return not self.failed and bool(self.checked or partial or not self.needed)
