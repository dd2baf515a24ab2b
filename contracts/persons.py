"""Personal data on its way between node and county: sealed, apart from the books.

Acts carry person ids only. A record is encrypted under the person's own key and that key is
wrapped for each recipient, so a person can be forgotten (destroy the keys) while the books stay
whole. Called by node and federation; randomness is handed in.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.codec import decode, encode

SUITE = "x25519-hkdf-aes256gcm.v1"
_NONCE = 12
Random = Callable[[int], bytes]


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must never stand in a book, a log or an export."""

    name: str
    card: str = ""
    id_number: str = ""
    phone: str = ""


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed Person. ``keys`` maps recipient → the person's key wrapped for that recipient."""

    person: str
    version: int
    suite: str
    sealed: str
    keys: dict[str, str]


def public_key(private: X25519PrivateKey) -> bytes:
    """The 32 raw public bytes records are wrapped for."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def seal(
    person: str, version: int, data: Person, recipients: Mapping[str, bytes], random: Random
) -> PersonRecord:
    """Encrypt ``data`` for every recipient (name → X25519 public bytes)."""
    key, nonce = random(32), random(_NONCE)
    about = f"{person}/{version}".encode()
    return PersonRecord(
        person=person,
        version=version,
        suite=SUITE,
        sealed=b64encode(nonce + AESGCM(key).encrypt(nonce, encode(data), about)).decode(),
        keys={name: _wrap(key, public, about, random) for name, public in recipients.items()},
    )


def open_record(record: PersonRecord, recipient: str, private: X25519PrivateKey) -> Person | None:
    """The person as ``recipient`` reads it; None if not addressed to it or tampered with."""
    wrapped = record.keys.get(recipient)
    if wrapped is None or record.suite != SUITE:
        return None
    about = f"{record.person}/{record.version}".encode()
    try:
        raw = b64decode(wrapped, validate=True)
        shared = private.exchange(X25519PublicKey.from_public_bytes(raw[:32]))
        key = AESGCM(_derive(shared)).decrypt(raw[32 : 32 + _NONCE], raw[32 + _NONCE :], about)
        body = b64decode(record.sealed, validate=True)
        return decode(AESGCM(key).decrypt(body[:_NONCE], body[_NONCE:], about), Person)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        return None


def _wrap(key: bytes, public: bytes, about: bytes, random: Random) -> str:
    once = X25519PrivateKey.from_private_bytes(random(32))
    shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    nonce = random(_NONCE)
    sealed = AESGCM(_derive(shared)).encrypt(nonce, key, about)
    return b64encode(public_key(once) + nonce + sealed).decode()


def _derive(shared: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=SUITE.encode()).derive(shared)
