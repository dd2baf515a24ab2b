"""What a delivery can be, and what the county makes of it (design.md 4.3, I4, I18)."""

import itertools
import zlib
from base64 import b64encode

import msgspec
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import Batch, Totals
from contracts.codec import public_bytes
from contracts.envelopes import batch_of, pack, seal
from contracts.ids import custody_book, node_book
from contracts.rejections import RejectionCode as Code
from contracts.sync import KeyCard
from journal import heads, store
from journal.engine import reading
from services.cooperative_node import delivery
from services.federation.cases import (
    bank_register,
    hand_over,
    intake,
    node_keys,
    person_register,
)
from services.federation.tables import missing
from tests.federation.deliveries import (
    BOOK,
    code,
    everything,
    falsehoods,
    own_key,
    replica_mode,
    resealed,
    sealed,
)
from tests.federation.life import STAFF, Life
from tests.federation.villager import Villager


def test_replica_is_the_same_rows_under_the_nodes_signature(life: Life, baiguo: Villager) -> None:
    receipt = life.deliver("baiguo", pack(sealed(baiguo)[0])).receipt
    assert receipt is not None
    with life.engine.connect() as conn, baiguo.node.engine.connect() as own:
        ours, theirs = heads.read(conn, BOOK), heads.read(own, BOOK)
        assert (ours.seq, ours.digest) == (theirs.seq, theirs.digest) == (
            receipt.seq, bytes.fromhex(receipt.digest)
        )  # fmt: skip
        bodies = sa.text("SELECT seq, body, digest FROM act WHERE book = :book ORDER BY seq")
        assert (
            conn.execute(bodies, {"book": BOOK}).all() == own.execute(bodies, {"book": BOOK}).all()
        )
        posts = store.in_states(conn, BOOK, "post", ("held",))
        assert [post.id for post in posts] == [f"post-baiguo-{n}" for n in range(1, 6)]


def test_the_same_bytes_again_get_the_same_receipt_and_change_nothing(
    life: Life, baiguo: Villager
) -> None:
    data = pack(sealed(baiguo)[0])
    first = life.deliver("baiguo", data)
    before = everything(life)
    assert life.deliver("baiguo", data) == first
    assert everything(life) == before


def test_another_cut_of_what_is_held_is_no_fork(life: Life, baiguo: Villager) -> None:
    envelope = sealed(baiguo)[0]
    life.deliver("baiguo", pack(envelope))
    with reading(baiguo.node.engine).connect() as conn:
        part = delivery.seal_range(conn, baiguo.node, 2, 4)
    baiguo.do("post", "post-baiguo-5", "vacate", "meeting")
    answer = life.deliver("baiguo", pack(seal(part, baiguo.card.key, own_key(baiguo))))
    assert answer.receipt is not None
    assert answer.receipt.seq == batch_of(envelope).last
    # A batch that begins in what is held and goes beyond it adds the rest.
    with reading(baiguo.node.engine).connect() as conn:
        more = delivery.seal_range(conn, baiguo.node, 3, batch_of(envelope).last + 1)
    answer = life.deliver("baiguo", pack(seal(more, baiguo.card.key, own_key(baiguo))))
    assert answer.receipt is not None
    assert answer.receipt.seq == batch_of(envelope).last + 1
    assert replica_mode(life) == "open"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_and_doubling_ends_in_the_same_state(
    life: Life, baiguo: Villager, order: tuple[int, ...]
) -> None:
    with reading(baiguo.node.engine).connect() as conn:
        last = heads.read(conn, BOOK).seq
        cuts = [(1, 2), (3, 3), (4, last)]
        parts = [delivery.seal_range(conn, baiguo.node, *cut) for cut in cuts]
    packed = [pack(seal(part, baiguo.card.key, own_key(baiguo))) for part in parts]
    for _ in range(3):
        for number in order:
            answer = life.deliver("baiguo", packed[number])
            assert answer.receipt or code(answer) is Code.BATCH_GAP
    with life.engine.connect() as conn:
        assert heads.read(conn, BOOK).digest.hex() == parts[-1].closing_digest
    assert life.findings() == []


