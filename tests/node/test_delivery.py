"""Delivery: at least once, taken up where it was cut off, refused when it does not prove itself."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from contracts.batch import Envelope
from contracts.codec import decode, encode
from contracts.envelopes import batch_of, pack, seal, unpack
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads
from journal.engine import reading
from kernel.errors import Rejected
from services.cooperative_node import delivery, queries, usb
from services.cooperative_node.close_day import close_day
from services.cooperative_node.delivery import Unreachable, deliver, pull, seal_range, sealed_from
from services.cooperative_node.take import take
from services.cooperative_node.world import Node
from tests.node.county import KEY
from tests.node.village import COOP, FIRST_DAY, Village, seeded_ports


def held(village: Village) -> tuple[int, str]:
    state = village.county.state()
    return state.seq, state.digest


def own(village: Village) -> tuple[int, str]:
    with reading(village.node.engine).connect() as conn:
        head = heads.read(conn, village.node.book)
    return head.seq, head.digest.hex()


def test_a_delivery_leaves_the_county_with_the_same_book(village: Village) -> None:
    village.founded()
    close_day(village.node)
    deliver(village.node, village.county)
    assert held(village) == own(village)


def test_a_lost_answer_is_no_loss_and_sending_again_no_double(village: Village) -> None:
    village.founded()
    close_day(village.node)
    village.county.lose_answers = 1
    with pytest.raises(Unreachable):
        deliver(village.node, village.county)
    assert deliver(village.node, village.county).batches == 0
    assert held(village) == own(village)


def test_a_big_night_goes_in_several_batches_and_each_proves_its_totals(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ACTS_MAX", 3)
    village.founded()
    village.paid_loan()
    assert deliver(village.node, village.county).batches > 0
    assert held(village) == own(village)


def test_persons_travel_once_and_again_when_they_change(village: Village) -> None:
    village.founded()
    deliver(village.node, village.county)
    assert village.county.persons.keys() == set(village.person.values())
    assert deliver(village.node, village.county).batches == 0
    village.join(4)
    deliver(village.node, village.county)
    assert village.person["m4"] in village.county.persons


def test_without_a_line_nothing_is_called_sent(village: Village) -> None:
    village.founded()
    close_day(village.node)
    village.county.cut = True
    with pytest.raises(Unreachable):
        deliver(village.node, village.county)
    with reading(village.node.engine).connect() as conn:
        heard = queries.read_sync(conn, COOP)
    assert heard.held_seq < own(village)[0]


def test_the_batch_says_which_day_it_closes_and_how_far_the_county_was_followed(
    village: Village,
) -> None:
    village.founded()
    close_day(village.node)
    ((envelope, _),) = sealed_from(village.node, 1)
    batch = batch_of(envelope)
    with reading(village.node.engine).connect() as conn:
        head = heads.read(conn, village.node.book)
        assert batch.closes is not None
        assert batch.closes.isoformat() == head.closed_date
        assert batch.applied == head.cursor
    assert (batch.opening, batch.first, batch.last) == ((), 1, head.seq)


def test_a_batch_that_ends_between_a_crossing_and_its_follow_names_what_was_followed_before(
    village: Village,
) -> None:
    village.founded()
    village.county.lend_on(700_00)
    village.synchronise()
    with reading(village.node.engine).connect() as conn:
        followed = heads.read(conn, village.node.book).cursor
    village.county.bank_line("error", "E1", FIRST_DAY, amount=60_100_00)
    village.synchronise()
    with reading(village.node.engine).connect() as conn:
        head = heads.read(conn, village.node.book)
        crossing = seal_range(conn, village.node, head.seq - 1, head.seq - 1)
        both = seal_range(conn, village.node, head.seq - 1, head.seq)
    assert decode(bytes(crossing.acts[0]), Act).recipe == "funding.cross"
    assert (crossing.applied, both.applied, head.cursor) == (followed, followed + 1, followed + 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda e, _v: forged(e, key="other"), RejectionCode.KEY_UNKNOWN),
        (lambda e, _v: forged(e, signature="AAAA"), RejectionCode.SIGNATURE_INVALID),
        (lambda e, _v: forged(e, body=tampered(e)), RejectionCode.SIGNATURE_INVALID),
        (lambda e, v: changed(v, e, book="K-other"), RejectionCode.BATCH_MALFORMED),
        (lambda e, v: changed(v, e, first=99, last=99), RejectionCode.BATCH_GAP),
        (lambda e, v: changed(v, e, opening_digest="00"), RejectionCode.BATCH_FORK),
        (lambda e, v: changed(v, e, closing_digest="00"), RejectionCode.BATCH_FORK),
        (lambda e, v: changed(v, e, acts=()), RejectionCode.BATCH_FORK),
        (lambda e, v: changed(v, e, closing=()), RejectionCode.BATCH_TOTALS_FALSE),
    ],
)
def test_a_range_that_does_not_prove_itself_is_refused_and_changes_nothing(
    village: Village, change: Callable[[Envelope, Village], Envelope], code: RejectionCode
) -> None:
    village.opened()
    village.synchronise()
    village.county.bank_line("grant", "G1", FIRST_DAY, source="county", amount=100_00)
    with reading(village.node.engine).connect() as conn:
        end = heads.read(conn, village.node.custody)
    envelope = village.county.pull(end.seq)
    assert envelope is not None
    with pytest.raises(Rejected) as refused, village.node.engine.begin() as conn:
        take(conn, village.node, change(envelope, village))
    assert refused.value.code is code
    with reading(village.node.engine).connect() as conn:
        assert heads.read(conn, village.node.custody) == end
    pull(village.node, village.county)
    village.follow()
    assert village.balances("10201") == {"10201": 100_00}


def forged(envelope: Envelope, **changes: object) -> Envelope:
    return msgspec.structs.replace(envelope, **changes)


def tampered(envelope: Envelope) -> msgspec.Raw:
    return msgspec.Raw(bytes(envelope.body).replace(b"10000", b"10001"))


def changed(village: Village, envelope: Envelope, **changes: object) -> Envelope:
    """What a county that signs falsehoods would send."""
    batch = msgspec.structs.replace(batch_of(envelope), **changes)
    return seal(batch, KEY, village.county.signing)


def test_a_restored_old_file_finds_out_and_waits(
    village: Village, new_file: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    village.founded()
    old = restored(village, new_file, tmp_path)
    village.next_day()
    village.synchronise()
    assert deliver(old, village.county).trouble == "restored"
    with pytest.raises(Rejected) as refused:
        close_day(old)
    assert refused.value.code is RejectionCode.BOOK_WAITS


def test_a_copied_computer_finds_out_at_its_next_delivery(
    village: Village, new_file: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    village.founded()
    twin = Village(restored(village, new_file, tmp_path).engine, village.county, seed="twin")
    twin.person = dict(village.person)
    twin.loan(7, state="applied")
    village.loan(8, state="applied")
    village.synchronise()
    assert deliver(twin.node, village.county).trouble == "forked"
    assert deliver(village.node, village.county).trouble == ""


def restored(village: Village, new_file: Callable[[str], sa.Engine], tmp_path: Path) -> Node:
    """A copy of the village's file, as a backup or a second computer has it."""
    backup = tmp_path / "copy.sqlite"
    raw = village.node.engine.raw_connection()
    raw.cursor().execute(f"VACUUM INTO '{backup}'")
    raw.close()
    return Node(cooperative=COOP, engine=new_file("copy"), ports=seeded_ports("copy"))


