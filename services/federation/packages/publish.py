"""An approved package leaves: rendered and signed outside any transaction, kept, then sent.

Called by Temporal's activities ``package.render`` and ``package.send``, and by ``publish`` where
there is no Temporal. Each step is idempotent and each writes in one transaction; a kill between
them leaves a kept set that is sent the next time. Needs a thread without a running event loop.
"""

import hashlib
from pathlib import Path

import sqlalchemy as sa

from contracts.facts.guarantees import PackageRendered
from contracts.package import GuaranteePackage
from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from kernel.cases import Case
from kernel.errors import InvariantViolation, Rejected
from services.federation.cases import findings, packages, papers
from services.federation.county import County
from services.federation.packages.assemble import assemble, opened_count
from services.federation.packages.build import build_package, file_name
from services.federation.packages.keys import SigningKeys, has_signing_keys, load_signing_keys
from services.federation.transactions import in_transaction
from verifier import package as proof
from verifier.container import unpack

MEDIA = "application/zip"
FINDING = "package_not_sent"
_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_UNTRUE = ("package_is_true", "package_is_well_formed")
_ATTEMPTS = 3
"""A night may close between rendering and sending, and the set is made anew; never so often."""


class _DayPassed(Exception):
    """The county's day moved on since the set was made: its letter would carry another date."""


def publish(engine: sa.Engine, county: County, keys: SigningKeys, case: str) -> bool:
    """Render and send an approved package; whether it is sent. Twice is once.

    A package that cannot be said truly stays approved, with a finding that names why.
    """
    for _ in range(_ATTEMPTS):
        if not render(engine, county, keys, case):
            return False
        if send(engine, county, case):
            return True
    return False


def render(engine: sa.Engine, county: County, keys: SigningKeys | Path, case: str) -> bool:
    """Make and keep the signed set of an approved package; whether there is one to be sent.

    ``keys`` may be the folder they lie in. What was made today already is not made again.
    """
    found = _load(engine, case)
    if found is None or found.state != "approved":
        return found is not None and found.state == "sent"
    with reading(engine).connect() as conn:
        if packages.rendering(conn, found) is not None:
            return True
    try:
        signing = _keys(keys)
        with reading(engine).connect().execution_options(**_MOMENT) as conn, conn.begin():
            said = assemble(conn, county, found)
        body = _built(said, signing, county)
    except Rejected as refusal:
        _not_sent(engine, county, found, refusal)
        return False
    _keep(engine, county, found, said, body)
    return True


def send(engine: sa.Engine, county: County, case: str) -> bool:
    """Send the set that was made today; whether the package is sent now, by this call or before."""

    def work(conn: sa.Connection) -> bool:
        found = store.load(conn, store.COUNTY_SCOPE, case)
        if found is None or found.state != "approved":
            return found is not None and found.terms.get("file") is not None
        made = packages.rendering(conn, found)
        if made is None:
            return False
        done = packages.send(conn, county.world, found, made.manifest, made.file)
        if done.acts[0].business_date != made.issued_on:
            raise _DayPassed
        findings.settled(conn, county, FINDING, case, {"file": made.file})
        return True

    try:
        return in_transaction(engine, work)
    except _DayPassed:
        return False


def _load(engine: sa.Engine, case: str) -> Case | None:
    with reading(engine).connect() as conn:
        found = store.load(conn, store.COUNTY_SCOPE, case)
    return found if found is not None and found.process == packages.PROCESS else None


def _keys(keys: SigningKeys | Path) -> SigningKeys:
    if isinstance(keys, SigningKeys):
        return keys
    if not has_signing_keys(keys):
        raise Rejected(RejectionCode.DOCUMENT_KEYS_MISSING)
    return load_signing_keys(keys)


def _built(said: GuaranteePackage, keys: SigningKeys, county: County) -> bytes:
    """The zip, proven by the bank's own verifier. Raises PACKAGE_NOT_TRUE with the false fact."""
    try:
        return build_package(said, keys, county.ports.now())
    except InvariantViolation as false:
        if false.name not in _UNTRUE:
            raise
        told = {"place": false.facts.get("place", ""), "fact": false.facts.get("said", "")}
        raise Rejected(RejectionCode.PACKAGE_NOT_TRUE, **told) from false


def _keep(
    engine: sa.Engine, county: County, case: Case, said: GuaranteePackage, body: bytes
) -> None:
    """Paper and act in one transaction; who was quicker has made the set that counts."""
    manifest = unpack(body, file_name(said))[proof.MANIFEST]

    def work(conn: sa.Connection) -> None:
        file = papers.keep(conn, county, file_name(said), MEDIA, said.bank.id, body)
        made = PackageRendered(
            manifest=hashlib.sha256(manifest).hexdigest(),
            file=file,
            issued_on=said.letter.issued_on,
            opened=opened_count(said),
        )
        packages.rendered(conn, county.world, case, made)

    try:
        in_transaction(engine, work)
    except Rejected as refusal:
        if refusal.code not in (RejectionCode.REQUEST_CHANGED, RejectionCode.ACT_NOT_ALLOWED_NOW):
            raise


def _not_sent(engine: sa.Engine, county: County, case: Case, refusal: Rejected) -> None:
    """The package stays approved, and somebody at the county is told why by name."""
    told = findings.refusal_facts(refusal.as_struct())

    def work(conn: sa.Connection) -> None:
        before = findings.live(conn, FINDING, case.id)
        if before is not None and before.terms["refusal"] != told["refusal"]:
            # What stood in the way is gone; what stands there now is another finding.
            findings.settled(conn, county, FINDING, case.id, {"now": told["code"]})
        findings.open_once(
            conn, county, FINDING, case.id, cooperative=case.parties["coop"],
            facts={"case": case.id, **told},
        )  # fmt: skip

    in_transaction(engine, work)
