"""A county with a package sent to its bank, officers of two banks, and a browser's manners.

Builders of the bank portal's tests. The village, its pool and the package are lived through the
real federation once for the module; every test works on a copy of that database.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar
from litestar.testing import TestClient

from contracts.requests import sign_request
from journal import store
from journal.engine import WRITER, open_engine
from journal.tables import act as act_table
from services.federation.app import create_app
from services.federation.cases import bank_keys, night, packages, papers, registers
from services.federation.console.desk import Desk
from services.federation.console.queries.people import Held, Officer
from services.federation.console.routes import console_router
from services.federation.core import Core
from services.federation.packages import publish
from services.federation.packages.keys import SigningKeys
from services.federation.portal import sheets
from services.federation.portal.routes import portal_router
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from tests.federation.console_world import ORIGIN, PASSWORD, enter_officers, sign_in, token_of
from tests.federation.life import CPO, STAFF
from tests.federation.pool_life import BANK, STAFF2, PoolLife
from tests.support import databases

OTHER = "abc"
PACKAGE = "package-baiguo-1"
LINE, SECOND = "guarantee-baiguo-1-0001", "guarantee-baiguo-1-0002"
SAMPLE = Path(__file__).parents[2] / "docs/samples/guarantee-package-pkg-baiguo-2026-001.zip"
OFFICERS = (
    Officer(user="ma", name="马文秀", person="p-ma", held=(Held("maker@bank", BANK),)),
    Officer(user="chao", name="晁国栋", person="p-chao", held=(Held("checker@bank", BANK),)),
    Officer(
        user="both", name="郝立新", person="p-both",
        held=(Held("checker@bank", BANK), Held("maker@bank", BANK)),
    ),
    Officer(user="qian", name="钱多", person="p-qian", held=(Held("maker@bank", OTHER),)),
    Officer(user="sun", name="孙理", person="p-sun", held=(Held("checker@bank", OTHER),)),
    Officer(user="shang", name="尚玉兰", person="p-shang", held=(Held("staff@federation"),)),
)  # fmt: skip
ANSWERS_FOR = {
    ("maker@bank", BANK): "p-ma", ("checker@bank", BANK): "p-chao",
    ("maker@bank", OTHER): "p-qian", ("checker@bank", OTHER): "p-sun",
}  # fmt: skip
"""Which officer answers for a machine's key."""


class PortalWorld(msgspec.Struct, frozen=True, kw_only=True):
    """The lived county: its life, and the name of its database, which is only copied."""

    life: Any
    database: str


def lived(folder: Path, keys: SigningKeys | None = None, **covenants: Any) -> PortalWorld:
    """Stake, match, two cleared applications, one package of two lines, sent.

    ``keys`` sign the set the county says from its own books; without them the sample's bytes
    stand for it, for tests that look at the door alone. ``covenants`` change the agreement.
    """
    database = databases.create(databases.migrated_template())
    engine = open_engine(databases.url_of(database), role=WRITER)
    life = PoolLife(engine, folder, "baiguo")
    with engine.begin() as conn:
        registers.enter_partner(
            conn, registers.Partner(id=OTHER, name="农商行", name_en="Rural bank", account="6228")
        )
        enter_officers(conn, OFFICERS)
    village = life.villages["baiguo"]
    village.elected().joined(share="100000.00")
    life.agreement(village, **covenants)
    life.staked(village, "200000.00")
    first, second = (life.cleared(village, number, "20000.00") for number in (1, 2))
    a_package(life, first, second, keys=keys)
    engine.dispose()
    return PortalWorld(life=life, database=database)


def a_package(life: PoolLife, *applications: str, keys: SigningKeys | None = None) -> None:
    """Drafted, approved and sent; the bank may read the file."""
    village, world = life.villages["baiguo"], life.county.world
    with life.engine.begin() as conn:
        agreement = life.case("agreement-baiguo-1")
        packages.draft(conn, world, agreement, applications, PACKAGE, STAFF2)
    village.synchronise()
    life.voice(village, PACKAGE, "package", "sign", "council", by=("chair", "accountant"))
    village.synchronise()
    for actor in (STAFF, CPO):
        case = life.case(PACKAGE)
        if case.state == "drafting":
            with life.engine.begin() as conn:
                packages.sign(conn, world, case, actor, terms=case.terms["digest"],
                              act_id=f"{PACKAGE}/sign/{actor.operator}")  # fmt: skip
    if keys is not None:
        assert publish.publish(life.engine, life.county, keys, PACKAGE)
        return
    body = SAMPLE.read_bytes()
    with life.engine.begin() as conn:
        digest = papers.keep(conn, life.county, f"{PACKAGE}.zip", "application/zip", BANK, body)
        manifest = hashlib.sha256(b"manifest").hexdigest()
        packages.send(conn, world, life.case(PACKAGE), manifest, digest)


def a_core(engine: sa.Engine, life: PoolLife) -> Core:
    """The county's service around a copy of the database."""
    settings = Settings(datadir=life.folder)
    return Core(engine=engine, county=life.county, settings=settings, throttle=Throttle(100_000))


