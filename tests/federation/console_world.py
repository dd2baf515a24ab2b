"""A county with something on every page of the console, and officers who sign in to it.

Builders of the console's tests: four villages lived through the real federation (life.py), one
late, one with a break; a consent and a match that wait; users of every office.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from infra.bank_simulator import orders
from journal import data
from journal.perform import World
from services.federation.cases import consents, intercoop, registers
from services.federation.cases.intercoop import Match
from services.federation.console import users
from services.federation.console.desk import Desk
from services.federation.console.queries import people
from services.federation.console.queries.people import Held, Officer
from services.federation.console.routes import console_router
from services.federation.county import County
from services.federation.identity import make_keys
from services.federation.ports import Ports
from services.federation.setup import CooperativePlan
from services.federation.tables import cooperative
from tests.federation import lending
from tests.federation.life import ACCOUNT, STAFF, Life, a_plan, sub_account
from tests.support.steady import seeded

PASSWORD = "correct-horse-9"
ORIGIN = "http://testserver.local"
VILLAGES = (
    ("baiguo", "白果村互助社", "Baiguo", "碧口镇", "A"),
    ("houba", "后坝村互助社", "Houba", "中庙乡", "A"),
    ("shuihao", "水蒿坪村互助社", "Shuihaoping", "碧口镇", "B"),
    ("xiaojia", "肖家坝互助社", "Xiaojiaba", "中庙乡", "C"),
)
OFFICERS = (
    Officer(user="shang", name="尚玉兰", person="p-shang", held=(Held("staff@federation"),)),
    Officer(user="feng", name="冯清元", person="p-feng", held=(Held("staff@federation"),)),
    Officer(user="yuan", name="袁国义", person="p-yuan", held=(Held("cpo@federation"),)),
    Officer(user="wang", name="王凤英", person="p-wang", held=(Held("cfb@federation"),)),
    Officer(user="yang", name="杨有平", person="p-yang", held=(Held("leading_group@federation"),)),
    Officer(user="chen", name="陈兰芳", person="p-chen", held=(Held("township@node", "碧口镇"),)),
    Officer(user="tan", name="谭福贵", person="p-tan", held=(Held("maker@bank"),)),
)
MATCH = Match(
    case="intercoop-1", lender="baiguo", borrower="houba", amount=1_000_000, rate_ppm=3000,
    term_months=12,
)  # fmt: skip


def enter_officers(conn: sa.Connection, officers: Sequence[Officer] = OFFICERS) -> None:
    """Every officer signs in with the same password; hashing it once is slow enough."""
    first, *others = officers
    users.create(conn, data.roles(), first, PASSWORD)
    known = people.account(conn, first.user)
    assert known is not None
    for officer in others:
        people.add_user(conn, officer, known.password_hash)
        people.replace_roles(conn, officer.user, officer.held)


def a_county(engine: sa.Engine, folder: Path) -> Life:
    """The four villages, empty but for their books; officers entered."""
    plans = tuple(
        CooperativePlan(
            id=name, name=zh, name_en=en, township=township, grade=grade,
            sub_account=sub_account(number), grade_source="entered",
        )
        for number, (name, zh, en, township, grade) in enumerate(VILLAGES, 1)
    )  # fmt: skip
    life = Life(engine, folder, a_plan(*(name for name, *_ in VILLAGES), cooperatives=plans))
    with engine.begin() as conn:
        enter_officers(conn)
    return life


def lived(life: Life) -> Life:
    """Members, shares, loans; then one village late, one break, a consent and a match waiting."""
    for name in ("baiguo", "houba", "shuihao"):
        life.villages[name].elected().joined()
    for name in ("baiguo", "houba"):
        life.villages[name].loan()
    life.everyone_closes()
    life.everyone_closes()
    life.villages["houba"].pays(1, "1200.00", "loan-houba-0001")
    life.villages["shuihao"].loan()
    life.order(
        orders.Credit, sub_account="nobody's", amount_fen=31_400, payer_name="过路人",
        payer_account="6228480000000000000", text="不知何用", account=ACCOUNT,
    )  # fmt: skip
    for name in ("baiguo", "houba", "shuihao"):
        life.villages[name].close()
    life.night()
    with life.engine.begin() as conn:
        grades = {one.id: one.grade for one in registers.cooperatives(conn)}
        about = "loan-shuihao-0001"
        facts = {"amount": 2_500_000, "of": "loan.vote"}
        consents.ask(conn, life.county, "shuihao", about, facts)
        intercoop.match(conn, life.county.world, MATCH, STAFF, grades)
    return life


def an_app(desk: Desk) -> Litestar:
    """The console alone; what it does not answer itself is a fault of the test."""
    return Litestar([console_router(desk)], debug=True)


@contextmanager
def a_client(desk: Desk, origin: str = ORIGIN) -> Iterator[TestClient[Litestar]]:
    """The console alone, over the real database."""
    with TestClient(an_app(desk), base_url=origin) as client:
        client.headers["origin"] = origin
        yield client


def a_desk(life: Life, **changes: Any) -> Desk:
    """The console's surroundings in tests."""
    return Desk(engine=life.engine, county=life.county, **changes)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2009, 6, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """This moment."""
        return self.now


def a_lending_desk(
    engine: sa.Engine, clock: Clock, world: World | None = None, **changes: Any
) -> Desk:
    """Four villages with 250,000 yuan each, all free in custody; officers; nothing proposed yet."""
    world = world or lending.county_world()
    county = County(
        name="文县联合社",
        world=world,
        keys=make_keys(seeded("console")),
        ports=Ports(now=clock, random=seeded("console ports")),
    )
    with engine.begin() as conn:
        for number, (name, grade) in enumerate(lending.GRADES.items(), 1):
            row = {"id": name, "name": name, "name_en": name, "opened_on": "", "grade": grade}
            row |= {"sub_account": str(number), "grade_source": "entered"}
            row["township"] = "碧口镇" if number < 3 else "中庙乡"
            conn.execute(cooperative.insert().values(**row))
            lending.a_village(conn, world, name, 25_000_000)
        enter_officers(conn)
    return Desk(engine=engine, county=county, **changes)


def token_of(page: httpx.Response) -> str:
    """The CSRF token of the page's first form."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None, page.text
    return found[1]


def told_by(page: str) -> str:
    """What a page tells, without its menu, which echoes the address that was asked for."""
    return page[page.index("<main") : page.index("</main>")]


def sign_in(client: Any, user: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Sign in as a person does: open the form, fill it in."""
    client.cookies.clear()
    token = token_of(client.get("/console/sign-in"))
    answer: httpx.Response = client.post(
        "/console/sign-in",
        data={"csrf": token, "user": user, "password": password, **fields},
        follow_redirects=False,
    )
    return answer


def submit(client: Any, page: str, to: str, **fields: str) -> httpx.Response:
    """Post a form with the token of a page that was looked at."""
    token = token_of(client.get(page))
    answer: httpx.Response = client.post(to, data={"csrf": token, **fields}, follow_redirects=False)
    return answer
