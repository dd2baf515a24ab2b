"""The county's own keys: it signs with one, opens sealed records with another, indexes by a third.

Kept as files that only the service's user can read. Called by the composition root and set-up.
Who a node is, is told by the register of keys (cases/registers.py) and contracts.requests.
"""

import hashlib
import hmac
import os
import stat
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.codec import digest, public_bytes
from contracts.persons import Person, PersonRecord, Random, open_record, public_key
from contracts.sync import CountyCard
from kernel.errors import ensure

_SECRET = 32
_FILES = ("signing.key", "sealing.key", "index.key")


class CountyKeys(msgspec.Struct, frozen=True, kw_only=True):
    """``signing`` signs K(i) and heads, ``sealing`` opens persons, ``index`` finds cards again."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    index: bytes

    @property
    def key(self) -> str:
        """Id both public halves are known by: ``county-`` and 16 hex of their digest."""
        halves = public_bytes(self.signing) + public_key(self.sealing)
        return f"county-{digest('key', halves).hex()[:16]}"

    def card(self, address: str = "") -> CountyCard:
        """The public halves, to be written into a node when it is set up."""
        return CountyCard(
            key=self.key,
            signing=public_bytes(self.signing).hex(),
            sealing=public_key(self.sealing).hex(),
            address=address,
        )

    def open(self, record: PersonRecord) -> Person | None:
        """The person of a sealed record; None if it is not addressed to this county."""
        return open_record(record, self.key, self.sealing)

    def card_index(self, number: str) -> bytes:
        """Keyed digest of a card number: an unkeyed one falls to a list of cards; b"" for none."""
        plain = "".join(number.split())
        if not plain:
            return b""
        return hmac.new(self.index, b"lianhe.card\x00" + plain.encode(), hashlib.sha256).digest()


def make_keys(random: Random) -> CountyKeys:
    """Fresh keys from a source of unguessable bytes."""
    return _keys([random(_SECRET) for _ in _FILES])


def save_keys(keys: CountyKeys, folder: Path) -> None:
    """Write the keys, readable by their owner alone. Raises FileExistsError: never overwritten."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets = (keys.signing.private_bytes_raw(), keys.sealing.private_bytes_raw(), keys.index)
    for name, secret in zip(_FILES, secrets, strict=True):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secret.hex())
            file.flush()
            os.fsync(file.fileno())


def load_keys(folder: Path) -> CountyKeys:
    """The keys of a folder. Raises FileNotFoundError; files others may read are not used."""
    secrets = []
    for name in _FILES:
        path = folder / name
        mode = stat.S_IMODE(path.stat().st_mode)
        ensure(not mode & 0o077, "key_file_is_private", file=name, mode=oct(mode))
        secrets.append(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    return _keys(secrets)


def _keys(secrets: list[bytes]) -> CountyKeys:
    signing, sealing, index = secrets
    return CountyKeys(
        signing=Ed25519PrivateKey.from_private_bytes(signing),
        sealing=X25519PrivateKey.from_private_bytes(sealing),
        index=index,
    )
