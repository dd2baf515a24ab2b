"""Makes a guarantee package: from what is said to one signed zip, the same bytes for the same.

Called by the step that sends a package, with data read from the books before. Knows no database
and no clock. What it made is verified by the bank's own verifier before it is handed out.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources

import msgspec

from contracts.codec import decode, encode
from contracts.manifest import Manifest, ManifestFile
from contracts.package import GuaranteePackage
from kernel.errors import InvariantViolation
from services.federation.packages.document import document
from services.federation.packages.keys import SigningKeys
from services.federation.packages.signing import sign_detached, sign_pdf
from services.federation.packages.workbook import workbook
from verifier import package as proof
from verifier.container import pack
from verifier.falsehood import Falsehood

SUITE = "ecdsa-p256-sha256.v1"
_REASON = "担保文件 {}"


def file_name(said: GuaranteePackage) -> str:
    """The name under which the package is sent."""
    return f"guarantee-package-{said.id}.zip"


def build_package(said: GuaranteePackage, keys: SigningKeys, at: datetime) -> bytes:
    """The zip of a package signed at ``at`` (aware; cut to the second).

    Raises InvariantViolation ``package_is_true`` with the first false fact when what is said
    does not agree with itself, ``package_is_well_formed`` when a value has no allowed form.
    """
    moment = at.astimezone(UTC).replace(microsecond=0)
    files = build_files(said, keys, moment)
    try:
        proof.check(files, keys.fingerprint)
    except Falsehood as false:
        raise InvariantViolation(
            "package_is_true", package=said.id, fact=false.name, place=false.place, said=str(false)
        ) from false
    return pack(files)


def build_files(said: GuaranteePackage, keys: SigningKeys, at: datetime) -> dict[str, bytes]:
    """The files of a package in the order of the zip, not yet verified."""
    body = _well_formed(said)
    plain = msgspec.json.decode(body)
    files = {
        proof.README: _readme(said),
        proof.PACKAGE: body,
        proof.PACKAGE_SIGNATURE: sign_detached(keys, body, at),
        proof.EXCEL: workbook(plain, said.made_on),
        proof.PDF: sign_pdf(
            keys, document(said, body, keys.fingerprint, at), at, _REASON.format(said.id)
        ),
        proof.CERTIFICATES: keys.pem,
    }
    manifest = manifest_of(said, keys, at, files)
    files[proof.MANIFEST] = manifest
    files[proof.MANIFEST_SIGNATURE] = sign_detached(keys, manifest, at)
    return files


def manifest_of(
    said: GuaranteePackage, keys: SigningKeys, at: datetime, files: Mapping[str, bytes]
) -> bytes:
    """The canonical bytes of ``manifest.json`` over the signed files among these."""
    return encode(
        Manifest(
            package=said.id,
            county=said.county,
            bank=said.bank.id,
            signed_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            suite=SUITE,
            authority=keys.fingerprint,
            heads=said.heads,
            files=tuple(
                ManifestFile(
                    name=name,
                    bytes=len(files[name]),
                    sha256=hashlib.sha256(files[name]).hexdigest(),
                )
                for name in proof.SIGNED_FILES
            ),
        )
    )


def _well_formed(said: GuaranteePackage) -> bytes:
    """Canonical bytes; reading them back checks every bound that the types state."""
    body = encode(said)
    try:
        decode(body, GuaranteePackage)
    except msgspec.ValidationError as error:
        raise InvariantViolation(
            "package_is_well_formed", package=said.id, said=str(error)
        ) from error
    return body


def _readme(said: GuaranteePackage) -> bytes:
    # The fingerprint is not told here: whoever forged a package would tell his own.
    text = resources.files(__package__).joinpath("readme.txt").read_text(encoding="utf-8")
    return text.format(package=said.id, file=file_name(said), county=said.county).encode()
