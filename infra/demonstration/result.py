"""The result of a demonstration: published figures beside ours, proofs, seconds; table and JSON.

Pure apart from reading proofs out of the county's database. The JSON's keys are stable
(design.md section 6); money in fen.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ids import kind_of
from contracts.money import show
from infra.county_directory import CountyDirectory
from infra.county_directory.model import Expected
from infra.demonstration.figures import Figures, figures
from infra.demonstration.pool_play import Step
from infra.demonstration.proof import Proof
from journal import audit, heads, read, store
from journal.engine import reading
from journal.registry import registry
from services.federation.cases import proofs

CONTEXT = "context"


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the document beside ours. Money in fen, percentages as text."""

    figure: str
    document: int | str
    ours: int | str | None
    equal: bool
    source: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a demonstration shows at its end."""

    county: str
    profile: str
    figures: Figures
    published: tuple[Published, ...]
    proofs: tuple[Proof, ...]
    nights: int
    entries: int
    refusals: dict[str, int]
    pool: tuple[Step, ...]
    seconds: float
    seconds_by_phase: dict[str, float]
    partial: bool

    @property
    def holds(self) -> bool:
        """Every proof holds, consolidation leaves nothing between villages, figures are equal.

        Published figures count when the county was played to its end.
        """
        proven = all(proof.holds(partial=self.partial) for proof in self.proofs)
        nothing = not self.figures["intercoop_consolidated_fen"]
        return proven and nothing and (self.partial or all(one.equal for one in self.published))

    def as_json(self) -> dict[str, object]:
        """The summary of ``--summary``."""
        body: dict[str, object] = msgspec.to_builtins(self)
        own = body.pop("figures")
        body["seconds"] = round(self.seconds, 1)
        return {**body, **(own if isinstance(own, dict) else {}), "holds": self.holds}


def published(directory: CountyDirectory, ours: Figures) -> tuple[Published, ...]:
    """Every figure of expected.toml that the books can answer, beside ours."""
    return tuple(
        Published(
            figure=one.key,
            document=one.value,
            ours=_ours(ours, one),
            equal=_ours(ours, one) == one.value,
            source=" ".join(filter(None, (one.document, one.section))),
        )
        for one in directory.expected
        if one.kind != CONTEXT
    )


def _ours(ours: Figures, one: Expected) -> int | str | None:
    name, _, tag = one.key.partition(".")
    found = ours.get(name)
    if isinstance(found, Mapping):
        return found.get(tag, 0)
    return found


def take(
    engine: sa.Engine, directory: CountyDirectory, as_of: date
) -> tuple[Figures, list[Proof], int]:
    """Figures, the proofs of all nights with a last audit of everything, acts with movements."""
    names = [one.id for one in directory.cooperatives]
    with reading(engine).connect() as conn:
        found = figures(conn, names, as_of)
        idle = _idle(directory)
        counted = [
            Proof(name=name, checked=checked, failed=failed, needed=name not in idle)
            for name, (checked, failed) in proofs.counters(conn).items()
        ]
        return found, [*counted, *_audited(conn)], read.entries(conn)


def _idle(directory: CountyDirectory) -> frozenset[str]:
    """Invariants about things that these files do not have: loans, loans between villages."""
    idle: frozenset[str] = frozenset()
    if not directory.loans:
        idle |= {"I8", "I11", "I19"}
    if not directory.intercoop:
        idle |= {"I10", "I12"}
    if not directory.stakes:
        idle |= {"I6"}
    if not any(line.claimed_on for line in directory.packages):
        idle |= {"I13"}
    return idle


def merged(found: Iterable[Proof]) -> tuple[Proof, ...]:
    """One row an invariant, in its number's order."""
    rows: dict[str, Proof] = {}
    for proof in found:
        before = rows.get(proof.name, Proof(name=proof.name, checked=0, failed=0))
        rows[proof.name] = Proof(
            name=proof.name,
            checked=before.checked + proof.checked,
            failed=before.failed + proof.failed,
            needed=proof.needed,
        )
    return tuple(sorted(rows.values(), key=lambda one: int(one.name[1:])))


def _audited(conn: sa.Connection) -> list[Proof]:
    """Everything recomputed from the acts' bytes, once at the end (I2, I3, I15)."""
    known = registry()
    books = heads.read_all(conn)
    acts = sum(head.seq for head in books)
    scopes = [store.COUNTY_SCOPE, *(one.book for one in books if kind_of(one.book) == "N")]
    cases = sum(len(store.every(conn, scope)) for scope in scopes)
    in_books = sum(
        1
        for head in books
        # The county holds N(i) as a replica: its owner kept the limits.
        for _ in audit.audit_book(conn, head.book, known, replica=kind_of(head.book) == "N")
    )
    in_cases = sum(1 for scope in scopes for _ in audit.audit_cases(conn, scope, known))
    return [
        Proof(name="I2", checked=acts, failed=in_books),
        Proof(name="I3", checked=acts, failed=in_books),
        Proof(name="I15", checked=cases, failed=in_cases),
    ]


def shown(value: object, key: str) -> str:
    """A figure as people read it: fen as yuan."""
    money = isinstance(value, int) and key.partition(".")[0].endswith("_fen")
    return show(int(value)) if money and isinstance(value, int) else str(value)
