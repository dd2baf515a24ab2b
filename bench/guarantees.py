"""The race of the pool: reserve and release head-room through the whole rule book.

Called by `python -m bench`. The limit is a bare conditional UPDATE; ours writes two acts in two
chains, moves the lines of cooperative, bank and county, and keeps the case and its reasons.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from bench.cluster import Cluster
from bench.harness import Contestant
from bench.limits import conditional_update
from bench.races import Race
from contracts.ids import COUNTY_BOOK, custody_book, node_book
from contracts.ledger import Actor
from journal import data, heads, store
from journal.perform import Command, World, perform
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.cases import Case

AIM = "S06"
COOP, BANK, AGREEMENT = "benchpool", "bank", "agreement-benchpool"
PARTIES = {"coop": COOP, "bank": "", "county": ""}
STAKE, LOAN = 100_000_000, 100_000
PAIRS = 100
"""Reservations, each followed by its release, of one run."""
DAY = date(2016, 1, 4)
SIGNERS = (
    "meeting@coop", "council@coop", "checker@bank", "staff@federation", "cpo@federation",
    "cfb@federation",
)  # fmt: skip
_POLICY = data.policy("DEFAULT")
_WORLD = World(registry=registry(), policy=lambda _conn, _coop: _POLICY, calendar=Calendar())


def races(cluster: Cluster) -> dict[str, tuple[str, Race, str]]:
    """The pool's race by its title."""
    return {
        "a guarantee reserved and released, one transaction each": (AIM, _race(cluster), ""),
    }


@contextlib.contextmanager
def _race(cluster: Cluster) -> Iterator[Sequence[Contestant]]:
    with cluster.engine.begin() as conn:
        _open(conn)
        applications = [_application(conn, number) for number in range(PAIRS)]
    runs = itertools.count()

    def run() -> int:
        turn = next(runs)
        for number, application in enumerate(applications):
            case = f"guarantee-{turn}-{number}"
            told = {"agreement": AGREEMENT, "application": application, "package": "package-1",
                    "line": number + 1, "grade": "A"}  # fmt: skip
            with cluster.engine.begin() as conn:
                _act(conn, "guarantee", case, "reserve", "staff@federation", told)
            with cluster.engine.begin() as conn:
                _act(conn, "guarantee", case, "release", "staff@federation", {"reason": "bench"})
        return PAIRS * 2

    with cluster.connect() as bare:
        conditional_update.create(bare, STAKE * 5)
        yield [
            Contestant(
                name="bare conditional UPDATE",
                run=lambda: conditional_update.reserve_and_release(bare, LOAN, PAIRS),
            ),
            Contestant(name="reserve and release", run=run),
        ]


def _open(conn: sa.Connection) -> None:
    """Books, an agreement everyone has signed, and a stake that carries the line."""
    known = {head.book for head in heads.read_all(conn)}
    for book in {custody_book(COOP), node_book(COOP), COUNTY_BOOK} - known:
        heads.create(conn, book, DAY)
    _act(conn, "receipt", "line-benchpool", "unclaimed", "system:bank_line",
         {"line": "line-benchpool", "amount": STAKE}, parties={"coop": COOP})  # fmt: skip
    _act(conn, "agreement", AGREEMENT, "propose", "staff@federation", _covenants())
    post = {"post": "chair", "person": "bench", "elected_on": "2016-01-01", "until": "2030-01-01"}
    chair = Case(id="post-benchpool", process="post", version=1, home="node", state="held", step=1,
                 parties={"coop": COOP}, terms=post)  # fmt: skip
    store.save(conn, node_book(COOP), chair, registry().table["post"])
    for role in SIGNERS:
        _act(conn, "agreement", AGREEMENT, "sign", role, {})
    _act(conn, "transfer", "transfer-benchpool", "stake", "system:intake",
         {"agreement": AGREEMENT, "amount": STAKE})  # fmt: skip
    _act(conn, "transfer", "transfer-benchpool", "file", "system:file", {})
    _act(conn, "transfer", "transfer-benchpool", "staked", "system:bank_line", {})


def _covenants() -> dict[str, Any]:
    return {
        "variant": "v2", "bank": BANK, "grade": "A", "leverage": 500, "base": "stake",
        "match_ppm": 300_000, "bank_part_ppm": 200_000, "wait_days": 90, "check_days": 10,
        "pay_days": 15, "layers": list(_POLICY.list("claim.order")),
        "match_order": "after_stake", "mutual": False, "stop_ppm": 50_000,
        "loan_cap": 5_000_000, "term_max": 24, "grades": ["A", "B"],
    }  # fmt: skip


def _application(conn: sa.Connection, number: int) -> str:
    """A cleared application as a replica holds it."""
    name = f"bank_loan-benchpool-{number}"
    terms = {"agreement": AGREEMENT, "member": f"m{number}", "person": f"p{number}", "group": "g",
             "amount": LOAN, "purpose": "养殖", "term_months": 12}  # fmt: skip
    case = Case(id=name, process="bank_loan", version=1, home="node", state="cleared", step=5,
                parties={"coop": COOP}, terms=terms, opened=DAY, since=DAY)  # fmt: skip
    store.save(conn, node_book(COOP), case, registry().table["bank_loan"])
    return name


def _act(
    conn: sa.Connection, process: str, case: str, act: str, role: str, facts: Mapping[str, Any],
    parties: dict[str, str] | None = None,
) -> None:  # fmt: skip
    person = "bench" if role.startswith("council") else f"p-{role.partition('@')[0]}"
    actor = Actor(role=role, operator=person, persons=(person,))
    command = Command(
        id=f"{case}/{act}/{role}", process=process, case=case, act=act, actor=actor,
        facts=dict(facts), parties=parties or PARTIES,
    )  # fmt: skip
    perform(conn, _WORLD, command)
