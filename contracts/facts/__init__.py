"""The typed facts of each act, one file a process family; what an act's caller must say.

``FACTS`` of each file maps (process, act) to its Struct. API routes and page forms are made from
them; ``facts_of`` turns one into what travels in an act. Amounts are fen, dates ISO.
"""

from typing import Any

import msgspec


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
            omit_defaults=True):  # fmt: skip
    """Base of all facts: unknown fields are refused, defaults do not travel."""


class Nothing(Facts, frozen=True):
    """The act itself says all there is to say."""


class Votes(Facts, frozen=True):
    """Signatures or votes of natural persons, given in person or by reference to minutes.

    ``votes`` maps person id → yes, no or abstain (R-017: an abstention is recorded). Left out,
    the actor's persons all give ``vote``. ``minutes`` names the paper they stand in.
    """

    votes: dict[str, str] = {}
    vote: str = "yes"
    minutes: str = ""


class Reason(Facts, frozen=True):
    """Why, in a few words of the person who decides; never a name or an ID number."""

    reason: str = ""


def facts_of(facts: msgspec.Struct) -> dict[str, Any]:
    """The facts as an act carries them: JSON values, defaults left out."""
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found
