"""Signatures over documents that a bank's ordinary tools check: CMS beside a file, PAdES in a PDF.

Called by build.py. ECDSA with the deterministic nonce of RFC 6979, so the same document signed at
the same second is the same bytes. pyHanko writes the forms; it works with coroutines, so call
this from a thread without a running event loop.
"""

import asyncio
import hashlib
import io
from datetime import datetime

from asn1crypto import algos, cms, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.federation.packages.keys import SigningKeys

_HASH = "sha256"
_FIELD = "Lianhe"
_ROOM = 8192
"""Hex digits kept free in the PDF for the signature: it takes about 3,200."""


def sign_detached(keys: SigningKeys, body: bytes, at: datetime) -> bytes:
    """A detached CMS signature (DER) of ``body``: `openssl cms -verify -binary` checks it."""
    signer = _Signer(keys)
    content = cms.ContentInfo({"content_type": "data", "content": body})
    settings = PdfCMSSignedAttributes(signing_time=at)
    signed = asyncio.run(
        signer.async_sign_general_data(content, _HASH, signed_attr_settings=settings)
    )
    return bytes(signed.dump())


def sign_pdf(keys: SigningKeys, body: bytes, at: datetime, reason: str) -> bytes:
    """The PDF with a PAdES signature (baseline B) over all of it, in one added revision."""
    # The typesetter's file ends without a line feed; what is appended must begin a line (PDF/A).
    out = io.BytesIO(body + b"\n")
    writer = _Revision(out, hashlib.sha256(body).digest())
    embedder = PdfCMSEmbedder().write_cms(field_name=_FIELD, writer=writer)
    next(embedder)
    signature = SignatureObject(
        subfilter=SigSeedSubFilter.PADES,
        timestamp=at,
        reason=reason,
        bytes_reserved=_ROOM,
    )
    embedder.send(SigObjSetup(sig_placeholder=signature))
    prepared, output = embedder.send(SigIOSetup(md_algorithm=_HASH, in_place=True))
    settings = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec())
    signed = asyncio.run(
        _Signer(keys).async_sign(
            prepared.document_digest, _HASH, use_pades=True, signed_attr_settings=settings
        )
    )
    prepared.fill_with_cms(output, signed)
    return out.getvalue()


class _Revision(IncrementalPdfFileWriter):
    """A revision that takes neither a random id nor the clock: what is signed is the pages."""

    def __init__(self, out: io.BytesIO, digest: bytes) -> None:
        super().__init__(out)
        first, _ = self._document_id
        own = generic.ByteStringObject(digest[:16])
        self._document_id = generic.ArrayObject([first, own])

    def _update_meta(self) -> None:
        """Leave the document's dates as its typesetter wrote them."""


class _Signer(Signer):
    """pyHanko's signer over our keys; both certificates travel with the signature."""

    def __init__(self, keys: SigningKeys) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(_as_asn1(keys.authority.public_bytes(Encoding.DER)))
        super().__init__(
            signing_cert=_as_asn1(keys.certificate.public_bytes(Encoding.DER)),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            embed_roots=True,
        )
        self._private = keys.private

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """The signature value. Called by the library."""
        del digest_algorithm, dry_run
        return self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))


def _as_asn1(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)
