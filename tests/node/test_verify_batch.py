"""A node's batch proven offline by `lianhe verify`: signature, chain, balances, every byte."""

import contextlib
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cooperative_node import usb
from services.cooperative_node.set_up import card_of
from tests.node.village import Village
from tests.support.json_places import places, put
from verifier import batch
from verifier.app import verify
from verifier.falsehood import Falsehood, Unreadable


@pytest.fixture
def files(village: Village, tmp_path: Path) -> list[Path]:
    """The batches a founded village with a loan puts on a stick."""
    village.founded()
    village.loan()
    village.next_day()
    written = usb.export(village.node, tmp_path)
    assert written
    return written


@pytest.fixture
def public(village: Village, files: list[Path]) -> str:
    """The node's public key, as hex."""
    name = batch.check(batch.inflate(files[0].read_bytes()), "").key
    with village.node.engine.connect() as conn:
        return card_of(conn, village.node, name).signing


def test_every_batch_of_a_village_is_true(files: list[Path], public: str) -> None:
    last = batch.check(batch.inflate(files[0].read_bytes()), public).first - 1
    for path in files:
        proven = batch.check(batch.inflate(path.read_bytes()), public)
        assert (proven.book, proven.trusted) == ("N-baiguo", True)
        assert proven.first == last + 1
        last = proven.last
        assert verify(path, "", public) == 0
        assert verify(path, "", "") == 2
    assert last > 10, "as many acts as a village's founding has"
    assert any(batch.check(batch.inflate(path.read_bytes()), public).closes for path in files)


def test_a_batch_is_not_believed_under_another_key(files: list[Path]) -> None:
    plain = batch.inflate(files[0].read_bytes())
    with pytest.raises(Falsehood) as caught:
        batch.check(plain, "11" * 32)
    assert caught.value.name == "signature_false"
    assert verify(files[0], "", "11" * 32) == 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_of_the_signed_batch_is_found(
    data: st.DataObject, files: list[Path], public: str
) -> None:
    plain = batch.inflate(files[0].read_bytes())
    start = plain.index(b'"body":') + 7
    at = data.draw(st.integers(start, len(plain) - 1))
    changed = bytearray(plain)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Falsehood):
        batch.check(bytes(changed), public)


def test_false_chains_sequences_and_totals_are_named_without_a_key(files: list[Path]) -> None:
    plain = batch.inflate(files[0].read_bytes())
    body = json.loads(plain)["body"]
    moved = next(act for act in body["acts"] if act.get("movements"))

    def judged(change: object) -> str:
        whole = json.dumps(
            {**json.loads(plain), "body": change}, separators=(",", ":"), ensure_ascii=False
        )
        with pytest.raises(Falsehood) as caught:
            batch.check(whole.encode(), "")
        return caught.value.name

    assert judged({**body, "closing_digest": "00" * 32}) == "chain_broken"
    assert judged({**body, "opening_digest": "00" * 32}) == "chain_broken"
    assert judged({**body, "last": body["last"] + 1}) == "sequence_gap"
    assert judged({**body, "first": body["first"] + 1}) == "sequence_gap"
    assert judged({**body, "book": "N-houba"}) == "other_book"
    closing = [[account, funding, amount + 1] for account, funding, amount in body["closing"]]
    assert judged({**body, "closing": closing}) == "totals_differ"
    moved["movements"][0][5] = 0
    assert judged(body) == "out_of_range"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_batch_holds_the_verifier_answers(
    data: st.DataObject, files: list[Path]
) -> None:
    whole = json.loads(batch.inflate(files[0].read_bytes()))
    path = data.draw(st.sampled_from(places(whole)[1:]))
    new: object = data.draw(
        st.none() | st.booleans() | st.integers() | st.text()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.just([]) | st.just({}) | st.just([[]]) | st.just([["a", 1, 2]])
    )  # fmt: skip
    body = json.dumps(put(whole, path, new), separators=(",", ":"), ensure_ascii=False)
    with contextlib.suppress(Falsehood):
        batch.check(body.encode("utf-8", "replace"), data.draw(st.sampled_from(["", "11" * 32])))


def test_what_is_no_batch_is_not_judged(tmp_path: Path) -> None:
    for body in (b"", b"N-baiguo,1,2012-03-01\n", zlib.compress(b"{}") + b"x"):
        path = tmp_path / "export.csv"
        path.write_bytes(body)
        with pytest.raises(Unreadable):
            batch.inflate(body)
        assert verify(path, "", "") == 2
    assert verify(tmp_path / "absent", "", "") == 2


def test_a_batch_that_inflates_without_end_is_not_read() -> None:
    with pytest.raises(Unreadable):
        batch.inflate(zlib.compress(bytes(65 * 1024 * 1024)))
