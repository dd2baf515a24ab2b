"""What goes over the wire keeps its bytes: golden files, their schema, chain and signature."""

import json
import pkgutil
from importlib import import_module
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from contracts import facts as families
from contracts.batch import Batch, Envelope
from contracts.codec import GENESIS, chain, decode, encode, public_bytes, verify
from contracts.envelopes import batch_of, signed_by
from contracts.ledger import Act
from contracts.persons import open_record
from infra.wire_schema import MESSAGES as KINDS
from infra.wire_schema import facts, render, schema
from services.federation.cases.closing import HEADS_DOMAIN
from services.federation.routes.sync import SignedHeads
from tests.architecture.source import ROOT
from tests.contracts.samples import MESSAGES, OPENER, PERSON, PRIVATE, golden

SCHEMA = schema()


def valid(told: Any, ref: dict[str, str]) -> bool:
    """Whether a JSON value follows the document at ``ref``."""
    return jsonschema_rs.validator_for({**ref, "$defs": SCHEMA["$defs"]}).is_valid(told)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_written_as_its_golden_bytes_and_read_back_from_them(name: str) -> None:
    message, bytes_then = MESSAGES[name], golden(name)
    assert encode(message).decode() == bytes_then.decode()
    assert decode(bytes_then, type(message)) == message


def test_every_message_of_the_schema_has_golden_bytes() -> None:
    assert {name: type(one) for name, one in MESSAGES.items()} == KINDS


@pytest.mark.parametrize("name", MESSAGES)
def test_golden_bytes_tell_every_field(name: str) -> None:
    """A field left at its default does not travel, so its spelling would not be held."""
    told = json.loads(golden(name))
    fields = {field.encode_name for field in msgspec.structs.fields(KINDS[name])}
    assert told.keys() - {"type"} == fields


def test_the_golden_chain_and_signature_hold() -> None:
    """Digest and signature are over exact bytes: whoever changes one changes every book."""
    envelope = decode(golden("envelope.v1"), Envelope)
    batch = decode(golden("batch.v1"), Batch)
    assert bytes(envelope.body) == golden("batch.v1")
    assert bytes(batch.acts[0]) == golden("act.v1")
    assert chain(GENESIS, golden("act.v1")).hex() == batch.closing_digest
    assert signed_by(envelope, public_bytes(PRIVATE))
    heads = decode(golden("signed_heads.v1"), SignedHeads)
    assert bytes(heads.body) == golden("heads.v1")
    assert verify(
        public_bytes(PRIVATE), HEADS_DOMAIN, bytes(heads.body), bytes.fromhex(heads.signature)
    )
    assert open_record(batch_of(envelope).persons[0], "county", OPENER) == PERSON


def test_dictionaries_are_written_in_one_order_whatever_order_they_were_made_in() -> None:
    act = decode(golden("act.v1"), Act)
    turned = msgspec.structs.replace(act, facts=dict(reversed(act.facts.items())))
    assert list(turned.facts) != list(act.facts)
    assert encode(turned) == golden("act.v1")


def test_the_schema_in_the_documents_is_that_of_the_types() -> None:
    again = "run: python -m infra.wire_schema docs/wire.schema.json"
    assert (ROOT / "docs/wire.schema.json").read_bytes() == render(), again


def test_the_schema_tells_the_facts_of_every_family() -> None:
    modules = [one.name for one in pkgutil.iter_modules(families.__path__)]
    told = [getattr(import_module(f"contracts.facts.{one}"), "FACTS", {}) for one in modules]
    assert facts() == {name: kind for family in told for name, kind in family.items()}


@pytest.mark.parametrize("name", MESSAGES)
def test_golden_bytes_follow_the_schema_and_one_strange_or_missing_field_does_not(
    name: str,
) -> None:
    told, ref = json.loads(golden(name)), SCHEMA["x-messages"][name]
    assert valid(told, ref)
    assert jsonschema_rs.validator_for(SCHEMA).is_valid(told)
    needed = next(iter(field for field in told if field in _required(ref)))
    assert not valid({key: one for key, one in told.items() if key != needed}, ref)
    assert not valid({**told, needed: {"no": "such thing"}}, ref)


def _required(ref: dict[str, str]) -> list[str]:
    found: list[str] = SCHEMA["$defs"][ref["$ref"].rpartition("/")[2]]["required"]
    return [name for name in found if name != "type"]


def test_the_schema_names_the_facts_of_every_act_a_form_asks_for() -> None:
    assert SCHEMA["x-facts"].keys() == {f"{process}.{act}" for process, act in facts()}
    apply = SCHEMA["x-facts"]["loan.apply"]
    assert not valid({}, apply)
    assert not valid({"amount": "1.00"}, apply)
