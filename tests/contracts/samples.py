"""One of everything that node and county say to each other, every field filled, and golden bytes.

Used by the contract tests. ``python -m tests.contracts.samples`` writes the golden files anew:
what then differs in a diff is what every village already in the field would no longer understand.
"""

import hashlib
from datetime import date
from itertools import count
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.batch import Batch, Totals
from contracts.codec import GENESIS, chain, encode, sign
from contracts.envelopes import seal
from contracts.ledger import Act, Actor, Line, Movement
from contracts.persons import Person, PersonRecord, public_key
from contracts.persons import seal as seal_person
from contracts.sync import BatchReceipt, CountyCard, KeyCard, SyncState
from services.federation.cases.closing import HEADS_DOMAIN, HeadLine, HeadsVector
from services.federation.routes.sync import SignedHeads

FOLDER = Path(__file__).parent / "golden"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OPENER = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
PERSON = Person(name="王得荣", card="6230000000000000001", id_number="0" * 18, phone="0")
DAY = date(2010, 4, 2)

ACT = Act(
    book="N-baiguo",
    seq=1,
    epoch=1,
    id="act-1",
    business_date=DAY,
    value_date=date(2010, 4, 1),
    process="loan",
    version=1,
    case="loan-1",
    step=7,
    act="repay",
    state="active",
    actor=Actor(role="system:follow", operator="node", persons=("p1", "p2")),
    request="ab" * 32,
    parties={"coop": "baiguo"},
    facts={"来款": "还款 baiguo-2008-0012", "amount": 100_01},
    terms={"repaid": {"2010-04-01": 100_00}, "fee_paid": 1},
    recipe="loan.repay",
    lines=(
        Line(
            amounts={"principal": 100_00, "fee": 1},
            keys={"loan": "loan-1"},
            funding="intercoop:loan-2",
        ),
    ),
    movements=(
        Movement("10201", "", "115", "loan-1", "intercoop:loan-2", 100_00),
        Movement("10201", "", "50101", "", "own", 1),
    ),
)


def a_person() -> PersonRecord:
    """A sealed person; randomness is handed in, so the bytes are the same each time."""
    numbers = count()

    def random(size: int) -> bytes:
        return hashlib.shake_256(str(next(numbers)).encode()).digest(size)

    return seal_person("p1", 1, PERSON, {"county": public_key(OPENER)}, random)


BATCH = Batch(
    book="N-baiguo",
    epoch=1,
    first=1,
    last=1,
    opening_digest=GENESIS.hex(),
    closing_digest=chain(GENESIS, encode(ACT)).hex(),
    opening=(Totals("10201", "own", 0),),
    closing=(Totals("10201", "own", 100_01),),
    closes=DAY,
    applied=3,
    applied_digest="cd" * 32,
    acts=(msgspec.Raw(encode(ACT)),),
    persons=(a_person(),),
)
HEADS = HeadsVector(
    county="wenxian", business_date=DAY, heads=(HeadLine("K-0", 20, "ef" * 32, "2010-04-01"),)
)
MESSAGES: dict[str, msgspec.Struct] = {
    "act.v1": ACT,
    "batch.v1": BATCH,
    "envelope.v1": seal(BATCH, "node-baiguo-1", PRIVATE),
    "person": PERSON,
    "sync_state.v1": SyncState(
        cooperative="baiguo", business_date=DAY, epoch=1, seq=9, digest="ab" * 32, k_seq=5,
        k_digest="cd" * 32, mode="waiting", reason="fork",
    ),
    "batch_receipt.v1": BatchReceipt(seq=9, digest="ab" * 32, k_seq=6),
    "key_card.v1": KeyCard(
        cooperative="baiguo", key="node-baiguo-1", signing="01" * 32, sealing="02" * 32
    ),
    "county_card.v1": CountyCard(
        key="county-1", signing="03" * 32, sealing="04" * 32, address="https://county.example"
    ),
    "heads.v1": HEADS,
    "signed_heads.v1": SignedHeads(
        key="county-1", signature=sign(PRIVATE, HEADS_DOMAIN, encode(HEADS)).hex(),
        body=msgspec.Raw(encode(HEADS)),
    ),
}  # fmt: skip


def golden(name: str) -> bytes:
    """The bytes that stand in the golden file of a message."""
    return (FOLDER / f"{name}.json").read_bytes()


if __name__ == "__main__":
    for name, message in MESSAGES.items():
        (FOLDER / f"{name}.json").write_bytes(encode(message))
