"""Proves a batch of a book, as a node or the county seals it: signature, chain, balance, totals.

Called by the entry with the bytes that travel by network or USB. It cannot know that an act was
right, only that the batch is what its key signed and that the book in it adds up.
"""

import base64
import binascii
import hashlib
import zlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from verifier import ed25519, strict_json
from verifier.falsehood import Falsehood, Unreadable, require

_BYTES_MAX = 64 * 1024 * 1024
BATCH = "batch"
_SUITE = "ed25519-sha256.v1"
_ENVELOPE = ["type", "suite", "key", "signature", "body"]
_FIELDS = {
    "book": (str,),
    "first": (int,),
    "last": (int,),
    "opening_digest": (str,),
    "closing_digest": (str,),
    "closes": (str, type(None)),
}
Totals = dict[tuple[str, str], int]
"""Amounts (fen) by account and funding."""


@dataclass(frozen=True)
class ProvenBatch:
    """A batch that holds together. ``trusted``: the signature is by the public key given."""

    book: str
    first: int
    last: int
    closes: str
    key: str
    trusted: bool


def inflate(body: bytes) -> bytes:
    """The envelope inside what travels. Raises Unreadable when it is no batch."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(body, _BYTES_MAX)
    except zlib.error:
        raise _not_known() from None
    if inflater.unconsumed_tail or inflater.unused_data or not inflater.eof:
        raise _not_known()
    return plain


def check(plain: bytes, public: str) -> ProvenBatch:
    """Raise Falsehood for the first false fact. ``public`` is the 64 hex of a key, or ""."""
    envelope = opened(plain)
    body = envelope["body"]
    if public:
        require(signed(envelope, public, BATCH), "signature_false", "envelope · signature")
    batch = strict_json.spans(body, "batch")
    told: dict[str, Any] = {
        name: strict_json.read(value, f"batch · {name}")
        for name, value in batch.items()
        if name != "acts"
    }
    for name, kind in _FIELDS.items():
        require(name in told, "missing_field", "batch", field=name)
        require(type(told[name]) in kind, "not_json", f"batch · {name}")
    acts = strict_json.items(batch.get("acts", b"[]"), "batch · acts")
    moved = follow(acts, told, "batch")
    _totals(told, moved)
    return ProvenBatch(
        book=told["book"],
        first=told["first"],
        last=told["last"],
        closes=told["closes"] or "",
        key=strict_json.read(envelope["key"], "envelope · key"),
        trusted=bool(public),
    )


def opened(plain: bytes) -> dict[str, bytes]:
    """The members of an envelope as the bytes that stand there. Raises Falsehood."""
    envelope = strict_json.spans(plain, "envelope")
    require(list(envelope) == _ENVELOPE, "not_json", "envelope")
    return envelope


def signed(envelope: dict[str, bytes], public: str, domain: str) -> bool:
    """Whether the key (64 hex) signed the body, byte for byte, as something of this domain."""
    try:
        text = strict_json.read(envelope["signature"], "envelope · signature")
        signature = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return False
    suite = strict_json.read(envelope["suite"], "envelope · suite")
    said = _digest(f"sign.{domain}", _SUITE.encode(), envelope["body"])
    return suite == _SUITE and ed25519.verify(bytes.fromhex(public), said, signature)


def _digest(domain: str, *parts: bytes) -> bytes:
    state = hashlib.sha256(b"lianhe." + domain.encode() + b"\x00")
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()


def follow(acts: list[bytes], told: dict[str, Any], place: str) -> Totals:
    """Follow the chain over the acts; give debit less credit by account and funding.

    ``told`` says book, first, last, opening_digest and closing_digest. Raises Falsehood.
    """
    moved: Totals = defaultdict(int)
    try:
        chain = bytes.fromhex(told["opening_digest"])
        for seq, body in enumerate(acts, told["first"]):
            at = f"{place} · acts [{seq}]"
            act = strict_json.read(body, at)
            require(act["book"] == told["book"], "other_book", at,
                    said=act["book"], true=told["book"])  # fmt: skip
            require(act["seq"] == seq, "sequence_gap", at, said=act["seq"], true=seq)
            for debit, _, credit, _, funding, amount in act.get("movements", ()):
                kinds = (type(debit), type(credit), type(funding), type(amount))
                require(kinds == (str, str, str, int), "not_json", at)
                require(amount > 0, "out_of_range", at, value=amount)
                moved[debit, funding] += amount
                moved[credit, funding] -= amount
            chain = hashlib.sha256(b"lianhe.act\x00" + chain + body).digest()
    except (KeyError, TypeError, ValueError):
        raise Falsehood("not_json", f"{place} · acts") from None
    last = told["first"] + len(acts) - 1
    require(last == told["last"], "sequence_gap", f"{place} · last", said=told["last"], true=last)
    require(chain.hex() == told["closing_digest"], "chain_broken", f"{place} · closing_digest",
            found=chain.hex(), said=told["closing_digest"])  # fmt: skip
    return moved


def _totals(told: dict[str, Any], moved: Totals) -> None:
    """Opening and movements make closing.

    Totals stand on each account's own normal side, which is not in a batch: every funding of an
    account must agree on one of the two sides.
    """
    opening, closing = _told(told, "opening"), _told(told, "closing")
    sides: dict[str, set[int]] = defaultdict(lambda: {1, -1})
    for account, funding in sorted({*opening, *closing, *moved}):
        before, after = opening.get((account, funding), 0), closing.get((account, funding), 0)
        change = moved.get((account, funding), 0)
        sides[account] &= {side for side in (1, -1) if before + side * change == after}
        require(bool(sides[account]), "totals_differ", "batch · closing", account=account,
                funding=funding, opening=before, moved=change, closing=after)  # fmt: skip


def _told(told: dict[str, Any], name: str) -> Totals:
    found: Totals = {}
    try:
        for account, funding, amount in told[name]:
            kinds = (type(account), type(funding), type(amount))
            require(kinds == (str, str, int), "not_json", f"batch · {name}")
            found[account, funding] = amount
    except (KeyError, TypeError, ValueError):
        raise Falsehood("not_json", f"batch · {name}") from None
    return found


def _not_known() -> Unreadable:
    return Unreadable(
        "不是担保文件包、日批或带证明的导出（单独的账表没有签名，请用 --format proof 导出）",
        "no guarantee package, batch or proven export (a table alone carries no signature)",
    )