@contextmanager
def a_client(core: Core) -> Iterator[TestClient[Litestar]]:
    """The county's application with console, portal and API, over a real database."""
    desk = Desk(engine=core.engine, county=core.county)
    app = create_app(core, [console_router(desk), portal_router(desk)])
    with TestClient(app, base_url=ORIGIN) as client:
        client.headers["origin"] = ORIGIN
        yield client


def csrf(client: Any) -> str:
    """The token of the signed-in officer's session."""
    return token_of(client.get("/console/me"))


def post(client: Any, path: str, **fields: str) -> httpx.Response:
    """Send a form of the portal as its own page would."""
    told = {name.replace("__", "-"): value for name, value in fields.items()}
    answer: httpx.Response = client.post(
        f"/bank{path}", data={"csrf": csrf(client), **told}, follow_redirects=False
    )
    return answer


def send(
    client: Any, path: str, files: dict[str, tuple[str, bytes]], **fields: str
) -> httpx.Response:
    """Send a form with files."""
    answer: httpx.Response = client.post(
        f"/bank{path}", data={"csrf": csrf(client), **fields}, files=files, follow_redirects=False
    )
    return answer


def as_officer(client: Any, user: str) -> None:
    """Sign somebody in."""
    assert sign_in(client, user).status_code == 303


def codes(answer: httpx.Response) -> list[tuple[int, str, str]]:
    """Row, column and code of every wrong cell a page names."""
    found = re.findall(
        r'<tr><td class="number">([^<]*)</td><td>([^<]*)</td><td class="code">([A-Z0-9_]+)</td>',
        answer.text,
    )
    return [(int(row) if row != "—" else 0, column, code) for row, column, code in found]


def released(client: Any, location: str) -> httpx.Response:
    """The checker releases the order at a page of the portal, his password given."""
    as_officer(client, "chao")
    page = client.get(location)
    terms = re.search(r'name="terms" value="([0-9a-f]{64})"', page.text)
    assert terms is not None, page.text
    return post(
        client, "/orders", case=location.rsplit("/", 1)[1], act="release", terms=terms[1],
        password=PASSWORD,
    )  # fmt: skip


class Machine:
    """A bank's machine: it signs every request with its registered key."""

    def __init__(self, core: Core, client: Any, role: str, bank: str = BANK) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(f"{role}{bank}".encode()).digest()
        )
        self.key, self._core, self._client = f"{bank}-{role.partition('@')[0]}", core, client
        self._count = 0
        with core.engine.begin() as conn:
            bank_keys.enter(conn, bank_keys.BankKey(
                key=self.key, bank=bank, role=role, person=ANSWERS_FOR[role, bank],
                signing=self._private.public_key().public_bytes_raw(), valid_from="2017-01-01",
            ))  # fmt: skip

    def ask(
        self, method: str, path: str, said: Any = None, raw: bytes | None = None, **headers: str
    ) -> httpx.Response:
        """One signed request; ``said`` travels as JSON, ``raw`` as it is."""
        body = raw if raw is not None else (b"" if said is None else msgspec.json.encode(said))
        self._count += 1
        target = f"/bank-api/v1{path}"
        signed = sign_request(
            self._private, self.key, method, target, body,
            now=self._core.county.ports.now(), nonce=f"{self._count:016d}",
        )  # fmt: skip
        kind = "application/json" if raw is None else "application/octet-stream"
        answer: httpx.Response = self._client.request(
            method, target, content=body, headers={"content-type": kind, **signed, **headers}
        )
        return answer


def state(core: Core, name: str) -> str:
    with core.engine.connect() as conn:
        found = store.load(conn, store.COUNTY_SCOPE, name)
    assert found is not None
    return found.state


def acts(core: Core) -> int:
    """How many acts all books hold: a refused thing adds none."""
    with core.engine.connect() as conn:
        return int(conn.scalar(sa.select(sa.func.count()).select_from(act_table)) or 0)


def accepted(client: Any) -> None:
    """The maker prepares that both lines are accepted, the checker releases it."""
    as_officer(client, "ma")
    order = post(client, "/packages/answer", case=PACKAGE, rest="accept")
    assert order.status_code == 303, order.text
    assert released(client, order.headers["location"]).status_code == 303


def sheet(kind: str, *rows: dict[str, str]) -> bytes:
    """A CSV as a bank's clerk would write it."""
    columns = sheets.LAYOUTS[kind]
    table = [[one.title for one in columns]]
    table += [[row.get(one.field, "") for one in columns] for row in rows]
    return "\r\n".join(",".join(cells) for cells in table).encode("utf-8-sig")


PAID = {"amount": "20000.00", "paid_on": "2017-01-05", "due_on": "2018-01-05", "contract": "H-1"}


def paid_out(client: Any, core: Core) -> None:
    accepted(client)
    as_officer(client, "ma")
    on = today(core)
    rows = [{"guarantee": one, **PAID, "paid_on": on} for one in (LINE, SECOND)]
    answer = send(client, "/sheets/payout", {"file": ("p.csv", sheet("payout", *rows))})
    assert answer.status_code == 200, answer.text


def today(core: Core) -> str:
    with core.engine.connect() as conn:
        return night.open_date(conn).isoformat()
