"""Counts what was checked, and raises what was found. Passed through all checks of a run."""

from collections import Counter

from simulation.world import Found


class Tally:
    """Checks counted by invariant; ``hold`` raises Found when something does not hold."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()

    def hold(self, invariant: str, what: str, *, fine: bool, **facts: object) -> None:
        """Count a check; raise Found with the facts unless it is ``fine``."""
        self.checked[invariant] += 1
        if not fine:
            said = ", ".join(f"{name}={value}" for name, value in facts.items())
            raise Found(invariant, f"{what}: {said}" if said else what)
