"""A guarantee package looked at for its bank: the public verifier's verdict, and its messages.

Called by pages and API. The verdict is only shown for comparison: a bank runs the verifier itself
and trusts nobody here. The messages are made from the signed package alone.
"""

import hashlib
from functools import lru_cache

import msgspec
import sqlalchemy as sa

from contracts.bank import Verdict
from contracts.codec import decode
from contracts.package import GuaranteePackage
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.county import County
from services.federation.guarantee_messages.exchange import write_guarantee_message
from services.federation.guarantee_messages.messages import Party
from services.federation.guarantee_messages.translation import guarantees_of
from verifier import package as proof
from verifier.container import pack, unpack
from verifier.falsehood import Falsehood, require

_UNION = "union"


@lru_cache(maxsize=8)
def borrowers(body: bytes) -> dict[str, str]:
    """Line → the borrower's name and masked ID as the package tells them; {} for no package."""
    try:
        said = decode(unpack(body, "zip")[proof.PACKAGE], GuaranteePackage)
    except (Falsehood, KeyError, msgspec.MsgspecError):
        return {}
    return {one.guarantee: f"{one.name} {one.id_masked}" for one in said.lines}


@lru_cache(maxsize=8)
def verdict(body: bytes, expected: str) -> Verdict:
    """What the verifier finds in a package; ``expected`` is the SHA-256 its case names."""
    sha256 = hashlib.sha256(body).hexdigest()
    try:
        require(sha256 == expected, "container_altered", "zip")
        proven = proof.check(unpack(body, "zip"), "")
    except Falsehood as false:
        return Verdict(
            holds=False,
            sha256=sha256,
            authority="",
            zh=f"{false.place}:{false.text('zh')}",
            en=f"{false.place}: {false.text('en')}",
        )
    lines = len(proven.package["lines"])
    return Verdict(
        holds=True,
        sha256=sha256,
        authority=proven.authority,
        zh=f"全部属实:{proven.package['id']},{lines} 笔,签署于 {proven.signed_at}。",
        en=f"Everything holds: {proven.package['id']}, {lines} lines, signed {proven.signed_at}.",
    )


def issue_messages(conn: sa.Connection, county: County, package: Case, body: bytes) -> bytes:
    """A zip of one tsrv.001 for each line. Raises DOCUMENT_CHANGED for no true package."""
    try:
        files = unpack(body, "zip")
        said = decode(files[proof.PACKAGE], GuaranteePackage)
    except (Falsehood, KeyError, msgspec.MsgspecError) as error:
        raise Rejected(RejectionCode.DOCUMENT_CHANGED, paper=proof.PACKAGE) from error
    made = guarantees_of(
        said,
        manifest=str(package.terms["manifest"]),
        issuer=Party(id=_UNION, name=county.name),
        late_days=county.world.policy(conn, package.parties["coop"]).days("claim.late_days"),
    )
    return pack({f"{one.guarantee_id}.xml": write_guarantee_message(one) for one in made})
