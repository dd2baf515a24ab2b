"""Proves a guarantee package: files, signatures, form, inner truths, Excel and PDF, in this order.

Called by the entry with the files of a zip or a folder. Needs no database, no network and no
trust in who made the package; whose certificate signed it is for the reader to know.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifier import certificate, cms, form, pdf, sheet, strict_json, truths
from verifier.cms import Signed
from verifier.der import LONG_TIME, UTC_TIME, Reader
from verifier.falsehood import Falsehood, require

MANIFEST, MANIFEST_SIGNATURE = "manifest.json", "manifest.json.p7s"
PACKAGE, PACKAGE_SIGNATURE = "package.json", "package.json.p7s"
EXCEL, PDF, CERTIFICATES, README = "borrowers.xlsx", "guarantee.pdf", "county.pem", "README.txt"
SIGNED_FILES = (README, PACKAGE, PACKAGE_SIGNATURE, EXCEL, PDF, CERTIFICATES)
"""What the manifest lists, in the order in which it stands in the zip."""
FILES = (*SIGNED_FILES, MANIFEST, MANIFEST_SIGNATURE)


@dataclass(frozen=True)
class Proven:
    """A package in which no false fact was found. ``trusted``: signed by the county given."""

    package: dict[str, Any]
    authority: str
    signed_at: str
    trusted: bool


def looks_like(names: Mapping[str, bytes]) -> bool:
    """Whether these files mean to be a package."""
    return MANIFEST in names or PACKAGE in names


def check(files: Mapping[str, bytes], fingerprint: str) -> Proven:
    """Raise Falsehood for the first false fact; ``fingerprint`` is "" when none was given."""
    for name in FILES:
        require(name in files, "file_missing", name, file=name)
    for name in files:
        require(name in FILES, "file_unlisted", name, file=name)
    signed = cms.check(files[MANIFEST_SIGNATURE], files[MANIFEST], MANIFEST_SIGNATURE)
    authority = signed.authority.fingerprint
    require(fingerprint in {"", authority}, "another_key", MANIFEST_SIGNATURE,
            found=authority, given=fingerprint)  # fmt: skip
    manifest = _manifest(files, signed)
    package = _package(files, signed)
    _agree(manifest, package)
    truths.check(package)
    sheet.check(files[EXCEL], package, EXCEL)
    _same_signer(pdf.check(files[PDF], files[PACKAGE], PDF), signed, PDF)
    return Proven(package, authority, manifest["signed_at"], bool(fingerprint))


def _manifest(files: Mapping[str, bytes], signed: Signed) -> dict[str, Any]:
    manifest: dict[str, Any] = strict_json.read(files[MANIFEST], MANIFEST)
    form.check(manifest, "manifest", MANIFEST)
    _time(manifest["signed_at"], signed)
    authority = signed.authority.fingerprint
    require(manifest["authority"] == authority, "another_key", f"{MANIFEST} · authority",
            found=authority, given=manifest["authority"])  # fmt: skip
    listed = {one["name"]: one for one in manifest["files"]}
    for name in SIGNED_FILES:
        require(name in listed, "file_unlisted", f"{MANIFEST} · files", file=name)
        found = hashlib.sha256(files[name]).hexdigest()
        require(found == listed[name]["sha256"], "file_altered", name,
                found=found, listed=listed[name]["sha256"])  # fmt: skip
        require(len(files[name]) == listed[name]["bytes"], "differs", f"{MANIFEST} · files",
                said=listed[name]["bytes"], true=len(files[name]),
                because=f"文件 {name}", because_en=f"the file {name}")  # fmt: skip
    require(tuple(one["name"] for one in manifest["files"]) == SIGNED_FILES, "not_allowed",
            f"{MANIFEST} · files", value=", ".join(listed), allowed=SIGNED_FILES)  # fmt: skip
    inside = certificate.from_pem(files[CERTIFICATES], CERTIFICATES)
    require([one.der for one in inside] == [signed.authority.der, signed.signer.der],
            "certificate_differs", CERTIFICATES)  # fmt: skip
    return manifest


def _package(files: Mapping[str, bytes], signed: Signed) -> dict[str, Any]:
    own = cms.check(files[PACKAGE_SIGNATURE], files[PACKAGE], PACKAGE_SIGNATURE)
    _same_signer(own, signed, PACKAGE_SIGNATURE)
    package: dict[str, Any] = strict_json.read(files[PACKAGE], PACKAGE)
    form.check(package, "package", PACKAGE)
    return package


def _agree(manifest: dict[str, Any], package: dict[str, Any]) -> None:
    """The manifest is of this very package."""
    for field, true in (
        ("package", package["id"]),
        ("county", package["county"]),
        ("bank", package["bank"]["id"]),
        ("heads", package["heads"]),
    ):
        require(manifest[field] == true, "differs", f"{MANIFEST} · {field}",
                said=manifest[field], true=true,
                because=PACKAGE, because_en=PACKAGE)  # fmt: skip


def _same_signer(one: Signed, other: Signed, place: str) -> None:
    same = one.signer.der == other.signer.der and one.authority.der == other.authority.der
    require(same, "certificate_differs", place)


def _time(signed_at: str, signed: Signed) -> None:
    """The manifest's signing time is the signature's own, within both certificates' lives."""
    plain = "".join(mark for mark in signed_at if mark.isdigit())
    reader = Reader(signed.time, MANIFEST_SIGNATURE)
    if reader.peek() == UTC_TIME:
        told = "20" + reader.take(UTC_TIME).decode("latin-1")
    elif reader.peek() == LONG_TIME:
        told = reader.take(LONG_TIME).decode("latin-1")
    else:
        raise Falsehood("not_der", MANIFEST_SIGNATURE)
    reader.end()
    require(told == f"{plain}Z", "signing_time_differs", f"{MANIFEST} · signed_at")
    for one in (signed.signer, signed.authority):
        require(one.begins <= plain <= one.ends, "certificate_expired", MANIFEST_SIGNATURE,
                time=signed_at, begins=one.begins, ends=one.ends)  # fmt: skip
