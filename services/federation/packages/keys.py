"""The county's document keys: an authority of its own and the key packages are signed with.

Two certificates of P-256 keys. Banks trust the authority's by its SHA-256 fingerprint, printed on
the paper agreement; it signs the other, so the working key can change without a new agreement.
Made at set-up; the key files are readable by their owner alone. Decision 0040.
"""

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from kernel.errors import ensure

Random = Callable[[int], bytes]
AUTHORITY_YEARS, SIGNER_YEARS = 30, 10
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KEY, _CERTIFICATES, _AUTHORITY_KEY = "documents.key", "documents.pem", "authority.key"
_YEAR = timedelta(days=365)


class SigningKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What documents are signed with. The authority's own key is not here: it is not needed."""

    private: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate in lower-case hex: what stands on paper."""
        return self.authority.fingerprint(SHA256()).hex()

    @property
    def pem(self) -> bytes:
        """Both certificates, the authority's first: public, part of every package."""
        return self.authority.public_bytes(Encoding.PEM) + self.certificate.public_bytes(
            Encoding.PEM
        )


class NewKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Keys just made: ``authority`` is to be kept apart, for the day a new signer is needed."""

    signing: SigningKeys
    authority: ec.EllipticCurvePrivateKey


def make_signing_keys(county: str, random: Random, at: datetime) -> NewKeys:
    """Fresh keys of a county, valid from the day before ``at``; a function of its arguments."""
    root, working = _key(random), _key(random)
    begins = at.astimezone(UTC).replace(microsecond=0) - timedelta(days=1)
    about = _name(county, "担保文件根证书 Document Authority")
    authority = (
        _builder(about, about, root.public_key(), begins, AUTHORITY_YEARS, random)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root, SHA256(), ecdsa_deterministic=True)
    )
    signer = _name(county, "担保文件签章 Guarantee Documents")
    of_root = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    certificate = (
        _builder(signer, about, working.public_key(), begins, SIGNER_YEARS, random)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(of_root, critical=False)
        .sign(root, SHA256(), ecdsa_deterministic=True)
    )
    signing = SigningKeys(private=working, certificate=certificate, authority=authority)
    return NewKeys(signing=signing, authority=root)


def save_signing_keys(keys: NewKeys, folder: Path) -> None:
    """Write them, key files for their owner alone. Raises FileExistsError: never overwritten."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, body in (
        (_AUTHORITY_KEY, _private(keys.authority)),
        (_KEY, _private(keys.signing.private)),
        (_CERTIFICATES, keys.signing.pem),
    ):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())


def has_signing_keys(folder: Path) -> bool:
    """Whether the folder holds document keys."""
    return (folder / _KEY).exists()


def load_signing_keys(folder: Path) -> SigningKeys:
    """The keys of a folder. Raises FileNotFoundError; a key others may read is not used."""
    path = folder / _KEY
    mode = stat.S_IMODE(path.stat().st_mode)
    ensure(not mode & 0o077, "key_file_is_private", file=_KEY, mode=oct(mode))
    private = load_pem_private_key(path.read_bytes(), password=None)
    authority, certificate = x509.load_pem_x509_certificates((folder / _CERTIFICATES).read_bytes())
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError(_KEY)
    fits = private.public_key() == certificate.public_key()
    ensure(fits, "document_key_and_certificate_fit", folder=str(folder))
    return SigningKeys(private=private, certificate=certificate, authority=authority)


def _key(random: Random) -> ec.EllipticCurvePrivateKey:
    # 48 bytes against 32 of the order: no value is noticeably likelier than another.
    value = int.from_bytes(random(48), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(value, ec.SECP256R1())


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(county: str, role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            # X.520 allows an organisation 64 characters.
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, county[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, role),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    begins: datetime,
    years: int,
    random: Random,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(random(16), "big") >> 1 | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + years * _YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