def test_a_gap_is_refused_and_changes_nothing(life: Life, baiguo: Villager) -> None:
    with reading(baiguo.node.engine).connect() as conn:
        part = delivery.seal_range(conn, baiguo.node, 3, 4)
    before = everything(life)
    answer = life.deliver("baiguo", pack(seal(part, baiguo.card.key, own_key(baiguo))))
    assert code(answer) is Code.BATCH_GAP
    assert answer.refusal is not None
    assert answer.refusal.facts == {"first": "3", "expected": "1"}
    assert everything(life) == before


@pytest.mark.parametrize("at", [0, 40, -30])
def test_a_tampered_body_is_refused_without_a_trace(life: Life, baiguo: Villager, at: int) -> None:
    envelope = sealed(baiguo)[0]
    body = bytearray(bytes(envelope.body))
    place = body.index(b"chair") + at if at else body.index(b"chair")
    body[place : place + 1] = b"x" if body[place : place + 1] != b"x" else b"y"
    before = everything(life)
    answer = life.deliver(
        "baiguo", pack(msgspec.structs.replace(envelope, body=msgspec.Raw(bytes(body))))
    )
    assert code(answer) in (Code.SIGNATURE_INVALID, Code.BATCH_MALFORMED)
    assert everything(life) == before


def test_a_forged_signature_and_a_strangers_key_are_refused(life: Life, baiguo: Villager) -> None:
    batch = batch_of(sealed(baiguo)[0])
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    before = everything(life)
    forged = pack(seal(batch, baiguo.card.key, stranger))
    assert code(life.deliver("baiguo", forged)) is Code.SIGNATURE_INVALID
    unknown = pack(seal(batch, "baiguo-unknown", stranger))
    assert code(life.deliver("baiguo", unknown)) is Code.KEY_UNKNOWN
    houba = life.villages["houba"]
    with_others = pack(seal(batch, houba.card.key, own_key(houba)))
    assert code(life.deliver("baiguo", with_others)) is Code.KEY_UNKNOWN
    assert everything(life) == before


def test_a_revoked_or_expired_key_signs_nothing_any_more(life: Life, baiguo: Villager) -> None:
    data = pack(sealed(baiguo)[0])
    with life.engine.begin() as conn:
        node_keys.revoke_keys(conn, "baiguo", "2017-01-03")
    assert code(life.deliver("baiguo", data)) is Code.KEY_UNKNOWN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not zlib",
        zlib.compress(b""),
        zlib.compress(b"[" * 200_000),
        zlib.compress(b'{"type":"envelope.v1"}'),
        zlib.compress(b'{"type":"envelope.v1","suite":"\xff\xfe"}'),
        zlib.compress(b"{}") + b"more",
        zlib.compress(b"{}")[:-1],
    ],
)
def test_bytes_that_are_no_envelope_are_refused_by_name(life: Life, data: bytes) -> None:
    before = everything(life)
    assert code(life.deliver("baiguo", data)) is Code.BATCH_MALFORMED
    assert everything(life) == before


def test_an_oversized_delivery_is_never_inflated(life: Life) -> None:
    bomb = zlib.compress(b"0" * (70 * 1024 * 1024))
    assert len(bomb) < 100_000
    answer = life.deliver("baiguo", bomb)
    assert code(answer) is Code.BATCH_TOO_LARGE
    with life.engine.begin() as conn:
        answer = intake.deliver(conn, life.county, "baiguo", b"x" * 2_000, 1_000)
    assert code(answer) is Code.BATCH_TOO_LARGE


