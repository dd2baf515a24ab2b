"""Two kinds of failure, never mixed: a refusal by rule and a bug.

``Rejected`` is expected, from the closed list, travels to the caller and raises no alarm.
``InvariantViolation`` is a bug: roll back and alarm. Called by every room.
"""

from typing import Any

from contracts.rejections import Rejection, RejectionCode


class Rejected(Exception):
    """A named refusal with its facts; nothing was done."""

    def __init__(self, code: RejectionCode, /, **facts: Any) -> None:
        super().__init__(code.value, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code.value} {self.facts}"

    def as_struct(self) -> Rejection:
        """The refusal as it travels."""
        return Rejection(code=self.code, facts={k: str(v) for k, v in self.facts.items()})


class InvariantViolation(Exception):
    """Something that cannot be is: a bug or tampering. Never caught below the edge."""

    def __init__(self, name: str, /, **facts: Any) -> None:
        super().__init__(name, facts)
        self.name = name
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.name} {self.facts}"


def ensure(holds: bool, name: str, /, **facts: Any) -> None:
    """Raise InvariantViolation ``name`` with ``facts`` unless ``holds``."""
    if not holds:
        raise InvariantViolation(name, **facts)
