"""The seeded world: faults, invariants and the shrinker."""