def test_usb_carries_the_same_envelopes_both_ways(village: Village, tmp_path: Path) -> None:
    village.opened()
    first = usb.export(village.node, tmp_path)
    assert [path.suffix for path in first] == [".lianhe"]
    for path in usb.export(village.node, tmp_path):
        village.county.take(unpack(path.read_bytes()))
    assert held(village) == own(village)
    village.county.bank_line("grant", "G1", FIRST_DAY, source="county", amount=100_00)
    answers: list[bytes] = []
    village.county.pull_limit = 1
    while envelope := village.county.pull(len(answers)):
        answers.append(pack(envelope))
    assert usb.take_files(village.node, reversed(answers)) == len(answers)
    assert village.balances("10201") == {"10201": 100_00}
    assert usb.take_files(village.node, answers) == 0


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\x78\x9c\x00", pack.__name__.encode()])
def test_a_file_that_is_no_delivery_is_refused_by_name(village: Village, body: bytes) -> None:
    village.opened()
    with pytest.raises(Rejected) as refused:
        usb.take_files(village.node, [body])
    assert refused.value.code is RejectionCode.BATCH_MALFORMED


def test_what_travels_is_the_bytes_that_were_signed(village: Village) -> None:
    village.founded()
    ((envelope, _),) = sealed_from(village.node, 1)
    again = unpack(pack(envelope))
    assert bytes(again.body) == bytes(envelope.body)
    assert decode(encode(again), Envelope) == envelope
