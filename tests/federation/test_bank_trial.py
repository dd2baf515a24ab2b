"""A bank that knows nothing but docs/bank-portal.md: every command of the guide is run as written.

The county is real and listens on a port; the bank has bash, openssl, Python and the sample client
in a folder of its own. What a county does between two commands (registers keys, lets days pass,
decides a claim) is done by the county's own hands.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from contracts.codec import decode
from contracts.package import GuaranteePackage
from contracts.refusal_texts import TEXTS
from journal import store
from journal.engine import WRITER, open_engine
from services.federation.app import create_app
from services.federation.cases import bank_keys, bank_periods, claims
from services.federation.console.desk import Desk
from services.federation.console.routes import console_router
from services.federation.core import Core
from services.federation.packages.keys import make_signing_keys
from services.federation.portal import door
from services.federation.portal.api_doc import CODES
from services.federation.portal.routes import portal_router
from services.federation.problems import STATUS
from tests.architecture.source import ROOT
from tests.federation.browser import listen, served, shot
from tests.federation.console_world import PASSWORD
from tests.federation.life import CPO, STAFF
from tests.federation.pool_life import PoolLife
from tests.federation.portal_world import (
    ANSWERS_FOR,
    LINE,
    PACKAGE,
    SECOND,
    a_core,
    lived,
    state,
    today,
)
from tests.packages.make_sample import FOLDER
from tests.packages.test_outside_tools import ALONE, verifying
from tests.support import databases
from tests.support.browser import chromium, serious
from tests.support.steady import seeded
from verifier import bundle, package
from verifier.container import unpack

GUIDE = (ROOT / "docs/bank-portal.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
WAIT_DAYS = 3
CLAIM = f"claim-{LINE.removeprefix('guarantee-')}"

PAGES = (
    "", "/packages", f"/packages/{PACKAGE}", "/lines", f"/lines/{LINE}", f"/lines/{SECOND}",
    f"/lines/{LINE}/notice", f"/lines/{LINE}/correction", "/reports", "/claims",
    f"/claims/{CLAIM}", "/corrections", "/orders", "/orders/order-rcc-00001",
    "/orders/order-rcc-00002", "/approvals",
)  # fmt: skip
"""Every page of the portal, one of each kind of case."""


class Step(msgspec.Struct, frozen=True):
    """A command of the guide and what it is said to print; ``…`` stands for anything."""

    command: str
    said: str


def steps(block: str) -> list[Step]:
    """The commands of one block; a line behind ``> `` belongs to the command above it."""
    found: list[list[str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0] += line[2:]
        else:
            found[-1][1] += line
    return [Step(command, said) for command, said in found]


class Bank:
    """The bank's engineer at his shell: one folder, what he named stays named."""

    def __init__(self, folder: Path, address: str, fingerprint: str) -> None:
        self.folder, self.address = folder, address
        (folder / "bank_client.py").write_bytes((FOLDER / "bank_client.py").read_bytes())
        (folder / "lianhe-verify.pyz").write_bytes(bundle.zipapp())
        for kind in door.PAPERS:
            (folder / f"{kind}.pdf").write_bytes(b"%PDF-1.7 " + kind.encode())
        (folder / "python3").symlink_to(sys.executable)
        self.named = {"FINGERPRINT": fingerprint}

    def follows(self, block: str) -> list[str]:
        """Run a block and hold every answer against the guide; what each command printed."""
        return [self._run(step) for step in steps(block)]

    def _run(self, step: Step) -> str:
        script = (
            f"{step.command}\nended=$?; declare -p > names; declare -f > functions; exit $ended"
        )
        if (self.folder / "functions").exists():
            script = f". ./functions\n{script}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**os.environ, **self.named, "BANK_AT": self.address,
                 "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        # Only what the command itself named; the guide's names are in capitals.
        name = re.match(r"([A-Z]+)=", step.command)
        if name:
            value = re.search(rf'^declare -\S+ {name[1]}="(.*)"$',
                              (self.folder / "names").read_text("utf-8"), re.MULTILINE)  # fmt: skip
            self.named[name[1]] = value[1] if value else ""
        told = ".*".join(re.escape(part) for part in step.said.split("…"))
        fits = re.fullmatch(told.removesuffix(re.escape("\n")) + r"\n?", done.stdout, re.DOTALL)
        assert fits, f"{step.command}\nprinted\n{done.stdout}\nthe guide says\n{step.said}"
        refused = re.match(r"[45]\d\d\n", step.said)
        assert done.returncode == (1 if refused else 0), step.command + done.stdout
        return done.stdout


class Trial(msgspec.Struct, frozen=True):
    """The county, its service, its address, and the bank that asks it."""

    life: PoolLife
    core: Core
    address: str
    bank: Bank


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A county that sent a package under an agreement with a short wait, and a bank's folder."""
    at = datetime(2017, 1, 2, tzinfo=UTC)
    keys = make_signing_keys("试验县联合社", seeded("trial"), at).signing
    world = lived(tmp_path_factory.mktemp("villages"), keys, wait_days=WAIT_DAYS)
    engine = open_engine(databases.url_of(world.database), role=WRITER)
    life: PoolLife = world.life
    ports = msgspec.structs.replace(life.county.ports, now=lambda: datetime.now(UTC))
    life.county, life.engine = msgspec.structs.replace(life.county, ports=ports), engine
    core = a_core(engine, life)
    desk = Desk(engine=engine, county=life.county)
    with served(create_app(core, [console_router(desk), portal_router(desk)])) as address:
        bank = Bank(tmp_path_factory.mktemp("bank"), address, keys.fingerprint)
        yield Trial(life, core, address, bank)
    engine.dispose()
    databases.drop(world.database)


