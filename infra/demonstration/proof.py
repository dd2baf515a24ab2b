"""One row of the proofs table: an invariant, how often it was checked, how often it failed.

Made by the player and by the result; shown and written by run. Holds no check of its own.
"""

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant of targets.md, by its number."""

    name: str
    checked: int
    failed: int
