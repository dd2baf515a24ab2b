"""The manifest of a guarantee package (清单): the list of its files, and what the county signs.

Written by services/federation/packages when a set is made; read by banks and by `lianhe verify`
through the schema made from these types. It says nothing of the package's content.
"""

from typing import Annotated

import msgspec

from contracts.package import BookHead, Said
from contracts.package_values import Digest, Id, Text


class ManifestFile(Said, frozen=True):
    """One file of the package: its size in bytes and SHA-256."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    bytes: Annotated[int, msgspec.Meta(ge=0, le=2**31)]
    sha256: Digest


class Manifest(Said, frozen=True, tag="guarantee-manifest.v1"):
    """The list of files that the county signs (清单): all of the package but itself.

    ``authority`` is the SHA-256 fingerprint of the county's certificate, the one exchanged on
    paper; ``signed_at`` is the second of signing, UTC.
    """

    package: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    county: Text
    bank: Id
    signed_at: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
    ]
    suite: Annotated[str, msgspec.Meta(pattern=r"^ecdsa-p256-sha256\.v1$")]
    authority: Digest
    heads: Annotated[tuple[BookHead, ...], msgspec.Meta(min_length=1)]
    files: Annotated[tuple[ManifestFile, ...], msgspec.Meta(min_length=1)]
