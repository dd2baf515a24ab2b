"""Detached CMS signatures (RFC 5652) of the one form the county writes.

Called for the manifest, the JSON and the PDF. After reading, the signature is written again
from what was read and must be the same bytes: nothing in the file is left unexplained.
"""

import hashlib
from dataclasses import dataclass

from verifier import certificate
from verifier.certificate import Certificate
from verifier.der import INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, SET, Reader, oid, tlv
from verifier.falsehood import require

_SIGNED_DATA, _DATA = oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.7.1")
_CONTENT_TYPE, _DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = oid("1.2.840.113549.1.9.5")
_SIGNING_CERTIFICATE = oid("1.2.840.113549.1.9.16.2.47")
_ALGORITHMS = oid("1.2.840.113549.1.9.52")
_SHA256_NULL = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), tlv(NULL))
_ONE = tlv(INTEGER, b"\x01")
# The algorithms are signed too (RFC 6211), so that none can be put in another's place.
_PROTECTED = tlv(SEQUENCE, _SHA256_NULL, tlv(0xA1, oid("1.2.840.10045.4.3.2")))


@dataclass(frozen=True)
class Signed:
    """Who signed: the signer's certificate, its authority's; when, if the signature says it."""

    signer: Certificate
    authority: Certificate
    time: bytes


def check(body: bytes, content: bytes, place: str) -> Signed:
    """Prove that ``body`` is a signature of ``content`` by a certificate of its authority.

    Whether that authority is the county's is for the caller to say. Raises Falsehood.
    """
    outer = Reader(body, place)
    wrapped = outer.enter(SEQUENCE)
    outer.end()
    require(wrapped.raw(OID) == _SIGNED_DATA, "not_der", place)
    data = wrapped.enter(0xA0).enter(SEQUENCE)
    require(data.raw(INTEGER) == _ONE, "not_der", place)
    hashes, about = data.raw(SET), data.raw(SEQUENCE)
    require(about == tlv(SEQUENCE, _DATA), "not_der", place)
    bag = data.enter(0xA0)
    certificates = []
    while bag:
        certificates.append(certificate.parse(bag.raw(SEQUENCE), place))
    info = data.enter(SET).enter(SEQUENCE)
    require(info.raw(INTEGER) == _ONE, "not_der", place)
    issuer = info.enter(SEQUENCE)
    name, serial = issuer.raw(SEQUENCE), issuer.raw(INTEGER)
    algorithm, attributes = info.raw(SEQUENCE), info.take(0xA0)
    info.raw(SEQUENCE)
    signature = info.take(OCTET_STRING)
    info.end()

    signer, authority = _pair(certificates, name, serial, place)
    require(algorithm == _SHA256_NULL, "not_der", place)
    require(hashes == tlv(SET, algorithm), "not_der", place)
    again = _write(certificates, signer, algorithm, attributes, signature)
    require(again == body, "not_der", place)
    time = _attributes(attributes, signer, content, place)
    signed = tlv(SET, attributes)
    holds = certificate.signature_holds(signer.public, signed, signature)
    require(holds, "signature_false", place)
    return Signed(signer, authority, time)


def _pair(
    certificates: list[Certificate], issuer: bytes, serial: bytes, place: str
) -> tuple[Certificate, Certificate]:
    """The signer's certificate and the authority that signed it; there must be just these."""
    require(len(certificates) == 2, "certificates_missing", place)
    ours = [one for one in certificates if (one.issuer, one.serial) == (issuer, serial)]
    roots = [one for one in certificates if one.is_authority]
    require(len(ours) == 1 and len(roots) == 1, "certificates_missing", place)
    signer, authority = ours[0], roots[0]
    require(signer is not authority, "certificates_missing", place)
    require(authority.signed_by(authority), "certificate_false", place)
    require(signer.signed_by(authority), "certificate_false", place)
    return signer, authority


def _attributes(attributes: bytes, signer: Certificate, content: bytes, place: str) -> bytes:
    """Check what is signed beside the content; give the signing time's content if there."""
    reader = Reader(attributes, place)
    found: dict[bytes, bytes] = {}
    while reader:
        one = reader.enter(SEQUENCE)
        name, values = one.raw(OID), one.take(SET)
        one.end()
        require(name not in found, "not_der", place)
        found[name] = values
    digest = hashlib.sha256(content).digest()
    require(found.pop(_CONTENT_TYPE, b"") == _DATA, "not_der", place)
    signed = found.pop(_DIGEST, b"")
    require(signed == tlv(OCTET_STRING, digest), "signs_other_content", place)
    bound = found.pop(_SIGNING_CERTIFICATE, b"")
    require(bound == _binding(signer), "certificate_false", place)
    protected = found.pop(_ALGORITHMS, _PROTECTED)  # PDF signatures lack it
    require(protected == _PROTECTED, "not_der", place)
    time = found.pop(_SIGNING_TIME, b"")
    require(not found, "not_der", place)
    return time


def _binding(signer: Certificate) -> bytes:
    """The attribute that binds a signature to one certificate (RFC 5035)."""
    issuer = tlv(SEQUENCE, tlv(SEQUENCE, tlv(0xA4, signer.issuer)), signer.serial)
    digest = tlv(OCTET_STRING, hashlib.sha256(signer.der).digest())
    return tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, digest, issuer)))


def _write(
    certificates: list[Certificate],
    signer: Certificate,
    algorithm: bytes,
    attributes: bytes,
    signature: bytes,
) -> bytes:
    info = tlv(
        SEQUENCE,
        _ONE,
        tlv(SEQUENCE, signer.issuer, signer.serial),
        algorithm,
        tlv(0xA0, attributes),
        certificate.ECDSA_SHA256,
        tlv(OCTET_STRING, signature),
    )
    data = tlv(
        SEQUENCE,
        _ONE,
        tlv(SET, algorithm),
        tlv(SEQUENCE, _DATA),
        tlv(0xA0, *sorted(one.der for one in certificates)),
        tlv(SET, info),
    )
    return tlv(SEQUENCE, _SIGNED_DATA, tlv(0xA0, data))