@pytest.fixture(scope="module")
def followed(trial: Trial) -> Trial:
    """The whole guide was followed; every command said what the guide says it does."""
    life, core, bank = trial.life, trial.core, trial.bank
    keys, *before, arrears, early, notice, again, guarantors, decided = BLOCKS
    publics = [one.strip() for one in bank.follows(keys)]
    for public, role in zip(publics, ("maker@bank", "checker@bank"), strict=True):
        with core.engine.begin() as conn:
            bank_keys.enter(conn, bank_keys.BankKey(
                key=f"rcc-{role.partition('@')[0]}", bank="rcc", role=role,
                person=ANSWERS_FOR[role, "rcc"], signing=bytes.fromhex(public),
                valid_from=today(core),
            ))  # fmt: skip
    bank.named |= {"TODAY": str(life.today), "DUE": str(life.today + timedelta(days=365))}
    for block in before:
        bank.follows(block)
    assert (state(core, LINE), state(core, PACKAGE)) == ("running", "answered")

    life.everyone_closes()
    since = life.today
    bank.named |= {"SINCE": str(since), "MONTH": months(core)[0]}
    for block in (arrears, early):
        bank.follows(block)
    while life.today < since + timedelta(days=WAIT_DAYS):
        life.everyone_closes()
    bank.named["TODAY"] = str(life.today)
    bank.follows(notice)
    assert state(core, CLAIM) == "noticed"
    bank.follows(again)
    bank.follows(guarantors)
    with core.engine.begin() as conn:
        checklist = dict.fromkeys(door.PAPERS, True)
        claims.check(conn, life.county.world, life.case(CLAIM), checklist, STAFF)
    for actor in (STAFF, CPO):
        with core.engine.begin() as conn:
            claims.accept(conn, life.county.world, life.case(CLAIM), 1_500_000, actor)
    bank.follows(decided)
    return trial


@pytest.mark.openssl
def test_a_bank_receives_answers_reports_and_claims_by_the_guide_alone(followed: Trial) -> None:
    told = {name: state(followed.core, name) for name in (PACKAGE, LINE, SECOND, CLAIM)}
    assert told == {PACKAGE: "answered", LINE: "ended", SECOND: "refused", CLAIM: "accepted"}
    terms = followed.life.case(CLAIM).terms
    assert (terms["called"], terms["interest"]) == (1_500_000, 12_345)
    assert sum(len(steps(block)) for block in BLOCKS) > 40
    followed.life.prove_lines()


@pytest.mark.openssl
@pytest.mark.pdfsig
def test_the_set_that_was_answered_is_the_countys_own_and_outside_tools_check_it(
    followed: Trial,
) -> None:
    folder = followed.bank.folder / "unpacked"
    folder.mkdir()
    files = unpack((followed.bank.folder / "package.zip").read_bytes(), "zip")
    for name, body in files.items():
        (folder / name).write_bytes(body)
    said = decode(files[package.PACKAGE], GuaranteePackage)
    assert [one.guarantee for one in said.lines] == [LINE, SECOND]
    manifest = hashlib.sha256(files[package.MANIFEST]).hexdigest()
    assert manifest == followed.life.case(LINE).terms["manifest"]

    def told(*command: str) -> str:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    told(*ALONE)
    for name in (package.MANIFEST, package.PACKAGE):
        assert "Verification successful" in told(*verifying(name, "checked"))
    assert "Signature is Valid." in told("pdfsig", "guarantee.pdf")


@pytest.mark.openssl
def test_the_banks_officers_read_every_page_after_it_in_both_languages(followed: Trial) -> None:
    """No error in the console, no request to another host, no serious fault of access."""
    address, faults = followed.address, list[str]()
    with chromium() as browser:
        for user, language, paths in (
            ("ma", "zh", (*PAGES, *months_pages(followed.core))),
            ("ma", "en", PAGES),
            ("chao", "zh", ("", "/orders/order-rcc-00003", f"/claims/{CLAIM}", "/approvals")),
        ):
            page = browser.new_context(viewport={"width": 1280, "height": 768}).new_page()
            listen(page, address, faults)
            page.goto(f"{address}/console/sign-in")
            page.fill("#user", user)
            page.fill("#password", PASSWORD)
            page.click("button.btn-primary")
            assert page.url == f"{address}/bank"
            page.goto(f"{address}/console/language/{language}?back=/bank")
            for path in paths:
                answer = page.goto(f"{address}/bank{path}")
                assert answer is not None
                assert answer.status == 200, path
                # The structure is one; contrast and labels are looked at in the first language.
                if language == "zh":
                    faults += serious(page, path)
                shot(page, f"bank-{user}{path.replace('/', '-')}-{language}")
    assert not faults, "\n".join(faults)


def months_pages(core: Core) -> list[str]:
    """The pages of a month's two reports."""
    month = months(core)[0]
    return [f"/reports/{bank_periods.case_id('rcc', one, month)}" for one in bank_periods.KINDS]


def months(core: Core) -> list[str]:
    """Months for which repayments may be reported, as the county opened them."""
    with core.engine.connect() as conn:
        owed = ("expected", "received", "overdue")
        found = store.in_states(conn, store.COUNTY_SCOPE, bank_periods.PROCESS, owed)
    return sorted({str(one.terms["period"]) for one in found})


def test_the_guide_lists_every_refusal_with_its_status_and_words() -> None:
    told = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (.+) \|$", GUIDE, re.MULTILINE)
    true = [
        (one.value, str(int(STATUS.get(one, 409))), re.sub(r"{[a-z_]+}", "…", TEXTS[one.value][0]))
        for one in CODES
    ]
    assert told == true
