"""X.509 certificates as the county makes them: P-256 keys, ECDSA with SHA-256, two in a row.

The authority's certificate signs itself and is trusted by the fingerprint exchanged on paper;
it signs the certificate the package is signed with. Nothing else of X.509 is understood, and
an unknown critical extension is refused.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from verifier import p256
from verifier.der import BIT_STRING, INTEGER, LONG_TIME, OID, SEQUENCE, UTC_TIME, Reader, oid, tlv
from verifier.falsehood import Falsehood, require

ECDSA_SHA256 = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
_EC_P256 = tlv(SEQUENCE, oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
_KEY_USAGE, _BASIC = oid("2.5.29.15"), oid("2.5.29.19")
_TRUE = b"\x01\x01\xff"
_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\n((?:[A-Za-z0-9+/=]+\n)+)-----END CERTIFICATE-----\n"
)


@dataclass(frozen=True)
class Certificate:
    """What is read of a certificate. Times are ``YYYYMMDDHHMMSS`` UTC."""

    der: bytes
    signed: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    begins: str
    ends: str
    public: p256.Point
    signature: bytes
    is_authority: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex, as `openssl x509 -fingerprint -sha256` prints it without colons."""
        return hashlib.sha256(self.der).hexdigest()

    def signed_by(self, other: "Certificate") -> bool:
        """Whether ``other``'s key made this certificate's signature, under its name."""
        return (
            other.is_authority
            and self.issuer == other.subject
            and signature_holds(other.public, self.signed, self.signature)
        )


def signature_holds(public: p256.Point, message: bytes, signature: bytes) -> bool:
    """Check a DER-encoded ECDSA signature; False also when its encoding is not the one."""
    try:
        reader = Reader(signature, "")
        pair = reader.enter(SEQUENCE)
        reader.end()
        r, s = pair.integer(), pair.integer()
        pair.end()
    except Falsehood:
        return False
    return p256.verify(public, message, r, s)


def from_pem(text: bytes, place: str) -> list[Certificate]:
    """The certificates of a PEM file that holds nothing else, in its order."""
    try:
        plain = text.decode("ascii")
    except UnicodeDecodeError:
        plain = ""
    blocks = _PEM.findall(plain)
    require(bool(blocks) and _PEM.sub("", plain) == "", "not_pem", place)
    found = []
    for block in blocks:
        try:
            der = base64.b64decode(block.replace("\n", ""), validate=True)
        except binascii.Error:
            raise Falsehood("not_pem", place) from None
        found.append(parse(der, place))
    return found


def parse(der: bytes, place: str) -> Certificate:
    """Read one certificate. Raises Falsehood when it is not of the county's form."""
    outer = Reader(der, place)
    body = outer.enter(SEQUENCE)
    outer.end()
    signed = body.raw(SEQUENCE)
    require(body.raw(SEQUENCE) == ECDSA_SHA256, "not_our_certificate", place)
    signature = body.bits()
    body.end()
    inner = Reader(signed, place).enter(SEQUENCE)
    require(inner.enter(0xA0).integer() == 2, "not_our_certificate", place)
    serial = inner.raw(INTEGER)
    require(inner.raw(SEQUENCE) == ECDSA_SHA256, "not_our_certificate", place)
    issuer = inner.raw(SEQUENCE)
    validity = inner.enter(SEQUENCE)
    begins, ends = _time(validity), _time(validity)
    validity.end()
    subject = inner.raw(SEQUENCE)
    key = inner.enter(SEQUENCE)
    algorithm, public = key.raw(SEQUENCE), p256.point(key.bits())
    key.end()
    if algorithm != _EC_P256 or public is None:
        raise Falsehood("not_our_certificate", place)
    authority = _extensions(inner.enter(0xA3).enter(SEQUENCE), place)
    inner.end()
    return Certificate(
        der, signed, serial, issuer, subject, begins, ends, public, signature, authority
    )


def _time(reader: Reader) -> str:
    if reader.peek() == UTC_TIME:
        text = reader.take(UTC_TIME).decode("latin-1")
        text = ("19" if text[:2] >= "50" else "20") + text
    else:
        text = reader.take(LONG_TIME).decode("latin-1")
    require(re.fullmatch(r"\d{14}Z", text) is not None, "not_our_certificate", reader.place)
    return text[:-1]


def _extensions(reader: Reader, place: str) -> bool:
    """Whether basic constraints say "authority"; unknown critical ones are refused."""
    authority = False
    while reader:
        one = reader.enter(SEQUENCE)
        name = one.raw(OID)
        critical = one.peek() == 1 and one.raw(1) == _TRUE
        value = one.take(4)
        one.end()
        require(not critical or name in {_KEY_USAGE, _BASIC}, "not_our_certificate", place)
        if name == _BASIC:
            authority = _TRUE in value
        if name == _KEY_USAGE:
            require(value[:1] == bytes((BIT_STRING,)), "not_our_certificate", place)
    return authority
