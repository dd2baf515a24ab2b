"""The stress page: its form explains and checks itself, runs never block, results advise."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from journal.engine import WRITER, open_engine
from services.federation.console.desk import Desk
from services.federation.county import County
from services.federation.identity import make_keys
from services.federation.insight import assumptions
from services.federation.ports import Ports
from tests.federation import lending
from tests.federation.browser import shot, staff_browser
from tests.federation.console_world import (
    Clock,
    a_client,
    a_county,
    a_desk,
    an_app,
    enter_officers,
    sign_in,
    submit,
    told_by,
)
from tests.federation.life import Life
from tests.federation.pool_office import register
from tests.support import databases
from tests.support.browser import serious
from tests.support.pool import PoolVillage
from tests.support.steady import seeded

PAGE = "/console/stress"
QUICK = {"scenarios": "2000", "book": "example"}
RISKY = {**QUICK, "pd_a_ppm": "12", "pd_b_ppm": "20"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """A county of four villages that guarantees nothing yet, read by every test of this module."""
    name = databases.create(databases.migrated_template())
    engine = open_engine(databases.url_of(name), role=WRITER)
    yield a_county(engine, tmp_path_factory.mktemp("villages"))
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def desk(county: Life) -> Iterator[Desk]:
    """Its console, which remembers no run."""
    one = a_desk(county)
    yield one
    if (run := one.stress.running()) is not None:
        one.stress.stop(run.id)
    one.stress.wait()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient[Litestar]]:
    with a_client(desk) as one:
        sign_in(one, "shang")
        yield one


def finished(client: TestClient[Litestar], desk: Desk, **fields: str) -> str:
    """Start a run with these fields and return its page once it has ended."""
    answer = submit(client, PAGE, PAGE, **fields)
    assert answer.status_code == 303, answer.text
    desk.stress.wait()
    return client.get(answer.headers["location"]).text


def test_every_assumption_stands_on_the_page_with_its_reason_and_its_source(
    client: TestClient[Litestar],
) -> None:
    page = client.get(PAGE).text
    for one in assumptions.known():
        assert f'name="{one.name}"' in page
        assert one.why_zh in page
        assert one.source or one.policy
    assert "N §四(三); R-085" in page  # the county's policy names the source of its match
    client.get("/console/language/en")
    english = client.get(PAGE).text
    for one in assumptions.known():
        assert one.why_en.replace("'", "&#39;") in english


def test_a_run_on_the_example_book_says_that_it_is_nobodys_and_what_would_help(
    client: TestClient[Litestar], desk: Desk
) -> None:
    page = told_by(finished(client, desk, **RISKY))
    assert "示例账册,非本县数据" in page
    assert "10 倍不安全" in page
    assert "使 10 倍安全,以下任一项" in page
    for remedy in ("倍数:", "配套:", "单户上限:"):
        assert remedy in page
    assert page.count("<svg") == 2
    assert "2,000" in page
    calm = told_by(finished(client, desk, **QUICK, pd_a_ppm="0.1", pd_b_ppm="0.1"))
    assert "10 倍安全" in calm
    assert "以下任一项" not in calm


def test_the_table_of_a_run_is_a_file_with_every_leverage(
    client: TestClient[Litestar], desk: Desk
) -> None:
    finished(client, desk, **QUICK)
    sheet = client.get(f"{PAGE}/1?as=xlsx&list=stress")
    told = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0)
    rows = told.to_python()
    assert [row[0] for row in rows[1:]] == ["现状", *(f"{k} 倍" for k in range(5, 11))]
    assert rows[-1][2] == 24_000_000  # 12 villages × 200,000 × 10


def test_the_picture_follows_the_leverage_asked_for(
    client: TestClient[Litestar], desk: Desk
) -> None:
    finished(client, desk, **QUICK)
    five, ten = (told_by(client.get(f"{PAGE}/1?k={k}").text) for k in (5, 10))
    assert five != ten
    assert told_by(client.get(f"{PAGE}/1?k=%3Cscript%3E").text) != five


def test_every_wrong_field_is_named_and_nothing_is_started(
    client: TestClient[Litestar], desk: Desk
) -> None:
    answer = submit(
        client, PAGE, PAGE, book="example", pd_a_ppm="abc", match_ppm="301", scenarios="999",
        measure="nobody", county_share_ppm="-1", loan_cap_fen="1e5",
        seed="9" * 30, horizon_months="61",
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 7
    assert "8 项填写有误" in answer.text
    assert 'value="abc"' in answer.text
    shares = submit(client, PAGE, PAGE, county_share_ppm="50", village_share_ppm="50")
    assert shares.status_code == 422
    assert shares.text.count("三项共同风险之和不得超过 100%") == 3
    assert desk.stress.latest() is None


def test_a_run_above_the_limits_is_refused_by_name_with_the_form_kept(
    client: TestClient[Litestar], desk: Desk
) -> None:
    answer = submit(client, PAGE, PAGE, book="example", loan_cap_fen="1000")
    assert answer.status_code == 409
    assert "压力测试过大" in answer.text
    assert 'value="1000"' in answer.text
    own = submit(client, PAGE, PAGE, book="own")
    assert own.status_code == 409
    assert "没有可测试的担保贷款" in own.text
    assert desk.stress.latest() is None


def test_one_run_at_a_time_shows_its_progress_and_can_be_stopped(
    client: TestClient[Litestar], desk: Desk
) -> None:
    slow = submit(client, PAGE, PAGE, book="example", scenarios="1000000")
    at = slow.headers["location"]
    progress = client.get(f"{at}/progress").text
    assert "<progress" in progress
    assert f'hx-get="{at}/progress"' in progress
    busy = submit(client, PAGE, PAGE, **QUICK)
    assert busy.status_code == 409
    assert "shang 的压力测试正在运行" in busy.text
    assert client.get("/console").status_code == 200  # the server answers meanwhile
    stopped = submit(client, PAGE, f"{PAGE}/stop", run="1")
    assert stopped.status_code == 303
    desk.stress.wait()
    assert "已停止,没有结果" in client.get(at).text
    assert "hx-get" not in client.get(f"{at}/progress").text


def test_i_17_only_who_sees_the_whole_county_sees_the_pool(
    client: TestClient[Litestar], desk: Desk
) -> None:
    finished(client, desk, **QUICK)
    for user in ("chen", "tan"):
        sign_in(client, user)
        for path in (PAGE, f"{PAGE}/1", f"{PAGE}/1/progress"):
            assert client.get(path).status_code == 404
        assert submit(client, "/console/me", PAGE, **QUICK).status_code == 404
        assert submit(client, "/console/me", f"{PAGE}/stop", run="1").status_code == 404
    sign_in(client, "yang")
    assert client.get(f"{PAGE}/1").status_code == 200
    for nowhere in ("99", "0", "-1", "x"):
        assert client.get(f"{PAGE}/{nowhere}").status_code == 404
        assert submit(client, PAGE, f"{PAGE}/stop", run=nowhere).status_code == 404


def test_a_run_is_started_by_our_own_form_only(client: TestClient[Litestar], desk: Desk) -> None:
    refused = client.post(PAGE, data={"csrf": "0" * 64, **QUICK}, follow_redirects=False)
    assert refused.status_code == 403
    assert desk.stress.latest() is None


def test_in_a_browser_a_run_reports_itself_and_ends_in_pictures(desk: Desk) -> None:
    faults: list[str] = []
    with staff_browser(an_app(desk), PAGE, faults) as (page, address):
        shot(page, "stress-form")
        page.fill("#scenarios", "20000")
        page.fill("#pd_a_ppm", "6")
        page.fill("#pd_b_ppm", "9")
        page.click("form.stress-form button.btn-primary >> nth=0")
        expect(page.locator("progress")).to_be_visible()
        shot(page, "stress-running")
        expect(page.locator("svg.stress-picture")).to_have_count(2, timeout=200_000)
        shot(page, "stress-fragment")
        faults += serious(page, "stress")
        page.reload()
        expect(page.locator("#list-stress tbody tr")).to_have_count(7)
        faults += serious(page, "stress")
        shot(page, "stress-zh")
        page.goto(f"{address}/console/language/en")
        page.goto(f"{address}{PAGE}/1?k=5")
        expect(page.locator(".stress-verdict")).to_contain_text("Under these assumptions")
        shot(page, "stress-en")
        page.goto(f"{address}{PAGE}/triangles")
        faults += serious(page, "stress")
        shot(page, "triangles-en")
        page.goto(f"{address}{PAGE}/1?k=5")
        page.set_viewport_size({"width": 420, "height": 800})
        shot(page, "stress-phone")
    assert not faults, "\n".join(faults)


def test_defaults_that_are_the_countys_own_come_from_its_policy(desk: Desk) -> None:
    with desk.engine.connect() as conn:
        policy = desk.county.world.policy(conn, "")
    found: dict[str, Any] = {one.about.name: one for one in assumptions.fields(policy, {})}
    assert (found["match_ppm"].text, found["bank_part_ppm"].text) == ("30", "20")
    assert found["loan_cap_fen"].text == "50000"
    values = assumptions.assumptions(list(found.values()))
    assert values.match_ppm == 300_000
    assert values.loan_cap_fen == 5_000_000
    again = assumptions.fields(policy, assumptions.texts(values))
    assert assumptions.assumptions(again) == values


def test_triangles_are_pages_and_files_and_only_the_countys(county_engine: sa.Engine) -> None:
    with county_engine.begin() as conn:
        register(conn, "A")
        enter_officers(conn)
        village = PoolVillage(conn).founded()
        village.fund("300_000.00")
        village.e1().lost(1, "20_000.00")
        village.second_group()
        village.running(4, "30_000.00")
    one = County(
        name="文县联合社",
        world=lending.county_world(),
        keys=make_keys(seeded("stress page")),
        ports=Ports(now=Clock(), random=seeded("stress page ports")),
    )
    with a_client(Desk(engine=county_engine, county=one)) as client:
        sign_in(client, "shang")
        assert "1 笔" in told_by(client.get(PAGE).text)  # nothing runs any more but the second loan
        page = told_by(client.get(f"{PAGE}/triangles").text)
        assert "20,000.00" in page
        assert "80%" in page
        csv = client.get(f"{PAGE}/triangles?by=year&as=csv&list=claims").content
        rows = csv.decode("utf-8-sig").splitlines()
        assert rows[1].startswith("2016,20000.00,0.00,16000.00,16000.00,80%")
        back = client.get(f"{PAGE}/triangles?by=year&as=csv&list=recoveries").content
        assert back.decode("utf-8-sig").splitlines()[1] == "2017,16000.00,0.00,0.00,0%"
        sign_in(client, "chen")
        assert client.get(f"{PAGE}/triangles").status_code == 404
