"""Writes docs/wire.schema.json: the JSON Schema of what node and county say to each other.

Run by hand after a change of those types: ``python -m infra.wire_schema docs/wire.schema.json``.
A test compares the file with what this would write. The schemas of a guarantee package are
infra/package_schema.py, those of the bank's API docs/bank-api.json.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from contracts.batch import Batch, Envelope
from contracts.facts import Facts, bank, credit, guarantees, lending, membership, pool, voice
from contracts.ledger import Act
from contracts.persons import Person
from contracts.sync import BatchReceipt, CountyCard, KeyCard, SyncState
from services.federation.cases.closing import HeadsVector
from services.federation.routes.sync import SignedHeads

MESSAGES: Mapping[str, type[msgspec.Struct]] = {
    "envelope.v1": Envelope,
    "batch.v1": Batch,
    "act.v1": Act,
    "person": Person,
    "sync_state.v1": SyncState,
    "batch_receipt.v1": BatchReceipt,
    "key_card.v1": KeyCard,
    "county_card.v1": CountyCard,
    "signed_heads.v1": SignedHeads,
    "heads.v1": HeadsVector,
}
"""What travels, by its tag; a person by what is sealed in its record."""
_EMBEDDED = (("Envelope", "body", "Batch"), ("SignedHeads", "body", "HeadsVector"))
"""Fields of exact signed bytes, which the types hold unread, and what stands in them."""
_REF = "#/$defs/{name}"


def facts() -> dict[tuple[str, str], type[Facts]]:
    """(process, act) → its facts, for every act a person asks for by a form or a machine."""
    families = (membership, credit, lending, pool, guarantees, bank, voice)
    return {name: kind for family in families for name, kind in family.FACTS.items()}


def schema() -> dict[str, Any]:
    """The whole document: one of the messages, and ``x-facts`` by process and act."""
    asked = facts()
    kinds = [*MESSAGES.values(), *dict.fromkeys(asked.values())]
    told, defs = msgspec.json.schema_components(kinds, ref_template=_REF)
    for holder, field, inside in _EMBEDDED:
        defs[holder]["properties"][field] = {"$ref": _REF.format(name=inside)}
    defs["Batch"]["properties"]["acts"]["items"] = {"$ref": _REF.format(name="Act")}
    by_kind = dict(zip(kinds, told, strict=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lianhe: what node and county say to each other",
        "oneOf": [by_kind[kind] for kind in MESSAGES.values()],
        "x-messages": {name: by_kind[kind] for name, kind in MESSAGES.items()},
        "x-facts": {f"{process}.{act}": by_kind[kind] for (process, act), kind in asked.items()},
        "$defs": defs,
    }


def render() -> bytes:
    """The file's bytes."""
    body = msgspec.json.encode(schema(), order="deterministic")
    return msgspec.json.format(body, indent=1) + b"\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(render())