def test_a_late_or_broken_village_blocks_nobody(life: Life) -> None:
    baiguo, houba = life.villages["baiguo"].elected(), life.villages["houba"].elected()
    false = falsehoods(baiguo, sealed(baiguo)[0])["closing totals"][1]
    life.deliver("baiguo", false)
    houba.close()
    done = life.night()
    assert done["cut_off"].names == ("baiguo",)
    with life.engine.connect() as conn:
        rows = conn.execute(sa.select(missing.c.cooperative, missing.c.mode)).all()
        assert [tuple(row) for row in rows] == [("baiguo", "waiting")]
        assert heads.read(conn, custody_book("houba")).closed_date == "2017-01-03"
        assert heads.read(conn, custody_book("baiguo")).closed_date == "2017-01-03"
        assert heads.read(conn, node_book("houba")).closed_date == "2017-01-03"


def test_a_hand_over_lets_a_waiting_book_go_on_under_a_new_key(
    life: Life, baiguo: Villager
) -> None:
    true = pack(sealed(baiguo)[0])
    life.deliver("baiguo", true)
    envelope = sealed(baiguo)[0]
    life.deliver("baiguo", resealed(baiguo, envelope, closing=(Totals("101", "own", 1),)))
    assert replica_mode(life) == "waiting"
    fresh = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
    card = KeyCard(
        cooperative="baiguo", key="baiguo-new", signing=public_bytes(fresh).hex(),
        sealing="00" * 32,
    )  # fmt: skip
    with life.engine.begin() as conn:
        hand_over.hand_over(conn, life.county, card, STAFF, "new computer")
    assert replica_mode(life) == "open"
    assert life.findings() == []
    assert code(life.deliver("baiguo", pack(envelope))) is Code.KEY_UNKNOWN
    batch = batch_of(envelope)
    goes_on = Batch(
        book=BOOK, epoch=2, first=batch.last + 1, last=batch.last,
        opening_digest=batch.closing_digest, closing_digest=batch.closing_digest,
        opening=batch.closing, closing=batch.closing, closes=None, applied=batch.applied,
        applied_digest=batch.applied_digest, acts=(),
    )  # fmt: skip
    assert life.deliver("baiguo", pack(seal(goes_on, "baiguo-new", fresh))).receipt is not None


def test_who_signed_and_left_his_post_in_the_same_batch_had_it_when_he_signed(
    life: Life, baiguo: Villager
) -> None:
    asked = {"person": baiguo.person["cashier"], "household": "H001"}
    baiguo.do("member", baiguo.member(1), "apply", "bookkeeper", asked)
    baiguo.do("member", baiguo.member(1), "admit", "council", by=("chair", "accountant"))
    baiguo.do("post", "post-baiguo-1", "vacate", "meeting")
    assert life.deliver("baiguo", pack(sealed(baiguo)[0])).receipt is not None
    assert life.findings() == []


def test_persons_are_kept_sealed_and_found_by_card_alone(life: Life, baiguo: Villager) -> None:
    life.deliver("baiguo", pack(sealed(baiguo)[0]))
    with life.engine.connect() as conn:
        rows = conn.execute(sa.text("SELECT record FROM person")).scalars().all()
        chair = person_register.open_person(
            conn, life.county.keys, baiguo.person["chair"], "baiguo"
        )
    assert rows
    assert all("王秀英".encode() not in bytes(row) for row in rows)
    assert chair is not None
    assert chair.name == "王秀英"


def test_a_batch_with_a_signature_that_is_no_text_is_refused(life: Life, baiguo: Villager) -> None:
    envelope = sealed(baiguo)[0]
    for signature in ("", "@@@", b64encode(b"x" * 63).decode()):
        data = pack(msgspec.structs.replace(envelope, signature=signature))
        assert code(life.deliver("baiguo", data)) is Code.SIGNATURE_INVALID


def test_unknown_cooperative_is_refused(life: Life) -> None:
    assert code(life.deliver("nowhere", b"")) is Code.COOPERATIVE_UNKNOWN


def test_nothing_of_the_bank_is_touched_by_a_delivery(life: Life, baiguo: Villager) -> None:
    life.deliver("baiguo", pack(sealed(baiguo)[0]))
    with life.engine.connect() as conn:
        assert bank_register.lines_of(conn, bank_register.OPEN) == []
